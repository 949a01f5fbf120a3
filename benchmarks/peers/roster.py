"""Who is measured: packages with their versions, how they are tuned, and in which ways they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..conformance.rivals import IAM_SIMULATE, RIVALS
from ..workloads import Request, Workload
from . import cedar

Translate = Callable[[Workload, Sequence[Request]], dict[str, Any]]
_PINS = {rival.name: dict(rival.packages) for rival in RIVALS}
COMPILED = ("rust", "go", "java")


@dataclass(frozen=True, slots=True)
class Peer:
    """A contender.

    Attributes
    ----------
    name : str
        As tables and the command line call it.
    script : str
        The file in ``workers/``, and further arguments; a worker in a compiled language has arguments alone.
    about : str
        Licence, interface, how it is tuned.
    single, batches : tuple of str
        Modes of its worker that take one request at a time, and many.
    translate : callable, optional
        What its case has besides documents and requests.
    sizes : str
        Letters of the sizes at which it is measured.
    language : str
        `own` runs in the interpreter of this command.
    packages : mapping
        Package to pinned version.
    has_index : bool
        Whether it is given all principals; the others are given the policies of each principal of the sample alone.
    """

    name: str
    script: tuple[str, ...]
    about: str
    single: tuple[str, ...] = ("single",)
    batches: tuple[str, ...] = ()
    translate: Translate | None = None
    sizes: str = "SML"
    language: str = "python"
    packages: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    has_index: bool = False


PEERS = (
    Peer(
        "gatewright",
        ("work_own.py", "gatewright"),
        "this project: `Authorizer.authorize`, and `authorize_batch` from the caller's objects to arrays of decisions",
        ("single", "handle of the caller", "handles of everything", "trace"),
        (
            "list of tuples",
            "dict of lists",
            "Arrow dictionaries",
            "Arrow dictionaries, 2 threads",
            "codes of columns",
            "codes of columns, 2 threads",
            "codes of columns, 10 traces",
            "codes of columns, 10 traces, 2 threads",
            "C, requests read before",
        ),
        sizes="SMLX",
        language="own",
        has_index=True,
    ),
    Peer(
        "plain",
        ("work_own.py", "plain"),
        "ours, in plain Python: the documents as they are, `fnmatch`, `ipaddress`, `datetime`",
        language="own",
        has_index=True,
    ),
    Peer(
        "regex",
        ("work_own.py", "regex"),
        "ours, in plain Python: the same loop over statements with everything parsed beforehand",
        ("single", "trace"),
        sizes="SMLX",
        language="own",
        has_index=True,
    ),
    Peer(
        "bit-set",
        ("work_own.py", "bit-set"),
        "ours, in plain Python: statements as bits of integers, principal AND action, then the few that are left",
        ("single", "trace"),
        sizes="SMLX",
        language="own",
        has_index=True,
    ),
    Peer(
        "numpy",
        ("work_own.py", "numpy"),
        "ours: all requests at once, as numbers; it reads no text, and knows all actions and resources beforehand",
        (),
        ("numbers",),
        sizes="SMLX",
        language="own",
        has_index=True,
    ),
    Peer(
        "cedarpy",
        ("work_cedarpy.py",),
        "PyPI, Apache-2.0; parsed `PolicySet` of each principal and parsed entities; the batch is a call per principal",
        batches=("batch",),
        translate=cedar.translate,
        packages={"cedarpy": "4.12.2"},
        folder="cedarpy",
    ),
    Peer(
        "cedar-wasm",
        ("work_cedar_wasm.mjs",),
        "npm, Apache-2.0; `preparsePolicySet` for each principal, `statefulIsAuthorized` with the action's own entity",
        translate=cedar.translate,
        language="node",
        packages={"@cedar-policy/cedar-wasm": "4.13.0"},
        folder="cedar-wasm",
    ),
    Peer(
        "cedar-policy",
        (),
        "Apache-2.0, in Rust; all is parsed beforehand, `Authorizer::is_authorized` alone is timed",
        translate=cedar.translate,
        language="rust",
        packages={"cedar-policy": "4.14.1"},
        folder="cedar-policy",
    ),
    Peer(
        "cedar-go",
        ("cedar",),
        "Go module, Apache-2.0; all is parsed beforehand, `cedar.Authorize` alone is timed",
        translate=cedar.translate,
        language="go",
        packages={"github.com/cedar-policy/cedar-go": "1.9.1", "github.com/open-policy-agent/opa": "1.22.3"},
        folder="go",
    ),
    Peer(
        "OPA",
        ("opa",),
        "Go module, Apache-2.0; one prepared query over data with the statements by principal, input parsed beforehand",
        language="go",
        packages={"github.com/cedar-policy/cedar-go": "1.9.1", "github.com/open-policy-agent/opa": "1.22.3"},
        folder="go",
    ),
    Peer(
        "casbin",
        ("work_casbin.py",),
        "PyPI, Apache-2.0; an enforcer for each principal, functions of ours for patterns and conditions",
        packages={"casbin": "1.43.0"},
        folder="casbin",
    ),
    Peer(
        "iam-simulate",
        ("work_iam_simulate.mjs",),
        "npm, AGPL-3.0-or-later; `runUnsafeSimulation` with policies validated beforehand, as `runSimulation` refuses "
        "actions that AWS does not have",
        language="node",
        packages=IAM_SIMULATE,
        folder="iam-simulate",
    ),
    Peer(
        "moto",
        ("work_moto.py",),
        "PyPI, Apache-2.0; `IAMPolicy` parsed once",
        packages=_PINS["moto"],
        folder="moto",
    ),
    Peer(
        "principalmapper",
        ("work_principalmapper.py",),
        "PyPI, AGPL-3.0; `local_check_authorization`",
        packages=_PINS["principalmapper"],
        folder="principalmapper",
    ),
    Peer(
        "vakt",
        ("work_vakt.py",),
        "PyPI, Apache-2.0; rules in memory, a guard for each principal",
        packages={"vakt": "1.6.0"},
        folder="vakt",
    ),
    Peer(
        "py-abac",
        ("work_py_abac.py",),
        "PyPI, Apache-2.0; policies in memory, a decision point for each principal",
        packages={"py-abac": "0.4.1"},
        folder="py-abac",
    ),
    Peer(
        "SAPL",
        (),
        "Maven, Apache-2.0, in Java; an embedded decision point in memory for each principal, deny overrides",
        language="java",
        packages={"io.sapl:sapl-pdp-embedded": "3.0.0"},
        folder="sapl",
    ),
)
BY_NAME = {peer.name: peer for peer in PEERS}
BASES = {"single": "gatewright", "batch": "gatewright, codes of columns", "whole": "nothing"}
"""What ratios are taken to."""


def contenders_of(bench: str) -> list[tuple[Peer, str, str]]:
    """Return peer, mode and the name in tables of everything that a benchmark measures."""
    found = []
    for peer in PEERS:
        if bench == "batch":
            found += [(peer, mode, f"{peer.name}, {mode}") for mode in peer.batches]
        else:
            own = [mode for mode in peer.single if (mode == "trace") == (bench == "trace")]
            found += [
                (peer, mode, peer.name if mode in ("single", "trace") else f"{peer.name}, {mode}") for mode in own
            ]
    return found
