"""The normalize pass: what it refuses, and that it refuses in the right place."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import gatewright as gw
from gatewright.compiler import normalize
from gatewright.compiler.check import check_document
from gatewright.compiler.errors import Severity
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind


def compile_statement(**members: object) -> gw.Table:
    """Compile one statement, attached to one user."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **members}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    document = Document("p", PolicyKind.IDENTITY, Source(text, "p.json"))
    user = Principal("arn:aws:iam::123456789012:user/Bob", PrincipalKind.USER, (0,))
    return gw.compile(PolicySet((document,), (user,)))


def test_too_many_conditions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement with more conditions than a table can count is refused with its place, not written wrongly."""
    monkeypatch.setattr(normalize, "TEST_LIMIT", 50)
    few = {"StringEquals": {f"aws:RequestTag/{n}": "x" for n in range(48)}}
    many = {"StringEquals": {f"aws:RequestTag/{n}": "x" for n in range(60)}}
    assert compile_statement(Condition=few).statement_count == 1
    with pytest.raises(gw.PolicyError) as refused:
        compile_statement(Condition=many)
    finding = refused.value.findings[-1]
    assert finding.code == "GW904"
    assert finding.path == ("Statement", 0)
    assert finding.span is not None


def test_conditions_on_one_key_count_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement's conditions are counted, on however few keys they are."""
    monkeypatch.setattr(normalize, "TEST_LIMIT", 8)
    operators = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]
    operators += [f"{operator}IfExists" for operator in operators]
    assert compile_statement(Condition={name: {"aws:RequestTag/a": "x"} for name in operators[:7]}).statement_count == 1
    with pytest.raises(gw.PolicyError, match="GW904"):
        compile_statement(Condition={name: {"aws:RequestTag/a": "x"} for name in operators})
    statements = [
        {**allow_if("a"), "Condition": {name: {"aws:RequestTag/a": "x"} for name in operators[:count]}}
        for count in (7, 8, 1)
    ]
    with pytest.raises(gw.PolicyError) as refused:
        compile_documents([allow_if("a")], statements, [allow_if("a")])
    (finding,) = refused.value.findings
    assert (finding.code, finding.source, finding.path) == ("GW904", "p1", ("Statement", 1))


@pytest.mark.parametrize("member", ["Action", "NotAction", "Resource", "NotResource"])
def test_patterns_that_are_too_long_are_refused_where_they_stand(monkeypatch: pytest.MonkeyPatch, member: str) -> None:
    """The finding names the member of the statement, and its place in the text."""
    monkeypatch.setattr(normalize, "PATTERN_LIMIT", 50)
    text = {"Action": "s3:{}*", "Resource": "arn:aws:s3:::{}*"}[member.removeprefix("Not")]
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    del statement[member.removeprefix("Not")]
    longest = 50 - len(text.format(""))
    for count, is_refused in ((longest, False), (longest + 1, True)):
        source = Source(
            json.dumps({"Version": "2012-10-17", "Statement": [statement | {member: text.format("a" * count)}]}), "p"
        )
        user = Principal("arn:aws:iam::123456789012:user/Bob", PrincipalKind.USER, (0,))
        policies = PolicySet((Document("p", PolicyKind.IDENTITY, source),), (user,))
        if not is_refused:
            assert gw.compile(policies).statement_count == 1
            continue
        with pytest.raises(gw.PolicyError) as refused:
            gw.compile(policies)
        finding = refused.value.findings[-1]
        assert (finding.code, finding.path) == ("GW903", ("Statement", 0, member))


def compile_documents(*documents: list[dict[str, object]], version: str = "2012-10-17") -> gw.Table:
    """Compile documents of several statements, attached to nobody."""
    texts = [json.dumps({"Version": version, "Statement": statements}) for statements in documents]
    return gw.compile(
        PolicySet(tuple(Document(f"p{n}", PolicyKind.IDENTITY, Source(t, f"p{n}")) for n, t in enumerate(texts)), ())
    )


def allow_if(*keys: str) -> dict[str, object]:
    """Return a statement with a condition on each key; it asks for the action, too."""
    conditions = {"StringEquals": {f"aws:RequestTag/{key}": "x" for key in keys}}
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": conditions}


def test_keys_of_all_documents_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields that documents share count once; the statement with the first one beyond the limit is named."""
    monkeypatch.setattr(normalize, "TEST_LIMIT", 10)
    first = [allow_if(*"abcdef"), allow_if(*"fed")]
    assert compile_documents(first, [allow_if(*"efghi"), allow_if(*"ihg")], [allow_if("a")]).statement_count == 5
    with pytest.raises(gw.PolicyError) as refused:
        compile_documents(first, [allow_if(*"efghi"), allow_if("j"), allow_if("k")], [allow_if("l")])
    (finding,) = refused.value.findings
    assert (finding.code, finding.source, finding.path) == ("GW904", "p1", ("Statement", 1))


def find_long_patterns(statement: dict[str, object], version: str = "2012-10-17") -> list[tuple[object, ...]]:
    """Return the paths at which patterns are too long."""
    whole = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **statement}
    try:
        compile_documents([whole], version=version)
    except gw.PolicyError as error:
        assert {finding.code for finding in error.findings if finding.severity is Severity.ERROR} == {"GW903"}
        return [finding.path for finding in error.findings if finding.severity is Severity.ERROR]
    return []


def test_long_texts_without_wildcards_are_no_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed text may be of any length, and so may be what an operator takes for no pattern."""
    monkeypatch.setattr(normalize, "PATTERN_LIMIT", 50)
    long = "a" * 60
    longest = f"arn:aws:s3:::{'b' * 36}*"
    assert len(longest) == 50
    assert find_long_patterns({"Resource": [longest, f"arn:aws:s3:::{long}"]}) == []
    assert find_long_patterns({"Condition": {"StringEquals": {"aws:username": f"{long}*"}}}) == []
    assert find_long_patterns({"Condition": {"StringLike": {"aws:username": long}}}) == []
    numbers = {"NumericEquals": {"aws:MultiFactorAuthAge": "1" * 60}, "StringLike": {"aws:username": "a*"}}
    assert find_long_patterns({"Condition": numbers}) == []


def test_long_patterns_of_conditions_are_refused_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding names the condition, whichever of its values is too long; variables make patterns (R101)."""
    monkeypatch.setattr(normalize, "PATTERN_LIMIT", 50)
    long = "a" * 60
    place = ("Statement", 0, "Condition", "StringLike", "aws:username")
    for values in (f"{long}*", ["b", f"?{long}"], ["b*", f"{long}${{aws:userid}}"]):
        assert find_long_patterns({"Condition": {"StringLike": {"aws:username": values}}}) == [place]
    variable = {"Condition": {"StringEquals": {"aws:username": f"{long}${{aws:userid}}"}}}
    assert find_long_patterns(variable) == [(*place[:3], "StringEquals", "aws:username")]
    assert find_long_patterns(variable, version="2008-10-17") == []
    resource = {"Resource": f"arn:aws:s3:::{long}${{aws:userid}}"}
    assert find_long_patterns(resource) == [("Statement", 0, "Resource")]
    assert find_long_patterns(resource, version="2008-10-17") == []
    both = {"Resource": [f"arn:aws:s3:::{long}*", "arn:aws:s3:::b"], "Action": [f"s3:{long}*", "s3:Get"]}
    assert find_long_patterns(both) == [("Statement", 0, "Action"), ("Statement", 0, "Resource")]


def test_what_is_refused_says_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message tells the length and the limit, the hint what to do."""
    monkeypatch.setattr(normalize, "PATTERN_LIMIT", 50)
    with pytest.raises(gw.PolicyError) as refused:
        compile_statement(Action=f"s3:{'a' * 60}*")
    finding = refused.value.findings[-1]
    assert finding.message == "the pattern has 64 characters; 50 are evaluated"
    assert finding.hint == "take it out of the store: nothing is ignored in silence"


def test_faults_are_told_of_the_document_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found fault with in a policy that is known is told of the document that says it now."""
    monkeypatch.setattr(normalize, "PATTERN_LIMIT", 50)
    text = json.dumps({"Statement": {"Effect": "Allow", "Action": f"s3:{'a' * 60}*", "Resource": "*"}})
    policy, _ = check_document(Document("first", PolicyKind.IDENTITY, Source(text, "first.json")))
    assert policy is not None
    known = normalize.KnownPolicies()
    for name in ("first", "second"):
        document = Document(name, PolicyKind.IDENTITY, Source(text, f"{name}.json"))
        _, findings = normalize.normalize_policies([replace(policy, document=document)], known=known)
        assert [(finding.code, finding.source) for finding in findings] == [("GW903", f"{name}.json")]


def test_patterns_and_conditions_are_refused_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many conditions hide no pattern that is too long in a document before."""
    monkeypatch.setattr(normalize, "PATTERN_LIMIT", 50)
    monkeypatch.setattr(normalize, "TEST_LIMIT", 10)
    with pytest.raises(gw.PolicyError) as refused:
        compile_documents([{**allow_if("a"), "Action": f"s3:{'a' * 60}*"}], [allow_if(*"abcdefghij")])
    assert [(finding.code, finding.source) for finding in refused.value.findings] == [("GW903", "p0"), ("GW904", "p1")]


TEXTS = [
    (PolicyKind.IDENTITY, {"Action": "s3:Get*", "Resource": "*"}, [("Action", "", ("s3:Get*",))]),
    (
        PolicyKind.IDENTITY,
        {"NotAction": ["s3:Put", "S3:Get*"], "NotResource": ["arn:aws:s3:::b", "*"]},
        [("NotAction", "", ("s3:Put", "S3:Get*")), ("NotResource", "", ("arn:aws:s3:::b", "*"))],
    ),
    (
        PolicyKind.RESOURCE,
        {
            "Principal": {"AWS": "111122223333", "Service": "sns.amazonaws.com"},
            "Action": "s3:Get",
            "Resource": "arn:aws:s3:::b",
        },
        [
            ("Action", "", ("s3:Get",)),
            ("Principal", "", ("111122223333", "Service sns.amazonaws.com")),
            ("Resource", "", ("arn:aws:s3:::b",)),
        ],
    ),
    (
        PolicyKind.RESOURCE,
        {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "ecr:*"},
        [("Action", "", ("ecr:*",)), ("NotPrincipal", "", ("111122223333",)), ("Resource", "", ())],
    ),
    (
        PolicyKind.TRUST,
        {"Principal": "*", "Action": "sts:AssumeRole"},
        [("Action", "", ("sts:AssumeRole",)), ("Principal", "", ("*",))],
    ),
    (
        PolicyKind.IDENTITY,
        {
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["b", "a*"]},
                "Null": {"aws:UserId": "true"},
                "ForAllValues:Null": {"aws:TagKeys": "true"},
            },
        },
        [
            ("Action", "", ("*",)),
            ("ForAnyValue:StringLikeIfExists", "aws:TagKeys", ("b", "a*")),
            ("Null", "aws:UserId", ("true",)),
            ("ForAllValues:Null", "aws:TagKeys", ("true",)),
        ],
    ),
]


@pytest.mark.parametrize(("kind", "statement", "texts"), TEXTS)
def test_tests_say_what_the_policy_says(
    kind: PolicyKind, statement: dict[str, object], texts: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    """The words of each part go with it into the table, as they were written, for explanations and listings."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
    policy, findings = check_document(Document("p", kind, Source(text, "p")))
    assert policy is not None, findings
    ((canonical,), _) = normalize.normalize_policies([policy])
    assert [test.text for test in canonical.tests] == texts
    assert canonical.has_caller_test is (kind is not PolicyKind.IDENTITY)


UNKNOWN_RESOURCES: list[tuple[str, str | list[str], gw.Decision]] = [
    ("Resource", "*", gw.Decision.ALLOW),
    ("Resource", ["arn:aws:s3:::b/*", "*"], gw.Decision.ALLOW),
    ("Resource", ["arn:aws:s3:::b/*"], gw.Decision.UNKNOWN),
    ("Resource", ["arn:aws:s3:::${aws:username}/*"], gw.Decision.UNKNOWN),
    ("Resource", [], gw.Decision.IMPLICIT_DENY),
    ("NotResource", ["arn:aws:s3:::b/*"], gw.Decision.UNKNOWN),
    ("NotResource", "*", gw.Decision.IMPLICIT_DENY),
    ("NotResource", ["arn:aws:s3:::b/*", "*"], gw.Decision.IMPLICIT_DENY),
    ("NotResource", [], gw.Decision.IMPLICIT_DENY),
]


@pytest.mark.parametrize(("part", "texts", "decision"), UNKNOWN_RESOURCES)
def test_an_unknown_resource_leaves_open_what_depends_on_it(
    part: str, texts: str | list[str], decision: gw.Decision
) -> None:
    """A lone star matches it for certain (R190, R49), an empty list never (R30); anything else is unknown."""
    statement = {"Effect": "Allow", "Action": "s3:*", part: texts}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    user = Principal("arn:aws:iam::123456789012:user/Bob", PrincipalKind.USER, (0,))
    table = gw.compile(PolicySet((Document("p", PolicyKind.IDENTITY, Source(text, "p.json")),), (user,)))
    answer = gw.Authorizer(table).authorize(user.arn, "s3:GetObject", None, {"aws:username": "Bob"})
    assert answer.decision is decision
    assert answer.unknown_keys == (("resource",) if decision is gw.Decision.UNKNOWN else ())
