"""The agent is never fetched unasked; a path is tried before it is used; a no says what else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.domain.tunnel import AgentAnswer, AgentOffer
from speakdesk.gateway import agent_supply
from speakdesk.gateway.agent_supply import AgentSupply
from speakdesk.gateway.tunnel_config import TunnelConfig
from tests.standins.ngrok_agent import TOKEN, NgrokStandIn
from tests.unit.gateway.conftest import Desk

Download = Callable[[Path, Callable[[int], None]], Awaitable[str]]


class Person:
    """Gives the answers in order and keeps the offers."""

    def __init__(self, *answers: AgentAnswer) -> None:
        self.answers = list(answers)
        self.offers: list[AgentOffer] = []

    async def __call__(self, offer: AgentOffer) -> AgentAnswer:
        self.offers.append(offer)
        return self.answers.pop(0)


class Home:
    """A computer without ngrok's program."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.folder = folder
        self.target = folder / "usual" / "ngrok"
        self.fractions: list[float] = []
        self.chosen: list[Path] = []
        self.supply = AgentSupply(self.fractions.append, self.chosen.append)
        self.config = TunnelConfig(config_dir=folder / "agent", authtoken=TOKEN)
        for name in ("PYNGROK_NGROK_PATH", "NGROK_AUTHTOKEN"):
            patch.delenv(name, raising=False)
        patch.setenv("PATH", str(folder / "empty"))
        patch.setattr(agent_supply, "default_agent_path", lambda: self.target)
        patch.setattr("speakdesk.gateway.ngrok_files.default_agent_path", lambda: self.target)
        patch.setattr(agent_supply, "size_of_agent", lambda source: 9_000_000)
        self.downloads(self.fetched)

    def downloads(self, how: Download) -> None:
        self.patch.setattr(agent_supply, "download_agent", how)

    async def fetched(self, target: Path, progress: Callable[[int], None]) -> str:
        progress(50)
        NgrokStandIn.install(target.parent)
        progress(100)
        return "3.39.8"

    async def problem(self) -> Problem:
        with pytest.raises(GatewayError) as failed:
            await self.supply.find(self.config)
        return failed.value.problem


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


async def test_where_nobody_can_be_asked_it_says_what_to_do(home: Home) -> None:
    problem = await home.problem()
    assert problem.reason is Reason.MISSING
    for words in ("NGROK_PATH", "BASE_URL", "--websocket-url"):
        assert words in problem.next_step
    assert home.fractions == []


async def test_the_token_is_asked_for_before_anything_else(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "speakdesk.gateway.ngrok_files.own_config_path", lambda: home.folder / "none.yml"
    )
    home.supply.asker = person = Person()
    home.config = replace(home.config, authtoken="")
    problem = await home.problem()
    assert "authtoken" in problem.sentence
    assert person.offers == []


async def test_a_yes_fetches_it_with_progress_and_keeps_where(home: Home) -> None:
    home.supply.asker = person = Person(AgentAnswer.fetch())
    assert await home.supply.find(home.config) == home.target
    (offer,) = person.offers
    assert offer.target == str(home.target)
    assert offer.source.startswith("https://")
    assert (offer.size_bytes, offer.problem) == (9_000_000, None)
    assert home.fractions == [0.0, 0.5, 1.0]
    assert home.chosen == [home.target]
    assert await home.supply.find(home.config) == home.target
    assert len(person.offers) == 1


async def test_a_no_ends_it_with_the_other_ways(home: Home) -> None:
    home.supply.asker = Person(AgentAnswer.no())
    problem = await home.problem()
    assert problem.is_permanent
    assert "BASE_URL" in problem.next_step


async def test_a_path_is_tried_and_asked_for_again_where_it_is_none(home: Home) -> None:
    good = NgrokStandIn.install(home.folder / "mine").path
    text = home.folder / "letter.txt"
    text.write_text("no program")
    home.supply.asker = person = Person(
        AgentAnswer.use("  "),
        AgentAnswer.use(str(text)),
        AgentAnswer.use(str(home.folder / "nowhere")),
        AgentAnswer.use(f'"{good}"'),
    )
    assert await home.supply.find(home.config) == good
    told = [offer.problem.sentence if offer.problem else "" for offer in person.offers]
    assert told[0] == ""
    assert "No path" in told[1]
    assert "letter.txt is no ngrok agent" in told[2]
    assert "nowhere" in told[3]
    assert text.read_text() == "no program"


async def test_a_folder_means_the_program_in_it(home: Home) -> None:
    good = NgrokStandIn.install(home.folder / "mine").path
    home.supply.asker = Person(AgentAnswer.use(str(good.parent)))
    assert await home.supply.find(home.config) == good


async def test_a_failed_download_is_offered_again_with_the_reason(home: Home) -> None:
    async def fail(target: Path, progress: Callable[[int], None]) -> str:
        raise GatewayError(Problem(Stage.TUNNEL, Reason.CONNECTIVITY, "It failed.", "Again."))

    home.downloads(fail)
    home.supply.asker = person = Person(AgentAnswer.fetch(), AgentAnswer.no())
    await home.problem()
    assert person.offers[1].problem is not None
    assert person.offers[1].problem.sentence == "It failed."


async def test_a_download_can_be_stopped(home: Home) -> None:
    begun = asyncio.Event()

    async def slowly(target: Path, progress: Callable[[int], None]) -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            progress(99)
        raise AssertionError

    home.downloads(slowly)
    home.supply.asker = Person(AgentAnswer.fetch())
    finding = asyncio.ensure_future(home.supply.find(home.config))
    await begun.wait()
    home.supply.cancel_fetch()
    with pytest.raises(GatewayError, match="was stopped"):
        await finding
    assert home.fractions == [0.0]


async def test_leaving_while_it_is_fetched_ends_the_download(home: Home) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slowly(target: Path, progress: Callable[[int], None]) -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    home.downloads(slowly)
    home.supply.asker = Person(AgentAnswer.fetch())
    finding = asyncio.ensure_future(home.supply.find(home.config))
    await begun.wait()
    finding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finding
    await asyncio.wait_for(ended.wait(), 5)


async def test_a_wrong_path_in_the_settings_is_part_of_the_question(home: Home) -> None:
    home.config = replace(home.config, ngrok_path=home.folder / "old" / "ngrok")
    home.supply.asker = person = Person(AgentAnswer.fetch())
    assert await home.supply.find(home.config) == home.target
    assert person.offers[0].problem is not None
    assert "old" in person.offers[0].problem.sentence


async def test_the_tunnel_asks_fetches_and_opens(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home", monkeypatch)
    home.target = desk.agent.path
    desk.agent.path.rename(desk.agent.path.with_name("kept"))

    async def fetched(target: Path, progress: Callable[[int], None]) -> str:
        progress(40)
        target.with_name("kept").rename(target)
        return "3.39.8"

    home.downloads(fetched)
    tunnel = desk.tunnel(ngrok_path=None)
    tunnel.supply.asker = Person(AgentAnswer.fetch())
    async with tunnel.use(desk.listener.port) as base:
        assert base.startswith("http")
    told = [(event.state, event.fraction) for event in desk.events]
    assert told == [
        ("opening", None),
        ("fetching", 0.0),
        ("fetching", 0.4),
        ("opening", None),
        ("checking", None),
        ("open", None),
        ("closed", None),
    ]


async def test_many_bots_ask_one_question(desk: Desk, tmp_path: Path) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()
    offers: list[AgentOffer] = []

    async def ask(offer: AgentOffer) -> AgentAnswer:
        offers.append(offer)
        asked.set()
        await answered.wait()
        return AgentAnswer.no()

    tunnel = desk.tunnel(ngrok_path=tmp_path / "nowhere")
    tunnel.supply.asker = ask
    waiting = [asyncio.ensure_future(tunnel.acquire(desk.listener.port)) for _ in range(3)]
    await asyncio.wait_for(asked.wait(), 10)
    answered.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [GatewayError] * 3
    assert len(offers) == 1
    assert tunnel.users == 0
