"""What a provider keeps of a meeting, its own transcript, and the minutes: written and read.

The functions that take a path open the file for themselves and block: run them in a thread. They
raise StoreError. The address of a file is never written: whoever has it has the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from speakdesk.domain.aftermath import Aftermath, ArtifactKind, Cost, ProviderLine
from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.domain.errors import Problem
from speakdesk.domain.minutes import ActionItem, Summary
from speakdesk.store.history.connection import opened, transaction
from speakdesk.store.history.records import (
    AftermathRecord,
    FileRecord,
    PendingBot,
    PersonRecord,
    ProviderLineRecord,
)
from speakdesk.store.history.text import clean

_PENDING = """
    SELECT bots.id, bots.meeting_id, bots.provider, bots.provider_bot_id, bots.ended_at,
        coalesce(a.is_complete, 0) AS is_complete
    FROM bots LEFT JOIN aftermath AS a ON a.bot_id = bots.id
    WHERE bots.ended_at IS NOT NULL AND bots.provider_bot_id <> ''
"""


def pending_bots(path: Path, since: datetime, limit: int) -> tuple[PendingBot, ...]:
    """Bots that ended after a moment and whose provider has not told all, the newest first."""
    with opened(path) as connection:
        rows = connection.execute(
            f"{_PENDING} AND bots.ended_at > ? AND coalesce(a.is_complete, 0) = 0"
            " ORDER BY bots.ended_at DESC, bots.id LIMIT ?",
            (to_iso(since), limit),
        ).fetchall()
    return tuple(_pending(row) for row in rows)


def ended_bots(path: Path, meeting_id: str) -> tuple[PendingBot, ...]:
    """The bots of one meeting that have ended and that a provider knows."""
    with opened(path) as connection:
        rows = connection.execute(
            f"{_PENDING} AND bots.meeting_id = ? ORDER BY bots.number", (meeting_id,)
        ).fetchall()
    return tuple(_pending(row) for row in rows)


def save_aftermath(
    path: Path, bot_id: str, found: Aftermath, asked: datetime, trouble: Problem | None = None
) -> None:
    """Keep what the provider says now; what was downloaded before stays known."""
    with opened(path, can_write=True) as connection, transaction(connection):
        if not _is_kept(connection, bot_id):
            return
        connection.execute(
            "INSERT INTO aftermath (bot_id, asked_at, raw, is_complete, is_deleted, joined_at,"
            " exited_at, duration_s, people, cost, problem, trouble)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (bot_id) DO UPDATE SET asked_at = excluded.asked_at,"
            " raw = excluded.raw, is_complete = excluded.is_complete,"
            " is_deleted = excluded.is_deleted, joined_at = excluded.joined_at,"
            " exited_at = excluded.exited_at, duration_s = excluded.duration_s,"
            " people = excluded.people, cost = excluded.cost, problem = excluded.problem,"
            " trouble = excluded.trouble",
            (
                bot_id,
                to_iso(asked),
                clean(found.raw),
                found.is_complete,
                found.is_deleted,
                _iso(found.joined),
                _iso(found.exited),
                found.duration_s,
                _json(_people(found)),
                _json(asdict(found.cost)) if found.cost else None,
                _problem_json(found.problem),
                _problem_json(trouble),
            ),
        )
        connection.execute("UPDATE artifacts SET is_there = 0 WHERE bot_id = ?", (bot_id,))
        for artifact in () if found.is_deleted else found.artifacts:
            connection.execute(
                "INSERT INTO artifacts (bot_id, kind, is_there, expires_at) VALUES (?, ?, 1, ?)"
                " ON CONFLICT (bot_id, kind) DO UPDATE SET is_there = 1,"
                " expires_at = excluded.expires_at",
                (bot_id, str(artifact.kind), _iso(artifact.expires)),
            )
        connection.execute(
            "DELETE FROM artifacts WHERE bot_id = ? AND is_there = 0 AND path = ''", (bot_id,)
        )


def save_trouble(
    path: Path, bot_id: str, trouble: Problem | None, asked: datetime, *, is_final: bool = False
) -> None:
    """Keep why nothing could be learnt this time; with `is_final` nobody asks again by himself."""
    with opened(path, can_write=True) as connection, transaction(connection):
        if _is_kept(connection, bot_id):
            connection.execute(
                "INSERT INTO aftermath (bot_id, asked_at, trouble, is_complete) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (bot_id) DO UPDATE SET asked_at = excluded.asked_at,"
                " trouble = excluded.trouble, is_complete = is_complete OR excluded.is_complete",
                (bot_id, to_iso(asked), _problem_json(trouble), is_final),
            )


def save_provider_lines(
    path: Path, bot_id: str, lines: Sequence[ProviderLine], read: datetime
) -> None:
    """Keep the provider's transcript of a bot's meeting; an earlier one is replaced."""
    with opened(path, can_write=True) as connection, transaction(connection):
        if not _is_kept(connection, bot_id):
            return
        connection.execute("DELETE FROM provider_lines WHERE bot_id = ?", (bot_id,))
        connection.executemany(
            "INSERT INTO provider_lines (bot_id, number, start_s, end_s, speaker, text, language)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    bot_id,
                    number,
                    line.start_s,
                    line.end_s,
                    clean(line.speaker),
                    clean(line.text),
                    clean(line.language),
                )
                for number, line in enumerate(lines)
                if line.text.strip()
            ],
        )
        connection.execute(
            "UPDATE aftermath SET transcript_at = ? WHERE bot_id = ?", (to_iso(read), bot_id)
        )


def save_file(
    path: Path, bot_id: str, kind: ArtifactKind, local: Path, size_bytes: int | None
) -> None:
    """Keep where a downloaded file lies."""
    with opened(path, can_write=True) as connection, transaction(connection):
        if _is_kept(connection, bot_id):
            connection.execute(
                "INSERT INTO artifacts (bot_id, kind, path, size_bytes) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (bot_id, kind) DO UPDATE SET path = excluded.path,"
                " size_bytes = excluded.size_bytes",
                (bot_id, str(kind), str(local), size_bytes),
            )


def save_minutes(path: Path, meeting_id: str, summary: Summary) -> None:
    """Keep a meeting's summary in the place of an earlier one."""
    with opened(path, can_write=True) as connection, transaction(connection):
        if connection.execute("SELECT 1 FROM meetings WHERE id = ?", (meeting_id,)).fetchone():
            connection.execute(
                "INSERT OR REPLACE INTO minutes (meeting_id, made_at, model, language, text,"
                " decisions, action_items, open_questions) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    meeting_id,
                    to_iso(summary.made),
                    clean(summary.model),
                    clean(summary.language),
                    clean(summary.text),
                    _json(list(summary.decisions)),
                    _json([asdict(item) for item in summary.action_items]),
                    _json(list(summary.open_questions)),
                ),
            )


def aftermath_of(connection: sqlite3.Connection, meeting_id: str) -> tuple[AftermathRecord, ...]:
    """What is known of each bot of a meeting, in the order of the bots."""
    rows = connection.execute(
        "SELECT a.* FROM aftermath AS a JOIN bots ON bots.id = a.bot_id"
        " WHERE bots.meeting_id = ? ORDER BY bots.number",
        (meeting_id,),
    ).fetchall()
    return tuple(_aftermath(row, _files(connection, row["bot_id"])) for row in rows)


def provider_lines_of(
    connection: sqlite3.Connection, meeting_id: str
) -> tuple[ProviderLineRecord, ...]:
    """The transcript of the bot whose recording went on longest; the bots heard the same."""
    longest = connection.execute(
        "SELECT p.bot_id FROM provider_lines AS p JOIN bots ON bots.id = p.bot_id"
        " WHERE bots.meeting_id = ? GROUP BY p.bot_id"
        " ORDER BY max(p.end_s) - min(p.start_s) DESC, bots.number LIMIT 1",
        (meeting_id,),
    ).fetchone()
    if longest is None:
        return ()
    rows = connection.execute(
        "SELECT * FROM provider_lines WHERE bot_id = ? ORDER BY start_s, number",
        (longest["bot_id"],),
    ).fetchall()
    return tuple(
        ProviderLineRecord(
            row["bot_id"],
            row["speaker"],
            row["text"],
            row["start_s"],
            row["end_s"],
            row["language"],
        )
        for row in rows
    )


def minutes_of(connection: sqlite3.Connection, meeting_id: str) -> Summary | None:
    """The meeting's summary, where one was written."""
    row = connection.execute("SELECT * FROM minutes WHERE meeting_id = ?", (meeting_id,)).fetchone()
    if row is None:
        return None
    return Summary(
        text=row["text"],
        made=from_iso(row["made_at"]),
        model=row["model"],
        language=row["language"],
        decisions=tuple(json.loads(row["decisions"])),
        action_items=tuple(ActionItem(**item) for item in json.loads(row["action_items"])),
        open_questions=tuple(json.loads(row["open_questions"])),
    )


def _aftermath(row: sqlite3.Row, files: tuple[FileRecord, ...]) -> AftermathRecord:
    people = json.loads(row["people"])
    return AftermathRecord(
        bot_id=row["bot_id"],
        asked=from_iso(row["asked_at"]),
        raw=row["raw"],
        is_complete=bool(row["is_complete"]),
        is_deleted=bool(row["is_deleted"]),
        joined=_moment(row["joined_at"]),
        exited=_moment(row["exited_at"]),
        duration_s=row["duration_s"],
        people=tuple(PersonRecord(person["name"], person["spoke"]) for person in people),
        cost=Cost(**json.loads(row["cost"])) if row["cost"] else None,
        files=files,
        problem=_problem(row["problem"]),
        trouble=_problem(row["trouble"]),
        transcript_read=_moment(row["transcript_at"]),
    )


def _files(connection: sqlite3.Connection, bot_id: str) -> tuple[FileRecord, ...]:
    order = list(ArtifactKind)
    rows = connection.execute("SELECT * FROM artifacts WHERE bot_id = ?", (bot_id,)).fetchall()
    files = [
        FileRecord(
            ArtifactKind(row["kind"]),
            bool(row["is_there"]),
            _moment(row["expires_at"]),
            row["path"],
            row["size_bytes"],
        )
        for row in rows
    ]
    return tuple(sorted(files, key=lambda file: order.index(file.kind)))


def _pending(row: sqlite3.Row) -> PendingBot:
    return PendingBot(
        row["id"],
        row["meeting_id"],
        row["provider"],
        row["provider_bot_id"],
        from_iso(row["ended_at"]),
        bool(row["is_complete"]),
    )


def _is_kept(connection: sqlite3.Connection, bot_id: str) -> bool:
    """False where the meeting was deleted meanwhile."""
    return connection.execute("SELECT 1 FROM bots WHERE id = ?", (bot_id,)).fetchone() is not None


def _people(found: Aftermath) -> list[dict[str, Any]]:
    speakers = set(found.speakers)
    names = [person.shown_name for person in found.participants]
    everybody = dict.fromkeys(clean(name) for name in (*names, *found.speakers) if name.strip())
    told = bool(found.speakers)
    return [{"name": name, "spoke": name in speakers if told else None} for name in everybody]


def _problem_json(problem: Problem | None) -> str | None:
    return _json(problem.to_json()) if problem is not None else None


def _json(value: Mapping[str, Any] | Iterable[Any]) -> str:
    return json.dumps(value, ensure_ascii=True)


def _problem(text: str | None) -> Problem | None:
    return Problem.from_json(json.loads(text)) if text else None


def _iso(at: datetime | None) -> str | None:
    return to_iso(at) if at is not None else None


def _moment(text: str | None) -> datetime | None:
    return from_iso(text) if text else None
