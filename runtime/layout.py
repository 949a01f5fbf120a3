"""The records of the table format as numpy dtypes: the twin of include/gatewright/table.h.

The order of `SECTIONS` is the order of ``enum gw_section``; a test holds every dtype against the C structs.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

SHARED_LIMIT = 4
"""Rows and programs that a principal has beside its first row, at most."""
SHARED_PROGRAM = 0x80000000
"""Marks the place of a program among the numbers of shared rows."""


def _record(**fields: str | np.dtype[Any] | tuple[np.dtype[Any], int]) -> np.dtype[np.void]:
    return np.dtype(
        [(name, *layout) if isinstance(layout, tuple) else (name, layout) for name, layout in fields.items()]
    )


EXTENT = _record(offset="<u8", count="<u8")
_TEST = _record(column="<u4", classifier="<u2", flags="u1", states="u1")

SECTIONS: dict[str, np.dtype[Any]] = {
    "text": np.dtype("u1"),
    "maps": _record(first_slot="<u4", slot_count="<u4", probe_limit="<u4", longest_bytes="<u4", seed="<u8"),
    "slots": np.dtype("<u4"),
    "symbols": _record(text_offset="<u4", text_bytes="<u4", value="<u4", reserved="<u4"),
    "principals": _record(
        account="<u8", cell_row="<u4", symbol="<u4", account_row="<u4", own_row="<u4", federating_row="<u4", kind="u1",
        flags="u1", shared_count="<u2", shared_rows=(np.dtype("<u4"), SHARED_LIMIT),
    ),
    "resources": _record(
        account="<u8", symbol="<u4", policy_row="<u4", attribute_row="<u4", kind="u1", is_under_rcps="u1",
        reserved="<u2",
    ),
    "accounts": _record(id="<u8", rcp_row="<u4", reserved="<u4"),
    "endpoints": _record(symbol="<u4", cell_row="<u4"),
    "keys": _record(symbol="<u4", classifier_first="<u4", classifier_count="<u4", reserved="<u4"),
    "classifiers": _record(
        kind="u1", view="u1", is_sparse="u1", reserved="u1", column_count="<u4", row_words="<u4", row_count="<u4",
        row_first="<u4", group_first="<u4", group_count="<u4", bound_first="<u4", bound_count="<u4", ipv6_first="<u4",
        ipv6_count="<u4", has_ipv4_index="<u4", ipv4_index_first="<u4", slot="<u4", range_first="<u4",
    ),
    "groups": _record(
        kind="u1", shift="u1", reserved="<u2", relay_set="<u4", byte_map="<u4", class_count="<u4", state_count="<u4",
        transition_first="<u4", accept_first="<u4", accept_count="<u4", start="<u4", absorbing_count="<u4",
        word_count="<u4", mask_first="<u4",
    ),
    "byte_maps": np.dtype("u1"),
    "transitions": np.dtype("<u2"),
    "masks": np.dtype("<u8"),
    "accepts": np.dtype("<u4"),
    "relay_sets": _record(
        relay_first="<u4", relay_count="<u4", piece_first="<u4", piece_count="<u4", anchor_first="<u4",
        beginning_count="<u4", ending_count="<u4", node_first="<u4", beginning_node_count="<u4",
        ending_node_count="<u4",
    ),
    "relays": _record(leg_first="<u4", leg_count="<u4", row="<u4", peer="<u4"),
    "legs": np.dtype("<u4"),
    "pieces": np.dtype("<u4"),
    "nodes": _record(
        text_offset="<u4", text_bytes="<u4", child_first="<u4", child_count="<u4", anchor_first="<u4",
        anchor_count="<u4",
    ),
    "anchors": _record(part_first="<u4", part_count="<u4", relay_first="<u4", relay_count="<u4"),
    "ipv4": np.dtype("<u4"),
    "ipv6": _record(high="<u8", low="<u8"),
    "ipv4_index": np.dtype("<u4"),
    "instants": _record(seconds="<i8", nanoseconds="<u4", reserved="<u4"),
    "numbers": _record(exponent="<i8", text_offset="<u4", text_bytes="<u4", is_negative="<u4", reserved="<u4"),
    "range_rows": np.dtype("<u4"),
    "rows": np.dtype("<u8"),
    "lists": np.dtype("<u4"),
    "list_starts": np.dtype("<u4"),
    "folds": np.dtype([("from", "<u4"), ("to", "<u4")]),
    "parts": _record(
        kind="u1", is_in_field="u1", has_default="u1", reserved="u1", key="<u4", text_offset="<u4", text_bytes="<u4"
    ),
    "templates": _record(part_first="<u4", part_count="<u4"),
    "alternatives": _record(template_first="<u4", template_count="<u4"),
    "tests": _TEST,
    "statements": _record(sample=_TEST, test_first="<u4", test_count="<u2", is_deny="u1", left="u1"),
    "programs": np.dtype("<u4"),
    "cells": np.dtype("<u4"),
    "notes": np.dtype("u1"),
}  # fmt: skip

HEADER = np.dtype(
    [
        ("magic", "<u8"), ("version", "<u4"), ("section_count", "<u4"), ("total_bytes", "<u8"), ("checksum", "<u8"),
        ("action_column_count", "<u4"), ("layer_limit", "<u4"), ("simulation_words", "<u4"), ("row_words", "<u4"),
        ("everyone_row", "<u4"), ("unknown_row", "<u4"), ("sections", EXTENT, len(SECTIONS)),
    ]
)  # fmt: skip


class Kind(IntEnum):
    """How a classifier reads the text of a value: ``enum gw_kind``."""

    TEXT = 0
    ASCII_FOLD = 1
    FOLD = 2
    ARN = 3
    NUMBER = 4
    INSTANT = 5
    ADDRESS = 6
    BINARY = 7


class GroupKind(IntEnum):
    """How patterns are matched together: ``enum gw_group_kind``."""

    AUTOMATON = 0
    GATHERING = 1
    SIMULATION = 2
    RELAYS = 3


class View(IntEnum):
    """What a classifier makes of several values: ``enum gw_view``."""

    ONE = 0
    SOME = 1
    EACH = 2
    SOME_OR_ILL = 3
    EACH_OR_ILL = 4


class PartKind(IntEnum):
    """A piece of a template: ``enum gw_part_kind``."""

    TEXT = 0
    ANY = 1
    ONE = 2
    FIELD_ANY = 3
    FIELD_ONE = 4
    VARIABLE = 5


class LayerKind(IntEnum):
    """Kinds of layers of a program: ``enum gw_layer_kind``; `AUTHENTICATION` is a reason without a layer."""

    IDENTITY = 0
    BOUNDARY = 1
    SESSION = 2
    SCP = 3
    RESOURCE = 4
    TRUST = 5
    RCP = 6
    VPC_ENDPOINT = 7
    EC2_ATTRIBUTE = 8
    AUTHENTICATION = 9


class CallerKind(IntEnum):
    """Kinds of caller that a table knows as principals: the first of ``enum gw_caller_kind``."""

    USER = 0
    ROLE = 1
    FEDERATED = 2
    ROOT = 3


class PrincipalFlag(IntEnum):
    """What else a table says of a principal: ``GW_PRINCIPAL_*``."""

    BOUNDARY = 1
    SERVICE_LINKED = 2


class CallerTest(IntEnum):
    """Forms of a principal part: ``enum gw_caller_test``."""

    MEANS = 0
    MEANS_GATEWAY = 1
    SPARES = 2
    LEAVES_OUT = 3


class ActionSet(IntEnum):
    """Sets of actions that are decided in ways of their own: ``enum gw_action_set``."""

    FREE = 0
    NOT_FOR_ROLES = 1
    NOT_FEDERATED = 2
    ASSUME_ROLE = 3
    SOURCE_IDENTITY = 4
    TRUST = 5
    UNSIGNED = 6
    ROOT_KEEPS = 7
    UNDER_RCPS = 8
    NOT_UNDER_RCPS = 9
    KEYLESS = 10
    KEY_ABROAD = 11
    SAML = 12
    WEB = 13
    KEYS = 14


class Truth(IntEnum):
    """Truth values: bit 0 "may hold", bit 1 "must hold"."""

    FALSE = 0
    UNSURE = 1
    TRUE = 3


class Decision(IntEnum):
    """What the engine answers; a zeroed result denies."""

    IMPLICIT_DENY = 0
    ALLOW = 1
    EXPLICIT_DENY = 2
    UNKNOWN = 3


ACTION_SLOT = 0
RESOURCE_SLOT = 1
FIRST_KEY_SLOT = 2
TEST_NEGATED = 1
TEST_TEMPLATES = 2
TEST_CALLER = 4
LEFT_NOTHING = 1
LEFT_MORE = 2
NO_ROW = 0xFFFFFFFF
PROGRAM_NONE = 0
PROGRAM_ALWAYS = 1
PROGRAM_SPECIAL = 2
PROGRAM_FIRST = 3
PROGRAM_MARK = 0x80000000
PROGRAM_GENERIC = 0x40000000
PROGRAM_COUNT = 0x3FFFFFFF
PROGRAM_SLACK = 8
LAYER_SHIFT = 27
LAYER_COUNT = 0x07FFFFFF
PRINCIPAL_MAP = 0
KEY_MAP = 1
RESOURCE_MAP = 2
ENDPOINT_MAP = 3
CLASSIFIER_MAPS = 4
KEY_CLASSIFIERS = 4
