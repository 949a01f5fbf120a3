"""Diagnostics of the text itself (GW001-GW019) and of its patterns (GW020-GW049), which other passes name."""

from __future__ import annotations

from .diagnostic_entry import Diagnostic, example_document
from .errors import Severity
from .patterns import PATTERN_DIAGNOSTICS
from .source import SOURCE_DIAGNOSTICS

_HINTS = {
    "GW001": "save the file as UTF-8",
    "GW002": "save the file without byte order mark",
    "GW003": "split the file",
    "GW004": "see what the message expects",
    "GW005": "put each document into a file of its own",
    "GW006": "keep one of the two, or merge their values",
    "GW007": "no policy needs such depth",
    "GW008": "write both halves, or the character itself",
    "GW009": "check the name and the permissions of the file",
    "GW010": "complete the text",
    "GW011": "remove the comma",
    "GW012": "remove the comment",
    "GW013": 'use `"`',
    "GW014": "write the number as JSON has it, or in quotes",
    "GW015": "write the character as an escape",
    "GW016": "double the backslash",
    "GW020": "write `service:Action`",
    "GW021": "write `service:Action`",
    "GW022": "use letters, digits, `-` and `.`",
    "GW023": "name the service, or write `*` for all actions",
    "GW024": "name the action in full",
    "GW025": "write `*` or an ARN",
    "GW026": "add `}`, or write `${$}{` for the text `${`",
    "GW027": "write the default value in single quotes",
    "GW028": "remove the blank",
    "GW029": "name a key, such as `${aws:username}`",
    "GW030": "write a comma and one blank before the default value",
    "GW031": "remove the character",
    "GW032": "use variables behind the fifth colon only",
}
_WITHOUT_TEXT = frozenset({"GW001", "GW002", "GW003", "GW009"})
_ACTIONS = frozenset({"GW020", "GW021", "GW022", "GW023", "GW024"})
_RESOURCES = frozenset({"GW025", "GW032"})


def _example_pattern(code: str, text: str) -> str:
    if code in _ACTIONS:
        return example_document({"Action": text})
    if code in _RESOURCES:
        return example_document({"Resource": text})
    return example_document({"Resource": f"arn:aws:s3:::orchard-ledger/{text}"})


TEXT_DIAGNOSTICS = tuple(
    Diagnostic(
        code, Severity.ERROR, title, _HINTS[code], example, aws_check, is_refused=True,
        is_document=code not in _WITHOUT_TEXT,
    )
    for code, (title, aws_check, example) in SOURCE_DIAGNOSTICS.items()
)  # fmt: skip

# AWS stores GW032, which is plain text then; one of its own managed policies is of that kind.
PATTERN_ENTRIES = tuple(
    Diagnostic(
        code, Severity.ERROR, title, _HINTS[code], _example_pattern(code, text), aws_check, is_refused=code != "GW032"
    )
    for code, (title, aws_check, text) in PATTERN_DIAGNOSTICS.items()
)
