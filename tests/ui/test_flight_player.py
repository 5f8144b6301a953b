"""The player as a person uses it: opened from History, looked at, heard, exported, closed."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMenu

from speakdesk.app.flight.view import Side
from speakdesk.domain.bot import BotState
from speakdesk.store.flight.editing import write_flight
from speakdesk.store.flight.format import Ended, Header
from speakdesk.ui.dialogs.ask import Question
from speakdesk.ui.face import Face
from speakdesk.ui.pages.desk import DeskPage
from speakdesk.ui.pages.history import HistoryPage
from speakdesk.ui.pages.settings import SettingsPage
from speakdesk.ui.player import export, panel
from speakdesk.ui.player.panel import FlightPlayer
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.waveform import AXIS, GUTTER
from tests.fixtures.long_flight import write_long_flight
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk
from tests.ui.test_flight_deck import FakeSpeakers

LENGTH_S = 72.0
Player = FlightPlayer


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flight") / "20261120-100204 Ada (m1-b1).speakdesk"
    write_long_flight(path, LENGTH_S)
    return path


@pytest.fixture
def speakers() -> FakeSpeakers:
    return FakeSpeakers(16000)


@pytest.fixture
def blank(face: Face, speakers: FakeSpeakers, run: Run) -> Iterator[Player]:
    made = FlightPlayer(face, lambda _rate_hz: speakers)
    made.resize(1280, 700)
    made.show()
    yield made
    made.close_recording()
    run(face.tasks.aclose())
    made.hide()
    made.deleteLater()


@pytest.fixture
def player(blank: Player, recording: Path, run: Run) -> Player:
    blank.open(recording, "Ada in the practice room")
    run(until(lambda: blank.model.rowCount()))
    return blank


def key(player: Player, which: Qt.Key, *, shift: bool = False) -> None:
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(player.waveform, which, modifier)


def at(player: Player, seconds: float, y: int = AXIS + 20) -> QPoint:
    return QPoint(GUTTER + round(player.waveform.time.x_of(seconds)), y)


def lane_y(player: Player, name: str) -> int:
    tops = player.waveform._lane_tops()
    return next(top + 6 for lane, top in tops if lane.name == name)


def modal(kind: type[QDialog]) -> Any:
    widget = QApplication.activeModalWidget()
    return widget if isinstance(widget, kind) else None


# -- looking -----------------------------------------------------------------------------------


def test_a_recording_says_what_it_is(player: Player) -> None:
    assert player.title.text == "Ada in the practice room"
    assert player.detail.text.endswith("1:12 · heard by Ada · 6 turns")
    assert not player.trouble.isVisible()
    assert player.model.rowCount() == 12
    assert player.waveform.time.duration_s == LENGTH_S


def test_it_is_painted_in_both_themes(player: Player, look: Look, run: Run) -> None:
    pictures = []
    for theme in ("light", "dark"):
        look.choose(theme)
        run(until(lambda t=theme: look.theme.name == t and not look._is_undressed))
        image = player.waveform.grab().toImage()
        blue = look.color("accent").name()
        row = AXIS + player.waveform.wave_height * 3 // 2
        found = {image.pixelColor(x, row + 2).name() for x in range(GUTTER, image.width())}
        assert blue in found
        pictures.append(image)
    look.choose("light")
    run(until(lambda: not look._is_undressed))
    assert pictures[0] != pictures[1]


def test_the_lanes_tell_what_happened(player: Player) -> None:
    def tip(seconds: float, lane: str) -> str:
        return player.waveform.tip_at(QPointF(at(player, seconds, lane_y(player, lane))))

    assert tip(2.0, "Lines") == "0:00  Priya: Person's line 0: what comes next in our plan?"
    assert tip(30.0, "State") == "In call from 0:02 to 1:12"
    assert tip(59.0, "Cut off") == "Interrupted at 0:58: 0.5 s were never heard"
    assert tip(37.0, "Socket") == "The socket was lost at 0:36 for 3.0 s (1006 lost)"
    assert "turn decided 250 ms" in tip(4.5, "Answers")
    assert tip(20.0, "Cut off") == ""
    assert player.waveform.tip_at(QPointF(at(player, 20.0))) == "0:20"


def test_a_long_recording_shows_its_beginning_first(
    blank: Player, recording: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "LONG_S", 10.0)
    blank.open(recording)
    run(until(lambda: blank.model.rowCount()))
    assert blank.view is not None
    assert blank.view.peaks is not None
    assert blank.view.peaks.columns(Side.BOT, 0.0, LENGTH_S, 1)[0, 1] > 0


def test_lines_say_which_row_of_the_lane_they_are_in(player: Player) -> None:
    rows = {block.words.split()[0]: block.row for block in player.waveform.lanes[0].blocks}
    assert rows == {"Person's": 0, "Answer": 1}


def test_narrow_columns_are_drawn_from_the_sound_itself(player: Player, run: Run) -> None:
    player.waveform.time.show(1.0, 6.0)
    player.waveform.rescaled()
    player.waveform.grab()
    tiles = player.waveform._tiles[Side.BOT]
    run(until(lambda: tiles._fine))
    assert all(step_s < 0.05 for step_s, _ in tiles._fine)


def test_zoom_by_keys_and_by_the_wheel_of_the_mouse(player: Player) -> None:
    time = player.waveform.time
    key(player, Qt.Key.Key_0)
    assert time.shown_s == pytest.approx(LENGTH_S)
    key(player, Qt.Key.Key_Plus)
    assert time.shown_s == pytest.approx(LENGTH_S / 1.5)
    key(player, Qt.Key.Key_Minus)
    assert time.shown_s == pytest.approx(LENGTH_S)


# -- going places ------------------------------------------------------------------------------


def test_keys_jump(player: Player) -> None:
    key(player, Qt.Key.Key_Right)
    assert player.deck.position_s == 5.0
    key(player, Qt.Key.Key_Right, shift=True)
    assert player.deck.position_s == 6.0
    key(player, Qt.Key.Key_Left)
    key(player, Qt.Key.Key_Left, shift=True)
    assert player.deck.position_s == 0.0
    key(player, Qt.Key.Key_Left)
    assert player.deck.position_s == 0.0
    key(player, Qt.Key.Key_End)
    assert player.deck.position_s == LENGTH_S
    key(player, Qt.Key.Key_Home)
    assert player.deck.position_s == 0.0


def test_turns_are_gone_through(player: Player) -> None:
    key(player, Qt.Key.Key_N)
    assert player.deck.position_s == 12.0
    key(player, Qt.Key.Key_N)
    assert player.deck.position_s == 24.0
    key(player, Qt.Key.Key_P)
    assert player.deck.position_s == 12.0
    key(player, Qt.Key.Key_P)
    key(player, Qt.Key.Key_P)
    assert player.deck.position_s == 0.0


def test_a_click_goes_there_and_the_place_is_told(player: Player) -> None:
    QTest.mouseClick(player.waveform, Qt.MouseButton.LeftButton, pos=at(player, 30.4))
    step_s = player.waveform.time.step_s
    assert player.deck.position_s == pytest.approx(30.4, abs=step_s)
    words = player.waveform.accessibleDescription()
    assert words.startswith("At 0:30 of 1:12, Ada: Answer 2")


def test_a_click_on_a_line_goes_to_its_beginning(player: Player) -> None:
    y = lane_y(player, "Lines")
    QTest.mouseClick(player.waveform, Qt.MouseButton.LeftButton, pos=at(player, 26.0, y))
    assert player.deck.position_s == 24.0


def test_a_click_in_the_overview_turns_the_view(player: Player) -> None:
    player.waveform.time.show(5.0, 2.0)
    player.waveform.rescaled()
    x = round(60.0 / LENGTH_S * player.overview.width())
    QTest.mouseClick(player.overview, Qt.MouseButton.LeftButton, pos=QPoint(x, 20))
    assert player.deck.position_s == pytest.approx(60.0, abs=0.2)
    assert player.waveform.time.left_s < 60.0 < player.waveform.time.right_s


def test_the_view_is_moved_by_its_frame(player: Player) -> None:
    player.waveform.time.show(10.0, 20.0)
    player.waveform.rescaled()
    px = player.overview.width() / LENGTH_S
    begin, end = QPoint(round(20 * px), 20), QPoint(round(40 * px), 20)
    QTest.mousePress(player.overview, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(player.overview, end)
    QTest.mouseRelease(player.overview, Qt.MouseButton.LeftButton, pos=end)
    assert player.waveform.time.left_s == pytest.approx(35.0, abs=0.2)
    assert player.deck.position_s == 0.0


# -- playing and following ---------------------------------------------------------------------


def test_space_plays_and_the_list_follows(player: Player, speakers: FakeSpeakers, run: Run) -> None:
    player.seek(4.8)
    key(player, Qt.Key.Key_Space)
    assert player.transport.play.accessibleName() == "Pause"
    run(until(lambda: speakers.heard))

    def _answer_is_marked() -> bool:
        speakers.play(1600)
        return player.list.currentIndex().row() == 1

    run(until(_answer_is_marked))
    assert player.deck.position_s >= 4.9
    key(player, Qt.Key.Key_Space)
    assert not player.deck.is_playing
    assert player.transport.play.accessibleName() == "Play"


def test_the_view_turns_with_the_cursor_only_while_it_follows(
    player: Player, speakers: FakeSpeakers, run: Run
) -> None:
    time = player.waveform.time
    for follows in (False, True):
        player.follow.setChecked(follows)
        player.seek(10.0)
        time.show(4.0, 8.0)
        player.deck.play()
        player.waveform.set_position(11.0, follow=False)
        run(until(lambda: speakers.heard))
        speakers.play(1600)
        player.deck._position_s = 11.0
        player.deck.moved.emit(11.0)
        assert (time.left_s > 6.0) is follows
        player.deck.pause()
        speakers.is_open = True
        speakers.heard.clear()
        speakers.unheard = 0


def test_a_click_on_a_line_plays_it(player: Player, run: Run) -> None:
    box = player.list.visualRect(player.model.index(2, 0))
    QTest.mouseClick(player.list.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert player.deck.position_s == 12.0
    assert player.deck.is_playing


def test_the_players_keys_work_in_the_list(player: Player) -> None:
    player.list.setFocus()
    QTest.keyClick(player.list, Qt.Key.Key_N)
    assert player.deck.position_s == 12.0
    QTest.keyClick(player.list, Qt.Key.Key_Space)
    assert player.deck.is_playing
    QTest.keyClick(player.list, Qt.Key.Key_Space)
    assert not player.deck.is_playing


def test_speed_and_volume_are_chosen(player: Player) -> None:
    speed = player.transport.speed
    speed.setCurrentIndex(speed.findData(1.5))
    speed.activated.emit(speed.currentIndex())
    assert player.deck.speed == 1.5
    player.transport.mutes[0].click()
    player.transport.volumes[1].setValue(40)
    assert (player.deck.gain(0), player.deck.gain(1)) == (0.0, 0.4)
    player.transport.mutes[0].click()
    assert player.deck.gain(0) == 1.0


def test_without_speakers_it_says_so(blank: Player, recording: Path, run: Run) -> None:
    sentence = "No speakers were found, so the recording runs without sound."
    blank.deck._open_output = lambda _rate_hz: FakeSpeakers(failure=sentence)
    blank.open(recording)
    run(until(lambda: blank.model.rowCount()))
    assert blank.title.text == "Recording of Ada"
    blank.deck.play()
    run(until(blank.sound_note.isVisible))
    assert blank.sound_note.text() == sentence
    run(until(lambda: blank.deck.position_s > 0))


def test_a_page_that_is_left_is_silent(player: Player) -> None:
    player.deck.play()
    player.hide()
    assert not player.deck.is_playing
    player.show()


def test_everything_has_a_name_for_a_screen_reader(player: Player) -> None:
    named = (
        player.waveform,
        player.overview,
        player.list,
        player.transport.play,
        player.transport.speed,
        *player.transport.mutes,
        *player.transport.volumes,
        player.export.open,
        player.export.bar,
        player.export.stop,
    )
    names = [widget.accessibleName() for widget in named]
    assert all(names)
    assert len(set(names)) == len(names)


# -- what cannot be read -----------------------------------------------------------------------


def test_a_damaged_recording_says_what_is_readable(
    blank: Player, recording: Path, tmp_path: Path, run: Run
) -> None:
    data = recording.read_bytes()
    path = tmp_path / "cut.speakdesk"
    path.write_bytes(data[: len(data) // 2])
    blank.open(path)
    run(until(lambda: blank.model.rowCount()))
    assert "no proper end" in blank.trouble.words
    assert "Everything up to 0:3" in blank.trouble.words
    assert blank.trouble.isVisible()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "was cut off as it began"), (b"some text", "is no recording of SpeakDesk")],
)
def test_a_file_that_is_no_recording_says_so(
    blank: Player, tmp_path: Path, run: Run, content: bytes, words: str
) -> None:
    path = tmp_path / "other.speakdesk"
    path.write_bytes(content)
    blank.open(path)
    run(until(lambda: words in blank.empty.words))
    assert blank.empty.isVisible()
    assert not blank.export.open.isEnabled()
    key(blank, Qt.Key.Key_Space)
    assert not blank.deck.is_playing


def test_a_recording_without_sound_says_so(blank: Player, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "empty.speakdesk"
    write_flight([Header("test", ""), Ended(0.0)], path)
    blank.open(path)
    run(until(lambda: "no sound in this recording" in blank.empty.words))


def test_the_next_recording_takes_the_place_of_one_that_still_opens(
    blank: Player, recording: Path, tmp_path: Path, run: Run
) -> None:
    blank.open(tmp_path / "gone.speakdesk", "First")
    blank.open(recording, "Second")
    run(until(lambda: blank.model.rowCount()))
    assert blank.title.text == "Second"
    assert blank.view is not None


# -- parts and exports -------------------------------------------------------------------------


def test_a_part_is_selected_with_the_mouse_and_with_keys(player: Player) -> None:
    begin, end = at(player, 10.0), at(player, 20.0)
    QTest.mousePress(player.waveform, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(player.waveform, end)
    QTest.mouseRelease(player.waveform, Qt.MouseButton.LeftButton, pos=end)
    selection = player.waveform.selection
    assert selection == pytest.approx((10.0, 20.0), abs=0.2)
    assert player.export.open.text() == "Export selection…"
    key(player, Qt.Key.Key_Escape)
    assert player.waveform.selection is None
    assert player.export.open.text() == "Export…"

    player.seek(24.0)
    key(player, Qt.Key.Key_I)
    assert player.waveform.selection == (24.0, LENGTH_S)
    player.seek(36.0)
    key(player, Qt.Key.Key_O)
    assert player.waveform.selection == (24.0, 36.0)
    player.seek(12.0)
    key(player, Qt.Key.Key_O)
    assert player.waveform.selection == (0.0, 12.0)
    QTest.mouseClick(player.waveform, Qt.MouseButton.LeftButton, pos=at(player, 50.0))
    assert player.waveform.selection is None


def choose_name(run: Run, folder: Path, typed: str) -> str:
    run(until(lambda: modal(QFileDialog)))
    dialog = modal(QFileDialog)
    dialog.setDirectory(str(folder))
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    assert line is not None
    proposed = line.text()
    line.setText(typed)
    dialog.accept()
    return proposed


def test_the_selection_is_exported_as_sound(
    player: Player, tmp_path: Path, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    player.waveform.select((10.0, 12.5))
    player.export.menu.actions()[0].trigger()
    assert choose_name(run, tmp_path, "part") == "20261120-100204 Ada part.wav"
    run(until(lambda: notices))
    assert notices == [("info", "part.wav was written.", "")]
    with wave.open(str(tmp_path / "part.wav")) as sound:
        assert sound.getnframes() == 40000
    assert player.export.open.isVisible()


def test_a_file_that_is_there_is_asked_about(
    player: Player, tmp_path: Path, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    old = tmp_path / "lines.srt"
    old.write_text("mine")
    for answer in ("no", "yes"):
        player.export.menu.actions()[2].trigger()
        choose_name(run, tmp_path, "lines.srt")
        run(until(lambda: modal(Question)))
        question = modal(Question)
        getattr(question, answer).click()
        run(until(lambda: player.export._task is None or player.export._task.done()))
        assert (old.read_text(encoding="utf-8") == "mine") is (answer == "no")
    assert "Answer 5" in old.read_text(encoding="utf-8")


def test_an_export_can_be_stopped(
    player: Player, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(
        _view: Any, _kind: Any, _span: Any, _out: Any, on_progress: Callable[[float], None]
    ) -> None:
        import asyncio

        on_progress(0.25)
        await asyncio.Event().wait()

    monkeypatch.setattr(export, "export_flight", never)
    player.export.menu.actions()[4].trigger()
    choose_name(run, tmp_path, "clip.speakdesk")
    run(until(player.export.bar.isVisible))
    assert player.export.bar.value() == 250
    assert not player.export.open.isVisible()
    player.export.stop.click()
    run(until(player.export.open.isVisible))
    assert not player.export.bar.isVisible()


# -- History, launch card, rows, settings --------------------------------------------------------


@pytest.fixture
def history(face: Face, desk: FakeDesk, recording: Path, run: Run) -> Iterator[HistoryPage]:
    for number in (1, 2):
        desk.history.add(number, f"Meeting {number}", [("You", "Hello", False)])
    note = SimpleNamespace(path=recording, meeting_id="m1", bot_id="b1", bot_name="Ada")
    desk.flights.notes["m1"] = (note,)
    made = HistoryPage(face)
    made.resize(1200, 700)
    made.show()
    made.reload()
    run(until(lambda: made.lines.rowCount()))
    yield made
    if made.host.player is not None:
        made.host.player.close_recording()
    run(face.tasks.aclose())
    made.hide()
    made.deleteLater()


def test_history_shows_which_meetings_can_be_heard_again(history: HistoryPage, run: Run) -> None:
    role = Qt.ItemDataRole.AccessibleTextRole
    assert "with a recording" in history.model.index(0).data(role)
    assert "with a recording" not in history.model.index(1).data(role)
    assert history.play.isVisible()
    history.list.setCurrentIndex(history.model.index(1))
    assert not history.play.isVisible()


def test_a_recording_is_opened_from_history_and_left_again(history: HistoryPage, run: Run) -> None:
    history.play.click()
    run(until(lambda: history.host.player is not None and history.host.player.model.rowCount()))
    player = history.host.player
    assert player is not None
    assert player.isVisible()
    assert not history.list.isVisible()
    assert player.title.text == "Meeting 1"
    key(player, Qt.Key.Key_Escape)
    assert history.list.isVisible()
    assert player.view is None


def test_of_several_recordings_one_is_chosen(
    history: HistoryPage, desk: FakeDesk, recording: Path, run: Run
) -> None:
    [first] = desk.flights.notes["m1"]
    other = SimpleNamespace(path=recording, meeting_id="m1", bot_id="b2", bot_name="Marco")
    desk.flights.notes["m1"] = (first, other)
    history.reload()
    run(until(lambda: len(history._recorded["m1"]) == 2))
    history.play.click()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [a.text() for a in menu.actions()] == ["As Ada heard it", "As Marco heard it"]
    menu.actions()[1].trigger()
    menu.close()
    run(until(lambda: history.host.player is not None and history.host.player.model.rowCount()))


def test_a_recording_file_can_be_opened(history: HistoryPage, recording: Path, run: Run) -> None:
    history.open_file.click()
    dialog = modal(QFileDialog)
    assert dialog.nameFilters()[0] == "Recordings (*.speakdesk)"
    dialog.fileSelected.emit(str(recording))
    dialog.reject()
    run(until(lambda: history.host.player is not None and history.host.player.model.rowCount()))


def test_it_is_told_that_recordings_go_with_their_meeting(
    history: HistoryPage, desk: FakeDesk, run: Run
) -> None:
    history.delete.click()
    run(until(lambda: modal(Question)))
    assert "its recordings" in modal(Question).accessibleName()
    modal(Question).yes.click()
    run(until(lambda: [r.summary.id for r in desk.history.records] == ["m2"]))
    run(until(lambda: not history.play.isVisible()))


def test_a_launch_is_recorded_where_that_is_asked_for(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    card = page.launch_card
    assert not card.flight.note.isVisible()
    card.launch()
    run(until(lambda: desk.launches))
    assert desk.launches[0].flight is None
    card.flight.click()
    assert card.flight.note.isVisible()
    assert "never a key or a passcode" in card.flight.note.text()
    card.launch()
    run(until(lambda: len(desk.launches) == 2))
    assert desk.launches[1].flight is True

    desk.settings.current = desk.settings.current.with_changes(record_flights=True)
    card.load()
    assert card.flight.isChecked()
    card.flight.click()
    card.load()
    assert card.flight.chosen is False


def test_a_row_shows_that_its_meeting_is_recorded(page: DeskPage, desk: FakeDesk) -> None:
    bot = desk.add_bot("ada", is_flight_recorded=True)
    desk.move(bot, BotState.IN_CALL)
    row = page.bot_list.rows[0]
    assert "recorded here" in row.accessibleName()
    assert "flight recorder keeps this meeting" in row._name.toolTip()
    desk.change(bot, is_flight_recorded=False)
    page.sync()
    assert "recorded here" not in page.bot_list.rows[0].accessibleName()


def test_recording_is_set_up_in_the_settings(face: Face, desk: FakeDesk, run: Run) -> None:
    made = SettingsPage(face)
    made.switches["record_flights"].click()
    run(until(lambda: desk.settings.current.record_flights))
    made.switches["flight_hide_names"].click()
    run(until(lambda: desk.settings.current.flight_hide_names))
    days = made._combos["flight_days"]
    assert days.currentData() == 30
    days.setCurrentIndex(days.findData(7))
    days.activated.emit(days.currentIndex())
    run(until(lambda: desk.settings.current.flight_days == 7))
    run(face.tasks.aclose())
    made.deleteLater()
