"""A practice meeting recorded by the real program is a regression test at once."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from speakdesk.app.flight.replay import ReplayServices, ReplayWish, replay, stand_in
from speakdesk.domain.speech import Keys, Role, ServiceChoice, SpeechPlan
from tests.e2e.conftest import Speakdesk
from tests.fixtures.make_flights import FLIGHTS
from tests.standins.cartesia import CartesiaStandIn
from tests.standins.deepgram import DeepgramStandIn
from tests.standins.openai import OpenAIStandIn

# A loaded machine decides a little later than a replay, whose clock stands still for the models.
TOLERANCE_S = "1.5"


def test_what_was_recorded_is_replayed_with_the_same_turns(
    speakdesk: Speakdesk, tmp_path: Path
) -> None:
    file = tmp_path / "meeting.speakdesk"
    held = speakdesk.run(
        "practice",
        "--persona",
        "interviewer",
        "--say",
        "What is your name?",
        "--flight",
        str(file),
    )
    assert held.returncode == 0, held.stderr
    done = speakdesk.run("replay", str(file), "--assert", "--json", "--tolerance", TOLERANCE_S)
    assert done.returncode == 0, done.stderr
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(turns) == 2
    greeting, answer = turns
    assert greeting["old"]["bot"]["text"] == greeting["new"]["bot"]["text"]
    assert answer["old"]["person"]["text"] == answer["new"]["person"]["text"]
    assert answer["old"]["bot"]["text"] == answer["new"]["bot"]["text"]
    assert "the same as in the recording" in done.stderr

    again = speakdesk.run("replay", str(file), "--json", "--tolerance", TOLERANCE_S)
    assert again.stdout == done.stdout


async def test_the_services_of_today_answer_a_recorded_question() -> None:
    """Their clients are real, and so is the time they take: the recording runs twice as fast."""
    path = FLIGHTS / "clean.speakdesk"
    deepgram, openai, cartesia = DeepgramStandIn(), OpenAIStandIn(), CartesiaStandIn()
    deepgram.transcripts.append("What is the plan?")
    openai.answers.append("Today we listen.")
    async with AsyncExitStack() as stack:
        for vendor in (deepgram, openai, cartesia):
            await stack.enter_async_context(vendor)
        cast = replace(
            stand_in(path),
            plan=SpeechPlan(
                ServiceChoice(Role.STT, "deepgram"),
                ServiceChoice(Role.LLM, "openai"),
                ServiceChoice(Role.TTS, "cartesia"),
            ),
            keys=Keys(
                {
                    "DEEPGRAM_API_KEY": "deepgram-key",
                    "OPENAI_API_KEY": "openai-key",
                    "CARTESIA_API_KEY": "cartesia-key",
                    "DEEPGRAM_BASE_URL": deepgram.url,
                    "OPENAI_BASE_URL": openai.base_url,
                    "CARTESIA_URL": cartesia.tts_url,
                }
            ),
        )
        wish = ReplayWish(ReplayServices.CURRENT, 2.0)
        found = await asyncio.to_thread(replay, path, cast, wish)
    greeting, turn = found.pairs
    assert greeting.new is not None
    assert greeting.new.bot is not None
    assert turn.new is not None
    assert turn.new.person is not None
    assert turn.new.person.text == "What is the plan?"
    assert turn.new.bot is not None
    assert turn.new.bot.text == "Today we listen."
    assert turn.new.timing is not None
    assert not turn.new.bot.interrupted
