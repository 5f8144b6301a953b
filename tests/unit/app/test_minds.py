"""Which language model is asked beside a meeting."""

from __future__ import annotations

import pytest

from speakdesk.app.past.minds import mind_for, plan_of_desk
from speakdesk.domain.errors import SpeechError
from speakdesk.domain.speech import Keys, SpeechWish

KEY = "sk-openai-test-key-1234567890"


async def test_the_notes_brain_is_no_model() -> None:
    keys = Keys()
    assert await mind_for(plan_of_desk(SpeechWish(), keys), keys) is None


async def test_a_key_at_hand_chooses_openai() -> None:
    keys = Keys({"OPENAI_API_KEY": KEY})
    mind = await mind_for(plan_of_desk(SpeechWish(llm_model="gpt-9"), keys), keys)
    assert mind is not None
    assert (mind.name, mind.model, mind.base_url) == (
        "OpenAI",
        "gpt-9",
        "https://api.openai.com/v1",
    )


async def test_a_server_of_ones_own_gets_no_key_of_openai() -> None:
    keys = Keys({"OPENAI_API_KEY": KEY})
    wish = SpeechWish(llm="ollama", llm_model="llama3")
    mind = await mind_for(plan_of_desk(wish, keys), keys)
    assert mind is not None
    assert (mind.model, mind.base_url) == ("llama3", "http://127.0.0.1:11434/v1")
    assert mind._key == ""


@pytest.mark.parametrize(
    ("wish", "missing"),
    [
        (SpeechWish(llm="openai"), "OPENAI_API_KEY is not set"),
        (SpeechWish(llm="compatible"), "an address and a model"),
        (SpeechWish(llm="ollama"), "an address and a model"),
        (SpeechWish(llm="hal"), "“hal”"),
    ],
)
async def test_what_is_missing_is_told(wish: SpeechWish, missing: str) -> None:
    keys = Keys()
    with pytest.raises(SpeechError, match=missing) as caught:
        await mind_for(plan_of_desk(wish, keys), keys)
    assert "Settings" in caught.value.problem.next_step
