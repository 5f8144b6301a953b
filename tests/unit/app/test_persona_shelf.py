"""The library as the faces use it: watched, with drafts, versions, trash, and sharing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from speakdesk.app.personas.sharing import FileAction, Form, PersonaSharing
from speakdesk.app.personas.shelf import NEW, PersonaConflict, PersonaShelf
from speakdesk.domain.errors import PersonaError
from speakdesk.domain.events import Event, Notice, PersonaChanged
from speakdesk.domain.persona import Knowledge
from speakdesk.store.paths import shipped

PICTURES = Path(__file__).parents[2] / "fixtures" / "pictures"


class Scene:
    """A shelf, and what it tells."""

    def __init__(self, root: Path) -> None:
        self.events: list[Event] = []
        self.told = asyncio.Event()
        self.shelf = PersonaShelf(
            shipped("personas"), root / "user", root / "state", self._on_event, look_every_s=0.01
        )

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        self.told.set()

    def changed(self) -> list[str]:
        keys = [e.persona for e in self.events if isinstance(e, PersonaChanged)]
        self.events.clear()
        return keys

    async def until_told(self) -> None:
        self.told.clear()
        await asyncio.wait_for(self.told.wait(), 20)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path)
    await made.shelf.open()
    yield made
    await made.shelf.close()


async def test_editing_a_bundled_one_makes_ones_own_copy(scene: Scene) -> None:
    shelf = scene.shelf
    base = shelf.get("interviewer")
    assert not shelf.is_own(base)
    saved = await shelf.save(replace(base, prompt="Mine."), base)
    assert shelf.is_own(saved)
    assert saved.knowledge == base.knowledge
    assert scene.changed() == ["interviewer"]
    await shelf.delete("interviewer")
    assert shelf.get("interviewer").is_bundled


async def test_what_others_change_on_disk_is_noticed(scene: Scene) -> None:
    shelf = scene.shelf
    await shelf.new("Ada")
    scene.changed()
    shelf.watch()
    shelf.watch()
    (shelf.user / "ada" / "README.md").write_text("# Ada\n\nFrom outside.\n")
    await scene.until_told()
    assert scene.changed() == ["ada"]
    assert shelf.get("ada").prompt == "From outside."
    (shelf.user / "bea").mkdir()
    (shelf.user / "bea" / "README.md").write_bytes(b"\xff\xfe\xfd")
    while not any(isinstance(e, Notice) for e in scene.events):
        await scene.until_told()
    [notice] = [e for e in scene.events if isinstance(e, Notice)]
    assert "bea cannot be read" in notice.sentence
    await shelf.close()


async def test_a_picture_that_changes_is_a_change(scene: Scene) -> None:
    await scene.shelf.new("Ada")
    scene.changed()
    (scene.shelf.user / "ada" / "ada.png").write_bytes(b"\x89PNG")
    assert await scene.shelf.reload() == ("ada",)
    (scene.shelf.user / "ada" / "ada.png").write_bytes(b"\x89PNG other")
    assert await scene.shelf.reload() == ("ada",)
    assert await scene.shelf.reload() == ()


async def test_many_changes_are_told_as_one(scene: Scene) -> None:
    for number in range(30):
        folder = scene.shelf.user / f"p{number}"
        folder.mkdir(parents=True)
        (folder / "README.md").write_text("# P")
    assert len(await scene.shelf.reload()) == 30
    assert scene.changed() == [""]


async def test_a_conflict_keeps_the_draft_and_overwrites_nothing(scene: Scene) -> None:
    shelf = scene.shelf
    base = await shelf.new("Ada")
    mine = replace(base, prompt="Mine.")
    await shelf.keep_draft(mine, base)
    (shelf.user / "ada" / "README.md").write_text("# Ada\n\nTheirs.\n")
    with pytest.raises(PersonaConflict) as raised:
        await shelf.save(mine, base)
    assert raised.value.theirs is not None
    assert raised.value.theirs.prompt == "Theirs."
    draft = await shelf.draft("ada")
    assert draft is not None
    await shelf.reload()
    assert shelf.is_stale(draft)
    assert shelf.from_draft(draft).prompt == "Mine."
    await shelf.save(mine, raised.value.theirs)
    assert await shelf.draft("ada") is None
    # What was theirs is among the versions.
    sources = [(await shelf.old("ada", v.id)).prompt for v in await shelf.versions("ada")]
    assert sources[:2] == ["Mine.", "Theirs."]
    assert [v.why for v in await shelf.versions("ada")] == ["", "found on disk", "new"]


async def test_a_draft_of_a_new_persona_has_no_key_yet(scene: Scene) -> None:
    shelf = scene.shelf
    blank = replace(shelf.blank("Zoé Müller"), prompt="Help.")
    assert blank.key == "zoe_mueller"
    await shelf.keep_draft(replace(blank, knowledge=(Knowledge("A.md", "a"),)))
    draft = await shelf.draft(NEW)
    assert draft is not None
    again = shelf.from_draft(draft)
    assert (again.key, again.name, again.prompt) == ("zoe_mueller", "Zoé Müller", "Help.")
    assert again.knowledge == (Knowledge("A.md", "a"),)
    assert not shelf.is_stale(draft)
    saved = await shelf.create(again)
    assert saved.knowledge == again.knowledge
    assert await shelf.draft(NEW) is None
    with pytest.raises(PersonaError, match="already"):
        await shelf.create(again)


async def test_an_old_version_is_compared_and_brought_back(scene: Scene) -> None:
    shelf = scene.shelf
    first = await shelf.new("Ada")
    second = await shelf.save(replace(first, prompt="Second."), first)
    oldest = (await shelf.versions("ada"))[-1]
    assert "+Second." in await shelf.compare("ada", oldest.id)
    back = await shelf.save(await shelf.old("ada", oldest.id), second)
    assert back.source == first.source
    assert await shelf.compare("ada", oldest.id) == ""


async def test_a_renamed_persona_keeps_its_past(scene: Scene) -> None:
    shelf = scene.shelf
    base = await shelf.new("Ada")
    await shelf.save(replace(base, prompt="Second."), base)
    await shelf.keep_draft(replace(shelf.get("ada"), prompt="Third."), shelf.get("ada"))
    await shelf.rename("ada", "ada_lovelace")
    assert len(await shelf.versions("ada_lovelace")) == 2
    draft = await shelf.draft("ada_lovelace")
    assert draft is not None
    assert not shelf.is_stale(draft)
    assert sorted(scene.changed()[-2:]) == ["ada", "ada_lovelace"]


async def test_copies_and_the_trash(scene: Scene) -> None:
    shelf = scene.shelf
    copy = await shelf.duplicate("interviewer")
    assert (copy.key, copy.name) == ("interviewer_copy", "Ada (copy)")
    assert (await shelf.duplicate("interviewer")).key == "interviewer_copy_2"
    entry = await shelf.delete("interviewer_copy")
    assert [e.key for e in await shelf.deleted()] == ["interviewer_copy"]
    await shelf.restore(entry.id)
    assert shelf.get("interviewer_copy").name == "Ada (copy)"
    with pytest.raises(PersonaError, match="comes with SpeakDesk"):
        await shelf.delete("interviewer")


async def test_checks_tell_broken_ones_as_well(scene: Scene) -> None:
    shelf = scene.shelf
    (shelf.user / "bad").mkdir(parents=True)
    (shelf.user / "bad" / "README.md").write_bytes(b"# A\n\xff")
    base = await shelf.new("Ada")
    await shelf.save(replace(base, metadata={**base.metadata, "tts": "nobody"}), base)
    found = await shelf.check()
    assert [(i.line, i.field) for i in found["bad"]] == [(2, "file")]
    assert any(i.field == "tts" and "cartesia" in i.sentence for i in found["ada"])
    assert found["interviewer"] == ()
    assert list(await shelf.check(["bad"])) == ["bad"]
    with pytest.raises(PersonaError, match="Did you mean interviewer"):
        await shelf.check(["interviwer"])


async def test_migrating_tells_what_it_did_and_keeps_what_was(scene: Scene) -> None:
    shelf = scene.shelf
    (shelf.user / "old").mkdir(parents=True)
    readme = shelf.user / "old" / "README.md"
    readme.write_text("# Old\n\n## Metadata\n- sex: f\n")
    await shelf.reload()
    planned = await shelf.migrate(is_rehearsal=True)
    assert len(planned["old"]) == 2
    assert readme.read_text().endswith("sex: f\n")
    assert await shelf.migrate() == planned
    assert readme.read_text().endswith("- gender: FEMALE\n")
    assert await shelf.migrate(["old", "interviewer"]) == {"old": ()}
    oldest = (await shelf.versions("old"))[-1]
    assert (await shelf.old("old", oldest.id)).metadata == {"sex": "f"}


async def test_any_persona_at_random(scene: Scene, tmp_path: Path) -> None:
    chance = random.Random(7)
    assert len({scene.shelf.at_random(chance).key for _ in range(40)}) > 3
    empty = PersonaShelf(None, tmp_path / "none", tmp_path / "state")
    await empty.open()
    with pytest.raises(PersonaError, match="library is empty"):
        empty.at_random()


@pytest.mark.parametrize("form", list(Form))
async def test_a_persona_given_away_is_the_same_where_it_arrives(
    form: Form, scene: Scene, tmp_path: Path
) -> None:
    there = PersonaShelf(None, tmp_path / "there", tmp_path / "there_state")
    await there.open()
    out = tmp_path / "out"
    out.mkdir()
    path, _ = await PersonaSharing(scene.shelf).export_to("kundenservice", form, out)
    sharing = PersonaSharing(there)
    plan = await sharing.plan_import(path)
    assert there.all() == ()
    told: list[Event] = []
    there._publish = told.append
    assert await sharing.carry_out(plan) == ("kundenservice",)
    assert [e.persona for e in told if isinstance(e, PersonaChanged)] == ["kundenservice"]
    before, after = scene.shelf.get("kundenservice"), there.get("kundenservice")
    assert after.source == before.source
    assert after.knowledge == before.knowledge


@pytest.mark.parametrize("ending", ["jpg", "webp", "png"])
async def test_a_card_shows_the_picture_whatever_its_kind(
    ending: str, scene: Scene, tmp_path: Path
) -> None:
    shelf, sharing = scene.shelf, PersonaSharing(scene.shelf)
    await shelf.new("Ada")
    picture = (PICTURES / f"face.{ending}").read_bytes()
    (shelf.user / "ada" / f"ada.{ending}").write_bytes(picture)
    await shelf.reload()
    exported = await sharing.export("ada", Form.PNG)
    assert exported.notes == ()
    plan = await sharing.plan_bytes(exported.content, "ada.png", {"ada": "bea"})
    await sharing.carry_out(plan)
    there = shelf.get("bea").picture
    assert there is not None
    assert there.read_bytes().startswith(b"\x89PNG")
    assert len(there.read_bytes()) < len(exported.content)


@pytest.mark.parametrize("ending", ["jpg", "webp", "png"])
async def test_a_damaged_picture_of_any_kind_is_left_out(
    ending: str, scene: Scene, tmp_path: Path
) -> None:
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "README.md").write_text("# Ada\n\nHelp.\n")
    picture = (PICTURES / f"face.{ending}").read_bytes()
    (folder / f"whole.{ending}").write_bytes(picture)
    (folder / f"cut.{ending}").write_bytes(picture[: len(picture) // 2])
    [one] = (await PersonaSharing(scene.shelf).plan_import(folder)).personas
    actions = {f.name: f.action for f in one.files}
    assert actions[f"whole.{ending}"] is FileAction.NEW
    assert actions[f"cut.{ending}"] is FileAction.LEFT_OUT
    assert sorted(one.content) == ["README.md", f"whole.{ending}"]
