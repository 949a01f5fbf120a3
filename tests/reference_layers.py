"""The reference: which policies apply to a request (R130), and what each of their statements is judged to be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from reference import Context, F, Judged, Place, U, fold_ascii, judge_statement, statements_of, version_of
from reference_principals import FEDERATED, ROLE, ROOT, Caller, Grant, grant_of

Document = Mapping[str, Any]

UNDER_RCPS: Final = (
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
)
"""Services for which resource control policies count (R133), as the Organizations User Guide lists them.

"List of AWS services that support RCPs", read as of September 2026.
"""

ROOT_KEEPS: Final = ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy", "sqs:setqueueattributes")
"""What the owner's root user may do whatever the resource policy denies (R143).

The page on tasks of the root user names the queue policy too; the action that edits it is an inference.
"""

WITHOUT_RESOURCE_PART: Final = ("ecr",)
"""Services whose resource policies have no Resource (R32)."""

ASSUMING: Final = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
"""Actions that assume a role, which only its trust policy opens (R141)."""

BESIDE_ASSUMING: Final = ("sts:tagsession", "sts:setsourceidentity", "sts:setcontext")
"""What is authorised beside one of these, on the same role; other calls need it on what is no role (R141)."""

KEYLESS: Final = ("kms:createkey", "kms:listkeys", "kms:listaliases")
"""Actions on no key, which need no key policy (R142)."""


class Candidate(NamedTuple):
    """A resource that the unknown one of a request may be; no account: the caller's."""

    kind: str | None  # as the fact `resource_kind` tells it
    account: str | None
    policy: Document | None


@dataclass(frozen=True)
class Policies:
    """The policies of a decision.

    Levels run from the root of the organisation to the account; None is an account under none.  A level of service
    control policies without documents allows nothing (R134); on every level of resource control policies full access is
    implied, so that only their Deny counts (R133).  An empty list of session policies is none passed.  Candidates count
    where the resource is unknown and nobody tells its policy.
    """

    identity: Sequence[Document] = ()
    resource: Document | None = None
    boundary: Document | None = None
    session: Sequence[Document] = ()
    scps: Sequence[Sequence[Document]] | None = None
    rcps: Sequence[Sequence[Document]] | None = None
    vpce: Sequence[Document] = ()
    candidates: Sequence[Candidate] = ()


class Request(NamedTuple):
    """What one decision is about."""

    policies: Policies
    caller: Caller
    action: str
    resource: str | None
    keys: Context
    resource_account: str | None
    facts: Mapping[str, Any]

    @property
    def service(self) -> str:
        """Return the vendor of the action."""
        return fold_ascii(self.action).partition(":")[0]

    @property
    def is_trust(self) -> bool:
        """Tell whether the resource policy is a role's trust policy (R141)."""
        return self.facts.get("resource_kind") == "role-trust"

    @property
    def is_for_role(self) -> bool:
        """Tell whether a role must trust the caller, also where no trust policy is known (R141)."""
        action = fold_ascii(self.action)
        if self.is_trust or action in ASSUMING:
            return True
        return action in BESIDE_ASSUMING and self.resource is not None and not is_no_role(self.resource)

    @property
    def may_be_for_role(self) -> bool:
        """Tell whether that depends on what the unknown resource is, if no trust policy is told."""
        return self.resource is None and fold_ascii(self.action) in BESIDE_ASSUMING

    @property
    def is_key(self) -> bool:
        """Tell whether the call is for a KMS key, which its key policy alone opens (R142)."""
        return self.facts.get("resource_kind") == "kms-key" and fold_ascii(self.action) not in KEYLESS

    @property
    def is_untold(self) -> bool:
        """Tell whether nobody knows the resource, nor which policy it has."""
        is_told = self.policies.resource is not None or "resource_kind" in self.facts
        return self.resource is None and not is_told

    @property
    def is_on_keys(self) -> bool:
        """Tell whether the action is on keys, one of which an unknown resource then may be (R142, R190)."""
        return self.service == "kms" and fold_ascii(self.action) not in KEYLESS

    @property
    def is_same_account(self) -> bool:
        """Tell whether caller and resource are in one account; images and snapshots of others count as such (R161)."""
        if self.resource is not None and re.match(r"arn:[^:]*:ec2:[^:]*::(image|snapshot)/", self.resource):
            return True
        return self.resource_account in (None, self.caller.account)


class Row(NamedTuple):
    """One statement of one policy that applies to the call, judged; `grant` is how it means the caller."""

    place: Place
    effect: str
    judged: Judged
    grant: Grant


@dataclass
class Rows:
    """The judged statements of every layer, in the order in which an applying Deny is looked for."""

    identity: list[Row] = field(default_factory=list)
    boundary: list[Row] = field(default_factory=list)
    resource: list[Row] = field(default_factory=list)
    session: list[Row] = field(default_factory=list)
    scps: list[list[Row]] = field(default_factory=list)  # one list a level
    rcps: list[list[Row]] = field(default_factory=list)
    vpce: list[list[Row]] = field(default_factory=list)  # one list a policy
    keys: list[list[Row]] = field(default_factory=list)  # one list a key that the unknown resource may be

    def denies(self) -> list[Row]:
        """Return every Deny."""
        layers = [self.identity, self.boundary, self.resource, self.session, *self.scps, *self.rcps, *self.vpce]
        return [row for rows in layers for row in rows if row.effect == "Deny"]


# --- the statements of the policies that apply ------------------------------------------------------------------------


def judge_policies(request: Request) -> Rows:
    """Judge the statements of the policies that apply to the caller and the resource (R130)."""
    policies, caller = request.policies, request.caller
    rows = Rows()
    if caller.has_account and caller.kind != ROOT:
        if not (caller.federating_user or "").endswith(":root"):  # R139: a root user has no policies to hand on
            rows.identity = judge_documents("identity", policies.identity, request)
        if policies.boundary is not None:
            rows.boundary = judge_documents("boundary", [policies.boundary], request)
    if caller.kind in (ROLE, FEDERATED, ROOT):  # for the root user: the task policy of an AssumeRoot session
        rows.session = judge_documents("session", policies.session, request)
    if is_under_scps(request):
        rows.scps = judge_levels("scp", policies.scps or [], request)
    if is_under_rcps(request):
        rows.rcps = judge_levels("rcp", policies.rcps or [], request)
        if request.resource is None:  # it may turn out to be none, and then they do not count
            rows.rcps = [[weaken(row) for row in level] for level in rows.rcps]
    rows.vpce = judge_levels("vpc-endpoint", [[document] for document in policies.vpce], request)
    if policies.resource is not None and not is_kept_by_root(request):
        rows.resource = judge_documents(resource_layer(request), [policies.resource], request)
    if request.is_untold and not is_kept_by_root(request):
        for candidate in policies.candidates:
            judged = judge_candidate(candidate, request)
            rows.resource += [weaken(row) for row in judged]
            is_own = candidate.account in (None, request.caller.account)  # across accounts the owner must grant anyhow
            if request.is_on_keys and candidate.kind == "kms-key" and is_own:
                rows.keys.append(judged)
    return rows


def judge_candidate(candidate: Candidate, request: Request) -> list[Row]:
    """Judge the policy that the unknown resource has if it is this one, whatever the action is."""
    if candidate.policy is None:
        return []
    return judge_documents("trust" if candidate.kind == "role-trust" else "resource", [candidate.policy], request)


def resource_layer(request: Request) -> str:
    """Return the name of the resource policy's layer (R147)."""
    return "trust" if request.is_trust else "resource"


def missing_layer(request: Request) -> str:
    """Return the name of the resource policy's layer where it is missing, as a role's may be altogether (R150)."""
    return "trust" if request.is_for_role else "resource"


def is_no_role(resource: str) -> bool:
    """Tell whether an ARN is that of something else than a role."""
    fields = resource.split(":", 5)
    return len(fields) == 6 and fields[0] == "arn" and not (fields[2] == "iam" and fields[5].startswith("role/"))


def is_under_scps(request: Request) -> bool:
    """Tell whether the caller is under its account's service control policies (R134, R146)."""
    if not request.caller.has_account or request.facts.get("principal_in_management_account"):
        return False
    return not request.facts.get("service_linked_role")


def is_under_rcps(request: Request) -> bool:
    """Tell whether the resource is under its account's resource control policies (R133, R146)."""
    facts = request.facts
    if facts.get("resource_in_management_account") or facts.get("aws_managed_key"):
        return False
    if facts.get("service_linked_role") or facts.get("service_linked_role_resource"):
        return False
    if request.resource == "*":  # an action that authorises no resource
        return False
    return request.service in UNDER_RCPS and fold_ascii(request.action) != "kms:retiregrant"


def is_kept_by_root(request: Request) -> bool:
    """Tell whether the owner's root user repairs its resource policy, which is then left out altogether (R143)."""
    return request.caller.kind == ROOT and request.is_same_account and fold_ascii(request.action) in ROOT_KEEPS


def weaken(row: Row) -> Row:
    """Return the row of a statement that counts only if the unknown resource is one."""
    if row.judged.truth is F:
        return row
    return row._replace(judged=Judged(U, row.judged.keys | {"resource"}))


def judge_levels(layer: str, levels: Sequence[Sequence[Document]], request: Request) -> list[list[Row]]:
    """Judge the documents of each level; they are numbered through."""
    rows = []
    count = 0
    for level in levels:
        rows.append(judge_documents(layer, level, request, count))
        count += len(level)
    return rows


def judge_documents(layer: str, documents: Sequence[Document], request: Request, first: int = 0) -> list[Row]:
    """Judge the statements of some documents of a layer, leaving out those that do not mean the caller."""
    rows = []
    for document_index, document in enumerate(documents, first):
        for statement_index, statement in enumerate(statements_of(document)):
            grant = grant_in(layer, statement, request)
            if grant is None:
                continue
            judged = judge_statement(
                statement,
                version_of(document),
                request.action,
                request.resource,
                request.keys,
                has_resource_part=has_resource_part(layer, statement, request),
            )
            rows.append(Row(Place(layer, document_index, statement_index), statement["Effect"], judged, grant))
    return rows


def grant_in(layer: str, statement: Mapping[str, Any], request: Request) -> Grant | None:
    """Tell how a statement means the caller; kinds without a principal part mean whomever they apply to (R40)."""
    if layer in ("identity", "boundary", "session", "scp"):
        return Grant.DIRECT
    caller = request.caller
    return grant_of(
        statement,
        caller,
        request.action,
        has_boundary=caller.has_account and caller.kind != ROOT and request.policies.boundary is not None,
        is_gateway=layer == "vpc-endpoint" and request.facts.get("vpce_type") == "gateway",
    )


def has_resource_part(layer: str, statement: Mapping[str, Any], request: Request) -> bool:
    """Tell whether a statement has a resource part to judge (R11, R32, R33)."""
    if layer == "trust":
        return False
    is_absent = "Resource" not in statement and "NotResource" not in statement
    return not (layer == "resource" and is_absent and request.service in WITHOUT_RESOURCE_PART)
