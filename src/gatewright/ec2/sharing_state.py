"""Whom images and snapshots are shared with: tables in the database of the credentials.

| table | holds |
|---|---|
| `sharing_version` | version of these tables |
| `shared_items` | kind, id, owner, whether it is usable, and what of its storage limits sharing |
| `shared_with` | grantees of an item: accounts, `all`, parts of organizations |
| `sharing_intents` | the change that was sent to the cloud and is not known to be done or refused; one for each item |

A change takes three steps: `begin` writes the intent, the cloud is asked, and `complete` or `abandon` takes the intent
away, in one transaction with what it changes.  While an intent stands, the cloud has the item as it was or as it will
be; what is permitted is what both permit (`Known.seen`).  A process that dies at any point therefore leaves nothing
half applied and nothing permitted that either state refuses; `settle` ends the doubt with what the cloud says.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gatewright.database import Database
from gatewright.sharing import SharedItem, Storage

from .sharing_changes import EVERYBODY, Change

VERSION = 1
_NAME_LIMIT = 64  # clients choose what is asked for; a name that is longer than any is not kept

_SCHEMA = """
CREATE TABLE sharing_version (version INTEGER NOT NULL) STRICT;
CREATE TABLE shared_items (
    kind TEXT NOT NULL CHECK (kind IN ('image', 'snapshot')),
    id TEXT NOT NULL,
    owner TEXT NOT NULL,
    is_usable INTEGER NOT NULL CHECK (is_usable IN (0, 1)),
    is_encrypted INTEGER NOT NULL CHECK (is_encrypted IN (0, 1)),
    is_key_aws_managed INTEGER NOT NULL CHECK (is_key_aws_managed IN (0, 1)),
    has_product_codes INTEGER NOT NULL CHECK (has_product_codes IN (0, 1)),
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE shared_with (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    grantee TEXT NOT NULL,
    PRIMARY KEY (kind, id, grantee),
    FOREIGN KEY (kind, id) REFERENCES shared_items (kind, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE sharing_intents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    change TEXT NOT NULL,
    request_id TEXT NOT NULL,
    begun TEXT NOT NULL,
    UNIQUE (kind, id),
    FOREIGN KEY (kind, id) REFERENCES shared_items (kind, id) ON DELETE CASCADE
) STRICT;
"""
_READ = """
SELECT kind, id, owner, is_usable, is_encrypted, is_key_aws_managed, has_product_codes,
    (SELECT json_group_array(grantee) FROM shared_with w WHERE w.kind = i.kind AND w.id = i.id),
    (SELECT json_array(number, change, request_id, begun) FROM sharing_intents t WHERE t.kind = i.kind AND t.id = i.id)
FROM shared_items i WHERE kind = ? AND id = ?
"""


class SharingError(Exception):
    """The state cannot be read or changed; one line for people."""


class PendingError(SharingError):
    """Another change of the item is on its way."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A change that was begun and is not known to be done or refused."""

    number: int
    change: Change
    request_id: str
    begun: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an image or a snapshot.

    Attributes
    ----------
    item
        Owner, storage and whether it is usable; whom it is shared with is in `grantees`.
    grantees
        As last known for certain.
    intent
        What may have changed since.
    """

    item: SharedItem
    grantees: frozenset[str] = frozenset()
    intent: Intent | None = None

    @property
    def seen(self) -> frozenset[str]:
        """Whom it is shared with, whether the pending change is done or not."""
        return self.grantees if self.intent is None else self.grantees & self.intent.change.apply(self.grantees)

    def as_item(self, members: Iterable[str] = ()) -> SharedItem:
        """Return it as decisions see it; `members` are the accounts of the organizations that it is shared with."""
        seen = self.seen
        is_usable = self.item.is_usable and (self.intent is None or self.intent.change.usable is None)
        users = tuple(sorted(grantee for grantee in seen if grantee.isdigit()))
        return replace(self.item, is_public=EVERYBODY in seen, users=users, members=tuple(members), is_usable=is_usable)

    @property
    def organizations(self) -> tuple[str, ...]:
        """ARNs of the organizations and their units that it is shared with."""
        return tuple(sorted(grantee for grantee in self.seen if grantee.startswith("arn:")))


class SharingState(Database):
    """The state of sharing in the database of the credentials; for any number of processes and threads.

    The database has to be there; the tables are made where they are missing.

    Raises
    ------
    SharingError
        There is no such database, or its tables are of another version.
    """

    _failure = SharingError

    def _check_tables(self) -> None:
        if not self._has_tables():
            with self._transaction():
                if not self._has_tables():  # another process may have made them
                    self._execute_script(_SCHEMA)
                    self._connection.execute("INSERT INTO sharing_version VALUES (?)", (VERSION,))
        version = self._connection.execute("SELECT max(version) FROM sharing_version").fetchone()[0]
        if version != VERSION:
            raise SharingError(
                f"{self._name}: the tables of sharing have version {version}; this gatewright reads {VERSION}"
            )

    def _has_tables(self) -> bool:
        query = "SELECT count(*) FROM sqlite_schema WHERE name = 'sharing_version'"
        return bool(self._connection.execute(query).fetchone()[0])

    def find(self, kind: str, name: str) -> Known | None:
        """Return what is known of an image or a snapshot, or None.

        Raises
        ------
        SharingError
            The database cannot be read.
        """
        try:
            with self._lock:
                cache: dict[tuple[str, str], Known | None] = self._fresh_cache()
                key = (kind, name)
                if key in cache:
                    return cache[key]
                found = self._read(kind, name)
                if len(name) <= _NAME_LIMIT:
                    cache[key] = found
                return found
        except sqlite3.Error as error:
            raise self._error(error) from None

    def begin(self, change: Change, request_id: str) -> Intent:
        """Write down a change before the cloud is asked for it.

        Raises
        ------
        PendingError
            Another change of the item is on its way.
        SharingError
            There is no such item, or the database cannot be written.
        """
        with self._transaction():
            if self._read(change.kind, change.id) is None:
                raise SharingError(f"the {change.kind} `{change.id}` is not known")
            begun = datetime.now(UTC).replace(microsecond=0)
            try:
                cursor = self._connection.execute(
                    "INSERT INTO sharing_intents (kind, id, change, request_id, begun) VALUES (?, ?, ?, ?, ?)",
                    (change.kind, change.id, json.dumps(asdict(change)), request_id, begun.isoformat()),
                )
            except sqlite3.IntegrityError:
                raise PendingError(f"another change of `{change.id}` is on its way") from None
            assert cursor.lastrowid is not None
            return Intent(cursor.lastrowid, change, request_id, begun)

    def complete(self, intent: Intent) -> bool:
        """Make a change that the cloud has made; False where the intent is not there any more and nothing was done."""
        with self._transaction():
            known = self._take(intent)
            if known is None:
                return False
            change = intent.change
            self._write_grantees(change.kind, change.id, change.apply(known.grantees))
            if change.usable is not None:
                self._write_usable(change)
            return True

    def abandon(self, intent: Intent) -> bool:
        """Drop a change that the cloud has refused; False where the intent is not there any more."""
        with self._transaction():
            return self._take(intent) is not None

    def settle(self, intent: Intent, grantees: Iterable[str] | None, usable: bool | None) -> bool:
        """End the doubt about a change with what the cloud says now.

        Parameters
        ----------
        grantees
            Whom it is shared with; None: as the change would have it, or as before, whatever is less.
        usable
            Whether the cloud has it for use; None: nobody has asked, it is as before.

        Returns
        -------
        bool
            False where the intent is not there any more and nothing was done.
        """
        with self._transaction():
            known = self._take(intent)
            if known is None:
                return False
            change = intent.change
            after = known.grantees & change.apply(known.grantees) if grantees is None else frozenset(grantees)
            self._write_grantees(change.kind, change.id, after)
            if usable is not None:
                self._write_usable(replace(change, usable=usable))
            return True

    def register(self, item: SharedItem, grantees: Iterable[str] = ()) -> None:
        """Add an item, or describe a known one anew; an intent for it stays."""
        with self._transaction():
            self._write_item(item)
            self._write_grantees(item.kind, item.id, frozenset(grantees))

    def register_made(self, item: SharedItem) -> None:
        """Add an item that a call has made; one that is its maker's already stays as it is: calls are repeated."""
        with self._transaction():
            known = self._read(item.kind, item.id)
            if known is None or known.item.owner != item.owner:
                self._write_item(item)
                self._write_grantees(item.kind, item.id, frozenset())

    def import_items(
        self, items: Iterable[SharedItem], grantees: Mapping[tuple[str, str], Iterable[str]]
    ) -> tuple[int, int]:
        """Add what files describe, all or nothing; return how many items and how many permissions.

        An item whose permissions no file tells keeps those it has; `is_public` of the item counts where it has none.

        Raises
        ------
        SharingError
            A permission is for an item that neither the files nor the state know.
        """
        counts = [0, 0]
        with self._transaction():
            for item in items:
                known = self._read(item.kind, item.id)
                self._write_item(item)
                if (item.kind, item.id) not in grantees:
                    kept = (known.grantees if known else frozenset()) - {EVERYBODY}
                    self._write_grantees(item.kind, item.id, kept | ({EVERYBODY} if item.is_public else set()))
                counts[0] += 1
            for (kind, name), told in grantees.items():
                if self._read(kind, name) is None:
                    raise SharingError(
                        f"the {kind} `{name}` is not described; add the output of `aws ec2 describe-{kind}s`"
                    )
                self._write_grantees(kind, name, frozenset(told))
                counts[1] += 1
        return counts[0], counts[1]

    def pending(self) -> list[Intent]:
        """Return the changes that are not known to be done or refused, the oldest first."""
        query = "SELECT number, change, request_id, begun FROM sharing_intents ORDER BY number"
        with self._lock, self._errors():
            return [_read_intent(row) for row in self._connection.execute(query)]

    def list(self) -> list[Known]:
        """Return everything, by kind and id."""
        with self._lock, self._errors():
            rows = self._connection.execute("SELECT kind, id FROM shared_items ORDER BY kind, id").fetchall()
            return [known for kind, name in rows if (known := self._read(kind, name)) is not None]

    def _read(self, kind: str, name: str) -> Known | None:
        # One statement sees one state of the database: whoever reads grantees and intent apart could see grantees
        # from before a change, and no intent any more.
        row = self._connection.execute(_READ, (kind, name)).fetchone()
        if row is None:
            return None
        item = SharedItem(
            row[0], row[1], row[2], is_usable=bool(row[3]), storage=(Storage(*(bool(value) for value in row[4:7])),)
        )
        intent = None if row[8] is None else _read_intent(json.loads(row[8]))
        return Known(item, frozenset(json.loads(row[7])), intent)

    def _take(self, intent: Intent) -> Known | None:
        """Return the item of an intent and take the intent away; None where it is gone."""
        known = self._read(intent.change.kind, intent.change.id)
        cursor = self._connection.execute("DELETE FROM sharing_intents WHERE number = ?", (intent.number,))
        return known if cursor.rowcount == 1 else None

    def _write_item(self, item: SharedItem) -> None:
        storage = item.storage
        self._connection.execute(
            "INSERT INTO shared_items VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET "
            "owner = excluded.owner, is_usable = excluded.is_usable, is_encrypted = excluded.is_encrypted, "
            "is_key_aws_managed = excluded.is_key_aws_managed, has_product_codes = excluded.has_product_codes",
            (
                item.kind,
                item.id,
                item.owner,
                item.is_usable,
                any(one.is_encrypted for one in storage),
                any(one.is_encrypted and one.is_key_aws_managed for one in storage),
                any(one.has_product_codes for one in storage),
            ),
        )

    def _write_grantees(self, kind: str, name: str, grantees: frozenset[str]) -> None:
        self._connection.execute("DELETE FROM shared_with WHERE kind = ? AND id = ?", (kind, name))
        self._connection.executemany(
            "INSERT INTO shared_with VALUES (?, ?, ?)", [(kind, name, grantee) for grantee in sorted(grantees)]
        )

    def _write_usable(self, change: Change) -> None:
        self._connection.execute(
            "UPDATE shared_items SET is_usable = ? WHERE kind = ? AND id = ?", (change.usable, change.kind, change.id)
        )


def _read_intent(row: Sequence[Any]) -> Intent:
    number, text, request_id, begun = row
    members = json.loads(text)
    change = Change(**{**members, "add": tuple(members["add"]), "remove": tuple(members["remove"])})
    return Intent(number, change, request_id, datetime.fromisoformat(begun))
