"""`speakdesk flight` in the terminal, and `--flight` of the commands that send bots."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speakdesk.cli.flight_times import clock, parse_span
from speakdesk.cli.main import main
from speakdesk.store.flight.format import AudioIn
from speakdesk.store.flight.lines import lines_of
from speakdesk.store.flight.reader import FlightFile
from tests.fixtures.recording import write_meeting


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_meeting(tmp_path / "m.speakdesk")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["flight", *map(str, arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def test_info_tells_what_is_in_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "info", file)
    assert status == 0
    assert "0:10.0" in out
    assert "Ada (interviewer)" in out
    assert "opened at 0:00.2, closed at 0:09.8" in out
    assert "Priya Patel" in out
    status, out, _ = run(capsys, "info", file, "--json")
    found = json.loads(out)
    assert found["duration_s"] == 10.0
    assert found["sound_s"] == {"meeting": 10.0, "bot": 2.5, "discarded": 0.5}
    assert [line["number"] for line in found["lines"]] == [1, 2, 3, 4]
    assert found["turns"] == 3
    assert found["header"]["stt"]["key"] == "sphinx"
    assert found["ended_in_order"]


def test_a_span_or_a_turn_is_cut_out(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "cut", file, "--from", "0:01.5", "--to", "4", "-o", tmp_path / "a")
    assert status == 0
    assert "0:01.5 to 0:04.0" in err
    with FlightFile.open(tmp_path / "a") as part:
        assert part.duration_s == 2.5
    assert run(capsys, "cut", file, "--turn", "2", "-o", tmp_path / "b")[0] == 0
    with FlightFile.open(tmp_path / "b") as part:
        assert part.header.cut_from_s == 1.5
        assert [line.speaker for line in lines_of(part)] == ["Priya Patel", "Ada"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--from", "soon"), "no place in a recording"),
        (("--from", "5", "--to", "4"), "before the beginning"),
        (("--from", "70"), "nothing to cut out: the recording lasts 10.0 s"),
        (("--turn", "9"), "There is no turn 9: the recording has 3."),
        (("--turn", "1", "--to", "4"), "either --turn"),
        ((), "which part"),
    ],
)
def test_a_part_that_cannot_be_is_a_bad_argument(
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    words: str,
) -> None:
    status, _, err = run(capsys, "cut", file, *more, "-o", tmp_path / "a")
    assert status == 2
    assert words in " ".join(err.replace("│", " ").split())
    assert not (tmp_path / "a").exists()


def test_names_lines_and_sound_are_taken_out(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "told"
    status, _, err = run(
        capsys, "redact", file, "--names", "--line", 4, "--silence", "0-1.5", "-o", out
    )
    assert status == 0
    assert "still in the sound" in err
    with FlightFile.open(out) as flight:
        texts = [line.text for line in lines_of(flight)]
        assert texts == [
            "[redacted]",
            "I am Person 1 and Person 2 comes later.",
            "Thank you, Person 1. I will",
            "[redacted]",
        ]
        first = next(r for r in flight.records() if isinstance(r, AudioIn))
        assert not first.sound.unpack().any()
    assert run(capsys, "redact", file, "-o", tmp_path / "x")[0] == 2
    assert run(capsys, "redact", file, "--names", "-o", file)[0] == 2
    status, _, err = run(capsys, "redact", file, "--line", 7, "-o", tmp_path / "x")
    assert status == 2
    assert "There is no line 7" in err

    status, _, err = run(capsys, "redact", file, "--silence", "90-95", "-o", tmp_path / "x")
    assert status == 2
    assert "nothing to silence there: the recording lasts 10.0 s" in err


def test_verify_says_what_is_broken_and_saves_the_rest(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "verify", file) == (0, "44 whole records, 0 damaged places.\n", "")
    content = bytearray(file.read_bytes())
    content[2000] ^= 0xFF
    file.write_bytes(content[:-30])
    status, out, _ = run(capsys, "verify", file)
    assert status == 1
    assert "2 damaged places" in out
    assert "the file ends inside a record" in out
    assert "did not end in order" in out
    saved = tmp_path / "saved"
    status, out, _ = run(capsys, "verify", file, "--repair", saved, "--json")
    assert status == 1
    assert len(json.loads(out)["damage"]) == 2
    assert run(capsys, "verify", saved)[0] == 0


def test_what_is_no_recording_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("Hello, this is a text and no recording at all.")
    status, _, err = run(capsys, "info", other)
    assert status == 1
    assert "is no recording of SpeakDesk" in err
    assert run(capsys, "info", tmp_path / "none")[0] == 2


@pytest.mark.parametrize(
    "command", [("practice",), ("launch", "-m", "https://zoom.us/j/123456789")]
)
def test_a_recording_never_overwrites_a_file(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    before = file.read_bytes()
    assert main([*command, "--flight", str(file)]) == 2
    assert "exists already" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert main([*command, "--flight", str(tmp_path / "no" / "x.speakdesk")]) == 2
    assert main([*command, "--flight", str(tmp_path / "x"), "--no-flight"]) == 2
    assert file.read_bytes() == before


def test_places_are_read_and_written() -> None:
    assert parse_span("12-1:02.5", "--silence") == (12.0, 62.5)
    assert parse_span("1:00:00-1:00:01", "--silence") == (3600.0, 3601.0)
    assert [clock(s) for s in (0.04, 59.97, 62.5, 3662.54)] == [
        "0:00.0",
        "1:00.0",
        "1:02.5",
        "1:01:02.5",
    ]
