"""A recording through the pipeline of today: what would happen now, beside what happened then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from speakdesk.app.flight.recorder import persona_hash
from speakdesk.app.flight.replay_script import end_of, meeting_of, script_of
from speakdesk.app.flight.replay_turns import (
    Difference,
    TurnPair,
    lines_from,
    pair_up,
    replay_turns,
)
from speakdesk.app.personas.opening import OpenLibrary, open_library
from speakdesk.domain.errors import PersonaError, Problem, Reason, SpeechError, Stage, StoreError
from speakdesk.domain.persona import TEMPORARY_KEY, Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice, SpeechPlan, SpeechWish
from speakdesk.pipeline.contract import VoiceOrder
from speakdesk.pipeline.replay.script import plain
from speakdesk.store.flight.format import Header, Service
from speakdesk.store.flight.lines import FlightLine, lines_of
from speakdesk.store.flight.reader import FlightFile
from speakdesk.store.secrets import KeyRing

TOLERANCE_S = 0.35
"""How far a boundary may move before it counts as another one."""
FASTEST = 100.0

_OFFLINE = SpeechWish(stt="sphinx", llm="notes", tts="espeak")


class ReplayServices(StrEnum):
    """Who hears, thinks and speaks in a replay."""

    RECORDED = "recorded"
    OFFLINE = "offline"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class ReplayWish:
    """How to replay. `speed` is times real time; None is as fast as the machine can.

    `speed` 0 is the usual one: as fast as possible, but with current services real time.
    """

    services: ReplayServices = ReplayServices.RECORDED
    speed: float | None = 0.0
    tolerance_s: float = TOLERANCE_S

    @property
    def pace(self) -> float | None:
        """The speed that is meant."""
        if self.speed == 0.0:
            return 1.0 if self.services is ReplayServices.CURRENT else None
        return self.speed


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays the bot: its persona as it is now, its services, and what to tell about that."""

    persona: Persona
    plan: SpeechPlan
    keys: Keys = field(default_factory=Keys)
    tools: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay."""

    path: Path
    services: ReplayServices
    tolerance_s: float
    duration_s: float
    pairs: tuple[TurnPair, ...]
    remarks: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Everything that differs, in the order of the turns."""
        return tuple(d for pair in self.pairs for d in pair.differences)

    def to_json(self) -> list[dict[str, Any]]:
        """One JSON object per turn."""
        return [pair.to_json() for pair in self.pairs]


async def cast_for(path: Path, services: ReplayServices) -> Cast:
    """Who plays in a replay of this recording, from the person's own library and settings.

    Raises StoreError for a file that cannot be read, SpeechError where a service lacks its key.
    """
    with FlightFile.open(path) as flight:
        header = flight.header
    async with open_library() as library:
        if services is not ReplayServices.CURRENT:
            return _cast(header, services, library, Keys())
        ring = KeyRing(library.paths.config)
        await ring.load()
        return _cast(header, services, library, ring.keys)


def stand_in(path: Path) -> Cast:
    """Who plays where there is no library: the usual rules of conversation, recorded services."""
    with FlightFile.open(path) as flight:
        header = flight.header
    return Cast(_nobody(header), _recorded_plan(header))


def replay(
    path: Path,
    cast: Cast,
    wish: ReplayWish | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Replay:
    """Replay a recording. Blocking; must not be called inside a running event loop.

    `on_progress` hears 0..1. Raises StoreError for a file that cannot be read or is empty,
    SpeechError for services that cannot be used.
    """
    wish = wish or ReplayWish()
    _refuse_haste(wish, cast.plan)
    from speakdesk.pipeline.replay.run import Play, perform

    with FlightFile.open(path) as flight:
        header = flight.header
        started = flight.started or datetime(1970, 1, 1, tzinfo=UTC)
        lines = lines_of(flight)
        script = script_of(flight)
        until_s = end_of(flight)
        if until_s <= 0:
            raise StoreError(_nothing_in(path))
        events = tuple(flight.timed_events(0.0, until_s + 2.0))
        is_recorded = wish.services is ReplayServices.RECORDED
        play = Play(
            order=_order(header, cast, lines),
            meeting=meeting_of(flight, script, until_s),
            started=started,
            duration_s=until_s,
            script=script if is_recorded else None,
            on_progress=None if on_progress is None else lambda s: on_progress(s / until_s),
        )
        performance = perform(play, wish.pace)
        damage = flight.damage
    old = replay_turns(lines, events)
    new_lines = lines_from(performance.events, started, header.bot_name)
    new = replay_turns(new_lines, performance.events, performance.unanswered_s)
    remarks = [*cast.remarks]
    if damage:
        remarks.append(
            f"The recording is damaged in {_counted(len(damage), 'place')}; that is left out "
            f"(`speakdesk flight verify {path.name}` names them)."
        )
    if script.has_siblings and is_recorded:
        remarks.append(
            "Other bots of the desk were in the meeting. Whose turn it was among them is not "
            "replayed: this bot answers what it answered then."
        )
    return Replay(
        path=path,
        services=wish.services,
        tolerance_s=wish.tolerance_s,
        duration_s=until_s,
        pairs=pair_up(old, new, wish.tolerance_s),
        remarks=tuple(remarks),
    )


# -- who plays -------------------------------------------------------------------------------------


def _cast(header: Header, services: ReplayServices, library: OpenLibrary, keys: Keys) -> Cast:
    from speakdesk.pipeline.catalogue import plan_speech

    persona, remarks = _persona(header, library)
    if services is ReplayServices.RECORDED:
        return Cast(persona, _recorded_plan(header), remarks=remarks)
    if services is ReplayServices.OFFLINE:
        return Cast(persona, plan_speech(persona, _OFFLINE, SpeechWish(), keys), remarks=remarks)
    settings = library.settings.current
    plan = plan_speech(persona, SpeechWish(), settings.speech.wish(), keys)
    if plan.missing:
        raise SpeechError(Problem(Stage.SETTINGS, Reason.MISSING, " ".join(plan.missing)))
    tools = settings.tools if persona.tools is None else persona.tools
    return Cast(persona, plan, keys, tuple(tools), (*remarks, *plan.warnings))


def _persona(header: Header, library: OpenLibrary) -> tuple[Persona, tuple[str, ...]]:
    if not header.persona:
        return _nobody(header), ("The recording names no persona; the usual rules apply.",)
    if header.persona == TEMPORARY_KEY:
        return _nobody(header), (
            "The bot was made from a prompt, which the recording does not hold; the usual rules "
            "apply.",
        )
    try:
        persona = library.shelf.get(header.persona)
    except PersonaError:
        return _nobody(header), (
            f"The persona {header.persona} is not in the library; the usual rules apply.",
        )
    if header.persona_hash and persona_hash(persona.source) != header.persona_hash:
        return persona, (
            f"The persona {header.persona} has changed since the recording; it is replayed as it "
            "is now.",
        )
    return persona, ()


def _nobody(header: Header) -> Persona:
    language = header.tts.language if header.tts else ""
    metadata = {"language_code": language} if language else {}
    return Persona(header.persona or "recorded", header.bot_name or "Bot", metadata=metadata)


def _recorded_plan(header: Header) -> SpeechPlan:
    def choice(role: Role, service: Service | None, otherwise: str) -> ServiceChoice:
        if service is None or not service.key:
            return ServiceChoice(role, otherwise)
        return ServiceChoice(role, service.key, service.model, service.voice)

    return SpeechPlan(
        choice(Role.STT, header.stt, "sphinx"),
        choice(Role.LLM, header.llm, "notes"),
        choice(Role.TTS, header.tts, "espeak"),
    )


def _order(header: Header, cast: Cast, lines: tuple[FlightLine, ...]) -> VoiceOrder:
    siblings = frozenset(line.speaker for line in lines if line.is_any_bot and not line.is_bot)
    return VoiceOrder(
        bot_id=header.bot_id or "replay",
        bot_name=header.bot_name or cast.persona.name,
        persona=cast.persona,
        plan=cast.plan,
        keys=cast.keys,
        codec=_no_codec,
        rate_hz=header.rate_hz or 16000,
        greeting=_greeting(header, lines),
        tools=cast.tools,
        turns=cast.persona.turns,
        siblings=lambda: siblings,
    )


def _greeting(header: Header, lines: tuple[FlightLine, ...]) -> str:
    """The greeting, where the recording begins early enough to hold it."""
    greeting = plain(header.greeting)
    first = next((plain(line.text) for line in lines if line.is_bot), "")
    was_said = bool(first) and greeting.startswith(first)
    return header.greeting if was_said or not header.cut_from_s else ""


def _no_codec() -> Any:
    raise AssertionError("the stage of a replay has a codec of its own")


def _refuse_haste(wish: ReplayWish, plan: SpeechPlan) -> None:
    from speakdesk.pipeline.catalogue import find

    if wish.services is ReplayServices.RECORDED or wish.pace is not None:
        return
    entries = [find(choice.role, choice.key) for choice in (plan.stt, plan.llm, plan.tts)]
    slow = [entry.name for entry in entries if entry is not None and not entry.is_offline]
    if slow:
        raise SpeechError(
            Problem(
                Stage.SETTINGS,
                Reason.UNSUPPORTED,
                f"{slow[0]} answers in real time, so the recording cannot run as fast as possible.",
                "Give a number for the speed, or replay with the recorded services.",
            )
        )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _nothing_in(path: Path) -> Problem:
    return Problem(
        Stage.STORE,
        Reason.MISSING,
        f"{path.name} ends as it begins: there is nothing in it to replay.",
        "`speakdesk flight info FILE` shows what is in it.",
    )
