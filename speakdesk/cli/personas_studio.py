"""`speakdesk personas voices|match-voice|picture` in the terminal."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from speakdesk.app.personas.opening import OpenLibrary
from speakdesk.cli.output import print_json, print_problem
from speakdesk.cli.personas_library import persona_json, printable, with_library
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.picture import PictureProgress
from speakdesk.domain.voice import VoiceEntry


@dataclass(frozen=True, slots=True)
class VoiceWish:
    """Which voices are asked for; empty texts ask for all."""

    service: str
    language: str
    gender: str
    words: str
    refresh: bool


def voices(wish: VoiceWish, folder: Path | None, as_json: bool) -> int:
    """Print the voices that fit; an older list where the service cannot be asked."""

    async def work(library: OpenLibrary) -> int:
        studio = await library.studio()
        found = await studio.voices(
            wish.service,
            language=wish.language,
            gender=wish.gender,
            words=wish.words,
            refresh=wish.refresh,
        )
        if as_json:
            print_json(
                {
                    "service": found.service,
                    "voices": [asdict(voice) for voice in found.voices],
                    "from_cache": found.from_cache,
                    "fetched_at": to_iso(found.fetched_at) if found.fetched_at else None,
                    "problem": found.problem.to_json() if found.problem else None,
                }
            )
        else:
            for voice in found.voices:
                print(printable(_voice_line(voice)))
            if not found.voices:
                print("No voice fits.", file=sys.stderr)
            if found.problem is not None:
                print_problem(found.problem)
        return 1 if found.problem is not None and not found.voices else 0

    return with_library(folder, work)


def match_voice(key: str, service: str, saves: bool, folder: Path | None, as_json: bool) -> int:
    """Print the voice that suits a persona and why, and keep it where asked to."""

    async def work(library: OpenLibrary) -> int:
        studio = await library.studio()
        persona = library.shelf.get(key)
        match = await studio.match_voice(persona, service)
        if saves:
            await library.shelf.save(
                studio.with_voice(persona, match.voice), persona, why="matched a voice"
            )
        if as_json:
            print_json(
                {
                    "key": persona.key,
                    "voice": asdict(match.voice),
                    "why": match.why,
                    "by": match.by,
                    "saved": saves,
                    "alternatives": [asdict(voice) for voice in match.alternatives],
                    "problem": match.problem.to_json() if match.problem else None,
                }
            )
            return 0
        print(printable(_voice_line(match.voice)))
        print(printable(match.why))
        if match.problem is not None:
            print_problem(match.problem)
        if not saves:
            print("Keep it with --save.", file=sys.stderr)
        return 0

    return with_library(folder, work)


def picture(
    key: str, file: Path | None, words: str, service: str, folder: Path | None, as_json: bool
) -> int:
    """Give a persona a picture: from a file, else drawn from `words` or from the persona."""

    async def work(library: OpenLibrary) -> int:
        studio = await library.studio()
        persona = library.shelf.get(key)
        if file is not None:
            made = await studio.check_picture(_read(file))
        else:
            made = await studio.draw(words or persona, service=service, on_progress=_progress)
        saved = await studio.attach_picture(persona, made)
        if as_json:
            size: dict[str, Any] = {"width": made.width, "height": made.height}
            print_json({**persona_json(saved), **size})
        else:
            print(f"{saved.name} has a picture of {made.width} x {made.height}: {saved.picture}")
        return 0

    return with_library(folder, work)


def _progress(progress: PictureProgress) -> None:
    print(progress.sentence, file=sys.stderr, flush=True)


def _voice_line(voice: VoiceEntry) -> str:
    facts = " · ".join(f for f in (voice.language, voice.gender.lower()) if f)
    return f"{voice.id}  {voice.name}  {facts}  {voice.description}".rstrip()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as e:
        raise PersonaError(
            Problem(
                Stage.PERSONA,
                Reason.NOT_FOUND,
                f"The file {file} cannot be read.",
                "Check its name and permissions.",
                e.strerror or str(e),
            )
        ) from e
