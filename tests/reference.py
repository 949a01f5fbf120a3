"""The reference: the meaning of policy documents in the plainest Python, to compare the engine with.

Written from the rules of the language (R-numbers), not from the engine.  Whoever makes it fast breaks it.
Here: what one statement means, and how identity policies and a boundary decide.  `reference_principals` tells whom a
statement means, `reference_layers` which policies apply, `reference_kinds` how policies of all kinds decide together,
`reference_ec2` what EC2 attributes add.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any, Final, NamedTuple

Value = str | list[str] | None
"""What the context says of a key: a text, a list of texts (a multivalued key), or None (absent)."""


class Others:
    """Type of `OTHERS`."""


OTHERS: Final = Others()
"""In place of a set of unknown keys: every key that the context does not name is unknown."""


class Truth(IntEnum):
    """Truth values in the order in which Kleene's AND is the minimum and OR the maximum (R191)."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


F, U, T = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE


def negate(truth: Truth) -> Truth:
    """Swap true and false."""
    return Truth(2 - truth)


class Layer(NamedTuple):
    """Policies of which at least one must allow, and none deny; the first layer is the one that grants."""

    name: str
    documents: Sequence[Mapping[str, Any]]


class Place(NamedTuple):
    """Where a statement stands."""

    layer: str
    document: int
    statement: int


@dataclass(frozen=True)
class Decision:
    """What the reference answers; `reference_kinds` tells the deciding layer too (R147)."""

    effect: str
    determining: Place | None
    unknown_keys: frozenset[str]
    layer: str | None = None


class Judged(NamedTuple):
    """A truth value, and, while it is unknown, the keys that would settle it (R193)."""

    truth: Truth
    keys: frozenset[str] = frozenset()


# --- the decision -----------------------------------------------------------------------------------------------------


def decide(
    identity: Sequence[Mapping[str, Any]],
    boundary: Mapping[str, Any] | None,
    principal: str,
    action: str,
    resource: str | None,
    context: Mapping[str, Value] | None = None,
    unknown: Collection[str] | Others = (),
) -> Decision:
    """Decide one request of a principal under identity policies and perhaps a boundary."""
    layers = [Layer("identity", identity)]
    if boundary is not None:
        layers.append(Layer("boundary", [boundary]))
    return decide_layers(layers, principal, action, resource, context or {}, unknown)


def decide_layers(
    layers: Sequence[Layer],
    principal: str,
    action: str,
    resource: str | None,
    context: Mapping[str, Value],
    unknown: Collection[str] | Others,
) -> Decision:
    """Decide one request: Deny anywhere wins, then every layer must allow (R130, R131, R132, R137)."""
    if fold_ascii(action) == "sts:getsessiontoken" and (":assumed-role/" in principal or ":role/" in principal):
        return Decision("implicit_deny", None, frozenset())  # STS takes long-term credentials only
    if fold_ascii(action) in ("sts:getcalleridentity", "sts:getsessiontoken"):  # R149
        return Decision("allow", None, frozenset())
    if re.fullmatch(r"arn:[^:]*:iam::[^:]*:root", principal):  # R143
        return Decision("allow", None, frozenset())

    keys = Context(context, unknown)
    deny = F
    allows = []  # one truth value per layer
    first_deny: Place | None = None
    first_allow: Place | None = None
    deny_keys: set[str] = set()
    allow_keys = []  # one set per layer
    for layer in layers:
        allow = F
        layer_keys: set[str] = set()
        for document_index, document in enumerate(layer.documents):
            for statement_index, statement in enumerate(statements_of(document)):
                judged = judge_statement(statement, version_of(document), action, resource, keys)
                place = Place(layer.name, document_index, statement_index)
                if statement["Effect"] == "Deny":
                    deny = max(deny, judged.truth)
                    deny_keys |= judged.keys
                    if judged.truth is T and first_deny is None:
                        first_deny = place
                else:
                    allow = max(allow, judged.truth)
                    layer_keys |= judged.keys
                    if judged.truth is T and first_allow is None:  # of the first layer, if all allow
                        first_allow = place
        allows.append(allow)
        allow_keys.append(layer_keys)

    allowed = min(allows)
    if deny is T:
        return Decision("explicit_deny", first_deny, frozenset())
    if allowed is F:  # even if a Deny is unknown: no resolution allows (R190)
        return Decision("implicit_deny", None, frozenset())
    if allowed is T and deny is F:
        return Decision("allow", first_allow, frozenset())
    settle = set(deny_keys)
    for allow, layer_keys in zip(allows, allow_keys, strict=True):
        if allow is U:  # a layer that already allows no longer matters to the outcome (R193)
            settle |= layer_keys
    return Decision("unknown", None, frozenset(settle))


def statements_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the statements; a bare object is a list of one (R6)."""
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def version_of(document: Mapping[str, Any]) -> str:
    """Return the language level (R3)."""
    return str(document.get("Version", "2008-10-17"))


def judge_statement(
    statement: Mapping[str, Any],
    version: str,
    action: str,
    resource: str | None,
    keys: Context,
    *,
    has_resource_part: bool = True,
) -> Judged:
    """Judge whether a statement applies: all of its parts hold, and one that its kind does not have holds (R40).

    The principal part is judged apart (`reference_principals`).
    """
    parts = [Judged(judge_actions(statement, action))]
    if has_resource_part:
        parts.append(judge_resources(statement, version, resource, keys))
    # R22: an empty Condition restricts nothing; R70: all operators, and inside one all keys, must hold.
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            parts.append(judge_condition(operator, key, texts_of(values), version, keys))
    truth = min(part.truth for part in parts)
    if truth is not U:
        return Judged(truth)
    return Judged(U, frozenset().union(*(part.keys for part in parts)))


def texts_of(value: Any) -> list[str]:
    """Return one value or a list of values as texts; numbers and booleans mean their JSON text (R25).

    A null inside a list counts as not there (R11).
    """
    values = value if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else json.dumps(item) for item in values if item is not None]


# --- the context ------------------------------------------------------------------------------------------------------


class Context:
    """The context of a request; key names compare without the case of ASCII letters (R74)."""

    def __init__(self, context: Mapping[str, Value], unknown: Collection[str] | Others) -> None:
        self.values = {fold_ascii(name): value for name, value in context.items()}
        self.others_unknown = isinstance(unknown, Others)
        self.unknown = set() if isinstance(unknown, Others) else {fold_ascii(name) for name in unknown}

    def is_unknown(self, key: str) -> bool:
        """Tell whether presence and value of the key are unknown."""
        name = fold_ascii(key)
        return name in self.unknown or (self.others_unknown and name not in self.values)

    def value(self, key: str) -> Value:
        """Return what is known of a key that is not unknown; a key that is not there is absent."""
        return self.values.get(fold_ascii(key))


# --- actions ----------------------------------------------------------------------------------------------------------


def judge_actions(statement: Mapping[str, Any], action: str) -> Truth:
    """Judge Action (R42) or NotAction (R44); an empty list has no effect (R30)."""
    patterns = texts_of(statement.get("Action", statement.get("NotAction")))
    if not patterns:
        return F
    matches = any(action_matches(pattern, action) for pattern in patterns)
    return T if matches != ("NotAction" in statement) else F


def action_matches(pattern: str, action: str) -> bool:
    """Match one action: vendor and name without case, ASCII letters only (R42); odd patterns match nothing (R43)."""
    if pattern == "*":
        return True
    pattern_vendor, _, pattern_name = fold_ascii(pattern).partition(":")
    vendor, colon, name = fold_ascii(action).partition(":")
    if not colon:
        return False
    if pattern_name == "" or " " in pattern_name or "," in pattern_name:
        return False
    # A vendor that is a lone star stands for all vendors (section 9, point 2); any other wildcard there is plain text,
    # which no vendor's name holds.
    if pattern_vendor not in ("*", vendor):
        return False
    return glob_matches(wildcard_tokens(pattern_name), name)


def fold_ascii(text: str) -> str:
    """Return the text with A-Z as a-z."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


# --- resources --------------------------------------------------------------------------------------------------------


def judge_resources(statement: Mapping[str, Any], version: str, resource: str | None, keys: Context) -> Judged:
    """Judge Resource (R46) or NotResource (R49); an empty list has no effect (R30)."""
    patterns = texts_of(statement.get("Resource", statement.get("NotResource")))
    if not patterns:
        return Judged(F)
    results = [judge_resource(pattern, version, resource, keys) for pattern in patterns]
    matched = any_of(results)
    return Judged(negate(matched.truth), matched.keys) if "NotResource" in statement else matched


def judge_resource(pattern: str, version: str, resource: str | None, keys: Context) -> Judged:
    """Match one resource pattern against the request's resource; None is an unknown resource."""
    if pattern == "*":  # R46
        return Judged(T)
    if resource is None:
        return Judged(U, frozenset({"resource"}))
    while pattern.count(":") < 5:  # R13, R50
        pattern += ":*"
    # R51, R102: variables stand after the fifth colon only; in front of it `${` is text.
    fields = pattern.split(":", 5)
    head = ":".join(fields[:5]) + ":"
    tail = expand(fields[5], version, keys, has_wildcards=True)
    if tail is None:  # R103, R105: the string matches nothing
        return Judged(F)
    return judge_match(Tokens([*wildcard_tokens(head), *tail.tokens], tail.unknown), resource)


# --- patterns and variables -------------------------------------------------------------------------------------------

ANY_RUN: Final = "any run"
ANY_ONE: Final = "any one"


class Tokens(NamedTuple):
    """A pattern: single characters, ANY_RUN and ANY_ONE; and the unknown keys for which an ANY_RUN stands."""

    tokens: list[str]
    unknown: frozenset[str] = frozenset()


def wildcard_tokens(text: str) -> list[str]:
    """Read a text in which `*` and `?` are wildcards (R41)."""
    return [ANY_RUN if c == "*" else ANY_ONE if c == "?" else c for c in text]


VARIABLE = re.compile(r"\$\{(?:([*?$])|([^\s{}$'*?,]+)(?:, '([^']*)')?)\}")
"""A variable (R100): an escape, or a key and perhaps a default.  What does not fit stays text (R111)."""


def expand(text: str, version: str, keys: Context, *, has_wildcards: bool) -> Tokens | None:
    """Insert the variables' values; None if one has no value (R103, R104).

    Inserted text is literal (R108).  A variable with an unknown key may stand for any text (R192).
    """
    read = wildcard_tokens if has_wildcards else list
    if version != "2012-10-17":  # R101
        return Tokens(read(text))
    tokens: list[str] = []
    unknown: set[str] = set()
    at = 0
    for variable in VARIABLE.finditer(text):
        tokens += read(text[at : variable.start()])
        at = variable.end()
        escape, key, default = variable.groups()
        if escape is not None:  # R107
            tokens.append(escape)
        elif keys.is_unknown(key):
            tokens.append(ANY_RUN)
            unknown.add(fold_ascii(key))
        else:
            value = keys.value(key)
            if not isinstance(value, str):  # absent, or multivalued (R109)
                value = default  # R106
            if value is None:
                return None
            tokens += list(value)
    tokens += read(text[at:])
    return Tokens(tokens, frozenset(unknown))


def glob_matches(tokens: Sequence[str], subject: str) -> bool:
    """Match a whole subject (R41), by filling a table row by row."""
    # reach[i]: the tokens so far can match exactly subject[:i]
    reach = [True] + [False] * len(subject)
    for token in tokens:
        after = [False] * (len(subject) + 1)
        if token == ANY_RUN:
            for i in range(len(subject) + 1):
                after[i] = reach[i] or (i > 0 and after[i - 1])
        else:
            for i in range(len(subject)):
                after[i + 1] = reach[i] and (token == ANY_ONE or token == subject[i])
        reach = after
    return reach[len(subject)]


def judge_match(pattern: Tokens, subject: str) -> Judged:
    """Match a pattern that may stand for several because of unknown keys (R192)."""
    if not glob_matches(pattern.tokens, subject):
        return Judged(F)
    return Judged(U, pattern.unknown) if pattern.unknown else Judged(T)


def any_of(results: Sequence[Judged]) -> Judged:
    """OR: true dominates, then unknown (R191)."""
    truth = max((result.truth for result in results), default=F)
    return Judged(truth, frozenset().union(*(result.keys for result in results)) if truth is U else frozenset())


def all_of(results: Sequence[Judged]) -> Judged:
    """AND: false dominates, then unknown (R191)."""
    truth = min((result.truth for result in results), default=T)
    return Judged(truth, frozenset().union(*(result.keys for result in results)) if truth is U else frozenset())


# --- conditions -------------------------------------------------------------------------------------------------------


OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?")


def judge_condition(operator: str, key: str, values: list[str], version: str, keys: Context) -> Judged:
    """Judge one key under one operator (R70 to R80)."""
    parts = OPERATOR.fullmatch(operator)
    if parts is None:
        raise ValueError(f"unknown operator `{operator}`")
    quantifier, base, if_exists = parts.groups()
    if base == "Null":
        return judge_null(quantifier, key, values, keys)
    is_negated = "Not" in base

    if keys.is_unknown(key):  # R191
        # The two forms that no value of the key, nor its absence, can make true (R71, R77, R79).
        if not values and quantifier == "ForAnyValue":
            return Judged(F)
        if not values and quantifier is None and not if_exists and not is_negated:
            return Judged(F)
        return Judged(U, frozenset({fold_ascii(key)}) | unknown_variables(base, values, version, keys))

    value = keys.value(key)
    if value == [] or (quantifier is not None and value == ""):
        value = None  # an empty set counts as absent, as it does for R73, R76 and R77; R80: so does a lone empty text
    if value is None:
        if quantifier is not None:  # R76, R77: also for negated operators, and with IfExists too
            return Judged(T if quantifier == "ForAllValues" else F)
        return Judged(T if if_exists or is_negated else F)  # R71, R72

    if not values and (quantifier is not None or if_exists):  # R79
        return Judged(F)
    if quantifier is None:
        if isinstance(value, list):  # R75: a multivalued key
            return Judged(F)
        return judge_value(base, value, values, version, keys)
    members = value if isinstance(value, list) else [value]  # R78
    results = [judge_value(base, member, values, version, keys) for member in members]
    return all_of(results) if quantifier == "ForAllValues" else any_of(results)


def judge_value(base: str, value: str, values: list[str], version: str, keys: Context) -> Judged:
    """Judge one request value against the policy's list: OR, or NOR for a negated operator (R70)."""
    if not is_well_formed(base, value):  # R90: false, negated too
        return Judged(F)
    results = []
    is_list_well_formed = True
    for wanted in values:
        try:
            results.append(compare(base, wanted, value, version, keys))
        except IllFormedError:  # R90: an ill-formed policy value satisfies neither the operator nor its negation
            is_list_well_formed = False
    matched = any_of(results)
    if "Not" not in base:
        return matched
    return Judged(negate(matched.truth), matched.keys) if is_list_well_formed else Judged(F)


def judge_null(quantifier: str | None, key: str, values: list[str], keys: Context) -> Judged:
    """Judge Null (R73): `true` asks for absence, `false` for presence; empty text and empty list count as absence."""
    if quantifier is not None:
        return Judged(T if quantifier == "ForAllValues" else F)
    wanted = {fold_ascii(value) for value in values}
    if "true" in wanted and "false" in wanted:
        return Judged(T)
    if "true" not in wanted and "false" not in wanted:
        return Judged(F)
    if keys.is_unknown(key):
        return Judged(U, frozenset({fold_ascii(key)}))
    is_null = keys.value(key) in (None, "", [])
    return Judged(T if is_null == ("true" in wanted) else F)


def unknown_variables(base: str, values: list[str], version: str, keys: Context) -> frozenset[str]:
    """Return the unknown keys of the variables in a list of policy values; a value that can match nothing has none."""
    found: set[str] = set()
    if base.startswith(("String", "Arn")):  # R102: no variables elsewhere
        for value in values:
            if base.startswith("Arn") and len(split_arn_pattern(value, version)) < 6:
                continue  # no ARN, whatever is inserted (R89, R102)
            pattern = expand(value, version, keys, has_wildcards=True)
            if pattern is not None:
                found |= pattern.unknown
    return frozenset(found)


# --- operators --------------------------------------------------------------------------------------------------------


class IllFormedError(ValueError):
    """A text that an operator cannot read."""


def is_well_formed(base: str, value: str) -> bool:
    """Tell whether an operator can read a request value (R90); every text is text, and anything is a Bool (R86)."""
    try:
        if base.startswith("Numeric"):
            read_number(value)
        elif base.startswith("Date"):
            read_date(value)
        elif base == "BinaryEquals":
            read_binary(value)
        elif base in ("IpAddress", "NotIpAddress"):
            read_address(value)
        elif base.startswith("Arn"):
            read_arn(value)
    except IllFormedError:
        return False
    return True


def compare(base: str, wanted: str, value: str, version: str, keys: Context) -> Judged:
    """Compare a policy value with a well-formed request value, by the positive form of the operator."""
    if base in ("StringEquals", "StringNotEquals"):  # R81
        pattern = expand(wanted, version, keys, has_wildcards=False)
        return Judged(F) if pattern is None else judge_match(pattern, value)
    if base in ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"):  # R82
        pattern = expand(wanted, version, keys, has_wildcards=False)
        if pattern is None:
            return Judged(F)
        folded = [token if len(token) > 1 else fold(token) for token in pattern.tokens]
        return judge_match(Tokens(folded, pattern.unknown), "".join(fold(c) for c in value))
    if base in ("StringLike", "StringNotLike"):  # R83
        pattern = expand(wanted, version, keys, has_wildcards=True)
        return Judged(F) if pattern is None else judge_match(pattern, value)
    if base.startswith("Arn"):  # R89
        return compare_arns(wanted, value, version, keys)
    if base.startswith("Numeric"):  # R84
        return Judged(T if in_order(base.removeprefix("Numeric"), read_number(value), read_number(wanted)) else F)
    if base.startswith("Date"):  # R85
        return Judged(T if in_order(base.removeprefix("Date"), read_date(value), read_date(wanted)) else F)
    if base == "Bool":  # R86
        if fold_ascii(wanted) not in ("true", "false"):
            raise IllFormedError(wanted)
        return Judged(T if (fold_ascii(value) == "true") == (fold_ascii(wanted) == "true") else F)
    if base == "BinaryEquals":  # R87
        return Judged(T if read_binary(wanted) == read_binary(value) else F)
    if base in ("IpAddress", "NotIpAddress"):  # R88
        return Judged(T if is_inside(read_address(value), read_range(wanted)) else F)
    raise ValueError(f"unknown operator `{base}`")


def fold(c: str) -> str:
    """Return the simple lower case of a character (R82): itself where the lower case is more than one character."""
    return c.lower() if len(c.lower()) == 1 else c


def in_order(order: str, left: Any, right: Any) -> bool:
    """Compare two numbers or instants; `NotEquals` is judged by its positive form, as everywhere."""
    if order in ("Equals", "NotEquals"):
        return bool(left == right)
    if order == "LessThan":
        return bool(left < right)
    if order == "LessThanEquals":
        return bool(left <= right)
    if order == "GreaterThan":
        return bool(left > right)
    if order == "GreaterThanEquals":
        return bool(left >= right)
    raise ValueError(f"unknown order `{order}`")


def read_number(text: str) -> Decimal:
    """Read a number (R84): sign, digits, fraction, exponent; exact, at most 255 characters."""
    if len(text) > 255 or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,9})?", text):
        raise IllFormedError(text)
    return Decimal(text)


def read_date(text: str) -> Fraction:
    """Read an instant (R85) as seconds since 1970: epoch seconds, or ISO 8601 from the year and month on.

    Missing parts are the first day, midnight and UTC.
    """
    if re.fullmatch(r"[0-9]+(\.[0-9]{1,9})?", text):
        whole = text.partition(".")[0].lstrip("0")
        if len(whole) > 19 or int(whole or "0") > 9223372036854775807:
            raise IllFormedError(text)
        return Fraction(text)
    parts = re.fullmatch(
        r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})"
        r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]{1,9})?))?([Zz]|[+-][0-9]{2}(?::[0-9]{2})?)?)?)?",
        text,
    )
    if parts is None:
        raise IllFormedError(text)
    year, month, day = int(parts[1]), int(parts[2]), int(parts[3] or 1)
    hour, minute, second = int(parts[4] or 0), int(parts[5] or 0), Fraction(parts[6] or 0)
    if not 1 <= month <= 12 or not 1 <= day <= days_of_month(year, month) or hour > 23 or minute > 59 or second >= 60:
        raise IllFormedError(text)
    zone = parts[7] or "Z"
    offset = 0
    if zone not in "Zz":
        zone_hour, zone_minute = int(zone[1:3]), int(zone[4:] or 0)
        if zone_hour > 23 or zone_minute > 59:
            raise IllFormedError(text)
        offset = (zone_hour * 60 + zone_minute) * (-60 if zone[0] == "-" else 60)
    days = days_before_year(year) - days_before_year(1970) + day - 1
    for earlier in range(1, month):
        days += days_of_month(year, earlier)
    return ((days * 24 + hour) * 60 + minute) * 60 + second - offset


def is_leap(year: int) -> bool:
    """Tell whether a year of the Gregorian calendar has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_of_month(year: int, month: int) -> int:
    """Return the number of days of a month."""
    return [31, 29 if is_leap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


def days_before_year(year: int) -> int:
    """Return the number of days from the start of year 0 to the start of a year."""
    return 365 * year + sum(1 for earlier in range(year) if is_leap(earlier))


def read_binary(text: str) -> bytes:
    """Read base64 text (R87), padded."""
    if len(text) % 4:
        raise IllFormedError(text)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise IllFormedError(text) from error


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def read_address(text: str) -> Address:
    """Read an IPv4 address (no leading zeros) or an IPv6 address in any spelling (R88), without a zone."""
    if "%" in text:
        raise IllFormedError(text)
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise IllFormedError(text) from error


def read_range(text: str) -> tuple[Address, int]:
    """Read an address or an address with the length of its mask (R88)."""
    address_text, slash, mask = text.partition("/")
    address = read_address(address_text)
    if not slash:
        return address, address.max_prefixlen
    if not re.fullmatch("0|[1-9][0-9]{0,2}", mask) or int(mask) > address.max_prefixlen:
        raise IllFormedError(text)
    return address, int(mask)


def is_inside(address: Address, network: tuple[Address, int]) -> bool:
    """Tell whether an address is in a range; bits beyond the mask do not count, families never match (R88)."""
    base, mask = network
    if address.version != base.version:
        return False
    shift = address.max_prefixlen - mask
    return int(address) >> shift == int(base) >> shift


def read_arn(text: str) -> list[str]:
    """Split a text at its first five colons (R89)."""
    fields = text.split(":", 5)
    if len(fields) < 6:
        raise IllFormedError(text)
    return fields


def compare_arns(wanted: str, value: str, version: str, keys: Context) -> Judged:
    """Match field by field (R89); the fields are told apart before variables are inserted (R102)."""
    patterns = split_arn_pattern(wanted, version)
    if len(patterns) < 6:  # the pattern is no ARN and matches nothing
        return Judged(F)
    results = []
    for pattern, field in zip(patterns, read_arn(value), strict=True):
        tokens = expand(pattern, version, keys, has_wildcards=True)
        results.append(Judged(F) if tokens is None else judge_match(tokens, field))
    return all_of(results)


def split_arn_pattern(text: str, version: str) -> list[str]:
    """Split a pattern at its first five colons that do not stand in a variable (R102)."""
    fields = [""]
    at = 0
    while at < len(text):
        variable = VARIABLE.match(text, at) if version == "2012-10-17" else None
        if variable is not None:
            fields[-1] += variable[0]
            at = variable.end()
        elif text[at] == ":" and len(fields) < 6:
            fields.append("")
            at += 1
        else:
            fields[-1] += text[at]
            at += 1
    return fields
