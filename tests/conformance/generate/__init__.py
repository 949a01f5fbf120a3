"""Writes the decision vectors of the conformance suite: `python -m conformance.generate` in `tests/`.

Every module adds the vectors of one part of the rules.  What a vector expects is stated by how it is made: from the
table of its rule, or by the plainest arithmetic beside it; no decision engine is asked.  The vectors are the same in
every run.
"""

from __future__ import annotations

import json
from typing import Final

from . import (
    actions,
    candidates,
    condition_texts,
    condition_values,
    conditions,
    ec2,
    ec2_launches,
    evaluation,
    grammar,
    keys,
    kinds,
    organisation,
    principals,
    resources,
    roles,
    settled,
    special,
    unknowns,
    variable_places,
    variables,
)
from .rules import CHAPTERS, chapter_of
from .vector import Json, Vectors

MODULES: Final = (
    grammar,
    kinds,
    actions,
    resources,
    principals,
    conditions,
    condition_texts,
    condition_values,
    variables,
    variable_places,
    keys,
    evaluation,
    organisation,
    roles,
    special,
    ec2,
    ec2_launches,
    unknowns,
    settled,
    candidates,
)


def generate() -> dict[str, list[Json]]:
    """Return the vectors of every chapter, by the name of its file; what was asked before is not asked again."""
    files: dict[str, list[Json]] = {chapter.file: [] for chapter in CHAPTERS}
    asked = set()
    for module in MODULES:
        vectors = Vectors()
        module.build(vectors)
        for vector in vectors:
            question = json.dumps([vector["policies"], vector["request"], vector.get("ec2")])
            if question in asked:
                continue
            asked.add(question)
            files[chapter_of(vector["rule"]).file].append(vector)
    return files


def lines_of(vectors: list[Json]) -> str:
    """Return vectors as JSON Lines, without blanks that mean nothing."""
    return "".join(json.dumps(vector, ensure_ascii=False, separators=(",", ":")) + "\n" for vector in vectors)
