#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: dashboards.py [--check]

Writes the dashboard of panels.py for Grafana and for Perses, in dashboards/.  With --check
nothing is written; the exit status is 1 if a file differs from the one it would write."""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import panels  # noqa: E402

TITLE = "exitledger: VM exits"
NUMBER_HEIGHT, GRAPH_HEIGHT = 4, 8
COLUMNS = 24

GRAFANA_UNITS = {panels.PER_SECOND: "cps", panels.SECONDS: "s", panels.SHARE: "percentunit",
                 panels.BYTES: "bytes", panels.COUNT: "short"}
PERSES_UNITS = {panels.PER_SECOND: "counts/sec", panels.SECONDS: "seconds",
                panels.SHARE: "percent-decimal", panels.BYTES: "bytes", panels.COUNT: "decimal"}

# Variables: the label, and the metric that has all of its values.
VARIABLES = (("instance", "Host", "exitledger_build_info"),
             ("vm", "VM", 'exitledger_vm_info{instance=~"$instance"}'))


def text_of(panel):
    """Return a panel's text, with the exporter's option that it needs."""
    if panel.needs.startswith("--"):
        return f"{panel.text} Needs {panel.needs} of the exporter."
    return panel.text


def placed(row):
    """Yield (panel, x, y, height) for a row's panels, from left to right, line by line."""
    x, y, line = 0, 0, 0
    for panel in row:
        height = NUMBER_HEIGHT if panel.is_number else GRAPH_HEIGHT
        if x + panel.width > COLUMNS:
            x, y, line = 0, y + line, 0
        yield panel, x, y, height
        x += panel.width
        line = max(line, height)


# --- Grafana ---

SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def grafana_variable(name, label, metric):
    """Return a variable that lists a label's values."""
    query = f"label_values({metric}, {name})"
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE,
            "definition": query, "query": {"query": query, "refId": name}, "refresh": 2,
            "includeAll": True, "allValue": ".*", "multi": True, "sort": 1,
            "current": {"text": ["All"], "value": ["$__all"]}}


def grafana_panel(number, panel, x, y, height):
    """Return a panel for Grafana."""
    defaults = {"unit": GRAFANA_UNITS[panel.unit], "min": 0}
    options = {"legend": {"displayMode": "list", "placement": "bottom"},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.is_number:
        options = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "none"}
    if "besides" in panel.title:
        del defaults["min"]
    return {"id": number, "type": "stat" if panel.is_number else "timeseries",
            "title": panel.title, "description": text_of(panel), "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": panel.width, "h": height},
            "fieldConfig": {"defaults": defaults, "overrides": []}, "options": options,
            "targets": [{"datasource": SOURCE, "expr": query, "legendFormat": legend,
                         "refId": chr(ord("A") + i), "exemplar": "bucket" in query}
                        for i, (query, legend) in enumerate(panel.queries)]}


def grafana():
    """Return the dashboard for Grafana to import."""
    made, top = [], 0
    for title, row in panels.ROWS:
        made.append({"id": len(made) + 1, "type": "row", "title": title, "collapsed": False,
                     "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1}, "panels": []})
        top += 1
        end = top
        for panel, x, y, height in placed(row):
            made.append(grafana_panel(len(made) + 1, panel, x, top + y, height))
            end = max(end, top + y + height)
        top = end
    source = {"name": "datasource", "label": "Data source", "type": "datasource",
              "query": "prometheus", "current": {}}
    return {"title": TITLE, "uid": "exitledger", "tags": ["kvm", "exitledger"],
            "schemaVersion": 39, "editable": True, "refresh": "30s", "timezone": "browser",
            "time": {"from": "now-1h", "to": "now"},
            "templating": {"list": [source, *(grafana_variable(*one) for one in VARIABLES)]},
            "panels": made}


# --- Perses ---


def perses_variable(name, label, metric):
    """Return a variable that lists a label's values."""
    return {"kind": "ListVariable", "spec": {
        "name": name, "display": {"name": label}, "allowAllValue": True, "allowMultiple": True,
        "customAllValue": ".*", "defaultValue": "$__all", "plugin": {
            "kind": "PrometheusLabelValuesVariable",
            "spec": {"labelName": name, "matchers": [metric]}}}}


def perses_panel(panel):
    """Return a panel for Perses."""
    unit = {"unit": PERSES_UNITS[panel.unit]}
    if panel.is_number:
        plugin = {"kind": "StatChart", "spec": {"calculation": "last-number", "format": unit}}
    else:
        plugin = {"kind": "TimeSeriesChart", "spec": {
            "legend": {"position": "bottom", "mode": "list"}, "yAxis": {"format": unit}}}
    return {"kind": "Panel", "spec": {
        "display": {"name": panel.title, "description": text_of(panel)}, "plugin": plugin,
        "queries": [{"kind": "TimeSeriesQuery", "spec": {"plugin": {
            "kind": "PrometheusTimeSeriesQuery",
            "spec": {"query": query, "seriesNameFormat": legend}}}}
                    for query, legend in panel.queries]}}


def perses():
    """Return the dashboard for Perses."""
    made, layouts = {}, []
    for title, row in panels.ROWS:
        items = []
        for panel, x, y, height in placed(row):
            name = f"panel{len(made) + 1}"
            made[name] = perses_panel(panel)
            items.append({"x": x, "y": y, "width": panel.width, "height": height,
                          "content": {"$ref": f"#/spec/panels/{name}"}})
        layouts.append({"kind": "Grid", "spec": {"display": {
            "title": title, "collapse": {"open": True}}, "items": items}})
    return {"kind": "Dashboard", "metadata": {"name": "exitledger", "project": "default"},
            "spec": {"display": {"name": TITLE}, "duration": "1h", "refreshInterval": "30s",
                     "variables": [perses_variable(*one) for one in VARIABLES],
                     "panels": made, "layouts": layouts}}


FILES = {"grafana.json": grafana, "perses.json": perses}


def main():
    """Write the files, or check them."""
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    stale = []
    for name, make in FILES.items():
        path, text = os.path.join(HERE, "dashboards", name), json.dumps(make(), indent=1) + "\n"
        if sys.argv[1:]:
            with open(path, encoding="utf-8") as file:
                stale += [name] if file.read() != text else []
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    if stale:
        print(f"dashboards.py: these files differ from panels.py: {' '.join(stale)}",
              file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
