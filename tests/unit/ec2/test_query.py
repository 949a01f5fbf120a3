"""HTTP requests -> parameters."""

from __future__ import annotations

from typing import Any

import pytest
from ec2_requests import Request
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.ec2 import Ec2Error, Limits
from gatewright.ec2.query import build_tree, find_items, find_values, read_parameters

FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")


def read(body: bytes = b"", **parts: Any) -> dict[str, str]:
    return read_parameters(Request(body=body, **parts))


def code_of(body: bytes = b"", **parts: Any) -> str:
    with pytest.raises(Ec2Error) as caught:
        read(body, **parts)
    assert "\n" not in str(caught.value) and caught.value.status >= 400
    return caught.value.code


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"A=1&B=2", {"A": "1", "B": "2"}),
        (b"A=a+b&B=a%20b&C=a%2Bb", {"A": "a b", "B": "a b", "C": "a+b"}),
        (b"A=caf%C3%A9&B=%E6%97%A5%E6%9C%AC", {"A": "café", "B": "日本"}),
        (b"A=caf\xc3\xa9", {"A": "café"}),
        (b"A=&B", {"A": "", "B": ""}),
        (b"&A=1&&", {"A": "1"}),
        (b"A=x=y%3D", {"A": "x=y="}),
        (b"Tag.1.Key=a&Tag.10.Key=b&Tag.3.Key=c", {"Tag.1.Key": "a", "Tag.10.Key": "b", "Tag.3.Key": "c"}),
        (b"Filter%2E1.Name=x", {"Filter.1.Name": "x"}),
        (b"UserData=a%0Ab%0D%0A", {"UserData": "a\nb\r\n"}),
        (b"X-Amz-Date=20261126T000000Z", {"X-Amz-Date": "20261126T000000Z"}),
        (b"A.0=x&A.100000=y", {"A.0": "x", "A.100000": "y"}),
    ],
)
def test_parameters_are_decoded(body: bytes, expected: dict[str, str]) -> None:
    """Percent-encoding, plus, UTF-8, empty values and gaps in numbers are read as clients mean them."""
    assert read(body, headers=[FORM]) == expected
    assert read(target="/?" + body.decode("latin-1"), method="GET") == expected


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"A=1&A=1", "MalformedQueryString"),
        (b"A=1&%41=2", "MalformedQueryString"),
        (b"A=%", "MalformedQueryString"),
        (b"A=%4", "MalformedQueryString"),
        (b"A=%GG", "MalformedQueryString"),
        (b"A%=1", "MalformedQueryString"),
        (b"A=%FF", "MalformedQueryString"),
        (b"A=%C0%80", "MalformedQueryString"),
        (b"A=%ED%A0%80", "MalformedQueryString"),
        (b"A=1;B=2", "MalformedQueryString"),
        (b"A=%00", "InvalidCharacter"),
        (b"=1", "UnknownParameter"),
        (b"A..1=x", "UnknownParameter"),
        (b"A.=x", "UnknownParameter"),
        (b"1.A=x", "UnknownParameter"),
        (b"A.01=x", "UnknownParameter"),
        (b"A.-1=x", "UnknownParameter"),
        (b"A.%D9%A1=x", "UnknownParameter"),
        (b"A[1]=x", "UnknownParameter"),
        (b"A%0A=x", "UnknownParameter"),
        (b"InstanceId.member.1=x", "UnknownParameter"),
        (b"A.100001=x", "InvalidParameterValue"),
        (b"A." + b"9" * 300 + b"=x", "UnknownParameter"),
        (b"A" + b".1" * 20 + b"=x", "UnknownParameter"),
        (b"A" * 300 + b"=x", "UnknownParameter"),
    ],
)
def test_what_has_two_readings_is_refused(body: bytes, code: str) -> None:
    """Parameters that are repeated, ill-formed or not of the Query API are refused with EC2's codes."""
    assert code_of(body) == code
    assert code_of(target="/?" + body.decode("latin-1"), method="GET") == code


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"method": "PUT"}, "UnsupportedProtocol"),
        ({"method": "get"}, "UnsupportedProtocol"),
        ({"method": "GET", "body": b"A=1"}, "MalformedQueryString"),
        ({"target": "http://ec2/"}, "MalformedQueryString"),
        ({"target": "/?A=1#B"}, "MalformedQueryString"),
        ({"target": "/?A=\u20ac"}, "MalformedQueryString"),
        ({"target": "/?A=1", "body": b"A=2"}, "MalformedQueryString"),
        ({"body": b"A=1", "headers": [("content-type", "application/json")]}, "UnsupportedProtocol"),
        ({"body": b"A=1", "headers": [("content-type", "text/xml; charset=utf-8")]}, "UnsupportedProtocol"),
        ({"body": b"A=1", "headers": [(FORM[0], FORM[1].replace("utf-8", "utf-16"))]}, "UnsupportedProtocol"),
        ({"body": b"A=1", "headers": [(FORM[0], FORM[1] + "; charset=latin-1")]}, "UnsupportedProtocol"),
        ({"body": b"A=1", "headers": [FORM, FORM]}, "MalformedQueryString"),
        ({"body": b"A=1", "headers": [("Content-Encoding", "gzip")]}, "UnsupportedProtocol"),
        ({"body": b"A=1", "headers": [("Content-Length", "2")]}, "MalformedQueryString"),
        ({"headers": [("X-Many", "1")] * 201}, "RequestEntityTooLarge"),
        ({"headers": [("X-Long", "x" * (1 << 16))]}, "RequestEntityTooLarge"),
        ({"headers": [("X-Text", "\u20ac")]}, "InvalidCharacter"),
        ({"body": b"A=" + b"x" * (1 << 20)}, "RequestEntityTooLarge"),
        ({"body": b"&".join(b"A.%d=x" % n for n in range(5_001))}, "RequestEntityTooLarge"),
    ],
)
def test_what_is_no_request_of_the_query_api_is_refused(parts: dict[str, Any], code: str) -> None:
    """Other methods, content types, encodings and sizes are refused."""
    assert code_of(**parts) == code


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", '; charset="UTF-8"', ";charset=US-ASCII", "; boundary=x"])
def test_content_types_that_clients_send_are_read(charset: str) -> None:
    """A form is read with and without its charset."""
    headers = [("CONTENT-TYPE", f"Application/x-www-form-urlencoded{charset}"), ("Content-Length", " 3 ")]
    assert read(b"A=1", headers=headers) == {"A": "1"}


def test_lists_of_sts_have_members() -> None:
    """Only where it is said so, and their numbers and words are checked all the same."""
    request = Request(body=b"Tags.member.1.Key=a")
    assert read_parameters(request, has_members=True) == {"Tags.member.1.Key": "a"}
    for body in (b"Tags.member.01=a", b"member.member..1=a", b"Tags.Member.100001=a"):
        with pytest.raises(Ec2Error):
            read_parameters(Request(body=body), has_members=True)


def test_limits_can_be_set() -> None:
    """Smaller limits refuse what the usual ones read."""
    with pytest.raises(Ec2Error, match="at most 2 are read"):
        read_parameters(Request(body=b"A=1"), Limits(bytes=2))


def test_a_name_is_a_value_or_a_group() -> None:
    """A name that is both is refused, whichever stands first."""
    for names in (["A", "A.1"], ["A.1", "A"], ["A.1.B", "A.1"], ["A.1", "A.1.B"]):
        with pytest.raises(Ec2Error) as caught:
            build_tree(dict.fromkeys(names, "x"))
        assert caught.value.code == "InvalidParameterCombination"


def test_values_are_found_without_numbers() -> None:
    """Numbers are stepped over, empty values left out, and a list may be one value."""
    tree = build_tree(
        {
            "A.1": "x",
            "A.7": "y",
            "A.8": "",
            "B": "z",
            "C.2.D.1": "p",
            "C.2.D.2": "q",
            "C.9.D": "r",
            "C.D": "s",
            "C.E.1": "t",
        }
    )
    assert find_values(tree, "A") == ["x", "y"]
    assert find_values(tree, "B") == ["z"]
    assert sorted(find_values(tree, "C.D")) == ["p", "q", "r", "s"]
    assert find_values(tree, "C") == find_values(tree, "D") == find_values(tree, "A.B") == []
    assert [sorted(item) for item in find_items(tree, "C")][:2] == [["D"], ["D"]]
    assert find_items(tree, "A") == [] and find_items(tree, "Z") == []


names = st.text(st.sampled_from("AaZ.01%&=+;é \0"), max_size=12) | st.sampled_from(["Action", "Tag.1.Key", "Tag.1"])
pairs = st.lists(st.tuples(names, st.text(max_size=6)), max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | pairs.map(lambda them: "&".join(f"{a}={b}" for a, b in them).encode()))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    """No body raises anything but the refusal, and what is read holds no more than the body did."""
    try:
        parameters = read(body, headers=[FORM])
        tree = build_tree(parameters)
    except Ec2Error as error:
        assert len(str(error)) < 400 and str(error).isprintable()
        return
    assert sum(len(name) + len(value) for name, value in parameters.items()) <= len(body)
    for name, value in parameters.items():
        if value and not any(part.isdigit() for part in name.split(".")):
            assert value in find_values(tree, name)


@given(st.dictionaries(st.from_regex(r"[A-Z][a-z]{0,3}(\.([1-9]|[A-Z][a-z]))?", fullmatch=True), st.text()))
@settings(deadline=None)
def test_reading_after_encoding_is_identity(parameters: dict[str, str]) -> None:
    """Whatever a client encodes is read back."""
    from urllib.parse import urlencode

    texts = {name: value.replace("\0", "") for name, value in parameters.items()}
    texts = {name: value.encode("utf-8", "ignore").decode() for name, value in texts.items()}
    assert read(urlencode(texts).encode(), headers=[FORM]) == texts
