"""Bring statements into canonical form: a statement is a tuple of tests, each of one field against one list of values.

What the table cannot evaluate is refused here with an error that says so; nothing is left out in silence.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, cast

from ..runtime.layout import CallerTest, Kind, Truth, View
from .action_sets import WITHOUT_RESOURCE_PART
from .automaton import FieldWildcard, Symbols
from .errors import Finding, Path, Severity
from .numbering import Place, TestNumbers
from .patterns import complete_arn, parse_action, parse_resource, parse_value, split_arn
from .syntax import (
    Condition,
    Effect,
    Operator,
    Pattern,
    Policy,
    PolicyKind,
    Principals,
    Quantifier,
    Statement,
    Variable,
    Wildcard,
)
from .values import Network, Number, parse_binary, parse_boolean, parse_instant, parse_network, parse_number

ACTION = "action"
RESOURCE = "resource"
SETS = "sets of actions"
CALLER = "caller"
"""Names of the fields that are no context keys; a key has a colon in its name."""
EVERYONE = "*"
"""The entry of a principal part that names everyone (R53)."""

SUPPORT_DIAGNOSTICS: dict[str, tuple[str, str | None, str]] = {
    "GW903": ("pattern that is too long", None, "arn:aws:s3:::*, and 65,536 characters more"),
    "GW904": ("more conditions than a table holds", None, "a statement with 65,000 conditions"),
}
"""Codes of this module: title, issue code of IAM Access Analyzer or None, the smallest text that shows it."""
SUPPORT_HINT = "take it out of the store: nothing is ignored in silence"

WITHOUT_PRINCIPAL = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP})
"""Kinds of policy that mean whomever they are attached to (R31, R34); all others have principal parts."""
TEST_LIMIT = 65_000
"""Most tests of a statement, and most fields asked for: both are counted in 16 bits in the table."""
PATTERN_LIMIT = 1 << 16
"""Most characters of a pattern that is no fixed text: whole policies are shorter, and each costs memory."""
# Actions kept in folded form; no longer texts: the cache must stay small whatever the documents hold.
_CACHED = 1 << 14
_CACHED_LENGTH = 1 << 10


class Bound(NamedTuple):
    """A range of an ordered type: all values in a relation (``<``, ``<=``, ``=``, ``>=``, ``>``) to one value."""

    relation: str
    value: Number | tuple[int, int]


Item = Symbols | Bound | Network
"""What one entry of a list asks for."""


class TemplateVariable(NamedTuple):
    """A policy variable inside a template: ``is_in_field`` in the first five fields of an ARN."""

    key: str
    default: str | None
    is_in_field: bool


Template = tuple[str | Wildcard | FieldWildcard | TemplateVariable, ...]
"""A pattern that depends on the request."""


class Test(NamedTuple):
    """One question about one field.

    ``items`` are sorted and distinct; the test holds when the value matches one of them, or with ``is_negated`` none.
    A list with variables has all its entries in ``templates`` and no items.
    ``states`` packs the truth for a value that is absent, unknown, ill-formed or several, two bits each, low bits first
    (gw_test in table.h); of a test of the field `CALLER` it is a `CallerTest`.  ``text`` says it as the policy does.
    """

    field: str
    kind: Kind
    view: View
    items: tuple[Item, ...]
    is_negated: bool
    states: int
    text: tuple[str, str, tuple[str, ...]]
    templates: tuple[Template, ...] = ()


@dataclass(frozen=True, slots=True)
class CanonicalStatement:
    """A statement as tests, the action's first, the caller's second, where there is one.

    ``policy_index`` and ``index`` tell where it comes from.
    """

    is_deny: bool
    tests: tuple[Test, ...]
    policy_index: int
    index: int
    sid: str | None
    path: Path

    @property
    def has_caller_test(self) -> bool:
        """Tell whether the second test is about the caller."""
        return len(self.tests) > 1 and self.tests[1].field == CALLER


class _NormalPolicy(NamedTuple):
    """One policy in canonical form: ``asked`` are the fields that it asks for, with the ways to read them."""

    key: tuple[int, str, PolicyKind, bool]
    said: tuple[Statement, ...]  # so that its id, the first of the key, stays its own
    number: int
    statements: list[CanonicalStatement]
    findings: list[Finding]
    asked: frozenset[tuple[str, Kind, View]]
    most_tests: int  # of a statement


class KnownPolicies:
    """What is known of policies from one normalization to the next, by what they say: the ids of their statements."""

    def __init__(self) -> None:
        self.policies: list[_NormalPolicy] = []

    def find(self, policies: Sequence[Policy], gateways: Collection[int]) -> list[_NormalPolicy | None]:
        """Return the canonical form of each policy as far as it is known; its number may be another one."""
        before = self.policies
        found: list[_NormalPolicy | None] = [None] * len(policies)
        others: dict[tuple[int, str, PolicyKind, bool], _NormalPolicy] | None = None
        for number, policy in enumerate(policies):
            key = id(policy.statements), policy.version, policy.document.kind, number in gateways
            known: _NormalPolicy | None = before[number] if number < len(before) else None
            if known is None or known.key != key:
                if others is None:
                    others = {normal.key: normal for normal in before}
                known = others.get(key)
            # What is found fault with is told with its place in the source, which may be another one.
            if known is not None and not known.findings:
                found[number] = known
        return found


class Interned:
    """Tests and lists of items, of each one object: equal ones are told by their ids, and not read again.

    Attributes
    ----------
    numbers : TestNumbers
        Numbers of those that have been lowered.
    """

    def __init__(self) -> None:
        self._objects: dict[Any, Any] = {}
        self.numbers: TestNumbers = TestNumbers()

    def __len__(self) -> int:
        return len(self._objects)

    def items(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """Return the one object for a list of items."""
        return cast("tuple[Item, ...]", self._objects.setdefault((False, items), items))

    def tests(self, tests: tuple[Test, ...]) -> tuple[Test, ...]:
        """Return the one object for a run of tests, whose lists of items are interned too."""
        known = self._objects.get((True, tests))
        if known is None:
            known = tuple(test._replace(items=self.items(test.items)) for test in tests)
            self._objects[True, known] = known
        return cast("tuple[Test, ...]", known)


def normalize_policies(
    policies: Sequence[Policy],
    gateways: Collection[int] = (),
    *,
    known: KnownPolicies | None = None,
    interned: Interned | None = None,
) -> tuple[list[CanonicalStatement], list[Finding]]:
    """Bring every statement into canonical form.

    Parameters
    ----------
    gateways : collection of int
        The policies that are of gateway endpoints, whose principal parts know but two kinds of entries (R38).
    known : KnownPolicies, optional
        What is known from before, and is replaced by what was made or used now.
    interned : Interned, optional
        Holds the tests of all statements, those known from before too.

    Returns
    -------
    list of CanonicalStatement
        In the order of the policies and of their statements: the numbering of the table.  Empty where they ask for
        more than a table holds.
    list of Finding
        Errors for whatever the table cannot evaluate.
    """
    interned = Interned() if interned is None else interned
    known = KnownPolicies() if known is None else known
    found = known.find(policies, gateways)
    known.policies = []
    for policy_index, (policy, normal) in enumerate(zip(policies, found, strict=True)):
        if normal is None:
            normal = _normalize_policy(policy, policy_index, policy_index in gateways, interned)
        elif normal.number != policy_index:
            normal = _renumber_policy(normal, policy_index)
        known.policies.append(normal)
    findings: list[Finding] = []
    asked = set[Place]().union(*(normal.asked for normal in known.policies))
    if len(asked) <= TEST_LIMIT and all(normal.most_tests <= TEST_LIMIT for normal in known.policies):
        findings.extend(chain.from_iterable([normal.findings for normal in known.policies]))
        return list(chain.from_iterable([normal.statements for normal in known.policies])), findings
    asked.clear()
    for policy, normal in zip(policies, known.policies, strict=True):
        findings += normal.findings
        excess = _find_excess(normal, asked)
        if excess is not None:
            message = f"more than {TEST_LIMIT:,} conditions in one statement, or on different keys in all"
            findings.append(_refuse(policy, "GW904", excess.path, message))
            break
    return [], findings


def _normalize_policy(policy: Policy, policy_index: int, is_gateway: bool, interned: Interned) -> _NormalPolicy:
    statements = []
    findings: list[Finding] = []
    asked: set[tuple[str, Kind, View]] = set()
    for index, statement in enumerate(policy.statements):
        findings += _find_long_patterns(policy, statement)
        is_deny = statement.effect is Effect.DENY
        tests = interned.tests(tuple(_tests(policy, statement, is_gateway)))
        asked.update((test.field, test.kind, test.view) for test in tests)
        statements.append(CanonicalStatement(is_deny, tests, policy_index, index, statement.sid, statement.path))
    most_tests = max((len(statement.tests) for statement in statements), default=0)
    key = id(policy.statements), policy.version, policy.document.kind, is_gateway
    return _NormalPolicy(key, policy.statements, policy_index, statements, findings, frozenset(asked), most_tests)


def _renumber_policy(normal: _NormalPolicy, policy_index: int) -> _NormalPolicy:
    """Return the canonical form of a policy that stands elsewhere now."""
    statements = [
        CanonicalStatement(s.is_deny, s.tests, policy_index, s.index, s.sid, s.path) for s in normal.statements
    ]
    return normal._replace(number=policy_index, statements=statements)


def _find_excess(normal: _NormalPolicy, asked: set[tuple[str, Kind, View]]) -> CanonicalStatement | None:
    """Add to what is asked; return the first statement that asks for more than a table holds."""
    for statement in normal.statements:
        asked.update((test.field, test.kind, test.view) for test in statement.tests)
        if len(statement.tests) > TEST_LIMIT or len(asked) > TEST_LIMIT:
            return statement
    return None


def _refuse(policy: Policy, code: str, path: Path, message: str) -> Finding:
    source = policy.document.source
    return Finding(code, Severity.ERROR, message, SUPPORT_HINT, source.name, path, source.locate(path))


def _find_long_patterns(policy: Policy, statement: Statement) -> Iterator[Finding]:
    texts = chain(statement.actions, statement.resources, *(condition.values for condition in statement.conditions))
    if max(map(len, texts), default=0) <= PATTERN_LIMIT:
        return
    variables = policy.version == "2012-10-17"  # R101
    action = "NotAction" if statement.is_not_action else "Action"
    resource = "NotResource" if statement.is_not_resource else "Resource"
    lists: list[tuple[Path, Iterable[Pattern]]] = [
        ((*statement.path, action), map(parse_action, statement.actions)),
        ((*statement.path, resource), (parse_resource(text, variables=variables) for text in statement.resources)),
        *((condition.path, _value_patterns(condition, variables)) for condition in statement.conditions),
    ]
    for path, patterns in lists:
        for pattern in patterns:
            if len(pattern.text) > PATTERN_LIMIT and not pattern.is_literal:
                message = f"the pattern has {len(pattern.text):,} characters; {PATTERN_LIMIT:,} are evaluated"
                yield _refuse(policy, "GW903", path, message)


def _tests(policy: Policy, statement: Statement, is_gateway: bool) -> Iterator[Test]:
    variables = policy.version == "2012-10-17"  # R101
    kind = policy.document.kind
    yield _action_test(statement)
    if kind not in WITHOUT_PRINCIPAL:
        yield _caller_test(statement, is_gateway)
    test: Test | None = None
    if kind is PolicyKind.RESOURCE and _lacks_resource(policy, statement):
        test = _service_test()
    elif kind is not PolicyKind.TRUST:  # R33: a trust policy's resource is its role
        test = _resource_test(statement, variables)
    if test is not None:
        yield test
    for condition in statement.conditions:
        yield _condition_test(condition, variables)


def _lacks_resource(policy: Policy, statement: Statement) -> bool:
    if statement.resources:
        return False
    value: Any = policy.document.source.value
    for step in statement.path:
        value = value[step]
    return isinstance(value, Mapping) and "Resource" not in value and "NotResource" not in value


def _service_test() -> Test:
    """Ask for the services whose resource policies have no resource part (R32); of others it matches nothing (R30)."""
    states = _states(Truth.FALSE, Truth.UNSURE, Truth.FALSE, Truth.FALSE)
    items = _distinct(WITHOUT_RESOURCE_PART)
    return Test(ACTION, Kind.ASCII_FOLD, View.ONE, items, False, states, ("Resource", "", ()))


def entry_text(kind: str, text: str) -> str:
    """Return an entry of a principal part as one text; AWS's own entries, the most common ones, stay as they are."""
    return text if kind == "AWS" else f"{kind} {text}"


def _caller_test(statement: Statement, is_gateway: bool) -> Test:
    """Ask who calls; a statement without a principal part means nobody (R32)."""
    principals = statement.principals or Principals(False, (), False, statement.path)
    texts = [EVERYONE] if principals.anyone else [entry_text(*entry) for entry in principals.entries]
    items = _distinct([(text,) if text else () for text in texts])
    if not principals.is_negated:
        form = CallerTest.MEANS_GATEWAY if is_gateway else CallerTest.MEANS
    else:
        form = CallerTest.SPARES if statement.effect is Effect.DENY else CallerTest.LEAVES_OUT
    name = "NotPrincipal" if principals.is_negated else "Principal"
    return Test(CALLER, Kind.TEXT, View.ONE, items, False, form, (name, "", tuple(texts)))


def _templates(patterns: Sequence[Pattern], kind: Kind) -> tuple[Template, ...]:
    """Turn a list with variables into templates; () for a list without."""
    if not any(pattern.has_variables for pattern in patterns):
        return ()
    return tuple(dict.fromkeys(template for pattern in patterns for template in _template(pattern, kind)))


def _template(pattern: Pattern, kind: Kind) -> Iterator[Template]:
    fields: tuple[Pattern, ...] = (pattern,)
    if kind is Kind.ARN:
        split = split_arn(pattern)
        if split is None:
            return
        fields = split
    parts: list[str | Wildcard | FieldWildcard | TemplateVariable] = []
    for number, field in enumerate(fields):
        is_in_field = number < len(fields) - 1
        for part in field.parts:
            if isinstance(part, Variable):
                parts.append(TemplateVariable(_fold_ascii(part.key), part.default, is_in_field))
            elif isinstance(part, Wildcard):
                parts.append(FieldWildcard(part.value) if is_in_field else part)
            else:
                parts.append(part)
        if is_in_field:
            parts.append(":")
    yield tuple(parts)


def _states(absent: Truth, unknown: Truth, ill: Truth, several: Truth) -> int:
    return absent | unknown << 2 | ill << 4 | several << 6


def _distinct(items: Sequence[Item]) -> tuple[Item, ...]:
    # Any fixed order serves: equal lists must become equal tuples, whatever the order they were written in (R28).
    return tuple(items) if len(items) < 2 else tuple(sorted(set(items), key=repr))


def _action_test(statement: Statement) -> Test:
    items: list[Item] = []
    for text in statement.actions:
        name = text.partition(":")[2]
        # Odd names match nothing (R43); in a negated list they exclude nothing.
        if text == "*" or (name and " " not in name and "," not in name):
            items.append((_fold_action if len(text) <= _CACHED_LENGTH else _fold_action.__wrapped__)(text))
    name = "NotAction" if statement.is_not_action else "Action"
    # An empty list has no effect in either form (R30): no action matches, and negation would match all.
    negated = statement.is_not_action and bool(statement.actions)
    states = _states(Truth.FALSE, Truth.UNSURE, Truth.FALSE, Truth.FALSE)
    return Test(ACTION, Kind.ASCII_FOLD, View.ONE, _distinct(items), negated, states, (name, "", statement.actions))


@lru_cache(_CACHED)
def _fold_action(text: str) -> Symbols:
    return tuple(_fold(parse_action(text).parts))


def _fold_ascii(text: str) -> str:
    # The kernel folds actions and key names the same way.
    if text.isascii():
        return text.lower()
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def _fold(parts: Sequence[object]) -> Iterator[str | Wildcard]:
    for part in parts:
        if isinstance(part, str):
            yield _fold_ascii(part)
        else:
            assert isinstance(part, Wildcard)
            yield part


def _resource_test(statement: Statement, variables: bool) -> Test | None:
    patterns = [complete_arn(parse_resource(text, variables=variables)) for text in statement.resources]
    templates = _templates(patterns, Kind.TEXT)
    has_star = any(pattern.parts == (Wildcard.ANY,) for pattern in patterns)
    if has_star and not statement.is_not_resource:
        return None
    negated = statement.is_not_resource and bool(patterns)
    # An empty list has no effect in either form (R30); NotResource with `*` covers nothing (R49).
    unknown = Truth.FALSE if has_star or not patterns else Truth.UNSURE
    name = "NotResource" if statement.is_not_resource else "Resource"
    states = _states(Truth.FALSE, unknown, Truth.FALSE, Truth.FALSE)
    items = () if templates else _distinct([_symbols(pattern) for pattern in patterns])
    return Test(RESOURCE, Kind.TEXT, View.ONE, items, negated, states, (name, "", statement.resources), templates)


# ---- conditions ----

_RELATIONS = {"Equals": "=", "NotEquals": "=", "LessThan": "<", "LessThanEquals": "<=", "GreaterThan": ">",
              "GreaterThanEquals": ">="}  # fmt: skip
_NEGATED = {"StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "NumericNotEquals", "DateNotEquals",
            "NotIpAddress", "ArnNotEquals", "ArnNotLike"}  # fmt: skip
_TEXT_KINDS = {"StringEquals": (Kind.TEXT, False), "StringNotEquals": (Kind.TEXT, False),
               "StringEqualsIgnoreCase": (Kind.FOLD, False), "StringNotEqualsIgnoreCase": (Kind.FOLD, False),
               "StringLike": (Kind.TEXT, True), "StringNotLike": (Kind.TEXT, True), "ArnEquals": (Kind.ARN, True),
               "ArnLike": (Kind.ARN, True), "ArnNotEquals": (Kind.ARN, True),
               "ArnNotLike": (Kind.ARN, True)}  # fmt: skip


def _value_patterns(condition: Condition, variables: bool) -> list[Pattern]:
    if condition.operator.base not in _TEXT_KINDS:
        return []
    wildcards = _TEXT_KINDS[condition.operator.base][1]
    return [parse_value(value, wildcards=wildcards, variables=variables) for value in condition.values]


def _condition_test(condition: Condition, variables: bool) -> Test:
    operator = condition.operator
    key = _fold_ascii(condition.key)
    text = (str(operator), condition.key, condition.values)
    if operator.base == "Null":
        return _null_test(condition, key, text)
    is_negated = operator.base in _NEGATED
    states = _condition_states(operator, is_negated, bool(condition.values))
    readable = _readable_values(condition)
    is_whole = len(readable) == len(condition.values)
    kind, items, flips = _items(condition if is_whole else replace(condition, values=readable), variables)
    templates = _templates(_value_patterns(condition, variables), kind)
    if not condition.values and (operator.quantifier is not None or operator.if_exists):
        is_negated = False  # no value of the key satisfies an empty list, negated or not (R79)
    if is_negated and not is_whole:
        is_negated, items = False, []  # an ill-formed value satisfies neither the operator nor its negation (R90)
    if flips:
        is_negated = not is_negated
    view = _view(operator.quantifier, is_negated)
    return Test(key, kind, view, () if templates else _distinct(items), is_negated, states, text, templates)


def _view(quantifier: Quantifier | None, is_negated: bool) -> View:
    """Choose what several values become; a negated test asks for the opposite of the opposite."""
    if quantifier is None:
        return View.ONE
    if quantifier is Quantifier.ANY:
        return View.EACH_OR_ILL if is_negated else View.SOME
    return View.SOME_OR_ILL if is_negated else View.EACH


def _condition_states(operator: Operator, is_negated: bool, has_values: bool) -> int:
    """Give the truth of a condition on a key that has no single readable value (R71-R80, R90, R191)."""
    if operator.quantifier is None:
        absent = Truth.TRUE if operator.if_exists or is_negated else Truth.FALSE
    else:  # ForAnyValue asks for a value, with IfExists too
        absent = Truth.TRUE if operator.quantifier is Quantifier.ALL else Truth.FALSE
    # Neither a value nor its absence can make an empty list hold.
    is_hopeless = not has_values and absent is Truth.FALSE
    unknown = Truth.FALSE if is_hopeless else Truth.UNSURE
    # Several values under a plain operator never hold (R75); an empty text under a qualifier is no value (R80).
    several = Truth.FALSE if operator.quantifier is None else absent
    return _states(absent, unknown, Truth.FALSE, several)


def _null_test(condition: Condition, key: str, text: tuple[str, str, tuple[str, ...]]) -> Test:
    wanted = {parse_boolean(value) for value in condition.values}
    if condition.operator.quantifier is not None:
        # ForAllValues:Null always holds, ForAnyValue:Null never (R73).
        wanted = {True, False} if condition.operator.quantifier is Quantifier.ALL else set()
    if len(wanted) != 1:
        constant = Truth.TRUE if wanted else Truth.FALSE
        items: tuple[Item, ...] = ((Wildcard.ANY,),) if wanted else ()
        return Test(key, Kind.TEXT, View.ONE, items, False, _states(*[constant] * 4), text)
    is_negated = False in wanted  # empty text counts as null
    absent, several = (Truth.FALSE, Truth.TRUE) if is_negated else (Truth.TRUE, Truth.FALSE)
    return Test(key, Kind.TEXT, View.ONE, ((),), is_negated, _states(absent, Truth.UNSURE, Truth.FALSE, several), text)


def _items(condition: Condition, variables: bool) -> tuple[Kind, list[Item], bool]:
    """Read the values: their kind, what they ask for, and whether the test must be turned round."""
    base, values = condition.operator.base, condition.values
    if base in _TEXT_KINDS:
        kind = _TEXT_KINDS[base][0]
        patterns = _value_patterns(condition, variables)
        if kind is Kind.ARN:
            return kind, [symbols for pattern in patterns for symbols in _arn_symbols(pattern)], False
        if kind is Kind.FOLD:
            texts = ("".join(part for part in pattern.parts if isinstance(part, str)) for pattern in patterns)
            return kind, [(folded,) if (folded := fold_text(text)) else () for text in texts], False
        return kind, [_symbols(pattern) for pattern in patterns], False
    if base == "Bool":
        # Whatever is not `true` counts as false (R86).
        wanted = {parse_boolean(value) for value in values}
        if wanted == {False}:
            return Kind.ASCII_FOLD, [("true",)], True
        return Kind.ASCII_FOLD, [(Wildcard.ANY,)] if len(wanted) == 2 else [("true",)] if wanted else [], False
    if base == "BinaryEquals":
        return Kind.BINARY, [_binary_symbols(value) for value in values], False
    if base in ("IpAddress", "NotIpAddress"):
        return Kind.ADDRESS, [parse_network(value) for value in values], False
    if base.startswith("Numeric"):
        relation = _RELATIONS[base.removeprefix("Numeric")]
        return Kind.NUMBER, [Bound(relation, parse_number(value)) for value in values], False
    relation = _RELATIONS[base.removeprefix("Date")]
    return Kind.INSTANT, [Bound(relation, parse_instant(value)) for value in values], False


def _parser(base: str) -> Callable[[str], object] | None:
    if base == "Bool":
        return parse_boolean
    if base == "BinaryEquals":
        return parse_binary
    if base in ("IpAddress", "NotIpAddress"):
        return parse_network
    if base.startswith("Numeric"):
        return parse_number
    return parse_instant if base.startswith("Date") else None


def _readable_values(condition: Condition) -> tuple[str, ...]:
    """Return the values that the operator can read; the check lets others pass only where it is told to."""
    parse = _parser(condition.operator.base)
    if parse is None:
        return condition.values
    with suppress(ValueError):
        for value in condition.values:
            parse(value)
        return condition.values
    readable = []
    for value in condition.values:
        with suppress(ValueError):
            parse(value)
            readable.append(value)
    return tuple(readable)


def _symbols(pattern: Pattern) -> Symbols:
    return tuple(part for part in pattern.parts if not isinstance(part, Variable))


def _arn_symbols(pattern: Pattern) -> Iterator[Symbols]:
    """Keep the wildcards of the first five fields inside them; a pattern of fewer fields matches nothing (R89)."""
    fields = split_arn(pattern)
    if fields is None:
        return
    symbols: list[str | Wildcard | FieldWildcard] = []
    for number, field in enumerate(fields):
        for part in _symbols(field):
            symbols.append(FieldWildcard(part.value) if isinstance(part, Wildcard) and number < 5 else part)
        if number < 5:
            symbols.append(":")
    yield tuple(symbols)


def _binary_symbols(value: str) -> Symbols:
    text = base64.b64encode(parse_binary(value)).decode("ascii")
    return (text,) if text else ()


def fold_text(text: str) -> str:
    """Lower-case code point by code point (R82): one that lower-cases to several stays as it is."""
    return "".join(lower if len(lower := c.lower()) == 1 else c for c in text)
