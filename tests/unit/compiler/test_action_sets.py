"""The sets of actions that are decided in ways of their own: their names are those of the reference."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from reference_kinds import KMS_ACROSS_ACCOUNTS, NEEDS_NO_PERMISSION, TAKE_UNSIGNED
from reference_layers import KEYLESS, ROOT_KEEPS, UNDER_RCPS
from reference_layers import WITHOUT_RESOURCE_PART as SERVICES_WITHOUT_RESOURCE_PART
from reference_principals import ACTIONS_OF_PROVIDERS

from gatewright.compiler.action_sets import ACTION_SETS, WITHOUT_RESOURCE_PART
from gatewright.compiler.automaton import Symbols
from gatewright.compiler.syntax import Wildcard
from gatewright.runtime.layout import ActionSet

NAMES: dict[ActionSet, tuple[str, ...]] = {
    ActionSet.FREE: NEEDS_NO_PERMISSION,
    ActionSet.NOT_FOR_ROLES: ("sts:getsessiontoken",),
    ActionSet.NOT_FEDERATED: ("iam:*", "sts:*"),
    ActionSet.ASSUME_ROLE: ("sts:assumerole",),
    ActionSet.SOURCE_IDENTITY: ("sts:setsourceidentity",),
    ActionSet.TRUST: ("sts:*",),
    ActionSet.UNSIGNED: tuple(f"{service}:*" for service in TAKE_UNSIGNED),
    ActionSet.ROOT_KEEPS: ROOT_KEEPS,
    ActionSet.UNDER_RCPS: tuple(f"{service}:*" for service in UNDER_RCPS),
    ActionSet.NOT_UNDER_RCPS: ("kms:retiregrant",),
    ActionSet.KEYLESS: KEYLESS,
    ActionSet.KEY_ABROAD: KMS_ACROSS_ACCOUNTS,
    ActionSet.SAML: ACTIONS_OF_PROVIDERS["saml"],
    ActionSet.WEB: ACTIONS_OF_PROVIDERS["web"],
    ActionSet.KEYS: ("kms:*",),
}


def written(patterns: Iterable[Symbols]) -> set[str]:
    """Return patterns as policies write them."""
    return {"".join("*" if symbol is Wildcard.ANY else str(symbol) for symbol in symbols) for symbols in patterns}


@pytest.mark.parametrize("number", ActionSet)
def test_a_set_has_the_names_of_the_reference(number: ActionSet) -> None:
    """Each name is there, and no other (R32, R33, R60, R133, R141-R146, R149)."""
    assert written(ACTION_SETS[number]) == set(NAMES[number])


def test_services_without_a_resource_part_are_those_of_the_reference() -> None:
    """Their policies have no Resource (R32)."""
    assert written(WITHOUT_RESOURCE_PART) == {f"{service}:*" for service in SERVICES_WITHOUT_RESOURCE_PART}


def test_a_star_is_a_wildcard_at_the_end() -> None:
    """It stands behind a text, and no text has one."""
    everything = [symbols for patterns in (*ACTION_SETS.values(), WITHOUT_RESOURCE_PART) for symbols in patterns]
    assert {symbols[1:] for symbols in everything} == {(), (Wildcard.ANY,)}
    assert not any("*" in str(symbols[0]) for symbols in everything)
