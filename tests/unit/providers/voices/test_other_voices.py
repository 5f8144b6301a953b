"""OpenAI's fixed list and its samples, and the voices of this computer."""

from __future__ import annotations

import pytest

from speakdesk.domain.errors import Reason, SpeechError
from speakdesk.providers.voices import offline
from speakdesk.providers.voices.openai import VOICES, OpenAIVoices
from tests.standins.base import Fault
from tests.standins.openai import OpenAIStandIn

KEY = "sk-openai-test-key-123456"


async def test_openai_speaks_a_sample() -> None:
    async with OpenAIStandIn() as vendor:
        client = OpenAIVoices(KEY, url=vendor.base_url)
        sample = await client.sample("marin", "Hello.", "Speak softly.")
        await client.aclose()
    body = vendor.requests[0].body
    assert (body["voice"], body["response_format"]) == ("marin", "pcm")
    assert body["instructions"] == "Speak softly."
    assert (sample.rate_hz, len(sample.pcm)) == (24000, 9600)


async def test_openai_refuses_in_its_own_words() -> None:
    async with OpenAIStandIn(fault=Fault.QUOTA) as vendor:
        client = OpenAIVoices(KEY, url=vendor.base_url)
        with pytest.raises(SpeechError) as caught:
            await client.sample("marin", "Hello.")
        await client.aclose()
    assert caught.value.problem.reason is Reason.QUOTA
    assert "exceeded your current quota" in caught.value.problem.vendor_words


def test_openai_has_voices_of_each_gender() -> None:
    assert {voice.gender for voice in VOICES} == {"MALE", "FEMALE", "NON-BINARY"}
    assert all(voice.speaks("sw") for voice in VOICES)


def test_this_computer_has_a_voice_of_each_gender_for_each_language() -> None:
    voices = offline.voices()
    german = [voice for voice in voices if voice.speaks("de-CH")]
    assert {voice.gender for voice in german} == {"MALE", "FEMALE", "NON-BINARY"}
    assert len({voice.id for voice in voices}) == len(voices)


def test_the_usual_accent_of_a_language_comes_first() -> None:
    english = [voice for voice in offline.voices() if voice.speaks("en")]
    assert english[0].id.lower().startswith("en-us+")


def test_each_listed_voice_can_speak() -> None:
    entry = next(voice for voice in offline.voices() if voice.id == "de+f3")
    sample = offline.sample(entry.id, "Guten Tag.", "de")
    assert sample.seconds > 0.3
