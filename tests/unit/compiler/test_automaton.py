"""Automata match exactly what a trivial matcher matches, however their patterns are grouped."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from globs import RELAYED, SIMULATED, SPLIT, Limits, as_symbols, matches, never
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatewright.compiler import automaton
from gatewright.compiler.automaton import (
    TOTAL_WORK_LIMIT,
    WORK_LIMIT,
    Automaton,
    Budget,
    FieldWildcard,
    Group,
    KnownGroups,
    Simulation,
    Symbols,
    build_groups,
    recall_groups,
)
from gatewright.compiler.relays import Relays
from gatewright.compiler.syntax import Wildcard

SHORT_PATTERNS = ["".join(p) for size in range(5) for p in itertools.product("ab*?", repeat=size)]
SHORT_SUBJECTS = ["".join(s) for size in range(5) for s in itertools.product("abé", repeat=size)]

# Characters of one to four bytes; neighbours in UTF-8 share their first bytes.
TEXT = "abAB:é\u00e8ß€\u20ad𝄞\U0001d11f\ud800"
SYMBOLS = st.lists(
    st.text(TEXT, min_size=1, max_size=3) | st.sampled_from([*Wildcard, *FieldWildcard]), max_size=8
).map(tuple)
SUBJECTS = st.text(TEXT, max_size=12)
BUDGETS: dict[str, Limits] = {"as shipped": {}, "split": SPLIT, "simulated": SIMULATED, "relayed": RELAYED}


def check(
    patterns: Sequence[Symbols], subjects: Sequence[str], *, folds_ascii: bool = False, budget: Budget | None = None
) -> None:
    """Compare the groups of the patterns with the trivial matcher, for every subject."""
    groups = build_groups(patterns, folds_ascii=folds_ascii, budget=budget)
    for subject in subjects:
        data = subject.encode("utf-8", "surrogatepass")
        found = [number for group in groups for number in group.run(data)]
        expected = [n for n, symbols in enumerate(patterns) if matches(symbols, subject, folds_ascii=folds_ascii)]
        assert sorted(found) == expected, (subject, [patterns[n] for n in set(found) ^ set(expected)])


@pytest.fixture(params=BUDGETS)
def budget(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Lower the limits of a group, so that patterns are split, and then simulated one by one."""
    for name, value in BUDGETS[request.param].items():
        monkeypatch.setattr(automaton, name, value)
    return str(request.param)


def test_one_short_pattern_at_a_time(budget: str) -> None:
    """Every pattern of up to four symbols matches the right ones of all short subjects, alone in its group."""
    for pattern in SHORT_PATTERNS:
        check([as_symbols(pattern)], SHORT_SUBJECTS)


def test_all_short_patterns_together(budget: str) -> None:
    """The same patterns, up to three symbols, match the same subjects when all of them are built together."""
    patterns = list(dict.fromkeys(as_symbols(pattern) for pattern in SHORT_PATTERNS if len(pattern) <= 3))
    check(patterns, SHORT_SUBJECTS)
    groups = build_groups(patterns)
    kinds = {type(group) for group in groups}
    assert (
        kinds
        == {
            "as shipped": {Automaton},
            "split": {Automaton, Simulation},
            "simulated": {Simulation},
            "relayed": {Relays, Simulation},
        }[budget]
    )
    assert (len(groups) > 2) is (budget == "split")


def test_short_patterns_of_fields(budget: str) -> None:
    """Wildcards of fields match like the others, but for colons."""
    wild = [*Wildcard, *FieldWildcard]
    patterns = [symbols for size in range(4) for symbols in itertools.product(["a", ":", *wild], repeat=size)]
    subjects = ["".join(s) for size in range(5) for s in itertools.product("a:é", repeat=size)]
    check(patterns, subjects)
    for symbols in patterns:
        check([symbols], subjects)


@pytest.mark.parametrize("limits", BUDGETS.values(), ids=BUDGETS)
def test_long_patterns(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generated sets of patterns over characters of one to four bytes match like the trivial matcher."""
    for name, value in limits.items():
        monkeypatch.setattr(automaton, name, value)

    @settings(max_examples=400, deadline=None)
    @given(st.lists(SYMBOLS, max_size=6), st.lists(SUBJECTS, min_size=1, max_size=8), st.booleans())
    @example([("a", Wildcard.ONE, Wildcard.ANY, "b"), (Wildcard.ANY, "é")], ["aéb", "a\U0001d11fb", "é"], False)
    @example([("A:", FieldWildcard.ANY, ":b")], ["a:B:b", "a::B", "a:::b"], True)
    def compare(patterns: list[Symbols], subjects: list[str], folds_ascii: bool) -> None:
        check(list(dict.fromkeys(patterns)), subjects, folds_ascii=folds_ascii)

    compare()


@given(st.lists(SYMBOLS, min_size=1, max_size=5), SUBJECTS, st.data())
@settings(max_examples=300, deadline=None)
def test_a_subject_made_from_a_pattern_matches(patterns: list[Symbols], filler: str, data: st.DataObject) -> None:
    """A pattern matches a text in which its wildcards have been replaced by what they stand for."""
    number = data.draw(st.integers(0, len(patterns) - 1))
    pieces = []
    for symbol in patterns[number]:
        if isinstance(symbol, str):
            pieces.append(symbol)
        elif symbol.value == "?":
            pieces.append(data.draw(st.sampled_from(sorted(set(TEXT) - {":"}))))
        else:
            pieces.append(filler.replace(":", "") if isinstance(symbol, FieldWildcard) else filler)
    subject = "".join(pieces).encode("utf-8", "surrogatepass")
    assert any(number in group.run(subject) for group in build_groups(patterns))


def test_half_a_character_is_no_character() -> None:
    """``?`` crosses whole characters: bytes that are no UTF-8 are no character."""
    for limits in ({}, SIMULATED):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in limits.items():
                patch.setattr(automaton, name, value)
            (group,) = build_groups([(Wildcard.ONE,)])
            assert group.run("é".encode()) == {0}
            for data in (
                b"a\x80",
                b"\xc3",
                b"\xa9",
                b"\xa9\xc3",
                b"\xff",
                b"\xc0\x80",
                b"\xe2\x82",
                "é".encode() + b"\xa9",
            ):
                assert group.run(data) == frozenset(), data


@pytest.mark.parametrize("limits", [{}, SIMULATED], ids=["as shipped", "simulated"])
def test_a_character_is_one_sequence_of_utf_8(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """``?`` crosses the first and the last character of each length, and no byte beyond the ranges."""
    for name, value in limits.items():
        monkeypatch.setattr(automaton, name, value)
    (group,) = build_groups([(Wildcard.ONE, "x")])
    for character in "\0\x7f\x80\xbf\u07ff\u0800\uffff\U00010000\U0010ffff":
        assert group.run(f"{character}x".encode()) == {0}, character
        assert group.run(f"{character}{character}x".encode()) == frozenset(), character
    for beyond in (
        "80",
        "bf",
        "c180",
        "c27f",
        "c2c0",
        "df7f",
        "dfc0",
        "e0807f",
        "efbfc0",
        "e08080c0",
        "f0807f",
        "f08080c0",
    ):
        assert group.run(bytes.fromhex(beyond) + b"x") == frozenset(), beyond
    for lead in (0xC0, 0xC1, 0xF5, 0xFF):
        for count in range(4):
            assert group.run(bytes([lead, *[0x80] * count]) + b"x") == frozenset(), (lead, count)


@pytest.mark.parametrize("limits", [{}, SIMULATED], ids=["as shipped", "simulated"])
def test_a_character_that_a_pattern_names_is_one_too(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """``?`` crosses also those whose bytes are told apart: the first and the last of each length."""
    for name, value in limits.items():
        monkeypatch.setattr(automaton, name, value)
    characters = "\0\x7f\x80\xbf\u07ff\u0800\uffff\U00010000\U0010ffff"
    check([(Wildcard.ONE,), (Wildcard.ONE, "x"), (characters,), *((c,) for c in characters)], [*characters, characters])


def test_letters_of_ascii_are_folded() -> None:
    """All of them, and none of their neighbours in the code."""
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    for patterns in ([(alphabet,), ("@[`{",)], [(alphabet.upper(),), ("@[`{",)]):
        (group,) = build_groups(patterns, folds_ascii=True)
        assert group.run(alphabet.encode()) == group.run(alphabet.upper().encode()) == {0}
        assert group.run(b"@[`{") == {1} and group.run(b"`[@{") == group.run(b"@{`[") == frozenset()


def patterns_of(group: Group) -> set[int]:
    """Return the numbers of the patterns that a group holds."""
    if isinstance(group, Automaton):
        return {number for accepts in group.accepts for number in accepts}
    if isinstance(group, Relays):
        return set(group.patterns)
    return {number for _, number in group.accepts}


def between_stars(count: int) -> list[Symbols]:
    """Return patterns that remember each other: their automaton has a state for each set of them."""
    return [(Wildcard.ANY, f"{number:03}" + "x" * 40, Wildcard.ANY, "z") for number in range(count)]


def test_every_pattern_is_in_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Splitting loses no pattern and doubles none."""
    monkeypatch.setattr(automaton, "can_relay", never)
    groups = build_groups(between_stars(40))
    held = [patterns_of(group) for group in groups]
    assert len(groups) > 2 and set().union(*held) == set(range(40)) and sum(map(len, held)) == 40


def test_patterns_with_too_many_nodes_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were not looked at any more are in other groups; a single one is simulated."""
    monkeypatch.setattr(automaton, "NODE_LIMIT", 100)
    patterns: list[Symbols] = [(f"{number:02}", Wildcard.ONE, "x" * 8, Wildcard.ANY) for number in range(30)]
    patterns += [(Wildcard.ANY, "long" * 30, Wildcard.ANY), ("y" * 120,)]
    check(patterns, ["07éxxxxxxxx", "29axxxxxxxxx", "29axxxxxxx", "long" * 30, "long" * 29, "y" * 120, "y" * 119])
    held = [patterns_of(group) for group in build_groups(patterns)]
    assert len(held) > 1 and set().union(*held) == set(range(32)) and sum(map(len, held)) == 32


def test_short_patterns_that_do_not_fit_are_simulated_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part whose positions fill two words is not split further: automata for fewer patterns would cost more."""
    monkeypatch.setattr(automaton, "can_relay", never)
    patterns: list[Symbols] = [(Wildcard.ANY, f"x{number}", Wildcard.ANY, "z") for number in range(200)]
    (group,) = build_groups(patterns)
    assert isinstance(group, Simulation) and patterns_of(group) == set(range(200))
    check(patterns, ["x7", "x7z", "ax19x1xz", "z", "199z", "xx33xz", "x5x9x150", "x5x9x150z"])
    assert all(isinstance(group, Automaton) for group in build_groups(between_stars(20)))


def test_long_patterns_that_do_not_fit_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that take more positions than are simulated at once have an automaton each."""
    monkeypatch.setattr(automaton, "can_relay", never)
    patterns = between_stars(2)
    (group,) = build_groups(patterns)
    assert isinstance(group, Automaton)
    positions = sum(1 + 3 + 40 + 1 for _ in patterns)
    for name in ("SPARE_STATES", "WHOLE_SPARE_STATES"):
        monkeypatch.setattr(automaton, name, len(group.accepts) - 1)
    monkeypatch.setattr(automaton, "STATES_PER_SYMBOL", 0)
    monkeypatch.setattr(automaton, "SIMULATED_POSITIONS", positions - 1)
    assert held_by(patterns) == [("automaton", [0]), ("automaton", [1])]
    monkeypatch.setattr(automaton, "SIMULATED_POSITIONS", positions)
    assert held_by(patterns) == [("simulation", [0, 1])]


def test_one_automaton_takes_only_so_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are left: with few for each, all is simulated."""
    patterns = [as_symbols("*ab*c"), as_symbols("a*")]
    assert held_by(patterns) == [("automaton", [0, 1])]
    monkeypatch.setattr(automaton, "WORK_LIMIT", 1)
    assert held_by(patterns) == [("simulation", [0, 1])]


def test_limits_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever limit `build_groups` heeds, groups built under another one are not taken for its own."""
    shipped = automaton.limits()
    names = [name for name in vars(automaton) if name.isupper() and isinstance(vars(automaton)[name], int)]
    heeded = set(names) - {"COLON", "TOTAL_WORK_LIMIT", "ADVANCE", "STAY"}  # a budget is an argument
    assert len(heeded) == len(shipped)
    for name in heeded:
        with monkeypatch.context() as patch:
            patch.setattr(automaton, name, getattr(automaton, name) + 1)
            assert automaton.limits() != shipped, name


def test_patterns_that_end_with_a_star_are_gathered() -> None:
    """However many of them a text may hold, one automaton of about a state for each byte finds them all on its way."""
    patterns: list[Symbols] = [(Wildcard.ANY, f"x{number}", Wildcard.ANY) for number in range(200)]
    patterns += [("a", Wildcard.ANY, "b", Wildcard.ANY), ("a", Wildcard.ANY, "b", Wildcard.ANY, "c", Wildcard.ANY)]
    (group,) = build_groups(patterns)
    assert isinstance(group, Automaton) and group.gathers
    assert patterns_of(group) == set(range(202)) and len(group.accepts) < 1_000
    check(
        patterns,
        ["", "x7", "ax19x1x", "x", "199", "xx33x", "x5x9x150", "ab", "abx7c", "acb", "abcx1x2x3x1x2x33", "éx1é"],
    )


def test_a_star_alone_is_gathered_too() -> None:
    """What matches the empty text is found before the first byte."""
    patterns: list[Symbols] = [(Wildcard.ANY, f"x{number}", Wildcard.ANY) for number in range(60)]
    patterns += [(Wildcard.ANY,), (Wildcard.ANY, Wildcard.ONE, Wildcard.ANY), (FieldWildcard.ANY, ":", Wildcard.ANY)]
    assert any(isinstance(group, Automaton) and group.gathers for group in build_groups(patterns))
    check(patterns, ["", "a", "é", ":", "x1:x2", "ax59"])


def test_absorbing_states_come_first_and_end_a_run() -> None:
    """From an absorbing state no byte leads elsewhere; the others all have a way out."""
    (group,) = build_groups([("ab", Wildcard.ANY), ("abc",), ("b", Wildcard.ANY, "c")])
    assert isinstance(group, Automaton)
    rows = [
        group.transitions[state * group.class_count : (state + 1) * group.class_count]
        for state in range(len(group.accepts))
    ]
    for state, row in enumerate(rows):
        assert (set(row) == {state}) is (state < group.absorbing_count)
    # Nothing can follow `x`, and everything may follow `ab` but `c`.
    assert group.absorbing_count == 2
    assert group.run(b"x" * 100) == frozenset() and group.run(b"abx") == {0} and group.run(b"abc") == {0, 1}


def test_byte_classes_are_the_fewest() -> None:
    """Bytes that no pattern tells apart share a class; the folded forms of a letter do."""
    (group,) = build_groups([("ab", Wildcard.ANY)], folds_ascii=True)
    assert group.class_count == 3
    assert group.byte_map[ord("a")] == group.byte_map[ord("A")] != group.byte_map[ord("b")]
    assert group.byte_map[ord("c")] == group.byte_map[0xFF]
    (group,) = build_groups([("\0\1", Wildcard.ONE)])
    assert group.class_count == 9  # both, and what tells characters of one to four bytes from no characters
    assert len({group.byte_map[byte] for byte in (0, 1, 2)}) == 3
    (group,) = build_groups([("ab", Wildcard.ANY)])
    assert group.byte_map[ord("A")] == group.byte_map[ord("c")] != group.byte_map[ord("a")]


def test_building_is_independent_of_set_order() -> None:
    """States are numbered by byte class, not by the order in which Python walks a set."""
    patterns = [(Wildcard.ANY, "ab", Wildcard.ANY, "c"), ("a", Wildcard.ONE, "b"), (Wildcard.ANY, "é")]
    (group,) = build_groups(patterns)
    assert isinstance(group, Automaton)
    seen = [group.start]
    for state in seen:
        row = group.transitions[state * group.class_count : (state + 1) * group.class_count]
        seen += [target for target in dict.fromkeys(row) if target not in seen]
    assert sorted(seen) == list(range(len(group.accepts)))
    moving = [state for state in seen if state >= group.absorbing_count]
    assert moving[0] == group.absorbing_count


def test_many_stars_stay_linear() -> None:
    """Two thousand stars need a state per symbol, not a power of two."""
    symbols: Symbols = tuple(symbol for _ in range(2000) for symbol in ("a", Wildcard.ANY))
    (group,) = build_groups([symbols])
    assert isinstance(group, Automaton) and len(group.accepts) <= 2 * 2000 + 2
    assert group.run(b"a" * 2000) == {0} and group.run(b"a" * 1999) == frozenset()
    assert group.run(b"ab" * 2500) == {0}


def test_simulated_patterns_share_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated patterns stand one behind the other in masks of bounded size; a longer one stands alone."""
    monkeypatch.setattr(automaton, "STATE_LIMIT", 0)
    monkeypatch.setattr(automaton, "PACK_POSITIONS", 100)
    monkeypatch.setattr(automaton, "can_relay", never)
    patterns: list[Symbols] = [(Wildcard.ANY, f"{number:03}", Wildcard.ONE) for number in range(40)]
    patterns.append(("long" * 50, Wildcard.ANY))
    groups = build_groups(patterns)
    # 5 positions each: `*` has none of its own, but there is one behind every pattern.
    assert sorted(len(patterns_of(group)) for group in groups) == [1, 20, 20]
    assert [len(patterns_of(group)) for group in build_groups(patterns[:21])] == [20, 1]
    check(patterns, ["x007é", "007", "0007x", "039x", "long" * 50, "long" * 50 + "x", "long" * 49])


@pytest.mark.parametrize(("position_count", "word_count"), [(1, 1), (63, 1), (64, 1), (65, 2), (128, 2), (129, 3)])
def test_masks_fill_words(position_count: int, word_count: int) -> None:
    """A mask has as many words of 64 bits as its positions need."""
    (group,) = build_simulated([("a" * (position_count - 1),)])
    assert (group.position_count, group.word_count) == (position_count, word_count)


def test_positions_are_of_bytes_and_question_marks() -> None:
    """One in front of each, and one behind them; the mask of the last one may begin a byte."""
    patterns: list[Symbols] = [("é", Wildcard.ANY), (FieldWildcard.ONE, Wildcard.ONE), ("a", Wildcard.ANY)]
    (group,) = build_simulated(patterns)
    assert group.position_count == 3 + 3 + 2 and [position for position, _ in group.accepts] == [1, 4, 7]
    (group,) = build_simulated([*patterns, (Wildcard.ANY,)])
    assert group.position_count == 9 and group.run(b"axx") == {2, 3} and group.run("éx".encode()) == {0, 1, 3}


def build_simulated(patterns: Sequence[Symbols]) -> list[Simulation]:
    """Build groups without steps for automata."""
    groups = build_groups(patterns, budget=Budget(0, 0))
    return [group for group in groups if isinstance(group, Simulation)]


def test_the_work_for_many_patterns_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the steps for all groups are used up, what is left is simulated, and matches all the same."""
    monkeypatch.setattr(automaton, "can_relay", never)
    patterns = between_stars(60)
    full = Budget()
    assert all(isinstance(group, Automaton) for group in build_groups(patterns, budget=full))
    short = Budget((TOTAL_WORK_LIMIT - full.work) * 9 // 10)
    kinds = [type(group) for group in build_groups(patterns, budget=short)]
    assert kinds.count(Simulation) == 1 and kinds.count(Automaton) > 1
    assert [type(group) for group in build_groups(patterns, budget=short)] == [Simulation]
    assert -TOTAL_WORK_LIMIT // 100 < short.work <= 0
    texts = [piece for symbols in patterns[::7] for piece in symbols if isinstance(piece, str)]
    subjects = [*texts, "".join(texts), "a".join(texts), "x" * 50, "000"]
    for left in (0, (TOTAL_WORK_LIMIT - full.work) * 9 // 10):
        check(patterns, subjects, budget=Budget(left))


def test_each_state_is_paid_for() -> None:
    """A short pattern may have many states, and each takes a step at least."""
    budget = Budget()
    (group,) = build_groups([(Wildcard.ANY, "a", *[Wildcard.ONE] * 8)], budget=budget)
    assert isinstance(group, Automaton)
    assert TOTAL_WORK_LIMIT - budget.work >= len(group.accepts) >= 1 << 8


def test_groups_are_recalled_where_the_budget_did_not_matter() -> None:
    """Known groups are taken and paid for as if built, where each try has the steps of a whole one, and only there."""
    patterns: list[Symbols] = [("a", Wildcard.ANY), (Wildcard.ANY, "b")]

    def recall(work: int, known: KnownGroups, *, folds_ascii: bool = False) -> tuple[list[Group], int, KnownGroups]:
        budget, used = Budget(work), KnownGroups()
        groups = recall_groups(patterns, folds_ascii=folds_ascii, budget=budget, known=known, used=used)
        return groups, work - budget.work, used

    groups, cost, known = recall(TOTAL_WORK_LIMIT, {})
    assert cost > 0 and list(known.values()) == [(groups, cost)]
    enough = cost + WORK_LIMIT
    for work in (TOTAL_WORK_LIMIT, enough):
        recalled, paid, used = recall(work, known)
        assert recalled is groups and paid == cost and used == known
        built, paid, used = recall(work, {})
        assert built is not groups and paid == cost and list(used.values()) == [(built, cost)]
    for known_before in ({}, known):
        built, paid, used = recall(enough - 1, known_before)
        assert built == groups and built is not groups and paid == cost and not used
    folded, _, used = recall(TOTAL_WORK_LIMIT, known, folds_ascii=True)
    assert folded is not groups and used.keys() != known.keys()


def test_plain_beginnings_do_not_pay_for_other_patterns() -> None:
    """A set that must be split keeps its prefixes in one group."""
    prefixes: list[Symbols] = [(f"team-{number:04}/", Wildcard.ANY) for number in range(300)]
    infixes: list[Symbols] = [(Wildcard.ANY, f"x{number}", Wildcard.ANY) for number in range(60)]
    first, *others = build_groups([*infixes, *prefixes])
    assert isinstance(first, Automaton) and others
    assert {n for accepts in first.accepts for n in accepts} == set(range(60, 360))


def test_one_pattern_beyond_every_budget_is_simulated() -> None:
    """Many ``?`` behind a star would need a power of two of states; the pattern is simulated."""
    symbols: Symbols = (Wildcard.ANY, "a", *[Wildcard.ONE] * 24, "b", Wildcard.ANY)
    (group,) = build_groups([symbols])
    assert isinstance(group, Simulation)
    check(
        [symbols], [f"xxa{filler}{end}" for filler in ("x" * 24, "é" * 24, "a𝄞" * 12) for end in ("b", "xb", "é", "")]
    )


def test_a_dead_end_stands_behind_the_states_that_accept() -> None:
    """An automaton that gathers tells where nothing can be found any more; behind a star that never is."""
    infixes: list[Symbols] = [("a", Wildcard.ANY, f"x{number}", Wildcard.ANY) for number in range(200)]
    (group,) = build_groups(infixes)
    assert isinstance(group, Automaton) and group.gathers and group.is_dead_next
    dead = group.absorbing_count
    assert {group.follow(dead, byte) for byte in range(256)} == {dead} and not group.accepts[dead]
    assert group.follow(group.start, ord("b")) == dead != group.follow(group.start, ord("a"))
    (group,) = build_groups([(Wildcard.ANY, *symbols[1:]) for symbols in infixes])
    assert isinstance(group, Automaton) and group.gathers and not group.is_dead_next


@pytest.mark.parametrize(
    ("limit", "count", "is_whole"), [(0, 2, True), (0, 3, False), (7, 3, False), (8, 3, True), (15, 4, False)]
)
def test_one_automaton_tells_only_so_many_sets_apart(
    limit: int, count: int, is_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each set of patterns that a text may match is a column of cells: so many there are, or two for each pattern."""
    monkeypatch.setattr(automaton, "WHOLE_ACCEPTS", limit)
    patterns: list[Symbols] = [(Wildcard.ANY, letter, Wildcard.ANY) for letter in "abcd"[:count]]
    (group,) = build_groups(patterns)
    assert isinstance(group, Automaton)
    assert group.gathers is not is_whole
    assert (len(set(group.accepts)) == 2**count) is is_whole


def held_by(patterns: Sequence[Symbols]) -> list[tuple[str, list[int]]]:
    """Return the ways in which patterns are matched, each with its patterns."""
    return [
        (
            "gathering" if isinstance(group, Automaton) and group.gathers else type(group).__name__.lower(),
            sorted(patterns_of(group)),
        )
        for group in build_groups(patterns)
    ]


def test_relays_that_are_there_take_a_few_patterns_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another automaton would cost another run over the text; many patterns have one, and some must have one."""
    monkeypatch.setattr(automaton, "RELAYED_TOO", 3)
    closed = between_stars(60)
    infixes: list[Symbols] = [(Wildcard.ANY, f"y{number}", Wildcard.ANY) for number in range(4)]
    relayed = list(range(60))
    assert held_by(closed) == [("relays", relayed)]
    assert held_by([*closed, *infixes[:3]]) == [("relays", list(range(63)))]
    assert held_by([*closed, *infixes]) == [("gathering", [60, 61, 62, 63]), ("relays", relayed)]
    # What stays in a field is never relayed: it has an automaton, which takes those of its kind.
    open_field, closed_field = (FieldWildcard.ANY, ":", Wildcard.ANY), (FieldWildcard.ANY, ":z")
    assert held_by([*closed, infixes[0], open_field]) == [("gathering", [60, 61]), ("relays", relayed)]
    assert held_by([*closed, closed_field]) == [("automaton", [60]), ("relays", relayed)]
    wild: Symbols = (Wildcard.ANY, "a", *[Wildcard.ONE] * 24, "b", Wildcard.ANY)
    assert held_by([wild, open_field]) == [("gathering", [1]), ("simulation", [0])]


def test_two_automata_are_no_relays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns that end with a star, and the others, have an automaton each where both fit and one does not."""
    monkeypatch.setattr(automaton, "WHOLE_ACCEPTS", 0)
    patterns = [as_symbols(pattern) for pattern in ("*a*z", "*b*z", "*c*z", "*d*", "*e*", "*f*")]
    assert held_by(patterns) == [("gathering", [3, 4, 5]), ("automaton", [0, 1, 2])]


def test_an_automaton_has_states_for_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many for each byte of each pattern, of a whole one for each that they do not share, and some to spare."""
    monkeypatch.setattr(automaton, "STATES_PER_SYMBOL", 1)
    shared = [as_symbols("ab*"), as_symbols("abc*")]  # 4 + 5 places on their paths, 6 nodes together
    one = [as_symbols("?")]  # 2 places on its path, 5 nodes

    def is_built(patterns: Sequence[Symbols], spare: int, **options: Any) -> bool:
        numbers = range(len(patterns))
        return automaton._build_automaton(patterns, numbers, False, Budget(), spare, **options) is not None

    for patterns, size, whole_size in ((shared, 9, 6), (one, 2, 2)):
        (group,) = build_groups(patterns)
        assert isinstance(group, Automaton)
        states = len(group.accepts)
        assert is_built(patterns, states - size) and not is_built(patterns, states - size - 1)
        spare = states - whole_size
        assert is_built(patterns, spare, is_whole=True) and not is_built(patterns, spare - 1, is_whole=True)
        spare = states - 2 * size
        assert is_built(patterns, spare, states_per_symbol=2)
        assert not is_built(patterns, spare - 1, states_per_symbol=2)
        assert is_built(patterns, states, states_per_symbol=0)
        assert not is_built(patterns, states - 1, states_per_symbol=0)
        with monkeypatch.context() as patch:
            patch.setattr(automaton, "STATE_LIMIT", states)
            assert is_built(patterns, states)
            patch.setattr(automaton, "STATE_LIMIT", states - 1)
            assert not is_built(patterns, states)


def test_all_patterns_together_pay_once_for_what_they_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """The automaton of all has states for the nodes of their trie, and more to spare than those of parts."""
    patterns = [as_symbols(pattern) for pattern in ("abcdefghij0*", "abcdefghij1*", "*qrst*")]
    (group,) = build_groups(patterns)
    assert isinstance(group, Automaton)  # of states for the prefixes and, behind each of these, for the rest
    nodes = 1 + len("abcdefghij") + len("0*") + len("1*") + len("*qrst*")
    monkeypatch.setattr(automaton, "STATES_PER_SYMBOL", 1)
    monkeypatch.setattr(automaton, "SPARE_STATES", 0)
    monkeypatch.setattr(automaton, "WHOLE_SPARE_STATES", len(group.accepts) - nodes)
    assert held_by(patterns) == [("automaton", [0, 1, 2])]
    monkeypatch.setattr(automaton, "WHOLE_SPARE_STATES", len(group.accepts) - nodes - 1)
    assert held_by(patterns) == [("automaton", [0, 1]), ("gathering", [2])]
