"""A practice meeting from the command line to the history, in the real process."""

from __future__ import annotations

import signal
import wave
from pathlib import Path
from typing import Any

import numpy as np

from speakdesk.providers.espeak import synthesize
from tests.e2e.conftest import Event, Program, Speakdesk

PERSONA = "interviewer"
QUESTION = "What is your name?"


def lines(events: list[Event], *, is_bot: bool) -> list[str]:
    return [e["text"] for e in events if e["kind"] == "line.final" and e["is_bot"] is is_bot]


def states(events: list[Event], bot_id: str = "") -> list[str]:
    return [
        e["state"]
        for e in events
        if e["kind"] == "bot.state" and (not bot_id or e["bot_id"] == bot_id)
    ]


def spoken_file(path: Path, text: str) -> Path:
    """Speech as people record it: 44.1 kHz, stereo."""
    speech = synthesize(text)
    samples = np.frombuffer(speech.pcm, "<i2").astype(np.float64)
    count = int(len(samples) * 44100 / speech.rate_hz)
    moved = np.interp(np.linspace(0, len(samples) - 1, count), np.arange(len(samples)), samples)
    both = np.repeat(moved.astype("<i2"), 2)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(both.tobytes())
    return path


def test_a_typed_practice_meeting_runs_from_the_greeting_to_the_history(
    speakdesk: Speakdesk, tmp_path: Path
) -> None:
    sound = tmp_path / "out.wav"
    program = speakdesk.start(
        "practice", "--persona", PERSONA, "--say", QUESTION, "--record", str(sound), "--json"
    )
    events = program.rest()
    assert program.wait() == 0, program.stderr

    assert states(events) == ["preparing", "joining", "in_call", "leaving", "ended"]
    proven = [e["evidence"] for e in events if e["kind"] == "bot.evidence"]
    assert set(proven) == {"accepted", "dialled_in", "admitted", "hears", "speaks", "heard"}
    assert proven.index("admitted") < proven.index("speaks") < proven.index("heard")

    greeting, *answers = lines(events, is_bot=True)
    assert greeting
    assert answers
    assert lines(events, is_bot=False)
    order = [e["is_bot"] for e in events if e["kind"] == "line.final"]
    assert order[:3] == [True, False, True]

    timed = [e for e in events if e["kind"] == "turn.timed" and e["total_ms"] is not None]
    assert timed
    stages = ("turn_decided_ms", "transcript_ms", "first_token_ms", "first_audio_ms", "on_wire_ms")
    assert all(timed[0][stage] is not None for stage in stages)

    with wave.open(str(sound)) as file:
        assert file.getnchannels() == 2
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    participants, bot = np.abs(pcm.astype(int)).max(axis=0)
    assert participants > 1000
    assert bot > 1000

    kept = speakdesk.json("history", "list")
    assert len(kept) == 1
    meeting = speakdesk.json("history", "show", "last")
    assert [line["text"] for line in meeting["lines"] if line["is_bot"]] == [greeting, *answers]
    subtitles = speakdesk.run("history", "export", "last", "--format", "srt")
    assert "-->" in subtitles.stdout
    word = max(greeting.replace(",", "").replace(".", "").split(), key=len)
    assert speakdesk.json("history", "search", word)


def test_a_sound_file_of_another_rate_is_heard(speakdesk: Speakdesk, tmp_path: Path) -> None:
    file = spoken_file(tmp_path / "question.wav", QUESTION)
    program = speakdesk.start("practice", "--persona", PERSONA, "--wav", str(file), "--json")
    events = program.rest()
    assert program.wait() == 0, program.stderr
    assert "name" in " ".join(lines(events, is_bot=False)).lower()


def test_the_lobby_is_shown_for_as_long_as_it_lasts_and_nothing_is_said_in_it(
    speakdesk: Speakdesk,
) -> None:
    program = speakdesk.start("practice", "--persona", PERSONA, "--lobby", "2", "--json")
    events = program.rest()
    assert program.wait() == 0, program.stderr
    assert states(events)[:4] == ["preparing", "joining", "lobby", "in_call"]
    first_line = next(i for i, e in enumerate(events) if e["kind"] == "line.final")
    admitted = next(i for i, e in enumerate(events) if e.get("evidence") == "admitted")
    assert admitted < first_line


def test_a_socket_that_drops_in_mid_sentence_does_not_end_the_conversation(
    speakdesk: Speakdesk,
) -> None:
    program = speakdesk.start(
        "practice", "--persona", PERSONA, "--drop-after", "1.5", "--say", QUESTION, "--json"
    )
    events = program.rest()
    assert program.wait() == 0, program.stderr
    assert states(events)[-1] == "ended"
    assert len(lines(events, is_bot=True)) >= 2
    assert lines(events, is_bot=True).count(lines(events, is_bot=True)[0]) == 1


def test_a_refused_bot_fails_with_a_sentence(speakdesk: Speakdesk) -> None:
    done = speakdesk.run("practice", "--persona", PERSONA, "--refuse")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()[-1].split()) > 5
    assert "Traceback" not in done.stderr


def test_two_bots_at_once_each_live_their_own_life(speakdesk: Speakdesk) -> None:
    program = speakdesk.start(
        "practice", "--persona", PERSONA, "--persona", "meeting_scribe", "--json"
    )
    events = program.rest()
    assert program.wait() == 0, program.stderr
    bots = {e["bot_id"] for e in events if e["kind"] == "bot.state"}
    assert len(bots) == 2
    for bot in bots:
        assert states(events, bot)[-1] == "ended"
        assert any(e["kind"] == "line.final" and e["is_bot"] and e["bot_id"] == bot for e in events)


def in_conversation(program: Program) -> Event:
    return program.until(lambda e: e["kind"] == "line.final" and e["is_bot"])


def test_ctrl_c_leaves_the_meeting_and_keeps_what_was_said(speakdesk: Speakdesk) -> None:
    program = speakdesk.start(
        "practice", "--persona", PERSONA, "--say", QUESTION, "--say", QUESTION, "--json"
    )
    greeting = in_conversation(program)
    program.send(signal.SIGINT)
    events = program.rest()
    assert program.wait() == 130, program.stderr
    assert states(events)[-1] == "ended"
    meeting = speakdesk.json("history", "show", "last")
    assert meeting["lines"][0]["text"] == greeting["text"]
    assert "Traceback" not in program.stderr


def test_kill_9_in_a_meeting_loses_nothing_that_was_said_before(speakdesk: Speakdesk) -> None:
    program = speakdesk.start(
        "practice", "--persona", PERSONA, "--say", QUESTION, "--say", QUESTION, "--json"
    )
    in_conversation(program)
    answered = in_conversation(program)
    said = [e["text"] for e in program.events if e["kind"] == "line.final"]
    # The history promises a second; the next event of any kind a second later proves it passed.
    at = answered["at"]
    program.until(lambda e: _seconds_between(at, e["at"]) > 1.0)
    program.send(signal.SIGKILL)
    program.wait()

    meeting = speakdesk.json("history", "show", "last")
    assert [line["text"] for line in meeting["lines"]][: len(said)] == said
    assert all(bot["state"] in ("ended", "failed") for bot in meeting["bots"])
    assert "unexpectedly" in str(meeting["bots"])


def _seconds_between(first: str, second: str) -> float:
    from speakdesk.domain.clock import from_iso

    return (from_iso(second) - from_iso(first)).total_seconds()


def test_an_unknown_persona_is_a_bad_argument_that_names_the_nearest(
    speakdesk: Speakdesk,
) -> None:
    done = speakdesk.run("practice", "--persona", "interviwer")
    assert done.returncode == 2
    assert "interviewer" in done.stderr
    assert done.stdout == ""


def test_an_unknown_option_is_a_bad_argument(speakdesk: Speakdesk) -> None:
    done = speakdesk.run("practice", "--persna", "x")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_without_a_display_it_says_so_in_one_line_and_meets_in_the_terminal(
    speakdesk: Speakdesk,
) -> None:
    done = speakdesk.run()
    assert done.returncode == 0, done.stderr
    assert "no display" in done.stderr.splitlines()[0]
    assert done.stdout.strip()


def test_the_library_and_the_doctor_speak_json(speakdesk: Speakdesk) -> None:
    found: list[dict[str, Any]] = speakdesk.json("personas", "list")
    assert {p["key"] for p in found} >= {PERSONA, "meeting_scribe"}
    findings = speakdesk.json("doctor")
    assert findings["ok"] is True
    assert {"name", "ok", "sentence", "next_step", "is_optional"} == set(findings["checks"][0])
