"""Write a lowered and flattened policy set as table bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..runtime import _table as native
from ..runtime.layout import (
    ACTION_SLOT,
    FIRST_KEY_SLOT,
    HEADER,
    KEY_CLASSIFIERS,
    LEFT_MORE,
    LEFT_NOTHING,
    NO_ROW,
    RESOURCE_SLOT,
    SECTIONS,
    TEST_CALLER,
    TEST_NEGATED,
    TEST_TEMPLATES,
    CallerKind,
    GroupKind,
    Kind,
    PartKind,
    PrincipalFlag,
)
from .automaton import Automaton, FieldWildcard, Group, Simulation
from .callers import find_caller_rows
from .flatten import FlatPolicies
from .lower import Classifier, LoweredPolicies, LoweredTests, collect_folds
from .normalize import ACTION, CALLER, EVERYONE, RESOURCE, SETS, CanonicalStatement, TemplateVariable
from .numbering import TestNumbers
from .policyset import Account, PolicySet, Principal, PrincipalKind, ResourceKind
from .relays import Parts, Relays, Tree
from .syntax import Document, Wildcard
from .values import Number

INDEXED_BOUNDS = 256
"""An address classifier with as many bounds gets an index of 262 KB: at 1,024 random bounds a search takes 1.4 ns with
it and 13 ns without, at 64 bounds 1.2 and 3.6 ns (docs/decisions/0004-table-format.md)."""
RAW_SECTIONS = ("slots", "principals", "tests", "statements", "byte_maps", "transitions", "masks", "rows", "ipv4_index")
SPARE_NOTES = 1 << 12  # beside two for each that is written, before all are forgotten
SEED_TRIES = 8  # seeds tried before a map gets twice the slots


_FILLED = ("programs", "cells")  # sections that are made in their place, in this order
_IS_DENY = attrgetter("is_deny")
_About = TypeVar("_About")
_Placed = tuple[list[str], list[bytes], int, NDArray[np.uint32], int]
"""Texts of a map, the same encoded, and what `_place_slots` makes of them."""


class _WrittenPrincipals(NamedTuple):
    """The principals of a table, and what their records were made of.

    ``row_count`` is how many rows the classifier of callers had before, ``rows`` those that it had then.
    """

    principals: Sequence[Principal]
    accounts: Sequence[Account]
    literals: Mapping[str, int]
    row_count: int
    rows: list[int]
    names: dict[str, int]
    records: NDArray[Any]


class KnownPieces:
    """What is known from one table to the next: notes as they are written, and where the texts of maps stand."""

    def __init__(self) -> None:
        # By kind and id of the thing, which is kept so that its id stays its own.
        self._notes: dict[str, dict[int, tuple[object, bytes]]] = {}
        self._joined: dict[str, tuple[list[int], bytes]] = {}
        self._test_notes: tuple[TestNumbers | None, list[int], bytes] = (None, [], b"")
        self._maps: list[_Placed] = []
        self._maps_before: list[_Placed] = []
        self.principals: _WrittenPrincipals | None = None
        self.first_texts: tuple[list[bytes], bytes, dict[bytes, int]] = ([], b"", {})

    def begin(self) -> None:
        """Let what is known now be what was known before."""
        self._maps, self._maps_before = [], self._maps

    def notes(self, kind: str, about: Sequence[_About], make: Callable[[_About], object]) -> bytes:
        """Return the notes on things of a kind, each the same object as long as its note is the same."""
        known = self._notes.setdefault(kind, {})
        if len(known) > 2 * len(about) + SPARE_NOTES:
            known.clear()
            self._joined.pop(kind, None)
        ids = list(map(id, about))
        before, joined = self._joined.get(kind, (None, b""))
        if ids == before:
            return joined
        for number, thing in zip(ids, about, strict=True):
            if number not in known:
                known[number] = thing, _to_json(make(thing))
        joined = b",".join([known[number][1] for number in ids])
        self._joined[kind] = ids, joined
        return joined

    def test_notes(self, tests: LoweredTests) -> bytes:
        """Return the notes on tests."""
        of, before, joined = self._test_notes
        numbers = tests.numbers.tolist()
        if of is not tests.known or before != numbers:
            joined = _encode(",".join(map(tests.known.notes.__getitem__, numbers)))
            self._test_notes = tests.known, numbers, joined
        return joined

    def place(self, texts: list[str]) -> _Placed:
        """Place the texts of the next map."""
        number = len(self._maps)
        if number < len(self._maps_before) and self._maps_before[number][0] == texts:
            placed = self._maps_before[number]
        else:
            encoded = list(map(_encode, texts))
            placed = (texts, encoded, *_place_slots(encoded))
        self._maps.append(placed)
        return placed


class _Writer:
    """Sections under construction; every method adds elements and returns the place of the first."""

    def __init__(self, known: KnownPieces) -> None:
        self.known = known
        self.parts: dict[str, list[Any]] = {name: [] for name in SECTIONS}
        self.text = bytearray()
        self.text_places: dict[bytes, int] = {}
        self.symbols = [np.zeros(0, dtype=SECTIONS["symbols"])]
        self.symbol_count = 0
        self.blobs: dict[str, bytearray] = {name: bytearray() for name in RAW_SECTIONS}

    def add_text(self, data: bytes) -> tuple[int, int]:
        place = self.text_places.get(data)
        if place is None:
            place = self.text_places[data] = len(self.text)
            self.text += data
        return place, len(data)

    def add(self, section: str, elements: Iterable[Any]) -> int:
        part = self.parts[section]
        place = len(part)
        part.extend(elements)
        return place

    def add_blob(self, section: str, data: bytes) -> int:
        """Add raw bytes and return the place in elements."""
        blob = self.blobs[section]
        place = len(blob)
        blob += data
        return place // np.dtype(SECTIONS[section]).itemsize

    def add_texts(self, texts: list[bytes]) -> list[int]:
        """Add different texts and return their places."""
        if self.text_places:
            return [self.add_text(text)[0] for text in texts]
        # Those of the principals, most of all texts, come first.
        known, joined, places = self.known.first_texts
        if known is not texts:
            joined = b"".join(texts)
            places = dict(zip(texts, accumulate(map(len, texts), initial=0), strict=False))
            self.known.first_texts = texts, joined, places
        self.text += joined
        self.text_places = dict(places)
        return list(places.values())

    def add_map(self, values: Mapping[str, int]) -> None:
        """Add a map from texts to numbers; texts become symbols."""
        _, encoded, seed, slots, probe_limit = self.known.place(list(values))
        symbols = np.zeros(len(encoded), dtype=SECTIONS["symbols"])
        symbols["text_offset"] = self.add_texts(encoded)
        symbols["text_bytes"] = list(map(len, encoded))
        symbols["value"] = list(values.values())
        first_symbol = self.symbol_count
        self.symbols.append(symbols)
        self.symbol_count += len(symbols)
        placed = np.where(slots == 0, 0, slots + np.uint32(first_symbol)).astype("<u4")
        first_slot = self.add_blob("slots", placed.tobytes())
        longest = max(map(len, encoded), default=0)
        self.add("maps", [(first_slot, len(slots), probe_limit, longest, seed)])


def _place_slots(keys: Sequence[bytes]) -> tuple[int, NDArray[np.uint32], int]:
    """Place keys in hash slots: seed, number of the key + 1 or 0 of each slot, and how many a lookup reads at most."""
    if not keys:
        return 0, np.zeros(0, dtype=np.uint32), 0
    slot_count = 1 << (2 * len(keys) - 1).bit_length()
    while True:
        for seed in range(1, SEED_TRIES + 1):
            slots = [0] * slot_count
            longest = 0
            for number, key in enumerate(keys):
                home = native.hash_text(key, seed)
                probe = 0
                while slots[(home + probe) & (slot_count - 1)] and probe < native.PROBE_LIMIT:
                    probe += 1
                if probe == native.PROBE_LIMIT:
                    break
                slots[(home + probe) & (slot_count - 1)] = number + 1
                longest = max(longest, probe + 1)
            else:
                return seed, np.array(slots, dtype=np.uint32), min(longest, slot_count)
        slot_count *= 2


def write_table(
    policy_set: PolicySet,
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    flat: FlatPolicies,
    known: KnownPieces | None = None,
) -> memoryview:
    """Write a table.

    Parameters
    ----------
    known : KnownPieces, optional
        What is known from before, and is replaced by what was made now.

    Returns
    -------
    memoryview
        Read-only; what `gatewright.runtime.Table` opens; docs/table-format.md describes it.
    """
    known = KnownPieces() if known is None else known
    known.begin()
    writer = _Writer(known)
    _write_principals(writer, policy_set, lowered, flat)
    _write_keys(writer, lowered)
    _write_resources(writer, policy_set, flat)
    key_slots = {key: FIRST_KEY_SLOT + number for number, key in enumerate(lowered.keys)}
    key_slots |= {ACTION: ACTION_SLOT, RESOURCE: RESOURCE_SLOT, SETS: ACTION_SLOT, CALLER: ACTION_SLOT}
    for classifier in lowered.classifiers:
        _write_classifier(writer, classifier, key_slots[classifier.field])
    tests = lowered.tests
    is_folding = np.array([classifier.kind is Kind.FOLD for classifier in lowered.classifiers], dtype=np.bool_)
    compares_values = bool((is_folding[tests.classifier] & (tests.has_templates != 0)).any())
    writer.add("folds", collect_folds(lowered.classifiers, compares_values=compares_values))
    _write_templates(writer, lowered)
    test_records = _make_tests(lowered)
    writer.add_blob("tests", test_records.tobytes())
    writer.add_blob("statements", _make_statements(statements, lowered, test_records).tobytes())
    notes = _write_notes(known, policy_set.documents, statements, lowered)
    return _assemble(writer, lowered, flat, notes)


def _make_tests(lowered: LoweredPolicies) -> NDArray[np.void]:
    tests = lowered.tests
    records = np.zeros(len(tests), dtype=SECTIONS["tests"])
    records["column"], records["classifier"], records["states"] = tests.column, tests.classifier, tests.states
    is_caller = tests.classifier == KEY_CLASSIFIERS - 1
    records["flags"] = TEST_NEGATED * tests.is_negated | TEST_TEMPLATES * tests.has_templates | TEST_CALLER * is_caller
    return records


def _make_statements(
    statements: Sequence[CanonicalStatement], lowered: LoweredPolicies, tests: NDArray[np.void]
) -> NDArray[np.void]:
    records = np.zeros(len(statements), dtype=SECTIONS["statements"])
    firsts, counts = lowered.statements.T
    records["test_first"], records["test_count"] = firsts, counts
    records["is_deny"] = list(map(_IS_DENY, statements))
    has_sample = counts > 1
    has_sample[has_sample] = (tests["flags"][firsts[has_sample] + 1] & (TEST_CALLER | TEST_TEMPLATES)) == 0
    records["sample"]["states"] = 0xFF
    records["sample"][has_sample] = tests[firsts[has_sample] + 1]
    records["left"] = LEFT_NOTHING * ~has_sample | LEFT_MORE * (counts > 1 + has_sample)
    return records


def _to_json(value: object) -> bytes:
    return _encode(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _write_notes(
    known: KnownPieces,
    documents: Sequence[Document],
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
) -> bytes:
    about_documents = known.notes("documents", documents, lambda d: [d.name, d.kind, d.source.name])
    about_statements = known.notes("statements", statements, lambda s: [s.policy_index, s.index, s.sid, list(s.path)])
    about_tests = known.test_notes(lowered.tests)
    # Joined at once: they are megabytes.
    return b"".join(
        (b'{"documents":[', about_documents, b'],"statements":[', about_statements, b'],"tests":[', about_tests, b"]}")
    )


_CALLER_KINDS = {
    PrincipalKind.USER: CallerKind.USER,
    PrincipalKind.ROLE: CallerKind.ROLE,
    PrincipalKind.FEDERATED: CallerKind.FEDERATED,
    PrincipalKind.ROOT: CallerKind.ROOT,
}
_RESOURCE_KINDS = {ResourceKind.OTHER: 0, ResourceKind.ROLE: 1, ResourceKind.KEY: 2}  # enum gw_resource_kind


def _write_principals(writer: _Writer, policy_set: PolicySet, lowered: LoweredPolicies, flat: FlatPolicies) -> None:
    written = _recall_principals(writer.known, policy_set, lowered.classifiers[KEY_CLASSIFIERS - 1])
    writer.add_map(written.names)
    records = written.records.copy()
    records["cell_row"] = flat.principal_rows
    records["shared_count"], records["shared_rows"] = flat.shared_counts, flat.shared_rows
    writer.add_blob("principals", records.tobytes())


def _recall_principals(known: KnownPieces, policy_set: PolicySet, callers: Classifier) -> _WrittenPrincipals:
    """Return what is written of principals, which may add rows to the classifier of callers."""
    before = known.principals
    if (
        before is not None
        and before.principals == policy_set.principals
        and before.accounts == policy_set.accounts
        and before.literals == callers.literals
        and before.rows[: before.row_count] == callers.rows
    ):
        for bits in before.rows:
            callers.row(bits)
        known.principals = before._replace(
            principals=policy_set.principals
        )  # so that they are the same objects next time
        return before
    row_count = len(callers.rows)
    principals = policy_set.principals
    names: dict[str, int] = {}
    for number, principal in enumerate(principals):
        names.setdefault(principal.arn, number)
    for number, principal in enumerate(principals):
        if principal.kind is PrincipalKind.ROLE:
            # Sessions name the role without its path (R56).
            _, partition, _, _, account, resource = principal.arn.split(":", 5)
            names.setdefault(f"arn:{partition}:sts::{account}:assumed-role/{resource.rpartition('/')[2]}", number)
    places = {arn: number for number, arn in enumerate(names)}
    caller_rows = find_caller_rows(callers, principals, policy_set.accounts)
    records = np.zeros(len(principals), dtype=SECTIONS["principals"])
    records["account"] = [int(p.arn.split(":", 5)[4]) for p in principals]
    records["symbol"] = [places[p.arn] for p in principals]
    records["account_row"] = [rows.account for rows in caller_rows]
    records["own_row"] = [rows.own for rows in caller_rows]
    records["federating_row"] = [NO_ROW if rows.federating is None else rows.federating for rows in caller_rows]
    records["kind"] = [_CALLER_KINDS[p.kind] for p in principals]
    records["flags"] = [_principal_flags(p) for p in principals]
    known.principals = _WrittenPrincipals(
        principals, policy_set.accounts, dict(callers.literals), row_count, list(callers.rows), names, records
    )
    return known.principals


def _principal_flags(principal: Principal) -> int:
    return (
        PrincipalFlag.BOUNDARY * (principal.boundary is not None and principal.kind is not PrincipalKind.ROOT)
        | PrincipalFlag.SERVICE_LINKED * principal.is_service_linked
    )


def _write_keys(writer: _Writer, lowered: LoweredPolicies) -> None:
    keys: dict[str, list[int]] = {key: [] for key in lowered.keys}
    for number, classifier in enumerate(lowered.classifiers):
        if classifier.field in keys:
            keys[classifier.field].append(number)
    first_symbol = writer.symbol_count
    writer.add_map({key: number for number, key in enumerate(keys)})
    writer.add(
        "keys",
        (
            (first_symbol + number, places[0] if places else len(lowered.classifiers), len(places), 0)
            for number, places in enumerate(keys.values())
        ),
    )


def _write_resources(writer: _Writer, policy_set: PolicySet, flat: FlatPolicies) -> None:
    first_symbol = writer.symbol_count
    writer.add_map({resource.name: number for number, resource in enumerate(policy_set.resources)})
    rows = zip(policy_set.resources, flat.policy_rows, flat.attribute_rows, strict=True)
    writer.add(
        "resources",
        (
            (
                int(resource.account or 0), first_symbol + number, NO_ROW if policy_row is None else policy_row,
                NO_ROW if attribute_row is None else attribute_row, _RESOURCE_KINDS[resource.kind],
                resource.is_under_rcps, 0,
            )
            for number, (resource, policy_row, attribute_row) in enumerate(rows)
        ),
    )  # fmt: skip
    accounts = sorted(
        (int(account.id), row)
        for account, row in zip(policy_set.accounts, flat.rcp_rows, strict=True)
        if row is not None
    )
    writer.add("accounts", ((*account, 0) for account in accounts))
    first_symbol = writer.symbol_count
    writer.add_map({endpoint.name: number for number, endpoint in enumerate(policy_set.endpoints)})
    writer.add("endpoints", ((first_symbol + number, row) for number, row in enumerate(flat.endpoint_rows)))


def _write_classifier(writer: _Writer, c: Classifier, slot: int) -> None:
    writer.add_map(c.literals)
    column_count = max(1, len(c.columns))
    row_words = (column_count + 63) // 64
    group_first = len(writer.parts["groups"])
    bound_first = ipv6_first = bound_count = ipv6_count = index_first = 0
    has_index = False
    for group, rows in c.groups:
        _write_group(writer, group, rows)
    if c.kind is Kind.INSTANT:
        bound_first = writer.add("instants", ((*bound, 0) for bound in c.bounds if isinstance(bound, tuple)))
        bound_count = len(c.bounds)
    elif c.kind is Kind.NUMBER:
        bound_first = writer.add("numbers", (_number_record(writer, b) for b in c.bounds if isinstance(b, Number)))
        bound_count = len(c.bounds)
    elif c.kind is Kind.ADDRESS:
        ipv4, ipv6 = c.first_addresses
        bound_first, bound_count = writer.add("ipv4", ipv4), len(ipv4)
        ipv6_first = writer.add("ipv6", ((first >> 64, first & (1 << 64) - 1) for first in ipv6))
        ipv6_count = len(ipv6)
        has_index = len(ipv4) >= INDEXED_BOUNDS
        if has_index:
            index_first = writer.add_blob("ipv4_index", _index_ipv4(ipv4))
    range_first = writer.add("range_rows", c.range_rows)
    if c.is_sparse:
        starts = []
        for bits in c.rows:
            columns = _bit_numbers(bits)
            starts.append(writer.add("lists", [len(columns), *columns]))
        row_first = writer.add("list_starts", starts)
    else:
        row_first = writer.add_blob("rows", b"".join(bits.to_bytes(row_words * 8, "little") for bits in c.rows))
    writer.add(
        "classifiers",
        [
            (
                c.kind, c.view, c.is_sparse, 0, column_count, row_words, len(c.rows), row_first, group_first,
                len(c.groups), bound_first, bound_count, ipv6_first, ipv6_count, has_index, index_first,
                slot, range_first,
            )
        ],
    )  # fmt: skip


_PART_KINDS = {Wildcard.ANY: PartKind.ANY, Wildcard.ONE: PartKind.ONE, FieldWildcard.ANY: PartKind.FIELD_ANY,
               FieldWildcard.ONE: PartKind.FIELD_ONE}  # fmt: skip


def _write_templates(writer: _Writer, lowered: LoweredPolicies) -> None:
    key_numbers = {key: number for number, key in enumerate(lowered.keys)}

    def part_record(part: str | Wildcard | FieldWildcard | TemplateVariable) -> tuple[int, ...]:
        if isinstance(part, TemplateVariable):
            text = writer.add_text(_encode(part.default or ""))
            has_default = part.default is not None
            return PartKind.VARIABLE, part.is_in_field, has_default, 0, key_numbers[part.key], *text
        if isinstance(part, str):
            return PartKind.TEXT, False, False, 0, 0, *writer.add_text(_encode(part))
        return _PART_KINDS[part], False, False, 0, 0, 0, 0

    for templates in lowered.alternatives:
        records = [
            (writer.add("parts", [part_record(part) for part in template]), len(template)) for template in templates
        ]
        writer.add("alternatives", [(writer.add("templates", records), len(records))])


def _index_ipv4(firsts: Sequence[int]) -> bytes:
    """For each upper half of an address the last range that begins at or below it; then the last range of all."""
    halves = (np.array(firsts, dtype=np.int64) + 0xFFFF) >> 16  # at or behind an address
    return (np.bincount(halves, minlength=65_537).cumsum() - 1).astype("<u4").tobytes()


def _write_group(writer: _Writer, group: Group, rows: Sequence[int]) -> None:
    record = np.zeros((), dtype=SECTIONS["groups"])
    if isinstance(group, Automaton):
        record["kind"] = GroupKind.GATHERING if group.gathers else GroupKind.AUTOMATON
        _write_automaton(writer, group, record)
        record["accept_first"], record["accept_count"] = writer.add("accepts", rows), group.is_dead_next
    elif isinstance(group, Simulation):
        record["kind"] = GroupKind.SIMULATION
        record["byte_map"] = writer.add_blob("byte_maps", group.byte_map) // 256
        record["class_count"] = group.class_count
        words = group.word_count
        masks = [group.start, *(mask for masks in group.masks for mask in masks)]
        data = b"".join(mask.to_bytes(words * 8, "little") for mask in masks)
        positions = (position for position, _ in group.accepts)
        accepts = writer.add("accepts", (word for pair in zip(positions, rows, strict=True) for word in pair))
        record["accept_first"], record["accept_count"] = accepts, len(rows)
        record["word_count"], record["mask_first"] = words, writer.add_blob("masks", data)
    else:
        record["kind"] = GroupKind.RELAYS
        _write_relays(writer, group, rows, record)
    writer.add("groups", [record.item()])


def _write_automaton(
    writer: _Writer, automaton: Automaton, record: NDArray[np.void], pieces: Sequence[int] | None = None
) -> None:
    """Write the transitions: rows of states, which are places of rows, and behind them 32 bits for pieces."""
    states, classes = len(automaton.accepts), automaton.class_count
    width = classes if pieces is None else classes + 2
    shift = next(shift for shift in range(9) if states * (-(-width >> shift)) <= 1 << 16)
    units = -(-width >> shift)
    rows = np.zeros((states, units << shift), dtype="<u2")
    rows[:, :classes] = np.asarray(automaton.transitions, dtype=np.uint32).reshape(states, classes) * units
    if pieces is not None:
        rows[: len(pieces), classes:width] = np.array(pieces, dtype="<u4").view("<u2").reshape(-1, 2)
    record["shift"], record["class_count"], record["state_count"] = shift, classes, states
    record["byte_map"] = writer.add_blob("byte_maps", automaton.byte_map) // 256
    record["transition_first"] = writer.add_blob("transitions", rows.tobytes())
    record["start"], record["absorbing_count"] = automaton.start, automaton.absorbing_count


def _write_relays(writer: _Writer, relays: Relays, rows: Sequence[int], record: NDArray[np.void]) -> None:
    accepts: list[int] = []
    if relays.automaton is None:
        record["byte_map"], record["class_count"] = writer.add_blob("byte_maps", bytes(256)) // 256, 1
    else:
        found = [sorted(pieces) for pieces in relays.automaton.accepts[: relays.automaton.absorbing_count]]
        begins = accumulate(map(len, found), initial=len(found) + 1)
        accepts = [*begins, *(piece for pieces in found for piece in pieces)]
        bits = [sum({1 << (piece % 8 if piece < 48 else 8 + piece % 24) for piece in pieces}) for pieces in found]
        _write_automaton(writer, relays.automaton, record, bits)
    record["accept_first"], record["accept_count"] = writer.add("accepts", accepts), len(accepts)
    beginnings, endings = relays.beginnings.anchors, relays.endings.anchors
    peers: dict[int, int] = {}
    legs = [
        (writer.add("legs", legs), len(legs), row, peers.setdefault(row, number))
        for number, (legs, row) in enumerate(zip(relays.legs, rows, strict=True))
    ]
    relay_firsts = accumulate(relays.relay_counts, initial=0)
    anchors = [
        (*_write_parts(writer, parts), first, count)
        for parts, first, count in zip(beginnings, relay_firsts, relays.relay_counts, strict=False)
    ]
    anchors += [(*_write_parts(writer, parts), len(legs), 0) for parts in endings]
    record["word_count"] = (7 * len(legs) + len(relays.pieces) + len(endings) + 3) // 4  # half of GW_RELAY_WORDS
    node_first = _write_tree(writer, relays.beginnings)
    _write_tree(writer, relays.endings)
    relay_set = (
        writer.add("relays", legs), len(legs), writer.add("pieces", relays.pieces), len(relays.pieces),
        writer.add("anchors", anchors), len(beginnings), len(endings), node_first, len(relays.beginnings.nodes),
        len(relays.endings.nodes),
    )  # fmt: skip
    record["relay_set"] = writer.add("relay_sets", [relay_set])


def _write_parts(writer: _Writer, parts: Parts) -> tuple[int, int]:
    records = [
        (PartKind.TEXT, 0, 0, 0, 0, *writer.add_text(part)) if isinstance(part, bytes) else (PartKind.ONE, *[0] * 6)
        for part in parts
    ]
    return writer.add("parts", records), len(records)


def _write_tree(writer: _Writer, tree: Tree) -> int:
    records = []
    child_first = 1
    for node in tree.nodes:
        child_count = len(node.children)
        text = writer.add_text(node.text)
        records.append((*text, child_first, child_count, node.anchor_first, len(node.anchors)))
        child_first += child_count
    return writer.add("nodes", records)


def _number_record(writer: _Writer, number: Number) -> tuple[int, int, int, bool, int]:
    offset, size = writer.add_text(number.digits.encode("ascii"))
    return number.exponent, offset, size, number.is_negative, 0


def _bit_numbers(bits: int) -> list[int]:
    numbers = []
    while bits:
        low = bits & -bits
        numbers.append(low.bit_length() - 1)
        bits ^= low
    return numbers


def _assemble(writer: _Writer, lowered: LoweredPolicies, flat: FlatPolicies, notes: bytes) -> memoryview:
    sections: dict[str, bytes | bytearray | memoryview] = {**writer.blobs, "text": writer.text, "notes": notes}
    sections["symbols"] = np.concatenate(writer.symbols).tobytes()
    for name, part in writer.parts.items():
        if name not in sections and name not in _FILLED:
            dtype = np.dtype(SECTIONS[name])
            sections[name] = np.array(part, dtype=dtype).tobytes() if part else b""
    sizes = {name: len(data) for name, data in sections.items()}
    sizes["programs"], sizes["cells"] = 4 * flat.word_count, 4 * math.prod(flat.cell_shape)
    alignment = native.SECTION_ALIGNMENT
    offset = -(-HEADER.itemsize // alignment) * alignment
    header = np.zeros((), dtype=HEADER)
    header["magic"] = native.MAGIC
    header["version"] = native.VERSION
    header["section_count"] = len(SECTIONS)
    header["action_column_count"] = flat.cell_shape[1]
    header["layer_limit"] = flat.layer_limit
    header["simulation_words"] = max((group[-2] for group in writer.parts["groups"]), default=0)
    callers = lowered.classifiers[KEY_CLASSIFIERS - 1]
    header["unknown_row"] = NO_ROW if flat.unknown_row is None else flat.unknown_row
    header["everyone_row"] = callers.literals.get(EVERYONE, 0)
    header["row_words"] = max((max(1, len(c.columns)) + 63) // 64 for c in lowered.classifiers)
    at = offset
    for number, (name, layout) in enumerate(SECTIONS.items()):
        header["sections"][number] = (at, sizes[name] // np.dtype(layout).itemsize)
        at += sizes[name] + -sizes[name] % alignment
    header["total_bytes"] = at
    # One run of memory, which the system may give in large pages, and in which programs and cells are made.
    table = np.empty(at, dtype=np.uint8)
    table[: HEADER.itemsize] = np.frombuffer(header.tobytes(), dtype=np.uint8)
    end = HEADER.itemsize
    filled: list[NDArray[np.uint32]] = []
    for name, (first, _) in zip(SECTIONS, header["sections"].tolist(), strict=True):
        table[end:first] = 0
        end = first + sizes[name]
        if name in _FILLED:
            filled.append(table[first:end].view(np.uint32))
        else:
            table[first:end] = np.frombuffer(sections[name], dtype=np.uint8)
    table[end:] = 0
    flat.fill(filled[0], filled[1].reshape(flat.cell_shape))
    native.seal(table.data)
    table.flags.writeable = False
    return table.data
