"""gatewright's check: `gatewright check --vectors`; a sound document is shown to what `gatewright compile` asks."""

from __future__ import annotations

import json
from importlib.metadata import version

import loop

from gatewright.compiler.check import Profile, check_document
from gatewright.compiler.errors import Severity
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.invalid_vectors import check_vector


def answer(calls: loop.Calls) -> dict[str, list[str]]:
    """Check a document."""
    vector = calls[0]["vector"]
    if vector["policy_kind"] == "vpc-endpoint":
        raise loop.Inexpressible("documents of the kind vpc-endpoint")
    if vector["phase"] != "sound":
        findings, _ = check_vector({"id": "document", **vector}, Profile.CURRENT)
        return {"found": [finding.code for finding in findings]}
    source = Source(json.dumps(vector["document"]), "document")
    _, findings = check_document(Document(source.name, PolicyKind(vector["policy_kind"]), source))
    return {"found": [f"malformed:{finding.code}" for finding in findings if finding.severity is Severity.ERROR]}


loop.run({"gatewright": version("gatewright")}, answer)
