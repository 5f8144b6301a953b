"""`speakdesk replay` in the terminal: its exit status is what a test suite goes by."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from speakdesk.cli.main import main
from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.store.flight.editing import write_flight
from speakdesk.store.flight.format import EventRecord, Record
from speakdesk.store.flight.reader import FlightFile
from tests.fixtures.make_flights import FLIGHTS

CLEAN = FLIGHTS / "clean.speakdesk"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKDESK_HOME", str(tmp_path / "home"))


@pytest.fixture
def tampered(tmp_path: Path) -> Path:
    def earlier(record: Record) -> Record:
        if isinstance(record, EventRecord) and record.kind == "line.final":
            data = dict(record.data)
            if not data["is_bot"]:
                moved = to_iso(from_iso(data["at"]) - timedelta(seconds=1))
                return replace(record, data={**data, "at": moved, "seconds": data["seconds"] + 1})
        return record

    path = tmp_path / "tampered.speakdesk"
    with FlightFile.open(CLEAN) as flight:
        write_flight(map(earlier, flight.records()), path)
    return path


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["replay", *map(str, arguments)])
    out, err = capfd.readouterr()
    return status, out, err


def test_then_and_now_stand_side_by_side(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    status, out, err = run(capfd, CLEAN, "--assert")
    assert status == 0
    assert "Hello, I am Ada." in out
    assert "Could you tell us what the plan for today is?" in out
    assert "0:03.1 to 0:05.3" in out
    assert "then → now" in out
    assert "2 turns, the same as in the recording (tolerance 0.35 s)." in err


def test_a_moved_boundary_fails_the_assertion_and_nothing_else(
    tampered: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capfd, tampered, "--assert")
    assert status == 1
    assert "turn 2 at 0:02.1: the person's start is 1.00 s later." in err
    assert run(capfd, tampered)[0] == 0
    assert run(capfd, tampered, "--assert", "--tolerance", "1.2")[0] == 0


def test_json_is_one_object_for_each_turn(
    tampered: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capfd, tampered, "--json", "--assert")
    assert status == 1
    first, second = map(json.loads, out.splitlines())
    assert first["turn"] == 1
    assert first["old"]["person"] is None
    assert first["new"]["bot"]["text"] == "Hello, I am Ada."
    assert second["old"]["bot"]["interrupted"] is False
    assert second["new"]["timing"]["total_ms"] > 0
    (difference,) = second["differences"]
    assert difference["what"] == "the person's start"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing.speakdesk",), "cannot be opened"),
        ((__file__,), "no recording of SpeakDesk"),
        ((CLEAN, "--speed", "0"), "is no speed"),
        ((CLEAN, "--speed", "fast"), "is no speed"),
        ((CLEAN, "--services", "mine"), "there are no services"),
        ((CLEAN, "--tolerance", "-1"), "tolerance"),
    ],
)
def test_what_cannot_be_replayed_is_told_and_ends_with_two(
    arguments: tuple[object, ...], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capfd, *arguments)
    assert status == 2
    assert words in err
    assert not out


@pytest.mark.parametrize(
    ("persona", "words"),
    [
        ("nobody-here", "The persona nobody-here is not in the library; the usual rules apply."),
        ("temporary", "The bot was made from a prompt, which the recording does not hold;"),
    ],
)
def test_a_persona_that_is_not_here_is_told(
    persona: str, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.speakdesk"
    with FlightFile.open(CLEAN) as flight:
        _, *records = flight.records()
        write_flight([replace(flight.header, persona=persona), *records], path)
    status, _, err = run(capfd, path, "--assert")
    assert status == 0
    assert words in err
