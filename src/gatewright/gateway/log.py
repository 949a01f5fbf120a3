"""The decision log: one JSON object a line for each request; no secret, no token and no parameter is in it."""

from __future__ import annotations

import json
from typing import Any, TextIO

VALUE_LIMIT = 2_000
"""Characters of a value; clients choose some of them."""
_encode = json.JSONEncoder(separators=(",", ":")).encode  # `json.dumps` would make an encoder for each line


class DecisionLog:
    """Writes lines; one that cannot be written is an error to the client of the request that it is about."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, entry: dict[str, Any]) -> None:
        """Write one line, without members that are None."""
        kept = {
            key: value[:VALUE_LIMIT] if isinstance(value, str) else value
            for key, value in entry.items()
            if value is not None
        }
        self._stream.write(_encode(kept) + "\n")
        self._stream.flush()
