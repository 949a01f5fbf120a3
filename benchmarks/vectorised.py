"""The best evaluation of a batch with numpy that we know how to write.

It is given numbers: principals, actions and resources as places in lists that it knows beforehand, addresses as
integers, dates as seconds, so that it never reads a text, which gatewright's batches do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Network
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .plain import as_list, compile_globs
from .workloads import ACTION, ADDRESS, PRINCIPAL, RESOURCE, TIME, Workload

_NARROW = 32
"""Rows of so many statements are faster filled up to one length than laid end to end; at M and L they are slower."""

Columns = Mapping[str, NDArray[Any]]


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _matches(globs: Sequence[str], values: Sequence[str], flags: re.RegexFlag = re.DOTALL) -> NDArray[np.bool_]:
    match = compile_globs(globs, flags)
    return np.array([match(value) is not None for value in values])


def encode_requests(workload: Workload) -> dict[str, NDArray[Any]]:
    """Return the requests as numbers; no clock runs yet."""
    columns: dict[str, NDArray[Any]] = {}
    for name, (codes, values) in workload.columns.items():
        if name == ADDRESS:
            numbers = [int.from_bytes(bytes(map(int, value.split(".")))) for value in values]
            columns[name] = np.array(numbers)[codes]
        elif name == TIME:
            columns[name] = np.array([_seconds(value) for value in values])[codes]
        else:
            columns[name] = codes
    return columns


class NumpyEvaluator:
    """For each principal its statements in a row; rows AND actions leave pairs; then one test after the other.

    A test is done for all pairs that ask for the same condition.  What matches which action and which resource is
    worked out beforehand for all that are known.
    """

    def __init__(self, workload: Workload) -> None:
        statements = [statement for document in workload.documents for statement in document["Statement"]]
        none = len(statements)
        first = np.cumsum([0, *(len(document["Statement"]) for document in workload.documents)]).tolist()
        own = [[n for d in documents for n in range(first[d], first[d + 1])] for _, documents in workload.principals]
        self.counts = np.array([len(numbers) for numbers in own])
        self.begins = np.cumsum(self.counts) - self.counts
        self.statements = np.array([n for numbers in own for n in numbers], np.int32)
        self.rows_of: NDArray[np.int32] | None = None
        if max(self.counts) <= _NARROW:
            self.rows_of = np.array([numbers + [none] * (max(self.counts) - len(numbers)) for numbers in own], np.int32)
        self._match_actions(statements, workload.columns[ACTION][1])
        self._match_resources(statements, workload.columns[RESOURCE][1])
        self.is_deny = np.array([*(statement["Effect"] == "Deny" for statement in statements), False])
        self._number_tests(statements, workload)

    def _match_actions(self, statements: Sequence[Mapping[str, Any]], actions: list[str]) -> None:
        self.has_action = np.zeros((len(actions), len(statements) + 1), bool)
        known: dict[str, NDArray[np.bool_]] = {}
        for number, statement in enumerate(statements):
            for glob in as_list(statement["Action"]):
                if glob not in known:
                    known[glob] = _matches([glob], actions, re.IGNORECASE)
                self.has_action[:, number] |= known[glob]

    def _match_resources(self, statements: Sequence[Mapping[str, Any]], resources: list[str]) -> None:
        rows: dict[tuple[str, ...], int] = {("*",): 0}
        self.list_of = np.zeros(len(statements) + 1, np.int32)
        for number, statement in enumerate(statements):
            globs = as_list(statement["Resource"])
            self.list_of[number] = rows.setdefault(("*",) if "*" in globs else tuple(globs), len(rows))
        self.has_resource = np.array([_matches(globs, resources) for globs in rows])

    def _number_tests(self, statements: Sequence[Mapping[str, Any]], workload: Workload) -> None:
        numbers: dict[tuple[str, str, tuple[str, ...]], int] = {}
        tests_of = [
            [
                numbers.setdefault((operator, key, tuple(as_list(values))), len(numbers))
                for operator, keys in statement.get("Condition", {}).items()
                for key, values in keys.items()
            ]
            for statement in statements
        ]
        self.tests = [self._make_test(*test, workload) for test in numbers]
        depth = max(map(len, tests_of))
        self.tests_of = np.full((depth, len(statements) + 1), -1, np.int32)
        for number, own in enumerate(tests_of):
            self.tests_of[: len(own), number] = own

    @staticmethod
    def _make_test(operator: str, key: str, values: Sequence[str], workload: Workload) -> tuple[str, str, Any]:
        if operator == "IpAddress":
            edges: list[int] = []
            for low, high in sorted((int(n[0]), int(n[-1]) + 1) for n in map(IPv4Network, values)):
                if edges and low <= edges[-1]:
                    edges[-1] = max(edges[-1], high)
                else:
                    edges += [low, high]
            return "between", key, np.array(edges)
        if operator in ("DateGreaterThan", "DateLessThan"):
            bounds = [_seconds(value) for value in values]
            return ("after", key, min(bounds)) if operator == "DateGreaterThan" else ("before", key, max(bounds))
        known = workload.columns[key][1]
        if operator == "StringLike":
            hits = _matches(values, known)
        elif operator in ("StringEquals", "Bool"):
            hits = np.isin(known, values)
        else:
            raise ValueError(f"unknown operator `{operator}`")
        return "among", key, np.append(hits, False)  # -1, an absent key, is the last

    def _find_by_action(self, principals: NDArray[Any], actions: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return pairs of a request and one of its principal's statements that names its action."""
        if self.rows_of is not None:
            candidates = self.rows_of[principals]
            rows, places = np.nonzero(self.has_action[actions[:, None], candidates])
            return rows, candidates[rows, places]
        counts = self.counts[principals]
        ends = np.cumsum(counts)
        laid = self.statements[np.arange(ends[-1]) + np.repeat(self.begins[principals] - ends + counts, counts)]
        width = self.has_action.shape[1]
        pairs = np.nonzero(self.has_action.ravel()[laid + np.repeat(actions.astype(np.int64) * width, counts)])[0]
        return np.searchsorted(ends, pairs, "right"), laid[pairs]

    def decide(self, columns: Columns) -> NDArray[np.uint8]:
        """Return 0, 1 or 2 for each request."""
        rows, found = self._find_by_action(columns[PRINCIPAL], columns[ACTION])
        keep = self.has_resource[self.list_of[found], columns[RESOURCE][rows]]
        rows, found = rows[keep], found[keep]
        for tests in self.tests_of:
            own = tests[found]
            asked = np.nonzero(own >= 0)[0]
            asked = asked[np.argsort(own[asked], kind="stable")]
            numbers = own[asked]
            keep = np.ones(len(found), bool)
            if len(asked):
                edges = [*np.nonzero(np.diff(numbers, prepend=-1))[0].tolist(), len(asked)]
                for begin, end in pairwise(edges):
                    kind, key, wanted = self.tests[numbers[begin]]
                    pairs = asked[begin:end]
                    values = columns[key][rows[pairs]]
                    if kind == "between":
                        keep[pairs] = np.searchsorted(wanted, values, "right") & 1
                    elif kind == "after":
                        keep[pairs] = values > wanted
                    elif kind == "before":
                        keep[pairs] = values < wanted
                    else:
                        keep[pairs] = wanted[values]
            rows, found = rows[keep], found[keep]
        decisions = np.zeros(len(columns[PRINCIPAL]), np.uint8)
        denied = self.is_deny[found]
        decisions[rows[~denied]] = 1
        decisions[rows[denied]] = 2
        return decisions
