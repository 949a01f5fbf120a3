"""A stored result -> text: for the terminal, and the tables of docs/benchmarks.md.

``python -m benchmarks.page`` writes the newest stored result into the page.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
RESULTS = Path(__file__).parent / "results"
BEGIN = "<!-- the rest of this section is written by `python -m benchmarks.page` -->"
END = "<!-- end of what is written -->"
SIZES = ("S", "M", "L")
_TITLES = {
    ("single", "sample"): "One request at a time, the sample",
    ("single", "trace"): "One request at a time, the trace",
    ("batch", "trace"): "The trace as one batch",
    ("replay", "events"): "Replay of the example logs",
    ("signing", "requests"): "Signatures verified, on one core",
}


def newest_result() -> Path:
    """Return the stored result with the latest date in its name."""
    return max(RESULTS.glob("*.json"))


def show_time(nanoseconds: float) -> str:
    """Return a duration with a unit and three digits."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


def show_results(result: Mapping[str, Any]) -> str:
    """Return all tables, as Markdown."""
    blocks = [_show_run(result), _show_worlds(result["worlds"])]
    for (bench, of), title in _TITLES.items():
        own = [one for one in result["results"] if (one["bench"], one["of"]) == (bench, of)]
        if own:
            show = {"replay": _show_replay, "signing": _show_rates}.get(bench, _show_sizes)
            blocks.append(f"### {title}\n\n{show(own)}")
    if result["loads"]:
        blocks.append("### From JSON text to ready\n\n" + _show_loads(result["loads"]))
    return "\n\n".join(blocks)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:" for _ in head[1:]]]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def _show_run(result: Mapping[str, Any]) -> str:
    header = result["header"]
    machine = header["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in header["packages"].items() if number)
    busy = "; **noisy**: others used the machine, so that processor time stands in for many rounds"
    noise = busy if result["noisy"] else ""
    lines = [
        f"Commit {str(header['commit'])[:12]}, {header['date']}. {machine['processor']}, {machine['cores']} cores,",
        f"{machine['system']}; {header['python']}; {header['compiler']}; {packages}.",
        f"Flags: `{header['flags']}`.",
        f"Load at the start: {machine['load']}; quiet rounds: {result['quiet_share']:.0%}{noise}.",
    ]
    return "\n".join(lines)


def _show_worlds(worlds: Mapping[str, Any]) -> str:
    names = ("statements", "principals", "table bytes", "checksum", "sample: allow, explicit, implicit", "differing")
    rows = []
    for size, facts in worlds.items():
        counts = [f"{facts['sample_decisions'].get(name, 0):,}" for name in ("ALLOW", "EXPLICIT_DENY", "IMPLICIT_DENY")]
        differing = sum(len(found) for found in facts["disagreements"].values())
        cells = [f"{facts[name]:,}" for name in ("statements", "principals", "table_bytes")]
        rows.append([size, *cells, f"`{facts['table_checksum']}`", ", ".join(counts), str(differing)])
    return _table(["size", *names], rows)


def _show_sizes(results: Sequence[Mapping[str, Any]]) -> str:
    sizes = [size for size in SIZES if any(one["size"] == size for one in results)]
    rows = []
    for contender in dict.fromkeys(one["contender"] for one in results):
        by_size = {one["size"]: one for one in results if one["contender"] == contender}
        cells = []
        for size in sizes:
            one = by_size.get(size)
            cells.append(show_time(one["ns"]) + (f" ({one['ratio']:.3g})" if "ratio" in one else "") if one else "")
        rows.append([contender, *cells])
    return _table(["per request (times the base)", *sizes], rows)


def _show_replay(results: Sequence[Mapping[str, Any]]) -> str:
    whole = sum(one["ns"] for one in results)
    stages = [(one["contender"], one["ns"]) for one in results]
    stages.append(("all", whole))
    rows = [[name, show_time(value), f"{value / whole:.0%}", f"{1e9 / value:,.0f}"] for name, value in stages]
    return _table([f"stage, over {results[0]['requests']:,} events", "per event", "share", "events per second"], rows)


def _show_rates(results: Sequence[Mapping[str, Any]]) -> str:
    rows = [[one["contender"], show_time(one["ns"]), f"{1e9 / one['ns']:,.0f}"] for one in results]
    return _table(["signature", "per request", "requests per second"], rows)


def _show_loads(loads: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            load["case"],
            load["contender"],
            show_time(load["cpu_seconds"] * 1e9),
            show_time(load["wall_seconds"] * 1e9),
            f"{load['peak_growth_mib']:,.0f} MiB",
            f"{load['table_bytes']:,}" if "table_bytes" in load else "",
        ]
        for load in loads
    ]
    return _table(["policies", "contender", "processor time", "on the clock", "memory added", "table bytes"], rows)


def write_page(text: str, result: Mapping[str, Any], name: str) -> str:
    """Return the page with the tables of a result in their place."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} lacks the line `{BEGIN}` or `{END}`")
    tables = show_results(result)
    return f"{before}{BEGIN}\n\nFrom [{name}](../benchmarks/results/{name}).\n\n{tables}\n\n{END}{after}"


def main() -> int:
    """Write the newest result into the page."""
    path = newest_result()
    result = json.loads(path.read_text(encoding="utf-8"))
    PAGE.write_text(write_page(PAGE.read_text(encoding="utf-8"), result, path.name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
