"""The record of what was compared: JSON lines, one a round, from which a run goes on and a summary is made."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gatewright as gw

from .compare import DECISIONS

REPOSITORY = Path(__file__).resolve().parents[3]
DEFAULT_RECORD = REPOSITORY / "build" / "fuzz" / "differential.jsonl"


@dataclass
class Round:
    """The worlds `first` to `first + count - 1` of a seed, compared."""

    seed: int
    generator: str
    kinds: list[str]
    first: int
    count: int
    paths: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)
    layers: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    differences: int = 0
    seconds: float = 0.0  # of one core
    stamp: dict[str, str] = field(default_factory=dict)

    @property
    def comparisons(self) -> int:
        """Answers of the engine on one path that were compared."""
        return sum(self.paths.values())


def stamp() -> dict[str, str]:
    """Say what was compared: commit, versions, machine."""
    return {
        "commit": commit(),
        "gatewright": gw.__version__,
        "table": str(gw.compile(gw.PolicySet((), ())).version),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def commit() -> str:
    """Return the commit, with `+` where files that count differ from it; `` outside of a checkout."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(REPOSITORY), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        is_changed = bool(git("status", "--porcelain", "--", "compiler", "grammar", "runtime", "src", "tests"))
        return git("rev-parse", "--short=12", "HEAD") + "+" * is_changed
    except (OSError, subprocess.CalledProcessError):
        return ""


def append_round(path: Path, done: Round) -> None:
    """Add a round to the record, and see it to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(done)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_rounds(path: Path) -> list[Round]:
    """Read the record; a last line that a kill cut short is left out."""
    if not path.exists():
        return []
    rounds = []
    for line in path.read_text().splitlines():
        try:
            rounds.append(Round(**json.loads(line)))
        except (json.JSONDecodeError, TypeError):
            continue
    return rounds


def missing_ranges(
    rounds: Iterable[Round], seed: int, generator: str, kinds: list[str], size: int
) -> Iterator[tuple[int, int]]:
    """Return without end the ranges of worlds (first, count) of a seed that were not compared yet, from 0 on."""
    done = sorted(
        (item.first, item.first + item.count)
        for item in rounds
        if (item.seed, item.generator, item.kinds) == (seed, generator, kinds)
    )
    at = 0
    for first, end in done:
        while at < first:
            count = min(size, first - at)
            yield at, count
            at += count
        at = max(at, end)
    while True:
        yield at, size
        at += size


def summarize(rounds: Iterable[Round]) -> str:
    """Sum the record up for people."""
    paths: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    layers: Counter[str] = Counter()
    seeds: dict[tuple[int, str], list[int]] = {}
    commits: Counter[str] = Counter()
    seconds = worlds = refused = differences = 0.0
    for done in rounds:
        paths.update(done.paths)
        decisions.update(done.decisions)
        layers.update(done.layers)
        seeds.setdefault((done.seed, done.generator), []).append(done.count)
        commits[done.stamp.get("commit", "")] += done.comparisons
        seconds += done.seconds
        worlds += done.count
        refused += done.refused
        differences += done.differences
    if not worlds:
        return "nothing is recorded"
    total = sum(paths.values())
    lines = [
        f"{total:,} comparisons in {worlds:,.0f} worlds of {len(seeds)} seeds, {refused:,.0f} of the worlds refused; "
        f"{differences:,.0f} differences",
        f"{seconds:,.0f} s of one core, {total / max(seconds, 0.001):,.0f} comparisons a second",
        f"decisions: {shares(decisions, DECISIONS)}",
        f"layers: {shares(layers, [name for name, _ in layers.most_common()])}",
        *(f"  {path}: {count:,}" for path, count in sorted(paths.items())),
        *(f"seed {seed} ({generator}): {sum(counts):,} worlds" for (seed, generator), counts in sorted(seeds.items())),
        *(f"commit {name or 'unknown'}: {count:,} comparisons" for name, count in commits.items()),
    ]
    return "\n".join(lines)


def shares(counts: Mapping[str, int], names: Iterable[str]) -> str:
    """Spell how often each of some names was there."""
    total = sum(counts.values()) or 1
    return ", ".join(f"{name} {counts.get(name, 0) / total:.1%}" for name in names)


def write_reproduction(path: Path, content: Mapping[str, Any]) -> None:
    """Write a reproduction for people to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
