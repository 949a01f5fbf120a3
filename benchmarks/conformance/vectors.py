"""Files of vectors -> cases: a decision to make, or a document to refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DECISION_FILES = ("tests/vectors/[0-9]*.jsonl", "tests/conformance/vectors/*.jsonl")
DOCUMENT_FILES = ("tests/vectors/invalid.jsonl",)
SOUND = "accepted"
"""What stands in the name of a file of decision vectors whose documents the IAM API stores, odd as they look."""


class VectorFileError(Exception):
    """A file of vectors that cannot be read, with the place and the reason."""


@dataclass(frozen=True, slots=True)
class Case:
    """One vector as it stands in its file.

    ``expect`` is the decision, or for a document the phase in which it is refused or warned about; the phase of a
    sound document is `sound`.
    """

    id: str
    rule: str
    expect: str
    is_certain: bool
    why: str
    vector: Mapping[str, Any]


def find_files(patterns: Sequence[str]) -> list[Path]:
    """Return the files that patterns relative to the repository name, in order."""
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def read_decisions(paths: Iterable[Path]) -> list[Case]:
    """Read decision vectors."""
    return [
        _case(vector, str(vector["expect"]), place) for vector, place in _read(paths, ("policies", "request", "expect"))
    ]


def read_documents(paths: Iterable[Path], sound: Sequence[Case]) -> list[Case]:
    """Read documents to refuse, and add those of decision vectors that are sound, each distinct one once.

    A checker that complains about everything would otherwise be the best.
    """
    cases = [
        _case(vector, str(vector["phase"]), place)
        for vector, place in _read(paths, ("document", "policy_kind", "phase"))
    ]
    seen = set()
    for decision in sound:
        for kind, document in documents_of(decision.vector["policies"]):
            text = json.dumps(document, sort_keys=True)
            if decision.is_certain and (kind, text) not in seen:
                seen.add((kind, text))
                vector = {"document": document, "policy_kind": kind, "phase": "sound", "rule": decision.rule}
                cases.append(Case(decision.id, decision.rule, "sound", True, decision.why, vector))
    return cases


def documents_of(policies: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield kind and document of all policies of a vector."""
    for document in policies.get("identity") or []:
        yield "identity", document
    session = policies.get("session") or []
    for document in session if isinstance(session, list) else [session]:
        yield "session", document
    for member, kind in (("resource", "resource"), ("boundary", "boundary")):
        if policies.get(member) is not None:
            yield kind, policies[member]
    for member, kind in (("scps", "scp"), ("rcps", "rcp")):
        for level in policies.get(member) or []:
            for document in level:
                yield kind, document
    for document in policies.get("vpce") or []:
        yield "vpc-endpoint", document


def rule_number(rule: str) -> int:
    """Return the number of a rule, to sort by; 0 where it has none."""
    match = re.match(r"R([0-9]+)", rule)
    return int(match[1]) if match else 0


def _read(paths: Iterable[Path], members: Sequence[str]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise VectorFileError(f"{path}: cannot read the file; {error}") from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            place = f"{path}:{number}"
            try:
                vector = json.loads(line)
            except (ValueError, RecursionError):
                raise VectorFileError(f"{place}: the line is not JSON; one vector stands on one line") from None
            missing = [name for name in ("id", *members) if not isinstance(vector, dict) or name not in vector]
            if missing:
                raise VectorFileError(f"{place}: the vector lacks `{missing[0]}`")
            yield vector, place


def _case(vector: Mapping[str, Any], expect: str, place: str) -> Case:
    if not isinstance(vector["id"], str):
        raise VectorFileError(f"{place}: `id` is not a text")
    rule, why = str(vector.get("rule", "")), str(vector.get("why", ""))
    return Case(vector["id"], rule, expect, vector.get("certain") is not False, why, vector)
