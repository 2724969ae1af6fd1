# SPDX-License-Identifier: GPL-2.0-only
"""A page's charts, as users see them: drawn, pointed at, zoomed."""

import math
import re

from tap import ok


def count(number):
    return f"{number:,}"


class Charts:
    """The charts as a person uses and reads them."""

    def __init__(self, browser, data):
        self.browser, self.data = browser, data
        self.actions = browser.actions
        self.over = browser.run("return document.querySelector('.exits .u-over')")
        self.box = self.over.rect

    def legend(self):
        return self.browser.run(
            "return [...document.querySelectorAll('.legend tbody tr')].map("
            "row => [...row.cells].map(cell => cell.textContent))")

    def said(self):
        self.browser.settle()
        return self.browser.run("return document.querySelector('.said').textContent")

    def shown(self):
        """Return the begin and the end of the shown part, in seconds."""
        return [float(at) for at in re.findall(r"([\d.]+) s\b", self.said())]

    def at(self, seconds):
        """Return how many pixels a time is from the middle of a chart that shows the whole run."""
        return round((seconds / self.data["end"] - 0.5) * self.box["width"])

    def move(self, seconds):
        self.actions().move_to_element_with_offset(
            self.over, self.at(seconds), 0).perform()

    def leave(self):
        self.actions().move_to_element(self.browser.run(
            "return document.querySelector('h1')")).perform()

    def drag(self, begin, end):
        self.actions().move_to_element_with_offset(
            self.over, self.at(begin), 0).click_and_hold().move_by_offset(
            self.at(end) - self.at(begin), 0).release().perform()


# How many pixels each line's colour has in the middle of each point: the most of three
# columns, as a mark's line may cover one.
HEIGHTS = """
const [chart, middles, end] = arguments;
const canvas = document.querySelector(chart + " canvas");
const over = document.querySelector(chart + " .u-over");
const image = canvas.getContext("2d", { willReadFrequently: true });
const colors = [...Array(11).keys()].map((i) => {
	const probe = document.createElement("i");
	probe.className = "key s" + i;
	document.body.append(probe);
	const color = getComputedStyle(probe).backgroundColor.match(/\\d+/g).map(Number);
	probe.remove();
	return color;
});
return middles.map((at) => {
	const x = over.offsetLeft + at / end * over.offsetWidth;
	const columns = [-1, 0, 1].map((step) => {
		const data = image.getImageData(Math.round(x) + step, over.offsetTop, 1,
			over.offsetHeight).data;
		return colors.map((color) => {
			let nr = 0;
			for (let i = 0; i < data.length; i += 4)
				nr += [0, 1, 2].every((j) => data[i + j] === color[j]);
			return nr;
		});
	});
	return colors.map((color, i) => Math.max(...columns.map((all) => all[i])));
});
"""


def drawn(charts, chart, field):
    """Each line is as high as its rate, at every point, all to the same scale."""
    data = charts.data
    edges = data["begin"] + [data["end"]]
    points = range(len(data["begin"]))
    heights = charts.browser.run(
        HEIGHTS, chart, [(edges[i] + edges[i + 1]) / 2 for i in points], data["end"])
    rates = [[0 if line["idle"] and field == "ns" else
              line[field][i] / (edges[i + 1] - edges[i]) for line in data["lines"]]
             for i in points]
    scale = sum(map(sum, heights)) / sum(map(sum, rates))
    wide = [i for i in points  # enough for three columns
            if (edges[i + 1] - edges[i]) / data["end"] * charts.box["width"] > 6]
    wrong = [(i, line["name"], heights[i][n], rates[i][n] * scale)
             for i in wide for n, line in enumerate(data["lines"])
             if abs(heights[i][n] - rates[i][n] * scale) > 2]
    ok(f"{chart[1:]} are drawn as high as they are", not wrong, wrong[:20])
    ok(f"{chart[1:]} are drawn as high as they are: high enough to be seen", len(wide) > 10 and max(map(sum, heights)) > 100,
       (wide, heights[:3]))


def hover(charts):
    data = charts.data
    edges = data["begin"] + [data["end"]]
    point = max(range(len(data["begin"])), key=lambda i: edges[i + 1] - edges[i])
    length = edges[point + 1] - edges[point]
    charts.move((edges[point] + edges[point + 1]) / 2)
    ok("hover: which point",
       charts.said().startswith(f"Here: {edges[point]:.3f} s to {edges[point + 1]:.3f} s"),
       (charts.said(), edges[point]))
    wrong = []
    for line, cells in zip(data["lines"], charts.legend()):
        rate = line["exits"][point] / length
        text = count(math.floor(rate + 0.5)) if rate >= 10 or not rate else f"{rate:.1f}"
        time = line["ns"][point] / 1e9 / length
        time = "" if line["idle"] else f"{time:.2f}" if time < 10 else f"{time:.1f}"
        if cells[0] != line["name"] or cells[4] != text or cells[5] != time:
            wrong.append((cells, text, time))
    ok("hover: each line's rate and time there", not wrong, wrong)
    charts.leave()
    ok("no more hover", charts.said().startswith("Shown: 0.000 s to"), charts.said())


# The box beside the cursor: what it says, row by row, where it is, and where
# the line through the cursor's point is.
TIP = """
const tips = [...document.querySelectorAll(".tip")].filter((one) => !one.hidden);
if (tips.length !== 1)
	return tips.length;
const texts = [...tips[0].children].map((one) => one.textContent);
const rect = (one) => one.getBoundingClientRect();
const { left, top, right, bottom } = rect(tips[0]);
const line = rect(tips[0].parentElement.querySelector(".u-cursor-x"));
return { when: texts[0], all: texts.slice(1, 3), rows: texts.slice(3),
	chart: tips[0].closest(".chart").className, x: line.left, left, top, right,
	bottom, hidden: tips[0].getAttribute("aria-hidden") };
"""


def rate_text(kind, rate):
    """Format a rate as numbers.js does."""
    if kind == "ns":
        return f"{rate:.2f}" if rate < 10 else f"{rate:.1f}"
    return count(math.floor(rate + 0.5)) if rate >= 10 or not rate else f"{rate:.1f}"


def told(data, point, kind):
    """Return the text that the box must have at a point."""
    length = (data["begin"] + [data["end"]])[point + 1] - data["begin"][point]
    rates = [(line[kind][point] / length / (1e9 if kind == "ns" else 1), line)
             for line in data["lines"] if not (kind == "ns" and line["idle"])]
    most = sorted(((rate, line["name"]) for rate, line in rates if not line["others"]),
                  key=lambda one: -one[0])[:5]
    total = sum(rate for rate, _ in rates)
    rows = [text for rate, name in most for text in (name, rate_text(kind, rate))]
    return rate_text(kind, total), rows + [
        "others", rate_text(kind, total - sum(rate for rate, _ in most))]


def tip(charts):
    """The box has the data's numbers, and covers no point that is pointed at."""
    data, browser = charts.data, charts.browser
    edges = data["begin"] + [data["end"]]
    points = len(data["begin"])
    wrong, covered = [], []
    for point in 2, points // 2, points - 3:
        charts.move((edges[point] + edges[point + 1]) / 2)
        browser.settle()
        seen = browser.run(TIP)
        total, rows = told(data, point, "exits")
        if (seen["all"], seen["rows"]) != (["exits/s", total], rows) or not seen[
                "when"].startswith(f"{edges[point]:.3f} s to {edges[point + 1]:.3f} s"):
            wrong.append((seen, total, rows))
        if seen["left"] - 5 < seen["x"] < seen["right"] + 5 or seen["left"] < 0 or \
                seen["right"] > browser.run("return innerWidth"):
            covered.append(seen)
    ok("the box at the cursor: time, total, five reasons, and the others", not wrong, wrong)
    ok("the box at the cursor: it does not cover what is pointed at", not covered, covered)
    ok("the box at the cursor: the live region says it, so it does not", seen["hidden"] == "true" and all(
        text in charts.said() for text in [total] + rows[:2]), (seen, charts.said()))
    charts.leave()
    ok("the box at the cursor: no more, when the mouse has left", browser.run(TIP) == 0)
    browser.run("return document.querySelector('.chart.ns')").send_keys("\ue014\ue014")
    browser.settle()
    seen = browser.run(TIP)
    total, rows = told(data, 1, "ns")
    ok("the box at the cursor: by keyboard, of the other chart: times",
       (seen["all"], seen["rows"]) == (["s/s in exits", total], rows) and
       "ns" in seen["chart"], (seen, total, rows))
    charts.move(edges[-1] / 2)
    charts.leave()


def narrow_tip(browser):
    """Where there is no room beside the cursor, it is above or below it."""
    over = browser.run("const over = document.querySelector('.exits .u-over');"
                       "over.scrollIntoView({ block: 'center' }); return over")
    covered = []
    for x in -0.4, 0, 0.4:
        for y in -0.3, 0.3:
            browser.actions().move_to_element_with_offset(
                over, int(x * over.rect["width"]), int(y * over.rect["height"])).perform()
            browser.settle()
            seen = browser.run(TIP)
            at = browser.run("return arguments[0].getBoundingClientRect().top", over) + \
                (0.5 + y) * over.rect["height"]
            if seen["left"] < 0 or seen["right"] > browser.run("return innerWidth") or (
                    seen["left"] - 5 < seen["x"] < seen["right"] + 5 and
                    seen["top"] - 5 < at < seen["bottom"] + 5):
                covered.append((at, seen))
    ok("400 pixels: the box is within the window, and covers no point", not covered,
       covered)


def zoom(charts):
    data, end = charts.data, charts.data["end"]
    rows = charts.legend()
    whole = [[count(sum(line["exits"]))] for line in data["lines"]]
    ok("the legend has the totals", [row[1:2] for row in rows[:-1]] == whole, rows)
    idle = [row[3] for line, row in zip(data["lines"], rows) if line["idle"]]
    ok("the legend has the totals: of idleness no time, which no chart has", idle == [""], rows)
    charts.browser.run("document.querySelector('.idle').click()")
    ok("the legend has the totals: unless it has", all(row[3] for row in charts.legend()) and
       charts.legend()[-1][3] != rows[-1][3], charts.legend())
    charts.browser.run("document.querySelector('.idle').click()")
    total = count(sum(sum(line["exits"]) for line in data["lines"]))
    ok("the legend has the totals: their sum", rows[-1][:3] == ["shown together", total, "100.0 %"], rows)
    charts.drag(end / 4, end / 2)
    charts.leave()
    first, last = charts.shown()
    near = 3 * end / charts.box["width"]
    ok("drag: it shows what was dragged over",
       abs(first - end / 4) < near and abs(last - end / 2) < near, (first, last, end))
    inside = [i for i, at in enumerate(data["begin"]) if first <= at < last]
    sums = [sum(line["exits"][i] for i in inside) for line in data["lines"]]
    shown = [int(row[1].replace(",", "")) for row in charts.legend()[:-1]]
    ok("drag: the legend has the sums of what is shown", shown == sums, (shown, sums))
    charts.actions().double_click(charts.over).perform()
    charts.leave()
    ok("double-click: all of it", charts.shown() == [0, round(end, 3)], charts.said())
    ok("double-click: its sums", charts.legend() == rows)


def keys_and_buttons(charts):
    browser, end = charts.browser, charts.data["end"]
    chart = browser.run("return document.querySelector('.chart.exits')")
    rows = charts.legend()
    chart.send_keys("+")
    first, last = charts.shown()
    ok("+: closer", abs((last - first) - end / 2) < 0.01, charts.said())
    chart.send_keys("\ue00c")
    ok("Escape: all of it", charts.shown() == [0, round(end, 3)], charts.said())
    chart.send_keys("\ue014")
    ok("an arrow: the first point", charts.said().startswith("Here: 0.000 s to"),
       charts.said())
    charts.move(end / 2)
    charts.leave()
    show = browser.run("return document.querySelectorAll('button.show')")
    ok("each phase has a button", len(show) == browser.run(
        "return document.querySelectorAll('[data-from]').length"))
    rows_of = browser.run("return [...document.querySelectorAll('[data-from]')].map("
                          "({dataset}) => [Number(dataset.from), Number(dataset.to)])")
    phase = max(rows_of, key=lambda row: row[1] - row[0])
    browser.run("arguments[0].click()", show[rows_of.index(phase)])
    ok("which shows the phase",
       max(abs(a - b) for a, b in zip(phase, charts.shown())) < 0.001,
       (phase, charts.said()))
    wrong = []
    exits = browser.run("return [...document.querySelectorAll('[data-from]')].map("
                        "(row) => row.cells[2].textContent)")
    for nr, button in enumerate(show):
        browser.run("arguments[0].click()", button)
        # A phase without length is shown with some time around it.
        if rows_of[nr][0] < rows_of[nr][1] and charts.legend()[-1][1] != exits[nr]:
            wrong.append((rows_of[nr], exits[nr], charts.legend()[-1][1]))
    ok("the legend has the exits that the table of phases has", not wrong, wrong)
    browser.run("document.querySelector('.whole').click()")
    browser.run("document.querySelector('button.reason').click()")
    less = charts.legend()
    together = int(rows[-1][1].replace(",", "")) - int(rows[0][1].replace(",", ""))
    ok("a reason can be hidden", less[0][1] == "" and less[-1][1] == count(together), less)
    browser.run("document.querySelector('button.reason').click()")
    ok("and shown again", charts.legend() == rows)
    ok("all the while nothing on the console", not (said := browser.complaints()), said)
