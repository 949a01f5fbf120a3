"""Resources of a known type and an unknown name -> one that stands for all of them, where policies tell none apart.

A launch that names no subnet uses one that only the cloud knows.  Policies that speak of `subnet/*`, or of instances
alone, decide the same whichever it is; and the decision for any of them is that for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gatewright.compiler.syntax import Document
from gatewright.ec2 import Ec2Call
from gatewright.ec2.parse import partition_of
from gatewright.ec2.resources import NAMED_TYPES, PUBLIC_TYPES, TYPES, Place

_LITERAL = re.compile(r"[^*?$]*")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_FIELDS = 6  # of an ARN; those left out at its end are `*` (R13)
_CACHE_LIMIT = 10_000


class StandIns:
    """Knows the resource patterns of policies, and which names they tell apart."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns: frozenset[str] = frozenset(patterns)
        self._answers: dict[str, bool] = {}

    def tell_apart(self, prefix: str) -> bool:
        """Tell whether some pattern matches one name that begins so, and not another.

        Ids hold neither colons nor slashes, and names of roles, with their paths, no colons.
        """
        found = self._answers.get(prefix)
        if found is None:
            if len(self._answers) >= _CACHE_LIMIT:  # clients choose Regions, where the gateway has none
                self._answers.clear()
            never = ":" if prefix.endswith(":role/") else ":/"
            found = self._answers[prefix] = any(_tells_apart(pattern, prefix, never) for pattern in self.patterns)
        return found

    def name_unknown(self, call: Ec2Call, account: str, *, is_template_known: bool = False) -> Ec2Call:
        """Return a call with `TYPE/*`, as for what it creates, in the place of names that make no difference.

        What an unknown launch template adds may be another account's, so nothing is put there.
        """
        is_blind = "launch-template" in call.kinds and not is_template_known
        if is_blind or all(item.resource is not None for item in call.authorizations):
            return call
        place = Place(partition_of(call.region), call.region, account)
        named = []
        for item, kind in zip(call.authorizations, call.kinds, strict=True):
            prefix = None
            if item.resource is None and kind == "role":
                prefix = f"arn:{place.partition}:iam::{account}:role/"
            elif item.resource is None and kind in TYPES and kind not in PUBLIC_TYPES | NAMED_TYPES:
                prefix = place.arn(kind, "")
            is_same = prefix is not None and not self.tell_apart(prefix)
            named.append(replace(item, resource=f"{prefix}*") if is_same else item)
        return replace(call, authorizations=tuple(named))


def _tells_apart(pattern: str, prefix: str, never: str) -> bool:
    if pattern == "*":
        return False
    literal = _LITERAL.match(pattern)
    assert literal is not None
    if not (literal[0].startswith(prefix) or prefix.startswith(literal[0])):
        return False
    whole = _VARIABLE.sub("*", pattern)
    missing = _FIELDS - 1 - whole.count(":")
    left = _after(whole + ":*" * missing, prefix)
    rests = {rest.strip("*") for rest in left if rest and not any(char in rest for char in never)}
    if not rests:
        return False  # none that begins so, and goes on, matches
    # A variable stands for some text, not any; an ARN with fields left out means something else in other policies.
    return "${" in pattern or missing > 0 or "" not in rests


def _after(pattern: str, prefix: str) -> set[str]:
    """Return what may be left of a pattern once a text was read (`*` and `?` act on the whole ARN: R46, R47)."""

    def open_up(states: set[int]) -> set[int]:
        whole = set(states)
        for state in states:
            while state < len(pattern) and pattern[state] == "*":
                state += 1
                whole.add(state)
        return whole

    states = open_up({0})
    for char in prefix:
        following = set()
        for state in states:
            if state < len(pattern):
                if pattern[state] == "*":
                    following.add(state)
                elif pattern[state] in ("?", char):
                    following.add(state + 1)
        states = open_up(following)
    return {pattern[state:] for state in states}


def read_patterns(documents: Iterable[Document]) -> set[str]:
    """Return the entries of Resource and NotResource of documents that are sound."""
    found: set[str] = set()
    for document in documents:
        value = document.value
        statements: Any = value.get("Statement", []) if isinstance(value, dict) else []
        for statement in statements if isinstance(statements, list) else [statements]:
            for element in ("Resource", "NotResource"):
                entries = statement.get(element, ())
                found.update([entries] if isinstance(entries, str) else map(str, entries))
    return found
