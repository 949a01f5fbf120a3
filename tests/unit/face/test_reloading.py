"""Stores loaded again, and compiled by what is kept from before: the same as anew, without doing everything anew."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gatewright as gw
from gatewright import store_reading
from gatewright.compiler.check import check_document
from gatewright.gateway.policies import PolicyLoader, load_policies

STORE = Path(__file__).parents[3] / "examples" / "store"
Details = dict[str, Any]


def edit_files(folder: Path, change: Callable[[Details], None], *, indent: int | None = 2) -> None:
    """Change the details of the largest account of a store."""
    path = account_file(folder)
    details = json.loads(path.read_text(encoding="utf-8"))
    change(details)
    path.write_text(json.dumps(details, indent=indent), encoding="utf-8")


def account_file(folder: Path) -> Path:
    return max((folder / "accounts").iterdir(), key=lambda file: len(json.loads(file.read_bytes())["UserDetailList"]))


def default_document(policy: Details) -> Details:
    (document,) = [version["Document"] for version in policy["PolicyVersionList"] if version["IsDefaultVersion"]]
    assert isinstance(document, dict)
    return document


def statements(document: Details) -> list[Details]:
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def change_policy(details: Details) -> None:
    statements(default_document(details["Policies"][0]))[0]["Resource"] = "arn:aws:s3:::pears/*"


def add_user(details: Details) -> None:
    user = details["UserDetailList"][0]
    names = {entry["UserName"] for entry in details["UserDetailList"]}
    name = next(name for name in map("Twin{}".format, range(100)) if name not in names)
    twin = {**user, "UserName": name, "Arn": f"{user['Arn'].rpartition('/')[0]}/{name}", "UserId": f"AIDA{name:0>16}"}
    details["UserDetailList"].insert(0, twin)


def drop_user(details: Details) -> None:
    if len(details["UserDetailList"]) > 1:
        details["UserDetailList"].pop()


def add_warning(details: Details) -> None:
    """A statement that is worth a finding."""
    document = default_document(details["Policies"][-1])
    document["Statement"] = [*statements(document), {"Effect": "Allow", "Action": "*", "Resource": "*"}]


def number_for_text(details: Details) -> None:
    """A number in place of a text of the same characters, or the other way round."""
    for statement in statements(default_document(details["Policies"][0])):
        value = statement.get("Condition", {}).get("NumericLessThan", {}).get("s3:max-keys")
        statement["Condition"] = {"NumericLessThan": {"s3:max-keys": 10 if value == "10" else "10"}}


EDITS = (change_policy, add_user, drop_user, add_warning, number_for_text)


@pytest.mark.parametrize("seed", range(6))
def test_a_store_loaded_again_is_the_store_loaded_anew(seed: int, tmp_path: Path) -> None:
    """After each of many edits documents, principals, findings with their places and the table are those anew."""
    folder = tmp_path / "store"
    shutil.copytree(STORE, folder)
    rng = random.Random(seed)
    compiler = gw.Compiler()
    store = None
    for _ in range(8):
        edit_files(folder, rng.choice(EDITS), indent=rng.choice((None, 2, 2, 4)))
        fresh = gw.PolicyStore.load(folder)
        store = gw.PolicyStore.load(folder, previous=store)
        assert store.findings == fresh.findings
        assert store.policy_set.principals == fresh.policy_set.principals
        assert list(store.policies.values()) == [
            type(policy)(document, policy.version, policy.statements)
            for policy, document in zip(fresh.policies.values(), store.policies, strict=True)
        ]
        assert (store.accounts, store.tags) == (fresh.accounts, fresh.tags)
        assert bytes(compiler.compile(store)) == bytes(gw.compile(fresh))


def test_only_what_has_changed_is_checked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that says the same is not checked a second time, wherever its findings have moved."""
    folder = tmp_path / "store"
    shutil.copytree(STORE, folder)
    edit_files(folder, add_warning)
    store = gw.PolicyStore.load(folder)
    checked: list[str] = []

    def check(document: Any, **how: Any) -> Any:
        checked.append(document.name)
        return check_document(document, **how)

    monkeypatch.setattr(store_reading, "check_document", check)
    gw.PolicyStore.load(folder, previous=store)
    assert checked == []
    changed: list[str] = []

    def change(details: Details) -> None:
        change_policy(details)
        changed.append(details["Policies"][0]["Arn"])

    edit_files(folder, change)
    again = gw.PolicyStore.load(folder, previous=store)
    assert set(changed) <= set(checked) and len(checked) < len(again.policies) / 2
    assert again.findings == gw.PolicyStore.load(folder).findings != ()


def test_a_refused_store_leaves_the_one_before(tmp_path: Path) -> None:
    """What cannot be loaded raises all its findings; the earlier store and its table go on, and serve again."""
    folder = tmp_path / "store"
    shutil.copytree(STORE, folder)
    store = gw.PolicyStore.load(folder)
    compiler = gw.Compiler()
    before = bytes(compiler.compile(store))

    def spoil(details: Details) -> None:
        statements(default_document(details["Policies"][0]))[0]["Effect"] = "Perhaps"

    edit_files(folder, spoil)
    for _ in range(2):
        with pytest.raises(gw.PolicyError):
            gw.PolicyStore.load(folder, previous=store)
    shutil.rmtree(folder)
    shutil.copytree(STORE, folder)
    assert bytes(compiler.compile(gw.PolicyStore.load(folder, previous=store))) == before


def test_a_compiler_takes_policy_sets_and_limits(tmp_path: Path) -> None:
    """A compiler makes the tables that `compile` makes: of stores, of policy sets, within a limit."""
    store = gw.PolicyStore.load(STORE)
    compiler = gw.Compiler()
    whole = compiler.compile(store)
    limit = whole.byte_count - 1000
    assert bytes(whole) == bytes(gw.compile(store)) == bytes(compiler.compile(store.policy_set))
    assert bytes(compiler.compile(store, max_table_bytes=limit)) == bytes(gw.compile(store, max_table_bytes=limit))
    assert bytes(compiler.compile(store)) == bytes(whole)


def test_a_gateway_loads_its_policies_again(tmp_path: Path) -> None:
    """A loader sees each version of its store; one that is refused changes nothing."""
    folder = tmp_path / "store"
    shutil.copytree(STORE, folder)
    loader = PolicyLoader(folder)
    for change in (change_policy, add_user, add_warning):
        edit_files(folder, change)
        again, fresh = loader.load(), load_policies(folder)
        assert bytes(again.authorizer.table) == bytes(fresh.authorizer.table)
        assert (again.tags, again.ids, again.roles) == (fresh.tags, fresh.ids, fresh.roles)
    kept = account_file(folder).read_bytes()
    file = account_file(folder)
    file.write_text("{", encoding="utf-8")
    with pytest.raises(gw.PolicyError):
        loader.load()
    file.write_bytes(kept)
    assert bytes(loader.load().authorizer.table) == bytes(load_policies(folder).authorizer.table)
