"""What stands at the side of resources is read in every form that ``aws`` prints; what is left open is an error."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from layout import ROOT
from stores import MAIN, PARTNER, Json, allow, details, errors_of, load, policy, statement

from gatewright.compiler.policyset import Endpoint, Resource, ResourceKind
from gatewright.compiler.syntax import PolicyKind
from gatewright.diagnostics import STORE_DIAGNOSTICS
from gatewright.store import PolicyStore

BUCKET, QUEUE = "arn:aws:s3:::pears", f"arn:aws:sqs:eu-west-1:{MAIN}:pears"
KEY = f"arn:aws:kms:eu-west-1:{MAIN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OPEN = allow("s3:GetObject", Principal="*", Resource=f"{BUCKET}/*")
TO_ALL = allow("*", Principal="*")

POLICIES, ENDPOINTS, IMAGES, SNAPSHOTS = (
    "resource-policies.json",
    "endpoints/a.json",
    "images/a.json",
    "snapshots/a.json",
)


def resources(store: PolicyStore) -> dict[str, Resource]:
    """Return the resources of a store by name, but for its roles."""
    return {found.name: found for found in store.policy_set.resources if found.kind is not ResourceKind.ROLE}


@pytest.mark.parametrize(
    "written",
    [
        OPEN,
        json.dumps(OPEN),
        quote(json.dumps(OPEN)),
        {"Policy": OPEN},
        {"Policy": json.dumps(OPEN)},
        {"Policy": quote(json.dumps(OPEN)), "PolicyName": "default"},
        {"Account": MAIN, "Policy": json.dumps(OPEN), "RevisionId": "1"},
    ],
    ids=["object", "text", "percent-encoded", "policy", "policy as text", "policy encoded", "with its owner"],
)
def test_a_resource_policy_may_be_written_in_many_ways(written: object, tmp_path: Path) -> None:
    """A document, its text, or what the command prints of it: all are the same policy (R32)."""
    store = load(tmp_path, {POLICIES: {BUCKET: written}})
    bucket = resources(store)[BUCKET]
    assert (bucket.account, bucket.kind, bucket.attributes, bucket.is_under_rcps) == (
        MAIN,
        ResourceKind.OTHER,
        (),
        True,
    )
    assert bucket.policy is not None
    document = store.policy_set.documents[bucket.policy]
    assert (document.kind, document.name, document.value) == (PolicyKind.RESOURCE, f"policy of {BUCKET}", OPEN)


def test_the_owner_is_told_by_the_arn_or_beside_the_policy(tmp_path: Path) -> None:
    """An ARN with an account tells the owner; a bucket's does not, so the file does, or the only account is it."""
    files: Json = {"accounts/other.json": details(PARTNER), POLICIES: {BUCKET: {"Account": PARTNER, "Policy": OPEN}}}
    files[POLICIES] |= {QUEUE: TO_ALL, KEY: {"Account": MAIN, "Policy": TO_ALL}}
    found = resources(load(tmp_path, files))
    assert {name: (one.account, one.kind) for name, one in found.items()} == {
        BUCKET: (PARTNER, ResourceKind.OTHER),
        QUEUE: (MAIN, ResourceKind.OTHER),
        KEY: (MAIN, ResourceKind.KEY),
    }


@pytest.mark.parametrize("document", [TO_ALL, json.dumps(TO_ALL), quote(json.dumps(TO_ALL))])
def test_endpoints_are_read_as_printed(document: object, tmp_path: Path) -> None:
    """Gateway and interface endpoints of all files have their policy; the other types have none (R38)."""
    entries = [
        {
            "VpcEndpointId": f"vpce-{kind.lower()}",
            "VpcEndpointType": kind,
            "PolicyDocument": document,
            "State": "available",
        }
        for kind in ("Gateway", "Interface")
    ]
    entries += [{"VpcEndpointId": "vpce-lb", "VpcEndpointType": kind} for kind in ("GatewayLoadBalancer", "Resource")]
    files = {"endpoints/1.json": {"VpcEndpoints": entries[:1]}, "endpoints/2.json": {"VpcEndpoints": entries[1:]}}
    policy_set = load(tmp_path, files).policy_set
    first = len(policy_set.documents) - 2
    assert policy_set.endpoints == (
        Endpoint("vpce-gateway", first, is_gateway=True),
        Endpoint("vpce-interface", first + 1),
    )
    assert [(one.kind, one.value) for one in policy_set.documents[first:]] == [(PolicyKind.VPC_ENDPOINT, TO_ALL)] * 2


def attributes(store: PolicyStore, name: str) -> dict[str, Json]:
    """Return the statements of what an image or a snapshot permits, by their sid."""
    (number,) = resources(store)[name].attributes
    document: Any = store.policy_set.documents[number]
    assert document.kind is PolicyKind.EC2_ATTRIBUTE
    return {found["Sid"]: found for found in document.value["Statement"]}


def image(**members: Any) -> Json:
    """Return an image as ``describe-images`` prints it."""
    ebs = {"SnapshotId": "snap-1", "VolumeSize": 8, "Encrypted": False}
    mappings = [{"DeviceName": "/dev/xvda", "Ebs": ebs}, {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}]
    value = {
        "ImageId": "ami-1",
        "OwnerId": MAIN,
        "Public": False,
        "State": "available",
        "BlockDeviceMappings": mappings,
    }
    return value | members


def snapshot(**members: Any) -> Json:
    """Return a snapshot as ``describe-snapshots`` prints it."""
    return {"SnapshotId": "snap-1", "OwnerId": MAIN, "Encrypted": False, "State": "completed"} | members


def permission(*entries: Json, name: str = "ami-1") -> Json:
    """Return a launch permission as ``describe-image-attribute`` prints it."""
    return {"ImageId": name, "LaunchPermissions": list(entries)}


def test_images_are_read_as_printed(tmp_path: Path) -> None:
    """Own images go with their launch permission, whichever file comes first; public ones are everyone's (R161)."""
    images = [image(), image(ImageId="ami-2", OwnerId=PARTNER, Public=True), image(ImageId="ami-3", State="disabled")]
    files = {
        "images/1.json": permission({"UserId": PARTNER}, {"UserId": PARTNER}),
        "images/2.json": {"Images": images},
        "images/3.json": permission({"Group": "all"}, name="ami-3"),
    }
    store = load(tmp_path, files)
    assert set(resources(store)) == {"image/", "image/ami-1", "image/ami-2", "image/ami-3"}
    assert attributes(store, "image/ami-1")["Use"]["Principal"] == {"AWS": [MAIN, PARTNER]}
    assert attributes(store, "image/ami-2")["Use"]["Principal"] == "*"
    assert attributes(store, "image/ami-2")["Change"]["Principal"] == {"AWS": [PARTNER]}
    assert "Use" not in attributes(store, "image/ami-3")
    assert list(attributes(store, "image/")) == ["Rest"]


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        ({}, None),
        ({"ProductCodes": []}, None),
        ({"ProductCodes": [{"ProductCodeId": "x", "ProductCodeType": "marketplace"}]}, "StringNotEquals"),
        ({"BlockDeviceMappings": [{"Ebs": {"Encrypted": True}}]}, "StringNotEquals"),
    ],
)
def test_what_is_encrypted_or_sold_is_not_made_public(change: Json, condition: str | None, tmp_path: Path) -> None:
    """Images with encrypted snapshots or product codes cannot be shared with everyone (R161)."""
    found = attributes(load(tmp_path, {IMAGES: {"Images": [image(**change)]}}), "image/ami-1")["Change"]
    assert found.get("Condition", {}).keys() == ({condition} if condition else set())


def test_snapshots_are_read_as_printed(tmp_path: Path) -> None:
    """Own snapshots go with their create-volume permission (R163)."""
    shared = {"SnapshotId": "snap-1", "CreateVolumePermissions": [{"UserId": PARTNER}], "ProductCodes": []}
    files = {
        SNAPSHOTS: {"Snapshots": [snapshot(), snapshot(SnapshotId="snap-2", Encrypted=True)]},
        "snapshots/p.json": shared,
    }
    store = load(tmp_path, files)
    assert set(resources(store)) == {"snapshot/", "snapshot/snap-1", "snapshot/snap-2"}
    assert attributes(store, "snapshot/snap-1")["Use"]["Principal"] == {"AWS": [MAIN, PARTNER]}
    assert attributes(store, "snapshot/snap-2")["Use"]["Principal"] == {"AWS": [MAIN]}


def tree(*units: Json, scps: object = None) -> Json:
    """Return an organization whose management account is another one."""
    accounts = [{"Id": "999999999999", "Name": "management"}, {"Id": MAIN, "Name": "main"}]
    root = {"Id": "r-ab12", "Name": "Root", "OrganizationalUnits": list(units), "Accounts": accounts}
    return {"Id": "o-a1b2c3d4e5", "ManagementAccountId": "999999999999", "Root": root}


UNIT = {"Id": "ou-ab12-11111111", "Name": "Unit", "Accounts": [{"Id": PARTNER, "Name": "partner"}]}
ARN = "arn:aws:organizations::999999999999:"


@pytest.mark.parametrize(
    ("entry", "accounts"),
    [
        ({"OrganizationArn": f"{ARN}organization/o-a1b2c3d4e5"}, ["999999999999", MAIN, PARTNER]),
        ({"OrganizationArn": f"{ARN}organization/o-zzzzzzzzzz"}, []),
        ({"OrganizationalUnitArn": f"{ARN}ou/o-a1b2c3d4e5/ou-ab12-11111111"}, [PARTNER]),
        ({"OrganizationalUnitArn": f"{ARN}ou/o-a1b2c3d4e5/ou-ab12-22222222"}, []),
        ({"OrganizationalUnitArn": f"{ARN}ou/o-zzzzzzzzzz/ou-ab12-11111111"}, []),
        ({"OrganizationalUnitArn": "ou-ab12-11111111"}, []),
    ],
)
def test_an_image_shared_with_an_organization_is_shared_with_its_accounts(
    entry: Json, accounts: list[str], tmp_path: Path
) -> None:
    """The organization of the store tells who is meant; of another one nobody is known (R161)."""
    inner = {**UNIT, "Accounts": [], "OrganizationalUnits": [{**UNIT, "Id": "ou-ab12-33333333"}]}
    files = {IMAGES: {"Images": [image()]}, "images/p.json": permission(entry)}
    for name, unit in (("flat", UNIT), ("nested", inner)):
        found = load(tmp_path / name, files | {"organization.json": tree(unit)})
        users = attributes(found, "image/ami-1")["Use"]["Principal"]["AWS"]
        assert sorted(users) == sorted({MAIN, *accounts})
    alone = attributes(load(tmp_path / "alone", files), "image/ami-1")["Use"]["Principal"]["AWS"]
    assert alone == [MAIN], "without an organization in the store nobody is known to be in one"


# --- what is wrong ----------------------------------------------------------------------------------------------------

ENDPOINT: Json = {"VpcEndpointId": "vpce-1", "VpcEndpointType": "Gateway", "PolicyDocument": TO_ALL}
TWO = {"accounts/other.json": details(PARTNER)}

WRONG: dict[str, tuple[str, str, Json]] = {
    "policies that are a list": ("GW641", "", {POLICIES: [OPEN]}),
    "an unknown member beside a policy": (
        "GW641",
        f"{BUCKET}.Acount",
        {POLICIES: {BUCKET: {"Acount": MAIN, "Policy": OPEN}}},
    ),
    "an owner that is a number": (
        "GW641",
        f"{BUCKET}.Account",
        {POLICIES: {BUCKET: {"Account": 123456789012, "Policy": OPEN}}},
    ),
    "an owner by name": ("GW634", f"{BUCKET}.Account", {POLICIES: {BUCKET: {"Account": "main", "Policy": OPEN}}}),
    "a pattern of resources": ("GW642", "arn:aws:s3:::*", {POLICIES: {"arn:aws:s3:::*": OPEN}}),
    "no ARN": ("GW642", "pears", {POLICIES: {"pears": OPEN}}),
    "an ARN with half an account": (
        "GW642",
        "arn:aws:sqs:eu-west-1:1234:q",
        {POLICIES: {"arn:aws:sqs:eu-west-1:1234:q": TO_ALL}},
    ),
    "a role": ("GW642", f"arn:aws:iam::{MAIN}:role/idle", {POLICIES: {f"arn:aws:iam::{MAIN}:role/idle": TO_ALL}}),
    "an object of a bucket": ("GW642", f"{BUCKET}/key", {POLICIES: {f"{BUCKET}/key": OPEN}}),
    "an index of a table": (
        "GW642",
        f"arn:aws:dynamodb:eu-west-1:{MAIN}:table/T/index/I",
        {POLICIES: {f"arn:aws:dynamodb:eu-west-1:{MAIN}:table/T/index/I": TO_ALL}},
    ),
    "an alias of a key": (
        "GW642",
        f"arn:aws:kms:eu-west-1:{MAIN}:alias/a",
        {POLICIES: {f"arn:aws:kms:eu-west-1:{MAIN}:alias/a": TO_ALL}},
    ),
    "two owners": ("GW643", f"{QUEUE}.Account", {POLICIES: {QUEUE: {"Account": PARTNER, "Policy": TO_ALL}}}),
    "no owner": ("GW645", BUCKET, TWO | {POLICIES: {BUCKET: OPEN}}),
    "no policy": ("GW100", BUCKET, {POLICIES: {BUCKET: None}}),
    "a policy without principal": ("GW301", f"{BUCKET}.Statement.0", {POLICIES: {BUCKET: allow("s3:*")}}),
    "a text that is no policy": ("GW010", "", {POLICIES: {BUCKET: ""}}),
    "endpoints of another file": ("GW644", "", {ENDPOINTS: {"Images": []}}),
    "endpoints that are a list": ("GW641", "", {ENDPOINTS: [ENDPOINT]}),
    "endpoints that are an object": ("GW641", "VpcEndpoints", {ENDPOINTS: {"VpcEndpoints": ENDPOINT}}),
    "an endpoint that is a text": ("GW641", "VpcEndpoints.0", {ENDPOINTS: {"VpcEndpoints": ["vpce-1"]}}),
    "no id of an endpoint": (
        "GW641",
        "VpcEndpoints.0",
        {ENDPOINTS: {"VpcEndpoints": [{**ENDPOINT, "VpcEndpointId": None}]}},
    ),
    "an endpoint of an unknown type": (
        "GW641",
        "VpcEndpoints.0.VpcEndpointType",
        {ENDPOINTS: {"VpcEndpoints": [{**ENDPOINT, "VpcEndpointType": "gateway"}]}},
    ),
    "an endpoint without policy": (
        "GW641",
        "VpcEndpoints.0",
        {ENDPOINTS: {"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "VpcEndpointType": "Interface"}]}},
    ),
    "a policy of an endpoint that is none": (
        "GW100",
        "VpcEndpoints.0.PolicyDocument",
        {ENDPOINTS: {"VpcEndpoints": [{**ENDPOINT, "PolicyDocument": 7}]}},
    ),
    "an endpoint twice": (
        "GW646",
        "",
        {ENDPOINTS: {"VpcEndpoints": [ENDPOINT]}, "endpoints/b.json": {"VpcEndpoints": [ENDPOINT]}},
    ),
    "an image file of nothing": ("GW644", "", {IMAGES: {}}),
    "snapshots in the place of images": ("GW644", "", {IMAGES: {"Snapshots": [snapshot()]}}),
    "images that are a text": ("GW641", "", {IMAGES: '"ami-1"'}),
    "an image without id": ("GW641", "Images.0.ImageId", {IMAGES: {"Images": [image(ImageId=7)]}}),
    "an owner of an image that is a number": (
        "GW641",
        "Images.0.OwnerId",
        {IMAGES: {"Images": [image(OwnerId=123456789012)]}},
    ),
    "an owner of an image by its alias": ("GW634", "Images.0.OwnerId", {IMAGES: {"Images": [image(OwnerId="amazon")]}}),
    "a text for true": ("GW641", "Images.0.Public", {IMAGES: {"Images": [image(Public="true")]}}),
    "a volume that is a text": (
        "GW641",
        "Images.0.BlockDeviceMappings.0.Ebs",
        {IMAGES: {"Images": [image(BlockDeviceMappings=[{"Ebs": "snap-1"}])]}},
    ),
    "a volume that is encrypted by a text": (
        "GW641",
        "Images.0.BlockDeviceMappings.0.Ebs.Encrypted",
        {IMAGES: {"Images": [image(BlockDeviceMappings=[{"Ebs": {"Encrypted": "true"}}])]}},
    ),
    "volumes that are no list": (
        "GW641",
        "Images.0.BlockDeviceMappings",
        {IMAGES: {"Images": [image(BlockDeviceMappings={})]}},
    ),
    "an image in two states": ("GW646", "Images.1", {IMAGES: {"Images": [image(), image(Public=True)]}}),
    "a permission of nobody known": (
        "GW641",
        "LaunchPermissions.0",
        {IMAGES: {"Images": [image()]}, "images/b.json": permission({"Group": "some"})},
    ),
    "a permission of an account by name": (
        "GW634",
        "LaunchPermissions.0.UserId",
        {IMAGES: {"Images": [image()]}, "images/b.json": permission({"UserId": "*"})},
    ),
    "a permission that is no list": (
        "GW641",
        "LaunchPermissions",
        {IMAGES: {"Images": [image()]}, "images/b.json": {"ImageId": "ami-1", "LaunchPermissions": {"Group": "all"}}},
    ),
    "a permission of two kinds": (
        "GW646",
        "LaunchPermissions",
        {IMAGES: {"Images": [image()]}, "images/b.json": permission(), "images/c.json": permission({"Group": "all"})},
    ),
    "a permission of no image": ("GW641", "ImageId", {IMAGES: {"ImageId": 7, "LaunchPermissions": []}}),
    "a permission alone": ("GW647", "", {IMAGES: permission({"Group": "all"})}),
    "a permission of a snapshot alone": (
        "GW647",
        "",
        {SNAPSHOTS: {"SnapshotId": "snap-1", "CreateVolumePermissions": []}},
    ),
    "a snapshot without owner": ("GW641", "Snapshots.0", {SNAPSHOTS: {"Snapshots": [snapshot(OwnerId=None)]}}),
    "a snapshot that is encrypted by a text": (
        "GW641",
        "Snapshots.0.Encrypted",
        {SNAPSHOTS: {"Snapshots": [snapshot(Encrypted="yes")]}},
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_an_error(name: str, tmp_path: Path) -> None:
    """Each wrong thing is one error with its code, hint and place in the file, and no other follows from it."""
    code, place, files = WRONG[name]
    (error,) = errors_of(tmp_path, files)
    assert error.code == code, str(error)
    assert "\n" not in str(error) and error.message[0] in "`abcdefghijklmnopqrstuvwxyzVI" and error.hint
    assert error.span is not None
    assert ".".join(map(str, error.path)) == place


def test_every_code_is_provoked() -> None:
    """The tests here provoke every code of the catalogue that speaks of what stands at the side of resources."""
    codes = {entry.code for entry in STORE_DIAGNOSTICS if "GW641" <= entry.code <= "GW647"}
    assert codes == {code for code, _, _ in WRONG.values() if code > "GW640"} and len(codes) == 7


def test_a_finding_in_a_policy_names_the_place(tmp_path: Path) -> None:
    """An error in a policy that is text names the text within the file."""
    text = json.dumps(policy(statement("Alow", "s3:*", Principal="*")))
    (error,) = errors_of(tmp_path, {POLICIES: {BUCKET: {"Policy": text}}})
    assert error.source == f"{tmp_path / POLICIES}#{BUCKET}.Policy" and error.path == ("Statement", 0, "Effect")


# --- hostile files ----------------------------------------------------------------------------------------------------

FILES = (POLICIES, ENDPOINTS, IMAGES, SNAPSHOTS)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "[" * 10_000 + "]" * 10_000,
        '{"Images": ' * 10_000,
        '{"a": 1, "a": 2}',
        '"' + "x" * 10_000_000,
        "7",
        "null",
    ],
    ids=["empty", "zero", "lists", "objects", "twice", "10 MB", "number", "null"],
)
def test_a_hostile_text_is_one_error(name: str, text: str, tmp_path: Path) -> None:
    """Whatever a file holds, there is one error about it, in one line."""
    (error,) = errors_of(tmp_path, {name: text})
    assert error.source == str(tmp_path / name) and "\n" not in str(error) and len(str(error)) < 1000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (POLICIES, {f"arn:aws:s3:::{number}/*": TO_ALL for number in range(1000)}),
        (ENDPOINTS, {"VpcEndpoints": [7] * 1000}),
        (IMAGES, {"Images": [{}] * 1000}),
        (IMAGES, {"ImageId": "ami-1", "LaunchPermissions": [{"UserId": "x"}] * 1000}),
        (SNAPSHOTS, {"Snapshots": [{"SnapshotId": "s"}] * 1000}),
    ],
)
def test_a_hostile_file_brings_no_million_errors(name: str, value: object, tmp_path: Path) -> None:
    """Errors are listed up to a bound, and the last one says that there are more."""
    codes = [error.code for error in errors_of(tmp_path, {name: value})]
    assert codes.count("GW627") == 1 and len(codes) <= 252


def test_many_resources_load(tmp_path: Path) -> None:
    """Thousands of policies, images and permissions load, and an image shared with thousands has them all."""
    users = [{"UserId": f"{number:012}"} for number in range(2000)]
    files = {
        POLICIES: {f"arn:aws:s3:::b{number}": OPEN for number in range(1000)},
        IMAGES: {"Images": [image(ImageId=f"ami-{number}") for number in range(2000)]},
        "images/p.json": permission(*users),
    }
    store = load(tmp_path, files)
    assert len(resources(store)) == 3001
    assert len(attributes(store, "image/ami-1")["Use"]["Principal"]["AWS"]) == 2001


# --- the guide --------------------------------------------------------------------------------------------------------

FAKE = """#!{python}
import json, sys
service, command, *words = sys.argv[1:]
options = dict(zip(words[::2], words[1::2]))
texts = {{"list-buckets": "pears\tplums", "list-keys": {key!r}}}
if command in texts:
    print(texts[command])
elif options.get("--bucket") == "plums":
    sys.exit("An error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation")
elif command == "get-bucket-policy":
    print(json.dumps({{"Policy": json.dumps({bucket_policy!r})}}))
else:
    print(json.dumps({{"Policy": json.dumps({key_policy!r}), "PolicyName": options["--policy-name"]}}))
"""


@pytest.mark.skipif(shutil.which("jq") is None, reason="the script of the guide needs jq")
def test_the_script_of_the_guide_writes_the_file(tmp_path: Path) -> None:
    """What the documented script makes of the command line's answers is a file of a store, also where there is none."""
    guide = (ROOT / "docs/getting-started.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```sh\n(account=.*?)```", guide, re.DOTALL)
    key_policy = allow("kms:*", Principal={"AWS": MAIN})
    fake = tmp_path / "bin/aws"
    fake.parent.mkdir()
    program = FAKE.format(python=sys.executable, key=KEY, bucket_policy=OPEN, key_policy=key_policy)
    fake.write_text(program, encoding="utf-8")
    fake.chmod(0o755)
    environment = os.environ | {"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"}
    run = ["sh", "-c", script, "sh", PARTNER]
    done = subprocess.run(run, env=environment, stdout=subprocess.PIPE, check=True)
    store = load(tmp_path, {POLICIES: json.loads(done.stdout)})
    found = {name: (one.account, one.kind) for name, one in resources(store).items()}
    assert found == {BUCKET: (PARTNER, ResourceKind.OTHER), KEY: (MAIN, ResourceKind.KEY)}
    values = [document.value for document in store.policy_set.documents if document.kind is PolicyKind.RESOURCE]
    assert values == [OPEN, key_policy]
    fake.write_text("#!/bin/sh\n", encoding="utf-8")
    assert json.loads(subprocess.run(run, env=environment, stdout=subprocess.PIPE, check=True).stdout) == {}
