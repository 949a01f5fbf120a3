"""What is remembered of a log has a bound in bytes."""

from __future__ import annotations

from gatewright.remembering import MAX_LENGTH, remember


def test_long_texts_are_read_each_time() -> None:
    """A text beyond the bound is read again and again, and pushes nothing out; others are read once."""
    seen: list[tuple[str, bool]] = []

    @remember(4)
    def read(text: str, is_folded: bool = False) -> int:
        """Tell how long a text is."""
        seen.append((text, is_folded))
        return len(text)

    long = "x" * (MAX_LENGTH + 1)
    for _ in range(3):
        assert read("short", True) == 5
        assert read(long, True) == MAX_LENGTH + 1
        assert read("x" * MAX_LENGTH) == MAX_LENGTH
    assert [text for text, _ in seen].count(long) == 3
    assert len(seen) == 5
    assert read.__doc__ == "Tell how long a text is."
