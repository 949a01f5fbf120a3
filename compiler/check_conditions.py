"""Check of a statement's condition: its shape, operators and keys (R22-R26, R70-R80)."""

from __future__ import annotations

from .check_keys import GLOBAL_KEYS, RETIRED_KEYS, TAG_KEYS, KeyType
from .check_report import Report, describe
from .check_values import check_values
from .errors import Path
from .messages import quote
from .source import JsonNumber
from .syntax import Condition, Operator, Quantifier

BASES = (
    "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
    "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
    "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
    "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)  # fmt: skip
"""Condition operators without qualifier and suffix (R81-R89, R73)."""

OPERATORS: dict[str, Operator] = {
    str(operator): operator
    for base in BASES
    for quantifier in (None, Quantifier.ALL, Quantifier.ANY)
    for operator in (Operator(base, quantifier), Operator(base, quantifier, True))
    if base != "Null" or not operator.if_exists
}
"""Every spelling of an operator (R23)."""

# Families of operators that suit a key's type (R91); `Null` suits all.
SUITABLE: dict[KeyType, tuple[str, ...]] = {
    KeyType.STRING: ("String",),
    KeyType.ARN: ("Arn", "String"),
    KeyType.BOOL: ("Bool",),
    KeyType.NUMERIC: ("Numeric",),
    KeyType.DATE: ("Date",),
    KeyType.EPOCH: ("Date", "Numeric"),
    KeyType.IP: ("IpAddress", "NotIpAddress"),
}
# An operator of each family, for hints.
_EXAMPLES = {
    "String": "StringEquals", "Arn": "ArnLike", "Bool": "Bool", "Numeric": "NumericEquals", "Date": "DateLessThan",
    "IpAddress": "IpAddress",
}  # fmt: skip


def find_family(base: str) -> str:
    """Return the family of an operator, which is what `SUITABLE` speaks of."""
    return next(family for family in ("String", "Numeric", "Date", "Arn", base) if base.startswith(family))


def check_conditions(report: Report, entry: dict[str, object], path: Path) -> tuple[Condition, ...]:
    """Check ``Condition`` and return one condition per operator and key."""
    if "Condition" not in entry:
        return ()
    value = entry["Condition"]
    path = (*path, "Condition")
    if not isinstance(value, dict):
        report.add("GW200", path, f"`Condition` is an object, not {describe(value)}")
        return ()
    if not value:
        report.add("GW207", path, "the condition is empty and restricts nothing")
    conditions: list[Condition] = []
    is_allow = entry.get("Effect") == "Allow"
    for name, keys in value.items():
        place = (*path, name)
        if not isinstance(keys, dict):
            report.add("GW201", place, f"{quote(name)} holds an object of keys, not {describe(keys)}")
            continue
        operator = OPERATORS.get(name)
        if operator is None:
            _report_operator(report, name, place, is_used=bool(keys))
            continue
        if not keys:
            report.add("GW207", place, f"{quote(name)} holds no key and restricts nothing")
        if operator.base == "Null" and operator.quantifier is not None:
            report.add("GW206", place, f"{quote(name)} has always the same result", is_key=True)
        spellings: dict[str, str] = {}
        for key, values in keys.items():
            here = (*place, key)
            lower = key.lower()
            if lower in spellings:
                message = f"{quote(key)} and {quote(spellings[lower])} are one key"
                report.add("GW213", here, message, is_key=True)
            spellings[lower] = key
            _check_key(report, operator, key, lower, here, is_allow=is_allow)
            texts = _read_values(report, operator, values, here)
            if texts is None:
                continue
            check_values(report, operator, lower, texts, here, effect=entry.get("Effect"))
            conditions.append(Condition(operator, key, tuple(text for _, text in texts), report.document.path + here))
    return tuple(conditions)


def _report_operator(report: Report, name: str, path: Path, *, is_used: bool) -> None:
    prefix, colon, rest = name.rpartition(":")
    if rest == "NullIfExists" and prefix in ("", "ForAllValues", "ForAnyValue"):
        report.add("GW205", path, f"there is no operator {quote(name)}", f"write `{prefix}{colon}Null`", is_key=True)
    elif not is_used:
        message = f"there is no operator {quote(name)}; it is let pass because it holds no key"
        report.add("GW204", path, message, is_key=True)
    else:
        hint = report.suggest(name, OPERATORS)
        report.add("GW203", path, f"there is no operator {quote(name)}", hint, is_key=True)


def _check_key(report: Report, operator: Operator, key: str, lower: str, path: Path, *, is_allow: bool) -> None:
    prefix, colon, name = lower.partition(":")
    if not colon or not prefix or not name or any(character.isspace() for character in prefix):
        report.add("GW212", path, f"the condition key {quote(key)} is not of the form `prefix:name`", is_key=True)
        return
    if "${" in key:
        report.add("GW128", path, f"the condition key {quote(key)} holds a policy variable", is_key=True)
        return
    if "*" in key or "?" in key:
        report.add("GW217", path, f"wildcards do not act in the condition key {quote(key)}", is_key=True)
        return
    known = GLOBAL_KEYS.get(lower)
    if known is None:
        if prefix == "aws":
            _check_unlisted_key(report, key, lower, path)
        return
    base = operator.base
    if base == "Null":
        return
    if find_family(base) not in SUITABLE[known.type]:
        names = " or ".join(f"`{_EXAMPLES[suitable]}`" for suitable in SUITABLE[known.type] if suitable in _EXAMPLES)
        message = f"`{known.name}` holds {known.type}, which {quote(base)} does not suit"
        report.add("GW220", path, message, f"use {names}", is_key=True)
    elif known.type is KeyType.ARN and base in ("StringLike", "StringNotLike"):
        report.add("GW221", path, f"{quote(base)} compares `{known.name}` as plain text", is_key=True)
    if known.is_multivalued and operator.quantifier is None:
        message = f"`{known.name}` has several values, and {quote(base)} needs a qualifier"
        report.add("GW218", path, message, is_key=True)
    elif not known.is_multivalued and operator.quantifier is Quantifier.ALL and is_allow:
        message = f"`ForAllValues` on `{known.name}` allows every request that lacks the key"
        report.add("GW219", path, message, is_key=True)


def _check_unlisted_key(report: Report, key: str, lower: str, path: Path) -> None:
    name, _, tag = lower.partition("/")
    if name in TAG_KEYS:
        if not tag:
            report.add("GW216", path, f"{quote(key)} lacks the tag key", f"write `{key.rstrip('/')}/team`", is_key=True)
    elif lower in RETIRED_KEYS:
        report.add("GW215", path, f"the condition key {quote(key)} is retired", is_key=True)
    else:
        hint = report.suggest(key, (known.name for known in GLOBAL_KEYS.values()))
        report.add("GW214", path, f"there is no AWS-wide condition key {quote(key)}", hint, is_key=True)


def _read_values(report: Report, operator: Operator, value: object, path: Path) -> list[tuple[Path, str]] | None:
    """Read a value or a list of values as texts (R25), each with its place; None where one is no scalar."""
    places: list[tuple[Path, object]] = [(path, value)]
    if isinstance(value, list):
        places = [((*path, i), item) for i, item in enumerate(value)]
    texts: list[tuple[Path, str]] = []
    kinds = set()
    for place, item in places:
        if isinstance(item, bool):
            texts.append((place, "true" if item else "false"))
            kinds.add("boolean")
        elif isinstance(item, str):
            texts.append((place, str(item)))
            kinds.add("text" if not isinstance(item, JsonNumber) else "number")
        else:
            report.add("GW202", place, f"a condition value is text, a number or a boolean, not {describe(item)}")
            return None
    if len(kinds) > 1:
        report.add("GW222", path, f"the values of the list are of different JSON types: {', '.join(sorted(kinds))}")
    if not texts:
        code = (
            "GW209" if operator.quantifier is Quantifier.ALL
            else "GW210" if operator.quantifier is Quantifier.ANY
            else "GW211" if operator.if_exists
            else "GW208"
        )  # fmt: skip
        report.add(code, path, f"{quote(str(operator))} has an empty list of values")
    return texts
