"""Requests in the forms that an `Authorizer` takes: handles for single ones, columns for batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import gatewright as gw

from .workloads import Request, Workload


def make_handles(authorizer: gw.Authorizer, requests: Sequence[Request]) -> dict[str, list[tuple[Any, ...]]]:
    """Return requests whose caller is a handle, as a gateway keeps one by session, and such of handles alone."""
    callers = {arn: authorizer.principal(arn) for arn in {request[0] for request in requests}}
    actions = {name: authorizer.action(name) for name in {request[1] for request in requests}}
    resources = {arn: authorizer.resource(arn) for arn in {request[2] for request in requests}}
    return {
        "handle of the caller": [(callers[arn], *rest) for arn, *rest in requests],
        "handles of everything": [
            (callers[arn], actions[action], resources[resource], authorizer.context(context))
            for arn, action, resource, context in requests
        ],
    }


def make_codes(authorizer: gw.Authorizer, workload: Workload, times: int) -> Callable[[], dict[str, Any]]:
    """Return what makes the trace, so many times, a batch of codes; values were read before."""
    handles = {name: authorizer.column(name, values) for name, (_, values) in workload.columns.items()}
    codes_of = {name: np.tile(codes, times) for name, (codes, _) in workload.columns.items()}
    return lambda: {name: handles[name].take(codes) for name, codes in codes_of.items()}


def make_forms(workload: Workload) -> dict[str, Any]:
    """Return the trace in the forms that `Authorizer.authorize_batch` takes."""
    forms: dict[str, Any] = {
        "list of tuples": workload.requests(),
        "dict of lists": {
            name: [values[code] if code >= 0 else None for code in codes.tolist()]
            for name, (codes, values) in workload.columns.items()
        },
    }
    try:
        import pyarrow as pa
    except ImportError:
        return forms
    forms["Arrow dictionaries"] = pa.table(
        {
            name: pa.DictionaryArray.from_arrays(pa.array(codes, mask=np.asarray(codes < 0)), pa.array(values))
            for name, (codes, values) in workload.columns.items()
        }
    )
    return forms
