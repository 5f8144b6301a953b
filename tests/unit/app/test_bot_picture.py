"""A bot joins with its persona's picture, from the web or from this computer's own door."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from speakdesk.app.bots.arrival import Arrival
from speakdesk.app.bots.order import BotOrder, Surroundings
from speakdesk.app.bots.picture import BotPictures
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.app.way_in import Way
from speakdesk.domain.clock import SystemClock
from speakdesk.domain.events import Event, Notice
from speakdesk.domain.picture import ShownPicture
from speakdesk.domain.speech import Keys, SpeechWish
from speakdesk.gateway.avatars import Avatars
from speakdesk.gateway.door import Door
from tests.standins.base import Fault
from tests.standins.desk import KEYS, LINK, PLAN, ScriptedProvider
from tests.standins.uploadthing import UploadThingStandIn

PUBLIC = "https://desk.example.com"


class Stage:
    """A persona with a picture, and what shows it."""

    def __init__(self, home: Path, uploads: UploadThingStandIn) -> None:
        folder = home / "personas" / "ada"
        folder.mkdir(parents=True)
        (folder / "README.md").write_text("# Ada\n\nYou are Ada.\n", encoding="utf-8")
        Image.new("RGB", (64, 64), (1, 2, 3)).save(folder / "ada.png")
        self.uploads = uploads
        self.picture_file = folder / "ada.png"
        self.keys: dict[str, str] = {}
        self.shelf = PersonaShelf(None, home / "personas", home / "state")
        self.told: list[Event] = []
        self.avatars = Avatars()
        studio = PersonaStudio(
            home / "cache", lambda: Keys(self.keys), SpeechWish, self.shelf, sleep=no_wait
        )
        self.pictures = BotPictures(studio, self.avatars, self.told.append)
        self.provider = ScriptedProvider(needs_public_url=True)

    def order(self) -> BotOrder:
        ada = self.shelf.get("ada")
        return BotOrder("b1", "Ada", ada, LINK, "m1", self.provider, PLAN, 16000, "", (), KEYS)

    def use_uploads(self) -> None:
        self.keys |= {
            "UTFS_KEY": "sk_live_123456",
            "APP_ID": "myapp",
            "UPLOADTHING_URL": self.uploads.url,
        }

    def notices(self) -> list[str]:
        return [event.sentence for event in self.told if isinstance(event, Notice)]


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with UploadThingStandIn() as uploads:
        stage = Stage(tmp_path, uploads)
        await stage.shelf.open()
        yield stage


def served(stage: Stage, path: str) -> bool:
    _, _, token, name = path.split("/")
    return stage.avatars.find(token, name) is not None


async def test_serves_it_from_this_computer_while_the_bot_lives(stage: Stage) -> None:
    async with stage.pictures.show(stage.order()) as shown:
        assert shown.under(PUBLIC).startswith(f"{PUBLIC}/avatars/")
        assert served(stage, shown.path)
    assert not served(stage, shown.path)


async def test_uploads_it_where_that_is_set_up(stage: Stage) -> None:
    stage.use_uploads()
    async with stage.pictures.show(stage.order()) as shown:
        assert shown == ShownPicture("https://myapp.ufs.sh/f/key1-ada.jpg")
    image = Image.open(io.BytesIO(next(iter(stage.uploads.files.values()))))
    assert image.size == (1280, 720)


async def test_an_upload_that_fails_is_told_and_this_computer_serves_it(stage: Stage) -> None:
    stage.use_uploads()
    stage.uploads.fault = Fault.QUOTA
    async with stage.pictures.show(stage.order()) as shown:
        assert shown.path
    assert "Ada's picture: The account at UploadThing" in stage.notices()[0]


async def test_a_damaged_picture_keeps_no_bot_from_joining(stage: Stage) -> None:
    stage.picture_file.write_bytes(b"\x89PNG\r\n\x1a\n rubbish")
    await stage.shelf.reload()
    async with stage.pictures.show(stage.order()) as shown:
        assert shown.under(PUBLIC) == ""
    assert "damaged" in stage.notices()[0]


async def test_an_address_the_launch_gave_goes_first(stage: Stage) -> None:
    order = replace(stage.order(), image_url="https://pictures.example/a.png")
    async with stage.pictures.show(order) as shown:
        assert shown.under(PUBLIC) == "https://pictures.example/a.png"


async def test_a_room_on_this_computer_and_a_recorder_need_none(stage: Stage) -> None:
    recorder = replace(stage.order(), persona=None)
    stage_order = stage.order()
    async with stage.pictures.show(recorder) as shown:
        assert shown.under(PUBLIC) == ""
    stage.provider.needs_public_url = False
    async with stage.pictures.show(stage_order) as shown:
        assert shown.under(PUBLIC) == ""


@pytest.mark.parametrize(
    ("public_base", "is_shown"), [(PUBLIC, True), ("http://127.0.0.1:8765", False), ("", False)]
)
async def test_the_provider_is_told_a_public_address_or_none(
    stage: Stage, public_base: str, is_shown: bool
) -> None:
    order = stage.order()
    around = Surroundings(
        stage.told.append,
        Door(),
        lambda: nullcontext(Way("wss://desk.example.com", public_base)),
        None,  # type: ignore[arg-type]  no voice is made here
        SystemClock(),
        lambda *ids: None,
        show_picture=stage.pictures.show,
    )
    arrival = Arrival(order, around, None)  # type: ignore[arg-type]  nobody stands here

    async def nobody(socket: object) -> None: ...

    request = await arrival.open(nobody, lambda *_: None)  # type: ignore[arg-type]
    assert request.image_url.startswith(f"{PUBLIC}/avatars/") is is_shown
    assert bool(request.image_url) is is_shown
    await arrival.close()
