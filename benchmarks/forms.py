"""A trace in the forms that `Authorizer.authorize_batch` takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .workloads import Workload


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
