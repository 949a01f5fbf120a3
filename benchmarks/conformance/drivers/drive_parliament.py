"""parliament: `parliament.analyze_policy_string`."""

from __future__ import annotations

from importlib.metadata import version

import loop
from parliament import analyze_policy_string


def answer(calls: loop.Calls) -> dict[str, list[str]]:
    """Analyze a document; its findings MALFORMED and MALFORMED_JSON say that it is no policy."""
    findings = analyze_policy_string(calls[0]["text"]).findings
    return {"found": [("malformed:" if one.issue.startswith("MALFORMED") else "") + one.issue for one in findings]}


loop.run({"parliament": version("parliament")}, answer)
