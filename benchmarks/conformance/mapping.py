"""A vector -> what a rival is asked, or the reason why it cannot be asked.

A mapping says what a rival's own documents say that it takes, no more and no less: what it lacks is `Inexpressible`,
never a disagreement, and nothing is decided here in a rival's stead.  A mapping returns one call for each decision that
the vector needs; the calls are JSON, for the driver in the rival's process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Vector = Mapping[str, Any]
Call = dict[str, Any]

NOTHING = {"Version": "2012-10-17", "Statement": []}


class Inexpressible(Exception):
    """What a rival has no means to be told; the text is counted in the result."""


# --- what all of them share -------------------------------------------------------------------------------------------


def calls_of(vector: Vector) -> list[Call]:
    """Return the decisions that a vector needs: action, resource and context of each (R161)."""
    if vector.get("ec2") is not None:
        raise Inexpressible("EC2 attributes beside the policies")
    request = vector["request"]
    if request.get("unknown"):
        raise Inexpressible("unknown context keys")
    calls = []
    for item in request.get("authorizations") or [{}]:
        resource = item.get("resource", request.get("resource"))
        if resource is None:
            raise Inexpressible("an unknown resource")
        context = {**request.get("context", {}), **item.get("context", {})}
        present = {key: value for key, value in context.items() if value is not None}
        calls.append({"action": item.get("action", request["action"]), "resource": resource, "context": present})
    return calls


def account_of(principal: str) -> str:
    """Return a principal's account, empty where it has none."""
    parts = principal.split(":")
    return parts[4] if len(parts) > 5 and re.fullmatch("[0-9]{12}", parts[4]) else ""


def resource_account_of(vector: Vector) -> str:
    """Return the account that owns the resource: the caller's if the vector does not tell."""
    return vector["request"].get("resource_account") or account_of(vector["request"]["principal"])


def facts_of(vector: Vector, known: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the facts of a request, of which a rival can be told the known ones."""
    facts: Mapping[str, Any] = vector["request"].get("facts") or {}
    for fact, value in facts.items():
        if fact not in known and value is not False:
            raise Inexpressible(f"the fact {fact}")
    return facts


def sessions_of(vector: Vector) -> list[Any]:
    """Return the session policies that are passed."""
    session = vector["policies"].get("session")
    return session if isinstance(session, list) else [] if session is None else [session]


def refuse_kinds(vector: Vector, *kinds: str) -> None:
    """Say which kinds of policies a rival does not know."""
    names = {
        "resource": "a resource-based policy",
        "boundary": "a permissions boundary",
        "session": "a session policy",
        "scps": "service control policies",
        "rcps": "resource control policies",
        "vpce": "VPC endpoint policies",
    }
    for kind in kinds:
        if vector["policies"].get(kind) is not None:
            raise Inexpressible(names[kind])


def applying(vector: Vector, member: str, exempting: tuple[str, ...]) -> list[Any]:
    """Return the levels of SCPs or RCPs that apply: none to whom a fact exempts from them (R134, R146)."""
    facts = vector["request"].get("facts") or {}
    return [] if any(facts.get(fact) for fact in exempting) else vector["policies"].get(member) or []


# --- gatewright and its reference -------------------------------------------------------------------------------------


def map_whole(vector: Vector) -> list[Call]:
    """Hand over the vector as it is."""
    return [{"vector": vector}]


# --- iam-simulate -----------------------------------------------------------------------------------------------------


def map_iam_simulate(vector: Vector) -> list[Call]:
    """Map to a `Simulation`; the policies passed are those that apply, as its documents ask."""
    calls = calls_of(vector)
    policies, principal = vector["policies"], vector["request"]["principal"]
    facts = facts_of(
        vector,
        (
            "resource_kind",  # it tells trust and key policies by the action
            "role_arn",
            "federating_user",
            "service_linked_role",
            "principal_in_management_account",
            "resource_in_management_account",
        ),
    )
    if "/" in str(facts.get("role_arn", "")).partition(":role/")[2]:
        raise Inexpressible("the path of a session's role")
    federating = facts.get("federating_user")
    if federating is not None:
        if str(federating).endswith(":root"):
            raise Inexpressible("a session that the root user federated")
        if federating in json.dumps([policies.get("resource"), policies.get("rcps"), policies.get("vpce")]):
            raise Inexpressible("who federated a session, named in a policy")
    sessions = sessions_of(vector)
    if len(sessions) > 1:
        raise Inexpressible("several session policies")
    base: Call = {
        "identityPolicies": _named(policies.get("identity") or []),
        "serviceControlPolicies": _levels(
            applying(vector, "scps", ("service_linked_role", "principal_in_management_account"))
        ),
        "resourceControlPolicies": _levels(
            applying(vector, "rcps", ("service_linked_role", "resource_in_management_account"))
        ),
    }
    if not account_of(principal):  # no policies of an account apply to whom has none
        base["identityPolicies"] = base["serviceControlPolicies"] = []
    if policies.get("resource") is not None:
        base["resourcePolicy"] = policies["resource"]
    if policies.get("boundary") is not None:
        base["permissionBoundaryPolicies"] = _named([policies["boundary"]])
    if sessions:
        base["sessionPolicy"] = sessions[0]
    if policies.get("vpce"):
        base["vpcEndpointPolicies"] = _named(policies["vpce"])
    caller: object = {"type": "Anonymous"} if principal == "anonymous" else principal
    account = resource_account_of(vector)
    return [
        {
            **base,
            "request": {
                "principal": caller,
                "action": call["action"],
                "resource": {"resource": call["resource"], "accountId": account},
                "contextVariables": call["context"],
            },
        }
        for call in calls
    ]


def _named(documents: list[Any]) -> list[Call]:
    return [{"name": f"policy-{number}", "policy": document} for number, document in enumerate(documents)]


def _levels(levels: list[Any]) -> list[Call]:
    return [{"orgIdentifier": f"level-{number}", "policies": _named(level)} for number, level in enumerate(levels)]


# --- principalmapper --------------------------------------------------------------------------------------------------

PMAPPER_FILLS_IN = (
    "aws:username",
    "aws:userid",
    "aws:principalarn",
    "aws:principaltype",
    "aws:principalaccount",
    "aws:securetransport",
    "aws:currenttime",
    "aws:epochtime",
)
"""Keys that it infers where the context lacks them; its documents name the first two, and say that there are more."""


def map_principalmapper(vector: Vector) -> list[Call]:
    """Map to `local_check_authorization_full` for a node, an IAM user or role."""
    calls = calls_of(vector)
    policies, principal = vector["policies"], vector["request"]["principal"]
    facts = facts_of(vector, ("role_arn", "service_linked_role", "principal_in_management_account"))
    refuse_kinds(vector, "rcps", "vpce")
    sessions = sessions_of(vector)
    if len(sessions) > 1:
        raise Inexpressible("several session policies")
    text = json.dumps(policies).lower()
    arn = principal
    match = re.fullmatch(r"arn:([^:]*):sts::([0-9]{12}):assumed-role/([^/]+)/.+", principal)
    if match:
        arn = facts.get("role_arn") or f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}"
        if "assumed-role/" in text:
            raise Inexpressible("a role session, named in a policy")
    elif not re.fullmatch(r"arn:[^:]*:iam::[0-9]{12}:user/.+", principal):
        raise Inexpressible("a caller other than an IAM user or role")
    resource = policies.get("resource")
    owner = resource_account_of(vector)
    if resource is None and owner != account_of(principal):
        resource = NOTHING  # without a policy it asks nothing of the resource's side
    scps = applying(vector, "scps", ("service_linked_role", "principal_in_management_account"))
    for call in calls:
        present = {key.lower() for key in call["context"]}
        for key in PMAPPER_FILLS_IN:
            if key in text and key not in present:
                raise Inexpressible("an absent key that it infers")
    return [
        {
            **call,
            "node": arn,
            "identity": policies.get("identity") or [],
            "boundary": policies.get("boundary"),
            "session": sessions[0] if sessions else None,
            "resource_policy": resource,
            "resource_owner": owner if resource is not None else None,
            "scps": scps or None,
        }
        for call in calls
    ]


# --- moto -------------------------------------------------------------------------------------------------------------


def map_moto(vector: Vector) -> list[Call]:
    """Map to `IAMPolicy.is_action_permitted` for each identity policy.

    The module says of itself that resource-based policies, other principals and parts of Resource and Condition are
    missing; an operator other than StringEquals is passed over, and so is NotResource.
    """
    calls = _identity_calls(vector)
    for statement in statements_of(vector["policies"]["identity"]):
        if "NotResource" in statement:
            raise Inexpressible("NotResource")
        for operator in statement.get("Condition") or {}:
            if operator != "StringEquals":
                raise Inexpressible("condition operators other than StringEquals")
    if "${" in json.dumps(vector["policies"]["identity"]):
        raise Inexpressible("policy variables")
    for call in calls:
        if not all(isinstance(value, str) for value in call["context"].values()):
            raise Inexpressible("multivalued context keys")
    return [{**call, "policies": vector["policies"]["identity"]} for call in calls]


def _identity_calls(vector: Vector) -> list[Call]:
    """Return the calls of a user or role session in its own account whose identity policies alone decide."""
    calls = calls_of(vector)
    facts_of(vector, ("role_arn",))
    refuse_kinds(vector, "resource", "boundary", "session", "scps", "rcps", "vpce")
    principal = vector["request"]["principal"]
    if not re.fullmatch(r"arn:[^:]*:(iam::[0-9]{12}:user|sts::[0-9]{12}:assumed-role)/.+", principal):
        raise Inexpressible("a caller other than an IAM user or role")
    if resource_account_of(vector) != account_of(principal):
        raise Inexpressible("requests across accounts")
    return calls


def statements_of(documents: list[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the statements of documents, whose Statement may be one object (R6)."""
    for document in documents:
        statements = document["Statement"]
        yield from statements if isinstance(statements, list) else [statements]


# --- pbac -------------------------------------------------------------------------------------------------------------


def map_pbac(vector: Vector) -> list[Call]:
    """Map to `evaluate`, in the forms that its documents and schema ask for, of the same meaning to IAM.

    Context keys become nested objects; Statement, Action and Resource become lists; numbers, and the values of Null,
    stand unquoted (R25).
    """
    calls = _identity_calls(vector)
    documents = vector["policies"]["identity"]
    operators: dict[str, set[str]] = {}
    for statement in statements_of(documents):
        for operator, keys in (statement.get("Condition") or {}).items():
            if "Binary" in operator:
                raise Inexpressible("binary values, which are Buffers of Node.js")
            for key in keys:
                operators.setdefault(key.lower(), set()).add(operator)
    numeric = {key for key, own in operators.items() if all("Numeric" in operator for operator in own)}
    listed = [list_elements(document) for document in documents]
    mapped = []
    for call in calls:
        context = {
            key: type_number(value) if key.lower() in numeric else value for key, value in call["context"].items()
        }
        mapped.append({**call, "context": nest_context(context), "policies": listed})
    return mapped


def list_elements(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of the same meaning (R6, R9, R25) in the form that the schema of pbac wants."""
    if "Version" not in document:
        raise Inexpressible("a document without Version")
    statements = []
    for statement in statements_of([document]):
        own = dict(statement)
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            if isinstance(own.get(name), str):
                own[name] = [own[name]]
        if isinstance(own.get("Condition"), dict):
            own["Condition"] = {
                operator: {key: _type_values(operator, values) for key, values in keys.items()}
                for operator, keys in own["Condition"].items()
            }
        statements.append(own)
    return {**document, "Statement": statements}


def _type_values(operator: str, values: Any) -> list[Any]:
    listed = values if isinstance(values, list) else [values]
    if operator.endswith("Null"):
        return [{"true": True, "false": False}.get(str(value).lower(), value) for value in listed]
    return [type_number(value) for value in listed] if "Numeric" in operator else listed


def type_number(value: Any) -> Any:
    """Return the number that a text, or each text of a list, is; anything else as it is."""
    if isinstance(value, list):
        return [type_number(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", value):
        return float(value) if "." in value else int(value)
    return value


def nest_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return `{"aws": {"SourceIp": ...}}` for `aws:SourceIp`."""
    nested: dict[str, Any] = {}
    for key, value in context.items():
        folder, colon, name = key.partition(":")
        if not colon:
            raise Inexpressible("a context key without a prefix")
        if ":" in name:
            raise Inexpressible("a context key with several colons")
        nested.setdefault(folder, {})[name] = value
    return nested


# --- documents --------------------------------------------------------------------------------------------------------


OF_THE_KIND = ("R31", "R32", "R33")
"""Rules about what a kind of policy must and must not have."""

STRICTER_API = ("R3", "R4", "R30")
"""Rules where the language accepts what the IAM API does not store today."""


def map_document_whole(vector: Vector) -> list[Call]:
    """Hand over the vector as it is."""
    return [{"vector": vector}]


def map_parliament(vector: Vector) -> list[Call]:
    """Map to `analyze_policy_string`; its documents know the policies of identities and resources."""
    if vector["policy_kind"] in ("scp", "rcp", "session", "boundary", "vpc-endpoint"):
        raise Inexpressible(f"documents of the kind {vector['policy_kind']}")
    if vector["policy_kind"] in ("managed", "identity-inline-user"):
        raise Inexpressible("quotas of characters")
    if vector.get("rule") in OF_THE_KIND:
        raise Inexpressible("what depends on the kind of a policy, which it is not told")
    return [{"text": text_of(vector["document"])}]


def map_moto_document(vector: Vector) -> list[Call]:
    """Map to its validator of identity policies, which answers as the IAM API does when a policy is saved."""
    if vector["policy_kind"] not in ("identity", "managed", "identity-inline-user"):
        raise Inexpressible(f"documents of the kind {vector['policy_kind']}")
    _refuse_lint(vector)
    return [{"text": text_of(vector["document"])}]


def _refuse_lint(vector: Vector) -> None:
    """Say what a validator that follows the IAM API, or syntax alone, does not judge."""
    if vector["phase"] == "lint":
        raise Inexpressible("findings about documents that the API stores")
    if vector["phase"] == "sound" and vector.get("rule") in STRICTER_API:
        raise Inexpressible("documents that the language accepts and today's API refuses")


IAM_POLICY_VALIDATORS = {
    "identity": "validateIdentityPolicy",
    "managed": "validateIdentityPolicy",
    "identity-inline-user": "validateIdentityPolicy",
    "boundary": "validateIdentityPolicy",
    "resource": "validateResourcePolicy",
    "trust": "validateTrustPolicy",
    "session": "validateSessionPolicy",
    "scp": "validateServiceControlPolicy",
    "rcp": "validateResourceControlPolicy",
    "vpc-endpoint": "validateEndpointPolicy",
}


def map_iam_policy(vector: Vector) -> list[Call]:
    """Map to the validator of the document's kind, which takes parsed JSON and says that it checks syntax alone."""
    _refuse_lint(vector)
    document = vector["document"]
    if isinstance(document, str):
        try:
            document = json.loads(document, object_pairs_hook=_without_duplicates)
        except (ValueError, RecursionError):
            raise Inexpressible("text that JSON parsers refuse or mend; it takes parsed objects") from None
    return [{"function": IAM_POLICY_VALIDATORS[vector["policy_kind"]], "document": document}]


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def text_of(document: Any) -> str:
    """Return a document as text: the vector's own where the text itself matters."""
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
