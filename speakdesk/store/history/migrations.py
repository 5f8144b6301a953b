"""The history's layout, built up in numbered steps."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.store.files import name_aside
from speakdesk.store.history.connection import connect, explain, is_damaged, transaction

Migration = Sequence[str]

_FIRST: Migration = (
    """CREATE TABLE meetings (
        id TEXT PRIMARY KEY,
        platform TEXT NOT NULL,
        place TEXT NOT NULL,
        display TEXT NOT NULL,
        provider TEXT NOT NULL,
        owner TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        cause TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX meetings_by_start ON meetings (started_at, id)",
    "CREATE INDEX meetings_open ON meetings (owner) WHERE ended_at IS NULL",
    """CREATE TABLE bots (
        id TEXT PRIMARY KEY,
        meeting_id TEXT NOT NULL REFERENCES meetings ON DELETE CASCADE,
        number INTEGER NOT NULL,
        persona TEXT NOT NULL,
        name TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_bot_id TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL,
        cause TEXT NOT NULL DEFAULT '',
        problem TEXT,
        line_count INTEGER NOT NULL DEFAULT 0,
        people_line_count INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL,
        in_call_at TEXT,
        ended_at TEXT,
        UNIQUE (meeting_id, number)
    ) STRICT""",
    """CREATE TABLE lines (
        id INTEGER PRIMARY KEY,
        bot_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
        line_id TEXT NOT NULL,
        at TEXT NOT NULL,
        speaker TEXT NOT NULL,
        text TEXT NOT NULL,
        is_bot INTEGER NOT NULL,
        interrupted INTEGER NOT NULL DEFAULT 0,
        seconds REAL,
        UNIQUE (bot_id, line_id)
    ) STRICT""",
    "CREATE INDEX lines_by_time ON lines (bot_id, at)",
    """CREATE TABLE turns (
        id INTEGER PRIMARY KEY,
        bot_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
        at TEXT NOT NULL,
        turn INTEGER NOT NULL,
        turn_decided_ms REAL,
        transcript_ms REAL,
        first_token_ms REAL,
        first_audio_ms REAL,
        on_wire_ms REAL,
        total_ms REAL
    ) STRICT""",
    "CREATE INDEX turns_by_bot ON turns (bot_id, at)",
    """CREATE TABLE evidence (
        bot_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
        evidence TEXT NOT NULL,
        at TEXT NOT NULL,
        detail TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (bot_id, evidence)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE problems (
        id INTEGER PRIMARY KEY,
        bot_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
        at TEXT NOT NULL,
        recovered INTEGER NOT NULL,
        problem TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX problems_by_bot ON problems (bot_id, at)",
    """CREATE TABLE chat (
        id INTEGER PRIMARY KEY,
        bot_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
        at TEXT NOT NULL,
        sender TEXT NOT NULL,
        text TEXT NOT NULL,
        from_bot INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX chat_by_bot ON chat (bot_id, at)",
    """CREATE VIRTUAL TABLE lines_fts USING fts5 (
        text, content = 'lines', content_rowid = 'id',
        tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    )""",
    """CREATE TRIGGER lines_added AFTER INSERT ON lines BEGIN
        INSERT INTO lines_fts (rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER lines_removed AFTER DELETE ON lines BEGIN
        INSERT INTO lines_fts (lines_fts, rowid, text) VALUES ('delete', old.id, old.text);
    END""",
    """CREATE TRIGGER lines_changed AFTER UPDATE OF text ON lines BEGIN
        INSERT INTO lines_fts (lines_fts, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO lines_fts (rowid, text) VALUES (new.id, new.text);
    END""",
    # Every bot of a meeting hears the same people. Their lines count once: from the meeting's
    # first bot that was in the call just then and heard anyone. What a bot says counts from
    # itself, so a sibling's voice in another bot's transcript does not.
    """CREATE VIEW spoken AS
        SELECT lines.*, bots.meeting_id, bots.number FROM lines
        JOIN bots ON bots.id = lines.bot_id
        WHERE lines.is_bot = 1 OR (
            NOT EXISTS (
                SELECT 1 FROM bots AS earlier
                WHERE earlier.meeting_id = bots.meeting_id AND earlier.number < bots.number
                AND earlier.people_line_count > 0 AND earlier.in_call_at <= lines.at
                AND (earlier.ended_at IS NULL OR earlier.ended_at >= lines.at)
            ) AND NOT EXISTS (
                SELECT 1 FROM bots AS sibling
                WHERE sibling.meeting_id = bots.meeting_id AND sibling.id <> bots.id
                AND sibling.name = lines.speaker
            )
        )""",
)

_AFTERMATH: Migration = (
    # What a provider keeps of a bot's meeting. The address of a file is not among it: whoever has
    # the address has the file.
    """CREATE TABLE aftermath (
        bot_id TEXT PRIMARY KEY REFERENCES bots ON DELETE CASCADE,
        asked_at TEXT NOT NULL,
        raw TEXT NOT NULL DEFAULT '',
        is_complete INTEGER NOT NULL DEFAULT 0,
        is_deleted INTEGER NOT NULL DEFAULT 0,
        joined_at TEXT,
        exited_at TEXT,
        duration_s REAL,
        people TEXT NOT NULL DEFAULT '[]',
        cost TEXT,
        problem TEXT,
        trouble TEXT,
        transcript_at TEXT
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE artifacts (
        bot_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
        kind TEXT NOT NULL,
        is_there INTEGER NOT NULL DEFAULT 1,
        expires_at TEXT,
        path TEXT NOT NULL DEFAULT '',
        size_bytes INTEGER,
        PRIMARY KEY (bot_id, kind)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE provider_lines (
        bot_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
        number INTEGER NOT NULL,
        start_s REAL NOT NULL,
        end_s REAL NOT NULL,
        speaker TEXT NOT NULL,
        text TEXT NOT NULL,
        language TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (bot_id, number)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE minutes (
        meeting_id TEXT PRIMARY KEY REFERENCES meetings ON DELETE CASCADE,
        made_at TEXT NOT NULL,
        model TEXT NOT NULL,
        language TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL,
        decisions TEXT NOT NULL,
        action_items TEXT NOT NULL,
        open_questions TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX bots_at_provider ON bots (ended_at) WHERE provider_bot_id <> ''",
)

MIGRATIONS: tuple[Migration, ...] = (_FIRST, _AFTERMATH)
"""Step n makes version n + 1. A step that was released is never changed."""


def prepare(path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Problem | None:
    """Bring the file to the present layout, copied first where it holds anything. Blocking.

    A damaged file is put aside, a new one begun, and the Problem returned says so. Raises
    StoreError where the file is newer than this program or cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.UNAVAILABLE,
                "The history's folder cannot be made.",
                f"Check the permissions of {path.parent}.",
                e.strerror or str(e),
            )
        ) from e
    try:
        _migrate(path, migrations)
    except sqlite3.Error as e:
        if not is_damaged(e):
            raise StoreError(explain(e, path)) from e
        aside = _put_aside(path)
        try:
            _migrate(path, migrations)
        except sqlite3.Error as again:
            raise StoreError(explain(again, path)) from again
        return Problem(
            Stage.STORE,
            Reason.UNAVAILABLE,
            f"The history file was damaged; a new one was begun and the old kept as {aside.name}.",
            "Nothing needs to be done; a tool for SQLite may save some of the old one.",
            str(e),
        )
    return None


def _migrate(path: Path, migrations: Sequence[Migration]) -> None:
    connection = connect(path)
    try:
        version = _version(connection)
        if version == len(migrations):
            return
        if version > len(migrations):
            raise StoreError(
                Problem(
                    Stage.STORE,
                    Reason.UNSUPPORTED,
                    "The history was written by a newer SpeakDesk "
                    f"(layout {version}, this one knows {len(migrations)}).",
                    "Update SpeakDesk; the file was left as it is.",
                )
            )
        if version > 0:
            _copy(connection, name_aside(path, f"layout-{version}"))
        with transaction(connection):
            # Another process may have done it while this one waited for the lock.
            for number in range(_version(connection), len(migrations)):
                for statement in migrations[number]:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(migrations)}")
    finally:
        connection.close()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _copy(connection: sqlite3.Connection, to: Path) -> None:
    with contextlib.closing(sqlite3.connect(to)) as copy:
        connection.backup(copy)


def _put_aside(path: Path) -> Path:
    aside = name_aside(path, "broken")
    path.replace(aside)
    for ending in ("-wal", "-shm"):
        # A leftover log would be played into the new file.
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + ending))
    return aside
