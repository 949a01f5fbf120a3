"""The measurement of patterns that were made to hurt."""

from __future__ import annotations

import pytest
from benchmarks import automata
from globs import as_symbols, matches


def test_a_row_tells_groups_states_and_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is measured after the groups have been compared with the naive matcher."""
    monkeypatch.setattr(automata, "CALLS", 20)
    cells = automata.measure("two", ["a*b?", "*c"], 0.0).strip("| ").split(" | ")
    assert cells[:2] == ["two", "1 + 0"] and int(cells[2]) > 4 and float(cells[5].replace(",", "")) > 0


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
