"""moto: `moto.iam.policy_validation.IAMPolicyDocumentValidator`."""

from __future__ import annotations

from importlib.metadata import version

import loop
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator


def answer(calls: loop.Calls) -> dict[str, list[str]]:
    """Validate a document."""
    try:
        IAMPolicyDocumentValidator(calls[0]["text"]).validate()
    except MalformedPolicyDocument as error:
        return {"found": [f"malformed:{error.message}"]}
    return {"found": []}


loop.run({"moto": version("moto")}, answer)
