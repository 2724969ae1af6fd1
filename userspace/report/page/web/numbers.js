// SPDX-License-Identifier: GPL-2.0-only
// Formats numbers as the program's own text does: see format.h.
const numbers = (function () {
"use strict";

function count(number) {
	return Math.round(number).toLocaleString("en-US");
}

function rate(number) {
	return number && number < 10 ? number.toFixed(1) : count(number);
}

function percent(part, whole) {
	return whole ? (100 * part / whole).toFixed(1) + " %" : "-";
}

function time(ns) {
	const units = [[1e9, " s"], [1e6, " ms"], [1e3, " us"], [1, " ns"]];
	const [size, name] = units.find(([least]) => ns >= least) || units[3];
	const number = ns / size;

	return number.toFixed(number < 10 ? 2 : number < 100 ? 1 : 0) + name;
}

// Formats a number with as many decimals as multiples of a step have.
function stepped(number, step) {
	let decimals = 0;

	while (decimals < 6 && Math.abs(step - step.toFixed(decimals)) > step / 1e6)
		decimals++;
	return decimals ? number.toFixed(decimals) : count(number);
}

function seconds(at, step) {
	return stepped(at, step) + " s";
}

// Formats a time on the axis of a long run, such as 1:05:00.
function clock(at, step) {
	const parts = [Math.floor(at / 3600), Math.floor(at / 60) % 60,
		Math.floor(at) % 60];
	const two = (number) => String(number).padStart(2, "0");

	if (step < 1)
		return seconds(at, step);
	if (step % 60 === 0 && parts[0] >= 100)
		return parts[0] + ":" + two(parts[1]);
	return parts[0] + ":" + two(parts[1]) + ":" + two(parts[2]);
}

return { count, rate, percent, time, stepped, seconds, clock };
})();
