"""Wildcard matching as one would explain it, and limits that force the other ways of building automata."""

from __future__ import annotations

from functools import cache

from gatewright.compiler.automaton import FieldWildcard, Symbols
from gatewright.compiler.syntax import Wildcard

SPLIT = {"SPARE_STATES": 40, "STATES_PER_SYMBOL": 1}
"""Limits (names in gatewright.compiler.automaton) that split the patterns of most tests into several automata."""
SIMULATED = {"STATE_LIMIT": 0}
"""Limits under which every pattern is simulated."""


def as_symbols(text: str) -> Symbols:
    """Return the symbols of a pattern as text, with ``*`` and ``?``."""
    symbols: list[str | Wildcard] = []
    for c in text:
        if c in "*?":
            symbols.append(Wildcard(c))
        elif symbols and isinstance(symbols[-1], str):
            symbols[-1] += c
        else:
            symbols.append(c)
    return tuple(symbols)


def matches(symbols: Symbols, subject: str, *, folds_ascii: bool = False) -> bool:
    """Tell whether a pattern matches a subject, character by character."""
    steps: list[str | Wildcard | FieldWildcard] = []
    for symbol in symbols:
        steps += (
            fold(symbol) if folds_ascii and isinstance(symbol, str) else symbol if isinstance(symbol, str) else [symbol]
        )
    text = fold(subject) if folds_ascii else subject

    @cache
    def match(step: int, place: int) -> bool:
        if step == len(steps):
            return place == len(text)
        symbol = steps[step]
        is_there = place < len(text)
        if isinstance(symbol, str):
            return is_there and text[place] == symbol and match(step + 1, place + 1)
        crosses = is_there and not (isinstance(symbol, FieldWildcard) and text[place] == ":")
        if symbol.value == "?":
            return crosses and match(step + 1, place + 1)
        return match(step + 1, place) or (crosses and match(step, place + 1))

    return match(0, 0)


def fold(text: str) -> str:
    """Lower the case of ASCII letters."""
    return "".join(c.lower() if c.isascii() else c for c in text)
