"""What is refused, by which code; what is tolerated, one by one."""

from __future__ import annotations

import base64
import pickle
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest
from signed_requests import ACCESS_KEY, NOW, SECRET, one_key, sign_form, sign_header

from gatewright.signing import (
    Deviation,
    HttpRequest,
    PathForm,
    SecretKey,
    SignatureError,
    SigningKeys,
    Verified,
    verify_request,
)
from gatewright.signing.deviations import TOLERATED
from gatewright.signing.keys import derive_mac

FORM = [("Host", "ec2.amazonaws.com"), ("Content-Type", "application/x-www-form-urlencoded")]
BODY = b"Action=DescribeInstances"


def verify(request: HttpRequest, **options: object) -> Verified:
    """Verify at the time of signing, with the one key."""
    return verify_request(request, **{"keys": one_key(), "now": NOW, **options})  # type: ignore[arg-type]


def refusal(request: HttpRequest, **options: object) -> SignatureError:
    """Return why a request is refused."""
    with pytest.raises(SignatureError) as caught:
        verify(request, **options)
    return caught.value


def with_header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    """Return a request with a header replaced, added, or removed."""
    headers = [pair for pair in request.headers if pair[0].lower() != name.lower()]
    return HttpRequest(
        request.method, request.target, headers if value is None else [*headers, (name, value)], request.body
    )


def with_authorization(request: HttpRequest, change: Callable[[str], str]) -> HttpRequest:
    """Return a request with its Authorization header changed."""
    return with_header(request, "Authorization", change(dict(request.headers)["Authorization"]))


def form(**parameters: str) -> HttpRequest:
    """Return a form signed by version 2."""
    return sign_form({"Action": "DescribeInstances"}, **parameters)


def body_without(name: str) -> HttpRequest:
    """Return a signed form with a parameter taken out."""
    request = form()
    pieces = [piece for piece in request.body.split(b"&") if not piece.startswith(f"{name}=".encode())]
    return HttpRequest("POST", "/", request.headers, b"&".join(pieces))


def signed(**options: object) -> HttpRequest:
    """Return a form signed by version 4."""
    return sign_header(HttpRequest("POST", "/", FORM, BODY), **options)  # type: ignore[arg-type]


def presigned(query: str = "", **changes: str | None) -> HttpRequest:
    """Return a request with a query as presigning makes it; the signature is wrong."""
    parts: dict[str, str | None] = {
        "Algorithm": "AWS4-HMAC-SHA256",
        "Credential": f"{ACCESS_KEY}%2F20110715%2Fus-east-1%2Fec2%2Faws4_request",
        "Date": "20110715T120000Z",
        "Expires": "900",
        "SignedHeaders": "host",
        "Signature": "0" * 64,
        **changes,
    }
    text = "&".join(f"X-Amz-{name}={value}" for name, value in parts.items() if value is not None)
    return HttpRequest("GET", f"/?{text}{query}", FORM[:1])


def test_what_is_verified_is_returned() -> None:
    """A verified signature names its key, version, headers, time and scope."""
    assert verify(signed())[:-1] == (
        ACCESS_KEY, "4", ("content-type", "host", "x-amz-date"), NOW, None, None, "us-east-1", "ec2", True,
    )  # fmt: skip
    found = verify(form())
    assert found[:-1] == (ACCESS_KEY, "2", ("host",), NOW, None, None, None, None, True)
    assert quote(base64.b64encode(found.digest), safe="").encode() in form().body
    end = NOW + timedelta(hours=1)
    request = sign_form({}, Expires=end.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert refusal(request).code == "InvalidParameterCombination"


REFUSED = {
    "nothing": ("MissingAuthenticationToken", HttpRequest("GET", "/?Action=A", FORM[:1])),
    "no host": ("InvalidRequest", HttpRequest("GET", "/?Action=A", [])),
    "method": ("InvalidRequest", HttpRequest("GET\n/", "/", FORM)),
    "absolute target": ("MalformedQueryString", HttpRequest("GET", "http://ec2.amazonaws.com/", FORM)),
    "fragment": ("MalformedQueryString", HttpRequest("GET", "/?a=b#c", FORM)),
    "bare space": ("MalformedQueryString", HttpRequest("GET", "/?a=b c", FORM)),
    "version 0": ("IncompleteSignature", form(SignatureVersion="0")),
    "version 1": ("IncompleteSignature", form(SignatureVersion="1")),
    "version 3": ("IncompleteSignature", form(SignatureVersion="3")),
    "no version": ("IncompleteSignature", body_without("SignatureVersion")),
    "no key": ("MissingAuthenticationToken", body_without("AWSAccessKeyId")),
    "no signature": ("IncompleteSignature", body_without("Signature")),
    "no method": ("IncompleteSignature", body_without("SignatureMethod")),
    "no time": ("IncompleteSignature", body_without("Timestamp")),
    "other hash": ("IncompleteSignature", form(SignatureMethod="HmacMD5")),
    "no such time": ("InvalidParameterValue", form(Timestamp="2011-02-30T00:00:00Z")),
    "time of version 4": ("InvalidParameterValue", form(Timestamp="20110715T120000Z")),
    "PUT": ("IncompleteSignature", sign_form({}, method="PUT")),
    "unknown key": ("InvalidClientTokenId", form(AWSAccessKeyId="AKIDOTHER")),
    "token of nobody": ("InvalidClientTokenId", form(SecurityToken="abc")),
    "other secret": ("SignatureDoesNotMatch", sign_form({}, secret="other")),
    "no form": ("IncompleteSignature", HttpRequest("POST", sign_form({}, method="GET").target, FORM[:1], b"{}")),
    "two sets": ("IncompleteSignature", HttpRequest("POST", "/?Action=Other", FORM, form().body)),
    "body of GET": ("IncompleteSignature", HttpRequest("GET", sign_form({}, method="GET").target, FORM[:1], b"a=b")),
    "other charset": ("MissingAuthenticationToken", with_header(
        form(), "Content-Type", "application/x-www-form-urlencoded; charset=utf-7")),
    "repeated": ("MalformedQueryString", HttpRequest("POST", "/", FORM, b"Action=X&" + form().body)),
    "repeated in disguise": ("MalformedQueryString", HttpRequest("POST", "/", FORM, b"%41ction=X&" + form().body)),
    "two signatures": ("MalformedQueryString", HttpRequest("POST", "/", FORM, b"Signature=X&" + form().body)),
    "bad escape": ("MalformedQueryString", HttpRequest("POST", "/", FORM, b"a=%4&" + form().body)),
    "no name": ("MalformedQueryString", HttpRequest("POST", "/", FORM, b"=a&" + form().body)),
    "repeated host": ("InvalidRequest", HttpRequest("POST", "/", [*FORM, FORM[0]], form().body)),
    "repeated token": ("InvalidRequest", HttpRequest("POST", "/", [*FORM, *[("X-Amz-Security-Token", "a")] * 2])),
    "scheme": ("IncompleteSignature", with_authorization(signed(), lambda _: "Basic YTpi")),
    "version 2 in a header": ("IncompleteSignature", with_authorization(signed(), lambda _: "AWS AKID:c2ln")),
    "asymmetric": ("IncompleteSignature", with_authorization(signed(), lambda t: t.replace("HMAC", "ECDSA-P256"))),
    "half a header": ("IncompleteSignature", with_authorization(signed(), lambda text: text.partition(", Sig")[0])),
    "part twice": ("IncompleteSignature", with_authorization(signed(), lambda text: f"{text}, Signature=0")),
    "other part": ("IncompleteSignature", with_authorization(signed(), lambda text: f"{text}, More=0")),
    "scope": ("IncompleteSignature", with_authorization(signed(), lambda text: text.replace("/aws4_request", ""))),
    "host unsigned": ("IncompleteSignature", signed(leave_out=("host",))),
    "date unsigned": ("SignatureDoesNotMatch", signed(leave_out=("x-amz-date",))),
    "type unsigned": ("SignatureDoesNotMatch", signed(leave_out=("content-type",))),
    "unordered": ("IncompleteSignature", with_authorization(signed(), lambda t: t.replace("type;host", "type;z;host"))),
    "signature in upper case": ("IncompleteSignature", with_authorization(
        signed(), lambda text: text[:-64] + text[-64:].upper())),
    "no date": ("IncompleteSignature", with_header(signed(), "X-Amz-Date", None)),
    "date as text": ("IncompleteSignature", with_header(signed(), "X-Amz-Date", "2011-07-15T12:00:00Z")),
    "other day": ("SignatureDoesNotMatch", with_header(signed(), "X-Amz-Date", "20110716T120000Z")),
    "header gone": ("SignatureDoesNotMatch", with_header(signed(), "Content-Type", None)),
    "header added": ("SignatureDoesNotMatch", with_header(signed(), "X-Amz-Other", "1")),
    "other hash of the body": ("SignatureDoesNotMatch", sign_header(
        HttpRequest("POST", "/", [*FORM, ("X-Amz-Content-Sha256", "0" * 64)], BODY))),
    "unsigned payload": ("InvalidRequest", sign_header(
        HttpRequest("POST", "/", [*FORM, ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")], BODY),
        payload="UNSIGNED-PAYLOAD")),
    "chunks": ("InvalidRequest", sign_header(
        HttpRequest("POST", "/", [*FORM, ("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")], BODY))),
    "two versions": ("IncompleteSignature", HttpRequest("POST", "/?AWSAccessKeyId=A", signed().headers, BODY)),
    "presigned and signed": ("IncompleteSignature", HttpRequest("POST", "/?X-Amz-Signature=A", signed().headers, BODY)),
    "presigned twice": ("MalformedQueryString", presigned("&X-Amz-Date=20110715T120000Z")),
    "presigned and version 2": ("IncompleteSignature", presigned("&Signature=A")),
    "presigned without algorithm": ("IncompleteSignature", presigned(Algorithm=None)),
    "presigned without date": ("IncompleteSignature", presigned(Date=None)),
    "presigned without end": ("IncompleteSignature", presigned(Expires=None)),
    "presigned for ever": ("InvalidParameterValue", presigned(Expires="604801")),
    "presigned for no time": ("InvalidParameterValue", presigned(Expires="0")),
    "presigned with a sign": ("InvalidParameterValue", presigned(Expires="%2B900")),
    "presigned long ago": ("RequestExpired", presigned(Date="20110715T110000Z")),
    "presigned tomorrow": ("RequestExpired", presigned(Date="20110715T121501Z")),
    "presigned wrongly": ("SignatureDoesNotMatch", presigned()),
    "presigned with a bare plus": ("MalformedQueryString", presigned("&a=b+c")),
    "many parameters": ("MalformedQueryString", HttpRequest("POST", "/", FORM, b"a&" * 30_000)),
    "large form": ("RequestEntityTooLarge", HttpRequest("POST", "/", FORM, b"a" * 5_000_000)),
    "long target": ("RequestEntityTooLarge", HttpRequest("GET", "/" + "a" * 200_000, FORM)),
    "many headers": ("RequestEntityTooLarge", HttpRequest("GET", "/", [("a", "b")] * 201)),
    "no byte": ("InvalidRequest", with_header(sign_form({}), "Host", "ec2.\N{SNOWMAN}.com")),
    "line end in host": ("InvalidRequest", with_header(sign_form({}), "Host", "ec2.amazonaws.com\n/")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_is_refused_by_its_code(name: str) -> None:
    """What is wrong with a request decides the code; nothing is tolerated."""
    code, request = REFUSED[name]
    assert refusal(request, tolerate=()).code == code


@pytest.mark.parametrize(("code", "status", "ec2_code", "ec2_status"), [
    ("SignatureDoesNotMatch", 403, "AuthFailure", 401),
    ("InvalidClientTokenId", 403, "AuthFailure", 401),
    ("MissingAuthenticationToken", 403, "MissingAuthenticationToken", 403),
    ("RequestExpired", 400, "RequestExpired", 400),
    ("IncompleteSignature", 400, "IncompleteSignature", 400),
])  # fmt: skip
def test_ec2_has_codes_of_its_own(code: str, status: int, ec2_code: str, ec2_status: int) -> None:
    """EC2 does not tell an unknown key from a wrong signature."""
    error = SignatureError(code, "why")
    assert (error.status, error.ec2_code, error.ec2_status) == (status, ec2_code, ec2_status)


def _plain_http_date(time: datetime) -> HttpRequest:
    request = HttpRequest("GET", "/", [*FORM[:1], ("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT"))])
    return with_header(sign_header(request, leave_out=("x-amz-date",), time=time), "X-Amz-Date", None)


def _bare_plus() -> HttpRequest:
    # Of some forms, one has a plus in its signature.
    bodies = (sign_form({"Nonce": str(i)}).body for i in range(1000))
    body = next(body for body in bodies if b"%2B" in body.rpartition(b"Signature=")[2])
    head, separator, signature = body.rpartition(b"Signature=")
    return HttpRequest("POST", "/", FORM, head + separator + signature.replace(b"%2B", b"+"))


DEVIATING = {
    Deviation.TIME_WITHOUT_ZONE: form(Timestamp="2011-07-15T12:00:00"),
    Deviation.TIME_WITH_FRACTION: form(Timestamp="2011-07-15T12:00:00.000Z"),
    Deviation.TIME_WITH_OFFSET: form(Timestamp="2011-07-15T14:00:00+02:00"),
    Deviation.SIGNATURE_WITH_BARE_PLUS: _bare_plus(),
    Deviation.AUTHORIZATION_WITHOUT_SPACES: with_authorization(signed(), lambda text: text.replace(", ", ",")),
    Deviation.HOST_WITHOUT_PORT: with_header(sign_form({}), "Host", "ec2.amazonaws.com:8773"),
    Deviation.DATE_HEADER: _plain_http_date(NOW),
    Deviation.CONTENT_TYPE_UNSIGNED: signed(leave_out=("content-type",)),
    Deviation.TOKEN_ADDED_AFTER_SIGNING: with_header(signed(), "X-Amz-Security-Token", "token"),
    Deviation.PLUS_FOR_SPACE: HttpRequest(
        "GET", "/?a=b+c", sign_header(HttpRequest("GET", "/?a=b%20c", FORM[:1])).headers
    ),
    Deviation.REPEATED_HEADER: HttpRequest(
        "GET",
        "/",
        [("My", " a "), ("my", "b"), *sign_header(HttpRequest("GET", "/", [("My", "a,b"), *FORM])).headers[1:]],
    ),
    Deviation.FOLDED_HEADER: with_header(
        sign_header(HttpRequest("POST", "/", [*FORM, ("My", "a b")], BODY)), "My", "a\r\n\t b"
    ),
    Deviation.REPEATED_PARAMETER: sign_header(HttpRequest("GET", "/?a=2&a=1", FORM[:1])),
    Deviation.UNENCODED_TARGET: HttpRequest(
        "GET", "/a b", sign_header(HttpRequest("GET", "/a%20b", FORM[:1])).headers
    ),
}  # fmt: skip


@pytest.mark.parametrize("deviation", Deviation)
def test_a_deviation_is_switched_alone(deviation: Deviation) -> None:
    """A request that deviates verifies where that is tolerated, and is refused where all else is."""
    token = "token" if deviation is Deviation.TOKEN_ADDED_AFTER_SIGNING else None
    verified = verify(DEVIATING[deviation], tolerate={deviation}, keys=one_key(token=token))
    assert verified.time == NOW and verified.token == token
    others = set(Deviation) - {deviation}
    refusal(DEVIATING[deviation], tolerate=others, keys=one_key(token=token))
    if deviation in TOLERATED:
        verify(DEVIATING[deviation])


def test_a_folded_header_cannot_be_two() -> None:
    """A line end that no continuation follows is refused even where folded headers are taken."""
    request = sign_header(HttpRequest("POST", "/", [*FORM, ("My", "a b")], BODY))
    forged = with_header(request, "My", "a\nx-amz-other:1")
    assert refusal(forged, tolerate=list(Deviation)).code == "InvalidRequest"


def test_the_claim_of_one_form_is_none_of_the_other() -> None:
    """A header in the spelling that a verified query had lacks its scheme, and is refused."""
    spelling = f"{ACCESS_KEY}%2F20110715%2Fus-east-1%2Fec2%2Faws4_request host"
    query = presigned(Signature=None).target[2:]
    canonical = f"GET\n/\n{query}\nhost:{FORM[0][1]}\n\nhost\n{sha256().hexdigest()}"
    scope = ("20110715", "us-east-1", "ec2")
    text = (
        f"AWS4-HMAC-SHA256\n20110715T120000Z\n{'/'.join(scope)}/aws4_request\n{sha256(canonical.encode()).hexdigest()}"
    )
    signature = derive_mac(SecretKey(SECRET), scope)(text.encode()).hex()
    assert verify(HttpRequest("GET", f"/?{query}&X-Amz-Signature={signature}", FORM[:1])).version == "4-query"
    headers = [*FORM[:1], ("X-Amz-Date", "20110715T120000Z"), ("Authorization", f"{spelling}, Signature={'0' * 64}")]
    assert refusal(HttpRequest("GET", "/", headers)).code == "IncompleteSignature"


def test_a_scope_may_be_asked_for() -> None:
    """A signature for another region or service does not verify; version 2 has no scope."""
    verify(signed(), regions=("us-east-1",), services={"ec2"})
    assert refusal(signed(), regions=("eu-west-1",)).code == "SignatureDoesNotMatch"
    assert refusal(signed(), services=("sts",)).code == "SignatureDoesNotMatch"
    verify(form(), regions=("eu-west-1",))


def test_an_unsigned_payload_needs_leave() -> None:
    """Where it is allowed, a body may be left unsigned, and the answer says so."""
    headers = [*FORM, ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]
    request = sign_header(HttpRequest("POST", "/", headers, BODY), payload="UNSIGNED-PAYLOAD")
    assert not verify(request, allow_unsigned_payload=True).is_payload_signed
    assert verify(signed(), allow_unsigned_payload=True).is_payload_signed


def test_expires_bounds_a_request() -> None:
    """A request of version 2 with Expires is taken until then, unless that is too far away."""
    request = sign_form({"Expires": "2011-07-15T13:00:00Z"}, timestamp=None)
    verified = verify(request)
    assert (verified.time, verified.expires) == (None, datetime(2011, 7, 15, 13, tzinfo=UTC))
    verify(request, now=NOW + timedelta(hours=1))
    assert refusal(request, now=NOW + timedelta(hours=1, seconds=1)).code == "RequestExpired"
    assert refusal(request, lifetime=timedelta(minutes=59)).code == "RequestExpired"


def test_paths_are_normalized_but_for_s3() -> None:
    """Elsewhere dots are resolved and escapes encoded once more; S3 takes names as they are."""
    normal = sign_header(HttpRequest("GET", "/b/a%252520b", FORM[:1]))
    verify(HttpRequest("GET", "/x/..//b/./a%2520b", normal.headers))
    plain = sign_header(HttpRequest("GET", "/a//../b%20c", FORM[:1]))
    verify(plain, path_form=PathForm.DECODED)
    refusal(plain)


def test_the_secret_is_nowhere_to_be_seen() -> None:
    """No representation, message or traceback of a failure holds the secret, and it cannot be pickled."""
    key = SecretKey(SECRET)
    keys = SigningKeys()
    verify(signed(), keys=lambda *_: key, signing_keys=keys)
    assert len(keys) == 1
    texts = [repr(key), str(key), repr(keys), repr(verify(signed()))]
    try:
        verify(with_header(signed(), "X-Amz-Date", "20110715T120001Z"))
    except SignatureError as error:
        texts += [repr(error), "".join(traceback.format_exception(error))]
    assert len(texts) == 6 and not [text for text in texts if SECRET in text]
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_signing_keys_are_bounded_and_enter_after_verification() -> None:
    """Who cannot sign fills no cache; who can, pushes out the oldest only."""
    keys = SigningKeys(capacity=2)
    refusal(signed(secret="other"), signing_keys=keys)
    assert len(keys) == 0
    for region in ("a", "b", "c", "a"):
        verify(signed(region=region), signing_keys=keys)
        assert len(keys) <= 2
    with pytest.raises(ValueError, match="positive"):
        SigningKeys(0)


def test_a_changed_secret_takes_effect_at_once() -> None:
    """A key that was derived from a former secret verifies nothing."""
    verify(signed())
    assert refusal(signed(), keys=one_key(secret="new")).code == "SignatureDoesNotMatch"


def test_what_the_lookup_raises_is_passed_on() -> None:
    """The lookup says itself that a token is expired."""

    def lookup(access_key_id: str, token: str | None) -> SecretKey | None:
        raise SignatureError("ExpiredToken", "the session token expired")

    assert refusal(signed(), keys=lookup).code == "ExpiredToken"


def test_a_time_without_zone_is_no_now() -> None:
    """The caller has to say which zone its clock has."""
    with pytest.raises(ValueError, match="time zone"):
        verify(signed(), now=datetime(2011, 7, 15))
