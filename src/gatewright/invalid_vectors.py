"""Check the documents of a vector file (``invalid.jsonl``) and print what is said of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gatewright.compiler.check import Profile, check_document
from gatewright.compiler.errors import Finding, PolicyError
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.files import display_name, read_source, unreadable
from gatewright.report import finding_members, write_finding
from gatewright.services import check_services

if TYPE_CHECKING:
    from gatewright.terminal import Terminal

# Names of kinds in vectors that stand for a quota -> kind and characters (R29).
QUOTAS = {"managed": (PolicyKind.IDENTITY, 6144), "identity-inline-user": (PolicyKind.IDENTITY, 2048)}


def check_vectors(path: str, profile: str, terminal: Terminal, as_json: bool) -> int:
    """Check each document of a file and return the exit code: 0, or 2 where a line is no vector."""
    code = 0
    for number, line in enumerate(read_source(path).text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            vector = json.loads(line)
            findings, source = check_vector(vector, Profile(profile))
        except (ValueError, LookupError, TypeError, RecursionError):
            place = f"{display_name(path)}:{number}"
            terminal.warn(f"{unreadable(place, 'not a vector with `id`, `policy_kind` and `document`')}")
            code = 2
            continue
        if as_json:
            terminal.json({"id": vector["id"], "findings": [finding_members(finding) for finding in findings]})
            continue
        for finding in findings:
            write_finding(finding, {source.name: source} if source else {}, terminal)
        if not findings:
            terminal.say(f"{vector['id']}: nothing to report")
    return code


def check_vector(vector: dict[str, Any], profile: Profile) -> tuple[tuple[Finding, ...], Source | None]:
    """Check one vector's document; text is checked as it stands, JSON values as they would be printed.

    A vector of the phase `save` is about what the IAM API refuses to store, so it is checked in save mode (R39).
    """
    document, kind = vector["document"], vector["policy_kind"]
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    policy_kind, quota = QUOTAS.get(kind) or (PolicyKind(kind), None)
    try:
        source = Source(text, str(vector["id"]))
    except PolicyError as error:
        return error.findings, None
    checked = Document(source.name, policy_kind, source)
    is_saved = vector.get("phase") == "save"
    policy, findings = check_document(checked, profile=profile, api=is_saved, quota=quota)
    if policy is not None and profile is Profile.CURRENT:
        findings = (*findings, *check_services(policy, checked))
    return findings, source
