def read_canonical(text: str) -> tuple[dict[str, str], bool] | None:
    """Return the values of a query or form by their names, both as they stand, and whether the names ascend.

    None where the text is not ``name=value&name=value`` in canonical encoding with each name once: everything but
    unreserved characters encoded, digits in upper case.
    """

def is_visible(text: str) -> bool:
    """Tell whether a text holds nothing but the visible characters of ASCII, `!` to `~`."""
