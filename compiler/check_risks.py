"""Lint of what an identity policy gives away beyond what it names: permissions, credentials, other policies (R182).

Names of actions are AWS's.  What the service authorization reference could tell is not asked here, so that these
findings are the same wherever the compiler runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from .check_elements import covers
from .check_report import Report
from .errors import Path
from .messages import quote
from .syntax import Effect, Statement

# Ways to permissions that the policy does not give: each needs all actions of one tuple.  Published by several authors
# since 2018; a role that is passed to something that runs the caller's code lends its permissions.
_ESCALATIONS: tuple[tuple[str, ...], ...] = (
    ("iam:CreatePolicyVersion",), ("iam:SetDefaultPolicyVersion",), ("iam:CreateAccessKey",),
    ("iam:CreateLoginProfile",), ("iam:UpdateLoginProfile",), ("iam:AttachUserPolicy",), ("iam:AttachGroupPolicy",),
    ("iam:AttachRolePolicy",), ("iam:PutUserPolicy",), ("iam:PutGroupPolicy",), ("iam:PutRolePolicy",),
    ("iam:AddUserToGroup",), ("iam:UpdateAssumeRolePolicy",), ("lambda:UpdateFunctionCode",),
    ("glue:UpdateDevEndpoint",), ("iam:PassRole", "ec2:RunInstances"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"), ("iam:PassRole", "glue:CreateDevEndpoint"),
    ("iam:PassRole", "cloudformation:CreateStack"), ("iam:PassRole", "ecs:RunTask"),
    ("iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateService"), ("iam:PassRole", "codebuild:CreateProject"),
    ("iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
    ("iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
)  # fmt: skip

# Actions whose answer holds a secret with which one may act as another; sts:AssumeRole is the trust policy's affair.
_CREDENTIALS = (
    "codeartifact:GetAuthorizationToken", "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken", "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "connect:GetFederationToken", "ec2:GetPasswordData",
    "ecr:GetAuthorizationToken", "ecr-public:GetAuthorizationToken", "gamelift:GetComputeAuthToken",
    "gamelift:GetInstanceAccess", "gamelift:RequestUploadCredentials", "iam:CreateAccessKey", "iam:CreateLoginProfile",
    "iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential", "lightsail:CreateBucketAccessKey",
    "lightsail:DownloadDefaultKeyPair", "lightsail:GetInstanceAccessDetails",
    "lightsail:GetRelationalDatabaseMasterUserPassword", "rds-db:connect", "redshift:GetClusterCredentials",
    "redshift-serverless:GetCredentials", "secretsmanager:GetSecretValue", "snowball:GetJobUnlockCode",
    "storagegateway:DescribeChapCredentials", "sts:GetFederationToken", "sts:GetServiceBearerToken",
)  # fmt: skip

# Actions that replace or widen the policy of a resource.
_POLICY_WRITERS = (
    "backup:PutBackupVaultAccessPolicy", "dynamodb:PutResourcePolicy", "ecr:SetRepositoryPolicy",
    "elasticfilesystem:PutFileSystemPolicy", "events:PutPermission", "glacier:SetVaultAccessPolicy",
    "glue:PutResourcePolicy", "kinesis:PutResourcePolicy", "kms:CreateGrant", "kms:PutKeyPolicy",
    "lambda:AddPermission", "lambda:PutResourcePolicy", "s3:PutAccessPointPolicy", "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "secretsmanager:PutResourcePolicy", "sns:AddPermission", "sns:SetTopicAttributes",
    "sqs:AddPermission", "sqs:SetQueueAttributes",
)  # fmt: skip

_LITERAL_VENDOR = re.compile(r"[^*?:]+:")
_STARS = re.compile(r"\*+")
MAX_WORK = 2_000_000
"""Product of the lengths of what is compared, per document: about half a second.

AWS's managed policies need 200,000 at most (measured).
"""


class _TooMuchError(Exception):
    """The document asks for more comparisons than are made."""


class _Work:
    """What the comparisons of one document may still cost."""

    def __init__(self) -> None:
        self._left = MAX_WORK

    def covers(self, pattern: str, action: str) -> bool:
        """Do as `covers` does."""
        if len(pattern) - pattern.count("*") > len(action):
            return False
        self._left -= len(pattern) * len(action)
        if self._left < 0:
            raise _TooMuchError
        return covers(pattern, action)


@cache
def _lower(action: str) -> tuple[str, str]:
    """Return one of the actions of this module in lower case, and what it begins with, with the colon."""
    lower = action.lower()
    return lower, lower[: lower.index(":") + 1]


class _Actions:
    """The actions of some statements, ready to be asked for one."""

    def __init__(self, statements: Iterable[Statement], work: _Work) -> None:
        self._work = work
        self._names: set[str] = set()
        self._patterns: dict[str, set[str]] = {}
        self._negated: list[list[str]] = []
        for statement in statements:
            texts = [text.lower() for text in statement.actions]
            if statement.is_not_action:
                self._negated.append(texts)
                continue
            self._names.update(texts)
            for text in texts:
                if "*" in text or "?" in text:
                    vendor = _LITERAL_VENDOR.match(text)
                    self._patterns.setdefault(vendor[0] if vendor else "", set()).add(_STARS.sub("*", text))

    def hold(self, action: str) -> bool:
        """Tell whether an action is among them."""
        lower, vendor = _lower(action)
        if lower in self._names:
            return True
        if not self._patterns and not self._negated:
            return False
        for key in ("", vendor):
            texts = self._patterns.get(key)
            if texts is not None and any(self._work.covers(text, lower) for text in texts):
                return True
        return any(not any(self._work.covers(text, lower) for text in texts) for texts in self._negated)


def lint_risks(report: Report, statements: Sequence[Statement]) -> None:
    """Report what the statements of one identity policy allow together, and what each gives away.

    Statements with conditions are passed over: their keys may narrow what is given.
    """
    try:
        _lint(report, statements)
    except _TooMuchError:
        report.add("GW109", (), "the rest of the document is not searched for risks")


def _lint(report: Report, statements: Sequence[Statement]) -> None:
    work = _Work()
    bare = [statement for statement in statements if not statement.conditions]
    allowing = [statement for statement in bare if statement.effect is Effect.ALLOW]
    wide = [statement for statement in allowing if _is_everywhere(statement)]
    denied = _Actions(
        (statement for statement in bare if statement.effect is Effect.DENY and "*" in statement.resources), work
    )
    _lint_escalation(report, wide, denied, work)
    for statement in allowing:
        place = statement.path[len(report.document.path) :]
        if _is_everywhere(statement):
            _lint_named(report, statement, _CREDENTIALS, denied, place, "GW431", "gives credentials, on every resource")
        _lint_writers(report, statement, denied, place)


def _is_everywhere(statement: Statement) -> bool:
    return statement.is_not_resource or "*" in statement.resources


def _lint_escalation(report: Report, wide: list[Statement], denied: _Actions, work: _Work) -> None:
    if not wide:
        return
    held = _Actions(wide, work)
    for way in _ESCALATIONS:
        if all(held.hold(action) for action in way) and not any(denied.hold(action) for action in way):
            shown = " with ".join(quote(action) for action in way)
            first = next(statement for statement in wide if _Actions([statement], work).hold(way[0]))
            place = first.path[len(report.document.path) :]
            report.add("GW430", place, f"{shown} leads to permissions that the policy does not give")
            return


def _lint_named(
    report: Report, statement: Statement, actions: Iterable[str], denied: _Actions, place: Path, code: str, what: str
) -> None:
    """Report the first of some actions that the statement names in full; wildcards are reported by other codes."""
    if statement.is_not_action:
        return
    names = {text.lower(): text for text in statement.actions}
    for action in actions:
        text = names.get(_lower(action)[0])
        if text is not None and not denied.hold(action):
            report.add(code, (*place, "Action"), f"{quote(text)} {what}")
            return


def _lint_writers(report: Report, statement: Statement, denied: _Actions, place: Path) -> None:
    """Report a writer of policies beside lesser actions; who has all actions of the service gains nothing by it."""
    vendors = {text[:-2].lower() for text in statement.actions if text.endswith(":*")}
    if "*" in statement.actions:
        return
    writers = [action for action in _POLICY_WRITERS if action.partition(":")[0] not in vendors]
    _lint_named(report, statement, writers, denied, place, "GW432", "replaces the resource's own policy")
