"""The SQLite database of a gateway: opened with care, changed in whole transactions, its errors told in one line.

Access keys (`gatewright.credentials.store`) and what is shared (`gatewright.ec2.sharing_state`) live in one file, each
in tables of its own.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

APPLICATION_ID = 0x67777264  # "gwrd", in the header of the file
BUSY_SECONDS = 10.0
_CACHE_LIMIT = 100_000


class Database:
    """A connection that all threads of a process share; other processes have theirs.

    Every change is one transaction: after a crash it is there whole or not at all (write-ahead log, full
    synchronisation).  What a change did is seen by all processes with the next question.

    Parameters
    ----------
    create
        Make a new file, which nobody but its owner may read.
    busy_seconds
        How long a change waits for another process's.
    """

    _failure: ClassVar[type[Exception]]
    """What is raised, with one line for people."""

    def __init__(
        self, path: str | os.PathLike[str], *, create: bool = False, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        # Absolute, because SQLite takes `:memory:` and an empty name for something else.
        self._path = Path(os.path.abspath(path))
        self._name = os.fspath(path)
        self._lock = threading.RLock()
        self._cache: dict[Any, Any] = {}
        self._data_version = -1
        if create:
            self._create_file()
        self._check_file()
        with self._errors():
            self._connection = sqlite3.connect(
                self._path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
            )
        try:
            with self._errors():
                self._set_up(create)
        except BaseException:
            self._connection.close()
            raise

    def _create_file(self) -> None:
        try:
            # SQLite gives its log files the mode of the database.
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            raise self._failure(f"{self._name}: there is a file already; name another one") from None

    def _check_file(self) -> None:
        if not self._path.is_file():
            raise self._failure(f"{self._name}: there is no such store; make one with `gatewright credentials init`")
        mode = stat.S_IMODE(self._path.stat().st_mode)
        # Secrets are sealed, so it may be read; but whoever writes it says who may launch what.
        if os.name == "posix" and mode & 0o022:
            raise self._failure(f"{self._name}: others may write this file (mode {mode:04o}); run `chmod 600` on it")

    def _set_up(self, create: bool) -> None:
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA trusted_schema = OFF")
        self._connection.execute("PRAGMA synchronous = FULL")
        if create:
            self._connection.execute("PRAGMA journal_mode = WAL")
            with self._transaction():
                self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._make_tables()
        if self._connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise self._failure(f"{self._name}: is no store of credentials")
        self._check_tables()

    def _make_tables(self) -> None:
        """Make the tables of a new file, in a transaction."""

    def _check_tables(self) -> None:
        """Refuse tables of another version."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"

    def close(self) -> None:
        """Close the database, which cannot be used any more."""
        with self._lock:
            self._cache.clear()
            self._connection.close()

    def _execute_script(self, script: str) -> None:
        """Execute statements one by one: SQLite's own way ends the transaction."""
        for statement in script.split(";\n"):
            self._connection.execute(statement)

    def _fresh_cache(self) -> dict[Any, Any]:
        """Return what was kept of earlier questions, nothing where it may have changed; under the lock."""
        # Changes when another connection has written; this one clears the cache itself.
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version or len(self._cache) >= _CACHE_LIMIT:
            self._cache.clear()
            self._data_version = version
        return self._cache

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._errors():
            self._cache.clear()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:  # SQLite ends it itself when the disk is full
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from None

    def _error(self, error: sqlite3.Error) -> Exception:
        return self._failure(f"{self._name}: {str(error).lower()}")
