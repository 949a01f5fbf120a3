"""Random conditions and contexts: every operator with every qualifier, over keys and values that nearly fit."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from reference import OTHERS, Others, Value
from strategies import FAMILIES, FAMILY_OPERATORS, KEYS, NULL_TESTS, Family, lower
from strategies import spellings as spellings_of

Item = TypeVar("Item")

spellings = lru_cache(spellings_of)

NO_KEYS: frozenset[str] = frozenset()


class Readings:
    """What is drawn from of one family of operators, made ready."""

    def __init__(self, family: Family) -> None:
        self.operators = FAMILY_OPERATORS[family.operators]
        # Now and then an operator of one type on a key of another: IAM evaluates by the operator (R91).
        self.policy_keys = [spelt for key in family.keys * 20 + KEYS for spelt in spellings(key)]
        self.keys = family.keys
        self.request_values = family.request_values
        self.texts = [value for value in family.policy_values if isinstance(value, str)]
        self.texts_or_variables = [*self.texts, *family.variables]
        others: dict[type, list[Any]] = {}
        for value in family.policy_values:
            if not isinstance(value, str):
                others.setdefault(type(value), []).append(value)
        self.others = list(others.values())


READINGS = tuple(map(Readings, FAMILIES))
KEY_OF = {lower(key): key for key in KEYS}
WEIGHED = (*READINGS, *READINGS[:1] * 3, *READINGS[-1:] * 2)
"""Texts and ARNs have the most to say: wildcards and variables."""
READING_OF = {key: reading for reading in READINGS for key in reading.keys}


class Dice:
    """A source of randomness made for speed; equal seeds make equal worlds."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.random = self.rng.random

    def one(self, items: Sequence[Item]) -> Item:
        """Draw one of some items."""
        return items[int(self.random() * len(items))]

    def some(self, items: Sequence[Item], most: int) -> list[Item]:
        """Draw one to `most` items; an item may be drawn twice."""
        return [items[int(self.random() * len(items))] for _ in range(1 + int(self.random() * most))]

    def chance(self, probability: float) -> bool:
        """Tell whether something of a probability comes to pass."""
        return self.random() < probability


def make_condition(dice: Dice, *, variables: bool) -> dict[str, Any]:
    """Make a condition, mostly of one test."""
    block: dict[str, dict[str, Any]] = {}
    for _ in range(1 if dice.chance(0.7) else int(dice.random() * 4)):
        operator, key, values = make_test(dice, variables=variables)
        of_operator = block.setdefault(operator, {})
        if lower(key) not in {lower(other) for other in of_operator}:  # R26: not twice in two spellings
            of_operator[key] = values
    return block


def make_test(dice: Dice, *, variables: bool) -> tuple[str, str, Any]:
    """Make one test: operator, key, values of one JSON type (R25), rarely none (R79)."""
    if dice.chance(0.1):
        return dice.one(NULL_TESTS)
    reading = dice.one(WEIGHED)
    operator, key = dice.one(reading.operators), dice.one(reading.policy_keys)
    roll = dice.random()
    if roll < 0.04:
        return operator, key, []
    if roll < 0.15 and reading.others:
        values: Sequence[Any] = dice.one(reading.others)
    else:
        values = reading.texts_or_variables if variables else reading.texts
    return operator, key, dice.some(values, 4) if dice.chance(0.6) else dice.one(values)


def note_values(condition: Mapping[str, Mapping[str, Any]], asked: dict[str, list[str]]) -> None:
    """Note which texts a condition asks for, by key: requests that name them are worth more."""
    for tests in condition.values():
        for key, values in tests.items():
            name = KEY_OF.get(lower(key))
            if name is not None:
                texts = values if isinstance(values, list) else [values]
                asked.setdefault(name, []).extend(text for text in texts if isinstance(text, str))


def make_value(dice: Dice, key: str, asked: Mapping[str, list[str]]) -> str:
    """Make a value of a key: one that its family reads, or one that some condition asks for, wildcards filled in."""
    texts = asked.get(key)
    if texts and dice.chance(0.5):
        return dice.one(texts).replace("*", dice.one(("", "a", "/x", "*"))).replace("?", dice.one(("a", "é", "?")))
    return dice.one(READING_OF[key].request_values)


def make_context(
    dice: Dice, multivalued: frozenset[str], asked: Mapping[str, list[str]]
) -> tuple[dict[str, Value], frozenset[str] | Others]:
    """Make a context, with lists for the multivalued keys and keys known to be absent, and what is unknown."""
    roll = dice.random()
    context: dict[str, Value] = {}
    drawn = dice.rng.sample(KEYS, len(KEYS))
    if dice.chance(0.6):
        drawn.sort(key=lambda key: key not in asked)  # what is asked for first, still in random order
    count = int(dice.random() * (12 if roll < 0.15 else 7))
    for key in drawn[:count]:
        name = key if dice.chance(0.6) else dice.one(spellings(key))
        if dice.chance(0.12):
            context[name] = None
        elif key in multivalued:
            many = [make_value(dice, key, asked) for _ in range(1 + int(dice.random() * 3))]
            context[name] = [] if dice.chance(0.1) else many
        else:
            context[name] = make_value(dice, key, asked)
    if roll < 0.15:
        return context, NO_KEYS
    if roll < 0.55:
        return context, OTHERS
    first = count - (dice.chance(0.1))  # what is called unknown is so, whatever the context says
    return context, frozenset(drawn[max(0, first) : count + 1 + int(dice.random() * len(KEYS))])


def draw_multivalued(dice: Dice) -> frozenset[str]:
    """Choose the keys that have several values in a world; the columns of a batch want one form for each."""
    found = {"aws:TagKeys"} if dice.chance(0.8) else set()
    for key in KEYS:
        if dice.chance(0.12):
            found.add(key)
    return frozenset(found)
