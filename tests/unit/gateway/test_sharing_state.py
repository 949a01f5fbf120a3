"""The state of sharing: changes, doubts, and what is permitted meanwhile."""

from __future__ import annotations

import itertools
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import gatewright as gw
from gatewright.cli import main
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind, Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.credentials import CredentialStore, MasterKeys
from gatewright.ec2.errors import Ec2Error
from gatewright.ec2.sharing_changes import Change, read_change
from gatewright.ec2.sharing_rules import permits
from gatewright.ec2.sharing_state import PendingError, SharingError, SharingState
from gatewright.sharing import ADDITIONS, CANCEL, SharedItem, Storage, attribute_document

OWNER, PARTNER, OTHER = "111111111111", "222222222222", "333333333333"
IMAGE = SharedItem("image", "ami-1", OWNER)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "credentials.db"
    CredentialStore(path, MasterKeys({"k1": b"k" * 32}), create=True).close()
    return path


@pytest.mark.parametrize("kind", ["image", "snapshot"])
def test_permits_agrees_with_the_policy(kind: str) -> None:
    """The function says of every item, action, account and addition what the compiled policy says (R161, R163)."""
    storages = [(), (Storage(True),), (Storage(True, True),), (Storage(False, False, True),)]
    permissions = [((), False, ()), ((PARTNER,), False, ()), ((), True, ()), ((), False, (PARTNER,))]
    compared = 0
    for storage, (users, public, members), usable in itertools.product(storages, permissions, (True, False)):
        item = SharedItem(kind, f"{kind}-1", OWNER, public, users, members, storage, usable)  # type: ignore[arg-type]
        resource = f"arn:aws:ec2:us-east-1::{kind}/{kind}-1"
        callers = {account: f"arn:aws:iam::{account}:user/u" for account in (OWNER, PARTNER, OTHER)}
        allow = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
        documents = (Document("p", PolicyKind.IDENTITY, Source(allow, "p")), attribute_document(item))
        principals = tuple(Principal(arn, PrincipalKind.USER, (0,)) for arn in callers.values())
        resources = (Resource(f"{kind}/{kind}-1", attributes=(1,)),)
        authorizer = gw.Authorizer(gw.compile(PolicySet(documents, principals, resources)))
        actions = [*item.uses, item.changes[0], item.changes[-1], CANCEL, "ec2:CreateTags"]
        for (account, arn), action in itertools.product(callers.items(), actions):
            for additions in ({}, {ADDITIONS[0]: "all"}, {ADDITIONS[1]: PARTNER}):
                answer = authorizer.authorize(arn, action, resource, additions)
                assert permits(item, action, account, additions) == answer.allowed, (item, action, account, additions)
                compared += 1
    assert compared > 1_000


@pytest.mark.parametrize(
    ("action", "parameters", "expected"),
    [
        (
            "ModifyImageAttribute",
            {"ImageId": "ami-1", "LaunchPermission.Add.1.UserId": PARTNER, "LaunchPermission.Remove.1.Group": "all"},
            Change("image", "ami-1", (PARTNER,), ("all",)),
        ),
        (
            "ModifyImageAttribute",
            {
                "ImageId": "ami-1",
                "Attribute": "launchPermission",
                "OperationType": "add",
                "UserId.1": PARTNER,
                "UserId.2": OTHER,
                "UserGroup.1": "all",
            },
            Change("image", "ami-1", (PARTNER, OTHER, "all")),
        ),
        (
            "ModifySnapshotAttribute",
            {"SnapshotId": "snap-1", "OperationType": "remove", "UserId": PARTNER},
            Change("snapshot", "snap-1", remove=(PARTNER,)),
        ),
        (
            "ModifySnapshotAttribute",
            {"SnapshotId": "snap-1", "CreateVolumePermission.Add.7.Group": "all"},
            Change("snapshot", "snap-1", ("all",)),
        ),
        (
            "ResetImageAttribute",
            {"ImageId": "ami-1", "Attribute": "launchPermission"},
            Change("image", "ami-1", is_reset=True),
        ),
        ("CancelImageLaunchPermission", {"ImageId": "ami-1"}, Change("image", "ami-1", remove=(OWNER,))),
        ("DeregisterImage", {"ImageId": "ami-1"}, Change("image", "ami-1", usable=False)),
        ("ModifyImageAttribute", {"ImageId": "ami-1", "Description.Value": "x"}, None),
        ("RunInstances", {"ImageId": "ami-1"}, None),
    ],
)
def test_both_forms_are_read(action: str, parameters: dict[str, str], expected: Change | None) -> None:
    """A call says the same change in either form of the API."""
    assert read_change(action, {"Action": action, **parameters}, OWNER) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"LaunchPermission.Add.1.UserId": PARTNER, "LaunchPermission.Remove.1.UserId": PARTNER},
        {"LaunchPermission.Add.1.UserId": PARTNER, "OperationType": "add", "UserId.1": OTHER},
        {"LaunchPermission.Add.1.UserId": "1111-2222-3333"},
        {"LaunchPermission.Add.1.Group": "everyone"},
        {"LaunchPermission.Add.1.UserId": PARTNER, "LaunchPermission.Add.1.Group": "all"},
        {"OperationType": "add"},
        {"OperationType": "replace", "UserId.1": PARTNER},
        {"UserId.1": PARTNER},
        {"Attribute": "description", "OperationType": "add", "UserId.1": PARTNER},
        {"OperationType": "add", "UserGroup.1": "ALL"},
    ],
)
def test_what_is_not_clear_is_refused(parameters: dict[str, str]) -> None:
    """A change that two readers could read differently is none."""
    with pytest.raises(Ec2Error):
        read_change("ModifyImageAttribute", {"ImageId": "ami-1", **parameters}, OWNER)


def test_a_change_is_permitted_when_complete(database: Path) -> None:
    """Another account is added once the cloud has done so, and is out as soon as its removal is on the way."""
    with SharingState(database) as state, SharingState(database) as other:
        state.register(IMAGE)
        intent = state.begin(Change("image", "ami-1", (PARTNER, "all")), "r1")
        assert other.find("image", "ami-1").seen == frozenset()  # type: ignore[union-attr]
        assert state.complete(intent)
        assert other.find("image", "ami-1").seen == {PARTNER, "all"}  # type: ignore[union-attr]
        intent = state.begin(Change("image", "ami-1", remove=(PARTNER,)), "r2")
        assert other.find("image", "ami-1").seen == {"all"}  # type: ignore[union-attr]
        assert state.abandon(intent)
        assert other.find("image", "ami-1").seen == {PARTNER, "all"}  # type: ignore[union-attr]


def test_one_change_of_an_item_at_a_time(database: Path) -> None:
    """A second change waits for the first; one that was settled meanwhile is not made twice."""
    with SharingState(database) as state:
        state.register(IMAGE, [OTHER])
        first = state.begin(Change("image", "ami-1", is_reset=True), "r1")
        with pytest.raises(PendingError, match="on its way"):
            state.begin(Change("image", "ami-1", (PARTNER,)), "r2")
        assert state.pending() == [first]
        assert state.settle(first, [PARTNER], True)
        assert not state.complete(first)
        known = state.find("image", "ami-1")
        assert known is not None and known.grantees == {PARTNER} and known.intent is None


def test_an_item_on_its_way_out_is_not_usable(database: Path) -> None:
    """Nobody launches an image that is perhaps deregistered."""
    with SharingState(database) as state:
        state.register(IMAGE)
        intent = state.begin(Change("image", "ami-1", usable=False), "r1")
        assert not state.find("image", "ami-1").as_item().is_usable  # type: ignore[union-attr]
        state.complete(intent)
        assert not state.find("image", "ami-1").item.is_usable  # type: ignore[union-attr]


def test_what_is_not_there_is_an_error(database: Path, tmp_path: Path) -> None:
    """A missing store, another database, a locked one and another version are errors, never empty states."""
    with pytest.raises(SharingError, match="no such store"):
        SharingState(tmp_path / "none.db")
    sqlite3.connect(tmp_path / "other.db").executescript("CREATE TABLE t (x)").connection.close()
    with pytest.raises(SharingError, match="no store of credentials"):
        SharingState(tmp_path / "other.db")
    with SharingState(database, busy_seconds=0.01) as state:
        locker = sqlite3.connect(database, isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        with pytest.raises(SharingError, match="locked"):
            state.register(IMAGE)
        locker.execute("ROLLBACK")
        locker.execute("UPDATE sharing_version SET version = 9")
        locker.close()
    with pytest.raises(SharingError, match="version 9"):
        SharingState(database)


def test_import_is_whole_or_nothing(database: Path) -> None:
    """Files with a permission for an unknown image change nothing; known permissions survive a new description."""
    with SharingState(database) as state:
        with pytest.raises(SharingError, match="not described"):
            state.import_items([IMAGE], {("image", "ami-2"): [PARTNER]})
        assert state.list() == []
        state.import_items([IMAGE], {("image", "ami-1"): [PARTNER]})
        state.import_items([SharedItem("image", "ami-1", OWNER, is_public=True)], {})
        assert state.find("image", "ami-1").grantees == {PARTNER, "all"}  # type: ignore[union-attr]


def test_files_of_aws_are_imported(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes images, snapshots and their permissions, and shows them; with a wrong file it takes nothing."""
    files = {
        "images": {"Images": [{"ImageId": "ami-1", "OwnerId": OWNER, "Public": True, "State": "available"}]},
        "image": {"ImageId": "ami-1", "LaunchPermissions": [{"UserId": PARTNER}, {"Group": "all"}]},
        "snapshots": {"Snapshots": [{"SnapshotId": "snap-1", "OwnerId": OWNER, "Encrypted": True}]},
        "snapshot": {"SnapshotId": "snap-1", "CreateVolumePermissions": [{"UserId": OTHER}]},
        "wrong": {"Volumes": []},
    }
    for name, value in files.items():
        (tmp_path / name).write_text(json.dumps(value))
    paths = [str(tmp_path / name) for name in files]
    store = ["--store", str(database), "--json"]
    assert main(["sharing", "import", *paths, *store]) == 2
    assert "wrong" in capsys.readouterr().err
    assert main(["sharing", "import", *paths[:-1], *store]) == 0
    assert json.loads(capsys.readouterr().out) == {"items": 2, "permissions": 2}
    assert main(["sharing", "list", *store]) == 0
    shared = {one["id"]: one["sharedWith"] for one in json.loads(capsys.readouterr().out)}
    assert shared == {"ami-1": [PARTNER, "all"], "snap-1": [OTHER]}
    with SharingState(database) as state:
        snapshot = state.find("snapshot", "snap-1")
        assert snapshot is not None and not permits(snapshot.as_item(), "ec2:CreateVolume", OTHER)
    assert main(["sharing", "settle", "ami-1", paths[1], *store]) == 2
    assert "no change of `ami-1` is pending" in capsys.readouterr().err


def test_killed_at_any_point_nothing_is_lost(database: Path) -> None:
    """Killed 200 times while it changes items, a process leaves every item as the cloud has it, or in doubt."""
    script = Path(__file__).parents[2] / "gateway" / "killed.py"
    done = subprocess.run(
        [sys.executable, str(script), str(database), "200", "7"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    rounds, changes, doubts = map(int, done.stdout.split())
    assert rounds == 200
    assert changes > 200
    assert doubts > 0
