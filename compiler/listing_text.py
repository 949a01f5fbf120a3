"""Words of a listing: texts and values of a table on one line, each not too long."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

TEXT_LIMIT = 120
"""Characters of one name or value."""
SPAN_LIMIT = 50
"""Runs of numbers on one line."""

FIRST_SECOND, LAST_SECOND = -62_167_219_200, 253_402_300_799


def spell_spans(numbers: Sequence[int]) -> str:
    """Write ascending numbers, runs of them as ``3-7``.

    >>> spell_spans([0, 3, 4, 5])
    '0 3-5'
    """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in spans[:SPAN_LIMIT]]
    return " ".join([*words, "..."] if len(spans) > SPAN_LIMIT else words) or "none"


def count_of(count: int, noun: str) -> str:
    """Count things: ``1 row``, ``2 rows``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def spell_name(name: str) -> str:
    """Spell the name of a constant as words."""
    return name.lower().replace("_", " ")


def shown(text: str) -> str:
    """Return a text on one line, not too long."""
    text = text if len(text) <= TEXT_LIMIT else f"{text[: TEXT_LIMIT - 3]}..."
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def quoted(text: str) -> str:
    """Return a text in quotes on one line, not too long."""
    return shown(json.dumps(text if len(text) <= TEXT_LIMIT else f"{text[: TEXT_LIMIT - 5]}...", ensure_ascii=False))


def spell_ranges(firsts: Sequence[int], kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> Iterator[str]:
    """Spell the ranges that begin at some addresses, each up to the next: in CIDR form where it has one."""
    width = kind(0).max_prefixlen
    for first, end in zip(firsts, [*firsts[1:], 1 << width], strict=True):
        size = end - first
        if size > 0 and size & (size - 1) == 0 and first % size == 0:
            yield f"{kind(first)}/{width - size.bit_length() + 1}"
        else:
            yield f"{kind(first)} to {kind((end - 1) % (1 << width))}"


def spell_instant(record: Any) -> str:
    """Spell an instant as a date, or beyond the years 0000 to 9999 in seconds."""
    seconds, nanoseconds = int(record["seconds"]), int(record["nanoseconds"])
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    if FIRST_SECOND <= seconds <= LAST_SECOND:
        return f"{np.datetime64(seconds, 's')}{fraction}Z"
    return f"{seconds}{fraction}"
