"""The store of access keys: what is kept, what is shown, what survives."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.credentials import CredentialError, CredentialStore, MasterKeys
from gatewright.ec2.sharing_state import SharingError, SharingState

ALICE = "arn:aws:iam::111122223333:user/division/alice"
BOB = "arn:aws:iam::111122223333:user/bob"
ROOT_USER = "arn:aws:iam::111122223333:root"


@pytest.fixture
def keys() -> MasterKeys:
    """One master key."""
    return MasterKeys.generate()


@pytest.fixture
def store(tmp_path: Path, keys: MasterKeys) -> Iterator[CredentialStore]:
    """An empty store."""
    with CredentialStore(tmp_path / "keys.db", keys, create=True) as store:
        yield store


def test_a_new_key_is_found_with_its_secret(store: CredentialStore) -> None:
    """What is created is found, with ARN, account and name of its user."""
    new = store.create(ALICE)
    found = store.find(new.key.access_key_id)
    assert found is not None
    assert found[1].reveal() == new.secret.reveal() and len(new.secret.reveal()) == 40
    assert found[0] == new.key
    assert (new.key.arn, new.key.account, new.key.user) == (ALICE, "111122223333", "alice")
    assert new.key.access_key_id.startswith("AKIA") and len(new.key.access_key_id) == 20
    assert store.create(ROOT_USER).key.user is None


def test_an_unknown_key_is_not_found(store: CredentialStore) -> None:
    """Whatever is asked for, in whatever length, there is no such key."""
    for name in ("", "AKIAUNKNOWN", "'; DROP TABLE access_keys; --", "\0", "A" * 1_000_000, "%"):
        assert store.find(name) is None
        with pytest.raises(CredentialError):
            store.deactivate(name)


def test_a_deactivated_key_is_not_found(store: CredentialStore) -> None:
    """A key is out of use at once; to deactivate it again changes nothing."""
    new = store.create(ALICE)
    assert store.find(new.key.access_key_id)
    gone = store.deactivate(new.key.access_key_id)
    assert gone.status == "Inactive" and gone.deactivated
    assert store.find(new.key.access_key_id) is None
    assert store.deactivate(new.key.access_key_id) == gone


def test_what_another_process_does_is_seen(store: CredentialStore, tmp_path: Path, keys: MasterKeys) -> None:
    """A key that another connection deactivates is gone with the next lookup, though it is kept in memory."""
    new = store.create(ALICE)
    with CredentialStore(tmp_path / "keys.db", keys) as other:
        assert store.find(new.key.access_key_id) and other.find(new.key.access_key_id)
        other.deactivate(new.key.access_key_id)
        assert store.find(new.key.access_key_id) is None
        second = store.create(ALICE)
        assert other.find(second.key.access_key_id)


def test_rotation_makes_a_second_key_and_marks_the_first(store: CredentialStore) -> None:
    """Both keys work until the old one is deactivated; it can be rotated once."""
    old = store.create(ALICE)
    new = store.rotate(old.key.access_key_id)
    assert new.key.arn == ALICE and new.secret.reveal() != old.secret.reveal()
    listed = {key.access_key_id: key for key in store.list(ALICE)}
    assert listed[old.key.access_key_id].replaced_by == new.key.access_key_id
    assert store.find(old.key.access_key_id) and store.find(new.key.access_key_id)
    with pytest.raises(CredentialError, match="was replaced by"):
        store.rotate(old.key.access_key_id)
    store.deactivate(old.key.access_key_id)
    with pytest.raises(CredentialError, match="not active"):
        store.rotate(old.key.access_key_id)


def test_a_user_has_two_active_keys_at_most(store: CredentialStore) -> None:
    """As with AWS; what is refused leaves no key behind."""
    first = store.create(ALICE)
    store.create(ALICE)
    for call in (lambda: store.create(ALICE), lambda: store.rotate(first.key.access_key_id)):
        with pytest.raises(CredentialError, match="2 active access keys already; deactivate one first"):
            call()
    assert len(store.list()) == 2 and not [key for key in store.list() if key.replaced_by]
    store.create(BOB)
    assert [key.arn for key in store.list()] == [BOB, ALICE, ALICE]


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "alice",
        "arn:aws:iam::1111:user/alice",
        "arn:aws:iam::111122223333:role/r",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:iam::111122223333:user/a b",
        "arn:aws:iam::111122223333:user/../\n",
        "arn:aws:iam::111122223333:user//alice/",
        "arn:aws:sts::111122223333:assumed-role/r/s",
        f"arn:aws:iam::111122223333:user/{'a' * 65}",
        f"arn:aws:iam::111122223333:user/{'a/' * 100_000}a",
    ],
    ids=lambda arn: arn[:45],
)
def test_only_users_have_keys(store: CredentialStore, arn: str) -> None:
    """A key belongs to a user or to a root user; the message is one short line."""
    with pytest.raises(CredentialError, match="is no user; write") as caught:
        store.create(arn)
    assert len(str(caught.value)) < 400 and str(caught.value).isprintable()
    assert store.list() == []


def test_no_secret_is_on_disk(store: CredentialStore, tmp_path: Path) -> None:
    """Neither the database nor its log holds a secret, in text or in bytes."""
    secrets = [store.create(arn).secret.reveal() for arn in (ALICE, BOB, ROOT_USER)]
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert ALICE.encode() in raw
    assert not [secret for secret in secrets if secret.encode() in raw or secret[:12].encode() in raw]
    assert repr(store.find(store.list()[0].access_key_id)).count("SecretKey(...)") == 1


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_files_are_private(store: CredentialStore, tmp_path: Path) -> None:
    """Database, log and index can be read by their owner only, whatever the mask."""
    store.create(ALICE)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 3 and set(modes.values()) == {0o600}


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_write_is_refused(
    store: CredentialStore, tmp_path: Path, keys: MasterKeys, mode: int
) -> None:
    """Whoever can write the file could say whom images are shared with, so nobody else may."""
    store.close()
    (tmp_path / "keys.db").chmod(mode)
    with pytest.raises(CredentialError, match=f"others may write this file .mode 0{mode:o}.; run `chmod 600` on it"):
        CredentialStore(tmp_path / "keys.db", keys)
    with pytest.raises(SharingError, match="others may write"):
        SharingState(tmp_path / "keys.db")
    (tmp_path / "keys.db").chmod(0o640)
    CredentialStore(tmp_path / "keys.db", keys).close()


def test_a_row_that_was_moved_does_not_open(store: CredentialStore, tmp_path: Path, keys: MasterKeys) -> None:
    """The secret of one user cannot be given to another by who can write the file, nor changed."""
    alice, bob = store.create(ALICE), store.create(BOB)
    connection = sqlite3.connect(tmp_path / "keys.db")
    with connection:
        connection.execute(
            "UPDATE access_keys SET (nonce, sealed) = "
            "(SELECT nonce, sealed FROM access_keys WHERE id = ?) WHERE id = ?",
            (bob.key.access_key_id, alice.key.access_key_id),
        )
        connection.execute("UPDATE principals SET arn = ? WHERE arn = ?", (f"{BOB}2", BOB))
    connection.close()
    for new in (alice, bob):
        with pytest.raises(CredentialError, match="was changed"):
            store.find(new.key.access_key_id)


def test_other_master_keys_open_nothing(store: CredentialStore, tmp_path: Path, keys: MasterKeys) -> None:
    """A key with another id is not known; one with the same id does not open."""
    new = store.create(ALICE)
    for other, message in (
        (MasterKeys({"k9": b"k" * 32}), "under the master key `k1`"),
        (MasterKeys.generate(), "changed"),
    ):
        with CredentialStore(tmp_path / "keys.db", other) as opened:
            with pytest.raises(CredentialError, match=message):
                opened.find(new.key.access_key_id)
            with pytest.raises(CredentialError, match=message):
                if other.ids == ("k1",):
                    opened._master_keys = other.with_new()
                opened.reseal()


def test_resealing_moves_to_the_first_key(store: CredentialStore, tmp_path: Path, keys: MasterKeys) -> None:
    """After it the old master key is not needed any more."""
    new = store.create(ALICE)
    renewed = keys.with_new()
    assert renewed.ids == ("k2", "k1")
    with CredentialStore(tmp_path / "keys.db", renewed) as opened:
        assert (opened.reseal(), opened.reseal()) == (1, 0)
    with CredentialStore(tmp_path / "keys.db", renewed.only_first()) as opened:
        found = opened.find(new.key.access_key_id)
        assert found is not None and found[1].reveal() == new.secret.reveal()
        assert found[0].master_key == "k2"


def test_foreign_keys_hold(store: CredentialStore) -> None:
    """A principal with keys cannot be deleted, and a key cannot be of nobody."""
    store.create(ALICE)
    with pytest.raises(sqlite3.IntegrityError):
        store._connection.execute("DELETE FROM principals")
    with pytest.raises(sqlite3.IntegrityError):
        store._connection.execute("UPDATE access_keys SET replaced_by = 'AKIAOFNOBODY'")


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be read as one" * 20])
def test_another_file_is_no_store(tmp_path: Path, keys: MasterKeys, content: bytes) -> None:
    """A file that is something else is refused in one line, and left as it is."""
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(CredentialError, match="other: "):
        CredentialStore(path, keys)
    assert path.read_bytes() == content
    with pytest.raises(CredentialError, match="there is a file already"):
        CredentialStore(path, keys, create=True)


def test_a_store_of_another_version_is_refused(store: CredentialStore, tmp_path: Path, keys: MasterKeys) -> None:
    """A later schema is not guessed at."""
    store._connection.execute("PRAGMA user_version = 2")
    with pytest.raises(CredentialError, match="has the schema version 2"):
        CredentialStore(tmp_path / "keys.db", keys)


def test_names_that_sqlite_takes_for_something_else(
    tmp_path: Path, keys: MasterKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`:memory:`, URIs and names with `?` and `%` are names of files."""
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:a?mode=memory", "a%20b#c", "-x"):
        with CredentialStore(name, keys, create=True) as store:
            new = store.create(ALICE)
        assert (tmp_path / name).is_file()
        with CredentialStore(name, keys) as store:
            assert store.find(new.key.access_key_id)
    with pytest.raises(CredentialError, match="there is no such store"):
        CredentialStore("", keys)


CRASH = """
import os, sys
from gatewright.credentials import CredentialStore, MasterKeys
store = CredentialStore(sys.argv[1], MasterKeys.load(sys.argv[2]))
key = store.list()[0].access_key_id
seal = store._seal
def crash(*arguments):
    print(key, flush=True)
    os.kill(os.getpid(), 9)
store._check_count = crash
store.rotate(key)
"""


def test_a_crash_leaves_no_half_change(store: CredentialStore, tmp_path: Path, keys: MasterKeys) -> None:
    """A process that is killed in the middle of a rotation has changed nothing, and blocks nobody."""
    new = store.create(ALICE)
    keys.save(tmp_path / "master")
    command = [sys.executable, "-c", CRASH, str(tmp_path / "keys.db"), str(tmp_path / "master")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == new.key.access_key_id and done.returncode != 0, done.stderr
    assert store.list() == [new.key]
    assert store.rotate(new.key.access_key_id)


def test_threads_share_a_store(store: CredentialStore) -> None:
    """Lookups and changes from several threads do not disturb each other."""
    new = store.create(ALICE)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(20):
                assert store.find(new.key.access_key_id)
                made = store.create(f"arn:aws:iam::111122223333:user/u{number}-{i}")
                assert store.find(made.key.access_key_id)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(store.list()) == 81
