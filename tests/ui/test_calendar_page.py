"""The Calendar page as a person uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.ui.face import Face
from speakdesk.ui.models.agenda import ROW_ROLE, DayHeading
from speakdesk.ui.pages.calendar import CalendarPage
from speakdesk.ui.session import Session
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk

NO_KEY = ProviderError(
    Problem(
        Stage.SETTINGS,
        Reason.MISSING,
        "MeetingBaas needs a key: set MEETING_BAAS_API_KEY.",
        "Put the key into Settings or into .env.",
    )
)
DOWN = ProviderError(
    Problem(
        Stage.PROVIDER,
        Reason.UNAVAILABLE,
        "MeetingBaas has trouble of its own at the moment.",
        "Try again in a minute.",
        "503",
    )
)


@pytest.fixture
def made(face: Face, desk: FakeDesk, run: Run) -> Iterator[CalendarPage]:
    desk.keys.values["NGROK_AUTHTOKEN"] = "token"
    page = CalendarPage(face)
    page.complete()
    page.resize(1280, 740)
    page.show()
    stop = desk.bus.subscribe(lambda event: page.apply([event]))
    yield page
    stop()
    run(face.tasks.aclose())
    page.hide()
    page.deleteLater()


@pytest.fixture
def page(made: CalendarPage, desk: FakeDesk, run: Run) -> CalendarPage:
    """With one calendar, three events on two days, and one scheduled bot."""
    calendar = desk.calendar
    calendar.add_calendar()
    calendar.add_event("Review", 60)
    calendar.add_event("Stand-up", 90, "https://zoom.us/j/123456789", series="daily")
    calendar.add_event("Stand-up", 90 + 1440, "https://zoom.us/j/123456789", series="daily")
    calendar.add_event("Dentist", 200, "")
    calendar.add_scheduled("Nia", 30)
    show(made, run)
    return made


def show(page: CalendarPage, run: Run) -> None:
    page.reload()
    run(until(lambda: page.refresh.text() == "Refresh" and not _reads(page)))


def _reads(page: CalendarPage) -> bool:
    return page._face.tasks.is_running("read calendars")


def modal() -> QDialog | None:
    found = QApplication.activeModalWidget()
    return found if isinstance(found, QDialog) else None


def rows(page: CalendarPage) -> list[str]:
    model = page.model
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def choose(page: CalendarPage, title: str) -> None:
    for row in range(page.model.rowCount()):
        entry = page.model.entry(row)
        if entry is not None and entry.event.title == title:
            page.list.setCurrentIndex(page.model.index(row, 0))
            return
    raise AssertionError(f"{title} is not shown")


def persona(page: CalendarPage, key: str) -> None:
    page.sending.persona.setCurrentIndex(page.sending.persona.findData(key))


def texts(page: CalendarPage) -> str:
    return " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def test_without_a_key_it_says_what_is_needed(made: CalendarPage, desk: FakeDesk, run: Run) -> None:
    desk.calendar.source.refuse = NO_KEY
    show(made, run)
    assert "MEETING_BAAS_API_KEY" in texts(made)
    assert "Put the key into Settings" in texts(made)
    asked: list[bool] = []
    made.settings_asked.connect(lambda: asked.append(True))
    QTest.mouseClick(made.settings, Qt.MouseButton.LeftButton)
    assert asked == [True]
    desk.calendar.source.refuse = None
    desk.calendar.add_calendar()
    show(made, run)
    assert made.calendars.isVisible()


def test_a_calendar_is_connected_in_two_steps_and_secrets_are_never_shown(
    made: CalendarPage, desk: FakeDesk, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    show(made, run)
    card = made.connect_card
    assert card.isVisible()
    assert not card.cancel.isVisible()
    assert not card.fields["tenant_id"].isVisible()
    assert "Google Cloud console" in texts(made)
    for name in ("client_secret", "refresh_token"):
        assert card.fields[name].echoMode() == QLineEdit.EchoMode.Password
    QTest.mouseClick(card.vendors.button(1), Qt.MouseButton.LeftButton)
    assert card.fields["tenant_id"].isVisible()
    assert "Entra" in texts(made)
    QTest.mouseClick(card.vendors.button(0), Qt.MouseButton.LeftButton)
    QTest.keyClicks(card.fields["client_id"], "the-id")
    QTest.keyClicks(card.fields["client_secret"], "very-secret")
    QTest.keyClick(card.fields["client_secret"], Qt.Key.Key_Return)
    run(until(lambda: card.trouble.isVisible()))
    assert "refresh token is missing" in card.trouble.words
    assert card.fields["client_secret"].text() == "very-secret"

    QTest.keyClicks(card.fields["refresh_token"], "even-more-secret")
    QTest.mouseClick(card.go, Qt.MouseButton.LeftButton)
    run(until(lambda: card.go.text() == "Connect"))
    assert [card.choices.itemText(i) for i in range(card.choices.count())] == [
        "Work (main)",
        "Choir",
    ]
    card.choices.setCurrentIndex(1)
    QTest.mouseClick(card.go, Qt.MouseButton.LeftButton)
    run(until(lambda: made.calendars.isVisible() and not _reads(made)))
    assert made.calendars.model.item(0).name == "Choir"
    assert desk.calendar.source.logins[-1].client_secret == "very-secret"
    assert ("set_key", "GOOGLE_CALENDAR_REFRESH_TOKEN") in desk.calls
    assert all(line.text() == "" for line in card.fields.values())
    assert "secret" not in texts(made)
    assert any("Choir is connected" in sentence for _, sentence, _ in notices)


def test_a_refused_sign_in_is_told_in_place_and_nothing_typed_is_lost(
    made: CalendarPage, desk: FakeDesk, run: Run
) -> None:
    show(made, run)
    card = made.connect_card
    for name in ("client_id", "client_secret", "refresh_token"):
        card.fields[name].setText(name)
    desk.calendar.source.refuse_change = DOWN
    card.go.click()
    run(until(lambda: card.trouble.isVisible()))
    assert "They said: “503”" in card.trouble.words
    assert card.fields["client_id"].text() == "client_id"
    assert card.go.isEnabled()
    assert desk.calls == []


def test_events_stand_under_their_days(page: CalendarPage) -> None:
    assert rows(page) == [
        "Today, Friday 20 November",
        "Review",
        "Stand-up",
        "Dentist",
        "Tomorrow, Saturday 21 November",
        "Stand-up",
    ]
    heading = page.model.index(0, 0)
    assert isinstance(heading.data(ROW_ROLE), DayHeading)
    assert not heading.flags() & Qt.ItemFlag.ItemIsSelectable
    spoken = page.model.index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Stand-up" in spoken
    assert "Zoom" in spoken
    assert "repeats" in spoken
    assert "no meeting link" in page.model.index(3, 0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_a_persona_is_sent_to_one_event(
    page: CalendarPage, desk: FakeDesk, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    choose(page, "Review")
    persona(page, "marco")
    assert "Marco" in page.sending._plan.text()
    assert "tunnel open" in page.sending._plan.text()
    assert not page.sending.scope.isVisible()
    QTest.keyClicks(page.sending.name, "Marco from sales")
    QTest.mouseClick(page.sending.go, Qt.MouseButton.LeftButton)
    run(until(lambda: desk.launches and not _reads(page)))
    (launch,) = desk.launches
    assert launch.personas == ("marco",)
    assert launch.names == ("Marco from sales",)
    assert launch.join_at == desk.now + timedelta(minutes=60)
    run(until(lambda: page.sending.take_back.isVisible()))
    assert "goes" in page.model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert ("info", "1 bot is set.", "") in notices
    assert not page.sending.go.isEnabled()
    assert "going to this event already" in page.sending._plan.text()


def test_recording_a_whole_series_is_the_providers_work(
    page: CalendarPage, desk: FakeDesk, run: Run
) -> None:
    choose(page, "Stand-up")
    assert page.sending.scope.isVisible()
    persona(page, "")
    page.sending.scope.setCurrentIndex(1)
    assert "MeetingBaas sends Recorder to every coming event" in page.sending._plan.text()
    assert "need not be running" in page.sending._plan.text()
    page.sending.go.click()
    run(until(lambda: page.sending.take_back.isVisible()))
    assert ("send_bot", "e2", "Recorder", True) in desk.calendar.source.calls
    assert desk.launches == []

    page.sending.take_back.click()
    run(until(modal))
    dialog = modal()
    assert dialog is not None
    assert "whole series" in dialog.accessibleName()
    dialog.accept()
    run(until(lambda: not page.sending.take_back.isVisible()))
    assert ("cancel_bot", "e2", True) in desk.calendar.source.calls


def test_an_event_without_a_link_says_why_nobody_can_go(page: CalendarPage) -> None:
    choose(page, "Dentist")
    assert "no meeting link" in page.sending._plan.text()
    assert not page.sending.go.isEnabled()


def test_without_a_public_address_a_voice_is_not_promised(
    page: CalendarPage, desk: FakeDesk
) -> None:
    desk.keys.values["NGROK_AUTHTOKEN"] = ""
    choose(page, "Review")
    persona(page, "ada")
    page.sending.refresh()
    assert "record-only" in page.sending._plan.text()
    assert not page.sending.go.isEnabled()
    persona(page, "")
    assert page.sending.go.isEnabled()


def test_a_refused_sending_is_told_in_place(page: CalendarPage, desk: FakeDesk, run: Run) -> None:
    choose(page, "Review")
    persona(page, "")
    desk.calendar.source.refuse_change = DOWN
    page.sending.go.click()
    run(until(lambda: page.sending.trouble.isVisible()))
    assert "trouble of its own" in page.sending.trouble.words
    assert page.sending.go.isEnabled()
    choose(page, "Stand-up")
    assert not page.sending.trouble.isVisible()


def test_a_bot_that_was_sent_elsewhere_is_named_before_it_is_taken_back(
    page: CalendarPage, desk: FakeDesk, run: Run
) -> None:
    source = desk.calendar.source
    source.coming[0] = replace(source.coming[0], has_bot=True)
    show(page, run)
    choose(page, "Review")
    assert "a bot set elsewhere" in page.sending._when.text
    page.sending.take_back.click()
    run(until(modal))
    dialog = modal()
    assert dialog is not None
    assert "not sent from this SpeakDesk" in dialog.accessibleName()
    dialog.reject()
    run(until(lambda: modal() is None))
    assert source.coming[0].has_bot


def test_a_revoked_calendar_says_so_and_is_signed_in_again(
    page: CalendarPage, desk: FakeDesk, run: Run
) -> None:
    lost = Problem(
        Stage.PROVIDER,
        Reason.AUTHENTICATION,
        "The permission to read this calendar was withdrawn.",
        "Sign in again for a new refresh token and connect the calendar with it.",
    )
    source = desk.calendar.source
    source.calendars[0] = replace(source.calendars[0], status="revoked", problem=lost)
    show(page, run)
    assert "withdrawn" in page.calendars.trouble.words
    page.calendars.renew.click()
    card = page.connect_card
    assert card.isVisible()
    assert card.cancel.isVisible()
    assert "Sign in for Work again" in texts(page)
    for name in ("client_id", "client_secret", "refresh_token"):
        card.fields[name].setText("new")
    card.go.click()
    run(until(lambda: page.calendars.isVisible() and not _reads(page)))
    assert ("renew", "work") in source.calls
    assert not page.calendars.trouble.isVisible()


def test_a_calendar_is_read_again_and_disconnected(
    page: CalendarPage, desk: FakeDesk, run: Run
) -> None:
    page.calendars.sync.click()
    run(until(lambda: ("sync", "work") in desk.calendar.source.calls and not _reads(page)))
    page.calendars.drop.click()
    run(until(modal))
    dialog = modal()
    assert dialog is not None
    dialog.accept()
    run(until(lambda: desk.calendar.source.calendars == [] and not _reads(page)))
    run(until(lambda: page.calendars.model.rowCount() == 0))
    assert page.scheduled.model.rowCount() == 1


def test_a_scheduled_bot_gets_another_time_and_name(
    page: CalendarPage, desk: FakeDesk, run: Run
) -> None:
    part = page.scheduled
    assert not part.keep.isEnabled()
    assert "four minutes before" in part._lock.text() or "more, until" in part._lock.text()
    at = desk.now.replace(second=0) + timedelta(hours=3)
    part.at.setDateTime(QDateTime.fromSecsSinceEpoch(int(at.timestamp())))
    part.name.setText("Nia the second")
    assert part.keep.isEnabled()
    QTest.mouseClick(part.keep, Qt.MouseButton.LeftButton)
    run(until(lambda: part.model.item(0).name == "Nia the second" and not _reads(page)))
    assert ("change_scheduled", "p1", at, "Nia the second") in desk.calendar.source.calls
    assert not part.keep.isEnabled()


def test_what_is_typed_survives_a_refresh(page: CalendarPage, run: Run) -> None:
    page.scheduled.name.setText("Half typ")
    page.sending.name.setText("Also half")
    show(page, run)
    assert page.scheduled.name.text() == "Half typ"
    assert page.sending.name.text() == "Also half"


def test_the_lock_is_explained_and_its_clock_runs(
    page: CalendarPage, desk: FakeDesk, run: Run
) -> None:
    part = page.scheduled
    assert "Can be changed for 26:00 more" in part._lock.text()
    desk.now += timedelta(minutes=25, seconds=30)
    part.tick()
    assert "Can be changed for 0:30 more" in part._lock.text()
    desk.now += timedelta(minutes=1)
    part.tick()
    assert "less than four minutes" in part._lock.text()
    assert not part.name.isEnabled()
    assert not part.keep.isEnabled()
    assert part.drop.isEnabled()
    part.drop.click()
    run(until(modal))
    dialog = modal()
    assert dialog is not None
    assert "locked already" in dialog.accessibleName()
    dialog.accept()
    run(until(lambda: part.model.rowCount() == 0))
    assert ("cancel_scheduled", "p1") in desk.calendar.source.calls


def test_trouble_later_keeps_what_is_known(page: CalendarPage, desk: FakeDesk, run: Run) -> None:
    desk.calendar.source.refuse = DOWN
    show(page, run)
    assert page.model.count == 4
    assert "trouble of its own" in page.trouble.words
    assert "trouble of its own" in page.scheduled.trouble.words
    desk.calendar.source.refuse = None
    show(page, run)
    assert not page.trouble.isVisible()


def test_events_that_are_over_go_and_bots_are_followed(
    page: CalendarPage, desk: FakeDesk, run: Run
) -> None:
    choose(page, "Review")
    page.sending.go.click()
    run(until(lambda: desk.launches and not _reads(page)))
    (bot_id,) = desk.bots
    desk.move(bot_id, BotState.ENDED)
    assert not page.sending.take_back.isVisible()
    desk.now += timedelta(minutes=110)
    page._tick()
    assert "Review" not in rows(page)


def test_all_of_it_is_reachable_by_keyboard(page: CalendarPage, run: Run) -> None:
    page.activateWindow()
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Down)
    entry = page.model.entry(page.list.currentIndex().row())
    assert entry is not None
    assert entry.event.title == "Stand-up"
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    assert page.sending.persona.hasFocus()
    for widget in (
        page.calendars.list,
        page.calendars.add,
        page.scheduled.list,
        page.scheduled.at,
        page.list,
        page.sending.persona,
        page.sending.go,
    ):
        assert widget.accessibleName()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_nothing_coming_says_the_next_step(made: CalendarPage, desk: FakeDesk, run: Run) -> None:
    desk.calendar.add_calendar()
    show(made, run)
    assert "next two weeks" in texts(made)
    assert "Read again" in texts(made)
    assert "Send one to an event" in texts(made)
    assert not made.sending.isVisible()


def test_in_the_window_the_page_reads_when_it_is_shown_and_leads_to_the_keys(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    desk.calendar.add_calendar()
    desk.calendar.add_event("Review", 60)

    async def script() -> None:
        living = asyncio.ensure_future(session.live())
        await until(lambda: session.page is not None)
        assert desk.calendar.source.calls == []
        session.window.show_page("Calendar")
        page = session.calendar_page
        await until(lambda: page.model.count == 1 and not _reads(page))
        assert page.isVisible()
        ada = desk.add_bot("ada")
        desk.move(ada, BotState.JOINING)
        page.settings_asked.emit()
        assert session.window.tabs.tabText(session.window.tabs.currentIndex()) == "Settings"
        assert not page._clock.isActive()
        session.close_now()
        await living

    run(script())
