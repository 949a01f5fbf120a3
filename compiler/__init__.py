"""Compile policy documents into one flat decision table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..runtime import Table
from .errors import Finding
from .incremental import Compiler, Progress
from .policyset import PolicySet
from .syntax import Document, Policy

__all__ = ["Compiler", "compile_policies"]


def compile_policies(
    policy_set: PolicySet,
    *,
    policies: Mapping[Document, Policy] | None = None,
    report: Callable[[Finding], None] | None = None,
    progress: Progress | None = None,
) -> Table:
    """Compile a policy set.

    Parameters
    ----------
    policy_set : PolicySet
        Documents and who is under them.
    policies : mapping, optional
        What documents say that have been checked already; the others are checked here.
    report : callable, optional
        Called with every finding made here that does not stop the compilation.
    progress : callable, optional
        Called now and then with the name of a pass, how much of it is done, and how much there is.

    Returns
    -------
    Table
        Immutable; its statements are numbered in the order of the documents.

    Raises
    ------
    PolicyError
        Some document is not understood in full; the error holds every finding.
    ValueError
        Two resources or two endpoints of the set have one name.
    """
    return Compiler().compile(policy_set, policies=policies, report=report, progress=progress)
