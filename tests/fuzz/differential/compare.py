"""Compare what the engine tells of a world with what the reference expects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import gatewright as gw

from .ask_engine import Engine, Told
from .ask_reference import Expected, Reference
from .world import World

DECISIONS = ("allow", "explicit_deny", "implicit_deny", "unknown")


@dataclass
class Comparison:
    """What came of one world: comparisons by path, decisions of its requests, and what differs."""

    paths: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    layers: Counter[str] = field(default_factory=Counter)
    is_refused: bool = False
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """One answer that is not as expected; an engine that fails altogether has the path `failure`.

    `number` is that of the question, or with the path `call` of the call.
    """

    path: str
    number: int
    expected: Expected | None
    got: str

    @property
    def kind(self) -> tuple[str, str, str]:
        """What two differences have in common that are probably one: path, expectation and answer, without numbers."""
        if self.expected is None:
            return self.path, "", self.got[:40]
        return self.path, f"{self.expected.decision} {self.expected.layer}", self.got.partition(" ")[0]

    def __str__(self) -> str:
        return f"{self.path} {self.number}: expected {self.expected}, got {self.got}"


def compare_world(world: World) -> Comparison:
    """Compare all answers to a world."""
    found = Comparison()
    reference = Reference(world)
    expected = [reference.answer(question) for question in world.questions]
    for answer in expected:
        found.decisions[answer.decision] += 1
        found.layers[str(answer.layer)] += 1
    calls = [reference.answer_call(call) for call in world.calls]
    try:
        engine = Engine(world)
    except gw.PolicyError:
        found.is_refused = True
        return found
    except Exception as error:  # whatever it is, it is a find
        found.differences.append(failure("compile", error))
        return found
    try:
        for told in engine.tell():
            found.paths[told.path] += 1
            if told.path == "call":
                wanted, deciding = calls[told.number]
                is_same = told.got == wanted[:3] and told.deciding == deciding
            else:
                wanted = expected[told.number]
                is_same = told.got == wanted[:3] and told.layer in ("", wanted.layer)
            if not is_same:
                found.differences.append(Difference(told.path, told.number, wanted, spell(told)))
    except Exception as error:
        found.differences.append(failure("failure", error))
    return found


def failure(path: str, error: Exception) -> Difference:
    """Return the difference of an engine that fails where it should answer."""
    return Difference(path, -1, None, f"{type(error).__name__}: {error}")


def spell(told: Told) -> str:
    """Spell an answer; what a path does not tell is left out."""
    decision, statement, keys = told.got
    parts: list[Any] = [decision, f"statement={statement}", f"unknown_keys={sorted(keys)}"]
    if told.layer != "":
        parts.append(f"layer={told.layer}")
    if told.deciding >= 0:
        parts.append(f"deciding={told.deciding}")
    return " ".join(map(str, parts))
