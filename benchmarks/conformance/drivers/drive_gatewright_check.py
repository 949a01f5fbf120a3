"""gatewright's check: `gatewright check --vectors`."""

from importlib.metadata import version

import loop

from gatewright.compiler.check import Profile
from gatewright.compiler.errors import Severity
from gatewright.invalid_vectors import check_vector


def answer(calls):
    """Check a document."""
    vector = calls[0]["vector"]
    if vector["policy_kind"] == "vpc-endpoint":
        raise loop.Inexpressible("documents of the kind vpc-endpoint")
    findings, _ = check_vector({"id": "document", **vector}, Profile.CURRENT)
    return {
        "found": [("malformed:" if one.severity is Severity.ERROR else "") + one.code for one in findings],
    }


loop.run({"gatewright": version("gatewright")}, answer)
