"""The kernel matches patterns as a trivial matcher does, however automata were built and rows are laid out."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from globs import RELAYED, SIMULATED, SPARSE, SPLIT, Limits, as_symbols, matches, set_limits

import gatewright as gw
from gatewright.compiler.automaton import FieldWildcard, Symbols
from gatewright.compiler.patterns import complete_arn, parse_resource
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind, Wildcard
from gatewright.runtime.layout import KEY_CLASSIFIERS, SECTIONS, GroupKind

BOB = "arn:aws:iam::123456789012:user/bob"
WAYS: dict[str, tuple[Limits, dict[str, int]]] = {
    "one automaton": ({}, {}),
    "split": (SPLIT, {}),
    "simulated": (SIMULATED, {}),
    "relayed": (RELAYED, {}),
    "sparse": ({}, SPARSE),
    "split and sparse": (SPLIT, SPARSE),
    "simulated and sparse": (SIMULATED, SPARSE),
    "relayed and sparse": (RELAYED, SPARSE),
}
PATTERNS = ["".join(p) for size in range(4) for p in itertools.product("ab*?", repeat=size)]
SUBJECTS = ["".join(s) for size in range(5) for s in itertools.product("abé", repeat=size)]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the limits that lead to one way of building."""
    set_limits(monkeypatch, *WAYS[request.param])
    return str(request.param)


def compile_each(statements: Sequence[dict[str, Any]]) -> gw.Authorizer:
    """Compile one statement for each pattern; the action ``x:aN`` asks for pattern N alone."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": f"x:a{n}", **rest} for n, rest in enumerate(statements)],
    }
    documents = (Document("patterns", PolicyKind.IDENTITY, Source(json.dumps(document), "patterns")),)
    principals = (Principal(BOB, PrincipalKind.USER, (0,)),)
    return gw.Authorizer(gw.compile(PolicySet(documents, principals)))


def compare_lists(lists: Sequence[Sequence[str]], subjects: Sequence[str]) -> None:
    """A list of patterns holds for a subject when one of its patterns matches."""
    authorizer = compile_each([{"Resource": "*", "Condition": {"StringLike": {"x:key": values}}} for values in lists])
    pairs = list(itertools.product(range(len(lists)), subjects))
    asked = {
        "principal": [BOB] * len(pairs),
        "action": [f"x:a{number}" for number, _ in pairs],
        "x:key": [subject for _, subject in pairs],
    }
    found = authorizer.authorize_batch(asked).decision == gw.Decision.ALLOW
    for (number, subject), allowed in zip(pairs, found, strict=True):
        expected = any(matches(as_symbols(pattern), subject) for pattern in lists[number])
        assert bool(allowed) is expected, (lists[number], subject)


def compare(
    authorizer: gw.Authorizer, patterns: Sequence[Symbols], subjects: Sequence[str], column: str, **matching: bool
) -> None:
    """Ask for every pattern and subject in one batch, and for some one by one."""
    pairs = list(itertools.product(range(len(patterns)), subjects))
    asked = {
        "principal": [BOB] * len(pairs),
        "action": [f"x:a{number}" for number, _ in pairs],
        column: [subject for _, subject in pairs],
    }
    expected = [matches(patterns[number], subject, **matching) for number, subject in pairs]
    found = authorizer.authorize_batch(asked).decision == gw.Decision.ALLOW
    wrong = [pairs[i] for i in range(len(pairs)) if bool(found[i]) is not expected[i]]
    assert not wrong, [(patterns[number], subject) for number, subject in wrong[:5]]
    for i in random.Random(7).sample(range(len(pairs)), min(300, len(pairs))):
        number, subject = pairs[i]
        request = {"resource": subject} if column == "resource" else {"context": {column: subject}}
        assert authorizer.authorize(BOB, f"x:a{number}", **request).allowed is expected[i], pairs[i]


def is_built(table: gw.Table, classifier: int, way: str) -> bool:
    """Tell whether a classifier has the groups and rows that the limits should lead to."""
    record = np.frombuffer(table.section("classifiers"), dtype=SECTIONS["classifiers"])[classifier]
    groups = np.frombuffer(table.section("groups"), dtype=SECTIONS["groups"])
    own = groups[record["group_first"] : record["group_first"] + record["group_count"]]
    found = own["kind"].tolist()
    kinds = {
        "one": found == [GroupKind.AUTOMATON],
        "sparse": found == [GroupKind.AUTOMATON],
        "split": len(own) > 1 and GroupKind.AUTOMATON in found,
        "simulated": set(found) == {GroupKind.SIMULATION},
        "relayed": set(found) == {GroupKind.RELAYS, GroupKind.SIMULATION},
    }
    return kinds[way.split()[0]] and bool(record["is_sparse"]) is way.endswith("sparse")


def test_patterns_of_values(way: str) -> None:
    """``StringLike`` holds for the subjects that match (R83)."""
    statements = [{"Resource": "*", "Condition": {"StringLike": {"x:key": pattern}}} for pattern in PATTERNS]
    authorizer = compile_each(statements)
    assert is_built(authorizer.table, KEY_CLASSIFIERS, way)
    compare(authorizer, [as_symbols(pattern) for pattern in PATTERNS], SUBJECTS, "x:key")


def test_lists_of_patterns(way: str) -> None:
    """A list holds when one of its patterns matches, whichever groups these are in."""
    lists = [random.Random(n).sample(PATTERNS, 4) for n in range(60)]
    compare_lists(lists, SUBJECTS[::3])


def test_patterns_of_resources(way: str) -> None:
    """A resource pattern matches the whole text, across fields (R47), and is completed (R50)."""
    texts = [f"arn:aws:s3:::{pattern}" for pattern in PATTERNS[1:]]
    texts += ["arn:aws:*:b", "arn:?ws:s3:::a*", "arn:aws:s3:*:*:a?"]
    authorizer = compile_each([{"Resource": text} for text in texts])
    assert is_built(authorizer.table, 1, way)
    symbols = [complete_arn(parse_resource(text, variables=True)).parts for text in texts]
    subjects = [f"arn:aws:s3:::{subject}" for subject in SUBJECTS[::2]] + [
        "arn:aws:ec2:x:b",
        "arn:aws:x:y:b:c",
        "arn:x:a",
    ]
    compare(authorizer, symbols, subjects, "resource")  # type: ignore[arg-type]


def test_patterns_of_arns(way: str) -> None:
    """In ARN operators a wildcard of the first five fields stays in its field (R89)."""
    fields = ["a", "*", "?", "a*", "*b", "é?"]
    texts = [
        f"arn:{first}:{second}:::{last}" for first, second, last in itertools.product(fields, fields, ["*", "a:*", "?"])
    ]
    authorizer = compile_each([{"Resource": "*", "Condition": {"ArnLike": {"x:key": text}}} for text in texts])
    # A wildcard that stays in a field keeps a pattern whole.
    assert is_built(authorizer.table, KEY_CLASSIFIERS, way.replace("relayed", "simulated"))
    symbols: list[Symbols] = []
    for text in texts:
        head, last = text.rsplit(":::", 1)
        inside = [FieldWildcard(s.value) if isinstance(s, Wildcard) else s for s in as_symbols(f"{head}:::")]
        symbols.append((*inside, *as_symbols(last)))
    values = ["", "a", "b", "ab", "éa", "é"]
    subjects = [
        f"arn:{first}:{second}:::{last}"
        for first, second, last in itertools.product(values, values, ["", "a", "a:b", "é"])
    ]
    compare(authorizer, symbols, subjects, "x:key")


def test_patterns_of_actions(way: str) -> None:
    """Actions match without the case of ASCII letters (R42), those of several groups too."""
    patterns = [pattern for pattern in PATTERNS if pattern]
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": f"x:{pattern}",
                "Resource": "*",
                "Condition": {"StringEquals": {"x:number": str(number)}},
            }
            for number, pattern in enumerate(patterns)
        ],
    }
    documents = (Document("patterns", PolicyKind.IDENTITY, Source(json.dumps(document), "patterns")),)
    authorizer = gw.Authorizer(gw.compile(PolicySet(documents, (Principal(BOB, PrincipalKind.USER, (0,)),))))
    assert is_built(authorizer.table, 0, way.removesuffix(" and sparse").replace("sparse", "one automaton"))
    subjects = ["".join(s) for size in range(1, 4) for s in itertools.product("aBé", repeat=size)]
    pairs = list(itertools.product(range(len(patterns)), subjects))
    asked = {
        "principal": [BOB] * len(pairs),
        "action": [f"X:{subject}" for _, subject in pairs],
        "x:number": [str(number) for number, _ in pairs],
    }
    found = authorizer.authorize_batch(asked).decision == gw.Decision.ALLOW
    for (number, subject), allowed in zip(pairs, found, strict=True):
        assert bool(allowed) is matches(as_symbols(patterns[number]), subject, folds_ascii=True), (number, subject)


def test_long_texts_and_masks_of_many_words(way: str) -> None:
    """Patterns and subjects longer than a word of a mask match like short ones."""
    patterns = [
        "*a" + "?" * 70 + "b",
        "x" * 200 + "*",
        "*" + "ab" * 100,
        "a*" * 300,
        "?" * 130,
        "x" * 199 + "?*y",
        "b*é" * 20,
    ]
    texts = ["x" * 199, "x" * 200, "x" * 201 + "y", "ab" * 100, "ab" * 101, "ba" * 150, "a" * 299, "a" * 300, "é" * 130]
    texts += ["é" * 129, "a" + "é" * 70 + "b", "a" + "é" * 71 + "b", "bé" * 20, "bxé" * 20, "b𝄞é" * 19]
    statements = [{"Resource": "*", "Condition": {"StringLike": {"x:key": pattern}}} for pattern in patterns]
    compare(compile_each(statements), [as_symbols(pattern) for pattern in patterns], texts, "x:key")


@pytest.mark.parametrize("seed", range(12))
def test_generated_lists(way: str, seed: int) -> None:
    """Lists of patterns with several stars and question marks, over subjects made from them, then changed."""
    chance = random.Random(f"lists {seed}")
    letters = chance.choice(["ab", "abc:", "aé€𝄞", "ab/-xyz"])
    lists = [
        ["".join(chance.choices(letters + "**?", k=chance.randrange(1, 16))) for _ in range(chance.randrange(1, 8))]
        for _ in range(20)
    ]
    subjects = ["", *("".join(chance.choices(letters, k=chance.randrange(40))) for _ in range(20))]
    for pattern in chance.sample([pattern for patterns in lists for pattern in patterns], 40):
        filled = "".join(
            "".join(chance.choices(letters, k=chance.randrange(5)))
            if c == "*"
            else chance.choice(letters)
            if c == "?"
            else c
            for c in pattern
        )
        at = chance.randrange(len(filled) + 1)
        subjects += [filled, filled[:at] + filled[at + 1 :]]
    subjects = list(dict.fromkeys(subjects))
    compare_lists(lists, subjects)


def test_patterns_that_are_gathered() -> None:
    """Patterns that end with a star are found on the way, each where the text has it, and all that the text has."""
    numbers = range(100_000_000_000, 100_000_000_000 + 90 * 7_919, 7_919)
    texts = [f"arn:aws:ec2:*:{number}:instance/*" for number in numbers]
    authorizer = compile_each([{"Resource": "*", "Condition": {"StringLike": {"x:key": text}}} for text in texts])
    groups = np.frombuffer(authorizer.table.section("groups"), dtype=SECTIONS["groups"])
    assert groups["kind"].tolist()[-1] == GroupKind.GATHERING and set(groups["kind"][:-1]) == {GroupKind.AUTOMATON}
    one, two, three = numbers[0], numbers[50], numbers[89]
    subjects = [f"arn:aws:ec2:r:{number}:instance/i" for number in (one, two, three, 1)]
    subjects += [
        f"{subjects[0]}:{two}:instance/:{three}:instance/",
        f"arn:aws:ec2::{one}:instance",
        "arn:aws:ec2:",
        "*",
    ]
    compare(authorizer, [as_symbols(text) for text in texts], subjects, "x:key")
