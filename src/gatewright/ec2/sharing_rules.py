"""What the attributes of an image or a snapshot permit, decided at once.

`gatewright.sharing.attribute_document` says the same as a policy, for tables; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from gatewright.sharing import CANCEL, IMAGE_USES, SNAPSHOT_USES, SharedItem

# Further actions that launch from an image, or read a snapshot: what `RunInstances` and `CreateVolume` may not, they
# may not either.  Names with `Describe` or `Get` in front read no content and are judged by policies alone.
LAUNCHES = frozenset(
    f"ec2:{name}"
    for name in (
        "CreateFleet", "CreateImage", "CreateReplaceRootVolumeTask", "ModifyFleet", "ModifySpotFleetRequest",
        "RegisterImage", "RequestSpotFleet", "RequestSpotInstances", "RunScheduledInstances",
    )
)  # fmt: skip
# They launch nothing; but a template with an image that may not be launched is of no use.
_PREPARES = frozenset({"ec2:CreateLaunchTemplate", "ec2:CreateLaunchTemplateVersion"})
# AWS lets any account that sees an image tag it, for itself.
_TAGGING = frozenset({"ec2:CreateTags", "ec2:DeleteTags"})
_READING = ("ec2:Describe", "ec2:Get", "ec2:List")


def permits(item: SharedItem, action: str, account: str, additions: Mapping[str, str] | None = None) -> bool:
    """Tell whether an account may do something with an image or a snapshot, as far as its attributes go.

    Parameters
    ----------
    action
        ``ec2:RunInstances``, in the API's spelling.
    account
        The caller's.
    additions
        With whom the call shares it: keys such as ``ec2:Add/userId``.
    """
    is_encrypted = any(storage.is_encrypted for storage in item.storage)
    if action in item.uses:
        if not item.is_usable:
            return False
        if account == item.owner:
            return True
        # Whoever uses an encrypted one needs its key, which nothing here tells.
        return not is_encrypted and (item.is_public or account in item.users or account in item.members)
    if action in item.changes:
        return account == item.owner and _may_share(item, additions or {})
    if action == CANCEL and item.kind == "image":
        return account in item.users
    return True


def _may_share(item: SharedItem, additions: Mapping[str, str]) -> bool:
    if any(storage.is_key_aws_managed for storage in item.storage):
        return not additions
    if any(storage.is_encrypted or storage.has_product_codes for storage in item.storage):
        return additions.get("ec2:Add/group") != "all"
    return True


def judged_as(action: str, kind: str) -> str | None:
    """Return the action that decides about an image or a snapshot in a call, None where only policies do.

    Beyond what `permits` knows by name, a gateway takes what launches for a launch, and what else changes something
    for the owner's business.
    """
    uses = IMAGE_USES if kind == "image" else SNAPSHOT_USES
    if action in uses or action == CANCEL:
        return action
    if action in LAUNCHES or action in _PREPARES:
        return uses[0]
    if action in _TAGGING or action.startswith(_READING):
        return None
    return "ec2:ModifyImageAttribute" if kind == "image" else "ec2:ModifySnapshotAttribute"
