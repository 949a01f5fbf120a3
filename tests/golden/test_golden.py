"""Listings of small tables and messages about refused documents are, byte for byte, what somebody has read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import gatewright as gw
from gatewright.cli import main
from gatewright.compiler.listing import list_table
from gatewright.compiler.policyset import (
    Account,
    Endpoint,
    PolicySet,
    Principal,
    PrincipalKind,
    Resource,
    ResourceKind,
)
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

FOLDER = Path(__file__).parent
TABLES = sorted(path.stem for path in (FOLDER / "tables").glob("*.json"))
ERRORS = sorted(path.stem for path in (FOLDER / "errors").glob("*.json"))


def compare(path: Path, text: str, update_golden: bool) -> None:
    """Compare a text with its golden file, or rewrite the file."""
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path.name} is not there; pytest tests/golden --update-golden writes it"
    assert text == path.read_text(encoding="utf-8")


def read_policy_set(name: str) -> PolicySet:
    """Read the input of a listing; its sources are named by the file and the document's number."""
    value = json.loads((FOLDER / "tables" / f"{name}.json").read_text(encoding="utf-8"))
    documents = tuple(
        Document(entry["name"], PolicyKind(entry["kind"]), Source(json.dumps(entry["policy"]), f"{name}/{number}"))
        for number, entry in enumerate(value["documents"])
    )
    principals = tuple(
        Principal(**{**entry, "kind": PrincipalKind(entry["kind"]), **as_tuples(entry, "identity", "session", "scps")})
        for entry in value["principals"]
    )
    resources = tuple(
        Resource(
            **{**entry, "kind": ResourceKind(entry.get("kind", "other")), **as_tuples(entry, "attributes")},
        )
        for entry in value.get("resources", ())
    )
    accounts = tuple(Account(**{**entry, **as_tuples(entry, "rcps")}) for entry in value.get("accounts", ()))
    endpoints = tuple(Endpoint(**entry) for entry in value.get("endpoints", ()))
    return PolicySet(documents, principals, resources, accounts, endpoints)


def as_tuples(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return some members of an entry with their lists, and lists in these, as tuples."""

    def convert(value: Any) -> Any:
        return tuple(map(convert, value)) if isinstance(value, list) else value

    return {name: convert(entry[name]) for name in names if name in entry}


@pytest.mark.parametrize("name", TABLES)
def test_listing(name: str, update_golden: bool) -> None:
    """The table of a small policy set lists as the file says."""
    compare(FOLDER / "tables" / f"{name}.listing", list_table(gw.compile(read_policy_set(name))), update_golden)


@pytest.mark.parametrize("name", ERRORS)
def test_error(
    name: str, update_golden: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that is refused is refused with the words of the file, and exit code 1 or, unreadable, 2."""
    monkeypatch.chdir(FOLDER)
    assert main(["check", f"errors/{name}.json"]) in (1, 2)
    printed = capsys.readouterr()
    assert printed.err == ""
    compare(FOLDER / "errors" / f"{name}.error", printed.out, update_golden)


def test_no_golden_file_is_left_over() -> None:
    """Every output stands beside an input."""
    outputs = {path.stem for path in FOLDER.glob("*/*.listing")}, {path.stem for path in FOLDER.glob("*/*.error")}
    assert outputs == (set(TABLES), set(ERRORS)) and TABLES and ERRORS
