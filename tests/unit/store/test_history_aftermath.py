"""What a provider keeps, its transcript and the minutes: added to a history that is in use."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from speakdesk.domain.aftermath import (
    Aftermath,
    Artifact,
    ArtifactKind,
    Cost,
    Participant,
    ProviderLine,
)
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.minutes import ActionItem, Summary
from speakdesk.store.history.aftermath import (
    ended_bots,
    pending_bots,
    save_aftermath,
    save_file,
    save_minutes,
    save_provider_lines,
    save_trouble,
)
from speakdesk.store.history.connection import connect, transaction
from speakdesk.store.history.export import export_meeting
from speakdesk.store.history.migrations import MIGRATIONS, prepare
from speakdesk.store.history.queries import delete_meeting, list_meetings, read_meeting
from speakdesk.store.history.records import FileRecord, PersonRecord

START = datetime(2026, 7, 3, 10, 0, tzinfo=UTC)
URL = "https://storage.example/film.mp4?signature=TOP-SECRET"
TROUBLE = Problem(Stage.PROVIDER, Reason.TIMEOUT, "It did not answer.", "Wait.")
SUMMARY = Summary(
    text="They begin on Tuesday.",
    made=START + timedelta(hours=2),
    model="gpt-4.1",
    language="en",
    decisions=("Begin on Tuesday.",),
    action_items=(ActionItem("Tell the client", "Max", "Monday"), ActionItem("Book a room")),
    open_questions=("Who pays?",),
)
FOUND = Aftermath(
    provider_bot_id="prov-ada",
    raw="completed",
    is_complete=True,
    artifacts=(
        Artifact(ArtifactKind.AUDIO, URL, START + timedelta(hours=5)),
        Artifact(ArtifactKind.VIDEO, URL, None),
    ),
    participants=(Participant("priya@x", 1, "Priya", URL), Participant("Ada"), Participant("Max")),
    speakers=("Priya",),
    joined=START + timedelta(seconds=10),
    exited=START + timedelta(minutes=30),
    duration_s=1790.0,
    cost=Cost(total=0.6, recording=0.5, streaming_input=0.1),
)
LINES = (
    ProviderLine("Priya", "Guten Tag.", 1.0, 2.5, "de"),
    ProviderLine("Max", "", 3.0, 4.0),
    ProviderLine("", "Hello {you} --> there", 5.0, 5.0),
)
FIRST_LAYOUT = MIGRATIONS[:1]


def fill(file: Path) -> None:
    """One ended meeting with two bots, one of which no provider knew."""
    iso = "2026-07-03T10:00:00.000Z"
    with closing(connect(file)) as connection, transaction(connection):
        connection.execute(
            "INSERT INTO meetings (id, platform, place, display, provider, owner, started_at,"
            " ended_at) VALUES ('m1', 'meet', 'abc', 'meet abc', 'meetingbaas', 'o', ?, ?)",
            (iso, "2026-07-03T10:30:00.000Z"),
        )
        for number, (bot, remote) in enumerate((("ada", "prov-ada"), ("bo", ""), ("eva", "e"))):
            connection.execute(
                "INSERT INTO bots (id, meeting_id, number, persona, name, provider,"
                " provider_bot_id, state, created_at, ended_at)"
                " VALUES (?, 'm1', ?, 'p', ?, 'meetingbaas', ?, 'ended', ?, ?)",
                (bot, number, bot.title(), remote, iso, "2026-07-03T10:30:00.000Z"),
            )
        connection.execute(
            "INSERT INTO lines (bot_id, line_id, at, speaker, text, is_bot)"
            " VALUES ('ada', '1', ?, 'Ada', 'We begin.', 1)",
            (iso,),
        )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "history.sqlite3"
    prepare(path)
    fill(path)
    return path


def test_a_history_of_the_layout_before_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    prepare(path, FIRST_LAYOUT)
    fill(path)
    assert prepare(path) is None
    record = read_meeting(path, "m1")
    assert [line.text for line in record.lines] == ["We begin."]
    assert (record.aftermath, record.provider_lines, record.minutes) == ((), (), None)
    [copy] = tmp_path.glob("history.layout-1-*.sqlite3")
    with closing(sqlite3.connect(copy)) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (1,)
        assert before.execute("SELECT text FROM lines").fetchall() == [("We begin.",)]
    save_aftermath(path, "ada", FOUND, START)
    assert prepare(path) is None
    assert read_meeting(path, "m1").tokens == 0.6


DYING = """
    import os, signal, sys
    from pathlib import Path
    from speakdesk.store.history import migrations

    class Dying(tuple):
        def __iter__(self):
            for count, statement in enumerate(super().__iter__()):
                if count == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
                yield statement

    first, second = migrations.MIGRATIONS
    migrations.prepare(Path(sys.argv[1]), (first, Dying(second)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_migration_that_is_killed_half_way_is_done_by_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    prepare(path, FIRST_LAYOUT)
    fill(path)
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(DYING), str(path)], check=False)
    assert died.returncode == -9
    with closing(sqlite3.connect(path)) as same:
        assert same.execute("PRAGMA user_version").fetchone() == (1,)
        tables = {row[0] for row in same.execute("SELECT name FROM sqlite_master")}
        assert not {"aftermath", "artifacts", "minutes"} & tables
    assert prepare(path) is None
    assert [line.text for line in read_meeting(path, "m1").lines] == ["We begin."]
    save_minutes(path, "m1", SUMMARY)
    assert read_meeting(path, "m1").minutes == SUMMARY


def test_what_a_provider_says_is_read_back_without_any_address(file: Path) -> None:
    save_aftermath(file, "ada", FOUND, START, TROUBLE)
    record = read_meeting(file, "m1")
    [after] = record.aftermath
    assert (after.raw, after.is_complete, after.duration_s) == ("completed", True, 1790.0)
    assert (after.joined, after.exited, after.asked) == (FOUND.joined, FOUND.exited, START)
    assert (after.cost, after.trouble, after.problem) == (FOUND.cost, TROUBLE, None)
    assert after.files == (
        FileRecord(ArtifactKind.VIDEO),
        FileRecord(ArtifactKind.AUDIO, expires=START + timedelta(hours=5)),
    )
    assert record.people == (PersonRecord("Priya", True), PersonRecord("Max", False))
    with closing(sqlite3.connect(file)) as raw:
        assert "TOP-SECRET" not in "".join(raw.iterdump())


def test_a_downloaded_file_stays_known_when_the_provider_has_it_no_more(file: Path) -> None:
    save_aftermath(file, "ada", FOUND, START)
    save_file(file, "ada", ArtifactKind.VIDEO, Path("/films/1.mp4"), 7)
    save_aftermath(file, "ada", Aftermath("prov-ada", is_complete=True, is_deleted=True), START)
    [after] = read_meeting(file, "m1").aftermath
    assert after.is_deleted
    assert after.files == (
        FileRecord(ArtifactKind.VIDEO, is_there=False, path="/films/1.mp4", size_bytes=7),
    )


def test_bots_that_are_not_told_all_about_are_pending(file: Path) -> None:
    since = START
    assert [bot.bot_id for bot in pending_bots(file, since, 9)] == ["ada", "eva"]
    assert [bot.provider_bot_id for bot in ended_bots(file, "m1")] == ["prov-ada", "e"]
    save_trouble(file, "eva", TROUBLE, START)
    save_aftermath(file, "ada", FOUND, START)
    assert [bot.bot_id for bot in pending_bots(file, since, 9)] == ["eva"]
    assert [bot.is_complete for bot in ended_bots(file, "m1")] == [True, False]
    save_trouble(file, "eva", TROUBLE, START, is_final=True)
    assert pending_bots(file, since, 9) == ()
    assert pending_bots(file, START + timedelta(hours=1), 9) == ()


def test_trouble_is_noted_beside_what_was_known(file: Path) -> None:
    save_aftermath(file, "ada", FOUND, START)
    save_trouble(file, "ada", TROUBLE, START + timedelta(hours=1))
    [after] = read_meeting(file, "m1").aftermath
    assert (after.trouble, after.cost, after.is_complete) == (TROUBLE, FOUND.cost, True)
    save_aftermath(file, "ada", FOUND, START)
    assert read_meeting(file, "m1").aftermath[0].trouble is None


def test_the_provider_lines_are_those_of_the_longest_recording(file: Path) -> None:
    for bot in ("ada", "eva"):
        save_aftermath(file, bot, FOUND, START)
    save_provider_lines(file, "eva", LINES[:1], START)
    save_provider_lines(file, "ada", (ProviderLine("x", "old", 0, 1),), START)
    save_provider_lines(file, "ada", LINES, START)
    record = read_meeting(file, "m1")
    assert [(line.bot_id, line.text) for line in record.provider_lines] == [
        ("ada", "Guten Tag."),
        ("ada", "Hello {you} --> there"),
    ]
    assert record.provider_began == FOUND.joined
    assert [a.transcript_read for a in record.aftermath] == [START, START]


def test_a_meeting_only_recorded_shows_what_was_said_in_the_list(file: Path) -> None:
    with closing(connect(file)) as connection:
        connection.execute("DELETE FROM lines")
    assert list_meetings(file)[0].snippet == ""
    save_provider_lines(file, "ada", LINES, START)
    assert list_meetings(file)[0].snippet == "Guten Tag."


def test_what_belongs_to_a_deleted_meeting_is_not_kept(file: Path) -> None:
    save_aftermath(file, "ada", FOUND, START)
    save_provider_lines(file, "ada", LINES, START)
    save_minutes(file, "m1", SUMMARY)
    delete_meeting(file, "m1")
    save_aftermath(file, "ada", FOUND, START)
    save_trouble(file, "ada", TROUBLE, START)
    save_provider_lines(file, "ada", LINES, START)
    save_file(file, "ada", ArtifactKind.VIDEO, Path("/x"), 1)
    save_minutes(file, "m1", SUMMARY)
    with closing(sqlite3.connect(file)) as raw:
        for table in ("aftermath", "artifacts", "provider_lines", "minutes"):
            assert raw.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_later_summary_takes_the_place_of_the_earlier(file: Path) -> None:
    save_minutes(file, "m1", SUMMARY)
    later = Summary("Other words.", START + timedelta(days=1), "llama")
    save_minutes(file, "m1", later)
    assert read_meeting(file, "m1").minutes == later


def whole(file: Path) -> None:
    save_aftermath(file, "ada", FOUND, START)
    save_provider_lines(file, "ada", LINES, START)
    save_minutes(file, "m1", SUMMARY)


def test_exports_have_the_summary_the_facts_and_the_lines_of_one_source(file: Path) -> None:
    whole(file)
    record = read_meeting(file, "m1")
    ours = export_meeting(record, "txt")
    assert ours == (
        "Ada, Bo and Eva in meet abc\n2026-07-03 10:00 UTC, 00:30:00\nWith Priya, Max\n"
        "Cost: 0.6 tokens\n\nSummary\nThey begin on Tuesday.\n\nDecisions\n- Begin on Tuesday.\n\n"
        "Action items\n- Max: Tell the client (Monday)\n- Book a room\n\nOpen questions\n"
        "- Who pays?\n\n[00:00:00] Ada: We begin.\n"
    )
    theirs = export_meeting(record, "txt", "provider")
    assert theirs.endswith(
        "[00:00:01] Priya: Guten Tag.\n[00:00:05] Somebody: Hello {you} --> there\n"
    )
    assert "We begin." not in theirs
    markdown = export_meeting(record, "md", "provider")
    assert "### Action items\n\n- Max: Tell the client (Monday)" in markdown
    assert "**Priya** 00:00:01" in markdown


def test_the_providers_lines_become_subtitles(file: Path) -> None:
    whole(file)
    record = read_meeting(file, "m1")
    assert export_meeting(record, "srt", "provider") == (
        "1\n00:00:01,000 --> 00:00:02,500\nPriya: Guten Tag.\n\n"
        "2\n00:00:05,000 --> 00:00:06,500\nSomebody: Hello (you) → there\n\n"
    )
    assert export_meeting(record, "vtt", "provider").startswith("WEBVTT")


def test_json_has_both_sources_apart(file: Path) -> None:
    whole(file)
    data = json.loads(export_meeting(read_meeting(file, "m1"), "json", "provider"))
    assert [line["text"] for line in data["lines"]] == ["We begin."]
    assert data["provider_lines"][0]["text"] == "Guten Tag."
    assert data["minutes"]["action_items"][0] == {
        "what": "Tell the client",
        "who": "Max",
        "due": "Monday",
    }
    assert data["aftermath"][0]["cost"]["total"] == 0.6


def test_lines_nobody_has_are_refused_in_words(file: Path) -> None:
    record = read_meeting(file, "m1")
    with pytest.raises(StoreError, match="no transcript"):
        export_meeting(record, "md", "provider")
    with pytest.raises(StoreError, match="ours, provider"):
        export_meeting(record, "md", "theirs")
