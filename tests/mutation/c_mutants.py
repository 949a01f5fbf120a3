"""A C file -> its mutants: copies of its text with one small fault each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from .python_mutants import Mutant, number_change

SWAPS: Final = {
    "==": ("!=",), "!=": ("==",), "<=": ("<", ">"), ">=": (">", "<"), "<": ("<=", ">="), ">": (">=", "<="),
    "&&": ("||",), "||": ("&&",), "&": ("|",), "|": ("&",), "^": ("|",), "+": ("-",), "-": ("+",), "<<": (">>",),
    ">>": ("<<",), "&=": ("|=",), "|=": ("&=",), "+=": ("-=",), "-=": ("+=",),
}  # fmt: skip
"""Operators that stand between blanks, which those of one operand never do here."""
TOKEN: Final = re.compile(r"(?<= )(&&|\|\||<<|>>|[=!<>]=|[&|+-]=|[<>&|^+-])(?= )")
NUMBER: Final = re.compile(r"(?<![\w.])([0-9]+)(u?)(?![\w.])")
NAME: Final = re.compile(r"\bGW_[A-Z0-9_]+\b")
FAMILY: Final = re.compile(
    r"GW_(FALSE|UNSURE|TRUE)$|GW_(LAYER|GRANT|CALLER|SET|RESOURCE|VALUE|PROGRAM)_(?!SLOT|MAP|COUNT|KIND|FIRST)[A-Z_0-9]+$"
)
NOT: Final = re.compile(r"!(?=[\w(])")
CONDITION: Final = re.compile(r"\bif \(")
RETURN: Final = re.compile(r"\breturn ((?!0;|NULL;)[^;]+);")
STATEMENT: Final = re.compile(
    r"^ +(\*?[a-z][\w.>\-\[\]]* ?([|&+-]?=|\+\+)[^;{}]*;|\+\+[^;]*;|[a-z_][\w>.\-]*\([^;{}]*\);|break;|continue;)$",
    re.M,
)
HIDDEN: Final = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])+'|^#.*?$", re.S | re.M)


def find_mutants(text: str) -> list[Mutant]:
    """Return the mutants of a C file in the order of its lines."""
    code = HIDDEN.sub(lambda match: re.sub(r"[^\n]", "~", match[0]), text)
    lines = text.split("\n")
    found = sorted(set(_edits(code)))
    mutants = []
    seen: Counter[tuple[int, str]] = Counter()
    for number, (begin, end, after) in enumerate(found):
        row = text.count("\n", 0, begin)
        change = f"{text[begin:end].strip()} -> {after or 'nothing'}"
        seen[row, change] += 1
        change = number_change(change, seen[row, change])
        mutants.append(Mutant(number, row + 1, lines[row].strip(), change, text[:begin] + after + text[end:]))
    return mutants


def _edits(code: str) -> Iterator[tuple[int, int, str]]:
    """Yield what to replace by what."""
    for match in TOKEN.finditer(code):
        yield from ((match.start(), match.end(), other) for other in SWAPS[match[1]])
    for match in NUMBER.finditer(code):
        yield match.start(), match.end(), f"{int(match[1]) + 1}{match[2]}"
    families: dict[str, set[str]] = defaultdict(set)
    names = [(match, family) for match in NAME.finditer(code) if (family := FAMILY.match(match[0]))]
    for match, family in names:
        families[family[2] or "truth"].add(match[0])
    for match, family in names:
        members = sorted(families[family[2] or "truth"])
        if len(members) > 1:
            yield match.start(), match.end(), members[(members.index(match[0]) + 1) % len(members)]
    for match in NOT.finditer(code):
        yield match.start(), match.end(), ""
    for match in CONDITION.finditer(code):
        end = _closing(code, match.end() - 1)
        yield from ((match.end(), end, value) for value in ("0", "1"))
    for match in RETURN.finditer(code):
        yield match.start(1), match.end(1), "0"
    for match in STATEMENT.finditer(code):
        yield match.start(1), match.end(1), ";"


def _closing(code: str, place: int) -> int:
    depth = 0
    for index in range(place, len(code)):
        depth += (code[index] == "(") - (code[index] == ")")
        if not depth:
            return index
    raise ValueError("a bracket is never closed")
