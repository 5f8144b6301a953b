"""Which services a bot gets, and what is said about it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, SpeechPlan, SpeechWish
from speakdesk.pipeline.catalogue import (
    CATALOGUE,
    compatible_key,
    entries,
    find,
    names,
    plan_speech,
)

ALL_KEYS = {
    name: f"{name.lower()}-value"
    for name in ("DEEPGRAM_API_KEY", "GLADIA_API_KEY", "OPENAI_API_KEY", "CARTESIA_API_KEY")
}
NOTHING = SpeechWish()


def persona(**metadata: str) -> Persona:
    return Persona("ada", "Ada", metadata=metadata)


def plan(
    *keys: str,
    wish: SpeechWish = NOTHING,
    settings: SpeechWish = NOTHING,
    environment: dict[str, str] | None = None,
    **metadata: str,
) -> SpeechPlan:
    values = {name: ALL_KEYS[name] for name in keys} | (environment or {})
    return plan_speech(persona(**metadata), wish, settings, Keys(values))


def chosen(result: SpeechPlan) -> tuple[str, str, str]:
    return result.stt.key, result.llm.key, result.tts.key


def test_planning_needs_no_pipecat() -> None:
    code = (
        "import sys; sys.modules['pipecat'] = None; sys.modules['PySide6'] = None; "
        "import speakdesk.pipeline.catalogue"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((), ("sphinx", "notes", "espeak")),
        (("DEEPGRAM_API_KEY",), ("deepgram", "notes", "espeak")),
        (("GLADIA_API_KEY",), ("gladia", "notes", "espeak")),
        (("OPENAI_API_KEY",), ("openai", "openai", "openai")),
        (("CARTESIA_API_KEY",), ("sphinx", "notes", "cartesia")),
        (tuple(ALL_KEYS), ("deepgram", "openai", "cartesia")),
    ],
)
def test_each_service_is_the_best_whose_key_is_there(
    keys: tuple[str, ...], expected: tuple[str, str, str]
) -> None:
    result = plan(*keys)
    assert chosen(result) == expected
    assert result.missing == ()
    for choice in (result.stt, result.llm, result.tts):
        entry = find(choice.role, choice.key)
        assert entry is not None
        assert choice.why == (
            "no key is set, so the offline voice"
            if entry.is_offline
            else f"{entry.key_names[0]} is set"
        )


def test_the_launch_beats_the_persona_and_the_persona_beats_the_settings() -> None:
    everything = tuple(ALL_KEYS)
    settings = SpeechWish(stt="openai", tts="openai", llm="notes")
    result = plan(*everything, settings=settings, stt="gladia", tts="espeak")
    assert chosen(result) == ("gladia", "notes", "espeak")
    assert result.stt.why == "the persona asks for it"
    assert result.llm.why == "your settings ask for it"
    result = plan(*everything, wish=SpeechWish(stt="sphinx"), settings=settings, stt="gladia")
    assert (result.stt.key, result.stt.why) == ("sphinx", "this launch asks for it")


def test_a_wish_without_its_key_is_kept_and_said_to_be_missing() -> None:
    result = plan(tts="cartesia")
    assert result.tts.key == "cartesia"
    assert result.missing == (
        "Cartesia as the text-to-speech needs a key and CARTESIA_API_KEY is not set. "
        "Add it in Settings under Keys, or choose another service.",
    )


def test_an_unknown_service_is_kept_and_the_nearest_name_is_told() -> None:
    result = plan("DEEPGRAM_API_KEY", wish=SpeechWish(stt="deepgrm"))
    assert result.stt.key == "deepgrm"
    (sentence,) = result.missing
    assert "Did you mean “deepgram”?" in sentence
    assert "deepgram, gladia, openai, sphinx" in sentence


@pytest.mark.parametrize(
    ("wish", "key", "base_url"),
    [
        ("ollama", "compatible", "http://127.0.0.1:11434/v1"),
        ("openrouter", "compatible", "https://openrouter.ai/api/v1"),
        ("offline", "notes", ""),
    ],
)
def test_other_names_of_a_service_are_understood(wish: str, key: str, base_url: str) -> None:
    result = plan(wish=SpeechWish(llm=wish, llm_model="llama3"))
    assert (result.llm.key, result.llm.base_url) == (key, base_url)
    assert result.missing == ()


def test_a_compatible_server_needs_an_address_and_a_model_but_no_key() -> None:
    assert "needs an address" in plan(llm="compatible").missing[0]
    without_model = plan(wish=SpeechWish(llm="compatible", llm_base_url="http://127.0.0.1:1/v1"))
    assert "needs the name of a model" in without_model.missing[0]
    result = plan(llm_base_url="http://127.0.0.1:1/v1", llm_model="llama3")
    assert (result.llm.key, result.llm.model) == ("compatible", "llama3")
    assert result.missing == ()


def test_an_address_in_the_environment_makes_the_mind_compatible_and_leaves_the_voice() -> None:
    environment = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1", "LLM_MODEL": "llama3"}
    result = plan("OPENAI_API_KEY", environment=environment)
    assert chosen(result) == ("sphinx", "compatible", "espeak")
    assert result.llm.base_url == "http://127.0.0.1:11434/v1"
    assert result.llm.model == "llama3"
    assert result.llm.why == "OPENAI_BASE_URL is set"
    assert result.missing == ()


def test_a_model_goes_only_with_the_service_it_was_named_for() -> None:
    result = plan(
        "OPENAI_API_KEY",
        wish=SpeechWish(llm="openai"),
        llm="ollama",
        llm_model="llama3",
    )
    assert result.llm.model == "gpt-4.1"
    assert result.llm.base_url == "https://api.openai.com/v1" or result.llm.base_url == ""
    assert plan("OPENAI_API_KEY", llm_model="gpt-4o").llm.model == "gpt-4o"


def test_the_voice_is_the_launchs_the_personas_or_by_gender_and_language() -> None:
    named = plan("CARTESIA_API_KEY", cartesia_voice_id="persona-voice", gender="male")
    assert named.tts.voice == "persona-voice"
    wished = plan("CARTESIA_API_KEY", wish=SpeechWish(tts_voice="mine"), cartesia_voice_id="x")
    assert wished.tts.voice == "mine"
    cartesia = find(Role.TTS, "cartesia")
    assert cartesia is not None
    assert plan("CARTESIA_API_KEY", gender="male").tts.voice == cartesia.voices["MALE"]
    german = plan("CARTESIA_API_KEY", gender="female", language_code="de-DE")
    assert german.tts.voice == cartesia.voices["de FEMALE"]
    assert plan("OPENAI_API_KEY", gender="female").tts.voice == "marin"
    assert plan(cartesia_voice_id="x").tts.voice == ""


def test_english_ears_for_a_german_persona_are_a_warning_and_do_not_stop_it() -> None:
    result = plan(language_code="de-DE")
    assert chosen(result) == ("sphinx", "notes", "espeak")
    assert result.missing == ()
    (warning,) = result.warnings
    assert "PocketSphinx knows English only" in warning
    assert plan("DEEPGRAM_API_KEY", language_code="de-DE").warnings == ()


def test_a_service_that_does_not_know_the_language_is_not_taken_unasked() -> None:
    assert plan("CARTESIA_API_KEY", language_code="eo").tts.key == "espeak"


@pytest.mark.parametrize(
    ("values", "base_url", "expected"),
    [
        ({"OPENAI_API_KEY": "o"}, "http://elsewhere/v1", ""),
        ({"OPENAI_API_KEY": "o"}, "https://api.openai.com/v1", "o"),
        (
            {"OPENAI_API_KEY": "o", "OPENAI_BASE_URL": "http://mine/v1"},
            "http://mine/v1",
            "o",
        ),
        ({"OPENROUTER_API_KEY": "r"}, "https://openrouter.ai/api/v1", "r"),
        ({"LLM_API_KEY": "l", "OPENAI_API_KEY": "o"}, "http://elsewhere/v1", "l"),
    ],
)
def test_a_key_goes_only_where_it_belongs(
    values: dict[str, str], base_url: str, expected: str
) -> None:
    assert compatible_key(Keys(values), base_url) == expected


def test_every_role_ends_with_an_offline_service_and_every_entry_says_what_it_is() -> None:
    for role in Role:
        assert [entry.is_offline for entry in entries(role)].count(True) == 1
        assert entries(role)[-1].is_offline
    for entry in CATALOGUE:
        assert entry.sentence.endswith(".")
        assert entry.is_offline or entry.key_names
    assert plan().sentence(names()) == (
        "Hears with PocketSphinx, thinks with Notes brain, speaks with eSpeak NG."
    )
