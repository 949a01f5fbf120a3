"""XML in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gateway.resign import FORM, Signer, UpstreamKey
from gatewright.gateway.xml import AnswerError, cut_items, find_texts, write_attribute, write_ec2_error, write_sts_error
from gatewright.signing import HttpRequest, SecretKey, verify_request


@given(code=st.text(max_size=20), message=st.text(max_size=80))
def test_any_text_is_well_formed(code: str, message: str) -> None:
    """Errors are well-formed whatever text they hold, and say it as far as XML can."""
    for body in (write_ec2_error(code, message, "r"), write_sts_error(code, message, "r", 400)):
        root = ElementTree.fromstring(body)
        (found,) = [one for one in root.iter() if one.tag.rpartition("}")[2] == "Message"]
        if message.isprintable() and not any("\ud800" <= c <= "\udfff" or c in "\ufffe\uffff" for c in message):
            assert (found.text or "") == message


def test_items_are_cut_and_the_rest_stays() -> None:
    """Only items that are kept are there, and every other byte is as it was."""
    item = "<item><imageId>{}</imageId><tagSet><item><key>imageId</key></item></tagSet></item>"
    items = f"{item.format('a')} {item.format('b')}<item/>"
    body = f'<?xml version="1.0"?>\n<R xmlns="u"> <imagesSet>{items}</imagesSet> <x/></R>'
    cut = cut_items(body.encode(), "imagesSet/item", "imageId", lambda name: name == "b")
    assert cut.decode() == body.replace(item.format("a"), "").replace("<item/>", "")
    assert find_texts(cut, "imagesSet/item/imageId") == ["b"]


@given(
    names=st.lists(st.text("ab", min_size=1, max_size=3), max_size=6),
    kept=st.sets(st.text("ab", min_size=1, max_size=3)),
)
def test_cutting_is_filtering(names: list[str], kept: set[str]) -> None:
    """What is left are the items that are kept, in their order."""
    items = "".join(f"<item>\u00e9<imageId> {name} </imageId></item>" for name in names)
    body = f"<r><imagesSet>{items}</imagesSet></r>".encode()
    cut = cut_items(body, "imagesSet/item", "imageId", kept.__contains__)
    assert find_texts(cut, "imagesSet/item/imageId") == [name for name in names if name in kept]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<a>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a/>".encode("utf-16"), b"<a>" * 100 + b"</a>" * 100,
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    """Broken documents, entities, other encodings and deep nests are errors: nothing is passed on unfiltered."""
    with pytest.raises(AnswerError):
        cut_items(body, "imagesSet/item", "imageId", lambda name: True)


@pytest.mark.parametrize(
    "body",
    [
        b"<r><ImagesSet><item><imageId>a</imageId></item></ImagesSet></r>",
        b"<r><imagesSet><item><ImageId>a</ImageId></item></imagesSet></r>",
        b"<r><imagesSet><item><more><imageId>a</imageId></more></item></imagesSet></r>",
        b"<r><imagesSet><item><imageId>b</imageId><imageId>a</imageId></item></imagesSet></r>",
        b"<r><imageId>b</imageId></r>",
    ],
)
def test_a_list_of_another_form_is_refused(body: bytes) -> None:
    """A name where nobody is asked about it passes nothing: the cloud may write its lists otherwise."""
    with pytest.raises(AnswerError):
        cut_items(body, "imagesSet/item", "imageId", {"a"}.__contains__)


def test_attributes_are_written_as_ec2_does() -> None:
    """Grantees stand in the elements of their kinds."""
    grantees = ["all", "111122223333", "arn:aws:organizations::111122223333:ou/o-a/ou-b"]
    body = write_attribute("DescribeImageAttribute", "2016-11-15", "r", "image", "ami-1", "launchPermission", grantees)
    assert find_texts(body, "launchPermission/item/userId") == ["111122223333"]
    assert find_texts(body, "launchPermission/item/group") == ["all"]
    assert find_texts(body, "launchPermission/item/organizationalUnitArn") == grantees[2:]
    assert find_texts(body, "imageId") == ["ami-1"]


@given(body=st.binary(max_size=50))
def test_what_is_signed_verifies(body: bytes) -> None:
    """The cloud's own verification accepts what the gateway signs."""
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    secret = SecretKey("secret")
    headers = Signer().sign(
        UpstreamKey("AKIAUPSTREAM", secret),
        host="cloud:1",
        path="/",
        body=body,
        region="eu-west-1",
        service="ec2",
        now=now,
    )
    request = HttpRequest("POST", "/", [("Host", "cloud:1"), ("Content-Type", FORM), *headers.items()], body)
    verified = verify_request(
        request, keys=lambda key, token: secret, now=now, services=("ec2",), regions=("eu-west-1",)
    )
    assert verified.access_key_id == "AKIAUPSTREAM"
