"""What a persona's file says, seen where it arrives: at the vendors, in the sound, on the floor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pipecat.frames.frames import Frame, TTSAudioRawFrame, TTSSpeakFrame, TTSStoppedFrame

from speakdesk.app.bots.floor import aliases_of
from speakdesk.app.desk import Desk
from speakdesk.domain.bot import BotState
from speakdesk.domain.events import LineFinal
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.domain.voice import VoiceEntry
from speakdesk.pipeline.speech import make_tts
from speakdesk.store.paths import Paths
from tests.standins.cartesia import CartesiaStandIn
from tests.standins.deepgram import DeepgramStandIn
from tests.standins.desk import Seen
from tests.standins.live import HURRY, LivePipeline
from tests.standins.openai import OpenAIStandIn

README = """# Uta

Du bist Uta und hilfst am Empfang.

## Characteristics
- Gut gelaunt

## Voice
- Hell und klar

## Metadata
- language_code: de-AT
- greeting: Grüß Gott, ich bin Uta.
- aliases: Empfang; Frau Uta, Empfang
- discloses_ai: no
- speed: 1.25
- stt: deepgram
- llm: openai
- llm_model: gpt-4o-mini
- tts: cartesia
- cartesia_voice_id: v-uta
- tools: none
- knowledge_order: Wege.md, Alles.md
"""
_VOICES = {"cartesia": "v-1", "openai": "alloy", "espeak": ""}
KEYS = {
    "DEEPGRAM_API_KEY": "deepgram-key",
    "OPENAI_API_KEY": "openai-key",
    "CARTESIA_API_KEY": "cartesia-test-key-123456",
}


@dataclass
class Vendors:
    deepgram: DeepgramStandIn
    openai: OpenAIStandIn
    cartesia: CartesiaStandIn

    def keys(self) -> dict[str, str]:
        return KEYS | {
            "DEEPGRAM_BASE_URL": self.deepgram.url,
            "OPENAI_BASE_URL": self.openai.base_url,
            "CARTESIA_URL": self.cartesia.tts_url,
        }


@pytest.fixture
async def vendors() -> AsyncIterator[Vendors]:
    async with AsyncExitStack() as stack:
        yield Vendors(
            await stack.enter_async_context(DeepgramStandIn()),
            await stack.enter_async_context(OpenAIStandIn()),
            await stack.enter_async_context(CartesiaStandIn(ms_per_word=20)),
        )


@pytest.fixture
async def desk(
    vendors: Vendors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name, value in vendors.keys().items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "data" / "personas" / "uta"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(README, encoding="utf-8")
    for name in ("Alles", "Wege", "Zimmer"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nDas ist {name}.\n", encoding="utf-8")
    desk = Desk(Paths.inside(tmp_path))
    await desk.open()
    yield desk
    await desk.close()


async def test_all_of_a_file_reaches_its_voice(desk: Desk, vendors: Vendors) -> None:
    seen = Seen()
    desk.bus.subscribe(seen)
    vendors.deepgram.transcripts.append("Wo ist das Zimmer?")
    vendors.openai.answers.append("Gleich links.")
    (bot_id,) = await desk.launch(Launch(PRACTICE_LINK, ("uta",)))
    await seen.state(BotState.IN_CALL, bot_id)
    await seen.until(lambda e: isinstance(e, LineFinal) and e.is_bot)
    await desk.practice.say("Hello?")
    await vendors.cartesia.until(lambda: "Gleich links." in vendors.cartesia.texts, 10)

    heard = next(r for r in vendors.deepgram.requests if r.path == "/v1/listen")
    assert heard.query["language"] in ("de", "de-AT")

    asked = next(r.body for r in vendors.openai.requests if r.path.endswith("/completions"))
    assert asked["model"] == "gpt-4o-mini"
    assert "tools" not in asked
    told = asked["messages"][0]["content"]
    for part in ("You are Uta.", "hilfst am Empfang", "- Gut gelaunt", "- Hell und klar", "de-AT"):
        assert part in told
    places = [told.index(f"### {name}.md") for name in ("Wege", "Alles", "Zimmer")]
    assert places == sorted(places)
    assert "need not bring it up" in told
    assert "never claim or suggest that you are human" in told

    assert vendors.cartesia.texts[0] == "Grüß Gott, ich bin Uta."
    for order in vendors.cartesia.orders:
        assert order["voice"]["id"] == "v-uta"
        assert order["language"] == "de-AT"
        assert order["generation_config"] == {"speed": 1.25}
    assert aliases_of(desk.personas.get("uta")) == ("Empfang", "Frau Uta")


# -- the pace -----------------------------------------------------------------------------------


def fast(speed: str, **metadata: str) -> Persona:
    return Persona("ada", "Ada", metadata={"speed": speed, **metadata})


async def spoken(persona: Persona, service: str, keys: dict[str, str]) -> float:
    """Lets it say a sentence; returns how many seconds of sound came."""
    choice = ServiceChoice(Role.TTS, service, voice=_VOICES[service])
    made = make_tts(choice, Keys(keys), persona, 24000, HURRY)
    seconds: dict[int, float] = {}

    def ends(frame: Frame) -> bool:
        if isinstance(frame, TTSAudioRawFrame):
            seconds[frame.id] = len(frame.audio) / 2 / frame.sample_rate
        return isinstance(frame, TTSStoppedFrame)

    async with LivePipeline(made, choice, keys=Keys(keys)) as live:
        await live.push(TTSSpeakFrame("It takes a moment to say all of this."))
        await live.wait(Frame, ends)
    return sum(seconds.values())


@pytest.mark.parametrize(
    ("speed", "asked"), [("1.2", 1.2), ("0.5", 0.6), ("2", 1.5), ("1", None), ("9", None)]
)
async def test_cartesia_is_asked_for_the_pace_within_its_bounds(
    vendors: Vendors, speed: str, asked: float | None
) -> None:
    await spoken(fast(speed), "cartesia", vendors.keys())
    (order,) = vendors.cartesia.orders
    assert order.get("generation_config") == (None if asked is None else {"speed": asked})


@pytest.mark.parametrize(("speed", "asked"), [("1.2", 1.2), ("2", 2.0), ("1", None), ("", None)])
async def test_openai_is_asked_for_the_pace(
    vendors: Vendors, speed: str, asked: float | None
) -> None:
    await spoken(fast(speed), "openai", vendors.keys())
    body: dict[str, Any] = vendors.openai.requests[0].body
    assert body.get("speed") == asked


async def test_espeak_speaks_at_the_pace() -> None:
    slow, usual, quick = [await spoken(fast(speed), "espeak", {}) for speed in ("0.7", "", "1.6")]
    assert slow > 1.2 * usual
    assert quick < 0.8 * usual


async def test_a_sample_is_heard_at_the_pace_and_kept_for_it(desk: Desk, vendors: Vendors) -> None:
    uta = desk.personas.get("uta")
    await desk.studio.load()
    await desk.studio.hear(uta, desk.plan(uta))
    await desk.studio.hear(uta, desk.plan(uta))
    voice = VoiceEntry("cartesia", "v-uta", "Uta", "de")
    await desk.studio.sample(voice, uta.greeting, "de")
    samples = [r.body for r in vendors.cartesia.requests if r.path == "/tts/bytes"]
    assert [body.get("generation_config") for body in samples] == [{"speed": 1.25}, None]
