"""The example stores hold what the AWS command line would print of one consistent organisation."""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stores import ask

import gatewright as gw

EXAMPLES = Path(__file__).parents[3] / "examples"
STORES = ("store", "proposed")
ACCOUNTS = {"orchard-main": "123456789012", "orchard-production": "111122223333", "orchard-data": "444455556666"}
BESIDE = (
    "endpoints/orchard-main.json",
    "images/orchard-base-launch-permission.json",
    "images/orchard-main.json",
    "resource-policies.json",
)
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
MEMBERS = {
    "UserDetailList": {
        "Path",
        "UserName",
        "UserId",
        "Arn",
        "CreateDate",
        "GroupList",
        "AttachedManagedPolicies",
        "Tags",
    },
    "GroupDetailList": {
        "Path",
        "GroupName",
        "GroupId",
        "Arn",
        "CreateDate",
        "GroupPolicyList",
        "AttachedManagedPolicies",
    },
    "RoleDetailList": {
        "Path",
        "RoleName",
        "RoleId",
        "Arn",
        "CreateDate",
        "AssumeRolePolicyDocument",
        "InstanceProfileList",
        "RolePolicyList",
        "AttachedManagedPolicies",
        "Tags",
        "RoleLastUsed",
    },
    "Policies": {
        "PolicyName",
        "PolicyId",
        "Arn",
        "Path",
        "DefaultVersionId",
        "AttachmentCount",
        "PermissionsBoundaryUsageCount",
        "IsAttachable",
        "CreateDate",
        "UpdateDate",
        "PolicyVersionList",
    },
}
OPTIONAL = {"UserDetailList": {"UserPolicyList", "PermissionsBoundary"}, "RoleDetailList": {"PermissionsBoundary"}}
PREFIXES = {"UserDetailList": "AIDA", "GroupDetailList": "AGPA", "RoleDetailList": "AROA", "Policies": "ANPA"}
IDS = {"UserDetailList": "UserId", "GroupDetailList": "GroupId", "RoleDetailList": "RoleId", "Policies": "PolicyId"}
DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
OPERATOR = re.compile(r"(String|Numeric|Date)\w+|Bool(IfExists)?|Null|(Not)?IpAddress(IfExists)?")

Details = dict[str, Any]


def load(store: str, name: str) -> Details:
    """Read one account of a store."""
    details: Details = json.loads((EXAMPLES / store / "accounts" / f"{name}.json").read_text(encoding="utf-8"))
    return details


@pytest.fixture(params=[(store, name) for store in STORES for name in ACCOUNTS], ids="/".join)
def account(request: pytest.FixtureRequest) -> tuple[str, Details]:
    """One account: its number and its details."""
    store, name = request.param
    return ACCOUNTS[name], load(store, name)


def documents(details: Details) -> Iterator[Details]:
    """Yield every document that grants or limits; trust policies are not among them."""
    for entry in [*details["UserDetailList"], *details["GroupDetailList"], *details["RoleDetailList"]]:
        for inline in ("UserPolicyList", "GroupPolicyList", "RolePolicyList"):
            yield from (policy["PolicyDocument"] for policy in entry.get(inline, []))
    for policy in details["Policies"]:
        yield from (version["Document"] for version in policy["PolicyVersionList"])


def conditions(details: Details) -> Iterator[tuple[str, str, list[str]]]:
    """Yield operator, key and values of every condition."""
    for document in documents(details):
        for statement in document["Statement"]:
            for operator, keys in statement.get("Condition", {}).items():
                for key, values in keys.items():
                    yield operator, key, values if isinstance(values, list) else [values]


@pytest.mark.parametrize("store", STORES)
def test_a_store_holds_the_three_accounts(store: str) -> None:
    """A store has one file per account, and the same three things beside them."""
    names = {path.relative_to(EXAMPLES / store).as_posix() for path in (EXAMPLES / store).rglob("*") if path.is_file()}
    assert names == {f"accounts/{name}.json" for name in ACCOUNTS} | set(BESIDE)


@pytest.mark.parametrize("name", BESIDE)
def test_the_proposal_changes_policies_of_principals_alone(name: str) -> None:
    """What stands at the side of resources is the same in both stores."""
    store, proposed = ((EXAMPLES / folder / name).read_bytes() for folder in STORES)
    assert store == proposed


@pytest.fixture(scope="module")
def authorizer() -> gw.Authorizer:
    """The store, compiled."""
    return gw.Authorizer(gw.compile(gw.PolicyStore.load(EXAMPLES / "store")))


PIPELINE = "arn:aws:iam::444455556666:role/service-role/pipeline"
DROP = "arn:aws:s3:::orchard-partner-drop"
SHARED = "arn:aws:ec2:eu-west-1::image/ami-0f3c9a51d27be8640"
HOME = {"aws:RequestedRegion": "eu-west-1", "aws:SecureTransport": "true"}
BY_ENDPOINT = HOME | {"aws:SourceVpce": "vpce-0c5e8a2f9b4d71063"}


@pytest.mark.parametrize(
    ("principal", "action", "resource", "context", "decision"),
    [
        (PIPELINE, "s3:GetObject", f"{DROP}/incoming/crates.csv", HOME, ("allow", "identity")),
        (PIPELINE, "s3:GetObject", f"{DROP}/old/crates.csv", HOME, ("implicit_deny", "resource")),
        (PIPELINE.replace("service-role/pipeline", "break-glass"), "s3:GetObject", f"{DROP}/incoming/crates.csv", HOME,
         ("implicit_deny", "resource")),
        ("arn:aws:iam::123456789012:user/chiyo", "s3:DeleteBucket", DROP, HOME, ("explicit_deny", "resource")),
        ("arn:aws:iam::111122223333:role/break-glass", "ec2:RunInstances", SHARED, HOME, ("allow", "identity")),
        ("arn:aws:iam::444455556666:role/break-glass", "ec2:RunInstances", SHARED, HOME,
         ("implicit_deny", "ec2-attribute")),
        ("arn:aws:iam::111122223333:role/break-glass", "ec2:RunInstances", SHARED[:-1], HOME,
         ("implicit_deny", "ec2-attribute")),
        ("arn:aws:iam::123456789012:user/chiyo", "s3:PutObject", "arn:aws:s3:::orchard-dev-scratch/x", BY_ENDPOINT,
         ("allow", "identity")),
        ("arn:aws:iam::123456789012:user/chiyo", "s3:PutObject", "arn:aws:s3:::elsewhere/x", BY_ENDPOINT,
         ("implicit_deny", "vpc-endpoint")),
        ("arn:aws:iam::123456789012:user/chiyo", "s3:PutObject", "arn:aws:s3:::elsewhere/x", HOME,
         ("allow", "identity")),
    ],
)  # fmt: skip
def test_what_is_shared_is_decided(
    authorizer: gw.Authorizer,
    principal: str,
    action: str,
    resource: str,
    context: dict[str, str],
    decision: tuple[str, str],
) -> None:
    """Both accounts must allow, images are for whom they are shared with, endpoints have policies (R38, R140, R161)."""
    assert ask(authorizer, principal, action, resource, context=context) == decision


def test_members_are_those_that_the_command_line_prints(account: tuple[str, Details]) -> None:
    """No entry lacks a member that AWS always prints, and none has another."""
    _, details = account
    assert tuple(details) == LISTS
    for name in LISTS:
        for entry in details[name]:
            assert MEMBERS[name] <= set(entry) <= MEMBERS[name] | OPTIONAL.get(name, set())


def test_arns_follow_from_path_and_name(account: tuple[str, Details]) -> None:
    """An entry's ARN names its account, its path and its name; AWS's own policies name `aws`."""
    number, details = account
    kinds = (
        ("UserDetailList", "user"),
        ("GroupDetailList", "group"),
        ("RoleDetailList", "role"),
        ("Policies", "policy"),
    )
    for name, kind in kinds:
        for entry in details[name]:
            owner = "aws" if ":aws:policy/" in entry["Arn"] else number
            title = entry[f"{kind.title()}Name"]
            assert entry["Arn"] == f"arn:aws:iam::{owner}:{kind}{entry['Path']}{title}"


@pytest.mark.parametrize("store", STORES)
def test_ids_are_unique(store: str) -> None:
    """No unique id or ARN stands twice in a store; ids have the prefix of their kind and look invented.

    AWS's own policies are the same in every account.
    """
    seen: Counter[str] = Counter()
    for name in ACCOUNTS:
        details = load(store, name)
        for kind in LISTS:
            for entry in details[kind]:
                assert re.fullmatch(rf"{PREFIXES[kind]}[A-Z2-7]{{10}}EXAMPLE", entry[IDS[kind]])
                if ":aws:policy/" not in entry["Arn"]:
                    seen.update((entry[IDS[kind]], entry["Arn"]))
    assert [text for text, count in seen.items() if count > 1] == []


def test_references_exist(account: tuple[str, Details]) -> None:
    """Attached policies, boundaries and groups are in the same file, and attachments are counted."""
    _, details = account
    policies = {policy["Arn"]: policy["PolicyName"] for policy in details["Policies"]}
    groups = {group["GroupName"] for group in details["GroupDetailList"]}
    attached: Counter[str] = Counter()
    limiting: Counter[str] = Counter()
    for entry in [*details["UserDetailList"], *details["GroupDetailList"], *details["RoleDetailList"]]:
        assert set(entry.get("GroupList", [])) <= groups
        for attachment in entry["AttachedManagedPolicies"]:
            assert policies[attachment["PolicyArn"]] == attachment["PolicyName"]
            attached[attachment["PolicyArn"]] += 1
        if boundary := entry.get("PermissionsBoundary"):
            assert boundary["PermissionsBoundaryArn"] in policies
            limiting[boundary["PermissionsBoundaryArn"]] += 1
    for policy in details["Policies"]:
        assert policy["AttachmentCount"] == attached[policy["Arn"]]
        assert policy["PermissionsBoundaryUsageCount"] == limiting[policy["Arn"]]


def test_one_version_is_in_force(account: tuple[str, Details]) -> None:
    """Of the versions of a managed policy exactly one is the default, and it is the one named."""
    _, details = account
    for policy in details["Policies"]:
        versions = policy["PolicyVersionList"]
        default = [version["VersionId"] for version in versions if version["IsDefaultVersion"]]
        assert default == [policy["DefaultVersionId"]]
        assert len({version["VersionId"] for version in versions}) == len(versions)


def test_documents_use_what_is_evaluated(account: tuple[str, Details]) -> None:
    """The stores keep to operators that need neither sets nor variables; addresses are for documentation."""
    _, details = account
    assert "${" not in json.dumps(details)
    ranges = [ipaddress.ip_network(text) for text in DOCUMENTATION]
    for operator, _, values in conditions(details):
        assert OPERATOR.fullmatch(operator)
        for value in values if operator.startswith(("IpAddress", "NotIpAddress")) else []:
            network = ipaddress.ip_network(value)
            assert any(
                network.version == wide.version
                and int(wide[0]) <= int(network[0])
                and int(network[-1]) <= int(wide[-1])
                for wide in ranges
            )


@pytest.mark.parametrize("store", STORES)
def test_the_five_keys_of_2011_are_used(store: str) -> None:
    """Each of the five keys that EC2 had in 2011 stands in some condition, in one case or another."""
    keys = {key.lower() for name in ACCOUNTS for _, key, _ in conditions(load(store, name))}
    wanted = {"aws:currenttime", "aws:epochtime", "aws:securetransport", "aws:sourceip"}
    if store == "store":  # the proposal does away with the one that anybody can forge
        wanted.add("aws:useragent")
    assert wanted <= keys


def test_the_proposal_changes_policies_only() -> None:
    """Users, groups, roles and their memberships are the same before and after the proposal."""
    for name in ACCOUNTS:
        before, after = load("store", name), load("proposed", name)
        for kind in LISTS[:3]:
            assert [(entry["Arn"], entry.get("GroupList")) for entry in before[kind]] == [
                (entry["Arn"], entry.get("GroupList")) for entry in after[kind]
            ]
    assert load("store", "orchard-main") != load("proposed", "orchard-main")


@pytest.mark.parametrize("path", sorted((EXAMPLES / "ec2-2011").glob("*.json")), ids=lambda path: path.stem)
def test_the_policies_of_2011_have_no_version(path: Path) -> None:
    """Each document of 2011 is a policy without Version, for EC2 but for the one that shows a rule broken."""
    document = json.loads(path.read_text(encoding="utf-8"))
    assert list(document) == ["Statement"]
    for statement in document["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        services = {action.split(":")[0].lower() for action in actions}
        assert services == {"rds" if path.stem == "broken-transport" else "ec2"}
    assert f"({path.name})" in (EXAMPLES / "ec2-2011" / "README.md").read_text(encoding="utf-8")
