"""The studio's pictures and drafts: drawn, stored, made public, written from a sentence."""

from __future__ import annotations

import asyncio
import io
import json
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from speakdesk.app.personas.drafting import SCHEMA, read_draft
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.domain.errors import PersonaError, Reason, SpeechError
from speakdesk.domain.picture import Box, Picture
from speakdesk.domain.speech import Keys, SpeechWish
from tests.standins.base import Fault
from tests.standins.openai import OpenAIStandIn
from tests.standins.replicate import ReplicateStandIn
from tests.standins.uploadthing import UploadThingStandIn

README = "# Ada\n\nYou are Ada.\n\n## Metadata\n\n- gender: FEMALE\n- my_own: kept\n"


def png(size: tuple[int, int] = (300, 200)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (30, 90, size[0] % 256)).save(out, "PNG")
    return out.getvalue()


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


class Office:
    """A studio with its vendors and a library of one bundled and one own persona."""

    def __init__(
        self,
        home: Path,
        replicate: ReplicateStandIn,
        openai: OpenAIStandIn,
        uploads: UploadThingStandIn,
    ) -> None:
        for folder in ("bundled/ada", "personas/own"):
            (home / folder).mkdir(parents=True)
            (home / folder / "README.md").write_text(README, encoding="utf-8")
        self.replicate, self.openai, self.uploads = replicate, openai, uploads
        self.library = PersonaShelf(home / "bundled", home / "personas", home / "state")
        self.keys: dict[str, str] = {}
        self.studio = PersonaStudio(
            home / "cache",
            lambda: Keys(self.keys),
            SpeechWish,
            self.library,
            sleep=no_wait,
        )

    def use_replicate(self, name: str = "REPLICATE_API_TOKEN") -> None:
        self.keys |= {name: "r8_test_key_123456", "REPLICATE_URL": self.replicate.base_url}

    def use_openai(self) -> None:
        self.keys |= {
            "OPENAI_API_KEY": "sk-test-key-123456",
            "OPENAI_BASE_URL": self.openai.base_url,
            "LLM_MODEL": "small",
        }

    def use_uploads(self) -> None:
        self.keys |= {
            "UTFS_KEY": "sk_live_123456",
            "APP_ID": "myapp",
            "UPLOADTHING_URL": self.uploads.url,
        }


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with (
        ReplicateStandIn(image=png()) as replicate,
        OpenAIStandIn(images=deque([png((400, 400))])) as openai,
        UploadThingStandIn() as uploads,
    ):
        office = Office(tmp_path, replicate, openai, uploads)
        await office.library.open()
        yield office


# -- drawing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["REPLICATE_API_TOKEN", "REPLICATE_KEY"])
async def test_draws_with_replicate_under_either_name_of_its_key(office: Office, name: str) -> None:
    office.use_openai()
    office.use_replicate(name)
    assert office.studio.picture_services() == ("replicate", "openai")
    sentences: list[str] = []
    picture = await office.studio.draw(
        office.library.get("ada"), on_progress=lambda progress: sentences.append(progress.sentence)
    )
    assert (picture.width, picture.height) == (300, 200)
    assert sentences[0] == "Asking Replicate for a picture."
    assert "Portrait of Ada, a woman" in office.replicate.requests[0].body["input"]["prompt"]


async def test_draws_with_openai_where_only_its_key_is_there(office: Office) -> None:
    office.use_openai()
    picture = await office.studio.draw("An old sailor")
    assert picture.width == 400
    assert "An old sailor" in office.openai.requests[0].body["prompt"]


@pytest.mark.parametrize(
    ("service", "sentence"), [("", "No service that draws"), ("dall", "“dall” is no service")]
)
async def test_says_what_is_missing(office: Office, service: str, sentence: str) -> None:
    with pytest.raises(PersonaError, match=sentence):
        await office.studio.draw("An old sailor", service=service)


async def test_a_service_without_its_key_says_which(office: Office) -> None:
    with pytest.raises(PersonaError) as caught:
        await office.studio.draw("An old sailor", service="replicate")
    assert "REPLICATE_API_TOKEN" in caught.value.problem.next_step


async def test_nothing_is_drawn_from_nothing(office: Office) -> None:
    office.use_replicate()
    with pytest.raises(PersonaError, match="nothing to draw"):
        await office.studio.draw("  ")


async def test_what_is_no_picture_is_refused_whoever_drew_it(office: Office) -> None:
    office.use_replicate()
    office.replicate.image = b"<html>sorry</html>"
    with pytest.raises(PersonaError, match="no picture SpeakDesk can use"):
        await office.studio.draw("An old sailor")


async def test_crops(office: Office) -> None:
    picture = await office.studio.check_picture(png())
    part = await office.studio.crop(picture, Box(50, 0, 200, 200))
    assert (part.width, part.height) == (200, 200)


# -- in the folder ------------------------------------------------------------------------------


async def test_a_picture_goes_into_the_persons_own_folder(office: Office) -> None:
    picture = await office.studio.check_picture(png())
    saved = await office.studio.attach_picture(office.library.get("own"), picture)
    assert saved.image == "own.png"
    assert saved.picture is not None
    assert saved.picture.read_bytes() == picture.data
    assert "- my_own: kept" in saved.source


async def test_a_bundled_persona_is_copied_first(office: Office, tmp_path: Path) -> None:
    picture = await office.studio.check_picture(png())
    saved = await office.studio.attach_picture(office.library.get("ada"), picture)
    assert saved.folder == tmp_path / "personas" / "ada"
    assert not saved.is_bundled
    assert not (tmp_path / "bundled" / "ada" / "ada.png").exists()


async def test_a_second_picture_takes_the_place_of_the_first(office: Office) -> None:
    own = office.library.get("own")
    for size in ((300, 200), (64, 64)):
        picture = await office.studio.check_picture(png(size))
        own = await office.studio.attach_picture(own, picture)
    assert own.picture is not None
    assert own.picture.read_bytes() == picture.data
    assert own.source.count("image:") == 1


async def test_a_picture_of_another_kind_takes_the_old_ones_place(office: Office) -> None:
    own = office.library.get("own")
    own = await office.studio.attach_picture(own, await office.studio.check_picture(png()))
    faces = Path(__file__).parents[2] / "fixtures" / "pictures"
    face = await office.studio.check_picture((faces / "face.jpg").read_bytes())
    own = await office.studio.attach_picture(own, face)
    assert own.folder is not None
    assert [p.name for p in own.folder.iterdir() if p.suffix != ".md"] == ["own.jpg"]


async def test_a_picture_is_taken_out_of_folder_and_file(office: Office) -> None:
    picture = await office.studio.check_picture(png())
    own = await office.studio.attach_picture(office.library.get("own"), picture)
    bare = await office.studio.remove_picture(own)
    assert (bare.picture, bare.image) == (None, "")
    assert "- my_own: kept" in bare.source
    assert own.picture is not None
    assert not own.picture.exists()
    assert await office.studio.remove_picture(bare) == bare


# -- public -------------------------------------------------------------------------------------


async def with_picture(office: Office) -> tuple[Picture, str]:
    picture = await office.studio.check_picture(png())
    return picture, (await office.studio.attach_picture(office.library.get("own"), picture)).key


async def test_a_picture_is_put_on_the_web_once_and_fits_a_camera(office: Office) -> None:
    _, key = await with_picture(office)
    office.use_uploads()
    persona = office.library.get(key)
    address = await office.studio.public_picture(persona)
    assert address == "https://myapp.ufs.sh/f/key1-own.jpg"
    assert await office.studio.public_picture(persona) == address
    assert len(office.uploads.files) == 1
    shown = Image.open(io.BytesIO(office.uploads.files["key1-own.jpg"]))
    assert shown.size == (1280, 720)


async def test_a_new_picture_is_put_there_anew(office: Office) -> None:
    _, key = await with_picture(office)
    office.use_uploads()
    first = await office.studio.public_picture(office.library.get(key))
    other = await office.studio.check_picture(png((64, 64)))
    await office.studio.attach_picture(office.library.get(key), other)
    assert await office.studio.public_picture(office.library.get(key)) != first


async def test_without_uploadthing_the_caller_serves_it(office: Office) -> None:
    _, key = await with_picture(office)
    persona = office.library.get(key)
    assert await office.studio.public_picture(persona) == ""
    shown = await office.studio.camera_picture(persona)
    assert shown is not None
    assert (shown.media_type, shown.width, shown.height) == ("image/jpeg", 1280, 720)


async def test_a_persona_without_a_picture_has_none_to_show(office: Office) -> None:
    office.use_uploads()
    assert await office.studio.public_picture(office.library.get("ada")) == ""
    assert await office.studio.camera_picture(office.library.get("ada")) is None


async def test_an_address_in_the_file_is_used_as_it_is(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "personas" / "own" / "README.md"
    path.write_text(README + "- image: https://pictures.example/a.png\n", encoding="utf-8")
    await office.library.reload()
    address = await office.studio.public_picture(office.library.get("own"))
    assert address == "https://pictures.example/a.png"


async def test_a_refusing_web_is_told(office: Office) -> None:
    _, key = await with_picture(office)
    office.use_uploads()
    office.uploads.fault = Fault.REFUSED_KEY
    with pytest.raises(PersonaError, match="UploadThing refused the key"):
        await office.studio.public_picture(office.library.get(key))


# -- drafts -------------------------------------------------------------------------------------

DRAFT = {
    "name": "Greta",
    "role": "Sommelier",
    "summary": "Recommends wine.",
    "prompt": "# Greta\n\nYou are Greta, who recommends wine.\n\n## How\n\n- Ask first.",
    "greeting": "Hello, I am Greta.",
    "entry_message": "Greta here.",
    "characteristics": ["Curious", "- Precise", "", "Curious"],
    "voice_tone": ["Warm"],
    "gender": "female",
    "skin_tone": "light",
    "language_code": "de_DE",
    "tags": ["wine", "food"],
}


async def test_a_sentence_becomes_a_whole_persona_for_review(office: Office) -> None:
    office.use_openai()
    office.openai.answers.append(json.dumps(DRAFT))
    draft = await office.studio.draft("  A sommelier who recommends wine  ")
    assert (draft.key, draft.gender, draft.language) == ("greta", "FEMALE", "de-DE")
    assert draft.characteristics == ("Curious", "Precise")
    assert "#" not in draft.prompt
    asked = office.openai.requests[-1].body
    assert asked["messages"][-1]["content"] == "A sommelier who recommends wine"
    assert asked["response_format"]["type"] == "json_schema"
    assert [persona.key for persona in office.library.all()] == ["ada", "own"]


async def test_a_draft_can_be_saved_and_read_back_as_it_was(office: Office) -> None:
    office.use_openai()
    office.openai.answers.append(json.dumps(DRAFT))
    persona = (await office.studio.draft("A sommelier")).persona()
    saved = await office.library.save(persona)
    for field in ("key", "name", "prompt", "characteristics", "voice_tone"):
        assert getattr(saved, field) == getattr(persona, field)
    assert dict(saved.metadata) == dict(persona.metadata)
    assert saved.tags == ("wine", "food")


async def test_without_a_model_the_next_step_is_told(office: Office) -> None:
    with pytest.raises(SpeechError, match="No language model is set up") as caught:
        await office.studio.draft("A sommelier")
    assert "OPENAI_API_KEY" in caught.value.problem.next_step


async def test_a_model_that_fails_is_told_in_its_own_words(office: Office) -> None:
    office.use_openai()
    office.openai.fault = Fault.REFUSED_KEY
    with pytest.raises(SpeechError) as caught:
        await office.studio.draft("A sommelier")
    assert caught.value.problem.reason is Reason.AUTHENTICATION


@pytest.mark.parametrize(("sentence", "words"), [("  \n", "is empty"), ("x" * 5000, "characters")])
async def test_a_sentence_that_is_none_is_refused(
    office: Office, sentence: str, words: str
) -> None:
    with pytest.raises(PersonaError, match=words):
        await office.studio.draft(sentence)


@pytest.mark.parametrize(
    "answer", ["{}", "[]", "no", '{"name": "X", "prompt": "short"}', '{"name": 5, "prompt": null}']
)
def test_a_draft_without_name_or_prompt_is_none(answer: str) -> None:
    with pytest.raises(PersonaError, match="has no name or no prompt"):
        read_draft("A sommelier", answer, ())


def test_wrong_single_fields_are_left_empty() -> None:
    odd = {**DRAFT, "gender": "robot", "language_code": "German!", "tags": 7, "greeting": ["x"]}
    draft = read_draft("A sommelier", json.dumps(odd), ("greta",))
    assert (draft.gender, draft.language, draft.tags, draft.greeting) == ("", "en", (), "")
    assert draft.key == "greta_2"


def test_the_schema_is_strict_about_every_field() -> None:
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(DRAFT)
