"""Where a request came from (R124)."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from ec2_requests import form, parse

from gatewright.ec2 import Ec2Error, Ec2Settings, InstanceAddresses, InventoryError, TrustedProxies
from gatewright.ec2.addresses import read_address

PROXIES = TrustedProxies(["10.0.0.0/24", "2001:db8::/64", "192.0.2.7"])


def client(peer: str, *hops: str) -> str | None:
    found = PROXIES.find_client(peer, [("X-Forwarded-For", hop) for hop in hops])
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("peer", "hops", "expected"),
    [
        ("198.51.100.1", [], "198.51.100.1"),
        ("198.51.100.1", ["203.0.113.5"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["8.8.8.8, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["8.8.8.8, 203.0.113.5, 10.0.0.2"], "203.0.113.5"),
        ("10.0.0.1", ["8.8.8.8", "203.0.113.5", "10.0.0.2 , 192.0.2.7"], "203.0.113.5"),
        ("10.0.0.1", ["nonsense, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["203.0.113.5:443"], "203.0.113.5"),
        ("2001:db8::1", ["[2001:db8:1::9]:443"], "2001:db8:1::9"),
        ("2001:db8::1", ["[2001:db8:1::9]"], "2001:db8:1::9"),
        ("2001:db8::1", ["2001:db8:1::9"], "2001:db8:1::9"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", [], None),
        ("10.0.0.1", [" "], None),
    ],
)
def test_the_client_is_the_first_untrusted_hop_from_the_right(peer: str, hops: list[str], expected: str | None) -> None:
    """Only trusted proxies are believed, from right to left; one that tells nothing leaves the address unknown."""
    assert client(peer, *hops) == expected


@pytest.mark.parametrize(
    "hop",
    [
        *(
            "unknown",
            "203.0.113.5, ",
            "203.0.113.256",
            "203.0.113.5:",
            "203.0.113.5:http",
            "[2001:db8::1",
            "fe80::1%eth0",
        ),
        *("_hidden", "203.0.113.5 8.8.8.8", "010.0.0.1", "x" * 5_000, ",".join(["10.0.0.9"] * 40)),
    ],
)
def test_malformed_hops_fail_closed(hop: str) -> None:
    """A hop that has to be read and is no address refuses the request."""
    with pytest.raises(Ec2Error) as caught:
        client("10.0.0.1", hop)
    assert caught.value.code == "InvalidParameterValue"


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "1.2.3.4/32", "::1%lo", "1" * 60])
def test_a_peer_is_an_address(text: str) -> None:
    """Nothing else is taken for one."""
    with pytest.raises(Ec2Error):
        read_address(text)


@pytest.mark.parametrize("text", ["10.0.0.1/24", "proxy", "", "10.0.0.0/33"])
def test_networks_of_proxies_are_networks(text: str) -> None:
    """A mistyped network is refused when it is given."""
    with pytest.raises(InventoryError, match="is no network"):
        TrustedProxies([text])


def instance(private: str | None, public: str | None = None, *more: tuple[str, str | None]) -> dict[str, Any]:
    entries = [
        {"PrivateIpAddress": one, **({"Association": {"PublicIp": other}} if other else {})} for one, other in more
    ]
    found: dict[str, Any] = {"NetworkInterfaces": [{"PrivateIpAddresses": entries}]}
    if private:
        found["PrivateIpAddress"] = private
    if public:
        found["PublicIpAddress"] = public
    return found


def write(path: Path, *instances: dict[str, Any]) -> Path:
    file = path / "instances.json"
    file.write_text(json.dumps({"Reservations": [{"Instances": [one]} for one in instances]}))
    return file


def test_instances_are_seen_by_their_public_addresses(tmp_path: Path) -> None:
    """Each private address stands for its public one; behind a NAT gateway, and used twice, it is unknown (R124)."""
    table = InstanceAddresses.load(
        write(
            tmp_path,
            instance("10.1.0.5", "203.0.113.5"),
            instance("10.1.0.6", "203.0.113.6", ("10.1.0.6", "203.0.113.6"), ("10.1.0.60", "203.0.113.60")),
            instance("10.1.0.7"),
            instance("10.1.0.8", "203.0.113.8"),
            instance("10.1.0.8", "203.0.113.80"),
            instance("10.1.0.9"),
            instance("10.1.0.9", "203.0.113.9"),
            instance(None),
        )
    )
    seen = {
        private: table.as_aws_sees(ip_address(private))
        for private in ("10.1.0.5", "10.1.0.6", "10.1.0.60", "10.1.0.7", "10.1.0.8", "10.1.0.9", "10.1.0.1")
    }
    assert {key: value and str(value) for key, value in seen.items()} == {
        "10.1.0.5": "203.0.113.5",
        "10.1.0.6": "203.0.113.6",
        "10.1.0.60": "203.0.113.60",
        "10.1.0.7": None,
        "10.1.0.8": None,
        "10.1.0.9": None,
        "10.1.0.1": "10.1.0.1",
    }
    assert len(table) == 6 and repr(table) == "InstanceAddresses of 6"


def test_pages_of_instances_are_one_table(tmp_path: Path) -> None:
    """A list of documents is read as one."""
    file = tmp_path / "pages.json"
    file.write_text(json.dumps([{"Reservations": []}, {"Reservations": [{"Instances": [instance("10.1.0.5")]}]}]))
    assert len(InstanceAddresses.load(file)) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[" * 100_000, "{}", "[1]", "null", '{"Reservations": 1}', '{"Reservations": [1]}'),
        *('{"Reservations": [{"Instances": [1]}]}', '{"Reservations": [{"Instances": [{"PrivateIpAddress": 1}]}]}'),
        '{"Reservations": [{"Instances": [{"PrivateIpAddress": "x"}]}]}',
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    """A file that describes no instances is refused in one line that names it."""
    file = tmp_path / "instances.json"
    file.write_text(text)
    with pytest.raises(InventoryError) as caught:
        InstanceAddresses.load(file)
    assert str(caught.value).startswith(f"{file}: ") and "\n" not in str(caught.value)


def test_the_source_of_a_call_goes_through_proxies_and_table() -> None:
    """``aws:SourceIp`` is the public address of the instance that the proxy names, or unknown."""
    table = InstanceAddresses([("10.1.0.5", "203.0.113.5"), ("10.1.0.6", None)])
    settings = Ec2Settings(proxies=PROXIES, addresses=table)
    request = form("DescribeInstances")
    for hop, expected in (("10.1.0.5", "203.0.113.5"), ("10.1.0.6", None), ("8.8.8.8", "8.8.8.8")):
        request.headers = [("Host", "ec2.eu-west-1.amazonaws.com"), ("X-Forwarded-For", hop)]
        call = parse(request, settings, peer="10.0.0.4")
        assert call.context.get("aws:SourceIp") == expected
        assert ("aws:SourceIp" in call.unknown_context) is (expected is None)
