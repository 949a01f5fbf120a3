"""A seed and a number -> a world with any text anywhere that the checker lets through."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from reference import Others, Value
from strategies import (
    ARN_PATTERNS,
    ESCAPES,
    INSTANTS,
    KEYS,
    NUMBERS,
    RANGES,
    RESOURCES,
    STRING_VARIABLES,
    STRINGS,
    lower,
)

from gatewright.compiler.check import check_document
from gatewright.compiler.policyset import Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

from .conditions import READINGS, Dice
from .generate import Maker
from .world import World

CHARACTERS: Final = "ab*?:/${},' '-.0é𝄞"
KNOWN_TEXTS: Final = (
    *STRINGS, *STRING_VARIABLES, *ESCAPES, *NUMBERS, *INSTANTS, *RANGES, *ARN_PATTERNS, *RESOURCES,
)  # fmt: skip
TRIES: Final = 6
"""Texts that the checker refuses are drawn again so often, and then typed ones taken."""


def make_untyped_world(seed: str, kinds: Collection[str]) -> World:
    """Make the world of a seed out of some kinds of document, with texts that need not fit."""
    return UntypedMaker(seed, kinds).make()


def any_text(dice: Dice) -> str:
    """Make any text: a few characters that mean something, characters of all planes, or what is a text elsewhere."""
    roll = dice.random()
    if roll < 0.45:
        return "".join(dice.one(CHARACTERS) for _ in range(int(dice.random() * 12)))
    if roll < 0.55:
        return "".join(any_character(dice) for _ in range(1 + int(dice.random() * 5)))
    return dice.one(KNOWN_TEXTS)


def any_character(dice: Dice) -> str:
    """Make any printable character."""
    while True:
        character = chr(int(dice.random() * 0x11000) if dice.chance(0.9) else int(dice.random() * 0x110000))
        if character.isprintable():
            return character


def nearly(dice: Dice, text: str) -> str:
    """Return a text with a character less, more, doubled or of the other case."""
    at = int(dice.random() * (len(text) + 1))
    left, right = text[:at], text[at:]
    return dice.one(
        (left + right[1:], left + dice.one(CHARACTERS) + right, left + left[-1:] + right, left + right.swapcase())
    )


class UntypedMaker(Maker):
    """Makes one world whose documents and requests hold any text."""

    def make_document(self, kind: str, name: str | None = None) -> dict[str, Any]:
        """Make a document and put any text into it, as long as the checker takes it."""
        typed = super().make_document(kind, name)
        for _ in range(TRIES):
            document: dict[str, Any] = json.loads(json.dumps(typed))
            statements = document["Statement"]
            for statement in statements if isinstance(statements, list) else [statements]:
                if self.dice.chance(0.5):
                    self.roughen(kind, statement)
            source = Source(json.dumps(document), "untyped")
            if check_document(Document("untyped", PolicyKind(kind), source))[0] is not None:
                return document
        return typed

    def roughen(self, kind: str, statement: dict[str, Any]) -> None:
        """Put any text into one or two elements of a statement."""
        dice = self.dice
        for _ in range(1 + int(dice.random() * 2)):
            roll = dice.random()
            if roll < 0.25:
                self.put(statement, ("Action", "NotAction"), f"s3:{any_text(dice).replace(':', '')}")
            elif roll < 0.5:
                self.put(statement, ("Resource", "NotResource"), f"arn:aws:s3:::{any_text(dice)}")
            elif roll < 0.9:
                # Most operators refuse most texts, so the ones that take any text come first.
                reading = dice.one((*[READINGS[0]] * 6, READINGS[-1], *READINGS))
                operator = dice.one((*reading.operators, "Null"))
                key = dice.one(KEYS) if dice.chance(0.85) else f"x:{any_text(dice)}"
                values: Any = [any_text(dice) for _ in range(int(dice.random() * 4))]
                if len(values) == 1 or dice.chance(0.2):
                    values = any_text(dice) if dice.chance(0.8) else dice.one((True, False, 0, 10**20, -7, 2.5))
                statement["Condition"] = {operator: {key: values}}
            elif isinstance(statement.get("Principal"), dict) and kind != "rcp":
                for principal_kind, texts in statement["Principal"].items():
                    text = texts if isinstance(texts, str) else dice.one(texts) if texts else ""
                    statement["Principal"][principal_kind] = [text, nearly(dice, text)]

    def put(self, statement: dict[str, Any], members: tuple[str, ...], text: str) -> None:
        """Put a text into the member that a statement has, beside what is there or in its place."""
        for member in members:
            if member in statement:
                value = statement[member]
                values = value if isinstance(value, list) else [value]
                statement[member] = [*values, text] if self.dice.chance(0.4) else text

    def make_context(self) -> tuple[dict[str, Value], frozenset[str] | Others]:
        """Make a context with any text in it."""
        dice = self.dice
        context, unknown = super().make_context()
        for key in list(context):
            if dice.chance(0.5) and context[key] is not None:
                text = any_text(dice)
                context[key] = [text, *dice.some(STRINGS, 2)] if isinstance(context[key], list) else text
        if dice.chance(0.2):
            name = f"x:{any_text(dice)}"
            if lower(name) not in map(lower, context):
                context[name] = any_text(dice)
        return context, unknown

    def choose_resource(self, resources: tuple[Resource, ...]) -> tuple[str | None, str]:
        """Choose what is asked for, now and then any text."""
        dice = self.dice
        resource, action = super().choose_resource(resources)
        roll = dice.random()
        if roll < 0.15 and resource is not None:
            resource = nearly(dice, resource)
        elif roll < 0.3:
            resource = f"arn:aws:s3:::{any_text(dice)}"
        elif roll < 0.35:
            resource = any_text(dice)
        roll = dice.random()
        if roll < 0.1:
            action = nearly(dice, action)
        elif roll < 0.2:
            action = f"s3:{any_text(dice)}"
        elif roll < 0.23:
            action = any_text(dice)
        return resource, action

    def choose_caller(self, callers: list[str], action: str) -> str:
        """Choose who asks, now and then any text."""
        dice = self.dice
        caller = super().choose_caller(callers, action)
        roll = dice.random()
        return any_text(dice) if roll < 0.02 else nearly(dice, caller) if roll < 0.06 else caller
