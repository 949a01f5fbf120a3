"""Instance profiles of the policy store -> the roles that a launch passes with them (R166)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatewright.ec2.inventory import Facts, Inventory


class ProfileInventory:
    """Knows the roles of an account's instance profiles; all else another inventory does.

    Parameters
    ----------
    profiles
        Roles by instance profiles, both by their ARNs.
    """

    def __init__(self, inventory: Inventory, profiles: Mapping[str, str], account: str) -> None:
        self._inventory = inventory
        self._profiles = profiles
        self._account = account

    def facts(self, arn: str) -> Facts | None:
        """Return what is known of a resource, or None."""
        return self._inventory.facts(arn)

    def find(self, kind: str, parameter: str, value: str) -> Sequence[str] | None:
        """Return the ARNs of what a parameter stands for; see `Inventory`."""
        found = self._inventory.find(kind, parameter, value)
        if found is not None or parameter != "IamInstanceProfile":
            return found
        roles = [role for profile, role in self._profiles.items() if self._is_meant(profile, value)]
        return roles or None

    def _is_meant(self, profile: str, value: str) -> bool:
        if value.startswith("arn:"):
            return profile == value
        return profile.split(":")[4] == self._account and profile.rpartition("/")[2] == value
