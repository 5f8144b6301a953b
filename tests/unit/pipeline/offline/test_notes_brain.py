"""The notes brain, by example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.pipeline.offline.notes import MOST_LETTERS, NotesBrain, ToolRequest
from speakdesk.pipeline.offline.passages import passages, spoken_sentences

BOTH = frozenset({"time", "weather"})


@pytest.fixture
def brain(olga: Persona) -> Iterator[NotesBrain]:
    made = NotesBrain(olga)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("How do I ask for a day off?", "leave tool"),
        ("What happens on Monday morning?", "laptop"),
        ("What should I do in my first week?", "On Monday morning"),
        ("When does the office open?", "eight"),
        ("Where is lunch?", "third floor"),
        ("Who is in the payroll?", "Priya Raman"),
        ("What if I am sick?", "before ten"),
        ("How many vacation days do I have?", "thirty days"),
        # As a recogniser hears them.
        ("what happens on the monday mourning", "laptop"),
        ("where do i find the hand book", "handbook"),
        ("how many days of vocation do i have", "thirty days"),
        ("where is launch", "third floor"),
    ],
)
def test_answers_from_the_right_passage(brain: NotesBrain, question: str, holds: str) -> None:
    assert holds in brain.answer(question)


def test_says_its_name_and_purpose(brain: NotesBrain) -> None:
    answer = brain.answer("who are you and what do you do")
    assert answer.startswith("I am Olga. I am an onboarding guide who helps new colleagues")
    assert "first week" in brain.answer("What can you do for me?").lower()


@pytest.mark.parametrize("question", ["Are you a robot?", "are you an ai", "Which model are you?"])
def test_is_honest_about_being_the_offline_voice(brain: NotesBrain, question: str) -> None:
    answer = brain.answer(question)
    assert "offline voice" in answer
    assert "No language model" in answer


def test_says_when_it_does_not_know_and_what_it_knows_about(brain: NotesBrain) -> None:
    first = brain.answer("What is the capital of France?")
    assert "do not find that in my notes" in first
    assert "no language model is connected" in first
    assert "The first week and Time off" in first
    second = brain.answer("Who won the world cup?")
    assert "not in my notes either" in second
    assert len(second) < len(first)


def test_greets_thanks_and_parts(brain: NotesBrain) -> None:
    assert brain.answer("Hello!").startswith("Hello! I am Olga.")
    assert brain.answer("hi Olga").startswith("Hello again.")
    assert brain.answer("Thank you very much.") == "You are welcome."
    assert brain.answer("goodbye").startswith("Goodbye")
    assert brain.answer("  ").startswith("Sorry")


def test_tells_more_until_the_notes_end(brain: NotesBrain) -> None:
    first = brain.answer("What do I set up on the first day?")
    assert first.startswith("Set up these on the first day:")
    assert "Two-factor" not in first
    assert "Two-factor" in brain.answer("Tell me more about that.")
    assert "Lunch" in brain.answer("go on")
    assert brain.answer("go on") == "That is all my notes say about Lunch."
    assert brain.answer("say that again") == "That is all my notes say about Lunch."


def test_history_puts_a_fresh_brain_into_the_talk(brain: NotesBrain) -> None:
    answer = brain.answer("tell me more", [("what do i set up on the first day", "…")])
    assert "Two-factor" in answer


def test_asks_tools_only_where_they_are_on(brain: NotesBrain) -> None:
    asked = brain.respond("What time is it in New York?", BOTH)
    assert asked.tool == ToolRequest("time", {"place": "New York"})
    asked = brain.respond("what is the weather like in paris", BOTH)
    assert asked.tool == ToolRequest("weather", {"place": "Paris"})
    assert brain.respond("what's the weather like", BOTH).text == "For which place?"
    assert "switched off" in brain.respond("what is the weather in paris").text


def test_says_what_a_tool_found_or_why_not(brain: NotesBrain) -> None:
    found = {"place": "tokyo", "time": "12:10", "date": "Friday, 20 November 2026"}
    assert brain.tell_tool("time", found).text == "In Tokyo it is 12:10, Friday, 20 November 2026."
    sky = {"place": "Paris", "sky": "Light rain", "temperature_c": 9, "feels_like_c": 7}
    assert "light rain, 9 degrees" in brain.tell_tool("weather", sky).text
    failed = brain.tell_tool("weather", {"error": "The weather service did not answer in time."})
    assert failed.text.endswith("The weather service did not answer in time.")


def test_speaks_the_personas_language(german: Persona) -> None:
    brain = NotesBrain(german)
    assert brain.answer("Guten Tag").startswith("Hallo! Ich bin Jana.")
    assert "Dreißig Tage" in brain.answer("Wie viele Tage Urlaub habe ich?")
    assert "Hof" in brain.answer("Wo sind die Parkplätze?")
    assert "kein Sprachmodell" in brain.answer("Wer ist der Papst?")
    assert brain.answer("Wer bist du?").endswith(
        "Ich bin eine Begleiterin für neue Kolleginnen und Kollegen."
    )
    assert brain.respond("Wie spät ist es in Rom?", BOTH).tool == ToolRequest(
        "time", {"place": "Rom"}
    )


@pytest.mark.parametrize(
    ("language", "hello", "ai"),
    [
        ("fr", "Bonjour", "Êtes-vous un robot ?"),
        ("es", "Hola", "¿Eres un robot?"),
        ("it", "Buongiorno", "Sei un robot?"),
    ],
)
def test_has_words_of_its_own_in_every_language(
    olga: Persona, language: str, hello: str, ai: str
) -> None:
    brain = NotesBrain(replace(olga, metadata={"language_code": language}))
    assert "Olga" in brain.answer(hello)
    assert "SpeakDesk" in brain.answer(ai)
    brain.close()


def test_a_persona_without_knowledge_still_tells_about_itself(olga: Persona) -> None:
    brain = NotesBrain(replace(olga, knowledge=(), prompt=""))
    assert "Olga" in brain.answer("what is your name")
    assert "no notes" in brain.answer("What about the budget?")
    brain.close()


def test_answers_are_short_enough_to_listen_to(olga: Persona) -> None:
    text = "# Budget\n\n" + "The budget of the project is large and " * 60 + "done."
    brain = NotesBrain(replace(olga, knowledge=(Knowledge("budget.md", text),)))
    assert len(brain.answer("How large is the budget?")) <= MOST_LETTERS + 1
    brain.close()


def test_markdown_becomes_speech() -> None:
    text = (
        "---\ntitle: x\n---\n# Plan\n\nSee **the** [guide](https://e.org/x), `code` and "
        "https://www.example.org/path?q=1 now 🎉.\n\n```\nsecret()\n```\n\n- first item\n"
        "- *second* item\n\n> quoted line\n> goes on\n\n![picture](a.png)\n"
    )
    found = passages(Knowledge("plan.md", text))
    said = " ".join(passage.text for passage in found)
    assert said == (
        "See the guide, code and example.org now. First item. Second item. Quoted line goes on."
    )
    assert found[0].path == ("Plan",)


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert spoken_sentences("Ask Dr. Weber. He knows e.g. Python.") == [
        "Ask Dr. Weber.",
        "He knows e.g. Python.",
    ]


def test_a_summary_keeps_what_was_said_within_its_size(brain: NotesBrain) -> None:
    lines = [f"The budget meeting number {n} moved to Friday." for n in range(50)]
    summary = brain.summary(lines, 300)
    assert summary.startswith("So far people said: The budget meeting")
    assert len(summary) < 340
    assert brain.summary([summary, "A new line."], 400).count("So far people said") == 1
