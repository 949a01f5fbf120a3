"""How messages show what the user wrote: in backticks, on one line, never longer than a line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_QUOTED = 160
"""Characters of the user's text that a message shows: most ARNs in full, where a value may be megabytes long."""


def quote(text: str) -> str:
    """Show the user's text in backticks: cut to a line, control characters escaped.

    >>> quote("s3:GetObject")
    '`s3:GetObject`'
    >>> quote("a\\nb")
    '`a\\\\nb`'
    """
    shown = text if len(text) <= MAX_QUOTED else text[: MAX_QUOTED - 3] + "..."
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    return f"`{shown.replace('`', chr(39))}`"


def suggest(word: str, known: Iterable[str]) -> str:
    """Write a hint that names the known word nearest to ``word``, or return an empty text.

    >>> suggest("Efect", ["Effect", "Action"])
    'did you mean `Effect`?'
    """
    if len(word) > MAX_QUOTED:
        return ""
    spellings = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spellings, n=1, cutoff=0.75)
    return f"did you mean {quote(spellings[near[0]])}?" if near else ""
