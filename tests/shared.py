"""Find the data that only tests may read and that is not part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared(name: str) -> Path:
    """Return the path of a file or folder of the shared data; skip the test where it is absent.

    The folder is ``GATEWRIGHT_SHARED`` if set, else ``../shared`` seen from the root of the repository.
    """
    folder = Path(os.environ.get("GATEWRIGHT_SHARED") or Path(__file__).parents[2] / "shared")
    path = folder / name
    if not path.exists():
        pytest.skip(f"no shared data: {path}")
    return path
