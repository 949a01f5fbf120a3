"""Vectors of the chapter on evaluation, fourth part: root users, unsigned callers, services, errors (R143 to R149)."""

from __future__ import annotations

from itertools import product
from typing import Any

from .evaluation import EVERYONE, KEY, LACKING
from .roles import KMS, NO_ROLE, TARGET, TRUST, assume
from .vector import (
    ACCOUNT,
    ACTION,
    ALLOWED,
    ANONYMOUS,
    BUCKET,
    FEDERATED,
    FULL,
    OBJECT,
    OTHER,
    ROLE,
    ROOT,
    SERVICE,
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

UNSIGNED_LIST = "which services take unsigned requests beside S3 is told by no single page"
ASSUMED_ROOT = "how the task policy of an AssumeRoot session limits it is told briefly only"
LIMITS = "a limit of STS outside of policies"
CALLER_IDENTITY = "whether a service control policy can deny what needs no permission is not told"
ENDPOINT_IDENTITY = "whether the policy of an endpoint can deny what needs no permission is not told"
QUEUE_REPAIR = "the page on tasks of the root user names the queue policy; the action that edits it is inferred"
UNREADABLE = "no page tells what an ill-formed value does"


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_root(vectors)
    add_unsigned(vectors)
    add_services(vectors)
    add_errors(vectors)
    add_free(vectors)


def add_root(vectors: Vectors) -> None:
    """The root user needs no policy of its own, and is limited from outside only (R143)."""
    for action, resource in (
        (ACTION, OBJECT),
        ("iam:CreateUser", USER),
        ("ec2:RunInstances", "*"),
        ("s3:ListAllMyBuckets", "*"),
    ):
        vectors.add(
            "R143",
            "full",
            f"root in its own account: {action}",
            ALLOWED,
            principal=ROOT,
            action=action,
            resource=resource,
        )
    for entry, hit in (
        ("*", True),
        ({"AWS": ACCOUNT}, True),
        ({"AWS": ROOT}, True),
        ({"AWS": USER}, False),
        ({"AWS": OTHER}, False),
    ):
        resource_policy = document(deny("s3:*", "*", entry))
        vectors.add(
            "R143",
            "deny",
            f"a bucket policy's Deny for {entry} {'reaches' if hit else 'does not reach'} root",
            denied("resource") if hit else ALLOWED,
            principal=ROOT,
            resource_policy=resource_policy,
        )
    for name, account, layer in product(
        (
            "GetBucketPolicy",
            "PutBucketPolicy",
            "DeleteBucketPolicy",
            "getbucketpolicy",
            "GetBucketAcl",
            "DeleteBucket",
            "PutBucketAcl",
        ),
        (ACCOUNT, OTHER),
        ("resource", "scp", "rcp", "vpc-endpoint", "none"),
    ):
        if account == OTHER and layer not in ("resource", "none"):
            continue
        keeps = "bucketpolicy" in name.lower() and account == ACCOUNT
        closed = document(allow("s3:*", "*", "*"), deny("s3:*", "*", "*"))
        held: Json = {"resource_policy": closed if layer == "resource" else EVERYONE}
        further: dict[str, Json] = {
            "scp": {"scps": [[document(allow("*"), deny("s3:*"))]]},
            "rcp": {"rcps": [[document(deny("s3:*", "*", "*"))]]},
            "vpc-endpoint": {"vpce": [closed]},
        }
        held |= further.get(layer, {})
        if layer == "resource":
            answer = ALLOWED if keeps else denied("resource", 0, 1)
        elif layer == "none":
            answer = ALLOWED if account == ACCOUNT else allowed("resource")
        else:
            answer = denied(layer, 0, 0 if layer == "rcp" else 1)
        vectors.add(
            "R143",
            "repair",
            f"root of {'the bucket' if account == ACCOUNT else 'another'} account calls s3:{name}; a Deny in {layer}",
            answer,
            principal=ROOT,
            action=f"s3:{name}",
            resource=BUCKET,
            account=account,
            **held,
        )
    for principal in (USER, SESSION):
        vectors.add(
            "R143",
            "repair",
            f"nobody but root keeps the bucket policy: {principal}",
            denied("resource"),
            identity=[FULL],
            principal=principal,
            action="s3:PutBucketPolicy",
            resource=BUCKET,
            resource_policy=document(deny("s3:*", "*", "*")),
        )
    for action, keeps in (("sqs:SetQueueAttributes", True), ("sqs:SendMessage", False)):
        vectors.add(
            "R143",
            "repair-queue",
            f"root and a queue that denies everyone: {action}",
            ALLOWED if keeps else denied("resource"),
            principal=ROOT,
            action=action,
            resource=f"arn:aws:sqs:eu-west-1:{ACCOUNT}:pears",
            resource_policy=document(deny("sqs:*", "*", "*")),
            uncertain=QUEUE_REPAIR if keeps else None,
        )
    for entry, account in product(({"AWS": ACCOUNT}, {"AWS": "*"}, {"AWS": ROOT}), (ACCOUNT, OTHER)):
        vectors.add(
            "R143",
            "assume",
            f"root cannot assume roles, whatever {entry['AWS']} is trusted with",
            missing("trust"),
            principal=ROOT,
            action="sts:AssumeRole",
            resource=TARGET.replace(ACCOUNT, account),
            account=account,
            facts=TRUST,
            resource_policy=assume(entry),
        )
    for task, action, answer in (
        (document(allow("s3:DeleteBucketPolicy")), "s3:DeleteBucketPolicy", ALLOWED),
        (document(allow("s3:DeleteBucketPolicy")), "s3:DeleteBucket", missing("session")),
        (document(allow("*"), deny("iam:*")), "iam:CreateUser", denied("session", 0, 1)),
        (document(allow("*"), deny("iam:*")), ACTION, ALLOWED),
    ):
        vectors.add(
            "R143",
            "assumed",
            f"an AssumeRoot session below its task policy: {action}",
            answer,
            principal=ROOT,
            session=task,
            action=action,
            resource=BUCKET,
            uncertain=ASSUMED_ROOT,
        )


def add_unsigned(vectors: Vectors) -> None:
    """Unsigned callers need a grant to everyone, of a service that takes them (R144)."""
    for service, name, resource in (
        ("s3", "GetObject", OBJECT),
        ("s3", "ListBucket", BUCKET),
        ("S3", "getobject", OBJECT),
    ):
        for entry, hit in (
            ("*", True),
            ({"AWS": "*"}, True),
            ({"AWS": ACCOUNT}, False),
            ({"AWS": USER}, False),
            ({"Service": SERVICE}, False),
        ):
            resource_policy = document(allow("s3:*", "*", entry))
            vectors.add(
                "R144",
                "s3",
                f"an unsigned {service}:{name}, a bucket with an entry for {entry}",
                allowed("resource") if hit else missing("resource"),
                principal=ANONYMOUS,
                action=f"{service}:{name}",
                resource=resource,
                resource_policy=resource_policy,
            )
    for action, resource in (
        ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:pears"),
        ("sns:Publish", f"arn:aws:sns:eu-west-1:{ACCOUNT}:pears"),
        ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/pears"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:pears"),
    ):
        vectors.add(
            "R144",
            "other",
            f"an unsigned {action}",
            missing("authentication"),
            principal=ANONYMOUS,
            action=action,
            resource=resource,
            resource_policy=EVERYONE,
            uncertain=UNSIGNED_LIST,
        )
    for action, resource, facts in (
        ("sts:AssumeRole", TARGET, TRUST),
        ("sts:AssumeRoleWithWebIdentity", TARGET, TRUST),
        ("kms:Decrypt", KEY, KMS),
        (ACTION, KEY, KMS),  # whichever service takes it
    ):
        resource_policy = assume({"AWS": "*"}, action) if facts is TRUST else document(allow("*", "*", "*"))
        vectors.add(
            "R144",
            "never",
            f"an unsigned {action} is refused before any policy is read",
            missing("authentication"),
            principal=ANONYMOUS,
            action=action,
            resource=resource,
            facts=facts,
            resource_policy=resource_policy,
        )
    for condition, context, holds in (
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "203.0.113.7"}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "192.0.2.1"}, False),
        (
            {"StringLike": {"aws:referer": "https://orchard.example/*"}},
            {"aws:referer": "https://orchard.example/x"},
            True,
        ),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-pears00001"}}, {}, False),
    ):
        vectors.add(
            "R144",
            "condition",
            f"an unsigned call under {condition} with {context}",
            allowed("resource") if holds else missing("resource"),
            principal=ANONYMOUS,
            context=context,
            resource_policy=document(allow(ACTION, "*", "*", condition=condition)),
        )


def add_services(vectors: Vectors) -> None:
    """Services need a direct grant, in every account alike (R145)."""
    entries: dict[str, Any] = {
        "the service": {"Service": SERVICE},
        "everyone": "*",
        "another service": {"Service": "sqs.amazonaws.com"},
        "the account": {"AWS": ACCOUNT},
        "two services": {"Service": ["sqs.amazonaws.com", SERVICE]},
    }
    for (said, entry), account, deny_entry in product(
        entries.items(), (ACCOUNT, OTHER), (None, {"Service": SERVICE}, {"AWS": ACCOUNT}, "*")
    ):
        granted = said in ("the service", "everyone", "two services")
        hit = deny_entry in ({"Service": SERVICE}, "*")
        statements = [allow(ACTION, "*", entry), *([deny(ACTION, "*", deny_entry)] if deny_entry else [])]
        answer = denied("resource", 0, 1) if hit else allowed("resource") if granted else missing("resource")
        vectors.add(
            "R145",
            "entry",
            f"a service under an Allow for {said} and a Deny for {deny_entry or 'nobody'}, account {account}",
            answer,
            principal=SERVICE,
            account=account,
            resource_policy=document(*statements),
        )
    guards: tuple[tuple[Json, Json, bool], ...] = (
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"aws:SourceAccount": ACCOUNT}, True),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"aws:SourceAccount": OTHER}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {}, False),
        (
            {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{ACCOUNT}:*"}},
            {"aws:SourceArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:pears"},
            True,
        ),
        (
            {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{ACCOUNT}:*"}},
            {"aws:SourceArn": f"arn:aws:sns:eu-west-1:{OTHER}:pears"},
            False,
        ),
        ({"StringEquals": {"aws:SourceOrgID": "o-pears00001"}}, {"aws:SourceOrgID": "o-pears00001"}, True),
    )
    for condition, context, holds in guards:
        vectors.add(
            "R145",
            "guard",
            f"a service under the guard {condition} with {context}",
            allowed("resource") if holds else missing("resource"),
            principal=SERVICE,
            context=context,
            resource_policy=document(allow(ACTION, "*", {"Service": SERVICE}, condition=condition)),
        )
    for principal, entry, granted in (
        (SESSION, {"Service": "athena.amazonaws.com"}, False),
        (SESSION, {"AWS": ROLE}, True),
        (USER, {"AWS": USER}, True),
    ):
        context = {"aws:ViaAWSService": "true", "aws:CalledVia": ["athena.amazonaws.com"]}
        vectors.add(
            "R145",
            "forwarded",
            f"a forwarded call is judged as that of its caller, {principal}, an entry for {entry}",
            allowed("resource") if granted else missing(),
            principal=principal,
            context=context,
            resource_policy=document(allow(ACTION, "*", entry)),
        )
    for layer in ("identity", "scp"):
        held: Json = {"identity": [document(deny("*"))]} if layer == "identity" else {"scps": [[document(deny("*"))]]}
        vectors.add(
            "R145",
            "layers",
            f"no layer {layer} applies to services",
            allowed("resource"),
            principal=SERVICE,
            resource_policy=EVERYONE,
            **held,
        )


def add_errors(vectors: Vectors) -> None:
    """What cannot be judged never allows (R148)."""
    for operator, key, bound, value in (
        ("NumericLessThan", "s3:max-keys", "10", "many"),
        ("NumericNotEquals", "s3:max-keys", "10", "many"),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01", "now"),
        ("DateNotEquals", "aws:CurrentTime", "2026-01-01", "now"),
        ("IpAddress", "aws:SourceIp", "0.0.0.0/0", "here"),
        ("NotIpAddress", "aws:SourceIp", "192.0.2.0/24", "here"),
        ("BinaryEquals", "orchard:Seal", "cmVk", "!"),
        ("ArnNotLike", "aws:SourceArn", "arn:aws:s3:::*", "pears"),
    ):
        condition: Json = {operator: {key: bound}}
        for kind in ("identity", "boundary", "session", "scps"):
            held_document = document(allow("*", condition=condition))
            held: Json = (
                {"identity": [held_document]}
                if kind == "identity"
                else {"identity": [FULL], kind: [[held_document]] if kind == "scps" else held_document}
            )
            layer = "scp" if kind == "scps" else kind
            vectors.add(
                "R148",
                "allow",
                f"an Allow in kind {layer} under {operator} of the ill-formed {value!r}",
                missing(layer),
                principal=SESSION,
                context={key: value},
                uncertain=UNREADABLE,
                **held,
            )
            held["identity"] = (
                [document(allow("*")), *held["identity"][1:]] if kind != "identity" else [FULL, held_document]
            )
            if kind == "identity":
                vectors.add(
                    "R148",
                    "beside",
                    f"an Allow without conditions beside one under {operator} of the ill-formed {value!r}",
                    allowed(),
                    principal=SESSION,
                    context={key: value},
                    **held,
                )
    for credentials in ("expired", "invalid-signature", "missing-token"):
        for principal in (USER, SESSION, ROOT):
            held = {"identity": [FULL]} if principal != ROOT else {}
            vectors.add(
                "R148",
                "credentials",
                f"{principal} with credentials that are {credentials}",
                missing("authentication"),
                principal=principal,
                facts={"credentials": credentials},
                **held,
            )


def add_free(vectors: Vectors) -> None:
    """Two calls need no permission, and a Deny has no effect on them (R149)."""
    free = ("sts:GetCallerIdentity", "sts:getcalleridentity", "sts:GetSessionToken")
    worlds: tuple[tuple[str, Json], ...] = (
        ("no policy", {}),
        ("an Allow", {"identity": [FULL]}),
        ("a Deny of the user", {"identity": [document(deny("*"))]}),
        ("a boundary that allows nothing", {"boundary": LACKING}),
        ("a level that allows nothing", {"scps": [[LACKING]]}),
        ("a Deny of the organisation", {"scps": [[FULL, document(deny("sts:*"))]]}),
    )
    for action, (said, held), principal in product(free, worlds, (USER, SESSION, FEDERATED)):
        answer = ALLOWED
        uncertain = CALLER_IDENTITY if "scps" in held else None
        if action == "sts:GetSessionToken" and principal != USER:
            answer, uncertain = missing("authentication"), LIMITS
        vectors.add(
            "R149",
            "free",
            f"{action} with {said}, {principal}",
            answer,
            principal=principal,
            action=action,
            resource="*",
            uncertain=uncertain,
            **held,
        )
    closed = (document(deny("sts:*", "*", "*")), document(allow("orchard:Water", "*", "*")))
    for action, policy, principal in product(
        ("sts:GetCallerIdentity", "sts:GetSessionToken"), closed, (USER, FEDERATED)
    ):
        is_refused = principal == FEDERATED and action == "sts:GetSessionToken"
        said = "denies it" if policy is closed[0] else "has no Allow for it"
        vectors.add(
            "R149",
            "free-endpoint",
            f"{action} through an endpoint whose policy {said}, {principal}",
            missing("authentication") if is_refused else ALLOWED,
            principal=principal,
            action=action,
            resource="*",
            vpce=[policy],
            uncertain=LIMITS if is_refused else ENDPOINT_IDENTITY,
        )
    for action in (
        "sts:GetFederationToken",
        "sts:DecodeAuthorizationMessage",
        "sts:AssumeRole",
        "sts:GetAccessKeyInfo",
        "iam:GetUser",
    ):
        uncertain = "that it needs no permission is told by report only" if "KeyInfo" in action else None
        if action == "sts:AssumeRole":
            uncertain = NO_ROLE
        for identity in ([], [FULL]):
            vectors.add(
                "R149",
                "not-free",
                f"{action} needs a permission",
                missing("trust") if action == "sts:AssumeRole" else allowed() if identity else missing(),
                identity=identity,
                action=action,
                resource="*",
                uncertain=uncertain,
            )
    for credentials in ("expired", "invalid-signature"):
        vectors.add(
            "R149",
            "credentials",
            f"what needs no permission needs credentials that are not {credentials}",
            missing("authentication"),
            action="sts:GetCallerIdentity",
            resource="*",
            facts={"credentials": credentials},
        )
    vectors.add(
        "R149", "root", "root asks who it is", ALLOWED, principal=ROOT, action="sts:GetCallerIdentity", resource="*"
    )
