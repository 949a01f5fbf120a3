"""Who calls: the credentials of a call, as CloudTrail prints them and as policies see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .store import Principal

WEB_IDENTITY_PROVIDER = "token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Session:
    """Credentials of one principal.

    Without ``started`` they are long-term keys.  ``mfa`` is what CloudTrail says of temporary ones; ``name`` is the
    name of a role session, ``delivery`` how an instance got its role, ``by_service`` the service that assumed it.
    """

    principal: Principal
    access_key: str
    started: datetime | None = None
    mfa: bool = False
    name: str = ""
    is_console: bool = False
    delivery: str | None = None
    is_web_identity: bool = False

    @property
    def arn(self) -> str:
        """The ARN that messages name: of the user, or of the role's session."""
        if not self.principal.is_role:
            return self.principal.arn
        return f"arn:aws:sts::{self.principal.account}:assumed-role/{self.principal.name}/{self.name}"

    @property
    def unique_id(self) -> str:
        """The value of ``aws:userid``."""
        return f"{self.principal.unique_id}:{self.name}" if self.principal.is_role else self.principal.unique_id

    def identity(self) -> dict[str, Any]:
        """Return the ``userIdentity`` of an event."""
        identity: dict[str, Any] = {
            "type": "AssumedRole" if self.principal.is_role else "IAMUser",
            "principalId": self.unique_id,
            "arn": self.arn,
            "accountId": self.principal.account,
            "accessKeyId": self.access_key,
        }
        if not self.principal.is_role:
            identity["userName"] = self.principal.name
        if self.started is None:
            return identity
        context: dict[str, Any] = {}
        if self.principal.is_role:
            context["sessionIssuer"] = {
                "type": "Role",
                "principalId": self.principal.unique_id,
                "arn": self.principal.arn,
                "accountId": self.principal.account,
                "userName": self.principal.name,
            }
        if self.is_web_identity:
            provider = f"arn:aws:iam::{self.principal.account}:oidc-provider/{WEB_IDENTITY_PROVIDER}"
            context["webIdFederationData"] = {"federatedProvider": provider, "attributes": {}}
        context["attributes"] = {"creationDate": stamp(self.started), "mfaAuthenticated": str(self.mfa).lower()}
        if self.delivery:
            context["ec2RoleDelivery"] = self.delivery
        return identity | {"sessionContext": context}

    def context(self, now: datetime) -> dict[str, str]:
        """Return the context keys that the credentials bring."""
        principal = self.principal
        keys = {
            "aws:PrincipalArn": principal.arn,
            "aws:PrincipalAccount": principal.account,
            "aws:PrincipalType": "AssumedRole" if principal.is_role else "User",
            "aws:PrincipalIsAWSService": "false",
            "aws:userid": self.unique_id,
        }
        keys |= {f"aws:PrincipalTag/{key}": value for key, value in principal.tags.items()}
        if not principal.is_role:
            keys["aws:username"] = principal.name
        if self.started is not None:
            keys["aws:TokenIssueTime"] = stamp(self.started)
            if not self.is_web_identity:
                keys["aws:MultiFactorAuthPresent"] = str(self.mfa).lower()
            if self.mfa:
                keys["aws:MultiFactorAuthAge"] = str(int((now - self.started).total_seconds()))
        if self.delivery:
            keys["ec2:RoleDelivery"] = self.delivery
        return keys


def stamp(time: datetime) -> str:
    """Print a time as CloudTrail does."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
