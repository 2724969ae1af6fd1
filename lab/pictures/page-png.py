#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The upper part of a page, as a picture: page-png.py PAGE HEIGHT >PICTURE"""

import base64
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../userspace/report/page/tests"))
import browser as browsers  # noqa: E402

WIDTH = 1160


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: page-png.py PAGE HEIGHT >PICTURE")
    if not browsers.is_there():
        sys.exit("page-png.py: it needs " + browsers.NEEDS)
    browser = browsers.Browser()
    try:
        browser.media("light")
        browser.size(WIDTH, int(sys.argv[2]))
        browser.open(os.path.abspath(sys.argv[1]))
        browser.settle()
        picture = browser.devtools("Page.captureScreenshot", format="png")
        sys.stdout.buffer.write(base64.b64decode(picture["data"]))
    finally:
        browser.close()


main()
