"""A gateway that dies at any point loses nothing and leaves nothing half done."""

from __future__ import annotations

import random
from pathlib import Path

from gateway import kill_gateway


def test_killed_gateways_lose_nothing(tmp_path: Path) -> None:
    """Twelve gateways are killed while clients share images; what is permitted is never more than the cloud permits.

    Two hundred: `PYTHONPATH=tests python -m gateway.kill_gateway 200`.
    """
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    done, doubts = kill_gateway.play(tmp_path, 12, seed)
    assert done >= 12 and doubts > 0
