"""Keep whom images and snapshots are shared with, for `gatewright serve ec2`.

  import FILE...       add what `aws ec2 describe-images`, `describe-image-attribute --attribute launchPermission`,
                       `describe-snapshots` and `describe-snapshot-attribute` printed; all files or none
  list                 show images and snapshots, owners, and whom they are shared with
  pending              show changes that were sent to the cloud and are not known to be done or refused
  settle ID FILE       end the doubt about one, with what `describe-image-attribute` or its kin prints now

The state is kept in the store of the credentials.  Exit code 0: done; 2: not done.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError, one_of

if TYPE_CHECKING:
    from gatewright.ec2.sharing_state import Intent, Known, SharingState
    from gatewright.terminal import Terminal

NAME = "sharing"
SUMMARY = "keep whom images and snapshots are shared with"

STORE = "credentials.db"
VERBS = ("import", "list", "pending", "settle")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("verb", type=one_of(*VERBS), metavar="VERB", help=f"one of {', '.join(VERBS)}")
    parser.add_argument("names", nargs="*", metavar="FILE|ID", help="files, or an image or snapshot")
    parser.add_argument("--store", default=STORE, metavar="FILE", help="the store (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    from gatewright.ec2.sharing_state import SharingError, SharingState

    if args.verb in ("list", "pending") and args.names:
        raise UsageError(f"`{args.verb}` takes no `{args.names[0]}`")
    if args.verb == "import" and not args.names:
        raise UsageError("`import` needs files", "see `gatewright sharing --help`")
    if args.verb == "settle" and len(args.names) != 2:
        raise UsageError("`settle` needs an image or snapshot and a file", "see `gatewright sharing --help`")
    try:
        with SharingState(args.store) as state:
            return _do(args, state, terminal)
    except SharingError as error:
        raise UsageError(str(error)) from None


def _do(args: Namespace, state: SharingState, terminal: Terminal) -> int:
    from gatewright.ec2.sharing_files import read_sharing

    if args.verb == "import":
        items, grantees = read_sharing(args.names)
        counts = state.import_items(items, grantees)
        if args.json:
            terminal.json({"items": counts[0], "permissions": counts[1]})
        else:
            terminal.say(f"{args.store}: {counts[0]} images and snapshots, permissions of {counts[1]}")
    elif args.verb == "list":
        found = state.list()
        if args.json:
            terminal.json([_members(known) for known in found])
        else:
            for known in found:
                terminal.say(_line(known))
    elif args.verb == "pending":
        intents = state.pending()
        if args.json:
            terminal.json([_intent_members(intent) for intent in intents])
        else:
            for intent in intents:
                terminal.say(f"{intent.change.id}  {_text(intent)}, begun {intent.begun:%Y-%m-%dT%H:%M:%SZ}")
    else:
        _settle(args, state, terminal)
    return 0


def _settle(args: Namespace, state: SharingState, terminal: Terminal) -> None:
    from gatewright.ec2.sharing_files import read_sharing

    name, path = args.names
    intent = next((intent for intent in state.pending() if intent.change.id == name), None)
    if intent is None:
        raise UsageError(f"no change of `{name}` is pending", "see `gatewright sharing pending`")
    _, grantees = read_sharing([path])
    told = grantees.get((intent.change.kind, name))
    if told is None:
        raise UsageError(f"{path}: tells nothing of whom `{name}` is shared with")
    state.settle(intent, told, usable=intent.change.usable)
    if args.json:
        terminal.json({"id": name, "sharedWith": sorted(told)})
    else:
        terminal.say(f"{name}: settled; shared with {', '.join(sorted(told)) or 'nobody'}")


def _members(known: Known) -> dict[str, object]:
    return {
        "kind": known.item.kind,
        "id": known.item.id,
        "owner": known.item.owner,
        "usable": known.item.is_usable,
        "sharedWith": sorted(known.grantees),
        "pending": None if known.intent is None else _intent_members(known.intent),
    }


def _intent_members(intent: Intent) -> dict[str, object]:
    change = intent.change
    return {
        "kind": change.kind,
        "id": change.id,
        "add": list(change.add),
        "remove": list(change.remove),
        "reset": change.is_reset,
        "usable": change.usable,
        "requestId": intent.request_id,
        "begun": intent.begun.isoformat(),
    }


def _line(known: Known) -> str:
    shared = ", ".join(sorted(known.grantees)) or "nobody"
    notes = "" if known.item.is_usable else ", not usable"
    if known.intent is not None:
        notes += f"; pending: {_text(known.intent)}"
    return f"{known.item.id}  owner {known.item.owner}, shared with {shared}{notes}"


def _text(intent: Intent) -> str:
    change = intent.change
    parts = [f"add {', '.join(change.add)}"] if change.add else []
    parts += [f"remove {', '.join(change.remove)}"] if change.remove else []
    parts += ["reset"] if change.is_reset else []
    if change.usable is not None:
        parts.append("enable" if change.usable else "disable")
    return ", ".join(parts)
