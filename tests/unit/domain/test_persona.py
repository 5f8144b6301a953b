"""What a persona's metadata means."""

from __future__ import annotations

import pytest

from speakdesk.domain.persona import KEY_PATTERN, Persona
from speakdesk.domain.speech import SpeechWish
from speakdesk.domain.turns import TurnDetection, TurnRules


def persona(**metadata: str) -> Persona:
    return Persona(key="ada", name="Ada", metadata=metadata)


def test_an_empty_file_means_defaults() -> None:
    ada = persona()
    assert (ada.language, ada.greeting, ada.gender, ada.role) == ("en", "", "", "")
    assert ada.tools is None
    assert ada.turns == TurnRules()
    assert ada.speech == SpeechWish()
    assert ada.voice_for("cartesia") == ""


def test_empty_values_are_as_good_as_none() -> None:
    ada = persona(language_code=" ", greeting="", entry_message="Hi.", vad_stop_s="")
    assert (ada.language, ada.greeting) == ("en", "Hi.")
    assert ada.turns == TurnRules()


def test_reads_what_is_said() -> None:
    ada = persona(
        language_code="de_DE",
        greeting="Moin.",
        entry_message="In the chat.",
        gender="non-binary",
        stt="Deepgram",
        llm_model="gpt-x",
        cartesia_voice_id="v1",
        openai_voice="coral",
    )
    assert (ada.language, ada.greeting, ada.gender) == ("de-DE", "Moin.", "NON-BINARY")
    assert ada.speech == SpeechWish(stt="deepgram", llm_model="gpt-x")
    assert (ada.voice_for("cartesia"), ada.voice_for("openai")) == ("v1", "coral")


@pytest.mark.parametrize(
    ("text", "tools"),
    [("none", ()), ("weather", ("weather",)), ("Weather, time;none", ("weather", "time"))],
)
def test_tools_may_be_chosen_or_forbidden(text: str, tools: tuple[str, ...]) -> None:
    assert persona(tools=text).tools == tools


def test_turn_rules_are_read_and_nonsense_is_the_default() -> None:
    turns = persona(
        vad_confidence="0.5",
        vad_start_s="soon",
        vad_stop_s="-1",
        silence_s="1.2",
        backchannel_words="3",
        turn_detection="Silence",
        allow_interruptions="no",
        answers_other_bots="perhaps",
    ).turns
    assert turns == TurnRules(
        vad_confidence=0.5,
        silence_s=1.2,
        backchannel_words=3,
        detection=TurnDetection.SILENCE,
        allow_interruptions=False,
    )


@pytest.mark.parametrize("value", ["nan", "inf", "1e9", "0x2", "-0.1"])
def test_numbers_that_are_none_are_ignored(value: str) -> None:
    assert persona(vad_stop_s=value).turns == TurnRules()


@pytest.mark.parametrize("name", ["vad_confidence", "vad_min_volume"])
def test_a_share_above_one_is_ignored(name: str) -> None:
    assert persona(**{name: "70"}).turns == TurnRules()


def test_the_role_falls_back_to_the_first_characteristic() -> None:
    assert persona(role="Interviews").role == "Interviews"
    assert Persona(key="ada", name="Ada", characteristics=("Curious", "Fair")).role == "Curious"


@pytest.mark.parametrize("key", ["ada", "a", "4chan", "sales-coach_2"])
def test_keys_that_are_fine(key: str) -> None:
    assert KEY_PATTERN.match(key)


@pytest.mark.parametrize("key", ["", "Ada", "a b", "../a", "_a", "a" * 65, "ada\n"])
def test_keys_that_are_not(key: str) -> None:
    assert not KEY_PATTERN.match(key)
