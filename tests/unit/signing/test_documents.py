"""What docs/credentials.md says of signatures is so."""

from __future__ import annotations

import re

from layout import ROOT

from gatewright.signing import Deviation
from gatewright.signing.deviations import TOLERATED
from gatewright.signing.errors import STATUSES

PAGE = (ROOT / "docs/credentials.md").read_text(encoding="utf-8")


def test_every_deviation_is_told_with_its_reason() -> None:
    """The table has each deviation once, whether it is tolerated, and why."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (yes|) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(one.name, "yes" if one in TOLERATED else "", one.value) for one in Deviation]


def test_every_code_is_told() -> None:
    """Each code that a signature may be refused by stands in the page, but for those of malformed values."""
    told = set(re.findall(r"`([A-Za-z]+)`", PAGE))
    assert set(STATUSES) - told == {"InvalidParameterValue", "RequestEntityTooLarge"}
