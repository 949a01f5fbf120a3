"""The command line: ``gatewright COMMAND ...``.

Bad input ends in one line on standard error and an exit code, never in a traceback.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

from gatewright.arguments import ArgumentParser, UsageError, suggest
from gatewright.commands import COMMANDS
from gatewright.terminal import Terminal

FAILED = 2  # bad usage, unreadable input, or a bug: no answer
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
PIPE_CLOSED = 141  # 128 + SIGPIPE

EPILOG = "`gatewright COMMAND --help` explains a command."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    terminal = Terminal()
    try:
        code = _run(arguments, terminal)
        terminal.out.flush()
        return code
    except SystemExit as stop:  # argparse, after --help and --version
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        terminal.warn("gatewright: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away.  Python flushes standard output once more at exit and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        return _report(error, terminal)


def _run(arguments: list[str], terminal: Terminal) -> int:
    parser = _main_parser()
    if not arguments:
        parser.print_help(terminal.err)
        return FAILED
    name, rest = arguments[0], arguments[1:]
    if name.startswith("-"):
        if parser.parse(arguments).version:
            import gatewright

            terminal.say(f"gatewright {gatewright.__version__}")
        return 0
    command = next((command for command in COMMANDS if command.NAME == name), None)
    if command is None:
        hint = suggest(name, [command.NAME for command in COMMANDS], f"`{parser.prog} --help`")
        raise UsageError(f"no command `{name}`", hint)
    own = ArgumentParser(f"{parser.prog} {name}", command.__doc__ or command.SUMMARY)
    command.add_arguments(own)
    return command.run(own.parse(rest), terminal)


def _main_parser() -> ArgumentParser:
    width = max(len(command.NAME) for command in COMMANDS)
    listed = "\n".join(f"  {command.NAME:{width}}  {command.SUMMARY}" for command in COMMANDS)
    parser = ArgumentParser("gatewright", f"IAM policies, compiled.\n\ncommands:\n{listed}", EPILOG)
    parser.usage = "gatewright [--help] [--version] COMMAND ..."
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    return parser


def _report(error: Exception, terminal: Terminal) -> int:
    """Say in one line what went wrong."""
    if os.environ.get("GATEWRIGHT_DEBUG"):
        terminal.err.write(traceback.format_exc())
    for line in _lines(error):
        terminal.warn("gatewright: ", line)
    return FAILED


def _lines(error: Exception) -> list[str]:
    from gatewright.compiler.errors import PolicyError, Severity

    if isinstance(error, PolicyError):
        return [str(finding) for finding in error.findings if finding.severity is Severity.ERROR] or [str(error)]
    # Where the runtime was not loaded, the error is none of its own, and loading it may be what failed.
    runtime = sys.modules.get("gatewright.runtime.errors")
    if isinstance(error, (UsageError, *((runtime.TableError, runtime.RequestError) if runtime else ()))):
        return [f"error: {error}"]
    if isinstance(error, OSError):
        what = (error.strerror or str(error)).lower()
        return [f"error: {error.filename}: {what}" if error.filename else f"error: {what}"]
    if isinstance(error, MemoryError):
        return ["error: out of memory"]
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("gatewright"):
        return [f"error: this needs `{error.name}`; install it with `pip install 'gatewright[cli]'`"]
    return [
        f"internal error: {type(error).__name__}: {error}",
        "this is a bug; run it again with GATEWRIGHT_DEBUG=1 and report what it prints",
    ]
