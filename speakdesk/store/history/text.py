"""Text as the history keeps it."""

from __future__ import annotations


def clean(text: str) -> str:
    """Without control characters (two of them mark search hits) and halves of characters."""
    if text.isprintable():
        return text
    kept = "".join(c for c in text if c in "\n\t" or not (ord(c) < 32 or ord(c) == 127))
    return kept.encode("utf-8", "replace").decode("utf-8")
