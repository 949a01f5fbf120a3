"""Opening a table: each thing that the verifier refuses, one at a time, in a table that is sound but for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tables import SIDES, Change, assemble, damage, elements, read_header, small_tables

import gatewright as gw
from gatewright import runtime
from gatewright.compiler import lower
from gatewright.compiler.normalize import CALLER
from gatewright.runtime import TableFormatError, TableVersionError
from gatewright.runtime import _table as native
from gatewright.runtime.layout import (
    HEADER,
    LAYER_COUNT,
    LAYER_SHIFT,
    NO_ROW,
    PROGRAM_FIRST,
    PROGRAM_GENERIC,
    PROGRAM_MARK,
    PROGRAM_SLACK,
    PROGRAM_SPECIAL,
    SECTIONS,
    LayerKind,
)

BIG = 0x7FFF_FFFF


@cache
def tables() -> dict[str, gw.Table]:
    """Compile the small tables once."""
    return small_tables()


# What is wrong, the table, and the changes; (section, n) as a value is the number of the section's elements + n.
CLASSIFIERS: list[tuple[str, str, list[Change]]] = [
    ("kind", "texts", [("classifiers", 4, "kind", 8)]),
    ("view", "texts", [("classifiers", 4, "view", 5)]),
    ("sparse twice", "crowded", [("classifiers", 1, "is_sparse", 2)]),
    ("no rows", "texts", [("classifiers", -1, "row_count", 0), ("maps", -1, "slot_count", 0),
                          ("maps", -1, "probe_limit", 0)]),
    ("no columns", "texts", [("classifiers", -1, "column_count", 0), ("classifiers", -1, "row_words", 0)]),
    ("more columns than tests", "texts", [("classifiers", 4, "column_count", 64)]),
    ("wide sparse rows", "crowded", [("classifiers", 5, "column_count", 1 << 22), ("header", 0, "row_words", 1 << 16),
                                     ("classifiers", 5, "row_words", 1 << 16)]),
    ("narrow rows", "wide", [("classifiers", 4, "row_words", 1)]),
    ("narrow sparse rows", "crowded", [("classifiers", 5, "row_words", 1), ("header", 0, "row_words", 1)]),
    ("scratch for rows is short", "wide", [("header", 0, "row_words", 1)]),
    ("scratch for rows is long", "wide", [("header", 0, "row_words", BIG)]),
    ("scratch for positions is short", "wide", [("header", 0, "simulation_words", 0)]),
    ("scratch for positions is long", "texts", [("header", 0, "simulation_words", 1)]),
    ("rows of another", "texts", [("classifiers", 5, "row_first", 0)]),
    ("rows beyond the end", "texts", [("classifiers", -1, "row_count", BIG)]),
    ("lists of another", "crowded", [("classifiers", 5, "row_first", 0)]),
    ("list starts beyond the end", "crowded", [("classifiers", 5, "row_count", BIG)]),
    ("list in a list", "crowded", [("list_starts", 2, 1)]),
    ("list beyond the end", "crowded", [("list_starts", 2, BIG)]),
    ("list of too many columns", "crowded", [("lists", 1, BIG)]),
    ("column beyond the row", "crowded", [("lists", 2, 5)]),
    ("groups of another", "texts", [("classifiers", 1, "group_first", 0)]),
    ("groups beyond the end", "texts", [("classifiers", -1, "group_count", BIG)]),
    ("instants of another", "typed", [("classifiers", 4, "bound_first", 1)]),
    ("instants beyond the end", "typed", [("classifiers", 4, "bound_count", BIG)]),
    ("numbers of another", "typed", [("classifiers", 5, "bound_first", 1)]),
    ("numbers beyond the end", "typed", [("classifiers", 5, "bound_count", BIG)]),
    ("number of too many digits", "typed", [("numbers", 0, "text_bytes", 256), ("numbers", 0, "text_offset", 0)]),
    ("number that begins behind the text", "typed", [("numbers", 1, "text_offset", ("text", 1))]),
    ("number beyond the text", "typed", [("numbers", 0, "text_offset", BIG)]),
    ("number of letters", "typed", [("numbers", 0, "text_offset", 0)]),
    ("IPv4 of another", "typed", [("classifiers", -1, "bound_first", 0)]),
    ("IPv4 beyond the end", "typed", [("classifiers", -1, "bound_count", BIG)]),
    ("IPv4 without bounds", "typed", [("classifiers", -1, "bound_count", 0)]),
    ("IPv4 from above 0", "typed", [("ipv4", 0, 1)]),
    ("IPv6 of another", "typed", [("classifiers", -1, "ipv6_first", 0)]),
    ("IPv6 beyond the end", "typed", [("classifiers", -1, "ipv6_count", BIG)]),
    ("IPv6 without bounds", "typed", [("classifiers", -1, "ipv6_count", 0)]),
    ("IPv6 from above 0 (high)", "typed", [("ipv6", 0, "high", 1)]),
    ("IPv6 from above 0 (low)", "typed", [("ipv6", 0, "low", 1)]),
    ("index twice", "indexed", [("classifiers", 4, "has_ipv4_index", 2)]),
    ("index of another", "indexed", [("classifiers", 4, "ipv4_index_first", 1)]),
    ("index cut short", "indexed", [("extents", "ipv4_index", "count", 65_536)]),
    ("index of no bound", "indexed", [("ipv4_index", -1, 5)]),
    ("index out of order", "indexed", [("ipv4_index", 1, 1)]),
    ("ranges of another", "typed", [("classifiers", -1, "range_first", 0)]),
    ("ranges of a text", "texts", [("classifiers", 4, "range_first", 1)]),
    ("range of no row", "typed", [("range_rows", -1, BIG)]),
    ("no byte classes", "texts", [("groups", 0, "class_count", 0)]),
    ("257 byte classes", "texts", [("groups", 0, "class_count", 257)]),
    ("bytes beyond the end", "texts", [("groups", -1, "byte_map", BIG)]),
    ("byte of no class", "texts", [("byte_maps", 97, 255)]),
    ("state beyond the states", "texts", [("transitions", 3, 0xFFFF)]),
    ("65,537 states", "texts", [("groups", -1, "state_count", 65537)]),
    ("start beyond the states", "texts", [("groups", 0, "start", BIG)]),
    ("absorbing beyond the states", "texts", [("groups", 0, "absorbing_count", BIG)]),
    ("group of no kind", "texts", [("groups", 0, "kind", 4)]),
    ("rows in units of 512", "texts", [("groups", 0, "shift", 9)]),
    ("rows in other units", "texts", [("groups", 0, "shift", 1)]),
    ("row beyond 16 bits", "texts", [("groups", 0, "state_count", 65_536)]),
    ("automaton without states", "texts", [("groups", 0, "state_count", 0), ("groups", 0, "start", 0)]),
    ("automaton with scratch", "texts", [("groups", 0, "word_count", 1), ("header", 0, "simulation_words", 1)]),
    ("dead state that does not gather", "texts", [("groups", 0, "accept_count", 1)]),
    ("dead state beyond the states", "texts", [("groups", 0, "kind", 1), ("groups", 0, "accept_count", 1),
                                               ("groups", 0, "absorbing_count", 27)]),
    ("two dead states", "texts", [("groups", 0, "kind", 1), ("groups", 0, "accept_count", 2)]),
    ("transitions of another", "texts", [("groups", 1, "transition_first", 0)]),
    ("accepts of another", "texts", [("groups", 1, "accept_first", 0)]),
    ("accept of no row", "texts", [("accepts", 3, BIG)]),
    ("no positions", "crowded", [("groups", -1, "word_count", 0), ("groups", -1, "accept_count", 0)]),
    ("masks of another", "crowded", [("groups", -1, "mask_first", 0)]),
    ("masks beyond the end", "wide", [("groups", -1, "word_count", 65536), ("header", 0, "simulation_words", 65536)]),
    ("accept pairs of another", "crowded", [("groups", -1, "accept_first", 0)]),
    ("accept pairs beyond the end", "crowded", [("groups", -1, "accept_count", BIG)]),
    ("accept beyond the positions", "crowded", [("accepts", -2, 64)]),
    ("accept pair of no row", "crowded", [("accepts", -1, BIG)]),
    ("actions compare as text", "texts", [("classifiers", 0, "kind", 0)]),
    ("actions in several", "texts", [("classifiers", 0, "view", 1)]),
    ("resources compare without case", "texts", [("classifiers", 1, "kind", 1)]),
    ("resources in several", "texts", [("classifiers", 1, "view", 1)]),
    ("caller compares without case", "sides", [("classifiers", 3, "kind", 1)]),
    ("caller in several", "sides", [("classifiers", 3, "view", 1)]),
    ("caller of the resource's slot", "sides", [("classifiers", 3, "slot", 1)]),
    ("caller of a key's slot", "sides", [("classifiers", 3, "slot", 2)]),
    ("caller by patterns", "sides", [("classifiers", 2, "group_count", 0), ("classifiers", 3, "group_first", 1),
                                     ("classifiers", 3, "group_count", 1),
                                     *[("accepts", n, 0) for n in range(16, 106)]]),
    ("sets compare as text", "sides", [("classifiers", 2, "kind", 0)]),
    ("sets in several", "sides", [("classifiers", 2, "view", 1)]),
    ("sets of the resource's slot", "sides", [("classifiers", 2, "slot", 1)]),
    ("a set less", "sides", [("classifiers", 2, "column_count", 14)]),
    ("a set more", "sides", [("classifiers", 2, "column_count", 16)]),
    ("three classifiers", "texts", [("extents", "classifiers", "count", 3)]),
    ("action of a key's slot", "texts", [("classifiers", 0, "slot", 2)]),
    ("resource of a key's slot", "texts", [("classifiers", 1, "slot", 2)]),
    ("more action columns than rows", "texts", [("header", 0, "action_column_count", 0x1000),
                                                ("extents", "cells", "count", 0)]),
    ("one classifier", "texts", [("extents", "classifiers", "count", 1)]),
]  # fmt: skip
RELAYS: list[tuple[str, str, list[Change]]] = [
    ("set of another", "relays", [("groups", 2, "relay_set", 0)]),
    ("sets cut short", "relays", [("extents", "relay_sets", "count", 3)]),
    ("less scratch than relays", "relays", [("groups", 2, "word_count", 8), ("header", 0, "simulation_words", 8)]),
    ("more scratch than relays", "relays", [("groups", 2, "word_count", 10), ("header", 0, "simulation_words", 10)]),
    ("pieces of another", "relays", [("relay_sets", 1, "piece_first", 1)]),
    ("pieces cut short", "relays", [("extents", "pieces", "count", 6)]),
    ("lists of another", "relays", [("groups", 2, "accept_first", 0)]),
    ("lists cut short", "relays", [("extents", "accepts", "count", 34)]),
    ("pieces without states", "relays", [("groups", 0, "state_count", 0)]),
    ("piece of a state without a list", "relays", [("transitions", 2 * 5 + 3, 1)]),
    ("piece of a state without a list, high bits", "relays", [("transitions", 2 * 5 + 4, 1)]),
    ("rows of units without end, and no piece", "relays", [("groups", 6, "shift", 9)]),
    ("states without pieces", "relays", [("groups", 6, "state_count", 1)]),
    ("lists without pieces", "relays", [("groups", 6, "accept_count", 1), ("extents", "accepts", "count", 36)]),
    ("state that leads beyond the states", "relays", [("transitions", 2, 3 * 5)]),
    ("state that leads amid a row", "relays", [("transitions", 2, 6)]),
    ("states that accept without end", "relays", [("groups", 0, "absorbing_count", 3),
                                                  ("groups", 0, "accept_count", 3)]),
    ("list in front of all lists", "relays", [("accepts", 0, 2)]),
    ("list that ends before it begins", "relays", [("accepts", 1, 2)]),
    ("list beyond the end", "relays", [("accepts", 2, 6)]),
    ("list of no piece", "relays", [("accepts", 4, 2)]),
    ("anchors of another", "relays", [("relay_sets", 1, "anchor_first", 1)]),
    ("anchors cut short", "relays", [("extents", "anchors", "count", 16)]),
    ("anchor of no part", "relays", [("anchors", 2, "part_first", BIG)]),
    ("anchor of too many parts", "relays", [("anchors", 2, "part_count", BIG)]),
    ("relays of another beginning", "relays", [("anchors", 3, "relay_first", 0)]),
    ("relays beyond the set", "relays", [("anchors", 3, "relay_count", 4)]),
    ("ending with relays", "relays", [("anchors", 4, "relay_count", 1)]),
    ("nodes of another", "relays", [("relay_sets", 1, "node_first", 2)]),
    ("nodes cut short", "relays", [("extents", "nodes", "count", 17)]),
    ("tree without root", "relays", [("relay_sets", 2, "beginning_node_count", 0)]),
    ("root with a text", "relays", [("nodes", 0, "text_bytes", 1)]),
    ("node without a text", "relays", [("nodes", 1, "text_bytes", 0)]),
    ("node that begins behind the text", "relays", [("nodes", 1, "text_offset", ("text", 1))]),
    ("node beyond the text", "relays", [("nodes", 1, "text_bytes", BIG)]),
    ("node that is its own child", "relays", [("nodes", 0, "child_first", 0)]),
    ("node that two share", "relays", [("nodes", 7, "child_count", 1)]),
    ("children of another tree", "relays", [("nodes", 0, "child_count", 2)]),
    ("node that nobody has", "relays", [("nodes", 0, "child_count", 0), ("nodes", 1, "child_first", 1)]),
    ("anchor that two nodes have", "relays", [("nodes", 1, "anchor_first", 1)]),
    ("anchors of another tree", "relays", [("nodes", 1, "anchor_count", 2)]),
    ("anchor that nobody has", "relays", [("nodes", 1, "anchor_count", 0)]),
    ("relays of another set", "relays", [("relay_sets", 1, "relay_first", 0)]),
    ("relays cut short", "relays", [("extents", "relays", "count", 10)]),
    ("relay of no row", "relays", [("relays", 0, "row", BIG)]),
    ("relay whose peer follows", "relays", [("relays", 1, "peer", 1)]),
    ("legs of another", "relays", [("relays", 1, "leg_first", 0)]),
    ("legs cut short", "relays", [("extents", "legs", "count", 19)]),
    ("leg of no piece", "relays", [("legs", 0, 3)]),
]  # fmt: skip
MAPS: list[tuple[str, str, list[Change]]] = [
    ("too few maps", "texts", [("extents", "maps", "count", 2)]),
    ("symbol beyond the text", "texts", [("symbols", 3, "text_offset", ("text", 0))]),
    ("symbol longer than the text", "texts", [("symbols", 3, "text_bytes", ("text", 1))]),
    ("slots of another", "texts", [("maps", 1, "first_slot", 0)]),
    ("slots beyond the end", "texts", [("maps", -1, "slot_count", 1 << 30)]),
    ("slots of no power of two", "texts", [("maps", -1, "slot_count", 3)]),
    ("more probes than slots", "texts", [("maps", -1, "probe_limit", 5)]),
    ("probes without end", "wide", [("maps", 8, "probe_limit", 17)]),
    ("slot of no symbol", "texts", [("slots", 0, ("symbols", 1))]),
    ("name of no principal", "texts", [("symbols", 0, "value", ("principals", 0))]),
    ("name of no key", "texts", [("symbols", 5, "value", ("keys", 0))]),
    ("name of no resource", "sides", [("symbols", 11, "value", ("resources", 0))]),
    ("name of no endpoint", "sides", [("symbols", 13, "value", ("endpoints", 0))]),
    ("text of no row", "texts", [("symbols", 10, "value", BIG)]),
    ("entry of no row", "sides", [("symbols", 55, "value", 6)]),
]
PRINCIPALS: list[tuple[str, str, list[Change]]] = [
    ("without cells", "sides", [("principals", -1, "cell_row", 14)]),
    ("sharing no row", "sides", [("principals", 0, "shared_count", 1), ("principals", 0, "shared_rows", 14)]),
    ("sharing too much", "sides", [("principals", 0, "shared_count", 5)]),
    (
        "sharing a special program",
        "sides",
        [("principals", 0, "shared_count", 1), ("principals", 0, "shared_rows", 0x80000002)],
    ),
    (
        "sharing a program's middle",
        "sides",
        [("principals", 0, "shared_count", 1), ("principals", 0, "shared_rows", 0x80000004)],
    ),
    (
        "sharing no program",
        "sides",
        [("principals", 0, "shared_count", 1), ("principals", 0, "shared_rows", 0xFFFFFFFF)],
    ),
    ("without name", "sides", [("principals", 0, "symbol", ("symbols", 0))]),
    ("of no kind", "sides", [("principals", 0, "kind", 4)]),
    ("of a kind without principals", "sides", [("principals", 0, "kind", 7)]),
    ("with an unknown flag", "sides", [("principals", 0, "flags", 4)]),
    ("account row beyond the callers", "sides", [("principals", 0, "account_row", 6)]),
    ("account row that is none", "sides", [("principals", 0, "account_row", NO_ROW)]),
    ("own row beyond the callers", "sides", [("principals", 0, "own_row", 6)]),
    ("own row that is none", "sides", [("principals", 0, "own_row", NO_ROW)]),
    ("federating row beyond the callers", "sides", [("principals", 0, "federating_row", 6)]),
    ("federating row all but none", "sides", [("principals", 0, "federating_row", NO_ROW - 1)]),
    ("unknown resources beyond the cells", "sides", [("header", 0, "unknown_row", 14)]),
    ("unknown resources all but none", "sides", [("header", 0, "unknown_row", NO_ROW - 1)]),
    ("everyone beyond the callers", "sides", [("header", 0, "everyone_row", 6)]),
    ("everyone far beyond the callers", "sides", [("header", 0, "everyone_row", NO_ROW)]),
]
RESOURCES: list[tuple[str, str, list[Change]]] = [
    ("without name", "sides", [("resources", -1, "symbol", ("symbols", 0))]),
    ("of no kind", "sides", [("resources", 0, "kind", 3)]),
    ("under RCPs twice", "sides", [("resources", 0, "is_under_rcps", 2)]),
    ("policy beyond the cells", "sides", [("resources", 0, "policy_row", 14)]),
    ("policy all but none", "sides", [("resources", 0, "policy_row", NO_ROW - 1)]),
    ("attributes beyond the cells", "sides", [("resources", -1, "attribute_row", 14)]),
    ("attributes all but none", "sides", [("resources", 0, "attribute_row", NO_ROW - 1)]),
]
ACCOUNTS: list[tuple[str, str, list[Change]]] = [
    ("RCPs beyond the cells", "sides", [("accounts", -1, "rcp_row", 14)]),
    ("RCPs that are none", "sides", [("accounts", 0, "rcp_row", NO_ROW)]),
    ("twice", "sides", [("accounts", 1, "id", 123456789012)]),
    ("descending", "sides", [("accounts", 0, "id", 210987654322)]),
]
ENDPOINTS: list[tuple[str, str, list[Change]]] = [
    ("without name", "sides", [("endpoints", -1, "symbol", ("symbols", 0))]),
    ("beyond the cells", "sides", [("endpoints", -1, "cell_row", 14)]),
    ("without cells", "sides", [("endpoints", 0, "cell_row", NO_ROW)]),
]
KEYS: list[tuple[str, str, list[Change]]] = [
    ("key without name", "texts", [("keys", 0, "symbol", ("symbols", 0))]),
    ("key of the resource", "texts", [("keys", 0, "classifier_first", 1)]),
    ("key of the caller", "texts", [("keys", 0, "classifier_first", 3)]),
    ("classifiers of another key", "texts", [("keys", 1, "classifier_first", 4)]),
    ("key of too many classifiers", "texts", [("keys", -1, "classifier_count", 2)]),
    ("classifier of no key", "texts", [("keys", -1, "classifier_count", 0)]),
    ("classifier of another slot", "texts", [("classifiers", -1, "slot", 2)]),
    ("fold to no code point", "texts", [("folds", 0, "to", 0x110000)]),
    ("folds out of order", "texts", [("folds", 1, "from", 201)]),
]
TEMPLATES: list[tuple[str, str, list[Change]]] = [
    ("part of no kind", "variables", [("parts", -1, "kind", 6)]),
    ("part beyond the text", "variables", [("parts", -1, "text_offset", BIG)]),
    ("part longer than the text", "variables", [("parts", -1, "text_bytes", BIG)]),
    ("variable of no key", "variables", [("parts", 1, "key", ("keys", 0))]),
    ("parts beyond the end", "variables", [("templates", -1, "part_count", BIG)]),
    ("parts behind the end", "variables", [("templates", -1, "part_first", ("parts", 0))]),
    ("templates beyond the end", "variables", [("alternatives", -1, "template_count", BIG)]),
    ("templates behind the end", "variables", [("alternatives", -1, "template_first", ("templates", 0))]),
]
STATEMENTS: list[tuple[str, str, list[Change]]] = [
    ("test of no classifier", "texts", [("tests", -1, "classifier", ("classifiers", 0))]),
    ("test of no column", "texts", [("tests", -1, "column", BIG)]),
    ("test of a template that is none", "texts", [("tests", -1, "flags", 2), ("tests", -1, "classifier", 1)]),
    ("test of unknown flags", "texts", [("tests", -1, "flags", 8)]),
    ("test of no alternatives", "variables", [("tests", 1, "column", ("alternatives", 0))]),
    ("templates of the action", "variables", [("tests", 1, "classifier", 0)]),
    ("templates of the sets", "variables", [("tests", 1, "classifier", 2)]),
    ("templates of the caller", "variables", [("tests", 1, "classifier", 3)]),
    ("test of a set", "texts", [("tests", -1, "classifier", 2), ("tests", -1, "column", 0)]),
    ("caller test of the action", "sides", [("tests", 0, "flags", 4), ("tests", 0, "states", 0)]),
    (
        "caller test of the resource",
        "sides",
        [("tests", 13, "classifier", 1), ("tests", 13, "flags", 4), ("tests", 13, "states", 0)],
    ),
    ("caller test of a key", "sides", [("tests", 13, "flags", 4), ("tests", 13, "states", 0)]),
    ("plain test of the caller", "sides", [("tests", -1, "flags", 0)]),
    ("negated test of the caller", "sides", [("tests", -1, "flags", 5)]),
    ("templates and the caller", "sides", [("tests", -1, "flags", 6)]),
    ("caller test of no form", "sides", [("tests", -1, "states", 4)]),
    ("caller test of no column", "sides", [("tests", -1, "column", 6)]),
    (
        "caller test without a sample of nothing",
        "sides",
        [("tests", 12, "classifier", 4), ("tests", 12, "column", 0), ("tests", 12, "flags", 0)],
    ),
    ("caller test of which nothing is left", "sides", [("statements", -1, "left", 1)]),
    ("sample that is said to be nothing", "texts", [("statements", 0, "left", 1)]),
    ("sample that is said to be followed", "texts", [("statements", 0, "left", 2)]),
    ("sample that is not said to be followed", "texts", [("statements", 7, "left", 0)]),
    ("nothing that is said to be a sample", "texts", [("statements", 8, "left", 0)]),
    ("sample of another column", "texts", [("statements", 0, "sample", (0, 1, 0, 4))]),
    ("sample beyond the columns", "texts", [("statements", 8, "sample", (1 << 20, 0, 0, 255))]),
    ("templates that are left out", "variables", [("statements", 0, "left", 1)]),
    ("caller test first", "sides", [("statements", -1, "test_first", 15)]),
    (
        "alternatives without any template",
        "variables",
        [("extents", "templates", "count", 0)]
        + [("alternatives", n, field, 0) for n in range(4) for field in ("template_first", "template_count")],
    ),
    *[(f"state {n} must hold and may not", "texts", [("tests", -1, "states", 2 << 2 * n)]) for n in range(4)],
    ("statement without tests", "texts", [("statements", -1, "test_count", 0)]),
    ("statement beyond the tests", "texts", [("statements", -1, "test_count", 2)]),
    ("statement behind the tests", "texts", [("statements", -1, "test_first", ("tests", 0))]),
    ("effect", "texts", [("statements", -1, "is_deny", 2)]),
    ("statement without action", "texts", [("statements", 0, "test_first", 1)]),
]
PROGRAMS: list[tuple[str, str, list[Change]]] = [
    ("no programs", "texts", [("extents", "programs", "count", 2)]),
    *[(f"program {n}", "texts", [("programs", n, PROGRAM_MARK)]) for n in range(PROGRAM_FIRST)],
    ("program without mark", "texts", [("programs", PROGRAM_FIRST, 2)]),
    ("program that nothing asks, without mark", "indexed", [("programs", 7, 0), ("cells", 2, 0)]),
    ("program without layers", "indexed", [("programs", 8, 0), ("extents", "programs", "count", 9)]),
    ("more layers than told", "texts", [("header", 0, "layer_limit", 1)]),
    ("program of three layers", "texts", [("programs", 4, 3)]),
    ("program of one word", "texts", [("extents", "programs", "count", 4)]),
    ("layers beyond the end", "texts", [("extents", "programs", "count", 5)]),
    ("mark in a count", "texts", [("programs", 5, PROGRAM_MARK)]),
    ("layer of no kind", "texts", [("programs", 5, (max(LayerKind) << LAYER_SHIFT) + 6)]),
    ("statements beyond the end", "texts", [("programs", 5, LAYER_COUNT)]),
    ("statement behind the end", "indexed", [("extents", "programs", "count", 10)]),
    ("no such statement", "texts", [("programs", 8, ("statements", 0))]),
    ("deny that allows", "texts", [("programs", 6, 0)]),
    ("allow that denies", "texts", [("programs", 8, 1)]),
    ("another action than its statement's", "texts", [("programs", 14, 10)]),
    ("negated where its statement is not", "texts", [("programs", 21, 17)]),
    ("actions beyond the end", "indexed", [("programs", 8, PROGRAM_MARK | PROGRAM_GENERIC)]),
    ("actions of no generic program", "indexed", [("programs", 3, PROGRAM_MARK)]),
    ("no such program", "texts", [("cells", -1, ("programs", 0))]),
    ("amid a program", "texts", [("cells", -1, 4)]),
    ("special for all actions", "texts", [("cells", 12, PROGRAM_SPECIAL)]),
    ("special for all actions at a side", "sides", [("cells", 11 * 5, PROGRAM_SPECIAL)]),
]
DAMAGES = [
    pytest.param(section, table, changes, id=f"{section}: {what}")
    for section, group in [
        ("classifiers", CLASSIFIERS), ("classifiers", RELAYS), ("maps", MAPS), ("principals", PRINCIPALS),
        ("resources", RESOURCES), ("accounts", ACCOUNTS), ("endpoints", ENDPOINTS), ("keys", KEYS),
        ("templates", TEMPLATES), ("statements", STATEMENTS), ("programs", PROGRAMS),
    ]
    for what, table, changes in group
]  # fmt: skip


@pytest.mark.parametrize(("section", "table", "changes"), DAMAGES)
def test_damage_is_refused(section: str, table: str, changes: list[Change]) -> None:
    """One wrong number, under a right checksum, and the message names the section."""
    with pytest.raises(TableFormatError, match=f"^the table is damaged in section `{section}`$"):
        gw.Table(damage(tables()[table], changes))


def test_list_out_of_order_is_refused() -> None:
    """The columns of a sparse row ascend, for they are searched by halves."""
    data = bytearray(bytes(tables()["crowded"]))
    lists = elements(data, "lists").tolist()
    place = max(elements(data, "list_starts").tolist(), key=lambda start: lists[start])
    assert lists[place] >= 2
    with pytest.raises(TableFormatError, match="section `classifiers`"):
        gw.Table(damage(tables()["crowded"], [("lists", place + 2, lists[place + 1])]))


def test_sparse_rows_of_callers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of callers are read as dense ones, without a look at what they are."""
    monkeypatch.setattr(lower.Classifier, "is_sparse", property(lambda c: c.field == CALLER))
    with pytest.raises(TableFormatError, match="section `classifiers`"):
        gw.compile(SIDES)


def test_programs_at_the_very_end_are_refused() -> None:
    """A batch reads a few words behind a program, whatever stands there (GW_PROGRAM_SLACK)."""
    data = bytearray(bytes(tables()["texts"]))
    programs = elements(data, "programs").tobytes()
    data += bytes(-len(data) % native.SECTION_ALIGNMENT)
    number = list(SECTIONS).index("programs")
    for slack in (4 * PROGRAM_SLACK, 4 * PROGRAM_SLACK - 1):
        moved = data + programs + bytes(slack)
        header = read_header(bytes(moved))
        header["total_bytes"], header["sections"]["offset"][number] = len(moved), len(data)
        moved = assemble(header, bytes(moved[header.dtype.itemsize :]))
        if slack == 4 * PROGRAM_SLACK:
            assert gw.Table(moved).principals == tables()["texts"].principals
        else:
            with pytest.raises(TableFormatError, match="section `programs`"):
                gw.Table(moved)


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("place", ["unaligned", "in the header", "at the end", "far behind", "too long", "too many"])
def test_extent_is_refused(name: str, place: str) -> None:
    """Each section starts at a multiple of 64 bytes behind the header and ends before the table does."""
    table = tables()["texts"]
    size = table.byte_count
    extent = read_header(table)["sections"][list(SECTIONS).index(name)]
    room = (size - int(extent["offset"])) // native.ELEMENT_BYTES[list(SECTIONS).index(name)]
    change: dict[str, Change] = {
        "unaligned": ("offset", int(extent["offset"]) + 8),
        "in the header": ("offset", native.SECTION_ALIGNMENT),
        "at the end": ("offset", -(-size // 64) * 64 + 64),
        "far behind": ("offset", 1 << 63),
        "too long": ("count", room + 1),
        "too many": ("count", (1 << 64) - 1),
    }
    with pytest.raises(TableFormatError, match=f"^the table is damaged in section `{name}`$"):
        gw.Table(damage(table, [("extents", name, *change[place])]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("header", 0, "magic", 0)], "these bytes are no gatewright table"),
        ([("header", 0, "total_bytes", 1)], "the table is cut short or has bytes behind its end"),
        ([("header", 0, "section_count", len(SECTIONS) - 1)], "the table is damaged"),
        ([("header", 0, "action_column_count", 0)], "the table is damaged"),
        ([("header", 0, "layer_limit", native.LAYER_LIMIT + 1)], "the table is damaged"),
        ([("extents", "cells", "count", 1)], "the table is damaged in section `cells`"),
    ],
)
def test_header_is_refused(changes: list[Change], message: str) -> None:
    """A header that says what cannot be."""
    with pytest.raises(TableFormatError, match=f"^{message}$"):
        gw.Table(damage(tables()["texts"], changes))


@pytest.mark.parametrize("version", [0, native.VERSION - 1, native.VERSION + 1, 0xFFFF_FFFF])
def test_version_is_refused(version: int) -> None:
    """A version that this runtime does not read is told, with what to do."""
    reads = f"this runtime reads {native.VERSION}: compile the policies again"
    with pytest.raises(TableVersionError, match=f"^the table has format version {version}; {reads}$"):
        gw.Table(damage(tables()["texts"], [("header", 0, "version", version)]))


def test_checksum_is_refused() -> None:
    """A flipped bit in the notes, which nothing else looks at, is noticed."""
    data = bytearray(bytes(tables()["texts"]))
    data[-70] ^= 1
    with pytest.raises(TableFormatError, match=r"^the table is damaged: its checksum does not fit$"):
        gw.Table(bytes(data))


def with_wrong_checksum(data: bytes) -> bytes:
    """Return a table whose checksum is that of another one."""
    at = HEADER.fields["checksum"][1]
    return data[:at] + bytes(byte ^ 0xFF for byte in data[at : at + 8]) + data[at + 8 :]


def test_a_sealed_table_is_verified_but_for_its_checksum() -> None:
    """What has just been written opens whatever its checksum says; opened as any table it is refused."""
    data = bytes(tables()["texts"])
    assert bytes(native.open_sealed(with_wrong_checksum(data))) == with_wrong_checksum(data)
    with pytest.raises(TableFormatError, match="its checksum does not fit"):
        gw.Table(with_wrong_checksum(data))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ([("header", 0, "total_bytes", 1)], "cut short"),
        ([("header", 0, "layer_limit", native.LAYER_LIMIT + 1)], "is damaged"),
        ([("extents", "text", "count", (1 << 64) - 1)], "`text`"),
        ([("classifiers", 4, "kind", 8)], "`classifiers`"),
        ([("principals", 0, "cell_row", BIG)], "`principals`"),
        ([("tests", 0, "column", BIG)], "`statements`"),
        ([("cells", 0, BIG)], "`programs`"),
    ],
)
def test_a_sealed_table_that_is_not_sound_is_refused(changes: list[Change], where: str) -> None:
    """The checksum apart, what opens a table just written refuses what opening any table refuses, with its words."""
    data = damage(tables()["texts"], changes)
    messages = []
    for open_table, given in ((gw.Table, data), (native.open_sealed, with_wrong_checksum(data))):
        with pytest.raises(TableFormatError, match=where) as caught:
            open_table(given)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("how", [True, 1, "sealed", object(), None])
def test_nothing_from_outside_passes_for_sealed(how: object, tmp_path: Path) -> None:
    """Neither a second argument nor a file leaves the checksum out; no public name does."""
    data = with_wrong_checksum(bytes(tables()["texts"]))
    (tmp_path / "table").write_bytes(data)
    make: Any = gw.Table
    for open_table in (lambda: make(data, how), lambda: gw.Table.open(tmp_path / "table")):
        with pytest.raises(TableFormatError, match="its checksum does not fit"):
            open_table()
    assert not any("sealed" in name.lower() for module in (gw, runtime) for name in module.__all__)


@pytest.mark.parametrize("size", [0, 1, 8, HEADER.itemsize - 1])
def test_short_bytes_are_no_table(size: int) -> None:
    """Fewer bytes than a header has."""
    with pytest.raises(TableFormatError, match=r"^these bytes are no gatewright table$"):
        gw.Table(bytes(tables()["texts"])[:size])


def test_numbers_may_share_their_digits() -> None:
    """Many numbers of equal digits, in a table with less text than digits, are sound."""
    policy: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"NumericEquals": {"s3:max-keys": [f"123456789e{n}" for n in range(300)]}},
        },
    }
    from engine import compile_world, single_world
    from strategies import USERS

    authorizer = compile_world(single_world(policy))
    assert authorizer.authorize(USERS[0], "s3:ListBucket", "*", {"s3:max-keys": "1234567890"}).allowed
    assert not authorizer.authorize(USERS[0], "s3:ListBucket", "*", {"s3:max-keys": "123456789e300"}).allowed
