"""Who gives way when somebody speaks while the bot does.

The moment a voice is suspected (32 ms of it) the bot falls silent by holding its sound back, which
loses nothing. Then it turns out what it was: a turn of theirs drops what is held; agreement
("mm-hm"), a cough or a slammed door lets the bot go on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from speakdesk.domain.turns import TurnRules
from speakdesk.pipeline.backchannel import is_backchannel
from speakdesk.pipeline.models import WINDOW_S

# One window is enough; in a place that keeps raising false alarms, more, for a while.
MOST_SUSPICION_WINDOWS = 4
ALARM_MEMORY_S = 20.0
# A sound that the VAD never confirms is over after this much quiet.
RELEASE_AFTER_S = 0.32
# Nobody says "mm-hm" for longer than this.
LONGEST_BACKCHANNEL_S = 1.1
# How long to wait for the words of an utterance that has ended, on top of the service's own delay.
WORDS_GRACE_S = 0.4
SHORTEST_GRACE_S = 0.8
LONGEST_GRACE_S = 2.5


class Verdict(StrEnum):
    """What an utterance over the bot's own speech turned out to be, or that it is still open."""

    OPEN = "open"
    TURN = "turn"
    BACKCHANNEL = "backchannel"


class Yielding:
    """One bot's manners; all times are seconds of heard sound, fed in order.

    `hold()` and `release()` stop and continue the outgoing sound; `is_speaking()` says whether
    there is any. The holder asks for a verdict after everything it feeds in.
    """

    def __init__(
        self,
        rules: TurnRules,
        *,
        is_speaking: Callable[[], bool],
        hold: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self._rules = rules
        self._is_speaking = is_speaking
        self._hold = hold
        self._release = release
        self._heard_s = 0.0
        self._voiced = 0
        self._quiet_s = 0.0
        self._is_holding = False
        self._is_utterance_open = False
        self._is_voice_on = False
        self._voice_since_s = 0.0
        self._words_until_s = 0.0
        self._words_grace_s = SHORTEST_GRACE_S
        self._is_agreement = False
        self._windows_needed = 1
        self._false_alarm_at_s = float("-inf")

    @property
    def is_undecided(self) -> bool:
        """True while an utterance over the bot's speech waits for its verdict."""
        return self._is_utterance_open

    def expect_words_after(self, seconds: float) -> None:
        """How long the STT service takes for a transcript at worst."""
        grace = max(SHORTEST_GRACE_S, seconds + WORDS_GRACE_S)
        self._words_grace_s = min(LONGEST_GRACE_S, grace)

    def on_window(self, is_voice: bool, may_yield: bool) -> None:
        """One 32 ms window of heard sound; `may_yield` False where its speaker has no say."""
        self._heard_s += WINDOW_S
        self._voiced = self._voiced + 1 if is_voice else 0
        self._quiet_s = 0.0 if is_voice else self._quiet_s + WINDOW_S
        if self._heard_s - self._false_alarm_at_s > ALARM_MEMORY_S:
            self._windows_needed = 1
        if self._is_holding:
            if not self._is_utterance_open and self._quiet_s >= RELEASE_AFTER_S:
                self._windows_needed = min(MOST_SUSPICION_WINDOWS, self._windows_needed + 1)
                self._false_alarm_at_s = self._heard_s
                self._let_go()
        elif (
            may_yield
            and self._rules.allow_interruptions
            and self._voiced >= self._windows_needed
            and self._is_speaking()
        ):
            self._is_holding = True
            self._hold()

    def on_voice_started(self) -> Verdict:
        """The VAD is sure that somebody speaks."""
        self._is_voice_on = True
        self._windows_needed = 1
        if not self._rules.allow_interruptions:
            return Verdict.TURN
        if not self._is_holding and not self._is_speaking():
            return Verdict.TURN
        if self._rules.backchannel_words <= 0:
            return self._take_turn()
        if not self._is_holding:
            self._is_holding = True
            self._hold()
        if not self._is_utterance_open:
            self._is_utterance_open, self._is_agreement = True, False
            self._voice_since_s = self._heard_s
        return Verdict.OPEN

    def on_voice_stopped(self) -> Verdict:
        """The VAD is sure that they have stopped; their words may still be on the way."""
        self._is_voice_on = False
        self._words_until_s = self._heard_s + self._words_grace_s
        if self._is_utterance_open and self._is_agreement:
            return self._keep_floor()
        return self.verdict()

    def on_words(self, text: str, is_final: bool) -> Verdict:
        """Words of the utterance, as far as they are known."""
        is_agreement = is_backchannel(text, self._rules.backchannel_words)
        if not self._is_utterance_open:
            # The words of an utterance that was let pass already.
            late = is_agreement and self._rules.allow_interruptions and self._is_speaking()
            return Verdict.BACKCHANNEL if late else Verdict.TURN
        if not is_agreement:
            return self._take_turn()
        self._is_agreement = True
        if is_final and not self._is_voice_on:
            return self._keep_floor()
        return Verdict.OPEN

    def verdict(self) -> Verdict:
        """What time alone decides: too long to be agreement, or no words ever came."""
        if not self._is_utterance_open:
            return Verdict.OPEN
        if self._is_voice_on:
            if self._heard_s - self._voice_since_s > LONGEST_BACKCHANNEL_S:
                return self._take_turn()
            return Verdict.OPEN
        if self._heard_s > self._words_until_s:
            return self._keep_floor()
        return Verdict.OPEN

    def reset(self) -> None:
        """The outgoing sound was dropped or a new wire began: nothing is held any more."""
        self._is_holding = self._is_utterance_open = False

    def give_up(self) -> None:
        """No more sound came to decide on: go on speaking."""
        self._is_utterance_open = False
        self._let_go()

    def _take_turn(self) -> Verdict:
        # What is held stays held: the interruption that follows drops it.
        self._is_utterance_open = False
        return Verdict.TURN

    def _keep_floor(self) -> Verdict:
        self._is_utterance_open = False
        self._let_go()
        return Verdict.BACKCHANNEL

    def _let_go(self) -> None:
        if self._is_holding:
            self._is_holding = False
            self._release()
