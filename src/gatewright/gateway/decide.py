"""A call and its caller -> may it pass, and if not, what the client is told and what those who may know can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatewright.ec2 import Ec2Call
from gatewright.ec2.sharing_changes import EVERYBODY, READS, Change, Kind
from gatewright.ec2.sharing_rules import LAUNCHES, judged_as, permits
from gatewright.ec2.sharing_state import Known, SharingState
from gatewright.runtime import CallAnswer, Decision
from gatewright.sharing import SharedItem
from gatewright.sts import Caller

from .policies import Policies

# Kernels and RAM disks are images too.
_ITEM_PARAMETER = re.compile(r"(?:^|\.)(?:Source)?(?P<kind>Image|Kernel|Ram[Dd]isk|Snapshot)Id(?:\.|$)")
_LAUNCH = "ec2:RunInstances"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is refused.

    Attributes
    ----------
    layer
        ``policies`` or ``sharing``.
    code, message
        For the client; the message says nothing that the caller may not know.
    reason
        For the log.
    """

    layer: str
    code: str
    message: str
    reason: str


def named_items(texts: Mapping[str, str]) -> list[tuple[Kind, str]]:
    """Return the images and snapshots that parameters name, wherever they stand."""
    found: dict[tuple[Kind, str], None] = {}
    for name, value in texts.items():
        match = _ITEM_PARAMETER.search(name)
        if match is not None and value:
            found["snapshot" if match["kind"] == "Snapshot" else "image", value] = None
    return list(found)


def check_sharing(
    call: Ec2Call,
    account: str,
    change: Change | None,
    state: SharingState,
    policies: Policies,
    *,
    is_question: bool = False,
    further: Iterable[tuple[Kind, str]] = (),
) -> Refusal | None:
    """Ask the attributes of the images and snapshots that a call names.

    What the state does not know is refused: whose it is, is not known.

    Parameters
    ----------
    is_question
        Whether the call asks whom an item is shared with, which is the owner's to know.
    further
        What the call uses and does not name.

    Raises
    ------
    SharingError
        The state cannot be read.
    """
    name = call.action.removeprefix("ec2:")
    if _is_blind_launch(call):
        message = "Not authorized for images that only a launch template names: name the image in the request."
        return Refusal("sharing", "AuthFailure", message, "the image is in a launch template, which is not known")
    for kind, item_id in (*named_items(call.parameters), *further):
        known = state.find(kind, item_id)
        if name in READS:
            allowed = known is not None and (
                known.item.owner == account if is_question else may_see(known, account, policies)
            )
        else:
            action = judged_as(call.action, kind)
            if action is None:
                continue
            additions = {} if change is None or change.id != item_id else change.additions
            allowed = known is not None and permits(as_item(known, policies), action, account, additions)
        if not allowed:
            reason = f"{item_id} is not known" if known is None else f"{item_id} of {known.item.owner} is not shared so"
            return Refusal("sharing", "AuthFailure", f"Not authorized for {kind}s: [{item_id}]", reason)
    return None


def _is_blind_launch(call: Ec2Call) -> bool:
    """Tell whether a call launches from an image that it does not name."""
    if "launch-template" not in call.kinds:
        return False
    if call.action == _LAUNCH:
        return not call.parameters.get("ImageId")
    return call.action in LAUNCHES


def as_item(known: Known, policies: Policies) -> SharedItem:
    """Return an item as decisions see it, with the accounts of organizations filled in."""
    organizations = known.organizations
    return known.as_item(policies.accounts_in(organizations) if organizations else ())


def may_see(known: Known, account: str, policies: Policies) -> bool:
    """Tell whether an account sees an item when it describes images or snapshots."""
    if known.item.owner == account:
        return True
    seen = known.seen
    return known.item.is_usable and (
        EVERYBODY in seen or account in seen or account in policies.accounts_in(known.organizations)
    )


def explain_refusal(call: Ec2Call, caller: Caller, answer: CallAnswer, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a refusal, in the form of AWS's decoded authorization messages."""
    deciding = answer.answers[answer.deciding]
    item = call.authorizations[answer.deciding]
    statements = [
        {
            "sid": one.sid,
            "effect": one.effect.upper(),
            "policy": one.policy,
            "kind": one.kind,
            "statement": one.position,
        }
        for one in deciding.statements
    ]
    values = {**context, **item.context}
    conditions = [
        {"key": key, "values": {"items": [{"value": text} for text in (value if isinstance(value, list) else [value])]}}
        for key, value in sorted(values.items())
        if value is not None
    ]
    return {
        "allowed": False,
        "explicitDeny": answer.decision is Decision.EXPLICIT_DENY,
        "matchedStatements": {"items": statements},
        "failures": {"items": [{"unknownKey": key} for key in answer.unknown_keys]},
        "context": {
            "principal": {"id": caller.user_id, "arn": caller.arn},
            "action": item.action or call.action,
            "resource": item.resource or "unknown",
            "conditions": {"items": conditions},
        },
    }
