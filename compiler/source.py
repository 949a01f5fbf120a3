"""Texts into JSON values, and places inside them into lines and columns."""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from os import PathLike
from typing import Any, Literal, NamedTuple

from .decode import JsonError, JsonNumber, decode
from .errors import Finding, Path, PolicyError, Severity, Span

__all__ = ["SOURCE_DIAGNOSTICS", "TEXT_LIMIT", "JsonNumber", "Shift", "Source"]

TEXT_LIMIT = 64 << 20
"""Characters of a text, bytes of a file; the largest account descriptions have some ten million."""

_SYNTAX = "JSON_SYNTAX_ERROR"

SOURCE_DIAGNOSTICS: dict[str, tuple[str, str | None, str]] = {
    "GW001": ("text is not UTF-8", _SYNTAX, '"caf\\xe9" in Latin-1'),
    "GW002": ("text begins with a byte order mark", _SYNTAX, "\\ufeff{}"),
    "GW003": ("text is too large", None, "a file of more than 64 MiB"),
    "GW004": ("text is not JSON", _SYNTAX, '{"Version" "2012-10-17"}'),
    "GW005": ("text after the end of the document", _SYNTAX, "{} {}"),
    "GW006": ("member occurs more than once", None, '{"Effect": "Allow", "Effect": "Deny"}'),
    "GW007": ("nested too deep", None, "[" * 65 + "]" * 65),
    "GW008": ("half of a surrogate pair", _SYNTAX, '"\\ud83d"'),
    "GW009": ("file cannot be read", None, "a file without read permission"),
    "GW010": ("text ends too early", _SYNTAX, '{"Version": "2012-10-17"'),
    "GW011": ("comma with nothing after it", _SYNTAX, '{"Version": "2012-10-17",}'),
    "GW012": ("comment", _SYNTAX, "{} // all"),
    "GW013": ("wrong quotes", _SYNTAX, "{'Version': '2012-10-17'}"),
    "GW014": ("not a JSON number", _SYNTAX, "[007]"),
    "GW015": ("control character inside a string", _SYNTAX, '"a\tb"'),
    "GW016": ("not a JSON escape", _SYNTAX, '"\\d"'),
}
"""Codes of this pass: title, issue code of IAM Access Analyzer or None, the smallest text that shows it.

The examples of GW001, GW003 and GW009 are descriptions, for a text cannot show them.
"""


class Source:
    """One text under the name that its user knows it by.

    Parameters
    ----------
    text : str or bytes
        Bytes must be UTF-8, without a byte order mark.
    name : str
        What findings call it, usually a path.

    Raises
    ------
    PolicyError
        The text is too large (GW003) or no UTF-8 (GW001, GW002).
    """

    def __init__(self, text: str | bytes, name: str) -> None:
        self.name = name
        if len(text) > TEXT_LIMIT:
            raise _too_large(name)
        if isinstance(text, bytes):
            try:
                text = text.decode()
            except UnicodeDecodeError as error:
                raise _not_utf8(error, name) from None
        elif not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                message = f"character {error.start + 1} is half of a surrogate pair, the text has no UTF-8 form"
                span = _Lines(text).span(error.start, error.start + 1)
                raise PolicyError([_finding("GW001", message, "read the text as UTF-8", name, span)]) from None
        if text.startswith("\ufeff"):
            hint = "save it as UTF-8 without byte order mark"
            raise PolicyError(
                [_finding("GW002", "the text begins with a byte order mark", hint, name, Span(1, 1, 1, 2))]
            )
        self.text: str = text
        self._walks: dict[int, _Walk] = {}

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text)} characters)"

    @classmethod
    def read(cls, path: str | PathLike[str], name: str | None = None) -> Source:
        """Return the source that a file holds.

        Raises
        ------
        PolicyError
            As for the class itself, or the file cannot be read (GW009).
        """
        name = name or str(path)
        try:
            with open(path, "rb") as file:
                text = file.read(TEXT_LIMIT + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PolicyError([_finding("GW009", f"cannot be read: {reason.lower()}", "", name, None)]) from None
        return cls(text, name)

    @cached_property
    def value(self) -> Any:
        """The text as plain values: dict, list, str, bool, None, and `JsonNumber` for numbers.

        Raises
        ------
        PolicyError
            The text is not JSON, with one finding that says where and why.
        """
        try:
            return decode(self.text)
        except JsonError as error:
            span = self._lines.span(error.offset, min(error.offset + 1, len(self.text)))
            finding = _finding(error.code, error.message, error.hint, self.name, span)
        raise PolicyError([finding])

    def locate(self, path: Path, part: Literal["key", "value"] = "value") -> Span:
        """Return where a value stands, or the name of its member.

        Parameters
        ----------
        path : Path
            Place in `value`; where it does not exist, its nearest ancestor that does is located.
        part : {"value", "key"}
            ``key`` gives the name where the path ends in a member that exists, and the value elsewhere.

        Notes
        -----
        Values beside the path are skipped by the fast decoder and remembered, so that many look-ups cost about as
        much as one.  Not thread-safe.
        """
        _ = self.value  # raises for a text that cannot be walked
        at = _skip_space(self.text, 0)
        key = -1
        for step in path:
            child = self._child(at, step)
            if child is None:
                key = -1
                break
            key, at = child
        start = key if part == "key" and key >= 0 else at
        return self._lines.span(start, _SKIPPER.raw_decode(self.text, start)[1])

    def _child(self, at: int, step: str | int) -> tuple[int, int] | None:
        walk = self._walks.get(at)
        if walk is None:
            walk = self._walks[at] = _Walk(self.text, at)
        return walk.find(step)

    @cached_property
    def _lines(self) -> _Lines:
        return _Lines(self.text)


def _finding(code: str, message: str, hint: str, name: str, span: Span | None) -> Finding:
    aws_check = SOURCE_DIAGNOSTICS[code][1]
    return Finding(code, Severity.ERROR, message, hint, name, span=span, aws_check=aws_check)


def _not_utf8(error: UnicodeDecodeError, name: str) -> PolicyError:
    text = error.object
    hint = "save the file as UTF-8"
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        hint = "it seems to be UTF-16, save it as UTF-8"
    before = text[: error.start].decode()
    span = _Lines(before).span(len(before), len(before) + 1)
    message = f"byte {error.start + 1}, 0x{text[error.start]:02x}, is not UTF-8"
    return PolicyError([_finding("GW001", message, hint, name, span)])


def _too_large(name: str) -> PolicyError:
    message = f"larger than {TEXT_LIMIT >> 20} MiB"
    return PolicyError([_finding("GW003", message, "split it into several files", name, None)])


# --- positions

# Skips values of texts that have been decoded before; the values it makes are dropped.
_SKIPPER = json.JSONDecoder(parse_int=str, parse_float=str)
_SPACE = re.compile(r"[ \t\n\r]*")


class _Lines:
    """Turns offsets into lines and columns; lines end at U+000A, columns count characters."""

    def __init__(self, text: str) -> None:
        self._starts = array("q", (0, *(match.end() for match in re.finditer("\n", text))))

    def span(self, start: int, end: int) -> Span:
        """Return the span between two offsets."""
        return Span(*self._position(start), *self._position(end))

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return where a span starts and ends."""
        return self._starts[span.line - 1] + span.column - 1, self._starts[span.end_line - 1] + span.end_column - 1

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class Shift:
    """Where places of a text stand in another one that differs from it in one stretch."""

    def __init__(self, before: Source, after: Source) -> None:
        old, new = before.text, after.text
        shorter = min(len(old), len(new))
        self._same_first = _count_equal(shorter, lambda n: old[:n] == new[:n])
        same_last = _count_equal(shorter - self._same_first, lambda n: old[len(old) - n :] == new[len(new) - n :])
        self._changed_end = len(old) - same_last
        self._by = len(new) - len(old)
        self._before, self._after = before._lines, after._lines

    def move(self, span: Span) -> Span | None:
        """Return where a span stands now; None where something in it or next to it has changed."""
        start, end = self._before.offsets(span)
        if end < self._same_first:
            return span
        return self._after.span(start + self._by, end + self._by) if start > self._changed_end else None


def _count_equal(limit: int, is_equal: Callable[[int], bool]) -> int:
    """Return the largest n up to a limit for which n characters are equal, by bisection."""
    low = 0
    while low < limit:
        middle = (low + limit + 1) // 2
        if is_equal(middle):
            low = middle
        else:
            limit = middle - 1
    return low


class _Child(NamedTuple):
    step: str | int
    key: int
    value: int


class _Walk:
    """The children of one list or object, read as far as somebody asked."""

    def __init__(self, text: str, at: int) -> None:
        self._children = _children(text, at)
        self._is_list = text[at] == "["
        self._items = array("q")
        self._members: dict[str, tuple[int, int]] = {}

    def find(self, step: str | int) -> tuple[int, int] | None:
        """Return the offsets of a child's name (-1 in a list) and value."""
        if isinstance(step, str):
            if self._is_list:
                return None
            while step not in self._members:
                child = next(self._children, None)
                if child is None:
                    return None
                self._members[str(child.step)] = child.key, child.value
            return self._members[step]
        if not self._is_list or step < 0:
            return None
        while step >= len(self._items):
            child = next(self._children, None)
            if child is None:
                return None
            self._items.append(child.value)
        return -1, self._items[step]


def _children(text: str, at: int) -> Iterator[_Child]:
    """Yield the children of the list or object at an offset; a child is skipped only when the next one is wanted."""
    close = "]" if text[at] == "[" else "}"
    if text[at] not in "[{":
        return
    at = _skip_space(text, at + 1)
    index = 0
    while text[at] != close:
        key = -1
        step: str | int = index
        if close == "}":
            key = at
            step, at = _SKIPPER.raw_decode(text, at)
            at = _skip_space(text, _skip_space(text, at) + 1)
        yield _Child(step, key, at)
        at = _skip_space(text, _SKIPPER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _skip_space(text, at + 1)
        index += 1


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
