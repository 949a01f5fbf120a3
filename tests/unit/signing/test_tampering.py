"""Nothing that is signed can be changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import shared
from signed_requests import NOW, SECRET, one_key, recorded, request_of, sign_form, sign_header, time_of

from gatewright.signing import Deviation, HttpRequest, SignatureError, verify_request

FORM = [("Host", "ec2.amazonaws.com"), ("Content-Type", "application/x-www-form-urlencoded")]
PARAMETERS = {"Action": "RunInstances", "KeyName": "my key", "UserData": "a+b/c=", "Filter.1.Name": "tag:Name"}
BODY = b"Action=RunInstances&KeyName=my%20key&UserData=a%2Bb%2Fc%3D"

SIGNED = {
    "2 POST": sign_form(PARAMETERS),
    "2 GET": sign_form(PARAMETERS, method="GET"),
    "2 SHA-1": sign_form(PARAMETERS, SignatureMethod="HmacSHA1"),
    "4 POST": sign_header(HttpRequest("POST", "/", [*FORM, ("X-Amz-Target", "a  b")], BODY)),
    "4 GET": sign_header(HttpRequest("GET", f"/?{BODY.decode()}", FORM[:1])),
}


def variants(request: HttpRequest, flip: int, names: Collection[str]) -> Iterator[HttpRequest]:
    """Yield the request with one byte changed, for each byte of each part but the headers that are not named."""

    def flipped(text: str) -> Iterator[str]:
        for i, character in enumerate(text):
            yield f"{text[:i]}{chr(ord(character) ^ flip)}{text[i + 1 :]}"

    for method in flipped(request.method):
        yield HttpRequest(method, request.target, request.headers, request.body)
    for target in flipped(request.target):
        yield HttpRequest(request.method, target, request.headers, request.body)
    for body in flipped(request.body.decode("latin-1")):
        yield HttpRequest(request.method, request.target, request.headers, body.encode("latin-1"))
    for i, (name, value) in enumerate(request.headers):
        if name.lower() not in names:
            continue
        for changed in [*((other, value) for other in flipped(name)), *((name, other) for other in flipped(value))]:
            yield HttpRequest(
                request.method, request.target, [*request.headers[:i], changed, *request.headers[i + 1 :]], request.body
            )


def meaning(request: HttpRequest, names: Collection[str]) -> object:
    """Return what a server reads from a request, where several spellings mean the same."""
    path, _, query = request.target.partition("?")
    parameters = [parse_qsl(text, True) for text in (query, request.body.decode("latin-1"))]
    headers = {name.lower(): value.lower() for name, value in request.headers if name.lower() in names}
    return request.method, path, parameters, headers


@pytest.mark.parametrize("flip", [0x01, 0x02, 0x10, 0x80])
@pytest.mark.parametrize("name", SIGNED)
def test_every_flipped_bit_of_what_is_signed_is_refused(name: str, flip: int) -> None:
    """A bit flipped in any byte of method, target, signed headers, signature or body fails."""
    request = SIGNED[name]
    signed = verify_request(request, keys=one_key(), now=NOW).signed_headers
    count = 0
    for variant in variants(request, flip, (*signed, "authorization")):
        with pytest.raises(SignatureError):
            verify_request(variant, keys=one_key(), now=NOW)
        count += 1
    assert count > 200


def test_a_changed_spelling_verifies_only_where_it_means_the_same() -> None:
    """With the bit of upper and lower case flipped, what still verifies means what was signed."""
    verified = 0
    for request in SIGNED.values():
        signed = verify_request(request, keys=one_key(), now=NOW).signed_headers
        for variant in variants(request, 0x20, (*signed, "authorization")):
            try:
                verify_request(variant, keys=one_key(), now=NOW)
            except SignatureError:
                continue
            verified += 1
            assert meaning(variant, signed) == meaning(request, signed)
    assert verified > 20


def test_every_flipped_byte_of_recorded_requests_is_refused() -> None:
    """The same holds for a request of each recorded client."""
    seen = set()
    for file in ("requests-boto-2.0.jsonl", "requests-boto3.jsonl"):
        for row in recorded(shared(f"data/ec2-query/{file}")):
            if (row["client"], row["method"]) in seen:
                continue
            seen.add((row["client"], row["method"]))
            request, keys = request_of(row), one_key(row["access_key"], row["secret_key"], row["session_token"])
            signed = verify_request(request, keys=keys, now=time_of(row)).signed_headers
            for variant in variants(request, 0x01, (*signed, "authorization")):
                with pytest.raises(SignatureError):
                    verify_request(variant, keys=keys, now=time_of(row))
    assert len(seen) == 5


@st.composite
def hostile_requests(draw: st.DrawFn) -> HttpRequest:
    """Return a signed request with some texts replaced, or one made of nothing known."""
    pieces = st.sampled_from(
        (
            "&",
            "=",
            "%",
            "%2",
            "%ZZ",
            "%00",
            "+",
            "\n",
            "\r\n",
            "Signature=",
            "&Signature=",
            "AWSAccessKeyId=",
            ";",
            ", ",
        )
    )
    text = st.lists(st.one_of(pieces, st.text(max_size=6)), max_size=12).map("".join)
    request = draw(st.sampled_from(list(SIGNED.values())))
    method = draw(st.one_of(st.just(request.method), text))
    target = draw(st.one_of(st.just(request.target), text.map(lambda more: f"{request.target}{more}"), text))
    headers = list(request.headers)
    for _ in range(draw(st.integers(0, 3))):
        i = draw(st.integers(0, len(headers) - 1))
        name, value = headers[i]
        at = draw(st.integers(0, len(value)))
        change = draw(st.sampled_from(("drop", "repeat", "replace", "insert")))
        if change == "drop" and len(headers) > 1:
            del headers[i]
        elif change == "repeat":
            headers.append((name.upper(), draw(text)))
        elif change == "replace":
            headers[i] = (name, draw(text))
        else:
            headers[i] = (name, f"{value[:at]}{draw(text)}{value[at:]}")
    at = draw(st.integers(0, len(request.body)))
    more = draw(st.one_of(st.just(b""), st.binary(max_size=8), text.map(lambda t: t.encode("utf-8", "surrogatepass"))))
    return HttpRequest(method, target, headers, request.body[:at] + more + request.body[at:])


@given(hostile_requests(), st.booleans())
@settings(max_examples=400)
def test_a_hostile_request_raises_nothing_but_a_signature_error(request: HttpRequest, tolerant: bool) -> None:
    """Whatever a request holds, it is verified or refused, and the refusal is one line without the secret."""
    tolerate = list(Deviation) if tolerant else []
    try:
        verify_request(request, keys=one_key(), now=NOW, tolerate=tolerate)
    except SignatureError as error:
        assert SECRET not in str(error) and str(error).isprintable() and len(str(error)) < 400


@pytest.mark.parametrize(
    "text",
    [
        "&" * 1_000_000,
        "a=" * 500_000,
        "%" * 1_000_000,
        "%2525" * 200_000,
        "a=b&" * 5_000,
        "+" * 1_000_000,
        "a&=" * 300_000,
    ],
    ids=lambda text: text[:5],
)
def test_long_texts_end(text: str) -> None:
    """A megabyte of anything as form, query, header or path is read in linear time, and refused."""
    requests = [
        HttpRequest("POST", "/", FORM, f"AWSAccessKeyId=A&{text}".encode()),
        HttpRequest("GET", f"/?X-Amz-Algorithm={text}"[:120_000], FORM[:1]),
        HttpRequest("GET", f"/{text}"[:120_000], SIGNED["4 GET"].headers),
        HttpRequest("GET", "/", [("Host", "h"), ("Authorization", f"AWS4-HMAC-SHA256 {text}")]),
        HttpRequest("GET", "/", [("Host", text)]),
    ]
    for request in requests:
        with pytest.raises(SignatureError):
            verify_request(request, keys=one_key(), now=NOW)
