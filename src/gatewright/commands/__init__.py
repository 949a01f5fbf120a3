"""The commands of ``gatewright``, one file each; the order is that of the help text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gatewright.commands import (
    authorize,
    bench,
    check,
    compile,
    credentials,
    decode_message,
    ec2,
    listing,
    replay,
    serve,
    sharing,
    test,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from gatewright.terminal import Terminal


class Command(Protocol):
    """What a command's module holds."""

    @property
    def NAME(self) -> str: ...

    @property
    def SUMMARY(self) -> str: ...

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        ...

    def run(self, args: Namespace, terminal: Terminal) -> int:
        """Do it and return the exit code."""
        ...


COMMANDS: tuple[Command, ...] = (
    check,
    compile,
    listing,
    authorize,
    test,
    bench,
    replay,
    credentials,
    sharing,
    ec2,
    serve,
    decode_message,
)
