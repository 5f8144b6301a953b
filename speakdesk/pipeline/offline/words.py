# ruff: noqa: RUF001
"""Words a persona uses that PocketSphinx's dictionary may lack, with their American phones.

eSpeak NG says how a word sounds in IPA; the table turns that into the ARPAbet phones of the model.
"""

from __future__ import annotations

import re
from collections import Counter

from speakdesk.domain.persona import Persona
from speakdesk.providers.espeak import pronounce

MOST_WORDS = 400

_WORD = re.compile(r"[A-Za-z][A-Za-z']+")
# The longest spelling that fits is taken first.
_PHONES = {
    "tʃ": "CH",
    "dʒ": "JH",
    "iə": "IY AH",
    "aɪɚ": "AY ER",
    "aɪə": "AY AH",
    "eɪ": "EY",
    "oʊ": "OW",
    "əʊ": "OW",
    "aɪ": "AY",
    "aʊ": "AW",
    "ɔɪ": "OY",
    "ɑː": "AA",
    "ɔː": "AO",
    "oː": "AO",
    "iː": "IY",
    "uː": "UW",
    "ɜː": "ER",
    "ɛ": "EH",
    "æ": "AE",
    "ʌ": "AH",
    "ə": "AH",
    "ɐ": "AH",
    "ɚ": "ER",
    "ɪ": "IH",
    "ᵻ": "IH",
    "ʊ": "UH",
    "i": "IY",
    "u": "UW",
    "a": "AA",
    "ɑ": "AA",
    "ɒ": "AA",
    "ɔ": "AO",
    "e": "EY",
    "o": "OW",
    "n̩": "AH N",
    "l̩": "AH L",
    "ŋ": "NG",
    "θ": "TH",
    "ð": "DH",
    "ʃ": "SH",
    "ʒ": "ZH",
    "ɹ": "R",
    "r": "R",
    "ɾ": "T",
    "ʔ": "T",
    "j": "Y",
    "ɡ": "G",
    "g": "G",
    "h": "HH",
    "x": "K",
    "ç": "HH",
    "ɲ": "N Y",
    "ʎ": "L Y",
    "b": "B",
    "d": "D",
    "f": "F",
    "k": "K",
    "l": "L",
    "m": "M",
    "n": "N",
    "p": "P",
    "s": "S",
    "t": "T",
    "v": "V",
    "w": "W",
    "z": "Z",
}
_LONGEST = max(map(len, _PHONES))


def phones(ipa: str) -> str:
    """ARPAbet phones for IPA, apart by a space; what the model has no sound for is left out."""
    found: list[str] = []
    at = 0
    while at < len(ipa):
        for length in range(_LONGEST, 0, -1):
            if (phone := _PHONES.get(ipa[at : at + length])) is not None:
                found.append(phone)
                at += length
                break
        else:
            at += 1
    return " ".join(found)


def persona_words(persona: Persona) -> tuple[str, ...]:
    """The persona's own words, lower case, the most used first; at most `MOST_WORDS`.

    Common English words are among them; the recogniser leaves out those it knows.
    """
    texts = [persona.name, persona.prompt, persona.summary, persona.greeting]
    texts += [file.text for file in persona.knowledge]
    counted = Counter(
        word.strip("'").lower() for text in texts for word in _WORD.findall(text or "")
    )
    own = [word for word, _ in counted.most_common() if len(word) > 2 and "'" not in word]
    return tuple(own[:MOST_WORDS])


def pronunciations(words: tuple[str, ...]) -> str:
    """Lines of `word PHONES` as the child process learns them. Raises SpeechError; blocks."""
    lines = []
    for word in words:
        if sounds := phones(pronounce(word, language="en-US")):
            lines.append(f"{word} {sounds}")
    return "\n".join(lines)
