"""Compare world after world, in processes of their own, and record each round."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .caching import remember_results
from .compare import DECISIONS, Difference, compare_world
from .generate import make_world
from .record import Round, append_round, missing_ranges, read_rounds, shares, stamp, write_reproduction
from .shrink import Shrinker
from .untyped import make_untyped_world
from .world import World

GENERATORS: dict[str, Callable[[str, Collection[str]], World]] = {"typed": make_world, "untyped": make_untyped_world}
ROUND = 60
"""Worlds of a round, some seconds: what a kill loses of each worker."""
REPRODUCTIONS = Path(__file__).parent / "reproductions"
MOST_SHRUNK = 20
"""Kinds of difference of a run that are written down; more are counted only."""


@dataclass(frozen=True)
class Task:
    """A round to be done."""

    seed: int
    generator: str
    kinds: tuple[str, ...]
    first: int
    count: int

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.generator}, worlds {self.first} to {self.first + self.count - 1}"


@dataclass
class Outcome:
    """A round done: what is recorded, and the first difference of each kind with the number of its world."""

    done: Round
    found: dict[tuple[str, str, str], tuple[int, Difference]] = field(default_factory=dict)


def make(seed: int, generator: str, number: int, kinds: Collection[str]) -> World:
    """Make one world."""
    return GENERATORS[generator](f"{seed}:{number}", kinds)


def compare_range(task: Task) -> Outcome:
    """Compare the worlds of a round."""
    remember_results()
    began = time.process_time()
    paths: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    layers: Counter[str] = Counter()
    outcome = Outcome(Round(task.seed, task.generator, list(task.kinds), task.first, task.count))
    done = outcome.done
    for number in range(task.first, task.first + task.count):
        comparison = compare_world(make(task.seed, task.generator, number, task.kinds))
        paths += comparison.paths
        decisions += comparison.decisions
        layers += comparison.layers
        done.refused += comparison.is_refused
        done.differences += len(comparison.differences)
        for difference in comparison.differences:
            outcome.found.setdefault(difference.kind, (number, difference))
    done.paths, done.decisions, done.layers = dict(paths), dict(decisions), dict(layers)
    done.seconds = round(time.process_time() - began, 3)
    return outcome


@dataclass
class Run:
    """A run over one seed with both generators by turns, until its time is up."""

    seed: int
    kinds: tuple[str, ...]
    record: Path
    reproductions: Path = REPRODUCTIONS
    kinds_found: set[tuple[str, str, str]] = field(default_factory=set)
    rounds: list[Round] = field(default_factory=list)

    def tasks(self) -> Iterator[Task]:
        """Return rounds that the record does not have, without end: two typed ones for an untyped one."""
        known = read_rounds(self.record)
        ranges = {name: missing_ranges(known, self.seed, name, list(self.kinds), ROUND) for name in GENERATORS}
        while True:
            for name in ("typed", "untyped", "typed"):
                yield Task(self.seed, name, self.kinds, *next(ranges[name]))

    def go(self, minutes: float, workers: int) -> None:
        """Compare until the time is up; a round that has begun is ended and recorded."""
        deadline = time.monotonic() + 60 * minutes
        tasks = self.tasks()
        seal = stamp()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            pending: dict[Future[Outcome], Task] = {}
            try:
                while pending or time.monotonic() < deadline:
                    while len(pending) < workers and time.monotonic() < deadline:
                        task = next(tasks)
                        pending[pool.submit(compare_range, task)] = task
                    for future in wait(pending, return_when=FIRST_COMPLETED).done:
                        task = pending.pop(future)
                        self.take(future.result(), seal)
            except BrokenProcessPool:
                for task in pending.values():
                    print(f"a worker died in {task}")
                raise
            except KeyboardInterrupt:
                for process in list(pool._processes.values()):
                    process.terminate()
                raise

    def take(self, outcome: Outcome, seal: dict[str, str]) -> None:
        """Record a round, and write down what differs in a new way."""
        outcome.done.stamp = seal
        append_round(self.record, outcome.done)
        self.rounds.append(outcome.done)
        done = outcome.done
        rate = done.comparisons / max(done.seconds, 0.001)
        print(
            f"seed {done.seed} {done.generator} worlds {done.first}-{done.first + done.count - 1}: "
            f"{done.comparisons:,} comparisons, {rate:,.0f} a second; {shares(done.decisions, DECISIONS)}; "
            f"{done.differences} differences",
            flush=True,
        )
        for kind, (number, difference) in outcome.found.items():
            if kind in self.kinds_found or len(self.kinds_found) >= MOST_SHRUNK:
                continue
            self.kinds_found.add(kind)
            self.write(done, number, difference)

    def write(self, done: Round, number: int, difference: Difference) -> None:
        """Shrink a world in which an answer differs, and write it down as a reproduction."""
        remember_results()
        print(f"DIFFERENCE in world {number}: {difference}", flush=True)
        world = Shrinker(make(done.seed, done.generator, number, done.kinds), difference).shrink()
        differences = compare_world(world).differences
        self.kinds_found.update(item.kind for item in differences)
        left = [str(item) for item in differences]
        path = self.reproductions / f"{done.generator}-{done.seed}-{number}-{difference.path.replace(' ', '-')}.json"
        found: dict[str, Any] = {
            "seed": done.seed,
            "generator": done.generator,
            "world": number,
            "commit": done.stamp.get("commit", ""),
            "differences": left,
        }
        write_reproduction(path, {"found": found, **world.to_json()})
        print(f"  shrunk to {path}\n  " + "\n  ".join(left[:3]))
        print(f"  replay: PYTHONPATH=tests python -m fuzz.differential --replay {path}", flush=True)


def replay(path: Path) -> list[str]:
    """Compare the world of a reproduction again; return what differs."""
    comparison = compare_world(World.from_json(json.loads(path.read_text())))
    if comparison.is_refused:
        return ["the documents are refused"]
    return [str(difference) for difference in comparison.differences]
