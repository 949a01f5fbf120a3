"""Read requests of EC2's Query API: `gatewright ec2 verify REQUESTS`.

`verify` reads recorded requests, one JSON object a line with the key, the secret and the time of each (the module
`gatewright.ec2.recorded` lists the members), verifies their signatures as of then, and prints what each asks for: the
action, the resources that it is judged on, and their condition keys.  Exit code 0: all are accepted; 1: some are
refused; 2: the file cannot be read.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO

from gatewright.arguments import UsageError, near_path, one_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from gatewright.ec2 import Ec2Call, Ec2Settings
    from gatewright.ec2.recorded import Recorded
    from gatewright.terminal import Terminal

NAME = "ec2"
SUMMARY = "verify requests of EC2's Query API, and show what they ask for"

# Of AWS's documentation: recorded requests name no account.
ACCOUNT = "123456789012"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("task", metavar="TASK", type=one_of("verify"), help="`verify`")
    parser.add_argument("requests", metavar="REQUESTS", help="recorded requests, one a line, or `-`")
    parser.add_argument("--account", default=ACCOUNT, metavar="ID", help=f"the callers' account (default: {ACCOUNT})")
    parser.add_argument(
        "--region", metavar="REGION", help="where the cloud is (default: as the host of a request says)"
    )
    parser.add_argument("--instances", metavar="FILE", help="addresses: what `aws ec2 describe-instances` wrote")
    parser.add_argument(
        "--proxy", action="append", default=[], metavar="NETWORK", help="proxies whose X-Forwarded-For is believed"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per request")


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    from gatewright.ec2.recorded import RecordError, is_account, read_recorded

    if not is_account(args.account):
        raise UsageError(f"`{args.account}` is no account", "give its 12 digits")
    settings = _settings(args)
    refused = 0
    name = "<stdin>" if args.requests == "-" else args.requests
    with _open(args.requests) as file:
        try:
            for recorded in read_recorded(file):
                members = _verify(recorded, args.account, settings)
                refused += not members["accepted"]
                if args.json:
                    terminal.json(members)
                else:
                    _write(members, terminal)
        except RecordError as error:
            raise UsageError(f"{name}:{error}") from None
    return 1 if refused else 0


def _settings(args: Namespace) -> Ec2Settings:
    from gatewright.ec2 import Ec2Settings, InstanceAddresses, InventoryError, TrustedProxies

    try:
        addresses = InstanceAddresses.load(args.instances) if args.instances is not None else InstanceAddresses()
        return Ec2Settings(region=args.region, proxies=TrustedProxies(args.proxy), addresses=addresses)
    except InventoryError as error:
        raise UsageError(str(error)) from None


def _open(path: str) -> AbstractContextManager[BinaryIO]:
    if path == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file", near_path(path)) from None
    except ValueError:  # a NUL byte in the name
        raise UsageError(f"`{path}` is not a file name") from None


def _verify(recorded: Recorded, account: str, settings: Ec2Settings) -> dict[str, Any]:
    """Return what is said of a request; where its signature is wrong too, that counts, as with EC2."""
    from gatewright.ec2 import Ec2Error, parse_request
    from gatewright.signing import SignatureError, verify_request

    call = fault = None
    try:
        call = parse_request(
            recorded.request,
            account=recorded.account or account,
            now=recorded.now,
            peer=recorded.peer,
            is_secure=recorded.is_secure,
            settings=settings,
        )
    except Ec2Error as error:
        fault = (error.code, error.reason, error.status)
    members: dict[str, Any] = {"line": recorded.line, "accepted": False}
    try:
        verified = verify_request(
            recorded.request,
            keys=recorded.find_secret,
            now=recorded.now,
            services=("ec2",),
            regions=None if call is None else (call.region,),
        )
        members |= {"access_key": verified.access_key_id, "signature": verified.version}
    except SignatureError as error:
        fault = (error.ec2_code, error.reason, error.ec2_status)
    members["accepted"] = fault is None
    if fault is not None:
        members |= dict(zip(("code", "reason", "status"), fault, strict=True))
    return members if call is None else members | _call_members(call)


def _call_members(call: Ec2Call) -> dict[str, Any]:
    return {
        "action": call.action,
        "version": call.version,
        "region": call.region,
        "authorizations": [
            {
                "action": item.action or call.action,
                "kind": kind or None,
                "resource": item.resource,
                "context": item.context,
                "unknown": list(unknown),
            }
            for item, kind, unknown in zip(call.authorizations, call.kinds, call.unknown, strict=True)
        ],
        "context": call.context,
        "unknown": list(call.unknown_context),
        "unmapped": list(call.unmapped),
    }


def _write(members: dict[str, Any], terminal: Terminal) -> None:
    word, style = ("accepted", "bold green") if members["accepted"] else (members["code"], "bold red")
    action = f" {members['action']} {members['version']} in {members['region']}" if "action" in members else ""
    reason = "" if members["accepted"] else f": {members['reason']}"
    terminal.say(f"{members['line']}{action} ", (word, style), reason)
    for item in members.get("authorizations", ()):
        other = f" ({item['action']})" if item["action"] != members["action"] else ""
        resource = item["resource"] or f"an unknown {item['kind'] or 'resource'}"
        terminal.say(f"  {resource}{other}")
        for key, value in sorted(item["context"].items()):
            terminal.say(f"    {key} = {_shown(value)}")
        if item["unknown"]:
            terminal.say(f"    unknown: {', '.join(item['unknown'])}")
    if members.get("unmapped"):
        terminal.say(f"  not mapped: {', '.join(members['unmapped'])}")


def _shown(value: str | list[str] | None) -> str:
    if value is None:
        return "(absent)"
    return ", ".join(value) if isinstance(value, list) else value
