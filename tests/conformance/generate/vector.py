"""The shared world of the vectors, and how one vector is put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

Json = dict[str, Any]
Texts = str | Sequence[str]

ACCOUNT: Final = "111122223333"
OTHER: Final = "444455556666"
USER: Final = f"arn:aws:iam::{ACCOUNT}:user/ana"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/Baker"
SESSION: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/Baker/oven"
FEDERATED: Final = f"arn:aws:sts::{ACCOUNT}:federated-user/guest"
ROOT: Final = f"arn:aws:iam::{ACCOUNT}:root"
SERVICE: Final = "sns.amazonaws.com"
ANONYMOUS: Final = "anonymous"
ACTION: Final = "s3:GetObject"
OBJECT: Final = "arn:aws:s3:::pears/2026/may.csv"
BUCKET: Final = "arn:aws:s3:::pears"
LEVEL: Final = "2012-10-17"
OLD_LEVEL: Final = "2008-10-17"


class Answer(NamedTuple):
    """An expected decision: by which layer and statement, or settled by which keys."""

    decision: str
    layer: str | None = None
    statement: tuple[int, int] | None = None
    keys: tuple[str, ...] = ()


ALLOWED: Final = Answer("allow")
"""Allowed by no statement (R143, R149)."""


def allowed(layer: str = "identity", document: int = 0, statement: int = 0) -> Answer:
    """Return an allow by a statement."""
    return Answer("allow", layer, (document, statement))


def denied(layer: str = "identity", document: int = 0, statement: int = 0) -> Answer:
    """Return an explicit deny by a statement."""
    return Answer("explicit_deny", layer, (document, statement))


def missing(layer: str = "identity") -> Answer:
    """Return an implicit deny: the layer lacks an Allow, or refuses without a statement."""
    return Answer("implicit_deny", layer)


def unknown(*keys: str) -> Answer:
    """Return an unknown decision that the keys would settle."""
    return Answer("unknown", None, None, keys)


def statement(
    effect: str,
    action: Texts | None = ACTION,
    resource: Texts | None = "*",
    principal: Any = None,
    condition: Mapping[str, Any] | None = None,
    **others: Any,
) -> Json:
    """Return a statement; a part that is None is left out, and `others` are members under their own names."""
    parts = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, "Condition": condition}
    return {name: part for name, part in {**parts, **others}.items() if part is not None}


def allow(action: Texts | None = ACTION, resource: Texts | None = "*", principal: Any = None, **others: Any) -> Json:
    """Return an Allow."""
    return statement("Allow", action, resource, principal, **others)


def deny(action: Texts | None = ACTION, resource: Texts | None = "*", principal: Any = None, **others: Any) -> Json:
    """Return a Deny."""
    return statement("Deny", action, resource, principal, **others)


def document(*statements: Json, version: str | None = LEVEL) -> Json:
    """Return a policy document; without a Version if that is None."""
    return {"Version": version, "Statement": list(statements)} if version else {"Statement": list(statements)}


FULL: Final = document(allow("*"))
"""Allows everything, in kinds without a principal part."""


def caller_facts(principal: str) -> Json:
    """Return what the name of a caller of this world does not tell."""
    return {"federating_user": USER} if principal == FEDERATED else {}


class Vectors(list[Json]):
    """The vectors of a chapter, numbered by rule and topic in the order in which they were added."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def add(
        self,
        rule: str,
        topic: str,
        why: str,
        expect: Answer,
        *,
        identity: Sequence[Json] = (),
        resource_policy: Json | None = None,
        principal: str = USER,
        action: str = ACTION,
        resource: str | None = OBJECT,
        account: str | None = ACCOUNT,
        context: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        authorizations: Sequence[Json] | None = None,
        unknown: Sequence[str] | None = None,
        ec2: Json | None = None,
        uncertain: str | None = None,
        refusable: str | None = None,
        **policies: Any,
    ) -> None:
        """Add a vector: the policies by kind, the request in parts, and the expected answer.

        `uncertain` says why the documentation leaves the answer open, `refusable` why an implementation may refuse the
        documents instead of deciding.
        """
        stem = f"{rule}-{topic}"
        self.counts[stem] += 1
        request: Json = {"principal": principal, "action": action, "resource": resource, "resource_account": account}
        optional = {
            "context": context,
            "unknown": unknown,
            "facts": {**caller_facts(principal), **(facts or {})},
            "authorizations": authorizations,
        }
        request.update({name: value for name, value in optional.items() if value})
        vector: Json = {
            "id": f"{stem}-{self.counts[stem]:03d}",
            "rule": rule,
            "why": why,
            "policies": {
                "identity": list(identity),
                **{kind: held for kind, held in {"resource": resource_policy, **policies}.items() if held is not None},
            },
            "request": request,
        }
        if ec2 is not None:
            vector["ec2"] = ec2
        vector["expect"] = expect.decision
        if expect.layer is not None:
            vector["expect_reason"] = {"layer": expect.layer}
            if expect.statement is not None:
                vector["expect_reason"]["statement"] = list(expect.statement)
        if expect.decision == "unknown":
            vector["expect_unknown"] = sorted({key.lower() for key in expect.keys})
        if uncertain is not None:
            vector.update(certain=False, uncertain_reason=uncertain)
        if refusable is not None:
            vector["refusable"] = refusable
        self.append(vector)

    def probe(
        self,
        rule: str,
        topic: str,
        why: str,
        holds: bool,
        condition: Mapping[str, Any],
        context: Mapping[str, Any],
        *,
        effect: str | None = None,
        version: str | None = LEVEL,
        **others: Any,
    ) -> None:
        """Add a vector whose decision tells whether a condition holds; without an effect, Allow and Deny take turns.

        An Allow under the condition decides alone; a Deny under it stands beside an Allow of everything.
        """
        self.probe_statement(
            rule,
            topic,
            why,
            holds,
            {"Action": ACTION, "Resource": "*", "Condition": condition},
            effect=effect,
            version=version,
            context=context,
            **others,
        )

    def probe_statement(
        self,
        rule: str,
        topic: str,
        why: str,
        applies: bool,
        parts: Mapping[str, Any],
        *,
        effect: str | None = None,
        version: str | None = LEVEL,
        **others: Any,
    ) -> None:
        """Add a vector whose decision tells whether an identity statement with the given parts applies."""
        turn = len(self)
        if (effect or ("Allow", "Deny")[turn % 2]) == "Allow":
            judged = {"Effect": "Allow", **parts}
            bystander = allow("orchard:Water")
            statements = [judged] if turn % 4 else [bystander, judged]
            answer = allowed("identity", 0, len(statements) - 1) if applies else missing("identity")
            self.add(rule, topic, why, answer, identity=[document(*statements, version=version)], **others)
            return
        judged = {"Effect": "Deny", **parts}
        if turn % 4 == 1:
            documents, place = [document(allow("*"), judged, version=version)], (0, 1)
        else:
            documents, place = [document(judged, version=version), FULL], (0, 0)
        allowing = allowed("identity", *((0, 0) if place == (0, 1) else (1, 0)))
        self.add(rule, topic, why, denied("identity", *place) if applies else allowing, identity=documents, **others)
