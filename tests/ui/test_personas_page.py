"""The Personas page driven as a person does, on a real library in a folder of its own."""

from __future__ import annotations

import zipfile
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu

from speakdesk.app.personas.sharing import PersonaSharing
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import PersonaChanged
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice, SpeechPlan, SpeechWish
from speakdesk.ui.components.persona_details import PICTURE, VOICE, details_html
from speakdesk.ui.face import Face
from speakdesk.ui.models.persona_cards import (
    BROKEN_ROLE,
    BUNDLED,
    YOURS,
    CardFilter,
    PersonaCards,
    VoiceLine,
)
from speakdesk.ui.models.personas import PERSONA_ROLE, PersonasModel
from speakdesk.ui.pages.personas import PersonasPage
from speakdesk.ui.personas.draft_dialog import DraftDialog
from speakdesk.ui.personas.import_dialog import ImportDialog
from speakdesk.ui.personas.picture_dialog import PictureDialog
from speakdesk.ui.personas.voice_dialog import VoiceDialog
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.card_view import CardView
from tests.standins.base import Fault
from tests.standins.cartesia import CartesiaStandIn
from tests.standins.replicate import ReplicateStandIn
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk

FACES = Path(__file__).resolve().parents[1] / "fixtures" / "pictures"
CARTESIA = [
    {"id": "v-tom", "name": "Tom", "language": "de", "gender": "masculine", "description": "Loud."},
    {"id": "v-uta", "name": "Uta", "language": "de", "gender": "feminine", "description": "Calm."},
    {"id": "v-mia", "name": "Mia", "language": "en", "gender": "feminine", "description": "Calm."},
]
README = """# {name}

You are {name}. You help.

## Characteristics
- patient

## Voice
{name} speaks
- calmly

## Metadata
- role: {role}
- language_code: {language}
- gender: FEMALE
- tags: {tags}
- greeting: Hello, I am {name}.
"""


def write(
    folder: Path, key: str, name: str, role: str = "guide", language: str = "en", tags: str = ""
) -> Path:
    home = folder / key
    home.mkdir(parents=True)
    text = README.format(name=name, role=role, language=language, tags=tags)
    (home / "README.md").write_text(text, encoding="utf-8")
    return home


class Library:
    """A shelf with two bundled personas, two of the person's own and a broken one."""

    def __init__(self, home: Path, desk: FakeDesk) -> None:
        self.user = home / "user"
        self.keys: dict[str, str] = {}
        write(home / "bundled", "ada", "Ada", "interviewer", tags="work, hiring")
        write(home / "bundled", "marco", "Marco", "sommelier", "it", "wine")
        write(self.user, "lena", "Lena", "language partner", "de", "work")
        write(self.user, "uta", "Uta", "moderator", "de")
        broken = self.user / "scribe"
        broken.mkdir()
        (broken / "README.md").write_bytes(b"# Scribe\n\nYou write \xff\xfe.\n")
        self.shelf = PersonaShelf(home / "bundled", self.user, home / "state", desk.bus.publish)
        self.shelf.library.load()
        self.studio = PersonaStudio(
            home / "cache", lambda: Keys(self.keys), lambda: SpeechWish(), self.shelf
        )
        desk.personas = self.shelf
        desk.sharing = PersonaSharing(self.shelf)
        desk.studio = self.studio


@pytest.fixture
def library(tmp_path: Path, desk: FakeDesk) -> Library:
    return Library(tmp_path, desk)


@pytest.fixture
def page(face: Face, run: Run, library: Library) -> Iterator[PersonasPage]:
    shared = PersonasModel()
    shared.set_personas(library.shelf.all())
    face.look.portraits.use(face.tasks)
    face.look.portraits.set_personas(library.shelf.all())
    made = PersonasPage(face, shared)

    def take(event: Any) -> None:
        if isinstance(event, PersonaChanged):
            face.look.portraits.set_personas(library.shelf.all())
            shared.set_personas(library.shelf.all())
        made.apply([event])

    stop = face.desk.bus.subscribe(take)
    made.resize(1280, 740)
    made.show()
    yield made
    stop()
    made.player.stop()
    made.undo.put_away()
    face.look.portraits.use(None)
    run(face.tasks.aclose())
    made.hide()
    made.deleteLater()
    shared.deleteLater()


def names(page: PersonasPage) -> list[str]:
    return [str(page.model.index(row).data()) for row in range(page.model.rowCount())]


async def dialog(kind: type[Any]) -> Any:
    """The open dialog of this kind."""

    def found() -> Any:
        return next((w for w in QApplication.topLevelWidgets() if _is_open(w, kind)), None)

    await until(found)
    return found()


def _is_open(widget: Any, kind: type[Any]) -> bool:
    return isinstance(widget, kind) and widget.isVisible()


# -- cards --------------------------------------------------------------------------------------


def test_cards_show_the_library_and_what_could_not_be_read(page: PersonasPage) -> None:
    assert names(page) == ["Ada", "Lena", "Marco", "Uta", "scribe"]
    assert page.model.place_of(page.model.personas[0]) == BUNDLED
    assert page.model.place_of(page.model.personas[1]) == YOURS
    page.cards.setCurrentIndex(page.model.index(4))
    assert page.details.stack.currentIndex() == 1
    assert "line 3" in page.details._broken_words.text()
    assert page.details.open_folder.isVisible()
    said = page.model.index(4).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "scribe cannot be read. README.md, line 3" in said
    assert not page.cards.grab().isNull()


def test_search_language_tag_and_mine_narrow_the_cards(page: PersonasPage) -> None:
    QTest.keyClicks(page.filters.words, "german")
    page.filters._timer.timeout.emit()
    assert names(page) == ["Lena", "Uta"]
    assert page.filters.number.text() == "2 of 5"
    page.filters.clear()
    page.filters.tag.setCurrentIndex(page.filters.tag.findData("work"))
    page.filters.tag.activated.emit(1)
    assert names(page) == ["Ada", "Lena"]
    page.filters.own.click()
    assert names(page) == ["Lena"]
    QTest.keyClicks(page.filters.words, "nobody")
    page.filters._timer.timeout.emit()
    assert page._empty.isVisible()
    assert "No persona matches" in page._empty.words
    page.filters.clear()
    assert len(names(page)) == 5


def test_an_edit_from_outside_appears_and_the_choice_stays(
    page: PersonasPage, library: Library, run: Run
) -> None:
    page.choose("uta")
    write(library.user, "bea", "Bea", "coach", "fr")
    told = (library.user / "uta" / "README.md").read_text(encoding="utf-8")
    changed = told.replace("moderator", "referee")
    (library.user / "uta" / "README.md").write_text(changed, encoding="utf-8")
    run(library.shelf.reload())
    assert "Bea" in names(page)
    assert page.persona is not None
    assert page.persona.name == "Uta"
    assert page.details._role.text == "Referee · German"


def test_the_keyboard_uses_edits_copies_and_deletes(
    page: PersonasPage, library: Library, run: Run
) -> None:
    page.choose("lena")
    page.cards.setFocus()
    QTest.keyClick(page.cards, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    run(until(lambda: page.persona is not None and page.persona.name == "Lena (copy)"))
    run(until(lambda: page.undo.sentence == "Lena (copy) is yours."))
    QTest.keyClick(page.cards, Qt.Key.Key_Delete)
    run(until(lambda: page.undo.sentence == "Lena (copy) was deleted."))
    assert "Lena (copy)" not in names(page)
    page.undo.undo.click()
    run(until(lambda: "Lena (copy)" in names(page)))
    run(until(lambda: page.undo.sentence == "Lena (copy) is back."))


def test_a_bundled_persona_is_not_deleted_but_says_why(page: PersonasPage) -> None:
    page.choose("ada")
    page.cards.setFocus()
    QTest.keyClick(page.cards, Qt.Key.Key_Delete)
    assert "cannot be deleted" in page.undo.sentence
    page.details.menu.aboutToShow.emit()
    acts = {act.text(): act.isEnabled() for act in page.details.menu.actions()}
    assert acts["Delete (not yours: bundled)"] is False
    assert acts["Edit a copy…"] is True


def test_try_and_use_name_the_persona(page: PersonasPage) -> None:
    used: list[str] = []
    tried: list[Persona] = []
    page.used.connect(used.append)
    page.tried.connect(tried.append)
    page.choose("marco")
    page.details.use.click()
    page.details.try_it.click()
    assert used == ["marco"]
    assert [one.key for one in tried] == ["marco"]


def test_a_list_in_the_prompt_stays_a_list() -> None:
    prompt = "How you work:\n\n- Ask one  question.\n- Then <b>wait</b>."
    shown = details_html(Persona("ada", "Ada", prompt), "#667085")
    assert ">- Ask one question.<br>- Then &lt;b&gt;wait&lt;/b&gt;.<" in shown


def test_an_empty_library_says_the_next_step(page: PersonasPage, library: Library) -> None:
    page._shared.set_personas(())
    library.shelf.library._broken = ()
    page.load()
    assert page._empty.isVisible()
    assert "New persona" in page._empty.words


# -- many ---------------------------------------------------------------------------------------


class CountingCards(PersonaCards):
    asked = 0

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        self.asked += role == PERSONA_ROLE
        return super().data(index, role)


def test_two_thousand_personas_cost_what_is_in_sight(look: Look) -> None:
    voices: list[str] = []

    def voice_of(persona: Persona) -> VoiceLine:
        voices.append(persona.key)
        return VoiceLine("eSpeak NG")

    model = CountingCards(voice_of, lambda persona: False)
    many = [
        Persona(f"p{n}", f"Persona {n}", "You help.", metadata={"tags": "work"})
        for n in range(2000)
    ]
    view = CardView(look)
    view.setModel(model)
    view.resize(860, 640)
    view.show()
    model.set_library(many)
    view.grab()
    assert 0 < len(voices) <= 24
    assert model.asked <= 80
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    view.grab()
    assert len(voices) <= 60
    assert view.indexAt(QPoint(40, 40)).row() > 800
    model.set_filter(CardFilter(words="1999"))
    assert model.rowCount() == 1
    view.hide()
    view.deleteLater()


def test_rows_stay_where_one_persona_changes(look: Look) -> None:
    model = PersonaCards(lambda persona: VoiceLine(""), lambda persona: True)
    ada, bea = Persona("ada", "Ada"), Persona("bea", "Bea")
    model.set_library([ada, bea])
    resets: list[int] = []
    changes: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    model.dataChanged.connect(lambda top, *_: changes.append(top.row()))
    model.set_library([ada, replace(bea, prompt="You are new.")])
    assert (resets, changes) == ([], [1])
    assert model.index(1).data(BROKEN_ROLE) is None


# -- voices on cards ----------------------------------------------------------------------------


def test_a_voice_that_is_gone_is_flagged(
    page: PersonasPage, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Problem(Stage.SPEAK, Reason.NOT_FOUND, "Lena's voice is gone.", "Choose another.")

    def voice_problem(persona: Persona, plan: Any) -> Problem | None:
        return gone if persona.key == "lena" else None

    monkeypatch.setattr(library.studio, "voice_problem", voice_problem)
    page.model.forget_voices()
    page.choose("lena")
    page._on_current()
    assert "Lena's voice is gone." in page.details.trouble.words
    assert "gone" in page.model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    page.choose("ada")
    assert not page.details.trouble.isVisible()


# -- pictures -----------------------------------------------------------------------------------


def test_a_picture_is_cropped_saved_and_taken_back(
    page: PersonasPage, library: Library, run: Run
) -> None:
    page.choose("lena")

    async def script() -> None:
        page.details.asked.emit(PICTURE)
        opened: PictureDialog = await dialog(PictureDialog)
        assert not opened.use.isEnabled()
        opened.take_file(FACES / "face.jpg")
        await until(opened.use.isEnabled)
        opened.crop.setFocus()
        QTest.keyClick(opened.crop, Qt.Key.Key_Plus)
        QTest.keyClick(opened.crop, Qt.Key.Key_Left)
        box = opened.crop.box()
        assert box is not None
        assert box.width == box.height
        assert opened.zoom.value() == 115
        opened.use.click()
        await until(lambda: page.undo.sentence == "Lena has a new picture.")

    run(script())
    lena = library.shelf.get("lena")
    assert lena.picture is not None
    assert lena.image == lena.picture.name
    run(until(lambda: page._face.look.portraits.get("lena", 60) is not None))
    page.undo.undo.click()
    run(until(lambda: library.shelf.get("lena").picture is None))


def test_a_damaged_picture_is_refused_in_place(
    page: PersonasPage, run: Run, tmp_path: Path
) -> None:
    bad = tmp_path / "face.png"
    bad.write_bytes((FACES / "face.png").read_bytes()[:80])
    page.choose("lena")

    async def script() -> None:
        page.details.asked.emit(PICTURE)
        opened: PictureDialog = await dialog(PictureDialog)
        opened.take_file(bad)
        await until(lambda: opened.trouble.isVisible())
        assert "damaged" in opened.trouble.words
        assert not opened.use.isEnabled()
        opened.take_file(tmp_path / "nothing.png")
        await until(lambda: "nothing.png" in opened.trouble.words)
        opened.reject()

    run(script())


def test_without_a_service_drawing_says_how_to_get_one(page: PersonasPage, run: Run) -> None:
    page.choose("lena")

    async def script() -> None:
        page.details.asked.emit(PICTURE)
        opened: PictureDialog = await dialog(PictureDialog)
        assert not opened.draw.isEnabled()
        assert "REPLICATE_API_TOKEN" in opened.no_service.text()
        opened.reject()

    run(script())


# -- voices -------------------------------------------------------------------------------------


def test_an_offline_voice_is_searched_matched_and_chosen(
    page: PersonasPage, library: Library, run: Run
) -> None:
    page.choose("lena")

    async def script() -> None:
        page.details.asked.emit(VOICE)
        opened: VoiceDialog = await dialog(VoiceDialog)
        opened.service.setCurrentIndex(opened.service.findData("espeak"))
        opened.service.activated.emit(opened.service.currentIndex())
        await until(lambda: opened.model.total > 50)
        assert opened.language.currentData() == "de"
        assert opened.text.text() == "Hello, I am Lena."
        shown = opened.model.rowCount()
        opened.gender.setCurrentIndex(opened.gender.findData("FEMALE"))
        opened.gender.activated.emit(1)
        assert 0 < opened.model.rowCount() < shown
        QTest.keyClicks(opened.words, "qqq")
        opened._search()
        assert "No voice matches" in opened._empty.words
        assert not opened.choose.isEnabled()
        opened.match.click()
        await until(lambda: "The ranking chose" in opened.note.text())
        assert opened.voice is not None
        assert opened.voice.gender == "FEMALE"
        opened.choose.click()
        await until(lambda: "speaks with" in page.undo.sentence)

    run(script())
    lena = library.shelf.get("lena")
    assert lena.voice_for("espeak")
    page.undo.undo.click()
    run(until(lambda: not library.shelf.get("lena").voice_for("espeak")))


def test_a_voice_of_another_language_is_told_before_it_is_chosen(
    page: PersonasPage, run: Run
) -> None:
    page.choose("lena")

    async def script() -> None:
        page.details.asked.emit(VOICE)
        opened: VoiceDialog = await dialog(VoiceDialog)
        opened.service.setCurrentIndex(opened.service.findData("espeak"))
        opened.service.activated.emit(opened.service.currentIndex())
        await until(lambda: opened.model.total > 50)
        opened.language.setCurrentIndex(opened.language.findData("fr"))
        opened.language.activated.emit(1)
        assert "made for French, and Lena speaks German" in opened.note.text()
        opened.reject()

    run(script())


def test_without_a_key_the_list_says_why_it_is_empty(page: PersonasPage, run: Run) -> None:
    page.choose("lena")

    async def script() -> None:
        page.details.asked.emit(VOICE)
        opened: VoiceDialog = await dialog(VoiceDialog)
        opened.service.setCurrentIndex(opened.service.findData("cartesia"))
        opened.service.activated.emit(opened.service.currentIndex())
        await until(lambda: "CARTESIA_API_KEY" in opened.trouble.words)
        assert not opened.choose.isEnabled()
        assert "appear here" in opened._empty.words
        opened.reject()

    run(script())


def test_a_sample_is_played_or_says_why_not(page: PersonasPage, run: Run) -> None:
    page.choose("lena")
    heard: list[Any] = []

    async def script() -> None:
        page.details.asked.emit(VOICE)
        opened: VoiceDialog = await dialog(VoiceDialog)

        async def play(sample: Any) -> str:
            heard.append(sample)
            return "No speakers were found."

        opened.player.play = play  # type: ignore[method-assign]
        opened.service.setCurrentIndex(opened.service.findData("espeak"))
        opened.service.activated.emit(opened.service.currentIndex())
        await until(lambda: opened.voice is not None)
        opened.hear.click()
        await until(lambda: heard)
        await until(lambda: "No speakers" in opened.note.text())
        opened.reject()

    run(script())
    assert heard[0].seconds > 0.3


# -- import and export --------------------------------------------------------------------------


def drop(page: PersonasPage, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(90, 90), Qt.DropAction.CopyAction, data, left, none)
    page.dragEnterEvent(enter)
    assert enter.isAccepted()
    assert page._drop.isVisible()
    page.dropEvent(QDropEvent(QPointF(90, 90), Qt.DropAction.CopyAction, data, left, none))
    assert not page._drop.isVisible()


def test_what_is_dropped_is_looked_at_first_and_then_written(
    page: PersonasPage, library: Library, run: Run, tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    write(pack, "zoe", "Zoe", "coach", "fr")
    write(pack, "uta", "Uta the second", "referee", "de")

    async def script() -> None:
        drop(page, pack)
        opened: ImportDialog = await dialog(ImportDialog)
        await until(lambda: opened.model.rowCount() == 2)
        assert not (library.user / "zoe").exists()
        words = [opened.model.index(n).data(Qt.ItemDataRole.UserRole + 2) for n in range(2)]
        assert sorted(words) == ["new", "overwrites README.md of yours"]
        assert "1 new persona and 1 of yours changed" in opened.told.text()
        assert opened.go.text() == "Import 2 personas"
        place = next(n for n, one in enumerate(opened.model.rows) if one.key == "uta")
        opened.list.setCurrentIndex(opened.model.index(place))
        opened.key.setFocus()
        opened.key.selectAll()
        QTest.keyClicks(opened.key, "Not a key!")
        opened._timer.timeout.emit()
        await until(lambda: "cannot be a persona's key" in opened.key_field.note)
        assert not opened.go.isEnabled()
        opened.key.clear()
        QTest.keyClicks(opened.key, "uta_two")
        opened._timer.timeout.emit()
        await until(lambda: opened.model.rows[place].key == "uta_two")
        assert "2 new personas" in opened.told.text()
        opened.go.click()
        await until(lambda: page.undo.sentence == "2 personas imported.")

    run(script())
    assert library.shelf.get("uta").name == "Uta"
    assert library.shelf.get("uta_two").name == "Uta the second"
    assert "Zoe" in names(page)


def test_a_persona_can_be_left_out_and_nothing_bad_is_taken(
    page: PersonasPage, library: Library, run: Run, tmp_path: Path
) -> None:
    pack = tmp_path / "two.zip"
    with zipfile.ZipFile(pack, "w") as archive:
        for key, name in (("zoe", "Zoe"), ("yva", "Yva")):
            text = README.format(name=name, role="coach", language="fr", tags="")
            archive.writestr(f"{key}/README.md", text)
    bad = tmp_path / "notes.bin"
    bad.write_bytes(b"\0\1\2")

    async def script() -> None:
        drop(page, pack, bad)
        opened: ImportDialog = await dialog(ImportDialog)
        await until(lambda: opened.model.rowCount() == 2)
        assert "notes.bin is nothing a persona could be read from." in opened.trouble.words
        opened.list.setFocus()
        QTest.keyClick(opened.list, Qt.Key.Key_Space)
        assert opened.go.text() == "Import 1 persona"
        opened.go.click()
        await until(lambda: page.undo.sentence == "1 persona imported.")

    run(script())
    there = {one.key for one in library.shelf.all()}
    assert len(there & {"zoe", "yva"}) == 1


@pytest.mark.parametrize("ending", [".zip", ".json", ".png", ".charx"])
def test_export_asks_where_and_writes_a_form_that_comes_back(
    page: PersonasPage, library: Library, run: Run, tmp_path: Path, ending: str
) -> None:
    page.choose("lena")
    titles = {
        ".zip": "Zip file…",
        ".json": "Character card (JSON)…",
        ".png": "Character card with picture (PNG)…",
        ".charx": "Character card archive (CHARX)…",
    }

    async def script() -> None:
        page.details.menu.aboutToShow.emit()
        sub = next(a for a in page.details.menu.actions() if a.text() == "Export as")
        menu = cast(QMenu, sub.menu())
        next(a for a in menu.actions() if a.text() == titles[ending]).trigger()
        opened: QFileDialog = await dialog(QFileDialog)
        line = opened.findChild(QLineEdit)
        assert line is not None
        line.setText(str(tmp_path / "given"))
        QTest.keyClick(line, Qt.Key.Key_Return)
        await until(lambda: "was written to" in page.undo.sentence)

    run(script())
    path = tmp_path / f"given{ending}"
    plan = run(page._face.desk.sharing.plan_import(path))
    assert [one.name for one in plan.personas] == ["Lena"]


# -- drafts -------------------------------------------------------------------------------------


def test_without_a_language_model_the_draft_says_how_to_set_one(
    page: PersonasPage, run: Run
) -> None:
    async def script() -> None:
        page.filters.describe_asked.emit()
        opened: DraftDialog = await dialog(DraftDialog)
        assert not opened.go.isEnabled()
        QTest.keyClicks(opened.sentence, "A calm guide.")
        opened.go.click()
        await until(lambda: opened.trouble.isVisible())
        assert "OPENAI_API_KEY" in opened.trouble.words
        assert opened.go.isEnabled()
        assert not opened.is_reviewing
        opened.reject()

    run(script())


def test_a_draft_is_looked_over_before_it_opens_in_the_editor(
    page: PersonasPage, library: Library, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from speakdesk.domain.persona_draft import PersonaDraft

    asked: list[str] = []
    edited: list[tuple[Persona, bool]] = []

    async def draft(sentence: str) -> PersonaDraft:
        asked.append(sentence)
        return PersonaDraft(
            sentence,
            "nora",
            "Nora",
            "You are Nora. You welcome new nurses.",
            role="onboarding buddy",
            greeting="Hallo!",
            characteristics=("patient", "exact"),
            gender="FEMALE",
            language="de",
            tags=("nursing",),
        )

    monkeypatch.setattr(library.studio, "draft", draft)
    page.deeds.edit_asked.disconnect(page.edit)
    page.deeds.edit_asked.connect(lambda persona, is_new: edited.append((persona, is_new)))

    async def script() -> None:
        page.filters.describe_asked.emit()
        opened: DraftDialog = await dialog(DraftDialog)
        QTest.keyClicks(opened.sentence, "A patient buddy for new nurses.")
        opened.go.click()
        await until(lambda: opened.is_reviewing)
        assert opened.lines["greeting"].text() == "Hallo!"
        assert opened.texts["characteristics"].toPlainText() == "patient\nexact"
        opened.lines["name"].setText("Lena")
        opened._ticks["greeting"].setChecked(False)
        opened.go.click()
        await until(lambda: edited)

    run(script())
    assert asked == ["A patient buddy for new nurses."]
    [(persona, is_new)] = edited
    assert is_new
    assert (persona.name, persona.key) == ("Lena", "lena_2")
    assert persona.greeting == ""
    assert persona.characteristics == ("patient", "exact")
    assert persona.language == "de"
    assert "lena_2" not in {one.key for one in library.shelf.all()}


# -- painting -----------------------------------------------------------------------------------


def test_cards_are_painted_in_both_themes(page: PersonasPage, look: Look) -> None:
    pictures = []
    for theme in ("light", "dark"):
        look.choose(theme)
        pictures.append(page.grab().toImage())
    look.choose("light")
    assert pictures[0] != pictures[1]


# -- vendors, at the wire -----------------------------------------------------------------------


def test_drawing_shows_progress_and_stops_at_the_vendor(
    page: PersonasPage, library: Library, run: Run
) -> None:
    page.choose("lena")

    async def script() -> None:
        endless = deque([("starting", ""), ("processing", "")])
        async with ReplicateStandIn(image=(FACES / "face.png").read_bytes()) as replicate:
            usual, replicate.course = replicate.course, endless
            library.keys |= {"REPLICATE_API_TOKEN": "r8_key", "REPLICATE_URL": replicate.base_url}
            page.details.asked.emit(PICTURE)
            opened: PictureDialog = await dialog(PictureDialog)
            assert opened.service.currentText() == "Replicate"
            opened.description.setPlainText("A lighthouse keeper")
            opened.draw.click()
            await until(lambda: len(replicate.requests) > 1)
            assert "Replicate" in opened.progress.text()
            assert opened.bar.isVisible()
            assert opened.draw.text() == "Stop"
            opened.draw.click()
            await until(lambda: replicate.cancelled)
            assert opened.progress.text() == "Drawing was stopped."
            replicate.course = usual
            opened.draw.click()
            await until(opened.use.isEnabled)
            assert "lighthouse" in replicate.requests[0].body["input"]["prompt"]
            replicate.fault = Fault.QUOTA
            opened.draw.click()
            await until(lambda: opened.trouble.isVisible())
            assert "insufficient credit" in opened.trouble.words
            await until(opened.use.isEnabled)
            opened.reject()
            await until(lambda: not page._face.tasks.is_running("choose a picture"))

    run(script())


def test_cartesias_voices_are_listed_heard_and_kept(
    page: PersonasPage, library: Library, run: Run
) -> None:
    page.choose("lena")
    heard: list[Any] = []

    async def play(sample: Any) -> str:
        heard.append(sample)
        return ""

    async def script() -> None:
        async with CartesiaStandIn(voices=list(CARTESIA)) as cartesia:
            library.keys |= {"CARTESIA_API_KEY": "ck", "CARTESIA_URL": cartesia.tts_url}
            page.details.asked.emit(VOICE)
            opened: VoiceDialog = await dialog(VoiceDialog)
            opened.player.play = play  # type: ignore[method-assign]
            opened.service.setCurrentIndex(opened.service.findData("cartesia"))
            opened.service.activated.emit(0)
            await until(lambda: opened.model.total == 3)
            assert opened.status.text().startswith("3 voices, fetched")
            assert opened.model.rowCount() == 2
            opened.match.click()
            await until(lambda: "The ranking chose Uta" in opened.note.text())
            opened.hear.click()
            await until(lambda: heard)
            assert cartesia.texts == ["Hello, I am Lena."]
            cartesia.fault = Fault.SERVER_ERROR
            opened.again.click()
            await until(lambda: opened.trouble.isVisible())
            assert "kept since" in opened.status.text()
            assert opened.model.rowCount() == 2
            opened.choose.click()
            await until(lambda: page.undo.sentence == "Lena speaks with Uta now.")

    run(script())
    assert library.shelf.get("lena").voice_for("cartesia") == "v-uta"


# -- the editor ---------------------------------------------------------------------------------


def test_enter_edits_and_a_saved_copy_is_chosen_afterwards(
    page: PersonasPage, library: Library, run: Run
) -> None:
    page.choose("ada")
    page.cards.setFocus()
    QTest.keyClick(page.cards, Qt.Key.Key_Return)
    editor = page.editor
    assert editor is not None
    assert page.stack.currentIndex() == 1
    editor.saved.emit("uta")
    editor.closed.emit()
    assert page.stack.currentIndex() == 0
    assert page.persona is not None
    assert page.persona.key == "uta"
    run(until(lambda: not page._face.tasks._running))


def test_the_details_have_no_heading_without_anything_below() -> None:
    bare = Persona("bare", "Bare", prompt="Help.")
    assert "Characteristics" not in details_html(bare, "#000000")
    kind = replace(bare, characteristics=("kind",))
    assert "Characteristics" in details_html(kind, "#000000")


def test_a_greeting_that_cannot_be_heard_says_why_in_place(
    page: PersonasPage, library: Library, run: Run
) -> None:
    heard: list[Any] = []

    async def play(sample: Any) -> str:
        heard.append(sample)
        return "No speakers were found."

    page.player.play = play  # type: ignore[method-assign]
    page.choose("lena")
    page.details.play.click()
    run(until(lambda: page.undo.sentence == "No speakers were found."))
    assert heard[0].seconds > 0.3
    assert page.details.play.text() == "Play"
    page._face.desk.plan = _cartesia_plan  # type: ignore[method-assign]
    page.details.play.click()
    run(until(lambda: "CARTESIA_API_KEY" in page.undo.sentence))


def _cartesia_plan(_persona: Any, _wish: Any = None) -> SpeechPlan:
    return SpeechPlan(
        ServiceChoice(Role.STT, "sphinx"),
        ServiceChoice(Role.LLM, "notes"),
        ServiceChoice(Role.TTS, "cartesia", voice="v-uta"),
    )


def test_a_deleted_persona_is_brought_back_from_the_menu(
    page: PersonasPage, library: Library, run: Run
) -> None:
    run(library.shelf.delete("uta"))
    assert "Uta" not in names(page)

    async def script() -> None:
        page.filters.deleted_asked.emit()
        menu: QMenu = await dialog(QMenu)
        [act] = menu.actions()
        assert act.text().startswith("Uta (uta), ")
        act.trigger()
        menu.close()
        await until(lambda: page.undo.sentence == "Uta is back.")

    run(script())
    assert page.persona is not None
    assert page.persona.key == "uta"


def test_deleting_ones_copy_of_a_bundled_persona_brings_that_back(
    page: PersonasPage, library: Library, run: Run
) -> None:
    ada = library.shelf.get("ada")
    run(library.shelf.save(replace(ada, prompt="Mine."), ada))
    page.choose("ada")
    page.cards.setFocus()
    QTest.keyClick(page.cards, Qt.Key.Key_Delete)
    run(until(lambda: page.undo.sentence.startswith("Your copy of Ada was deleted")))
    assert library.shelf.get("ada").is_bundled


def test_what_a_stranger_wrote_is_shown_as_text_and_not_without_end(
    page: PersonasPage, library: Library, run: Run
) -> None:
    readme = library.user / "uta" / "README.md"
    bad = "<img src=http://evil.example/x.png> <script>alert(1)</script> " + "long " * 4000
    readme.write_text(f"# Uta\n\n{bad}\n", encoding="utf-8")
    run(library.shelf.reload())
    page.choose("uta")
    shown = page.details.body.toPlainText()
    assert "<script>alert(1)</script>" in shown
    assert shown.endswith("The editor shows all of it.")
    assert len(shown) < 7000
