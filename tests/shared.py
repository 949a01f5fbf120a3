"""The folder of test data that is not part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared(name: str) -> Path:
    """Return a file or folder of the shared data, or skip the test where it is absent."""
    default = Path(__file__).resolve().parents[1].parent / "shared"
    path = Path(os.environ.get("GATEWRIGHT_SHARED", default)) / name
    if not path.exists():
        pytest.skip(f"shared data {name} is absent")
    return path
