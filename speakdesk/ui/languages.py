"""Names of languages by their tag, for lists."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QLocale


@lru_cache(maxsize=1024)
def language_name(tag: str) -> str:
    """`German` for `de` or `de-AT`; the tag itself where it is unknown."""
    language = QLocale(tag.replace("-", "_")).language()
    if language == QLocale.Language.C:
        return tag
    return QLocale.languageToString(language)
