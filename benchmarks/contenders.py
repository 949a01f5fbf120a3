"""Who is measured, on what: each contender decides the same requests, part by part, and tells how long it took."""

from __future__ import annotations

import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import gatewright as gw

from .install import UnavailableError
from .measure import Lap, time_laps
from .peers.process import Worker, WorkerError, make_case
from .peers.roster import PEERS, Peer
from .workloads import SEED, Workload, make_workload

PARTS = 10
"""Rounds are short because each decides one part of the requests: a quiet moment is found sooner for a short one."""
PASS_NS = 250_000_000
"""Who takes longer for the whole sample decides every n-th request of it alone."""
EACH_NS = 60_000_000
"""How long requests are timed one by one, if three passes do not take longer."""

T = TypeVar("T")


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

    def spread(self) -> dict[str, float]:
        """Return median and 99th percentile over the requests, if they can be told apart."""
        return {}


class WorkerContender(Contender):
    """A way to ask a worker; the time is taken in its process."""

    def __init__(self, worker: Worker, mode: str) -> None:
        self.worker, self.mode, self.stride = worker, mode, 1
        parts = 1
        if not worker.is_whole(mode):
            few = max(1, worker.count(mode) // 16)
            each_ns = worker.time(mode, few, 0, 1, 1).wall_ns / worker.count(mode, few)
            self.stride = max(1, round(each_ns * worker.count(mode) / PASS_NS))
            parts = min(PARTS, worker.count(mode, self.stride))
        count = worker.count(mode, self.stride)
        super().__init__((), [len(range(part, count, parts)) for part in range(parts)])

    def run(self, part: int, laps: int) -> Lap:
        """Decide a part so many times."""
        return self.worker.time(self.mode, self.stride, part, len(self.counts), laps)

    def spread(self) -> dict[str, float]:
        """Return median and 99th percentile over the requests, each of them the median of some passes."""
        if self.worker.is_batch(self.mode):
            return {}
        pass_ns = max(1, self.worker.time(self.mode, self.stride, 0, 1, 1).wall_ns)
        each = self.worker.time_each(self.mode, self.stride, max(3, min(25, EACH_NS // pass_ns)))
        return {"median_ns": statistics.median(each), "p99_ns": sorted(each)[int(0.99 * len(each))]}


class World:
    """One size: the workload, and the workers of all peers, whose decisions are compared before they are timed.

    Parameters
    ----------
    sample_count : int
        Requests that all contenders decide.
    trace_count : int
        Requests of the batches.
    peers : sequence of Peer
        Who takes part; gatewright does always.
    tell : callable
        Is given a line for each peer that is ready, or says why not.

    Attributes
    ----------
    decisions : list of int
        gatewright's, of the whole trace.
    disagreements : dict of str to list
        By peer: request number, our decision, its decision.
    """

    def __init__(
        self,
        size: str,
        sample_count: int,
        trace_count: int,
        peers: Sequence[Peer] = PEERS,
        seed: int = SEED,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.workload: Workload = make_workload(size, trace_count, seed)
        self.sample_count = sample_count
        self.workers: dict[str, Worker] = {}
        self.absent: dict[str, str] = {}
        self.disagreements: dict[str, list[tuple[int, int, int | str]]] = {}
        self.decisions: list[int] = []
        self._folder = tempfile.TemporaryDirectory()
        self._contenders: dict[tuple[str, str], WorkerContender] = {}
        sample = self.workload.requests(sample_count)
        for peer in PEERS:
            if size in peer.sizes and (peer in peers or peer.name == "gatewright"):
                try:
                    case = make_case(peer, self.workload, sample, Path(self._folder.name, "table.gwt"))
                    worker = Worker(peer, case, Path(self._folder.name, f"{peer.folder or peer.name}.json"))
                    self.workers[peer.name] = worker
                    self._compare(worker)
                except (UnavailableError, WorkerError) as error:
                    if peer.name == "gatewright":
                        raise
                    self.absent[peer.name] = str(error)
                    if peer.name in self.workers:
                        self.workers.pop(peer.name).close()
                tell(f"{size}: {peer.name}: {self.absent.get(peer.name, 'ready')}")

    def close(self) -> None:
        """End what was started."""
        for worker in self.workers.values():
            worker.close()
        self._folder.cleanup()

    def _compare(self, worker: Worker) -> None:
        """Decide the requests in each way, and list where somebody differs from gatewright."""
        found: dict[int, tuple[int, int, int | str]] = {}
        if not self.decisions:
            self.decisions = [int(decision) for decision in worker.decide("trace")]
        for mode in worker.facts["modes"]:
            for number, (want, got) in enumerate(zip(self.decisions, worker.decide(mode), strict=False)):
                is_same = got == want or (got == -1 and want != 1)
                if not is_same:
                    found[number] = (number, want, got)
        self.disagreements[worker.peer.name] = list(found.values())

    def facts(self) -> dict[str, Any]:
        """Return what a reader needs to judge the figures."""
        names = {int(decision): decision.name for decision in gw.Decision}
        own = self.workers["gatewright"].facts
        return {
            "seed": self.workload.seed,
            "statements": self.workload.statement_count,
            "principals": len(self.workload.principals),
            "actions": len(self.workload.columns["action"][1]),
            "table_bytes": own["table_bytes"],
            "table_checksum": own["table_checksum"],
            "sample_requests": self.sample_count,
            "trace_requests": len(self.decisions),
            "sample_decisions": _count(self.decisions[: self.sample_count], names),
            "trace_decisions": _count(self.decisions, names),
            "disagreements": self.disagreements,
            "absent": self.absent,
            "peers": {
                name: {"versions": worker.versions}
                | {key: value for key, value in worker.facts.items() if key != "modes"}
                for name, worker in self.workers.items()
            },
        }

    def contender(self, name: str, mode: str) -> WorkerContender | None:
        """Return who is asked in this way, or nothing if it is absent here."""
        worker = self.workers.get(name)
        if worker is None or not worker.has_mode(mode):
            return None
        if (name, mode) not in self._contenders:
            self._contenders[name, mode] = WorkerContender(worker, mode)
        return self._contenders[name, mode]


def split(requests: Sequence[T]) -> list[Sequence[T]]:
    """Cut requests into parts; each part has requests of the whole period."""
    return [requests[part::PARTS] for part in range(min(PARTS, len(requests)))]


def _count(decisions: Sequence[int], names: dict[int, str]) -> dict[str, int]:
    counts = Counter(decisions)
    return {name: counts[number] for number, name in names.items() if counts[number]}
