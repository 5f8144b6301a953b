"""One persona being edited: one undo for form and file, and nobody's text lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from speakdesk.app.personas.editing import EditState, Meeting, PersonaEdit, key_problem
from speakdesk.app.personas.knowledge import knowledge_name, read_knowledge
from speakdesk.app.personas.preview import (
    harmless_html,
    knowledge_count,
    prompt_count,
    told_to_model,
)
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.domain.persona_issues import PersonaConflict
from speakdesk.domain.picture import PNG, Picture

ADA = (
    "\ufeff# Ada\r\n\r\nYou are Ada.\u00a0Listen first.\r\n\r\n<!-- mine -->\n"
    "## Notes to self\r\n\r\nkeep  this\r\n\r\n## Metadata\r\n\r\n- role: interviewer\r\n"
    "- my_own_key:   as it is\r\n"
)


async def no_picture(persona: Persona, picture: Picture) -> Persona:
    raise AssertionError("no picture was chosen")


@pytest.fixture
async def shelf(tmp_path: Path) -> PersonaShelf:
    bundled = tmp_path / "bundled" / "guide"
    bundled.mkdir(parents=True)
    (bundled / "README.md").write_text("# Guide\n\nYou are a guide.\n", encoding="utf-8")
    (bundled / "guide.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (bundled / "Facts.md").write_text("Water is wet.\n", encoding="utf-8")
    ada = tmp_path / "own" / "ada"
    ada.mkdir(parents=True)
    (ada / "README.md").write_bytes(ADA.encode())
    made = PersonaShelf(bundled.parent, tmp_path / "own", tmp_path / "state")
    await made.open()
    return made


def readme(shelf: PersonaShelf, key: str) -> str:
    return (shelf.user / key / "README.md").read_bytes().decode()


def write_outside(shelf: PersonaShelf, key: str, text: str) -> None:
    (shelf.user / key / "README.md").write_bytes(text.encode())


def test_a_field_changes_its_own_bytes_and_no_others(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))

    edit.set_value("role", "listener")
    edit.set_prompt("You are Ada.\nAsk back.")

    assert edit.state.source == ADA.replace("interviewer", "listener").replace(
        "You are Ada.\u00a0Listen first.\r\n\r\n<!-- mine -->\n",
        "You are Ada.\r\nAsk back.\r\n\r\n",
    )
    assert edit.persona.role == "listener"
    assert edit.is_dirty


def test_typing_at_one_place_is_one_step_and_undo_goes_through_both_views(
    shelf: PersonaShelf,
) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    for text in ("A", "Ad", "Ada L"):
        edit.set_name(text)
    edit.set_source(edit.state.source + "\n")
    edit.set_knowledge("knowledge:New.md", (Knowledge("New.md", "x"),))

    assert edit.undo() == "knowledge:New.md"
    assert edit.state.knowledge == ()
    assert edit.undo() == "source"
    assert edit.persona.name == "Ada L"
    assert edit.undo() == "name"
    assert edit.state.source == ADA
    assert not edit.is_dirty
    assert edit.undo() == ""

    assert edit.redo() == "name"
    assert edit.persona.name == "Ada L"
    edit.set_value("role", "x")
    assert not edit.can_redo


def test_a_pause_or_a_long_piece_begins_a_new_step(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_prompt("One")
    edit.end_run()
    edit.set_prompt("One two")
    edit.set_prompt("One two " + "word " * 50)

    edit.undo()
    assert edit.persona.prompt == "One two"
    edit.undo()
    assert edit.persona.prompt == "One"


def test_what_would_not_read_back_is_refused_and_changes_nothing(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))

    with pytest.raises(PersonaError):
        edit.set_values({"Bad Key": "x"}, "role")

    assert edit.state.source == ADA
    assert not edit.can_undo


def test_an_empty_value_of_a_key_that_is_not_there_writes_nothing(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_value("greeting", "")
    assert not edit.is_dirty
    edit.set_value("role", "")
    assert "- role:\r\n" in edit.state.source


def test_a_title_that_is_taken_away_stays_away(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_source("You are somebody.\n")

    assert edit.persona.name == "Ada"
    assert EditState.of(edit.persona).source == "You are somebody.\n"


def test_the_order_of_knowledge_is_written_where_names_do_not_tell_it(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    one, two = Knowledge("A.md", "a"), Knowledge("B.md", "b")
    edit.set_knowledge("knowledge", (one, two))
    assert "knowledge_order" not in edit.state.source

    edit.set_knowledge("knowledge", (two, one))
    assert edit.persona.knowledge == (two, one)
    assert edit.persona.meta("knowledge_order") == "B.md, A.md"

    edit.set_knowledge("knowledge", (one, two))
    assert edit.persona.knowledge == (one, two)
    assert "knowledge_order" not in edit.state.source


async def test_saved_ones_own_is_written_in_place(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_value("role", "listener")
    await shelf.keep_draft(edit.persona, edit.base)

    saved = await edit.save(shelf, no_picture)

    assert saved.role == "listener"
    assert readme(shelf, "ada") == ADA.replace("interviewer", "listener")
    assert not edit.is_dirty
    assert await shelf.draft("ada") is None
    assert edit.undo() == "role"
    assert edit.is_dirty


async def test_a_bundled_one_becomes_a_copy_with_its_pictures(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("guide"))
    edit.set_name("My guide")
    edit.set_key("my_guide")

    saved = await edit.save(shelf, no_picture)

    assert (saved.key, saved.name, shelf.is_own(saved)) == ("my_guide", "My guide", True)
    assert saved.picture is not None
    assert [k.name for k in saved.knowledge] == ["Facts.md"]
    assert shelf.get("guide").name == "Guide"
    assert not edit.is_dirty


async def test_another_key_moves_the_folder_and_a_taken_one_is_refused(
    shelf: PersonaShelf,
) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_value("role", "listener")
    edit.set_key("guide")
    assert "already" in key_problem(shelf, "guide", edit.base)
    with pytest.raises(PersonaError, match="already"):
        await edit.save(shelf, no_picture)
    assert readme(shelf, "ada") == ADA

    edit.set_key("ada_two")
    assert key_problem(shelf, "ada_two", edit.base) == ""
    saved = await edit.save(shelf, no_picture)

    assert saved.key == "ada_two"
    assert not (shelf.user / "ada").exists()
    assert "listener" in readme(shelf, "ada_two")
    assert not edit.is_dirty


async def test_a_new_one_is_made_once_and_then_edited_in_place(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.blank("Sales coach"), is_new=True)
    assert edit.is_new
    assert not edit.is_dirty
    edit.set_prompt("You are a coach.")
    assert edit.is_dirty

    await edit.save(shelf, no_picture)
    edit.set_value("role", "coach")
    saved = await edit.save(shelf, no_picture)

    assert saved.key == "sales_coach"
    assert saved.role == "coach"


def test_the_key_of_a_new_one_follows_its_name_until_it_is_chosen(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.blank(), is_new=True, key_for=shelf.free_key)
    edit.set_name("Sales Coach")
    assert edit.state.key == "sales_coach"
    edit.set_name("Ada")
    assert edit.state.key == "ada_2"
    edit.set_key("my_own")
    edit.set_name("Somebody")
    assert edit.state.key == "my_own"


async def test_changes_from_outside_are_followed_joined_or_shown(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    assert edit.meet(shelf.get("ada")) is Meeting.SAME

    write_outside(shelf, "ada", ADA.replace("interviewer", "host"))
    await shelf.reload()
    assert edit.meet(shelf.get("ada")) is Meeting.FOLLOWED
    assert edit.persona.role == "host"
    assert not edit.is_dirty

    edit.set_knowledge("knowledge:Mine.md", (Knowledge("Mine.md", "mine"),))
    write_outside(shelf, "ada", ADA.replace("interviewer", "chair"))
    await shelf.reload()
    assert edit.meet(shelf.get("ada")) is Meeting.JOINED
    assert edit.persona.role == "chair"
    assert [k.name for k in edit.persona.knowledge] == ["Mine.md"]

    edit.set_value("role", "mine")
    write_outside(shelf, "ada", ADA.replace("interviewer", "theirs"))
    await shelf.reload()
    assert edit.meet(shelf.get("ada")) is Meeting.CONFLICT
    assert edit.conflict is not None
    assert edit.persona.role == "mine"
    assert edit.conflict.theirs is not None
    assert edit.conflict.theirs.role == "theirs"


async def test_a_conflict_is_settled_by_the_person(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_value("role", "mine")
    write_outside(shelf, "ada", ADA.replace("interviewer", "theirs"))
    await shelf.reload()

    with pytest.raises(PersonaConflict):
        await edit.save(shelf, no_picture)
    assert "theirs" in readme(shelf, "ada")

    edit.take_theirs()
    assert edit.persona.role == "theirs"
    assert not edit.is_dirty
    edit.undo()
    assert edit.persona.role == "mine"

    assert edit.meet(shelf.get("ada")) is Meeting.SAME
    await edit.save(shelf, no_picture)
    assert readme(shelf, "ada") == ADA.replace("interviewer", "mine")


async def test_keep_mine_replaces_what_lies_on_disk(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_value("role", "mine")
    write_outside(shelf, "ada", ADA.replace("interviewer", "theirs"))
    await shelf.reload()
    assert edit.meet(shelf.get("ada")) is Meeting.CONFLICT

    edit.keep_mine()
    await edit.save(shelf, no_picture)

    assert readme(shelf, "ada") == ADA.replace("interviewer", "mine")


async def test_a_persona_that_was_deleted_can_be_brought_back(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_value("role", "mine")
    await shelf.delete("ada")

    assert edit.meet(None) is Meeting.CONFLICT
    edit.keep_mine()
    saved = await edit.save(shelf, no_picture)

    assert saved.role == "mine"
    assert (shelf.user / "ada" / "README.md").exists()


async def test_a_draft_goes_on_and_a_stale_one_is_a_conflict(shelf: PersonaShelf) -> None:
    first = PersonaEdit(shelf.get("ada"))
    first.set_value("role", "typed")
    draft = await shelf.keep_draft(first.persona, first.base)

    again = PersonaEdit(shelf.get("ada"))
    again.restore(draft, is_stale=shelf.is_stale(draft))
    assert again.persona.role == "typed"
    assert again.conflict is None
    assert again.is_dirty

    write_outside(shelf, "ada", ADA.replace("interviewer", "theirs"))
    await shelf.reload()
    later = PersonaEdit(shelf.get("ada"))
    later.restore(draft, is_stale=shelf.is_stale(draft))
    assert later.conflict is not None


async def test_what_is_typed_while_a_save_runs_stays_unsaved(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_value("role", "saved")
    picture = Picture(b"png", PNG, 1, 1)
    edit.set_picture(picture)

    async def attach(persona: Persona, given: Picture) -> Persona:
        assert given is picture
        edit.set_value("role", "typed meanwhile")
        return persona

    await edit.save(shelf, attach)

    assert "saved" in readme(shelf, "ada")
    assert edit.persona.role == "typed meanwhile"
    assert edit.state.picture is None
    assert edit.is_dirty


async def test_an_older_save_comes_back_as_one_step(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_value("role", "second")
    await edit.save(shelf, no_picture)
    oldest = (await shelf.versions("ada"))[-1]

    edit.become("restore", await shelf.old("ada", oldest.id))

    assert edit.state.source == ADA
    assert "+- role: interviewer" in edit.difference()
    edit.undo()
    assert edit.persona.role == "second"


def test_undo_forgets_the_oldest_and_stays_bounded(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    for number in range(500):
        edit.end_run()
        edit.set_value("role", f"role {number}")

    steps = 0
    while edit.undo():
        steps += 1
    assert steps == 400


async def test_knowledge_is_taken_in_as_text_or_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes("Prix : 5\u00a0€\r\n".encode())
    (tmp_path / "binary.md").write_bytes(b"\0\1\2")
    (tmp_path / "page.html").write_text("x", encoding="utf-8")

    taken = await read_knowledge(tmp_path / "notes.txt")
    assert taken == Knowledge("notes.md", "Prix : 5\u00a0€\r\n")
    for name, words in (
        ("binary.md", "is no text"),
        ("page.html", "no .md or .txt"),
        ("gone.md", "cannot be read"),
    ):
        with pytest.raises(PersonaError, match=words):
            await read_knowledge(tmp_path / name)
    assert knowledge_name("Price list") == "Price list.md"
    for name in ("../up", "README.md", ""):
        with pytest.raises(PersonaError):
            knowledge_name(name)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("<script>alert(1)</script>x", "<script"),
        ("![p](https://evil.example/p.png)", "<img"),
        ('<img src="file:///etc/passwd">', "<img"),
        ("[a](javascript:alert(1))", "javascript"),
        ("[a](file:///etc/passwd)", "file:"),
        ('<p style="background:url(http://x)">x</p>', "<p style"),
        ("x <iframe src=https://x></iframe>", "<iframe"),
        ("<table><tr><td>x", "<table"),
        ("|a|b|\n|-|-|\n|c|d|", "<table"),
        ("<b onclick=x>b</b>", "<b"),
    ],
)
def test_nothing_in_a_preview_is_fetched_or_runs(text: str, gone: str) -> None:
    assert gone not in harmless_html(text)


def test_a_preview_survives_what_markdown_does_not() -> None:
    assert "<h1>Ada</h1>" in harmless_html("# Ada")
    assert harmless_html(">" * 20_000)
    assert "&lt;b&gt;5&lt;/b&gt;" in harmless_html("a <b>5</b>")
    assert "<code>" in harmless_html("```\n<b>\n```")
    assert len(harmless_html("word " * 100_000)) < 30_000
    assert harmless_html("![" * 10_000).count("[") == 10_000


async def test_the_model_is_told_what_is_typed(shelf: PersonaShelf) -> None:
    edit = PersonaEdit(shelf.get("ada"))
    edit.set_prompt("You are the unsaved one.")
    told = await told_to_model(edit.persona, has_tools=True)
    assert "You are the unsaved one." in told
    assert "Use your tools" in told


def test_counts_say_what_is_left_out(shelf: PersonaShelf) -> None:
    ada = shelf.get("ada")
    assert "of the 4,000 tokens" in prompt_count(ada)
    long = replace(ada, prompt="x" * 16_500, knowledge=(Knowledge("A.md", "y" * 25_000),))
    assert "the last 500 letters are left out" in prompt_count(long)
    assert "shortened by 1,000 letters" in knowledge_count(long)
