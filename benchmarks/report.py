"""Facts about the machine, and pytest-benchmark's JSON -> the result that is kept."""

from __future__ import annotations

import ast
import os
import platform
import re
import statistics
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .measure import Round, value_of
from .peers.roster import BASES

ROOT = Path(__file__).parent.parent
PACKAGES = ("gatewright", "numpy", "Cython", "lark", "pyarrow", "msgspec", "isal", "pytest-benchmark")
_READ_HERE = ("bench", "size", "of", "contender", "turn", "counts", "rounds", "median_ns", "p99_ns")
QUIET_SHARE = 0.5
"""A run with fewer quiet rounds says that it is noisy."""


def read_header(quick: bool) -> dict[str, Any]:
    """Return what has to be known of a run before its figures."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "commit": _git("rev-parse", "HEAD"),
        "changed_files": len((_git("status", "--porcelain", "--untracked-files=no") or "").splitlines()),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{platform.system()} {platform.release()}",
            "load": round(os.getloadavg()[0], 2),
        },
        "compiler": _compiler(),
        "flags": _flags(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: _version(name) for name in PACKAGES},
    }


def show_header(header: Mapping[str, Any]) -> str:
    """Return the header as lines."""
    machine = header["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in header["packages"].items() if number)
    changed = f" with {header['changed_files']} changed files" if header["changed_files"] else ""
    return "\n".join(
        [
            f"commit    {header['commit']}{changed}",
            f"machine   {machine['processor']}, {machine['usable_cores']} of {machine['cores']} cores, "
            f"{machine['memory_gib']} GiB, {machine['system']}, load {machine['load']}",
            f"compiler  {header['compiler']}; {header['flags']}",
            f"python    {header['python']}; {packages}",
        ]
    )


def show_world(size: str, facts: Mapping[str, Any]) -> str:
    """Return the facts of one size as a line."""
    counts = ", ".join(f"{count:,} {name}" for name, count in facts["trace_decisions"].items())
    differing = {name: len(found) for name, found in facts["disagreements"].items() if found}
    return (
        f"{size}: {facts['statements']:,} statements, {facts['principals']:,} principals, table of "
        f"{facts['table_bytes']:,} bytes, checksum {facts['table_checksum']}; sample of {facts['sample_requests']:,}, "
        f"trace of {facts['trace_requests']:,}: {counts}; disagreements: {differing or 'none'}; "
        f"absent: {', '.join(facts['absent']) or 'none'}"
    )


def summarize(header: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Turn pytest-benchmark's JSON into the result: one entry for each contender on each task."""
    infos = [benchmark["extra_info"] for benchmark in raw["benchmarks"]]
    timed = [info for info in infos if "rounds" in info]
    results = [_summarize_rounds(own) for own in _groups(timed)]
    _add_ratios(results)
    loads = [_summarize_loads(info) for info in infos if "loads" in info]
    rounds = [one for info in timed for one in info["rounds"]]
    quiet = sum(one[3] for one in rounds) / max(1, len(rounds))
    return {
        "header": header,
        "worlds": raw["worlds"],
        "noisy": quiet < QUIET_SHARE,
        "quiet_share": round(quiet, 3),
        "results": [{name: value for name, value in result.items() if name != "turns"} for result in results],
        "loads": loads,
    }


def _groups(infos: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for info in infos:
        groups.setdefault((info["bench"], info["size"], info["of"], info["contender"]), []).append(info)
    return list(groups.values())


def _summarize_rounds(infos: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return nanoseconds per request over all turns, with the lowest and the highest turn."""
    first = infos[0]
    count = sum(first["counts"])
    turns = {info["turn"]: value_of([Round(*one) for one in info["rounds"]])[0] / count for info in infos}
    rounds = [Round(*one) for info in infos for one in info["rounds"]]
    value, all_quiet = value_of(rounds)
    parts = [value_of([one for one in rounds if one.part == part])[0] / n for part, n in enumerate(first["counts"])]
    return {
        **{name: first[name] for name in ("bench", "size", "of", "contender")},
        **{name: fact for name, fact in first.items() if name not in _READ_HERE},
        "requests": count,
        "ns": _short(value / count),
        "worst_part_ns": _short(max(parts)),
        "lowest_turn_ns": _short(min(turns.values())),
        "highest_turn_ns": _short(max(turns.values())),
        "rounds": len(rounds),
        "quiet_rounds": sum(one.is_quiet for one in rounds),
        **_summarize_spread(infos),
        "by": "wall time" if all_quiet else "processor time where no round was quiet",
        "turns": turns,
    }


def _summarize_spread(infos: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return median and 99th percentile over the requests: the median of the turns."""
    names = [name for name in ("median_ns", "p99_ns") if name in infos[0]]
    return {name: _short(statistics.median(info[name] for info in infos)) for name in names}


def _add_ratios(results: Sequence[dict[str, Any]]) -> None:
    """Add how many times as long as the base a contender takes: the median over the turns."""
    bases = {(r["bench"], r["size"], r["of"]): r["turns"] for r in results if r["contender"] == BASES.get(r["bench"])}
    for result in results:
        base = bases.get((result["bench"], result["size"], result["of"]))
        if base:
            ratios = [value / base[turn] for turn, value in result["turns"].items() if turn in base]
            result["ratio"] = _short(statistics.median(ratios))


def _summarize_loads(info: Mapping[str, Any]) -> dict[str, Any]:
    loads = info["loads"]
    summary = {
        "case": info["case"],
        "rounds": len(loads),
        "cpu_seconds": _short(statistics.median(load["cpu_ns"] for load in loads) / 1e9),
        "wall_seconds": _short(statistics.median(load["wall_ns"] for load in loads) / 1e9),
        "peak_growth_mib": _short(max(load["peak_growth_bytes"] for load in loads) / 2**20),
    }
    return summary | {name: loads[0][name] for name in ("statements", "table_bytes") if name in loads[0]}


def _short(value: float) -> float:
    """Four digits are more than any machine repeats."""
    return float(f"{value:.4g}")


# ---- the machine ----


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = dict.fromkeys(re.findall(r"^(?:model name|cpu family|model)\s*: (.+)$", text, re.MULTILINE))
    family, model, name = [*names, "", "", ""][:3]
    return f"{name} (family {family}, model {model})" if name else platform.machine()


def _compiler() -> str:
    """Return what the compiler wrote into the extension module; it may have been built elsewhere."""
    from gatewright.runtime import _engine

    match = re.search(rb"(?:GCC: \(|clang version )[^\0]{1,80}", Path(_engine.__file__).read_bytes())
    return match[0].decode("ascii", "replace") if match else "not told"


def _flags() -> str:
    """Return Python's flags and those that setup.py adds for what decides batches."""
    flags = str(sysconfig.get_config_var("CFLAGS") or "")
    setup = ROOT / "setup.py"
    if setup.is_file():
        for node in ast.walk(ast.parse(setup.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("FLAGS", "SHORT_LOOPS"):
                flags += " " + " ".join(ast.literal_eval(node.value))
    return " ".join(flags.split())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
