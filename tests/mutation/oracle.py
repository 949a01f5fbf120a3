"""What notices a fault: the vectors of the suite, a few of each rule first, then tests."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import lark  # noqa: F401 - loaded once, not in the process of each mutant
import pytest
from conformance.suite import read_lines

Vector = tuple[dict[str, Any], str]
"""A vector and the line on which it stands."""

UNUSED: Final = ("cacheprovider", "unraisableexception", "threadexception", "anyio", "benchmark", "faulthandler")
"""Plugins of pytest that would cost a mutant more than a test."""

USAGE_ERROR: Final = "pytest usage error"
"""In place of a test: pytest itself did not run, which no fault causes."""


def read_ordered() -> list[Vector]:
    """Return the vectors with their lines: first one of each topic and decision, then a second one, and so on."""
    seen: Counter[tuple[str, str]] = Counter()
    ordered = []
    for number, (_, line) in enumerate(read_lines()):
        vector = json.loads(line)
        topic = _topic(vector)
        seen[topic] += 1
        ordered.append((seen[topic], number, vector, line))
    return [(vector, line) for _, _, vector, line in sorted(ordered, key=lambda item: item[:2])]


def count_topics(vectors: Sequence[Vector]) -> int:
    """Return how many of the ordered vectors are the first of their topic and decision."""
    return len({_topic(vector) for vector, _ in vectors})


def _topic(vector: Mapping[str, Any]) -> tuple[str, str]:
    return vector["id"].rpartition("-")[0], vector["expect"]


def ask_reference(vectors: Sequence[Vector]) -> str | None:
    """Return the first vector that the reference decides otherwise than expected."""
    from reference_kinds import decide_vector

    for vector, _ in vectors:
        decision = decide_vector(vector)
        place = decision.determining
        statement = [place.document, place.statement] if place else None
        if (decision.effect, decision.layer, statement, sorted(decision.unknown_keys)) != _expected(vector):
            return str(vector["id"])
    return None


def ask_engine(vectors: Sequence[Vector], decide: Any = None) -> str | None:
    """Return the first vector that the engine decides otherwise than expected."""
    from gatewright.vectors import run_vectors

    results = run_vectors((line for _, line in vectors), "conformance", decide=decide)
    for (vector, _), result in zip(vectors, results, strict=True):
        outcome = result.outcome
        if outcome is None:
            if "refusable" not in vector or re.search(r"\[GW[0-9]{3}\]", str(result.error)) is None:
                return str(vector["id"])
            continue
        statement = _statement_of(vector, outcome.statements)
        if (outcome.decision, outcome.layer, statement, sorted(outcome.unknown_keys)) != _expected(vector):
            return str(vector["id"])
    return None


CALLERS_OWN: Final = {"identity", "boundary", "session", "scps"}
"""Policies that decide a plain request: those of the caller's side."""


def is_plain(vector: Vector) -> bool:
    """Tell whether a vector has policies of the caller's side only, and a resource of no kind of its own."""
    given, facts = vector[0]["policies"], vector[0]["request"].get("facts", {})
    return given.keys() <= CALLERS_OWN and "ec2" not in vector[0] and "resource_kind" not in facts


def compile_tables(vectors: Sequence[Vector], *, has_entry: bool) -> dict[str, bytes]:
    """Return the tables of vectors by their ids, without those whose documents are refused.

    A table has an entry for the resource, or none where that is to make no difference: then requests are plain.
    """
    from gatewright import vectors as engine
    from gatewright.compiler.source import Source

    tables = {}
    for vector, line in vectors:
        with suppress(engine.VectorError, engine.PolicyError):
            policy_set = engine.read_vector(Source(line, "conformance")).policy_set
            resources = policy_set.resources if has_entry else ()
            tables[vector["id"]] = bytes(engine._compile(replace(policy_set, resources=resources)))
    return tables


def ask_kernel(vectors: Sequence[Vector], tables: Mapping[str, bytes], *, has_entry: bool) -> str | None:
    """Return the first vector that the engine decides otherwise than expected; no fault of it changes a table."""
    from gatewright import vectors as engine
    from gatewright.runtime import Table, Target

    def decide(vector: engine.Vector) -> engine.Outcome:
        target = vector.target if has_entry else Target(vector.target.account)
        return engine.decide_compiled(replace(vector, target=target))

    for vector, line in vectors:
        data = tables.get(vector["id"])
        if data is not None:
            engine._compile = functools.partial(_open_table, Table(data))
            wrong = ask_engine([(vector, line)], decide)
            if wrong:
                return wrong
    return None


def _open_table(table: Any, _: object) -> Any:
    return table


def _expected(vector: Mapping[str, Any]) -> tuple[object, ...]:
    reason = vector.get("expect_reason", {})
    return vector["expect"], reason.get("layer"), reason.get("statement"), vector.get("expect_unknown", [])


def _statement_of(vector: Mapping[str, Any], statements: Sequence[Mapping[str, object]]) -> list[int] | None:
    """Return the determining statement as vectors name it; documents of all levels are numbered through."""
    if not statements:
        return None
    path = re.fullmatch(
        r"\$\.policies\.([a-z]+)((?:\[[0-9]+\])*)\.Statement(?:\[([0-9]+)\])?", str(statements[0]["path"])
    )
    if path is None:
        return [-1, -1]
    indexes = [int(text) for text in re.findall("[0-9]+", path[2])]
    if len(indexes) == 2:
        indexes = [sum(map(len, vector["policies"][path[1]][: indexes[0]])) + indexes[1]]
    return [*(indexes or [0]), int(path[3] or 0)]


class Failures:
    """A plugin of pytest that keeps the names of the tests that fail."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep a failure."""
        if report.failed:
            self.names.append(report.nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        """Keep a file that cannot be imported."""
        if report.failed:
            self.names.append(report.nodeid)


def run_tests(tests: Sequence[str], left_out: Sequence[str], *, stops: bool = True) -> Iterator[str]:
    """Run tests from the root of the repository; yield the names of those that fail, the first one if it stops."""
    failures = Failures()
    options = ["-q", "--assert=plain", *(f"-pno:{name}" for name in UNUSED), *(["-x"] if stops else [])]
    status = pytest.main([*options, *(f"--deselect={name}" for name in left_out), *tests], plugins=[failures])
    yield from failures.names
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not failures.names:
        yield USAGE_ERROR if status == pytest.ExitCode.USAGE_ERROR else f"pytest {status!r}"
