"""The kernel runs groups of patterns: automata, simulations and relays say what a trivial matcher says."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import numpy as np
import pytest
from globs import RELAYED, SIMULATED, SPARSE, Limits, as_symbols, matches, set_limits

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime.layout import SECTIONS, GroupKind

BOB = "arn:aws:iam::123456789012:user/bob"
WAYS: dict[str, tuple[Limits, Limits]] = {
    "one": ({}, {}),
    "relays": (RELAYED, {}),
    "sparse relays": (RELAYED, SPARSE),
    "simulations": (SIMULATED, {}),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the limits that lead to one way of building."""
    set_limits(monkeypatch, *WAYS[request.param])
    return str(request.param)


def compile_lists(lists: Sequence[Sequence[str]], *, of_actions: bool = False) -> gw.Authorizer:
    """Compile a statement for each list; the action ``x:aN``, or the key ``x:n``, asks for list N alone."""
    statements = [
        {
            "Effect": "Allow",
            "Action": [f"x:{pattern}" for pattern in patterns] if of_actions else f"x:a{number}",
            "Resource": "*",
            "Condition": {"StringEquals": {"x:n": str(number)}} if of_actions else {"StringLike": {"x:key": patterns}},
        }
        for number, patterns in enumerate(lists)
    ]
    source = Source(json.dumps({"Version": "2012-10-17", "Statement": statements}), "patterns")
    documents = (Document("patterns", PolicyKind.IDENTITY, source),)
    return gw.Authorizer(gw.compile(PolicySet(documents, (Principal(BOB, PrincipalKind.USER, (0,)),))))


def compare(lists: Sequence[Sequence[str]], subjects: Sequence[str], *, of_actions: bool = False) -> gw.Authorizer:
    """Compare what the kernel finds with the trivial matcher."""
    authorizer = compile_lists(lists, of_actions=of_actions)
    for number, patterns in enumerate(lists):
        symbols = [as_symbols(pattern) for pattern in patterns]
        for subject in subjects:
            expected = any(matches(pattern, subject, folds_ascii=of_actions) for pattern in symbols)
            action = f"X:{subject}" if of_actions else f"x:a{number}"
            context = {"x:n": str(number)} if of_actions else {"x:key": subject}
            found = authorizer.authorize(BOB, action, "*", context).allowed
            assert found is expected, (patterns, subject)
    return authorizer


def groups_of(authorizer: gw.Authorizer) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Return the records of all groups."""
    return np.frombuffer(authorizer.table.section("groups"), dtype=SECTIONS["groups"])


def test_beginnings_pieces_and_endings(way: str) -> None:
    """Each alone, and each with the others, over texts that have them, or nearly."""
    patterns = ["ab*", "a?b*", "?*", "*ab", "*a?b", "*?", "*a*", "*a?b*", "ab*ab", "a*ab*b", "a?*?b", "*a*?*b*", "a*"]
    subjects = ["", "a", "b", "ab", "aab", "abb", "abab", "aabb", "axb", "axbab", "aaab", "bab", "abxab", "xaxbx", "ba"]
    subjects += ["é", "aé", "éb", "aéb", "a€b", "a𝄞b", "a𝄞€éb", "aéé", "éab", "ab𝄞", "a𝄞bxb"]
    authorizer = compare([[pattern] for pattern in patterns], subjects)
    compare([patterns[:4], patterns[4:9], patterns[8:]], subjects)
    kinds = set(groups_of(authorizer)["kind"].tolist())
    assert (GroupKind.RELAYS in kinds) is way.endswith("relays")


def test_letters_fold_in_actions(way: str) -> None:
    """Beginnings, pieces and endings compare without the case of ASCII letters, eight bytes at a time."""
    lists = [["AbCdEfGhIjK*"], ["*aBcDeFgHiJk"], ["*BcDeFgHiJ*"], ["aBcDeFgHi?k"], ["a*E?g*K"], ["[*@", "`*{"], ["é*Z"]]
    subjects = ["abcdefghijk", "ABCDEFGHIJK", "abcdefghij", "xABCDEFGHIJKx", "xabcdefghijk", "abcdefghijkx", "aefgk"]
    compare(lists, [*subjects, "[z@", "{z`", "`Z{", "éz", "ÉZ", "AE€G𝄞k"], of_actions=True)


def test_every_byte_counts(way: str) -> None:
    """A text that differs in one byte, or in case, is another one, wherever it differs."""
    name = "abcdefghijklmnopq"
    lists = [[f"{name}*"], [f"*{name}"], [f"é?{name}*"], [f"*{name}?é"], [f"*{name}?"], [f"?{name}*z"]]
    spoilt = [name, *(f"{name[:at]}#{name[at + 1 :]}" for at in range(len(name)))]
    subjects = [form.format(text) for text in spoilt for form in ("{}", "é-{}", "{}-é", "-{}-z", "{}-")]
    subjects += [name[1:], name[:-1], "é-" + name[:-1], name[1:] + "-é"]
    for other in (name.upper(), name[0] + name[1:-1].upper() + name[-1], name[:-1] + "Q"):
        subjects += [form.format(other) for form in ("{}", "é-{}", "{}-é", "-{}-z", "{}-")]
    compare(lists, subjects)
    compare(lists, subjects, of_actions=True)


def test_many_wait_for_the_same_piece(way: str) -> None:
    """All that wait for a piece go on when it comes, but those whose last piece it overlaps."""
    lists = [[f"{start}*aa*{end}"] for start in ("a", "aa", "aaa", "", "b") for end in ("a", "aa", "b*", "*", "?")]
    compare(lists, ["a" * count for count in range(1, 9)] + ["baaa", "baab", "aaaab", "aabaa", "aaabaaa", "b"])


def test_what_is_found_is_not_looked_for_again(way: str) -> None:
    """Patterns of one list are done with the first of them that matches; other lists go on."""
    lists = [["*a*b*c*", "*b*", "*z*b"], ["*c*a*", "*a*c*x", "*q*"], ["*x*y*", "a*b*c*x"]]
    compare(lists, ["abc", "abcx", "cab", "xaybc", "ccaa", "abcqx", "q", "zb", "xzb", "cba", "yx", "xy", "abxcx"])


def test_who_is_done_is_counted_once(way: str) -> None:
    """Two patterns of a list are found, one after the other, while another list still waits."""
    lists = [["*p*", "*q*"], ["*z*"], ["*y*", "*x*y", "y*x*"]]
    compare(lists, ["pqz", "qpz", "pqzy", "pqyx", "yxzp", "yxpq", "xypqz", "pz", "zq", "xyzpq", "yypxqz"])


def test_more_pieces_than_bits(way: str) -> None:
    """Pieces share bits: those of a hundred patterns are told apart all the same."""
    chance = random.Random(5)
    words = ["".join(chance.choices("abc", k=size)) for size in (1, 2, 3, 4, 6, 9) for _ in range(25)]
    patterns = [f"*{chance.choice(words)}*{chance.choice(words)}*" for _ in range(70)]
    subjects = ["".join(chance.choices("abc", k=size)) for size in (5, 10, 20, 40)]
    subjects += ["".join(chance.choices(words, k=4)) for _ in range(8)]
    compare([patterns[first : first + 2] for first in range(0, 70, 2)], subjects)


def test_long_beginnings_and_endings(way: str) -> None:
    """Trees tell long texts apart at any place, and end where a text does."""
    stem = "abcdefghijklmnopqrstuvwxyz" * 8
    lists = [[f"{stem}{number}*", f"*{number}{stem}"] for number in (1, 2, 10, 11, 100)] + [[f"{stem}*", f"*{stem}"]]
    subjects = [f"{stem}{number}" for number in ("", 1, 2, 3, 10, 11, 12, 100, "1" * 9)]
    subjects += [f"{number}{stem}" for number in (1, 2, 3, 10, 11, 12, 100, 211)]
    compare(lists, [*subjects, stem[:-1], stem[1:], stem[:100] + "#" + stem[101:], f"x{stem}", stem + stem, ""])


@pytest.mark.parametrize(
    ("word_count", "size", "alphabet", "shift"),
    [(3, 4, "ab", 0), (40, 500, "ab", 1), (26, 500, "abcdefghij", 2), (60, 500, "abcdefghijklmnop0123456789", 4)],
)
def test_rows_in_units(word_count: int, size: int, alphabet: str, shift: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state is the place of its row in units, which are the larger the more states there are."""
    chance = random.Random(8)
    words = ["".join(chance.choices(alphabet, k=size)) for _ in range(word_count)]
    lists = [[f"*{words[0]}*", f"*{words[1]}*a"], [f"*{word}*" for word in words[2:]]]
    subjects = ["a", *words[:3], words[-1], words[1] + "a", words[-1][:-1], "ab" + words[-1] + "b", words[0][1:]]
    set_limits(monkeypatch, RELAYED)
    groups = groups_of(compare(lists, subjects))
    assert groups["shift"][groups["kind"] == GroupKind.RELAYS].tolist() == [shift]


def test_a_dead_end_is_no_find() -> None:
    """An automaton that gathers stops where nothing can be found any more, and keeps what it has found."""
    numbers = range(1_000, 1_000 + 200 * 7, 7)
    lists = [[f"a*{number}*"] for number in numbers]
    subjects = ["", "a", "c1000", "a1000", "b1000", "c" * 50, "a10001007", "a1x1007", "axx1014x1014", "ca1007"]
    authorizer = compare(lists, subjects)
    groups = groups_of(authorizer)
    assert GroupKind.GATHERING in groups["kind"] and 1 in groups["accept_count"][groups["kind"] == GroupKind.GATHERING]


@pytest.mark.parametrize("question_marks", [20, 60, 110, 170, 240, 400])
def test_simulations_of_several_words(question_marks: int) -> None:
    """Positions move from word to word, in few words and in many, over characters of one to four bytes."""
    pattern = f"*a{'?' * question_marks}b*"
    filler = ("xé€𝄞" * question_marks)[:question_marks]
    subjects = [
        f"a{filler}b",
        f"za{filler}bz",
        f"a{filler}xb",
        f"a{filler[1:]}b",
        f"aa{filler}b",
        f"aa{filler}cb",
        "ab",
    ]
    authorizer = compare([[pattern, f"*b{'?' * 20}c*"]], [*subjects, f"b{'é' * 20}c", f"b{'é' * 19}c"])
    assert GroupKind.SIMULATION in groups_of(authorizer)["kind"]
