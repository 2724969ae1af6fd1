#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests the page of a recorded run of a made-up host, in a browser."""

import hashlib
import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
import browser as browsers  # noqa: E402
from page_charts import (  # noqa: E402
    Charts, count, drawn, hover, keys_and_buttons, narrow_tip, tip, zoom)
from tap import done, ok, skip  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
EXITLEDGER = BUILD + "/bin/exitledger"
UPLOT = "userspace/report/page/web/uplot/"
EVIL = "</script><img src=x onerror=alert(1)>\u2028\u202e&lt;"
# Invisible characters, and those that turn the direction of text, are "?" in charts.
SHOWN = EVIL.replace("\u2028", "?").replace("\u202e", "?")
NOT_TEXT = re.compile(r"\bhttps?://(?!github\.com/leeoniya/uPlot)")


def program(*arguments):
    return subprocess.run(
        [EXITLEDGER, *arguments], stdout=subprocess.PIPE, check=True, encoding="utf-8",
        errors="replace"
    ).stdout


def data_of(html):
    text = re.search(r'class="data">(.*?)</script>', html, re.S).group(1)
    return json.loads(text)


def vendored():
    """The files of uPlot have the checksums that its README lists."""
    with open(UPLOT + "README", encoding="utf-8") as readme:
        sums = re.findall(r"^([0-9a-f]{64})  (\S+)$", readme.read(), re.M)
    ok("uPlot's files have sums", len(sums) == 3, sums)
    for digest, name in sums:
        with open(UPLOT + name, "rb") as file:
            found = hashlib.sha256(file.read()).hexdigest()
        ok(f"uPlot's {name} is as it came", digest == found, found)


def content(run, html):
    """The data in the file are right, before any browser shows it."""
    total = json.loads(program("replay", run, "-i", "0", "--json"))
    exits, reasons = 0, {}
    for vm in total["vms"]:
        exits += vm["exits"]
        for row in vm["reasons"]:
            code = row["reason"]
            reasons[code] = reasons.get(code, 0) + row["exits"]
    data = data_of(html)
    sums = {line["name"]: sum(line["exits"]) for line in data["lines"]}
    text = program("report", run)
    ok("the series add up to the text's total",
       f"total    {count(sum(sums.values()))} exits" in text, (sums, text))
    ok("the series add up to the text's total: to replay's", sum(sums.values()) == exits, (sums, exits))
    ok("each reason's series does, too", all(
        reasons[int(re.search("0x[0-9a-f]+", name).group(), 16)] == n
        for name, n in sums.items() if "others" not in name), (sums, reasons))
    ok("ten reasons have a line, the rest one together",
       [line["color"] for line in data["lines"]] == list(range(11)), sums)
    for line in data["lines"]:
        if len(line["exits"]) != len(data["begin"]) or len(line["ns"]) != len(data["begin"]):
            ok("a number for each point", False, line["name"])
    ok("nothing is loaded", not NOT_TEXT.search(html), NOT_TEXT.findall(html))
    ok("no src, href, url() or import but to itself",
       not re.search(r'\s(src|href)="(?!#)|url\(|@import', html))
    return data


def long_run(folder):
    """A run has more intervals than a chart has points."""
    run, page = folder + "/long", folder + "/long.html"
    subprocess.run([BUILD + "/tests/record_cost", run, "1", "201", "20"],
                   stdout=subprocess.DEVNULL, check=True)
    program("report", run, "-o", page)
    with open(page, encoding="utf-8") as file:
        html = file.read()
    data = data_of(html)
    ok("a long run: 2010 intervals at 1005 points", len(data["begin"]) == 1005,
       len(data["begin"]))
    ok("a long run: which is said", "A point is the sum of 2 intervals, 200 ms" in html)
    total = sum(sum(line["exits"]) for line in data["lines"])
    ok("a long run: nothing is lost of it", f"total    {count(total)} exits" in program("report", run),
       total)


CHUNKS = 140
COPIES = f"""
DELETE FROM interval;
DELETE FROM chunk WHERE first > 1;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CHUNKS} - 1)
	INSERT INTO chunk SELECT first + i * 600, last + i * 600, begin_ns + i * 60000000000,
		end_ns + i * 60000000000, series_size, series, cells_size, cells
		FROM chunk, n;
UPDATE meta SET value = {CHUNKS} * 60000000000 + 1 WHERE name = 'ended_ns';
"""


def many_rows(folder):
    """84,000 intervals of 8 VMs with 15 reasons each: one minute that is copied again and again."""
    run, page = folder + "/many", folder + "/many.html"
    subprocess.run([BUILD + "/tests/record_cost", run, "8", "121", "100"],
                   stdout=subprocess.DEVNULL, check=True)
    with sqlite3.connect(run) as database:
        database.executescript(COPIES)
    database.close()
    for form in ["--json"], ["-o", page]:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = program("report", run, *form)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # The CPU time of the process alone, as the machine may be busy.
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        ok(f"ten million rows: {form[0]} in less than 10 s", used < 10, used)
        if form == ["--json"]:
            said = json.loads(said)
            ok("ten million rows: all of them", said["rate"]["intervals"] * len(said["reasons"]) * len(
                said["vms"]) == 84000 * 8 * 15, said["rate"])


def loads(browser, page):
    browser.media("light")
    browser.size(1280, 900)
    browser.open(page)
    browser.settle()
    browser.requests()
    browser.open(page)
    browser.settle()
    asked = browser.requests()
    ok("only the file itself is read", asked == ["file://" + page], asked)
    ok("no resource is loaded", browser.run(
        "return performance.getEntriesByType('resource').length") == 0)
    ok("nothing on the console", not (said := browser.complaints()), said)
    ok("two charts", browser.run(
        "return document.querySelectorAll('.chart canvas').length") == 2)


# The visible texts whose contrast to their background is less than WCAG 2.1 asks for (1.4.3),
# by its definition of relative luminance.
FAINT = """
const luminance = (color) => {
	const [r, g, b] = color.match(/[\\d.]+/g).map((part) => {
		const c = part / 255;
		return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (one) => {
	for (; one; one = one.parentElement) {
		const color = getComputedStyle(one).backgroundColor;
		if (color !== "rgba(0, 0, 0, 0)")
			return color;
	}
	return "rgb(255, 255, 255)";
};
const faint = [];
let seen = 0;
for (const one of document.querySelectorAll("body *")) {
	if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
	    || !one.getClientRects().length || one.disabled)
		continue;
	const pair = [luminance(getComputedStyle(one).color), luminance(behind(one))];
	const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
	seen++;
	if (ratio < 4.5)
		faint.push(one.tagName + " " + one.textContent.slice(0, 30) + " " + ratio);
}
return [seen, faint, behind(document.body)];
"""
# How much of a chart is in the colour of any line.
PIXELS = """
const canvas = document.querySelector(arguments[0] + " canvas");
const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width,
	canvas.height).data;
const want = new Set([...document.querySelectorAll(".legend .key")].map((key) =>
	getComputedStyle(key).backgroundColor.match(/\\d+/g).join()));
let same = 0;
for (let i = 0; i < pixels.length; i += 4)
	same += want.has(pixels[i] + "," + pixels[i + 1] + "," + pixels[i + 2]);
return same / (pixels.length / 4);
"""


def looks(browser, page):
    papers, colors = set(), set()
    for scheme in "light", "dark":
        for width in 1280, 400:
            browser.media(scheme)
            browser.size(width, 900)
            browser.open(page)
            browser.settle()
            seen, faint, paper = browser.run(FAINT)
            what = f"{scheme}, {width} pixels"
            papers.add(paper)
            ok(f"{what}: all text has a contrast of 4.5", seen > 200 and not faint,
               (seen, faint))
            for chart in ".exits", ".ns":
                share = browser.run(PIXELS, chart)
                ok(f"{what}: {chart[1:]} are drawn", 0.01 < share < 0.9, share)
            ok(f"{what}: no wider than the window", browser.run(
                "return document.documentElement.scrollWidth") == width)
        colors.add(browser.run(
            "return getComputedStyle(document.querySelector('.key.s0')).backgroundColor"))
    ok("light and dark differ", len(papers) == 2 and len(colors) == 2, papers)
    # If the colours change while the page is open, it is drawn anew.
    browser.media("light")
    browser.settle()
    ok("dark to light: drawn in the new colours", browser.run(PIXELS, ".exits") > 0.01)


# Tables that are wider than their container, by the container's name.
CUT = """
return [...document.querySelectorAll(".wide")].filter(
	(one) => one.scrollWidth > one.clientWidth + 1).map((one) =>
	(one.getAttribute("aria-label") || one.getAttribute("aria-labelledby")) + " " +
	one.scrollWidth + " in " + one.clientWidth);
"""


def fits(browser, page):
    browser.size(1280, 900)
    browser.open(page)
    browser.settle()
    ok("1280 pixels: no table is cut", not (cut := browser.run(CUT)), cut)
    heads = browser.run("return [...document.querySelectorAll('#reasons ~ .wide thead th')]"
                        ".map(cell => cell.textContent)")
    ok("percentiles come before what few have",
       heads[-7:] == ["MEAN", "P50", "P90", "P99", "MAX", "PREEMPT", "BLOCKED"], heads)
    browser.size(400, 900)
    browser.settle()
    narrow_tip(browser)


def prints(browser, page):
    browser.size(1280, 900)
    browser.media("dark")
    browser.open(page)
    browser.settle()
    pdf = browser.devtools("Page.printToPDF", printBackground=True)["data"]
    ok("it can be printed", len(pdf) > 20000, len(pdf))
    browser.media("dark", "print")
    browser.settle()
    _, _, paper = browser.run(FAINT)
    ok("on white paper", paper == "rgb(255, 255, 255)", paper)
    ok("on white paper: the charts, too", browser.run(PIXELS, ".exits") > 0.01)
    ok("without what cannot be pressed there", browser.run(
        "return getComputedStyle(document.querySelector('.tools')).display") == "none")
    browser.media("light")


def without_scripts(browser, page, total):
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page)
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    names = [node.get("name", {}).get("value", "") for node in nodes
             if not node.get("ignored")]
    ok("without scripts: the figures are there", total in names, names[:40])
    ok("without scripts: that charts need them is said",
       any("charts need JavaScript" in name for name in names))
    ok("without scripts: no empty charts", "Zoom in" not in names)
    ok("without scripts: nothing else is missing", "What was not booked" in names)
    browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


def hostile(browser, run, page):
    """The names in a file that someone else has made do no harm."""
    with sqlite3.connect(run) as database:
        database.execute("UPDATE vm SET name = ?", (EVIL[:60],))
        database.execute("UPDATE mark SET text = ?", (EVIL[:60],))
        for name in "kernel", "cpu", "command", "attach", "shown", "vendor":
            size = {"vendor": 15, "attach": 15}.get(name, 60)
            database.execute("UPDATE meta SET value = ? WHERE name = ?",
                             ("<b>" + EVIL[:size - 12], name))
    database.close()
    program("report", run, "-o", page)
    browser.complaints()
    browser.open(page)
    browser.settle()
    ok("hostile names: no element comes of them", browser.run(
        "return document.querySelectorAll('img, b').length") == 0)
    ok("hostile names: nothing is executed, and nothing even refused",
       not (said := browser.complaints()), said)
    ok("hostile names: they are shown as they are", browser.run(
        "return document.querySelector('#vms ~ .wide').textContent").count(EVIL[:30]) >= 2)
    ok("hostile names: the charts are there", browser.run(PIXELS, ".exits") > 0.01)
    ok("hostile names: in marks, too", browser.run(
        "return JSON.parse(document.querySelector('.data').textContent).marks.some("
        "mark => mark.text.includes(arguments[0]))", SHOWN[:40]))


def compare(browser, runs, page):
    """The charts of two runs have the same lines in the same colours, and axes of one height."""
    program("report", *runs, "-o", page)
    browser.complaints()
    browser.media("light")
    browser.size(1600, 1000)
    browser.open(page)
    browser.settle()
    ok("two runs: four charts", browser.run(
        "return document.querySelectorAll('.chart canvas').length") == 4)
    totals = browser.run(
        "return [...document.querySelectorAll('.run')].map(run => [...run.querySelectorAll("
        "'.legend tbody tr:last-child td')][0].textContent)")
    texts = [program("report", run) for run in runs]
    ok("two runs: each has its total", all(
        f"total    {total} exits" in text for total, text in zip(totals, texts)), totals)
    text = program("report", *runs)
    for table, title in ("exits", "EXITS  "), ("rates", "EXITS PER SECOND"), \
            ("times", "TIME OF AN EXIT"), ("percentiles", "PERCENTILES OF IT"):
        rows = text[text.index("\n" + title):].lstrip().split("\n\n")[0].splitlines()[1:]
        shown = browser.run(
            "return [...document.querySelectorAll(arguments[0])].map("
            "row => [...row.cells].map(cell => cell.textContent))",
            f"#{table} ~ .wide tbody tr")
        ok(f"two runs: {table}: what the text says, row by row",
           len(shown) == len(rows) and all(
               all(cell in row for cell in cells)
               for cells, row in zip(shown, rows)), (shown, rows))
    ok("two runs: side by side", browser.run(
        "const tops = [...document.querySelectorAll('.run')].map("
        "run => run.getBoundingClientRect().top); return tops[0] === tops[1]"))
    browser.size(1280, 900)
    browser.settle()
    hovered = browser.run("return document.querySelector('.exits .u-over')")
    browser.actions().move_to_element(hovered).perform()
    browser.settle()
    ok("two runs, 1280 pixels: no table is cut, with values at the cursor, too",
       not (cut := browser.run(CUT)), cut)
    browser.size(400, 900)
    browser.settle()
    hidden = browser.run(
        "return ['rates', 'times'].filter(id => [...document.querySelectorAll("
        "`#${id} ~ .wide tr`)].some(row => row.cells[1].getBoundingClientRect().right > 390"
        " || row.parentElement.tagName === 'THEAD' && row.cells[1].textContent !== 'B IS'))")
    ok("two runs, 400 pixels: each verdict is seen", not hidden, hidden)
    seen, faint, _ = browser.run(FAINT)
    ok("two runs: all text has a contrast of 4.5", seen > 100 and not faint, faint)
    ok("two runs: nothing on the console", not (said := browser.complaints()), said)


def main():
    vendored()
    with tempfile.TemporaryDirectory() as folder:
        run, other, page = folder + "/run", folder + "/other", folder + "/page.html"
        for path, length in (run, 60), (other, 40):
            demo = subprocess.run(
                [BUILD + "/tests/record_demo", str(length), "-o", path, "-i", "20ms",
                 "--detail", "400ms", "--fast", "--off-cpu"],
                capture_output=True, check=False)
            ok(f"a run of {length}", demo.returncode == 0, demo.stderr.decode())
        program("report", run, "-o", page)
        with open(page, encoding="utf-8") as file:
            html = file.read()
        data = content(run, html)
        long_run(folder)
        many_rows(folder)
        if not browsers.is_there():
            skip("in a browser", browsers.NEEDS)
            done()
        browser = browsers.Browser()
        try:
            loads(browser, page)
            charts = Charts(browser, data)
            drawn(charts, ".exits", "exits")
            drawn(charts, ".ns", "ns")
            browser.complaints()  # drop those about the pixels that were read
            hover(charts)
            tip(charts)
            zoom(charts)
            keys_and_buttons(charts)
            looks(browser, page)
            fits(browser, page)
            prints(browser, page)
            without_scripts(browser, page, count(sum(
                sum(line["exits"]) for line in data["lines"])))
            compare(browser, [run, other], page)
            hostile(browser, run, page)
        finally:
            browser.close()
    done()


main()
