"""Evaluators in plain Python, as users write them: one that reads the documents at every call, one that prepares
regular expressions, and the best that we know how to write, which looks statements up in bit sets.

They know what the workloads use and refuse the rest: identity policies, ``Action``, ``Resource``, six operators.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import reduce
from operator import or_
from typing import Any

IMPLICIT_DENY, ALLOW, EXPLICIT_DENY = 0, 1, 2

Document = Mapping[str, Any]
Context = Mapping[str, str]
Test = Callable[[Context], bool]


def as_list(value: Any) -> list[Any]:
    """Return a JSON value that may stand alone as a list."""
    return value if isinstance(value, list) else [value]


class PlainEvaluator:
    """The evaluator that fits on a screen: documents as they are, `fnmatch`, `ipaddress`, `datetime`."""

    def __init__(self, policies_of: Mapping[str, Sequence[Document]]) -> None:
        self.policies_of = policies_of

    def decide(self, principal: str, action: str, resource: str, context: Context) -> int:
        """Decide one request."""
        decision = IMPLICIT_DENY
        for document in self.policies_of[principal]:
            for statement in as_list(document["Statement"]):
                if not any(fnmatchcase(action.lower(), glob.lower()) for glob in as_list(statement["Action"])):
                    continue
                if not any(fnmatchcase(resource, glob) for glob in as_list(statement["Resource"])):
                    continue
                if not self.holds(statement.get("Condition", {}), context):
                    continue
                if statement["Effect"] == "Deny":
                    return EXPLICIT_DENY
                decision = ALLOW
        return decision

    @staticmethod
    def holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
        """Tell whether a condition holds."""
        for operator, keys in condition.items():
            for key, wanted in keys.items():
                value = context.get(key)
                if value is None:
                    return False
                values = as_list(wanted)
                if operator == "IpAddress":
                    address = ipaddress.ip_address(value)
                    holds = any(address in ipaddress.ip_network(network) for network in values)
                elif operator == "DateGreaterThan":
                    holds = any(datetime.fromisoformat(value) > datetime.fromisoformat(bound) for bound in values)
                elif operator == "DateLessThan":
                    holds = any(datetime.fromisoformat(value) < datetime.fromisoformat(bound) for bound in values)
                elif operator == "StringLike":
                    holds = any(fnmatchcase(value, glob) for glob in values)
                elif operator in ("StringEquals", "Bool"):
                    holds = value in values
                else:
                    raise ValueError(f"unknown operator `{operator}`")
                if not holds:
                    return False
        return True


def compile_globs(globs: Sequence[str], flags: re.RegexFlag = re.DOTALL) -> Callable[[str], object]:
    """Return what matches any of the patterns."""
    texts = ["".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob) for glob in globs]
    return re.compile("|".join(texts), flags).fullmatch


def _address_number(text: str) -> int:
    a, b, c, d = text.split(".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def compile_test(operator: str, key: str, values: Sequence[str]) -> Test:
    """Return the test of one key, with everything parsed that can be parsed beforehand."""
    if operator == "IpAddress":
        networks = [ipaddress.IPv4Network(value) for value in values]
        pairs = [(int(network.netmask), int(network.network_address)) for network in networks]

        def has_address(context: Context) -> bool:
            value = context.get(key)
            if value is None:
                return False
            number = _address_number(value)
            return any(number & mask == first for mask, first in pairs)

        return has_address
    if operator in ("DateGreaterThan", "DateLessThan"):
        instants = [datetime.fromisoformat(value) for value in values]
        bound = min(instants) if operator == "DateGreaterThan" else max(instants)
        if operator == "DateGreaterThan":
            return lambda context: key in context and datetime.fromisoformat(context[key]) > bound
        return lambda context: key in context and datetime.fromisoformat(context[key]) < bound
    if operator == "StringLike":
        match = compile_globs(values)
        return lambda context: key in context and match(context[key]) is not None
    if operator in ("StringEquals", "Bool"):
        wanted = frozenset(values)
        return lambda context: context.get(key) in wanted
    raise ValueError(f"unknown operator `{operator}`")


class CompiledStatement:
    """A statement with everything parsed: regular expressions, networks, instants."""

    __slots__ = ("globs", "has_resource", "is_deny", "matches_action", "tests")

    def __init__(self, statement: Document) -> None:
        self.is_deny = statement["Effect"] == "Deny"
        self.globs: list[str] = as_list(statement["Action"])
        self.matches_action = compile_globs(self.globs, re.DOTALL | re.IGNORECASE)
        resources = as_list(statement["Resource"])
        self.has_resource = None if "*" in resources else compile_globs(resources)
        self.tests = [
            compile_test(operator, key, as_list(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        ]

    def applies_beyond_action(self, resource: str, context: Context) -> bool:
        """Tell whether resource and condition hold."""
        if self.has_resource is not None and not self.has_resource(resource):
            return False
        for test in self.tests:
            if not test(context):
                return False
        return True


def compile_statements(policies_of: Mapping[str, Sequence[Document]]) -> dict[str, list[CompiledStatement]]:
    """Return the statements by principal; a document that several have is compiled once."""
    compiled: dict[int, list[CompiledStatement]] = {}
    statements_of = {}
    for principal, documents in policies_of.items():
        own: list[CompiledStatement] = []
        for document in documents:
            if id(document) not in compiled:
                compiled[id(document)] = [CompiledStatement(s) for s in as_list(document["Statement"])]
            own += compiled[id(document)]
        statements_of[principal] = own
    return statements_of


class RegexEvaluator:
    """The same loop over prepared statements."""

    def __init__(self, policies_of: Mapping[str, Sequence[Document]]) -> None:
        self.statements_of = compile_statements(policies_of)

    def decide(self, principal: str, action: str, resource: str, context: Context) -> int:
        """Decide one request."""
        decision = IMPLICIT_DENY
        for statement in self.statements_of[principal]:
            if (decision == ALLOW and not statement.is_deny) or not statement.matches_action(action):
                continue
            if statement.applies_beyond_action(resource, context):
                if statement.is_deny:
                    return EXPLICIT_DENY
                decision = ALLOW
        return decision


class BitSetEvaluator:
    """Statements as bits of Python integers: a principal's AND an action's leave those that can apply.

    The bits of an action are computed when it is first asked for, and kept.
    """

    def __init__(self, policies_of: Mapping[str, Sequence[Document]]) -> None:
        statements_of = compile_statements(policies_of)
        self.statements = list(dict.fromkeys(s for own in statements_of.values() for s in own))
        bit_of = {statement: 1 << number for number, statement in enumerate(self.statements)}
        self.bits_of_principal = {
            principal: reduce(or_, (bit_of[statement] for statement in own), 0)
            for principal, own in statements_of.items()
        }
        bits_of_glob: dict[str, int] = {}
        for statement, bit in bit_of.items():
            for glob in statement.globs:
                bits_of_glob[glob] = bits_of_glob.get(glob, 0) | bit
        self.globs = [(compile_globs([glob], re.IGNORECASE), bits) for glob, bits in bits_of_glob.items()]
        self.bits_of_action: dict[str, int] = {}
        self.denies = reduce(or_, (bit for statement, bit in bit_of.items() if statement.is_deny), 0)
        self.unconditional = reduce(
            or_, (bit for statement, bit in bit_of.items() if not statement.tests and statement.has_resource is None), 0
        )

    def decide(self, principal: str, action: str, resource: str, context: Context) -> int:
        """Decide one request."""
        of_action = self.bits_of_action.get(action)
        if of_action is None:
            of_action = reduce(or_, (bits for match, bits in self.globs if match(action)), 0)
            self.bits_of_action[action] = of_action
        reached = self.bits_of_principal[principal] & of_action
        if not reached:
            return IMPLICIT_DENY
        if self._any_applies(reached & self.denies, resource, context):
            return EXPLICIT_DENY
        allows = reached & ~self.denies
        if allows & self.unconditional or self._any_applies(allows, resource, context):
            return ALLOW
        return IMPLICIT_DENY

    def _any_applies(self, bits: int, resource: str, context: Context) -> bool:
        while bits:
            low = bits & -bits
            if self.statements[low.bit_length() - 1].applies_beyond_action(resource, context):
                return True
            bits ^= low
        return False
