"""Verify the signatures of AWS requests: who signed this, when, and is it what was signed?

Nothing here knows policies or services: `verify_request` turns an HTTP request into a `Verified` access key id, or
raises a `SignatureError` with the code that AWS answers.
"""

from __future__ import annotations

from gatewright.signing.deviations import Deviation
from gatewright.signing.errors import SignatureError
from gatewright.signing.keys import SecretKey, SigningKeys
from gatewright.signing.replay import ReplayGuard
from gatewright.signing.request import HttpRequest
from gatewright.signing.settings import PathForm, Verified
from gatewright.signing.verify import verify_request

__all__ = [
    "Deviation",
    "HttpRequest",
    "PathForm",
    "ReplayGuard",
    "SecretKey",
    "SignatureError",
    "SigningKeys",
    "Verified",
    "verify_request",
]
