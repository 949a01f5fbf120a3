"""The Security Token Service, as functions: parameters of its Query API to XML responses.

There is no server in it: whoever has verified a request calls `answer` with its parameters and its caller.
"""

from __future__ import annotations

from gatewright.sts.answer import answer
from gatewright.sts.errors import StsError
from gatewright.sts.messages import decode_message, encode_message
from gatewright.sts.responses import Response
from gatewright.sts.world import Caller, Role, World

__all__ = ["Caller", "Response", "Role", "StsError", "World", "answer", "decode_message", "encode_message"]
