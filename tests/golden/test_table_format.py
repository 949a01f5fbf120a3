"""The page about the table format shows the records that the code has, and bytes that the compiler writes."""

from __future__ import annotations

import pytest
from format_document import PAGE, PARTS, example, replace_part, write_part

import gatewright as gw
from gatewright.runtime import Truth
from gatewright.runtime.layout import SECTIONS


@pytest.mark.parametrize("part", PARTS)
def test_generated_part(part: str, update_golden: bool) -> None:
    """The drawn records, and the dump of the example, are what the code generates."""
    page = PAGE.read_text(encoding="utf-8")
    expected = replace_part(page, part, write_part(part))
    if update_golden:
        PAGE.write_text(expected, encoding="utf-8")
    assert expected == PAGE.read_text(encoding="utf-8")


def test_every_section_is_explained() -> None:
    """The page has a row for each section, in the order of the header."""
    page = PAGE.read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert [row for row in rows if row in SECTIONS] == list(SECTIONS)


def test_the_example_decides_as_the_page_says() -> None:
    """The request that the page follows is allowed, and stays open while the key is unknown."""
    authorizer = gw.Authorizer(example())
    ann, action = authorizer.table.principals[0], "S3:GetObject"
    assert authorizer.authorize(ann, action, "*", {"s3:max-keys": "50"}).decision is gw.Decision.ALLOW
    assert authorizer.authorize(ann, action, "*", {"s3:max-keys": "1e2"}).decision is gw.Decision.IMPLICIT_DENY
    assert authorizer.authorize(ann, action, "*", {}).decision is gw.Decision.IMPLICIT_DENY
    assert authorizer.authorize(ann, action, "*", unknown=["s3:max-keys"]).decision is gw.Decision.UNKNOWN
    (trace,) = authorizer.explain(ann, action, "*", {"s3:max-keys": "50"}).statements
    assert [test.truth for test in trace.tests] == [Truth.TRUE, Truth.TRUE]


def test_the_page_is_about_the_version_that_is_written() -> None:
    """The page names the version of the tables that the compiler writes, in the header and among the versions."""
    page = PAGE.read_text(encoding="utf-8")
    version = int.from_bytes(bytes(example())[8:12], "little")
    assert f"`version` is {version}." in page
    assert f"Version {version} is all there is" in page
