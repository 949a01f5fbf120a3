"""Where a request came from: through proxies that are trusted, and from instances by their public addresses (R124)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

from .errors import Ec2Error, InventoryError, shown

Address = IPv4Address | IPv6Address

# As much as a chain of proxies writes; what is longer is no chain but an attempt to make the gateway work.
HOP_LIMIT = 32
HEADER_LIMIT = 4_096


class TrustedProxies:
    """The proxies whose ``X-Forwarded-For`` is believed; without any, the peer is the client.

    Parameters
    ----------
    networks
        Networks or addresses of the proxies, as ``10.0.0.0/24``.

    Raises
    ------
    InventoryError
        One is no network.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        for text in networks:
            try:
                self._networks.append(ip_network(text))
            except ValueError:
                raise InventoryError(f"`{shown(text)}` is no network; write it as `10.0.0.0/24`") from None

    def trusts(self, address: Address) -> bool:
        """Tell whether an address is a proxy's."""
        return any(address in network for network in self._networks)

    def find_client(self, peer: str, headers: Iterable[tuple[str, str]]) -> Address | None:
        """Return the address of whoever sent the request, or None where a trusted proxy does not tell it.

        The list is read from the right, where the nearest proxy writes; the first address that is no trusted proxy's is
        the client's.  What stands left of it anybody may have written.

        Raises
        ------
        Ec2Error
            The peer or a hop that is read is no address; nobody's address is taken then.
        """
        address = read_address(peer)
        if not self.trusts(address):
            return address
        text = ",".join(value for name, value in headers if name.lower() == "x-forwarded-for")
        if not text.strip():
            return None
        if len(text) > HEADER_LIMIT:
            raise Ec2Error("InvalidParameterValue", f"`X-Forwarded-For` is longer than {HEADER_LIMIT:,} characters")
        for number, hop in enumerate(reversed(text.split(","))):
            if number == HOP_LIMIT:
                raise Ec2Error("InvalidParameterValue", f"`X-Forwarded-For` names more than {HOP_LIMIT} hops")
            address = read_address(_without_port(hop.strip(" \t")))
            if not self.trusts(address):
                return address
        return address


def read_address(text: str) -> Address:
    """Read an address; an IPv4 address in IPv6 form is the IPv4 address.

    Raises
    ------
    Ec2Error
        It is none.
    """
    address = _read_address(text) if len(text) <= 45 and "%" not in text else None
    if address is None:
        raise Ec2Error("InvalidParameterValue", f"`{shown(text)}` is no address of a client or proxy")
    return address


# Clients come again.
@lru_cache(maxsize=4096)
def _read_address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _without_port(hop: str) -> str:
    """Drop the port that some proxies add: ``192.0.2.1:80``, ``[2001:db8::1]:80``."""
    if hop.startswith("["):
        host, bracket, port = hop[1:].partition("]")
        return host if bracket and (not port or _is_port(port)) else hop
    host, colon, port = hop.partition(":")
    return host if colon and ":" not in port and _is_port(colon + port) else hop


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isascii() and text[1:].isdigit() and len(text) <= 6


class InstanceAddresses:
    """The public address of each private address of the account's instances.

    AWS sees a call from an instance come from its public address, Elastic IP or not; a gateway inside the network sees
    the private one.
    """

    def __init__(self, pairs: Iterable[tuple[str, str | None]] = ()) -> None:
        self._public: dict[Address, Address | None] = {}
        for private, public in pairs:
            one = _address(private)
            other = None if public is None else _address(public)
            # Networks may use an address twice; which of the two instances called is unknown then.
            self._public[one] = other if self._public.get(one, other) == other else None

    def __len__(self) -> int:
        return len(self._public)

    def __repr__(self) -> str:
        return f"InstanceAddresses of {len(self)}"

    @classmethod
    def load(cls, path: str | Path) -> InstanceAddresses:
        """Load what ``aws ec2 describe-instances`` wrote, one document or several pages in a list.

        Raises
        ------
        InventoryError
            It is no such document; the message names the file.
        """
        try:
            document = json.loads(Path(path).read_bytes())
        except (ValueError, RecursionError) as error:
            raise InventoryError(f"{path}: not JSON: {error}") from None
        try:
            return cls(read_instances(document))
        except InventoryError as error:
            raise InventoryError(f"{path}: {error}") from None

    def as_aws_sees(self, address: Address) -> Address | None:
        """Return the address that AWS would see; None where it is unknown, as with an instance behind a NAT gateway."""
        return self._public.get(address, address)


def _address(text: str) -> Address:
    try:
        return read_address(text)
    except Ec2Error:
        raise InventoryError(f"`{shown(text)}` is no address") from None


def read_instances(document: object) -> Iterator[tuple[str, str | None]]:
    """Yield private and public addresses of the instances that a document describes.

    Raises
    ------
    InventoryError
        It is none that describes instances.
    """
    for page in document if isinstance(document, list) else [document]:
        if not isinstance(page, dict) or not isinstance(page.get("Reservations"), list):
            raise InventoryError("no `Reservations`; give it what `aws ec2 describe-instances` writes")
        for reservation in page["Reservations"]:
            for instance in _entries(reservation, "Instances"):
                yield from _pairs(instance)


def _pairs(instance: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    found: dict[str, str | None] = {}
    for interface in _entries(instance, "NetworkInterfaces"):
        for entry in _entries(interface, "PrivateIpAddresses"):
            association = entry.get("Association")
            public = association.get("PublicIp") if isinstance(association, dict) else None
            if private := _text(entry, "PrivateIpAddress"):
                found[private] = public if isinstance(public, str) else None
    private = _text(instance, "PrivateIpAddress")
    if private and found.get(private) is None:
        found[private] = _text(instance, "PublicIpAddress")
    yield from found.items()


def _entries(holder: object, name: str) -> list[dict[str, Any]]:
    entries = holder.get(name, []) if isinstance(holder, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InventoryError(f"`{name}` is no list of objects; give it what `aws ec2 describe-instances` writes")
    return entries


def _text(holder: dict[str, Any], name: str) -> str | None:
    value = holder.get(name)
    if value is not None and not isinstance(value, str):
        raise InventoryError(f"`{name}` is no text")
    return value or None
