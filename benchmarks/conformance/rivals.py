"""Who is asked: packages with their versions, how they are driven, and what their own documents say that they lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from . import mapping
from .mapping import Call, Vector


@dataclass(frozen=True, slots=True)
class Rival:
    """An implementation.

    Attributes
    ----------
    name : str
        As the command line and the tables call it.
    question : str
        `decisions` or `documents`.
    driver : str
        File in ``drivers/``, and further arguments.
    map_vector : callable
        Maps a vector to calls of the driver.
    language : str
        `python` or `node`, or `own` for what runs in the interpreter of this command.
    packages : mapping
        Package to pinned version; all of a rival are installed into one folder of its own.
    tells_kinds : bool
        Whether it tells explicit and implicit denials apart; otherwise allowed and denied are compared.
    about, limits : str
        Licence and interface; what it says of itself that it does not do.
    """

    name: str
    question: str
    driver: tuple[str, ...]
    map_vector: Callable[[Vector], list[Call]]
    about: str
    limits: str = ""
    language: str = "own"
    packages: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    tells_kinds: bool = True


IAM_SIMULATE = {"@cloud-copilot/iam-simulate": "0.1.173", "@cloud-copilot/iam-policy": "0.1.109"}

RIVALS = (
    Rival(
        "gatewright",
        "decisions",
        ("drive_gatewright.py",),
        mapping.map_whole,
        "this project: `gatewright.vectors.run_vectors`, through table and kernel",
        "vectors with what it does not evaluate are errors that say so, counted here as not expressible",
    ),
    Rival(
        "reference",
        "decisions",
        ("drive_reference.py",),
        mapping.map_whole,
        "this project: `tests/reference_kinds.py`, plain loops written from the rules",
        "no rival, but the check of our own vectors",
    ),
    Rival(
        "iam-simulate",
        "decisions",
        ("drive_iam_simulate.mjs",),
        mapping.map_iam_simulate,
        "npm, AGPL-3.0-or-later; `runSimulation`, with its checks of action, resource and context keys",
        "it refuses actions and resources that are not in AWS's service reference, and policies that fail its "
        "validation; it ignores context keys that the reference does not know for the action, and says so, so that "
        "their vectors are not expressible; session policies are announced as coming, though they work already",
        "node",
        IAM_SIMULATE,
        "iam-simulate",
    ),
    Rival(
        "principalmapper",
        "decisions",
        ("drive_principalmapper.py",),
        mapping.map_principalmapper,
        "PyPI, AGPL-3.0; `local_check_authorization_full`; unchanged since January 2022, so that the driver puts names "
        "back where Python 3.9 had them",
        "decides for IAM users and roles, as a step of a search for privilege escalation; answers with a boolean",
        "python",
        {"principalmapper": "1.1.5"},
        "principalmapper",
        tells_kinds=False,
    ),
    Rival(
        "moto",
        "decisions",
        ("drive_moto.py",),
        mapping.map_moto,
        "PyPI, Apache-2.0; `moto.iam.access_control.IAMPolicy`",
        "a mock for tests; its module begins with the words that it is not complete, and lists conditions, resources, "
        "other principals and resource-based policies as missing; only what it implements is asked here",
        "python",
        {"moto": "5.2.5"},
        "moto",
        tells_kinds=False,
    ),
    Rival(
        "pbac",
        "decisions",
        ("drive_pbac.mjs",),
        mapping.map_pbac,
        "npm, MIT; `evaluate`",
        "calls itself inspired by IAM policies and mostly compatible; meant for the access control of applications, "
        "where identity policies are all there is; answers with a boolean",
        "node",
        {"pbac": "0.3.2"},
        "pbac",
        tells_kinds=False,
    ),
    Rival(
        "gatewright check",
        "documents",
        ("drive_gatewright_check.py",),
        mapping.map_document_whole,
        "this project: `gatewright check`",
    ),
    Rival(
        "parliament",
        "documents",
        ("drive_parliament.py",),
        mapping.map_parliament,
        "PyPI, BSD-3-Clause; `analyze_policy_string`",
        "a linter of identity and resource policies with its own copy of the service reference, last released in April "
        "2025",
        "python",
        {"parliament": "1.6.4"},
        "parliament",
    ),
    Rival(
        "moto's validator",
        "documents",
        ("drive_moto_validator.py",),
        mapping.map_moto_document,
        "`moto.iam.policy_validation.IAMPolicyDocumentValidator`",
        "refuses identity policies where the IAM API does",
        "python",
        {"moto": "5.2.5"},
        "moto",
    ),
    Rival(
        "iam-policy",
        "documents",
        ("drive_iam_policy.mjs",),
        mapping.map_iam_policy,
        "npm, AGPL-3.0-or-later; the validators of each kind of policy, part of iam-simulate",
        "a validator of syntax, it says, which does not tell whether a policy is logical, secure or correct",
        "node",
        IAM_SIMULATE,
        "iam-simulate",
    ),
)

LEFT_OUT = {
    "npkt 1.0.1 (PyPI)": "decides CloudTrail events by SCPs; there is no way to hand it a context",
    "sibyl-aws 0.3.3 (PyPI)": "decides CloudTrail records of an account by three context keys",
    "policyglass 0.8.0 (PyPI)": "simplifies policies, and answers no requests",
    "iam-ape 1.1.6, aws-why 0.5.0 (PyPI)": "ask AWS",
    "iam-policy-validator 1.31.4 (PyPI)": "fetches AWS's service reference over the network while it checks",
    "iamspy 0.0.1 (PyPI)": "the package is empty",
    "casbin, oso, vakt, py-abac, Cedar": "have policy languages of their own",
}
"""Packages that were tried or considered, and why they are not asked."""
