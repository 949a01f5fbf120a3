# cython: language_level=3
"""The decision table as the runtime sees it: immutable bytes that have been verified whole."""

import json
import mmap
import os
import secrets
import stat

cimport cython

from .errors import TableFormatError, TableVersionError
from .layout import HEADER, SECTIONS

__all__ = [
    "ELEMENT_BYTES",
    "LAYER_LIMIT",
    "MAGIC",
    "NUMBER_BYTES_LIMIT",
    "PROBE_LIMIT",
    "SECTION_ALIGNMENT",
    "SIMULATION_WORDS_LIMIT",
    "VERSION",
    "Table",
    "hash_text",
    "open_sealed",
    "seal",
]

VERSION = GW_TABLE_VERSION
MAGIC = GW_TABLE_MAGIC
SECTION_ALIGNMENT = GW_SECTION_ALIGNMENT
PROBE_LIMIT = GW_PROBE_LIMIT
LAYER_LIMIT = GW_LAYER_LIMIT
SIMULATION_WORDS_LIMIT = GW_SIMULATION_WORDS_LIMIT
NUMBER_BYTES_LIMIT = GW_NUMBER_BYTES_LIMIT
ELEMENT_BYTES = tuple(gw_element_bytes(i) for i in range(GW_SECTION_COUNT))
_SECTION_NUMBERS = {name: number for number, name in enumerate(SECTIONS)}


def hash_text(bytes text not None, uint64_t seed):
    """Return the table's 64-bit hash of a text."""
    return gw_hash(<const char *>text, len(text), seed)


def seal(uint8_t[::1] table):
    """Write the checksum into the header of a table under construction."""
    cdef size_t hashed = HEADER.fields["checksum"][1] + 8
    cdef uint64_t checksum = gw_checksum(&table[hashed], table.shape[0] - hashed, GW_TABLE_MAGIC)
    cdef size_t i
    for i in range(8):
        table[hashed - 8 + i] = <uint8_t>(checksum >> 8 * i)


def open_sealed(data):
    """Open a table whose checksum has just been written: all of it is verified but that."""
    return Table(data, _SEALED)


_SEALED = object()


@cython.final
cdef class Table:
    """An immutable decision table.

    Parameters
    ----------
    data : bytes-like
        The whole table.  It is verified once, here, and must not change afterwards: the object keeps `data` alive and
        reads it in place, or makes a copy if `data` could be written to.

    Raises
    ------
    TableVersionError
        The format version lies outside the range that this runtime reads.
    TableFormatError
        Anything else that is no sound table.

    Notes
    -----
    Any number of threads may use one table.  Format: docs/table-format.md.
    """

    def __cinit__(self, data, how=None):
        cdef uint32_t section
        cdef int error
        cdef const uint8_t *start
        cdef size_t size
        cdef bint is_sealed
        view = memoryview(data)
        if not view.c_contiguous:
            raise TableFormatError("a table is one contiguous run of bytes")
        if not view.readonly:
            view = memoryview(bytes(view))
        view = view.cast("B") if view.nbytes else memoryview(b"")  # an empty view cannot be cast
        self._bytes = view
        size = self._bytes.shape[0]
        if size and <size_t>&self._bytes[0] % 8:
            view = memoryview(bytes(view))
            self._bytes = view
        start = &self._bytes[0] if size else NULL
        is_sealed = how is _SEALED
        with nogil:
            if is_sealed:
                error = gw_table_open_sealed(&self.c, start, size, &section)
            else:
                error = gw_table_open(&self.c, start, size, &section)
        if error == GW_OPEN_OK:
            return
        if error == GW_OPEN_VERSION:
            version = int.from_bytes(bytes(view[8:12]), "little")
            oldest = f"{GW_TABLE_VERSION_OLDEST} to " if GW_TABLE_VERSION_OLDEST < GW_TABLE_VERSION else ""
            raise TableVersionError(
                f"the table has format version {version}; this runtime reads "
                f"{oldest}{GW_TABLE_VERSION}: compile the policies again"
            )
        if error in (GW_OPEN_TOO_SHORT, GW_OPEN_NOT_A_TABLE):
            raise TableFormatError("these bytes are no gatewright table")
        if error == GW_OPEN_SIZE:
            raise TableFormatError("the table is cut short or has bytes behind its end")
        if error == GW_OPEN_CHECKSUM:
            raise TableFormatError("the table is damaged: its checksum does not fit")
        names = list(SECTIONS)
        where = f" in section `{names[section]}`" if section < len(names) else ""
        raise TableFormatError(f"the table is damaged{where}")

    @staticmethod
    def open(path):
        """Open a table file, memory-mapped.

        Raises
        ------
        OSError
            The file cannot be read.
        TableError
            It is no table of a version that this runtime reads.
        """
        # Without O_NONBLOCK, opening a named pipe waits for somebody to write to it.
        flags = getattr(os, "O_NONBLOCK", 0)
        with open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise TableFormatError(f"`{os.fsdecode(path)}` is no regular file")
            if status.st_size == 0:
                raise TableFormatError(f"`{os.fsdecode(path)}` is an empty file, no gatewright table")
            return Table(mmap.mmap(file.fileno(), status.st_size, access=mmap.ACCESS_READ))

    def save(self, path):
        """Write the table to a file, whole or not at all: a reader sees the old file or the new one.

        Raises
        ------
        OSError
            The file cannot be written; an older one is still there.
        """
        path = os.fsdecode(path)
        temporary = os.path.join(os.path.dirname(path), f".gatewright-{secrets.token_hex(8)}")
        # "x" makes a new file with the permissions that any file of this user gets.
        file = open(temporary, "xb")
        try:
            with file:
                file.write(self._bytes)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise

    def __bytes__(self):
        return bytes(self._bytes)

    def __reduce__(self):
        return Table, (bytes(self),)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    cdef str symbol_text(self, uint32_t symbol):
        cdef const gw_symbol *s = &self.c.symbols[symbol]
        try:
            return (<bytes>self.c.text[s.text_offset:s.text_offset + s.text_bytes]).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise TableFormatError("the table is damaged in section `text`") from None

    def section(self, str name):
        """Return the bytes of one section; the names are those of `layout.SECTIONS`, any other is a KeyError."""
        cdef uint32_t index = _SECTION_NUMBERS[name]
        cdef const gw_extent *extent = &self.c.header.sections[index]
        cdef size_t size = extent.count * gw_element_bytes(index)
        return memoryview(self._bytes)[extent.offset:extent.offset + size]

    @property
    def notes(self):
        """Where statements and tests come from, as the compiler wrote it (docs/table-format.md, section notes)."""
        if self._notes is None:
            try:
                self._notes = json.loads(bytes(self.section("notes")))
            except (ValueError, RecursionError):
                raise TableFormatError("the table is damaged in section `notes`") from None
        return self._notes

    @property
    def version(self):
        """Format version."""
        return self.c.header.version

    @property
    def byte_count(self):
        """Size in bytes."""
        return self._bytes.shape[0]

    @property
    def checksum(self):
        """64-bit checksum of everything behind it in the header."""
        return self.c.header.checksum

    @property
    def principals(self):
        """ARNs of the principals, in the order of the policy set."""
        return tuple(self.symbol_text(self.c.principals[i].symbol) for i in range(self.c.principal_count))

    @property
    def keys(self):
        """Lower-case names of the context keys that some statement asks for."""
        return tuple(self.symbol_text(self.c.keys[i].symbol) for i in range(self.c.key_count))

    @property
    def statement_count(self):
        """Number of statements."""
        return self.c.statement_count
