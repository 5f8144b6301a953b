"""Who speaks, from roster messages over time."""

from __future__ import annotations

from speakdesk.pipeline.roster import ECHO_TAIL_S, RosterBook
from speakdesk.providers.wire import Roster, Speaker


def _roster(**speaking: bool) -> Roster:
    return Roster(tuple(Speaker(name, is_on) for name, is_on in speaking.items()))


def _book() -> RosterBook:
    return RosterBook("Ada", lambda: frozenset({"Marco"}))


def test_a_line_belongs_to_whoever_spoke_longest() -> None:
    book = _book()
    book.update(_roster(Ada=False, Priya=True, Tom=False), 10)
    book.update(_roster(Ada=False, Priya=False, Tom=True), 11)
    book.update(_roster(Ada=False, Priya=False, Tom=False), 14)
    assert book.speaker(10, 14) == "Tom"
    assert book.speaker(9, 10.2) == "Priya"


def test_nobody_known_is_someone_and_the_only_person_is_that_person() -> None:
    book = _book()
    assert book.speaker(0, 1) == "Someone"
    book.update(_roster(Ada=False, Marco=False, Priya=False), 2)
    assert book.speaker(3, 4) == "Priya"
    book.update(_roster(Ada=False, Marco=False, Priya=False, Tom=False), 5)
    assert book.speaker(6, 7) == "Someone"


def test_only_our_own_exact_name_is_an_echo() -> None:
    book = _book()
    book.update(_roster(Ada=True, Priya=False), 1)
    assert book.is_own_echo(1)
    book.update(_roster(Ada=True, Priya=True), 2)
    assert not book.is_own_echo(2)
    book.update(Roster((Speaker("ada", True), Speaker("Priya", False))), 3)
    assert not book.is_own_echo(3)


def test_the_echo_s_tail_is_ours_too() -> None:
    book = _book()
    book.update(_roster(Ada=True, Priya=False), 1)
    book.update(_roster(Ada=False, Priya=False), 2)
    assert book.is_own_echo(2 + ECHO_TAIL_S / 2)
    assert not book.is_own_echo(2 + ECHO_TAIL_S)
    book.update(_roster(Ada=True, Priya=False), 3)
    book.update(_roster(Ada=False, Priya=True), 4)
    assert not book.is_own_echo(4)


def test_siblings_are_told_from_people() -> None:
    book = _book()
    book.update(_roster(Ada=False, Marco=True, Priya=False), 1)
    assert book.only_siblings_speak
    assert not book.a_person_speaks
    assert book.sibling_between(0, 2) == "Marco"
    book.update(_roster(Ada=False, Marco=True, Priya=True), 2)
    assert not book.only_siblings_speak
    assert book.a_person_speaks
    assert book.sibling_between(1, 3) == ""
    assert book.speaker(1, 3) == "Priya"


def test_the_tail_of_a_person_s_name_is_not_the_bot_s_that_speaks_next() -> None:
    book = _book()
    book.update(_roster(Marco=False, Priya=True), 1)
    book.update(_roster(Marco=True, Priya=False), 5.2)
    assert book.sibling_between(5, 8) == "Marco"
    assert book.sibling_between(4, 5.2) == ""


def test_messages_of_speakers_only_add_names() -> None:
    book = _book()
    assert book.update(_roster(Priya=True), 1)
    assert book.update(_roster(Tom=True), 2)
    assert book.names == ("Priya", "Tom")
    assert book.speaking == {"Tom"}
    assert not book.update(_roster(Tom=True), 3)
    assert book.update(_roster(Tom=False), 4)
    assert len(book.names) == 1
