"""Past meetings: read, searched, fetched, summed up, exported, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit

from speakdesk.app.past.after_meeting import DownloadProgress
from speakdesk.domain.aftermath import ArtifactKind, Cost
from speakdesk.domain.errors import Problem, ProviderError, Reason, SpeechError, Stage
from speakdesk.domain.events import AftermathChanged
from speakdesk.domain.minutes import ActionItem, Summary
from speakdesk.store.history.records import (
    AftermathRecord,
    FileRecord,
    MeetingRecord,
    PersonRecord,
    ProviderLineRecord,
)
from speakdesk.ui.components.past import meeting_tabs
from speakdesk.ui.components.past.file_row import size_words
from speakdesk.ui.face import Face
from speakdesk.ui.pages.desk import DeskPage
from speakdesk.ui.pages.history import HistoryPage, file_name
from speakdesk.ui.session import Session
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import START, FakeDesk, FakeProvider
from tests.ui.test_session_life import live_with


@pytest.fixture
def history(face: Face, desk: FakeDesk, run: Run) -> Iterator[HistoryPage]:
    for number in range(1, 121):
        word = "zebra" if number == 77 else "plan"
        desk.history.add(
            number,
            f"Meeting {number}",
            [("You", "Hello", False)] * 30 + [("Ada", f"The {word} is ready.", True)],
        )
    made = HistoryPage(face)
    made.resize(1000, 600)
    made.show()
    yield made
    run(face.tasks.aclose())
    made.hide()
    made.deleteLater()


def modal() -> QDialog | None:
    widget = QApplication.activeModalWidget()
    return widget if isinstance(widget, QDialog) else None


def the_question() -> QDialog:
    dialog = modal()
    assert dialog is not None
    return dialog


def test_meetings_come_page_by_page(history: HistoryPage, run: Run) -> None:
    history.reload()
    run(until(lambda: history.lines.rowCount()))
    assert history.model.rowCount() == 50
    assert history._title.text == "Meeting 1"

    bar = history.list.verticalScrollBar()
    bar.setValue(bar.maximum())
    run(until(lambda: history.model.rowCount() == 100))
    bar.setValue(bar.maximum())
    run(until(lambda: history.model.rowCount() == 120))
    assert history.model.is_complete


def test_search_finds_the_meeting_and_goes_to_the_line(history: HistoryPage, run: Run) -> None:
    history.reload()
    run(until(lambda: history.lines.rowCount()))
    QTest.keyClicks(history.search, "zebra")
    run(until(lambda: history._title.text == "Meeting 77" and history.lines.rowCount() == 31))

    run(until(lambda: history.view.currentIndex().row() == 30))
    assert history.model.rowCount() == 1
    assert history.model.index(0).data() == "Meeting 77"


def test_a_search_without_result_says_so(history: HistoryPage, desk: FakeDesk, run: Run) -> None:
    history.search.setText("nobody said this")
    run(until(lambda: desk.history.questions))
    run(until(lambda: "Nobody said that" in history._no_meeting.words))
    assert history._no_meeting.isVisible()


def test_delete_asks_first(history: HistoryPage, desk: FakeDesk, run: Run) -> None:
    history.reload()
    run(until(lambda: history.lines.rowCount()))
    history.delete.click()
    run(until(modal))
    dialog = modal()
    assert dialog is not None
    dialog.reject()
    run(until(lambda: modal() is None))
    assert len(desk.history.records) == 120

    history.delete.click()
    run(until(modal))
    dialog = modal()
    assert dialog is not None
    dialog.accept()
    run(until(lambda: len(desk.history.records) == 119))
    run(until(lambda: history._title.text == "Meeting 2"))


def test_export_writes_the_file_it_was_asked_for(
    history: HistoryPage, run: Run, tmp_path: Path, notices: list[tuple[str, str, str]]
) -> None:
    history.reload()
    run(until(lambda: history.lines.rowCount()))
    history.export.click()
    run(until(modal))
    dialog = modal()
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.selectNameFilter("Markdown (*.md)")
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert name is not None
    name.setText("notes.md")
    dialog.accept()
    run(until(lambda: notices))

    assert notices == [("info", "The meeting was saved as notes.md.", "")]
    assert "The plan is ready." in (tmp_path / "notes.md").read_text(encoding="utf-8")


def test_file_names_hold_nothing_a_system_refuses() -> None:
    assert file_name('Ada: "what?" / <x>', "txt") == "Ada what  x.txt"
    assert file_name("???", "srt") == "meeting.srt"


PROVIDER = "MeetingBaas"
TROUBLE = Problem(Stage.PROVIDER, Reason.TIMEOUT, "It did not answer.", "Try again.", "504")
MINUTES = Summary(
    "They begin on Tuesday.",
    START,
    "gpt-4.1",
    decisions=("Begin on Tuesday.",),
    action_items=(ActionItem("Tell the client", "Max", "Monday"),),
)
AFTER = AftermathRecord(
    "bot",
    asked=START,
    raw="completed",
    is_complete=True,
    joined=START - timedelta(minutes=40),
    exited=START - timedelta(minutes=10),
    duration_s=1800.0,
    people=(PersonRecord("Priya", True), PersonRecord("Max", False)),
    cost=Cost(total=0.6, recording=0.5, streaming_input=0.1),
    files=(FileRecord(ArtifactKind.VIDEO), FileRecord(ArtifactKind.TRANSCRIPT)),
)
THEIRS = (ProviderLineRecord("bot", "Priya", "Guten Tag.", 1.5, 3.0),)


class Past:
    """A page that shows one meeting at MeetingBaas; `change` makes more of it known."""

    def __init__(self, face: Face, desk: FakeDesk, run: Run) -> None:
        self.desk, self.run = desk, run
        desk.provider_rows = (FakeProvider(), FakeProvider("meetingbaas", PROVIDER))
        desk.history.add(1, "Ada in Meet", [("Max", "Hello", False), ("Ada", "Hi.", True)])
        [record] = desk.history.records
        self.put(replace(record, summary=replace(record.summary, provider="meetingbaas")))
        self.page = HistoryPage(face)
        self.page.resize(1000, 640)
        self.page.show()
        self.page.reload()
        run(until(lambda: self.page.lines.rowCount()))
        self.tabs = self.page.tabs
        self.files, self.summary = self.tabs.files, self.tabs.summary

    @property
    def record(self) -> MeetingRecord:
        return self.desk.history.records[0]

    def put(self, record: MeetingRecord) -> None:
        self.desk.history.records = [record]

    def change(self, **fields: Any) -> None:
        self.put(replace(self.record, **fields))
        self.page.apply([AftermathChanged(meeting_id="m1")])
        name = "read what arrived"
        self.run(until(lambda: not self.page._face.tasks.is_running(name)))

    def read(self) -> None:
        self.change()


@pytest.fixture
def past(face: Face, desk: FakeDesk, run: Run) -> Iterator[Past]:
    made = Past(face, desk, run)
    yield made
    run(face.tasks.aclose())
    made.page.hide()
    made.page.deleteLater()


def test_before_anything_arrived_each_part_says_what_will(past: Past) -> None:
    assert "appear here when they are ready" in past.files.empty.words
    assert past.files.look_again.isVisibleTo(past.files)
    assert "MeetingBaas's own transcript appears here" in past.tabs.theirs.empty.words
    assert "summary with decisions" in past.summary.empty.words
    assert past.summary.write.isEnabled()


def test_the_practice_room_promises_no_recording(past: Past) -> None:
    past.change(summary=replace(past.record.summary, provider="practice"))
    assert past.files.empty.words == (
        "Practice room keeps no recording. What was said is under Lines."
    )
    assert not past.files.look_again.isVisibleTo(past.files)
    assert "no transcript of its own" in past.tabs.theirs.empty.words


def test_a_running_meeting_has_its_files_later(past: Past) -> None:
    past.change(summary=replace(past.record.summary, ended=None))
    assert "once the bots have left" in past.files.empty.words
    assert not past.files.look_again.isVisibleTo(past.files)


def test_what_arrives_is_shown_at_once_and_apart(past: Past) -> None:
    past.change(aftermath=(AFTER,), provider_lines=THEIRS)
    assert "All there is, as MeetingBaas said" in past.files.status.text
    row = past.files.row("bot", ArtifactKind.VIDEO)
    assert row.detail.text == "At MeetingBaas"
    assert row.download.isVisibleTo(row)
    assert not row.folder.isVisibleTo(row)
    theirs = past.tabs.theirs.model
    assert [theirs.line(n).text for n in range(theirs.rowCount())] == ["Guten Tag."]
    assert theirs.line(0).at == AFTER.joined + timedelta(seconds=1.5)  # type: ignore[operator]
    assert past.page.lines.rowCount() == 2
    assert "Priya: spoke" in past.tabs.people.text
    assert "The whole meeting: 0.6 tokens at MeetingBaas" in past.tabs.people.text
    assert "In the meeting: 30:00" in past.tabs.people.text
    assert "0.6 tokens: recording 0.5" in past.tabs.people.text


def test_another_meetings_news_changes_nothing(past: Past) -> None:
    past.put(replace(past.record, aftermath=(AFTER,)))
    past.page.apply([AftermathChanged(meeting_id="other")])
    assert not past.page._face.tasks.is_running("read what arrived")


def test_deleted_missing_and_troubled_files_are_told(past: Past) -> None:
    past.change(aftermath=(replace(AFTER, files=(), is_deleted=True),))
    assert "were deleted at MeetingBaas" in past.files.empty.words
    past.change(aftermath=(replace(AFTER, files=()),))
    assert "has no files of this meeting" in past.files.empty.words
    past.change(aftermath=(replace(AFTER, is_complete=False),))
    assert "still works on it" in past.files.status.text
    past.change(aftermath=(replace(AFTER, is_complete=False, trouble=TROUBLE),))
    assert "Not all is known" in past.files.status.text
    assert "It did not answer. Try again." in past.files.problem.words
    assert "504" in past.files.problem.words
    gone = replace(AFTER, files=(FileRecord(ArtifactKind.AUDIO, is_there=False, path="/a/b.wav"),))
    past.change(aftermath=(gone,))
    row = past.files.row("bot", ArtifactKind.AUDIO)
    assert row.detail.text == "b.wav"
    assert not row.download.isVisibleTo(row)


def test_look_again_asks_and_tells_what_went_wrong(past: Past) -> None:
    past.files.look_again.click()
    assert not past.files.look_again.isEnabled()
    assert past.files.status.text == "MeetingBaas is being asked …"
    past.run(until(lambda: past.desk.after.calls))
    past.desk.after.finish()
    past.run(until(past.files.look_again.isEnabled))

    past.desk.after.refuse = ProviderError(TROUBLE)
    past.files.look_again.click()
    past.run(until(past.files.look_again.isEnabled))
    assert "It did not answer." in past.files.problem.words


def test_what_the_provider_keeps_is_deleted_only_when_one_is_sure(
    past: Past, notices: list[tuple[str, str, str]]
) -> None:
    past.change(aftermath=(AFTER,))
    past.files.delete.click()
    past.run(until(modal))
    the_question().reject()
    past.run(until(lambda: modal() is None))
    assert not past.desk.after.calls
    past.files.delete.click()
    past.run(until(modal))
    the_question().accept()
    past.run(until(lambda: past.desk.after.calls == [("delete", "m1")]))
    past.desk.after.finish()
    past.run(until(lambda: notices))
    assert notices[0][1] == "MeetingBaas keeps nothing of this meeting any more."
    past.change(aftermath=(replace(AFTER, files=(), is_deleted=True),))
    assert not past.files.delete.isVisibleTo(past.files)


def test_a_download_shows_how_far_it_is_stops_and_goes_on(
    past: Past, notices: list[tuple[str, str, str]]
) -> None:
    past.change(aftermath=(AFTER,))
    row = past.files.row("bot", ArtifactKind.VIDEO)
    row.download.click()
    past.run(until(lambda: past.desk.after.calls))
    assert past.desk.after.calls == [("download", "m1", "bot", "video")]
    past.files._since.restart()
    past.run(until(lambda: past.files._since.elapsed() > 100))
    past.desk.after.progress(DownloadProgress(43_000_000, 100_000_000))
    assert row.detail.text == "43 MB of 100 MB"
    assert row.bar.isVisibleTo(row)
    assert (row.bar.value(), row.bar.maximum()) == (430, 1000)

    row.cancel.click()
    past.run(until(lambda: row.download.isVisibleTo(row)))
    assert row.detail.text == "Stopped at 43 MB of 100 MB"
    assert row.download.text() == "Go on"

    row.download.click()
    past.run(until(lambda: len(past.desk.after.calls) == 2))
    path = Path("/data/recordings/m1/1 Ada video.mp4")
    past.desk.after.finish(path)
    past.run(until(lambda: notices))
    assert notices == [("info", "1 Ada video.mp4 is here.", "")]
    here = FileRecord(ArtifactKind.VIDEO, path=str(path), size_bytes=100_000_000)
    past.change(aftermath=(replace(AFTER, files=(here,)),))
    row = past.files.row("bot", ArtifactKind.VIDEO)
    assert row.detail.text == "100 MB · 1 Ada video.mp4"
    assert row.folder.isVisibleTo(row)


def test_a_download_goes_on_while_another_meeting_is_looked_at(past: Past) -> None:
    past.change(aftermath=(AFTER,))
    past.files.row("bot", ArtifactKind.VIDEO).download.click()
    past.run(until(lambda: past.desk.after.calls))
    first = past.record
    past.files.show_meeting(replace(first, summary=replace(first.summary, id="m2")))
    past.desk.after.progress(DownloadProgress(10, 10))
    row = past.files.row("bot", ArtifactKind.VIDEO)
    assert not row.bar.isVisibleTo(row)
    past.files.show_meeting(first)
    row = past.files.row("bot", ArtifactKind.VIDEO)
    assert row.bar.isVisibleTo(row)
    assert row.detail.text == "10 bytes of 10 bytes"


def test_a_refused_download_says_why(past: Past, notices: list[tuple[str, str, str]]) -> None:
    past.change(aftermath=(AFTER,))
    past.desk.after.refuse = ProviderError(TROUBLE)
    row = past.files.row("bot", ArtifactKind.VIDEO)
    row.download.click()
    past.run(until(lambda: notices and row.download.isVisibleTo(row)))
    assert notices[0][:2] == ("bad", "It did not answer.")


def test_the_folder_of_a_file_is_opened(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def note(url: Any) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", note)
    here = FileRecord(ArtifactKind.VIDEO, path="/data/recordings/m1/film.mp4")
    past.change(aftermath=(replace(AFTER, files=(here,)),))
    past.files.row("bot", ArtifactKind.VIDEO).folder.click()
    assert opened == ["/data/recordings/m1"]


def test_a_summary_is_written_shown_copied_and_written_again(past: Past) -> None:
    past.summary.write.click()
    past.run(until(lambda: past.desk.after.calls))
    past.read()
    assert "reads the meeting" in past.summary.empty.words
    assert not past.summary.write.isEnabled()
    past.desk.after.finish()
    past.run(until(lambda: not past.desk.after.writing))
    past.change(minutes=MINUTES)
    assert past.summary.made.text.startswith("Written by gpt-4.1, ")
    assert past.summary.write.text() == "Write again"
    past.summary.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert copied == (
        "They begin on Tuesday.\n\nDecisions\n- Begin on Tuesday.\n\nAction items\n"
        "- Max: Tell the client (Monday)"
    )
    assert past.summary.text == copied


def test_a_summary_that_cannot_be_written_says_how_it_could(past: Past) -> None:
    past.desk.after.refuse = SpeechError(
        Problem(Stage.SETTINGS, Reason.MISSING, "It needs a model.", "Add a key.")
    )
    past.summary.write.click()
    past.run(until(lambda: past.summary.problem.words))
    assert past.summary.problem.words == "It needs a model. Add a key."
    assert past.summary.write.isEnabled()


def test_a_silent_meeting_offers_no_summary(past: Past) -> None:
    past.change(lines=())
    assert "nothing to sum up" in past.summary.empty.words
    assert not past.summary.write.isEnabled()


def test_the_lines_that_are_looked_at_are_exported(past: Past) -> None:
    past.change(aftermath=(AFTER,), provider_lines=THEIRS)
    assert past.tabs.source == "ours"
    past.tabs.go_to(meeting_tabs.PROVIDER)
    assert past.tabs.source == "provider"
    past.change(provider_lines=())
    assert past.tabs.source == "ours"


def test_the_window_shows_what_arrives_while_it_is_open(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    desk.provider_rows = (FakeProvider(), FakeProvider("meetingbaas", PROVIDER))
    desk.history.add(1, "Ada in Meet", [("Max", "Hello", False)])

    async def script(_page: DeskPage) -> None:
        session.window.show_page("History")
        tabs = session.history_page.tabs
        await until(lambda: session.history_page.lines.rowCount())
        desk.history.records = [replace(desk.history.records[0], minutes=MINUTES)]
        desk.publish(AftermathChanged(meeting_id="m1"))
        await until(lambda: tabs.summary.text)
        session.close_now()

    assert run(live_with(session, script)) == 0


def test_sizes_are_read_at_a_glance() -> None:
    sizes = (7, 1_200, 812_000, 124_000_000, 1_440_000_000)
    assert [size_words(size) for size in sizes] == ["7 bytes", "1 KB", "812 KB", "124 MB", "1.4 GB"]
