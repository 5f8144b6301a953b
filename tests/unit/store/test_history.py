"""The history: what was said is on disk at once, and found again."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    BotStateChanged,
    ChatMessage,
    LineFinal,
    LinePartial,
    Notice,
    TurnTimed,
)
from speakdesk.domain.meeting import PRACTICE_LINK, parse_link
from speakdesk.store.history.connection import connect
from speakdesk.store.history.export import FORMATS, export_meeting
from speakdesk.store.history.migrations import MIGRATIONS, prepare
from speakdesk.store.history.owner import Owner, is_alive
from speakdesk.store.history.queries import (
    delete_meeting,
    delete_older,
    list_meetings,
    match_expression,
    read_meeting,
    search_lines,
)
from speakdesk.store.history.writer import HistoryWriter

START = datetime(2026, 7, 3, 10, 0, tzinfo=UTC)
TROUBLE = Problem(Stage.LISTEN, Reason.CONNECTIVITY, "Deepgram does not answer.", "Wait.")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def state(bot: str, to: BotState, seconds: float = 0, **more: str) -> BotStateChanged:
    fields = {"meeting_id": "m1", "name": bot.title(), "persona": "interviewer", **more}
    return BotStateChanged(bot_id=bot, state=to, at=at(seconds), **fields)


def line(bot: str, text: str, at_s: float, speaker: str = "", **more: object) -> LineFinal:
    return LineFinal(
        bot_id=bot,
        line_id=f"{bot}-{speaker}-{at_s}",
        speaker=speaker or bot.title(),
        text=text,
        is_bot=not speaker,
        at=at(at_s),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


@pytest.fixture
def told() -> list[Problem]:
    return []


@pytest.fixture
async def writer(file: Path, told: list[Problem]) -> AsyncIterator[HistoryWriter]:
    writer = HistoryWriter(file, told.append, gather_s=0.001, retry_s=0.01)
    await writer.open()
    yield writer
    await writer.close()


def one_meeting(writer: HistoryWriter, meeting_id: str = "m1") -> None:
    writer.begin_meeting(meeting_id, PRACTICE_LINK, "practice", START)
    writer.record(state("ada", BotState.PREPARING, meeting_id=meeting_id))
    writer.record(state("ada", BotState.IN_CALL, 1))


async def test_keeps_a_meeting_whole(writer: HistoryWriter, file: Path) -> None:
    one_meeting(writer)
    writer.note_provider_bot("ada", "prov-1")
    writer.record(BotEvidence(bot_id="ada", evidence=Evidence.ADMITTED, detail="roster", at=at(1)))
    writer.record(line("ada", "Hello, I am Ada.", 2, seconds=1.5))
    writer.record(line("ada", "What is the plan?", 5, speaker="Priya"))
    writer.record(TurnTimed(bot_id="ada", turn=1, total_ms=812.5, at=at(6)))
    writer.record(BotProblem(bot_id="ada", problem=TROUBLE, at=at(7)))
    writer.record(ChatMessage(bot_id="ada", sender="Priya", text="a link", at=at(8)))
    writer.record(Notice(level="info", sentence="not for the history"))
    writer.record(state("ada", BotState.ENDED, 60, cause="left"))
    assert await writer.flush()

    [summary] = list_meetings(file)
    assert summary.title == "Ada in Practice room"
    assert (summary.bot_count, summary.line_count, summary.seconds) == (1, 2, 60)
    assert summary.snippet == "What is the plan?"
    meeting = read_meeting(file, "m1")
    [bot] = meeting.bots
    assert (bot.state, bot.cause, bot.problem) == (BotState.ENDED, "left", TROUBLE)
    assert (bot.provider_bot_id, bot.line_count) == ("prov-1", 2)
    assert [m.evidence for m in bot.evidence] == [Evidence.ADMITTED]
    assert [p.problem for p in bot.problems] == [TROUBLE]
    assert [said.text for said in meeting.lines] == ["Hello, I am Ada.", "What is the plan?"]
    assert meeting.lines[0].seconds == 1.5
    assert meeting.turns[0].total_ms == 812.5
    assert meeting.chat[0].text == "a link"


async def test_people_are_heard_once_however_many_bots_listen(
    writer: HistoryWriter, file: Path
) -> None:
    one_meeting(writer)
    writer.record(state("marco", BotState.IN_CALL, 1))
    for bot in ("ada", "marco"):
        writer.record(line(bot, "What is the plan?", 5, speaker="Priya"))
    writer.record(line("marco", "We begin on Monday.", 7))
    writer.record(line("ada", "We begin on Monday.", 7, speaker="Marco"))
    writer.record(state("ada", BotState.ENDED, 10))
    writer.record(line("marco", "Thank you.", 12, speaker="Priya"))
    assert await writer.flush()
    said = [(said.speaker, said.text) for said in read_meeting(file, "m1").lines]
    assert said == [
        ("Priya", "What is the plan?"),
        ("Marco", "We begin on Monday."),
        ("Priya", "Thank you."),
    ]
    assert len(search_lines(file, "plan")) == 1
    assert list_meetings(file)[0].title == "Ada and Marco in Practice room"


async def test_a_line_told_again_is_corrected_not_doubled(
    writer: HistoryWriter, file: Path
) -> None:
    one_meeting(writer)
    first = line("ada", "We begin on", 3)
    writer.record(first)
    writer.record(replace(first, text="We begin on Tuesday.", interrupted=True))
    assert await writer.flush()
    [said] = read_meeting(file, "m1").lines
    assert (said.text, said.interrupted) == ("We begin on Tuesday.", True)
    assert [h.line.text for h in search_lines(file, "tues")] == ["We begin on Tuesday."]
    assert read_meeting(file, "m1").bots[0].line_count == 1


async def test_a_bots_line_is_kept_while_it_is_spoken(writer: HistoryWriter, file: Path) -> None:
    one_meeting(writer)
    whole = line("ada", "Hello, I am Ada.", 2, seconds=1.5)
    half = LinePartial(
        bot_id="ada", line_id=whole.line_id, speaker="Ada", text="Hello, I", is_bot=True, at=at(2)
    )
    writer.record(half)
    writer.record(replace(half, line_id="of a person", is_bot=False))
    assert await writer.flush()
    [said] = read_meeting(file, "m1").lines
    assert (said.text, said.interrupted) == ("Hello, I", True)

    writer.record(whole)
    assert await writer.flush()
    [said] = read_meeting(file, "m1").lines
    assert (said.text, said.interrupted, said.seconds) == ("Hello, I am Ada.", False, 1.5)


async def test_a_passcode_is_never_kept(writer: HistoryWriter, file: Path) -> None:
    link = parse_link("https://us02web.zoom.us/j/81234567890?pwd=SECRETPASS")
    writer.begin_meeting("m1", link, "meetingbaas", START)
    writer.record(state("ada", BotState.PREPARING))
    assert await writer.flush()
    assert list_meetings(file)[0].title == "Ada in zoom 81234567890"
    await writer.close()
    with closing(sqlite3.connect(file)) as raw:
        assert "SECRETPASS" not in "".join(raw.iterdump())


async def test_events_of_nothing_known_hold_up_nothing(writer: HistoryWriter, file: Path) -> None:
    writer.record(line("stranger", "lost", 1))
    writer.record(state("nobody", BotState.IN_CALL, meeting_id="never-begun"))
    one_meeting(writer)
    writer.record(replace(line("ada", "odd", 1), line_id="\ud800"))
    writer.record(line("ada", "kept \x02\x00\ud800", 2))
    assert await writer.flush()
    assert [said.text for said in read_meeting(file, "m1").lines] == ["kept ?"]


async def test_a_locked_file_is_told_once_and_loses_nothing(
    file: Path, told: list[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speakdesk.store.history.connection.BUSY_S", 0.01)
    writer = HistoryWriter(file, told.append, gather_s=0.001, retry_s=0.01)
    await writer.open()
    one_meeting(writer)
    assert await writer.flush()
    with closing(connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(5):
            writer.record(line("ada", f"line {number}", number))
            assert not await writer.flush()
        other.execute("ROLLBACK")
    assert await _flushed(writer)
    assert [p.stage for p in told] == [Stage.STORE]
    assert "Another program" in told[0].sentence
    assert len(read_meeting(file, "m1").lines) == 5
    await writer.close()


async def _flushed(writer: HistoryWriter) -> bool:
    for _ in range(50):
        if await writer.flush():
            return True
    return False


async def test_closing_writes_what_is_left_and_needs_no_flush(
    file: Path, told: list[Problem]
) -> None:
    writer = HistoryWriter(file, told.append, gather_s=5)
    await writer.open()
    one_meeting(writer)
    writer.record(line("ada", "last words", 2))
    await writer.close()
    await writer.close()
    assert read_meeting(file, "m1").lines[0].text == "last words"
    assert list(file.parent.glob("owners/*.lock")) == []


async def test_a_second_live_process_is_left_alone(
    writer: HistoryWriter, file: Path, told: list[Problem]
) -> None:
    one_meeting(writer)
    assert await writer.flush()
    other = HistoryWriter(file, told.append, gather_s=0.001)
    await other.open()
    other.begin_meeting("m2", PRACTICE_LINK, "practice", at(5))
    other.record(state("nia", BotState.IN_CALL, 5, meeting_id="m2"))
    writer.record(line("ada", "still here", 6))
    assert await other.flush()
    assert await writer.flush()
    await other.close()
    assert read_meeting(file, "m1").summary.ended is None
    assert {m.id for m in list_meetings(file)} == {"m1", "m2"}
    assert told == []


DYING = """
    import os, signal, sys
    from datetime import UTC, datetime, timedelta
    from pathlib import Path
    from speakdesk.domain.bot import BotState
    from speakdesk.domain.events import BotStateChanged, LineFinal
    from speakdesk.domain.meeting import PRACTICE_LINK
    from speakdesk.store.history.writer import HistoryWriter
    import asyncio

    async def main():
        start = datetime(2026, 7, 3, 10, 0, tzinfo=UTC)
        writer = HistoryWriter(Path(sys.argv[1]), print)
        await writer.open()
        writer.begin_meeting("m1", PRACTICE_LINK, "practice", start)
        writer.record(BotStateChanged(bot_id="ada", state=BotState.IN_CALL, name="Ada",
                                      persona="p", meeting_id="m1", at=start))
        for n in range(20):
            writer.record(LineFinal(bot_id="ada", line_id=str(n), speaker="Ada", is_bot=True,
                                    text=f"line {n}", at=start + timedelta(seconds=n)))
        assert await writer.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
async def test_a_killed_process_leaves_a_whole_history_that_the_next_one_closes(
    file: Path, told: list[Problem]
) -> None:
    died = subprocess.run(  # noqa: ASYNC221
        [sys.executable, "-c", textwrap.dedent(DYING), str(file)], check=False
    )
    assert died.returncode == -9
    writer = HistoryWriter(file, told.append)
    await writer.open()
    meeting = read_meeting(file, "m1")
    assert meeting.summary.cause == "SpeakDesk ended unexpectedly"
    assert meeting.summary.ended == at(19)
    assert len(meeting.lines) == 20
    assert meeting.bots[0].state is BotState.FAILED
    assert meeting.bots[0].problem is not None
    await writer.close()


def test_an_owner_is_alive_until_released(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    assert is_alive(tmp_path, owner.id)
    owner.release()
    owner.release()
    assert not is_alive(tmp_path, owner.id)
    assert not is_alive(tmp_path, "nobody")


async def test_a_meeting_no_bot_ever_joined_does_not_stay(file: Path, told: list[Problem]) -> None:
    writer = HistoryWriter(file, told.append)
    await writer.open()
    writer.begin_meeting("m1", PRACTICE_LINK, "practice", START)
    await writer.close()
    await writer.open()
    await writer.close()
    assert list_meetings(file) == ()


async def test_deleting_takes_everything_along(writer: HistoryWriter, file: Path) -> None:
    one_meeting(writer)
    writer.record(line("ada", "confidential plan", 2))
    assert await writer.flush()
    with pytest.raises(StoreError, match="still running"):
        delete_meeting(file, "m1")
    writer.record(state("ada", BotState.ENDED, 9))
    assert await writer.flush()
    delete_meeting(file, "m1")
    assert list_meetings(file) == ()
    assert search_lines(file, "confidential") == ()
    with closing(sqlite3.connect(file)) as raw:
        for table in ("bots", "lines", "evidence"):
            assert raw.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        raw.execute("INSERT INTO lines_fts (lines_fts) VALUES ('integrity-check')")
    with pytest.raises(StoreError, match="no meeting"):
        delete_meeting(file, "m1")


async def test_old_meetings_go_when_asked(writer: HistoryWriter, file: Path) -> None:
    one_meeting(writer)
    writer.record(state("ada", BotState.ENDED, 9))
    assert await writer.flush()
    assert delete_older(file, at(5)) == 0
    assert delete_older(file, at(10)) == 1


async def test_pages_and_searches_meetings(writer: HistoryWriter, file: Path) -> None:
    for number in range(5):
        meeting_id = f"m{number}"
        writer.begin_meeting(meeting_id, PRACTICE_LINK, "practice", at(number // 2))
        bot = f"bot{number}"
        writer.record(state(bot, BotState.IN_CALL, number, meeting_id=meeting_id))
        writer.record(line(bot, f"topic number {number} 100%", number, speaker="Priya"))
    assert await writer.flush()
    pages: list[str] = []
    before: str | None = None
    while page := list_meetings(file, limit=2, before=before):
        pages += [m.id for m in page]
        before = page[-1].id
    assert pages == ["m4", "m3", "m2", "m1", "m0"]
    assert [m.id for m in list_meetings(file, search="Bot3")] == ["m3"]
    assert [m.id for m in list_meetings(file, search="number 2")] == ["m2"]
    assert list_meetings(file, search="%") == ()
    assert len(list_meetings(file, search="practice")) == 5


async def test_search_finds_words_phrases_and_beginnings(writer: HistoryWriter, file: Path) -> None:
    one_meeting(writer)
    writer.record(line("ada", "The café opens at 9, don't be late.", 1))
    writer.record(line("ada", "Late opening on Monday", 2))
    assert await writer.flush()
    assert [h.line.at for h in search_lines(file, "late")] == [at(2), at(1)]
    assert [h.line.at for h in search_lines(file, "cafe op")] == [at(1)]
    assert [h.line.at for h in search_lines(file, '"opening on"')] == [at(2)]
    assert len(search_lines(file, "don't")) == 1
    assert search_lines(file, "op ") == ()
    [hit] = search_lines(file, "monday")
    assert [hit.line.text[a:b] for a, b in hit.marks] == ["Monday"]
    assert hit.meeting_title == "Ada in Practice room"


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("search") / "history.sqlite3"
    prepare(path)
    return path


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.sampled_from("ab \"'*-:()^{}+\0äNEAR OR AND%_\\"), max_size=14))
def test_nothing_typed_is_a_wrong_search(empty_file: Path, text: str) -> None:
    assert search_lines(empty_file, text) == ()
    assert list_meetings(empty_file, search=text) == ()


@pytest.mark.parametrize("text", ["", "   ", '"', "!!! ---", '""'])
def test_a_search_without_words_finds_nothing(text: str) -> None:
    assert match_expression(text) == ""


async def exported(writer: HistoryWriter, file: Path, format_name: str) -> str:
    one_meeting(writer)
    writer.record(line("ada", "Hello <b>you</b> {now} --> \\N", 2, seconds=1.5))
    writer.record(line("ada", "What is\nthe plan?", 5, speaker="Priya & Co"))
    writer.record(line("ada", "We", 5.5, interrupted=True))
    writer.record(state("ada", BotState.ENDED, 3700, cause="left"))
    assert await writer.flush()
    return export_meeting(read_meeting(file, "m1"), format_name)


async def test_exports_srt(writer: HistoryWriter, file: Path) -> None:
    assert await exported(writer, file, "srt") == (
        "1\n00:00:02,000 --> 00:00:03,500\nAda: Hello <b>you</b> (now) → /N\n\n"
        "2\n00:00:05,000 --> 00:00:05,500\nPriya & Co: What is the plan?\n\n"
        "3\n00:00:05,500 --> 00:00:06,500\nAda: We …\n\n"
    )


async def test_exports_vtt(writer: HistoryWriter, file: Path) -> None:
    text = await exported(writer, file, "vtt")
    assert text.startswith("WEBVTT\n\n1\n00:00:02.000 --> 00:00:03.500\n")
    assert "Ada: Hello &lt;b&gt;you&lt;/b&gt; (now)" in text
    assert "Priya &amp; Co: What is the plan?" in text


async def test_exports_text_and_markdown(writer: HistoryWriter, file: Path) -> None:
    text = await exported(writer, file, "txt")
    assert text.startswith("Ada in Practice room\n2026-07-03 10:00 UTC, 01:01:40\n")
    assert "[00:00:05] Priya & Co: What is\nthe plan?" in text
    markdown = export_meeting(read_meeting(file, "m1"), "md")
    assert "# Ada in Practice room" in markdown
    assert "Hello \\<b\\>you" in markdown
    assert "- **Ada** (interviewer): ended, left" in markdown


async def test_exports_json_whole(writer: HistoryWriter, file: Path) -> None:
    data = json.loads(await exported(writer, file, "json"))
    assert data["summary"]["started"] == "2026-07-03T10:00:00.000Z"
    assert data["bots"][0]["state"] == "ended"
    assert [said["text"] for said in data["lines"]][1] == "What is\nthe plan?"


async def test_another_format_is_refused_by_name(writer: HistoryWriter, file: Path) -> None:
    with pytest.raises(StoreError, match=", ".join(FORMATS)):
        await exported(writer, file, "pdf")


def test_a_newer_file_is_refused_and_untouched(file: Path) -> None:
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer SpeakDesk"):
        prepare(file)
    with closing(sqlite3.connect(file)) as same:
        assert same.execute("PRAGMA user_version").fetchone() == (99,)


def test_a_migration_copies_the_file_first_and_is_all_or_nothing(file: Path) -> None:
    prepare(file)
    with pytest.raises(StoreError):
        prepare(file, (*MIGRATIONS, ("CREATE TABLE extra (a)", "CREATE TABLE extra (a)")))
    with closing(sqlite3.connect(file)) as same:
        assert same.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert not same.execute("SELECT 1 FROM sqlite_master WHERE name = 'extra'").fetchone()
    assert prepare(file, (*MIGRATIONS, ("CREATE TABLE extra (a)",))) is None
    copies = list(file.parent.glob(f"history.layout-{len(MIGRATIONS)}-*.sqlite3"))
    assert len(copies) == 2
    with closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("SELECT count(*) FROM meetings").fetchone() == (0,)


async def test_a_damaged_file_is_put_aside(file: Path, told: list[Problem]) -> None:
    file.write_bytes(  # noqa: ASYNC240
        b"this is no database at all, whatever its name says" * 40
    )
    writer = HistoryWriter(file, told.append)
    await writer.open()
    await writer.close()
    assert "damaged" in told[0].sentence
    assert len(list(file.parent.glob("history.broken-*.sqlite3"))) == 1
    assert list_meetings(file) == ()


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, told: list[Problem]) -> None:
    (tmp_path / "file").write_text("x")
    writer = HistoryWriter(tmp_path / "file" / "history.sqlite3", told.append)
    with pytest.raises(StoreError):
        await writer.open()
    writer.begin_meeting("m1", PRACTICE_LINK, "practice", START)
    writer.record(state("ada", BotState.IN_CALL))
    assert await writer.flush()
    await writer.close()
