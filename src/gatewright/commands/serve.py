"""Serve the EC2 API in front of a cloud: authenticate, decide, and forward what is allowed.

  gatewright serve ec2 --store STORE --credentials credentials.db --key-file master.keys --upstream http://127.0.0.1:5000

Answers STS on the same port.  SIGHUP and changes of the store reload the policies; SIGTERM ends it.  Exit code 0:
ended; 2: cannot start.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError, one_of, positive_count

if TYPE_CHECKING:
    from gatewright.gateway.settings import Settings
    from gatewright.terminal import Terminal

NAME = "serve"
SUMMARY = "serve the EC2 API in front of a cloud"

_NEEDED = ("cryptography", "httptools", "prometheus_client", "uvicorn", "watchfiles")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("api", type=one_of("ec2"), metavar="API", help="`ec2`")
    parser.add_argument("--store", required=True, metavar="STORE", help="the policy store")
    parser.add_argument("--credentials", required=True, metavar="FILE", help="access keys, and what is shared")
    parser.add_argument("--key-file", metavar="FILE", help="the master keys; only its owner may read it")
    parser.add_argument("--upstream", required=True, metavar="URL", help="the cloud")
    parser.add_argument("--upstream-keys", metavar="FILE", help="keys for the cloud, by account; without: unsigned")
    parser.add_argument("--listen", default="127.0.0.1:8773", metavar="HOST:PORT", help="(default: %(default)s)")
    parser.add_argument("--admin", default="127.0.0.1:8774", metavar="HOST:PORT", help="health and metrics; - for none")
    parser.add_argument("--tls-certificate", metavar="FILE", help="serve HTTPS")
    parser.add_argument("--tls-key", metavar="FILE", help="the key of the certificate")
    parser.add_argument("--region", metavar="REGION", help="where the cloud is; else as signed, or as Host says")
    parser.add_argument("--proxy", action="append", default=[], metavar="NETWORK", help="a proxy that is trusted")
    parser.add_argument("--instances", metavar="FILE", help="output of `aws ec2 describe-instances`: their addresses")
    parser.add_argument("--tolerate", action="append", default=[], metavar="NAME", help="a deviation of clients")
    parser.add_argument("--log", default="-", metavar="FILE", help="the decision log (default: standard output)")
    parser.add_argument("--concurrency", type=positive_count, default=256, metavar="N", help="requests at a time")
    parser.add_argument("--upstream-timeout", type=positive_count, default=60, metavar="SECONDS", help="for the cloud")
    parser.add_argument("--client-timeout", type=positive_count, default=20, metavar="SECONDS", help="for a request")
    parser.add_argument("--allow-replay", action="store_true", help="take the signature of a change more than once")


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    try:
        from gatewright.credentials import CredentialError, MasterKeys
        from gatewright.ec2 import InventoryError
        from gatewright.ec2.sharing_state import SharingError
        from gatewright.gateway.log import DecisionLog
        from gatewright.gateway.server import open_listener, serve
        from gatewright.gateway.settings import GatewayError
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _NEEDED:
            raise
        raise UsageError(f"this needs `{name}`", "install it with `pip install 'gatewright[gateway]'`") from None
    if (args.tls_certificate is None) != (args.tls_key is None):
        raise UsageError("`--tls-certificate` and `--tls-key` go together")
    try:
        settings = _settings(args)
        master_keys = MasterKeys.load(args.key_file)
        with open_listener(args.listen) as listener:
            admin = None if args.admin == "-" else open_listener(args.admin)
            stream = terminal.out if args.log == "-" else open(args.log, "a", encoding="ascii", opener=_private)
            tls = (args.tls_certificate, args.tls_key) if args.tls_key else None
            say = lambda line: terminal.warn("gatewright: ", line)  # noqa: E731
            serve(settings, master_keys, listener, admin, DecisionLog(stream), say, tls)
    except (CredentialError, InventoryError, SharingError, GatewayError) as error:
        raise UsageError(str(error)) from None
    return 0


def _settings(args: Namespace) -> Settings:
    from gatewright.ec2 import Ec2Settings, InstanceAddresses, TrustedProxies
    from gatewright.gateway.settings import Settings
    from gatewright.gateway.upstream import read_keys
    from gatewright.signing.deviations import TOLERATED, Deviation

    known = {deviation.name: deviation for deviation in Deviation}
    for name in args.tolerate:
        if name not in known:
            raise UsageError(f"`{name}` is no deviation", "docs/credentials.md lists them")
    addresses = InstanceAddresses.load(args.instances) if args.instances else InstanceAddresses()
    return Settings(
        store=args.store,
        credentials=args.credentials,
        upstream=args.upstream,
        upstream_keys=read_keys(args.upstream_keys) if args.upstream_keys else None,
        ec2=Ec2Settings(region=args.region, proxies=TrustedProxies(args.proxy), addresses=addresses),
        # STS has an endpoint for all Regions, which signs for the first one.
        regions=None if args.region is None else frozenset({args.region, "us-east-1"}),
        tolerate=frozenset({*TOLERATED, *(known[name] for name in args.tolerate)}),
        concurrency=args.concurrency,
        upstream_seconds=float(args.upstream_timeout),
        client_seconds=float(args.client_timeout),
        replay_capacity=0 if args.allow_replay else 1_000_000,
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
