"""Recorded requests, one JSON object a line -> messages with the key and the time to verify them by.

Members: ``method``, ``path``, ``query``, ``headers`` (pairs), ``body``, ``access_key``, ``secret_key`` and ``time``;
optionally ``session_token``, ``verify_at`` (a time, or as ``time+40min``), ``account``, ``peer`` and ``is_secure``.
Others are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from gatewright.signing import HttpRequest, SecretKey

LINE_LIMIT = 8 << 20
_LATER = re.compile(r"time\+(\d{1,6})min")


class RecordError(ValueError):
    """A line that is no recorded request; one line for people."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request with what verifies it."""

    line: int
    request: HttpRequest
    access_key: str
    secret: SecretKey = field(repr=False)
    token: str | None = field(repr=False)
    now: datetime
    account: str | None
    peer: str | None
    is_secure: bool | None

    def find_secret(self, access_key: str, token: str | None) -> SecretKey | None:
        """Return the secret of the recorded key; of no other, and only with its session token."""
        return self.secret if (access_key, token) == (self.access_key, self.token) else None


def read_recorded(file: BinaryIO) -> Iterator[Recorded]:
    """Yield the requests of a file; empty lines are skipped.

    Raises
    ------
    RecordError
        A line is no recorded request; the message has its number.
    """
    number = 0
    while raw := file.readline(LINE_LIMIT + 1):
        number += 1
        if len(raw) > LINE_LIMIT:
            raise RecordError(f"{number}: the line is longer than {LINE_LIMIT >> 20} MB")
        if not raw.strip():
            continue
        try:
            row = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise RecordError(f"{number}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise RecordError(f"{number}: no JSON object")
        try:
            yield _read_row(number, row)
        except RecordError as error:
            raise RecordError(f"{number}: {error}") from None


def _read_row(number: int, row: dict[str, Any]) -> Recorded:
    query = _text(row, "query", "")
    target = _text(row, "path") + (f"?{query}" if query else "")
    headers = row.get("headers")
    if not isinstance(headers, list) or not all(_is_pair(pair) for pair in headers):
        raise RecordError("`headers` is no list of names with their values")
    is_secure = row.get("is_secure")
    if is_secure is not None and not isinstance(is_secure, bool):
        raise RecordError("`is_secure` is not true or false")
    token = row.get("session_token")
    try:
        # Characters stand for bytes in a message; JSON has those of UTF-8.
        body = _text(row, "body", "").encode()
        target = target.encode().decode("latin-1")
    except UnicodeEncodeError:
        raise RecordError("a text holds half a character") from None
    return Recorded(
        line=number,
        request=HttpRequest(_text(row, "method"), target, [(name, value) for name, value in headers], body),
        access_key=_text(row, "access_key"),
        secret=SecretKey(_text(row, "secret_key")),
        token=_text(row, "session_token") if token is not None else None,
        now=_read_time(row),
        account=_account(row),
        peer=_text(row, "peer") if row.get("peer") is not None else None,
        is_secure=is_secure,
    )


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)


def _account(row: dict[str, Any]) -> str | None:
    if row.get("account") is None:
        return None
    account = _text(row, "account")
    if not is_account(account):
        raise RecordError("`account` is no number of an account")
    return account


def is_account(text: str) -> bool:
    """Tell whether a text is a number of an account."""
    return len(text) == 12 and text.isascii() and text.isdigit()


def _read_time(row: dict[str, Any]) -> datetime:
    """Return the time to verify a request at."""
    later = _text(row, "verify_at", "time+0min")
    shift = _LATER.fullmatch(later)
    try:
        moment = datetime.fromisoformat(_text(row, "time") if shift else later)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC) + timedelta(minutes=int(shift[1]) if shift else 0)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError("`time` or `verify_at` is no time; write it as 2026-11-26T09:30:00Z") from None


def _text(row: dict[str, Any], name: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str):
        raise RecordError(f"no member `{name}`" if value is None else f"`{name}` is no text")
    return value
