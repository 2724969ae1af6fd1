#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a picture of a page of `exitledger report` to standard output.

usage: page-png.py PAGE HEIGHT >PICTURE
       page-png.py PAGE charts >PICTURE

The first form shows the upper part of the page, as a browser displays it.  The second shows
only the chart of exits and its legend for each run on the page, as they are printed on
paper, and without the columns of times.
"""

import base64
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../userspace/report/page/tests"))
import browser as browsers  # noqa: E402

WIDTH = 1160
CHARTS_WIDTH = 920
# A script that hides all of the page except the charts and legends, and returns their height.
CHARTS = """
const kept = [...document.querySelectorAll(
	".run > h2, .run > header > h1, figure:has(.chart.exits), .legend")];
for (const one of document.body.querySelectorAll("*")) {
	if (!kept.some((part) => part.contains(one) || one.contains(part)))
		one.style.display = "none";
}
for (const cell of document.querySelectorAll(".legend :is(th, td):nth-child(n + 4)"))
	cell.style.display = "none";
for (const legend of document.querySelectorAll(".legend"))
	legend.style.minWidth = "26rem";
document.body.style.padding = "0 1rem 1rem";
document.body.style.display = "flow-root"; // the height includes its parts' margins
return document.body.getBoundingClientRect().height;
"""


def upper_part(browser, height):
    """Show the beginning of the page; the picture is of all that is visible."""
    browser.media("light")
    browser.size(WIDTH, height)
    browser.settle()
    return {}


def charts(browser):
    """Leave only the charts on the page; return the options for a picture of all of it."""
    browser.media("light", "print")
    browser.size(CHARTS_WIDTH, 900)
    browser.settle()
    height = browser.run(CHARTS)
    browser.settle()
    return {"captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": CHARTS_WIDTH, "height": height, "scale": 1}}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if not browsers.is_there():
        sys.exit("page-png.py: this needs " + browsers.NEEDS)
    browser = browsers.Browser()
    try:
        browser.open(os.path.abspath(sys.argv[1]))
        part = charts(browser) if sys.argv[2] == "charts" else \
            upper_part(browser, int(sys.argv[2]))
        picture = browser.devtools("Page.captureScreenshot", format="png", **part)
        sys.stdout.buffer.write(base64.b64decode(picture["data"]))
    finally:
        browser.close()


main()
