"""A store with everything in it, loaded, compiled and asked: policies of all kinds decide together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stores import (
    MAIN,
    PARTNER,
    STRANGER,
    Json,
    allow,
    ask,
    details,
    load,
    open_store,
    policy,
    role,
    statement,
    trust,
    user,
)

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.store import PolicyStore

BUCKET, OBJECT = "arn:aws:s3:::pears", "arn:aws:s3:::pears/2026/september.csv"
ROOT = f"arn:aws:iam::{MAIN}:root"

# Mara may do all, Paul nothing, Rita may read S3; in the partner's account Petra may do all and Pim nothing.
ACCOUNTS: Json = {
    "accounts/main.json": details(MAIN, {"mara": allow("*"), "paul": None, "rita": allow("s3:Get*")}),
    "accounts/partner.json": details(PARTNER, {"petra": allow("*"), "pim": None}),
}
MARA, PAUL, RITA = user("mara"), user("paul"), user("rita")
PETRA, PIM = user("petra", PARTNER), user("pim", PARTNER)


def open_resource(folder: Path, arn: str, document: object, account: str | None = MAIN) -> gw.Authorizer:
    """Open a store of both accounts in which one resource has a policy."""
    value = document if account is None else {"Account": account, "Policy": document}
    return open_store(folder, ACCOUNTS | {"resource-policies.json": {arn: value}})


def on_bucket(effect: str, principal: object, action: str = "s3:*") -> Json:
    """Return a policy for a bucket and its objects."""
    return policy(statement(effect, action, Principal=principal, Resource=[BUCKET, f"{BUCKET}/*"]))


# --- resource-based policies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "caller", "decision"),
    [
        (on_bucket("Allow", {"AWS": PAUL}), PAUL, ("allow", "resource")),  # either side suffices
        (on_bucket("Allow", {"AWS": PAUL}), MARA, ("allow", "identity")),
        (on_bucket("Allow", {"AWS": RITA}), PAUL, ("implicit_deny", "identity")),
        (on_bucket("Allow", {"AWS": ROOT}), PAUL, ("implicit_deny", "identity")),  # by leave of its own account
        (on_bucket("Deny", "*", "s3:GetObject"), MARA, ("explicit_deny", "resource")),
        (on_bucket("Deny", {"AWS": PETRA}), MARA, ("allow", "identity")),
        (on_bucket("Allow", {"AWS": PETRA}), PETRA, ("allow", "identity")),  # across accounts: both sides
        (on_bucket("Allow", {"AWS": PARTNER}), PETRA, ("allow", "identity")),
        (on_bucket("Allow", {"AWS": PIM}), PIM, ("implicit_deny", "identity")),
        (on_bucket("Allow", {"AWS": PIM}), PETRA, ("implicit_deny", "resource")),
        (on_bucket("Deny", "*"), PETRA, ("explicit_deny", "resource")),
        (on_bucket("Allow", "*"), "anonymous", ("allow", "resource")),
        (on_bucket("Allow", {"AWS": PARTNER}), "anonymous", ("implicit_deny", "resource")),
        (
            on_bucket("Allow", {"Service": "logging.s3.amazonaws.com"}),
            "logging.s3.amazonaws.com",
            ("allow", "resource"),
        ),
        (
            on_bucket("Allow", {"Service": "logging.s3.amazonaws.com"}),
            "sns.amazonaws.com",
            ("implicit_deny", "resource"),
        ),
        (on_bucket("Deny", "*"), ROOT, ("explicit_deny", "resource")),
    ],
)
def test_bucket_policy(document: Json, caller: str, decision: tuple[str, str], tmp_path: Path) -> None:
    """A bucket's policy decides on its objects, in its account and across (R53, R65, R131, R135, R140, R144, R145)."""
    authorizer = open_resource(tmp_path, BUCKET, document)
    assert ask(authorizer, caller, "s3:GetObject", OBJECT) == decision


def test_the_owner_repairs_a_policy_that_shuts_everybody_out(tmp_path: Path) -> None:
    """The root user of the owner may put, get and delete a bucket's policy whatever it denies (R143)."""
    authorizer = open_resource(tmp_path, BUCKET, on_bucket("Deny", "*"))
    for action in ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"):
        assert ask(authorizer, ROOT, action, BUCKET)[0] == "allow"
    assert ask(authorizer, f"arn:aws:iam::{PARTNER}:root", "s3:PutBucketPolicy", BUCKET)[0] == "explicit_deny"
    assert ask(authorizer, ROOT, "s3:DeleteBucket", BUCKET)[0] == "explicit_deny"


def test_the_root_user_needs_no_policy_within_its_account(tmp_path: Path) -> None:
    """What is its account's own needs no grant; what is another's needs the owner's (R143, R140)."""
    authorizer = open_resource(tmp_path, BUCKET, on_bucket("Allow", {"AWS": PARTNER}, "s3:GetObject"))
    assert ask(authorizer, ROOT, "s3:PutObject", OBJECT) == ("allow", None)
    partner = f"arn:aws:iam::{PARTNER}:root"
    assert ask(authorizer, partner, "s3:GetObject", OBJECT) == ("allow", "resource")
    assert ask(authorizer, partner, "s3:PutObject", OBJECT) == ("implicit_deny", "resource")


PREFIX = f"arn:aws:s3:eu-west-1:{MAIN}:accesspoint"
TABLE = f"arn:aws:dynamodb:eu-west-1:{MAIN}:table/pears"
QUEUE = f"arn:aws:sqs:eu-west-1:{MAIN}:pears"


@pytest.mark.parametrize(
    ("holder", "action", "resource", "is_held"),
    [
        (BUCKET, "s3:GetObject", OBJECT, True),
        (BUCKET, "s3:ListBucket", BUCKET, True),
        (BUCKET, "s3:GetObject", "arn:aws:s3:::pears2/september.csv", False),
        (f"{PREFIX}/front", "s3:GetObject", f"{PREFIX}/front/object/a/b", True),
        (f"{PREFIX}/front", "s3:GetObject", f"{PREFIX}/back/object/a/b", False),
        (TABLE, "dynamodb:Query", TABLE, True),
        (TABLE, "dynamodb:Query", f"{TABLE}/index/by-weight", True),
        (TABLE, "dynamodb:GetRecords", f"{TABLE}/stream/2026-10-01", False),
        (QUEUE, "sqs:SendMessage", QUEUE, True),
        (QUEUE, "sqs:SendMessage", f"{QUEUE}/x", False),
    ],
)
def test_a_policy_is_that_of_what_is_within(
    holder: str, action: str, resource: str, is_held: bool, tmp_path: Path
) -> None:
    """A bucket's policy is that of its objects, an access point's likewise, a table's that of its indexes (R32)."""
    authorizer = open_resource(tmp_path, holder, allow("*", Principal={"AWS": PAUL}))
    assert ask(authorizer, PAUL, action, resource) == (
        ("allow", "resource") if is_held else ("implicit_deny", "identity")
    )


def test_a_target_tells_what_the_arn_does_not(tmp_path: Path) -> None:
    """Who asks may name the owner of a resource, and the entry whose policy decides (R140)."""
    authorizer = open_resource(tmp_path, BUCKET, on_bucket("Allow", {"AWS": PETRA}))
    unknown = "arn:aws:s3:::apples/x"
    assert ask(authorizer, PETRA, "s3:GetObject", unknown) == ("allow", "identity"), "taken for the caller's own"
    foreign = gw.Target(account=MAIN)
    assert ask(authorizer, PETRA, "s3:GetObject", unknown, target=foreign) == ("implicit_deny", "resource")
    by_name = gw.Target(policy=BUCKET)
    assert ask(authorizer, PETRA, "s3:GetObject", OBJECT, target=by_name) == ("allow", "identity")
    with pytest.raises(gw.RequestError, match="apples"):
        authorizer.authorize(PETRA, "s3:GetObject", OBJECT, target=gw.Target(policy="arn:aws:s3:::apples"))


# --- keys -------------------------------------------------------------------------------------------------------------

KEY = f"arn:aws:kms:eu-west-1:{MAIN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("document", "caller", "action", "decision"),
    [
        (allow("kms:*", Principal={"AWS": ROOT}), MARA, "kms:Decrypt", ("allow", "identity")),
        (allow("kms:*", Principal={"AWS": ROOT}), PAUL, "kms:Decrypt", ("implicit_deny", "identity")),
        (allow("kms:*", Principal={"AWS": PAUL}), PAUL, "kms:Decrypt", ("allow", "resource")),
        (allow("kms:*", Principal={"AWS": PAUL}), MARA, "kms:Decrypt", ("implicit_deny", "resource")),
        (allow("kms:*", Principal={"AWS": PAUL}), MARA, "kms:ListKeys", ("allow", "identity")),
        (allow("kms:*", Principal={"AWS": PAUL}), ROOT, "kms:Decrypt", ("implicit_deny", "resource")),
        (allow("kms:*", Principal={"AWS": PARTNER}), PETRA, "kms:Decrypt", ("allow", "identity")),
        (allow("kms:*", Principal={"AWS": PARTNER}), PETRA, "kms:ScheduleKeyDeletion", ("implicit_deny", "resource")),
        (allow("kms:*", Principal="*"), "anonymous", "kms:Decrypt", ("implicit_deny", "authentication")),
    ],
)
def test_key_policy(document: Json, caller: str, action: str, decision: tuple[str, str], tmp_path: Path) -> None:
    """A key policy must grant, or leave it to the account's identity policies; few operations cross (R142)."""
    assert ask(open_resource(tmp_path, KEY, document, None), caller, action, KEY) == decision


def test_a_key_without_entry_is_left_to_its_account(tmp_path: Path) -> None:
    """Of a key that the store does not have, AWS's default policy is assumed: the account's policies decide (R142)."""
    authorizer = open_resource(tmp_path, BUCKET, on_bucket("Allow", "*"))
    assert ask(authorizer, MARA, "kms:Decrypt", KEY) == ("allow", "identity")
    assert ask(authorizer, PETRA, "kms:Decrypt", KEY) == ("implicit_deny", "resource")


# --- trust policies ---------------------------------------------------------------------------------------------------

TRUST: Json = {
    "direct": trust({"AWS": PAUL}),
    "account": trust({"AWS": ROOT}),
    "partner": trust({"AWS": PARTNER}),
    "service": trust({"Service": "ec2.amazonaws.com"}),
    "saml": trust({"Federated": f"arn:aws:iam::{MAIN}:saml-provider/idp"}, "sts:AssumeRoleWithSAML"),
    "shut": policy(
        statement("Allow", "sts:AssumeRole", Principal={"AWS": ROOT}, Resource=None),
        statement("Deny", "sts:AssumeRole", Principal="*", Resource=None),
    ),
}


@pytest.mark.parametrize(
    ("name", "caller", "decision"),
    [
        ("direct", PAUL, ("allow", "trust")),
        ("direct", MARA, ("implicit_deny", "trust")),
        ("direct", ROOT, ("implicit_deny", "trust")),
        ("account", MARA, ("allow", "identity")),
        ("account", PAUL, ("implicit_deny", "identity")),
        ("account", PETRA, ("implicit_deny", "trust")),
        ("partner", PETRA, ("allow", "identity")),
        ("partner", PIM, ("implicit_deny", "identity")),
        ("partner", f"arn:aws:sts::{PARTNER}:assumed-role/idle/s", ("allow", "identity")),
        ("service", "ec2.amazonaws.com", ("allow", "trust")),
        ("service", "lambda.amazonaws.com", ("implicit_deny", "trust")),
        ("shut", MARA, ("explicit_deny", "trust")),
        ("shut", "anonymous", ("implicit_deny", "authentication")),
    ],
)
def test_trust_policy(name: str, caller: str, decision: tuple[str, str], tmp_path: Path) -> None:
    """Who may assume a role is for its trust policy to say, alone or together with identity policies (R33, R141)."""
    files = ACCOUNTS | {"accounts/main.json": details(MAIN, {"mara": allow("*"), "paul": None}, TRUST)}
    authorizer = open_store(tmp_path, files)
    assert ask(authorizer, caller, "sts:AssumeRole", role(name)) == decision


def test_a_provider_s_callers_assume_what_trusts_the_provider(tmp_path: Path) -> None:
    """A SAML provider's callers need an entry for it, and the action that fits (R60, R141)."""
    authorizer = open_store(tmp_path, {"accounts/main.json": details(MAIN, {}, TRUST)})
    provider = f"arn:aws:iam::{MAIN}:saml-provider/idp"
    assert ask(authorizer, provider, "sts:AssumeRoleWithSAML", role("saml")) == ("allow", "trust")
    assert ask(authorizer, provider, "sts:AssumeRole", role("saml")) == ("implicit_deny", "trust")
    assert ask(authorizer, f"{provider}2", "sts:AssumeRoleWithSAML", role("saml")) == ("implicit_deny", "trust")


def test_a_trust_policy_says_nothing_of_other_actions(tmp_path: Path) -> None:
    """Whoever may assume a role may not for that delete it (R141)."""
    authorizer = open_store(tmp_path, {"accounts/main.json": details(MAIN, {"mara": allow("*"), "paul": None}, TRUST)})
    assert ask(authorizer, PAUL, "iam:DeleteRole", role("direct")) == ("implicit_deny", "identity")
    assert ask(authorizer, MARA, "iam:DeleteRole", role("shut")) == ("allow", "identity")


# --- organizations ----------------------------------------------------------------------------------------------------

ONLY_MAIN = policy(
    statement("Deny", "s3:*", Principal="*", Condition={"StringNotEquals": {"aws:PrincipalAccount": MAIN}}),
)


def open_organization(folder: Path, place: str, *, management: str = STRANGER) -> gw.Authorizer:
    """Open a store whose organization has a resource control policy at the root, the unit or the main account."""
    nodes: Json = {
        "account": {"Id": MAIN, "Name": "main"},
        "unit": {"Id": "ou-ab12-11111111", "Name": "Unit"},
        "root": {"Id": "r-ab12", "Name": "Root"},
    }
    nodes[place]["ResourceControlPolicies"] = [ONLY_MAIN]
    nodes["unit"]["Accounts"] = [nodes["account"]]
    nodes["root"]["OrganizationalUnits"] = [nodes["unit"]]
    nodes["root"]["Accounts"] = [{"Id": account, "Name": account} for account in (PARTNER, STRANGER)]
    tree = {"Id": "o-a1b2c3d4e5", "ManagementAccountId": management, "Root": nodes["root"]}
    policies = {BUCKET: {"Account": MAIN, "Policy": on_bucket("Allow", "*")}}
    policies["arn:aws:s3:::plums"] = {"Account": PARTNER, "Policy": allow("s3:*", Principal="*")}
    return open_store(folder, ACCOUNTS | {"organization.json": tree, "resource-policies.json": policies})


@pytest.mark.parametrize("place", ["root", "unit", "account"])
def test_a_resource_control_policy_guards_what_is_below_it(place: str, tmp_path: Path) -> None:
    """Its Deny counts for the resources of every account below, whoever calls, services aside (R37, R133, R147)."""
    authorizer = open_organization(tmp_path, place)
    context = {"aws:PrincipalAccount": PARTNER}
    assert ask(authorizer, PETRA, "s3:GetObject", OBJECT, context=context) == ("explicit_deny", "rcp")
    assert ask(authorizer, "anonymous", "s3:GetObject", OBJECT) == ("explicit_deny", "rcp")
    assert ask(authorizer, MARA, "s3:GetObject", OBJECT, context={"aws:PrincipalAccount": MAIN})[0] == "allow"
    plums = ("explicit_deny", "rcp") if place == "root" else ("allow", "identity")
    assert ask(authorizer, PETRA, "s3:GetObject", "arn:aws:s3:::plums/x", context=context) == plums
    instance = f"arn:aws:ec2:eu-west-1:{PARTNER}:instance/i-1"
    assert ask(authorizer, PETRA, "ec2:StartInstances", instance, context=context) == ("allow", "identity")


def test_the_management_account_is_under_no_resource_control_policy(tmp_path: Path) -> None:
    """What the management account owns no such policy guards (R146)."""
    authorizer = open_organization(tmp_path, "root", management=MAIN)
    context = {"aws:PrincipalAccount": PARTNER}
    assert ask(authorizer, PETRA, "s3:GetObject", OBJECT, context=context) == ("allow", "identity")
    plums = "arn:aws:s3:::plums/x"
    assert ask(authorizer, PETRA, "s3:GetObject", plums, context=context) == ("explicit_deny", "rcp")


def test_a_service_linked_role_s_trust_policy_is_under_no_resource_control_policy(tmp_path: Path) -> None:
    """Service-linked roles are out of the reach of control policies, as callers and as resources (R133)."""
    linked = "aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"
    roles = {linked: trust({"Service": "support.amazonaws.com"}), "web": trust({"Service": "support.amazonaws.com"})}
    deny = policy(statement("Deny", "sts:*", Principal="*"))
    root = {"Id": "r-ab12", "Name": "Root", "ResourceControlPolicies": [deny]}
    root["Accounts"] = [{"Id": account, "Name": account} for account in (MAIN, STRANGER)]
    tree = {"Id": "o-a1b2c3d4e5", "ManagementAccountId": STRANGER, "Root": root}
    authorizer = open_store(tmp_path, {"accounts/main.json": details(MAIN, {}, roles), "organization.json": tree})
    for name, decision in ((linked, ("allow", "trust")), ("web", ("explicit_deny", "rcp"))):
        assert ask(authorizer, "support.amazonaws.com", "sts:AssumeRole", role(name)) == decision


# --- VPC endpoints ----------------------------------------------------------------------------------------------------


def endpoint(name: str, document: Json, kind: str = "Interface") -> Json:
    """Return an endpoint as ``describe-vpc-endpoints`` prints it."""
    return {"VpcEndpointId": name, "VpcEndpointType": kind, "PolicyDocument": document}


ENDPOINTS = [
    endpoint("vpce-open", allow("*", Principal="*")),
    endpoint("vpce-read", allow("s3:Get*", Principal="*"), "Gateway"),
    endpoint("vpce-rita", allow("s3:*", Principal={"AWS": RITA})),
    endpoint("vpce-rita-gateway", allow("s3:*", Principal={"AWS": RITA}), "Gateway"),
    endpoint("vpce-shut", policy(statement("Deny", "*", Principal="*"))),
]


@pytest.mark.parametrize(
    ("names", "caller", "action", "decision"),
    [
        ((), MARA, "s3:PutObject", ("allow", "identity")),
        (("vpce-open",), MARA, "s3:PutObject", ("allow", "identity")),
        (("vpce-open",), PAUL, "s3:PutObject", ("implicit_deny", "identity")),
        (("vpce-read",), MARA, "s3:GetObject", ("allow", "identity")),
        (("vpce-read",), MARA, "s3:PutObject", ("implicit_deny", "vpc-endpoint")),
        (("vpce-open", "vpce-read"), MARA, "s3:PutObject", ("implicit_deny", "vpc-endpoint")),
        (("vpce-rita",), RITA, "s3:GetObject", ("allow", "identity")),
        (("vpce-rita",), MARA, "s3:GetObject", ("implicit_deny", "vpc-endpoint")),
        (("vpce-rita-gateway",), RITA, "s3:GetObject", ("implicit_deny", "vpc-endpoint")),
        (("vpce-shut",), ROOT, "s3:GetObject", ("explicit_deny", "vpc-endpoint")),
        (("vpce-gone",), MARA, "s3:GetObject", ("implicit_deny", "vpc-endpoint")),
    ],
)
def test_endpoint_policy(
    names: tuple[str, ...], caller: str, action: str, decision: tuple[str, str], tmp_path: Path
) -> None:
    """Every endpoint on the way must allow; one that the store does not know lets nothing pass (R38)."""
    authorizer = open_store(tmp_path, ACCOUNTS | {"endpoints/a.json": {"VpcEndpoints": ENDPOINTS}})
    assert ask(authorizer, caller, action, OBJECT, target=gw.Target(endpoints=names)) == decision
    if len(names) == 1:
        for key in ("aws:SourceVpce", "AWS:sourcevpce"):
            assert ask(authorizer, caller, action, OBJECT, context={key: names[0]}) == decision


def test_a_store_without_endpoints_does_not_look_for_any(tmp_path: Path) -> None:
    """Where no endpoint is told, a key that names one is a key like any other (R38)."""
    authorizer = open_store(tmp_path, ACCOUNTS)
    assert ask(authorizer, MARA, "s3:GetObject", OBJECT, context={"aws:SourceVpce": "vpce-1"}) == ("allow", "identity")


# --- images and snapshots ---------------------------------------------------------------------------------------------

ORGANIZATION = {
    "Id": "o-a1b2c3d4e5",
    "ManagementAccountId": STRANGER,
    "Root": {
        "Id": "r-ab12",
        "Name": "Root",
        "Accounts": [{"Id": account, "Name": account} for account in (MAIN, PARTNER, STRANGER)],
    },
}
OF_ORGANIZATION = {"OrganizationArn": f"arn:aws:organizations::{STRANGER}:organization/o-a1b2c3d4e5"}


def permissions(kind: str) -> Json:
    """Return the files of images or snapshots: own, shared, public, encrypted, and one of the partner."""
    what, name, member = {
        "image": ("Images", "ImageId", "LaunchPermissions"),
        "snapshot": ("Snapshots", "SnapshotId", "CreateVolumePermissions"),
    }[kind]
    sharing = {"own": [], "shared": [{"UserId": PARTNER}], "public": [{"Group": "all"}], "wide": [OF_ORGANIZATION]}
    items = [{name: one, "OwnerId": MAIN} for one in sharing]
    items += [{name: "foreign", "OwnerId": PARTNER}, {name: "locked", "OwnerId": MAIN, **encrypted(kind)}]
    files: Json = {f"{kind}s/all.json": {what: items}}
    for one, entries in {**sharing, "locked": [{"UserId": PARTNER}]}.items():
        files[f"{kind}s/permission-{one}.json"] = {name: one, member: entries}
    return files


def encrypted(kind: str) -> Json:
    """Return what tells that something is encrypted."""
    return {"Encrypted": True} if kind == "snapshot" else {"BlockDeviceMappings": [{"Ebs": {"Encrypted": True}}]}


@pytest.mark.parametrize(("kind", "action"), [("image", "ec2:RunInstances"), ("snapshot", "ec2:CreateVolume")])
def test_images_and_snapshots(kind: str, action: str, tmp_path: Path) -> None:
    """Identity policies and the item's permission must both allow, whoever shares it with whom (R161, R163)."""
    authorizer = open_store(tmp_path, ACCOUNTS | {"organization.json": ORGANIZATION} | permissions(kind))
    refused = ("implicit_deny", "ec2-attribute")
    expected = {
        "own": (True, False),
        "shared": (True, True),
        "public": (True, True),
        "wide": (True, True),
        "foreign": (False, True),
        "locked": (True, False),
        "undescribed": (False, False),
    }
    for name, (is_main, is_partner) in expected.items():
        arn = f"arn:aws:ec2:eu-west-1::{kind}/{name}"
        for caller, is_allowed in ((MARA, is_main), (PETRA, is_partner)):
            assert ask(authorizer, caller, action, arn) == (("allow", "identity") if is_allowed else refused), name
        assert ask(authorizer, PAUL, action, arn) == ("implicit_deny", "identity"), name
        assert ask(authorizer, ROOT, action, arn) == (("allow", None) if is_main else refused), name
        change = "ec2:ModifyImageAttribute" if kind == "image" else "ec2:ModifySnapshotAttribute"
        is_own = is_main and name != "foreign"
        assert ask(authorizer, MARA, change, arn) == (("allow", "identity") if is_own else refused), name
        assert ask(authorizer, PETRA, change, arn)[0] == ("allow" if name == "foreign" else "implicit_deny"), name
        assert ask(authorizer, MARA, f"ec2:Describe{kind.title()}s", "*") == ("allow", "identity")


def test_what_is_encrypted_is_not_made_public(tmp_path: Path) -> None:
    """An owner's call that shares an encrypted image with everyone is refused, with one account not (R161)."""
    authorizer = open_store(tmp_path, ACCOUNTS | permissions("image"))
    for name, group in (("own", "allow"), ("locked", "implicit_deny")):
        arn = f"arn:aws:ec2:eu-west-1::image/{name}"
        change = "ec2:ModifyImageAttribute"
        assert ask(authorizer, MARA, change, arn, context={"ec2:Add/group": "all"})[0] == group
        assert ask(authorizer, MARA, change, arn, context={"ec2:Add/userId": PARTNER})[0] == "allow"


def test_without_images_in_the_store_none_is_judged(tmp_path: Path) -> None:
    """Where a store describes no images, only the policies decide on them; snapshots stay apart (R161)."""
    authorizer = open_store(tmp_path, ACCOUNTS | permissions("snapshot"))
    image, snapshot = (f"arn:aws:ec2:eu-west-1::{kind}/undescribed" for kind in ("image", "snapshot"))
    assert ask(authorizer, MARA, "ec2:RunInstances", image) == ("allow", "identity")
    assert ask(authorizer, MARA, "ec2:CreateVolume", snapshot) == ("implicit_deny", "ec2-attribute")


# --- principals that a store does not hold ----------------------------------------------------------------------------


def federated(session: Json | None, federating_user: str, *identity: Json) -> gw.Authorizer:
    """Open a policy set with a federated user."""
    documents = [
        Document(f"{kind} {number}", kind, Source(json.dumps(value), f"{kind} {number}"))
        for kind, values in ((PolicyKind.IDENTITY, identity), (PolicyKind.SESSION, [session] if session else []))
        for number, value in enumerate(values)
    ]
    own = tuple(range(len(identity)))
    passed = (len(identity),) if session else None
    arn = f"arn:aws:sts::{MAIN}:federated-user/fred"
    who = Principal(arn, PrincipalKind.FEDERATED, own, session=passed, federating_user=federating_user)
    return gw.Authorizer(gw.compile(PolicySet(tuple(documents), (who,))))


@pytest.mark.parametrize(
    ("session", "federating_user", "identity", "decision"),
    [
        (allow("s3:*"), MARA, [allow("*")], ("allow", "identity")),
        (allow("s3:Put*"), MARA, [allow("*")], ("implicit_deny", "session")),
        (None, MARA, [allow("*")], ("implicit_deny", "session")),
        (allow("s3:*"), MARA, [], ("implicit_deny", "identity")),
        (allow("s3:*"), ROOT, [], ("allow", None)),
        (allow("s3:Put*"), ROOT, [], ("implicit_deny", "session")),
    ],
)
def test_federated_users(
    session: Json | None, federating_user: str, identity: list[Json], decision: tuple[str, str | None]
) -> None:
    """A federated user has what both the federating user and the policy passed allow, and none without it (R139)."""
    authorizer = federated(session, federating_user, *identity)
    arn = f"arn:aws:sts::{MAIN}:federated-user/fred"
    assert ask(authorizer, arn, "s3:GetObject", OBJECT) == decision
    assert ask(authorizer, arn, "iam:ListUsers", "*") == ("implicit_deny", "authentication")


# --- the store itself -------------------------------------------------------------------------------------------------


def whole(folder: Path) -> PolicyStore:
    """Load a store in which there is something of every kind."""
    scp = {"ServiceControlPolicies": [allow("*")], "ResourceControlPolicies": [ONLY_MAIN]}
    root = ORGANIZATION["Root"] | scp  # type: ignore[operator]
    root["Accounts"] = [account | {"ServiceControlPolicies": [allow("*")]} for account in root["Accounts"]]
    files = ACCOUNTS | {"organization.json": {**ORGANIZATION, "Root": root}} | permissions("image")
    files |= {
        "endpoints/a.json": {"VpcEndpoints": ENDPOINTS},
        "resource-policies.json": {QUEUE: allow("*", Principal="*")},
    }
    return load(folder, files | permissions("snapshot"))


def test_kinds_are_numbered_in_the_order_in_which_a_deny_is_looked_for(tmp_path: Path) -> None:
    """From identity policies to EC2 attributes, each kind stands behind the last (R147)."""
    kinds = [document.kind for document in whole(tmp_path).policy_set.documents]
    assert list(dict.fromkeys(kinds)) == [
        PolicyKind.IDENTITY,
        PolicyKind.RESOURCE,
        PolicyKind.TRUST,
        PolicyKind.SCP,
        PolicyKind.RCP,
        PolicyKind.VPC_ENDPOINT,
        PolicyKind.EC2_ATTRIBUTE,
    ]
    assert kinds == sorted(kinds, key=list(dict.fromkeys(kinds)).index)


def test_two_loads_make_one_table(tmp_path: Path) -> None:
    """The same files give the same bytes, and a saved table answers like the one that was compiled."""
    one, two = (gw.compile(whole(tmp_path)) for _ in range(2))
    assert bytes(one) == bytes(two)
    one.save(tmp_path / "policies.gwt")
    asked = (PETRA, "ec2:RunInstances", "arn:aws:ec2:eu-west-1::image/shared")
    opened, compiled = gw.Authorizer.open(tmp_path / "policies.gwt"), gw.Authorizer(one)
    assert opened.authorize(*asked) == compiled.authorize(*asked)
