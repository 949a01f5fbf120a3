"""Tags of users are told from the store; those of role sessions are not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gatewright as gw
from gatewright.cli import main
from gatewright.replay import ReplayOptions, replay
from gatewright.replay.tags import UserTags

Maker = Callable[..., dict[str, Any]]
ACCOUNT = "123456789012"
BOB = f"arn:aws:iam::{ACCOUNT}:user/dev/Bob"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/app/Deploy"
KEYS = ("aws:principaltag/cost center", "aws:principaltag/team", "aws:sourceip")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, {"aws:principaltag/cost center": None, "aws:principaltag/team": None}),
        ({"team": "press"}, {"aws:principaltag/cost center": None, "aws:principaltag/team": "press"}),
        ({"Team": "press", "other": "x"}, {"aws:principaltag/cost center": None, "aws:principaltag/team": "press"}),
        ({"Cost Center": ""}, {"aws:principaltag/cost center": "", "aws:principaltag/team": None}),
        ({"Team": "press", "team": "cellar"}, {"aws:principaltag/cost center": None}),
    ],
)
def test_tags_of_a_user(tags: dict[str, str], expected: dict[str, str | None]) -> None:
    """A tag is present whatever the case of its name, every other one absent; two of one name tell nothing (R74)."""
    assert UserTags({BOB: tags} if tags else {}, KEYS).context_of(BOB) == expected


def test_tags_of_others_are_not_told() -> None:
    """A session may bring tags of its own that no log holds, so the tags of its role tell nothing."""
    tags = UserTags({DEPLOY: {"team": "press"}}, KEYS)
    assert tags.context_of(DEPLOY) == {}
    assert tags.context_of(f"arn:aws:iam::{ACCOUNT}:root") == {}


def write_store(folder: Path, user_tags: dict[str, str]) -> gw.PolicyStore:
    """Write a store whose user and role, both tagged, may read what their team's tag allows."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "press"}}
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}
    inline = [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statement}}]
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": service}
    tags = [{"Key": key, "Value": value} for key, value in user_tags.items()]
    user = {"UserName": "Bob", "Arn": BOB, "UserPolicyList": inline, "Tags": tags}
    role = {"RoleName": "Deploy", "Arn": DEPLOY, "AssumeRolePolicyDocument": trust, "RolePolicyList": inline}
    role |= {"Tags": [{"Key": "team", "Value": "press"}]}
    (folder / "accounts").mkdir(parents=True)
    (folder / "accounts" / "main.json").write_text(json.dumps({"UserDetailList": [user], "RoleDetailList": [role]}))
    return gw.PolicyStore.load(folder)


def decided(log: Path, now: gw.PolicyStore, then: gw.PolicyStore, *documents: dict[str, Any]) -> list[tuple[str, str]]:
    """Replay events against two stores and return both decisions of each."""
    log.write_text("".join(json.dumps(document) + "\n" for document in documents))
    output = log.with_suffix(".out.jsonl")
    options = ReplayOptions([str(log)], tags=now.tags, proposed_tags=then.tags, output=str(output))
    engines = [gw.Authorizer(gw.compile(store)) for store in (now, then)]
    replay(options, authorizer=engines[0], proposed=engines[1], out=io.StringIO(), err=io.StringIO())
    records = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    return [(record["decision"], record["proposed_decision"]) for record in records]


def test_each_store_has_its_tags(tmp_path: Path, document: Maker, session: Callable[..., Any]) -> None:
    """A user is decided with the tags of the store that decides, a role session without (R126, R190)."""
    now = write_store(tmp_path / "now", {"Team": "press"})
    then = write_store(tmp_path / "then", {"Team": "cellar"})
    found = decided(tmp_path / "log.jsonl", now, then, document(), document(userIdentity=session()))
    assert found == [("allow", "implicit-deny"), ("unknown", "unknown")]


def test_a_table_has_no_tags(tmp_path: Path, document: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    """With a table in place of the store tags are unknown, on the side of the proposed store too."""
    store = write_store(tmp_path / "now", {"team": "press"})
    gw.compile(store).save(tmp_path / "now.gwt")
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(document()))
    proposed = ["--proposed", str(tmp_path / "now"), "--json"]
    assert main(["replay", str(log), "--table", str(tmp_path / "now.gwt"), *proposed]) == 0
    assert json.loads(capsys.readouterr().out)["changes"]["unknown"] == 1
    assert main(["replay", str(log), "--store", str(tmp_path / "now"), *proposed]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["changes"]["unchanged"], found["decisions"]["allow"]) == (1, 1)
