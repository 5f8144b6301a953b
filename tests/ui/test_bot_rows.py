"""The states, the advice and the actions of a bot's row, its details, and the line below."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from speakdesk.domain.aftermath import Cost
from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.events import AftermathChanged, FloorChanged, TunnelState
from speakdesk.domain.join import CallbackOptions, JoinOptions, LeaveTimeouts, ZoomOptions
from speakdesk.domain.launch import FloorPlace, Launch
from speakdesk.domain.meeting import parse_link
from speakdesk.store.history.records import AftermathRecord
from speakdesk.ui.components.bot_row import BotRow
from speakdesk.ui.pages.desk import DeskPage
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import MEETINGBAAS, MEETINGBAAS_V1, FakeDesk, FakeProvider

LINK = parse_link("https://meet.google.com/abc-defg-hij")


@pytest.fixture(autouse=True)
def providers(desk: FakeDesk) -> None:
    desk.provider_rows = (FakeProvider(), MEETINGBAAS, MEETINGBAAS_V1)


def through(provider: str = "meetingbaas", **fields: object) -> Launch:
    return Launch(LINK, ("ada",), provider, **fields)  # type: ignore[arg-type]


def row_of(page: DeskPage, bot_id: str) -> BotRow:
    return next(row for row in page.bot_list.rows if row.view.bot_id == bot_id)


def labels(row: BotRow) -> list[str]:
    return [action.text() for action in row.menu_actions() if action.isEnabled()]


def test_advice_stands_under_the_state(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada", through())
    desk.move(
        bot,
        BotState.LOBBY,
        since=utc_now() - timedelta(seconds=31),
        advice="Ask the host to let it in.",
    )
    row = row_of(page, bot)
    assert row.state_text == "In the lobby 0:31"
    assert row.message == "Ask the host to let it in."
    assert "Ask the host" in row.accessibleName()


def test_a_bot_that_waits_for_its_time_says_when_and_can_be_called_off(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    at = utc_now() + timedelta(days=2)
    bot = desk.add_bot("ada", through(), join_at=at, advice="SpeakDesk must be running then.")
    row = row_of(page, bot)
    assert row.state_text.startswith("Joins at ")
    assert row.state_text.endswith(at.astimezone().strftime("%H:%M"))
    assert row.message == "SpeakDesk must be running then."
    assert row.leave.text() == "Cancel"
    row.leave.click()
    run(until(lambda: ("leave", bot) in desk.calls))


def test_who_waits_for_whom_is_said(page: DeskPage, desk: FakeDesk) -> None:
    ada, nia = desk.add_bot("ada", through()), desk.add_bot("nia", through())
    desk.move(nia, BotState.IN_CALL, floor=FloorPlace.WAITS)
    assert row_of(page, nia).state_text == "Waits for its turn"
    desk.move(ada, BotState.IN_CALL)
    desk.change(ada, floor=FloorPlace.HOLDS)
    desk.publish(FloorChanged(bot_id=ada, meeting="meet:abc-defg-hij", waiting=(nia,)))

    assert row_of(page, ada).state_text == "In call · has the floor"
    assert row_of(page, nia).state_text == "Waits for Ada"
    desk.change(nia, floor=FloorPlace.FREE)
    page.tick()
    assert row_of(page, nia).state_text == "In call"


def test_a_bot_in_another_meeting_is_not_waited_for(page: DeskPage, desk: FakeDesk) -> None:
    ada, nia = desk.add_bot("ada"), desk.add_bot("nia", through())
    desk.move(ada, BotState.IN_CALL, floor=FloorPlace.HOLDS)
    desk.move(nia, BotState.IN_CALL, floor=FloorPlace.WAITS)
    assert row_of(page, nia).state_text == "Waits for its turn"


def test_a_recorder_is_shown_as_what_it_is(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    bot = desk.add_recorder(through())
    row = row_of(page, bot)
    desk.prove(bot, Evidence.ACCEPTED)
    desk.move(bot, BotState.IN_CALL)
    page.bot_list.choose(bot)

    assert row._name.text == "Recorder · record-only"
    assert row.state_text == "In call · recording"
    assert not row.hush.isVisible()
    assert "none: this bot only joins and records" in page.details_panel.text
    assert not page.transcript_panel.say.line.isEnabled()
    row.pause.click()
    run(until(lambda: ("pause", bot) in desk.calls))
    page.tick()
    assert row.state_text == "In call · paused"
    assert row.pause.text() == "Resume"
    row.pause.click()
    run(until(lambda: ("resume", bot) in desk.calls))


def test_the_recording_is_paused_from_the_menu(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    bot = desk.add_bot("ada", through())
    row = row_of(page, bot)
    assert labels(row) == ["Show the details"]
    desk.move(bot, BotState.IN_CALL)
    assert labels(row) == ["Write into the chat…", "Pause the recording", "Show the details"]
    row.menu_actions()[1].trigger()
    run(until(lambda: ("pause", bot) in desk.calls))
    page.tick()
    assert row.message == "The provider's recording is paused."
    assert "Resume the recording" in labels(row)


def test_what_the_provider_cannot_do_is_not_offered(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada", through("meetingbaas-v1"))
    desk.move(bot, BotState.IN_CALL)
    page.bot_list.choose(bot)
    assert labels(row_of(page, bot)) == ["Show the details"]
    say = page.transcript_panel.say
    assert not say.chat_mode.isEnabled()
    assert say.chat_mode.toolTip() == "MeetingBaas v1 does not write into a meeting's chat."


def test_a_refused_pause_is_told(
    page: DeskPage, desk: FakeDesk, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    bot = desk.add_bot("ada", through())
    desk.move(bot, BotState.IN_CALL)
    desk.refuse = ProviderError(Problem(Stage.CALL, Reason.CONFLICT, "It is paused.", "Wait."))
    row_of(page, bot).toggle_recording()
    run(until(lambda: notices))
    assert notices == [("bad", "It is paused.", "Wait.")]


def test_chat_is_a_mode_of_the_line(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    bot = desk.add_bot("ada", through())
    desk.move(bot, BotState.IN_CALL)
    say = page.transcript_panel.say
    row_of(page, bot).menu_actions()[0].trigger()

    assert say.line.placeholderText() == "Write into the meeting's chat as Ada…"
    QTest.keyClicks(say.line, "The plan is attached.")
    QTest.keyClick(say.line, Qt.Key.Key_Return)
    run(until(lambda: ("chat", bot, "The plan is attached.") in desk.calls))
    run(until(lambda: say.line.text() == ""))
    say.line.setText("x" * 501)
    assert not say.send_button.isEnabled()
    assert say.line.toolTip() == "1 characters too long for a chat message"

    say.chat_mode.click()
    assert say.send_button.text() == "Say"
    say.line.setText("Good morning.")
    QTest.keyClick(say.line, Qt.Key.Key_Return)
    run(until(lambda: ("say", bot, "Good morning.") in desk.calls))


def test_a_chat_line_that_was_refused_is_not_lost(
    page: DeskPage, desk: FakeDesk, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    async def refuse(bot_id: str, text: str) -> None:
        raise ProviderError(Problem(Stage.CALL, Reason.REFUSED, "No chat here.", "Speak."))

    desk.send_chat = refuse  # type: ignore[method-assign]
    bot = desk.add_bot("ada", through())
    desk.move(bot, BotState.IN_CALL)
    say = page.transcript_panel.say
    say.write_into_chat()
    say.line.setText("Hello")
    say.send()
    run(until(lambda: notices))
    assert say.line.text() == "Hello"


def test_an_ended_bot_is_sent_again(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    bot = desk.add_bot("ada", through())
    desk.move(bot, BotState.ENDED, cause="the call ended")
    row = row_of(page, bot)
    assert not row.leave.isVisible()
    assert not row.more.isVisible()
    row.again.click()
    run(until(lambda: ("send_again", bot) in desk.calls))
    assert [r.view.state for r in page.bot_list.rows] == [BotState.PREPARING]


def test_a_bot_that_lost_its_way_offers_a_fresh_one(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    bot = desk.add_bot("ada", through())
    lost = Problem(Stage.TUNNEL, Reason.CONNECTIVITY, "The tunnel has another name.", "Send again.")
    desk.move(bot, BotState.IN_CALL, troubles=(lost,))
    row = row_of(page, bot)
    assert row.replace.isVisible()
    row.replace.click()
    run(until(lambda: ("send_again", bot) in desk.calls))


def test_a_refused_key_leads_to_the_settings(page: DeskPage, desk: FakeDesk) -> None:
    asked: list[bool] = []
    page.settings_asked.connect(lambda: asked.append(True))
    bot = desk.add_bot("ada", through())
    row = row_of(page, bot)
    assert not row.settings.isVisible()
    desk.fail(bot, Problem(Stage.PROVIDER, Reason.AUTHENTICATION, "Refused.", "Check the key."))
    row.settings.click()
    assert asked == [True]


def test_columns_align_whatever_the_names(page: DeskPage, desk: FakeDesk) -> None:
    bots = [
        desk.add_bot("ada", through()),
        desk.add_bot("nia", through(), name="A name that does not fit into any column " * 3),
        desk.add_recorder(through()),
    ]
    for bot in bots:
        desk.move(bot, BotState.IN_CALL)
    page.layout().activate()
    rows = page.bot_list.rows
    assert len({row._state.mapTo(page, row._state.rect().topLeft()).x() for row in rows}) == 1
    assert len({row.leave.mapTo(page, row.leave.rect().topRight()).x() for row in rows}) == 1
    assert rows[1]._name.inner.text().endswith("…")
    assert "A name that does not fit" in rows[1]._name.toolTip()


def test_details_tell_how_the_bot_was_launched_without_a_secret(
    page: DeskPage, desk: FakeDesk
) -> None:
    options = JoinOptions(
        timeouts=LeaveTimeouts(waiting_room_s=900),
        zoom=ZoomOptions(obf_token="obf-secret", zak_token_url="https://zak.example/t?k=secret"),
        callback=CallbackOptions("https://hooks.example/end?token=secret", "hook-secret"),
    )
    launch = through(
        websocket_url="wss://desk.example/ws?key=secret",
        extra={"team": "sales-secret"},
        entry_message="Hello.",
        options=options,
    )
    bot = desk.add_bot("ada", launch)
    desk.publish(TunnelState(state="open", public_url="https://ada.ngrok.app/secret"))
    desk.prove(bot, Evidence.ACCEPTED, at=desk.now + timedelta(seconds=4))
    page.bot_list.choose(bot)
    text = page.details_panel.text

    for words in (
        "0:04 after the launch",
        "ada.ngrok.app",
        "gives up after 15 min",
        "an OBF token, ZAK tokens from zak.example",
        "hooks.example",
        "desk.example",
        "team",
        "Hello.",
    ):
        assert words in text
    assert "secret" not in text


def test_what_a_bot_cost_is_shown_once_it_is_known(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    desk.history.add(1, "Meeting", [("Ada", "Hello.", True)])
    bot = desk.add_bot("ada", through(), meeting_id="m1")
    desk.move(bot, BotState.ENDED)
    page.bot_list.choose(bot)
    run(until(lambda: not page._face.tasks.is_running("cost of a bot")))
    assert "token" not in page.details_panel.text

    after = AftermathRecord(
        bot_id=bot, asked=desk.now, cost=Cost(total=1.2, recording=1.0, streaming_input=0.1)
    )
    record = desk.history.records[0]
    desk.history.records[0] = type(record)(
        record.summary, record.bots, record.lines, record.turns, record.chat, (after,)
    )
    desk.publish(AftermathChanged(meeting_id="m1"))
    run(until(lambda: "1.2 tokens: recording 1, sound in 0.1" in page.details_panel.text))


def test_a_long_typed_line_can_be_cut_short(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    begun, cut = asyncio.Event(), asyncio.Event()

    async def speak(text: str) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    desk.practice.say = speak  # type: ignore[method-assign]
    desk.move(desk.add_bot("ada"), BotState.IN_CALL)
    bar = page.transcript_panel.practice
    bar.line.setText("A very long story")
    bar.speak()
    run(begun.wait())
    assert bar.speak_button.text() == "Stop"
    assert bar.speak_button.isEnabled()
    bar.speak_button.click()
    run(cut.wait())
    run(until(lambda: not bar.is_speaking))
    assert bar.speak_button.text() == "Speak"
    assert not bar.speak_button.isEnabled()

    bar.line.setText("Another one")
    bar.speak()
    run(until(lambda: bar.is_speaking))
    cut.clear()
    page.activateWindow()
    bar.line.setFocus()
    run(until(bar.line.hasFocus))
    QTest.keyClick(bar.line, Qt.Key.Key_Escape)
    run(cut.wait())
