"""Replay."""

from argparse import ArgumentParser, Namespace

from gatewright.terminal import Terminal

NAME = "replay"
SUMMARY = "decide the requests of CloudTrail logs, and compare a proposed store"


def add_arguments(parser: ArgumentParser) -> None: ...
def run(args: Namespace, terminal: Terminal) -> int:
    return 0
