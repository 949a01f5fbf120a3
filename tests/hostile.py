"""Patterns and subjects that were made to hurt: about a megabyte, in families, the same every time.

Each family is a list of patterns for one statement and subjects near to matching them; all of them stand behind
``arn:aws:s3:::``.  The benchmarks import this module too.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

SEED = 20261126
PREFIX = "arn:aws:s3:::"
LONGEST = 2_000
"""Characters of a resource name, beside the prefix."""


class Family(NamedTuple):
    """Patterns and subjects of one kind."""

    name: str
    patterns: list[str]
    subjects: list[str]

    @property
    def size(self) -> int:
        """Bytes of everything."""
        return sum(map(len, self.patterns)) + sum(map(len, self.subjects))


def make_corpus() -> list[Family]:
    """Return all families."""
    families = []
    for name, make in _MAKERS.items():
        patterns, subjects = make(random.Random(f"{SEED} {name}"))
        subjects = list(dict.fromkeys(subject[:LONGEST] for subject in subjects))
        families.append(Family(name, [PREFIX + p for p in dict.fromkeys(patterns)], [PREFIX + s for s in subjects]))
    return families


Made = tuple[list[str], list[str]]


def _text(chance: random.Random, letters: str, length: int) -> str:
    return "".join(chance.choices(letters, k=length))


def _stars_and_letters(chance: random.Random) -> Made:
    """`*a*a*a...b`: a matcher that tries all ways to share the letters out never ends."""
    patterns = [f"{'*a' * count}*b" for count in (10, 50, 100, 250, 500)]
    return patterns, ["a" * LONGEST, "a" * (LONGEST - 1) + "b", "ab" * (LONGEST // 2), "b" * LONGEST, "a" * 400 + "b"]


def _thousands_of_stars(chance: random.Random) -> Made:
    """One pattern of 2,000 stars, and one of stars alone."""
    patterns = [f"{'*a' * 2_000}*b", "*" * 2_000 + "b"]
    return patterns, ["a" * LONGEST, "a" * (LONGEST - 1) + "b", "ab" * (LONGEST // 2), "c" * LONGEST]


def _question_marks_behind_a_star(chance: random.Random) -> Made:
    """`*a????b`: what is read of it doubles the states with every `?`."""
    patterns = [f"*a{'?' * count}b" for count in (4, 8, 12, 16, 20)]
    return patterns, [_text(chance, "ab", LONGEST) for _ in range(6)] + ["a" * LONGEST]


def _overlapping_infixes(chance: random.Random) -> Made:
    """Infixes over two letters: each is the beginning of another's end."""
    patterns = [f"*{_text(chance, 'ab', chance.randrange(8, 24))}*" for _ in range(300)]
    return patterns, [_text(chance, "ab", LONGEST) for _ in range(8)] + ["a" * LONGEST, "ab" * (LONGEST // 2)]


def _two_infixes_each(chance: random.Random) -> Made:
    """`*x*y*`: whoever makes one automaton of them has to remember which first halves were seen."""
    patterns = [f"*{_text(chance, 'abc', 6)}*{_text(chance, 'abc', 6)}*" for _ in range(60)]
    return patterns, [_text(chance, "abc", LONGEST) for _ in range(8)]


def _long_names_that_differ_at_the_end(chance: random.Random) -> Made:
    """Names of 2 KB, alike but for the last letters."""
    stem = _text(chance, "abcdefgh/", LONGEST - 8)
    patterns = [f"{stem}{number:07d}?" for number in range(0, 2_000, 10)]
    return patterns, [f"{stem}{number:07d}x" for number in (0, 7, 990, 1990, 5000)] + [stem]


def _long_endings(chance: random.Random) -> Made:
    """Endings of 2 KB behind a star, alike but for the first letters."""
    stem = _text(chance, "abcdefgh/", LONGEST - 16)
    patterns = [f"*{number:07d}{stem}" for number in range(0, 1_000, 10)]
    return patterns, [f"x{number:07d}{stem}" for number in (0, 7, 500, 990)] + [stem, stem[1:] + "a"]


def _stars_anywhere(chance: random.Random) -> Made:
    """Random texts with stars and question marks in random places, and subjects made from them."""
    patterns, subjects = [], []
    for _ in range(120):
        letters = [chance.choice("abcd/-") for _ in range(chance.randrange(20, 200))]
        for place in chance.sample(range(len(letters)), 6):
            letters[place] = chance.choice("***?")
        patterns.append("".join(letters))
    for pattern in chance.sample(patterns, 8):
        filled = "".join(_text(chance, "abcd/-", 250) if c == "*" else "a" if c == "?" else c for c in pattern)
        subjects += [filled, filled[:-1] + "#"]
    return patterns, subjects


def _repeated_words(chance: random.Random) -> Made:
    """`*ab*ab*ab...`: a word again and again, with subjects that have one too few."""
    patterns = [f"{'*ab' * count}*c" for count in (50, 100, 200, 333)]
    return patterns, [("ab" * count)[:LONGEST] + ending for count in (49, 100, 332, 990) for ending in ("", "c")]


def _many_prefixes(chance: random.Random) -> Made:
    """Thousands of prefixes, as of a store with a folder for each customer."""
    patterns = [f"customer-{chance.randrange(10**9):09d}/*" for _ in range(6_000)]
    picked = chance.sample(patterns, 5)
    return patterns, [pattern[:-1] + _text(chance, "abc/", 1_900) for pattern in picked] + ["customer-" + "0" * 1_900]


_MAKERS: dict[str, Callable[[random.Random], Made]] = {
    "stars and letters": _stars_and_letters,
    "thousands of stars": _thousands_of_stars,
    "question marks behind a star": _question_marks_behind_a_star,
    "overlapping infixes": _overlapping_infixes,
    "two infixes each": _two_infixes_each,
    "long names that differ at the end": _long_names_that_differ_at_the_end,
    "long endings": _long_endings,
    "stars anywhere": _stars_anywhere,
    "repeated words": _repeated_words,
    "many prefixes": _many_prefixes,
}
