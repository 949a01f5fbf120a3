"""Vectors of the chapter on evaluation, third part: roles and KMS keys (R141, R142)."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from .evaluation import KEY, LACKING
from .vector import (
    ACCOUNT,
    ALLOWED,
    FULL,
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

TRUST: Final = {"resource_kind": "role-trust"}
KMS: Final = {"resource_kind": "kms-key"}
TARGET: Final = f"arn:aws:iam::{ACCOUNT}:role/Miller"
NO_ROLE: Final = "no call assumes what is no role; refused as one that trusts nobody"
BESIDE: Final = "which calls need it on what is no role is told by the service's reference only"


def assume(entry: Any, action: Any = "sts:AssumeRole", **others: Any) -> Json:
    """Return a trust policy with one Allow."""
    return document(allow(action, None, entry, **others))


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_roles(vectors)
    add_session_extras(vectors)
    add_untold_roles(vectors)
    add_keys(vectors)


SAML: Final = f"arn:aws:iam::{ACCOUNT}:saml-provider/Gate"


WEB: Final = "accounts.google.com"


def add_roles(vectors: Vectors) -> None:
    """A role must trust its caller (R141)."""
    entries: dict[str, Any] = {
        "the account": {"AWS": ACCOUNT},
        "the root user": {"AWS": ROOT},
        "the user": {"AWS": USER},
        "the role": {"AWS": ROLE},
        "the session": {"AWS": SESSION},
        "everyone": {"AWS": "*"},
        "another account": {"AWS": OTHER},
        "a service": {"Service": SERVICE},
    }
    for (said, entry), principal, has_identity, is_same in product(
        entries.items(), (USER, SESSION), (True, False), (True, False)
    ):
        own = {USER: ("the user",), SESSION: ("the role", "the session")}[principal]
        is_direct = said in own or said == "everyone"
        is_account = said in ("the account", "the root user")
        if is_same:
            answer = (
                allowed("trust")
                if is_direct
                else missing("trust")
                if not is_account
                else allowed()
                if has_identity
                else missing()
            )
        else:
            answer = missing("trust") if not (is_direct or is_account) else allowed() if has_identity else missing()
        target = TARGET if is_same else TARGET.replace(ACCOUNT, OTHER)
        identity = [document(allow("sts:AssumeRole", target))] if has_identity else []
        why = (
            f"a role of {'the same' if is_same else 'another'} account trusts {said}; "
            f"{principal}, identity policies {'allow' if has_identity else 'do not'}"
        )
        vectors.add(
            "R141",
            "trusts",
            why,
            answer,
            identity=identity,
            principal=principal,
            action="sts:AssumeRole",
            resource=target,
            account=ACCOUNT if is_same else OTHER,
            facts=TRUST,
            resource_policy=assume(entry),
        )
    for entry, answer in (
        ({"AWS": ROLE}, allowed("trust")),
        ({"AWS": SESSION}, allowed("trust")),
        ({"AWS": USER}, missing("trust")),
    ):
        vectors.add(
            "R141",
            "itself",
            f"a role that trusts {entry['AWS']} is assumed by its own session",
            answer,
            principal=SESSION,
            action="sts:AssumeRole",
            resource=ROLE,
            facts=TRUST,
            resource_policy=assume(entry),
        )
    for condition, context, holds in (
        ({"StringEquals": {"sts:ExternalId": "pears-1"}}, {"sts:ExternalId": "pears-1"}, True),
        ({"StringEquals": {"sts:ExternalId": "pears-1"}}, {"sts:ExternalId": "Pears-1"}, False),
        ({"StringEquals": {"sts:ExternalId": "pears-1"}}, {}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"aws:MultiFactorAuthPresent": "true"}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, False),
        (
            {"StringLike": {"sts:RoleSessionName": "${aws:username}"}},
            {"sts:RoleSessionName": "ana", "aws:username": "ana"},
            True,
        ),
        (
            {"StringLike": {"sts:RoleSessionName": "${aws:username}"}},
            {"sts:RoleSessionName": "bob", "aws:username": "ana"},
            False,
        ),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/a*"}}, {"aws:PrincipalArn": USER}, True),
    ):
        for effect in ("Allow", "Deny"):
            trust = (
                assume({"AWS": USER}, condition=condition)
                if effect == "Allow"
                else document(
                    allow("sts:AssumeRole", None, {"AWS": USER}),
                    deny("sts:AssumeRole", None, {"AWS": USER}, condition=condition),
                )
            )
            answer = (
                (allowed("trust") if holds else missing("trust"))
                if effect == "Allow"
                else denied("trust", 0, 1)
                if holds
                else allowed("trust")
            )
            vectors.add(
                "R141",
                "condition",
                f"{effect} under {condition} with {context}",
                answer,
                action="sts:AssumeRole",
                resource=TARGET,
                context=context,
                facts=TRUST,
                resource_policy=trust,
            )
    providers = (
        (SAML, "sts:AssumeRoleWithSAML", "Federated"),
        (WEB, "sts:AssumeRoleWithWebIdentity", "Federated"),
        (SERVICE, "sts:AssumeRole", "Service"),
    )
    for (principal, action, kind), granted, scp, account in product(
        providers, (True, False), (None, False), (ACCOUNT, OTHER)
    ):
        trust = assume(
            {kind: principal if granted else ("www.amazon.com" if kind == "Federated" else "sqs.amazonaws.com")}, action
        )
        target = TARGET.replace(ACCOUNT, account)
        why = (
            f"{principal} needs the trust policy only, which {'names' if granted else 'does not name'} "
            f"it; service control policies {'none' if scp is None else 'lack'}"
        )
        vectors.add(
            "R141",
            "provider",
            why,
            allowed("trust") if granted else missing("trust"),
            principal=principal,
            action=action,
            resource=target,
            account=account,
            facts=TRUST,
            resource_policy=trust,
            scps=None if scp is None else [[LACKING]],
        )


def add_session_extras(vectors: Vectors) -> None:
    """Tags and a source identity are further authorizations on the same role (R141)."""
    for tag_trusted, tag_identity, is_same, by_account in product(
        (True, False), (True, False), (True, False), (True, False)
    ):
        actions = ["sts:AssumeRole", *(["sts:TagSession"] if tag_trusted else [])]
        own = ["sts:AssumeRole", *(["sts:TagSession"] if tag_identity else [])]
        entry = {"AWS": ACCOUNT if by_account else USER}
        target = TARGET if is_same else TARGET.replace(ACCOUNT, OTHER)
        needs_identity = by_account or not is_same
        answer = (
            missing("trust")
            if not tag_trusted
            else missing()
            if needs_identity and not tag_identity
            else allowed()
            if needs_identity
            else allowed("trust")
        )
        authorizations = [
            {"action": "sts:AssumeRole", "resource": target, "context": {}},
            {
                "action": "sts:TagSession",
                "resource": target,
                "context": {"aws:RequestTag/team": "red", "aws:TagKeys": ["team"]},
            },
        ]
        why = (
            f"session tags: the trust policy {'allows' if tag_trusted else 'lacks'} "
            f"TagSession for {'the account' if by_account else 'the user'}, "
            f"identity {'allows' if tag_identity else 'lacks'} it, {'same' if is_same else 'other'} account"
        )
        vectors.add(
            "R141",
            "tags",
            why,
            answer,
            identity=[document(allow(own, target))],
            action="sts:AssumeRole",
            resource=target,
            account=ACCOUNT if is_same else OTHER,
            facts=TRUST,
            resource_policy=assume(entry, actions),
            authorizations=authorizations,
        )
    for trusted, identity, principal in product((True, False), (True, False), (USER, SESSION)):
        entry = {"AWS": USER if principal == USER else ROLE}
        both = principal == SESSION
        answer = (
            missing("trust") if not trusted else (allowed() if identity else missing()) if both else allowed("trust")
        )
        why = (
            f"SetSourceIdentity by {principal}: the trust policy {'allows' if trusted else 'lacks'} "
            f"it, identity {'allows' if identity else 'lacks'} it"
        )
        vectors.add(
            "R141",
            "source-identity",
            why,
            answer,
            identity=[document(allow("sts:SetSourceIdentity", TARGET))] if identity else [],
            principal=principal,
            action="sts:SetSourceIdentity",
            resource=TARGET,
            facts=TRUST,
            resource_policy=assume(entry, "sts:SetSourceIdentity") if trusted else assume(entry),
        )


def add_untold_roles(vectors: Vectors) -> None:
    """Nobody assumes a role whose trust policy is not told, nor what is no role (R141)."""
    assuming = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
    beside = ("sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")
    places = {
        "a role": (TARGET, None),
        "a role with a path": (TARGET.replace("/Miller", "/kitchen/Miller"), None),
        "no resource": ("*", NO_ROLE),
        "a user": (USER, NO_ROLE),
        "a role that runs sessions": (SESSION, NO_ROLE),
        "an object named as a role": ("arn:aws:s3:::role/Miller", NO_ROLE),
    }
    for action, (said, (resource, uncertain)), principal in product(
        (*assuming, *beside), places.items(), (USER, SESSION, ROOT)
    ):
        needs_trust = action in assuming or said in ("a role", "a role with a path", "no resource")
        is_both_sides = action == "sts:SetSourceIdentity" and principal == SESSION
        if needs_trust:
            answer = missing("trust")
        elif is_both_sides:
            answer = missing("resource")
        else:
            answer = ALLOWED if principal == ROOT else allowed()
        vectors.add(
            "R141",
            "untold",
            f"{action} on {said}, no trust policy is told",
            answer,
            identity=[] if principal == ROOT else [FULL],
            principal=principal,
            action=action,
            resource=resource,
            uncertain=uncertain if needs_trust or is_both_sides else BESIDE,
        )
    trust = document(deny("sts:*", None, {"AWS": USER}))
    for action in (*assuming, *beside):
        for kind, policies in (("identity", {"identity": [document(deny("sts:*"))]}), ("trust", {})):
            vectors.add(
                "R141",
                "untold-deny",
                f"{action}: a Deny of the {kind} policy is told before what is missing",
                denied(kind),
                action=action,
                resource=TARGET,
                resource_policy=trust if kind == "trust" else None,
                facts=TRUST if kind == "trust" else None,
                **policies,
            )


ABROAD: Final = (
    "Decrypt",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "VerifyMac",
    "CreateGrant",
    "DescribeKey",
    "GetKeyRotationStatus",
    "GetPublicKey",
    "ListGrants",
    "RetireGrant",
    "RevokeGrant",
)


AT_HOME: Final = (
    "ScheduleKeyDeletion",
    "PutKeyPolicy",
    "GetKeyPolicy",
    "EnableKey",
    "DisableKey",
    "UpdateAlias",
    "TagResource",
    "ListKeyPolicies",
    "EnableKeyRotation",
    "CancelKeyDeletion",
    "ReplicateKey",
    "ImportKeyMaterial",
)


def add_keys(vectors: Vectors) -> None:
    """A key's own policy opens it, even to administrators and root; few operations can be permitted abroad (R142)."""
    for name, account, entry in product((*ABROAD, *AT_HOME), (ACCOUNT, OTHER), ({"AWS": ACCOUNT}, {"AWS": USER})):
        abroad = account == OTHER
        answer = (
            missing("resource")
            if abroad and name in AT_HOME
            else allowed()
            if abroad or entry == {"AWS": ACCOUNT}
            else allowed("resource")
        )
        why = (
            f"kms:{name} on a key of {'another' if abroad else 'the same'} "
            f"account, whose policy has an entry for {entry['AWS']}"
        )
        vectors.add(
            "R142",
            "operation",
            why,
            answer,
            identity=[FULL],
            action=f"kms:{name}",
            resource=KEY.replace(ACCOUNT, account),
            account=account,
            facts=KMS,
            resource_policy=document(allow("kms:*", "*", entry)),
        )
    for entry in (ROLE, SESSION):
        vectors.add(
            "R142",
            "operation-of-session",
            f"an operation that stays at home, on a key abroad whose policy has an entry for {entry}",
            missing("resource"),
            identity=[FULL],
            principal=SESSION,
            action="kms:ScheduleKeyDeletion",
            resource=KEY.replace(ACCOUNT, OTHER),
            account=OTHER,
            facts=KMS,
            resource_policy=document(allow("kms:*", "*", {"AWS": entry})),
        )
    for name, account in product((*ABROAD, *AT_HOME), (ACCOUNT, OTHER)):
        is_refused = account == OTHER and name in AT_HOME
        vectors.add(
            "R142",
            "operation-of-root",
            f"root calls kms:{name} on a key of {'its own' if account == ACCOUNT else 'another'} account",
            missing("resource") if is_refused else allowed("resource"),
            principal=ROOT,
            action=f"kms:{name}",
            resource=KEY.replace(ACCOUNT, account),
            account=account,
            facts=KMS,
            resource_policy=document(allow("kms:*", "*", {"AWS": ACCOUNT})),
        )
    entries: dict[str, Any] = {
        "nobody": {"AWS": OTHER},
        "the account": {"AWS": ACCOUNT},
        "the root user": {"AWS": ROOT},
        "everyone": "*",
        "the user": {"AWS": USER},
    }
    for (said, entry), principal, has_identity in product(entries.items(), (USER, SESSION, ROOT), (True, False)):
        if principal == ROOT and has_identity:
            continue
        means = said in ("the account", "the root user", "everyone") or (said == "the user" and principal == USER)
        if principal == ROOT:
            answer = allowed("resource") if means else missing("resource")
        elif said in ("the account", "the root user"):
            answer = allowed() if has_identity else missing()
        else:
            answer = allowed("resource") if means else missing("resource")
        vectors.add(
            "R142",
            "entry",
            f"a key with an entry for {said}, {principal}, identity policies {'allow' if has_identity else 'do not'}",
            answer,
            identity=[FULL] if has_identity else [],
            principal=principal,
            action="kms:Decrypt",
            resource=KEY,
            facts=KMS,
            resource_policy=document(allow("kms:*", "*", entry)),
        )
    for action, principal in product(("kms:CreateKey", "kms:ListKeys", "kms:ListAliases"), (USER, ROOT)):
        held: Json = {"identity": [FULL]} if principal == USER else {}
        vectors.add(
            "R142",
            "keyless",
            f"{action} is on no key and needs no key policy, {principal}",
            allowed() if principal == USER else ALLOWED,
            principal=principal,
            action=action,
            resource="*",
            facts=KMS,
            **held,
        )
    vectors.add(
        "R142",
        "keyless",
        "kms:CreateKey needs an identity Allow",
        missing(),
        action="kms:CreateKey",
        resource="*",
        facts=KMS,
    )
    for has_resource, effect in product((True, False), ("Allow", "Deny")):
        judged = {
            "Effect": effect,
            "Principal": {"AWS": USER},
            "Action": "kms:Decrypt",
            **({"Resource": "*"} if has_resource else {}),
        }
        statements = [judged] if effect == "Allow" else [allow("kms:*", "*", {"AWS": USER}), judged]
        answer = (
            (allowed("resource") if has_resource else missing("resource"))
            if effect == "Allow"
            else denied("resource", 0, 1)
            if has_resource
            else allowed("resource")
        )
        vectors.add(
            "R142",
            "resource-part",
            f"{effect} of a key policy {'with' if has_resource else 'without'} Resource",
            answer,
            action="kms:Decrypt",
            resource=KEY,
            facts=KMS,
            resource_policy=document(*statements),
            refusable=None if has_resource else "a statement without Resource in a key policy",
        )
    for via, holds in (("s3.eu-west-1.amazonaws.com", True), ("ec2.eu-west-1.amazonaws.com", False), (None, False)):
        key_policy = document(
            allow(
                "kms:Decrypt",
                "*",
                "*",
                condition={
                    "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com", "kms:CallerAccount": ACCOUNT}
                },
            )
        )
        context = {"kms:CallerAccount": ACCOUNT, **({"kms:ViaService": via} if via else {})}
        vectors.add(
            "R142",
            "via",
            f"a key for one service, called through {via or 'none'}",
            allowed("resource") if holds else missing("resource"),
            action="kms:Decrypt",
            resource=KEY,
            context=context,
            facts=KMS,
            resource_policy=key_policy,
        )
