"""How a persona takes turns: when it hears speech, when a turn is over, who may cut in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TurnDetection(StrEnum):
    """What decides that the other person has finished."""

    SMART = "smart"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class TurnRules:
    """One persona's rules of conversation.

    `vad_confidence` 0..1, `vad_start_s` and `vad_stop_s` seconds, `vad_min_volume` 0..1 (Silero).
    `silence_s` is the pause that ends a turn under `TurnDetection.SILENCE`; `patience_s` the one
    that ends it under `TurnDetection.SMART` although the sentence sounds unfinished.
    `backchannel_words`: while the bot speaks, an utterance of at most this many words that is only
    agreement ("mm-hm", "ja genau") does not stop it; 0 lets any sound stop it.
    `idle_s`: after this much silence the bot asks once whether anyone is there; 0 never.
    """

    vad_confidence: float = 0.7
    vad_start_s: float = 0.2
    vad_stop_s: float = 0.2
    vad_min_volume: float = 0.6
    detection: TurnDetection = TurnDetection.SMART
    silence_s: float = 0.8
    patience_s: float = 1.6
    allow_interruptions: bool = True
    backchannel_words: int = 2
    idle_s: float = 0.0
    answers_other_bots: bool = False
