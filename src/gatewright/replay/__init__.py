"""CloudTrail logs -> decisions of a policy store, and what a proposed store would change."""

from __future__ import annotations

from .run import ReplayOptions, replay

__all__ = ["ReplayOptions", "replay"]
