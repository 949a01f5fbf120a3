"""One request of the Query API to its response."""

from __future__ import annotations

from collections.abc import Callable

from gatewright.sts.errors import StsError
from gatewright.sts.operations import (
    assume_role,
    decode_authorization_message,
    get_caller_identity,
    get_federation_token,
    get_session_token,
)
from gatewright.sts.parameters import Parameters, shown
from gatewright.sts.responses import Response, Result, write_error, write_result
from gatewright.sts.world import Caller, World

VERSION = "2011-06-15"
OPERATIONS: dict[str, Callable[[Parameters, Caller, World], Result]] = {
    "AssumeRole": assume_role,
    "DecodeAuthorizationMessage": decode_authorization_message,
    "GetCallerIdentity": get_caller_identity,
    "GetFederationToken": get_federation_token,
    "GetSessionToken": get_session_token,
}


def answer(parameters: Parameters, caller: Caller, world: World) -> Response:
    """Do what a request asks for.

    Parameters
    ----------
    parameters
        Decoded, each name once; those that no operation has are ignored, as AWS does.
    caller
        Whose signature was verified.

    Returns
    -------
    Response
        Also where the request is refused; nothing is raised for what a request holds.
    """
    try:
        action = parameters.get("Action")
        if action is None:
            raise StsError("MissingAction", "The request has no Action.")
        operation = OPERATIONS.get(action)
        version = parameters.get("Version", "NO_VERSION_SPECIFIED")
        if operation is None or version != VERSION:
            message = f"Could not find operation {shown(action)} for version {shown(version)}"
            raise StsError("InvalidAction", message)
        return write_result(action, operation(parameters, caller, world), world.request_id)
    except StsError as error:
        return write_error(error, world.request_id)
