"""Patterns and resource names that were made to hurt: what the worst decision takes, and what compiling them takes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

from .conftest import Meter
from .contenders import Contender

sys.path.append(str(Path(__file__).parents[1] / "tests"))

ANN = "arn:aws:iam::123456789012:user/ann"
REPEATS = 20


def compile_family(patterns: list[str]) -> gw.Table:
    """Compile one statement with all patterns of a family."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": patterns}
    source = Source(json.dumps({"Version": "2012-10-17", "Statement": statement}), "patterns.json")
    document = Document("patterns", PolicyKind.IDENTITY, source)
    return gw.compile(PolicySet((document,), (Principal(ANN, PrincipalKind.USER, (0,)),)))


class SubjectContender(Contender):
    """Every resource name for itself, so that the slowest is seen."""

    def __init__(self, authorizer: gw.Authorizer, subjects: list[str]) -> None:
        def call_of(subject: str) -> Callable[[], object]:
            decide = authorizer.authorize
            return lambda: [decide(ANN, "s3:GetObject", subject) for _ in range(REPEATS)]

        super().__init__([call_of(subject) for subject in subjects], [REPEATS] * len(subjects))


@pytest.fixture(scope="module")
def families() -> Callable[[str], tuple[SubjectContender, dict[str, object]]]:
    """Return the names of a family as contender, and what compiling its patterns took."""
    from globs import as_symbols, matches
    from hostile import make_corpus

    corpus = {family.name: family for family in make_corpus()}

    @cache
    def make(name: str) -> tuple[SubjectContender, dict[str, object]]:
        family = corpus[name]
        began = time.process_time()
        table = compile_family(family.patterns)
        seconds = time.process_time() - began
        authorizer = gw.Authorizer(table)
        symbols = [as_symbols(pattern) for pattern in family.patterns]
        for subject in family.subjects:
            expected = any(matches(pattern, subject) for pattern in symbols)
            assert authorizer.authorize(ANN, "s3:GetObject", subject).allowed == expected, (name, subject)
        facts = {
            "patterns": len(family.patterns),
            "bytes": family.size,
            "compile_seconds": seconds,
            "table_bytes": table.byte_count,
        }
        return SubjectContender(authorizer, family.subjects), facts

    return make


def family_names() -> list[str]:
    """Return the names of all families."""
    from hostile import make_corpus

    return [family.name for family in make_corpus()]


@pytest.mark.parametrize("contender", family_names())
def bench_hostile(
    measure: Meter, families: Callable[[str], tuple[SubjectContender, dict[str, object]]], turn: int, contender: str
) -> None:
    """`Authorizer.authorize` on names of up to 2 KB."""
    who, facts = families(contender)
    measure(who, size="hostile", turn=turn, contender=contender, of="names", **facts)
