"""The benchmarks are not installed: they are imported from the root of the repository."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# At the end, so that nothing of the root hides an installed package.
sys.path.append(str(ROOT))
