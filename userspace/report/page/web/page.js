// SPDX-License-Identifier: GPL-2.0-only
// The charts of a run's page, and what their legend says.  The data are in the
// page: see ../render_page_data.c.
(function () {
"use strict";

const { count, rate, percent, time, stepped, seconds, clock } = numbers;
const LINES = 11; // the number of colours
const CLOCK = 600; // from this many seconds on, times have hours and minutes
const X_STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
	10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800,
	43200, 86400, 172800, 432000, 864000];

function element(name, className, text) {
	const made = document.createElement(name);

	if (className)
		made.className = className;
	if (text !== undefined)
		made.textContent = text;
	return made;
}

// The page's colours, which are those of its style sheet.
let ink;
function read_ink() {
	const style = getComputedStyle(document.documentElement);
	const get = (name) => style.getPropertyValue(name).trim();

	ink = { text: get("--text"), soft: get("--soft"), grid: get("--line"),
		paper: get("--paper"), change: get("--change"), line: [] };
	for (let i = 0; i < LINES; i++)
		ink.line.push(get("--s" + i));
}

class Run {
	constructor(root, data, number) {
		this.root = root;
		this.number = number;
		this.peers = [this]; // runs with charts of the same height
		this.data = data;
		// A run that has no length gets a tiny one, for the axis.
		this.end = Math.max(data.end, data.begin[0] + 1e-6);
		this.edges = data.begin.concat(this.end);
		this.hidden = new Set();
		this.here = null;
		this.pointed = null; // the chart below the mouse
		this.from = this.edges[0];
		this.to = this.end;
		this.kinds = [
			{ field: "exits", unit: "exits/s", of: (ns, s) => s > 0 ? ns / s : 0,
			  value: rate },
			{ field: "ns", unit: "s/s in exits", of: (ns, s) => s > 0 ? ns / 1e9 / s : 0,
			  value: (number) => number.toFixed(number < 10 ? 2 : 1) },
		].filter((kind) => kind.field === "exits" || data.times);
		this.idle = root.querySelector(".idle");
		// Room for the numbers of both charts' axes, so that they are in line.
		this.kinds.forEach((kind) => this.stack(kind));
		this.margin = 26 + 7 * Math.max(...this.kinds.map((kind) =>
			count(this.highest(kind.field)).length));
		this.charts = this.kinds.map((kind) => this.chart(kind));
		this.charts.forEach((chart) => {
			tips.make(chart);
			this.keys(chart);
			chart.over.addEventListener("mouseenter", () => {
				this.pointed = chart;
			});
		});
		this.make_legend();
		this.listen();
		this.zoom(this.from, this.to);
	}

	// Returns the index of the point that contains a moment.
	point_at(at) {
		let low = 0, high = this.data.begin.length;

		while (high - low > 1) {
			const middle = (low + high) >> 1;

			if (this.edges[middle] <= at)
				low = middle;
			else
				high = middle;
		}
		return low;
	}

	length(point) {
		return this.edges[point + 1] - this.edges[point];
	}

	shown(line, kind) {
		return !this.hidden.has(line) && !(kind.field === "ns" &&
			this.data.lines[line].idle && this.idle && !this.idle.checked);
	}

	// Returns the series for uPlot: each line is the sum of itself and
	// those below it.  The topmost comes first, so that the others are
	// painted over it.
	stack(kind) {
		const points = this.data.begin.length;
		const sum = new Array(points + 1).fill(0);
		const stacked = [];

		this.data.lines.forEach((line, index) => {
			if (this.shown(index, kind)) {
				for (let i = 0; i < points; i++)
					sum[i] += kind.of(line[kind.field][i],
						this.length(i));
			}
			sum[points] = sum[points - 1];
			stacked.push(sum.slice());
		});
		kind.top = sum;
		return [this.edges].concat(stacked.reverse());
	}

	// Returns the highest sum of lines in the part that is shown.
	highest(field) {
		const kind = this.kinds.find((one) => one.field === field);
		let most = 0;

		for (let i = this.point_at(this.from); kind &&
		     i < this.data.begin.length && this.edges[i] < this.to; i++)
			most = Math.max(most, kind.top[i]);
		return most;
	}

	chart(kind) {
		const box = this.root.querySelector(".chart." + kind.field);
		const lines = this.data.lines.length;
		const series = [{}];
		const axis = { stroke: () => ink.soft, font: "12px system-ui, sans-serif",
			grid: { stroke: () => ink.grid, width: 1 },
			ticks: { stroke: () => ink.grid, width: 1 } };
		const lanes = marks.lanes(this.data.marks);

		for (let i = lines - 1; i >= 0; i--)
			series.push({ fill: () => ink.line[this.data.lines[i].color],
				width: 0, points: { show: false },
				paths: uPlot.paths.stepped({ align: 1 }) });
		const chart = new uPlot({
			width: box.clientWidth || 600,
			height: box.clientHeight || 260,
			padding: [lanes * marks.LANE + 8, 14, 0, 0],
			legend: { show: false },
			cursor: { y: false, points: { show: false },
				drag: { x: true, y: false, setScale: false, dist: 4 },
				bind: { dblclick: () => () => this.all() },
				sync: { key: "run " + this.number, filters: {
					pub: (type) => type.startsWith("mousemove") ||
						type === "mouseleave" } } },
			scales: { x: { time: false, range: () => [this.from, this.to] },
				y: { range: () => [0, 1.04 * Math.max(...this.peers.map(
					(run) => run.highest(kind.field))) || 1] } },
			axes: [
				{ ...axis, incrs: X_STEPS, space: 80,
				  values: (u, at, index, space, step) => at.map(
					(x) => this.end < CLOCK ? seconds(x, step) :
						clock(x, step)) },
				{ ...axis, size: this.margin,
				  values: (u, at, index, space, step) => at.map(
					(y) => stepped(y, step)) },
			],
			series,
			hooks: {
				draw: [(u) => marks.draw(u, this, lanes, ink)],
				setCursor: [(u) => this.hover(u)],
				setSelect: [(u) => this.selected(u)],
			},
		}, this.stack(kind), box);
		chart.kind = kind;
		new ResizeObserver(() => chart.setSize({
			width: box.clientWidth, height: box.clientHeight })).observe(box);
		return chart;
	}

	make_legend() {
		const table = this.root.querySelector(".legend");
		const head = table.createTHead().insertRow();
		const body = table.createTBody();
		const names = ["Exit reason", "Exits shown", "Share", "Time shown",
			"Exits/s here", "Time/s here"];
		const cells = (row) => names.slice(1).map((name, index) => {
			const cell = row.insertCell();

			cell.hidden = !this.data.times && (index === 2 || index === 4);
			return cell;
		});
		const row_of = (title) => {
			const row = body.insertRow(), name = element("th");

			name.scope = "row";
			name.append(title);
			row.append(name);
			return cells(row);
		};

		names.forEach((name, index) => {
			const cell = element("th", "", name);

			cell.scope = "col";
			cell.hidden = !this.data.times && (index === 3 || index === 5);
			head.append(cell);
		});
		this.cells = this.data.lines.map((line, index) => {
			const button = element("button", "reason");

			button.type = "button";
			button.title = "Show or hide it in the charts";
			button.setAttribute("aria-pressed", "true");
			button.append(element("i", "key s" + line.color), line.name);
			button.addEventListener("click", () => this.toggle(index, button));
			return row_of(button);
		});
		this.cells.push(row_of("shown together"));
	}

	toggle(line, button) {
		if (!this.hidden.delete(line))
			this.hidden.add(line);
		button.setAttribute("aria-pressed", !this.hidden.has(line));
		this.refill();
	}

	refill() {
		this.charts.forEach((chart) => chart.setData(this.stack(chart.kind)));
		this.peers.forEach((run) => run.scale());
		this.fill_legend();
	}

	// Returns the points that begin in the shown part, or else the one that
	// contains it.  As in the table of phases, a point belongs to only one
	// of two neighbours.
	points_shown() {
		const points = [];
		let i = this.point_at(this.from + 1e-9);

		if (this.edges[i] < this.from - 1e-9 &&
		    this.edges[i + 1] < this.to - 1e-9)
			i++;
		do
			points.push(i++);
		while (i < this.data.begin.length && this.edges[i] < this.to - 1e-9);
		return points;
	}

	// Does a chart show a line?  The index after the last is that of their sum.
	counts(index, kind) {
		return kind && (index === this.data.lines.length ||
			this.shown(index, kind));
	}

	// Fills the legend with the sums over the shown part.
	fill_legend() {
		const points = this.points_shown(), [exits, ns] = this.kinds;
		const all = { exits: 0, ns: 0 }, sums = [];

		this.data.lines.forEach((line, index) => {
			const sum = { exits: 0, ns: 0 };

			for (const { field } of this.kinds.filter(
				(kind) => this.shown(index, kind))) {
				for (const i of points)
					sum[field] += line[field][i];
				all[field] += sum[field];
			}
			sums.push(sum);
		});
		sums.concat(all).forEach((sum, index) => {
			const here = this.here_of(index);
			const has = [this.counts(index, exits), this.counts(index, ns)];

			[has[0] ? count(sum.exits) : "",
			 has[0] ? percent(sum.exits, all.exits) : "",
			 has[1] ? time(sum.ns) : "",
			 here[0], here[1]].forEach((text, column) => {
				this.cells[index][column].textContent = text;
			});
		});
		tips.show(this);
	}

	// A line's rates at the cursor; the index after the last is that of the sum.
	here_of(index) {
		const i = this.here, lines = this.data.lines;
		const of = (kind) => kind.value(lines.reduce((sum, line, number) =>
			(number === index || index === lines.length) &&
			this.shown(number, kind) ?
				sum + kind.of(line[kind.field][i], this.length(i)) :
				sum, 0));

		return [0, 1].map((nr) => i !== null &&
			this.counts(index, this.kinds[nr]) ? of(this.kinds[nr]) : "");
	}

	hover(u) {
		const left = u.cursor.left;
		const here = left >= 0 ? this.point_at(u.posToVal(left, "x")) : null;

		if (here === this.here) {
			tips.show(this);
			return;
		}
		this.here = here;
		this.cells.forEach((cells, index) => {
			const texts = this.here_of(index);

			cells[3].textContent = texts[0];
			cells[4].textContent = texts[1];
		});
		tips.show(this);
		this.say();
	}

	span(from, to) {
		const decimals = this.data.point < 1 ? 3 : 1;
		const text = (at) => at.toFixed(decimals) + " s";

		return text(from) + " to " + text(to) + (this.end < CLOCK ? "" :
			", " + clock(from, 1) + " to " + clock(to, 1));
	}

	// Announces the values at the cursor, or else those of the shown part.
	say() {
		const said = this.root.querySelector(".said");
		let line = "Shown: " + this.span(this.from, this.to);

		if (this.here !== null) {
			const from = this.edges[this.here], to = this.edges[this.here + 1];

			line = "Here: " + this.span(from, to);
			for (const mark of this.data.marks.filter(
				(one) => one.at >= from && one.at < to).slice(0, 3))
				line += ", mark: " + mark.text;
			for (const one of this.data.changes.filter(
				(change) => change.at >= from && change.at < to))
				line += ", the rate's level changes: " + one.by;
		}
		said.textContent = line;
		if (this.here !== null)
			said.append(element("span", "heard", "; " + tips.words(this,
				(this.pointed || this.charts[0]).kind)));
	}

	zoom(from, to) {
		const first = this.edges[0], least = Math.min(this.data.point, this.end);
		const middle = (from + to) / 2;

		if (to - from < least) {
			from = middle - least / 2;
			to = middle + least / 2;
		}
		this.from = Math.max(first, from);
		this.to = Math.min(this.end, to);
		this.peers.forEach((run) => run.scale());
		this.root.querySelector(".whole").disabled =
			this.from === first && this.to === this.end;
		this.fill_legend();
		this.say();
	}

	scale() {
		this.charts.forEach((chart) => chart.setScale("x",
			{ min: this.from, max: this.to }));
	}

	all() {
		this.zoom(this.edges[0], this.end);
	}

	// Zooms by a factor, around the cursor.
	closer(factor) {
		const middle = this.here === null ? (this.from + this.to) / 2 :
			(this.edges[this.here] + this.edges[this.here + 1]) / 2;
		const half = (this.to - this.from) * factor / 2;

		this.zoom(middle - half, middle + half);
	}

	selected(u) {
		const { left, width } = u.select;

		if (width < 1)
			return;
		const from = u.posToVal(left, "x"), to = u.posToVal(left + width, "x");

		u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
		this.zoom(from, to);
	}

	keys(chart) {
		const move = (step) => {
			const from = this.point_at(this.from);
			const to = this.point_at(this.to - 1e-9);
			const next = this.here === null ? from :
				Math.min(to, Math.max(from, this.here + step));
			const middle = (Math.max(this.edges[next], this.from) +
				Math.min(this.edges[next + 1], this.to)) / 2;

			this.pointed = chart;
			chart.setCursor({ left: chart.valToPos(middle, "x"), top: 1 });
		};
		const does = { ArrowLeft: () => move(-1), ArrowRight: () => move(1),
			"+": () => this.closer(0.5), "-": () => this.closer(2),
			Escape: () => this.all() };

		chart.root.parentElement.addEventListener("keydown", (event) => {
			if (!does[event.key] || event.ctrlKey || event.metaKey)
				return;
			event.preventDefault();
			does[event.key]();
		});
	}

	listen() {
		const on = (name, does) => this.root.querySelector(name)
			.addEventListener("click", does);

		on(".in", () => this.closer(0.5));
		on(".out", () => this.closer(2));
		on(".whole", () => this.all());
		if (this.idle)
			this.idle.addEventListener("change", () => this.refill());
		for (const row of this.root.querySelectorAll("[data-from]")) {
			const button = element("button", "show", "show");
			const { from, to } = row.dataset;

			button.type = "button";
			button.title = "Show it in the charts";
			button.addEventListener("click", () => {
				this.zoom(Number(from), Number(to));
				this.root.querySelector(".charts").scrollIntoView();
			});
			row.querySelector("th").append(" ", button);
		}
	}

	redraw() {
		this.charts.forEach((chart) => chart.redraw(false));
	}
}

read_ink();
document.documentElement.classList.add("drawn");
const runs = [...document.querySelectorAll(".run")]
	.filter((root) => root.querySelector(".chart"))
	.map((root, number) => new Run(root,
		JSON.parse(root.querySelector(".data").textContent), number));
for (const run of runs) {
	run.peers = runs;
	run.scale();
}
const recolour = () => {
	read_ink();
	runs.forEach((run) => run.redraw());
};
const paper = (on) => {
	document.documentElement.classList.toggle("on-paper", on);
	recolour();
};

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
matchMedia("print").addEventListener("change", (event) => paper(event.matches));
addEventListener("beforeprint", () => paper(true));
addEventListener("afterprint", () => paper(false));
})();
