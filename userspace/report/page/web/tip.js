// SPDX-License-Identifier: GPL-2.0-only
// Shows the values at a chart's cursor in a box beside it.
const tips = (function () {
"use strict";

const MOST = 5; // the most reasons that are named
const GAP = 14; // pixels between the box and the cursor

// The lines that a chart shows at the cursor, the highest first, and the sum of
// those that are not named.
function rates(run, kind) {
	const length = run.length(run.here);
	const all = run.data.lines.map((line, index) => ({ line, index,
		rate: kind.of(line[kind.field][run.here], length) }))
		.filter((one) => one.rate > 0 && run.shown(one.index, kind))
		.sort((a, b) => b.rate - a.rate);
	const most = all.filter((one) => !one.line.others).slice(0, MOST);
	const sum = (list) => list.reduce((so_far, one) => so_far + one.rate, 0);

	return { most, total: sum(all),
		rest: sum(all.filter((one) => !most.includes(one))) };
}

// Returns the same in words, for screen readers.
function words(run, kind) {
	const { most, total } = rates(run, kind);

	return kind.value(total) + " " + kind.unit + most.map((one) =>
		", " + one.line.name + " " + kind.value(one.rate)).join("");
}

function add(box, className, text) {
	const made = document.createElement("span");

	made.className = className;
	made.append(...[].concat(text));
	box.append(made);
}

function fill(box, run, kind) {
	const { most, total, rest } = rates(run, kind);
	const row = (className, name, rate) => {
		add(box, "name " + className, name);
		add(box, "rate " + className, kind.value(rate));
	};
	const key = (number) => {
		const made = document.createElement("i");

		made.className = "key s" + number;
		return made;
	};

	box.replaceChildren();
	add(box, "when", run.span(run.edges[run.here], run.edges[run.here + 1]));
	row("all", kind.unit, total);
	for (const one of most)
		row("", [key(one.line.color), one.line.name], one.rate);
	if (rest > 0)
		row("rest", "others", rest);
}

// Places the box beside the cursor; without room there, below or above it.
function place(box, chart) {
	const { left, top } = chart.cursor, over = chart.over;
	const width = box.offsetWidth, height = box.offsetHeight;
	const least = -over.offsetLeft, most = over.offsetWidth;
	let x = left + GAP, y = top - height / 2;

	if (x + width > most)
		x = left - GAP - width;
	y = Math.max(0, Math.min(y, over.offsetHeight - height));
	if (x < least) {
		x = Math.max(least, Math.min(left - width / 2, most - width));
		y = top < over.offsetHeight / 2 ? top + GAP : top - GAP - height;
	}
	box.style.left = Math.round(x) + "px";
	box.style.top = Math.round(y) + "px";
}

// Screen readers do not see the box, as the live region has its words.
function make(chart) {
	const box = document.createElement("div");

	box.className = "tip";
	box.hidden = true;
	box.setAttribute("aria-hidden", "true");
	chart.over.append(box);
	chart.tip = box;
}

// Shows the box of the chart below the mouse, if the cursor is at a point.
function show(run) {
	for (const chart of run.charts) {
		chart.tip.hidden = run.here === null || run.pointed !== chart;
		if (chart.tip.hidden)
			continue;
		fill(chart.tip, run, chart.kind);
		place(chart.tip, chart);
	}
}

return { make, show, words };
})();
