"""Why an event is not evaluated."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why an event is not evaluated: a closed list, in the order in which it is checked."""

    SIGN_IN = "console sign-in"
    SERVICE_EVENT = "AWS service event"
    ENDPOINT_EVENT = "VPC endpoint network event"
    INSIGHT = "insight event"
    OTHER_ACCOUNT = "caller of another account: its own record tells who"
    ASSUMED_ROOT = "root session: its task policy is not in the store"
    DIRECTORY = "directory or Identity Center user, not an IAM principal"
    FEDERATED_USER = "federated user: the session policies are not in the log"
    NO_IDENTITY = "the log does not tell who called"
    NO_ACTION = "no IAM action of this name is known"
    NO_PERMISSION = "the call needs no permission"
    UNSIGNED = "unsigned call"
    NOT_IN_STORE = "principal not in the store"
    SERVICE_CALL = "AWS service call on no resource"
    NO_RESOURCE_POLICY = "the policy of the resource is not in the store"
    NO_ENDPOINT_POLICY = "the policy of the VPC endpoint is not in the store"
    SAME_CALL = "another account's record of a call that is evaluated"
