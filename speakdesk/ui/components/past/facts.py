"""Who was in a past meeting, for how long, and what it cost, as lines to read."""

from __future__ import annotations

from collections.abc import Iterator

from speakdesk.app.past.history import AftermathRecord, MeetingRecord
from speakdesk.ui.components.bot_facts import Fact, cost_words
from speakdesk.ui.words import clock, count, local_day, local_time, seconds_between


def people_and_cost(record: MeetingRecord, provider: str) -> list[Fact]:
    """Everything known of the people, the bots and the cost. `provider` is its name."""
    facts: list[Fact] = []
    if record.people:
        facts.append(Fact(f"People, as {provider} saw them", is_heading=True))
        words = {True: "spoke", False: "did not speak", None: "was there"}
        facts += [Fact(person.name, words[person.spoke]) for person in record.people]
    if record.tokens is not None:
        facts.append(Fact("Cost", is_heading=True))
        unit = "token" if record.tokens == 1 else "tokens"
        facts.append(Fact("The whole meeting", f"{record.tokens:g} {unit} at {provider}"))
    for bot in record.bots:
        facts.append(Fact(bot.name or "Recorder", is_heading=True))
        facts.append(Fact("State", f"{bot.state.value.replace('_', ' ')}{_because(bot.cause)}"))
        facts.append(Fact("Launched", local_day(bot.created)))
        if bot.ended is not None:
            lasted = clock(seconds_between(bot.created, bot.ended))
            facts.append(Fact("Ended", f"{local_time(bot.ended)}, after {lasted}"))
        facts.append(Fact("Lines", count(bot.line_count, "line")))
        after = record.after(bot.id)
        if after is not None:
            facts += _at_provider(after, provider)
        if bot.provider_bot_id:
            facts.append(Fact("Provider's bot", bot.provider_bot_id))
    return facts


def _because(cause: str) -> str:
    return f", {cause}" if cause else ""


def _at_provider(after: AftermathRecord, provider: str) -> Iterator[Fact]:
    if after.raw:
        yield Fact(f"{provider} says", after.raw)
    if after.joined is not None:
        yield Fact("Joined", local_time(after.joined))
    if after.exited is not None:
        yield Fact("Left", local_time(after.exited))
    if after.duration_s is not None:
        yield Fact("In the meeting", clock(after.duration_s))
    if after.cost is not None and (words := cost_words(after.cost)):
        yield Fact("Cost", words)
