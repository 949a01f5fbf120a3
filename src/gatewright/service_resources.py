"""Check of a statement's resources against AWS's services: do such ARNs exist, and do the actions accept them?"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain

from gatewright.compiler.errors import Path
from gatewright.compiler.messages import quote
from gatewright.compiler.patterns import PatternError, parse_resource, split_arn
from gatewright.compiler.syntax import Effect, Pattern, PolicyKind, Statement, Wildcard
from gatewright.service_data import Reference, ResourceType
from gatewright.service_globs import Glob, begin_alike, intersect, matches_any, read_parts
from gatewright.service_report import Meaning, Named, ServiceReport

_CHECKED_ELSEWHERE = frozenset({"iam", "s3"})
"""Services whose Regions and accounts in ARNs `check_document` knows about; it knows EC2's accounts, too."""

_OF_AWS = re.compile(r"$|(?:[\w-]+[/:])?/?(?:aws|amazon)", re.IGNORECASE)
"""Begin of names that AWS gives its own resources, or no begin at all."""


@dataclass(frozen=True, slots=True)
class _Arn:
    """An ARN of the statement that names one service."""

    path: Path
    text: str
    owner: str
    region: Pattern
    account: Pattern
    glob: Glob


def check_arns(
    report: ServiceReport, reference: Reference | None, statement: Statement, regions: Collection[str] | None
) -> None:
    """Check what can be said of each ARN alone."""
    if not statement.resources:
        return
    for arn in _read_arns(report, statement, "NotResource" if statement.is_not_resource else "Resource")[0]:
        if regions is not None:
            _check_region(report, arn, regions)
        if reference is None:
            continue
        known = reference.types_by_owner.get(arn.owner, [])
        if not known and arn.owner not in reference.names:
            hint = report.suggest(arn.owner, reference.names)
            message = f"no service has the name in {quote(arn.text)}"
            report.add("GW705", arn.path, message, hint and f"did you mean `{hint}`?")
        elif arn.owner not in _CHECKED_ELSEWHERE:
            _check_fields(report, arn, _find_fitting(report, known, arn))


def _read_arns(report: ServiceReport, statement: Statement, member: str) -> tuple[list[_Arn], bool]:
    """Read the ARNs that name one service, and tell whether all entries do."""
    arns = []
    is_complete = True
    for path, text in report.read_entries(statement, member):
        report.count(1 + len(text) // 8)
        fields = None
        if text != "*":
            try:
                fields = split_arn(parse_resource(text, variables=report.has_variables))
            except PatternError:
                pass
        if fields is None or not fields[2].is_literal:
            is_complete = False
        else:
            arns.append(_Arn(path, text, fields[2].text, fields[3], fields[4], read_parts(fields[5].parts)))
    return arns, is_complete


def _check_region(report: ServiceReport, arn: _Arn, regions: Collection[str]) -> None:
    text = arn.region.text
    if not text or text == "*" or text in regions:
        return
    if not arn.region.is_literal:
        report.count(len(regions))
        if matches_any(arn.region.parts, regions):
            return
    hint = report.suggest(text, regions)
    message = f"there is no Region {quote(text)}, which {quote(arn.text)} names"
    report.add("GW719", arn.path, message, hint and f"did you mean `{hint}`?")


def _check_fields(report: ServiceReport, arn: _Arn, kinds: list[ResourceType]) -> None:
    """Report a Region or an account where no type that fits has one, or none where each has."""
    if not kinds:
        return
    for field, pattern, missing, needless, what in (
        (3, arn.region, "GW716", "GW715", "a Region"),
        (4, arn.account, "GW718", "GW717", "an account"),
    ):
        forms = {kind.fields[field] for kind in kinds}
        if not pattern.text and all(form.startswith("${") for form in forms):
            # AWS owns some resources itself, and lists no type for them: `document/AWS-RunShellScript`.
            if field == 4 and _OF_AWS.match(arn.glob.prefix):
                continue
            report.add(missing, arn.path, f"{quote(arn.text)} does not name {what}, and such resources have one")
        elif forms == {""} and _is_named(pattern) and (field == 3 or arn.owner != "ec2"):
            report.add(needless, arn.path, f"{quote(arn.text)} names {what}, and such resources have none")


def _is_named(pattern: Pattern) -> bool:
    return any(part is not Wildcard.ANY for part in pattern.parts)


def check_fit(report: ServiceReport, reference: Reference, statement: Statement, named: Named) -> None:
    """Check that actions and resources of a statement go together; say nothing where an entry could be anything."""
    if not named.is_known or not statement.resources or statement.is_not_resource:
        return
    arns, is_complete = _read_arns(report, statement, "Resource")
    if not is_complete:
        return
    wanted = {text: meaning.types or _listed_types(meaning) for _, text, meaning in named.entries}
    accepted = frozenset(chain.from_iterable(wanted.values()))
    found: set[ResourceType] = set()
    strangers = []
    is_typed = True
    for arn in arns:
        kinds = _find_fitting(report, accepted, arn)
        if kinds:
            found.update(kinds)
            if all(_is_cut(arn.glob, kind) for kind in kinds):
                report.add("GW711", arn.path, f"a wildcard stands inside the resource type of {quote(arn.text)}")
            continue
        known = reference.types_by_owner.get(arn.owner, [])
        if known and not _find_fitting(report, known, arn):
            is_typed = False
            report.add("GW710", arn.path, f"{quote(arn.owner)} has no resources such as {quote(arn.text)}")
        elif known:
            strangers.append(arn)
        else:
            is_typed = False
    if not is_typed:
        return
    misfits = [(path, text, meaning) for path, text, meaning in named.entries if not wanted[text] & found]
    for path, text, meaning in misfits:
        if not wanted[text]:
            what = "are judged on `*`" if meaning.is_glob else "is judged on `*`"
            report.add("GW712", path, f"{quote(text)} {what}, and the statement names resources only")
        else:
            report.add("GW713", path, f"{quote(text)} accepts none of the statement's resources")
    if len(misfits) < len(named.entries):
        for arn in strangers:
            report.add("GW714", arn.path, f"no action of the statement accepts {quote(arn.text)}")


def check_width(report: ServiceReport, statement: Statement, named: Named) -> None:
    """Report `*` where every action could have a narrower resource, and actions that hand out permissions on it."""
    if report.document.kind not in (PolicyKind.IDENTITY, PolicyKind.SESSION):
        return
    is_star = "*" in statement.resources and not statement.is_not_resource
    if statement.effect is not Effect.ALLOW or not is_star or not named.is_known:
        return
    if all(not meaning.is_glob and meaning.types for _, _, meaning in named.entries) and not statement.conditions:
        path = next(path for path, text in report.read_entries(statement, "Resource") if text == "*")
        report.add("GW730", path, "every action of the statement accepts narrower resources than `*`")
    for path, text, meaning in named.entries:
        report.count(len(meaning.names))
        granting = next((action.name for action in meaning.actions() if action.grants), None)
        if granting is not None:
            what = quote(text) if not meaning.is_glob else f"{quote(granting)}, which is among {quote(text)},"
            report.add("GW731", path, f"{what} changes permissions, on every resource")
            return


def _find_fitting(report: ServiceReport, kinds: Collection[ResourceType], arn: _Arn) -> list[ResourceType]:
    near = [kind for kind in kinds if kind.owner == arn.owner or kind.owner.startswith("${")]
    near = [kind for kind in near if begin_alike(arn.glob, kind.glob)]
    report.count(1 + len(near) * len(arn.glob.tokens) // 2)
    return [kind for kind in near if intersect(arn.glob, kind.glob)]


def _listed_types(meaning: Meaning) -> frozenset[ResourceType]:
    """Return the ARNs on which AWS is known to judge actions that accept no resources, as types of their own."""
    from gatewright.replay.resources import LISTING_SERVICES, LISTINGS  # loads numpy: a tenth of a second

    types = set()
    for action in meaning.actions():
        template = LISTINGS.get(action.name) or LISTING_SERVICES.get(meaning.service.name)
        if template:
            types.add(ResourceType(action.name, template, is_literal=True))
    return frozenset(types)


def _is_cut(glob: Glob, kind: ResourceType) -> bool:
    """Tell whether a pattern's first wildcard stands where the type's word does, but not in place of it."""
    words = re.split("[:/]", kind.glob.prefix, maxsplit=1)
    return 0 < len(glob.prefix) <= len(words[0]) and len(words) == 2 and not glob.is_literal
