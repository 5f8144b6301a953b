"""What each event changes in the history, as SQL; runs inside the writer's transaction."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    BotStateChanged,
    ChatMessage,
    Event,
    LineFinal,
    LinePartial,
    TurnTimed,
)
from speakdesk.store.history.owner import forget, is_alive
from speakdesk.store.history.text import clean

RECORDED = (
    BotStateChanged,
    BotEvidence,
    BotProblem,
    LineFinal,
    LinePartial,
    TurnTimed,
    ChatMessage,
)
DIED = "SpeakDesk ended unexpectedly"

_FINAL = tuple(str(state) for state in BotState if state.is_final)


@dataclass(frozen=True, slots=True)
class MeetingBegun:
    """A meeting of this process starts; begun again it is open again."""

    id: str
    platform: str
    place: str
    display: str
    provider: str
    owner: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ProviderBotKnown:
    """The provider's own id of a bot."""

    bot_id: str
    provider_bot_id: str


Entry = MeetingBegun | ProviderBotKnown | Event


def apply(connection: sqlite3.Connection, entry: Entry) -> None:
    """Write one entry. Raises sqlite3.IntegrityError where it belongs to nothing that is kept."""
    match entry:
        case MeetingBegun():
            _begin(connection, entry)
        case ProviderBotKnown():
            connection.execute(
                "UPDATE bots SET provider_bot_id = ? WHERE id = ?",
                (entry.provider_bot_id, entry.bot_id),
            )
        case BotStateChanged():
            _move(connection, entry)
        case LineFinal():
            _add_line(connection, entry, (entry.interrupted, entry.seconds))
        case LinePartial():
            # What is known of a line when a process dies in mid-sentence: cut off there.
            _add_line(connection, entry, (True, None))
        case BotEvidence():
            connection.execute(
                "INSERT INTO evidence (bot_id, evidence, at, detail) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (entry.bot_id, str(entry.evidence), to_iso(entry.at), clean(entry.detail)),
            )
        case BotProblem():
            _add_problem(connection, entry)
        case TurnTimed():
            connection.execute(
                "INSERT INTO turns (bot_id, at, turn, turn_decided_ms, transcript_ms,"
                " first_token_ms, first_audio_ms, on_wire_ms, total_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    entry.bot_id,
                    to_iso(entry.at),
                    entry.turn,
                    entry.turn_decided_ms,
                    entry.transcript_ms,
                    entry.first_token_ms,
                    entry.first_audio_ms,
                    entry.on_wire_ms,
                    entry.total_ms,
                ),
            )
        case ChatMessage():
            connection.execute(
                "INSERT INTO chat (bot_id, at, sender, text, from_bot) VALUES (?, ?, ?, ?, ?)",
                (
                    entry.bot_id,
                    to_iso(entry.at),
                    clean(entry.sender),
                    clean(entry.text),
                    entry.from_bot,
                ),
            )
        case _:
            raise TypeError(f"the history keeps no {type(entry).__name__}")


def close_orphans(connection: sqlite3.Connection, owners: Path) -> int:
    """End the meetings whose process died; returns how many. `owners` is the locks' folder.

    They end when the last thing known about them happened; one that never had a bot goes.
    """
    rows = connection.execute("SELECT DISTINCT owner FROM meetings WHERE ended_at IS NULL")
    dead = [row["owner"] for row in rows.fetchall() if not is_alive(owners, row["owner"])]
    closed = 0
    problem = Problem(
        Stage.APP,
        Reason.CRASHED,
        f"{DIED} while this bot was in the meeting.",
        "What was said until then is kept. If a bot is still in the meeting, remove it there.",
    )
    for owner in dead:
        meetings = connection.execute(
            "SELECT id, started_at FROM meetings WHERE owner = ? AND ended_at IS NULL", (owner,)
        ).fetchall()
        for meeting in meetings:
            last = meeting["started_at"]
            bots = connection.execute(
                "SELECT id, created_at, ended_at, state FROM bots WHERE meeting_id = ?",
                (meeting["id"],),
            ).fetchall()
            if not bots:
                connection.execute("DELETE FROM meetings WHERE id = ?", (meeting["id"],))
                continue
            for bot in bots:
                at = bot["ended_at"] or _last_sign_of(connection, bot["id"], bot["created_at"])
                last = max(last, at)
                if bot["state"] not in _FINAL:
                    connection.execute(
                        "UPDATE bots SET state = ?, cause = ?, problem = ?, ended_at = ?"
                        " WHERE id = ?",
                        (str(BotState.FAILED), DIED, _json(problem), at, bot["id"]),
                    )
            connection.execute(
                "UPDATE meetings SET ended_at = ?, cause = ? WHERE id = ?",
                (last, DIED, meeting["id"]),
            )
            closed += 1
        forget(owners, owner)
    return closed


def _begin(connection: sqlite3.Connection, begun: MeetingBegun) -> None:
    connection.execute(
        "INSERT INTO meetings (id, platform, place, display, provider, owner, started_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET ended_at = NULL, cause = '', owner = excluded.owner",
        (
            begun.id,
            begun.platform,
            begun.place,
            begun.display,
            begun.provider,
            begun.owner,
            to_iso(begun.at),
        ),
    )


def _move(connection: sqlite3.Connection, event: BotStateChanged) -> None:
    at = to_iso(event.at)
    is_final = event.state.is_final
    if event.meeting_id:
        connection.execute(
            "INSERT INTO bots (id, meeting_id, number, persona, name, provider, state, created_at)"
            " SELECT ?, id, (SELECT count(*) FROM bots WHERE meeting_id = meetings.id),"
            " ?, ?, provider, ?, ? FROM meetings WHERE id = ?"
            " ON CONFLICT (id) DO NOTHING",
            (
                event.bot_id,
                event.persona,
                clean(event.name),
                str(event.state),
                at,
                event.meeting_id,
            ),
        )
    changed = connection.execute(
        "UPDATE bots SET state = ?, cause = CASE WHEN ? = '' THEN cause ELSE ? END,"
        " name = CASE WHEN ? = '' THEN name ELSE ? END,"
        " in_call_at = CASE WHEN ? THEN coalesce(in_call_at, ?) ELSE in_call_at END,"
        " ended_at = CASE WHEN ? THEN ? ELSE NULL END WHERE id = ?",
        (
            str(event.state),
            clean(event.cause),
            clean(event.cause),
            clean(event.name),
            clean(event.name),
            event.state is BotState.IN_CALL,
            at,
            is_final,
            at,
            event.bot_id,
        ),
    )
    if changed.rowcount == 0:
        raise sqlite3.IntegrityError("a state of a bot in no meeting that is kept")
    row = connection.execute("SELECT meeting_id FROM bots WHERE id = ?", (event.bot_id,)).fetchone()
    if is_final:
        connection.execute(
            "UPDATE meetings SET ended_at = (SELECT max(ended_at) FROM bots"
            " WHERE meeting_id = meetings.id) WHERE id = ? AND NOT EXISTS"
            " (SELECT 1 FROM bots WHERE meeting_id = meetings.id AND ended_at IS NULL)",
            (row["meeting_id"],),
        )
    else:
        connection.execute(
            "UPDATE meetings SET ended_at = NULL WHERE id = ? AND ended_at IS NOT NULL",
            (row["meeting_id"],),
        )


def _add_line(
    connection: sqlite3.Connection,
    event: LineFinal | LinePartial,
    end: tuple[bool, float | None],
) -> None:
    # What a bot hears of another bot is not its own line: that one's history has it as spoken.
    owner = connection.execute("SELECT name FROM bots WHERE id = ?", (event.bot_id,)).fetchone()
    is_own = event.is_bot and (owner is None or owner["name"] in ("", clean(event.speaker)))
    if isinstance(event, LinePartial) and not is_own:
        return
    known = connection.execute(
        "SELECT id FROM lines WHERE bot_id = ? AND line_id = ?", (event.bot_id, event.line_id)
    ).fetchone()
    said = (clean(event.speaker), clean(event.text), *end)
    if known is not None:
        connection.execute(
            "UPDATE lines SET speaker = ?, text = ?, interrupted = ?, seconds = ? WHERE id = ?",
            (*said, known["id"]),
        )
        return
    connection.execute(
        "INSERT INTO lines (speaker, text, interrupted, seconds, bot_id, line_id, at, is_bot)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*said, event.bot_id, event.line_id, to_iso(event.at), is_own),
    )
    connection.execute(
        "UPDATE bots SET line_count = line_count + 1, people_line_count = people_line_count + ?"
        " WHERE id = ?",
        (not is_own, event.bot_id),
    )


def _add_problem(connection: sqlite3.Connection, event: BotProblem) -> None:
    connection.execute(
        "INSERT INTO problems (bot_id, at, recovered, problem) VALUES (?, ?, ?, ?)",
        (event.bot_id, to_iso(event.at), event.recovered, _json(event.problem)),
    )
    if not event.recovered:
        connection.execute(
            "UPDATE bots SET problem = ? WHERE id = ?", (_json(event.problem), event.bot_id)
        )


def _last_sign_of(connection: sqlite3.Connection, bot_id: str, created_at: str) -> str:
    row = connection.execute(
        "SELECT max(at) AS at FROM ("
        " SELECT max(at) AS at FROM lines WHERE bot_id = :bot"
        " UNION ALL SELECT max(at) FROM turns WHERE bot_id = :bot"
        " UNION ALL SELECT max(at) FROM chat WHERE bot_id = :bot"
        " UNION ALL SELECT max(at) FROM evidence WHERE bot_id = :bot"
        " UNION ALL SELECT max(at) FROM problems WHERE bot_id = :bot)",
        {"bot": bot_id},
    ).fetchone()
    return max(str(row["at"] or ""), created_at)


def _json(problem: Problem) -> str:
    return json.dumps(problem.to_json(), ensure_ascii=True)
