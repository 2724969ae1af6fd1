#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes docs/fleet.png: a browser shows the dashboard for Perses, with the data of a
Prometheus that scrapes 100 made-up hosts.  This takes about ten minutes.  It needs npm, which
fetches Perses' parts, and the programs that fleet/tests/fleet.t and the tests of a report's
page need."""

import base64
import os
import subprocess
import sys
import tempfile
import time

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["userspace/export/tests", "userspace/report/page/tests", "fleet",
                "fleet/tests"]
import panels  # noqa: E402
from browser import Browser  # noqa: E402
from exporter import BUILD  # noqa: E402
from fleet import Fleet, until  # noqa: E402

HOSTS, MINUTES = 100, 6
WIDTH, HEIGHT = 1500, 1008  # of the picture, which shows the row "Fleet"
MADE = f"{BUILD}/picture"
PICTURE = "docs/fleet.png"
# Packages that others both import and require; the page must have only one copy of each.
ONCE = {f"@perses-dev/{name}": "dist/index.js"
        for name in ("components", "core", "dashboards", "explore", "plugin-system")}
ONCE["@tanstack/react-query"] = "build/lib/index.mjs"


def make_page(prometheus):
    """Build the page, and return the path of its file."""
    os.makedirs(MADE, exist_ok=True)
    for name in ("package.json", "page.jsx"):
        with open(f"fleet/picture/{name}", encoding="utf-8") as file:
            text = file.read()
        with open(f"{MADE}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    dashboard = os.path.abspath("fleet/dashboards/perses.json")
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps",
                    "--no-package-lock", "--loglevel=error"], check=True, cwd=MADE)
    defined = {"PAST": f'"{MINUTES - 1}m"', "PROMETHEUS": f'"{prometheus}"',
               "global": "globalThis", "process.env.NODE_ENV": '"production"'}
    subprocess.run(["node_modules/.bin/esbuild", "page.jsx", "--bundle", "--outfile=page.js",
                    "--log-level=error", "--loader:.woff=dataurl", "--loader:.woff2=dataurl",
                    "--jsx=transform",
                    *(f"--define:{name}={value}" for name, value in defined.items()),
                    f"--alias:dashboard={dashboard}",
                    *(f"--alias:{name}=./node_modules/{name}/{file}"
                      for name, file in ONCE.items())], check=True, cwd=MADE)
    with open(f"{MADE}/page.html", "w", encoding="utf-8") as file:
        file.write('<!doctype html><meta charset="utf-8"><div id="page"></div>'
                   '<script src="page.js"></script>')
    return os.path.abspath(f"{MADE}/page.html")


def take(page):
    """Take the picture once all panels are drawn."""
    charts = [panel for _, row in panels.ROWS for panel in row if not panel.is_number]
    browser = Browser()
    try:
        browser.size(WIDTH, 4500)
        browser.open(page)
        drawn = until(lambda: browser.run(
            "return document.querySelectorAll('canvas').length") >= len(charts))
        time.sleep(5)
        shown = browser.run("return document.body.innerText")
        missing = [panel.title for _, row in panels.ROWS for panel in row
                   if panel.title not in shown]
        if not drawn or missing or "No data" in shown:
            sys.exit(f"picture.py: not all panels are drawn: {missing or shown[:2000]}")
        data = browser.devtools("Page.captureScreenshot", format="png", clip={
            "x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1})["data"]
    finally:
        browser.driver.quit()
    with open(PICTURE, "wb") as file:
        file.write(base64.b64decode(data))


def main():
    """Start the fleet, wait, and take the picture."""
    with tempfile.TemporaryDirectory(prefix="picture-") as directory, \
         Fleet(HOSTS, directory, seconds=1200) as fleet:
        begin = time.monotonic()
        page = make_page(fleet.url)
        while (left := begin + MINUTES * 60 - time.monotonic()) > 0:
            print(f"  {left:5.0f} s until there is enough to see", flush=True)
            time.sleep(min(left, 30))
        take(page)
    print(f"          {PICTURE}")


main()
