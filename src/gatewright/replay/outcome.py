"""What the log recorded of a call: allowed, denied, or not told; and by which kind of policy it was denied."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from .cloudtrail import Event


class Outcome(StrEnum):
    """What an event proves about its authorization."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_TOLD = "not told"


# Error codes of a refused authorization (CloudTrail events of the services; EC2 adds the prefix ``Client.``).
_DENIALS = frozenset(
    {
        "accessdenied",
        "accessdeniedexception",
        "unauthorizedoperation",
        "unauthorizedaccess",
        "authorizationerror",
        "authorizationerrorexception",
        "notauthorized",
        "notauthorizedexception",
        "vpceaccessdenied",
    }
)
# ``dry run`` would have succeeded (R168).
_PASSED = frozenset({"dryrunoperation"})

# Kinds of policy as AWS's messages call them (R147) -> our words (docs/replay.md).
_LAYERS = {
    "identity-based": "identity",
    "resource-based": "resource",
    "permissions boundary": "boundary",
    "session": "session",
    "service control": "scp",
    "resource control": "rcp",
    "vpc endpoint": "vpc-endpoint",
    "role trust": "trust",
    "trust": "trust",
}
_kinds = "|".join(_LAYERS)
_EXPLICIT = re.compile(rf"explicit deny in an? ({_kinds})(?: policy)?", re.IGNORECASE)
_MISSING = re.compile(rf"no ({_kinds})(?: policy)? allows", re.IGNORECASE)
_NAMED = re.compile(
    r"is not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9]+)(?: on resource: (arn:\S+|\*)(?=\s|$))?"
)
_MESSAGE_LIMIT = 4_096


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an event records.

    ``layer`` is the kind of policy that denied, ``is_explicit`` whether by a Deny; ``action`` and ``resource`` are
    what the message names as refused.  Each is None where the log does not tell.
    """

    outcome: Outcome
    layer: str | None = None
    is_explicit: bool | None = None
    action: str | None = None
    resource: str | None = None


_ALLOWED = Recorded(Outcome.ALLOWED)
_NOT_TOLD = Recorded(Outcome.NOT_TOLD)


def recorded_of(event: Event) -> Recorded:
    """Read what an event records.

    An error that is not about authorization proves nothing: some services check other things first.
    """
    code = event.error_code
    if not code:
        return _ALLOWED
    plain = code.removeprefix("Client.").lower()
    if plain in _PASSED:
        return _ALLOWED
    if plain not in _DENIALS:
        return _NOT_TOLD
    message = (event.error_message or "")[:_MESSAGE_LIMIT]
    layer = is_explicit = action = resource = None
    if match := _EXPLICIT.search(message):
        layer, is_explicit = _LAYERS[match[1].lower()], True
    elif match := _MISSING.search(message):
        layer, is_explicit = _LAYERS[match[1].lower()], False
    elif plain == "vpceaccessdenied":
        layer = "vpc-endpoint"
    elif "access not activated" in message:
        layer = "account-setting"  # billing pages are closed to IAM users until the root user opens them
    if match := _NAMED.search(message):
        action, resource = match[1], match[2]
    return Recorded(Outcome.DENIED, layer, is_explicit, action, resource)
