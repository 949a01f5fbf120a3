"""Evaluate requests against a decision table, without the GIL."""

from ._columns import ColumnHandle
from ._handles import ActionHandle, ContextHandle, PrincipalHandle, ResourceHandle
from ._table import Table
from .authorizer import (
    Answer,
    Authorization,
    Authorizer,
    BatchResult,
    CallAnswer,
    Explanation,
    StatementInfo,
)
from .errors import RequestError, TableError, TableFormatError, TableVersionError
from .layout import Decision, Truth
from .requests import OTHERS, Target

__all__ = [
    "OTHERS",
    "ActionHandle",
    "Answer",
    "Authorization",
    "Authorizer",
    "BatchResult",
    "CallAnswer",
    "ColumnHandle",
    "ContextHandle",
    "Decision",
    "Explanation",
    "PrincipalHandle",
    "RequestError",
    "ResourceHandle",
    "StatementInfo",
    "Table",
    "TableError",
    "TableFormatError",
    "TableVersionError",
    "Target",
    "Truth",
]
