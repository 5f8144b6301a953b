"""Recorded meetings live through today's pipeline, and what is otherwise is found.

The recordings are made by `python -m tests.fixtures.make_flights`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from speakdesk.app.flight.replay import Replay, ReplayServices, ReplayWish, replay, stand_in
from speakdesk.app.flight.replay_script import commands_of, end_of, script_of
from speakdesk.app.flight.replay_turns import Boundary
from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.domain.errors import SpeechError, StoreError
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.pipeline.replay.script import Hushed, Typed
from speakdesk.store.flight.editing import Span, cut, write_flight
from speakdesk.store.flight.format import (
    AudioIn,
    AudioOut,
    EventRecord,
    Kind,
    Record,
    SocketChange,
    SocketRecord,
)
from speakdesk.store.flight.lines import lines_of
from speakdesk.store.flight.reader import FlightFile
from speakdesk.store.flight.redacting import HIDDEN_TEXT, Redaction, redact
from speakdesk.store.flight.sound import Sound
from tests.fixtures.make_flights import FLIGHTS, PLOTS, SUFFIX

R = TypeVar("R", bound=Record)
NAMES = sorted(PLOTS)
TURNS = {"typed": 1, "interruption": 3, "mm-hm": 3}


def flight(name: str) -> Path:
    return FLIGHTS / f"{name}{SUFFIX}"


def replayed(path: Path, **metadata: str) -> Replay:
    cast = stand_in(path)
    return replay(path, replace(cast, persona=replace(cast.persona, metadata=metadata)))


def changed(name: str, path: Path, change: Callable[[Record], Record]) -> Path:
    """The recording with each of its records changed."""
    with FlightFile.open(flight(name)) as old:
        write_flight(map(change, old.records()), path)
    return path


def moved(record: R, by_s: float) -> R:
    """A record at another time, also where it tells its moment itself."""
    if isinstance(record, EventRecord):
        told = to_iso(from_iso(record.data["at"]) + timedelta(seconds=by_s))
        if record.kind == "line.final" and by_s < 1:
            told = record.data["at"]
        return replace(record, at_s=record.at_s + by_s, data={**record.data, "at": told})
    return replace(record, at_s=record.at_s + by_s)


@pytest.mark.parametrize("name", NAMES)
def test_the_pipeline_takes_its_turns_as_it_did(name: str) -> None:
    found = replayed(flight(name))
    assert not found.differences, [d.sentence for d in found.differences]
    assert len(found.pairs) == TURNS.get(name, 2)
    for pair in found.pairs:
        assert pair.old is not None
        assert pair.new is not None
        for before, after in ((pair.old.person, pair.new.person), (pair.old.bot, pair.new.bot)):
            assert (before is None) == (after is None)
            if before is not None and after is not None:
                assert before.interrupted == after.interrupted
                assert before.speakers == after.speakers
        if pair.old.bot is not None and pair.new.bot is not None:
            is_cut = pair.old.bot.interrupted
            assert is_cut or pair.old.bot.text == pair.new.bot.text
        assert (pair.old.timing is None) == (pair.new.timing is None)


def test_the_recordings_hold_what_their_names_say() -> None:
    def lines(name: str) -> list[tuple[bool, bool]]:
        with FlightFile.open(flight(name)) as one:
            return [(line.is_bot, line.interrupted) for line in lines_of(one)]

    def sockets(name: str) -> list[SocketChange]:
        with FlightFile.open(flight(name)) as one:
            records = one.records(kinds=frozenset({Kind.SOCKET}))
            return [r.change for r in records if isinstance(r, SocketRecord)]

    assert lines("clean") == [(True, False), (False, False), (True, False)]
    assert lines("interruption")[2:] == [(True, True), (False, False), (True, False)]
    assert lines("mm-hm")[2:] == [(True, False), (False, False)]
    assert sockets("socket-drop") == [
        SocketChange.OPENED,
        SocketChange.CLOSED,
        SocketChange.OPENED,
        SocketChange.CLOSED,
    ]
    assert [is_bot for is_bot, _ in lines("long-pause")] == [True, False, False, True]
    with FlightFile.open(flight("two-at-once")) as two:
        speakers = [r.speakers for r in two.records(kinds=frozenset({Kind.AUDIO_IN}))]  # type: ignore[union-attr]
    assert ("Priya", "Tom") in speakers
    assert all(flight(name).stat().st_size < 400_000 for name in NAMES)


def test_the_same_file_gives_the_same_turns_to_the_last_digit() -> None:
    first, second = replayed(flight("interruption")), replayed(flight("interruption"))
    assert first.to_json() == second.to_json()


def test_a_boundary_that_was_tampered_with_is_found(tmp_path: Path) -> None:
    def longer(record: Record) -> Record:
        if isinstance(record, EventRecord) and record.kind == "line.final":
            data = dict(record.data)
            if not data["is_bot"]:
                moved = from_iso(data["at"]) - timedelta(seconds=1)
                data |= {"at": to_iso(moved), "seconds": data["seconds"] + 1}
                return replace(record, data=data)
        return record

    found = replayed(changed("clean", tmp_path / f"tampered{SUFFIX}", longer))
    (difference,) = found.differences
    assert difference.what is Boundary.PERSON_START
    assert difference.turn == 2
    assert difference.old_s is not None
    assert difference.new_s is not None
    assert difference.new_s - difference.old_s == pytest.approx(1.0, abs=0.1)


def test_a_bot_that_is_no_longer_interrupted_is_found(tmp_path: Path) -> None:
    with FlightFile.open(flight("interruption")) as one:
        since_s = lines_of(one)[3].since_s - 0.5

    def quiet(record: Record) -> Record:
        if isinstance(record, AudioIn) and record.at_s >= since_s:
            silence = np.zeros(record.sound.samples, np.int16)
            return replace(
                record,
                sound=Sound.pack(
                    silence, record.sound.rate_hz, record.sound.pieces, record.sound.late_us
                ),
            )
        return record

    found = replayed(changed("interruption", tmp_path / f"quiet{SUFFIX}", quiet))
    what = {difference.what for difference in found.differences}
    assert Boundary.INTERRUPTED in what


@pytest.mark.parametrize(
    ("name", "rule", "value", "what"),
    [
        ("mm-hm", "backchannel_words", "0", Boundary.INTERRUPTED),
        ("interruption", "allow_interruptions", "no", Boundary.INTERRUPTED),
        ("clean", "patience_s", "0.6", Boundary.BOT_START),
    ],
)
def test_other_rules_of_conversation_give_other_turns(
    name: str, rule: str, value: str, what: Boundary
) -> None:
    found = replayed(flight(name), **{rule: value})
    assert what in {difference.what for difference in found.differences}


def test_the_sound_of_an_answer_is_all_there_was_of_it() -> None:
    with FlightFile.open(flight("interruption")) as one:
        script = script_of(one)
        said = next(line for line in lines_of(one) if line.interrupted)
    answer = script.replies[0].lines[0]
    heard_s = said.until_s - said.since_s
    assert len(answer.pcm) / 2 / answer.rate_hz > 2 * heard_s
    (greeting,) = script.lines
    assert greeting.text == "Hello, I am Ada."
    assert [r.words_before for r in script.replies] == [1, 2]


def test_what_the_person_at_the_desk_did_is_done_again() -> None:
    with FlightFile.open(flight("typed")) as one:
        script = script_of(one)
        typed, again, hushed = (what for _, what in commands_of(one, script, end_of(one)))
    assert typed == Typed("One more thing before we begin.")
    assert isinstance(again, Typed)
    assert again.text.startswith("And this is much too long")
    assert isinstance(hushed, Hushed)
    (pair,) = replayed(flight("typed")).pairs
    assert pair.new is not None
    assert pair.new.bot is not None
    assert pair.new.bot.interrupted
    assert len(pair.new.bot.lines_s) == 3


def test_a_voice_that_stalled_then_stalls_again(tmp_path: Path) -> None:
    def stalled(record: Record) -> Record:
        is_late = isinstance(record, AudioOut) and record.at_s > 8.5
        is_end = isinstance(record, EventRecord) and record.kind == "line.final"
        return moved(record, 0.8) if is_late or (is_end and record.at_s > 9) else record

    path = changed("clean", tmp_path / f"stalled{SUFFIX}", stalled)
    with FlightFile.open(path) as one:
        (reply,) = script_of(one).replies
    (pause,) = reply.lines[0].pauses
    assert pause.seconds == pytest.approx(0.8, abs=0.05)
    found = replayed(path)
    assert not found.differences, [d.sentence for d in found.differences]


def test_an_answer_that_looked_something_up_goes_on_after_it(tmp_path: Path) -> None:
    def longer(records: list[Record]) -> Iterator[Record]:
        """The greeting once more, 0.8 s after the end of the answer."""
        for record in records:
            yield moved(record, 3.0) if record.at_s > 10.5 else record
            is_sound = isinstance(record, AudioOut)
            is_line = isinstance(record, EventRecord) and record.kind == "line.final"
            if (is_sound or is_line) and record.at_s < 3:
                yield moved(record, 10.3)

    path = tmp_path / f"longer{SUFFIX}"
    with FlightFile.open(flight("clean")) as old:
        write_flight(longer(list(old.records())), path)
    with FlightFile.open(path) as one:
        (reply,) = script_of(one).replies
    assert [line.text for line in reply.lines][1] == "Hello, I am Ada."
    found = replayed(path)
    assert not found.differences, [d.sentence for d in found.differences]
    new = found.pairs[1].new
    assert new is not None
    assert new.bot is not None
    assert len(new.bot.lines_s) == 2


def test_a_part_that_was_cut_out_is_a_test_by_itself(tmp_path: Path) -> None:
    part = tmp_path / f"part{SUFFIX}"
    with FlightFile.open(flight("interruption")) as one:
        lines = lines_of(one)
        cut(one, Span(lines[1].since_s - 0.5, one.duration_s), part)
    found = replayed(part)
    assert not found.differences, [d.sentence for d in found.differences]
    assert [pair.new.person is not None for pair in found.pairs if pair.new] == [True, True]


def test_what_is_left_of_a_recording_that_was_cut_off_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / f"cut-off{SUFFIX}"
    whole = flight("interruption").read_bytes()
    path.write_bytes(whole[: len(whole) * 7 // 10])
    found = replayed(path)
    assert not found.differences, [d.sentence for d in found.differences]
    assert len(found.pairs) == 2
    assert any("damaged in 1 place;" in remark for remark in found.remarks)


def test_what_was_taken_out_of_a_recording_changes_no_turn(tmp_path: Path) -> None:
    path = tmp_path / f"redacted{SUFFIX}"
    with FlightFile.open(flight("interruption")) as one:
        redact(one, Redaction(names=True, lines=frozenset({3})), path)
    found = replayed(path)
    assert not found.differences, [d.sentence for d in found.differences]
    bot = found.pairs[1].new
    assert bot is not None
    assert bot.bot is not None
    assert bot.bot.text == HIDDEN_TEXT


def test_offline_services_answer_for_themselves() -> None:
    from speakdesk.domain.speech import SpeechWish
    from speakdesk.pipeline.catalogue import plan_speech

    path = flight("clean")
    cast = stand_in(path)
    offline = SpeechWish(stt="sphinx", llm="notes", tts="espeak")
    plan = plan_speech(cast.persona, offline, SpeechWish(), Keys())
    wish = ReplayWish(ReplayServices.OFFLINE)
    found = replay(path, replace(cast, plan=plan), wish)
    assert found.to_json() == replay(path, replace(cast, plan=plan), wish).to_json()
    new = found.pairs[1].new
    assert new is not None
    assert new.bot is not None
    assert new.bot.text
    assert not new.bot.interrupted


def test_services_that_lack_their_key_are_refused() -> None:
    path = flight("clean")
    cast = stand_in(path)
    plan = replace(cast.plan, llm=ServiceChoice(Role.LLM, "openai"))
    with pytest.raises(SpeechError, match="needs a key"):
        replay(path, replace(cast, plan=plan), ReplayWish(ReplayServices.CURRENT))
    with pytest.raises(SpeechError, match="in real time"):
        replay(path, replace(cast, plan=plan), ReplayWish(ReplayServices.CURRENT, None))


def test_a_file_with_nothing_in_it_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / f"empty{SUFFIX}"
    with FlightFile.open(flight("clean")) as one:
        write_flight([one.header], path)
    with pytest.raises(StoreError, match="nothing in it to replay"):
        replay(path, stand_in(path))
