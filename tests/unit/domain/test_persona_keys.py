"""The documented metadata keys, and what a persona makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speakdesk.domain import persona as persona_module
from speakdesk.domain.model_room import USUAL
from speakdesk.domain.persona import Persona, temporary_persona
from speakdesk.domain.persona_keys import PERSONA_KEYS, find_key
from speakdesk.domain.persona_size import size_of


def persona(**metadata: str) -> Persona:
    return Persona(key="ada", name="Ada", metadata=metadata)


def test_every_key_is_documented_beside_the_persona() -> None:
    table = persona_module.__doc__ or ""
    missing = [k.name for k in PERSONA_KEYS if k.name not in table and "_voice" not in k.name]
    assert missing == []
    assert all(k.help.endswith(".") for k in PERSONA_KEYS)


def test_any_service_may_have_a_voice_key() -> None:
    found = find_key("elevenlabs_voice_id")
    assert found is not None
    assert found.kind == "voice"
    assert find_key("favourite_tea") is None


def test_lists_are_read_with_patience() -> None:
    ada = persona(
        aliases=" Ada Lovelace,  Countess ; Ada Lovelace,",
        tags="work、hiring",
        relevant_links=" a b,c ",
    )
    assert ada.aliases == ("Ada Lovelace", "Countess")
    assert ada.tags == ("work", "hiring")
    assert ada.links == ("a", "b", "c")
    assert persona().aliases == ()


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("1.2", 1.2),
        ("0.5", 0.5),
        ("2", 2.0),
        ("0.1", None),
        ("3", None),
        ("fast", None),
        ("", None),
    ],
)
def test_a_speed_is_between_half_and_double(text: str, speed: float | None) -> None:
    assert persona(speed=text).speed == speed


def test_says_that_it_is_an_ai_unless_told_otherwise() -> None:
    assert persona().discloses_ai
    assert not persona(discloses_ai="No").discloses_ai
    assert persona(discloses_ai="perhaps").discloses_ai


def test_a_bare_prompt_makes_a_temporary_persona() -> None:
    one = temporary_persona(
        "  You are Max Frisch, a writer.\nBe brief. ", language_code="de", greeting=""
    )
    assert (one.name, one.language, one.greeting) == ("Max Frisch", "de", "")
    assert one.prompt == "You are Max Frisch, a writer.\nBe brief."
    assert one.is_temporary
    assert temporary_persona("Help.").name == "Assistant"
    assert temporary_persona("Du bist Ida, eine Gastgeberin.").name == "Ida"
    assert temporary_persona("Vous êtes Émile et vous aidez.").name == "Émile"
    assert temporary_persona("Eres Lucía. Ayudas.").name == "Lucía"
    assert temporary_persona("You are a guide.").name == "Assistant"
    assert temporary_persona("You are helpful.").name == "Assistant"
    assert temporary_persona("Help.", "  Dr   No ").name == "Dr No"
    assert not persona().is_temporary


def test_a_persona_is_large_or_small_for_the_model_it_thinks_with() -> None:
    long = replace(persona(), prompt="x" * 20_000)
    assert size_of(long).prompt_left_out == 20_000 - USUAL.prompt
    assert size_of(long, "gpt-4.1").prompt_left_out == 0
    assert size_of(long, "gpt-4").prompt_left_out > 10_000
    named = replace(long, metadata={"llm_model": "gpt-4.1"})
    assert size_of(named).prompt_left_out == 0
    assert size_of(named, "llama3.2:3b").prompt_left_out == 20_000 - USUAL.prompt
