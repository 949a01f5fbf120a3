"""Who is measured, on what: each contender decides the same requests, part by part, and tells how long it took."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

import gatewright as gw

from . import cedar
from .measure import Lap, time_laps
from .plain import BitSetEvaluator, PlainEvaluator, RegexEvaluator
from .workloads import SEED, Request, Workload, make_workload

PARTS = 10
"""Rounds are short because each decides one part of the requests: a quiet moment is found sooner for a short one."""
EVALUATORS: dict[str, type[PlainEvaluator | RegexEvaluator | BitSetEvaluator]] = {
    "plain": PlainEvaluator,
    "regex": RegexEvaluator,
    "bit-set": BitSetEvaluator,
}

T = TypeVar("T")
Decide = Callable[[str, str, str, dict[str, str]], object]


class Contender:
    """A contender in this process.

    Attributes
    ----------
    counts : list of int
        Requests of each part.
    """

    def __init__(self, calls: Sequence[Callable[[], object]], counts: Sequence[int]) -> None:
        self.calls = calls
        self.counts = counts

    def run(self, part: int, laps: int) -> Lap:
        """Decide a part so many times."""
        return time_laps(self.calls[part], laps)


class CedarContender(Contender):
    """Cedar in its process, where the time is taken too."""

    def __init__(self, process: cedar.CedarProcess, mode: str, counts: Sequence[int]) -> None:
        super().__init__((), counts)
        self.process = process
        self.mode = mode

    def run(self, part: int, laps: int) -> Lap:
        """Decide a part so many times."""
        return Lap(*self.process.ask(self.mode, part, laps))


class World:
    """One size: the workload, its table, and the contenders, made when they are first asked for.

    Parameters
    ----------
    sample_count : int
        Requests that all contenders decide.
    trace_count : int
        Requests of the batches.

    Attributes
    ----------
    disagreements : dict of str to list
        By contender: request number, our decision, its decision.
    """

    def __init__(self, size: str, sample_count: int, trace_count: int, seed: int = SEED) -> None:
        self.workload: Workload = make_workload(size, trace_count, seed)
        self.trace = self.workload.requests()
        self.sample = self.trace[:sample_count]
        self.table = gw.compile(self.workload.policy_set())
        self.authorizer = gw.Authorizer(self.table)
        self._decides: dict[str, Decide] = {"gatewright": self.authorizer.authorize}
        policies_of = self.workload.policies_of()
        for name, evaluator in EVALUATORS.items():
            self._decides[name] = evaluator(policies_of).decide
        self._cedar = cedar.CedarProcess(self.workload, sample_count) if cedar.is_available() else None
        self.disagreements = self._compare()
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        """End what was started."""
        if self._cedar is not None:
            self._cedar.close()
        gc.unfreeze()

    def _compare(self) -> dict[str, list[tuple[int, int, object]]]:
        """Decide the requests with everybody, and list where somebody differs from gatewright."""
        self.decisions = self.authorizer.authorize_batch(self.trace).decision.tolist()
        ours = [int(self.authorizer.authorize(*request).decision) for request in self.sample]
        answers: dict[str, list[object]] = {"gatewright": [*ours]}
        for name in EVALUATORS:
            # The plainest takes half a minute for the whole trace at L.
            requests = self.sample if name == "plain" else self.trace
            answers[name] = [self._decides[name](*request) for request in requests]
        if self._cedar is not None:
            answers["cedar"], answers["cedar batch"] = self._cedar.ask("decisions")
        return {
            name: [
                (number, want, got)
                for number, (want, got) in enumerate(zip(self.decisions, own, strict=False))
                if want != got
            ]
            for name, own in answers.items()
        }

    def facts(self) -> dict[str, Any]:
        """Return what a reader needs to judge the figures."""
        names = {int(decision): decision.name for decision in gw.Decision}
        return {
            "seed": self.workload.seed,
            "statements": self.workload.statement_count,
            "principals": len(self.workload.principals),
            "actions": len(self.workload.columns["action"][1]),
            "table_bytes": self.table.byte_count,
            "table_checksum": f"{self.table.checksum:016x}",
            "sample_requests": len(self.sample),
            "trace_requests": len(self.trace),
            "sample_decisions": _count(self.decisions[: len(self.sample)], names),
            "trace_decisions": _count(self.decisions, names),
            "disagreements": {name: found for name, found in self.disagreements.items()},
        }

    def single(self, name: str) -> Contender:
        """Return who decides the sample request by request."""
        if name.startswith("cedar"):
            assert self._cedar is not None
            counts = [len(part) for part in split(self.sample)]
            return CedarContender(self._cedar, "batch" if name == "cedar batch" else "single", counts)
        return self._one_by_one(name, self.sample)

    def trace_one_by_one(self, name: str) -> Contender:
        """Return who decides the trace request by request."""
        return self._one_by_one(name, self.trace)

    def _one_by_one(self, name: str, requests: Sequence[Request]) -> Contender:
        decide = self._decides[name]

        def call_of(part: Sequence[Request]) -> Callable[[], object]:
            return lambda: [decide(*request) for request in part]

        parts = split(requests)
        return Contender([call_of(part) for part in parts], [len(part) for part in parts])

    def batch(self, form: str) -> Contender:
        """Return gatewright on the whole trace as one batch of the given form."""
        columns = self.workload.columns
        requests: object
        threads = 2 if form.endswith("2 threads") else 1
        if form == "list of tuples":
            requests = self.trace
        elif form == "dict of lists":
            requests = {
                name: [values[code] if code >= 0 else None for code in codes.tolist()]
                for name, (codes, values) in columns.items()
            }
        else:
            import pyarrow as pa

            arrays = {
                name: pa.DictionaryArray.from_arrays(pa.array(codes, mask=np.asarray(codes < 0)), pa.array(values))
                for name, (codes, values) in columns.items()
            }
            requests = pa.table(arrays)
        decide = self.authorizer.authorize_batch
        if decide(requests).decision.tolist() != self.decisions:
            raise AssertionError(f"the batch as {form} has other decisions")
        return Contender([lambda: decide(requests, threads=threads)], [len(self.trace)])


def split(requests: Sequence[T]) -> list[Sequence[T]]:
    """Cut requests into parts; each part has requests of the whole period."""
    return [requests[part::PARTS] for part in range(min(PARTS, len(requests)))]


def _count(decisions: Sequence[int], names: dict[int, str]) -> dict[str, int]:
    counts = Counter(decisions)
    return {name: counts[number] for number, name in names.items() if counts[number]}
