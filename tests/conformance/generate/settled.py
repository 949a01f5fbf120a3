"""Vectors of the chapter on unknown context keys, second part: which keys a layer still needs (R190, R193)."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from .evaluation import KEY
from .roles import KMS, TARGET, TRUST
from .unknowns import STATES, all_of, any_of, keys_of, test_of, world_of
from .vector import (
    ACCOUNT,
    ACTION,
    FULL,
    OBJECT,
    ROLE,
    SESSION,
    Answer,
    Json,
    Vectors,
    allow,
    allowed,
    denied,
    deny,
    document,
    missing,
    unknown,
)

LAYERS: Final = ("identity", "boundary", "session", "scp", "vpc-endpoint", "resource")
STOP: Final = deny(condition=test_of("stop"))


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_alternatives(vectors)
    add_ceilings(vectors)
    add_parts(vectors)
    add_classes(vectors)
    add_leave(vectors)
    add_gates(vectors)


def policies_of(layer: str, statements: list[Json]) -> Json:
    """Return policies of which one layer has the statements, and all others allow; one Deny may stop everything.

    The resource's policy grants alone, so that identity policies allow something else only.
    """
    if layer == "identity":
        return {"identity": [document(*statements, STOP)]}
    others: Json = {"identity": [document(allow("*" if layer != "resource" else "orchard:Water"), STOP)]}
    if layer in ("boundary", "session"):
        return {**others, layer: document(*statements)}
    if layer == "scp":
        return {**others, "scps": [[FULL], [document(*statements)]]}
    principal = "*" if layer == "vpc-endpoint" else {"AWS": SESSION}
    held = document(*({**statement, "Principal": principal} for statement in statements))
    return {**others, **({"vpce": [held]} if layer == "vpc-endpoint" else {"resource_policy": held})}


def answer_of(layer: str, state: str, place: int, settle: tuple[str, ...], stop: str) -> Answer:
    """Return what a layer in a state decides, by which of its statements or settled by which keys."""
    if state == "F":
        return missing("identity" if layer == "resource" else layer)
    if state == "U" or stop == "U":
        return unknown(*keys_of([*(settle if state == "U" else ()), *(["stop"] if stop == "U" else [])]))
    if layer in ("identity", "resource"):
        return allowed(layer, 0, place)
    return allowed()


def add_alternatives(vectors: Vectors) -> None:
    """Of a layer that allows for certain no key is named, whatever else could allow there (R193)."""
    for layer, first, second, stop in product(LAYERS, STATES, STATES, "FU"):
        names = {"first": first, "second": second}
        statements = [allow(condition=test_of(name)) for name in names]
        settle = tuple(name for name, state in names.items() if state == "U")
        place = 0 if first == "T" else 1
        vectors.add(
            "R193",
            "alternatives",
            f"two Allows in layer {layer}, {first} and {second}, and a Deny {stop}",
            answer_of(layer, any_of((first, second)), place, settle, stop),
            principal=SESSION,
            **policies_of(layer, statements),
            **world_of({**names, "stop": stop}),
        )


def add_ceilings(vectors: Vectors) -> None:
    """Nor where what grants is unknown: a ceiling or gate that allows for certain is settled (R193)."""
    for layer, first, second in product(LAYERS[1:-1], STATES, STATES):
        names = {"first": first, "second": second}
        state = any_of((first, second))
        settle = [name for name, item in names.items() if item == "U" and state == "U"]
        held = policies_of(layer, [allow(condition=test_of(name)) for name in names])
        vectors.add(
            "R193",
            "ceilings",
            f"an unknown Allow, and two in layer {layer}, {first} and {second}",
            missing(layer) if state == "F" else unknown(*keys_of(["own", *settle])),
            principal=SESSION,
            **{**held, "identity": [document(allow(condition=test_of("own")))]},
            **world_of({**names, "own": "U"}),
        )


def add_parts(vectors: Vectors) -> None:
    """No key is named of a statement that cannot apply (R193)."""
    for layer, first, second in product(LAYERS, STATES, STATES):
        names = {"first": first, "second": second}
        both: Json = {"StringEquals": {key: "yes" for name in names for key in test_of(name)["StringEquals"]}}
        statements = [allow(condition=test_of("other")), allow(condition=both)]
        state = all_of((first, second))
        settle = ("other", *(name for name, item in names.items() if item == "U" and state == "U"))
        vectors.add(
            "R193",
            "parts",
            f"an unknown Allow in layer {layer} beside one under two conditions, {first} and {second}",
            answer_of(layer, any_of(("U", state)), 1, settle, "F"),
            principal=SESSION,
            **policies_of(layer, statements),
            **world_of({**names, "other": "U", "stop": "F"}),
        )
        if layer != "identity":
            continue
        vectors.add(
            "R193",
            "parts-of-deny",
            f"an unknown Deny beside one under two conditions, {first} and {second}",
            denied("identity", 0, 2) if state == "T" else unknown(*keys_of(settle)),
            principal=SESSION,
            identity=[document(allow("*"), deny(condition=test_of("other")), deny(condition=both))],
            **world_of({**names, "other": "U"}),
        )


def add_classes(vectors: Vectors) -> None:
    """An entry for the account, certain as it is, settles nothing where identity policies allow nothing (R193)."""
    kinds: tuple[tuple[str, str, str, Json], ...] = (
        ("a bucket", ACTION, OBJECT, {}),
        ("a role", "sts:AssumeRole", TARGET, TRUST),
        ("a key", "kms:Decrypt", KEY, KMS),
    )
    for (said, action, resource, facts), state, is_first in product(kinds, STATES, (True, False)):
        part: dict[str, Any] = {"resource": None} if facts is TRUST else {}
        direct = allow(action, principal={"AWS": SESSION}, condition=test_of("direct"), **part)
        by_account = allow(action, principal={"AWS": ACCOUNT}, **part)
        layer = "trust" if facts is TRUST else "resource"
        place = 0 if is_first else 1
        answer = {"T": allowed(layer, 0, place), "F": missing(), "U": unknown(*keys_of(["direct"]))}[state]
        vectors.add(
            "R193",
            "beside-account",
            f"{said} with an entry for the account and one for the session that is {state}",
            answer,
            principal=SESSION,
            action=action,
            resource=resource,
            facts=facts,
            resource_policy=document(*((direct, by_account) if is_first else (by_account, direct))),
            **world_of({"direct": state}),
        )


def add_leave(vectors: Vectors) -> None:
    """Where identity policies count by leave of the account's entry, it settles nothing else (R141, R142, R193)."""
    kinds: tuple[tuple[str, str, str, Json, str], ...] = (
        ("a role", "sts:AssumeRole", TARGET, TRUST, "trust"),
        ("a key", "kms:Decrypt", KEY, KMS, "resource"),
    )
    for said, action, resource, facts, layer in kinds:
        part: dict[str, Any] = {"resource": None} if facts is TRUST else {}
        held: Json = {"principal": SESSION, "action": action, "resource": resource, "facts": facts}

        def entry(text: str, name: str, action: str = action, part: Json = part) -> Json:
            return allow(action, principal={"AWS": text}, condition=test_of(name), **part)

        for first, second in product(STATES, repeat=2):
            if second == "T":
                answer = allowed(layer, 0, 1)
            elif second == "U":
                answer = unknown(*keys_of(["second"]))
            else:
                answer = missing(layer if first == "F" else "identity")
            vectors.add(
                "R193",
                f"leave-{layer}",
                f"{said} with an entry for the account that is {first} and one for the session that is {second}",
                answer,
                resource_policy=document(entry(ACCOUNT, "first"), entry(SESSION, "second")),
                **held,
                **world_of({"first": first, "second": second}),
            )
        for first, own in product(STATES, repeat=2):
            answer = {"T": allowed(layer), "U": unknown(*keys_of(["first"])), "F": missing(layer)}[first]
            vectors.add(
                "R193",
                f"leave-{layer}",
                f"{said} with an entry for the role that is {first}; identity policies, without leave, {own}",
                answer,
                identity=[document(allow(condition=test_of("own"), action=action))],
                resource_policy=document(entry(ROLE, "first")),
                **held,
                **world_of({"first": first, "own": own}),
            )
        for first, second, own in product(STATES, repeat=3):
            leave = any_of((first, second))
            state = all_of((leave, own))
            names = {"own": own, **({"first": first, "second": second} if leave == "U" else {})}
            settle = [name for name, item in names.items() if item == "U"]
            lacking = missing(layer if leave == "F" else "identity")
            vectors.add(
                "R193",
                f"leave-{layer}",
                f"{said} with two entries for the account, {first} and {second}; identity policies {own}",
                {"T": allowed(), "F": lacking, "U": unknown(*keys_of(settle))}[state],
                identity=[document(allow(condition=test_of("own"), action=action))],
                resource_policy=document(entry(ACCOUNT, "first"), entry(ACCOUNT, "second")),
                **held,
                **world_of({"first": first, "second": second, "own": own}),
            )


def add_gates(vectors: Vectors) -> None:
    """Beside a gate that is unknown a grant settles something only where none is certain (R190, R193)."""
    for layer, gate, own, direct in product(("scp", "vpc-endpoint"), STATES, STATES, STATES):
        granted = any_of((own, direct))
        state = all_of((gate, granted))
        names = {"gate": gate, **({"own": own, "direct": direct} if granted == "U" else {})}
        if state == "T":
            answer = allowed("identity" if own == "T" else "resource")
        elif state == "F":
            answer = missing(layer if gate == "F" else "identity")
        else:
            answer = unknown(*keys_of([name for name, item in names.items() if item == "U"]))
        open_gate = allow("*", "*", "*" if layer == "vpc-endpoint" else None, condition=test_of("gate"))
        held: Json = {"vpce": [document(open_gate)]} if layer == "vpc-endpoint" else {"scps": [[document(open_gate)]]}
        vectors.add(
            "R193",
            "gates",
            f"layer {layer} {gate}, identity policies {own}, an entry for the session {direct}",
            answer,
            principal=SESSION,
            identity=[document(allow(condition=test_of("own")))],
            resource_policy=document(allow(principal={"AWS": SESSION}, condition=test_of("direct"))),
            **held,
            **world_of({"gate": gate, "own": own, "direct": direct}),
        )
