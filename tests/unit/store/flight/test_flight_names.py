"""Names replaced as a meeting is recorded."""

from __future__ import annotations

from speakdesk.store.flight.format import AudioIn, EventRecord, LogRecord, Record, Unknown
from speakdesk.store.flight.names import Pseudonyms
from speakdesk.store.flight.sound import Sound

SILENCE = Sound.pack(bytes(320), 16000)


def passed(names: Pseudonyms, record: Record) -> Record | None:
    names.learn(record)
    return names.hide(record)


def said(text: str, speaker: str = "Priya", **more: object) -> EventRecord:
    data = {"kind": "line.final", "line_id": "Max", "speaker": speaker, "text": text, **more}
    return EventRecord(0.0, data)


def text_of(record: Record | None) -> str:
    assert isinstance(record, EventRecord)
    return str(record.data["text"])


def test_a_name_is_the_same_person_everywhere() -> None:
    names = Pseudonyms({"Ada", "Marco Polo"})
    heard = passed(names, AudioIn(0.0, SILENCE, ("Priya Patel", "Ada")))
    assert isinstance(heard, AudioIn)
    assert heard.speakers == ("Person 1", "Ada")
    assert (
        text_of(passed(names, said("Hi Ada, Priya's here.", "Max"))) == "Hi Ada, Person 1's here."
    )
    again = passed(names, said("Marco, Patel and Max.", "Priya Patel"))
    assert text_of(again) == "Marco, Person 1 and Person 2."
    assert isinstance(again, EventRecord)
    assert again.data["speaker"] == "Person 1"
    assert again.data["line_id"] == "Max"
    assert names.count == 2


def test_only_whole_words_and_no_short_ones() -> None:
    names = Pseudonyms({"Ada"})
    passed(names, said("x", "Mark Li"))
    assert text_of(names.hide(said("Marking Markus, Mark; Li"))) == "Marking Markus, Person 1; Li"
    assert text_of(names.hide(said("mark this"))) == "mark this"
    assert text_of(names.hide(said("my name is mark li"))) == "my name is Person 1"


def test_a_full_name_wins_over_its_parts_and_regex_signs_do_no_harm() -> None:
    names = Pseudonyms({"Ada"})
    passed(names, said("x", "Anna"))
    passed(names, said("x", "Anna Schmidt (Berlin)"))
    assert text_of(names.hide(said("Anna Schmidt (Berlin) and Anna"))) == "Person 2 and Person 1"


def test_bots_keep_their_names_and_nobody_is_nobody() -> None:
    names = Pseudonyms({"Ada"})
    names.keep = frozenset({"Ada", "Marco"})
    passed(names, said("x", "Marco", is_bot=True))
    passed(names, said("x", "Someone"))
    assert names.count == 0
    assert text_of(names.hide(said("Marco"))) == "Marco"


def test_logs_are_searched_and_what_is_unknown_is_left_out() -> None:
    names = Pseudonyms()
    passed(names, said("x", "Priya"))
    hidden = names.hide(LogRecord(0.0, "info", "Priya.module", "Priya came"))
    assert hidden == LogRecord(0.0, "info", "Priya.module", "Person 1 came")
    assert names.hide(Unknown(0.0, 99, b"Priya")) is None
