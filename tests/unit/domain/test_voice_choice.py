"""Which voices fit a search, and which suits a persona."""

from __future__ import annotations

import pytest

from speakdesk.domain.persona import Persona
from speakdesk.domain.voice import VoiceEntry, rank_voices, search_voices, why_ranked

CALM = VoiceEntry("cartesia", "1", "Mia", "en", "FEMALE", "A calm, friendly woman for support.")
LOUD = VoiceEntry("cartesia", "2", "Zoe", "en-gb", "FEMALE", "Loud and excited.")
MAN = VoiceEntry("cartesia", "3", "Tom", "en", "MALE", "A calm, friendly, unhurried man.")
GERMAN = VoiceEntry("cartesia", "4", "Uta", "de", "FEMALE", "Ruhig und klar.")
ANY = VoiceEntry("openai", "alloy", "Alloy", "", "NON-BINARY", "Even.")
ALL = (LOUD, MAN, GERMAN, CALM, ANY)

ADA = Persona(
    "ada",
    "Ada",
    voice_tone=("A calm, friendly tone",),
    metadata={"gender": "FEMALE", "language_code": "en"},
)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"language": "de-AT"}, (GERMAN, ANY)),
        ({"gender": "male"}, (MAN,)),
        ({"words": "FRIENDLY calm"}, (MAN, CALM)),
        ({"words": "mia"}, (CALM,)),
        ({"language": "en", "gender": "FEMALE", "words": "loud"}, (LOUD,)),
        ({"words": "yodel"}, ()),
        ({}, ALL),
    ],
)
def test_searches_by_language_gender_and_words(
    search: dict[str, str], found: tuple[VoiceEntry, ...]
) -> None:
    assert search_voices(ALL, **search) == found


def test_ranks_by_language_gender_and_shared_words() -> None:
    assert rank_voices(ALL, ADA) == (CALM, LOUD, ANY, MAN)


def test_says_why() -> None:
    why = why_ranked(CALM, ADA)
    assert why.startswith("It speaks the persona's language (en), its gender is female and")
    assert "calm" in why


def test_says_honestly_where_nothing_speaks_for_a_voice() -> None:
    assert "nothing tells them apart" in why_ranked(ANY, Persona("x", "X"))


def test_the_region_decides_between_equals() -> None:
    british = Persona("b", "B", metadata={"language_code": "en-GB"})
    assert rank_voices((CALM, LOUD), british)[0] is LOUD


@pytest.mark.parametrize(("voice", "asked"), [("no", "nb-NO"), ("nb", "no"), ("zh-cmn", "zh-CN")])
def test_knows_the_codes_of_a_language_that_has_several(voice: str, asked: str) -> None:
    assert VoiceEntry("s", "1", "N", voice).speaks(asked)
