"""Callers that no table names, and roles that call by themselves: who they are is told by their whole names."""

from __future__ import annotations

import json
from typing import Any

import pytest

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind, Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

BUCKET = "arn:aws:s3:::pears"
OBJECT = f"{BUCKET}/may"
ACCOUNT = "arn:aws:iam::123456789012"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NOTHING = {"Effect": "Allow", "Action": "orchard:Water", "Resource": "*"}


def policy(kind: PolicyKind, statement: dict[str, Any]) -> Document:
    """Return a document."""
    return Document("p", kind, Source(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "p"))


def open_bucket(principal: Any, *documents: Document, principals: tuple[Principal, ...] = ()) -> gw.Authorizer:
    """Compile a bucket whose policy allows everything to some."""
    bucket = policy(PolicyKind.RESOURCE, ALLOW | {"Principal": principal})
    resource = Resource(BUCKET, account="123456789012", policy=len(documents))
    return gw.Authorizer(gw.compile(PolicySet((*documents, bucket), principals, (resource,))))


@pytest.mark.parametrize(
    "text", ["anonymou", "anonymousx", "xnonymous", "anonymoux", "Anonymous", "nonymous", "", "a", "anonymous "]
)
def test_unsigned_callers_are_one_word(text: str) -> None:
    """Another text is nobody, to whom a bucket that is open to everyone gives nothing (R63)."""
    authorizer = open_bucket("*")
    assert authorizer.authorize("anonymous", "s3:GetObject", OBJECT).allowed
    assert authorizer.authorize(text, "s3:GetObject", OBJECT).decision is gw.Decision.IMPLICIT_DENY


def test_decisions_without_a_statement_have_none_in_a_batch() -> None:
    """Whoever is refused, and by whatever, the batch says -1 where no statement decided."""
    authorizer = open_bucket({"Service": "sns.amazonaws.com"})
    rows = [(text, "s3:GetObject", OBJECT, {}, ()) for text in ("anonymous", "nobody", "sns.amazonaws.com")]
    result = authorizer.authorize_batch(rows)
    assert result.statement.tolist() == [-1, -1, 0]
    assert result.decision.tolist() == [gw.Decision.IMPLICIT_DENY, gw.Decision.IMPLICIT_DENY, gw.Decision.ALLOW]


def test_the_root_user_is_allowed_by_no_statement_in_a_batch() -> None:
    """What a service control policy lets the root user do, no statement grants (R143): the batch says -1."""
    root = Principal(f"{ACCOUNT}:root", PrincipalKind.ROOT, (), scps=((0,),))
    authorizer = gw.Authorizer(gw.compile(PolicySet((policy(PolicyKind.SCP, NOTHING),), (root,))))
    result = authorizer.authorize_batch([(root.arn, "orchard:Water"), (root.arn, "s3:GetObject")])
    assert result.statement.tolist() == [-1, -1]
    assert result.decision.tolist() == [gw.Decision.ALLOW, gw.Decision.IMPLICIT_DENY]


@pytest.mark.parametrize(
    "text",
    [
        f"{ACCOUNT}:saml-provide/x",
        f"{ACCOUNT}:xaml-provider/x",
        "arn:aws:sts::123456789012:saml-provider/x",
        "arn:aws:iam::123456789012",
        "arn:aws.iam",
        "xrn:aws:iam::123456789012:saml-provider/x",
        f"{ACCOUNT}:user/stranger",
        f"{ACCOUNT}:root",
    ],
)
def test_texts_that_name_no_kind_of_caller_are_nobody(text: str) -> None:
    """What is no service, no provider and no principal of the table gets nothing from an open bucket."""
    explanation = open_bucket("*").explain(text, "s3:GetObject", OBJECT)
    assert (explanation.answer.decision, explanation.missing) == (gw.Decision.IMPLICIT_DENY, "identity")
    assert not explanation.statements


@pytest.mark.parametrize(
    "text", ["anonymous", "sns.amazonaws.com", "accounts.google.com", f"{ACCOUNT}:saml-provider/x"]
)
@pytest.mark.parametrize("resource", ["arn:aws:s3:::else/may", "*"])
def test_callers_of_no_account_get_nothing_elsewhere(text: str, resource: str) -> None:
    """Where the table knows of no resource policy, nothing grants to a caller who has no policies of its own."""
    answer = open_bucket("*").authorize(text, "s3:GetObject", resource)
    assert answer.decision is gw.Decision.IMPLICIT_DENY


@pytest.mark.parametrize("text", ["anonymous", "sns.amazonaws.com"])
def test_an_unknown_resource_may_be_one_that_is_open(text: str) -> None:
    """A caller without policies of its own is in doubt where the resource is, which would settle it (R190)."""
    answer = open_bucket("*").authorize(text, "s3:GetObject", None)
    assert answer.decision is gw.Decision.UNKNOWN
    assert answer.unknown_keys == ("resource",)


def test_federated_users_call_neither_iam_nor_sts() -> None:
    """Whatever their policies allow, and in a table that has nothing else (R139)."""
    arn = f"{ACCOUNT.replace('iam', 'sts')}:federated-user/guest"
    documents = (policy(PolicyKind.IDENTITY, ALLOW), policy(PolicyKind.SESSION, ALLOW))
    guest = Principal(arn, PrincipalKind.FEDERATED, (0,), None, (1,), None, f"{ACCOUNT}:user/ana")
    authorizer = gw.Authorizer(gw.compile(PolicySet(documents, (guest,))))
    assert authorizer.authorize(arn, "s3:GetObject", OBJECT).allowed
    for action in ("iam:ListUsers", "sts:AssumeRole", "sts:GetSessionToken"):
        explanation = authorizer.explain(arn, action, "*")
        assert (explanation.answer.allowed, explanation.missing) == (False, "authentication")
    assert authorizer.authorize(arn, "sts:GetCallerIdentity").allowed


def test_names_of_services_have_a_longest_length() -> None:
    """A service of 248 characters is found, of 249 it is not: no service has so long a name, and nothing is cut."""
    names = [f"{'a' * (length - 14)}.amazonaws.com" for length in (247, 248, 249, 250, 264, 265)]
    authorizer = open_bucket({"Service": names})
    allowed = [name for name in names if authorizer.authorize(name, "s3:GetObject", OBJECT).allowed]
    assert allowed == names[:2]


def test_domains_of_providers_are_whole() -> None:
    """A text that differs in one character from a provider's domain is a service's name, and no provider (R18)."""
    domains = ("accounts.google.com", "www.amazon.com", "graph.facebook.com", "cognito-identity.amazonaws.com")
    for domain in domains:
        for text in (f"x{domain[1:]}", f"{domain}x", domain[:-1]):
            authorizer = open_bucket({"Service": text})
            assert authorizer.authorize(text, "s3:GetObject", OBJECT).allowed, text
        assert not open_bucket({"Service": domain}).authorize(domain, "s3:GetObject", OBJECT).allowed, domain


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_role_that_calls_by_itself_is_no_session(count: int) -> None:
    """A bucket's entry for a role is below its boundary (R135), wherever the role stands among the principals."""
    role = f"{ACCOUNT}:role/Baker"
    users = tuple(Principal(f"{ACCOUNT}:user/u{n}", PrincipalKind.USER, (0,)) for n in range(count))
    principals = (*users, Principal(role, PrincipalKind.ROLE, (0,), 0))
    authorizer = open_bucket({"AWS": role}, policy(PolicyKind.BOUNDARY, NOTHING), principals=principals)
    explanation = authorizer.explain(role, "s3:GetObject", OBJECT)
    assert (explanation.answer.decision, explanation.missing) == (gw.Decision.IMPLICIT_DENY, "boundary")


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_deny_is_named_where_nothing_could_allow(effect: str) -> None:
    """Root users assume no roles, and sessions need a trust policy for a source identity (R131, R141, R143)."""
    root, role = f"{ACCOUNT}:root", f"{ACCOUNT}:role/Baker"
    statement = ALLOW | {"Effect": effect, "Action": "sts:*"}
    documents = (policy(PolicyKind.SCP, statement), policy(PolicyKind.IDENTITY, statement))
    principals = (
        Principal(root, PrincipalKind.ROOT, (), scps=((0,),)),
        Principal(role, PrincipalKind.ROLE, (1,)),
    )
    authorizer = gw.Authorizer(gw.compile(PolicySet(documents, principals)))
    expected = gw.Decision.EXPLICIT_DENY if effect == "Deny" else gw.Decision.IMPLICIT_DENY
    for caller, action in ((root, "sts:AssumeRole"), (role, "sts:SetSourceIdentity")):
        assert authorizer.authorize(caller, action, f"{ACCOUNT}:role/Miller").decision is expected
    queue_of_others = "arn:aws:sqs:eu-west-1:210987654321:pears"
    assert authorizer.authorize(role, "sts:GetAccessKeyInfo", queue_of_others).decision is expected


@pytest.mark.parametrize(
    "account", ["cloudfront", "12345678901", "1234567890123", "12345678901x", "x23456789012", "12345678901/"]
)
def test_who_has_no_account_of_twelve_digits_is_outside(account: str) -> None:
    """Such a caller is nobody's, and a bucket that is open to everyone is open to it too (R16, R53)."""
    text = f"arn:aws:iam::{account}:user/x"
    assert open_bucket("*").authorize(text, "s3:GetObject", OBJECT).allowed
    assert not open_bucket({"AWS": "123456789012"}).authorize(text, "s3:GetObject", OBJECT).allowed


def test_a_session_is_no_role_whose_name_is_as_long() -> None:
    """A bucket's entry for a session is above its boundary (R57, R135), however long the path of its role is."""
    role = f"{ACCOUNT}:role/kitchen/team/Baker"
    session = f"{ACCOUNT.replace('iam', 'sts')}:assumed-role/Baker/oven"
    assert len(role) == len(session)
    principals = (Principal(role, PrincipalKind.ROLE, (0,), 0),)
    authorizer = open_bucket({"AWS": session}, policy(PolicyKind.BOUNDARY, NOTHING), principals=principals)
    assert authorizer.authorize(session, "s3:GetObject", OBJECT).allowed
    assert not authorizer.authorize(role, "s3:GetObject", OBJECT).allowed


def test_more_entries_than_a_word_has_bits() -> None:
    """Each of many callers is meant by its own statement, and by none of the others (R55)."""
    users = tuple(Principal(f"{ACCOUNT}:user/u{n}", PrincipalKind.USER, ()) for n in range(200))
    statements = [{**ALLOW, "Principal": {"AWS": user.arn}, "Action": f"s3:Get{n:03}"} for n, user in enumerate(users)]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    bucket = Document("p", PolicyKind.RESOURCE, Source(text, "p"))
    resource = Resource(BUCKET, account="123456789012", policy=0)
    authorizer = gw.Authorizer(gw.compile(PolicySet((bucket,), users, (resource,))))
    for n, user in enumerate(users):
        near = [m for m in (n - 128, n - 64, n - 1, n, n + 1, n + 64, n + 128) if 0 <= m < len(users)]
        assert [m for m in near if authorizer.authorize(user.arn, f"s3:Get{m:03}", OBJECT).allowed] == [n]


def test_each_test_of_a_statement_is_explained() -> None:
    """An explanation says of each test by itself whether it holds, and of the statement whether all do (R40)."""
    statement = ALLOW | {"Action": "s3:Get*", "Resource": f"{BUCKET}/*"}
    role = Principal(f"{ACCOUNT}:role/Baker", PrincipalKind.ROLE, (0,))
    authorizer = gw.Authorizer(gw.compile(PolicySet((policy(PolicyKind.IDENTITY, statement),), (role,))))
    for action, resource, truths in (
        ("s3:GetObject", OBJECT, ["TRUE", "TRUE"]),
        ("s3:PutObject", OBJECT, ["FALSE", "TRUE"]),
        ("s3:GetObject", BUCKET, ["TRUE", "FALSE"]),
        ("s3:GetObject", None, ["TRUE", "UNSURE"]),
    ):
        (trace,) = authorizer.explain(role.arn, action, resource).statements
        assert [test.truth.name for test in trace.tests] == truths
        assert trace.truth.name == min(truths, key=["FALSE", "UNSURE", "TRUE"].index)
