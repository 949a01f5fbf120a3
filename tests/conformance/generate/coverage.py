"""Counts the vectors of each rule, as a table for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from .rules import CHAPTERS, NOT_DECIDED, RULES, chapter_of
from .vector import Json

BEGIN: Final = "<!-- coverage: written by python -m conformance.generate -->"
END: Final = "<!-- end of coverage -->"


def fill_table(text: str, files: Mapping[str, Sequence[Json]]) -> str:
    """Return a text with the table of coverage between its two marks."""
    found = re.search(f"{re.escape(BEGIN)}.*{re.escape(END)}", text, re.DOTALL)
    if found is None:
        raise ValueError("the text has no marks for the table of coverage")
    return f"{text[: found.start()]}{BEGIN}\n{table_of(files)}{END}{text[found.end() :]}"


def table_of(files: Mapping[str, Sequence[Json]]) -> str:
    """Return the table: per rule its meaning, how many vectors there are, how many allow, how many are uncertain."""
    vectors = [vector for listed in files.values() for vector in listed]
    counts = Counter(vector["rule"] for vector in vectors)
    allows = Counter(vector["rule"] for vector in vectors if vector["expect"] == "allow")
    uncertain = Counter(vector["rule"] for vector in vectors if vector.get("certain") is False)
    lines = [f"{len(vectors):,} vectors of {len(RULES)} rules, {sum(uncertain.values()):,} of them uncertain.", ""]
    for chapter in CHAPTERS:
        lines += [f"### {chapter.title} (`vectors/{chapter.file}`, {len(files[chapter.file]):,})", ""]
        lines += [f"From {chapter.pages}.", ""]
        lines += ["| rule | says | vectors | allow | uncertain |", "|---|---|---:|---:|---:|"]
        for rule, says in RULES.items():
            if chapter_of(rule) == chapter:
                lines.append(f"| {rule} | {says} | {counts[rule]} | {allows[rule]} | {uncertain[rule]} |")
        lines.append("")
    lines += ["Rules that no decision can show:", "", "| rule | why |", "|---|---|"]
    lines += [f"| {rule} | {reason} |" for rule, reason in NOT_DECIDED.items()]
    return "\n".join(lines) + "\n"
