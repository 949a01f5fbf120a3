"""A stored result -> text: for the terminal, and the tables of docs/benchmarks.md.

``python -m benchmarks.page`` writes the newest stored result into the page.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .measure import show_time
from .plots import draw_plots

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
PLOTS = PAGE.parent / "benchmarks"
RESULTS = Path(__file__).parent / "results"
BEGIN = "<!-- the rest of this section is written by `python -m benchmarks.page` -->"
END = "<!-- end of what is written -->"
_DECIDING = {"sample": "one at a time", "trace": "one at a time, trace", "batch": "batch"}
_TITLES = {
    ("replay", "events"): "Replay of the example logs",
    ("whole", "requests"): "The whole language",
    ("hostile", "names"): "Patterns and names that were made to hurt",
    ("signing", "requests"): "Signatures verified, on one core",
}


def newest_result() -> Path:
    """Return the stored result with the latest date in its name."""
    return max(RESULTS.glob("*.json"))


def show_results(result: Mapping[str, Any]) -> str:
    """Return all tables, as Markdown."""
    blocks = [_show_run(result), _show_worlds(result["worlds"])]
    for size, facts in result["worlds"].items():
        own = [one for one in result["results"] if one["size"] == size and one["of"] in _DECIDING]
        if own:
            blocks.append(f"### Decisions at size {size}\n\n{_show_decisions(own, facts)}")
    blocks += _show_others(result["worlds"])
    for (bench, of), title in _TITLES.items():
        own = [one for one in result["results"] if (one["bench"], one["of"]) == (bench, of)]
        if own:
            show = {"replay": _show_replay, "signing": _show_rates, "whole": _show_whole, "hostile": _show_hostile}[
                bench
            ]
            blocks.append(f"### {title}\n\n{show(own)}")
    if result["loads"]:
        blocks.append("### From JSON text to a table\n\n" + _show_loads(result["loads"]))
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
    names = (
        "statements",
        "principals",
        "table bytes",
        "checksum",
        "sample: allow, explicit, implicit",
        "trace: the same",
    )
    rows = []
    for size, facts in worlds.items():
        counts = [
            ", ".join(f"{facts[part].get(name, 0):,}" for name in ("ALLOW", "EXPLICIT_DENY", "IMPLICIT_DENY"))
            for part in ("sample_decisions", "trace_decisions")
        ]
        cells = [f"{facts[name]:,}" for name in ("statements", "principals", "table_bytes")]
        rows.append([size, *cells, f"`{facts['table_checksum']}`", *counts])
    return _table(["size", *names], rows)


def _show_decisions(results: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> str:
    """Return who decides how fast, the fastest first in each way of asking."""
    head = ["who", "asked", "requests", "ns, mean", "median", "p99", "times ours", "memory", "load", "differing"]
    ways = list(_DECIDING)
    rows = []
    for one in sorted(results, key=lambda one: (ways.index(one["of"]), one["ns"])):
        peer = one["contender"].partition(",")[0]
        own = facts["peers"].get(peer, {})
        spread = [f"{one[name]:,.0f}" if name in one else "" for name in ("median_ns", "p99_ns")]
        cells = [f"{one['ns']:,.0f}", *spread, f"{one['ratio']:.3g}" if "ratio" in one else ""]
        cells += [f"{own.get('memory_bytes', 0) / 2**20:,.1f} MiB", show_time(own.get("cpu_ns", 0))]
        differing = len(facts["disagreements"].get(peer, []))
        rows.append([one["contender"], _DECIDING[one["of"]], f"{one['requests']:,}", *cells, f"{differing or ''}"])
    return _table(head, rows)


def _show_others(worlds: Mapping[str, Any]) -> list[str]:
    """Return who differs and who is absent."""
    blocks = []
    differing = [
        f"- {size}, {name}: {len(found)} of {facts['sample_requests']:,}, first request {found[0][0]}, where we say "
        f"{found[0][1]} and it {found[0][2]}"
        for size, facts in worlds.items()
        for name, found in facts["disagreements"].items()
        if found
    ]
    if differing:
        kinds = "Decisions are 0 implicit deny, 1 allow, 2 explicit deny, -1 a deny whose kind is not told."
        blocks.append("### Who decides otherwise\n\n" + "\n".join([*differing, "", kinds]))
    absent = {name: why for facts in worlds.values() for name, why in facts["absent"].items()}
    if absent:
        blocks.append("### Absent\n\n" + "\n".join(f"- {name}: {why}" for name, why in absent.items()))
    return blocks


def _show_whole(results: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            one["contender"],
            f"{one['share']:.1%}",
            f"{one['table_bytes']:,}",
            show_time(one["ns"]),
            f"{one['ratio']:.2f}",
        ]
        for one in results
    ]
    return _table(["the workload with", "share", "table bytes", "per request", "times without"], rows)


def _show_hostile(results: Sequence[Mapping[str, Any]]) -> str:
    head = ["patterns", "how many", "bytes", "compiling", "table bytes", "per decision", "worst name"]
    rows = []
    for one in results:
        numbers = [f"{one[name]:,}" for name in ("patterns", "bytes")]
        cells = [show_time(one["compile_seconds"] * 1e9), f"{one['table_bytes']:,}"]
        rows.append([one["contender"], *numbers, *cells, show_time(one["ns"]), show_time(one["worst_part_ns"])])
    return _table(head, rows)


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
            show_time(load["cpu_seconds"] * 1e9),
            show_time(load["wall_seconds"] * 1e9),
            f"{load['peak_growth_mib']:,.0f} MiB",
            f"{load['table_bytes']:,}" if "table_bytes" in load else "",
        ]
        for load in loads
    ]
    return _table(["policies", "processor time", "on the clock", "memory added", "table bytes"], rows)


def write_page(text: str, result: Mapping[str, Any], name: str) -> str:
    """Return the page with the tables of a result in their place."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} lacks the line `{BEGIN}` or `{END}`")
    plots = "\n".join(f"![{plot[:-4]}](benchmarks/{plot})" for plot in draw_plots(result))
    tables = show_results(result)
    source = f"From [{name}](../benchmarks/results/{name})."
    return f"{before}{BEGIN}\n\n{source}\n\n{plots}\n\n{tables}\n\n{END}{after}"


def main() -> int:
    """Write the newest result into the page, and its plots beside it."""
    path = newest_result()
    result = json.loads(path.read_text(encoding="utf-8"))
    PLOTS.mkdir(exist_ok=True)
    for old in PLOTS.glob("*.svg"):
        old.unlink()
    for name, text in draw_plots(result).items():
        (PLOTS / name).write_text(text, encoding="utf-8")
    PAGE.write_text(write_page(PAGE.read_text(encoding="utf-8"), result, path.name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
