"""Vectors of the chapter on conditions, third part: operators on typed values (R84 to R88, R90, R91)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from itertools import product
from typing import Any, Final

from .conditions import all_operators
from .vector import Json, Vectors

NUMBER_FORMS = "exponents, leading zeros, a plus sign and the precision of numbers are not documented"
DATE_FORMS = "the pages do not tell how this form of a date is read"
BOOL_WORDS = "no page tells what a word other than true and false means; that it behaves as false was observed"
ILL_FORMED = "no page tells what an ill-formed value does"
ILL_FORMED_POLICY = "an ill-formed policy value, which a compiler does better to refuse"
FAMILY = "no page tells whether addresses of one family can match ranges of the other"
BARE_V6 = "that an IPv6 address without a mask is one address is told of IPv4 only"

ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "Equals": lambda a, b: a == b,
    "NotEquals": lambda a, b: a != b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_numbers(vectors)
    add_dates(vectors)
    add_booleans(vectors)
    add_bytes(vectors)
    add_ipv4(vectors)
    add_ipv6(vectors)
    add_address_forms(vectors)
    add_ill_formed(vectors)
    add_other_types(vectors)
    add_calendar(vectors)
    add_limits(vectors)
    add_no_range(vectors)
    add_no_base64(vectors)


# --- R84 --------------------------------------------------------------------------------------------------------------


def add_numbers(vectors: Vectors) -> None:
    """Numbers compare by value and exactly (R84)."""
    steps = (Decimal(-1), Decimal("-0.1"), Decimal("-0.000000001"), Decimal(0), Decimal("0.000000001"), Decimal(1))
    for bound, (order, compare) in product(("0", "10", "-5", "10.5", "4294967296"), ORDERS.items()):
        for step in steps:
            value = format(Decimal(bound) + step, "f")
            holds = compare(Decimal(bound) + step, Decimal(bound))
            add_number(vectors, "boundary", order, bound, value, holds)
    same = ("10", "10.0", "10.00", "10.000000000")
    for bound, value in product(same, same):
        for order in ("Equals", "NotEquals", "LessThan", "GreaterThanEquals"):
            add_number(vectors, "form", order, bound, value, ORDERS[order](0, 0))
    for bound in ("0", "-0", "0.0"):
        for order in ("Equals", "LessThan"):
            add_number(vectors, "zero", order, bound, "0", order == "Equals")
            add_number(vectors, "zero", order, bound, "-0.0", order == "Equals")
    for written, value, relation in (
        (10, "10", 0),
        (10.5, "10.5", 0),
        (-3, "-3.0", 0),
        (10, "9", -1),
        (0.1, "0.1", 0),
        (10, "11", 1),
    ):
        for order, compare in ORDERS.items():
            add_number(vectors, "unquoted", order, written, value, compare(relation, 0))
    big = "9007199254740993"
    for text in (big, "18446744073709551616", "0.1000000000000000000000000000001", "123456789012345678901234567890"):
        nearby = (Decimal(text), Decimal(text.replace("3", "2", 1)) if text == big else Decimal(text[:-1] + "5"))
        for order, near in product(("Equals", "NotEquals", "GreaterThan"), nearby):
            holds = ORDERS[order](near, Decimal(text))
            add_number(vectors, "precision", order, text, format(near, "f"), holds, uncertain=NUMBER_FORMS)
    for bound, value, relation in (
        ("010", "10", 0),
        ("1e1", "10", 0),
        ("1E+1", "10", 0),
        ("100e-1", "10.0", 0),
        ("+10", "10", 0),
        ("10", "1e1", 0),
        ("10", "+10", 0),
        ("10", "0010", 0),
        ("10", "1e2", 1),
    ):
        for order in ("Equals", "LessThanEquals", "GreaterThan"):
            add_number(vectors, "spelling", order, bound, value, ORDERS[order](relation, 0), uncertain=NUMBER_FORMS)


def add_number(
    vectors: Vectors, topic: str, order: str, bound: object, value: str, holds: bool, uncertain: str | None = None
) -> None:
    """Add a vector for a numeric operator."""
    condition: Json = {f"Numeric{order}": {"s3:max-keys": bound}}
    why = f"Numeric{order} {bound} {'holds' if holds else 'does not hold'} of {value}"
    vectors.probe("R84", topic, why, holds, condition, {"s3:max-keys": value}, uncertain=uncertain)


# --- R85 --------------------------------------------------------------------------------------------------------------


def zulu(at: datetime) -> str:
    """Write an instant in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(at: datetime) -> str:
    """Write an instant in seconds since 1970."""
    return str(int(at.timestamp()))


def in_zone(hours: int, minutes: int = 0) -> Callable[[datetime], str]:
    """Return what writes an instant in a zone."""
    zone = timezone(timedelta(hours=hours, minutes=minutes))
    return lambda at: at.astimezone(zone).isoformat(timespec="seconds")


def with_fraction(at: datetime) -> str:
    """Write an instant in UTC with a fraction of zeros."""
    return zulu(at).replace("Z", ".000Z")


FORMS: Final[tuple[tuple[str, Callable[[datetime], str]], ...]] = (
    ("UTC", zulu),
    ("epoch seconds", epoch),
    ("zone +02:00", in_zone(2)),
    ("zone -05:00", in_zone(-5)),
    ("zone +05:45", in_zone(5, 45)),
    ("a fraction", with_fraction),
)
CURRENT = "aws:CurrentTime"


def add_dates(vectors: Vectors) -> None:
    """Dates compare as instants, whatever their form (R85)."""
    moment = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    for (said, write), (order, compare) in product(FORMS, ORDERS.items()):
        for step in (-1, 0, 1):
            for form, write_value in (FORMS[0], FORMS[3]) if write is epoch else (FORMS[1],):
                at = moment + timedelta(seconds=step)
                why = f"Date{order}, {said} against {form} {step:+} s"
                add_date(vectors, f"date-{order.lower()}", order, write(moment), write_value(at), compare(step, 0), why)
    edges = (
        ("1970-01-01T00:00:00Z", "0", 0),
        ("1970-01-01T00:00:01Z", "0", -1),
        ("1970-01-01", "0", 0),
        ("2000-02-29T00:00:00Z", "951782400", 0),
        ("2000-03-01", "2000-02-29T23:59:59Z", -1),
        ("2100-03-01", "2100-02-28T23:59:59Z", -1),
        ("2024-02-29", "1709164800", 0),
        ("2026-01-01", "2025-12-31T23:59:59Z", -1),
        ("2026-01-01", "2026-01-01T00:00:00Z", 0),
        ("2026-01-01", "2025-12-31T23:00:00-01:00", 0),
        ("2026-01-01", "2026-01-01T00:59:00+01:00", -1),
        ("2026-06-30", "2026-07-01", 1),
        ("1969-12-31T23:59:59Z", "0", 1),
        ("1900-01-01", "1969-12-31T23:59:59Z", 1),
        ("2038-01-19T03:14:08Z", "2147483648", 0),
        ("2106-02-07T06:28:16Z", "4294967296", 0),
        ("9999-12-31T23:59:59Z", "253402300799", 0),
        ("2026-05-01T12:00Z", "2026-05-01T12:00:00Z", 0),
        ("2026-05-01T12:00+02:00", "2026-05-01T10:00:00Z", 0),
        ("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00Z", -1),
        ("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:01Z", 1),
        ("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.50Z", 0),
        ("2026-05-01T12:00:00.123456789Z", "2026-05-01T12:00:00.123456788Z", -1),
        ("2026-05-01T12:00:00.000000001Z", "2026-05-01T12:00:00Z", -1),
        ("1777636800", "2026-05-01T12:00:00Z", 0),
        ("1777636800", "2026-05-01T12:00:00.1Z", 1),
        ("1777636800", "2026-05-01T11:59:59.999999999Z", -1),
    )
    for bound, value, relation in edges:
        for order, compare in ORDERS.items():
            why = f"Date{order} {bound} of {value}"
            add_date(vectors, "edge", order, bound, value, compare(relation, 0), why)
    for order, compare in ORDERS.items():
        for step in (-1, 0, 1):
            seconds = 1777636800 + step
            why = f"aws:EpochTime under Date{order}, an unquoted number"
            condition: Json = {f"Date{order}": {"aws:EpochTime": 1777636800}}
            vectors.probe("R85", "epoch", why, compare(step, 0), condition, {"aws:EpochTime": str(seconds)})
    odd = (
        ("2026-05-01T12:00:00", "2026-05-01T12:00:00Z", 0),
        ("2026-05-01t12:00:00z", "2026-05-01T12:00:00Z", 0),
        ("2026-05", "2026-05-01T00:00:00Z", 0),
        ("2026", "2026-01-01T00:00:00Z", 1),
        ("2026", "2026", 0),
        ("2026-05-01T12:00:00+02", "2026-05-01T10:00:00Z", 0),
    )
    for bound, value, relation in odd:
        for order in ("Equals", "NotEquals", "LessThan", "GreaterThanEquals"):
            why = f"Date{order} {bound} of {value}"
            holds = ORDERS[order](relation, 0)
            add_date(vectors, "form", order, bound, value, holds, why, uncertain=DATE_FORMS)


def add_date(
    vectors: Vectors, topic: str, order: str, bound: str, value: str, holds: bool, why: str, **others: str
) -> None:
    """Add a vector for a date operator."""
    condition: Json = {f"Date{order}": {CURRENT: bound}}
    vectors.probe("R85", topic, why, holds, condition, {CURRENT: value}, **others)


# --- R86, R87 ---------------------------------------------------------------------------------------------------------


def add_booleans(vectors: Vectors) -> None:
    """Bool compares truth values; in the request without case (R86)."""
    for wanted, value in product(("true", "false", True, False), ("true", "false", "True", "FALSE", "tRuE")):
        holds = str(wanted).lower() == value.lower()
        why = f"Bool {'unquoted ' * isinstance(wanted, bool)}{str(wanted).lower()} against {value}"
        for key in ("aws:SecureTransport", "aws:ViaAWSService"):
            vectors.probe("R86", "bool", why, holds, {"Bool": {key: wanted}}, {key: value})
    for wanted, value in product(("true", "false"), ("1", "0", "yes", "", "truth", " true", "true ")):
        why = f"Bool {wanted} against {value!r}, which is not true"
        condition: Json = {"Bool": {"aws:SecureTransport": wanted}}
        vectors.probe(
            "R86", "word", why, wanted == "false", condition, {"aws:SecureTransport": value}, uncertain=BOOL_WORDS
        )
    for value, effect in product(("true", "false"), ("Allow", "Deny")):
        condition = {"Bool": {"aws:SecureTransport": ["true", "false"]}}
        vectors.probe(
            "R86",
            "both",
            f"Bool with both values against {value}: they are alternatives",
            True,
            condition,
            {"aws:SecureTransport": value},
            effect=effect,
            uncertain="validation calls two booleans in one list an error",
        )
    for key, operator in product(("aws:MultiFactorAuthPresent",), ("Bool", "BoolIfExists")):
        for given in (None, "true", "false"):
            holds = given == "false" or (given is None and operator == "BoolIfExists")
            why = f"Deny without MFA by {operator} false: the key is {given or 'absent'}"
            context = {} if given is None else {key: given}
            vectors.probe("R86", "mfa", why, holds, {operator: {key: "false"}}, context, effect="Deny")
            vectors.probe(
                "R86", "mfa", why.replace("Deny", "Allow"), holds, {operator: {key: "false"}}, context, effect="Allow"
            )


def add_bytes(vectors: Vectors) -> None:
    """BinaryEquals compares the decoded bytes (R87)."""
    values = (b"", b"\0", b"a", b"ab", b"abc", b"abd", b"ABC", b"\xff\xfe\xfd", b"\xfb\xef\xbe", b"a" * 48, b"a" * 49)
    for wanted, value in product(values, values):
        if wanted[:1] != value[:1] and wanted.lower() != value.lower() and b"" not in (wanted, value):
            continue
        condition: Json = {"BinaryEquals": {"orchard:Seal": base64.b64encode(wanted).decode()}}
        context = {"orchard:Seal": base64.b64encode(value).decode()}
        why = f"{len(wanted)} bytes against {len(value)}: {'the same' if wanted == value else 'not the same'}"
        vectors.probe("R87", "bytes", why, wanted == value, condition, context)
    for text, other in (("cmVk", "Y21WaQ=="), ("cmVk", "CMVK"), ("cmVk", "cmVl"), ("*", "cmVk"), ("cm*=", "cmVk")):
        refused = ILL_FORMED_POLICY if "*" in text else None
        vectors.probe(
            "R87",
            "text",
            f"{text} against {other}: neither text without case nor wildcards",
            False,
            {"BinaryEquals": {"orchard:Seal": text}},
            {"orchard:Seal": other},
            refusable=refused,
            uncertain=ILL_FORMED if refused else None,
        )


# --- R88 --------------------------------------------------------------------------------------------------------------

SOURCE_IP = "aws:SourceIp"


def add_address(vectors: Vectors, topic: str, wanted: Any, value: str, inside: bool, why: str, **others: Any) -> None:
    """Add a vector for each of the two operators on addresses."""
    turn = len(vectors) % 4
    for operator in (
        ("IpAddress", "NotIpAddress") if topic != "spelling" else (("IpAddress", "NotIpAddress")[turn % 2],)
    ):
        effect = "Allow" if (operator == "IpAddress") == (turn < 2) else "Deny"
        holds = inside == (operator == "IpAddress")
        vectors.probe(
            "R88",
            topic,
            f"{operator}: {why}",
            holds,
            {operator: {SOURCE_IP: wanted}},
            {SOURCE_IP: value},
            effect=effect,
            **others,
        )


def add_ipv4(vectors: Vectors) -> None:
    """The first and last address of a range are inside, their neighbours are not; for every length of a mask (R88)."""
    base = int(IPv4Address("203.0.113.42"))
    for mask in range(33):
        size = 1 << (32 - mask)
        first = base // size * size
        for said, at in (
            ("first", first),
            ("last", first + size - 1),
            ("before the first", first - 1),
            ("after the last", first + size),
        ):
            if 0 <= at < 1 << 32:
                inside = first <= at < first + size
                why = f"/{mask}, the address is {said}{' of the range' if inside else ''}"
                add_address(vectors, "ipv4", f"{IPv4Address(first)}/{mask}", str(IPv4Address(at)), inside, why)
    for wanted, value, inside in (
        ("203.0.113.7/24", "203.0.113.200", True),
        ("203.0.113.7/24", "203.0.114.7", False),
        ("10.255.0.1/8", "10.0.0.1", True),
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.255/31", "203.0.113.254", True),
    ):
        add_address(
            vectors, "host-bits", wanted, value, inside, f"{wanted} of {value}: bits beyond the mask do not count"
        )


def add_ipv6(vectors: Vectors) -> None:
    """The same of IPv6 ranges (R88)."""
    base = int(IPv6Address("2001:db8:1234:5678:9abc:def0:1234:5678"))
    for mask in (0, 1, 3, 16, 31, 32, 33, 47, 48, 49, 56, 63, 64, 65, 80, 96, 112, 120, 127, 128):
        size = 1 << (128 - mask)
        first = base // size * size
        for said, at in (
            ("first", first),
            ("last", first + size - 1),
            ("before the first", first - 1),
            ("after the last", first + size),
        ):
            if 0 <= at < 1 << 128:
                inside = first <= at < first + size
                why = f"/{mask}, the address is {said}{' of the range' if inside else ''}"
                add_address(vectors, "ipv6", f"{IPv6Address(first)}/{mask}", str(IPv6Address(at)), inside, why)


def add_address_forms(vectors: Vectors) -> None:
    """IPv6 in any spelling; the families never match each other (R88)."""
    spellings = (
        "2001:db8::1",
        "2001:DB8::1",
        "2001:0db8:0:0:0:0:0:1",
        "2001:db8:0:0::1",
        "2001:0DB8:0000:0000:0000:0000:0000:0001",
        "2001:db8::0.0.0.1",
    )
    for wanted, value in product(spellings, spellings):
        add_address(vectors, "spelling", f"{wanted}/128", value, True, f"{wanted} is {value}")
    for spelling in spellings:
        add_address(
            vectors, "bare", spelling, "2001:db8::1", True, f"{spelling} alone is one address", uncertain=BARE_V6
        )
        add_address(
            vectors, "bare", spelling, "2001:db8::2", False, f"{spelling} alone is one address", uncertain=BARE_V6
        )
    for wanted, value in (("203.0.113.0/24", "2001:db8::1"), ("2001:db8::/32", "203.0.113.1")):
        add_address(vectors, "family", wanted, value, False, f"{wanted} holds no address of the other family")
    for wanted, value in (
        ("0.0.0.0/0", "2001:db8::1"),
        ("::/0", "203.0.113.1"),
        ("203.0.113.0/24", "::ffff:203.0.113.1"),
        ("::ffff:203.0.113.0/120", "203.0.113.1"),
        ("0.0.0.0/0", "::ffff:203.0.113.1"),
    ):
        add_address(vectors, "family", wanted, value, False, f"{wanted} of {value}, another family", uncertain=FAMILY)
    for wanted, value in (
        ("::/0", "::ffff:203.0.113.1"),
        ("::ffff:203.0.113.0/120", "::ffff:203.0.113.1"),
        ("::ffff:203.0.113.0/120", "::ffff:cb00:7101"),
    ):
        add_address(vectors, "mapped", wanted, value, True, f"{wanted} of {value}, an IPv6 address", uncertain=FAMILY)
    both = ["203.0.113.0/24", "2001:db8::/32"]
    for value, inside in (("203.0.113.1", True), ("203.0.114.1", False), ("2001:db8::1", True), ("2001:db9::1", False)):
        add_address(vectors, "mixed", both, value, inside, f"a list of ranges of both families, of {value}")
    for nested, inside, outside in (
        (["10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/16"], "10.2.0.0", "11.0.0.0"),
        (["fc00::/7", "fd00::/8", "fc00::/16"], "fdff::", "fe00::"),
    ):
        for value in (inside, outside):
            why = f"a list of ranges inside another one, of {value}"
            add_address(vectors, "nested", nested, value, value == inside, why)


# --- R90, R91 ---------------------------------------------------------------------------------------------------------

ILL: Final = {
    "Numeric": ("ten", "", "1.", ".5", "0x10", "1,000", "10 ", "--1", "NaN", "Infinity"),
    "Date": (
        "soon",
        "",
        "2026-13-01",
        "2026-02-30",
        "2026-05-01T24:00:00Z",
        "2026-05-01T12:60:00Z",
        "26-05-01",
        "2026/05/01",
        "2026-05-01T12Z",
        "-5",
    ),
    "Binary": ("red", "cmV", "cm Vk", "cmVk=", "*"),
    "Ip": (
        "203.0.113",
        "203.0.113.256",
        "",
        "localhost",
        "203.0.113.1.5",
        "2001:db8::1::2",
        "203.0.113.0x1",
        "fe80::1%eth0",
    ),
}


def add_ill_formed(vectors: Vectors) -> None:
    """An ill-formed request value satisfies no operator that must read it, nor its negation (R90)."""
    for base, key, bound, accepted, _refused in all_operators():
        kind = next((kind for kind in ILL if base.startswith(kind) or (kind == "Ip" and "Ip" in base)), None)
        if kind is None:
            continue
        for value in ILL[kind]:
            why = f"{base}: the request value {value!r} is ill-formed"
            vectors.probe("R90", "request", why, False, {base: {key: bound}}, {key: value}, uncertain=ILL_FORMED)
        ill = ILL[kind][0] if kind != "Binary" else "red"
        is_negated = "Not" in base
        marks: Json = {"uncertain": ILL_FORMED, "refusable": ILL_FORMED_POLICY}
        why = f"{base}: the policy value {ill!r} is ill-formed"
        vectors.probe("R90", "policy", why, False, {base: {key: ill}}, {key: accepted}, **marks)
        for listed in ([ill, bound], [bound, ill]):
            why = (
                f"{base}: one of two policy values is ill-formed, the other "
                f"{'decides' if not is_negated else 'does not save it'}"
            )
            vectors.probe("R90", "policy-list", why, not is_negated, {base: {key: listed}}, {key: accepted}, **marks)
        why = f"{base}: a list with an ill-formed value, the key absent"
        vectors.probe("R90", "policy-absent", why, is_negated, {base: {key: [ill, bound]}}, {}, **marks)
    for qualifier in ("ForAllValues", "ForAnyValue"):
        condition: Json = {f"{qualifier}:NumericLessThan": {"orchard:Weights": "10"}}
        why = f"{qualifier}: one of two request values is ill-formed"
        holds = qualifier == "ForAnyValue"
        vectors.probe("R90", "set", why, holds, condition, {"orchard:Weights": ["9", "ten"]}, uncertain=ILL_FORMED)


def add_other_types(vectors: Vectors) -> None:
    """An operator of another type than the key's evaluates as it always does (R91)."""
    cases: tuple[tuple[str, str, Any, str, bool], ...] = (
        ("StringLike", SOURCE_IP, "203.0.113.*", "203.0.113.7", True),
        ("StringLike", SOURCE_IP, "203.0.113.*", "203.0.1137", False),
        ("StringEquals", SOURCE_IP, "203.0.113.0/24", "203.0.113.7", False),
        ("StringEquals", SOURCE_IP, "203.0.113.7", "203.0.113.7", True),
        ("StringNotEquals", SOURCE_IP, "203.0.113.0/24", "203.0.113.7", True),
        ("StringEquals", CURRENT, "2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z", True),
        ("StringEquals", CURRENT, "2026-05-01T14:00:00+02:00", "2026-05-01T12:00:00Z", False),
        ("StringLike", CURRENT, "2026-05-*", "2026-05-01T12:00:00Z", True),
        ("NumericLessThan", "aws:EpochTime", "1777636800", "1777636799", True),
        ("NumericLessThan", "aws:EpochTime", "1777636800", "1777636800", False),
        ("NumericLessThan", CURRENT, "1777636800", "2026-05-01T11:00:00Z", False),
        ("NumericEquals", "ec2:RoleDelivery", "2", "2.0", True),
        ("NumericEquals", "ec2:RoleDelivery", "2.0", "1.0", False),
        ("StringEquals", "ec2:RoleDelivery", "2", "2.0", False),
        ("StringEquals", "aws:SecureTransport", "true", "true", True),
        ("StringEquals", "aws:SecureTransport", "true", "TRUE", False),
        ("StringEquals", "aws:SourceArn", "arn:aws:s3:::pears", "arn:aws:s3:::pears", True),
        ("StringEquals", "aws:SourceArn", "arn:aws:s3:::*", "arn:aws:s3:::pears", False),
        ("StringLike", "aws:SourceArn", "arn:aws:s3*pears", "arn:aws:s3:::pears", True),
        ("NumericEquals", "aws:PrincipalTag/level", "3", "3.0", True),
        ("NumericGreaterThan", "aws:PrincipalTag/level", "9", "10", True),
        ("NumericGreaterThan", "aws:PrincipalTag/level", "9", "8", False),
        ("DateGreaterThan", "aws:PrincipalTag/until", "2026-01-01", "2026-01-01T00:00:01Z", True),
        ("DateGreaterThan", "aws:PrincipalTag/until", "2026-01-01", "2026-01-01T00:00:00Z", False),
        ("IpAddress", "aws:PrincipalTag/home", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "aws:PrincipalTag/home", "203.0.113.0/24", "203.0.114.7", False),
        ("Bool", "aws:PrincipalTag/admin", "true", "true", True),
        ("Bool", "aws:PrincipalTag/admin", "true", "false", False),
        ("StringEquals", "s3:max-keys", 10, "10", True),
        ("StringEquals", "s3:max-keys", 10, "10.0", False),
        ("StringLike", "s3:max-keys", "1?", "10", True),
        ("StringLike", "s3:max-keys", "1?", "100", False),
        ("ArnLike", "aws:PrincipalTag/home", "arn:aws:s3:::*", "arn:aws:s3:::pears", True),
        ("ArnLike", "aws:PrincipalTag/home", "arn:aws:s3:::*", "arn:aws:sqs:::pears", False),
    )
    for operator, key, wanted, value, holds in cases:
        for effect in ("Allow", "Deny"):
            why = f"{operator} on {key}: {wanted} {'holds' if holds else 'does not hold'} of {value}"
            vectors.probe("R91", "type", why, holds, {operator: {key: wanted}}, {key: value}, effect=effect)


# --- R84, R85, R90: the calendar, and limits of values ----------------------------------------------------------------

LENGTHS: Final = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def add_calendar(vectors: Vectors) -> None:
    """Every month has its days, and leap years one more (R85); no other day is a date (R90)."""
    for year, (month, length) in product((2023, 2024), LENGTHS.items()):
        days = length + (month == 2 and year == 2024)
        for day in (1, days):
            at = datetime(year, month, day, tzinfo=UTC)
            why = f"day {day} of month {month} in {year} is that many seconds after 1970"
            add_date(vectors, "calendar", "Equals", at.strftime("%Y-%m-%d"), epoch(at), True, why)
        for day in (0, days + 1):
            add_no_date(vectors, f"{year}-{month:02}-{day:02}", f"month {month} of {year} has no day {day}")
    for year, is_leap in ((1600, True), (1700, False), (1900, False), (2000, True), (2100, False), (2400, True)):
        if is_leap:
            later = datetime(year, 2, 29, 12, tzinfo=UTC).isoformat()
            add_date(vectors, "calendar", "LessThan", later, f"{year}-02-29", True, f"{year} is a leap year")
        else:
            add_no_date(vectors, f"{year}-02-29", f"{year} is no leap year")
    for year in (1, 4, 5, 100, 101, 400, 401, 1969, 1971, 1972, 1973):
        before, first = f"{year - 1:04}-12-31T23:59:59Z", f"{year:04}-01-01"
        for order in ("LessThan", "GreaterThanEquals"):
            why = f"the last second of {year - 1} is before the first of {year}"
            add_date(vectors, "calendar", order, first, before, order == "LessThan", why)
        if year > 1970:
            at = datetime(year, 1, 1, tzinfo=UTC)
            add_date(vectors, "calendar", "Equals", first, epoch(at), True, f"the first second of {year}")
    for text, said in (
        ("2026-00-01", "no month 0"),
        ("2026-05-01T12:00:60Z", "no second 60"),
        ("2026-05-01T12:00:00+24:00", "no zone 24 hours ahead"),
        ("2026-05-01T12:00:00-24:00", "no zone 24 hours behind"),
        ("2026-05-01T12:00:00+01:60", "no zone with 60 minutes"),
        ("2026-05-01T12:00:00+0100", "a zone has a colon"),
        ("2026-05-01T12:00:00.Z", "a fraction has digits"),
        ("2026-05-01T12:00:00.1234567890Z", "a fraction has at most 9 digits"),
        ("1777636800.1234567890", "so has that of seconds since 1970"),
        ("9223372036854775808", "more seconds than are counted"),
        ("9223372036854775808.5", "more seconds than are counted"),
        ("10000000000000000000", "more seconds than are counted"),
        ("92233720368547758070", "more seconds than are counted"),
    ):
        add_no_date(vectors, text, f"{text}: {said}")
    for bound, value, relation in (
        ("2026-05-01T12:00:00Z", "2026-05-01T12:00:59Z", 1),
        ("2026-05-01T12:00:00Z", "2026-05-02T11:59:00+23:59", 0),
        ("2026-05-01T12:00:00Z", "2026-04-30T12:01:00-23:59", 0),
        ("2026-05-01T12:00:00Z", "2026-05-01T13:00:00+01", 0),
        ("2026-05-01T12:00:00Z", "2026-05-01T11:30:00-00:30", 0),
        ("1777636800.123456789", "1777636800.123456788", -1),
        ("1777636800.5", "2026-05-01T12:00:00.5Z", 0),
        ("00000000001777636800", "1777636800", 0),
        ("1777636800", "000000000000001777636800", 0),
        ("9223372036854775807", "9223372036854775806", -1),
        ("9223372036854775807", "00009223372036854775807", 0),
        ("1000000000000000000", "1000000000000000001", 1),
        ("0", "0000", 0),
        ("2026-12", "2026-12-01T00:00:00Z", 0),
    ):
        for order in ("Equals", "LessThan", "GreaterThan"):
            why = f"Date{order} {bound} of {value}"
            add_date(vectors, "limits", order, bound, value, ORDERS[order](relation, 0), why, uncertain=DATE_FORMS)


def add_no_date(vectors: Vectors, text: str, why: str) -> None:
    """Add vectors for a request value that is no date, which satisfies neither an operator nor its negation (R90)."""
    for order in ("GreaterThan", "NotEquals"):
        condition: Json = {f"Date{order}": {CURRENT: "0"}}
        vectors.probe("R90", "date", f"{order}: {why}", False, condition, {CURRENT: text}, uncertain=ILL_FORMED)
    condition = {"DateLessThan": {CURRENT: "9223372036854775807"}}
    vectors.probe("R90", "date", f"LessThan: {why}", False, condition, {CURRENT: text}, uncertain=ILL_FORMED)


def add_limits(vectors: Vectors) -> None:
    """Numbers have at most 255 characters and exponents of 9 digits (R84); what is longer is none (R90)."""
    for value, is_number in (
        ("1" + "0" * 254, True),
        ("1" + "0" * 255, False),
        ("0." + "1" * 253, True),
        ("0." + "1" * 254, False),
        ("1e999999999", True),
        ("1e1000000000", False),
        ("1E+999999999", True),
        ("1E-999999999", True),
        ("1e", False),
        ("1e+", False),
        ("e1", False),
        ("+", False),
        ("+-1", False),
        ("1.2.3", False),
        ("1e1.5", False),
        ("1_000", False),
        ("\u0661", False),
    ):
        for operator in ("NumericGreaterThan", "NumericNotEquals"):
            vectors.probe(
                "R84" if is_number else "R90",
                "limits" if is_number else "number",
                f"{operator} 0 of {value[:20]}, {len(value)} characters",
                is_number,
                {operator: {"s3:max-keys": "0"}},
                {"s3:max-keys": value},
                uncertain=NUMBER_FORMS if is_number else ILL_FORMED,
            )
    for base, value in (
        ("DateNotEquals", "soon"),
        ("NumericNotEquals", "ten"),
        ("NotIpAddress", "here"),
        ("ArnNotLike", "arn"),
    ):
        why = f"{base} []: the request value {value!r} is ill-formed"
        vectors.probe(
            "R90", "empty", why, False, {base: {"orchard:Mark": []}}, {"orchard:Mark": value}, uncertain=ILL_FORMED
        )
    condition: Json = {"ArnNotLike": {"aws:SourceArn": "arn:aws:iam"}}
    why = "ArnNotLike: neither the policy value nor the request value is an ARN"
    marks: Json = {"uncertain": ILL_FORMED, "refusable": ILL_FORMED_POLICY}
    vectors.probe("R90", "arn", why, False, condition, {"aws:SourceArn": "arn"}, **marks)


def add_no_range(vectors: Vectors) -> None:
    """The length of a mask is a number from 0 to that of the address (R88); all else is ill-formed (R90)."""
    masks = ("33", "08", "00", "", "+8", "-1", "1_0", " 8", "8/8", "255.0.0.0", "100", "1000")
    ranges = [*(("10.0.0.0", mask) for mask in masks), ("::", "129"), ("::", "0128"), ("::", "1000")]
    for (address, mask), operator in product(ranges, ("IpAddress", "NotIpAddress")):
        vectors.probe(
            "R90",
            "mask",
            f"{operator}: {address} has no mask of the length {mask!r}",
            False,
            {operator: {SOURCE_IP: f"{address}/{mask}"}},
            {SOURCE_IP: address},
            uncertain=ILL_FORMED,
            refusable=ILL_FORMED_POLICY,
        )


def add_no_base64(vectors: Vectors) -> None:
    """Other characters in base64 text are not passed over, though the rest decodes to the same bytes (R87, R90)."""
    for value in ("cmVk****", "cm--__Vk", "cmVk\n\n\n\n", "c m V k "):
        why = f"{value!r} holds what is no base64"
        seal: Json = {"BinaryEquals": {"orchard:Seal": "cmVk"}}
        vectors.probe("R90", "base64", why, False, seal, {"orchard:Seal": value}, uncertain=ILL_FORMED)
