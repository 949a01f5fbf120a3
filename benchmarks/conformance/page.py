"""A stored result -> text: for the terminal, and the scoreboard of docs/conformance.md.

``python -m benchmarks.conformance.page`` writes the newest stored result into the page.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .findings import FINDINGS, LOOKED_UP

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
RESULTS = Path(__file__).parent / "results"
BEGIN = "<!-- the rest of this section is written by `python -m benchmarks.conformance.page` -->"
END = "<!-- end of what is written -->"
MOST_ROWS = 12
"""Rules and reasons that a table names; the stored result has all."""


def newest_result() -> Path:
    """Return the stored result with the latest date in its name."""
    return max(RESULTS.glob("*.json"))


def show_scores(result: Mapping[str, Any]) -> str:
    """Return scoreboard and details, as Markdown."""
    deciders = [rival for rival in result["rivals"] if rival["question"] == "decisions"]
    checkers = [rival for rival in result["rivals"] if rival["question"] == "documents"]
    blocks = [_show_header(result["header"])]
    if deciders:
        blocks += ["### Decisions", _show_decisions(deciders)]
    if checkers:
        blocks += ["### Documents to refuse", _show_documents(checkers)]
    blocks += [_show_rival(rival) for rival in result["rivals"]]
    looked_up = [f"- {', '.join(rules.split())}: {text}" for rules, text in LOOKED_UP.items()]
    blocks += ["### Looked up again", "\n".join(looked_up)]
    blocks += ["### Not asked", "\n".join(f"- {name}: {why}" for name, why in result["left_out"].items())]
    return "\n\n".join(block for block in blocks if block)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:" for _ in head[1:]]]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def _show_header(header: Mapping[str, Any]) -> str:
    folders = ", ".join(f"{count} files in `{folder}`" for folder, count in header["files"].items())
    return (
        f"Commit {str(header['commit'])[:12]}, {header['date']}: {header['vectors']:,} decision vectors, of which "
        f"{header['uncertain_vectors']:,} are uncertain; {header['documents']:,} documents to refuse or to warn about "
        f"and {header['sound_documents']:,} sound ones ({folders})."
    )


def _show_decisions(rivals: Sequence[Mapping[str, Any]]) -> str:
    head = [
        "rival",
        "expressible",
        "refused",
        "faults",
        "agree",
        "disagree",
        "too wide",
        "too narrow",
        "kind of denial",
    ]
    rows = []
    for rival in rivals:
        if "score" not in rival:
            rows.append([rival["name"], rival["unavailable"], *[""] * 7])
            continue
        score = rival["score"]
        certain, ways = score["certain"], score["ways"]
        decided = certain.get("agree", 0) + certain.get("disagree", 0)
        share = f" ({certain.get('agree', 0) / decided:.1%})" if decided else ""
        rows.append(
            [
                rival["name"],
                f"{sum(certain.values()):,}",
                *[f"{certain.get(name, 0):,}" for name in ("refused", "faults")],
                f"{certain.get('agree', 0):,}{share}",
                f"{certain.get('disagree', 0):,}",
                *[f"{ways.get(name, 0):,}" for name in ("wide", "narrow")],
                f"{ways.get('kind', 0):,}" if rival["tells_kinds"] else "not told",
            ]
        )
    unsure = [
        f"{rival['name']} {score.get('agree', 0):,} of {score.get('agree', 0) + score.get('disagree', 0):,}"
        for rival in rivals
        if "score" in rival and (score := rival["score"]["uncertain"])
    ]
    return (
        _table(head, rows) + f"\n\nUncertain vectors, which count nowhere above, agree: {'; '.join(unsure) or 'none'}."
    )


def _show_documents(rivals: Sequence[Mapping[str, Any]]) -> str:
    phases = {
        "parse": "text (found)",
        "save": "refused by the API (found)",
        "lint": "stored, and warned about (found)",
        "sound": "sound (false alarms)",
    }
    rows = []
    for rival in rivals:
        if "score" not in rival:
            rows.append([rival["name"], rival["unavailable"], *[""] * 4])
            continue
        cells = []
        for phase in phases:
            own = rival["score"]["phases"].get(phase)
            cells.append(f"{own.get('found', 0)} of {own['documents']}" if own else "not asked")
        faults = sum(own.get("faults", 0) for own in rival["score"]["phases"].values())
        rows.append([rival["name"], *cells, str(faults)])
    return _table(["rival", *phases.values(), "faults"], rows)


def _show_rival(rival: Mapping[str, Any]) -> str:
    """Return what is behind a rival's row."""
    versions = ", ".join(f"{name} {number}" for name, number in rival["versions"].items())
    lines = [f"#### {rival['name']}", "", f"{_capital(rival['about'])}. {versions + '.' if versions else ''}".rstrip()]
    if rival["limits"]:
        lines.append(f"By its own account: {rival['limits']}.")
    score = rival.get("score")
    if score is None:
        return "\n".join([*lines, "", f"Not run: {rival['unavailable']}."])
    for title, member in (
        ("Not expressible", "inexpressible"),
        ("Refused", "refused"),
        ("Faults", "faults"),
        ("Missed", "missed"),
        ("False alarms", "false_alarms"),
    ):
        if score.get(member):
            lines += ["", f"{title}: {_show_tally(score[member])}."]
    if score.get("disagreements") or score.get("uncertain_disagreements"):
        lines += ["", "What it does otherwise, by rule (certain + uncertain vectors, an example):", ""]
        lines += show_findings(rival["name"], score)
    return "\n".join(lines)


def show_findings(name: str, score: Mapping[str, Any]) -> list[str]:
    """Return a line for each thing that a rival does otherwise; what nobody has read yet stands in the last one."""
    certain, unsure = score["disagreements"], score["uncertain_disagreements"]
    differing = [rule for rule in {**certain, **unsure}]

    def show(rule: str) -> str:
        counts = f"{certain.get(rule, {}).get('count', 0)} + {unsure.get(rule, {}).get('count', 0)}"
        return f"{rule} {counts} ({(certain.get(rule) or unsure[rule])['examples'][0]['id']})"

    lines = []
    read: set[str] = set()
    for text, rules in FINDINGS.get(name, ()):
        own = [rule for rule in rules.split() if rule in differing]
        read.update(own)
        if own:
            lines.append(f"- {text}: {', '.join(map(show, own))}")
    left = [rule for rule in differing if rule not in read]
    return lines + ([f"- not read yet: {', '.join(map(show, left))}"] if left else [])


def _show_tally(tally: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the most frequent names with their counts and an example each."""
    ranked = sorted(tally.items(), key=lambda item: -item[1]["count"])
    parts = []
    for name, entry in ranked[:MOST_ROWS]:
        example = entry["examples"][0]
        id = example["id"] if isinstance(example, dict) else example
        parts.append(f"{_one_line(name)} {entry['count']:,} ({id})")
    rest = ranked[MOST_ROWS:]
    if rest:
        parts.append(f"and {sum(entry['count'] for _, entry in rest):,} more under {len(rest)} others")
    return "; ".join(parts)


def _one_line(text: str) -> str:
    return " ".join(text.replace("|", "/").replace("<", "(").split())


def _capital(text: str) -> str:
    return text if text.startswith(("npm", "`")) else text[:1].upper() + text[1:]


def write_page(text: str, result: Mapping[str, Any], name: str) -> str:
    """Return the page with the scoreboard of a result in its place."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} lacks the line `{BEGIN}` or `{END}`")
    scores = show_scores(result)
    link = f"[{name}](../benchmarks/conformance/results/{name})"
    return f"{before}{BEGIN}\n\nFrom {link}.\n\n{scores}\n\n{END}{after}"


def main() -> int:
    """Write the newest result into the page."""
    path = newest_result()
    result = json.loads(path.read_text(encoding="utf-8"))
    PAGE.write_text(write_page(PAGE.read_text(encoding="utf-8"), result, path.name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
