"""Vectors of the chapter on EC2 (R160 to R168)."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from .vector import (
    ACCOUNT,
    ALLOWED,
    LEVEL,
    OLD_LEVEL,
    OTHER,
    ROOT,
    SESSION,
    USER,
    Json,
    Vectors,
    allow,
    allowed,
    denied,
    deny,
    document,
    missing,
)

VERSIONLESS = "a document without a Version is legal by the language and refused by today's interface"

REGION: Final = "eu-west-1"
IMAGE: Final = f"arn:aws:ec2:{REGION}::image/ami-0a1b2c3d"
SNAPSHOT: Final = f"arn:aws:ec2:{REGION}::snapshot/snap-0a1b2c3d"
ORGANISATION: Final = f"arn:aws:organizations::{OTHER}:organization/o-pears00001"
UNIT: Final = f"arn:aws:organizations::{OTHER}:ou/o-pears00001/ou-1"
RUN: Final = "ec2:RunInstances"
RUNS: Final = document(allow("ec2:*"))
REFUSED: Final = missing("ec2-attribute")


def arn(kind: str, name: str = "*") -> str:
    """Return the ARN of a resource in the caller's account; images and snapshots have none."""
    account = "" if kind in ("image", "snapshot") else ACCOUNT
    return f"arn:aws:ec2:{REGION}:{account}:{kind}/{name}"


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_2011(vectors)
    add_arns(vectors)
    add_launch_permission(vectors)
    add_image_use(vectors)
    add_image_owner(vectors)
    add_credentials(vectors)
    add_snapshots(vectors)
    add_owner_calls(vectors)


def add_2011(vectors: Vectors) -> None:
    """Documents of 2011 keep their meaning (R160)."""
    statements = (
        (
            [allow("ec2:Describe*")],
            ("ec2:DescribeInstances", "ec2:DescribeImages"),
            ("ec2:RunInstances", "ec2:TerminateInstances"),
        ),
        (
            [allow(["ec2:RunInstances", "ec2:TerminateInstances"])],
            ("ec2:RunInstances", "EC2:terminateinstances"),
            ("ec2:StopInstances", "ec2:DescribeInstances"),
        ),
        (
            [allow("ec2:*")],
            ("ec2:RunInstances", "ec2:DescribeInstances", "EC2:CreateVolume"),
            ("elasticloadbalancing:CreateLoadBalancer", "cloudwatch:PutMetricData"),
        ),
        ([allow("*")], ("ec2:RunInstances", "s3:GetObject"), ()),
        ([allow("ec2:*"), deny(["ec2:TerminateInstances", "ec2:StopInstances"])], ("ec2:RunInstances",), ()),
    )
    for (held, covered, uncovered), version in product(statements, (None, OLD_LEVEL, LEVEL)):
        uncertain = VERSIONLESS if version is None else None
        for action, answer in (
            *((action, allowed()) for action in covered),
            *((action, missing()) for action in uncovered),
        ):
            resource = arn("instance", "i-0a1b") if "Describe" not in action else "*"
            vectors.add(
                "R160",
                "document",
                f"a document of 2011, Version {version or 'absent'}, {action}",
                answer,
                identity=[document(*held, version=version)],
                action=action,
                resource=resource,
                uncertain=uncertain,
            )
    groups = [
        document(allow("ec2:Describe*"), version=None),
        document(allow(["ec2:RunInstances"]), version=None),
        document(deny("ec2:TerminateInstances"), version=None),
    ]
    for action, answer in (
        ("ec2:DescribeInstances", allowed()),
        ("ec2:RunInstances", allowed("identity", 1)),
        ("ec2:TerminateInstances", denied("identity", 2)),
        ("ec2:StopInstances", missing()),
    ):
        vectors.add(
            "R160",
            "groups",
            f"policies of three groups, {action}",
            answer,
            identity=groups,
            action=action,
            resource="*",
            uncertain=VERSIONLESS,
        )
    conditions: tuple[tuple[Json, Json, bool], ...] = (
        (
            {"DateLessThan": {"aws:CurrentTime": "2011-12-16T12:00:00Z"}},
            {"aws:CurrentTime": "2011-12-16T11:59:59Z"},
            True,
        ),
        (
            {"DateLessThan": {"aws:CurrentTime": "2011-12-16T12:00:00Z"}},
            {"aws:CurrentTime": "2011-12-16T12:00:00Z"},
            False,
        ),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, {"aws:SourceIp": "192.0.2.255"}, True),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, {"aws:SourceIp": "192.0.3.0"}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": "true"}, True),
        ({"StringLike": {"aws:UserAgent": "ec2-api-tools*"}}, {"aws:UserAgent": "ec2-api-tools 1.4"}, True),
        ({"NumericLessThan": {"aws:EpochTime": "1324036800"}}, {"aws:EpochTime": "1324036799"}, True),
    )
    for (condition, context, holds), effect in product(conditions, ("Allow", "Deny")):
        limited = (
            document(allow("ec2:*", condition=condition))
            if effect == "Allow"
            else document(allow("ec2:*"), deny("ec2:*", condition=condition))
        )
        answer = (
            (allowed() if holds else missing())
            if effect == "Allow"
            else denied("identity", 0, 1)
            if holds
            else allowed()
        )
        vectors.add(
            "R160",
            "key",
            f"{effect} of EC2 under {condition} with {context}",
            answer,
            identity=[limited],
            action=RUN,
            resource="*",
            context=context,
        )


def add_arns(vectors: Vectors) -> None:
    """Images and snapshots have an empty account field; most others have the owner's (R160)."""
    cases = (
        (IMAGE, f"arn:aws:ec2:{REGION}::image/*", True),
        (IMAGE, f"arn:aws:ec2:{REGION}:{ACCOUNT}:image/*", False),
        (IMAGE, f"arn:aws:ec2:{REGION}:*:image/*", True),
        (IMAGE, "arn:aws:ec2:*::image/ami-*", True),
        (IMAGE, "arn:aws:ec2:us-east-1::image/*", False),
        (IMAGE, "arn:aws:ec2:*:*:*", True),
        (IMAGE, "*", True),
        (IMAGE, f"arn:aws:ec2:{REGION}:?:image/*", False),
        (SNAPSHOT, f"arn:aws:ec2:{REGION}::snapshot/*", True),
        (SNAPSHOT, f"arn:aws:ec2:{REGION}:{ACCOUNT}:snapshot/*", False),
        (SNAPSHOT, IMAGE, False),
        (arn("instance", "i-0a"), f"arn:aws:ec2:{REGION}::instance/*", False),
        (arn("instance", "i-0a"), f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*", True),
        (arn("instance", "i-0a"), "arn:aws:ec2:*:*:instance/i-0?", True),
        (arn("instance", "i-0a"), f"arn:aws:ec2:{REGION}:{OTHER}:instance/*", False),
    )
    for (resource, pattern, covers), effect in product(cases, ("Allow", "Deny")):
        parts = {"Action": "ec2:*", "Resource": pattern}
        vectors.probe_statement(
            "R160",
            "arn",
            f"{pattern} {'covers' if covers else 'does not cover'} {resource}",
            covers,
            parts,
            effect=effect,
            action="ec2:Look",
            resource=resource,
        )


def image(owner: str = OTHER, **others: Any) -> Json:
    """Return the attributes of an image."""
    return {"id": "ami-0a1b2c3d", "owner": owner, "region": REGION, **others}


def add_launch_permission(vectors: Vectors) -> None:
    """A launch needs the policies and the image's permission: owner, public, account, organisation or unit (R161)."""
    permissions: tuple[tuple[str, Json | None, bool, bool], ...] = (
        ("no permission", None, False, False),
        ("an empty permission", {}, False, False),
        ("the account", {"users": [ACCOUNT]}, True, True),
        ("another account", {"users": ["777788889999"]}, False, False),
        ("two accounts", {"users": ["777788889999", ACCOUNT]}, True, True),
        ("everyone", {"groups": ["all"]}, True, True),
        ("no group", {"groups": []}, False, False),
        ("the organisation", {"organizations": [ORGANISATION]}, True, False),
        ("another organisation", {"organizations": [ORGANISATION + "2"]}, False, False),
        ("the unit", {"units": [UNIT]}, True, False),
        ("another unit", {"units": [UNIT + "2"]}, False, False),
        ("a unit and everyone", {"units": [UNIT + "2"], "groups": ["all"]}, True, True),
        ("the user's id in place of the account", {"users": ["AIDAEXAMPLEPEARS00000"]}, False, False),
    )
    for (said, permission, inside, outside), is_member, form in product(
        permissions, (True, False), ("allow", "lack", "deny")
    ):
        shared = inside if is_member else outside
        identity = {
            "allow": [RUNS],
            "lack": [document(allow("ec2:Describe*"))],
            "deny": [document(allow("ec2:*"), deny(RUN))],
        }[form]
        answer = (
            missing()
            if form == "lack"
            else denied("identity", 0, 1)
            if form == "deny"
            else allowed()
            if shared
            else REFUSED
        )
        sharing: Json = {} if permission is None else {"launch_permission": permission}
        attributes: Json = {"image": image(**sharing)}
        if is_member:
            attributes["caller_org_arns"] = [ORGANISATION, UNIT]
        why = (
            f"policies {form}; the image is shared with {said}, the caller "
            f"is {'in' if is_member else 'outside'} the organisation"
        )
        vectors.add(
            "R161",
            "launch",
            why,
            answer,
            identity=identity,
            action=RUN,
            resource=IMAGE,
            account=ACCOUNT,
            ec2=attributes,
        )
    for principal, owner, permission in product(
        (USER, SESSION, ROOT), (ACCOUNT, OTHER), (None, {"users": [ACCOUNT]}, {"users": [OTHER]})
    ):
        held: Json = {"identity": [RUNS]} if principal != ROOT else {}
        shared = owner == ACCOUNT or permission == {"users": [ACCOUNT]}
        answer = (ALLOWED if principal == ROOT else allowed()) if shared else REFUSED
        attributes = {"image": image(owner, **({"launch_permission": permission} if permission else {}))}
        why = (
            f"{principal}, the image is {'its own' if owner == ACCOUNT else 'of another account'}, "
            f"shared with {permission['users'][0] if permission else 'nobody'}"
        )
        vectors.add(
            "R161",
            "owner",
            why,
            answer,
            principal=principal,
            action=RUN,
            resource=IMAGE,
            account=owner,
            ec2=attributes,
            **held,
        )
    for region, state in product((REGION, "us-east-1", None), (None, "available", "disabled", "deregistered")):
        for owner in (ACCOUNT, OTHER):
            attributes = {
                "image": image(owner, launch_permission={"groups": ["all"]}),
                **({"region": region} if region else {}),
            }
            usable = region != "us-east-1" and state not in ("disabled", "deregistered")
            why = (
                f"a launch in {region or 'the Region of the image'}, the image is "
                f"{state or 'available'}, {'its own' if owner == ACCOUNT else 'public'}"
            )
            vectors.add(
                "R161",
                "state",
                why,
                allowed() if usable else REFUSED,
                identity=[RUNS],
                action=RUN,
                resource=IMAGE,
                ec2=attributes,
                facts={"image_state": state} if state else {},
            )


def add_image_use(vectors: Vectors) -> None:
    """Encrypted storage needs its key too (R161, R163)."""
    storages: tuple[tuple[str, Json, str], ...] = (
        ("not encrypted", {}, "free"),
        ("encrypted under a customer's key", {"encrypted": True, "kms": "customer"}, "key"),
        ("encrypted under the AWS-managed key", {"encrypted": True, "kms": "aws-managed"}, "managed"),
        ("of a snapshot under a customer's key", {"snapshots": [{"encrypted": True, "kms": "customer"}]}, "key"),
        ("of a plain snapshot", {"snapshots": [{"encrypted": False}]}, "free"),
        (
            "of a plain and a managed snapshot",
            {"snapshots": [{}, {"encrypted": True, "kms": "aws-managed"}]},
            "managed",
        ),
    )
    for (said, storage, needs), usable, owner, action in product(
        storages, (True, False, None), (ACCOUNT, OTHER), (RUN, "ec2:CopyImage")
    ):
        attributes: Json = {"image": image(owner, launch_permission={"users": [ACCOUNT]}, **storage)}
        if usable is not None:
            attributes["key_usable"] = usable
        if owner == ACCOUNT:
            readable = needs == "free" or usable is not False
        else:
            readable = needs == "free" or (needs == "key" and usable is True)
        why = (
            f"{action}: an image {said}, {'its own' if owner == ACCOUNT else 'shared'}, the key "
            f"is {'usable' if usable else 'not usable' if usable is False else 'not told of'}"
        )
        vectors.add(
            "R161",
            "storage",
            why,
            allowed() if readable else REFUSED,
            identity=[RUNS],
            action=action,
            resource=IMAGE,
            ec2=attributes,
        )
    for region in (REGION, "us-east-1"):
        vectors.add(
            "R161",
            "copy",
            f"a copy to {region} names the image's Region itself",
            allowed(),
            identity=[RUNS],
            action="ec2:CopyImage",
            resource=IMAGE,
            ec2={"image": image(launch_permission={"users": [ACCOUNT]}), "region": region},
        )


def add_image_owner(vectors: Vectors) -> None:
    """The owner alone changes an image; a receiver may take its own account off the list (R161)."""
    for action, owner in product(
        (
            "ec2:ModifyImageAttribute",
            "ec2:ResetImageAttribute",
            "ec2:DeregisterImage",
            "ec2:DisableImage",
            "ec2:EnableImage",
            "ec2:EnableImageDeprecation",
        ),
        (ACCOUNT, OTHER),
    ):
        for identity, answer in (([RUNS], allowed() if owner == ACCOUNT else REFUSED), ([], missing())):
            why = (
                f"{action} on {'its own image' if owner == ACCOUNT else 'a public image'}, "
                f"policies {'allow' if identity else 'do not'}"
            )
            vectors.add(
                "R161",
                "change",
                why,
                answer,
                identity=identity,
                action=action,
                resource=IMAGE,
                ec2={"image": image(owner, launch_permission={"groups": ["all"]})},
            )
    changes: tuple[tuple[str, Json], ...] = (
        ("everyone", {"add_group": "all"}),
        ("an account", {"add_user": OTHER}),
        ("nobody any more", {"remove_group": "all"}),
        ("nothing", {}),
    )
    storages: tuple[tuple[str, Json, bool, bool], ...] = (
        ("plain", {}, True, True),
        ("encrypted under a customer's key", {"encrypted": True, "kms": "customer"}, False, True),
        ("encrypted under the AWS-managed key", {"encrypted": True, "kms": "aws-managed"}, False, False),
        ("with a product code", {"product_codes": ["abc"]}, False, True),
        ("with an encrypted snapshot", {"snapshots": [{"encrypted": True, "kms": "customer"}]}, False, True),
    )
    for (said, change), (what, storage, may_public, may_share) in product(changes, storages):
        may = may_public if said == "everyone" else may_share if said == "an account" else True
        vectors.add(
            "R161",
            "share",
            f"an image {what} is shared with {said}",
            allowed() if may else REFUSED,
            identity=[RUNS],
            action="ec2:ModifyImageAttribute",
            resource=IMAGE,
            ec2={"image": image(ACCOUNT, **storage), "change": change},
        )
    for permission, may in (
        ({"users": [ACCOUNT]}, True),
        ({"groups": ["all"]}, False),
        ({"organizations": [ORGANISATION]}, False),
        ({"users": [OTHER]}, False),
    ):
        vectors.add(
            "R161",
            "cancel",
            f"a receiver leaves the list {permission}",
            allowed() if may else REFUSED,
            identity=[RUNS],
            action="ec2:CancelImageLaunchPermission",
            resource=IMAGE,
            ec2={"image": image(launch_permission=permission), "caller_org_arns": [ORGANISATION]},
        )
    for action in ("ec2:DescribeImages", "ec2:CreateTags"):
        vectors.add(
            "R161",
            "free",
            f"{action} needs no permission of the image",
            allowed(),
            identity=[RUNS],
            action=action,
            resource=IMAGE,
            ec2={"image": image()},
        )


def add_credentials(vectors: Vectors) -> None:
    """Bad credentials are refused before any policy is read (R162)."""
    for state, principal, form in product(
        ("expired", "invalid-signature", "missing-token"), (USER, SESSION, ROOT), ("allow", "deny", "none")
    ):
        identity = {"allow": [RUNS], "deny": [document(deny("ec2:*"))], "none": []}[form]
        if principal == ROOT and form != "none":
            continue
        vectors.add(
            "R162",
            "refused",
            f"credentials {state}, {principal}, policies {form}",
            missing("authentication"),
            identity=identity,
            principal=principal,
            action=RUN,
            resource="*",
            facts={"credentials": state},
        )
    for principal, held, answer in (
        (USER, {"identity": [RUNS]}, allowed()),
        (SESSION, {"identity": [RUNS]}, allowed()),
        (SESSION, {"identity": [RUNS], "session": document(allow("ec2:Describe*"))}, missing("session")),
        (ROOT, {}, ALLOWED),
    ):
        vectors.add(
            "R162",
            "good",
            f"good credentials, {principal}",
            answer,
            principal=principal,
            action=RUN,
            resource="*",
            **held,
        )
    for state in ("expired", "missing-token"):
        vectors.add(
            "R162",
            "first",
            f"credentials {state} come before an image that is not shared",
            missing("authentication"),
            identity=[RUNS],
            action=RUN,
            resource=IMAGE,
            facts={"credentials": state},
            ec2={"image": image()},
        )


def snapshot(owner: str = OTHER, **others: Any) -> Json:
    """Return the attributes of a snapshot."""
    return {"id": "snap-0a1b2c3d", "owner": owner, "region": REGION, **others}


def add_snapshots(vectors: Vectors) -> None:
    """Snapshots are shared with accounts or everyone, encrypted ones together with their key (R163)."""
    permissions: tuple[tuple[str, Json, bool], ...] = (
        ("nobody", {}, False),
        ("the account", {"users": [ACCOUNT]}, True),
        ("another account", {"users": ["777788889999"]}, False),
        ("everyone", {"groups": ["all"]}, True),
    )
    for (said, permission, shared), owner, action in product(
        permissions,
        (ACCOUNT, OTHER),
        ("ec2:CreateVolume", "ec2:CopySnapshot", "ec2:DeleteSnapshot", "ec2:ModifySnapshotAttribute"),
    ):
        is_use = action in ("ec2:CreateVolume", "ec2:CopySnapshot")
        may = owner == ACCOUNT or (is_use and shared)
        why = (
            f"{action} of {'its own snapshot' if owner == ACCOUNT else 'another account’s snapshot'}, "
            f"shared with {said}"
        )
        vectors.add(
            "R163",
            "shared",
            why,
            allowed() if may else REFUSED,
            identity=[RUNS],
            action=action,
            resource=SNAPSHOT,
            ec2={"snapshot": snapshot(owner, create_volume_permission=permission)},
        )
    for kms, usable, owner in product((None, "customer", "aws-managed"), (True, False, None), (ACCOUNT, OTHER)):
        attributes: Json = {
            "snapshot": snapshot(
                owner, create_volume_permission={"users": [ACCOUNT]}, **({"encrypted": True, "kms": kms} if kms else {})
            )
        }
        if usable is not None:
            attributes["key_usable"] = usable
        readable = kms is None or (usable is not False if owner == ACCOUNT else kms == "customer" and usable is True)
        why = (
            f"{'its own' if owner == ACCOUNT else 'a shared'} snapshot, "
            f"{f'encrypted, key {kms}' if kms else 'not encrypted'}, "
            f"the key is {'usable' if usable else 'not usable' if usable is False else 'not told of'}"
        )
        vectors.add(
            "R163",
            "key",
            why,
            allowed() if readable else REFUSED,
            identity=[RUNS],
            action="ec2:CreateVolume",
            resource=SNAPSHOT,
            ec2=attributes,
        )
    for kms, change, may in (
        (None, {"add_group": "all"}, True),
        ("customer", {"add_group": "all"}, False),
        ("customer", {"add_user": OTHER}, True),
        ("aws-managed", {"add_user": OTHER}, False),
        ("aws-managed", {"remove_user": OTHER}, True),
        (None, {"add_user": OTHER}, True),
    ):
        held = snapshot(ACCOUNT, **({"encrypted": True, "kms": kms} if kms else {}))
        vectors.add(
            "R163",
            "share",
            f"a snapshot {f'under the key {kms}' if kms else 'without encryption'}, {change}",
            allowed() if may else REFUSED,
            identity=[RUNS],
            action="ec2:ModifySnapshotAttribute",
            resource=SNAPSHOT,
            ec2={"snapshot": held, "change": change},
        )
    for region, action in product((REGION, "us-east-1"), ("ec2:CreateVolume", "ec2:CopySnapshot")):
        may = region == REGION or action == "ec2:CopySnapshot"
        vectors.add(
            "R163",
            "region",
            f"{action} in {region}",
            allowed() if may else REFUSED,
            identity=[RUNS],
            action=action,
            resource=SNAPSHOT,
            ec2={"snapshot": snapshot(create_volume_permission={"groups": ["all"]}), "region": region},
        )
    for key, value, present, action in product(
        ("ec2:Add/userId", "ec2:Add/group", "ec2:Remove/userId"),
        ("x", "y"),
        (True, False),
        ("ec2:ModifySnapshotAttribute", "ec2:ModifyImageAttribute"),
    ):
        if action == "ec2:ModifyImageAttribute" and present:
            continue  # the call carries none of these keys
        holds = present and value == "x"
        context = {key: value} if present else {}
        for effect in ("Allow", "Deny"):
            parts = {"Action": action, "Resource": "*", "Condition": {"StringEquals": {key: "x"}}}
            why = f"{action} under {key}, which is {value if present else 'absent'}"
            vectors.probe_statement(
                "R163",
                "steered",
                why,
                holds,
                parts,
                effect=effect,
                action=action,
                resource=SNAPSHOT if "Snapshot" in action else IMAGE,
                context=context,
            )
    for volume, source in product((True, False), repeat=2):
        patterns = [
            *([arn("volume")] if volume else []),
            *([f"arn:aws:ec2:{REGION}::snapshot/*"] if source else []),
            arn("key-pair"),
        ]
        authorizations = [{"resource": arn("volume"), "context": {}}, {"resource": SNAPSHOT, "context": {}}]
        why = (
            "a volume from a snapshot authorises both: volume "
            f"{'allowed' if volume else 'not'}, snapshot {'allowed' if source else 'not'}"
        )
        vectors.add(
            "R163",
            "volume",
            why,
            allowed() if volume and source else missing(),
            identity=[document(allow("ec2:CreateVolume", patterns))],
            action="ec2:CreateVolume",
            resource=arn("volume"),
            authorizations=authorizations,
        )


def add_owner_calls(vectors: Vectors) -> None:
    """Whatever changes an image or snapshot is for its owner; looking at it is for all (R161, R163)."""
    calls = (
        ("R161", "ec2:DisableImageDeprecation"),
        ("R161", "ec2:DisableImageDeregistrationProtection"),
        ("R161", "ec2:EnableImageDeregistrationProtection"),
        ("R163", "ec2:ResetSnapshotAttribute"),
    )
    for (rule, action), owner in product(calls, (ACCOUNT, OTHER)):
        attributes: Json = (
            {"image": image(owner, launch_permission={"users": [ACCOUNT]})}
            if rule == "R161"
            else {"snapshot": snapshot(owner, create_volume_permission={"users": [ACCOUNT]})}
        )
        vectors.add(
            rule,
            "owner-call",
            f"{action} on what is {'its own' if owner == ACCOUNT else 'shared with it'}",
            allowed() if owner == ACCOUNT else REFUSED,
            identity=[RUNS],
            action=action,
            resource=IMAGE if rule == "R161" else SNAPSHOT,
            ec2=attributes,
        )
    for action in ("ec2:DescribeSnapshots", "ec2:CreateTags"):
        vectors.add(
            "R163",
            "free",
            f"{action} needs no permission of the snapshot",
            allowed(),
            identity=[RUNS],
            action=action,
            resource=SNAPSHOT,
            ec2={"snapshot": snapshot()},
        )
