"""One API call as the mapping sees it: an event whose caller and actions are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from gatewright.service_data import Action

from .cloudtrail import Event

Context = dict[str, str | list[str] | None]
"""Context keys of a request: text, texts of a multivalued key, or None for a key known to be absent."""

TEXT_LIMIT = 2048
"""Characters of a parameter that may become part of an ARN; no name of a resource is longer."""


class Target(NamedTuple):
    """One authorization that a call needs; ``resource`` None is unknown, ``context`` adds to that of the call."""

    action: str
    resource: str | None
    context: Context = {}  # noqa: RUF012 - shared, never written


@dataclass(slots=True)
class Call:
    """An event with what its mapping found so far."""

    event: Event
    service: str
    action: str
    facts: Action | None
    parameters: dict[str, Any]
    partition: str
    region: str
    account: str
    caller: str
    knows: Callable[[str], bool]

    @property
    def name(self) -> str:
        """The action without its service."""
        return self.action.partition(":")[2]

    @property
    def denied(self) -> bool:
        """Tell whether the log has an error; of a failed call the parameters may be missing."""
        return self.event.error_code is not None

    def text(self, *names: str) -> str | None:
        """Return the first of these parameters that holds a usable text."""
        for name in names:
            if usable := as_text(self.parameters.get(name)):
                return usable
        return None

    def arn(self, rest: str, *, service: str | None = None, regional: bool = True, account: bool = True) -> str:
        """Write an ARN of the caller's account and the event's Region."""
        region = self.region if regional else ""
        return f"arn:{self.partition}:{service or self.service}:{region}:{self.account if account else ''}:{rest}"


def as_text(value: Any) -> str | None:
    """Return a parameter's text, or None where it is no text, is hidden, or is too long to name a resource."""
    if isinstance(value, dict):  # EC2 writes some texts as {"tag": 1, "content": "vol-..."}
        value = value.get("content")
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_LIMIT:
        return None
    return None if value.startswith(("HIDDEN_DUE_TO_", "***")) else value
