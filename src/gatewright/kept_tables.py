"""Tables kept on disk by what they were compiled from: where nothing has changed, compiling costs reading the store.

What is kept is finished tables, which are verified when they are opened.  What single documents say is not kept: to
write and to read it takes as long as to find it out, and whoever could write it would decide what policies mean.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gatewright.arguments import UsageError
from gatewright.runtime import Table, TableError

KEPT_TABLES = 8
"""Tables kept in a folder, the last ones used."""
KEPT_BYTES = 1 << 30
"""Bytes of the tables kept in a folder, but for the last one."""
_NAME = re.compile(r"[0-9a-f]{64}-(\d{1,9})\.gwt\Z")


class KeptTable(NamedTuple):
    """A table as it was compiled, and how many findings its store had."""

    table: Table
    finding_count: int


class KeptTables:
    """A folder of tables.

    Raises
    ------
    UsageError
        The folder cannot be made, or others than this user may write there: a table is what it allows.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder: Path = Path(folder)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = self.folder.stat()
        except OSError as error:
            raise UsageError(f"{folder}: cannot be made a folder: {(error.strerror or str(error)).lower()}") from None
        is_others = hasattr(os, "geteuid") and status.st_uid != os.geteuid()
        if is_others or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            hint = "tables are kept where nobody else can write"
            raise UsageError(f"{folder}: others may write to this folder", hint)

    def find(self, key: str) -> KeptTable | None:
        """Return the table of a key; one that is damaged, or of another version, is none."""
        for path in self.folder.glob(f"{key}-*.gwt"):
            match = _NAME.match(path.name)
            if match is not None:
                with suppress(OSError, TableError):
                    kept = KeptTable(Table.open(path), int(match[1]))
                    os.utime(path)
                    return kept
        return None

    def keep(self, key: str, table: Table, finding_count: int) -> None:
        """Keep a table, and forget the ones not used for longest where there are too many."""
        for path in self.folder.glob(f"{key}-*.gwt"):
            path.unlink(missing_ok=True)
        table.save(self.folder / f"{key}-{finding_count}.gwt")
        kept = []
        for path in self.folder.glob("*.gwt"):
            if _NAME.match(path.name):
                with suppress(OSError):
                    status = path.stat()
                    kept.append((status.st_mtime_ns, status.st_size, path))
        total = 0
        for number, (_, size, path) in enumerate(sorted(kept, reverse=True)):
            total += size
            if number >= KEPT_TABLES or (number and total > KEPT_BYTES):
                path.unlink(missing_ok=True)


def make_key(texts: Iterable[tuple[str, str]], options: Iterable[str]) -> str:
    """Return what tells a table from others: the names and texts of the files, the code that compiles, the options."""
    digest = hashlib.blake2b(digest_size=32)
    for part in (_code(), *options, *(part for text in texts for part in text)):
        data = part.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


@cache
def _code() -> str:
    """Return what tells one installation from another: a version says too little while nothing is released."""
    package = Path(__file__).parent
    paths = sorted(path for folder in ("compiler", "grammar", "runtime") for path in (package / folder).iterdir())
    files = [(path.name, path.stat()) for path in paths if path.is_file()]
    return repr((str(package), [(name, status.st_size, status.st_mtime_ns) for name, status in files]))
