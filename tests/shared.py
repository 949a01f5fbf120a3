"""Find the data that only tests read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared(name: str) -> Path:
    """Return a file or folder of the shared data; skip the test when it is absent."""
    root = Path(os.environ.get("GATEWRIGHT_SHARED") or Path(__file__).resolve().parents[1].parent / "shared")
    path = root / name
    if not path.exists():
        pytest.skip(f"no shared data: {name}")
    return path
