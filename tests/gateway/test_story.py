"""The story of the 2011 page, played by real clients: boto3, its signer of version 2, and the aws command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from gateway_world import CONDITIONS, ONCE, OURS, PARTNERS, PRIVATE, PUBLIC, REGION, SHARED, World, make_client

from gatewright.credentials import MasterKeys, Session, SessionKind, TokenSealer
from gatewright.credentials.store import new_access_key_id, new_secret
from gatewright.signing import SecretKey


def launch(client: Any, image: str, **options: Any) -> str:
    """Launch an instance and return its id."""
    instances = client.run_instances(ImageId=image, MinCount=1, MaxCount=1, **options)["Instances"]
    return str(instances[0]["InstanceId"])


def refusal(call: Any, *args: Any, **options: Any) -> tuple[str, str, int]:
    """Return code, message and status of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(*args, **options)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_developer_launches_what_is_shared(world: World) -> None:
    """A developer launches a public image, a shared one and an own one, and is refused a private one (R161)."""
    dev = world.client("dev")
    instance = launch(dev, PUBLIC)
    assert launch(dev, SHARED)
    own = dev.create_image(InstanceId=instance, Name="own")["ImageId"]
    assert launch(dev, own)
    code, message, status = refusal(launch, dev, PRIVATE)
    assert (code, status) == ("AuthFailure", 403)
    assert message == f"Not authorized for images: [{PRIVATE}]"
    assert refusal(launch, dev, "ami-00000000000000000")[0] == "AuthFailure"


def test_a_manager_only_describes(world: World) -> None:
    """A manager describes and may do nothing else; why is sealed, and opens for who may know."""
    manager = world.client("manager")
    assert "Reservations" in manager.describe_instances()
    code, message, status = refusal(launch, manager, PUBLIC)
    assert (code, status) == ("UnauthorizedOperation", 403)
    encoded = message.rpartition(": ")[2]
    arguments = ("decode-message", encoded, "--account", OURS, "--key-file", str(world.key_file), "--json")
    decoded = json.loads(world.run(*arguments))
    shown = world.run(*arguments[:-1])
    assert json.loads(shown) == decoded and shown.count("\n") > 20
    assert decoded["allowed"] is False
    assert decoded["context"]["action"] == "ec2:RunInstances"
    assert decoded["context"]["principal"]["arn"].endswith(":user/manager")
    told = world.client("dev", "sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]
    assert json.loads(told) == decoded
    assert (
        refusal(world.client("manager", "sts").decode_authorization_message, EncodedMessage=encoded)[0]
        == "AccessDenied"
    )


def test_a_partner_gets_access_and_loses_it(world: World) -> None:
    """ModifyImageAttribute lets another account see and launch an image, and takes it back; only the owner may."""
    dev, pat = world.client("dev"), world.client("pat")
    image = dev.create_image(InstanceId=launch(dev, PUBLIC), Name="to-share")["ImageId"]

    def seen() -> bool:
        return image in [found["ImageId"] for found in pat.describe_images()["Images"]]

    assert refusal(launch, pat, image)[0] == "AuthFailure"
    assert not seen()
    assert refusal(pat.modify_image_attribute, ImageId=image, LaunchPermission={"Add": [{"UserId": PARTNERS}]})[0] == (
        "AuthFailure"
    )
    dev.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": PARTNERS}]})
    assert launch(pat, image)
    assert seen()
    told = dev.describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"]
    assert told == [{"UserId": PARTNERS}]
    assert refusal(pat.describe_image_attribute, ImageId=image, Attribute="launchPermission")[0] == "AuthFailure"
    dev.modify_image_attribute(ImageId=image, Attribute="launchPermission", OperationType="remove", UserIds=[PARTNERS])
    assert refusal(launch, pat, image)[0] == "AuthFailure"
    assert not seen()
    dev.modify_image_attribute(ImageId=image, Attribute="launchPermission", OperationType="add", UserGroups=["all"])
    assert launch(pat, image)
    dev.modify_image_attribute(ImageId=image, LaunchPermission={"Remove": [{"Group": "all"}]})
    assert refusal(launch, pat, image)[0] == "AuthFailure"
    dev.deregister_image(ImageId=image)
    assert refusal(launch, dev, image)[0] == "AuthFailure"


def test_a_change_that_the_cloud_fails_is_in_doubt(world: World) -> None:
    """Where the cloud fails (moto cannot reset), what is permitted is what before and after both do."""
    dev, pat = world.client("dev"), world.client("pat")
    image = dev.create_image(InstanceId=launch(dev, PUBLIC), Name="in-doubt")["ImageId"]
    dev.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": PARTNERS}]})
    assert launch(pat, image)
    reset = world.client("dev", retries=ONCE).reset_image_attribute
    assert refusal(reset, ImageId=image, Attribute="launchPermission")[::2] == ("Unavailable", 503)
    assert refusal(launch, pat, image)[0] == "AuthFailure"
    assert launch(dev, image)
    options = ("--store", str(world.database), "--json")
    assert [one["id"] for one in json.loads(world.run("sharing", "pending", *options))] == [image]
    told = world.folder / "told.json"
    told.write_text(json.dumps({"ImageId": image, "LaunchPermissions": [{"UserId": PARTNERS}]}))
    world.run("sharing", "settle", image, str(told), *options)
    assert launch(pat, image)


def test_a_snapshot_is_shared_the_same_way(world: World) -> None:
    """A partner makes a volume of a snapshot while it is shared (R163)."""
    dev, pat = world.client("dev"), world.client("pat")
    volume = dev.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    snapshot = dev.create_snapshot(VolumeId=volume)["SnapshotId"]
    arguments = {"SnapshotId": snapshot, "AvailabilityZone": f"{REGION}a"}
    assert refusal(pat.create_volume, **arguments)[0] == "AuthFailure"
    dev.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Add": [{"UserId": PARTNERS}]})
    assert pat.create_volume(**arguments)["VolumeId"]
    assert [one["SnapshotId"] for one in pat.describe_snapshots()["Snapshots"]] == [snapshot]
    dev.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="remove", UserIds=[PARTNERS]
    )
    assert refusal(pat.create_volume, **arguments)[0] == "AuthFailure"
    assert pat.describe_snapshots()["Snapshots"] == []


def test_owner_filters_mean_accounts_of_the_gateway(world: World) -> None:
    """`self` is the caller's account, whatever account the cloud knows it by."""
    own = [found["ImageId"] for found in world.client("pat").describe_images(Owners=["self"])["Images"]]
    assert PUBLIC not in own


def test_who_polls_is_answered(world: World) -> None:
    """A client that asks the same many times within a second is answered each time; each launch of two is one."""
    manager, dev = world.client("manager", retries=ONCE), world.client("dev")
    for _ in range(20):
        assert "Reservations" in manager.describe_instances()
    sts = world.client("dev", "sts", retries=ONCE)
    assert [sts.get_caller_identity()["Account"] for _ in range(5)] == [OURS] * 5
    assert len({launch(dev, PUBLIC) for _ in range(3)}) == 3
    volume = dev.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    assert len({dev.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2)}) == 2  # tried again by boto3


def test_a_template_launches_its_image(world: World) -> None:
    """A launch from a template that names a public image passes; from one with a private image it is refused."""
    cloud = make_client("ec2", f"http://127.0.0.1:{world.moto_port}", "any", "any")
    dev = world.client("dev")
    for name, image in (("open", PUBLIC), ("closed", PRIVATE)):
        cloud.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"ImageId": image})
    options = {"MinCount": 1, "MaxCount": 1}
    launched = dev.run_instances(LaunchTemplate={"LaunchTemplateName": "open"}, **options)["Instances"][0]
    assert launched["ImageId"] == PUBLIC
    code, message, _ = refusal(dev.run_instances, LaunchTemplate={"LaunchTemplateName": "closed"}, **options)
    assert (code, message) == ("AuthFailure", f"Not authorized for images: [{PRIVATE}]")
    missing = {"LaunchTemplateName": "none"}  # it may pass a role, which nobody could judge
    assert refusal(dev.run_instances, LaunchTemplate=missing, **options)[0] == "UnauthorizedOperation"


def test_dry_runs_do_nothing(world: World) -> None:
    """DryRun says whether the call would have been allowed, and forwards nothing."""
    dev, manager = world.client("dev"), world.client("manager")
    before = len(dev.describe_instances()["Reservations"])
    code, message, status = refusal(launch, dev, PUBLIC, DryRun=True)
    assert (code, status) == ("DryRunOperation", 412)
    assert message == "Request would have succeeded, but DryRun flag is set."
    assert refusal(launch, manager, PUBLIC, DryRun=True)[0] == "UnauthorizedOperation"
    assert len(dev.describe_instances()["Reservations"]) == before


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_key_of_2011_decides(world: World, name: str) -> None:
    """Each of the five keys turns an allow off, and a deny on, for a request from here and now (R121-R125)."""
    assert refusal(world.client(name).describe_instances)[0] == "UnauthorizedOperation"
    assert "Reservations" in world.client(f"not-{name}").describe_instances()


def test_the_user_agent_turns_around(world: World) -> None:
    """A client with the agent that the condition asks for is let in, and kept out where it is denied."""
    assert "Reservations" in world.client("agent", user_agent_extra="trusted-tool").describe_instances()
    agent = world.client("not-agent", user_agent_extra="trusted-tool")
    assert refusal(agent.describe_instances)[0] == "UnauthorizedOperation"


def test_session_tokens_act_for_their_user(world: World) -> None:
    """GetSessionToken gives credentials that may what the user may."""
    credentials = world.client("dev", "sts").get_session_token()["Credentials"]
    assert launch(world.session_client(credentials), PUBLIC)
    arn = world.session_client(credentials, "sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:iam::{OURS}:user/dev"


def test_assumed_roles_have_the_roles_permissions(world: World) -> None:
    """AssumeRole is allowed by policy and trust, and the session may what the role may, below its session policy."""
    sts = world.client("dev", "sts")
    role = f"arn:aws:iam::{OURS}:role/auditor"
    plain = world.session_client(sts.assume_role(RoleArn=role, RoleSessionName="audit")["Credentials"])
    assert "Reservations" in plain.describe_instances()
    assert refusal(launch, plain, PUBLIC)[0] == "UnauthorizedOperation"
    policy = json.dumps({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": ["ec2:DescribeImages", "ec2:RunInstances"], "Resource": "*"}})  # fmt: skip
    limited = world.session_client(sts.assume_role(RoleArn=role, RoleSessionName="audit", Policy=policy)["Credentials"])
    assert "Images" in limited.describe_images()
    assert refusal(limited.describe_instances)[0] == "UnauthorizedOperation"
    assert refusal(launch, limited, PUBLIC)[0] == "UnauthorizedOperation"
    pat = world.client("pat", "sts")
    assert refusal(pat.assume_role, RoleArn=role, RoleSessionName="audit")[0] == "AccessDenied"


def test_sessions_take_tags_and_managed_policies(world: World) -> None:
    """Lists of STS are read as its clients write them, by both versions; what is too long is refused by name."""
    role = f"arn:aws:iam::{OURS}:role/auditor"
    for version in ("v4", "v2"):
        sts = world.client("dev", "sts", signature_version=version)
        answer = sts.get_federation_token(Name="tagged", Tags=[{"Key": "team", "Value": "core"}])
        assert answer["PackedPolicySize"] > 0
        assume = {"RoleArn": role, "RoleSessionName": "audit"}
        # The auditor's trust policy lets nobody tag the session.
        assert refusal(sts.assume_role, **assume, Tags=[{"Key": "a", "Value": "b"}])[0] == "AccessDenied"
        assert refusal(sts.assume_role, **assume, Policy="x" * 3000)[0] == "ValidationError"
        arn = "arn:aws:iam::aws:policy/NoSuchPolicy"
        code, message, _ = refusal(sts.assume_role, **assume, PolicyArns=[{"arn": arn}])
        assert (code, arn in message) == ("InvalidParameterValue", True)


def test_federated_users_have_what_both_policies_allow(world: World) -> None:
    """A federated user may what its policy and that of its user allow; without a policy nothing (R139)."""
    sts = world.client("dev", "sts")
    policy = json.dumps({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": ["ec2:Describe*", "ec2:TerminateInstances"], "Resource": "*"}})  # fmt: skip
    answer = sts.get_federation_token(Name="guest", Policy=policy)
    guest = world.session_client(answer["Credentials"])
    assert answer["FederatedUser"]["Arn"] == f"arn:aws:sts::{OURS}:federated-user/guest"
    assert "Reservations" in guest.describe_instances()
    assert refusal(guest.terminate_instances, InstanceIds=["i-0123456789abcdef0"])[0] == "UnauthorizedOperation"
    assert refusal(launch, guest, PUBLIC)[0] == "UnauthorizedOperation"
    nobody = world.session_client(sts.get_federation_token(Name="nobody")["Credentials"])
    assert refusal(nobody.describe_instances)[0] == "UnauthorizedOperation"


def test_an_expired_session_is_denied(world: World) -> None:
    """A session that is over, and one that was changed, are refused before any policy is asked (R162)."""
    now = datetime.now(UTC).replace(microsecond=0)
    arn, secret = f"arn:aws:iam::{OURS}:user/dev", new_secret()
    session = Session(
        SessionKind.SESSION_TOKEN, new_access_key_id("ASIA"), SecretKey(secret), arn, arn, "AIDADEV",
        now - timedelta(hours=2), now - timedelta(hours=1),
    )  # fmt: skip
    token = TokenSealer(MasterKeys.load(world.key_file)).seal(session)
    credentials = {"AccessKeyId": session.access_key_id, "SecretAccessKey": secret, "SessionToken": token}
    assert refusal(world.session_client(credentials).describe_instances)[::2] == ("RequestExpired", 400)
    assert refusal(world.session_client(credentials, "sts").get_caller_identity)[::2] == ("ExpiredToken", 403)
    credentials["SessionToken"] = token[:-8] + "AAAAAAA="
    assert refusal(world.session_client(credentials).describe_instances)[::2] == ("AuthFailure", 401)


def test_wrong_keys_are_refused(world: World) -> None:
    """A wrong secret and an unknown key are told alike."""
    known = make_client("ec2", world.url, world.keys["dev"].key.access_key_id, "wrong")
    unknown = make_client("ec2", world.url, "AKIAAAAAAAAAAAAAAAAA", "wrong")
    assert refusal(known.describe_instances) == refusal(unknown.describe_instances)
    assert refusal(known.describe_instances)[::2] == ("AuthFailure", 401)


def test_version_2_is_spoken(world: World) -> None:
    """botocore's signer of version 2 is understood, for EC2 and for STS."""
    dev = world.client("dev", signature_version="v2")
    assert launch(dev, PUBLIC)
    assert refusal(launch, dev, PRIVATE)[0] == "AuthFailure"
    sts = world.client("dev", "sts", signature_version="v2")
    assert sts.get_caller_identity()["Account"] == OURS


def test_the_command_line_is_spoken(world: World) -> None:
    """The aws command line launches, and shows a refusal."""
    aws = str(Path(sys.executable).parent / "aws")
    key = world.keys["dev"]
    environment = {
        **os.environ, "AWS_ACCESS_KEY_ID": key.key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret.reveal(),
        "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": world.url, "AWS_CONFIG_FILE": os.devnull, "AWS_PAGER": "",
    }  # fmt: skip
    command = [aws, "ec2", "run-instances", "--image-id"]
    done = subprocess.run([*command, PUBLIC], env=environment, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["Instances"][0]["ImageId"] == PUBLIC, done.stderr
    done = subprocess.run([*command, PRIVATE], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "AuthFailure" in done.stderr


def test_the_log_tells_decisions_and_no_secrets(world: World) -> None:
    """Each request has a line with who, what and why; no secret and no token is in it."""
    credentials = world.client("dev", "sts").get_session_token()["Credentials"]
    world.session_client(credentials).describe_instances()
    refusal(launch, world.client("manager"), PUBLIC)
    lines = world.decisions()
    denied = [line for line in lines if line["outcome"] == "denied" and line.get("layer") == "policies"]
    assert denied[-1]["principal"] == f"arn:aws:iam::{OURS}:user/manager"
    assert denied[-1]["decision"] == "IMPLICIT_DENY"
    text = world.log.read_text()
    assert not any(key.secret.reveal() in text for key in world.keys.values())
    assert credentials["SessionToken"] not in text and credentials["SecretAccessKey"] not in text
    assert "Signature=" not in text


def test_health_and_metrics(world: World) -> None:
    """The admin port tells health and counts."""
    assert world.admin("/healthz") == (200, "ok\n")
    assert world.admin("/readyz")[1].startswith("ready")
    assert 'gatewright_requests_total{outcome="forwarded",service="ec2"}' in world.admin("/metrics")[1]
