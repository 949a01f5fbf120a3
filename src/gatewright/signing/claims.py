"""Read what a request of version 4 says about its signature: whose, of which day, over which headers."""

from __future__ import annotations

import re
import threading
from typing import NamedTuple

from gatewright.signing.deviations import Deviation
from gatewright.signing.errors import SignatureError
from gatewright.signing.keys import Scope
from gatewright.signing.request import shown
from gatewright.signing.settings import Settings

ALGORITHM = "AWS4-HMAC-SHA256"
AUTHORIZATION_LIMIT = 8192
_WORD = r"[A-Za-z0-9\-_]+"
_CREDENTIAL = re.compile(rf"([A-Za-z0-9_]+)/(\d{{8}})/({_WORD})/({_WORD})/aws4_request", re.ASCII)
_TOKEN = r"[a-z0-9!#$%&'*+\-.^_`|~]+"
_SIGNED_HEADERS = re.compile(rf"{_TOKEN}(?:;{_TOKEN})*")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_PARTS = {"Credential", "SignedHeaders", "Signature"}


class Claim(NamedTuple):
    """What a request says about its signature; nothing of it is believed yet."""

    access_key_id: str
    scope: Scope
    scope_text: str
    signed_headers: tuple[str, ...]
    signed_text: str

    @property
    def spelling(self) -> str:
        """The one spelling of the header, up to the signature, that no deviation is needed for."""
        return f"{ALGORITHM} Credential={self.access_key_id}/{self.scope_text}, SignedHeaders={self.signed_text}"


class Claims:
    """The claims of requests that were verified, by their text: a client repeats its own all day.

    A claim enters after verification only, so that nobody without a secret can push others out.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._claims: dict[str, Claim] = {}
        self._lock = threading.Lock()

    def find(self, text: str) -> Claim | None:
        """Return the claim that a text makes, or None where it is not at hand."""
        return self._claims.get(text)

    def add(self, text: str, claim: Claim) -> None:
        """Keep a claim; the oldest one makes room."""
        with self._lock:
            if len(self._claims) >= self._capacity:
                del self._claims[next(iter(self._claims))]
            self._claims[text] = claim


def read_authorization(text: str, settings: Settings) -> tuple[Claim, str]:
    """Return the claim of an Authorization header, and the signature.

    Raises
    ------
    SignatureError
        Another scheme, parts that are missing, repeated or unknown.
    """
    if len(text) > AUTHORIZATION_LIMIT:
        raise SignatureError("IncompleteSignature", "`Authorization` is too long")
    scheme, _, rest = text.strip(" \t").partition(" ")
    if scheme != ALGORITHM:
        raise SignatureError("IncompleteSignature", f"`Authorization` has to begin with `{ALGORITHM}`")
    separator = ","
    if Deviation.AUTHORIZATION_WITHOUT_SPACES not in settings.tolerate:
        separator = ", "
    parts: dict[str, str] = {}
    for piece in rest.split(separator):
        name, _, value = piece.strip(" ").partition("=")
        if name not in _PARTS:
            raise SignatureError("IncompleteSignature", f"`Authorization` has the unknown part `{shown(name)}`")
        if name in parts:
            raise SignatureError("IncompleteSignature", f"`Authorization` has `{name}` twice")
        parts[name] = value
    for name in sorted(_PARTS):
        if not parts.get(name):
            raise SignatureError("IncompleteSignature", f"`Authorization` lacks `{name}`")
    return read_claim(parts["Credential"], parts["SignedHeaders"]), parts["Signature"]


def read_claim(credential: str, signed_text: str) -> Claim:
    """Return the claim that credential and signed headers make.

    Raises
    ------
    SignatureError
        One of them is malformed, or Host is not signed.
    """
    match = _CREDENTIAL.fullmatch(credential)
    if match is None:
        form = "`KEYID/YYYYMMDD/region/service/aws4_request`"
        raise SignatureError("IncompleteSignature", f"the credential is `{shown(credential)}`, not of the form {form}")
    access_key_id, date, region, service = match.groups()
    if _SIGNED_HEADERS.fullmatch(signed_text) is None:
        raise SignatureError("IncompleteSignature", f"the signed headers are `{shown(signed_text)}`, which is no list")
    names = tuple(signed_text.split(";"))
    if list(names) != sorted(set(names)):
        raise SignatureError("IncompleteSignature", "the signed headers are not in order, or repeated")
    if "host" not in names:
        raise SignatureError("IncompleteSignature", "the header `host` is not signed")
    scope = (date, region, service)
    return Claim(access_key_id, scope, f"{date}/{region}/{service}/aws4_request", names, signed_text)


def check_scope(claim: Claim, settings: Settings) -> None:
    """Refuse a signature made for another region or service."""
    _, region, service = claim.scope
    if settings.regions is not None and region not in settings.regions:
        raise SignatureError("SignatureDoesNotMatch", f"the signature is for the region `{shown(region)}`")
    if settings.services is not None and service not in settings.services:
        raise SignatureError("SignatureDoesNotMatch", f"the signature is for the service `{shown(service)}`")


def check_signature_form(signature: str) -> None:
    """Refuse a signature that cannot be one, whatever was signed."""
    if _SIGNATURE.fullmatch(signature) is None:
        raise SignatureError("IncompleteSignature", "the signature is not made of 64 hexadecimal digits in lower case")
