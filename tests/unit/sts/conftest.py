"""STS in its small world, for each test anew."""

from __future__ import annotations

import pytest
from sts_world import Sts


@pytest.fixture
def sts() -> Sts:
    """STS, at noon."""
    return Sts()
