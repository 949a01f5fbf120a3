"""The generated parts of docs/table-format.md: the records, and the annotated bytes of one small table."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
from layout import ROOT

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime.layout import CLASSIFIER_MAPS, HEADER, KEY_CLASSIFIERS, SECTIONS, ActionSet

PAGE = ROOT / "docs/table-format.md"
PARTS = ("records", "example")
POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"NumericLessThan": {"s3:max-keys": "100"}},
    },
}
ANN = "arn:aws:iam::123456789012:user/ann"


def example() -> gw.Table:
    """Compile the example of the page."""
    document = Document("reading", PolicyKind.IDENTITY, Source(json.dumps(POLICY), "ann.json"))
    return gw.compile(PolicySet((document,), (Principal(ANN, PrincipalKind.USER, (0,)),)))


def write_part(name: str) -> str:
    """Return a generated part of the page, as it stands between its markers."""
    lines = {"records": draw_records, "example": dump_example}[name]()
    return "\n".join(["```", *lines, "```"])


def replace_part(page: str, name: str, text: str) -> str:
    """Return the page with another text between the markers of a part."""
    pattern = rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)"
    replaced, count = re.subn(pattern, lambda match: match[1] + text + "\n" + match[2], page, flags=re.DOTALL)
    assert count == 1, f"the page has no part `{name}`"
    return replaced


# --- records


def draw_records() -> Iterator[str]:
    """Draw the header and the record of each section: offset, name and width of every member."""
    yield from draw("header", HEADER)
    for name, dtype in SECTIONS.items():
        yield ""
        yield from draw(name, dtype)


def draw(name: str, dtype: np.dtype[Any]) -> Iterator[str]:
    """Draw one record, | at byte, member, width | and so on."""
    yield f"{name}: {count_bytes(dtype.itemsize)}{'' if dtype.names else f', {width(dtype)}'}"
    line = "  "
    for member, (field, offset, *_) in (dtype.fields or {}).items():
        cell = f"| {offset} {member} {width(field)} "
        if len(line) + len(cell) > 116:
            yield f"{line}|"
            line = "  "
        line += cell
    if dtype.fields:
        yield f"{line}|"


def width(field: np.dtype[Any]) -> str:
    """Name a type: ``u32``, ``i64``, a record in brackets, or so many of one."""
    if field.subdtype is not None:
        return f"{field.shape[0]} x {width(field.subdtype[0])}"
    if field.fields:
        return f"({', '.join(f'{member} {width(inner)}' for member, (inner, *_) in field.fields.items())})"
    return f"{field.kind}{8 * field.itemsize}"


def count_bytes(count: int) -> str:
    """Spell a number of bytes."""
    return f"{count} byte{'' if count == 1 else 's'}"


# --- the example


def dump_example() -> Iterator[str]:
    """Print the bytes of the example, record by record, with what the record says.

    What the sets of actions fill, in every table alike, is counted.
    """
    table = example()
    data = bytes(table)
    header = np.frombuffer(data, dtype=HEADER, count=1)[0]
    left_out = find_sets(table)
    yield "header"
    for member, (field, offset, *_) in (HEADER.fields or {}).items():
        if member != "sections":
            value = int(header[member])
            shown = f"0x{value:016x}" if member in ("magic", "checksum") else str(value)
            yield from hex_lines(data, offset, field.itemsize, f"{member} {shown}")
    extents = (HEADER.fields or {})["sections"][1]
    for number, (name, (offset, count)) in enumerate(zip(SECTIONS, header["sections"].tolist(), strict=True)):
        yield from hex_lines(data, extents + 16 * number, 16, f"{name}: at {offset:#06x}, {count}")
    end = HEADER.itemsize
    for name, dtype, (offset, count) in zip(SECTIONS, SECTIONS.values(), header["sections"].tolist(), strict=True):
        yield from padding(data, end, offset)
        if count:
            yield ""
            yield name
            first, last = left_out.get(name, (count, count))
            yield from dump_section(data, name, dtype, offset, range(first))
            if first < last:
                start, size = offset + first * dtype.itemsize, (last - first) * dtype.itemsize
                yield f"{start:04x}  {count_bytes(size)}: {first} to {last - 1}, of the sets of actions"
                yield from dump_section(data, name, dtype, offset, range(last, count))
        end = offset + count * dtype.itemsize
    yield from padding(data, end, len(data))


def find_sets(table: gw.Table) -> dict[str, tuple[int, int]]:
    """Return the elements, first and behind the last, that the classifier of sets of actions has in some sections."""
    sections = {name: np.frombuffer(table.section(name), dtype=dtype) for name, dtype in SECTIONS.items()}
    number = KEY_CLASSIFIERS - 2
    classifier, names = sections["classifiers"][number], sections["maps"][CLASSIFIER_MAPS + number]
    assert classifier["column_count"] == len(ActionSet) and classifier["group_count"] == 1
    group = sections["groups"][classifier["group_first"]]
    slots = sections["slots"][names["first_slot"] :][: names["slot_count"]]
    runs = {
        "slots": (names["first_slot"], names["slot_count"]),
        "symbols": (slots[slots > 0].min() - 1, np.count_nonzero(slots)),
        "byte_maps": (256 * group["byte_map"], 256),
        "transitions": (group["transition_first"], group["state_count"] * group["class_count"]),
        "accepts": (group["accept_first"], group["state_count"]),
    }
    return {name: (int(first), int(first) + int(count)) for name, (first, count) in runs.items()}


def padding(data: bytes, start: int, end: int) -> Iterator[str]:
    """Say that zeros follow, up to the next multiple of 64."""
    assert not any(data[start:end])
    if end > start:
        yield f"{start:04x}  00 x {end - start}"


def dump_section(data: bytes, name: str, dtype: np.dtype[Any], offset: int, numbers: range) -> Iterator[str]:
    """Print some elements of a section, several small ones on a line."""
    if name in ("text", "notes"):
        for at in range(offset, offset + numbers.stop, 16):
            piece = data[at : min(at + 16, offset + numbers.stop)]
            yield from hex_lines(data, at, len(piece), piece.decode("ascii"))
        return
    for number in numbers:
        at = offset + number * dtype.itemsize
        if dtype.names:
            record = np.frombuffer(data, dtype=dtype, count=1, offset=at)[0]
            words = ", ".join(f"{member} {spell(record[member])}" for member in dtype.names if member != "reserved")
            yield from hex_lines(data, at, dtype.itemsize, f"{number}: {words}")
        elif (number - numbers.start) * dtype.itemsize % 16 == 0:
            last = min(number + 16 // dtype.itemsize, numbers.stop)
            elements = np.frombuffer(data, dtype=dtype, count=last - number, offset=at)
            words = " ".join(f"{int(element):#x}" if element >= 1 << 30 else str(int(element)) for element in elements)
            shown = "" if dtype.itemsize == 1 else f"{number}: {words}"
            yield from hex_lines(data, at, (last - number) * dtype.itemsize, shown)


def spell(value: Any) -> str:
    """Spell a number, the numbers of an array, or a record in brackets."""
    if value.dtype.names:
        return f"({', '.join(f'{member} {value[member]}' for member in value.dtype.names)})"
    return " ".join(map(str, np.ravel(value).tolist()))


def hex_lines(data: bytes, at: int, size: int, words: str) -> Iterator[str]:
    """Print bytes, 16 on a line, and what they say: behind the first line, or above it where that is long."""
    if len(words) > 62:
        yield from textwrap.wrap(words, 112, initial_indent="      ", subsequent_indent="         ")
        words = ""
    for start in range(at, at + size, 16):
        piece = data[start : min(start + 16, at + size)]
        yield f"{start:04x}  {piece.hex(' '):<47}  {words}".rstrip()
        words = ""
