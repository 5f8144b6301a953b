"""The persona editor, used as a person uses it: typing, undo, saving, drafts, conflicts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from speakdesk.app.personas.shelf import NEW, PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import PNG, Picture
from speakdesk.domain.speech import Keys, SpeechPlan, SpeechWish
from speakdesk.domain.voice import VoiceEntry
from speakdesk.pipeline.catalogue import plan_speech
from speakdesk.ui.dialogs.ask import Question
from speakdesk.ui.face import Face
from speakdesk.ui.models.persona_cards import PLACE_ROLE, UNSAVED, PersonaCards, VoiceLine
from speakdesk.ui.personas import picture_dialog, voice_dialog
from speakdesk.ui.personas.editor import PersonaEditor
from speakdesk.ui.personas.editor_head import BOTH, FILE, FORM
from speakdesk.ui.personas.editor_side import CHANGES, READS, SAVES, TOLD
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk

ADA = (
    "# Ada\r\n\r\nYou are Ada.\u00a0Listen first.\r\n\r\n## Characteristics\r\n\r\n- calm\r\n"
    "- curious\r\n\r\n## Notes to self\r\n\r\nkeep  this\n\n## Metadata\r\n\r\n"
    "- role: interviewer\r\n- my_own_key:   as it is\r\n- language_code: en\r\n"
)
NASTY = Path(__file__).parents[1] / "fixtures" / "personas_nasty"
FACE = Path(__file__).parents[1] / "fixtures" / "pictures" / "face.png"


@pytest.fixture
def shelf(desk: FakeDesk, tmp_path: Path, run: Run) -> PersonaShelf:
    """A real library on disk, behind a Desk that is none."""
    for root, key, text in (
        ("bundled", "guide", "# Guide\n\nYou are a guide.\n"),
        ("own", "ada", ADA),
    ):
        folder = tmp_path / root / key
        folder.mkdir(parents=True)
        (folder / "README.md").write_bytes(text.encode())
    made = PersonaShelf(
        tmp_path / "bundled", tmp_path / "own", tmp_path / "state", desk.bus.publish
    )
    studio = PersonaStudio(tmp_path / "cache", Keys, SpeechWish, made)

    def plan(persona: Persona | str, wish: SpeechWish | None = None) -> SpeechPlan:
        found = made.get(persona) if isinstance(persona, str) else persona
        return plan_speech(found, wish or SpeechWish(), SpeechWish(), Keys())

    target: Any = desk
    target.personas, target.studio, target.plan = made, studio, plan
    run(made.open())
    return made


@pytest.fixture
def editor(face: Face, shelf: PersonaShelf, run: Run) -> Iterator[PersonaEditor]:
    made = PersonaEditor(face)
    made.resize(1280, 740)
    run(made.prepare())
    made.show()
    run(until(made.isActiveWindow))
    yield made
    made.finish()
    run(face.tasks.aclose())
    made.hide()
    made.deleteLater()


def readme(shelf: PersonaShelf, key: str = "ada") -> str:
    return (shelf.user / key / "README.md").read_bytes().decode()


def files_of(folder: Path) -> dict[str, bytes]:
    found = (p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}


def write_outside(shelf: PersonaShelf, text: str, key: str = "ada") -> None:
    (shelf.user / key / "README.md").write_bytes(text.encode())


def source(editor: PersonaEditor) -> str:
    assert editor.edit is not None
    return editor.edit.state.source


def field(editor: PersonaEditor, place: str) -> QWidget:
    for section in editor.form.sections:
        if place in section.bounds:
            return section.bounds[place].editor
    raise AssertionError(place)


def line(editor: PersonaEditor, place: str) -> QLineEdit:
    found = field(editor, place)
    assert isinstance(found, QLineEdit)
    return found


def retype(editor: PersonaEditor, place: str, text: str) -> None:
    found = line(editor, place)
    found.selectAll()
    QTest.keyClicks(found, text)


def press(widget: QWidget, keys: QKeySequence.StandardKey | str) -> None:
    widget.setFocus()
    QTest.keySequence(widget, QKeySequence(keys))


def above(widget: QWidget) -> Iterator[QWidget]:
    """Everything a widget lies in."""
    holder = widget.parentWidget()
    while holder is not None:
        yield holder
        holder = holder.parentWidget()


def quiet(editor: PersonaEditor) -> bool:
    """Nothing is pending, nothing is being looked at."""
    timers = (editor._typing, editor._parsing, editor._looking, editor._idle, editor.keeping._timer)
    return not any(t.isActive() for t in timers) and not editor.face.tasks._running


def test_typing_in_the_form_changes_only_that_part_of_the_file(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    assert not editor.has_unsaved
    assert not editor.head.save.isEnabled()

    retype(editor, "role", "listener ")
    assert editor.has_unsaved
    run(until(lambda: "listener" in source(editor)))

    assert source(editor) == ADA.replace("interviewer", "listener")
    assert editor.side.text.text == source(editor)
    assert line(editor, "role").text() == "listener "
    assert editor.head.title.text == "● Ada"
    assert editor.head.state.text == "Unsaved changes"


def test_typing_in_the_markdown_fills_the_form_and_keeps_every_other_byte(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    editor.show_view(BOTH)
    text = editor.side.text
    cursor = text.textCursor()
    cursor.setPosition(len("# Ada"))
    text.setTextCursor(cursor)
    QTest.keyClicks(text, " Lovelace")
    QTest.keyClick(text, Qt.Key.Key_Return)
    QTest.keyClicks(text, "Hm.")

    run(until(lambda: line(editor, "name").text() == "Ada Lovelace"))

    assert source(editor) == ADA.replace("# Ada", "# Ada Lovelace\r\nHm.", 1)
    assert editor.form.prompt.text.text.startswith("Hm.\n\nYou are Ada.\u00a0Listen")
    assert text.textCursor().position() == len("# Ada Lovelace\nHm.")


def test_one_undo_goes_back_through_form_and_markdown(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    editor.show_view(BOTH)
    retype(editor, "role", "listener")
    editor.flush()
    QTest.keyClicks(editor.side.text, "Z")

    press(editor.side.text, QKeySequence.StandardKey.Undo)
    assert source(editor) == ADA.replace("interviewer", "listener")
    assert line(editor, "role").text() == "listener"

    press(line(editor, "name"), QKeySequence.StandardKey.Undo)
    assert source(editor) == ADA
    assert line(editor, "role").text() == "interviewer"
    assert not editor.has_unsaved

    press(line(editor, "name"), "Ctrl+Shift+Z")
    assert line(editor, "role").text() == "listener"
    press(editor.side.text, "Ctrl+Y")
    assert source(editor).startswith("Z# Ada")


def test_undo_shows_the_place_it_changed(editor: PersonaEditor, shelf: PersonaShelf) -> None:
    editor.open(shelf.get("ada"))
    editor.show_view(FORM)
    editor.form.tabs.setCurrentIndex(5)
    retype(editor, "patience_s", "2")
    editor.form.tabs.setCurrentIndex(0)

    editor.undo()

    assert editor.form.tabs.currentIndex() == 5
    assert line(editor, "patience_s").text() == ""


def test_save_by_keyboard_writes_the_file_and_tells(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    told: list[str] = []
    editor.saved.connect(told.append)
    editor.open(shelf.get("ada"))
    retype(editor, "role", "listener")

    press(line(editor, "role"), QKeySequence.StandardKey.Save)
    run(until(lambda: told))
    run(until(lambda: not editor.has_unsaved))

    assert told == ["ada"]
    assert readme(shelf) == ADA.replace("interviewer", "listener")
    assert editor.head.title.text == "Ada"
    assert not editor.strip.words
    assert editor.head.undo.isEnabled()


def test_choices_lists_and_tools_reach_the_file(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    gender = field(editor, "gender")
    assert isinstance(gender, QComboBox)
    gender.setCurrentIndex(gender.findData("FEMALE"))
    traits = editor.form.character.traits
    QTest.keyClicks(traits.new, "patient")
    QTest.keyClick(traits.new, Qt.Key.Key_Return)
    QTest.keyClick(traits.view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    traits.view.setCurrentIndex(traits.model.index(0))
    QTest.keyClick(traits.view, Qt.Key.Key_Delete)
    editor.form.talk.tools["weather"].click()
    editor.flush()

    assert editor.edit is not None
    persona = editor.edit.persona
    assert persona.gender == "FEMALE"
    assert persona.characteristics == ("patient", "curious")
    assert persona.tools == ("weather",)
    assert "keep  this\n" in source(editor)

    while editor.head.undo.isEnabled():
        editor.undo()
    assert source(editor) == ADA
    assert traits.items == ("calm", "curious")
    assert not editor.form.talk.tools["weather"].isChecked()


def test_opening_another_persona_shows_nothing_of_the_one_before(
    editor: PersonaEditor, shelf: PersonaShelf
) -> None:
    editor.open(shelf.get("ada"))
    retype(editor, "role", "listener")
    editor.open(shelf.get("guide"))

    assert line(editor, "role").text() == ""
    assert editor.form.character.traits.items == ()
    assert editor.form.prompt.text.text == "You are a guide."
    assert not editor.has_unsaved
    assert not editor.head.undo.isEnabled()


def test_what_is_wrong_stands_beside_the_field_and_on_the_tab(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    editor.form.tabs.setCurrentIndex(5)
    retype(editor, "vad_confidence", "7")
    run(until(lambda: editor.form.tabs.tabText(5) == "Conversation (1)"))

    holder: Any = line(editor, "vad_confidence").parentWidget()
    assert "no number from 0 to 1" in holder.note
    told = editor.side.issues.model()
    listed = [told.index(row, 0).data() for row in range(told.rowCount())]
    assert [text.partition(",")[0] for text in listed] == ["Note", "Wrong"]

    retype(editor, "vad_confidence", "0.5")
    run(until(lambda: editor.form.tabs.tabText(5) == "Conversation"))
    assert holder.note == "How sure of speech it must be. 0 to 1."


def test_a_key_that_cannot_be_is_refused_before_anything_is_written(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    retype(editor, "key", "Not A Key")
    holder: Any = line(editor, "key").parentWidget()
    run(until(lambda: "cannot be a persona's key" in holder.note))

    editor.save()
    run(until(lambda: editor.trouble.words))
    assert "Not A Key" in editor.trouble.words
    assert readme(shelf) == ADA

    retype(editor, "key", "ada_two")
    editor.save()
    run(until(lambda: (shelf.user / "ada_two").exists() and not editor.has_unsaved))
    assert not (shelf.user / "ada").exists()
    assert not editor.trouble.words


def test_a_bundled_persona_becomes_a_copy(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("guide"))
    assert "Save makes your own copy" in editor.head.state.text
    retype(editor, "role", "guide")
    editor.save()
    run(until(lambda: editor.head.state.text == "Yours; saved"))

    assert "- role: guide" in readme(shelf, "guide")
    assert shelf.is_own(shelf.get("guide"))


def test_a_new_persona_is_named_written_and_saved(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.blank(), is_new=True)
    assert editor.head.state.text == "New; not saved yet"
    assert line(editor, "name").hasFocus()
    QTest.keyClicks(line(editor, "name"), "Coach")
    editor.flush()
    assert line(editor, "key").text() == "coach"
    QTest.keyClicks(editor.form.prompt.text, "You are a coach.")
    editor.save()
    run(until(lambda: editor.head.state.text == "Yours; saved"))

    assert "You are a coach." in readme(shelf, "coach")


def test_unsaved_text_is_kept_aside_and_offered_again(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    retype(editor, "role", "typed, then a crash")
    run(until(lambda: (shelf.drafts.folder / "ada.json").exists()))
    run(until(lambda: quiet(editor)))

    editor.open(shelf.get("ada"))
    run(until(lambda: editor.strip.words))
    assert "not saved" in editor.strip.words
    assert not editor.form.isEnabled()
    assert line(editor, "role").text() == "interviewer"

    editor.strip.buttons[0].click()
    assert line(editor, "role").text() == "typed, then a crash"
    assert editor.has_unsaved
    assert editor.form.isEnabled()
    assert readme(shelf) == ADA


def test_closing_the_window_keeps_what_was_typed_last(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    run(until(lambda: quiet(editor)))
    retype(editor, "role", "last words")
    run(editor.keep_aside())

    draft = run(shelf.draft("ada"))
    assert draft is not None
    assert "- role: last words" in draft.texts.source
    assert readme(shelf) == ADA


def test_a_draft_can_be_discarded(editor: PersonaEditor, shelf: PersonaShelf, run: Run) -> None:
    ada = shelf.get("ada")
    run(shelf.keep_draft(shelf.with_source(ada, ADA + "more\n"), ada))
    editor.open(ada)
    run(until(lambda: editor.strip.words))

    editor.strip.buttons[1].click()
    run(until(lambda: not (shelf.drafts.folder / "ada.json").exists()))
    assert not editor.has_unsaved
    assert not editor.strip.words


def test_leaving_keeps_what_is_unsaved(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    closed: list[bool] = []
    editor.closed.connect(lambda: closed.append(True))
    editor.open(shelf.blank("Coach"), is_new=True)
    QTest.keyClicks(editor.form.prompt.text, "You are a coach.")
    editor.head.back.click()
    run(until(lambda: closed))

    assert "kept aside" in notices[-1][1]
    draft = run(shelf.draft(NEW))
    assert draft is not None
    assert "You are a coach." in draft.texts.source
    assert not editor.has_unsaved


def test_leaving_without_a_change_leaves_no_draft(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    closed: list[bool] = []
    editor.closed.connect(lambda: closed.append(True))
    editor.open(shelf.get("ada"))
    retype(editor, "role", "x")
    editor.undo()
    editor.head.back.click()
    run(until(lambda: closed))

    assert notices == []
    assert run(shelf.draft("ada")) is None


def test_an_edit_from_outside_is_followed_joined_or_asked_about(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    editor.open(shelf.get("ada"))
    write_outside(shelf, ADA.replace("interviewer", "host"))
    run(shelf.reload())
    assert line(editor, "role").text() == "host"
    assert "changed on disk" in notices[-1][1]
    assert not editor.has_unsaved

    retype(editor, "role", "mine")
    editor.flush()
    write_outside(shelf, ADA.replace("interviewer", "theirs"))
    run(shelf.reload())
    assert "changed on disk since you began" in editor.strip.words
    assert line(editor, "role").text() == "mine"
    assert "theirs" in readme(shelf)

    editor.save()
    assert "theirs" in readme(shelf)

    editor.strip.buttons[0].click()
    run(until(lambda: "- role: mine" in editor.side.changes.toPlainText()))
    assert editor.side.current == CHANGES
    assert "-- role: theirs" in editor.side.changes.toPlainText()

    next(b for b in editor.strip.buttons if b.text() == "Keep mine").click()
    editor.save()
    run(until(lambda: "- role: mine" in readme(shelf)))
    run(until(lambda: not editor.has_unsaved))
    assert not editor.strip.words


def test_theirs_can_be_taken_and_undone(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    retype(editor, "role", "mine")
    editor.flush()
    write_outside(shelf, ADA.replace("interviewer", "theirs"))
    run(shelf.reload())

    next(b for b in editor.strip.buttons if b.text() == "Take theirs").click()
    assert line(editor, "role").text() == "theirs"
    assert not editor.has_unsaved
    editor.undo()
    assert line(editor, "role").text() == "mine"


def test_a_deleted_persona_can_be_saved_again(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    run(shelf.delete("ada"))
    run(until(lambda: editor.strip.words))

    editor.strip.buttons[0].click()
    run(until(lambda: (shelf.user / "ada" / "README.md").exists()))
    run(until(lambda: not editor.strip.words))
    assert readme(shelf) == ADA


def test_earlier_saves_are_compared_and_brought_back(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    retype(editor, "role", "second")
    editor.save()
    run(until(lambda: not editor.has_unsaved))
    editor.show_view(BOTH)
    editor.side.tabs.setCurrentIndex(SAVES)
    saves = editor.side.versions
    run(until(lambda: "-- role: interviewer" in saves.diff.toPlainText()))
    assert "+- role: second" in saves.diff.toPlainText()

    saves.back.click()
    run(until(lambda: line(editor, "role").text() == "interviewer"))
    assert "second" in readme(shelf)
    editor.undo()
    assert line(editor, "role").text() == "second"


def test_knowledge_is_added_written_renamed_ordered_and_taken_out(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    editor.form.tabs.setCurrentIndex(4)
    section = editor.form.knowledge
    section.new.click()
    assert section.current == "Knowledge.md"
    QTest.keyClicks(section.name, "Prices")
    QTest.keyClick(section.name, Qt.Key.Key_Return)
    assert section.current == "Prices.md"
    QTest.keyClicks(section.text, "It costs 5.")
    section.new.click()
    QTest.keyClicks(section.text, "second")
    section.up.click()

    assert editor.edit is not None
    assert [k.name for k in editor.edit.persona.knowledge] == ["Knowledge.md", "Prices.md"]
    section.down.click()
    assert editor.edit.persona.meta("knowledge_order") == "Prices.md, Knowledge.md"
    section.out.click()
    editor.save()
    run(until(lambda: not editor.has_unsaved))

    assert (shelf.user / "ada" / "Prices.md").read_text(encoding="utf-8") == "It costs 5."
    assert not (shelf.user / "ada" / "Knowledge.md").exists()


def test_dropped_files_become_knowledge(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "facts.txt").write_text("Facts.", encoding="utf-8")
    (tmp_path / "song.mp3").write_bytes(b"x")
    editor.open(shelf.get("ada"))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / n)) for n in ("facts.txt", "song.mp3")])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    editor.form.knowledge.dropEvent(event)
    run(until(lambda: editor.edit is not None and editor.edit.persona.knowledge))

    assert editor.edit is not None
    assert [(k.name, k.text) for k in editor.edit.persona.knowledge] == [("facts.md", "Facts.")]
    editor.undo()
    assert editor.edit.persona.knowledge == ()


def test_too_much_knowledge_is_said_in_place(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    (shelf.user / "ada" / "Long.md").write_text("word " * 6_000, encoding="utf-8")
    run(shelf.reload())
    editor.open(shelf.get("ada"))
    run(until(lambda: editor.form.tabs.tabText(4) == "Knowledge (1)"))

    assert "the longest are shortened" in editor.form.knowledge.problem.text()
    assert "shortened by" in editor.form.knowledge.count.text()


def test_the_other_views_follow_the_typing(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    editor.show_view(BOTH)
    QTest.keyClicks(editor.form.prompt.text, "Unsaved! ")
    editor.side.tabs.setCurrentIndex(TOLD)
    run(until(lambda: "Unsaved! You are Ada." in editor.side.told.toPlainText()))
    assert "tokens" in editor.side.told_count.text()

    editor.side.tabs.setCurrentIndex(READS)
    run(until(lambda: "Unsaved!" in editor.side.reads.toPlainText()))
    editor.side.tabs.setCurrentIndex(CHANGES)
    run(until(lambda: "+Unsaved! You are Ada." in editor.side.changes.toPlainText()))


def test_the_preview_fetches_nothing_and_asks_before_a_link(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    loaded: list[str] = []
    opened: list[str] = []
    reads = editor.side.reads
    monkeypatch.setattr(
        type(reads), "loadResource", lambda _self, _kind, name: loaded.append(str(name))
    )
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    text = "# Ada\n\n![x](https://evil.example/x.png) [more](https://example.com/a?b=1)\n"
    editor.open(shelf.with_source(shelf.get("ada"), text))
    editor.show_view(FILE)
    editor.side.tabs.setCurrentIndex(READS)
    run(until(lambda: "more" in reads.toPlainText()))
    assert [name for name in loaded if "evil" in name] == []

    reads.link_asked.connect(asked.append)
    reads.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert asked == []
    reads.anchorClicked.emit(QUrl("https://example.com/a?b=1"))
    assert asked == ["https://example.com/a?b=1"]
    run(until(lambda: editor.window().findChildren(Question)))
    question = editor.window().findChildren(Question)[0]
    assert opened == []
    question.no.click()
    run(until(lambda: not editor.face.tasks.is_running("open a link")))
    assert opened == []


def test_a_voice_that_was_chosen_is_one_step(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = VoiceEntry("cartesia", "f786b574-daa5-4673-aa0c-cbe3e8534c02", "Katie", "en")

    async def chosen(_face: Face, persona: Persona, _parent: QWidget) -> VoiceEntry:
        assert persona.role == "unsaved role"
        return entry

    monkeypatch.setattr(voice_dialog, "voice_dialog", chosen)
    editor.open(shelf.get("ada"))
    retype(editor, "role", "unsaved role")
    editor.form.voice.choose.click()
    run(until(lambda: entry.id in source(editor)))

    assert "- tts: cartesia" in source(editor)
    run(until(lambda: "Cartesia" in editor.form.voice.voice.text))
    editor.undo()
    assert entry.id not in source(editor)
    assert "tts:" not in source(editor)


def test_a_new_picture_waits_for_the_save(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Picture(FACE.read_bytes(), PNG, 96, 96)

    async def chosen(*_given: Any, **_more: Any) -> Picture:
        return picture

    monkeypatch.setattr(picture_dialog, "picture_dialog", chosen)
    editor.open(shelf.get("ada"))
    editor.form.person.picture.click()
    run(until(lambda: editor.form.person.face.has_picture))
    assert editor.has_unsaved
    assert not list((shelf.user / "ada").glob("*.png"))

    editor.save()
    run(until(lambda: not editor.has_unsaved))
    assert (shelf.user / "ada" / "ada.png").read_bytes() == picture.data
    assert "- image: ada.png" in readme(shelf)


def test_what_strangers_wrote_is_shown_and_left_as_it_is(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    for folder in sorted(p for p in NASTY.iterdir() if p.is_dir()):
        shutil.copytree(folder, shelf.user / folder.name)
    before = files_of(shelf.user)
    run(shelf.reload())
    seen = 0
    for persona in shelf.all():
        editor.open(persona)
        editor.flush()
        assert source(editor) == persona.source, persona.key
        assert not editor.has_unsaved, persona.key

        retype(editor, "summary", "changed")
        editor.flush()
        assert editor.has_unsaved, persona.key
        press(line(editor, "summary"), QKeySequence.StandardKey.Undo)
        assert source(editor) == persona.source, persona.key
        assert editor.form.prompt.text.text == persona.prompt, persona.key
        seen += 1
    assert seen > 20
    assert files_of(shelf.user) == before


def test_saving_a_strangers_persona_changes_one_file(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    shutil.copytree(NASTY / "other_files", shelf.user / "other_files")
    before = files_of(shelf.user / "other_files")
    run(shelf.reload())
    editor.open(shelf.get("other_files"))
    retype(editor, "summary", "kept")
    editor.save()
    run(until(lambda: editor.head.state.text == "Yours; saved"))

    after = files_of(shelf.user / "other_files")
    assert [name for name in before if before[name] != after[name]] == ["README.md"]


def test_the_editor_is_made_when_it_is_first_used(
    face: Face, shelf: PersonaShelf, run: Run
) -> None:
    made = PersonaEditor(face)
    made.open(shelf.get("guide"))
    made.open(shelf.get("ada"))
    assert not made.has_unsaved
    made.leave()
    run(until(lambda: made.edit is not None))
    assert line(made, "name").text() == "Ada"
    made.finish()
    run(face.tasks.aclose())
    made.deleteLater()


def test_try_carries_the_unsaved_persona(editor: PersonaEditor, shelf: PersonaShelf) -> None:
    tried: list[Persona] = []
    editor.try_asked.connect(tried.append)
    editor.open(shelf.get("ada"))
    retype(editor, "greeting", "Unsaved hello")
    editor.head.attempt.click()

    assert tried[0].greeting == "Unsaved hello"
    assert tried[0].key == "ada"
    assert readme(shelf) == ADA


def test_revert_is_undone_like_anything_else(editor: PersonaEditor, shelf: PersonaShelf) -> None:
    editor.open(shelf.get("ada"))
    retype(editor, "role", "listener")
    editor.flush()
    editor.head.revert.click()
    assert source(editor) == ADA
    assert line(editor, "role").text() == "interviewer"
    editor.undo()
    assert line(editor, "role").text() == "listener"


def test_wide_windows_show_both_views_until_somebody_chooses(
    editor: PersonaEditor, shelf: PersonaShelf
) -> None:
    editor.open(shelf.get("ada"))
    assert (editor.form.isVisible(), editor.side.isVisible()) == (True, False)
    editor.resize(1700, 800)
    assert (editor.form.isVisible(), editor.side.isVisible()) == (True, True)
    editor.head.views[FILE].click()
    editor.resize(1280, 740)
    editor.resize(1700, 800)
    assert (editor.form.isVisible(), editor.side.isVisible()) == (False, True)


def test_every_control_has_a_name(editor: PersonaEditor, shelf: PersonaShelf) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QPlainTextEdit

    editor.open(shelf.get("ada"))
    kinds = (QLineEdit, QComboBox, QPlainTextEdit, QAbstractButton, QAbstractItemView)
    nameless = [
        (type(widget).__name__, widget.objectName())
        for kind in kinds
        for widget in editor.findChildren(kind)
        if not widget.accessibleName()
        and not (isinstance(widget, QAbstractButton) and widget.text())
        and not widget.objectName().startswith(("qt_", "ScrollLeft", "ScrollRight"))
        and not any(isinstance(w, QComboBox) for w in above(widget))
    ]
    assert nameless == []


def test_the_library_marks_what_is_not_saved(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    def place(persona: Persona) -> VoiceLine:
        return VoiceLine(persona.name)

    cards = PersonaCards(place, shelf.is_own)
    cards.set_library(shelf.all())
    editor.open(shelf.get("ada"))
    retype(editor, "role", "unsaved")
    run(editor.keep_aside())
    cards.set_unsaved(run(shelf.unsaved()))

    ada = cards.index(cards.row_of("ada"))
    assert ada.data(PLACE_ROLE) == UNSAVED
    assert "not saved" in ada.data(Qt.ItemDataRole.AccessibleTextRole)
    assert cards.index(cards.row_of("guide")).data(PLACE_ROLE) != UNSAVED

    editor.undo()
    run(editor.keep_aside())
    cards.set_unsaved(run(shelf.unsaved()))
    assert ada.data(PLACE_ROLE) != UNSAVED


def test_play_speaks_with_the_voice_the_bot_will_have(
    editor: PersonaEditor, shelf: PersonaShelf, desk: FakeDesk, run: Run
) -> None:
    asked: list[tuple[str, Persona, SpeechPlan]] = []
    heard: list[Any] = []
    studio: Any = desk.studio

    async def hear(persona: Persona, plan: SpeechPlan) -> str:
        asked.append((persona.greeting, persona, plan))
        return "a sample"

    async def play(sample: Any) -> str:
        heard.append(sample)
        return ""

    studio.hear = hear
    editor.studio.player.play = play  # type: ignore[method-assign]
    editor.open(shelf.get("ada"))
    retype(editor, "greeting", "Good day.")
    editor.studio.play()
    run(until(lambda: heard))
    [(greeting, persona, plan)] = asked
    assert (greeting, heard) == ("Good day.", ["a sample"])
    assert plan.tts == desk.plan(persona).tts


def test_side_by_side_shows_all_tabs_of_the_file_where_there_is_room(
    editor: PersonaEditor, shelf: PersonaShelf, run: Run
) -> None:
    editor.open(shelf.get("ada"))
    editor.show_view(BOTH)
    tabs = editor.side.tabs
    run(until(lambda: tabs.width() >= tabs.sizeHint().width()))
    editor.resize(1000, 740)
    run(until(lambda: editor.form.width() > editor.side.width()))
