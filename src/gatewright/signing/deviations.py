"""What clients do differently from AWS's documents, and what a gateway may put up with."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING


class Deviation(Enum):
    """A deviation from the documented signature; the value is the reason to tolerate it."""

    TIME_WITHOUT_ZONE = "AWS's own example of version 2 has a Timestamp without `Z`; it is read as UTC"
    TIME_WITH_FRACTION = "Java clients (typica, the early SDK) send milliseconds: `2011-07-15T00:00:00.000Z`"
    TIME_WITH_OFFSET = "PHP clients send what its date format `c` makes: `2011-07-15T00:00:00+00:00`"
    SIGNATURE_WITH_BARE_PLUS = "clients that paste the base64 signature into the query leave `+` unescaped"
    AUTHORIZATION_WITHOUT_SPACES = "clients of version 4 that join the parts of Authorization by `,` instead of `, `"
    HOST_WITHOUT_PORT = "clients that connect to another port name it in Host, but sign the name alone"
    DATE_HEADER = "clients of version 4 that cannot set X-Amz-Date sign the Date header of HTTP"
    CONTENT_TYPE_UNSIGNED = "clients of version 4 whose HTTP library sets Content-Type after signing"
    TOKEN_ADDED_AFTER_SIGNING = "AWS's suite adds the session token to a request already signed; tokens are sealed"
    PLUS_FOR_SPACE = "clients of version 4 whose form encoder writes `+` for a space in the query"
    REPEATED_HEADER = "AWS's suite joins the values of a header that occurs several times by commas"
    FOLDED_HEADER = "AWS's suite has a header of several lines; HTTP/1.1 abolished them in 2014"
    REPEATED_PARAMETER = "AWS's suite repeats a query parameter; its values are signed in order"
    UNENCODED_TARGET = "AWS's suite sends spaces and UTF-8 in the path as they are; HTTP does not allow it"

    # Members are singletons; Enum's own hash is Python code, and a verification asks for several (Python 3.11: 90 ns).
    if not TYPE_CHECKING:
        __hash__ = object.__hash__


TOLERATED = frozenset(
    (
        Deviation.TIME_WITHOUT_ZONE,
        Deviation.TIME_WITH_FRACTION,
        Deviation.TIME_WITH_OFFSET,
        Deviation.SIGNATURE_WITH_BARE_PLUS,
        Deviation.AUTHORIZATION_WITHOUT_SPACES,
    )
)
"""Tolerated unless said otherwise: none of them lets two readers of a request see different things."""
