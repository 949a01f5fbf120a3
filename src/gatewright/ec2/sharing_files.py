"""What ``aws`` prints of images, snapshots and their permissions -> the state of sharing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gatewright.compiler.errors import PolicyError, Severity
from gatewright.files import read_source
from gatewright.sharing import SharedItem
from gatewright.sides import LISTS, PERMISSIONS, Sides

from .sharing_changes import EVERYBODY


def read_sharing(paths: Iterable[str]) -> tuple[list[SharedItem], dict[tuple[str, str], list[str]]]:
    """Read files of ``describe-images``, ``describe-image-attribute`` and their kin for snapshots.

    Returns
    -------
    items
        Images and snapshots.
    grantees
        Whom they are shared with, by kind and id, as far as permissions are told.

    Raises
    ------
    PolicyError
        A file is none of them.
    """
    sides = Sides()
    for path in paths:
        source = read_source(Path(path))
        members = source.value if isinstance(source.value, dict) else {}
        of_snapshots = LISTS["snapshot"] in members or PERMISSIONS["snapshot"] in members
        sides.read_shared(source, "snapshot" if of_snapshots else "image")
    errors = [finding for finding in sides.findings if finding.severity is Severity.ERROR]
    if errors:
        raise PolicyError(errors)
    grantees = {
        key: [*([EVERYBODY] if permission.is_public else []), *permission.users, *permission.organizations]
        for key, (permission, *_) in sides.permissions.items()
    }
    return list(sides.items.values()), grantees
