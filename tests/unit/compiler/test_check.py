"""The check pass: what it reads, what it says, where, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.compiler.check import Profile, check_document
from gatewright.compiler.check_elements import covers
from gatewright.compiler.errors import Finding, Severity
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Condition, Document, Effect, Operator, Policy, PolicyKind, Principals, Quantifier

LEDGER = "arn:aws:s3:::orchard-ledger/*"


def check(
    document: object, kind: PolicyKind = PolicyKind.IDENTITY, **options: Any
) -> tuple[Policy | None, tuple[Finding, ...]]:
    text = document if isinstance(document, str) else json.dumps(document)
    return check_document(Document("test", kind, Source(text, "test.json")), **options)


def policy_of(statement: object, version: str | None = "2012-10-17") -> dict[str, object]:
    document: dict[str, object] = {"Statement": statement}
    return document if version is None else {"Version": version, **document}


def allow(**members: object) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": LEDGER, **members}
    return {name: value for name, value in statement.items() if value is not None}


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_policy_says_what_the_document_says() -> None:
    """Every part of a document arrives in the policy, scalars as their JSON text (R25)."""
    statement = allow(
        Sid="Read1",
        Action=["s3:Get*", "s3:PutObject"],
        Condition={
            "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", "b"]},
            "NumericLessThan": {"s3:max-keys": 1.50},
            "Bool": {"aws:SecureTransport": True},
        },
    )
    policy, findings = check(policy_of([statement]))
    assert findings == ()
    assert policy is not None
    assert policy.version == "2012-10-17"
    (read,) = policy.statements
    assert (read.sid, read.effect, read.principals) == ("Read1", Effect.ALLOW, None)
    assert (read.actions, read.is_not_action) == (("s3:Get*", "s3:PutObject"), False)
    assert (read.resources, read.is_not_resource) == ((LEDGER,), False)
    at = ("Statement", 0, "Condition")
    assert read.conditions == (
        Condition(
            Operator("StringLike", Quantifier.ANY, True), "aws:TagKeys", ("a*", "b"),
            (*at, "ForAnyValue:StringLikeIfExists", "aws:TagKeys"),
        ),
        Condition(Operator("NumericLessThan"), "s3:max-keys", ("1.5",), (*at, "NumericLessThan", "s3:max-keys")),
        Condition(Operator("Bool"), "aws:SecureTransport", ("true",), (*at, "Bool", "aws:SecureTransport")),
    )  # fmt: skip


def test_single_statement_needs_no_list() -> None:
    """A bare statement equals a list of one (R6)."""
    bare, _ = check(policy_of(allow()))
    listed, _ = check(policy_of([allow()]))
    assert bare is not None and listed is not None
    assert bare.statements[0].path == ("Statement",)
    assert listed.statements[0].path == ("Statement", 0)
    assert bare.statements[0].actions == listed.statements[0].actions


def test_negated_elements_are_read() -> None:
    """NotAction, NotResource and NotPrincipal arrive negated (R7)."""
    statement = {
        "Effect": "Deny",
        "NotAction": "s3:*",
        "NotResource": LEDGER,
        "NotPrincipal": {"AWS": ["210987654321"]},
    }
    policy, _ = check(policy_of([statement]), PolicyKind.RESOURCE)
    assert policy is not None
    (read,) = policy.statements
    assert read.is_not_action and read.is_not_resource
    assert read.principals == Principals(False, (("AWS", "210987654321"),), True, ("Statement", 0, "NotPrincipal"))


def test_version_is_the_language_level() -> None:
    """A document without Version has the old level (R3)."""
    policy, findings = check(policy_of(allow(), version=None))
    assert policy is not None and policy.version == "2008-10-17"
    assert codes(findings) == ["GW104"]
    refused, saved = check(policy_of(allow(), version=None), api=True)
    assert refused is None and saved[0].severity is Severity.ERROR


def test_all_findings_come_at_once() -> None:
    """One run reports every mistake of a document, each with its place (R39)."""
    text = (
        '{"version": "2012-10-17",\n'
        ' "Statement": [{"Effect": "allow", "Action": "GetObject", "Resource": "x",\n'
        '   "Condition": {"StringMatches": {"a:b": "c"}, "IpAddress": {"aws:SourceIp": "1.2.3"}}}]}'
    )
    policy, findings = check(text)
    assert policy is None
    lines = text.splitlines()
    places = {
        finding.code: lines[finding.span.line - 1][finding.span.column - 1 : finding.span.end_column - 1]
        for finding in findings
        if finding.span and finding.span.line == finding.span.end_line
    }
    assert places == {
        "GW101": '"version"', "GW121": '"allow"', "GW020": '"GetObject"', "GW025": '"x"', "GW203": '"StringMatches"',
        "GW236": '"1.2.3"',
    }  # fmt: skip
    assert codes(findings)[1] == "GW104"
    assert findings[0].hint == "did you mean `Version`?"


def test_places_reach_through_a_greater_text() -> None:
    """A document inside an account's details has paths and places in that text, and so have its statements."""
    text = json.dumps({"Policies": [{"Document": policy_of([allow(Effect="allow"), allow(Sid="B")])}]})
    path = ("Policies", 0, "Document")
    policy, findings = check_document(Document("inner", PolicyKind.IDENTITY, Source(text, "details.json"), path))
    assert policy is None
    (finding,) = findings
    assert finding.path == (*path, "Statement", 0, "Effect")
    assert finding.span is not None and text[finding.span.column - 1 :].startswith('"allow"')
    text = text.replace('"allow"', '"Allow"')
    policy, _ = check_document(Document("inner", PolicyKind.IDENTITY, Source(text, "details.json"), path))
    assert policy is not None and policy.statements[1].path == (*path, "Statement", 1)


def test_sound_documents_want_no_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is located, so nothing is parsed by the grammar, while there is nothing to report."""

    def locate(*_: object) -> None:
        raise AssertionError("located")

    monkeypatch.setattr(Source, "locate", locate)
    policy, findings = check(
        policy_of([allow(Condition={"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}})])
    )
    assert policy is not None and findings == ()


def test_syntax_errors_are_findings() -> None:
    """A text that is not JSON gives the source's finding instead of an exception (R1)."""
    policy, findings = check('{"Version":"2012-10-17",}')
    assert policy is None
    assert [finding.aws_check for finding in findings] == ["JSON_SYNTAX_ERROR"]


@pytest.mark.parametrize("member", ["Version", "Id", "Statement", "Sid", "Effect", "Action", "Resource", "Condition"])
@pytest.mark.parametrize("value", [None, True, 7, 1.5, [], {}, [[]], [{}], [None], {"a": None}], ids=json.dumps)
def test_wrong_types_are_findings(member: str, value: object) -> None:
    """No value of a wrong type passes in silence."""
    statement = allow(Sid="A")
    document = policy_of([statement])
    (document if member in ("Version", "Id", "Statement") else statement)[member] = value
    policy, findings = check(document)
    assert findings
    harmless: dict[str, list[object]] = {"Condition": [{}], "Action": [[]], "Resource": [[], [None]]}
    assert (policy is not None) == any(value == good and value is not None for good in harmless.get(member, []))


KINDS_WITHOUT = [PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP]
KINDS_WITH = [kind for kind in PolicyKind if kind not in KINDS_WITHOUT]


@pytest.mark.parametrize("kind", KINDS_WITHOUT)
@pytest.mark.parametrize("member", ["Principal", "NotPrincipal"])
def test_principals_are_refused_where_none_belong(kind: PolicyKind, member: str) -> None:
    """Policies that are attached name no principal (R31, R34-R36)."""
    policy, _ = check(policy_of([allow(Effect="Deny", **{member: {"AWS": "210987654321"}})]), kind)
    assert policy is None


@pytest.mark.parametrize("kind", KINDS_WITH)
def test_principals_are_needed_where_they_belong(kind: PolicyKind) -> None:
    """Policies of resources, roles and endpoints name principals (R32, R33, R37, R38)."""
    statement = allow(Effect="Deny", Action="sts:AssumeRole", Resource=None if kind is PolicyKind.TRUST else "*")
    assert check(policy_of([statement]), kind)[0] is None
    assert check(policy_of([{**statement, "Principal": "*"}]), kind)[0] is not None


@pytest.mark.parametrize(
    "text",
    [
        "210987654321", "*", "arn:aws:iam::210987654321:root", "arn:aws:iam::210987654321:user/a/b c",
        "arn:aws-cn:iam::210987654321:role/path/Harvester", "arn:aws:sts::210987654321:assumed-role/Harvester/run-42",
        "arn:aws:sts::210987654321:federated-user/mara", "AROAEXAMPLEID123456",
        "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE",
    ],
)  # fmt: skip
def test_principals_that_exist(text: str) -> None:
    """Every form of an AWS principal is taken (R16)."""
    _, findings = check(policy_of([allow(Effect="Deny", Principal={"AWS": text})]), PolicyKind.RESOURCE)
    assert not [finding for finding in findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(
    "text",
    ["12345", "arn:aws:iam::210987654321:user/*", "arn:aws:iam::*:root", "arn:aws:iam::210987654321:group/x", ""],
)
def test_principals_that_match_nobody(text: str) -> None:
    """Such an entry is an error; it refuses a Deny, which would be lax, and any document to be saved (R20)."""

    def statement(effect: str) -> dict[str, object]:
        return policy_of([allow(Effect=effect, Principal={"AWS": text})])

    policy, findings = check(statement("Allow"), PolicyKind.RESOURCE)
    assert policy is not None
    assert [finding.severity for finding in findings] == [Severity.ERROR]
    assert check(statement("Deny"), PolicyKind.RESOURCE)[0] is None
    assert check(statement("Allow"), PolicyKind.RESOURCE, api=True)[0] is None


@pytest.mark.parametrize(
    ("kind", "is_complete"),
    [(kind, kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY)) for kind in PolicyKind if kind is not PolicyKind.TRUST],
)
def test_short_arns_by_kind(kind: PolicyKind, is_complete: bool) -> None:
    """Identity policies and boundaries complete short ARNs, other kinds refuse them (R13)."""
    statement = allow(Effect="Deny", Action="sqs:*", Resource="arn:aws:sqs:eu-west-1")
    if kind in KINDS_WITH:
        statement["Principal"] = "*"
    policy, findings = check(policy_of([statement]), kind)
    assert codes(findings) == ["GW143" if is_complete else "GW144"]
    assert (policy is not None) == is_complete


@pytest.mark.parametrize("resource", ["*", "arn:*:ec2:*:*:instance/*", "arn:aws:iam::*:*", "arn:aws:iam::aws:policy/x"])
def test_sound_resources(resource: str) -> None:
    """Wildcards in partition, Region, account and resource raise nothing (R14)."""
    assert check(policy_of([allow(Resource=resource)]))[1] == ()


def test_qualifiers_are_checked_against_the_key() -> None:
    """Several values need a qualifier, a single one none (R75, R78)."""
    cases = {"StringEquals": "GW218", "ForAllValues:StringEquals": None, "ForAnyValue:StringEquals": None, "Null": None}
    for operator, code in cases.items():
        values = "true" if operator == "Null" else "a"
        _, findings = check(policy_of([allow(Condition={operator: {"aws:tagkeys": values}})]))
        assert codes(findings) == ([code] if code else []), operator


def test_quota_replaces_the_limit() -> None:
    """An inline policy may be shorter than a managed one; white space does not count (R29)."""
    document = policy_of([allow(Resource=[f"arn:aws:s3:::orchard-ledger/{i:060}" for i in range(30)])])
    assert check(document)[1] == ()
    assert check(json.dumps(document, indent=40))[1] == ()
    policy, findings = check(document, quota=2048)
    assert policy is not None and codes(findings) == ["GW111"]
    assert check(document, quota=2048, api=True)[0] is None


def test_organizations_counts_white_space() -> None:
    """Organization policies are measured as they are sent, but have the same meaning whatever their size (R29)."""
    text = json.dumps(policy_of([allow(Effect="Deny", Principal="*", Action="s3:*")]), indent=1000)
    policy, findings = check(text, PolicyKind.RCP)
    assert policy is not None and findings == ()
    policy, findings = check(text, PolicyKind.RCP, api=True)
    assert policy is None and codes(findings) == ["GW115"]


def test_size_inside_a_greater_text() -> None:
    """A document in a greater text is measured alone, as its shortest spelling."""
    document = policy_of(
        [allow(Condition={"NumericLessThan": {"s3:max-keys": [10, 2.5]}, "Bool": {"a:b": [True, False]}})]
    )
    size = len(json.dumps(document, separators=(",", ":")))
    source = Source(json.dumps([document, "x" * 10_000]), "list.json")
    for quota, is_long in ((size, False), (size - 1, True)):
        _, findings = check_document(Document("d", PolicyKind.IDENTITY, source, (0,)), quota=quota)
        assert ("GW111" in codes(findings)) == is_long


def test_profile_2011_takes_documents_of_2011() -> None:
    """A policy of the 2011 EC2 guide, without Version, raises nothing (R160)."""
    document = policy_of(
        [allow(Action=["ec2:Describe*"], Resource="*", Condition={"IpAddress": {"AWS:sourceip": "203.0.113.0/24"}})],
        version=None,
    )
    policy, findings = check(document, profile=Profile.EC2_2011)
    assert policy is not None and findings == ()


def test_findings_are_bounded() -> None:
    """A hostile document lists a few hundred findings and then says so."""
    policy, findings = check(policy_of([7] * 100_000))
    assert policy is None
    assert len(findings) < 300
    assert findings[-1].code == "GW109"


def test_lesser_findings_hide_no_error() -> None:
    """However many warnings a document has, they do not refuse it, and an error behind them is listed."""
    statements = [allow(Sid="")] * 400
    policy, findings = check(policy_of(statements))
    assert policy is not None and findings[-1].code == "GW109"
    policy, findings = check(policy_of([*statements, allow(Effect="allow")]))
    assert policy is None
    assert [finding.code for finding in findings if finding.severity is Severity.ERROR] == ["GW121"]


def hostile_stars() -> dict[str, object]:
    return policy_of([allow(Action=[f"s3:{'*a' * 2000}{i}" for i in range(200)])])


def hostile_list() -> dict[str, object]:
    return policy_of([allow(Action=[f"s3:*{i}*" for i in range(20_000)])])


def hostile_value() -> dict[str, object]:
    values = ["9" * 500_000, "1e" + "9" * 500_000, ":" * 500_000, "2018-" * 100_000]
    condition = {
        "NumericEquals": {"a:n": values}, "DateEquals": {"a:d": values}, "IpAddress": {"a:i": values},
        "BinaryEquals": {"a:b": values}, "Bool": {"a:o": values}, "a" * 500_000: {"a:b": "c"},
    }  # fmt: skip
    return policy_of([allow(Condition=condition)])


def hostile_pairs() -> dict[str, object]:
    wide = [f"s3:{'*a' * 60}{i}*" for i in range(32)]
    return policy_of([allow(Action=[*wide, *(f"s3:{'a' * 200}{i}" for i in range(32))]) for _ in range(100)])


def hostile_risks() -> dict[str, object]:
    wide = [f"iam:*{'?*' * 12}{i}*" for i in range(20_000)]
    negated = [{"Effect": "Deny", "NotAction": wide[:50], "Resource": "*"} for _ in range(200)]
    return policy_of([allow(Action=wide, Resource="*"), *negated])


def hostile_subjects() -> dict[str, object]:
    provider = "token.actions.githubusercontent.com"
    condition = {"StringLike": {f"{provider}:sub": [f"repo:a/b{i}*:*" for i in range(100_000)]}}
    principal = {"Federated": f"arn:aws:iam::210987654321:oidc-provider/{provider}"}
    action = "sts:AssumeRoleWithWebIdentity"
    return policy_of([allow(Principal=principal, Action=action, Resource=None, Condition=condition)])


def hostile_depth() -> str:
    return "[" * 10_000 + "]" * 10_000


def hostile_text() -> dict[str, object]:
    return policy_of([allow(Resource=f"arn:aws:s3:::{'x' * 10_000_000}", Action="s3:" + ":" * 1_000_000)])


@pytest.mark.parametrize(
    ("make", "kind"),
    [(make, PolicyKind.IDENTITY) for make in (hostile_stars, hostile_list, hostile_value, hostile_depth, hostile_text,
                                              hostile_pairs, hostile_risks)]
    + [(hostile_subjects, PolicyKind.TRUST)],
)  # fmt: skip
def test_hostile_documents_end(make: Callable[[], object], kind: PolicyKind) -> None:
    """Documents made to be slow end with findings of bounded length."""
    _, findings = check(make(), kind)
    assert findings
    assert all(len(finding.message) < 400 and len(finding.hint) < 400 for finding in findings)


WORDS = (
    "*", "Allow", "Deny", "s3:Get*", "arn:aws:s3:::x", "arn:aws", "${aws:username}", "${", "2012-10-17", "210987654321",
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(WORDS)
NAMES = st.text(max_size=4) | st.sampled_from(
    ["Version", "Statement", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal",
     "Condition", "Sid", "Id", "AWS", "Service", "StringEquals", "Bool", "ForAllValues:ArnLike", "aws:SourceIp"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
STATEMENTS = st.dictionaries(NAMES, VALUES, max_size=6)
DOCUMENTS = VALUES | st.builds(policy_of, st.lists(STATEMENTS, max_size=3) | STATEMENTS)


@given(DOCUMENTS, st.sampled_from(PolicyKind), st.sampled_from(Profile), st.booleans())
def test_any_json_is_judged(document: object, kind: PolicyKind, profile: Profile, api: bool) -> None:
    """No JSON value makes the check fail; a refusal always has a finding, and every finding a place."""
    policy, findings = check(document, kind, profile=profile, api=api)
    assert policy is not None or findings
    assert all(finding.span is not None for finding in findings)


@given(st.text("ab*?", max_size=8), st.text("ab*?", max_size=8), st.text("ab", max_size=6))
def test_covered_patterns_match_no_more(pattern: str, covered: str, text: str) -> None:
    """What a covered pattern matches, the pattern that covers it matches too."""
    if covers(pattern, covered) and covers(covered, text):
        assert covers(pattern, text)
