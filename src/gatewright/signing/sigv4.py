"""Signature version 4: a canonical request, signed by a key derived for the day, in a header or in the query.

Source: "AWS Signature Version 4 for API requests" (IAM User Guide).
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest

from gatewright.signing.claims import (
    ALGORITHM,
    Claim,
    Claims,
    check_scope,
    check_signature_form,
    read_authorization,
    read_claim,
)
from gatewright.signing.deviations import Deviation
from gatewright.signing.encoding import (
    Parameters,
    canonicalize,
    decode,
    encode_path,
    leave_out,
    read_parameters,
    resolve_dots,
    sort_parameters,
    split_pairs,
    to_bytes,
)
from gatewright.signing.errors import SignatureError
from gatewright.signing.keys import SecretKey, derive_mac
from gatewright.signing.request import HttpRequest, shown
from gatewright.signing.settings import PathForm, Settings, Verified, check_window, find_key, make_verified
from gatewright.signing.times import TIME_LIMIT, Instant, read_basic, read_http

CONTENT_TYPE_UNSIGNED = Deviation.CONTENT_TYPE_UNSIGNED
DATE_HEADER = Deviation.DATE_HEADER
FOLDED_HEADER = Deviation.FOLDED_HEADER
PLUS_FOR_SPACE = Deviation.PLUS_FOR_SPACE
REPEATED_PARAMETER = Deviation.REPEATED_PARAMETER
TOKEN_ADDED_AFTER_SIGNING = Deviation.TOKEN_ADDED_AFTER_SIGNING
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EXPIRES_LIMIT = 604_800  # a week, in seconds; "Add the signature to the request", X-Amz-Expires
_EMPTY = sha256(b"").hexdigest()
_SPACES = re.compile(r" *\r?\n[ \t]+|  +")
_NO_FOLD = re.compile(r"\n(?![ \t])")
_SECONDS = re.compile(r"[1-9]\d{0,5}", re.ASCII)

_claims = Claims(4096)
# Apart: what is the claim of one form is none of the other.
_presigned_claims = Claims(4096)


def verify_header(request: HttpRequest, headers: dict[str, str], path: str, query: str, settings: Settings) -> Verified:
    """Verify the signature in an Authorization header."""
    authorization = headers["authorization"]
    text, _, signature = authorization.rpartition(", Signature=")
    claim = _claims.find(text)
    is_new = claim is None
    if claim is None:
        claim, signature = read_authorization(authorization, settings)
    check_scope(claim, settings)
    time_text, signed = _header_time(headers, claim, settings)
    check_window(signed, settings)
    token = headers.get("x-amz-security-token")
    secret = find_key(claim.access_key_id, token, settings)
    _check_headers(request, headers, claim, settings)
    payload = _payload_hash(request, headers, settings, False)
    canonical_query = ""
    if query:
        canonical_query, parameters = _read_query(query, settings)
        _refuse_others(parameters, _OTHERS_OF_HEADER)
    canonical = _canonical_request(request, headers, path, canonical_query, claim, payload, settings)
    computed = _match(canonical, time_text, claim, secret, signature, settings)
    if computed is None:
        raise _mismatch(signature)
    # Only in the one spelling that no deviation is needed for: the cache serves strict verifications too.
    if is_new and text == claim.spelling:
        _claims.add(text, claim)
    is_signed = payload != UNSIGNED_PAYLOAD
    _, region, service = claim.scope
    names = claim.signed_headers
    return make_verified(
        (claim.access_key_id, "4", names, signed.time, None, token, region, service, is_signed, computed)
    )


def verify_query(request: HttpRequest, headers: dict[str, str], path: str, query: str, settings: Settings) -> Verified:
    """Verify the signature in a query (a presigned request)."""
    # Clients put the signature last, which leaves the rest in order.
    rest, _, signature = query.rpartition("&X-Amz-Signature=")
    if not rest or not signature.isalnum():
        rest = query
    text, parameters = _read_query(rest, settings)
    if rest is query:
        signature = _value("X-Amz-Signature", parameters)
        text = leave_out("X-Amz-Signature", text)
    elif "X-Amz-Signature" in parameters:
        raise SignatureError("MalformedQueryString", "the parameter `X-Amz-Signature` is repeated")
    _refuse_others(parameters, _OTHERS)
    if parameters.get("X-Amz-Algorithm") != ALGORITHM:
        raise SignatureError("IncompleteSignature", f"`X-Amz-Algorithm` has to be `{ALGORITHM}`")
    # As encoded, which is in one way.
    spelling = f"{parameters.get('X-Amz-Credential')} {parameters.get('X-Amz-SignedHeaders')}"
    claim = _presigned_claims.find(spelling)
    is_new = claim is None
    if claim is None:
        claim = read_claim(_value("X-Amz-Credential", parameters), _value("X-Amz-SignedHeaders", parameters))
    time_text = _value("X-Amz-Date", parameters)
    expiry = _value("X-Amz-Expires", parameters)
    check_scope(claim, settings)
    signed = _read_time("X-Amz-Date", time_text, claim)
    expires = _read_expiry(expiry, signed, settings)
    token = parameters.get("X-Amz-Security-Token")
    token = token and decode(token)
    secret = find_key(claim.access_key_id, token, settings)
    _check_headers(request, headers, claim, settings)
    payload = _payload_hash(request, headers, settings, settings.allow_unsigned_payload)
    attempts = [text]
    if TOKEN_ADDED_AFTER_SIGNING in settings.tolerate and token is not None:
        attempts.append(leave_out("X-Amz-Security-Token", text))
    for canonical_query in attempts:
        canonical = _canonical_request(request, headers, path, canonical_query, claim, payload, settings)
        computed = _match(canonical, time_text, claim, secret, signature, settings)
        if computed is not None:
            break
    else:
        raise _mismatch(signature)
    if is_new:
        _presigned_claims.add(spelling, claim)
    is_signed = payload != UNSIGNED_PAYLOAD
    _, region, service = claim.scope
    names = claim.signed_headers
    return make_verified(
        (claim.access_key_id, "4-query", names, signed.time, expires.time, token, region, service, is_signed, computed)
    )


def _read_query(query: str, settings: Settings) -> tuple[str, Parameters]:
    """Return the parameters as a canonical text in the order of their names, and by their names."""
    plus_is_space = PLUS_FOR_SPACE in settings.tolerate
    if REPEATED_PARAMETER not in settings.tolerate:
        return read_parameters(query, plus_is_space=plus_is_space)
    text = canonicalize(query, plus_is_space=plus_is_space)
    pairs = split_pairs(text)
    own = [name for name, _ in pairs if name.startswith("X-Amz-")]
    if len(own) != len(set(own)):
        raise SignatureError("MalformedQueryString", "a parameter of the signature is repeated")
    return sort_parameters(text), dict(pairs)


_OTHERS = frozenset(("AWSAccessKeyId", "Signature", "SignatureVersion"))
_OTHERS_OF_HEADER = _OTHERS | {"X-Amz-Algorithm", "X-Amz-Signature"}


def _refuse_others(parameters: Parameters, others: frozenset[str]) -> None:
    """Refuse a query with a second signature in it."""
    if not parameters.keys().isdisjoint(others):
        name = min(others & parameters.keys())
        raise SignatureError("IncompleteSignature", f"the request has a signature, and `{name}` of another one")


def _value(name: str, parameters: Parameters) -> str:
    value = parameters.get(name)
    if not value:
        raise SignatureError("IncompleteSignature", f"`{name}` is missing")
    return decode(value) if "%" in value else value


def _header_time(headers: dict[str, str], claim: Claim, settings: Settings) -> tuple[str, Instant]:
    """Return when the request says it was signed, as text for the string to sign, and as a time."""
    text = headers.get("x-amz-date")
    if text is not None:
        return text, _read_time("X-Amz-Date", text, claim)
    text = headers.get("date")
    if text is None or DATE_HEADER not in settings.tolerate:
        raise SignatureError("IncompleteSignature", "the header `X-Amz-Date` is missing")
    if "date" not in claim.signed_headers:
        raise SignatureError("IncompleteSignature", "the header `date` is not signed")
    signed = read_http(text) if len(text) <= TIME_LIMIT else None
    text = signed.time.strftime("%Y%m%dT%H%M%SZ") if signed else text
    return text, _read_time("Date", text, claim)


def _read_time(name: str, text: str, claim: Claim) -> Instant:
    instant = read_basic(text) if len(text) <= TIME_LIMIT else None
    if instant is None:
        hint = "write it as `20110715T000000Z`"
        raise SignatureError("IncompleteSignature", f"`{name}` is `{shown(text)}`, which is no time; {hint}")
    if not text.startswith(claim.scope[0]):
        raise SignatureError("SignatureDoesNotMatch", f"`{name}` is of another day than the credential")
    return instant


def _read_expiry(text: str, signed: Instant, settings: Settings) -> Instant:
    """Return until when a presigned request may be used, having checked that now lies within."""
    expires = _find_end(text, signed, settings.lifetime) if len(text) <= 6 else None
    if expires is None:
        hint = f"give seconds, from 1 to {EXPIRES_LIMIT}"
        raise SignatureError("InvalidParameterValue", f"`X-Amz-Expires` is `{shown(text)}`; {hint}")
    if signed.seconds - settings.now > settings.window:
        raise SignatureError("RequestExpired", "the request was signed in the future")
    if settings.now > expires.seconds:
        raise SignatureError("RequestExpired", f"the request expired {settings.now - expires.seconds:,.0f} s ago")
    return expires


# Requests of one second have the same end.
@lru_cache(maxsize=4096)
def _find_end(text: str, signed: Instant, lifetime: float) -> Instant | None:
    if _SECONDS.fullmatch(text) is None or int(text) > EXPIRES_LIMIT:
        return None
    return signed.later(min(int(text), lifetime))


def _check_headers(request: HttpRequest, headers: dict[str, str], claim: Claim, settings: Settings) -> None:
    """Refuse headers that are signed and not there, or there and not signed."""
    signed = claim.signed_headers
    for name in headers:
        if name[:6] == "x-amz-" and name not in signed:
            if name == "x-amz-security-token" and TOKEN_ADDED_AFTER_SIGNING in settings.tolerate:
                continue
            raise SignatureError("SignatureDoesNotMatch", f"the header `{shown(name)}` is not signed")
    if request.body and "content-type" not in signed and "content-type" in headers:
        # It decides how the body is read.
        if CONTENT_TYPE_UNSIGNED not in settings.tolerate:
            raise SignatureError("SignatureDoesNotMatch", "the header `content-type` is not signed")


def _payload_hash(request: HttpRequest, headers: dict[str, str], settings: Settings, is_unsigned: bool) -> str:
    """Return what the canonical request says of the body.

    `is_unsigned` is whether nothing needs be said; a header that says something must be right all the same.
    """
    said = headers.get("x-amz-content-sha256")
    if said is None and is_unsigned and settings.allow_unsigned_payload:
        return UNSIGNED_PAYLOAD
    if said == UNSIGNED_PAYLOAD:
        if settings.allow_unsigned_payload:
            return said
        raise SignatureError("InvalidRequest", "the body is not signed, which is not taken here")
    if said is not None and said.startswith("STREAMING-"):
        raise SignatureError("InvalidRequest", "the body is signed in chunks, which is not taken here")
    computed = sha256(request.body).hexdigest() if request.body else _EMPTY
    if said is not None and said != computed:
        raise SignatureError("SignatureDoesNotMatch", "`X-Amz-Content-Sha256` is not the hash of the body")
    return computed


def _canonical_request(
    request: HttpRequest,
    headers: dict[str, str],
    path: str,
    query: str,
    claim: Claim,
    payload: str,
    settings: Settings,
) -> str:
    if path != "/":
        path = encode_path(decode(path) if settings.path_form is PathForm.DECODED else resolve_dots(path))
    lines = []
    for name in claim.signed_headers:
        value = headers.get(name)
        if value is None:
            raise SignatureError("SignatureDoesNotMatch", f"the signed header `{shown(name)}` is missing")
        value = value.strip(" \t")
        if "  " in value or "\n" in value:
            value = _collapse(name, value, settings)
        lines.append(f"{name}:{value}\n")
    return f"{request.method}\n{path}\n{query}\n{''.join(lines)}\n{claim.signed_text}\n{payload}"


def _collapse(name: str, value: str, settings: Settings) -> str:
    """Return a value with one space where there are several, or a line that is continued (RFC 9112, 5.2)."""
    # INVARIANT (one line each): a line end in a value would be a header of its own in what is signed.
    if "\n" in value and (FOLDED_HEADER not in settings.tolerate or _NO_FOLD.search(value)):
        raise SignatureError("InvalidRequest", f"the header `{shown(name)}` has a line end in its value")
    return _SPACES.sub(" ", value)


def _match(
    canonical: str, time_text: str, claim: Claim, secret: SecretKey, signature: str, settings: Settings
) -> bytes | None:
    """Return the digest of a canonical request where its signature is the given one, else None."""
    hashed = sha256(to_bytes(canonical)).hexdigest()
    text = f"{ALGORITHM}\n{time_text}\n{claim.scope_text}\n{hashed}"
    mac = settings.signing_keys.find(secret, claim.scope)
    is_new = mac is None
    if mac is None:
        mac = derive_mac(secret, claim.scope)
    computed = mac(text.encode())
    if not (signature.isascii() and compare_digest(computed.hex(), signature)):
        return None
    if is_new:
        settings.signing_keys.add(secret, claim.scope, mac)
    return computed


def _mismatch(signature: str) -> SignatureError:
    check_signature_form(signature)
    return SignatureError("SignatureDoesNotMatch", "the signature is not that of this request under this key")
