"""Reading the history. Every function opens the file for itself and blocks: run it in a thread.

All raise StoreError where the file cannot be used; `prepare` must have run before.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from speakdesk.domain.bot import BotState, Evidence, EvidenceMark
from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.store.history.aftermath import aftermath_of, minutes_of, provider_lines_of
from speakdesk.store.history.connection import opened, transaction
from speakdesk.store.history.records import (
    BotRecord,
    ChatRecord,
    LineRecord,
    MeetingRecord,
    MeetingSummary,
    ProblemRecord,
    SearchHit,
    TurnRecord,
)

_OPEN, _SHUT = "\x02", "\x03"
_PIECE = re.compile(r'"([^"]*)"|(\S+)')
_SUMMARY = """
    SELECT m.*,
        (SELECT count(*) FROM bots WHERE meeting_id = m.id) AS bot_count,
        (SELECT count(*) FROM spoken WHERE meeting_id = m.id) AS line_count,
        coalesce(
            (SELECT text FROM spoken WHERE meeting_id = m.id AND is_bot = 0
                ORDER BY at, id LIMIT 1),
            (SELECT text FROM spoken WHERE meeting_id = m.id ORDER BY at, id LIMIT 1),
            (SELECT text FROM provider_lines AS p JOIN bots ON bots.id = p.bot_id
                WHERE bots.meeting_id = m.id ORDER BY p.start_s LIMIT 1), ''
        ) AS snippet
    FROM meetings AS m
"""
_TURN_COLUMNS = tuple(name for name in TurnRecord.__dataclass_fields__ if name.endswith("_ms"))


def list_meetings(
    path: Path, limit: int = 50, before: str | None = None, search: str = ""
) -> tuple[MeetingSummary, ...]:
    """Meetings, newest first; `before` is the last id of the page before.

    With a search: those in which the words were said, or whose bots or place are called so; the
    snippet is then the newest line found.
    """
    with opened(path) as connection:
        conditions: list[str] = []
        values: list[object] = []
        if before is not None:
            conditions.append(
                "(m.started_at, m.id) < (SELECT started_at, id FROM meetings WHERE id = ?)"
            )
            values.append(before)
        query = match_expression(search)
        if search.strip():
            named = (
                "m.display LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM bots WHERE"
                " meeting_id = m.id AND name LIKE ? ESCAPE '\\')"
            )
            escaped = re.sub(r"([%_\\])", r"\\\1", search.strip())
            pattern = f"%{escaped}%"
            values += [pattern, pattern]
            if query:
                named += (
                    " OR m.id IN (SELECT s.meeting_id FROM lines_fts"
                    " JOIN spoken AS s ON s.id = lines_fts.rowid WHERE lines_fts MATCH ?)"
                )
                values.append(query)
            conditions.append(f"({named})")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = connection.execute(
            f"{_SUMMARY}{where} ORDER BY m.started_at DESC, m.id DESC LIMIT ?",
            (*values, limit),
        ).fetchall()
        found: list[MeetingSummary] = []
        for row in rows:
            snippet = _found_in(connection, row["id"], query) if query else ""
            found.append(_summary(connection, row, snippet))
        return tuple(found)


def read_meeting(path: Path, meeting_id: str) -> MeetingRecord:
    """One meeting whole. Raises StoreError where there is none of this id."""
    with opened(path) as connection:
        connection.execute("BEGIN")
        row = connection.execute(f"{_SUMMARY} WHERE m.id = ?", (meeting_id,)).fetchone()
        if row is None:
            raise _unknown(meeting_id)
        bots = connection.execute(
            "SELECT * FROM bots WHERE meeting_id = ? ORDER BY number", (meeting_id,)
        ).fetchall()
        lines = connection.execute(
            "SELECT * FROM spoken WHERE meeting_id = ? ORDER BY at, id", (meeting_id,)
        ).fetchall()
        return MeetingRecord(
            summary=_summary(connection, row),
            bots=tuple(_bot(connection, bot) for bot in bots),
            lines=tuple(_line(line) for line in lines),
            turns=_turns(connection, meeting_id),
            chat=_chat(connection, meeting_id),
            aftermath=aftermath_of(connection, meeting_id),
            provider_lines=provider_lines_of(connection, meeting_id),
            minutes=minutes_of(connection, meeting_id),
        )


def search_lines(path: Path, text: str, limit: int = 100) -> tuple[SearchHit, ...]:
    """Lines in which all the words were said, newest first; the last word may be unfinished.

    Words in double quotes stand together. A text without any word finds nothing.
    """
    query = match_expression(text)
    if not query:
        return ()
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT s.*, highlight(lines_fts, 0, ?, ?) AS marked FROM lines_fts"
            " JOIN spoken AS s ON s.id = lines_fts.rowid"
            " WHERE lines_fts MATCH ? ORDER BY lines_fts.rowid DESC LIMIT ?",
            (_OPEN, _SHUT, query, limit),
        ).fetchall()
        titles: dict[str, str] = {}
        hits: list[SearchHit] = []
        for row in rows:
            meeting_id = row["meeting_id"]
            if meeting_id not in titles:
                display = connection.execute(
                    "SELECT display FROM meetings WHERE id = ?", (meeting_id,)
                ).fetchone()[0]
                titles[meeting_id] = _title(connection, meeting_id, display)
            marks = _marks(row["marked"])
            hits.append(SearchHit(meeting_id, titles[meeting_id], _line(row), marks))
        return tuple(hits)


def delete_meeting(path: Path, meeting_id: str) -> None:
    """Remove a meeting and everything said in it. Raises StoreError while it still runs."""
    with opened(path, can_write=True) as connection, transaction(connection):
        connection.execute("PRAGMA secure_delete = ON")
        row = connection.execute(
            "SELECT ended_at FROM meetings WHERE id = ?", (meeting_id,)
        ).fetchone()
        if row is None:
            raise _unknown(meeting_id)
        if row["ended_at"] is None and _has_live_bots(connection, meeting_id):
            raise StoreError(
                Problem(
                    Stage.STORE,
                    Reason.CONFLICT,
                    "This meeting is still running.",
                    "Let its bots leave first.",
                )
            )
        connection.execute("DELETE FROM meetings WHERE id = ?", (meeting_id,))


def delete_older(path: Path, before: datetime) -> int:
    """Remove the meetings that ended before a moment; returns how many."""
    with opened(path, can_write=True) as connection, transaction(connection):
        gone = connection.execute("DELETE FROM meetings WHERE ended_at < ?", (to_iso(before),))
        return gone.rowcount


def meeting_ids(path: Path) -> frozenset[str]:
    """The ids of all meetings that are kept."""
    with opened(path) as connection:
        return frozenset(row["id"] for row in connection.execute("SELECT id FROM meetings"))


def match_expression(text: str) -> str:
    """What a person typed as an FTS5 expression that cannot be a wrong one; empty for no words."""
    phrases: list[str] = []
    is_quoted = False
    for quoted, bare in _PIECE.findall(text.replace("\0", " ")):
        words = quoted or bare.replace('"', " ")
        if any(c.isalnum() for c in words):
            phrases.append(f'"{words}"')
            is_quoted = bool(quoted)
    if phrases and not is_quoted and not text[-1:].isspace():
        phrases[-1] += "*"
    return " ".join(phrases)


def _found_in(connection: sqlite3.Connection, meeting_id: str, query: str) -> str:
    row = connection.execute(
        "SELECT s.text FROM lines_fts JOIN spoken AS s ON s.id = lines_fts.rowid"
        " WHERE lines_fts MATCH ? AND s.meeting_id = ? ORDER BY lines_fts.rowid DESC LIMIT 1",
        (query, meeting_id),
    ).fetchone()
    return str(row["text"]) if row is not None else ""


def _has_live_bots(connection: sqlite3.Connection, meeting_id: str) -> bool:
    return (
        connection.execute(
            "SELECT 1 FROM bots WHERE meeting_id = ? AND ended_at IS NULL LIMIT 1", (meeting_id,)
        ).fetchone()
        is not None
    )


def _title(connection: sqlite3.Connection, meeting_id: str, display: str) -> str:
    rows = connection.execute(
        "SELECT name, persona FROM bots WHERE meeting_id = ? ORDER BY number", (meeting_id,)
    ).fetchall()
    names = list(dict.fromkeys(str(row["name"] or row["persona"]) for row in rows))
    return f"{_together(names)} in {display}" if names else display


def _together(names: Sequence[str]) -> str:
    if len(names) <= 1:
        return "".join(names)
    if len(names) > 3:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _summary(connection: sqlite3.Connection, row: sqlite3.Row, snippet: str = "") -> MeetingSummary:
    return MeetingSummary(
        id=row["id"],
        title=_title(connection, row["id"], row["display"]),
        platform=row["platform"],
        place=row["place"],
        provider=row["provider"],
        started=from_iso(row["started_at"]),
        ended=_moment(row["ended_at"]),
        cause=row["cause"],
        bot_count=row["bot_count"],
        line_count=row["line_count"],
        snippet=snippet or row["snippet"],
    )


def _bot(connection: sqlite3.Connection, row: sqlite3.Row) -> BotRecord:
    marks = connection.execute(
        "SELECT * FROM evidence WHERE bot_id = ? ORDER BY at", (row["id"],)
    ).fetchall()
    problems = connection.execute(
        "SELECT * FROM problems WHERE bot_id = ? ORDER BY at, id", (row["id"],)
    ).fetchall()
    return BotRecord(
        id=row["id"],
        name=row["name"],
        persona=row["persona"],
        provider=row["provider"],
        provider_bot_id=row["provider_bot_id"],
        state=BotState(row["state"]),
        cause=row["cause"],
        problem=_problem(row["problem"]) if row["problem"] else None,
        line_count=row["line_count"],
        created=from_iso(row["created_at"]),
        ended=_moment(row["ended_at"]),
        evidence=tuple(
            EvidenceMark(Evidence(m["evidence"]), from_iso(m["at"]), m["detail"]) for m in marks
        ),
        problems=tuple(
            ProblemRecord(from_iso(p["at"]), _problem(p["problem"]), bool(p["recovered"]))
            for p in problems
        ),
    )


def _line(row: sqlite3.Row) -> LineRecord:
    return LineRecord(
        bot_id=row["bot_id"],
        line_id=row["line_id"],
        at=from_iso(row["at"]),
        speaker=row["speaker"],
        text=row["text"],
        is_bot=bool(row["is_bot"]),
        interrupted=bool(row["interrupted"]),
        seconds=row["seconds"],
    )


def _turns(connection: sqlite3.Connection, meeting_id: str) -> tuple[TurnRecord, ...]:
    rows = connection.execute(
        "SELECT turns.* FROM turns JOIN bots ON bots.id = turns.bot_id"
        " WHERE bots.meeting_id = ? ORDER BY turns.at, turns.id",
        (meeting_id,),
    ).fetchall()
    return tuple(
        TurnRecord(
            row["bot_id"],
            from_iso(row["at"]),
            row["turn"],
            **{name: row[name] for name in _TURN_COLUMNS},
        )
        for row in rows
    )


def _chat(connection: sqlite3.Connection, meeting_id: str) -> tuple[ChatRecord, ...]:
    rows = connection.execute(
        "SELECT chat.*, bots.number FROM chat JOIN bots ON bots.id = chat.bot_id"
        " WHERE bots.meeting_id = ? ORDER BY chat.at, bots.number, chat.id",
        (meeting_id,),
    ).fetchall()
    messages: list[ChatRecord] = []
    said: list[tuple[int, str, str, datetime]] = []
    for row in rows:
        at = from_iso(row["at"])
        # Every bot of the meeting gets the same message at about the same time; it counts once.
        is_copy = any(
            number != row["number"]
            and (sender, text) == (row["sender"], row["text"])
            and (at - then).total_seconds() < 10
            for number, sender, text, then in said[-20:]
        )
        if not is_copy:
            said.append((row["number"], row["sender"], row["text"], at))
            messages.append(
                ChatRecord(row["bot_id"], at, row["sender"], row["text"], bool(row["from_bot"]))
            )
    return tuple(messages)


def _problem(text: str) -> Problem:
    return Problem.from_json(json.loads(text))


def _moment(text: str | None) -> datetime | None:
    return from_iso(text) if text else None


def _marks(marked: str) -> tuple[tuple[int, int], ...]:
    marks: list[tuple[int, int]] = []
    position = start = 0
    for char in marked:
        if char == _OPEN:
            start = position
        elif char == _SHUT:
            marks.append((start, position))
        else:
            position += 1
    return tuple(marks)


def _unknown(meeting_id: str) -> StoreError:
    return StoreError(
        Problem(
            Stage.STORE,
            Reason.NOT_FOUND,
            f"There is no meeting {meeting_id} in the history.",
            "List the meetings to see their ids.",
        )
    )
