"""Master keys: where they come from, and what they seal."""

from __future__ import annotations

import base64
import os
import pickle
from pathlib import Path

import pytest

from gatewright.credentials import CredentialError, MasterKeys
from gatewright.credentials.master import VARIABLE, ForgedError, Sealed, UnknownKeyError

KEY = base64.b64encode(b"k" * 32).decode()


def test_what_is_sealed_opens_for_its_use_only() -> None:
    """Another use, other circumstances, another key or any flipped bit open nothing."""
    keys = MasterKeys({"a": b"a" * 32, "b": b"b" * 32})
    sealed = keys.seal(b"text", "use", b"about")
    assert sealed.key_id == "a" and keys.open(sealed, "use", b"about") == b"text"
    assert MasterKeys({"b": b"b" * 32, "a": b"a" * 32}).open(sealed, "use", b"about") == b"text"
    for use, about in (("other", b"about"), ("use", b"other")):
        with pytest.raises(ForgedError):
            keys.open(sealed, use, about)
    with pytest.raises(ForgedError):
        keys.open(sealed._replace(key_id="b"), "use", b"about")
    with pytest.raises(UnknownKeyError):
        keys.open(sealed._replace(key_id="c"), "use", b"about")
    for i in range(len(sealed.ciphertext)):
        flipped = bytes(byte ^ (j == i) for j, byte in enumerate(sealed.ciphertext))
        with pytest.raises(ForgedError):
            keys.open(sealed._replace(ciphertext=flipped), "use", b"about")
    for nonce, ciphertext in ((b"", b""), (b"1" * 12, b""), (b"1", sealed.ciphertext)):
        with pytest.raises(ForgedError):
            keys.open(Sealed("a", nonce, ciphertext), "use", b"about")


def test_equal_texts_are_sealed_differently() -> None:
    """No two sealed texts tell that they hold the same."""
    keys = MasterKeys.generate()
    assert len({keys.seal(b"text", "use", b"").ciphertext for _ in range(100)}) == 100


def test_a_key_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Order and keys survive, and the file is private."""
    keys = MasterKeys.generate().with_new()
    keys.save(tmp_path / "keys")
    loaded = MasterKeys.load(tmp_path / "keys")
    assert loaded.ids == keys.ids == ("k2", "k1")
    assert loaded.open(keys.seal(b"text", "use", b""), "use", b"") == b"text"
    assert os.name != "posix" or (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CredentialError, match="there is a file already"):
        keys.save(tmp_path / "keys")
    keys.with_new().save(tmp_path / "keys", replace=True)
    assert MasterKeys.load(tmp_path / "keys").ids == ("k3", "k2", "k1")
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_key_file_for_others_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever else may read or write the key file, it is not used."""
    MasterKeys.generate().save(tmp_path / "keys")
    (tmp_path / "keys").chmod(mode)
    with pytest.raises(CredentialError, match=f"mode {mode:04o}\\); run `chmod 600`"):
        MasterKeys.load(tmp_path / "keys")


def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several keys are separated by commas or line ends."""
    monkeypatch.setenv(VARIABLE, f"new:{KEY},old:{KEY}\n")
    assert MasterKeys.load().ids == ("new", "old")
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(CredentialError, match="there is no master key; name a key file"):
        MasterKeys.load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no master key"),
        ("# only a comment\n", "there is no master key"),
        (KEY, "keys:1: this is no master key"),
        (f"a:{KEY}\nb:c2hvcnQ=", "keys:2: this is no master key"),
        (f"a:{KEY}!", "keys:1: this is no master key"),
        (f"a:{KEY}\na:{KEY}", "keys:2: the master key `a` is repeated"),
        (f"a b:{KEY}", "`a b` is no id"),
        (f":{KEY}", "`` is no id"),
        ("\n".join(f"k{i}:{KEY}" for i in range(101)), "more than 100"),
        ("a" * 100_000, "is no key file"),
        ("é", "is no key file"),
    ],
)
def test_a_malformed_key_file_is_refused_without_showing_it(tmp_path: Path, text: str, message: str) -> None:
    """The message names the line, and holds nothing of a key."""
    path = tmp_path / "keys"
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CredentialError, match=message) as caught:
        MasterKeys.load(path)
    assert KEY[:10] not in str(caught.value)


def test_something_else_than_a_file_is_refused(tmp_path: Path) -> None:
    """A pipe is not waited for, a folder is named as such, and what is missing is an error of the system."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe", 0o600)
        with pytest.raises(CredentialError, match="not a regular file"):
            MasterKeys.load(tmp_path / "pipe")
    with pytest.raises((CredentialError, OSError)):
        MasterKeys.load(tmp_path)
    with pytest.raises(FileNotFoundError):
        MasterKeys.load(tmp_path / "missing")


def test_keys_are_not_shown_and_not_pickled() -> None:
    """The representation has the ids alone."""
    keys = MasterKeys({"a": b"k" * 32})
    assert repr(keys) == "MasterKeys(a)"
    with pytest.raises(TypeError):
        pickle.dumps(keys)
    with pytest.raises(CredentialError, match="has 5 bytes; it has to have 32"):
        MasterKeys({"a": b"short"})


def test_keys_are_read_again_when_the_file_has_changed(tmp_path: Path) -> None:
    """Who holds the keys of a file opens what was sealed under a key that came later, and seals under it then."""
    path = tmp_path / "master.keys"
    MasterKeys.generate().save(path)
    held = MasterKeys.load(path)
    newer = held.with_new()
    sealed = newer.seal(b"text", "use", b"about")
    with pytest.raises(UnknownKeyError):
        held.open(sealed, "use", b"about")
    newer.save(path, replace=True)
    assert held.open(sealed, "use", b"about") == b"text"
    assert held.ids == ("k2", "k1")


def test_a_key_file_that_is_spoiled_changes_nothing(tmp_path: Path) -> None:
    """Keys that are held stay when the file is gone, is none, or others may read it."""
    path = tmp_path / "master.keys"
    MasterKeys.generate().save(path)
    held = MasterKeys.load(path)
    sealed, foreign = held.seal(b"text", "use", b""), held.with_new().seal(b"text", "use", b"")

    def spoil(text: str, mode: int) -> None:
        path.write_text(text)
        path.chmod(mode)

    for change in (lambda: spoil("nothing", 0o600), lambda: spoil("k2:", 0o644), path.unlink):
        change()
        with pytest.raises(UnknownKeyError):
            held.open(foreign, "use", b"")
        assert held.open(sealed, "use", b"") == b"text"
