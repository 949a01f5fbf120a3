"""Evaluate requests against a decision table, without the GIL."""

from ._table import Table
from .authorizer import Answer, Authorizer, BatchResult, Explanation, StatementInfo
from .errors import RequestError, TableError, TableFormatError, TableVersionError
from .layout import Decision, Truth
from .requests import OTHERS

__all__ = [
    "OTHERS",
    "Answer",
    "Authorizer",
    "BatchResult",
    "Decision",
    "Explanation",
    "RequestError",
    "StatementInfo",
    "Table",
    "TableError",
    "TableFormatError",
    "TableVersionError",
    "Truth",
]
