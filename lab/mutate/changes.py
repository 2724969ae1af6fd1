# SPDX-License-Identifier: GPL-2.0-only
"""Finds the small changes that can be made to a C file; each is a Change.

The file is cut into tokens, so that comments, strings and preprocessor lines
stay as they are.  Whether a change is valid C is left to the compiler: a change
that does not compile is no mutant.
"""

import re
from collections import namedtuple

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=
          |[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE)

Token = namedtuple("Token", "kind text start end")

# The replacements of each operator, if it has a left operand.
TURNED = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"],
    "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"], "^": ["|"],
    "+=": ["-=", "="], "-=": ["+=", "="], "*=": ["/="], "/=": ["*="],
    "|=": ["&=", "="], "&=": ["|=", "="],
}
STEPS = {"++": "--", "--": "++"}
TYPE_WORDS = {"struct", "enum", "union", "const", "static", "unsigned", "int",
              "char", "void", "bool", "double", "size_t", "extern", "typedef",
              "inline", "sizeof", "long", "float"}
# Statements that begin with these words are no expressions, and are not dropped as such.
CONTROL = {"if", "for", "while", "switch", "do", "else", "return", "case",
           "default", "goto"}
ASSIGNS = {"=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "<<=", ">>="}
PAIRS = {"(": ")", "[": "]", "{": "}"}


class Change(namedtuple("Change", "start end new what")):
    """A replacement of the text from @start up to @end by @new."""


class Source:
    """A C file in tokens."""

    def __init__(self, text):
        self.text = text
        self.tokens = [
            Token(m.lastgroup, m.group(), m.start(), m.end())
            for m in TOKEN.finditer(text)
            if m.lastgroup not in ("comment", "directive")]
        self.partner = self._pair()
        self.inside = self._blocks()

    def _pair(self):
        partner, waiting = {}, []
        for i, token in enumerate(self.tokens):
            if token.kind != "op":
                continue
            if token.text in PAIRS:
                waiting.append(i)
            elif token.text in PAIRS.values() and waiting:
                partner[i] = waiting.pop()
                partner[partner[i]] = i
        return partner

    def _blocks(self):
        """Return for each token the index of the brace that directly encloses it, or None."""
        inside, braces = [], []
        for i, token in enumerate(self.tokens):
            if token.text == "}" and token.kind == "op" and braces:
                braces.pop()
            inside.append(braces[-1] if braces else None)
            if token.text == "{" and token.kind == "op":
                braces.append(i)
        return inside

    def is_block(self, brace):
        """Does the brace enclose statements, not an initializer or a type?"""
        if brace is None or not brace:
            return False
        before = self.tokens[brace - 1]
        if before.text in ("else", "do", ";", "{", "}", ":"):
            return True
        # After "(type)" comes a compound literal, within an expression.
        if before.text != ")":
            return False
        opener = self.tokens[self.partner[brace - 1] - 1]
        return opener.kind == "name" and opener.text != "return"

    def has_left_operand(self, i):
        """Is the operator binary?  clang-format puts a space after binary operators only."""
        before = self.tokens[i - 1] if i else None
        after = self.text[self.tokens[i].end:][:1]
        if self.tokens[i].text in ("*", "&", "-", "+") and \
                not after.isspace():
            return False
        return before is not None and (
            before.kind in ("number", "string") or before.text in (")", "]") or
            (before.kind == "name" and before.text not in
             ("return", "case", "else", "sizeof")))

    def is_sign(self, i):
        """Is a number the 1 of "-1", or the other 1 in "? -1 : 1" or "? 1 : -1"?"""
        before = [t.text for t in self.tokens[max(i - 4, 0):i]]
        after = [t.text for t in self.tokens[i + 1:i + 4]]
        if self.tokens[i].text != "1":
            return False
        if before[-4:] == ["?", "-", "1", ":"] or \
                (before[-1:] == ["?"] and after == [":", "-", "1"]):
            return True
        return before[-1:] == ["-"] and not self.has_left_operand(i - 1)

    def line_of(self, position):
        return self.text.count("\n", 0, position) + 1


def number_changes(token):
    match = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)", token.text)
    if not match:
        match = re.fullmatch(r"(\d*\.\d+|\d+\.\d*|\d+[eE]\d+)", token.text)
        if match and float(match.group(1)):
            yield f"(2 * {token.text})"
        return
    value, suffix = match.groups()
    if not value.lower().startswith("0x") and len(value) > 1 and value[0] == "0":
        return  # octal
    number = int(value, 0)
    style = hex if value.lower().startswith("0x") else str
    yield style(number + 1) + suffix
    if number > 1:
        yield style(number - 1) + suffix


def token_changes(source):
    """Yield the changes of single tokens."""
    for i, token in enumerate(source.tokens):
        start, end = token.start, token.end
        if token.kind == "number" and source.is_sign(i):
            if source.tokens[i - 1].text == "-":
                yield Change(source.tokens[i - 1].start, end, "1", "sign")
        elif token.kind == "number":
            for new in number_changes(token):
                yield Change(start, end, new, "constant")
        elif token.kind == "name" and token.text in ("true", "false"):
            new = "false" if token.text == "true" else "true"
            yield Change(start, end, new, "constant")
        elif token.kind == "op" and token.text in STEPS:
            yield Change(start, end, STEPS[token.text], "step")
        elif token.kind == "op" and token.text == "!":
            yield Change(start, end, "", "negation")
        elif token.text in TURNED and source.has_left_operand(i):
            for new in TURNED[token.text]:
                yield Change(start, end, new, "operator")


def negate(source, first, last):
    """Return the change that negates the condition from token @first to @last."""
    start, end = source.tokens[first].start, source.tokens[last].end
    return Change(start, end, f"!({source.text[start:end]})", "condition")


def condition_changes(source):
    """Yield changes that negate the conditions of if, while and ?:."""
    tokens = source.tokens
    for i, token in enumerate(tokens):
        if token.text in ("if", "while") and i + 1 in source.partner:
            yield negate(source, i + 2, source.partner[i + 1] - 1)
        if token.text != "?" or token.kind != "op":
            continue
        first = i - 1
        while first > 0:
            text = tokens[first].text
            if text in (")", "]") and first in source.partner:
                first = source.partner[first] - 1
                continue
            if (text in ASSIGNS or text in "([{};:?," or text == "return"):
                break
            first -= 1
        if first + 1 < i:
            yield negate(source, first + 1, i - 1)


def end_of(source, i, stops):
    """Return the index of the first token from @i on that is in @stops, at the same depth
    of braces."""
    while i < len(source.tokens):
        text = source.tokens[i].text
        if text in stops:
            return i
        i = source.partner[i] if text in PAIRS and i in source.partner else i
        i += 1
    return None


def starts_statement(source, i):
    before = source.tokens[i - 1].text if i else ""
    if before in (";", "{", "}", "else", "do"):
        return True
    if before == ":":
        return "?" not in source.text[source.text.rfind(
            ";", 0, source.tokens[i].start):source.tokens[i].start]
    if before == ")" and i - 1 in source.partner:
        head = source.tokens[source.partner[i - 1] - 1].text
        return head in ("if", "for", "while", "switch")
    return False


def statement_changes(source):
    """Yield changes that drop a statement or return another value."""
    tokens = source.tokens
    for i, token in enumerate(tokens):
        if not starts_statement(source, i) or \
                not source.is_block(source.inside[i]):
            continue
        end = end_of(source, i, (";",))
        if end is None:
            continue
        start, stop = token.start, tokens[end].start
        if token.text == "return":
            value = source.text[token.end:stop].strip()
            if value and value not in ("0", "true", "false", "NULL"):
                yield Change(start, stop, "return 0", "value")
            if not value:
                yield Change(start, stop, "", "statement")
            continue
        following = tokens[i + 1].text
        if token.text in CONTROL or token.text in TYPE_WORDS or \
                token.text in PAIRS or token.text == ";":
            continue
        if token.text in ("break", "continue") or token.kind == "op" or \
                following in ("(", "[", ".", "->", "++", "--") or \
                following in ASSIGNS:
            yield Change(start, stop, "", "statement")


def initializer_changes(source):
    """Yield changes that drop a member of an initializer."""
    tokens = source.tokens
    for i, token in enumerate(tokens):
        if token.text != "." or tokens[i - 1].text not in ("{", ",") or \
                i + 2 >= len(tokens) or tokens[i + 2].text != "=":
            continue
        end = end_of(source, i, (",", "}"))
        if end is None:
            continue
        stop = tokens[end].end if tokens[end].text == "," else \
            tokens[end].start
        yield Change(token.start, stop, "", "initializer")


# The head of a function: its name, then its arguments, possibly with attributes in them,
# then a brace in the first column.
TEXT = r"[^(){};]"
HEAD = re.compile(rf"\b(\w+)\((?:{TEXT}|\((?:{TEXT}|\({TEXT}*\))*\))*\)\n\{{")


def functions(text):
    """Yield (name, start, end) of all functions; start and end are positions."""
    for match in HEAD.finditer(text):
        end = text.find("\n}", match.end())
        yield match.group(1), match.start(), len(text) if end < 0 else end


class Mutant:
    """A Change and its place in a file."""

    def __init__(self, path, source, change, where):
        self.path, self.change = path, change
        self.function = where
        self.line = source.line_of(change.start)
        self.last_line = source.line_of(max(change.end - 1, change.start))
        text = source.text
        self.mutated = text[:change.start] + change.new + text[change.end:]
        first = text.rfind("\n", 0, change.start) + 1
        last = text.find("\n", change.end)
        self.old = " ".join(text[first:last].split())
        new = text[first:change.start] + change.new + text[change.end:last]
        self.new = " ".join(new.split()) or "(nothing)"

    def key(self):
        """The change's identity, which does not depend on the number of its line."""
        return self.path, self.function, self.old, self.new


def mutants(path, text):
    """Return all mutants of a file, in the order of their places."""
    source = Source(text)
    heads = list(functions(text))
    changes = set()
    for make in (token_changes, condition_changes, statement_changes,
                 initializer_changes):
        changes.update(make(source))
    found = []
    for change in sorted(changes):
        where = [name for name, start, end in heads
                 if start <= change.start < end]
        found.append(Mutant(path, source, change, where[0] if where else "-"))
    # Assertions outside of functions are checked only by the compiler, not by tests.
    return [m for m in found
            if m.function != "-" or "assert" not in m.old.lower()]
