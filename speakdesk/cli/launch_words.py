"""What the command line of `launch` says, as values: each word checked, with a sentence."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from speakdesk.cli.moments import parse_moment
from speakdesk.domain.errors import Problem, Reason, SpeakDeskError, Stage
from speakdesk.domain.join import (
    CallbackOptions,
    JoinOptions,
    LeaveTimeouts,
    RecordingMode,
    TranscriptionOptions,
    ZoomOptions,
)
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import Platform, parse_link
from speakdesk.domain.persona import Persona, temporary_persona


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; None and empty texts ask for nothing.

    `transcription_key` names the environment variable that holds a key.
    """

    meeting_url: str
    personas: tuple[str, ...] = ()
    prompt: str | None = None
    language: str = ""
    count: int | None = None
    provider: str = ""
    port: int | None = None
    websocket_url: str = ""
    add_recorder: bool = False
    at: str = ""
    names: tuple[str, ...] = ()
    picture_url: str = ""
    greeting: str | None = None
    entry_message: str = ""
    recording: str = ""
    rate_hz: int = 16000
    extra: str = ""
    transcription: str = ""
    transcription_key: str = ""
    allow_multiple: bool | None = None
    deduplication_key: str = ""
    waiting_room_s: int | None = None
    no_one_joined_s: int | None = None
    silence_s: int | None = None
    zoom_credential: str = ""
    callback_url: str = ""
    flight: bool | None = None
    flight_file: Path | None = None
    as_json: bool = False


class BadWord(SpeakDeskError):
    """Something on the command line cannot be used."""


def choose(
    library: Sequence[Persona], wanted: Sequence[str], count: int, chance: random.Random
) -> tuple[str, ...]:
    """The personas asked for in their order, then others at random, none twice while there are any.

    `count` 0 means as many as were asked for, at least one.
    """
    count = count or max(1, len(wanted))
    chosen = list(wanted[:count])
    while len(chosen) < count and library:
        rest = [p.key for p in library if p.key not in chosen]
        chosen.append(chance.choice(rest or [p.key for p in library]))
    return tuple(chosen)


def launch_from(
    options: Options,
    library: Sequence[Persona],
    wanted: Sequence[str],
    usual: JoinOptions,
    now: datetime,
    chance: random.Random,
) -> Launch:
    """The launch the command line asks for. Raises LinkError or BadWord.

    `wanted` are the personas named, known to exist; `usual` is how bots join otherwise.
    """
    link = parse_link(options.meeting_url)
    given = given_personas(options.prompt, options.language)
    wanted = (*(persona.key for persona in given), *wanted)
    chosen = _personas(options, library, wanted, chance)
    return Launch(
        link,
        chosen,
        provider=options.provider
        or ("practice" if link.platform is Platform.PRACTICE else "meetingbaas"),
        rate_hz=options.rate_hz,
        greeting=options.greeting,
        websocket_url=options.websocket_url,
        names=options.names,
        picture_url=options.picture_url.strip(),
        entry_message=options.entry_message,
        extra=_extra(options.extra),
        options=_join(options, usual),
        add_recorder=options.add_recorder,
        join_at=_moment(options.at, now),
        flight=options.flight,
        flight_file=options.flight_file,
        given=given,
    )


def given_personas(prompt: str | None, language: str) -> tuple[Persona, ...]:
    """The persona a bare prompt makes, if there is one. Raises BadWord."""
    if prompt is None:
        if language.strip():
            raise _bad("--language goes with --prompt.", "A persona's file names its own language.")
        return ()
    if not prompt.strip():
        raise _bad("What stands after --prompt is empty.", "Say in a sentence who the bot is.")
    return (temporary_persona(prompt, language_code=language.strip()),)


def _personas(
    options: Options, library: Sequence[Persona], wanted: Sequence[str], chance: random.Random
) -> tuple[str, ...]:
    if options.count != 0:
        return choose(library, wanted, options.count or 0, chance)
    if not options.add_recorder:
        raise _bad("With -c 0 nobody would be sent.", "Add --add-recorder, or leave -c out.")
    if wanted:
        raise _bad("With -c 0 no persona is sent, and one is named.", "Leave one of them out.")
    return ()


def _join(options: Options, usual: JoinOptions) -> JoinOptions | None:
    """None where the command line leaves everything to the settings."""
    times = usual.timeouts
    joined = replace(
        usual,
        timeouts=LeaveTimeouts(
            _or(options.waiting_room_s, times.waiting_room_s),
            _or(options.no_one_joined_s, times.no_one_joined_s),
            _or(options.silence_s, times.silence_s),
        ),
        deduplication_key=options.deduplication_key,
    )
    if options.recording:
        joined = replace(joined, recording=_recording(options.recording))
    if options.transcription or options.transcription_key:
        joined = replace(joined, transcription=_transcription(options))
    if options.allow_multiple is not None:
        joined = replace(joined, allow_multiple_bots=options.allow_multiple)
    if options.zoom_credential:
        joined = replace(joined, zoom=ZoomOptions(credential_id=options.zoom_credential))
    if options.callback_url:
        joined = replace(joined, callback=CallbackOptions(options.callback_url))
    return None if joined == usual else joined


def _recording(text: str) -> RecordingMode:
    name = text.strip().lower().replace("-", "_")
    for mode in RecordingMode:
        if name in (mode.value, mode.value.removesuffix("_view").removesuffix("_only")):
            return mode
    raise _bad(
        f"There is no recording mode {text!r}.",
        f"Choose one of: {', '.join(mode.value for mode in RecordingMode)}.",
    )


def _transcription(options: Options) -> TranscriptionOptions | None:
    name = options.transcription.strip().lower()
    if name in ("none", "off", "no"):
        return None
    key = ""
    if options.transcription_key:
        key = os.environ.get(options.transcription_key, "").strip()
        if not key:
            raise _bad(
                f"The environment variable {options.transcription_key} is not set.",
                "--transcription-key takes the name of the variable that holds the key.",
            )
    return TranscriptionOptions(name or "gladia", key)


def _extra(text: str) -> dict[str, object]:
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise _bad(
            f"What stands after --extra is no JSON: {e}.",
            'Write an object, such as \'{"customer": "12"}\'.',
        ) from e
    if not isinstance(value, dict):
        raise _bad("What stands after --extra is no JSON object.", 'Write \'{"name": "value"}\'.')
    return value


def _moment(text: str, now: datetime) -> datetime | None:
    if not text.strip():
        return None
    try:
        return parse_moment(text, now)
    except ValueError as e:
        raise _bad(str(e), "") from e


def _or(given: int | None, usual: int | None) -> int | None:
    return usual if given is None else given


def _bad(sentence: str, next_step: str) -> BadWord:
    return BadWord(Problem(Stage.SETTINGS, Reason.BAD_INPUT, sentence, next_step))
