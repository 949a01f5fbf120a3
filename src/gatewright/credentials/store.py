"""Long-term access keys in a SQLite database, secrets encrypted.

| table | holds |
|---|---|
| `principals` | ARN, account, and name of who has keys |
| `access_keys` | key id, principal, status, times, and the sealed secret |

The secret is sealed together with key id and ARN: a row that is copied over another one does not open.
"""

from __future__ import annotations

import base64
import os
import secrets
import sqlite3
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from gatewright.credentials.errors import CredentialError
from gatewright.credentials.master import ForgedError, MasterKeys, Sealed, UnknownKeyError
from gatewright.credentials.principals import read_principal
from gatewright.database import BUSY_SECONDS, Database
from gatewright.signing.keys import SecretKey

SCHEMA_VERSION = 1
ACTIVE_LIMIT = 2  # "IAM and AWS STS quotas": access keys of one user
_USE = "long-term secret"

_SCHEMA = """
CREATE TABLE principals (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL CHECK (length(account) = 12),
    name TEXT
) STRICT;
CREATE TABLE access_keys (
    id TEXT PRIMARY KEY CHECK (length(id) = 20),
    principal INTEGER NOT NULL REFERENCES principals (id),
    status TEXT NOT NULL CHECK (status IN ('Active', 'Inactive')),
    created TEXT NOT NULL,
    deactivated TEXT,
    replaced_by TEXT REFERENCES access_keys (id),
    master_key TEXT NOT NULL,
    nonce BLOB NOT NULL CHECK (length(nonce) = 12),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX access_keys_of_principal ON access_keys (principal);
"""
_COLUMNS = "k.id, p.arn, p.account, p.name, k.status, k.created, k.deactivated, k.replaced_by, k.master_key"


class AccessKey(NamedTuple):
    """What is known of an access key, but for its secret.

    `replaced_by` is the key that was made from it by rotation; it is to be deactivated once nobody uses it.
    """

    access_key_id: str
    arn: str
    account: str
    user: str | None
    status: Literal["Active", "Inactive"]
    created: str
    deactivated: str | None
    replaced_by: str | None
    master_key: str


class NewAccessKey(NamedTuple):
    """A key that was just made, with its secret: the only time that it is shown."""

    key: AccessKey
    secret: SecretKey


class CredentialStore(Database):
    """A database of access keys; for any number of processes, and any number of threads of one."""

    _failure = CredentialError

    def __init__(
        self,
        path: str | os.PathLike[str],
        master_keys: MasterKeys,
        *,
        create: bool = False,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        """Open a database; `create` makes a new one.  A change waits so many seconds for another process's.

        Raises
        ------
        CredentialError
            It is not there (or is, where a new one is wanted), is no such database, or of a later version.
        """
        self._master_keys = master_keys
        super().__init__(path, create=create, busy_seconds=busy_seconds)

    def _make_tables(self) -> None:
        self._execute_script(_SCHEMA)
        self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _check_tables(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise CredentialError(
                f"{self._name}: has the schema version {version}", f"this version of gatewright reads {SCHEMA_VERSION}"
            )

    def create(self, arn: str) -> NewAccessKey:
        """Make an access key for a user.

        Raises
        ------
        CredentialError
            The ARN is that of no user, or the user has two active keys already.
        """
        principal = read_principal(arn)
        with self._transaction():
            self._connection.execute(
                "INSERT INTO principals (arn, account, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (principal.arn, principal.account, principal.name),
            )
            new = self._insert(arn)
            self._check_count(arn)
        return new

    def rotate(self, access_key_id: str) -> NewAccessKey:
        """Make a second key for the user of a key, and mark the old one as replaced; both are active.

        Raises
        ------
        CredentialError
            There is no such active key, it was rotated already, or the user has two active keys.
        """
        with self._transaction():
            old = self._get(access_key_id)
            if old.status != "Active":
                raise CredentialError(f"the access key `{access_key_id}` is not active", "make a new one with `create`")
            if old.replaced_by is not None:
                hint = "deactivate it once nobody uses it"
                raise CredentialError(f"`{access_key_id}` was replaced by `{old.replaced_by}` already", hint)
            new = self._insert(old.arn)
            self._check_count(old.arn)
            self._connection.execute(
                "UPDATE access_keys SET replaced_by = ? WHERE id = ?", (new.key.access_key_id, access_key_id)
            )
        return new

    def deactivate(self, access_key_id: str) -> AccessKey:
        """Take a key out of use, at once and for good; one that is already stays as it is.

        Raises
        ------
        CredentialError
            There is no such key.
        """
        with self._transaction():
            self._get(access_key_id)
            self._connection.execute(
                "UPDATE access_keys SET status = 'Inactive', deactivated = ? WHERE id = ? AND status = 'Active'",
                (_now(), access_key_id),
            )
            return self._get(access_key_id)

    def list(self, arn: str | None = None) -> list[AccessKey]:
        """Return the keys, all or those of a user, ordered by ARN and time."""
        query = f"SELECT {_COLUMNS} FROM access_keys k JOIN principals p ON p.id = k.principal"
        order = " ORDER BY p.arn, k.created, k.id"
        with self._lock, self._errors():
            if arn is None:
                rows = self._connection.execute(query + order).fetchall()
            else:
                rows = self._connection.execute(f"{query} WHERE p.arn = ?{order}", (arn,)).fetchall()
        return [AccessKey(*row) for row in rows]

    def find(self, access_key_id: str) -> tuple[AccessKey, SecretKey] | None:
        """Return an active key with its secret, or None.

        Keys are kept in memory until the database changes, which costs one question to SQLite to find out.

        Raises
        ------
        CredentialError
            The secret was sealed under another master key, or was changed.
        """
        try:
            with self._lock:
                cache: dict[str, tuple[AccessKey, SecretKey]] = self._fresh_cache()
                found = cache.get(access_key_id)
                if found is None:
                    found = self._read(access_key_id)
                    if found is not None:
                        cache[access_key_id] = found
        except sqlite3.Error as error:  # not `_errors`, whose generator takes as long as the lookup
            raise self._error(error) from None
        return found

    def reseal(self) -> int:
        """Seal every secret under the first master key, and return how many were sealed under another one.

        Raises
        ------
        CredentialError
            A secret cannot be opened; nothing was changed.
        """
        with self._transaction():
            first = self._master_keys.ids[0]
            stale = [key for key in self.list() if key.master_key != first]
            for key in stale:
                sealed = self._seal(key.access_key_id, key.arn, self._open(key).reveal())
                self._connection.execute(
                    "UPDATE access_keys SET master_key = ?, nonce = ?, sealed = ? WHERE id = ?",
                    (*sealed, key.access_key_id),
                )
        return len(stale)

    def _insert(self, arn: str) -> NewAccessKey:
        access_key_id, secret = new_access_key_id("AKIA"), new_secret()
        sealed = self._seal(access_key_id, arn, secret)
        self._connection.execute(
            "INSERT INTO access_keys (id, principal, status, created, master_key, nonce, sealed) "
            "SELECT ?, id, 'Active', ?, ?, ?, ? FROM principals WHERE arn = ?",
            (access_key_id, _now(), *sealed, arn),
        )
        return NewAccessKey(self._get(access_key_id), SecretKey(secret))

    def _check_count(self, arn: str) -> None:
        active = sum(key.status == "Active" for key in self.list(arn))
        if active > ACTIVE_LIMIT:
            raise CredentialError(f"`{arn}` has {ACTIVE_LIMIT} active access keys already", "deactivate one first")

    def _get(self, access_key_id: str) -> AccessKey:
        key = self._select(access_key_id)
        if key is None:
            raise CredentialError(f"there is no access key `{access_key_id}`", "see `gatewright credentials list`")
        return key

    def _select(self, access_key_id: str) -> AccessKey | None:
        query = f"SELECT {_COLUMNS} FROM access_keys k JOIN principals p ON p.id = k.principal WHERE k.id = ?"
        row = self._connection.execute(query, (access_key_id,)).fetchone()
        return None if row is None else AccessKey(*row)

    def _read(self, access_key_id: str) -> tuple[AccessKey, SecretKey] | None:
        key = self._select(access_key_id)
        return None if key is None or key.status != "Active" else (key, self._open(key))

    def _open(self, key: AccessKey) -> SecretKey:
        row = self._connection.execute(
            "SELECT master_key, nonce, sealed FROM access_keys WHERE id = ?", (key.access_key_id,)
        ).fetchone()
        try:
            text = self._master_keys.open(Sealed(*row), _USE, _about(key.access_key_id, key.arn))
        except UnknownKeyError:
            hint = "give the key file that has it"
            raise CredentialError(f"`{key.access_key_id}` is sealed under the master key `{row[0]}`", hint) from None
        except ForgedError:
            raise CredentialError(f"the secret of `{key.access_key_id}` was changed, or is of another store") from None
        return SecretKey(text.decode("ascii"))

    def _seal(self, access_key_id: str, arn: str, secret: str) -> Sealed:
        return self._master_keys.seal(secret.encode("ascii"), _USE, _about(access_key_id, arn))


def new_access_key_id(prefix: Literal["AKIA", "ASIA"]) -> str:
    """Return a random access key id: long-term ones begin with AKIA, temporary ones with ASIA."""
    return prefix + base64.b32encode(secrets.token_bytes(10)).decode("ascii")


def new_secret() -> str:
    """Return a random secret of 240 bits, 40 characters."""
    return base64.b64encode(secrets.token_bytes(30)).decode("ascii")


def _about(access_key_id: str, arn: str) -> bytes:
    return f"{access_key_id} {arn}".encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
