"""Vectors of the chapter on EC2, second part: what a launch and other calls authorise (R164 to R168)."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from .ec2 import IMAGE, REFUSED, REGION, RUN, RUNS, arn, image, snapshot
from .vector import (
    ACCOUNT,
    ACTION,
    OTHER,
    SESSION,
    USER,
    Answer,
    Json,
    Vectors,
    allow,
    allowed,
    denied,
    deny,
    document,
    missing,
)


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_run_instances(vectors)
    add_tagging(vectors)
    add_pass_role(vectors)
    add_others(vectors)
    add_layers(vectors)


SUBNET = "whether the subnet is authorised where the call names none is told in two ways"


DESCRIBE = "the guide says that Describe calls name no resource, the reference names one for some"


BATCH = "that one refused item refuses a call on several is not told"


RESOURCES: Final = {
    "image": (IMAGE, {"ec2:Owner": "amazon", "ec2:Region": REGION}),
    "instance": (arn("instance"), {"ec2:InstanceType": "t3.micro", "ec2:Region": REGION}),
    "network-interface": (arn("network-interface"), {"ec2:Region": REGION, "ec2:Subnet": arn("subnet", "subnet-0a")}),
    "security-group": (arn("security-group", "sg-0a"), {"ec2:Region": REGION, "ec2:ResourceTag/team": "red"}),
    "subnet": (arn("subnet", "subnet-0a"), {"ec2:Region": REGION, "ec2:ResourceTag/team": "red"}),
    "volume": (arn("volume"), {"ec2:VolumeSize": "100", "ec2:Region": REGION}),
    "key-pair": (arn("key-pair", "press"), {"ec2:Region": REGION}),
    "launch-template": (arn("launch-template", "lt-0a"), {"ec2:Region": REGION}),
}


def run(
    vectors: Vectors,
    rule: str,
    topic: str,
    why: str,
    answer: Answer,
    identity: list[Json],
    kinds: tuple[str, ...] = tuple(RESOURCES),
    **others: Any,
) -> None:
    """Add a vector for a launch, with an authorization for each resource in call order."""
    authorizations = [{"resource": RESOURCES[kind][0], "context": RESOURCES[kind][1]} for kind in kinds]
    vectors.add(
        rule,
        topic,
        why,
        answer,
        identity=identity,
        action=RUN,
        resource=IMAGE,
        authorizations=authorizations,
        context={"aws:RequestedRegion": REGION},
        **others,
    )


def add_run_instances(vectors: Vectors) -> None:
    """A launch authorises every resource on its own, with its own keys (R164)."""
    base = ("image", "instance", "network-interface", "security-group", "subnet", "volume")
    for absent in (None, *RESOURCES):
        patterns = [RESOURCES[kind][0] for kind in RESOURCES if kind != absent]
        run(
            vectors,
            "R164",
            "each",
            f"a launch of 8 resources, all {'allowed' if absent is None else f'but {absent} allowed'}",
            allowed() if absent is None else missing(),
            [document(allow(RUN, patterns))],
            uncertain=SUBNET if absent == "subnet" else None,
        )
        denying = document(
            allow("ec2:*"), deny(RUN, RESOURCES[absent][0] if absent else "arn:aws:ec2:*:*:elastic-gpu/*")
        )
        run(
            vectors,
            "R164",
            "each-denied",
            f"a launch of 8 resources, {absent or 'none of them'} denied",
            allowed() if absent is None else denied("identity", 0, 1),
            [denying],
            uncertain=SUBNET if absent == "subnet" else None,
        )
        if absent in base:
            continue
        kinds = tuple(kind for kind in RESOURCES if kind != absent)
        if absent is not None:
            patterns = [RESOURCES[kind][0] for kind in kinds]
            run(
                vectors,
                "R164",
                "not-named",
                f"a launch that names no {absent} needs no Allow for one",
                allowed(),
                [document(allow(RUN, patterns))],
                kinds,
            )
    keys: tuple[tuple[str, str, str, str], ...] = (
        ("StringEquals", "ec2:InstanceType", "t3.micro", "instance"),
        ("StringEquals", "ec2:Owner", "amazon", "image"),
        ("NumericLessThanEquals", "ec2:VolumeSize", "100", "volume"),
        ("StringEquals", "ec2:ResourceTag/team", "red", "security-group"),
    )
    others = {"StringEquals": "x", "NumericLessThanEquals": "99"}
    for operator, key, wanted, carrier in keys:
        for value, holds in ((wanted, True), (others[operator], False)):
            condition: Json = {operator: {key: value}}
            run(
                vectors,
                "R164",
                "plain-key",
                f"an Allow of all resources under {key}, which some carry only",
                missing(),
                [document(allow(RUN, condition=condition))],
                base,
            )
            condition = {operator + "IfExists": {key: value}}
            run(
                vectors,
                "R164",
                "if-exists",
                f"the same with IfExists, {value}",
                allowed() if holds else missing(),
                [document(allow(RUN, condition=condition))],
                base,
            )
            carriers = [RESOURCES[kind][0] for kind in base if key in RESOURCES[kind][1]]
            rest = [RESOURCES[kind][0] for kind in base if key not in RESOURCES[kind][1]]
            split = document(allow(RUN, carriers, condition={operator: {key: value}}), allow(RUN, rest))
            place = 1 if key not in RESOURCES["image"][1] else 0
            run(
                vectors,
                "R164",
                "split",
                f"split into statements by {key}, {value}",
                allowed("identity", 0, place) if holds else missing(),
                [split],
                base,
            )
            denying = document(allow("ec2:*"), deny(RUN, condition={operator: {key: value}}))
            run(
                vectors,
                "R164",
                "deny-key",
                f"a Deny under {key} {value} bites where {carrier} carries it",
                denied("identity", 0, 1) if holds else allowed(),
                [denying],
                base,
            )
        if operator == "StringEquals":
            for value in (wanted, "x"):
                denying = document(allow("ec2:*"), deny(RUN, condition={"StringNotEquals": {key: value}}))
                run(
                    vectors,
                    "R164",
                    "deny-negated",
                    f"a Deny of all resources under StringNotEquals {key} hits those without the key",
                    denied("identity", 0, 1),
                    [denying],
                    base,
                )
                denying = document(
                    allow("ec2:*"),
                    deny(RUN, f"arn:aws:ec2:*:*:{carrier}/*", condition={"StringNotEquals": {key: value}}),
                )
                run(
                    vectors,
                    "R164",
                    "deny-negated",
                    f"the same for {carrier} only, {value}",
                    allowed() if value == wanted else denied("identity", 0, 1),
                    [denying],
                    base,
                )
    for kind in ("scps", "boundary", "session"):
        for size, holds in (("t3.micro", True), ("t3.large", False)):
            limited = document(
                allow("*"),
                deny(
                    RUN,
                    arn("instance").replace(ACCOUNT, "*"),
                    condition={"StringNotEquals": {"ec2:InstanceType": size}},
                ),
            )
            layer = "scp" if kind == "scps" else kind
            held: Json = {kind: [[limited]] if kind == "scps" else limited}
            run(
                vectors,
                "R164",
                "ceiling",
                f"instance types fenced by kind {layer}, {size}",
                allowed() if holds else denied(layer, 0, 1),
                [RUNS],
                base,
                principal=SESSION,
                **held,
            )
    for region, answer in ((REGION, allowed()), ("us-east-1", missing())):
        run(
            vectors,
            "R164",
            "region",
            f"a launch in one Region only: {region}",
            answer,
            [document(allow(RUN, condition={"StringEquals": {"ec2:Region": region}}))],
            base,
        )


def add_tagging(vectors: Vectors) -> None:
    """Tags at creation add an authorization for ec2:CreateTags per tagged resource (R165)."""
    tagged = {"aws:RequestTag/cost": "42", "aws:TagKeys": ["cost"], "ec2:CreateAction": "RunInstances"}
    for kinds, grant, create in product(
        ((), ("instance",), ("instance", "volume")),
        ("none", "all", "by RunInstances", "by CreateVolume", "instances"),
        (True, False),
    ):
        statements = [
            allow(RUN),
            *(
                [
                    allow(
                        "ec2:CreateTags",
                        "*" if grant != "instances" else arn("instance"),
                        condition={"StringEquals": {"ec2:CreateAction": grant[3:]}} if grant.startswith("by") else None,
                    )
                ]
                if grant != "none"
                else []
            ),
        ]
        if not create:
            statements[0] = allow("ec2:Describe*")
        covers = {
            "none": (),
            "all": ("instance", "volume"),
            "by RunInstances": ("instance", "volume"),
            "by CreateVolume": (),
            "instances": ("instance",),
        }[grant]
        authorizations = [
            {
                "resource": arn(kind),
                "context": {name: value for name, value in tagged.items() if name != "ec2:CreateAction"}
                if kind in kinds
                else {},
            }
            for kind in ("instance", "volume")
        ]
        authorizations += [{"action": "ec2:CreateTags", "resource": arn(kind), "context": tagged} for kind in kinds]
        answer = missing() if not create or not set(kinds) <= set(covers) else allowed()
        why = (
            f"a launch that tags {', '.join(kinds) or 'nothing'}; CreateTags is "
            f"allowed: {grant}; RunInstances is {'allowed' if create else 'not'}"
        )
        vectors.add(
            "R165",
            "create",
            why,
            answer,
            identity=[document(*statements)],
            action=RUN,
            resource=arn("instance"),
            authorizations=authorizations,
        )
    for tags, needs in product(
        ({}, {"cost": "42"}, {"cost": "43"}, {"Cost": "42"}, {"cost": "42", "site": "x"}), ("required", "closed")
    ):
        context: Json = {f"aws:RequestTag/{name}": value for name, value in tags.items()} | (
            {"aws:TagKeys": list(tags)} if tags else {}
        )
        condition: Json = {"StringEquals": {"aws:RequestTag/cost": "42"}}
        if needs == "closed":
            condition["ForAllValues:StringEquals"] = {"aws:TagKeys": ["cost"]}
        has_cost = any(name.lower() == "cost" and value == "42" for name, value in tags.items())
        holds = has_cost and (needs == "required" or list(tags) == ["cost"])
        parts = {"Action": RUN, "Resource": arn("instance"), "Condition": condition}
        for effect in ("Allow", "Deny"):
            vectors.probe_statement(
                "R165",
                "request-tag",
                f"{needs}: the request tags {tags or 'nothing'}",
                holds,
                parts,
                effect=effect,
                action=RUN,
                resource=arn("instance"),
                context=context,
            )


def add_pass_role(vectors: Vectors) -> None:
    """An instance profile adds iam:PassRole on its role, to EC2 (R166)."""
    role = f"arn:aws:iam::{ACCOUNT}:role/app/Baker"
    patterns = (
        (role, True),
        (f"arn:aws:iam::{ACCOUNT}:role/app/*", True),
        (f"arn:aws:iam::{ACCOUNT}:role/Baker", False),
        ("*", True),
        (f"arn:aws:iam::{OTHER}:role/app/Baker", False),
        (None, False),
    )
    for (pattern, covers), service, names in product(
        patterns, ("ec2.amazonaws.com", "lambda.amazonaws.com", None), (True, False)
    ):
        condition = {"StringEquals": {"iam:PassedToService": service}} if service else None
        statements = [allow(RUN), *([allow("iam:PassRole", pattern, condition=condition)] if pattern else [])]
        authorizations = [{"resource": arn("instance"), "context": {}}]
        if names:
            authorizations.append(
                {"action": "iam:PassRole", "resource": role, "context": {"iam:PassedToService": "ec2.amazonaws.com"}}
            )
        if pattern is None and service:
            continue
        passes = covers and service != "lambda.amazonaws.com"
        why = (
            f"a launch {'with' if names else 'without'} a profile; PassRole "
            f"of {pattern or 'nothing'}{f' to {service}' if service else ''}"
        )
        vectors.add(
            "R166",
            "pass",
            why,
            allowed() if passes or not names else missing(),
            identity=[document(*statements)],
            action=RUN,
            resource=arn("instance"),
            authorizations=authorizations,
        )
    for hit in (True, False):
        denying = document(allow("*"), deny("iam:PassRole", role if hit else role + "2"))
        authorizations = [
            {"resource": arn("instance"), "context": {}},
            {"action": "iam:PassRole", "resource": role, "context": {"iam:PassedToService": "ec2.amazonaws.com"}},
        ]
        vectors.add(
            "R166",
            "deny",
            f"a Deny of passing {'this' if hit else 'another'} role",
            denied("identity", 0, 1) if hit else allowed(),
            identity=[denying],
            action=RUN,
            resource=arn("instance"),
            authorizations=authorizations,
        )


def add_others(vectors: Vectors) -> None:
    """Describe calls, calls on several items, launch templates (R167)."""
    for pattern, covers in (("*", True), (arn("instance"), False), ("arn:aws:ec2:*:*:instance/*", False)):
        for action in ("ec2:DescribeInstances", "ec2:DescribeImages", "ec2:DescribeVolumes"):
            vectors.add(
                "R167",
                "describe",
                f"{action} under an Allow of {pattern}",
                allowed() if covers else missing(),
                identity=[document(allow("ec2:Describe*", pattern))],
                action=action,
                resource="*",
                uncertain=DESCRIBE if not covers else None,
            )
    for action, flags in product(
        ("ec2:StopInstances", "ec2:TerminateInstances", "ec2:StartInstances"), product((True, False), repeat=3)
    ):
        authorizations = [
            {"resource": arn("instance", f"i-{place}"), "context": {"ec2:ResourceTag/team": "red" if flag else "blue"}}
            for place, flag in enumerate(flags)
        ]
        answer = allowed() if all(flags) else missing()
        vectors.add(
            "R167",
            "several",
            f"{action} on 3 instances, {sum(flags)} of them with the tag",
            answer,
            identity=[document(allow(action, condition={"StringEquals": {"ec2:ResourceTag/team": "red"}}))],
            action=action,
            resource=arn("instance", "i-0"),
            authorizations=authorizations,
            uncertain=None if all(flags) else BATCH,
        )
    for instance, volume in product((True, False), repeat=2):
        patterns = [*([arn("instance")] if instance else []), *([arn("volume")] if volume else []), arn("subnet")]
        authorizations = [
            {"resource": arn("instance", "i-0"), "context": {}},
            {"resource": arn("volume", "vol-0"), "context": {}},
        ]
        why = (
            f"AttachVolume needs both: instance {'allowed' if instance else 'not'}, "
            f"volume {'allowed' if volume else 'not'}"
        )
        vectors.add(
            "R167",
            "attach",
            why,
            allowed() if instance and volume else missing(),
            identity=[document(allow("ec2:AttachVolume", patterns))],
            action="ec2:AttachVolume",
            resource=arn("instance", "i-0"),
            authorizations=authorizations,
        )
    template = arn("launch-template", "lt-0a")
    for own, by_template in product((None, template, template + "b"), ("true", "false", None)):
        context = {
            name: value
            for name, value in (("ec2:LaunchTemplate", own), ("ec2:IsLaunchTemplateResource", by_template))
            if value
        }
        for effect in ("Allow", "Deny"):
            parts = {
                "Action": RUN,
                "Resource": "*",
                "Condition": {
                    "ArnLike": {"ec2:LaunchTemplate": template},
                    "Bool": {"ec2:IsLaunchTemplateResource": "true"},
                },
            }
            vectors.probe_statement(
                "R167",
                "template",
                f"a launch by {own or 'no template'}, the resource is from it: {by_template or 'absent'}",
                own == template and by_template == "true",
                parts,
                effect=effect,
                action=RUN,
                resource=arn("instance"),
                context=context,
            )


def add_layers(vectors: Vectors) -> None:
    """An attribute refuses after the policies, as a layer of its own (R168)."""
    for shared, form, principal in product(
        (True, False), ("allow", "lack", "deny", "scp lacks", "boundary lacks"), (USER, SESSION)
    ):
        held: Json = {"identity": [RUNS]}
        answer = allowed() if shared else REFUSED
        if form == "lack":
            held, answer = {"identity": []}, missing()
        elif form == "deny":
            held, answer = {"identity": [document(allow("*"), deny(RUN))]}, denied("identity", 0, 1)
        elif form == "scp lacks":
            held, answer = {**held, "scps": [[document(allow(ACTION))]]}, missing("scp")
        elif form == "boundary lacks":
            held, answer = {**held, "boundary": document(allow(ACTION))}, missing("boundary")
        why = f"policies: {form}; the image is {'shared' if shared else 'not shared'}"
        vectors.add(
            "R168",
            "layer",
            why,
            answer,
            principal=principal,
            action=RUN,
            resource=IMAGE,
            ec2={"image": image(launch_permission={"users": [ACCOUNT if shared else OTHER]})},
            **held,
        )
    for has_image, has_snapshot in product((True, False), repeat=2):
        attributes = {
            "image": image(launch_permission={"users": [ACCOUNT] if has_image else []}),
            "snapshot": snapshot(create_volume_permission={"users": [ACCOUNT] if has_snapshot else []}),
        }
        why = (
            f"a launch with a further snapshot: image {'shared' if has_image else 'not'}, "
            f"snapshot {'shared' if has_snapshot else 'not'}"
        )
        vectors.add(
            "R168",
            "two",
            why,
            allowed() if has_image and has_snapshot else REFUSED,
            identity=[RUNS],
            action=RUN,
            resource=IMAGE,
            ec2=attributes,
        )
