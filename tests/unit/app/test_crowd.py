"""When only bots are left in a meeting."""

from __future__ import annotations

from speakdesk.app.bots.crowd import Crowd

OURS = {"Ada", "Recorder"}


def test_before_the_first_person_nothing_is_counted() -> None:
    crowd = Crowd(lambda: OURS)
    crowd.note(("Ada",), 0.0)
    crowd.note(("Ada", "Recorder"), 50.0)
    assert crowd.alone_s(500.0) == 0.0


def test_it_counts_from_the_moment_the_last_person_went() -> None:
    crowd = Crowd(lambda: OURS)
    crowd.note(("Ada", "Priya"), 0.0)
    crowd.note(("Ada",), 100.0)
    crowd.note(("Ada", "Recorder"), 130.0)
    assert crowd.alone_s(160.0) == 60.0


def test_somebody_who_comes_back_ends_it() -> None:
    crowd = Crowd(lambda: OURS)
    crowd.note(("Ada", "Priya"), 0.0)
    crowd.note(("Ada",), 100.0)
    crowd.note(("Ada", "Priya"), 130.0)
    assert crowd.alone_s(300.0) == 0.0


def test_a_roster_that_names_nobody_says_nothing() -> None:
    crowd = Crowd(lambda: OURS)
    crowd.note(("Ada", "Priya"), 0.0)
    crowd.note((), 10.0)
    assert crowd.alone_s(300.0) == 0.0


def test_a_person_who_is_heard_is_there_whatever_the_roster_says() -> None:
    crowd = Crowd(lambda: OURS)
    crowd.note(("Ada", "Priya"), 0.0)
    crowd.note(("Ada",), 10.0)
    crowd.hear_person(100.0)
    assert crowd.alone_s(130.0) == 30.0


def test_bots_that_join_later_are_ours_as_well() -> None:
    ours = {"Ada"}
    crowd = Crowd(lambda: ours)
    crowd.note(("Ada", "Priya"), 0.0)
    ours.add("Marco")
    crowd.note(("Ada", "Marco"), 10.0)
    assert crowd.alone_s(20.0) == 10.0
