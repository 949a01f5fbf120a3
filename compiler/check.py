"""The check pass: a document into a policy and findings."""

from __future__ import annotations

from .check_document import check_members
from .check_report import Report, ReportFullError
from .diagnostic_entry import Profile
from .errors import Finding, PolicyError
from .syntax import Document, Policy

__all__ = ["Profile", "check_document"]


def check_document(
    document: Document,
    *,
    profile: Profile = Profile.CURRENT,
    api: bool = False,
    quota: int | None = None,
    keeps_ill_formed: bool = False,
) -> tuple[Policy | None, tuple[Finding, ...]]:
    """Check one document and read it.

    Parameters
    ----------
    document : Document
        Of any kind; its source may hold a syntax error.
    profile : Profile
        Which rules apply; `Profile.EC2_2011` adds the limits that EC2 had in 2011.
    api : bool
        Save mode: what today's IAM API would not store although the language allows it is an error (R4, R30).
    quota : int, optional
        Most characters allowed, white space not counted, in place of the kind's own limit: an inline policy of a user
        may have 2,048, of a group 5,120, of a role 10,240 (R29).
    keeps_ill_formed : bool
        A value that its operator cannot read does not refuse the document: it satisfies neither the operator nor its
        negation (R90).  For decision vectors; a table that decides for real is not made of such documents.

    Returns
    -------
    policy : Policy or None
        None if the document is refused; `diagnostics` tells which findings refuse.
    findings : tuple of Finding
        All of them, in the order in which they were made, with their places.

    Notes
    -----
    Never raises for what a document holds.  A document without findings costs no positions: the grammar parses the text
    only when the first finding wants its place.
    """
    report = Report(document, profile, api, keeps_ill_formed=keeps_ill_formed)
    policy = None
    try:
        policy = check_members(report, quota)
    except ReportFullError:
        pass
    except PolicyError as error:
        return None, error.findings
    return None if report.is_refused else policy, report.finish()
