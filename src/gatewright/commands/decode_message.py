"""Open the encoded message of a refusal: why was the request denied?

The message is what stands in an answer of the gateway behind `Encoded authorization failure message:`.  `-` reads it
from standard input.  Needs the master keys it was sealed under.  Exit code 0: done; 2: not done.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError

if TYPE_CHECKING:
    from gatewright.terminal import Terminal

NAME = "decode-message"
SUMMARY = "open the encoded message of a refusal"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("message", metavar="MESSAGE", help="the encoded message, or `-`")
    parser.add_argument("--account", required=True, metavar="ID", help="whose request was refused")
    parser.add_argument("--key-file", metavar="FILE", help="the master keys; only its owner may read it")
    parser.add_argument("--json", action="store_true", help="print JSON in one line")


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    try:
        from gatewright.credentials import CredentialError, MasterKeys
        from gatewright.sts import StsError, decode_message
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "cryptography":
            raise
        raise UsageError("this needs `cryptography`", "install it with `pip install 'gatewright[gateway]'`") from None
    text = sys.stdin.read(1 << 16) if args.message == "-" else args.message
    try:
        decoded = decode_message(MasterKeys.load(args.key_file), "".join(text.split()), args.account)
    except CredentialError as error:
        raise UsageError(str(error)) from None
    except StsError:
        hint = "give the key file and the account that it was sealed for"
        raise UsageError("the message cannot be opened", hint) from None
    if args.json:
        terminal.json(json.loads(decoded))
    else:
        for line in json.dumps(json.loads(decoded), indent=2).splitlines():
            terminal.say(line)
    return 0
