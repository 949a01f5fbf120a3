"""Generators of policies and requests over a small world, so that matches are frequent.

The typed ones make documents that are legal and requests that mostly are; the untyped twins put any text anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from reference import OTHERS, Others, Value

ACCOUNT = "210987654321"
USERS = [f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("mara", "staff/otis")]
ROLES = [f"arn:aws:iam::{ACCOUNT}:role/Harvester"]
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
PRINCIPALS = [*USERS, *ROLES, ROOT]
STRANGER = f"arn:aws:iam::{ACCOUNT}:user/nobody"

ACTIONS = [
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:PutObject",
    "s3:ListBucket",
    "S3:getobject",
    "ec2:RunInstances",
    "ec2:DescribeInstances",
    "iam:PassRole",
]
RARE_ACTIONS = ["sts:GetCallerIdentity", "STS:getsessiontoken", "sqs:SendMessage", "s3express:GetObject"]
ACTION_PATTERNS = [
    *ACTIONS,
    "*",
    "s3:*",
    "S3:Get*",
    "s3:?etObject",
    "s3:*Object*",
    "s3:*o*t",
    "ec2:*Instances",
    "EC2:RUN*",
    "iam:?*",
    "*:*",
    "sts:*",
]

PREFIX = "arn:aws:s3:::pears/" + "shared/" * 12
RESOURCES = [
    "*",
    "arn:aws:s3:::pears",
    "arn:aws:s3:::pears/a",
    "arn:aws:s3:::pears/home/mara/x",
    "arn:aws:s3:::pears/home/é/x",
    "arn:aws:s3:::pears/home/*/x",
    "arn:aws:s3:::PEARS/a",
    "arn:aws-cn:s3:::pears/a",
    PREFIX + "1",
    PREFIX + "2/x",
    f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1",
    f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/app:log-stream:s1",
    f"arn:aws:iam::{ACCOUNT}:role/Harvester",
]
RESOURCE_PATTERNS = [
    *RESOURCES[1:],
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::pears*",
    "arn:aws:s3:::pears/*",
    "arn:aws:s3:::pears/?",
    "arn:aws:s3:::pears/home/?/x",
    "arn:aws:s3:::*/*/x",
    "arn:aws:s3:::pears/*a*a*/x",
    "arn:*:s3:::pears/a",
    PREFIX + "*",
    PREFIX + "?",
    PREFIX + "2*",
    "arn:aws:ec2:*:*:instance/*",
    "arn:aws:ec2:eu-west-?:*",
    "arn:aws:s3:::pears/home/${*}/x",
    "arn:aws:s3:::pears/$a",
    "arn:aws:logs:*",
    "arn:aws:logs",
    f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:*",
]
RESOURCE_VARIABLES = [
    "arn:aws:s3:::pears/home/${aws:username}/*",
    "arn:aws:s3:::${aws:PrincipalTag/Team}/a",
    "arn:aws:s3:::${aws:principaltag/TEAM, 'pears'}/*",
    "arn:aws:s3:::pears/home/${*}/${aws:username}",
    "arn:aws:s3:::pears/${aws:username}${aws:PrincipalTag/Team}",
]


@dataclass(frozen=True)
class Family:
    """Operators that read their values alike, with keys and values; `variables` are policy values too."""

    operators: tuple[str, ...]
    keys: tuple[str, ...]
    policy_values: tuple[Any, ...]
    request_values: tuple[str, ...]
    variables: tuple[str, ...] = ()


STRINGS = ("", "a", "A", "b", "mara", "Mara", "é", "É", "ß", "ss", "İ", "\u212a", "k", "𝄞", "a*", "*", "home/mara/x")
STRING_VARIABLES = (
    "${aws:username}",
    "home/${AWS:UserName}/*",
    "${aws:PrincipalTag/Team, 'a'}",
    "${aws:PrincipalTag/Team}${aws:username}",
)
ESCAPES = ("${*}", "a${*}", "${?}", "${$}{a}", "$", "{a}")
NUMBERS = ("10", "10.0", "1e1", "+10", "0010", "9", "11", "0", "-0", "0.0", "-10", "0.1", "1e-1", "2.5", "1E2", "100")
BIG_NUMBERS = ("9007199254740993", "9007199254740992", "123456789012345678901234567890", "0.1000000000000000000001")
INSTANTS = (
    "2024-02-29T00:00:00Z",
    "2024-02-29",
    "1709164800",
    "1709164800.0",
    "2024-02-29T01:00:00+01:00",
    "2024-02-28T19:00:00-05:00",
    "2024-02-29T00:00:00.000Z",
    "2024-02-29t00:00:00z",
    "2024-02-29T00:00Z",
    "2024-02-29T00:00:00",
    "2024-02-29T00:00:00.000000001Z",
    "2024-02-28T23:59:59.999999999Z",
    "2024-02-29T00:00:01Z",
    "2024-02",
    "2024-02-01",
    "1970-01-01T00:00:00Z",
    "0",
    "1969-12-31",
    "9999-12-31T23:59:59Z",
)
RANGES = (
    "203.0.113.0/24",
    "203.0.113.9",
    "203.0.113.9/32",
    "203.0.113.77/25",
    "203.0.113.128/25",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "2001:DB8:0:0:0:0:0:1",
    "2001:db8::1/127",
    "::ffff:203.0.113.0/120",
)
ADDRESSES = (
    "203.0.113.9",
    "203.0.113.200",
    "203.0.113.127",
    "198.51.100.1",
    "0.0.0.0",
    "255.255.255.255",
    "2001:db8::1",
    "2001:0DB8:0000:0:0::0001",
    "2001:db8::2",
    "::",
    "::ffff:203.0.113.9",
    "::ffff:cb00:7109",
)
ARNS = (
    f"arn:aws:iam::{ACCOUNT}:user/mara",
    f"arn:aws:iam::{ACCOUNT}:user/staff/otis",
    f"arn:aws:iam::{ACCOUNT}:role/Harvester",
    f"arn:aws:sns:eu-west-1:{ACCOUNT}:press:1",
    "arn:aws:s3:::pears",
    "arn:aws:s3:::",
)
ARN_PATTERNS = (
    *ARNS,
    "arn:aws:iam::*:user/*",
    f"arn:aws:iam::{ACCOUNT}:role/?arvester",
    "arn:*:*:*:*:*",
    "arn:aws:sns:eu-*:*:press:*",
    "arn:aws:s3:*:*:pears",
    "arn:aws:s3:::${*}",
    "arn:aws:s3",
)
ARN_VARIABLES = (
    f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}",
    "arn:aws:iam::${aws:PrincipalTag/Team}:user/mara",
    f"arn:aws:iam::{ACCOUNT}:user/${{aws:PrincipalTag/Team, 'mara'}}",
)


def ordered(name: str) -> tuple[str, ...]:
    """Return the six operators over an ordered type."""
    orders = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    return tuple(name + order for order in orders)


STRING = Family(
    (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ),
    ("aws:username", "aws:PrincipalTag/Team", "s3:prefix", "aws:TagKeys", "aws:RequestTag/É"),
    (*STRINGS, *ESCAPES, "home/*", "?", "*a*", True, 10),
    (*STRINGS, "home/Mara/y", "true", "10", "{a}"),
    STRING_VARIABLES,
)
NUMERIC = Family(
    ordered("Numeric"),
    ("aws:MultiFactorAuthAge", "s3:max-keys"),
    (*NUMBERS, *BIG_NUMBERS, 10, 0, -10, 2.5),
    (*NUMBERS, *BIG_NUMBERS, "ten", "", "1e", "0x10", " 10", "1_0", "١٠", "inf", "nan", "--1", "1.2.3"),
)
DATE = Family(
    ordered("Date"),
    ("aws:CurrentTime", "aws:TokenIssueTime"),
    (*INSTANTS, 1709164800),
    (
        *INSTANTS,
        "yesterday",
        "",
        "2024-13-01",
        "2024-02-29T24:00:00Z",
        "2024-02-29T",
        "T",
        "-1",
        "2024-02-29T00:00:60Z",
    ),
)
BOOL = Family(
    ("Bool",),
    ("aws:SecureTransport", "aws:MultiFactorAuthPresent"),
    ("true", "false", True, False),
    ("true", "false", "True", "FALSE", "1", "", "truE ", "yes"),
)
BINARY = Family(
    ("BinaryEquals",),
    ("kms:EncryptionContext:blob",),
    ("QQ==", "QUI=", "QUJD", ""),
    ("QQ==", "QUI=", "QUJD", "", "QQ", "Q Q=", "not base64!", "é"),
)
IP = Family(
    ("IpAddress", "NotIpAddress"),
    ("aws:SourceIp", "aws:VpcSourceIp"),
    RANGES,
    (*ADDRESSES, "203.0.113.09", "1.2.3", "", "::1%eth0", "203.0.113.0/24", "athena.amazonaws.com", "1.2.3.256", ":::"),
)
ARN = Family(
    ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    ("aws:PrincipalArn", "aws:SourceArn"),
    ARN_PATTERNS,
    (*ARNS, f"arn:aws:iam:{ACCOUNT}:user/mara", "arn:aws:iam", "", "*", f"arn:aws:iam::{ACCOUNT}:user/a:b"),
    ARN_VARIABLES,
)
FAMILIES = (STRING, NUMERIC, DATE, BOOL, BINARY, IP, ARN)
KEYS = tuple(key for family in FAMILIES for key in family.keys)
SINGLE_VALUED_KEYS = tuple(key for key in KEYS if key != "aws:TagKeys")


@dataclass(frozen=True)
class World:
    """Documents in the order of their numbers, and which of them each principal is under."""

    documents: tuple[dict[str, Any], ...]
    identity: dict[str, tuple[int, ...]]
    boundary: dict[str, int]

    def kind(self, index: int) -> str:
        """Return the kind of a document; boundaries stand behind the identity documents."""
        return "boundary" if index in self.boundary.values() else "identity"


@dataclass(frozen=True)
class Request:
    """One request, as the reference and the engine take it."""

    principal: str
    action: str
    resource: str | None
    context: dict[str, Value]
    unknown: frozenset[str] | Others


def one_or_list(values: st.SearchStrategy[Any], max_size: int = 3) -> st.SearchStrategy[Any]:
    """Return one value, alone or in a list, or several."""
    return st.one_of(values, st.lists(values, min_size=1, max_size=max_size))


def lower(text: str) -> str:
    """Return a text with the ASCII letters in lower case."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def swapcase(text: str) -> str:
    """Return a text with the case of ASCII letters turned round."""
    return "".join(c.swapcase() if c.isascii() else c for c in text)


def spellings(key: str) -> list[str]:
    """Return a key in several cases; key names compare without the case of ASCII letters (R74)."""
    return [key, key, lower(key), swapcase(key)]


NULL_TESTS = [
    (operator, key, values)
    for key in KEYS
    for operator, values in [
        ("Null", "true"),
        ("Null", "false"),
        ("Null", True),
        ("Null", ["false"]),
        ("ForAllValues:Null", "true"),
        ("ForAnyValue:Null", "false"),
    ]
]
FAMILY_OPERATORS = {
    family.operators: [
        quantifier + base + suffix
        for quantifier in ("", "", "", "ForAllValues:", "ForAnyValue:")
        for base in family.operators
        for suffix in ("", "", "IfExists")
    ]
    for family in FAMILIES
}


@st.composite
def tests(draw: st.DrawFn, variables: bool) -> tuple[str, str, Any]:
    """Make one test: operator, key, values."""
    family = draw(st.sampled_from(FAMILIES))
    # Now and then an operator of one type on a key of another: IAM evaluates by the operator (R91).
    key = draw(st.sampled_from([spelt for key in family.keys * 20 + KEYS for spelt in spellings(key)]))
    return (
        draw(st.sampled_from(FAMILY_OPERATORS[family.operators])),
        key,
        draw(VALUE_LISTS[family.operators, variables]),
    )


CONDITION_TESTS = {
    variables: st.one_of(*[tests(variables)] * 5, st.sampled_from(NULL_TESTS)) for variables in (False, True)
}


@st.composite
def conditions(draw: st.DrawFn, variables: bool) -> dict[str, Any]:
    """Make a condition block, mostly of one test."""
    block: dict[str, dict[str, Any]] = {}
    for operator, key, values in draw(
        st.one_of(
            *[st.lists(CONDITION_TESTS[variables], min_size=1, max_size=1)] * 3,
            st.lists(CONDITION_TESTS[variables], max_size=3),
        )
    ):
        of_operator = block.setdefault(operator, {})
        if lower(key) not in {lower(other) for other in of_operator}:  # R26: not twice in two spellings
            of_operator[key] = values
    return block


def value_lists(family: Family, variables: bool) -> st.SearchStrategy[Any]:
    """Make one policy value or a list of values of one JSON type (R25); rarely an empty list (R79)."""
    by_type: dict[type, list[Any]] = {}
    for value in family.policy_values + family.variables * variables:
        by_type.setdefault(type(value), []).append(value)
    texts, *others = (one_or_list(st.sampled_from(values)) for values in by_type.values())
    return st.one_of(*[texts] * 16, *others, st.just([]))


VALUE_LISTS = {
    (family.operators, variables): value_lists(family, variables) for family in FAMILIES for variables in (False, True)
}


ACTION_LISTS = st.one_of(
    st.sampled_from(["*", "s3:*", ["s3:*", "ec2:*"]]), one_or_list(st.sampled_from(ACTION_PATTERNS), 5)
)


@st.composite
def statements(draw: st.DrawFn, variables: bool = False) -> dict[str, Any]:
    """Make one statement."""
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    action = draw(st.sampled_from([*["Action"] * 6, "NotAction"]))
    statement[action] = draw(ACTION_LISTS)
    resource = draw(st.sampled_from([*["Resource"] * 6, "NotResource"]))
    patterns = st.sampled_from(RESOURCE_PATTERNS)
    if variables:
        patterns = st.one_of(patterns, patterns, st.sampled_from(RESOURCE_VARIABLES))
    statement[resource] = draw(st.one_of(st.sampled_from(["*", "arn:aws:s3:::pears/*"]), one_or_list(patterns)))
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions(variables))
    return statement


@st.composite
def documents(draw: st.DrawFn, variables: bool = False) -> dict[str, Any]:
    """Make one document of one to four statements; some of the old language level, where variables are text (R3)."""
    version = draw(st.sampled_from(["2012-10-17"] * 4 + ["2008-10-17", None]))
    body = draw(st.lists(statements(variables), min_size=1, max_size=4))
    document: dict[str, Any] = {} if version is None else {"Version": version}
    document["Statement"] = body[0] if len(body) == 1 and draw(st.booleans()) else body
    return document


DOCUMENTS = documents()


@st.composite
def worlds(draw: st.DrawFn, document: st.SearchStrategy[dict[str, Any]] = DOCUMENTS) -> World:
    """Make a policy set for all principals; documents may be shared, and a boundary is there for some."""
    shared = draw(st.lists(document, min_size=1, max_size=3))
    ceilings = draw(st.lists(document, max_size=2))
    identity: dict[str, tuple[int, ...]] = {ROOT: ()}
    boundary: dict[str, int] = {}
    for principal in (*USERS, *ROLES):
        identity[principal] = tuple(sorted(draw(st.sets(st.integers(0, len(shared) - 1), min_size=1))))
        if ceilings and draw(st.integers(0, 2)) == 0:
            boundary[principal] = len(shared) + draw(st.integers(0, len(ceilings) - 1))
    return World((*shared, *ceilings), identity, boundary)


ENTRIES: list[tuple[str, Value]] = [
    (spelt, value)
    for family in FAMILIES
    for key in family.keys
    for spelt in spellings(key)
    for value in (*family.request_values, *family.request_values, *[None] * 4)
]
LIST_ENTRIES = st.sampled_from(FAMILIES).flatmap(
    lambda family: st.tuples(
        st.sampled_from([spelt for key in family.keys for spelt in spellings(key)]),
        st.lists(st.sampled_from(family.request_values), max_size=3),
    )
)


def contexts() -> st.SearchStrategy[dict[str, Value]]:
    """Make a context over the known keys: single values, lists, and keys known to be absent."""
    entry = st.one_of(st.sampled_from(ENTRIES), st.sampled_from(ENTRIES), LIST_ENTRIES)
    return st.lists(entry, max_size=8, unique_by=lambda item: lower(item[0])).map(dict)


NOTHING_UNKNOWN: frozenset[str] = frozenset()
UNKNOWN_KEYS = st.one_of(
    st.just(NOTHING_UNKNOWN), st.just(OTHERS), st.sets(st.sampled_from(KEYS), min_size=4).map(frozenset)
)


@st.composite
def requests(draw: st.DrawFn, *, with_unknown: bool = True) -> Request:
    """Make one request; the keys of its context are not unknown."""
    context = draw(contexts())
    unknown = draw(UNKNOWN_KEYS) if with_unknown else NOTHING_UNKNOWN
    if not isinstance(unknown, Others):
        named = {lower(key) for key in context}
        unknown = frozenset(key for key in unknown if lower(key) not in named)
    return Request(
        principal=draw(st.sampled_from(PRINCIPALS[:3] * 4 + [ROOT, STRANGER])),
        action=draw(st.sampled_from(ACTIONS * 3 + RARE_ACTIONS)),
        resource=draw(st.sampled_from([*RESOURCES, None, None] if with_unknown else RESOURCES)),
        context=context,
        unknown=unknown,
    )


# --- any text anywhere ------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(st.sampled_from("ab*?:/${},' '-.0é𝄞"), max_size=12),
    st.text(max_size=6).filter(lambda text: text.isprintable()),
    st.sampled_from([*STRINGS, *STRING_VARIABLES, *ESCAPES, *NUMBERS, *INSTANTS, *RANGES, *ARN_PATTERNS, *RESOURCES]),
)

NAMES = TEXTS.map(lambda text: "s3:" + text.replace(":", ""))
UNTYPED_ACTIONS = st.one_of(*[st.sampled_from(ACTION_PATTERNS)] * 20, *[NAMES] * 8, TEXTS)
UNTYPED_RESOURCES = st.one_of(
    *[st.sampled_from(RESOURCE_PATTERNS)] * 14, *[TEXTS.map(lambda text: f"arn:aws:s3:::{text}")] * 14, TEXTS
)


@st.composite
def untyped_statements(draw: st.DrawFn) -> dict[str, Any]:
    """Make a statement of the right shape with any text in it."""
    statement: dict[str, Any] = {
        "Effect": draw(st.sampled_from(["Allow", "Deny"])),
        draw(st.sampled_from(["Action", "NotAction"])): draw(
            st.one_of(*[one_or_list(UNTYPED_ACTIONS)] * 9, st.just([]))
        ),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(
            st.one_of(*[one_or_list(UNTYPED_RESOURCES)] * 9, st.just([]), st.just([None, "*"]))
        ),
    }
    if draw(st.booleans()):
        # Most operators refuse most texts, so the ones that take any text come first.
        family = draw(st.sampled_from([*[STRING] * 6, ARN, *FAMILIES]))
        operator = draw(st.sampled_from([*FAMILY_OPERATORS[family.operators], "Null", "NullIfExists"]))
        key = draw(st.one_of(*[st.sampled_from(KEYS)] * 14, TEXTS.map(lambda text: f"x:{text}"), TEXTS))
        value = st.one_of(*[TEXTS] * 6, st.sampled_from(family.policy_values), st.integers(), st.booleans())
        statement["Condition"] = {operator: {key: draw(st.one_of(value, st.lists(value, max_size=3)))}}
    return statement


@st.composite
def untyped_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Make a document of untyped statements."""
    body = draw(st.lists(untyped_statements(), min_size=1, max_size=3))
    return {"Version": draw(st.sampled_from(["2012-10-17", "2008-10-17"])), "Statement": body}


@st.composite
def untyped_requests(draw: st.DrawFn) -> Request:
    """Make a request with any text in it."""
    values = st.one_of(TEXTS, st.lists(TEXTS, max_size=3), st.none())
    return Request(
        principal=draw(st.one_of(*[st.sampled_from(PRINCIPALS)] * 9, TEXTS)),
        action=draw(st.one_of(*[st.sampled_from(ACTIONS)] * 3, TEXTS, TEXTS.map(lambda text: f"s3:{text}"))),
        resource=draw(st.one_of(*[st.sampled_from(RESOURCES)] * 3, TEXTS, st.none())),
        context=draw(st.dictionaries(st.sampled_from(KEYS), values, max_size=6)),
        unknown=draw(st.one_of(st.just(frozenset()), st.sets(st.sampled_from(KEYS)).map(frozenset), st.just(OTHERS))),
    )
