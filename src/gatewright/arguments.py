"""Arguments that several commands take, and an argument parser that says what was mistyped."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import NoReturn


class UsageError(Exception):
    """A command line that cannot be understood; one line for people."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)


class ArgumentParser(argparse.ArgumentParser):
    """argparse's parser: full option names only, near names for mistyped ones, errors as `UsageError`."""

    def __init__(self, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see `{self.prog} --help`")

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse; a mistyped option is reported before what is missing because of it."""
        for argument in argv:
            if argument == "--":
                break
            name = argument.partition("=")[0]
            if name.startswith("--") and name not in self._option_string_actions:
                raise UsageError(f"no option `{name}`", self.near(name))
        return self.parse_args(argv)

    def near(self, name: str) -> str:
        """Return the hint for a mistyped option."""
        return suggest(name, [o for o in self._option_string_actions if o.startswith("--")], f"`{self.prog} --help`")


def suggest(name: str, known: Iterable[str], where: str) -> str:
    """Return ``did you mean``, or where the names are listed."""
    near = get_close_matches(name, list(known), 2, 0.6)
    return f"did you mean {' or '.join(f'`{one}`' for one in near)}?" if near else f"see {where}"


def near_path(path: str | os.PathLike[str]) -> str:
    """Return ``did you mean`` for a path whose last name is mistyped, or nothing."""
    folder, name = os.path.split(os.path.normpath(path))
    try:
        names = os.listdir(folder or ".")
    except (OSError, ValueError):
        return ""
    near = get_close_matches(name, names[:1000], 1, 0.6)
    return f"did you mean `{os.path.join(folder, near[0])}`?" if near else ""


def one_of(*names: str) -> Callable[[str], str]:
    """Return an argument type that takes one of the names."""

    def choose(text: str) -> str:
        if text not in names:
            choices = ", ".join(f"`{name}`" for name in names)
            near = get_close_matches(text, names, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"choose from {choices}"
            raise argparse.ArgumentTypeError(f"`{text}` is not known; {hint}")
        return text

    return choose


def positive_count(text: str) -> int:
    """Read a number of things, at least one."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"`{text}` is no count; give a number from 1 on")
    return int(text)


def account_id(text: str) -> str:
    """Read the id of an account."""
    if not (text.isascii() and text.isdigit() and len(text) == 12 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"`{text}` is not the id of an account; it has 12 digits")
    return text


def context_entry(text: str) -> tuple[str, str]:
    """Read ``KEY=VALUE``; the value may be empty and may hold more ``=``."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"`{text}` is not of the form KEY=VALUE")
    return key, value


def context_of(entries: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return the context that ``KEY=VALUE`` pairs make; a key given several times is multivalued.

    Keys are compared without case, as AWS does; the first spelling counts.
    """
    spelling: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for key, value in entries:
        values.setdefault(spelling.setdefault(key.lower(), key), []).append(value)
    return {key: texts[0] if len(texts) == 1 else texts for key, texts in values.items()}
