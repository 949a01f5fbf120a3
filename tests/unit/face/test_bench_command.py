"""The command that measures decisions on a user's own policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import gatewright as gw
from gatewright import measuring
from gatewright.arguments import UsageError
from gatewright.cli import main
from gatewright.compiler.policyset import PolicySet
from gatewright.store import PolicyStore

STORE = str(Path(__file__).parents[3] / "examples" / "store")
ANALYST = "arn:aws:iam::444455556666:role/analyst"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three passes are enough here."""
    monkeypatch.setattr(measuring.measure, "__defaults__", (0.0,))


def members(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what was printed as JSON."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_store_is_measured_with_requests_drawn_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures say what was measured, and decisions of all kinds are among them."""
    assert main(["bench", "--store", STORE, "--count", "300", "--json"]) == 0
    found = members(capsys)
    assert found["requests"] == sum(found["decisions"].values()) == 300
    assert set(found["decisions"]) == {"ALLOW", "EXPLICIT_DENY", "IMPLICIT_DENY"}
    assert found["statements"] > 100 and found["table_bytes"] > 1_000 and len(found["table_checksum"]) == 16
    assert 0 < found["single_ns"]["median"] <= found["single_ns"]["p99"] and found["batch_ns"] > 0


def test_the_table_is_printed_with_its_header_ahead(capsys: pytest.CaptureFixture[str]) -> None:
    """Version and machine come first, then table, policies and requests, then the figures."""
    assert main(["bench", "--store", STORE, "--count", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["gatewright", "table", "policies", "requests"]
    assert lines[-2].startswith("one at a time") and lines[-1].startswith("as one batch")


def test_the_same_seed_draws_the_same_requests() -> None:
    """Requests follow from the store and the seed, and each of them can be decided."""
    policy_set = PolicyStore.load(STORE).policy_set
    one, again, other = (measuring.draw_requests(policy_set, 50, seed) for seed in (1, 1, 2))
    assert one == again != other
    authorizer = gw.Authorizer(gw.compile(policy_set))
    assert all(authorizer.knows(request[0]) and authorizer.authorize(*request) for request in one)


def test_a_table_is_measured_with_requests_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table needs requests; each line of the file is one."""
    table, requests = str(tmp_path / "policies.gwt"), tmp_path / "requests.jsonl"
    gw.compile(PolicyStore.load(STORE)).save(table)
    line = {"principal": ANALYST, "action": "s3:GetObject", "context": {"aws:TagKeys": ["a"], "aws:username": "x"}}
    requests.write_text(f"{json.dumps(line)}\n\n{json.dumps(line)}\n", encoding="utf-8")
    assert main(["bench", "--table", table, "--requests", str(requests), "--json"]) == 0
    assert members(capsys)["requests"] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no requests"),
        ("{", "requests.jsonl:1: not JSON"),
        ("\n[]", "requests.jsonl:2: not a request"),
        ('{"principal": "x"}', "is no text"),
        ('{"principal": "x", "action": "a:b", "context": {"k": 1}}', "context is not an object of texts"),
        ("[" * 100_000, "requests.jsonl:1: not JSON"),
    ],
)
def test_bad_requests_are_told_with_their_place(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that is no request ends in one line of error."""
    path = tmp_path / "requests.jsonl"
    path.write_text(text, encoding="utf-8")
    assert main(["bench", "--store", STORE, "--requests", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error


def test_a_table_alone_tells_nothing_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without requests the error says what to name."""
    assert main(["bench", "--table", str(tmp_path / "x.gwt")]) == 2
    assert "name requests with `--requests`" in capsys.readouterr().err


def test_nothing_is_drawn_where_nobody_has_a_statement() -> None:
    """A policy set without statements is refused with what to do."""
    with pytest.raises(UsageError, match="no principal of the store has a statement"):
        measuring.draw_requests(PolicySet((), ()), 1, 1)
