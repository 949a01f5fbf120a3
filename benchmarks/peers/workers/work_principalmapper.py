"""Principal Mapper: `local_check_authorization` on a node that has its policies."""

from __future__ import annotations

import collections
import collections.abc
from importlib.metadata import version

# It takes these from where Python 3.9 had them.
for name in ("Mapping", "MutableMapping", "Sequence"):
    setattr(collections, name, getattr(collections.abc, name))

from loop import Case, Loaded, Mode, read_allowed, serve  # noqa: E402
from principalmapper.common import Node, Policy  # noqa: E402
from principalmapper.querying.query_interface import local_check_authorization  # noqa: E402


def load(case: Case) -> Loaded:
    """Make the nodes."""
    policies = {
        number: Policy(f"arn:aws:iam::123456789012:policy/p{number}", f"p{number}", document)
        for number, document in case["documents"].items()
    }
    nodes = {
        arn: Node(
            arn, f"AIDA{place}", [policies[str(n)] for n in numbers], [], None, None, 1, True, False, None, False, {}
        )
        for place, (arn, numbers) in enumerate(case["principals"].items())
    }

    def make_modes() -> dict[str, Mode]:
        requests = [(nodes[principal], *rest) for principal, *rest in case["requests"]]
        return {"single": Mode(local_check_authorization, requests, read_allowed)}

    return Loaded(make_modes, {"statements": sum(len(d["Statement"]) for d in case["documents"].values())})


if __name__ == "__main__":
    serve({"principalmapper": version("principalmapper")}, load)
