"""Everything the desk knows about one bot, as lines to read; no secret is among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from speakdesk.domain.aftermath import Cost
from speakdesk.domain.bot import Evidence
from speakdesk.domain.errors import Problem
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.launch import BotView, FloorPlace, Launch
from speakdesk.domain.meeting import Platform
from speakdesk.domain.speech import ServiceChoice
from speakdesk.ui.durations import duration_text
from speakdesk.ui.words import EVIDENCE_WORDS, clock, local_day, local_time, seconds_between

RECORDER_FACTS = (Evidence.ACCEPTED, Evidence.ADMITTED)
_TIMEOUT_WORDS = {
    "waiting_room_s": "Waiting room",
    "no_one_joined_s": "Nobody joined",
    "silence_s": "Silence",
}
_RECORDING_WORDS = {
    "speaker_view": "who speaks",
    "gallery_view": "everybody",
    "audio_only": "sound only",
}
_FLOOR_WORDS = {
    FloorPlace.FREE: "free to speak",
    FloorPlace.HOLDS: "has the floor",
    FloorPlace.WAITS: "waits for its turn",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the details; a heading has no value."""

    name: str
    value: str = ""
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Surrounding:
    """What is known beside the view.

    `services` and `provider` are display names, `public_url` is where meetings reach this desk,
    `launch` the request the bot came from, `cost` what it cost in the provider's tokens.
    """

    provider: str
    services: Mapping[str, str]
    public_url: str = ""
    launch: Launch | None = None
    cost: Cost | None = None


def facts_of(view: BotView, around: Surrounding) -> list[Fact]:
    """The lines about a bot, in the order to read them."""
    facts = [Fact("What is proven", is_heading=True), *_evidence(view)]
    facts += [Fact("The meeting", is_heading=True), *_meeting(view, around)]
    facts.append(Fact("The voice", is_heading=True))
    if view.is_recorder:
        facts.append(Fact("Voice", "none: this bot only joins and records"))
    elif view.plan is not None:
        facts += [
            Fact("Hears with", _service(view.plan.stt, around.services)),
            Fact("Thinks with", _service(view.plan.llm, around.services)),
            Fact("Speaks with", _service(view.plan.tts, around.services)),
            Fact("Lines", str(view.line_count)),
            Fact("Turn", _FLOOR_WORDS[view.floor]),
        ]
    if around.launch is not None:
        facts += [Fact("Launched with", is_heading=True), *launch_facts(around.launch)]
    problems = ([view.problem] if view.problem is not None else []) + list(view.troubles)
    if problems:
        facts.append(Fact("Problems", is_heading=True))
        facts += [Fact(problem.stage.value.capitalize(), _problem(problem)) for problem in problems]
    facts += [
        Fact("Ids", is_heading=True),
        Fact("Bot", view.bot_id),
        Fact("Provider's bot", view.provider_bot_id or "none yet"),
        Fact("Meeting record", view.meeting_id),
    ]
    if view.persona:
        facts.append(Fact("Persona", view.persona))
    return facts


def _evidence(view: BotView) -> list[Fact]:
    marks = {mark.evidence: mark for mark in view.marks}
    facts = []
    for evidence in RECORDER_FACTS if view.is_recorder else tuple(Evidence):
        mark = marks.get(evidence)
        if mark is None:
            words = "not yet"
        else:
            detail = f" — {mark.detail}" if mark.detail else ""
            words = f"✓ {local_time(mark.at)}{_after(view, mark.at)}{detail}"
        facts.append(Fact(EVIDENCE_WORDS[evidence].capitalize(), words))
    return facts


def _after(view: BotView, at: datetime) -> str:
    """`, 0:04 after the launch`."""
    return f", {clock(seconds_between(view.created, at))} after the launch"


def _meeting(view: BotView, around: Surrounding) -> list[Fact]:
    facts = [
        Fact("Meeting", view.meeting.display),
        Fact("Provider", around.provider),
        Fact("Provider's status", view.provider_status or "nothing said yet"),
        Fact("State", f"{view.state.value.replace('_', ' ')} since {local_time(view.since)}"),
        Fact("Launched", local_day(view.created)),
    ]
    if view.join_at is not None:
        facts.append(Fact("Joins", local_day(view.join_at)))
    if view.is_recording_paused:
        facts.append(Fact("Recording", "paused"))
    host = host_of(around.public_url)
    if host and view.meeting.platform is not Platform.PRACTICE:
        facts.append(Fact("Public address", host))
    if view.cause:
        facts.append(Fact("Why it ended", view.cause))
    if around.cost is not None and (words := cost_words(around.cost)):
        facts.append(Fact("Cost", words))
    return facts


def cost_words(cost: Cost) -> str:
    """`1.2 tokens: recording 1, streaming in 0.1, streaming out 0.1`."""
    parts = [
        f"{words} {amount:g}"
        for words, amount in (
            ("recording", cost.recording),
            ("transcription", cost.transcription),
            ("transcription with your key", cost.own_key_transcription),
            ("sound in", cost.streaming_input),
            ("sound out", cost.streaming_output),
        )
        if amount
    ]
    if cost.total is None:
        return ", ".join(parts)
    total = f"{cost.total:g} {'token' if cost.total == 1 else 'tokens'}"
    return f"{total}: {', '.join(parts)}" if parts else total


def host_of(url: str) -> str:
    """Only the host of an address: the rest may hold secrets."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def launch_facts(launch: Launch) -> list[Fact]:
    """What was asked for; of addresses only the host, of the extra values only their names."""
    facts = [Fact("Sound", f"{launch.rate_hz // 1000} kHz")]
    if launch.tools is not None:
        facts.append(Fact("Tools", ", ".join(launch.tools) or "none"))
    if launch.greeting is not None:
        facts.append(Fact("Greeting", launch.greeting or "none, quiet until spoken to"))
    if launch.picture_url:
        facts.append(Fact("Picture", f"from {host_of(launch.picture_url)}"))
    if launch.entry_message:
        facts.append(Fact("Chat on arrival", launch.entry_message))
    if launch.websocket_url:
        facts.append(Fact("Own address", host_of(launch.websocket_url)))
    if launch.extra:
        facts.append(Fact("Extra values", ", ".join(sorted(map(str, launch.extra)))))
    return facts + (_join_facts(launch.options) if launch.options is not None else [])


def _join_facts(options: JoinOptions) -> list[Fact]:
    facts = [Fact("Recording shows", _RECORDING_WORDS[options.recording.value])]
    for name, words in _TIMEOUT_WORDS.items():
        seconds = getattr(options.timeouts, name)
        if seconds is not None:
            facts.append(Fact(words, f"gives up after {duration_text(seconds)}"))
    if options.transcription is not None:
        whose = "with your key" if options.transcription.api_key else "with the provider's key"
        facts.append(Fact("Transcript", f"by {options.transcription.provider}, {whose}"))
    if options.zoom is not None:
        facts.append(Fact("Zoom", _zoom_words(options)))
    if options.sign_in is not None:
        who = options.sign_in.credential_id or options.sign_in.email_group
        facts.append(Fact("Signs in as", who))
    if options.callback is not None:
        facts.append(Fact("Also reports to", host_of(options.callback.url)))
    if not options.allow_multiple_bots:
        facts.append(Fact("Several bots", "refused"))
    if options.deduplication_key:
        facts.append(Fact("Deduplication key", options.deduplication_key))
    return facts


def _zoom_words(options: JoinOptions) -> str:
    zoom = options.zoom
    if zoom is None:
        return ""
    named = (
        (f"credential {zoom.credential_id}", zoom.credential_id),
        (f"user {zoom.credential_user_id}", zoom.credential_user_id),
        ("an OBF token", zoom.obf_token),
        (f"OBF tokens from {host_of(zoom.obf_token_url)}", zoom.obf_token_url),
        (f"ZAK tokens from {host_of(zoom.zak_token_url)}", zoom.zak_token_url),
        (f"application {zoom.sdk_id}", zoom.sdk_id),
    )
    return ", ".join(words for words, value in named if value)


def _service(choice: ServiceChoice, services: Mapping[str, str]) -> str:
    name = services.get(choice.key, choice.key)
    parts = [part for part in (name, choice.model, choice.voice) if part]
    why = f" — {choice.why}" if choice.why else ""
    return " · ".join(parts) + why


def _problem(problem: Problem) -> str:
    said = f" They said: “{problem.vendor_words}”" if problem.vendor_words else ""
    return f"{problem.sentence} {problem.next_step}{said}".strip()
