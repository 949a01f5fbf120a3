"""CloudTrail's JSON -> typed events, one at a time, so that one bad record spoils no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

EVENT_LIMIT = 256 * 1024
"""Bytes of one event; CloudTrail delivers none that is larger."""


class Issuer(msgspec.Struct, rename="camel", gc=False):
    """Who issued temporary credentials; for a role session its role, with the path that a session ARN lacks."""

    type: str | None = None
    arn: str | None = None
    user_name: str | None = None


class SessionAttributes(msgspec.Struct, rename="camel", gc=False):
    """Attributes of temporary credentials."""

    creation_date: str | None = None
    mfa_authenticated: str | bool | None = None


class Federation(msgspec.Struct, rename="camel", gc=False):
    """The identity provider behind a web identity session."""

    federated_provider: str | None = None


class Session(msgspec.Struct, rename="camel", gc=False):
    """The session context of temporary credentials."""

    session_issuer: Issuer | None = None
    attributes: SessionAttributes | None = None
    web_id_federation_data: Federation | None = None
    source_identity: str | None = None
    ec2_role_delivery: str | None = None
    assumed_root: str | bool | None = None


class Identity(msgspec.Struct, rename="camel", gc=False):
    """Who called."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    session_context: Session | None = None
    invoked_by: str | None = None
    identity_provider: str | None = None


class Resource(msgspec.Struct, gc=False):
    """One entry of an event's ``resources``; both spellings of the ARN occur."""

    upper_arn: str | None = msgspec.field(default=None, name="ARN")
    lower_arn: str | None = msgspec.field(default=None, name="arn")
    account_id: str | None = msgspec.field(default=None, name="accountId")

    @property
    def arn(self) -> str | None:
        """The ARN, however spelled; None for an entry that only tells a prefix."""
        return self.upper_arn or self.lower_arn


class Tls(msgspec.Struct, rename="camel", gc=False):
    """What the log tells of the connection."""

    tls_version: str | None = None


class SamlResponse(msgspec.Struct, rename="camel", gc=False):
    """What the response to a call with a SAML assertion tells of the assertion."""

    audience: str | None = None
    issuer: str | None = None
    name_qualifier: str | None = None
    subject: str | None = None
    subject_type: str | None = None


_NOTHING = msgspec.Raw()


class Event(msgspec.Struct, rename="camel", gc=False):
    """One event, with the members that a replay reads; others are skipped."""

    event_source: str | None = None
    event_name: str | None = None
    event_time: str | None = None
    event_type: str | None = None
    event_category: str | None = None
    event_id: str | None = msgspec.field(default=None, name="eventID")
    aws_region: str | None = None
    source_ip_address: str | None = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    recipient_account_id: str | None = None
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")
    vpc_endpoint_id: str | None = None
    user_identity: Identity | None = None
    tls_details: Tls | None = None
    resources: list[Resource | str] | None = None
    request_parameters: Any = None
    response_elements: msgspec.Raw = _NOTHING

    @property
    def saml(self) -> SamlResponse | None:
        """What the response tells of a SAML assertion; None of all other calls, and where it cannot be read."""
        try:
            response: SamlResponse | None = _saml_response.decode(self.response_elements)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return response


class Envelope(msgspec.Struct):
    """A log file as CloudTrail writes it; the records stay text until each is read alone."""

    records: list[msgspec.Raw] | None = msgspec.field(default=None, name="Records")


class EventError(ValueError):
    """A record that cannot be read, with the reason as a user reads it."""


_event = msgspec.json.Decoder(Event, strict=False)
_saml_response = msgspec.json.Decoder(SamlResponse | None)
_envelope = msgspec.json.Decoder(Envelope)
_expected = re.compile(r"Expected `([^`]*)`, got `([^`]*)`(?: - at `\$\.?(.*)`)?")
_names = {"str": "text", "int": "a number", "float": "a number", "bool": "a boolean", "object": "an object"}
_names |= {"array": "a list", "null": "null"}


def _reason(error: Exception) -> str:
    """Say what a decoder found wrong, in our words."""
    if isinstance(error, RecursionError):
        return "the JSON is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "the text is not UTF-8"
    text = str(error)
    if match := _expected.match(text):
        wanted = " or ".join(_names.get(name, "something else") for name in match[1].split(" | ") if name != "null")
        found = _names.get(match[2], "something else")
        where = f"`{match[3]}` is {found}" if match[3] else f"it is {found}"
        return f"{where}; expected {wanted or 'null'}"
    text = text.removeprefix("JSON is malformed: ").removeprefix("Input data was ")
    return f"not valid JSON: {text[:1].lower()}{text[1:]}"


def decode_event(data: bytes | msgspec.Raw) -> Event:
    """Read one event.

    Raises
    ------
    EventError
        Not JSON, too large, nested too deeply, a member of the wrong type, or no event at all.
    """
    size = memoryview(data).nbytes
    if size > EVENT_LIMIT:
        raise EventError(f"the event has {size} bytes; an event has at most {EVENT_LIMIT}")
    try:
        event = _event.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise EventError(_reason(error)) from None
    if event.event_name is None and event.event_source is None:
        raise EventError("no CloudTrail event: `eventName` and `eventSource` are missing")
    # A response that is not read must not keep the text of its document in memory.
    is_read = event.event_name == "AssumeRoleWithSAML"
    event.response_elements = event.response_elements.copy() if is_read else _NOTHING
    return event


def decode_document(data: bytes | bytearray) -> list[msgspec.Raw]:
    """Take a document apart into its records, or into one when it is a single event.

    Raises
    ------
    EventError
        The document as a whole is not valid JSON or not of that shape; `salvage` may still find records.
    """
    try:
        records = _envelope.decode(data).records
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise EventError(_reason(error)) from None
    return [msgspec.Raw(data)] if records is None else records


# A quote without its partner matches alone and ends the search: without that, a text of escaped quotes
# would be searched again from each of them.
_token = re.compile(rb'"(?:[^"\\]++|\\.)*+"|"|[{}\[\]]', re.DOTALL)


def salvage(data: bytes | bytearray) -> Iterator[tuple[int, int] | None]:
    """Find the records of a damaged document, in linear time.

    Yields
    ------
    tuple of (int, int) or None
        Start and end of each record: an object inside a ``Records`` list, or an object that stands alone.  A final
        None says that the text ends inside a record or holds something that is neither.
    """
    depth = start = start_alone = last = 0
    key = b""
    in_records = saw_records = unfinished = False
    for match in _token.finditer(data):
        token, position = match[0], match.start()
        if depth == 0:
            unfinished |= bool(data[last:position].strip())
        if token == b'"':
            unfinished = True
            break
        if token[0] == 0x22:
            key = token if depth == 1 else key
            unfinished |= depth == 0
        elif token in b"{[":
            if depth == 0:
                start_alone, saw_records = position, False
            elif depth == 1 and token == b"[" and key == b'"Records"':
                in_records = saw_records = True
            elif depth == 2 and token == b"{" and in_records:
                start = position
            depth += 1
        else:
            depth -= 1
            if depth < 0:
                depth, unfinished = 0, True
            elif depth == 2 and token == b"}" and in_records:
                yield start, match.end()
            elif depth == 1:
                in_records = False
            elif depth == 0 and not saw_records:
                yield start_alone, match.end()
        last = match.end()
    if depth or unfinished or data[last:].strip():
        yield None
