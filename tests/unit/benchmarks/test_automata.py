"""The measurement of patterns that were made to hurt."""

from __future__ import annotations

import pytest
from benchmarks import automata
from globs import as_symbols, matches
from hostile import LONGEST, PREFIX, make_corpus


def test_a_row_tells_groups_states_and_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is measured after the groups have been compared with the naive matcher."""
    monkeypatch.setattr(automata, "CALLS", 20)
    cells = automata.measure("two", ["a*b?", "*c"], 0.0).strip("| ").split(" | ")
    assert cells[:2] == ["two", "1 + 0 + 0"] and int(cells[2]) > 4 and float(cells[5].replace(",", "")) > 0


def test_groups_that_match_wrongly_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong group stops the measurement."""
    monkeypatch.setattr(automata, "build_groups", lambda patterns: [])
    with pytest.raises(AssertionError):
        automata.measure("wrong", ["*c"], 0.0)


def test_the_naive_matcher_agrees_with_the_one_of_the_tests() -> None:
    """Two ways to match naively say the same."""
    texts = ["", "a", "ab", "aab", "abab", "éa", "baé"]
    for pattern in ["", "*", "?", "a*", "*b", "a*b", "??", "*?b", "a*a*", "?é"]:
        symbols = as_symbols(pattern)
        assert [automata.matches_naively(symbols, text) for text in texts] == [matches(symbols, text) for text in texts]


def test_every_case_has_a_matching_subject() -> None:
    """The subjects are near to matching: half of them were made from a pattern."""
    for name, patterns in automata.cases().items():
        texts = automata.subjects(patterns)
        assert 2 <= len(texts) <= 16 and len(set(texts)) > 1, name


def test_the_hostile_corpus_is_a_megabyte_and_the_same_every_time() -> None:
    """Ten families, about a megabyte, names of at most 2 KB, and in each family names near to matching."""
    corpus = make_corpus()
    assert corpus == make_corpus() and len({family.name for family in corpus}) == len(corpus) == 10
    assert 900_000 < sum(family.size for family in corpus) < 1_100_000
    for family in corpus:
        assert len(family.subjects) >= 4, family.name
        assert all(len(subject) <= LONGEST + len(PREFIX) for subject in family.subjects), family.name


@pytest.mark.parametrize("name", ["stars and letters", "overlapping infixes", "long endings", "stars anywhere"])
def test_hostile_names_are_near_to_matching(name: str) -> None:
    """Some names match a pattern of their family and some do not, or match others than their neighbours."""
    family = next(family for family in make_corpus() if family.name == name)
    symbols = [as_symbols(pattern) for pattern in family.patterns[:60]]
    found = {tuple(matches(pattern, subject) for pattern in symbols) for subject in family.subjects[:6]}
    assert len(found) > 1 and any(True in hits for hits in found)
