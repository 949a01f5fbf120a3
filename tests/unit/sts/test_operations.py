"""What STS grants, to whom, and for how long."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sts_world import ACCOUNT, ALICE, AUDITOR, DEPLOYER, NOW, ROOT_USER, Sts, texts

from gatewright.credentials import Session, SessionKind
from gatewright.sts import Caller, Role

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}'
ROLE = {"RoleArn": DEPLOYER, "RoleSessionName": "build-7"}


def lifetime(session: Session) -> int:
    """Return how long a session lasts, in seconds."""
    return int((session.expires - session.issued).total_seconds())


def test_identity_is_told_without_permission(sts: Sts) -> None:
    """Everybody may ask who they are, and the authorizer is not."""
    response = sts.call("GetCallerIdentity")
    assert response.status == 200 and sts.asked == []
    assert [texts(response, name) for name in ("UserId", "Account", "Arn")] == ["AIDAALICE", ACCOUNT, ALICE.arn]
    session = sts.caller(sts.call("AssumeRole", **ROLE))
    assert texts(sts.call("GetCallerIdentity", session), "UserId") == "AROADEPLOYER:build-7"


def test_a_session_token_is_for_its_user(sts: Sts) -> None:
    """It needs no permission, lasts twelve hours, and acts as the user."""
    session = sts.session(sts.call("GetSessionToken"))
    assert sts.asked == [] and lifetime(session) == 43_200 and session.issued == NOW.replace(microsecond=0)
    assert (session.kind, session.session_arn, session.principal_id) == (
        SessionKind.SESSION_TOKEN,
        ALICE.arn,
        "AIDAALICE",
    )
    assert session.access_key_id.startswith("ASIA") and session.mfa_time is None


def test_a_second_factor_is_remembered(sts: Sts) -> None:
    """A right code gives a session its time; a wrong or a half one gives none."""
    session = sts.session(sts.call("GetSessionToken", SerialNumber="GAHT12345678", TokenCode="123456"))
    assert session.mfa_time == NOW.replace(microsecond=0)
    wrong = sts.refusal("GetSessionToken", SerialNumber="GAHT12345678", TokenCode="654321")
    assert wrong[:2] == (403, "AccessDenied")
    assert sts.refusal("GetSessionToken", TokenCode="123456")[1] == "ValidationError"
    sts.call("AssumeRole", **ROLE, SerialNumber="GAHT12345678", TokenCode="123456")
    assert sts.asked[-1][3]["aws:MultiFactorAuthPresent"] == "true"


def test_sessions_of_a_root_user_last_an_hour(sts: Sts) -> None:
    """A longer one becomes an hour; a root user assumes no role."""
    for seconds, expected in (("900", 900), ("3600", 3600), ("129600", 3600)):
        assert lifetime(sts.session(sts.call("GetSessionToken", ROOT_USER, DurationSeconds=seconds))) == expected
        federated = sts.call("GetFederationToken", ROOT_USER, DurationSeconds=seconds, Name="bob")
        assert lifetime(sts.session(federated)) == expected
    assert sts.refusal("AssumeRole", ROOT_USER, **ROLE)[2] == "Roles may not be assumed by root accounts."


def test_a_federated_user_is_named(sts: Sts) -> None:
    """It needs permission for the federated user, and another one for tags."""
    response = sts.call(
        "GetFederationToken", Name="bob", Policy=POLICY, Tags__member__1__Key="Team", Tags__member__1__Value="ops"
    )
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    context = {"aws:RequestTag/Team": "ops", "aws:TagKeys": ["Team"]}
    assert sts.asked == [(ALICE.arn, f"sts:{name}", arn, context) for name in ("GetFederationToken", "TagSession")]
    assert (texts(response, "FederatedUserId"), texts(response, "Arn")) == (f"{ACCOUNT}:bob", arn)
    session = sts.session(response)
    assert (session.policy, session.tags, lifetime(session)) == (POLICY, {"Team": "ops"}, 43_200)
    assert (session.principal_arn, session.session_arn) == (ALICE.arn, arn)
    assert 0 < int(texts(response, "PackedPolicySize")) <= 100


def test_a_role_is_assumed(sts: Sts) -> None:
    """The session acts under the role's name, for the hour or as long as the role permits."""
    response = sts.call("AssumeRole", **ROLE, ExternalId="e-1", SourceIdentity="alice", DurationSeconds="7200")
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/build-7"
    assert [asked[1:3] for asked in sts.asked] == [("sts:AssumeRole", DEPLOYER), ("sts:SetSourceIdentity", DEPLOYER)]
    assert sts.asked[0][3] == {
        "sts:RoleSessionName": "build-7",
        "sts:ExternalId": "e-1",
        "sts:SourceIdentity": "alice",
    }
    assert (texts(response, "AssumedRoleId"), texts(response, "Arn")) == ("AROADEPLOYER:build-7", arn)
    assert texts(response, "SourceIdentity") == "alice"
    session = sts.session(response)
    assert (session.principal_arn, session.session_arn, lifetime(session)) == (DEPLOYER, arn, 7200)
    assert lifetime(sts.session(sts.call("AssumeRole", **ROLE))) == 3600
    assert texts(response, "Expiration") == "2026-11-26T14:00:00Z"


@pytest.mark.parametrize("denied", ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
def test_each_permission_is_needed(sts: Sts, denied: str) -> None:
    """Tags and a source identity need permissions of their own."""
    sts.denied = {denied}
    tags = {"Tags.member.1.Key": "a", "Tags.member.1.Value": ""}
    status, code, message = sts.refusal("AssumeRole", **ROLE, **tags, SourceIdentity="alice")
    assert (status, code) == (403, "AccessDenied")
    assert message == f"User: {ALICE.arn} is not authorized to perform: {denied} on resource: {DEPLOYER}"
    if denied != "sts:AssumeRole":
        assert sts.call("AssumeRole", **ROLE).status == 200


def test_only_true_allows(sts: Sts) -> None:
    """An authorizer that answers something else than True has not allowed."""
    for value in (False, None, 1, "yes"):
        sts.world = dataclasses.replace(sts.world, authorize=lambda *_, value=value: value)
        assert sts.refusal("AssumeRole", **ROLE)[1] == "AccessDenied"


def test_an_unknown_role_is_denied_like_a_known_one(sts: Sts) -> None:
    """The answer does not tell whether there is such a role."""
    sts.denied = {"sts:AssumeRole"}
    known = sts.refusal("AssumeRole", **ROLE)
    other = f"{DEPLOYER}2"
    assert sts.refusal("AssumeRole", RoleArn=other, RoleSessionName="build-7") == (
        known[0], known[1], known[2].replace(DEPLOYER, other),
    )  # fmt: skip


def test_sessions_call_what_they_may(sts: Sts) -> None:
    """Temporary credentials get no session token; those of federated users assume no role."""
    role = sts.caller(sts.call("AssumeRole", **ROLE))
    user = sts.caller(sts.call("GetSessionToken"))
    federated = sts.caller(sts.call("GetFederationToken", Name="bob"))
    for caller in (role, user, federated):
        assert sts.refusal("GetSessionToken", caller)[1] == "AccessDenied"
        assert sts.refusal("GetFederationToken", caller, Name="eve")[1] == "AccessDenied"
        assert sts.call("GetCallerIdentity", caller).status == 200
    assert sts.call("AssumeRole", user, **ROLE).status == 200
    assert sts.refusal("AssumeRole", federated, **ROLE)[1] == "AccessDenied"


def test_a_chain_of_roles_lasts_an_hour(sts: Sts) -> None:
    """Whatever the role permits, a session gets another session for an hour at most."""
    first = sts.caller(sts.call("AssumeRole", **ROLE))
    second = {"RoleArn": AUDITOR, "RoleSessionName": "audit"}
    session = sts.session(sts.call("AssumeRole", first, **second, DurationSeconds="3600"))
    assert session.is_chained and not first.session.is_chained  # type: ignore[union-attr]
    for caller in (first, sts.caller(sts.call("GetSessionToken"))):
        assert "1 hour session limit" in sts.refusal("AssumeRole", caller, **second, DurationSeconds="3601")[2]
    assert sts.call("AssumeRole", **second, DurationSeconds="43200").status == 200
    assert "MaxSessionDuration" in sts.refusal("AssumeRole", **ROLE, DurationSeconds="7201")[2]


def test_tags_and_identity_go_along_a_chain(sts: Sts) -> None:
    """Transitive tags and the source identity are inherited and cannot be changed; other tags are not inherited."""
    tags = {
        "Tags.member.1.Key": "Team", "Tags.member.1.Value": "ops",
        "Tags.member.2.Key": "Job", "Tags.member.2.Value": "7",
        "TransitiveTagKeys.member.1": "team",
    }  # fmt: skip
    first = sts.caller(sts.call("AssumeRole", **ROLE, **tags, SourceIdentity="alice"))
    second = {"RoleArn": AUDITOR, "RoleSessionName": "audit"}
    session = sts.session(sts.call("AssumeRole", first, **second))
    assert (session.tags, session.transitive_tags) == ({"Team": "ops"}, ("Team",))
    assert session.source_identity == "alice"
    assert sts.asked[-2][1:] == (
        "sts:TagSession", AUDITOR,
        {"aws:RequestTag/Team": "ops", "aws:TagKeys": ["Team"], "sts:TransitiveTagKeys": ["Team"],
         "sts:RoleSessionName": "audit", "sts:SourceIdentity": "alice"},
    )  # fmt: skip
    third = Caller.of_session(session)
    assert sts.session(sts.call("AssumeRole", third, **ROLE)).tags == {"Team": "ops"}
    again = {"Tags.member.1.Key": "TEAM", "Tags.member.1.Value": "dev"}
    assert sts.refusal("AssumeRole", first, **second, **again)[1] == "InvalidParameterValue"
    assert sts.refusal("AssumeRole", first, **second, SourceIdentity="bob")[1] == "AccessDenied"
    assert sts.call("AssumeRole", first, **second, SourceIdentity="alice").status == 200


REFUSED = [
    ("AssumeRole", {"RoleSessionName": "x"}, "ValidationError", "Value null at 'roleArn'"),
    ("AssumeRole", {"RoleArn": DEPLOYER}, "ValidationError", "Value null at 'roleSessionName'"),
    ("AssumeRole", {**ROLE, "RoleSessionName": "x"}, "ValidationError", "greater than or equal to 2"),
    ("AssumeRole", {**ROLE, "RoleSessionName": "x" * 65}, "ValidationError", "less than or equal to 64"),
    ("AssumeRole", {**ROLE, "RoleSessionName": "a b"}, "ValidationError", "regular expression pattern"),
    ("AssumeRole", {**ROLE, "RoleSessionName": "aß"}, "ValidationError", "regular expression pattern"),
    ("AssumeRole", {**ROLE, "RoleArn": ALICE.arn}, "ValidationError", "is invalid"),
    ("AssumeRole", {**ROLE, "DurationSeconds": "899"}, "ValidationError", "greater than or equal to 900"),
    ("AssumeRole", {**ROLE, "DurationSeconds": "43201"}, "ValidationError", "less than or equal to 43200"),
    ("AssumeRole", {**ROLE, "DurationSeconds": "1e3"}, "ValidationError", "`1e3` is not a valid value"),
    ("AssumeRole", {**ROLE, "DurationSeconds": "9" * 5000}, "ValidationError", "is not a valid value"),
    ("AssumeRole", {**ROLE, "ExternalId": "x"}, "ValidationError", "at 'externalId'"),
    ("AssumeRole", {**ROLE, "SourceIdentity": "aws:x"}, "ValidationError", "pattern"),
    ("AssumeRole", {**ROLE, "Policy": ""}, "ValidationError", "at 'policy'"),
    ("AssumeRole", {**ROLE, "Policy": "{" + " " * 2048}, "ValidationError", "equal to 2048"),
    ("AssumeRole", {**ROLE, "Policy": "{"}, "MalformedPolicyDocument", "GW"),
    ("AssumeRole", {**ROLE, "Policy": "[" * 2000}, "MalformedPolicyDocument", "GW"),
    ("AssumeRole", {**ROLE, "Policy": POLICY.replace("Allow", "Permit")}, "MalformedPolicyDocument", "Permit"),
    ("AssumeRole", {**ROLE, "Policy": POLICY.replace('"Action"', '"Principal":"*","Action"')},
     "MalformedPolicyDocument", "GW"),
    ("AssumeRole", {**ROLE, "PolicyArns.member.1.arn": "arn:aws:iam::1:policy/x"},
     "InvalidParameterValue", "no managed"),
    ("AssumeRole", {**ROLE, "PolicyArns.member.1": "x"}, "ValidationError", "is not known"),
    ("AssumeRole", {**ROLE, **{f"PolicyArns.member.{i}.arn": "arn:aws:iam::aws:policy/A" for i in range(1, 12)}},
     "ValidationError", "less than or equal to 10"),
    ("AssumeRole", {**ROLE, "Tags.member.1.Key": "a"}, "ValidationError", "at 'tags.1.member.value'"),
    ("AssumeRole", {**ROLE, "Tags.member.2.Key": "a", "Tags.member.2.Value": "b"}, "ValidationError", "from 1 on"),
    ("AssumeRole", {**ROLE, "Tags.member.1.Key": "aws:a", "Tags.member.1.Value": "b"}, "InvalidParameterValue", "aws:"),
    ("AssumeRole", {**ROLE, "Tags.member.1.Key": "a\n", "Tags.member.1.Value": "b"}, "ValidationError", "pattern"),
    ("AssumeRole", {**ROLE, "Tags.member.1.Key": "a", "Tags.member.1.Value": "b",
                    "Tags.member.2.Key": "A", "Tags.member.2.Value": "b"},
     "InvalidParameterValue", "Duplicate tag keys"),
    ("AssumeRole", {**ROLE, "TransitiveTagKeys.member.1": "a"}, "InvalidParameterValue", "must be included"),
    ("GetFederationToken", {}, "ValidationError", "at 'name'"),
    ("GetFederationToken", {"Name": "x" * 33}, "ValidationError", "equal to 32"),
    ("GetFederationToken", {"Name": "bob", "DurationSeconds": "129601"}, "ValidationError", "equal to 129600"),
    ("GetSessionToken", {"DurationSeconds": "0"}, "ValidationError", "equal to 900"),
    ("GetSessionToken", {"SerialNumber": "GAHT12345678", "TokenCode": "12345a"}, "ValidationError", "at 'tokenCode'"),
    ("DecodeAuthorizationMessage", {}, "ValidationError", "at 'encodedMessage'"),
    ("DecodeAuthorizationMessage", {"EncodedMessage": "x" * 10_241}, "ValidationError", "equal to 10240"),
    ("DecodeAuthorizationMessage", {"EncodedMessage": "x"}, "InvalidAuthorizationMessageException", "not valid"),
    ("AssumeRoleWithSAML", {}, "InvalidAction", "Could not find operation AssumeRoleWithSAML for version 2011-06-15"),
    ("GetCallerIdentity", {"Version": "2010-05-08"}, "InvalidAction", "version 2010-05-08"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "parameters", "code", "words"), REFUSED)
def test_a_request_outside_of_the_limits_is_refused(
    sts: Sts, action: str, parameters: dict[str, str], code: str, words: str
) -> None:
    """The code is that of AWS, the message says what is wrong where, and nobody was asked."""
    status, found, message = sts.refusal(action, **parameters)
    assert (status, found) == (400, code) and words in message and len(message) < 700
    if code != "InvalidAuthorizationMessageException":
        assert sts.asked == []


def test_policies_and_tags_that_do_not_fit_are_told_apart(sts: Sts) -> None:
    """Fifty tags of hardly compressible values are too much, and the message says how much."""
    tags = {}
    for i in range(1, 51):
        tags[f"Tags.member.{i}.Key"] = hashlib.sha256(f"key {i}".encode()).hexdigest()
        tags[f"Tags.member.{i}.Value"] = "".join(hashlib.sha256(f"{i} {j}".encode()).hexdigest() for j in range(4))
    status, code, message = sts.refusal("AssumeRole", **ROLE, **tags)
    assert (status, code) == (400, "PackedPolicyTooLarge")
    assert "consumes" in message and "% of allotted space" in message


def test_an_hour_of_a_session_is_an_hour(sts: Sts) -> None:
    """The credentials open their session until it ends."""
    response = sts.call("AssumeRole", **ROLE)
    sts.later(NOW + timedelta(minutes=59))
    assert sts.session(response)
    sts.later(NOW + timedelta(minutes=60))
    with pytest.raises(Exception, match="ExpiredToken"):
        sts.session(response)


@given(
    st.dictionaries(
        st.sampled_from(
            ("Action", "Version", "RoleArn", "Name", "Policy", "Tags.member.1.Key", "Tags.member.x", "DurationSeconds")
        )
        | st.text(max_size=30),
        st.sampled_from(
            ("AssumeRole", "GetFederationToken", "2011-06-15", DEPLOYER, "900", "{", "\0", "\ud800", "\uffff")
        )
        | st.text(max_size=30),
        max_size=8,
    ),
    st.sampled_from(("AssumeRole", "GetFederationToken", "GetSessionToken", "DecodeAuthorizationMessage", "\x00<&>")),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_there_is_an_answer(parameters: dict[str, str], action: str) -> None:
    """Every request has a well-formed XML response, with our request id."""
    response = Sts().call(action, **parameters) if "Action" not in parameters else Sts().call(**{"action": action})
    root = ElementTree.fromstring(response.body)
    assert root.tag.endswith("Response") and texts(response, "RequestId").startswith("c6104cbe")
    assert response.status in (200, 400, 403)


def test_a_caller_is_of_an_account() -> None:
    """What is no principal of an account cannot call."""
    assert (ROOT_USER.is_root, ALICE.is_root, ALICE.partition) == (True, False, "aws")
    with pytest.raises(ValueError, match="no principal of an account"):
        Caller("alice", "AIDA").account  # noqa: B018
    assert Role(DEPLOYER, "AROA").session_limit == 3600


def test_a_response_shows_no_secret(sts: Sts) -> None:
    """The representation of a response has its status and length alone."""
    response = sts.call("GetSessionToken")
    assert repr(response) == f"Response(200, {len(response.body)} bytes)"
