"""Vectors of the chapter on unknown context keys (R190 to R194)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

from .conditions import SET_OPERATORS, all_operators
from .evaluation import CALLERS, KEY, full_world
from .vector import (
    ACCOUNT,
    ACTION,
    ANONYMOUS,
    FULL,
    OTHER,
    ROLE,
    SERVICE,
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
    unknown,
)

STATES: Final = "TFU"
"""True, false, unknown."""

FINER: Final = "the definite answer of a deeper analysis would be as right"
NULL_SET: Final = "validation reports a constant result for Null with a qualifier; observations differ"
EMPTY_LIST: Final = "the documents contradict each other on an empty list under a plain operator"


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_operators(vectors)
    add_constants(vectors)
    add_statements(vectors)
    add_policies(vectors)
    add_layers(vectors)
    add_grants(vectors)
    add_denies(vectors)
    add_variables(vectors)
    add_keys(vectors)
    add_calls(vectors)
    add_resolutions(vectors)


def test_of(name: str) -> Json:
    """Return a condition on a key of its own."""
    return {"StringEquals": {f"aws:PrincipalTag/{name}": "yes"}}


def world_of(states: dict[str, str]) -> Json:
    """Return context and unknown keys that put the condition of each name into its state."""
    known = {
        f"aws:PrincipalTag/{name}": "yes" if state == "T" else "no" for name, state in states.items() if state != "U"
    }
    return {"context": known, "unknown": [f"aws:PrincipalTag/{name}" for name, state in states.items() if state == "U"]}


def keys_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the keys of the conditions of some names."""
    return tuple(f"aws:principaltag/{name}" for name in names)


def all_of(states: Sequence[str]) -> str:
    """AND: false dominates, then unknown."""
    return "F" if "F" in states else "U" if "U" in states else "T"


def any_of(states: Sequence[str]) -> str:
    """OR: true dominates, then unknown."""
    return "T" if "T" in states else "U" if "U" in states else "F"


def add_operators(vectors: Vectors) -> None:
    """A condition on an unknown key is unknown, whatever the operator (R191)."""
    for base, key, bound, _accepted, _refused in all_operators():
        for operator in (base, base + "IfExists", *(f"{qualifier}:{base}" for qualifier in SET_OPERATORS)):
            effect = ("Allow", "Deny")[len(vectors) % 2]
            judged = {"Effect": effect, "Action": ACTION, "Resource": "*", "Condition": {operator: {key: bound}}}
            statements = [judged] if effect == "Allow" else [allow("*"), judged]
            why = f"{effect} under {operator} of an unknown key"
            vectors.add("R191", "operator", why, unknown(key), identity=[document(*statements)], unknown=[key])
    for wanted, effect in product(("true", "false"), ("Allow", "Deny")):
        judged = {
            "Effect": effect,
            "Action": ACTION,
            "Resource": "*",
            "Condition": {"Null": {"aws:PrincipalTag/a": wanted}},
        }
        statements = [judged] if effect == "Allow" else [allow("*"), judged]
        vectors.add(
            "R191",
            "null",
            f"{effect} under Null {wanted} of an unknown key",
            unknown("aws:PrincipalTag/a"),
            identity=[document(*statements)],
            unknown=["aws:PrincipalTag/a"],
        )


def add_constants(vectors: Vectors) -> None:
    """A condition whose result cannot depend on the unknown key is not unknown (R191)."""
    cases: tuple[tuple[str, str, Any, bool, str | None], ...] = (
        ("StringEquals", "aws:PrincipalTag/a", [], False, EMPTY_LIST),
        ("NumericLessThan", "s3:max-keys", [], False, EMPTY_LIST),
        ("IpAddress", "aws:SourceIp", [], False, EMPTY_LIST),
        ("ForAnyValue:StringEquals", "aws:TagKeys", [], False, None),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", [], False, None),
        ("Null", "aws:PrincipalTag/a", ["true", "false"], True, None),
        ("ForAllValues:Null", "aws:TagKeys", "true", True, NULL_SET),
        ("ForAnyValue:Null", "aws:TagKeys", "true", False, NULL_SET),
    )
    for (operator, key, values, holds, uncertain), effect in product(cases, ("Allow", "Deny")):
        judged = {"Effect": effect, "Action": ACTION, "Resource": "*", "Condition": {operator: {key: values}}}
        statements = [judged] if effect == "Allow" else [allow("*"), judged]
        answer = (
            (allowed() if holds else missing())
            if effect == "Allow"
            else denied("identity", 0, 1)
            if holds
            else allowed()
        )
        vectors.add(
            "R191",
            "constant",
            f"{effect} under {operator} {values}, which no key can change",
            answer,
            identity=[document(*statements)],
            unknown=[key],
            uncertain=uncertain,
        )


def add_statements(vectors: Vectors) -> None:
    """Inside a statement false dominates, then unknown (R191)."""
    names = ("a", "b", "c")
    for states in product(STATES, repeat=3):
        state = all_of(states)
        settle = keys_of([name for name, item in zip(names, states, strict=True) if item == "U"])
        world = world_of(dict(zip(names, states, strict=True)))
        condition: Json = {"StringEquals": {f"aws:PrincipalTag/{name}": "yes" for name in names}}
        for effect in ("Allow", "Deny"):
            judged = {"Effect": effect, "Action": ACTION, "Resource": "*", "Condition": condition}
            if effect == "Allow":
                answer = {"T": allowed(), "F": missing(), "U": unknown(*settle)}[state]
                held = document(judged)
            else:
                answer = {"T": denied("identity", 0, 1), "F": allowed(), "U": unknown(*settle)}[state]
                held = document(allow("*"), judged)
            vectors.add(
                "R191", "and", f"{effect} under three conditions, {', '.join(states)}", answer, identity=[held], **world
            )
    for state, matches in product(STATES, (("action", False), ("resource", False), ("both", True))):
        said, covers = matches
        judged = allow(
            "s3:PutObject" if said == "action" else ACTION,
            "arn:aws:s3:::plums" if said == "resource" else "*",
            condition=test_of("a"),
        )
        answer = missing() if not covers else {"T": allowed(), "F": missing(), "U": unknown(*keys_of("a"))}[state]
        vectors.add(
            "R191",
            "parts",
            f"a condition {state} beside parts that match: {said if covers else f'all but {said}'}",
            answer,
            identity=[document(judged)],
            **world_of({"a": state}),
        )


def add_policies(vectors: Vectors) -> None:
    """Over statements true dominates an OR; a Deny that is unknown leaves an allow unknown (R190, R193)."""
    names = ("a", "b", "c", "d")
    for states in product(STATES, repeat=4):
        allows, denies = states[:2], states[2:]
        statements = [
            allow(condition=test_of("a")),
            allow("s3:*", condition=test_of("b")),
            deny(condition=test_of("c")),
            deny("s3:*", condition=test_of("d")),
        ]
        may, must_not = any_of(allows), any_of(denies)
        if must_not == "T":
            answer = denied("identity", 0, 2 + denies.index("T"))
        elif may == "F":
            answer = missing()
        elif may == "T" and must_not == "F":
            answer = allowed("identity", 0, allows.index("T"))
        else:
            open_names = [name for name, state in zip("cd", denies, strict=True) if state == "U"]
            if may == "U":
                open_names += [name for name, state in zip("ab", allows, strict=True) if state == "U"]
            answer = unknown(*keys_of(open_names))
        why = f"two Allows {', '.join(allows)}, two Denies {', '.join(denies)}"
        vectors.add(
            "R190",
            "statements",
            why,
            answer,
            identity=[document(*statements)],
            **world_of(dict(zip(names, states, strict=True))),
        )


def add_layers(vectors: Vectors) -> None:
    """Over layers and levels false dominates an AND (R191)."""
    layers = ("scp", "identity", "boundary", "session")
    for states in product(STATES, repeat=4):
        held: Json = {layer: document(allow("*", condition=test_of(layer))) for layer in layers}
        state = all_of(states)
        if state == "F":
            answer = missing(layers[states.index("F")])
        elif state == "T":
            answer = allowed()
        else:
            answer = unknown(*keys_of([layer for layer, item in zip(layers, states, strict=True) if item == "U"]))
        why = f"Allows of service control, identity, boundary, session policies: {', '.join(states)}"
        vectors.add(
            "R191",
            "layers",
            why,
            answer,
            principal=SESSION,
            identity=[held["identity"]],
            boundary=held["boundary"],
            session=held["session"],
            scps=[[FULL], [held["scp"]]],
            **world_of(dict(zip(layers, states, strict=True))),
        )
    for states in product(STATES, repeat=3):
        names = ("root", "unit", "account")
        scps = [[document(allow("*", condition=test_of(name)))] for name in names]
        state = all_of(states)
        answer = {
            "T": allowed(),
            "F": missing("scp"),
            "U": unknown(*keys_of([name for name, item in zip(names, states, strict=True) if item == "U"])),
        }[state]
        vectors.add(
            "R191",
            "levels",
            f"three levels, {', '.join(states)}",
            answer,
            identity=[FULL],
            scps=scps,
            **world_of(dict(zip(names, states, strict=True))),
        )


def add_grants(vectors: Vectors) -> None:
    """Grants of a resource policy, within an account and across (R190, R193)."""
    names = ("grant", "identity", "boundary")
    for states, entry in product(product(STATES, repeat=3), ("direct", "role", "account", "across")):
        grant, identity, boundary = states
        open_ = {name: state == "U" for name, state in zip(names, states, strict=True)}
        pooled_states = {
            "direct": (identity, boundary),
            "role": (any_of((identity, grant)), boundary),
            "account": (identity, boundary),
            "across": (grant, identity, boundary),
        }[entry]
        pooled = all_of(pooled_states)
        alone = grant if entry == "direct" else "F"
        state = any_of((alone, pooled))
        if state == "T":
            by_identity = entry == "across" or (pooled == "T" and identity == "T")
            answer = allowed() if by_identity else allowed("resource")
        elif state == "F":
            order = {"across": (("resource", grant), ("identity", identity), ("boundary", boundary))}.get(
                entry, (("identity", pooled_states[0]), ("boundary", boundary))
            )
            answer = missing(next(layer for layer, item in order if item == "F"))
        else:
            settle = {name for name in names if open_[name] and pooled == "U"}
            if entry == "account":
                settle.discard("grant")
            if entry == "direct":
                settle = ({"identity", "boundary"} & settle) | ({"grant"} if alone == "U" else set())
            if entry == "role" and any_of((identity, grant)) == "T":
                settle -= {"identity", "grant"}
            answer = unknown(*keys_of(sorted(settle)))
        held: Json = {
            "direct": {"AWS": SESSION},
            "role": {"AWS": ROLE},
            "account": {"AWS": ACCOUNT},
            "across": {"AWS": SESSION},
        }[entry]
        why = f"a grant ({entry}) {grant}, identity {identity}, boundary {boundary}"
        vectors.add(
            "R193",
            f"grant-{entry}",
            why,
            answer,
            principal=SESSION,
            account=OTHER if entry == "across" else ACCOUNT,
            resource_policy=document(allow(ACTION, "*", held, condition=test_of("grant"))),
            identity=[document(allow("*", condition=test_of("identity")))],
            boundary=document(allow("*", condition=test_of("boundary"))),
            **world_of(dict(zip(names, states, strict=True))),
        )
    # Several grants in one document: only those of a class that counts settle anything.
    classes = {"account": ACCOUNT, "role": ROLE, "direct": SESSION}
    for first, second, has_ceiling in product(classes, classes, (True, False)):
        counting = {"role", "direct"} if has_ceiling else {"direct"}
        if first == second:
            continue
        settle = [name for name in (first, second) if name in counting]
        vectors.add(
            "R193",
            "grant-classes",
            f"unknown grants, {first} and {second}; the boundary {'allows' if has_ceiling else 'does not'}",
            unknown(*keys_of(settle)) if settle else missing("identity" if has_ceiling else "boundary"),
            principal=SESSION,
            resource_policy=document(
                *(allow(ACTION, "*", {"AWS": classes[name]}, condition=test_of(name)) for name in (first, second))
            ),
            boundary=FULL if has_ceiling else document(allow("orchard:Water")),
            **world_of({first: "U", second: "U"}),
        )
    for grant, identity, said in product(STATES, STATES, ("account", "direct")):
        # A key counts identity policies only by leave of the account's entry.
        held = {"AWS": ACCOUNT if said == "account" else USER}
        state = all_of((grant, identity)) if said == "account" else grant
        if state == "T":
            answer = allowed() if said == "account" else allowed("resource")
        elif state == "F":
            answer = missing("resource" if grant == "F" else "identity")
        else:
            open_names = [
                name
                for name, item in (("grant", grant), ("identity", identity))
                if item == "U" and (said == "account" or name == "grant")
            ]
            answer = unknown(*keys_of(open_names))
        vectors.add(
            "R193",
            f"key-{said}",
            f"a key's entry ({said}) {grant}, identity {identity}",
            answer,
            action="kms:Decrypt",
            resource=KEY,
            facts={"resource_kind": "kms-key"},
            resource_policy=document(allow("kms:*", "*", held, condition=test_of("grant"))),
            identity=[document(allow("*", condition=test_of("identity")))],
            **world_of({"grant": grant, "identity": identity}),
        )


def add_denies(vectors: Vectors) -> None:
    """An unknown Deny leaves the decision unknown, in any layer that applies (R190)."""
    key = "aws:PrincipalTag/stop"
    applying = {USER: 6, SESSION: 7, SERVICE: 3, ANONYMOUS: 3}
    layers = ("resource", "rcp", "vpc-endpoint", "identity", "boundary", "scp", "session")
    for principal, count in applying.items():
        for place, layer in enumerate(layers):
            if layer == "session" and principal != SESSION:
                continue
            policies = full_world((layer,), session=principal == SESSION)
            conditional = with_condition(policies, test_of("stop"))
            applies = place < count
            base = allowed() if principal in CALLERS else allowed("resource")
            for state in STATES:
                place_in = {"scp": (1, 1), "rcp": (0, 0)}.get(layer, (0, 1))
                answer = (
                    base if not applies or state == "F" else denied(layer, *place_in) if state == "T" else unknown(key)
                )
                vectors.add(
                    "R190",
                    "deny-layer",
                    f"a Deny {state} in layer {layer}, {principal}",
                    answer,
                    principal=principal,
                    **conditional,
                    **world_of({"stop": state}),
                )
    for form, state in product(("identity", "scp", "vpc-endpoint", "boundary"), STATES):
        policies = full_world((), lacking=("resource", form))
        policies["identity"] = [*policies["identity"], document(deny(condition=test_of("stop")))]
        answer = denied("identity", 1) if state == "T" else missing(form)
        vectors.add(
            "R190",
            "no-allow",
            f"without an Allow in {form} a Deny {state} changes the reason only",
            answer,
            principal=SESSION,
            **policies,
            **world_of({"stop": state}),
        )


def with_condition(held: Any, condition: Json) -> Any:
    """Return policies with a condition in each Deny."""
    if isinstance(held, list):
        return [with_condition(item, condition) for item in held]
    if isinstance(held, dict):
        changed = {name: with_condition(item, condition) for name, item in held.items()}
        return {**changed, "Condition": condition} if held.get("Effect") == "Deny" else changed
    return held


def add_variables(vectors: Vectors) -> None:
    """A pattern with an unknown variable is unknown where its literal parts could match, else false (R192)."""
    name, other = "aws:PrincipalTag/name", "aws:PrincipalTag/site"
    prefix = "arn:aws:s3:::pears/"
    cases = (
        ("${N}", "ana", "U"),
        ("${N}", "", "U"),
        ("${N}/*", "ana/x", "U"),
        ("${N}/*", "ana", "F"),
        ("home/${N}", "home/ana", "U"),
        ("home/${N}", "away/ana", "F"),
        ("home/${N}.csv", "home/ana.csv", "U"),
        ("home/${N}.csv", "home/ana.txt", "F"),
        ("${N}-${S}", "ana-north", "NS"),
        ("${N}-${S}", "ana", "F"),
        ("${N, 'x'}", "ana", "U"),
        ("${N, 'x'}/y", "ana/z", "F"),
        ("a${N}c", "abc", "U"),
        ("a${N}c", "ab", "F"),
        ("a${N}c", "ac", "U"),
        ("${*}${N}", "*x", "U"),
        ("${*}${N}", "ax", "F"),
        ("x*${N}", "xyz", "U"),
        ("x*${N}", "y", "F"),
        ("${N}${N}", "anaana", "U"),
    )
    for text, value, state in cases:
        pattern = text.replace("N", name, 1) if "${N}${N}" not in text else text.replace("N", name)
        pattern = pattern.replace("${S}", f"${{{other}}}")
        settle = (name, other) if state == "NS" else (name,)
        is_open = state != "F"
        for effect, member in product(("Allow", "Deny"), ("Resource", "NotResource")):
            judged = {"Effect": effect, "Action": ACTION, member: prefix + pattern}
            statements = [judged] if effect == "Allow" else [allow("*"), judged]
            applies = member == "NotResource"  # where the pattern is false
            definite = (
                (allowed() if applies else missing())
                if effect == "Allow"
                else denied("identity", 0, 1)
                if applies
                else allowed()
            )
            vectors.add(
                "R192",
                "resource",
                f"{effect} with {member} {text} of {value!r}, the variables unknown",
                unknown(*settle) if is_open else definite,
                identity=[document(*statements)],
                resource=prefix + value,
                unknown=[name, other],
            )
        for operator in (
            ("StringLike", "StringNotLike", "StringEquals")
            if "*" not in text.replace("${*}", "")
            else ("StringLike", "StringNotLike")
        ):
            holds = "Not" in operator
            answer = unknown(*settle) if is_open else allowed() if holds else missing()
            vectors.add(
                "R192",
                "text",
                f"{operator} {text} of {value!r}, the variables unknown",
                answer,
                identity=[document(allow(condition={operator: {"s3:prefix": pattern}}))],
                context={"s3:prefix": value},
                unknown=[name, other],
            )
    for listed, value, state in (
        (["${N}", "ana"], "ana", "T"),
        (["ana", "${N}"], "ana", "T"),
        (["x", "${N}"], "ana", "U"),
        (["x/${N}", "y/${N}"], "z/ana", "F"),
        (["x/${N}", "z/*"], "z/ana", "T"),
    ):
        patterns = [prefix + item.replace("N", name) for item in listed]
        answer = {"T": allowed(), "F": missing(), "U": unknown(name)}[state]
        vectors.add(
            "R192",
            "list",
            f"a list of {listed} of {value}, the variable unknown",
            answer,
            identity=[document(allow(ACTION, patterns))],
            resource=prefix + value,
            unknown=[name],
        )
        condition: Json = {"StringLike": {"s3:prefix": [item.replace("N", name) for item in listed]}}
        vectors.add(
            "R192",
            "list",
            f"values {listed} of {value}, the variable unknown",
            answer,
            identity=[document(allow(condition=condition))],
            context={"s3:prefix": value},
            unknown=[name],
        )
    for pattern, value, state in (
        ("arn:aws:iam::111122223333:user/${N}", USER, "U"),
        ("arn:aws:iam::111122223333:role/${N}", USER, "F"),
        ("arn:aws:iam::${N}:user/ana", USER, "U"),
        ("arn:aws:iam:${N}:1:user/ana", USER, "F"),
    ):
        filled = pattern.replace("N", name)
        for operator in ("ArnLike", "ArnEquals", "ArnNotLike"):
            holds = "Not" in operator
            answer = unknown(name) if state == "U" else allowed() if holds else missing()
            vectors.add(
                "R192",
                "arn",
                f"{operator} {pattern}, the variable unknown",
                answer,
                identity=[document(allow(condition={operator: {"aws:PrincipalArn": filled}}))],
                context={"aws:PrincipalArn": value},
                unknown=[name],
            )


def add_keys(vectors: Vectors) -> None:
    """Named are the keys that can still change the answer, in lower case (R193)."""
    for given in ("aws:PrincipalTag/a", "AWS:principaltag/A", "aws:principaltag/a"):
        for written in ("aws:PrincipalTag/a", "AWS:PRINCIPALTAG/A"):
            held = document(allow(condition={"StringEquals": {written: "yes"}}))
            vectors.add(
                "R193",
                "case",
                f"{given} is unknown, the policy says {written}",
                unknown("aws:PrincipalTag/a"),
                identity=[held],
                unknown=[given],
            )
    cases: tuple[tuple[str, list[Json], Answer], ...] = (
        ("no statement uses it", [allow()], allowed()),
        ("a statement for another action uses it", [allow(), deny("s3:PutObject", condition=test_of("a"))], allowed()),
        (
            "a statement for another resource uses it",
            [allow(), deny(ACTION, "arn:aws:s3:::plums", condition=test_of("a"))],
            allowed(),
        ),
        ("another Allow does not need it", [allow(condition=test_of("a")), allow()], allowed("identity", 0, 1)),
        ("a certain Deny makes it idle", [allow(condition=test_of("a")), deny()], denied("identity", 0, 1)),
        (
            "a certain Deny beside an unknown one",
            [allow(), deny(condition=test_of("a")), deny()],
            denied("identity", 0, 2),
        ),
        ("nothing allows", [deny(condition=test_of("a"))], missing()),
        ("only it allows", [allow(condition=test_of("a"))], unknown(*keys_of("a"))),
        ("only it denies", [allow(), deny(condition=test_of("a"))], unknown(*keys_of("a"))),
        ("it allows and denies", [allow(condition=test_of("a")), deny(condition=test_of("a"))], unknown(*keys_of("a"))),
        (
            "an Allow that is false beside it",
            [allow(condition=test_of("b")), allow(condition=test_of("a"))],
            unknown(*keys_of("a")),
        ),
    )
    for (said, statements, answer), extra in product(cases, ([], ["aws:UserAgent"])):
        uncertain = FINER if said == "it allows and denies" else None
        vectors.add(
            "R193",
            "idle",
            f"{said}{', another key is unknown too' * bool(extra)}",
            answer,
            identity=[document(*statements)],
            context={"aws:PrincipalTag/b": "no"},
            unknown=["aws:PrincipalTag/a", *extra],
            uncertain=uncertain,
        )


def add_calls(vectors: Vectors) -> None:
    """A call is unknown where an authorization is and none is refused (R190, R150)."""
    for states in product(STATES, repeat=3):
        objects = [f"arn:aws:s3:::pears/{name}" for name in "abc"]
        for effect in ("Allow", "Deny"):
            if effect == "Allow":
                statements = [
                    allow(ACTION, text, condition=test_of(name)) for name, text in zip("abc", objects, strict=True)
                ]
                state = all_of(states)
            else:
                statements = [
                    allow("*"),
                    *(deny(ACTION, text, condition=test_of(name)) for name, text in zip("abc", objects, strict=True)),
                ]
                state = {"T": "F", "F": "T", "U": "U"}[any_of(states)]
            settle = keys_of([name for name, item in zip("abc", states, strict=True) if item == "U"])
            if state == "F":
                answer = missing() if effect == "Allow" else denied("identity", 0, 1 + states.index("T"))
            else:
                answer = allowed() if state == "T" else unknown(*settle)
            authorizations = [{"resource": text, "context": {}} for text in objects]
            vectors.add(
                "R190",
                "call",
                f"three authorizations, each under its own {effect}: {', '.join(states)}",
                answer,
                identity=[document(*statements)],
                resource=objects[0],
                authorizations=authorizations,
                **world_of(dict(zip("abc", states, strict=True))),
            )


def add_resolutions(vectors: Vectors) -> None:
    """A key known later only settles what was unknown (R194)."""
    key = "aws:PrincipalTag/a"
    policies: tuple[tuple[str, list[Json], dict[str, Answer]], ...] = (
        (
            "an Allow for yes",
            [allow(condition=test_of("a"))],
            {"yes": allowed(), "no": missing(), "absent": missing(), "unknown": unknown(key)},
        ),
        (
            "a Deny for yes",
            [allow(), deny(condition=test_of("a"))],
            {"yes": denied("identity", 0, 1), "no": allowed(), "absent": allowed(), "unknown": unknown(key)},
        ),
        (
            "a Deny unless yes",
            [allow(), deny(condition={"StringNotEquals": {key: "yes"}})],
            {
                "yes": allowed(),
                "no": denied("identity", 0, 1),
                "absent": denied("identity", 0, 1),
                "unknown": unknown(key),
            },
        ),
        (
            "an Allow unless no",
            [allow(condition={"StringNotEqualsIfExists": {key: "no"}})],
            {"yes": allowed(), "no": missing(), "absent": allowed(), "unknown": unknown(key)},
        ),
        (
            "an Allow for presence",
            [allow(condition={"Null": {key: "false"}})],
            {"yes": allowed(), "no": allowed(), "absent": missing(), "unknown": unknown(key)},
        ),
        (
            "an Allow for any set",
            [allow(condition={"ForAllValues:StringEquals": {key: ["yes"]}})],
            {"yes": allowed(), "no": missing(), "absent": allowed(), "unknown": unknown(key)},
        ),
        (
            "an Allow by a variable",
            [allow(ACTION, "arn:aws:s3:::pears/${" + key + "}")],
            {"yes": allowed(), "no": missing(), "absent": missing(), "unknown": unknown(key)},
        ),
        (
            "an Allow without it",
            [allow(), allow(condition=test_of("a"))],
            {"yes": allowed(), "no": allowed(), "absent": allowed(), "unknown": allowed()},
        ),
        (
            "a Deny without it",
            [allow(condition=test_of("a")), deny()],
            {
                "yes": denied("identity", 0, 1),
                "no": denied("identity", 0, 1),
                "absent": denied("identity", 0, 1),
                "unknown": denied("identity", 0, 1),
            },
        ),
        (
            "no Allow",
            [deny("s3:PutObject", condition=test_of("a"))],
            {"yes": missing(), "no": missing(), "absent": missing(), "unknown": missing()},
        ),
    )
    for said, statements, answers in policies:
        for state, answer in answers.items():
            held: Json = (
                {"unknown": [key]} if state == "unknown" else {"context": {} if state == "absent" else {key: state}}
            )
            vectors.add(
                "R194",
                "resolution",
                f"{said}; the key is {state}",
                answer,
                identity=[document(*statements)],
                resource="arn:aws:s3:::pears/yes",
                **held,
            )
