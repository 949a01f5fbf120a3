"""What several workers write by hand, because their rivals have no operators for it: globs and tests of one key."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

Test = Callable[[Mapping[str, str]], bool]


def as_list(value: Any) -> list[Any]:
    """Return a JSON value that may stand alone as a list."""
    return value if isinstance(value, list) else [value]


def pattern_of(glob: str) -> str:
    """Return a glob as a regular expression."""
    return "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob)


def seconds_of(text: str) -> int:
    """Return a date as seconds."""
    return int(datetime.fromisoformat(text).timestamp())


def address_of(text: str) -> int:
    """Return a dotted address as a number."""
    a, b, c, d = text.split(".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def compile_test(operator: str, key: str, values: Sequence[str]) -> Test:
    """Return the test of one key, with everything parsed that can be parsed beforehand."""
    if operator == "IpAddress":
        pairs = [(int(n.netmask), int(n.network_address)) for n in map(ipaddress.IPv4Network, values)]
        return lambda context: key in context and any(address_of(context[key]) & m == a for m, a in pairs)
    if operator in ("DateGreaterThan", "DateLessThan"):
        bounds = [seconds_of(value) for value in values]
        if operator == "DateGreaterThan":
            return lambda context: key in context and seconds_of(context[key]) > min(bounds)
        return lambda context: key in context and seconds_of(context[key]) < max(bounds)
    if operator == "StringLike":
        match = re.compile("|".join(map(pattern_of, values)), re.DOTALL).fullmatch
        return lambda context: key in context and match(context[key]) is not None
    if operator not in ("StringEquals", "Bool"):
        raise ValueError(f"unknown operator `{operator}`")
    wanted = frozenset(values)
    return lambda context: context.get(key) in wanted


def compile_condition(condition: Mapping[str, Mapping[str, Any]]) -> Test:
    """Return the test of a whole condition."""
    tests = [compile_test(op, key, as_list(values)) for op, keys in condition.items() for key, values in keys.items()]
    return lambda context: all(test(context) for test in tests)
