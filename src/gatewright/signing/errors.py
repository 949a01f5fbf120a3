"""Why a signature is refused, in the words of AWS's APIs."""

from __future__ import annotations

# Codes and statuses: "Common errors" of the IAM and STS API references.
STATUSES = {
    "ExpiredToken": 403,
    "IncompleteSignature": 400,
    "InvalidClientTokenId": 403,
    "InvalidParameterCombination": 400,
    "InvalidParameterValue": 400,
    "InvalidRequest": 400,
    "InvalidToken": 400,
    "MalformedQueryString": 400,
    "MissingAuthenticationToken": 403,
    "RequestEntityTooLarge": 413,
    "RequestExpired": 400,
    "RequestReplayed": 403,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
}

# EC2 tells whoever cannot be authenticated as little as possible ("Error codes" of the EC2 API reference: the provided
# credentials could not be validated).
EC2_CODES = {
    "ExpiredToken": "RequestExpired",
    "InvalidClientTokenId": "AuthFailure",
    "InvalidToken": "AuthFailure",
    "RequestReplayed": "AuthFailure",
    "SignatureDoesNotMatch": "AuthFailure",
}
EC2_STATUSES = {**STATUSES, "AuthFailure": 401}


class SignatureError(Exception):
    """A request that is not authentic, or cannot be shown to be.

    Attributes
    ----------
    code
        AWS's error code, as STS and IAM answer it (`STATUSES`).
    reason
        One line for the operator's log; holds no secret, no expected signature and no token.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return STATUSES.get(self.code, 400)

    @property
    def ec2_code(self) -> str:
        """The code that EC2 answers instead."""
        return EC2_CODES.get(self.code, self.code)

    @property
    def ec2_status(self) -> int:
        """The HTTP status that goes with EC2's code."""
        return EC2_STATUSES.get(self.ec2_code, 400)
