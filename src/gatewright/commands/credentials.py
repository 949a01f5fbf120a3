"""Keep the access keys that requests are signed with.

  init                 make a key file with a master key, and a store
  create ARN           make an access key for a user; its secret is shown this once
  list [ARN]           show the access keys, of all users or one
  rotate KEYID         make a second key for the user of a key, and mark the old one as replaced
  deactivate KEYID     take a key out of use, at once and for good
  rotate-master        add a master key to the key file and seal all secrets under it

Secrets are stored encrypted under the master keys of the key file, or of the variable GATEWRIGHT_MASTER_KEYS.  Exit
code 0: done; 2: not done.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError, one_of

if TYPE_CHECKING:
    from gatewright.credentials import AccessKey, CredentialStore, MasterKeys, NewAccessKey
    from gatewright.terminal import Terminal

NAME = "credentials"
SUMMARY = "keep the access keys that requests are signed with"

STORE = "credentials.db"
TAKES_NAME: dict[str, str | None] = {
    "init": None,
    "create": "the ARN of a user",
    "list": "",
    "rotate": "an access key id",
    "deactivate": "an access key id",
    "rotate-master": None,
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("verb", type=one_of(*TAKES_NAME), metavar="VERB", help=f"one of {', '.join(TAKES_NAME)}")
    parser.add_argument("name", nargs="?", metavar="ARN|KEYID", help="a user, or an access key")
    parser.add_argument("--store", default=STORE, metavar="FILE", help="the store (default: %(default)s)")
    parser.add_argument("--key-file", metavar="FILE", help="the master keys; only its owner may read it")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    wanted = TAKES_NAME[args.verb]
    if wanted is None and args.name is not None:
        raise UsageError(f"`{args.verb}` takes no `{args.name}`")
    if wanted and args.name is None:
        raise UsageError(f"`{args.verb}` needs {wanted}", "see `gatewright credentials --help`")
    try:
        from gatewright.credentials import CredentialError, CredentialStore, MasterKeys
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "cryptography":
            raise
        hint = "install it with `pip install 'gatewright[gateway]'`"
        raise UsageError("this needs `cryptography`", hint) from None
    try:
        if args.verb == "init":
            return _init(args, terminal)
        master_keys = MasterKeys.load(args.key_file)
        if args.verb == "rotate-master":
            return _rotate_master(args, master_keys, terminal)
        with CredentialStore(args.store, master_keys) as store:
            return _change(args, store, terminal)
    except CredentialError as error:
        raise UsageError(str(error)) from None


def _init(args: Namespace, terminal: Terminal) -> int:
    from gatewright.credentials import CredentialStore, MasterKeys

    if os.path.lexists(args.store):
        raise UsageError(f"{args.store}: there is a file already", "name another one with `--store`")
    if args.key_file is None:
        master_keys, what = MasterKeys.load(), ""
    elif os.path.lexists(args.key_file):
        master_keys, what = MasterKeys.load(args.key_file), ""
    else:
        master_keys, what = MasterKeys.generate(), f"{args.key_file}: made a master key; keep a copy of it elsewhere"
        master_keys.save(args.key_file)
    CredentialStore(args.store, master_keys, create=True).close()
    if args.json:
        terminal.json({"store": args.store, "keyFile": args.key_file, "masterKey": master_keys.ids[0]})
        return 0
    if what:
        terminal.say(what)
    terminal.say(f"{args.store}: made a store of credentials")
    return 0


def _rotate_master(args: Namespace, master_keys: MasterKeys, terminal: Terminal) -> int:
    from gatewright.credentials import CredentialStore

    if args.key_file is None:
        raise UsageError("`rotate-master` needs `--key-file`", "it cannot change the environment")
    # Opened before the file changes, so that a mistyped store leaves it alone.
    CredentialStore(args.store, master_keys).close()
    renewed = master_keys.with_new()
    # Saved first: no secret may ever be sealed under a key that exists in memory alone.
    renewed.save(args.key_file, replace=True)
    with CredentialStore(args.store, renewed) as store:
        count = store.reseal()
    if args.json:
        terminal.json({"masterKey": renewed.ids[0], "resealed": count})
        return 0
    terminal.say(f"{args.key_file}: added the master key {renewed.ids[0]}; sealed {count} secrets under it")
    terminal.say("older master keys open the session tokens that are out; remove them once those have expired")
    return 0


def _change(args: Namespace, store: CredentialStore, terminal: Terminal) -> int:
    if args.verb == "list":
        keys = store.list(args.name)
        if args.json:
            terminal.json([_members(key) for key in keys])
        else:
            for key in keys:
                terminal.say(_line(key))
    elif args.verb == "deactivate":
        key = store.deactivate(args.name)
        if args.json:
            terminal.json(_members(key))
        else:
            terminal.say(_line(key))
    else:
        _show_new(store.create(args.name) if args.verb == "create" else store.rotate(args.name), args, terminal)
    return 0


def _show_new(new: NewAccessKey, args: Namespace, terminal: Terminal) -> None:
    if args.json:
        terminal.json({**_members(new.key), "secretAccessKey": new.secret.reveal()})
        return
    terminal.say(f"user               {new.key.arn}")
    terminal.say(f"access key id      {new.key.access_key_id}")
    terminal.say(f"secret access key  {new.secret.reveal()}")
    if args.verb == "rotate":
        terminal.warn(f"{args.name} is still active; deactivate it once nobody uses it")
    terminal.warn("the secret is not shown again")


def _members(key: AccessKey) -> dict[str, str | None]:
    return {
        "accessKeyId": key.access_key_id,
        "arn": key.arn,
        "account": key.account,
        "userName": key.user,
        "status": key.status,
        "createDate": key.created,
        "deactivateDate": key.deactivated,
        "replacedBy": key.replaced_by,
        "masterKey": key.master_key,
    }


def _line(key: AccessKey) -> str:
    more = f", replaced by {key.replaced_by}" if key.replaced_by else ""
    status = "active" if key.status == "Active" else f"inactive since {key.deactivated}"
    return f"{key.access_key_id}  {key.arn}  {status}, made {key.created}{more}"
