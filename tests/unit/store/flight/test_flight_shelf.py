"""Where recordings lie: found by their meeting, deleted in time, never one that is elsewhere."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from speakdesk.store.flight.shelf import FlightNote, FlightShelf, free

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def put(shelf: FlightShelf, meeting: str, bot: str, name: str, days_old: int = 0) -> Path:
    path = shelf.path_for(meeting, bot, name, NOW - timedelta(days=days_old))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    when = (NOW - timedelta(days=days_old)).timestamp()
    os.utime(path, (when, when))
    return path


def test_a_recording_says_its_meeting_in_its_name(tmp_path: Path) -> None:
    shelf = FlightShelf(tmp_path / "flights")
    assert shelf.all() == ()
    one = put(shelf, "aaa111", "b1", "Ada of the <sales> team/..")
    two = put(shelf, "aaa111", "b2", "馬可")
    put(shelf, "ccc333", "b3", "")
    (shelf.folder / "notes.txt").write_text("not a recording")
    assert one.name == "20261120-100000 Ada of the sales team (aaa111-b1).speakdesk"
    found = shelf.of_meeting("aaa111")
    assert {(n.path, n.bot_id, n.bot_name) for n in found} == {
        (one, "b1", "Ada of the sales team"),
        (two, "b2", "馬可"),
    }
    assert len(shelf.all()) == 3


def test_two_recordings_of_one_bot_do_not_meet(tmp_path: Path) -> None:
    shelf = FlightShelf(tmp_path)
    first = put(shelf, "m", "b", "Ada")
    second = put(shelf, "m", "b", "Ada")
    assert second.name == f"{first.stem}-2.speakdesk"
    assert len(shelf.of_meeting("m")) == 2
    assert free(first, {tmp_path / f"{first.stem}-3.speakdesk"}).stem.endswith("-4")


def test_old_recordings_are_deleted_and_others_stay(tmp_path: Path) -> None:
    shelf = FlightShelf(tmp_path / "flights")
    old, new = put(shelf, "m1", "b", "Ada", 31), put(shelf, "m2", "b", "Ada", 29)
    running = put(shelf, "m3", "b", "Ada", 40)
    elsewhere = tmp_path / "mine.speakdesk"
    elsewhere.write_bytes(b"x")
    os.utime(elsewhere, (0, 0))
    shelf.note(FlightNote(elsewhere, "m4", "b", "Ada"))
    (shelf.folder / "README").write_text("mine")
    os.utime(shelf.folder / "README", (0, 0))
    assert shelf.delete_older(NOW - timedelta(days=30), keep=(running,)) == 1
    assert not old.exists()
    assert new.exists()
    assert running.exists()
    assert elsewhere.exists()
    assert (shelf.folder / "README").exists()


def test_one_that_lies_elsewhere_is_found_while_it_is_there(tmp_path: Path) -> None:
    shelf = FlightShelf(tmp_path / "flights")
    path = tmp_path / "mine.speakdesk"
    path.write_bytes(b"x")
    note = FlightNote(path, "m1", "b1", "Ada")
    shelf.note(note)
    assert shelf.of_meeting("m1") == (note,)
    assert shelf.delete_meeting("m1") == 0
    shelf.delete_older(NOW + timedelta(days=4000))
    assert shelf.of_meeting("m1") == (note,)
    path.unlink()
    assert shelf.of_meeting("m1") == ()
    shelf.delete_older(NOW + timedelta(days=4000))
    assert list(shelf.folder.iterdir()) == []


def test_a_meeting_s_recordings_go_with_it(tmp_path: Path) -> None:
    shelf = FlightShelf(tmp_path)
    put(shelf, "m1", "b1", "Ada")
    put(shelf, "m1", "b2", "Marco")
    kept = put(shelf, "m2", "b1", "Ada")
    assert shelf.delete_meeting("m1") == 2
    assert [n.path for n in shelf.all()] == [kept]


def test_notes_that_cannot_be_read_count_as_none(tmp_path: Path) -> None:
    (tmp_path / "m-b.elsewhere").write_text("{]")
    (tmp_path / "m-c.elsewhere").write_text('[{"path": 1}]')
    assert FlightShelf(tmp_path).all() == ()
