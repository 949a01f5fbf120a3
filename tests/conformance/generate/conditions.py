"""Vectors of the chapter on conditions, first part: how operators, keys and values combine (R70 to R80)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, Final, NamedTuple

from .vector import Json, Vectors


class Family(NamedTuple):
    """Operators that read values alike: a key, policy values, and for each a request value equal only to it.

    The first request value is one that `base` finds in the list of the first policy value alone.
    """

    base: str
    key: str
    values: tuple[str, ...]
    written: tuple[str, ...]


NAMES: Final = ("red", "green", "blue")
ARNS: Final = tuple(f"arn:aws:sns:eu-west-1:111122223333:{name}" for name in NAMES)

FAMILIES: Final = (
    Family("StringEquals", "orchard:Colours", NAMES, NAMES),
    Family("StringEqualsIgnoreCase", "orchard:Colours", ("RED", "Green", "bLue"), NAMES),
    Family("StringLike", "orchard:Colours", ("r*", "gr??n", "*ue"), NAMES),
    Family("NumericEquals", "orchard:Weights", ("7", "8.0", "-9"), ("7.0", "8", "-9.00")),
    Family(
        "DateEquals",
        "orchard:Harvests",
        ("2026-05-01T00:00:00Z", "2026-06-01", "1782864000"),
        ("1777593600", "2026-06-01T02:00:00+02:00", "2026-07-01T00:00:00Z"),
    ),
    Family("BinaryEquals", "orchard:Seals", ("cmVk", "Z3JlZW4=", "Ymx1ZQ=="), ("cmVk", "Z3JlZW4=", "Ymx1ZQ==")),
    Family(
        "IpAddress",
        "orchard:Addresses",
        ("203.0.113.0/25", "198.51.100.7", "2001:db8::/32"),
        ("203.0.113.9", "198.51.100.7", "2001:db8:1::1"),
    ),
    Family("ArnEquals", "orchard:Sources", ARNS, ARNS),
    Family("ArnLike", "orchard:Sources", tuple(arn.replace("eu-west-1", "*") for arn in ARNS), ARNS),
)
"""The positive operators that compare for equality of some sort."""

NEGATED: Final = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}

ORDERED: Final = (
    ("NumericLessThan", "s3:max-keys", "10", "9", "10"),
    ("NumericLessThanEquals", "s3:max-keys", "10", "10", "11"),
    ("NumericGreaterThan", "s3:max-keys", "10", "11", "10"),
    ("NumericGreaterThanEquals", "s3:max-keys", "10", "10", "9"),
    ("DateLessThan", "aws:CurrentTime", "2026-05-01T12:00:00Z", "2026-05-01T11:59:59Z", "2026-05-01T12:00:00Z"),
    ("DateLessThanEquals", "aws:CurrentTime", "2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z", "2026-05-01T12:00:01Z"),
    ("DateGreaterThan", "aws:CurrentTime", "2026-05-01T12:00:00Z", "2026-05-01T12:00:01Z", "2026-05-01T12:00:00Z"),
    (
        "DateGreaterThanEquals",
        "aws:CurrentTime",
        "2026-05-01T12:00:00Z",
        "2026-05-01T12:00:00Z",
        "2026-05-01T11:59:59Z",
    ),
)
"""Operator, key, bound, a value that satisfies it, one that just does not."""

EQUALITIES: Final = (
    ("StringEquals", "aws:PrincipalTag/team", "red", "red", "blue"),
    ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", "RED", "red", "blue"),
    ("StringLike", "aws:PrincipalTag/team", "r?d*", "red", "bred"),
    ("NumericEquals", "s3:max-keys", "10", "10.0", "10.1"),
    ("DateEquals", "aws:CurrentTime", "2026-05-01", "2026-05-01T00:00:00Z", "2026-05-01T00:00:01Z"),
    ("Bool", "aws:SecureTransport", "true", "true", "false"),
    ("BinaryEquals", "orchard:Seal", "cmVk", "cmVk", "cmVl"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
    ("ArnEquals", "aws:SourceArn", ARNS[0], ARNS[0], ARNS[1]),
    ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:111122223333:r*", ARNS[0], ARNS[1]),
)

RULE_OF: Final = {
    "String": "R81",
    "StringEqualsIgnoreCase": "R82",
    "StringNotEqualsIgnoreCase": "R82",
    "StringLike": "R83",
    "StringNotLike": "R83",
    "Numeric": "R84",
    "Date": "R85",
    "Bool": "R86",
    "Binary": "R87",
    "IpAddress": "R88",
    "NotIpAddress": "R88",
    "Arn": "R89",
}
"""The rule of an operator, by the longest beginning of its name that is here."""

SET_OPERATORS: Final = ("ForAllValues", "ForAnyValue")
UNQUALIFIED = "the documents demand a qualifier for multivalued keys without saying what happens without one"
SUFFIXED_ANY = "the rule of the suffix says true for an absent key, the rule of the qualifier false"
EMPTY_LIST = "the documents contradict each other on an empty list under a plain operator"
EMPTY_TEXT = "the pages on operators leave open whether an empty text counts as a value of a set"
NULL_SET = "validation reports a constant result for Null with a qualifier; observations differ"


def rule_of(base: str) -> str:
    """Return the rule of an operator without qualifier and suffix."""
    return RULE_OF[max((name for name in RULE_OF if base.startswith(name)), key=len)]


def all_operators() -> list[tuple[str, str, str, str, str]]:
    """Return every operator but Null with a key, a policy value, a value that it accepts, one that it does not."""
    operators = [*EQUALITIES, *ORDERED]
    for base, key, bound, equal, other in EQUALITIES:
        if base in NEGATED:
            operators.append((NEGATED[base], key, bound, other, equal))
    return operators


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_structure(vectors)
    add_presence(vectors)
    add_null(vectors)
    add_key_names(vectors)
    add_unqualified_sets(vectors)
    add_sets(vectors)
    add_empty_lists(vectors)
    add_empty_texts(vectors)
    add_null_of_sets(vectors)


# --- R70 --------------------------------------------------------------------------------------------------------------


def add_structure(vectors: Vectors) -> None:
    """Operators and keys are ANDed, values ORed, or NORed under a negated operator (R70)."""
    tests = {
        "StringEquals": ("aws:PrincipalTag/team", "red", "blue"),
        "NumericLessThan": ("s3:max-keys", "9", "10"),
        "Bool": ("aws:SecureTransport", "true", "false"),
    }
    wanted = {"StringEquals": "red", "NumericLessThan": "10", "Bool": "true"}
    for flags in product((True, False), repeat=3):
        condition: Json = {operator: {tests[operator][0]: wanted[operator]} for operator in tests}
        context = {key: (yes if flag else no) for (key, yes, no), flag in zip(tests.values(), flags, strict=True)}
        held = sum(flags)
        for effect in ("Allow", "Deny"):
            why = f"{held} of 3 operators hold: all must"
            vectors.probe("R70", "operators", why, all(flags), condition, context, effect=effect)
        keys = [f"aws:PrincipalTag/{name}" for name in ("team", "site", "grade")]
        values = dict(zip(keys, ["yes" if flag else "no" for flag in flags], strict=True))
        for effect in ("Allow", "Deny"):
            condition = {"StringEquals": dict.fromkeys(keys, "yes")}
            vectors.probe(
                "R70", "keys", f"{held} of 3 keys hold: all must", all(flags), condition, values, effect=effect
            )
        negated = {"StringNotEquals": dict.fromkeys(keys, "no")}
        why = f"{held} of 3 keys of a negated operator hold: all must"
        vectors.probe("R70", "negated-keys", why, all(flags), negated, values)
    for base, key, bound, equal, other in all_operators():
        fillers = {"Numeric": ["77", "78"], "Date": ["1999-01-01T00:00:00Z", "1999-02-01"]}
        add_value_lists(vectors, base, key, (bound, equal, other), fillers)
    add_bounds(vectors)


def add_value_lists(
    vectors: Vectors, base: str, key: str, values: tuple[str, str, str], fillers: dict[str, list[str]]
) -> None:
    """One matching value anywhere in a list is enough, or too much for a negated operator (R70)."""
    bound, accepted, refused = values
    is_negated = "Not" in base
    if "Than" in base or base in ("Bool", "BinaryEquals"):
        return
    kind = "Numeric" if base.startswith("Numeric") else "Date" if base.startswith("Date") else ""
    others = fillers.get(kind) or (
        ["192.0.2.1", "192.0.2.2"] if "Ip" in base else list(ARNS[1:]) if "Arn" in base else ["x", "y"]
    )
    if "Arn" in base:
        others = [text.replace("sns", "sqs") for text in others]
    for place in range(3):
        listed = [*others[:place], bound, *others[place:]]
        match = refused if is_negated else accepted
        vectors.probe(
            "R70",
            "values",
            f"{base}: the value at place {place + 1} of 3 matches",
            not is_negated,
            {base: {key: listed}},
            {key: match},
        )
    mismatch = accepted if is_negated else refused
    for length in (2, 3):
        why = f"{base}: none of {length} values matches"
        vectors.probe("R70", "values", why, is_negated, {base: {key: [bound, *others][:length]}}, {key: mismatch})


def add_bounds(vectors: Vectors) -> None:
    """Several bounds under one operator are alternatives, and two operators make an interval (R70)."""
    order: dict[str, Callable[[int, int], bool]] = {
        "LessThan": lambda a, b: a < b,
        "LessThanEquals": lambda a, b: a <= b,
        "GreaterThan": lambda a, b: a > b,
        "GreaterThanEquals": lambda a, b: a >= b,
    }
    for name, is_in_order in order.items():
        for value in (9, 10, 11, 19, 20, 21):
            holds = is_in_order(value, 10) or is_in_order(value, 20)
            condition: Json = {f"Numeric{name}": {"s3:max-keys": ["10", "20"]}}
            why = f"Numeric{name} [10, 20] of {value}: the loosest bound wins"
            vectors.probe("R70", "bounds", why, holds, condition, {"s3:max-keys": str(value)})
    for low, high in product(("GreaterThan", "GreaterThanEquals"), ("LessThan", "LessThanEquals")):
        for value in (9, 10, 11, 19, 20, 21):
            holds = order[low](value, 10) and order[high](value, 20)
            condition = {f"Numeric{low}": {"s3:max-keys": "10"}, f"Numeric{high}": {"s3:max-keys": "20"}}
            why = f"Numeric{low} 10 and Numeric{high} 20 of {value}"
            vectors.probe("R70", "interval", why, holds, condition, {"s3:max-keys": str(value)})


# --- R71, R72, R76 to R78: one value, or none -------------------------------------------------------------------------


def add_presence(vectors: Vectors) -> None:
    """Every operator, plain, with the suffix and with each qualifier, on a key that is absent or has one value."""
    for base, key, bound, accepted, refused in all_operators():
        is_negated = "Not" in base
        for qualifier, suffix in product((None, *SET_OPERATORS), ("", "IfExists")):
            operator = f"{qualifier}:{base}{suffix}" if qualifier else base + suffix
            condition: Json = {operator: {key: bound}}
            uncertain = None
            if suffix and qualifier == "ForAnyValue":
                rule, absent, uncertain = "R77", False, SUFFIXED_ANY
            elif suffix:
                rule, absent = "R72", True
            elif qualifier:
                rule, absent = ("R76", True) if qualifier == "ForAllValues" else ("R77", False)
            else:
                rule, absent = "R71", is_negated
            for effect in ("Allow", "Deny") if not (suffix and qualifier) else (None,):
                vectors.probe(
                    rule,
                    f"absent-{base.lower()}",
                    f"{operator} on an absent key is {absent}".lower(),
                    absent,
                    condition,
                    {},
                    effect=effect,
                    uncertain=uncertain,
                )
            present = "R78" if qualifier else "R72" if suffix else rule_of(base)
            for value, holds in ((accepted, True), (refused, False)):
                does = "satisfies" if holds else "does not satisfy"
                why = f"{operator}: the present value {does} {base}"
                for effect in ("Allow", "Deny") if not qualifier and not suffix else (None,):
                    vectors.probe(
                        present, f"present-{base.lower()}", why, holds, condition, {key: value}, effect=effect
                    )


# --- R73 --------------------------------------------------------------------------------------------------------------


def add_null(vectors: Vectors) -> None:
    """Null asks for absence or presence (R73)."""
    cases: list[tuple[str, dict[str, Any], bool, str | None]] = [
        ("absent", {}, True, None),
        ("another key alone is present", {"aws:PrincipalTag/site": "x"}, True, None),
        ("present", {"aws:PrincipalTag/team": "red"}, False, None),
        ("present in another case", {"AWS:principaltag/TEAM": "red"}, False, None),
        ("multivalued", {"aws:PrincipalTag/team": ["red", "blue"]}, False, None),
        ("a blank", {"aws:PrincipalTag/team": " "}, False, None),
        ("the text null", {"aws:PrincipalTag/team": "null"}, False, None),
        ("the text false", {"aws:PrincipalTag/team": "false"}, False, None),
        (
            "an empty text",
            {"aws:PrincipalTag/team": ""},
            True,
            "whether an empty text counts as null is told by an old page only",
        ),
        (
            "an empty list",
            {"aws:PrincipalTag/team": []},
            True,
            "whether an empty list counts as null is told by an old page only",
        ),
    ]
    for said, context, is_absent, uncertain in cases:
        for wanted in ("true", "false", True, False, ["true"], ["false"], ["true", "false"]):
            names = [str(item).lower() for item in (wanted if isinstance(wanted, list) else [wanted])]
            holds = ("true" if is_absent else "false") in names
            both = len(names) == 2
            why = f"Null {' or '.join(names)}: the key is {said}"
            for effect in ("Allow", "Deny") if isinstance(wanted, str) else (None,):
                condition: Json = {"Null": {"aws:PrincipalTag/team": wanted}}
                vectors.probe(
                    "R73", "null", why, holds, condition, context, effect=effect, uncertain=None if both else uncertain
                )
    for qualifier, wanted, context in product(SET_OPERATORS, ("true", "false"), ({}, {"aws:TagKeys": ["a", "b"]})):
        why = f"{qualifier}:Null is always {str(qualifier == 'ForAllValues').lower()}"
        condition = {f"{qualifier}:Null": {"aws:TagKeys": wanted}}
        vectors.probe("R73", "qualified", why, qualifier == "ForAllValues", condition, context, uncertain=NULL_SET)
    # The pairs that the manual recommends.
    for tags, holds in ((None, False), ([], False), (["cost"], True), (["cost", "site"], True), (["cost", "x"], False)):
        condition = {"ForAllValues:StringEquals": {"aws:TagKeys": ["cost", "site"]}, "Null": {"aws:TagKeys": "false"}}
        context = {} if tags is None else {"aws:TagKeys": tags}
        uncertain = "whether an empty list counts as null is told by an old page only" if tags == [] else None
        for effect in ("Allow", "Deny"):
            why = "ForAllValues beside Null false asks for presence too"
            vectors.probe("R73", "paired", why, holds, condition, context, effect=effect, uncertain=uncertain)


# --- R74 --------------------------------------------------------------------------------------------------------------


def add_key_names(vectors: Vectors) -> None:
    """Names of keys compare without case on both sides, tag keys included; values as the operator says (R74)."""
    keys = (
        "aws:ResourceTag/Team",
        "aws:PrincipalOrgID",
        "s3:Prefix",
        "aws:RequestTag/Cost-Center",
        "kms:EncryptionContext:App",
    )
    for key in keys:
        spellings = (key, key.lower(), key.upper(), key.swapcase())
        for in_policy, in_request in product(spellings, spellings):
            why = f"the policy says {in_policy}, the request {in_request}"
            vectors.probe("R74", "case", why, True, {"StringEquals": {in_policy: "x"}}, {in_request: "x"})
        for other in (key + "s", key[:-1], "x" + key, key + " "):
            why = f"the request has {other!r} only, which is another key than {key}"
            vectors.probe("R74", "other-key", why, False, {"StringEquals": {key: "x"}}, {other: "x"})
            vectors.probe("R74", "other-key", why, True, {"StringNotEquals": {key: "x"}}, {other: "x"})
    for wanted, given in product(("Team", "team", "TEAM"), repeat=2):
        condition: Json = {"ForAnyValue:StringEquals": {"aws:TagKeys": wanted}}
        why = f"a tag key is a value under aws:TagKeys: {wanted} against {given}"
        vectors.probe("R74", "tag-keys", why, wanted == given, condition, {"aws:TagKeys": [given]})
        paired = {
            "StringEquals": {f"aws:RequestTag/{wanted}": "x"},
            "ForAllValues:StringEquals": {"aws:TagKeys": wanted},
        }
        why = f"aws:RequestTag/{wanted} with aws:TagKeys pins the case: the request tags {given}"
        context = {f"aws:RequestTag/{given}": "x", "aws:TagKeys": [given]}
        vectors.probe("R74", "pinned", why, wanted == given, paired, context)


# --- R75 to R80 -------------------------------------------------------------------------------------------------------


def add_unqualified_sets(vectors: Vectors) -> None:
    """A multivalued key without a qualifier satisfies no operator, negated or not (R75)."""
    for base, key, bound, accepted, refused in all_operators():
        for suffix, values in (("", [accepted]), ("", [accepted, refused]), ("IfExists", [refused])):
            said = "and ".join(
                ["a value that would match "] * (accepted in values) + ["one that would not "] * (refused in values)
            )
            why = f"{base}{suffix} without a qualifier on a multivalued key with {said.strip()}"
            vectors.probe(
                "R75",
                f"unqualified-{base.lower()}",
                why,
                False,
                {base + suffix: {key: bound}},
                {key: values},
                uncertain=UNQUALIFIED,
            )


def add_sets(vectors: Vectors) -> None:
    """Set operators: sets of request values against lists of policy values (R76, R77)."""
    subsets = [[i for i in range(3) if mask >> i & 1] for mask in range(8)]
    for family in FAMILIES:
        for wanted in ([0], [0, 1], [0, 1, 2]) if family.base == "StringEquals" else ([0, 1],):
            for given in [None, *subsets]:
                members = given or []
                context = {} if given is None else {family.key: [family.written[i] for i in members]}
                said = (
                    "absent"
                    if given is None
                    else f"{len(members)} values, {len(set(members) & set(wanted))} of them listed"
                )
                for qualifier, is_negated in product(SET_OPERATORS, (False, True)):
                    if is_negated and family.base not in NEGATED:
                        continue
                    base = NEGATED[family.base] if is_negated else family.base
                    results = [(i in wanted) != is_negated for i in members]
                    holds = all(results) if qualifier == "ForAllValues" else any(results)
                    condition: Json = {f"{qualifier}:{base}": {family.key: [family.values[i] for i in wanted]}}
                    why = f"{qualifier}:{base} of {len(wanted)} values; the key: {said}"
                    rule = "R76" if qualifier == "ForAllValues" else "R77"
                    vectors.probe(rule, base.lower(), why, holds, condition, context)
    for operator, key, bound, accepted, refused in ORDERED:
        for qualifier, values in product(
            SET_OPERATORS, ([accepted], [refused], [accepted, refused], [refused, accepted])
        ):
            results = [value == accepted for value in values]
            holds = all(results) if qualifier == "ForAllValues" else any(results)
            why = f"{qualifier}:{operator}: {sum(results)} of {len(results)} values are in order"
            rule = "R76" if qualifier == "ForAllValues" else "R77"
            vectors.probe(rule, operator.lower(), why, holds, {f"{qualifier}:{operator}": {key: bound}}, {key: values})


def add_empty_lists(vectors: Vectors) -> None:
    """Operators with an empty list of policy values (R79)."""
    for base, key, _bound, accepted, _refused in all_operators():
        for form in ("", "IfExists", *SET_OPERATORS):
            operator = base + form if form in ("", "IfExists") else f"{form}:{base}"
            condition: Json = {operator: {key: []}}
            is_negated = "Not" in base
            absent = {"": is_negated, "IfExists": True, "ForAllValues": True, "ForAnyValue": False}[form]
            uncertain = EMPTY_LIST if form == "" else None
            topic = f"empty-{base.lower()}"
            why = f"{operator} [] on"
            vectors.probe("R79", topic, f"{why} an absent key", absent, condition, {}, uncertain=uncertain)
            present = is_negated if form == "" else False
            value: Any = [accepted] if form in SET_OPERATORS else accepted
            vectors.probe("R79", topic, f"{why} a present key", present, condition, {key: value}, uncertain=uncertain)


def add_empty_texts(vectors: Vectors) -> None:
    """An empty text alone counts as an empty set under a qualifier; in a list it is a value (R80)."""
    for qualifier, is_negated, wanted in product(SET_OPERATORS, (False, True), ("", "red")):
        operator = f"{qualifier}:String{'Not' * is_negated}Equals"
        condition: Json = {operator: {"orchard:Colours": [wanted]}}
        is_all = qualifier == "ForAllValues"
        vectors.probe(
            "R80",
            "text",
            f"{operator} {wanted!r} on an empty text",
            is_all,
            condition,
            {"orchard:Colours": ""},
            uncertain=EMPTY_TEXT,
        )
        for values in ([""], ["", "red"], ["red"]):
            results = [(value == wanted) != is_negated for value in values]
            vectors.probe(
                "R80",
                "list",
                f"{operator} {wanted!r} on the values {values}",
                all(results) if is_all else any(results),
                condition,
                {"orchard:Colours": values},
                uncertain=EMPTY_TEXT if "" in values else None,
            )
    for base in ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike"):
        for wanted, value in product(("", "x"), repeat=2):
            holds = (wanted == value) != ("Not" in base)
            why = f"{base} {wanted!r} on {value!r}: without a qualifier an empty text is a text"
            vectors.probe("R80", "plain", why, holds, {base: {"orchard:Colour": wanted}}, {"orchard:Colour": value})


def add_null_of_sets(vectors: Vectors) -> None:
    """A qualified Null is constant for one value, an empty text and an empty list, too (R73)."""
    for qualifier, wanted, value in product(SET_OPERATORS, ("true", "false"), ("a", ["a"], "", [], "10.0.0.1")):
        holds = qualifier == "ForAllValues"
        why = f"{qualifier}:Null is always {str(holds).lower()}, also of {value!r}"
        condition = {f"{qualifier}:Null": {"aws:TagKeys": wanted}}
        vectors.probe("R73", "qualified-one", why, holds, condition, {"aws:TagKeys": value}, uncertain=NULL_SET)
