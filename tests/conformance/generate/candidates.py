"""Vectors of unknown resources, which may be some of those that have policies (R190, R193, R194; R141, R142)."""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple

from .roles import TARGET
from .vector import (
    ACCOUNT,
    ACTION,
    ALLOWED,
    BUCKET,
    FULL,
    OTHER,
    ROLE,
    ROOT,
    SESSION,
    USER,
    Answer,
    Json,
    Vectors,
    allow,
    allowed,
    deny,
    document,
    missing,
    unknown,
)

UNKNOWN: Final = unknown("resource")
VIA: Final = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_keys(vectors)
    add_conditions_of_keys(vectors)
    add_others(vectors)
    add_roles(vectors)


def key(*statements: Json, account: str | None = ACCOUNT) -> Json:
    """Return a key as a candidate; without statements it has no policy."""
    return {"kind": "kms-key", "account": account, "policy": document(*statements) if statements else None}


def opened(*principals: str, **others: Json) -> Json:
    """Return the statement of a key policy that grants all operations."""
    return allow("kms:*", "*", {"AWS": list(principals)}, **others)


class Keys(NamedTuple):
    """Keys of a world: do all that the account has grant to the user, and to a session? Does one name either itself?"""

    held: list[Json]
    grant_user: bool
    grant_session: bool
    name_user: bool = False
    name_session: bool = False


OPEN: Final = key(opened(ACCOUNT))
LOCKED: Final = key(opened(OTHER))
KEYS: Final = {
    "no key": Keys([], True, True),
    "a key for the account": Keys([OPEN], True, True),
    "a key for the account, which nobody tells": Keys([{**OPEN, "account": None}], True, True),
    "a key for its administrator alone": Keys([LOCKED], False, False),
    "such a key, whose account nobody tells": Keys([{**LOCKED, "account": None}], False, False),
    "a key without a policy": Keys([key()], False, False),
    "a key with which the account may encrypt": Keys([key(allow("kms:Encrypt", "*", {"AWS": ACCOUNT}))], False, False),
    "two keys for the account": Keys([OPEN, key(opened(ROOT))], True, True),
    "a key for the account and one for another": Keys([OPEN, LOCKED], False, False),
    "a key for another account and one for its own": Keys([LOCKED, OPEN], False, False),
    "another account's key for itself": Keys([key(opened(OTHER), account=OTHER)], True, True),
    "another account's key for itself, and one for the account": Keys(
        [key(opened(OTHER), account=OTHER), OPEN], True, True
    ),
    "a key for the user": Keys([key(opened(USER))], True, False, name_user=True),
    "a key for the session": Keys([key(opened(SESSION))], False, True, name_session=True),
    "a key for the role": Keys([key(opened(ROLE))], False, True, name_session=True),
    "a key for everyone": Keys([key(allow("kms:*", "*", "*"))], True, True, name_user=True, name_session=True),
    "a bucket for another account": Keys(
        [{"account": ACCOUNT, "policy": document(allow("s3:*", "*", {"AWS": OTHER}))}], True, True
    ),
    "a role that trusts another account": Keys(
        [{"kind": "role-trust", "policy": document(allow("sts:AssumeRole", None, {"AWS": OTHER}))}], True, True
    ),
}


def add_keys(vectors: Vectors) -> None:
    """Identity policies decide only if no key that the account has stands against the caller (R142, R190)."""
    actions = ("kms:Decrypt", "KMS:scheduleKeyDeletion", "kms:RetireGrant", "kms:CreateKey", "kms:ListAliases", ACTION)
    for action, (said, keys), principal in product(actions, KEYS.items(), (USER, SESSION, ROOT)):
        is_on_key = action.lower().startswith("kms:") and action not in ("kms:CreateKey", "kms:ListAliases")
        # The root user is in the account, and so meant by whoever means the account; nobody names it alone here.
        grants = keys.grant_session if principal == SESSION else keys.grant_user
        if principal == ROOT and keys.name_user and "everyone" not in said:
            grants = False
        answer = ALLOWED if principal == ROOT else allowed()
        vectors.add(
            "R190",
            "unknown-key",
            f"{action} of {principal} on an unknown resource, beside {said}",
            answer if grants or not is_on_key else UNKNOWN,
            identity=[] if principal == ROOT else [FULL],
            principal=principal,
            action=action,
            resource=None,
            candidates=keys.held or None,
        )
    for (said, keys), principal in product(KEYS.items(), (USER, SESSION)):
        is_named = keys.name_session if principal == SESSION else keys.name_user
        vectors.add(
            "R190",
            "unknown-key-without-identity",
            f"no identity policy; kms:Decrypt of {principal} on an unknown resource, beside {said}",
            UNKNOWN if is_named else missing(),
            principal=principal,
            action="kms:Decrypt",
            resource=None,
            candidates=keys.held or None,
        )


def add_conditions_of_keys(vectors: Vectors) -> None:
    """A key whose policy lets the caller in under a condition stands against it where that does not hold (R193)."""
    held = [key(opened(ACCOUNT, condition=VIA))]
    cases: tuple[tuple[str, Json, Answer], ...] = (
        ("holds", {"context": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, allowed()),
        ("does not hold", {"context": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}, UNKNOWN),
        ("is absent", {}, UNKNOWN),
        ("is unknown", {"unknown": ["kms:ViaService"]}, unknown("resource", "kms:ViaService")),
    )
    for said, world, answer in cases:
        vectors.add(
            "R193",
            "unknown-key",
            f"the condition of the only key's policy {said}",
            answer,
            identity=[FULL],
            action="kms:Decrypt",
            resource=None,
            candidates=held,
            **world,
        )
    denying = [key(opened(ACCOUNT), deny("kms:*", "*", "*", condition=VIA))]
    for said, world, answer in cases:
        answers = {"holds": UNKNOWN, "is unknown": answer}
        vectors.add(
            "R193",
            "unknown-key-denied",
            f"the condition of a Deny of the only key's policy {said}",
            answers.get(said, allowed()),
            identity=[FULL],
            action="kms:Decrypt",
            resource=None,
            candidates=denying,
            **world,
        )


def add_others(vectors: Vectors) -> None:
    """What the policy of a bucket grants or denies may be so for the unknown resource; no leave of it is needed."""
    for effect, entry, has_identity in product(("Allow", "Deny"), (USER, ACCOUNT, OTHER), (True, False)):
        judged = allow("s3:*", "*", {"AWS": entry}) if effect == "Allow" else deny("s3:*", "*", {"AWS": entry})
        is_met = entry == USER or (entry == ACCOUNT and effect == "Deny")
        if has_identity:
            answer = UNKNOWN if is_met and effect == "Deny" else allowed()
        else:
            answer = UNKNOWN if is_met and effect == "Allow" else missing()
        vectors.add(
            "R190",
            "unknown-bucket",
            f"{effect} of a bucket's policy for {entry}, identity policies {'allow' if has_identity else 'do not'}",
            answer,
            identity=[FULL] if has_identity else [],
            resource=None,
            candidates=[{"account": ACCOUNT, "policy": document(judged)}],
        )
    for action, principal in product(("s3:GetBucketPolicy", "s3:PutBucketPolicy", ACTION), (USER, ROOT)):
        is_kept = principal == ROOT and action != ACTION
        vectors.add(
            "R190",
            "unknown-bucket-of-root",
            f"{action} of {principal} on an unknown resource; a bucket denies all to everyone (R143)",
            ALLOWED if is_kept else UNKNOWN,
            identity=[] if principal == ROOT else [FULL],
            principal=principal,
            action=action,
            resource=None,
            candidates=[{"account": ACCOUNT, "policy": document(deny("s3:*", [BUCKET, f"{BUCKET}/*"], "*"))}],
        )


def add_roles(vectors: Vectors) -> None:
    """An unknown resource may be a role that trusts the caller; none is assumed without one (R141)."""
    assuming = ("sts:AssumeRole", "sts:AssumeRoleWithSAML")
    beside = ("sts:TagSession", "sts:SetContext")
    for action, entry, has_identity in product((*assuming, *beside), (None, USER, ACCOUNT, OTHER), (True, False)):
        trust = document(allow("sts:*", None, {"AWS": entry}))
        trusts = entry == USER or (entry == ACCOUNT and has_identity)
        if trusts or (has_identity and action in beside):
            answer = UNKNOWN
        elif action in assuming and entry != ACCOUNT:
            answer = missing("trust")
        else:
            answer = missing()
        vectors.add(
            "R190",
            "unknown-role",
            f"{action} on an unknown resource; "
            + ("no role is told" if entry is None else f"a role like {TARGET} trusts {entry}")
            + f", identity policies {'allow' if has_identity else 'do not'}",
            answer,
            identity=[FULL] if has_identity else [],
            action=action,
            resource=None,
            candidates=None if entry is None else [{"kind": "role-trust", "account": ACCOUNT, "policy": trust}],
        )
