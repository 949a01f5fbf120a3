"""Log files, folders and standard input -> events with their place; whatever cannot be read is reported."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import zlib as standard_zlib
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from gatewright.arguments import near_path

from .cloudtrail import EVENT_LIMIT, Event, EventError, decode_document, decode_event, salvage

zlib: Any
try:
    from isal import isal_zlib as zlib  # twice as fast as zlib on such logs
except ImportError:
    zlib = standard_zlib

CHUNK = 1 << 20
DOCUMENT_LIMIT = 256 << 20
"""Bytes of one document with ``Records``; CloudTrail's own files expand to some tens of megabytes."""
FILE_LIMIT = 1 << 30
"""Bytes that one file may expand to."""
DUPLICATE_WINDOW = 500_000
"""Event ids kept to find events that are delivered twice: at least so many of the latest, at most twice as many."""
REPORTED_LIMIT = 1_000
"""Problems kept one by one; beyond it they are only counted."""

_SUFFIXES = tuple(kind + packed for kind in (".json", ".jsonl", ".ndjson") for packed in ("", ".gz"))
_LINE_SUFFIXES = tuple(suffix for suffix in _SUFFIXES if not suffix.startswith(".json."))[1:]
_DIGEST = re.compile(r"(^|[/_\\])CloudTrail-Digest([/_\\]|$)")
_RECORDS = re.compile(rb'\s*\{\s*"Records"\s*:')
_BOM = b"\xef\xbb\xbf"


class LogError(Exception):
    """A log that was named and cannot be opened."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read: a file, or one line or record of it (counted from 1)."""

    file: str
    position: int | None
    reason: str

    def __str__(self) -> str:
        place = self.file if self.position is None else f"{self.file}:{self.position}"
        return f"{place}: {self.reason}"


@dataclass(slots=True)
class Reading:
    """What was read so far."""

    files: int = 0
    digests: int = 0
    other_files: int = 0
    events: int = 0
    duplicates: int = 0
    bytes_read: int = 0
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    def report(self, file: str, position: int | None, reason: str) -> None:
        """Count a problem, and keep it while there is room."""
        self.problem_count += 1
        if len(self.problems) < REPORTED_LIMIT:
            self.problems.append(Problem(file, position, reason))


class RecentIds:
    """Ids seen lately, in two generations of digests: bounded memory whatever the ids are."""

    def __init__(self) -> None:
        self._new: set[bytes] = set()
        self._old: set[bytes] = set()

    def seen(self, event_id: str) -> bool:
        """Tell whether the id came before, and remember it."""
        digest = hashlib.blake2b(event_id.encode(), digest_size=16).digest()
        if digest in self._new or digest in self._old:
            return True
        self._new.add(digest)
        if len(self._new) >= DUPLICATE_WINDOW:
            self._old, self._new = self._new, set()
        return False


class _Broken(Exception):
    """The bytes of a file end early; what came before stands."""


def find_logs(names: Iterable[str], reading: Reading) -> list[str]:
    """List the files to read, folders searched in order of name; digests and foreign files are counted.

    Raises
    ------
    LogError
        A name that does not exist or a folder that cannot be listed.
    """
    found: list[str] = []
    for name in names:
        if name == "-":
            found.append(name)
        elif os.path.isdir(name):
            found += _walk(name, reading)
        elif os.path.exists(name):
            if _DIGEST.search(os.path.basename(name)):
                reading.digests += 1
            else:
                found.append(name)
        else:
            near = near_path(name)
            raise LogError(f"no such file or folder: `{name}`{f'; {near}' if near else ''}")
    return found


def _walk(folder: str, reading: Reading) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise LogError(f"cannot list `{error.filename}`: {(error.strerror or 'unknown error').lower()}")

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders.sort()
        for file in sorted(files):
            path = os.path.join(parent, file)
            if _DIGEST.search(os.path.relpath(path, folder)) or _DIGEST.search(os.path.basename(folder)):
                reading.digests += 1
            elif file.lower().endswith(_SUFFIXES) and os.path.isfile(path):
                yield path
            else:
                reading.other_files += 1


def read_events(files: Iterable[str], reading: Reading) -> Iterator[tuple[str, int, Event]]:
    """Yield (file, position, event) for every readable event, each event id once.

    The position is the line, or the record of a document, counted from 1.  Damaged content is reported in `reading`
    and skipped; what precedes the damage is used.
    """
    duplicates = RecentIds()
    for name in files:
        reading.files += 1
        # A name that is not UTF-8 must not keep the outputs from being so.
        shown = "<stdin>" if name == "-" else os.fsencode(name).decode("utf-8", "backslashreplace")
        try:
            with nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb") as stream:
                for position, data in _records(shown, _expand(stream, reading), reading):
                    try:
                        event = decode_event(data)
                    except EventError as error:
                        reading.report(shown, position, str(error))
                        continue
                    reading.events += 1
                    if event.event_id and duplicates.seen(event.event_id):
                        reading.duplicates += 1
                        continue
                    yield shown, position, event
        except OSError as error:
            reading.report(shown, None, f"cannot be read: {(error.strerror or str(error)).lower()}")


def _expand(stream: BinaryIO, reading: Reading) -> Iterator[bytes]:
    """Yield the content in chunks, gunzipped when it begins like gzip; raise `_Broken` where it breaks off."""
    total = 0
    unpacker: Any = None
    first = True
    while data := stream.read(CHUNK):
        reading.bytes_read += len(data)
        packed = (first and data[:2] == b"\x1f\x8b") or unpacker is not None
        if first and packed:
            unpacker = zlib.decompressobj(wbits=31)
        first = False
        while data:
            if packed:
                assert unpacker is not None
                if unpacker.eof:
                    if not data.lstrip(b"\0"):
                        break
                    unpacker = zlib.decompressobj(wbits=31)
                try:
                    piece = unpacker.decompress(data, CHUNK)
                except (zlib.error, standard_zlib.error, ValueError, EOFError):
                    raise _Broken("the gzip data are damaged") from None
                data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            else:
                piece, data = data, b""
            total += len(piece)
            if total > FILE_LIMIT:
                raise _Broken(f"the content exceeds {FILE_LIMIT >> 20} MiB; the rest was not read")
            if piece:
                yield piece
    if unpacker is not None and not unpacker.eof:
        raise _Broken("the gzip data are cut short")


def _records(file: str, chunks: Iterator[bytes], reading: Reading) -> Iterator[tuple[int, bytes | msgspec.Raw]]:
    """Yield (position, text) of every record of one file."""
    head = b""
    broken: str | None = None
    try:
        while len(head) < 1 << 16 and (piece := next(chunks, None)) is not None:
            head += piece
    except _Broken as error:
        broken = str(error)
    head = head.removeprefix(_BOM)
    rest = chunks if broken is None else _break_off(broken)
    if _is_lines(file, head):
        yield from _lines(file, head, rest, reading)
    else:
        yield from _document(file, head, rest, reading)


def _break_off(reason: str) -> Iterator[bytes]:
    raise _Broken(reason)
    yield b""


def _is_lines(file: str, head: bytes) -> bool:
    """Tell one event per line from a document: by the name, else by whether the first line is a JSON value."""
    if file.lower().endswith(_LINE_SUFFIXES):
        return True
    if _RECORDS.match(head):
        return False
    line, newline, rest = head.lstrip().partition(b"\n")
    if not newline:
        return False
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return bool(_RECORDS.match(rest)) or line[:1] not in b"{["
    return True


def _lines(file: str, head: bytes, chunks: Iterator[bytes], reading: Reading) -> Iterator[tuple[int, bytes]]:
    """Yield the lines; one that holds a whole document is taken apart."""
    number, size, limit, skipping = 1, 0, EVENT_LIMIT, False
    parts: list[bytes] = []
    pieces = _chain(head, chunks)
    broken: str | None = None
    while True:
        try:
            piece = next(pieces, None)
        except _Broken as error:
            piece, broken = None, str(error)
        first, *others = piece.split(b"\n") if piece is not None else (b"", b"")
        for index, text in enumerate((first, *others)):
            if index:
                line = b"".join(parts)
                if not skipping and line.strip():
                    yield from _line(file, number, line, reading)
                number, parts, size, limit, skipping = number + 1, [], 0, EVENT_LIMIT, False
            if skipping or not text:
                continue
            parts.append(text)
            size += len(text)
            if size > EVENT_LIMIT and limit == EVENT_LIMIT and _RECORDS.match(b"".join(parts)):
                limit = DOCUMENT_LIMIT
            if size > limit:
                reading.report(file, number, f"the line exceeds {limit} bytes")
                parts, skipping = [], True
        if piece is None:
            break
    if broken:
        reading.report(file, number, broken)


def _line(file: str, number: int, line: bytes, reading: Reading) -> Iterator[tuple[int, bytes]]:
    if _RECORDS.match(line):
        for _, record in _document(file, line, iter(()), reading, number):
            yield number, bytes(record)
    else:
        yield number, line


def _chain(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def _document(
    file: str, head: bytes, chunks: Iterator[bytes], reading: Reading, position: int | None = None
) -> Iterator[tuple[int, bytes | msgspec.Raw]]:
    """Yield the records of a document; of a damaged one those that are whole."""
    data = bytearray(head)
    broken: str | None = None
    try:
        for piece in chunks:
            data += piece
            if len(data) > DOCUMENT_LIMIT:
                raise _Broken(f"the document exceeds {DOCUMENT_LIMIT >> 20} MiB; put one event on each line instead")
    except _Broken as error:
        broken = str(error)
    if broken is None and not data.strip():
        reading.report(file, position, "the file is empty")
        return
    text = bytes(data)
    data.clear()
    try:
        records = decode_document(text)
    except EventError as error:
        yield from _salvaged(file, position, text, broken or str(error), reading)
        return
    yield from enumerate(records, 1)
    if broken:
        reading.report(file, position, broken)


def _salvaged(
    file: str, position: int | None, data: bytes, reason: str, reading: Reading
) -> Iterator[tuple[int, bytes]]:
    """Yield what is whole; several documents in a row are no damage."""
    count, spoiled, alone = 0, False, data.count(b'"Records"') < 2
    for span in salvage(data):
        if span is None:
            spoiled = True
        else:
            count += 1
            yield count, data[span[0] : span[1]]
    if spoiled or alone:
        found = f"; {count} whole records before or between the damage were read" if count else ""
        reading.report(file, position, reason + found)


def size_of(files: Iterable[str]) -> int | None:
    """Sum the sizes of the files as they lie on the disk; None when standard input is among them."""
    total = 0
    for name in files:
        if name == "-":
            return None
        try:
            total += Path(name).stat().st_size
        except OSError:
            continue
    return total
