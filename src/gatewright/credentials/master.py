"""Master keys: read from a key file or the environment, and what is sealed under them."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gatewright.credentials.errors import CredentialError

VARIABLE = "GATEWRIGHT_MASTER_KEYS"
KEY_SIZE = 32  # bytes: AES-256
NONCE_SIZE = 12  # bytes; random, so a key may seal 2**32 texts (NIST SP 800-38D, 8.3)
KEY_COUNT_LIMIT = 100
_FILE_LIMIT = 1 << 16
_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_HEAD = "# Master keys of gatewright, `id:base64` each; the first one seals, all of them open.\n"


class Sealed(NamedTuple):
    """A text sealed under a master key."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


class UnknownKeyError(Exception):
    """Sealed under a master key that is not at hand."""


class ForgedError(Exception):
    """Changed since it was sealed, or sealed for another use."""


class MasterKeys:
    """Some master keys, by their ids; the first one seals, all of them open.

    Each use has keys of its own, derived by HKDF (RFC 5869), so that what was sealed for one is never taken by
    another.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise CredentialError("there is no master key", "make a key file with `gatewright credentials init`")
        if len(keys) > KEY_COUNT_LIMIT:
            raise CredentialError(f"there are more than {KEY_COUNT_LIMIT} master keys")
        for key_id, key in keys.items():
            if _ID.fullmatch(key_id) is None:
                raise CredentialError(
                    f"`{_shown(key_id)}` is no id of a master key", "use letters, digits, `-` and `_`"
                )
            if len(key) != KEY_SIZE:
                raise CredentialError(f"the master key `{key_id}` has {len(key)} bytes", f"it has to have {KEY_SIZE}")
        self._keys = dict(keys)
        self._ciphers: dict[tuple[str, str], AESGCM] = {}
        self._file: tuple[str, object] | None = None  # where they are from, and what told that they were new

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids; the first is that of the key that seals."""
        return tuple(self._keys)

    def __repr__(self) -> str:
        return f"MasterKeys({', '.join(self._keys)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("master keys cannot be pickled")

    def seal(self, text: bytes, use: str, about: bytes) -> Sealed:
        """Encrypt a text under the first key; `about` has to be given again to open it."""
        key_id = next(iter(self._keys))
        nonce = secrets.token_bytes(NONCE_SIZE)
        return Sealed(key_id, nonce, self._cipher(key_id, use).encrypt(nonce, text, about))

    def open(self, sealed: Sealed, use: str, about: bytes) -> bytes:
        """Decrypt what was sealed for a use, about the same thing.

        Where the key is not at hand and the key file has changed since it was read, it is read again: a gateway goes on
        after `gatewright credentials rotate-master`.

        Raises
        ------
        UnknownKeyError, ForgedError
        """
        if sealed.key_id not in self._keys:
            self._read_again()
        if sealed.key_id not in self._keys:
            raise UnknownKeyError(sealed.key_id)
        try:
            return self._cipher(sealed.key_id, use).decrypt(sealed.nonce, sealed.ciphertext, about)
        except (InvalidTag, ValueError):  # ValueError: a nonce or text too short to be one
            raise ForgedError from None

    def _cipher(self, key_id: str, use: str) -> AESGCM:
        cipher = self._ciphers.get((key_id, use))
        if cipher is None:
            info = f"gatewright {use} v1".encode()
            derived = HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=info).derive(self._keys[key_id])
            cipher = self._ciphers[key_id, use] = AESGCM(derived)
        return cipher

    def _read_again(self) -> None:
        if self._file is None:
            return
        path, stamp = self._file
        try:
            now = _stamp(path)
            found = None if now == stamp else MasterKeys.load(path)
        except (OSError, CredentialError):  # it is being replaced, or is none any more; the known keys stay
            return
        if found is not None:
            self._keys, self._ciphers, self._file = found._keys, {}, found._file

    def with_new(self) -> MasterKeys:
        """Return the keys with a new random one before them."""
        number = 1 + max(
            (int(found[1]) for key_id in self._keys if (found := re.fullmatch(r"k(\d{1,9})", key_id))), default=0
        )
        return MasterKeys({f"k{number}": secrets.token_bytes(KEY_SIZE), **self._keys})

    def only_first(self) -> MasterKeys:
        """Return the key that seals alone."""
        key_id = next(iter(self._keys))
        return MasterKeys({key_id: self._keys[key_id]})

    @classmethod
    def generate(cls) -> MasterKeys:
        """Return one random key."""
        return cls({"k1": secrets.token_bytes(KEY_SIZE)})

    @classmethod
    def parse(cls, lines: Iterable[str], name: str) -> MasterKeys:
        """Read ``id:base64`` from each line that is neither empty nor a comment.

        Raises
        ------
        CredentialError
            A line is malformed, an id repeated; no message shows a key.
        """
        keys: dict[str, bytes] = {}
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            key_id, colon, text = line.partition(":")
            try:
                key = base64.b64decode(text.strip(), validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if not colon or len(key) != KEY_SIZE:
                hint = f"write `id:` and {KEY_SIZE} bytes in base64"
                raise CredentialError(f"{name}:{number}: this is no master key", hint)
            if key_id in keys:
                raise CredentialError(f"{name}:{number}: the master key `{_shown(key_id)}` is repeated")
            keys[key_id] = key
        return cls(keys)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> MasterKeys:
        """Read a key file, or else the environment.

        Raises
        ------
        CredentialError
            Neither is there, the file is readable by others, or it holds no keys.
        """
        if path is not None:
            stamp = _stamp(path)  # before it is read: a change in between is seen
            keys = cls.parse(read_private(Path(path)).splitlines(), os.fspath(path))
            keys._file = (os.path.abspath(path), stamp)
            return keys
        text = os.environ.get(VARIABLE)
        if text is None:
            raise CredentialError("there is no master key", f"name a key file with `--key-file`, or set `{VARIABLE}`")
        return cls.parse(re.split(r"[\n,]", text), VARIABLE)

    def save(self, path: str | os.PathLike[str], *, replace: bool = False) -> None:
        """Write a key file that only its owner can read; it appears whole or not at all."""
        target = Path(path)
        text = _HEAD + "".join(f"{key_id}:{base64.b64encode(key).decode()}\n" for key_id, key in self._keys.items())
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 0600
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                os.replace(name, target)
            else:
                os.link(name, target)  # fails where there is one already
            _sync_folder(target.parent)
        except FileExistsError:
            raise CredentialError(f"{target}: there is a file already", "name another one") from None
        finally:
            Path(name).unlink(missing_ok=True)


def read_private(path: Path) -> str:
    """Return the text of a regular file that nobody but its owner can read or write."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise CredentialError(f"{path}: is not a regular file")
        if os.name == "posix" and status.st_mode & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            raise CredentialError(
                f"{path}: others may read or write this file (mode {mode:04o})", "run `chmod 600` on it"
            )
        raw = file.read(_FILE_LIMIT + 1)
    if len(raw) > _FILE_LIMIT or not raw.isascii():
        raise CredentialError(f"{path}: is no key file")
    return raw.decode("ascii")


def _stamp(path: str | os.PathLike[str]) -> object:
    """Return what changes when a file is replaced."""
    status = os.stat(path)
    return status.st_ino, status.st_mtime_ns, status.st_size


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _shown(text: str) -> str:
    text = text if len(text) <= 40 else f"{text[:37]}..."
    return text if text.isprintable() else text.encode("unicode_escape").decode()
