"""Random documents of every kind, about a few resources, so that their statements are likely to apply."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from strategies import ACCOUNT, ACTION_PATTERNS

from .alphabet import (
    ACCESS_POINTS,
    ACCOUNT_ENTRIES,
    BUCKETS,
    ENTRY_OF_OBJECT,
    KEYS,
    NAMED_ENTRIES,
    PATTERNS,
    QUEUES,
    REPOSITORIES,
    SERVICE_ACTIONS,
    SHARED,
    TABLES,
    TOPICS,
    TRUSTED,
    VARIABLE_PATTERNS,
    WHOLE_PATTERNS,
    arn_of,
    merge_entries,
    service_of,
)
from .conditions import Dice, draw_multivalued, make_condition, note_values

LARGE: Final = 12
"""Now and then identity policies have so many times more statements: enough for tables of another shape."""
DENIES: Final = {"identity": 0.25, "rcp": 1.0}
LESS_DENIES: Final = 0.2
CEILINGS: Final = ("boundary", "session", "scp", "vpc-endpoint")
BROAD: Final = {**dict.fromkeys(CEILINGS, 0.85), "identity": 0.55, "resource": 0.5, "trust": 0.5}
"""How often a document begins with an Allow over much; ceilings must all allow."""
WITH_PRINCIPAL: Final = ("resource", "trust", "rcp", "vpc-endpoint")
COMPLETES_ARNS: Final = ("identity", "boundary")
NEW_LEVEL_ONLY: Final = ("scp", "rcp")
TRUST_ACTIONS: Final = (*SERVICE_ACTIONS["sts"], "sts:*", "sts:*", "*", "sts:AssumeRole*")
EVERYONE: Final[tuple[Any, ...]] = ("*", "*", {"AWS": "*"}, {"AWS": ["*"]}, {"AWS": [ACCOUNT, "*"]})


def globbed(dice: Dice, text: str) -> str:
    """Return an action or an ARN with wildcards in place of some of its last part."""
    head, colon, name = text.rpartition(":")
    for _ in range(1 + int(dice.random() * 2)):
        first = int(dice.random() * (len(name) + 1))
        last = min(len(name), first + int(dice.random() * 4))
        name = name[:first] + dice.one("**?") + name[last:]
    return head + colon + name


class DocumentMaker:
    """Makes documents of one world."""

    def __init__(self, seed: str, kinds: Collection[str]) -> None:
        self.dice = Dice(seed)
        self.size = LARGE if self.dice.chance(0.02) else 1
        self.kinds = kinds
        self.asked: dict[str, list[str]] = {}
        self.has_variables = self.dice.chance(0.5)
        self.multivalued = draw_multivalued(self.dice)
        self.is_wide = any(kind in kinds for kind in ("resource", "trust", "rcp", "vpc-endpoint", "ec2-attribute"))
        self.owned = self.choose_resources() if self.is_wide else []
        arns = [arn_of(name) for name in self.owned]
        self.services = sorted({service_of(arn) for arn in arns}) or ["s3", "ec2", "iam"]
        self.patterns = [text for arn in arns for text in (arn, f"{arn}/*", f"{arn[:-1]}?", f"{arn}*")]

    def choose_resources(self) -> list[str]:
        """Choose what a world is about."""
        dice = self.dice
        names = [dice.one(BUCKETS)]
        pools = (BUCKETS, (*ACCESS_POINTS, ENTRY_OF_OBJECT), QUEUES, TABLES, REPOSITORIES, TOPICS)
        names += [dice.one(dice.one(pools)) for _ in range(int(dice.random() * 3))]
        if "trust" in self.kinds:
            names += dice.some(TRUSTED, 2)
        if "resource" in self.kinds:
            names += dice.some(KEYS, 2)
        if "ec2-attribute" in self.kinds and dice.chance(0.55):
            names += dice.some(SHARED, 2)
        return sorted(set(names))

    def make_document(self, kind: str, name: str | None = None) -> dict[str, Any]:
        """Make a document, perhaps the resource policy of a name."""
        dice = self.dice
        version: str | None = "2012-10-17"
        if kind not in NEW_LEVEL_ONLY and dice.chance(0.15):
            version = dice.one(("2008-10-17", None))
        count = (1 + int(dice.random() * 3)) * (self.size if kind == "identity" else 1)
        statements = [self.make_statement(kind, name) for _ in range(count)]
        if dice.chance(BROAD.get(kind, 0.0)):
            statements[0] = self.make_broad_statement(kind)
        body: Any = statements[0] if len(statements) == 1 and dice.chance(0.3) else statements
        return {"Statement": body} if version is None else {"Version": version, "Statement": body}

    def make_statement(self, kind: str, name: str | None) -> dict[str, Any]:
        """Make a statement of a kind, perhaps of the resource policy of a name."""
        dice = self.dice
        is_deny = dice.chance(DENIES.get(kind, LESS_DENIES))
        statement: dict[str, Any] = {"Effect": "Deny" if is_deny else "Allow"}
        if kind in WITH_PRINCIPAL:
            statement.update(self.make_principal_part(kind, is_deny=is_deny))
        statement.update(self.make_action_part(kind, name))
        if kind != "trust" and not (kind == "resource" and dice.chance(0.06)):
            statement.update(self.make_resource_part(kind, name))
        if dice.chance(0.65 if is_deny else 0.4):
            statement["Condition"] = self.make_condition()
        return statement

    def make_condition(self) -> dict[str, Any]:
        """Make a condition, and note what it asks for."""
        condition = make_condition(self.dice, variables=self.has_variables)
        note_values(condition, self.asked)
        return condition

    def make_broad_statement(self, kind: str) -> dict[str, Any]:
        """Make an Allow that much is under, often but under a condition."""
        dice = self.dice
        statement: dict[str, Any] = {"Effect": "Allow"}
        if kind in WITH_PRINCIPAL:
            entries = [*dice.some(ACCOUNT_ENTRIES, 4), *dice.some(NAMED_ENTRIES, 3)]
            statement["Principal"] = (
                dice.one(EVERYONE) if dice.chance(0.9 if kind in CEILINGS else 0.55) else merge_entries(entries)
            )
        statement["Action"] = "*"
        if kind != "trust":
            statement["Resource"] = "*"
        if dice.chance(0.3 if kind in CEILINGS else 0.65):
            statement["Condition"] = self.make_condition()
        return statement

    def make_principal_part(self, kind: str, *, is_deny: bool) -> dict[str, Any]:
        """Make the principal part (R15): everyone, accounts, names, or all but some."""
        dice = self.dice
        if kind == "rcp":
            return {"Principal": "*"}
        member = "Principal"
        if kind != "trust" and dice.chance(0.2 if is_deny else 0.05):
            member = "NotPrincipal"
        roll = dice.random()
        if roll < (0.6 if kind == "vpc-endpoint" else 0.3):
            return {member: dice.one(EVERYONE)}
        if roll < 0.65:
            return {member: merge_entries(dice.some(ACCOUNT_ENTRIES, 3))}
        if roll < 0.97:
            named = dice.some(NAMED_ENTRIES, 4)
            return {member: merge_entries([*named, *(dice.some(ACCOUNT_ENTRIES, 2) if dice.chance(0.4) else ())])}
        return {member: dice.one(({}, {"AWS": []}))}

    def make_action_part(self, kind: str, name: str | None) -> dict[str, Any]:
        """Make the action part."""
        dice = self.dice
        roll = dice.random()
        if kind == "trust":
            return {"Action": dice.one(TRUST_ACTIONS) if roll < 0.5 else dice.some(TRUST_ACTIONS, 3)}
        service = service_of(name) if name is not None else dice.one(self.services)
        if kind == "rcp":
            return {"Action": f"{service}:*" if roll < 0.6 else dice.some(SERVICE_ACTIONS[service], 3)}
        member = "NotAction" if dice.chance(0.1) else "Action"
        if roll < 0.25 and member == "Action":
            return {member: "*"}
        if roll < 0.5:
            return {member: f"{service}:*"}
        if roll < 0.8:
            return {member: dice.some(SERVICE_ACTIONS[service], 3)}
        if roll < 0.88:
            return {member: [globbed(dice, text) for text in dice.some(SERVICE_ACTIONS[service], 4)]}
        if roll < 0.98:
            return {member: dice.some(ACTION_PATTERNS, 3)}
        return {member: []}

    def make_resource_part(self, kind: str, name: str | None) -> dict[str, Any]:
        """Make the resource part."""
        dice = self.dice
        member = "NotResource" if dice.chance(0.1) else "Resource"
        roll = dice.random()
        if roll < 0.5 and member == "Resource":
            return {member: "*"}
        if name is not None and roll < 0.85:
            return {member: dice.some((name, f"{name}/*", f"{name}*", f"{name}/a"), 2)}
        if self.patterns and roll < 0.7:
            return {member: dice.some(self.patterns, 4)}
        if self.patterns and roll < 0.8:
            return {member: [globbed(dice, text) for text in dice.some(self.patterns, 3)]}
        if self.has_variables and roll < 0.9:
            return {member: dice.some(VARIABLE_PATTERNS, 2)}
        if roll < 0.99:
            return {member: dice.some(PATTERNS if kind in COMPLETES_ARNS else WHOLE_PATTERNS, 3)}
        return {member: dice.one(([], [None, "*"]))}
