"""EC2's Query API: requests -> the resources, actions and condition keys that policies judge them by.

    call = parse_request(request, account="123456789012", now=now, peer="203.0.113.9", is_secure=True)
    call.authorize(authorizer, principal, caller).allowed

The replay of logs takes its knowledge of EC2's resources from here too.
"""

from __future__ import annotations

from .addresses import InstanceAddresses, TrustedProxies
from .call import Ec2Call
from .errors import Ec2Error, InventoryError
from .inventory import Facts, Inventory
from .parse import Ec2Settings, parse_request
from .query import HttpMessage, Limits
from .rows import read_rows

__all__ = [
    "Ec2Call",
    "Ec2Error",
    "Ec2Settings",
    "Facts",
    "HttpMessage",
    "InstanceAddresses",
    "Inventory",
    "InventoryError",
    "Limits",
    "TrustedProxies",
    "parse_request",
    "read_rows",
]
