"""A persona's picture: drawn, checked, put into its folder, put where a meeting can fetch it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import httpx
from loguru import logger

from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import ENDINGS, Box, Picture, PictureProgress
from speakdesk.domain.speech import Keys
from speakdesk.providers.pictures.frames import check_picture, for_camera
from speakdesk.providers.pictures.openai import OpenAIPictures
from speakdesk.providers.pictures.prompt import picture_prompt
from speakdesk.providers.pictures.replicate import ReplicatePictures
from speakdesk.providers.pictures.uploadthing import UploadThing
from speakdesk.store.files import write_atomically
from speakdesk.store.studio_cache import StudioCache

REPLICATE = "replicate"
OPENAI = "openai"
REPLICATE_KEYS = ("REPLICATE_API_TOKEN", "REPLICATE_KEY")

OnProgress = Callable[[PictureProgress], None]


class _Painter(Protocol):
    async def draw(self, prompt: str, on_progress: OnProgress = ...) -> bytes: ...

    async def aclose(self) -> None: ...


class PictureStudio:
    """Pictures of personas. Raises PersonaError and nothing else."""

    def __init__(
        self,
        cache: StudioCache,
        keys: Callable[[], Keys],
        personas: PersonaShelf,
        *,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._cache = cache
        self._keys = keys
        self._personas = personas
        self._http = http
        self._sleep = sleep

    def services(self) -> tuple[str, ...]:
        """The services whose key is at hand, the one taken unasked first."""
        keys = self._keys()
        found = [REPLICATE] if any(keys.has(name) for name in REPLICATE_KEYS) else []
        return tuple(found + ([OPENAI] if keys.has("OPENAI_API_KEY") else []))

    async def draw(
        self,
        subject: Persona | str,
        *,
        service: str = "",
        on_progress: OnProgress = lambda progress: None,
    ) -> Picture:
        """A new picture; see `PersonaStudio.draw`."""
        prompt = subject.strip() if isinstance(subject, str) else subject
        if not prompt:
            raise _trouble(
                Reason.BAD_INPUT, "There is nothing to draw.", "Describe what the picture shows."
            )
        painter = self._painter(service)
        try:
            data = await painter.draw(picture_prompt(prompt), on_progress)
        finally:
            await painter.aclose()
        return await self.check(data)

    async def check(self, data: bytes, box: Box | None = None) -> Picture:
        """The picture in these bytes; see `PersonaStudio.check_picture`."""
        return await asyncio.to_thread(check_picture, data, box)

    async def attach(self, persona: Persona, picture: Picture) -> Persona:
        """Put a picture into a persona's folder; see `PersonaStudio.attach_picture`."""
        shelf, name = self._personas, f"{persona.key}{picture.ending}"
        saved = persona
        if not shelf.is_own(persona) or persona.image != name:
            named = replace(persona, metadata={**persona.metadata, "image": name})
            saved = await shelf.save(named, persona, why="new picture")
        folder = saved.folder
        if folder is None:
            raise _trouble(
                Reason.MISSING, "The persona has no folder yet.", "Save the persona first."
            )
        try:
            await asyncio.to_thread(_put, folder, persona.key, picture)
        except OSError as e:
            raise _trouble(
                Reason.UNAVAILABLE,
                f"The picture cannot be written to {folder}.",
                "Check the free space and the permissions of that folder.",
                e.strerror or str(e),
            ) from e
        await shelf.reload()
        return shelf.get(saved.key)

    async def remove(self, persona: Persona) -> Persona:
        """Take a persona's picture away; see `PersonaStudio.remove_picture`."""
        shelf, saved = self._personas, persona
        if persona.image or not shelf.is_own(persona):
            named = replace(persona, metadata={**persona.metadata, "image": ""})
            saved = await shelf.save(named, persona, why="picture removed")
        if saved.folder is not None and persona.picture is not None:
            path = saved.folder / persona.picture.name
            try:
                await asyncio.to_thread(path.unlink, missing_ok=True)
            except OSError as e:
                raise _trouble(
                    Reason.UNAVAILABLE,
                    f"The picture {path.name} cannot be removed.",
                    "Check the permissions of the persona's folder.",
                    e.strerror or str(e),
                ) from e
        await shelf.reload()
        return shelf.get(saved.key)

    async def for_camera(self, persona: Persona) -> Picture | None:
        """The persona's picture as its bot shows it, 1280 by 720; None where it has none."""
        if persona.picture is None:
            return None
        return await asyncio.to_thread(_camera_picture, persona.picture)

    async def public_address(self, persona: Persona) -> str:
        """Where a meeting can fetch the picture; see `PersonaStudio.public_picture`."""
        if persona.image.lower().startswith("https://"):
            return persona.image
        keys = self._keys()
        app_id = keys.get("APP_ID")
        if not (keys.has("UTFS_KEY") and app_id):
            return ""
        picture = await self.for_camera(persona)
        if picture is None:
            return ""
        about = (app_id, hashlib.sha256(picture.data).hexdigest())
        kept = await asyncio.to_thread(self._cache.address, *about)
        if kept:
            return kept
        client = UploadThing(
            keys.get("UTFS_KEY"),
            app_id,
            url=keys.get("UPLOADTHING_URL"),
            http=self._http,
            sleep=self._sleep,
        )
        try:
            address = await client.upload(picture, persona.key)
        finally:
            await client.aclose()
        try:
            await asyncio.to_thread(self._cache.keep_address, address, *about)
        except OSError as e:
            logger.warning("the picture's address cannot be kept: {}", e.strerror or e)
        return address

    def _painter(self, service: str) -> _Painter:
        keys, wanted = self._keys(), service.strip().lower()
        if not wanted:
            ready = self.services()
            if not ready:
                raise _trouble(
                    Reason.MISSING,
                    "No service that draws pictures is set up.",
                    "Add REPLICATE_API_TOKEN or OPENAI_API_KEY in Settings under Keys, or choose "
                    "a picture file.",
                )
            wanted = ready[0]
        if wanted == REPLICATE:
            key = next((keys.get(name) for name in REPLICATE_KEYS if keys.has(name)), "")
            url = keys.get("REPLICATE_URL")
            return ReplicatePictures(key, url=url, http=self._http, sleep=self._sleep)
        if wanted == OPENAI:
            key, url = keys.get("OPENAI_API_KEY"), keys.get("OPENAI_BASE_URL")
            return OpenAIPictures(key, url=url, http=self._http, sleep=self._sleep)
        raise _trouble(
            Reason.BAD_INPUT,
            f"“{service}” is no service that draws pictures.",
            "Choose replicate or openai.",
        )


def _put(folder: Path, key: str, picture: Picture) -> None:
    """Write the picture; the one of another kind that had its place goes."""
    name = f"{key}{picture.ending}"
    write_atomically(folder / name, picture.data)
    for ending in ENDINGS.values():
        if ending != picture.ending:
            (folder / f"{key}{ending}").unlink(missing_ok=True)


def _camera_picture(path: Path) -> Picture:
    try:
        data = path.read_bytes()
    except OSError as e:
        raise _trouble(
            Reason.UNAVAILABLE,
            f"The picture {path.name} cannot be read.",
            "Choose the picture again in the persona.",
            e.strerror or str(e),
        ) from e
    return for_camera(check_picture(data))


def _trouble(reason: Reason, sentence: str, next_step: str, words: str = "") -> PersonaError:
    return PersonaError(Problem(Stage.PERSONA, reason, sentence, next_step, words))
