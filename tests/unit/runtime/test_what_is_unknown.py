"""An unknown resource, and an unknown way to it: nothing is allowed that some resolution would deny (R190, R194)."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

import gatewright as gw
from gatewright.compiler.policyset import Account, Endpoint, PolicySet, Principal, PrincipalKind, Resource, ResourceKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

MARA = "arn:aws:iam::123456789012:user/mara"
ROOT = "arn:aws:iam::123456789012:root"
OTHER = "arn:aws:iam::123456789012:user/nell"
PEARS = "arn:aws:s3:::pears"
ENDPOINT = "vpce-0a1b2c3d"


def document(kind: PolicyKind, effect: str, action: str = "*", **more: Any) -> Document:
    """Return a document of one statement for everything."""
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return Document(kind, kind, Source(text, kind))


def authorizer(bucket: Document | None, endpoint: Document | None, *identity: Document) -> gw.Authorizer:
    """Return an authorizer for one user, a bucket and an endpoint."""
    documents = (*identity, *(side for side in (bucket, endpoint) if side is not None))
    resources = (Resource(PEARS, policy=documents.index(bucket)),) if bucket else ()
    endpoints = (Endpoint(ENDPOINT, documents.index(endpoint)),) if endpoint else ()
    principal = Principal(MARA, PrincipalKind.USER, tuple(range(len(identity))))
    return gw.Authorizer(gw.compile(PolicySet(documents, (principal,), resources, (), endpoints)))


ALLOW = document(PolicyKind.IDENTITY, "Allow")


@pytest.mark.parametrize("way", ["single", "rows", "columns"])
@pytest.mark.parametrize(("effect", "identity"), [("Deny", [ALLOW]), ("Allow", [])])
def test_an_unknown_resource_may_have_a_policy(way: str, effect: str, identity: list[Document]) -> None:
    """What a bucket's policy would decide otherwise is unknown, and the resource would settle it."""
    asked = authorizer(document(PolicyKind.RESOURCE, effect, "s3:*", Principal={"AWS": MARA}), None, *identity)
    assert ask(asked, way, "s3:GetObject", None) == ("UNKNOWN", ("resource",))
    settled = "EXPLICIT_DENY" if effect == "Deny" else "ALLOW"
    assert ask(asked, way, "s3:GetObject", f"{PEARS}/1") == (settled, ())
    # No policy of a resource speaks of this action.
    assert ask(asked, way, "ec2:RunInstances", None)[0] == ("ALLOW" if identity else "IMPLICIT_DENY")


@pytest.mark.parametrize("way", ["single", "rows", "columns"])
def test_nobody_knows_whether_an_endpoint_is_passed(way: str) -> None:
    """A key that tells the endpoint is as unknown as any other, also where the context names it."""
    asked = authorizer(None, document(PolicyKind.VPC_ENDPOINT, "Deny", Principal="*"), ALLOW)
    key = "aws:sourcevpce"
    assert ask(asked, way, "s3:GetObject", PEARS, unknown=gw.OTHERS) == ("UNKNOWN", (key,))
    assert ask(asked, way, "s3:GetObject", PEARS, {"aws:SourceVpce": None}, unknown=gw.OTHERS) == ("ALLOW", ())
    assert ask(asked, way, "s3:GetObject", PEARS, {"aws:SourceVpce": ENDPOINT}) == ("EXPLICIT_DENY", ())
    if way != "columns":  # whose `unknown` is for all keys that are not there
        context = {"aws:SourceVpce": ENDPOINT}
        assert ask(asked, way, "s3:GetObject", PEARS, context, unknown=["AWS:SourceVpce"]) == ("UNKNOWN", (key,))


def test_the_key_of_the_endpoint_is_named_among_others() -> None:
    """However many keys a table asks for, it is the endpoint's that would settle the decision (R193)."""
    names = ("aws:CurrentTime", "aws:PrincipalOrgID", "aws:SourceIp", "aws:SourceVpc", "aws:UserAgent", "aws:username")
    identity = document(PolicyKind.IDENTITY, "Allow", Condition={"Null": dict.fromkeys(names, "true")})
    asked = authorizer(None, document(PolicyKind.VPC_ENDPOINT, "Deny", Principal="*"), identity)
    assert ask(asked, "single", "s3:GetObject", PEARS, unknown=["aws:SourceVpce"]) == ("UNKNOWN", ("aws:sourcevpce",))


MILLER = "arn:aws:iam::123456789012:role/Miller"
ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
BESIDE = ("sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")


def authorizer_of_roles(*identity: Document, trusts: str | None = None, **more: Any) -> gw.Authorizer:
    """Return an authorizer for a user and a root user, with a role whose trust policy says so, or without any."""
    documents: tuple[Document, ...] = identity
    resources: tuple[Resource, ...] = ()
    if trusts is not None:
        trust = {"Effect": "Allow", "Principal": {"AWS": trusts}, "Action": "sts:*", **more}
        text = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        documents = (*identity, Document("trust", PolicyKind.TRUST, Source(text, "trust")))
        resources = (Resource(MILLER, ResourceKind.ROLE, policy=len(identity)),)
    principals = (
        Principal(MARA, PrincipalKind.USER, tuple(range(len(identity)))),
        Principal(ROOT, PrincipalKind.ROOT, ()),
    )
    return gw.Authorizer(gw.compile(PolicySet(documents, principals, resources)))


def test_an_unknown_resource_is_perhaps_a_role_that_trusts() -> None:
    """Who may assume some role of the table may assume the unknown one, perhaps; without such a role nobody (R141)."""
    for action in ASSUMING:
        for trusts, expected in ((None, "IMPLICIT_DENY"), (OTHER, "IMPLICIT_DENY"), (MARA, "UNKNOWN")):
            asked = authorizer_of_roles(ALLOW, trusts=trusts)
            keys = ("resource",) if expected == "UNKNOWN" else ()
            assert ask(asked, "single", action, None) == (expected, keys)
        by_account = authorizer_of_roles(trusts="123456789012")
        assert ask(by_account, "single", action, None) == ("IMPLICIT_DENY", ())


@pytest.mark.parametrize("action", BESIDE)
def test_an_unknown_resource_is_perhaps_no_role(action: str) -> None:
    """Tags of a session may be those of a federated user, for which no trust policy is asked (R141, R190)."""
    for trusts in (None, OTHER, MARA):
        assert ask(authorizer_of_roles(ALLOW, trusts=trusts), "single", action, None) == ("UNKNOWN", ("resource",))
        allowed = "UNKNOWN" if trusts == MARA else "IMPLICIT_DENY"
        assert ask(authorizer_of_roles(trusts=trusts), "single", action, None)[0] == allowed
    asked = authorizer_of_roles()
    answer = asked.authorize(ROOT, action, None)
    assert (answer.decision, answer.unknown_keys) == (gw.Decision.UNKNOWN, ("resource",))
    assert asked.authorize(ROOT, action, "arn:aws:sts::123456789012:federated-user/guest").allowed


@pytest.mark.parametrize("action", BESIDE)
def test_an_entry_tells_that_the_resource_is_a_role(action: str) -> None:
    """Where the target names the role's entry, its trust policy decides, and the unknown ARN settles nothing (R141)."""
    for trusts, expected in ((MARA, "ALLOW"), ("123456789012", "ALLOW"), (OTHER, "IMPLICIT_DENY")):
        asked = authorizer_of_roles(ALLOW, trusts=trusts)
        answer = asked.authorize(MARA, action, None, target=gw.Target(policy=MILLER))
        assert (answer.decision.name, answer.unknown_keys) == (expected, ())


def test_both_the_resource_and_a_key_would_settle_it() -> None:
    """Where identity policies depend on a key and the resource may be a role, both are named (R193)."""
    identity = document(PolicyKind.IDENTITY, "Allow", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    more: Any = {"Condition": {"StringEquals": {"sts:ExternalId": "pears"}}}
    names = ["aws:MultiFactorAuthPresent", "sts:ExternalId"]
    for trusts, keys in (
        (None, ("aws:multifactorauthpresent", "resource")),
        (OTHER, ("aws:multifactorauthpresent", "resource")),
        ("123456789012", ("aws:multifactorauthpresent", "resource", "sts:externalid")),
    ):
        asked = authorizer_of_roles(identity, trusts=trusts, **more)
        assert ask(asked, "single", "sts:TagSession", None, unknown=names) == ("UNKNOWN", keys)


KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
ABROAD = "arn:aws:kms:eu-west-1:210987654321:key/2"
ACCOUNT = "123456789012"
OPEN: dict[str, Any] = {"Principal": {"AWS": ACCOUNT}}
LOCKED: dict[str, Any] = {"Principal": {"AWS": OTHER}}


def authorizer_of_keys(*keys: tuple[str, dict[str, Any] | None], has_identity: bool = True) -> gw.Authorizer:
    """Return an authorizer for a user, a root user and keys, each with a policy of one Allow, or without one.

    Buckets without policies stand before, between and behind the keys.
    """
    documents = [ALLOW]
    resources = [Resource(PEARS)]
    for number, (name, parts) in enumerate(keys):
        policy = None if parts is None else len(documents)
        if parts is not None:
            documents.append(document(PolicyKind.RESOURCE, "Allow", **{"action": "kms:*", **parts}))
        account = name.split(":")[4]
        resources += [Resource(name, ResourceKind.KEY, account, policy), Resource(f"{PEARS}-{number}")]
    principals = (
        Principal(MARA, PrincipalKind.USER, (0,) if has_identity else ()),
        Principal(ROOT, PrincipalKind.ROOT, ()),
    )
    return gw.Authorizer(gw.compile(PolicySet(tuple(documents), principals, tuple(resources))))


def second(name: str) -> str:
    """Return the name of another key beside one."""
    return f"{name}b"


@pytest.mark.parametrize("way", ["single", "rows", "columns"])
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], "ALLOW"),
        ([(KEY, OPEN)], "ALLOW"),
        ([(KEY, {"Principal": {"AWS": MARA}})], "ALLOW"),
        ([(KEY, LOCKED)], "UNKNOWN"),
        ([(KEY, None)], "UNKNOWN"),
        ([(KEY, OPEN), (second(KEY), OPEN)], "ALLOW"),
        ([(KEY, OPEN), (second(KEY), LOCKED)], "UNKNOWN"),
        ([(KEY, LOCKED), (second(KEY), OPEN)], "UNKNOWN"),
        ([(KEY, OPEN), (second(KEY), None)], "UNKNOWN"),
        ([(ABROAD, LOCKED)], "ALLOW"),
        ([(ABROAD, LOCKED), (KEY, LOCKED)], "UNKNOWN"),
        ([(KEY, OPEN), (ABROAD, None)], "ALLOW"),
        ([(KEY, {**OPEN, "action": "kms:Encrypt"})], "UNKNOWN"),
        ([(KEY, {**OPEN, "Resource": KEY})], "UNKNOWN"),
    ],
)
def test_an_unknown_resource_is_perhaps_a_locked_key(
    way: str, keys: list[tuple[str, dict[str, Any] | None]], expected: str
) -> None:
    """Identity policies decide only if each key of the account lets the caller in (R142)."""
    asked = authorizer_of_keys(*keys)
    settled = ("resource",) if expected == "UNKNOWN" else ()
    assert ask(asked, way, "kms:Decrypt", None) == (expected, settled)
    assert ask(asked, way, "KMS:decrypt", None) == (expected, settled)
    # On no key, and of another service.
    for action in ("kms:CreateKey", "kms:ListKeys", "kms:ListAliases", "s3:GetObject", "kmsx:Decrypt"):
        assert ask(asked, way, action, None) == ("ALLOW", ()), action


def test_what_stands_behind_the_keys_is_none() -> None:
    """The last of the resources may be a key, and nothing behind them is read as if it were one.

    Eight records of resources fill their section; then come those of the accounts under resource control policies,
    whose ids are such that the kind of a resource would read as a key's.
    """
    user, first, second_id = "arn:aws:iam::000000000007:user/mara", "000000000007", f"{2 << 32:012}"
    key = document(PolicyKind.RESOURCE, "Allow", Principal={"AWS": first})
    resources = tuple(Resource(f"{KEY}{number}", ResourceKind.KEY, first, 1) for number in range(8))
    accounts = (Account(first, rcps=()), Account(second_id, rcps=()))
    principal = Principal(user, PrincipalKind.USER, (0,))
    asked = gw.Authorizer(gw.compile(PolicySet((ALLOW, key), (principal,), resources, accounts)))
    assert asked.authorize(user, "kms:Decrypt", None).allowed


def test_a_root_user_is_let_in_by_keys_too() -> None:
    """No policy of its own lets a root user use a key that does not (R142, R143)."""
    for keys, expected in (
        ([(KEY, OPEN)], "ALLOW"),
        ([(KEY, LOCKED)], "UNKNOWN"),
        ([(KEY, None)], "UNKNOWN"),
        ([(ABROAD, None)], "ALLOW"),
    ):
        answer = authorizer_of_keys(*keys).authorize(ROOT, "kms:Decrypt", None)
        assert (answer.decision.name, answer.unknown_keys) == (expected, ("resource",) * (expected == "UNKNOWN"))


def test_identity_policies_must_allow_all_the_same() -> None:
    """That keys are open to the account allows nothing; a key for the caller does, if the resource is it (R142)."""
    for parts, expected in (
        (OPEN, "IMPLICIT_DENY"),
        (None, "IMPLICIT_DENY"),
        ({"Principal": {"AWS": MARA}}, "UNKNOWN"),
    ):
        asked = authorizer_of_keys((KEY, parts), has_identity=False)
        assert ask(asked, "single", "kms:Decrypt", None)[0] == expected


def test_an_entry_tells_which_key_the_resource_is() -> None:
    """Where the target names an entry, its policy decides, whatever other keys say (R142)."""
    asked = authorizer_of_keys((KEY, OPEN), (second(KEY), LOCKED))
    for policy, expected in ((KEY, "ALLOW"), (second(KEY), "IMPLICIT_DENY"), (PEARS, "ALLOW")):
        answer = asked.authorize(MARA, "kms:Decrypt", None, target=gw.Target(policy=policy))
        assert (answer.decision.name, answer.unknown_keys) == (expected, ())


def test_keys_of_the_account_that_is_told_count() -> None:
    """Elsewhere both sides must allow, and the account's own keys say nothing (R140, R142)."""
    asked = authorizer_of_keys((KEY, LOCKED), (ABROAD, OPEN))
    for account, expected in ((ACCOUNT, "UNKNOWN"), ("210987654321", "UNKNOWN")):
        answer = asked.authorize(MARA, "kms:Decrypt", None, target=gw.Target(account=account))
        assert (answer.decision.name, answer.unknown_keys) == (expected, ("resource",))
    asked = authorizer_of_keys((KEY, OPEN), (ABROAD, LOCKED))
    assert asked.authorize(MARA, "kms:Decrypt", None, target=gw.Target(account=ACCOUNT)).allowed


def test_conditions_of_a_key_would_settle_it_too() -> None:
    """Where a key lets the caller in under an unknown condition, that and the resource are named (R193)."""
    asked = authorizer_of_keys((KEY, {**OPEN, "Condition": {"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}}}))
    name = "kms:ViaService"
    assert ask(asked, "single", "kms:Decrypt", None, {name: "s3.amazonaws.com"}) == ("ALLOW", ())
    assert ask(asked, "single", "kms:Decrypt", None) == ("UNKNOWN", ("resource",))
    assert ask(asked, "single", "kms:Decrypt", None, unknown=[name]) == ("UNKNOWN", (name.lower(), "resource"))


@pytest.mark.parametrize("action", ["s3:GetBucketPolicy", "sqs:SetQueueAttributes", "s3:GetObject"])
def test_what_the_root_user_repairs_is_denied_by_no_bucket(action: str) -> None:
    """What an unknown resource may have as policy is left out for the owner's root user, as a known one is (R143)."""
    denying = document(PolicyKind.RESOURCE, "Deny", Principal="*")
    principals = (Principal(MARA, PrincipalKind.USER, (0,)), Principal(ROOT, PrincipalKind.ROOT, ()))
    resources = (Resource(PEARS, account=ACCOUNT, policy=1),)
    asked = gw.Authorizer(gw.compile(PolicySet((ALLOW, denying), principals, resources)))
    assert asked.authorize(ROOT, action, None).decision.name == ("UNKNOWN" if action == "s3:GetObject" else "ALLOW")
    assert asked.authorize(MARA, action, None).decision.name == "UNKNOWN"


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:ScheduleKeyDeletion", "kms:CreateKey"])
def test_a_key_that_becomes_known_turns_no_definite_answer_into_another(action: str) -> None:
    """What is allowed or denied whatever the resource is stays so for each key, in the table or not (R194)."""
    places = (KEY, second(KEY), f"{KEY}c", "*", PEARS)
    policies = (None, OPEN, LOCKED, {"Principal": {"AWS": MARA}}, {"Principal": "*"})
    answers = set()
    for first, other, has_identity in product(policies, policies, (True, False)):
        asked = authorizer_of_keys((KEY, first), (second(KEY), other), has_identity=has_identity)
        for caller in (MARA, ROOT):
            unsure = asked.authorize(caller, action, None).decision.name
            answers.add(unsure)
            if unsure != "UNKNOWN":
                assert {asked.authorize(caller, action, place).decision.name for place in places} == {unsure}
    assert answers == {"ALLOW", "IMPLICIT_DENY", "UNKNOWN"}


@pytest.mark.parametrize("action", [*ASSUMING, *BESIDE, "iam:GetRole", "s3:GetObject"])
def test_a_resource_that_becomes_known_turns_no_definite_answer_into_another(action: str) -> None:
    """What is allowed or denied whatever the resource is stays so for a role, `*` and others (R194)."""
    places = (MILLER, f"{MILLER}s", "*", MARA, "arn:aws:sts::123456789012:federated-user/guest")
    for trusts in (None, OTHER, MARA, "123456789012"):
        for identity in ((), (ALLOW,)):
            asked = authorizer_of_roles(*identity, trusts=trusts)
            unsure = ask(asked, "single", action, None)[0]
            if unsure != "UNKNOWN":
                assert {ask(asked, "single", action, place)[0] for place in places} == {unsure}


def ask(
    asked: gw.Authorizer, way: str, action: str, resource: str | None, context: Any = None, unknown: Any = ()
) -> tuple[str, tuple[str, ...]]:
    """Decide one request, alone, as a row or as columns."""
    if way == "single":
        answer = asked.authorize(MARA, action, resource, context, unknown=unknown)
        return answer.decision.name, answer.unknown_keys
    if way == "rows":
        result = asked.authorize_batch([(MARA, action, resource, context, unknown)])
    else:
        keys = {name: [value] for name, value in (context or {}).items() if value is not None}
        known_absent = [name for name, value in (context or {}).items() if value is None]
        if known_absent:  # a column cannot say so: a missing value is an unknown one
            return ask(asked, "rows", action, resource, context, unknown)
        columns = {"principal": [MARA], "action": [action], "resource": [resource], **keys}
        result = asked.authorize_batch(columns, unknown=unknown)
    return gw.Decision(int(result.decision[0])).name, result.unknown_keys(0)
