"""Who a sentence speaks to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speakdesk.domain.addressing import addressed, forms_of

NAMES = {
    "ada": forms_of("Ada"),
    "marco": forms_of("Marco Rossi", ("sommelier", "wine guide")),
    "ada2": forms_of("Ada 2"),
    "grace": forms_of("Grace Hopper"),
    "jurgen": forms_of("Dr. Jürgen Weiß"),
}


@pytest.mark.parametrize(
    ("text", "bots"),
    [
        ("Could you tell us the plan?", ""),
        ("Ada, what is the plan?", "ada"),
        ("What is the plan, Ada?", "ada"),
        ("So, what is the plan, Ada 2?", "ada2"),
        ("so ada what is the plan", "ada"),
        ("Hey Aida, what is the plan?", "ada"),
        ("eda can you hear me", "ada"),
        ("Marko, which wine?", "marco"),
        ("Mr. Rossi, which wine?", ""),
        ("Marco Rossi, which wine?", "marco"),
        ("Which wine would our sommelier take?", "marco"),
        ("And the wine guide, please?", "marco"),
        ("Thanks, Ada. Marco, and what about you?", "marco"),
        ("Ada, do you agree with Marco?", "ada"),
        ("What do you make of what Marco said?", ""),
        ("Marco's idea is good, is it not?", ""),
        ("I talked with Marco about it yesterday.", ""),
        ("Ada and Marco, what do you say?", "ada marco"),
        ("Marco, Ada, which of these?", "marco ada"),
        ("Ada two, are you there?", "ada2"),
        ("Ada 2, are you there?", "ada2"),
        ("It was saved by the grace of the moment.", ""),
        ("Grace, could you check that?", "grace"),
        ("Jurgen, was meinst du?", "jurgen"),
        ("Jürgen was meinst du dazu", "jurgen"),
        ("Add the numbers, please.", ""),
        ("At the market it is cheaper.", ""),
        ("Idle hands are no good.", ""),
    ],
)
def test_finds_who_is_meant(text: str, bots: str) -> None:
    assert addressed(text, NAMES) == tuple(bots.split())


@pytest.mark.parametrize(
    "text",
    [
        "I would like to hear from all of you.",
        "Everyone, please introduce yourselves!",
        "what do both of you think",
        "Could you two agree on something?",
        "Was meint ihr beide?",
        "Qu'en pensez-vous tous les deux ?",
    ],
)
def test_all_are_meant(text: str) -> None:
    assert addressed(text, NAMES) == tuple(NAMES)


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    assert set(addressed(text, NAMES)) <= set(NAMES)


@given(st.sampled_from(sorted(NAMES)), st.text(max_size=30))
def test_a_name_at_the_beginning_is_always_found(bot: str, rest: str) -> None:
    name = {"ada": "Ada", "marco": "Marco", "ada2": "Ada 2", "grace": "Grace", "jurgen": "Jürgen"}
    plain_rest = "".join(c for c in rest if c.isascii() and (c.isalpha() or c == " "))
    found = addressed(f"{name[bot]}, {plain_rest.lower()} zzz", NAMES)
    assert bot in found or "you all" in rest.lower() or "everyone" in rest.lower()


@given(st.text(max_size=20), st.lists(st.text(max_size=12), max_size=3))
def test_any_name_has_forms(name: str, aliases: list[str]) -> None:
    for form in forms_of(name, aliases):
        assert form
        assert all(form)


@pytest.mark.parametrize("order", [("ada", "ada2"), ("ada2", "ada")])
def test_a_whole_name_goes_before_a_longer_one_s_beginning(order: tuple[str, ...]) -> None:
    names = {bot: NAMES[bot] for bot in order}
    assert addressed("Ada, what is the plan?", names) == ("ada",)
    assert addressed("Ada two, what is the plan?", names) == ("ada2",)
