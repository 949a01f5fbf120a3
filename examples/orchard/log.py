"""Calls -> CloudTrail records."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .calls import Call
from .outcome import Error, refuse
from .sessions import Session, stamp
from .store import Document, Principal

Record = dict[str, Any]

GLOBAL_SERVICES = {"iam", "ce", "support", "organizations", "signin"}
"""Services that log in us-east-1, wherever the caller is."""

EARLIER: tuple[tuple[datetime, str, Document], ...] = (
    (
        datetime(2026, 10, 12, 12, 5, tzinfo=UTC),
        "Support",
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "ec2:RebootInstances", "Resource": "*"}],
        },
    ),
)
"""What groups had before the store was printed: until when, which group, which document."""


def as_of(principal: Principal, time: datetime) -> Principal:
    """Return a principal with what its groups had at a time."""
    had = tuple(document for until, group, document in EARLIER if group in principal.groups and time < until)
    return replace(principal, identity=principal.identity + had)


class Log:
    """Collects the records of a month; every identifier comes from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.records: list[Record] = []

    def hex(self, digits: int) -> str:
        """Return an invented hexadecimal text."""
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def uuid(self) -> str:
        """Return an invented identifier in the form of a UUID."""
        text = self.hex(32)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def access_key(self, prefix: str = "ASIA") -> str:
        """Return an invented access key id."""
        return prefix + "".join(self.random.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(9)) + "EXAMPLE"

    def call(
        self,
        session: Session,
        call: Call,
        time: datetime,
        region: str,
        address: str,
        agent: str,
        *,
        then: Error | None = None,
        instead: Error | None = None,
        via_console: bool = False,
    ) -> bool:
        """Record a call with the outcome that the store gives it; tell whether it succeeded.

        ``then`` is an error that an authorized call meets, ``instead`` one that comes before any decision or from a
        policy outside the store.
        """
        region = "us-east-1" if call.service in GLOBAL_SERVICES else region
        asking = replace(session, principal=as_of(session.principal, time))
        error = instead or refuse(asking, call, time, region, address, agent) or then
        record = self.begin(session.identity(), call.service, call.name, time, region, address, agent)
        if error:
            record["errorCode"], record["errorMessage"] = error
            if error[0] == "Client.UnauthorizedOperation":
                record["errorMessage"] += f". Encoded authorization failure message: {self.hex(32)}"
        self.finish(record, call, session.principal.account, is_refused=error is not None)
        if not via_console:
            record["tlsDetails"] = tls_details(call, region)
        if session.is_console:
            record["sessionCredentialFromConsole"] = "true"
        return error is None

    def begin(
        self,
        identity: Mapping[str, Any],
        service: str,
        name: str,
        time: datetime,
        region: str,
        address: str,
        agent: str,
    ) -> Record:
        """Start a record; it is in the log from now on."""
        record: Record = {
            "eventVersion": "1.11",
            "userIdentity": dict(identity),
            "eventTime": stamp(time),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": address,
            "userAgent": agent,
        }
        self.records.append(record)
        return record

    def finish(self, record: Record, call: Call, recipient: str, *, is_refused: bool = False) -> None:
        """Add what follows the error in a record of an API call."""
        request_id = self.uuid()
        response = None if is_refused or call.response is None else dict(call.response)
        if response is not None and call.service == "ec2":
            response = {"requestId": request_id} | response
        record["requestParameters"] = None if call.parameters is None else dict(call.parameters)
        record["responseElements"] = response
        if call.service == "s3":
            record["additionalEventData"] = {"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader"}
        record["requestID"] = request_id
        record["eventID"] = self.uuid()
        record["readOnly"] = call.is_read
        if call.resources:
            record["resources"] = [dict(resource) for resource in call.resources]
        record["eventType"] = "AwsApiCall"
        record["managementEvent"] = not call.is_data
        record["recipientAccountId"] = recipient
        record["eventCategory"] = "Data" if call.is_data else "Management"

    def service_event(
        self, service: str, name: str, time: datetime, region: str, account: str, details: Record
    ) -> None:
        """Record something that an AWS service did by itself."""
        identity = {"accountId": account, "invokedBy": f"{service}.amazonaws.com"}
        origin = f"{service}.amazonaws.com"
        record = self.begin(identity, service, name, time, region, origin, origin)
        record |= {
            "requestParameters": None,
            "responseElements": None,
            "eventID": self.uuid(),
            "readOnly": False,
            "eventType": "AwsServiceEvent",
            "managementEvent": True,
            "recipientAccountId": account,
            "serviceEventDetails": details,
            "eventCategory": "Management",
        }

    def sign_in(
        self, identity: Mapping[str, Any], time: datetime, address: str, agent: str, *, failed: bool = False
    ) -> None:
        """Record a sign-in to the console."""
        record = self.begin(identity, "signin", "ConsoleLogin", time, "us-east-1", address, agent)
        if failed:
            record["errorMessage"] = "Failed authentication"
        record |= {
            "requestParameters": None,
            "responseElements": {"ConsoleLogin": "Failure" if failed else "Success"},
            "additionalEventData": {
                "LoginTo": "https://console.aws.amazon.com/console/home",
                "MobileVersion": "No",
                "MFAUsed": "No" if failed else "Yes",
            },
            "eventID": self.uuid(),
            "readOnly": False,
            "eventType": "AwsConsoleSignIn",
            "managementEvent": True,
            "recipientAccountId": identity["accountId"],
            "eventCategory": "Management",
            "tlsDetails": {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": "signin.aws.amazon.com",
            },
        }


def tls_details(call: Call, region: str) -> dict[str, str]:
    """Name the endpoint that a call went to."""
    host = f"{call.service}.{region}.amazonaws.com"
    if call.service in GLOBAL_SERVICES:
        host = f"{call.service}.amazonaws.com"
    elif call.service == "s3" and call.parameters:
        host = call.parameters["Host"]
    return {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": host}
