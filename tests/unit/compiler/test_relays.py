"""Patterns cut at their stars match exactly what a trivial matcher matches."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from globs import RELAYED, as_symbols, matches

from gatewright.compiler import automaton
from gatewright.compiler.automaton import Automaton, Budget, FieldWildcard, Simulation, Symbols, build_groups
from gatewright.compiler.relays import Relays, build_relays, can_relay
from gatewright.compiler.syntax import Wildcard


@pytest.fixture(autouse=True)
def relayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every pattern with a star be a relay."""
    for name, value in RELAYED.items():
        monkeypatch.setattr(automaton, name, value)


def find_pieces(pieces: Sequence[Symbols], folds_ascii: bool) -> Automaton | None:
    """Build the automaton of pieces."""
    numbers = range(len(pieces))
    return automaton._build_automaton(pieces, numbers, folds_ascii, Budget(), 1_024, 4, gathers=True)


def build(*patterns: str, folds_ascii: bool = False) -> Relays:
    """Build the relays of patterns, also of those that an automaton is always made of."""

    symbols = [as_symbols(pattern) for pattern in patterns]
    relays = build_relays(symbols, range(len(symbols)), folds_ascii, lambda pieces: find_pieces(pieces, folds_ascii))
    assert relays is not None
    return relays


def found(relays: Relays, text: str | bytes) -> set[int]:
    """Return the numbers of the patterns that match a text."""
    return set(relays.run(text if isinstance(text, bytes) else text.encode()))


def test_what_can_be_cut() -> None:
    """A pattern with a star, unless a wildcard stays in a field: that one may not pass a colon (R89)."""
    for symbols, expected in (
        ((Wildcard.ANY,), True),
        (("a", Wildcard.ONE, Wildcard.ANY, "b"), True),
        (("a",), False),
        (("a", Wildcard.ONE), False),
        ((FieldWildcard.ANY, "a"), False),
        ((Wildcard.ANY, "a", FieldWildcard.ONE), False),
    ):
        assert can_relay(symbols) is expected, symbols


def test_a_pattern_in_parts() -> None:
    """Beginning and ending are compared, what stands between two stars is found; the same piece is one piece."""
    relays = build("ab?c*x*yy*d?", "ab?d*yy*x*", "ab?c*x*d?")
    assert relays.pieces == [1, 2]
    assert [node.text for node in relays.beginnings.nodes] == [b"", b"ab"]
    assert relays.beginnings.anchors == [(Wildcard.ONE, b"c"), (Wildcard.ONE, b"d")]
    assert relays.endings.anchors == [(b"d", Wildcard.ONE)]
    assert relays.patterns == [0, 2, 1] and relays.relay_counts == [2, 1]
    assert relays.legs == [(0, 1, 2), (0, 2), (1, 0)]


def compare(patterns: list[str], subjects: list[str]) -> None:
    """Compare what relays find with the trivial matcher."""
    relays = build(*patterns)
    for subject in subjects:
        expected = {number for number, pattern in enumerate(patterns) if matches(as_symbols(pattern), subject)}
        assert found(relays, subject) == expected, subject


def test_parts_of_beginnings_and_endings() -> None:
    """Literals and ``?`` follow each other where a text begins, and where it ends, and all of them count."""
    patterns = ["a?bc?d*", "??b*", "a?*d", "?*", "a*?bc?d", "*b??", "*?", "a?bc*bc?d", "*a?", "?b*", "*?b?"]
    texts = ["axbcyd", "aébc€d", "a𝄞bc𝄞d", "axbcy", "axbcd", "axbc", "axb", "axcbyd", "axbcyx", "xxbcyd", "axbxyd"]
    texts += ["ab", "abc", "abcd", "éb", "ébé", "bé", "béé", "é", "", "b", "aab", "abbcbd", "aabcabcad", "𝄞b𝄞", "x𝄞b"]
    compare(patterns, [*texts, *(f"a{text}" for text in texts), *(f"{text}d" for text in texts)])


def test_one_text_goes_through_one_path_of_a_tree() -> None:
    """Where a node has several anchors and several children, the right ones are found."""
    patterns = ["ab*", "ab?*", "abc*", "abd*", "abcc*", "ab?d*", "b*", "*ba", "*?ba", "*cba", "*dba", "*d?ba", "*b"]
    texts = [
        "ab",
        "abc",
        "abd",
        "abcc",
        "abdd",
        "abcd",
        "abe",
        "b",
        "ba",
        "cba",
        "dba",
        "ccba",
        "dcba",
        "a",
        "ac",
        "ca",
    ]
    compare(patterns, [*texts, *(text[::-1] for text in texts)])


def test_pieces_do_not_overlap() -> None:
    """Each piece begins where the last one ended, or behind that, and so do endings."""
    relays = build("*aa*aa*", "a*a", "*ab*ba", "ab*b?", "*a*a*a*")
    assert found(relays, "aaa") == {1, 4} and found(relays, "aaaa") == {0, 1, 4}
    assert found(relays, "a") == set() and found(relays, "aa") == {1}
    assert found(relays, "aba") == {1} and found(relays, "abba") == {1, 2, 3}
    assert found(relays, "abb") == set() and found(relays, "abbb") == {3}
    compare(["ab*bc*", "ab*bc", "éb*b*", "é?*?*"], ["abc", "abbc", "ab", "ébb", "éb", "é", "éxx", "abxbc"])


def test_pieces_are_counted_in_characters() -> None:
    """A piece with ``?`` has as many characters as symbols, however many bytes these are."""
    relays = build("*a?b*?b*", "*?*?*?", "é*?")
    assert found(relays, "aéb€b") == {0, 1} and found(relays, "aéb") == {1} and found(relays, "aébb") == {1}
    assert found(relays, "𝄞𝄞") == set() and found(relays, "𝄞é𝄞") == {1}
    assert found(relays, "é") == set() and found(relays, "éa") == {2}


def test_what_is_no_character_is_found_by_no_question_mark() -> None:
    """Bytes that are no UTF-8 are crossed by stars only: at a beginning, between stars and at an ending."""
    relays = build("?*", "*?", "*?*")
    assert found(relays, "é") == {0, 1, 2}
    for data in (b"\xc3", b"\xa9", b"\xff", b"\xc0\x80", b"\xe2\x82", b"\xf5\x80\x80\x80"):
        assert found(relays, data) == set(), data
        assert found(relays, b"a" + data) == {0, 2} and found(relays, data + b"a") == {1, 2}, data
    assert found(relays, "é".encode() + b"\x80") == {0, 2}
    assert found(relays, b"\x80" * 5) == set()


def test_letters_are_folded_in_all_parts() -> None:
    """Beginnings, pieces and endings compare without the case of ASCII letters, and with that of others."""
    relays = build("Aé*bC*d?E", folds_ascii=True)
    assert found(relays, "aéBCdxe") == found(relays, "AéxbcxDXE") == {0} and found(relays, "AÉbcdxe") == set()
    compare(["a?B*cD*e?F"], ["axBcDeyF", "AxBcDeyF", "axbcDeyF", "axBCDeyF", "axBcdeyF", "axBcDEyF", "axBcDeyf"])


def test_literals_side_by_side_are_one() -> None:
    """Symbols come as they were written: two literals in a row, and two stars, mean what one would."""
    symbols: Symbols = ("a", "b", Wildcard.ONE, "c", "d", Wildcard.ANY, Wildcard.ANY, "x", "y", Wildcard.ANY, "e", "f")
    relays = build_relays([symbols], [0], False, lambda pieces: find_pieces(pieces, False))
    assert relays is not None and relays.pieces == [2] and relays.legs == [(0, 1)]
    assert [node.text for node in relays.beginnings.nodes] == [b"", b"ab"]
    assert relays.beginnings.anchors == [(Wildcard.ONE, b"cd")]
    assert [node.text for node in relays.endings.nodes] == [b"", b"ef"]
    assert found(relays, "ab-cdxyef") == {0} and found(relays, "ab-cdxef") == set()


def test_trees_share_what_texts_share() -> None:
    """Endings of 2 KB that differ at their beginning take the space of one, and its letters are read once."""
    stem = "x" * 2000
    endings = [f"{number:03}{stem}" for number in range(100)]
    relays = build(*(f"*{ending}" for ending in endings), f"*{stem}", "*x", "*")
    assert sum(len(node.text) for node in relays.endings.nodes) <= 2000 + 300
    assert found(relays, f"y042{stem}") == {42, 100, 101, 102} and found(relays, f"y42{stem}") == {100, 101, 102}
    assert found(relays, stem[1:]) == {101, 102} and found(relays, "") == {102}
    prefixes = build(*(f"{stem}{number:03}*" for number in range(100)), f"{stem}*", "x*", "*")
    assert sum(len(node.text) for node in prefixes.beginnings.nodes) <= 2000 + 300
    assert found(prefixes, f"{stem}0420") == {42, 100, 101, 102}


def test_children_ascend_level_by_level() -> None:
    """Nodes stand in the order of their levels, and children differ in the byte that is read first."""
    chance = random.Random(1)
    texts = {"".join(chance.choices("abc", k=chance.randrange(1, 9))) for _ in range(200)}
    relays = build(*(f"{text}*" for text in texts), *(f"*{text}" for text in texts))
    for tree in (relays.beginnings, relays.endings):
        nodes = [tree.nodes[0]]
        for node in nodes:
            nodes.extend(node.children)
            firsts = [child.text[-1 if tree.reads_back else 0] for child in node.children]
            assert firsts == sorted(set(firsts))
        assert nodes == tree.nodes and {id(node) for node in nodes} == {id(node) for node in tree.nodes}
        assert sum(len(node.anchors) for node in nodes) == len(tree.anchors) >= len(texts)
    for text in ("abcab", "a", "", "cba", "ccccccccc"):
        patterns = [*(f"{t}*" for t in texts), *(f"*{t}" for t in texts)]
        assert found(relays, text) == {n for n, p in enumerate(patterns) if matches(as_symbols(p), text)}


def test_short_pieces_have_low_numbers() -> None:
    """What comes up most shares a few bits in the rows of the table."""
    relays = build("*abc*d*", "*ab*abc*", "*d??*")
    assert relays.pieces == [1, 2, 3, 3]


def test_pieces_without_an_automaton_are_halved_then_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set of relays takes what its pieces leave room for; a pattern that does not fit alone is simulated."""
    wild: list[Symbols] = [(Wildcard.ANY, "a", *[Wildcard.ONE] * count, "b", Wildcard.ANY) for count in (2, 16, 3)]
    kinds = [type(group) for group in build_groups(wild)]
    assert kinds.count(Simulation) == 1 and kinds.count(Relays) >= 1
    text = "xa" + "-" * 16 + "b"
    assert {n for group in build_groups(wild) for n in group.run(text.encode())} == {1}
    monkeypatch.setattr(automaton, "RELAY_LIMIT", 2)
    groups = build_groups([as_symbols(f"*{letter}*z") for letter in "abcde"])
    assert [sorted(group.patterns) for group in groups if isinstance(group, Relays)] == [[4], [2, 3], [0, 1]]


def test_without_steps_there_are_no_relays() -> None:
    """Where the steps are used up, what is left is simulated, also what has no pieces."""
    for patterns in (["*a*b"], ["a*b"], ["a*b", "*c", "*a*b"]):
        (group,) = build_groups([as_symbols(pattern) for pattern in patterns], budget=Budget(0, 0))
        assert isinstance(group, Simulation) and len(group.accepts) == len(patterns)
