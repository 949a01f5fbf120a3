"""What the cloud knows and a request does not say, as far as somebody tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an existing resource.

    Attributes
    ----------
    keys
        Condition keys of the resource and their values, None for a key known to be absent; others stay unknown.
    tags
        All its tags, or None where they are not known: ``aws:ResourceTag/KEY`` and ``ec2:ResourceTag/KEY``.
    """

    keys: Mapping[str, str | list[str] | None] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None


class Inventory(Protocol):
    """Tells of the account's resources; asked while a request is decided, so it answers from memory."""

    def facts(self, arn: str) -> Facts | None:
        """Return what is known of a resource, or None."""
        ...

    def find(self, kind: str, parameter: str, value: str) -> Sequence[str] | None:
        """Return the ARNs of the resources that a parameter stands for without being their id.

        Parameters
        ----------
        kind
            Type of the resources, or ``any``.
        parameter
            Its name without numbers: ``GroupName``, ``AssociationId``, ``LaunchTemplate.LaunchTemplateName``; for the
            role of an instance profile, ``IamInstanceProfile``; for what a launch template adds, ``LaunchTemplate``,
            and with the kind ``tag`` for what it tags: ``.../instance/*``.
        value
            What it holds; empty for what a launch uses that names no subnet or no security group.

        Returns
        -------
        sequence of str or None
            Empty where no such resource takes part in the call; None where nothing is known.
        """
        ...


class NoInventory:
    """Knows nothing."""

    def facts(self, arn: str) -> Facts | None:
        """Return None."""
        return None

    def find(self, kind: str, parameter: str, value: str) -> Sequence[str] | None:
        """Return None."""
        return None
