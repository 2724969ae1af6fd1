# SPDX-License-Identifier: GPL-2.0-only
"""A strict parser of metrics in Prometheus' text format 0.0.4 and in OpenMetrics 1.0:
input that the formats do not allow is an error, and numbers stay text as they were
written."""

import re
from decimal import Decimal

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
LABELS = rf"\{{(?:{LABEL}(?:,{LABEL})*)?\}}"
NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\+Inf)"
SAMPLE = re.compile(rf"({NAME})({LABELS})? ({NUMBER})(?: # ({LABELS}) ({NUMBER}))?")
SUFFIXES = {
    "gauge": [""],
    "counter": ["_total", "_created"],
    "histogram": ["_bucket", "_count", "_sum", "_created"],
}


class Wrong(Exception):
    """A text is not in its format."""


def check(is_right, *what):
    """Raise an error unless @is_right."""
    if not is_right:
        raise Wrong(" ".join(map(str, what)))


def labels_of(text):
    """Parse labels in braces into {name: value}."""
    found = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"', text or "")
    unescape = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
    named = {name: re.sub(r"\\.", lambda match: unescape[match[0]], value)
             for name, value in found}
    check(len(named) == len(found), "a label twice:", text)
    return named


class Sample:
    """A series and its value."""

    def __init__(self, name, labels, value, exemplar):
        self.name, self.labels, self.value, self.exemplar = name, labels, value, exemplar

    def key(self):
        """Return the name and labels, which identify the series."""
        return self.name, tuple(sorted(self.labels.items()))

    def ns(self):
        """Return the value, which is in seconds, as a whole number of nanoseconds."""
        ns = self.value * 10**9
        check(ns == int(ns), "no whole nanoseconds:", self.name, self.value)
        return int(ns)


class Family:
    """A family: its HELP, TYPE and UNIT, and its series."""

    def __init__(self, name):
        self.name, self.kind, self.unit, self.help = name, None, None, None
        self.samples = []


def _meta(families, order, line, is_open):
    """Parse a line that begins with '#'."""
    row = re.fullmatch(rf"# (HELP|TYPE|UNIT) ({NAME}) (.+)", line)
    check(row, "no line of a family:", line)
    what, name, text = row.groups()
    if not order or order[-1] != name:
        check(name not in families, "a family in two places:", name)
        order.append(name)
        families[name] = Family(name)
    family = families[name]
    check(not family.samples, "it comes after the family's samples:", line)
    field = {"HELP": "help", "TYPE": "kind", "UNIT": "unit"}[what]
    check(getattr(family, field) is None, "said twice:", line)
    check(what != "UNIT" or (is_open and name.endswith("_" + text)), "a wrong unit:", line)
    check(what != "HELP" or not re.search(r"\\(?![\\n])", text), "a wrong escape:", line)
    setattr(family, field, text)


def _sample(family, line, is_open):
    """Parse a series line, which must belong to the family begun last."""
    row = SAMPLE.fullmatch(line)
    check(row, "no sample:", line)
    name, labels, value, exemplar, exemplar_value = row.groups()
    check(family.kind and family.help, "neither type nor help before:", line)
    suffixes = SUFFIXES[family.kind]
    if not is_open and family.kind == "counter":
        suffixes = [""]
        check(family.name.endswith("_total"), "a counter's name:", family.name)
    if is_open:
        check(not family.name.endswith(("_total", "_created", "_bucket", "_count", "_sum")),
              "a family's name:", family.name)
    else:
        check(not name.endswith("_created"), "not in this format:", line)
    check(name in [family.name + suffix for suffix in suffixes], "of another family:", line)
    made = Sample(name, labels_of(labels), Decimal(value.replace("+Inf", "Infinity")), None)
    if exemplar:
        check(is_open and name.endswith("_bucket"), "no exemplar is allowed here:", line)
        made.exemplar = labels_of(exemplar), Decimal(exemplar_value)
        check(sum(len(part) for pair in made.exemplar[0].items() for part in pair) <= 128,
              "an exemplar's labels are too long:", line)
    family.samples.append(made)


def _is_canonical(text):
    """Is a bucket's bound written as OpenMetrics requires?"""
    if text == "+Inf":
        return True
    return repr(float(text)) == text and ("." in text or "e" in text)


def _histograms(family):
    """Check that buckets ascend, that the last one has all values, and that each exemplar
    is within its bucket."""
    groups = {}
    for sample in family.samples:
        rest = tuple(sorted((name, value) for name, value in sample.labels.items()
                            if name != "le"))
        groups.setdefault(rest, []).append(sample)
    for rest, samples in groups.items():
        buckets = [sample for sample in samples if sample.name.endswith("_bucket")]
        others = {sample.name[len(family.name):]: sample.value for sample in samples
                  if not sample.name.endswith("_bucket")}
        check({"_count", "_sum"} <= set(others), "no count or sum:", rest)
        check(all(_is_canonical(bucket.labels["le"]) for bucket in buckets), rest)
        bounds = [Decimal(bucket.labels["le"].replace("+Inf", "Infinity")) for bucket in buckets]
        counts = [bucket.value for bucket in buckets]
        check(bounds == sorted(set(bounds)) and bounds[-1] == Decimal("Infinity"), bounds)
        check(counts == sorted(counts) and counts[-1] == others["_count"], counts)
        for low, bucket, bound in zip([Decimal(0), *bounds], buckets, bounds):
            if bucket.exemplar:
                check(low <= bucket.exemplar[1] <= bound, "an exemplar in a wrong bucket:", rest)


def parse(text, is_open):
    """Parse a text in either format into {name: Family}."""
    check(text.endswith("\n"), "no newline at its end")
    lines = text[:-1].split("\n")
    if is_open:
        check(lines.pop() == "# EOF", "no end")
    families, order, seen = {}, [], set()
    for line in lines:
        if line.startswith("#"):
            _meta(families, order, line, is_open)
            continue
        check(order, "a sample of no family:", line)
        family = families[order[-1]]
        _sample(family, line, is_open)
        key = family.samples[-1].key()
        check(key not in seen, "a series twice:", line)
        seen.add(key)
    for family in families.values():
        if family.kind == "histogram":
            _histograms(family)
    return families


def series(families, name):
    """Return the samples of a counter or gauge as {labels: Sample}, without its _created
    samples.  labels is a sorted tuple of (name, value).  A counter NAME is found in
    OpenMetrics, where its family is NAME, and in Prometheus' format, where it is
    NAME_total."""
    family = families.get(name) or families.get(name + "_total")
    return {tuple(sorted(sample.labels.items())): sample
            for sample in (family.samples if family else ())
            if not sample.name.endswith("_created")}
