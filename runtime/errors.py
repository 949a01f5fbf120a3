"""Errors of the runtime."""


class TableError(Exception):
    """Bytes that this runtime does not open as a table."""


class TableVersionError(TableError):
    """A table of a format version outside the range that this runtime reads."""


class TableFormatError(TableError):
    """Bytes that are no table, or a table that is damaged."""


class RequestError(TypeError):
    """A request or a batch whose shape or types are not understood; nothing was decided."""
