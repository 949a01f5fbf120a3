"""The decision log: one JSON object a line for each request; no secret, no token and no parameter is in it."""

from __future__ import annotations

import json
from typing import Any, TextIO

VALUE_LIMIT = 2_000
"""Characters of a text; clients choose some of them."""
LIST_LIMIT = 100
_encode = json.JSONEncoder(separators=(",", ":")).encode  # `json.dumps` would make an encoder for each line


class DecisionLog:
    """Writes lines; one that cannot be written is an error to the client of the request that it is about.

    Attributes
    ----------
    failure
        Why the last line could not be written, None where it was.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: str | None = None

    def write(self, entry: dict[str, Any]) -> bool:
        """Write one line, without members that are None; tell whether that worked."""
        kept = {key: _cut(value) for key, value in entry.items() if value is not None}
        try:
            self._stream.write(_encode(kept) + "\n")
            self._stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            self.failure = str(error).lower() or type(error).__name__
            return False
        self.failure = None
        return True

    def try_again(self) -> str | None:
        """Write what could not be written, and return why it still cannot be."""
        if self.failure is not None:
            try:
                self._stream.flush()
                self.failure = None
            except (OSError, ValueError) as error:
                self.failure = str(error).lower() or type(error).__name__
        return self.failure


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:VALUE_LIMIT]
    if isinstance(value, list):
        return [_cut(one) for one in value[:LIST_LIMIT]]
    return {key: _cut(one) for key, one in value.items()} if isinstance(value, dict) else value
