"""Reads the vectors of the suite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

VECTORS: Final = Path(__file__).parent / "vectors"


def read_lines() -> Iterator[tuple[str, str]]:
    """Yield every line of the suite with the name of its file."""
    for file in sorted(VECTORS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").split("\n")[:-1]:
            yield file.name, line


def read_vectors() -> list[dict[str, Any]]:
    """Return all vectors of the suite."""
    return [json.loads(line) for _, line in read_lines()]
