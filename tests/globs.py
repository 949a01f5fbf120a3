"""Wildcard matching as one would explain it, and limits that force the other ways of building automata."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gatewright.compiler import automaton, lower
from gatewright.compiler.automaton import FieldWildcard, Symbols
from gatewright.compiler.syntax import Wildcard

Limits = dict[str, int | Callable[[Symbols], bool]]
"""Names in gatewright.compiler.automaton, and what stands there instead."""


def set_limits(patch: pytest.MonkeyPatch, of_automata: Limits, of_rows: Limits | None = None) -> None:
    """Let the compiler build with these limits of `automaton`, and of `lower`."""
    for module, limits in ((automaton, of_automata), (lower, of_rows or {})):
        for name, value in limits.items():
            patch.setattr(module, name, value)


def never(symbols: Symbols) -> bool:
    """Let no pattern be cut into a relay."""
    return False


SPLIT: Limits = {"SPARE_STATES": 60, "WHOLE_SPARE_STATES": 60, "STATES_PER_SYMBOL": 0, "can_relay": never}
"""Limits that split the patterns of most tests into several automata."""
SIMULATED: Limits = {"STATE_LIMIT": 0, "can_relay": never}
"""Limits under which every pattern is simulated."""
RELAYED: Limits = {"SPARE_STATES": 0, "WHOLE_SPARE_STATES": 0, "STATES_PER_SYMBOL": 0}
"""Limits under which every pattern that has a star of any characters is a relay, the others are simulated."""
SPARSE: Limits = {"SPARSE_BYTES": 0, "SPARSE_RATIO": 0}
"""Limits, of `lower`, under which rows are lists."""


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
    """Tell whether a pattern matches a subject: follow all places of the subject that its symbols can reach."""
    text = fold(subject) if folds_ascii else subject
    places = {0}
    for symbol in symbols:
        if isinstance(symbol, str):
            piece = fold(symbol) if folds_ascii else symbol
            places = {place + len(piece) for place in places if text.startswith(piece, place)}
            continue
        stop = ":" if isinstance(symbol, FieldWildcard) else ""
        reached = set() if symbol.value == "?" else set(places)
        for place in sorted(places):
            while place < len(text) and text[place] != stop:
                place += 1
                if place in reached:
                    break
                reached.add(place)
                if symbol.value == "?":
                    break
        places = reached
    return len(text) in places


def fold(text: str) -> str:
    """Lower the case of ASCII letters."""
    return "".join(c.lower() if c.isascii() else c for c in text)
