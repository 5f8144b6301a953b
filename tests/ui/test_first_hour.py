"""What a person who is new here runs into in the first hour."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.incidents import Incidents
from speakdesk.domain.meeting import Platform
from speakdesk.ui.components.bad_days import BadDay, BadDays
from speakdesk.ui.components.keys_card import KeysCard
from speakdesk.ui.face import Face
from speakdesk.ui.pages.desk import DeskPage
from speakdesk.ui.pages.history import HistoryPage
from speakdesk.ui.widgets.empty import EmptyNote
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk, FakeProvider

MEET = "https://meet.google.com/abc-defg-hij"


def choose(days: BadDays, day: BadDay) -> None:
    days.what.setCurrentIndex(days.what.findData(day))


def test_a_bad_day_is_asked_for_and_holds_for_that_launch_alone(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    days = page.launch_card.options.bad_days
    days.lobby.setCurrentIndex(days.lobby.findData(5))
    choose(days, BadDay.REMOVED)
    days.after.setCurrentIndex(days.after.findData(10))
    page.launch_card.launch()
    run(until(lambda: len(desk.launches) == 1))

    days.lobby.setCurrentIndex(0)
    choose(days, BadDay.NONE)
    page.launch_card.launch()
    run(until(lambda: len(desk.launches) == 2))

    assert desk.practice.arranged == [Incidents(lobby_s=5.0, remove_after_s=10.0), Incidents()]


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (BadDay.REFUSED, Incidents(refuse=True)),
        (BadDay.DROPPED, Incidents(drop_after_s=5.0)),
        (BadDay.CROSSTALK, Incidents(crosstalk="Me too!")),
    ],
)
def test_every_bad_day_can_be_asked_for(page: DeskPage, day: BadDay, wanted: Incidents) -> None:
    days = page.launch_card.options.bad_days
    days.words.setText("Me too!")
    choose(days, day)
    assert days.incidents == wanted


def test_bad_days_are_offered_for_the_practice_room_alone(page: DeskPage) -> None:
    page.launch_card._more.click()
    page.launch_card.options.show_group("Practice")
    assert page.launch_card.options.bad_days.isVisible()
    page.launch_card.link.setText(MEET)
    assert not page.launch_card.options.bad_days.isVisible()


def test_a_link_for_a_provider_without_its_key_says_which_key_and_where(
    page: DeskPage, desk: FakeDesk
) -> None:
    desk.provider_rows = (
        FakeProvider(),
        FakeProvider(
            "meetingbaas",
            "MeetingBaas",
            frozenset({Platform.MEET}),
            False,
            "needs a key: set MEETING_BAAS_API_KEY",
        ),
        FakeProvider(
            "meetingbaas-v1",
            "MeetingBaas v1",
            frozenset({Platform.MEET}),
            False,
            "needs a key: set MEETING_BAAS_API_KEY",
        ),
    )
    page.launch_card.load()
    page.launch_card.link.setText(MEET)
    assert page.launch_card._to_settings.isVisibleTo(page)
    assert page.launch_card._trouble.text() == (
        "MeetingBaas needs a key: set MEETING_BAAS_API_KEY. "
        "Add it in Settings under Keys, or in .env."
    )
    assert not page.launch_card.go.isEnabled()


def test_a_launch_by_keyboard_goes_on_in_the_persons_line(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    page.activateWindow()
    page.launch_card.go.setFocus()
    run(until(page.launch_card.go.hasFocus))
    QTest.keyClick(page.launch_card.go, Qt.Key.Key_Space)
    run(until(lambda: desk.launches and page.transcript_panel.practice.line.hasFocus()))


def test_why_a_bot_ended_is_said_unless_the_person_wished_it(
    page: DeskPage, desk: FakeDesk
) -> None:
    removed, left = desk.add_bot("ada"), desk.add_bot("nia")
    desk.move(removed, BotState.ENDED, cause="somebody removed it from the meeting")
    desk.move(left, BotState.ENDED)
    assert [row.message for row in page.bot_list.rows] == [
        "Somebody removed it from the meeting.",
        "",
    ]


def test_details_name_the_services_as_people_do(page: DeskPage, desk: FakeDesk) -> None:
    page.bot_list.choose(desk.add_bot("ada"))
    assert "PocketSphinx — no key is set" in page.details_panel.text
    assert "sphinx —" not in page.details_panel.text


def test_a_meeting_without_a_word_says_so(face: Face, desk: FakeDesk, run: Run) -> None:
    desk.history.add(1, "Silent", [])
    page = HistoryPage(face)
    page.show()
    page.reload()
    run(until(lambda: page._title.text == "Silent" and page.export.isVisible()))

    def says_so() -> bool:
        notes = [note for note in page.findChildren(EmptyNote) if note.isVisible()]
        return any(note.words.strip() for note in notes)

    run(until(says_so))
    run(face.tasks.aclose())
    page.hide()
    page.deleteLater()


def test_a_key_that_could_not_be_kept_is_not_lost(
    face: Face, desk: FakeDesk, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    async def refuse(name: str, value: str) -> None:
        raise StoreError(Problem(Stage.SETTINGS, Reason.UNAVAILABLE, "No key store.", "Use .env."))

    desk.set_key = refuse  # type: ignore[method-assign]
    card = KeysCard(face)
    line = card._lines["OPENAI_API_KEY"]
    line.setText("sk-typed")
    QTest.keyClick(line, Qt.Key.Key_Return)
    run(until(lambda: notices))
    assert line.text() == "sk-typed"
    run(face.tasks.aclose())
    card.deleteLater()
