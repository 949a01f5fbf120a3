"""The bytes of a table: maps of bounded probes, texts once, sections in order, notes for every statement and test."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from engine import policy_set, single_world
from lowering import statement
from numpy.typing import NDArray
from strategies import USERS
from tables import SIDES, TEXTS, small_tables

import gatewright as gw
from gatewright.compiler import write
from gatewright.compiler.policyset import Account
from gatewright.runtime import _table as native
from gatewright.runtime.layout import (
    CLASSIFIER_MAPS,
    ENDPOINT_MAP,
    HEADER,
    KEY_CLASSIFIERS,
    NO_ROW,
    RESOURCE_MAP,
    SECTIONS,
    CallerKind,
    PrincipalFlag,
)

CALLERS = KEY_CLASSIFIERS - 1
TABLES = small_tables()


def section(table: gw.Table, name: str) -> NDArray[Any]:
    """Return a section as an array."""
    return np.frombuffer(bytes(table.section(name)), dtype=SECTIONS[name])


def map_entries(table: gw.Table, number: int) -> dict[bytes, tuple[int, int]]:
    """Return text -> (probes that find it, value), walking the map as the kernel does."""
    record = section(table, "maps")[number]
    text = bytes(table.section("text"))
    slots = section(table, "slots")[record["first_slot"] :][: record["slot_count"]]
    symbols = section(table, "symbols")
    entries = {}
    for place in range(len(slots)):
        if not slots[place]:
            continue
        symbol = symbols[slots[place] - 1]
        key = text[symbol["text_offset"] :][: symbol["text_bytes"]]
        home = native.hash_text(key, int(record["seed"])) & 0xFFFFFFFF
        probes = (place - home) % len(slots) + 1
        between = [slots[(home + probe) % len(slots)] for probe in range(probes)]
        assert all(between), "an empty slot ends a look-up before its text"
        assert len(key) <= record["longest_bytes"]
        entries[key] = (probes, int(symbol["value"]))
    return entries


@pytest.mark.parametrize("name", TABLES)
def test_every_text_is_found_within_the_probes_of_its_map(name: str) -> None:
    """A look-up that ends at an empty slot, or at the probe limit, has not missed a text."""
    table = TABLES[name]
    for number, record in enumerate(section(table, "maps")):
        entries = map_entries(table, number)
        slot_count = int(record["slot_count"])
        assert slot_count & (slot_count - 1) == 0
        assert record["probe_limit"] <= native.PROBE_LIMIT
        assert max((probes for probes, _ in entries.values()), default=0) == record["probe_limit"]
        assert max(map(len, entries), default=0) == record["longest_bytes"]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_probes_are_bounded_whatever_the_limit(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A smaller limit takes another seed or more slots; every text is still found."""
    monkeypatch.setattr(write.native, "PROBE_LIMIT", limit)
    names = [f"user{n}" for n in range(100)]
    world = single_world({"Version": "2012-10-17", "Statement": [statement(StringEquals={"aws:username": names})]})
    authorizer = gw.Authorizer(gw.compile(policy_set(world)))
    assert section(authorizer.table, "maps")["probe_limit"].max() <= limit
    assert set(map_entries(authorizer.table, CLASSIFIER_MAPS + KEY_CLASSIFIERS)) == {name.encode() for name in names}
    (principal,) = world.identity
    for name in [*names, "user100", "user", ""]:
        answer = authorizer.authorize(principal, "s3:GetObject", "*", {"aws:username": name})
        assert answer.allowed is (name in names)


def test_slots_of_many_keys_are_found() -> None:
    """Keys of all lengths get slots; none gets no map."""
    seed, slots, probe_limit = write._place_slots([])
    assert (seed, slots.tolist(), probe_limit) == (0, [], 0)
    for count in (1, 2, 3, 17, 1000):
        keys = [b"k" * (n % 23) + str(n).encode() for n in range(count)]
        seed, slots, probe_limit = write._place_slots(keys)
        assert sorted(slots[slots != 0].tolist()) == list(range(1, count + 1))
        assert len(slots) >= 2 * count - 1 and 1 <= probe_limit <= native.PROBE_LIMIT
        for number, key in enumerate(keys):
            home = native.hash_text(key, seed)
            assert number + 1 in [int(slots[(home + probe) % len(slots)]) for probe in range(probe_limit)]


def test_texts_are_stored_once() -> None:
    """A name that several maps have stands once in the text."""
    condition = {"StringEquals": {"aws:username": "orchard"}, "StringLike": {"aws:userid": ["orchard", "x*"]}}
    world = single_world({"Version": "2012-10-17", "Statement": [statement(**condition)]})
    table = gw.compile(policy_set(world))
    assert bytes(table.section("text")).count(b"orchard") == 1


@pytest.mark.parametrize("name", TABLES)
def test_sections_follow_each_other(name: str) -> None:
    """Sections stand in the order of the header, aligned, without holes but the padding, which is zero."""
    data = bytes(TABLES[name])
    header = np.frombuffer(data, dtype=HEADER, count=1)[0]
    alignment = native.SECTION_ALIGNMENT
    end = -(-HEADER.itemsize // alignment) * alignment
    for (offset, count), dtype in zip(header["sections"].tolist(), SECTIONS.values(), strict=True):
        assert offset == end and offset % alignment == 0
        behind = offset + count * np.dtype(dtype).itemsize
        end = -(-behind // alignment) * alignment
        assert not any(data[behind:end])
    assert end == len(data) == header["total_bytes"]


def test_resources_accounts_and_endpoints_are_as_the_policy_set_says() -> None:
    """Each has its name, its number and rows of cells; accounts without resource control policies are left out."""
    accounts = (Account("210987654321", rcps=(4,)), Account("000000000007"), Account("000000000012", rcps=()))
    table = gw.compile(dataclasses.replace(SIDES, accounts=accounts))
    cells = section(table, "cells").reshape(-1, 1 + section(table, "classifiers")["row_count"][0])
    resources, endpoints = section(table, "resources"), section(table, "endpoints")
    for number, things in ((RESOURCE_MAP, SIDES.resources), (ENDPOINT_MAP, SIDES.endpoints)):
        names = {name: value for name, (_, value) in map_entries(table, number).items()}
        assert names == {thing.name.encode(): place for place, thing in enumerate(things)}
    for resource, record in zip(SIDES.resources, resources, strict=True):
        assert int(record["account"]) == int(resource.account or 0)
        assert bool(record["policy_row"] == NO_ROW) is (resource.policy is None)
        assert bool(record["attribute_row"] == NO_ROW) is (not resource.attributes)
        assert bool(record["is_under_rcps"]) is resource.is_under_rcps
    assert resources["kind"].tolist() == [0, 1, 2, 0]
    assert section(table, "accounts")["id"].tolist() == [12, 210987654321]
    header = np.frombuffer(bytes(table), dtype=HEADER, count=1)[0]
    rows = [*section(table, "accounts")["rcp_row"], *endpoints["cell_row"], header["unknown_row"]]
    assert max(map(int, rows)) == len(cells) - 1


def test_principals_have_the_rows_of_who_names_them() -> None:
    """The rows of a principal hold for the principal parts that name its account, itself, and who federated it."""
    table = gw.compile(SIDES)
    records, callers = section(table, "principals"), section(table, "classifiers")[CALLERS]
    rows = section(table, "rows")[callers["row_first"] :][: callers["row_count"]]  # of one word
    entries = {name: rows[value] for name, (_, value) in map_entries(table, CLASSIFIER_MAPS + CALLERS).items()}
    for principal, record in zip(SIDES.principals, records, strict=True):
        assert rows[record["own_row"]] == entries.get(principal.arn.encode(), 0)
        assert rows[record["account_row"]] == 0
    assert [record["federating_row"] == NO_ROW for record in records] == [True] * 4 + [False]
    assert rows[records[4]["federating_row"]] == entries[USERS[0].encode()] != 0
    assert records["kind"].tolist() == [CallerKind.USER, CallerKind.USER, CallerKind.ROLE, CallerKind.ROOT,
                                        CallerKind.FEDERATED]  # fmt: skip
    assert records["flags"].tolist() == [0, PrincipalFlag.BOUNDARY, 0, 0, 0]
    header = np.frombuffer(bytes(table), dtype=HEADER, count=1)[0]
    assert rows[header["everyone_row"]] == entries[b"*"] != 0


def test_notes_name_every_statement_and_test() -> None:
    """Each statement has its document, number, sid and path; each test its words."""
    table = gw.compile(policy_set(TEXTS))
    notes = table.notes
    assert len(notes["statements"]) == table.statement_count and len(notes["tests"]) == len(section(table, "tests"))
    starts = [0]
    for document in TEXTS.documents:
        starts.append(starts[-1] + len(document["Statement"]))
    for number, (document, index, sid, path) in enumerate(notes["statements"]):
        assert number == starts[document] + index
        assert path == ["Statement", index] and sid is None
        assert notes["documents"][document][0] == f"document {document}"
        first = section(table, "statements")["test_first"][number]
        assert notes["tests"][first][0] == "Action"
