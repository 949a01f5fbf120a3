"""Signature version 2: parameters of a query or form, signed by HMAC-SHA256 or HMAC-SHA1.

Source: "Signature Version 2 signing process" (AWS General Reference, 2011 to 2021).
"""

from __future__ import annotations

from binascii import b2a_base64
from functools import lru_cache
from hmac import compare_digest

from gatewright.signing.deviations import Deviation
from gatewright.signing.encoding import (
    Parameters,
    decode,
    leave_out,
    read_parameters,
    split_pairs,
    to_bytes,
)
from gatewright.signing.errors import SignatureError
from gatewright.signing.keys import derive_mac
from gatewright.signing.mac import HashName
from gatewright.signing.request import FORM_LIMIT, HttpRequest, shown
from gatewright.signing.settings import Settings, Verified, check_window, find_key, make_verified
from gatewright.signing.times import TIME_LIMIT, Instant, read_extended

SIGNATURE_WITH_BARE_PLUS = Deviation.SIGNATURE_WITH_BARE_PLUS
METHODS: dict[str, HashName] = {"HmacSHA256": "sha256", "HmacSHA1": "sha1"}
FORM = "application/x-www-form-urlencoded"


def find_parameters(request: HttpRequest, headers: dict[str, str], query: str) -> tuple[str, Parameters] | None:
    """Return the parameters of a request that has its authentication in them, or None.

    As a canonical text of what is signed, in the order of the names, and by their names.  The value of ``Signature``
    may be encoded loosely; the others are encoded canonically.

    Raises
    ------
    SignatureError
        The parameters are ambiguous: in query and form at once, in a body that is no form, repeated.
    """
    body = request.body
    has_form = bool(body) and _is_form(headers.get("content-type", "")[:200])
    if has_form and len(body) > FORM_LIMIT:
        raise SignatureError("RequestEntityTooLarge", f"the form is longer than {FORM_LIMIT:,} bytes")
    text = body.decode("latin-1") if has_form else query
    # Clients put the signature last, and many encode it otherwise than the rest.
    rest, _, signature = text.rpartition("&Signature=")
    is_last = bool(rest) and "&" not in signature and "=" not in signature.rstrip("=")
    text, parameters = read_parameters(rest if is_last else text, plus_is_space=True)
    if is_last:
        if "Signature" in parameters:
            raise SignatureError("MalformedQueryString", "the parameter `Signature` is repeated")
        parameters["Signature"] = signature.replace("+", "%20")
    elif "Signature" in parameters:
        text = leave_out("Signature", text)
    if not ("AWSAccessKeyId" in parameters or "SignatureVersion" in parameters or "Signature" in parameters):
        return None
    if body and not has_form:
        raise SignatureError("IncompleteSignature", f"the body is not signed; version 2 signs forms, `{FORM}` in UTF-8")
    if has_form and query:
        raise SignatureError("IncompleteSignature", "there are parameters in the query and in the form")
    return text, parameters


# Content-Type is not signed: another charset would be another reading of what is.
@lru_cache(maxsize=256)
def _is_form(content_type: str) -> bool:
    kind, _, rest = content_type.lower().replace(" ", "").partition(";")
    return kind == FORM and rest.replace('"', "") in ("", "charset=utf-8")


def verify_parameters(
    request: HttpRequest, host: str, path: str, text: str, parameters: Parameters, settings: Settings
) -> Verified:
    """Verify a signature of version 2.

    Parameters
    ----------
    host
        In lower case.
    path
        As sent.
    text, parameters
        See `find_parameters`.
    """
    if request.method not in ("GET", "POST"):
        raise SignatureError("IncompleteSignature", f"version 2 signs GET and POST, not `{shown(request.method)}`")
    if request.method == "GET" and request.body:
        raise SignatureError("IncompleteSignature", "a GET request has a body, which is not signed")
    if "\n" in host:
        raise SignatureError("InvalidRequest", "the header `host` has a line end in its value")
    version = parameters.get("SignatureVersion")
    if version != "2":
        if version is None:
            raise SignatureError("IncompleteSignature", "`SignatureVersion` is missing; versions 0 and 1 are not taken")
        hint = "; sign with version 2 or 4" if version in ("0", "1") else ""
        raise SignatureError("IncompleteSignature", f"signature version `{shown(version)}` is not taken{hint}")
    access_key_id = parameters.get("AWSAccessKeyId")
    if not access_key_id:
        raise SignatureError("MissingAuthenticationToken", "`AWSAccessKeyId` is missing")
    signature = parameters.get("Signature")
    if not signature:
        raise SignatureError("IncompleteSignature", "`Signature` is missing")
    hash_name = METHODS.get(parameters.get("SignatureMethod", ""))
    if hash_name is None:
        raise SignatureError("IncompleteSignature", "`SignatureMethod` has to be `HmacSHA256` or `HmacSHA1`")
    signed, expires = _read_times(parameters, settings)
    token = parameters.get("SecurityToken")
    token = token and decode(token)
    secret = find_key(decode(access_key_id), token, settings)

    canonical = _in_order(text, parameters)
    mac = settings.signing_keys.find(secret, hash_name)
    is_new = mac is None
    if mac is None:
        mac = derive_mac(secret, hash_name)
    computed = mac(to_bytes(f"{request.method}\n{host}\n{path}\n{canonical}"))
    if not compare_digest(b2a_base64(computed, newline=False), _signature_text(signature, settings)):
        raise SignatureError("SignatureDoesNotMatch", "the signature is not that of this request under this key")
    if is_new:
        settings.signing_keys.add(secret, hash_name, mac)
    times = (signed and signed.time, expires and expires.time)
    return make_verified((decode(access_key_id), "2", ("host",), *times, token, None, None, True, computed))


def _in_order(text: str, parameters: Parameters) -> str:
    # "Natural byte ordering" of the names, before they are encoded; without escapes that makes no difference.
    if "%" in "".join(parameters):
        return "&".join(map("=".join, sorted(split_pairs(text), key=lambda pair: decode(pair[0]))))
    return text


def _signature_text(signature: str, settings: Settings) -> bytes:
    text = decode(signature)
    if " " in text and SIGNATURE_WITH_BARE_PLUS in settings.tolerate:
        text = text.replace(" ", "+")
    return to_bytes(text)


def _read_times(parameters: Parameters, settings: Settings) -> tuple[Instant | None, Instant | None]:
    """Return Timestamp and Expires, one of which is None, and check it."""
    timestamp, expires = parameters.get("Timestamp"), parameters.get("Expires")
    if timestamp is not None and expires is not None:
        raise SignatureError("InvalidParameterCombination", "`Timestamp` and `Expires` exclude each other")
    if timestamp is not None:
        signed = _read_time("Timestamp", timestamp, settings)
        check_window(signed, settings)
        return signed, None
    if expires is None:
        raise SignatureError("IncompleteSignature", "`Timestamp` or `Expires` is missing")
    end = _read_time("Expires", expires, settings)
    if settings.now > end.seconds:
        raise SignatureError("RequestExpired", f"the request expired {settings.now - end.seconds:,.0f} s ago")
    if end.seconds - settings.now > settings.lifetime:
        raise SignatureError("RequestExpired", f"`Expires` lies more than {settings.lifetime:,.0f} s in the future")
    return None, end


def _read_time(name: str, text: str, settings: Settings) -> Instant:
    instant = None if len(text) > TIME_LIMIT else read_extended(text, settings.tolerate)
    if instant is None:
        hint = "write it as `2011-07-15T00:00:00Z`"
        raise SignatureError("InvalidParameterValue", f"`{name}` is `{shown(decode(text))}`, which is no time; {hint}")
    return instant
