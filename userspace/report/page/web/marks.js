// SPDX-License-Identifier: GPL-2.0-only
// Marks and change points in a chart.
const marks = (function () {
"use strict";

const LANES = 4, LANE = 15; // lanes of names above a chart, a lane's pixels
const NAME = 30; // the most characters of a name above a chart
const NAMED = 24; // if more marks of the recorder are shown, they have no names

// Draws names where there is room for them, those of people's marks first.
function draw(u, run, lanes, ink) {
	const ratio = uPlot.pxRatio, ctx = u.ctx, box = u.bbox;
	const inside = (mark) => mark.at >= run.from && mark.at <= run.to;
	const place = (mark) => Math.round(u.valToPos(mark.at, "x", true));
	const placed = [], shown = run.data.marks.filter(inside);
	const few = shown.filter((mark) => !mark.user).length <= NAMED;

	ctx.save();
	ctx.font = 12 * ratio + "px system-ui, sans-serif";
	ctx.textBaseline = "middle";
	ctx.textAlign = "left";
	for (const change of run.data.changes.filter(inside))
		draw_change(u, place(change), ink);
	for (const mark of shown.sort(
		(a, b) => b.user - a.user || a.at - b.at)) {
		const text = mark.text.length > NAME ?
			mark.text.slice(0, NAME - 1) + "\u2026" : mark.text;
		const x = place(mark);
		const spot = (mark.user || few) && find_spot(u, x,
			ctx.measureText(text).width, lanes, placed);

		ctx.fillStyle = mark.user ? ink.text : ink.soft;
		if (!spot) { // its name is not drawn: draw a tick
			ctx.globalAlpha = mark.user ? 1 : 0.5;
			ctx.fillRect(x, box.top - 4 * ratio, ratio, 8 * ratio);
			ctx.globalAlpha = 1;
			continue;
		}
		spot.top = box.top - ((lanes - spot.lane) * LANE + 4) * ratio;
		placed.push({ ...spot, name: text, ink: ctx.fillStyle });
		ctx.globalAlpha = mark.user ? 0.9 : 0.45;
		ctx.fillRect(x, spot.top, ratio, box.top + box.height - spot.top);
		ctx.globalAlpha = 1;
	}
	// Draw the names last, so that lines which cross them are behind.
	for (const spot of placed) {
		ctx.fillStyle = ink.paper;
		ctx.fillRect(spot.text - ratio, spot.top, spot.width + 2 * ratio,
			LANE * ratio);
		ctx.fillStyle = spot.ink;
		ctx.fillText(spot.name, spot.text, spot.top + LANE * ratio / 2);
	}
	ctx.restore();
}

// Finds a place for a name, right or left of its mark's line.  It must not touch
// another name, and should not touch the line below another mark's name.
function find_spot(u, x, width, lanes, placed) {
	const ratio = uPlot.pxRatio, gap = 4 * ratio;
	const end = u.bbox.left + u.bbox.width + 12 * ratio;
	let second = null;

	for (let lane = 0; lane < lanes; lane++) {
		for (const text of [x + gap, x - gap - width]) {
			const spot = { x, lane, text, width, low: text - gap,
				high: text + width + gap };
			const inside = (at, one) => at > one.low && at < one.high;

			if (text < 0 || text + width > end || placed.some((other) =>
				other.lane === lane && spot.high > other.low &&
				spot.low < other.high))
				continue;
			if (!placed.some((other) => lane > other.lane ?
				inside(other.x, spot) : inside(x, other)))
				return spot;
			second = second || spot;
		}
	}
	return second;
}

// A change point: dashed, with a triangle on the axis.
function draw_change(u, x, ink) {
	const ratio = uPlot.pxRatio, ctx = u.ctx, box = u.bbox;
	const bottom = box.top + box.height;

	ctx.strokeStyle = ctx.fillStyle = ink.change;
	ctx.lineWidth = 1.5 * ratio;
	ctx.setLineDash([5 * ratio, 4 * ratio]);
	ctx.beginPath();
	ctx.moveTo(x, box.top);
	ctx.lineTo(x, bottom);
	ctx.stroke();
	ctx.setLineDash([]);
	ctx.beginPath();
	ctx.moveTo(x, bottom - 8 * ratio);
	ctx.lineTo(x - 5 * ratio, bottom);
	ctx.lineTo(x + 5 * ratio, bottom);
	ctx.fill();
}

// The number of lanes for names above a chart that shows all of these marks.
function lanes(all) {
	const own = all.filter((mark) => mark.user).length;
	const named = all.length - own > NAMED ? own : all.length;

	return Math.min(LANES, Math.max(named, all.length ? 1 : 0));
}

return { draw, lanes, LANE };
})();
