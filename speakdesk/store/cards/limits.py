"""How much of a stranger's file is taken in, and how a refusal is told."""

from __future__ import annotations

import re

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.store.personas.folder import IMAGE_ENDINGS

LARGEST_FILE_BYTES = 50_000_000
LARGEST_MEMBER_BYTES = 20_000_000
LARGEST_UNZIPPED_BYTES = 100_000_000
LARGEST_JSON_BYTES = 10_000_000
MOST_MEMBERS = 2_000
MOST_PERSONAS = 500
MOST_FILES_EACH = 300
# A small file that unpacks to very much is a trap and no persona.
LARGEST_RATIO = 200
RATIO_COUNTS_FROM_BYTES = 1_000_000

KEPT_ENDINGS = (".md", ".txt", ".json", ".csv", *IMAGE_ENDINGS)
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]')


def refused(sentence: str, next_step: str = "", words: str = "") -> PersonaError:
    """A file that is not taken in: nothing of it was written."""
    step = next_step or "Nothing was changed. Ask whoever made the file for another one."
    return PersonaError(Problem(Stage.PERSONA, Reason.BAD_INPUT, sentence, step, words))


def is_safe_name(name: str) -> bool:
    """True for a plain file name that every system can hold and none misreads."""
    try:
        size_bytes = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return False
    return (
        0 < len(name) <= 120
        and size_bytes <= 200
        and not _FORBIDDEN.search(name)
        and not _RESERVED.match(name)
        and not name.startswith((".", "~"))
        and name == name.strip(" .")
    )


def megabytes(size_bytes: int) -> str:
    """A size for a person."""
    return f"{size_bytes / 1_000_000:.0f} MB"
