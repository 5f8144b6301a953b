"""Bad days at the moment a bot is sent: what the person reads, and that no bot is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.errors import Problem, ProviderError, Reason
from speakdesk.domain.launch import BotView
from tests.fixtures.bad_day import BadDay, bad_day
from tests.standins.meetingbaas import NO_SUCH_HOST, MeetingBaasCloud, Trouble


def is_told_well(problem: Problem | None) -> Problem:
    """Whole sentences, a next step, nothing secret."""
    assert problem is not None
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")
    assert "mb-key" not in str(problem)
    assert "/ws/" not in str(problem)
    return problem


async def fails(day: BadDay) -> tuple[BotView, Problem]:
    """Launch; the bot fails, its voice is ended, nobody is in the meeting."""
    await day.launch()
    view = await day.ends(BotState.FAILED)
    problem = is_told_well(view.problem)
    assert view.cause == problem.sentence
    assert day.voices[0].stopped
    assert Evidence.ACCEPTED not in {mark.evidence for mark in view.marks}
    assert day.cloud.live_bots == []
    return view, problem


@pytest.mark.parametrize(
    ("trouble", "reason", "sentence", "step", "words"),
    [
        (
            Trouble.REFUSED_KEY,
            Reason.AUTHENTICATION,
            "does not accept the API key",
            "Copy the key again",
            "FST_ERR_FORBIDDEN: Unauthorized",
        ),
        (
            Trouble.FORBIDDEN_KEY,
            Reason.AUTHENTICATION,
            "refuses the API key for this",
            "Full Access key",
            "FST_ERR_FORBIDDEN: Forbidden",
        ),
        (
            Trouble.NO_TOKENS,
            Reason.QUOTA,
            "no tokens left",
            "Buy tokens",
            "FST_ERR_INSUFFICIENT_TOKENS",
        ),
        (
            Trouble.ALREADY_EXISTS,
            Reason.CONFLICT,
            "less than five minutes ago",
            "allow several bots",
            "FST_ERR_BOT_ALREADY_EXISTS",
        ),
        (Trouble.WRONG_STATE, Reason.CONFLICT, "cannot do this now", "state", "FST_ERR_BOT_STATUS"),
        (Trouble.UNPROCESSABLE, Reason.REFUSED, "chat", "host", "FST_ERR_CHAT_DISABLED"),
        (
            Trouble.DAILY_CAP,
            Reason.QUOTA,
            "24 hours is used up",
            "a day old",
            "FST_ERR_DAILY_BOT_CAP_REACHED",
        ),
    ],
)
async def test_a_refusal_is_not_repeated_and_says_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    reason: Reason,
    sentence: str,
    step: str,
    words: str,
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble = trouble
        _, problem = await fails(day)
        assert problem.reason is reason
        assert sentence in problem.sentence
        assert step in problem.next_step
        assert words in problem.vendor_words
        assert len(day.cloud.requests) == 1
        assert day.cloud.bots == {}


@pytest.mark.parametrize(
    ("trouble", "reason", "sentence"),
    [
        (Trouble.SERVER_ERROR, Reason.UNAVAILABLE, "trouble of its own"),
        (Trouble.SILENT, Reason.TIMEOUT, "did not answer in time"),
        (Trouble.DROP, Reason.CONNECTIVITY, "broke off"),
        (Trouble.NOT_JSON, Reason.PROTOCOL, "not JSON"),
        (Trouble.TRUNCATED, Reason.PROTOCOL, "not JSON"),
    ],
)
async def test_where_a_bot_may_have_come_of_it_it_is_looked_for_and_not_sent_twice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    reason: Reason,
    sentence: str,
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble, day.cloud.troubled_method = trouble, "POST"
        _, problem = await fails(day)
        assert problem.reason is reason
        assert sentence in problem.sentence
        assert "No bot came of it" in problem.next_step
        assert [seen.method for seen in day.cloud.requests] == ["POST", "GET", "GET"]


@pytest.mark.parametrize("trouble", [Trouble.LOST, Trouble.WITHOUT_ID])
async def test_a_bot_whose_answer_was_lost_is_found_and_left_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble, day.cloud.troubled_method = trouble, "POST"
        day.cloud.troubled_path = "/v2/bots"
        day.cloud.troubled = 1
        view = await day.launch()
        await day.seen.state(BotState.IN_CALL)
        assert day.view().provider_bot_id in day.cloud.bots
        assert len(day.cloud.bots) == 1
        await day.desk.leave(view.bot_id)
        await day.ends(BotState.ENDED)
        await day.cloud.until(lambda: not day.cloud.live_bots)


async def test_where_it_cannot_even_be_looked_for_the_person_is_told_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble = Trouble.SERVER_ERROR
        _, problem = await fails(day)
        assert "Look in the MeetingBaas dashboard" in problem.next_step


async def test_too_fast_is_sent_again_when_the_service_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble, day.cloud.troubled, day.cloud.retry_after_s = Trouble.TOO_FAST, 1, 7
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        assert day.pauses == [7.0]
        assert len(day.cloud.bots) == 1


async def test_too_fast_without_a_time_is_tried_a_few_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble = Trouble.TOO_FAST_SILENT
        _, problem = await fails(day)
        assert problem.reason is Reason.RATE_LIMIT
        assert "Wait a moment" in problem.next_step
        assert len(day.pauses) == 2
        assert all(0 < pause_s < 5 for pause_s in day.pauses)


@pytest.mark.parametrize(
    ("wait_s", "words"), [(45, "45 seconds"), (900, "15 minutes"), (7200, "2 hours")]
)
async def test_too_fast_for_long_names_the_time_and_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_s: int, words: str
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble, day.cloud.retry_after_s = Trouble.TOO_FAST, wait_s
        _, problem = await fails(day)
        assert words in problem.next_step
        assert problem.retry_after_s == wait_s
        assert day.pauses == []


async def test_a_name_that_does_not_exist_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch, url=NO_SUCH_HOST) as day:
        _, problem = await fails(day)
        assert problem.reason is Reason.CONNECTIVITY
        assert "name of MeetingBaas's server cannot be found" in problem.sentence


async def test_an_address_that_speaks_no_tls_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        MeetingBaasCloud() as plain,
        bad_day(tmp_path, monkeypatch, url=plain.tls_url) as day,
    ):
        _, problem = await fails(day)
        assert problem.reason is Reason.CONNECTIVITY
        assert "No secure connection" in problem.sentence


async def test_a_port_where_nobody_listens_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with MeetingBaasCloud() as gone:
        url = gone.url
    async with bad_day(tmp_path, monkeypatch, url=url) as day:
        _, problem = await fails(day)
        assert "nothing answers at its address" in problem.sentence


async def test_a_bot_that_fails_takes_no_other_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble, day.cloud.troubled = Trouble.NO_TOKENS, 1
        await day.launch("interviewer", "meeting_scribe")
        await day.seen.state(BotState.IN_CALL)
        await day.seen.state(BotState.FAILED)
        assert {day.view(0).state, day.view(1).state} == {BotState.IN_CALL, BotState.FAILED}


async def test_a_sending_key_is_told_while_the_bot_lives_and_when_it_shall_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        day.cloud.trouble = Trouble.SENDING_ONLY
        view = await day.launch()
        told = is_told_well(await day.trouble("refuses the API key"))
        assert "Full Access key" in told.next_step
        assert "removed in the meeting itself" in told.next_step
        await day.desk.leave(view.bot_id)
        await day.ends(BotState.ENDED)
        left = is_told_well(await day.trouble("may still be in the meeting"))
        assert "FST_ERR_FORBIDDEN" in left.vendor_words
        # Only the meeting's host can remove it now.
        assert len(day.cloud.live_bots) == 1
        day.cloud.trouble = Trouble.NONE
        await day.provider.leave(day.view().provider_bot_id)


async def test_what_the_meetings_chat_refuses_is_told_and_the_bot_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        view = await day.launch()
        await day.seen.state(BotState.IN_CALL)
        for trouble, words in (
            (Trouble.UNPROCESSABLE, "chat is switched off"),
            (Trouble.WRONG_STATE, "cannot do this now"),
        ):
            day.cloud.trouble, day.cloud.troubled_path = trouble, "/send-chat-message"
            with pytest.raises(ProviderError, match=words) as failed:
                await day.desk.send_chat(view.bot_id, "hello")
            is_told_well(failed.value.problem)
        assert day.view().state is BotState.IN_CALL
