"""What a person sets under “More options”, and what of it reaches the launch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from speakdesk.domain.clock import utc_now
from speakdesk.domain.join import LeaveTimeouts, RecordingMode, SignInOptions, ZoomOptions
from speakdesk.store.settings import JoinSettings
from speakdesk.ui.components.launch_card import LaunchCard
from speakdesk.ui.components.options.joining import AT_A_TIME
from speakdesk.ui.pages.desk import DeskPage
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import MEETINGBAAS, MEETINGBAAS_V1, FakeDesk, FakeProvider

MEET = "https://meet.google.com/abc-defg-hij"
ZOOM = "https://acme.zoom.us/j/12345678901?pwd=secret"


@pytest.fixture
def card(page: DeskPage, desk: FakeDesk) -> LaunchCard:
    """The launch card with a Meet link, through MeetingBaas."""
    desk.provider_rows = (FakeProvider(), MEETINGBAAS, MEETINGBAAS_V1)
    page.launch_card.load()
    page.launch_card.link.setText(MEET)
    page.launch_card._more.click()
    return page.launch_card


def choose_provider(card: LaunchCard, name: str) -> None:
    card.provider.setCurrentIndex(card.provider.findText(name))


def test_everything_typed_reaches_the_launch(
    card: LaunchCard, page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    page.persona_list.model.choose(["ada", "marco"])
    options = card.options
    QTest.keyClicks(options.bot.names["marco"], "Marco Rossi")
    QTest.keyClicks(options.bot.picture, "https://pictures.example/a.png")
    QTest.keyClicks(options.bot.message, "Hello from two bots.")
    QTest.keyClicks(options.joining.timeouts["waiting_room_s"], "15")
    QTest.keyClicks(options.joining.timeouts["silence_s"], "1 h")
    options.joining.several.setCurrentIndex(1)
    options.recording.mode.setCurrentIndex(options.recording.mode.findData("audio_only"))
    options.recording.transcription.setCurrentIndex(1)
    QTest.keyClicks(options.accounts.credential, "account-7")
    QTest.keyClicks(options.technical.callback, "https://hooks.example/end")
    QTest.keyClicks(options.technical.callback_secret, "s3cret")
    QTest.keyClicks(options.technical.websocket, "wss://desk.example")
    options.technical.extra_text.setPlainText('{"team": "sales"}')
    card.recorder.click()
    assert card.go.text() == "Launch 3 bots"
    card.go.click()
    run(until(lambda: desk.launches))

    launch = desk.launches[0]
    assert launch.provider == "meetingbaas"
    assert launch.names == ("", "Marco Rossi")
    assert launch.picture_url == "https://pictures.example/a.png"
    assert launch.entry_message == "Hello from two bots."
    assert launch.websocket_url == "wss://desk.example"
    assert launch.extra == {"team": "sales"}
    assert launch.add_recorder
    assert launch.join_at is None
    join = launch.options
    assert join is not None
    assert join.timeouts == LeaveTimeouts(waiting_room_s=900, silence_s=3600)
    assert not join.allow_multiple_bots
    assert join.recording is RecordingMode.AUDIO_ONLY
    assert join.transcription is not None
    assert join.transcription.api_key == ""
    assert join.sign_in == SignInOptions("account-7")
    assert join.callback is not None
    assert join.callback.secret == "s3cret"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1", "Between 2 and 30 min."),
        ("31 min", "Between 2 and 30 min."),
        ("soon", "Write minutes, such as 10, or 90 s."),
        ("-5", "Write minutes, such as 10, or 90 s."),
    ],
)
def test_a_wrong_time_is_told_beside_it_and_stays(card: LaunchCard, typed: str, said: str) -> None:
    line = card.options.joining.timeouts["waiting_room_s"]
    QTest.keyClicks(line, typed)

    assert card.options.joining.options["waiting_room_s"].field.note == said
    assert line.text() == typed
    assert not card.go.isEnabled()
    assert said in card._trouble.text()

    line.clear()
    assert card.options.joining.options["waiting_room_s"].field.note == "2 to 30 min"
    assert card.go.isEnabled()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ('{"team": "sales",}', "Not JSON at line 1"),
        ("[1, 2]", "An object is needed"),
        ('{"x": NaN}', "NaN is no JSON value."),
        ("[" * 5000, "That is nested too deeply."),
    ],
)
def test_extra_values_are_checked_in_place(card: LaunchCard, typed: str, said: str) -> None:
    text = card.options.technical.extra_text
    text.setPlainText(typed)

    assert card.options.technical.options["extra"].field.note.startswith(said)
    assert text.toPlainText() == typed
    assert not card.go.isEnabled()


@pytest.mark.parametrize(
    "typed", ["http://x.example/a.png", "picture.png", "https://", "https://["]
)
def test_an_address_nobody_can_fetch_is_told(card: LaunchCard, typed: str) -> None:
    card.options.bot.picture.setText(typed)
    assert "https://" in card.options.bot.options["picture_url"].field.note
    assert not card.go.isEnabled()


def test_this_computers_own_name_is_no_public_address(card: LaunchCard) -> None:
    card.options.technical.websocket.setText("wss://localhost:8765")
    assert "cannot reach" in card.options.technical.options["websocket_url"].field.note


def test_the_closed_fold_tells_how_much_was_changed_and_can_undo_it(card: LaunchCard) -> None:
    assert not card.options.clear.isVisible()
    card.options.bot.message.setText("Hello.")
    card.options.voice.quiet.click()
    card.options.joining.when.setCurrentIndex(1)
    assert card.options.tabs.tabText(1) == "Bots · 1"
    card._more.click()
    assert card._more.text() == "More options · 3 changed ▾"
    assert "3 changed" in card._more.accessibleName()

    card._more.click()
    card.options.clear.click()
    card._more.click()
    assert card._more.text() == "More options ▾"
    assert card.go.text() == "Launch 1 bot"


def test_a_bot_can_be_sent_later(card: LaunchCard, desk: FakeDesk, run: Run) -> None:
    joining = card.options.joining
    joining.when.setCurrentIndex(joining.when.findData(15))
    assert card.go.text() == "Schedule 1 bot"
    before = utc_now()
    card.go.click()
    run(until(lambda: desk.launches))

    at = desk.launches[0].join_at
    assert at is not None
    assert timedelta(minutes=14, seconds=50) < at - before < timedelta(minutes=15, seconds=30)


def test_a_time_that_is_over_is_told(card: LaunchCard, desk: FakeDesk, run: Run) -> None:
    joining = card.options.joining
    card.options.show_group("Joining")
    joining.when.setCurrentIndex(joining.when.findData(AT_A_TIME))
    assert joining.at.isVisible()
    assert joining.join_at is not None
    assert joining.join_at > utc_now()
    joining.set_time(utc_now() - timedelta(hours=1))
    assert joining.options["join_at"].field.note == "That time is over."
    assert not card.go.isEnabled()

    wished = (utc_now() + timedelta(days=1)).replace(second=0, microsecond=0)
    joining.set_time(wished)
    card.go.click()
    run(until(lambda: desk.launches))
    assert desk.launches[0].join_at == wished


def test_what_the_provider_lacks_is_grey_and_says_why(card: LaunchCard) -> None:
    dedup = card.options.technical.options["deduplication_key"].field
    assert not dedup.editor.isEnabled()
    assert dedup.note == "For MeetingBaas v1 only."

    choose_provider(card, "MeetingBaas v1")
    assert dedup.editor.isEnabled()
    secret = card.options.technical.options["callback_secret"].field
    assert not secret.editor.isEnabled()
    assert "your API key" in secret.editor.toolTip()
    rate = card.options.voice.rate
    assert [rate.model().index(row, 0).flags().value & 32 for row in range(4)] == [32, 32, 0, 0]

    card.link.setText("practice://room")
    assert not card.recorder.isEnabled()
    assert card.recorder.toolTip() == "The practice room keeps no recording."
    assert card.options.tabs.isTabVisible(6)
    assert not card.options.tabs.isTabVisible(4)


def test_a_barred_value_is_kept_and_not_sent(card: LaunchCard, desk: FakeDesk, run: Run) -> None:
    choose_provider(card, "MeetingBaas v1")
    card.options.technical.deduplication_key.setText("once")
    card.recorder.click()
    card.link.setText("practice://room")
    card.go.click()
    run(until(lambda: len(desk.launches) == 1))
    sent = desk.launches[0].options
    assert sent is not None
    assert sent.deduplication_key == ""
    assert not desk.launches[0].add_recorder

    card.link.setText(MEET)
    choose_provider(card, "MeetingBaas v1")
    assert card.options.join_options.deduplication_key == "once"
    assert card.adds_recorder


def test_zoom_lines_come_with_a_zoom_link(card: LaunchCard) -> None:
    accounts = card.options.accounts
    card.options.show_group("Account")
    assert accounts.credential.isVisible()
    card.link.setText(ZOOM)
    assert not accounts.credential.isVisible()
    accounts.zoom["zoom_credential_id"].setText("zoom-1")
    accounts.zoom["zoom_obf_token"].setText("token")
    assert accounts.zoom["zoom_obf_token"].echoMode() == QLineEdit.EchoMode.Password
    assert not accounts.zoom["zoom_sdk_id"].isEnabled()
    assert card.options.join_options.zoom == ZoomOptions(credential_id="zoom-1", obf_token="token")

    choose_provider(card, "MeetingBaas v1")
    accounts.zoom["zoom_sdk_id"].setText("sdk")
    assert "belong together" in card._trouble.text()
    assert card.options.join_options.zoom == ZoomOptions(obf_token="token", sdk_id="sdk")


def test_a_transcript_with_ones_own_key_needs_the_key(card: LaunchCard, desk: FakeDesk) -> None:
    combo = card.options.recording.transcription
    combo.setCurrentIndex(2)
    assert "GLADIA_API_KEY is not set" in card._trouble.text()
    desk.keys.values["GLADIA_API_KEY"] = "g-key"
    card.refresh()
    assert card.go.isEnabled()
    chosen = card.options.join_options.transcription
    assert chosen is not None
    assert chosen.api_key == "g-key"
    assert "g-key" not in repr(chosen)


def test_the_settings_ways_of_joining_are_the_defaults(card: LaunchCard, desk: FakeDesk) -> None:
    join = JoinSettings(
        recording=RecordingMode.GALLERY_VIEW, waiting_room_s=300, transcription=True
    )
    desk.settings.current = desk.settings.current.with_changes(join=join.model_dump())
    card.load()
    assert card.options.change_count == 0
    line = card.options.joining.timeouts["waiting_room_s"]
    assert line.placeholderText() == "5 min, from the settings"
    found = card.options.join_options
    assert found.recording is RecordingMode.GALLERY_VIEW
    assert found.timeouts.waiting_room_s == 300
    assert found.transcription is not None
    line.setText("10")
    assert card.options.join_options.timeouts.waiting_room_s == 600


def test_only_a_recorder_can_be_sent(card: LaunchCard, page: DeskPage) -> None:
    page.persona_list.model.choose([])
    assert not card.go.isEnabled()
    card.recorder.click()
    assert card.go.text() == "Launch 1 bot"
    assert card.go.isEnabled()


def test_names_survive_another_choice(card: LaunchCard, page: DeskPage) -> None:
    page.persona_list.model.choose(["ada", "marco"])
    card.options.bot.names["ada"].setText("Ada of Sales")
    page.persona_list.model.choose(["marco"])
    assert card.options.bot.chosen_names == ()
    page.persona_list.model.choose(["marco", "ada"])
    assert card.options.bot.chosen_names == ("", "Ada of Sales")


def test_a_link_pasted_with_its_invitation_is_found(card: LaunchCard) -> None:
    card.link.setText(f"Join us on Friday:\n<{MEET}?authuser=0> See you!")
    assert card._verdict.text() == "Google Meet ✓"


def test_the_chosen_provider_survives_a_change_of_settings(card: LaunchCard) -> None:
    choose_provider(card, "MeetingBaas v1")
    card.load()
    assert card.provider.currentText() == "MeetingBaas v1"


def test_a_missing_key_leads_to_the_settings(card: LaunchCard, desk: FakeDesk) -> None:
    asked: list[bool] = []
    card.settings_asked.connect(lambda: asked.append(True))
    assert not card._to_settings.isVisible()
    desk.missing = ("Cartesia needs a key.",)
    card.refresh()
    assert card._to_settings.isVisible()
    QTest.mouseClick(card._to_settings, Qt.MouseButton.LeftButton)
    assert asked == [True]
