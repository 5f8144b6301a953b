"""What a person does on the Desk page, and what the page says about bots."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.meeting import Platform
from speakdesk.ui.models.transcript import LINE_ROLE
from speakdesk.ui.pages.desk import DeskPage
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk, FakeLevels, FakeProvider


def test_practice_room_and_a_persona_are_chosen_at_the_start(page: DeskPage) -> None:
    card = page.launch_card

    assert card.link.text() == "practice://room"
    assert card._verdict.text() == "Practice room ✓"
    assert card.go.text() == "Launch 1 bot"
    assert card.go.isEnabled()
    assert card._plan.text.startswith("Hears with PocketSphinx, thinks with the notes brain")
    assert "no key is set" in card._plan.toolTip()


def test_return_in_the_link_field_launches(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    page.persona_list.model.choose(["marco", "sora"])
    QTest.keyClick(page.launch_card.link, Qt.Key.Key_Return)

    run(until(lambda: desk.launches))

    assert desk.launches[0].personas == ("marco", "sora")
    assert desk.launches[0].tools is None
    assert desk.launches[0].greeting is None
    assert [row.view.name for row in page.bot_list.rows] == ["Marco", "Sora"]


def test_what_stands_in_the_way_is_said_and_stops_the_launch(
    page: DeskPage, desk: FakeDesk
) -> None:
    page.launch_card.link.setText("https://example.com/x")
    assert not page.launch_card.go.isEnabled()
    assert "example.com is not Google Meet" in page.launch_card._trouble.text()

    page.launch_card.link.setText("https://meet.google.com/abc-defg-hij")
    assert page.launch_card._verdict.text() == "Google Meet ✓"
    assert "reaches Google Meet" in page.launch_card._trouble.text()
    assert not page.launch_card.go.isEnabled()

    page.launch_card.link.setText("practice://room")
    desk.missing = ("Cartesia needs a key.",)
    page.launch_card.refresh()
    assert page.launch_card._trouble.text() == "Cartesia needs a key."
    assert not page.launch_card.go.isEnabled()

    desk.missing = ()
    page.persona_list.model.choose([])
    assert not page.launch_card.go.isEnabled()


def test_the_provider_that_reaches_the_meeting_is_taken(page: DeskPage, desk: FakeDesk) -> None:
    desk.provider_rows = (
        FakeProvider(),
        FakeProvider("baas", "MeetingBaas", frozenset({Platform.MEET}), True, ""),
    )
    page.launch_card.load()
    page.launch_card.link.setText("https://meet.google.com/abc-defg-hij")

    assert page.launch_card.provider.currentText() == "MeetingBaas"
    assert page.launch_card.go.isEnabled()


def test_options_reach_the_launch(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    options = page.launch_card.options
    options.voice.tools["weather"].click()
    options.voice.quiet.setChecked(True)
    options.voice.rate.setCurrentText("24 kHz")
    page.launch_card.launch()

    run(until(lambda: desk.launches))

    assert desk.launches[0].tools == ("time",)
    assert desk.launches[0].greeting == ""
    assert desk.launches[0].rate_hz == 24000


def test_a_refused_launch_is_told_and_can_be_tried_again(
    page: DeskPage, desk: FakeDesk, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    problem = Problem(Stage.PROVIDER, Reason.QUOTA, "The quota is used up.", "Wait.", "429")
    desk.refuse = ProviderError(problem)
    page.launch_card.launch()

    run(until(lambda: notices))

    assert notices == [("bad", "The quota is used up.", "Wait. They said: “429”")]
    assert page.launch_card.go.isEnabled()


def test_chips_and_list_hold_one_choice(page: DeskPage) -> None:
    view = page.persona_list.view
    view.setFocus()
    view.setCurrentIndex(view.model().index(1, 0))
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert [p.name for p in page.persona_list.model.chosen_personas] == ["Ada", "Marco"]
    assert page.launch_card.go.text() == "Launch 2 bots"

    QTest.keyClick(view, Qt.Key.Key_Return)
    assert [p.name for p in page.persona_list.model.chosen_personas] == ["Marco"]


def test_persona_search_narrows_the_list(page: DeskPage) -> None:
    QTest.keyClicks(page.persona_list.search, "german")
    assert page.persona_list.model.index(0).data() == "Lena"
    assert page.persona_list.model.rowCount() == 1

    QTest.keyClicks(page.persona_list.search, "zz")
    assert not page.persona_list.view.isVisible()


def test_each_state_is_told_as_it_is(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("marco")
    row = page.bot_list.rows[0]
    assert row.state_text == "Preparing"

    desk.prove(bot, Evidence.ACCEPTED)
    desk.move(bot, BotState.LOBBY, since=utc_now() - timedelta(seconds=31))
    row.tick(utc_now())
    assert row.state_text == "In the lobby 0:31"
    assert row.message == "Ask the host to let “Marco” in."
    assert not row.hush.isVisible()

    desk.prove(bot, Evidence.ADMITTED, at=utc_now() - timedelta(seconds=5))
    desk.move(bot, BotState.IN_CALL, is_speaking=True, last_answer_ms=900.0)
    assert row.state_text == "In call · speaking"
    assert row._answer.text == "0.9 s"
    assert row._clock.text == "0:05"
    assert row.message == ""
    assert row.hush.isVisible()
    assert "admitted" in row._strip.accessibleName()
    assert "heard" not in row._strip.accessibleName()

    desk.move(bot, BotState.ENDED)
    assert row.state_text == "Ended"
    assert row.clear.isVisible()
    assert not row.leave.isVisible()


def test_no_evidence_is_assumed(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada")
    desk.move(bot, BotState.IN_CALL)
    strip = page.bot_list.rows[0]._strip

    assert strip.accessibleName() == "Proven: nothing yet"
    assert "not proven yet" in strip.tip_for(Evidence.HEARD)

    desk.prove(bot, Evidence.HEARD)
    assert strip.tip_for(Evidence.HEARD).startswith("Heard since ")


def test_a_failed_bot_says_why_and_launches_again(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    bot = desk.add_bot("ada")
    problem = Problem(Stage.LOBBY, Reason.REFUSED, "The host said no.", "Ask the host.", "DENIED")
    desk.fail(bot, problem)
    row = page.bot_list.rows[0]

    assert row.state_text == "Failed"
    assert row.message == "The host said no. Ask the host. They said: “DENIED”"
    row.again.click()
    row.again.click()
    run(until(lambda: page.bot_list.rows[0].view.bot_id != bot))

    assert [call for call in desk.calls if call[0] == "send_again"] == [("send_again", bot)]
    assert [r.view.state for r in page.bot_list.rows] == [BotState.PREPARING]


def test_trouble_in_a_meeting_is_shown_until_it_is_over(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada")
    trouble = Problem(
        Stage.SPEAK, Reason.AUTHENTICATION, "The voice was refused.", "Check the key."
    )
    desk.move(bot, BotState.IN_CALL, troubles=(trouble,))
    row = page.bot_list.rows[0]
    assert row.message == "The voice was refused. Check the key."

    desk.change(bot, troubles=())
    page.sync()
    assert row.message == ""


def test_a_partial_line_changes_in_place(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada")
    desk.line(bot, "1", "You", "Hello?")
    desk.partial(bot, "2", "Ada", "Good")
    desk.partial(bot, "2", "Ada", "Good morning")
    assert page.transcript.rowCount() == 2
    assert page.transcript.index(1).data() == "Good morning"
    assert not page.transcript.index(1).data(LINE_ROLE).is_final

    desk.line(bot, "2", "Ada", "Good morning to you.", bot=True)
    assert page.transcript.rowCount() == 2
    assert page.transcript.index(1).data() == "Good morning to you."
    assert page.transcript.index(1).data(LINE_ROLE).is_final


def test_all_bots_show_each_persons_line_once(page: DeskPage, desk: FakeDesk) -> None:
    ada, marco = desk.add_bot("ada"), desk.add_bot("marco")
    for bot in (ada, marco):
        desk.line(bot, f"{bot}-1", "You", "Hello both")
    desk.line(ada, "a2", "Ada", "Hello", bot=True)
    desk.line(marco, "m2", "Ada", "hello")

    texts = [page.transcript.line(i).text for i in range(page.transcript.rowCount())]
    assert texts == ["Hello both", "Hello"]

    page.bot_list.choose(marco)
    texts = [page.transcript.line(i).text for i in range(page.transcript.rowCount())]
    assert texts == ["Hello both", "hello"]


def test_say_speaks_as_the_bot_and_you_speak_into_the_room(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    bot = desk.add_bot("ada")
    panel = page.transcript_panel
    assert panel.practice.isVisible()
    assert not panel.say.line.isEnabled()

    desk.move(bot, BotState.IN_CALL)
    QTest.keyClicks(panel.say.line, "Welcome, everyone.")
    QTest.keyClick(panel.say.line, Qt.Key.Key_Return)
    QTest.keyClicks(panel.practice.line, "Thank you!")
    QTest.keyClick(panel.practice.line, Qt.Key.Key_Return)
    run(until(lambda: desk.practice.said))

    assert ("say", bot, "Welcome, everyone.") in desk.calls
    assert desk.practice.said == ["Thank you!"]
    assert panel.say.line.text() == panel.practice.line.text() == ""


def test_without_an_audio_device_typing_is_offered(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    desk.add_bot("ada")
    audio = page.audio
    run(until(lambda: audio.is_ready))

    if not audio.has_microphone:
        assert "Type above" in audio.sentence
        assert page.transcript_panel.practice._note.text() == audio.sentence
        assert not page.transcript_panel.practice.microphone.isEnabled()


def test_levels_reach_the_meter(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada")
    desk.move(bot, BotState.IN_CALL)
    desk.loudness = FakeLevels(0.4, 0.9)
    page.sample()

    assert page.bot_list.rows[0]._meter.levels == (0.4, 0.9)


def test_clear_finished_takes_ended_bots_away(page: DeskPage, desk: FakeDesk, run: Run) -> None:
    one = desk.add_bot("ada")
    desk.add_bot("marco")
    desk.move(one, BotState.ENDED)
    page.bot_list.clear_all.click()
    run(until(lambda: len(page.bot_list.rows) == 1))

    assert page.bot_list.rows[0].view.name == "Marco"


def test_arrow_keys_go_from_bot_to_bot(page: DeskPage, desk: FakeDesk) -> None:
    desk.add_bot("ada")
    marco = desk.add_bot("marco")
    first = page.bot_list.rows[0]
    page.activateWindow()
    first.setFocus()
    if not first.hasFocus():
        pytest.skip("this platform gives no window the focus")
    QTest.keyClick(first, Qt.Key.Key_Down)

    assert page.bot_list.chosen == marco


def test_timing_names_the_stages_of_a_turn(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada")
    panel = page.timing_panel
    assert "appears here" in panel._empty.words
    desk.turn(bot, 1, 200, 100, 300, 200, 10)
    desk.turn(bot, 2, 100, 100, 100, 100, 10)

    assert panel.readout.text.startswith("2 answers, median 0.61 s, slowest 0.81 s")
    panel.plot._point(panel.plot._turns[0])
    assert panel.readout.text == (
        "Turn 1: turn decided 200 ms · transcript 100 ms · first word thought 300 ms · "
        "first sound 200 ms · sent 10 ms — in all 0.81 s"
    )


def test_details_tell_everything_about_the_chosen_bot(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada")
    desk.prove(bot, Evidence.ACCEPTED)
    desk.move(bot, BotState.IN_CALL, provider_status="in_call_recording", provider_bot_id="p-77")
    page.bot_list.choose(bot)
    text = page.details_panel.text

    for words in ("the practice room says in_call", "not yet", "in_call_recording", "p-77", bot):
        assert words in text


def test_every_control_has_a_name_for_a_screen_reader(page: DeskPage, desk: FakeDesk) -> None:
    desk.add_bot("ada")
    nameless = [
        button
        for button in page.findChildren(QAbstractButton)
        if not (button.accessibleName() or button.text())
        and not button.objectName().startswith("qt_")
        and button.metaObject().className() not in ("QLineEditIconButton", "CloseButton")
    ]
    assert nameless == []
