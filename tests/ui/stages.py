"""Pictures of the window in states that are hard to meet: every stage is set by hand.

    xvfb-run -a -s "-screen 0 1920x1200x24" .venv/bin/python -m tests.ui.stages docs/stages

No meeting, no key, no network: the Desk is the one of the window's tests. Each stage is saved in
both themes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from PySide6.QtWidgets import QApplication

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import TunnelState
from speakdesk.domain.launch import FloorPlace, Launch
from speakdesk.domain.meeting import parse_link
from speakdesk.domain.tunnel import AgentOffer
from speakdesk.ui.pages.desk import DeskPage
from speakdesk.ui.session import Session
from tests.ui.fake_desk import MEETINGBAAS, MEETINGBAAS_V1, FakeDesk, FakeProvider

LINK = "https://meet.google.com/abc-defg-hij"
REFUSED = Problem(
    Stage.LOBBY,
    Reason.TIMEOUT,
    "Nobody let the bot in for ten minutes.",
    "Ask the host to watch the waiting room, then send it again.",
    "TIMEOUT_WAITING_TO_START: Bot was not admitted",
)
LOST = Problem(
    Stage.TUNNEL,
    Reason.CONNECTIVITY,
    "The public address of this desk has changed, so this bot cannot come back.",
    "Send it again.",
)


class Stages:
    """One method a stage; each leaves the window as it shall be seen."""

    def __init__(self, session: Session, desk: FakeDesk) -> None:
        self.session = session
        self.desk = desk
        assert session.page is not None
        self.page: DeskPage = session.page

    def _clear(self) -> None:
        for bot_id in list(self.desk.bots):
            del self.desk._bots[bot_id]
        self.page.sync()
        self.session.window.show_page("Desk")
        self.page.tabs.setCurrentIndex(0)
        if self.page.launch_card._more.isChecked():
            self.page.launch_card._more.click()

    def _launch(self, *keys: str) -> Launch:
        return Launch(parse_link(LINK), keys, "meetingbaas", names=("Ada of the sales team",))

    def bots(self) -> None:
        """In call with the floor, one that waits, one in the lobby, a recorder."""
        self._clear()
        desk, now = self.desk, utc_now()
        launch = self._launch("ada")
        self.page.persona_list.model.choose(["ada", "marco"])
        self.page.launch_card.link.setText(LINK)
        proven = (Evidence.ACCEPTED, Evidence.DIALLED_IN, Evidence.ADMITTED)
        ada = desk.add_bot("ada", launch)
        desk.prove(ada, *proven, *(Evidence.HEARS, Evidence.SPEAKS, Evidence.HEARD), at=now)
        desk.move(
            ada,
            BotState.IN_CALL,
            floor=FloorPlace.HOLDS,
            is_speaking=True,
            last_answer_ms=900.0,
            provider_status="in_call_recording",
            provider_bot_id="9f6f2c1e-bot",
        )
        nia = desk.add_bot("nia", launch, name="Nia with a name that is far too long for a column")
        desk.prove(nia, *proven, at=now)
        desk.move(nia, BotState.IN_CALL, floor=FloorPlace.WAITS)
        marco = desk.add_bot("marco", launch)
        desk.prove(marco, Evidence.ACCEPTED, at=now)
        desk.move(
            marco,
            BotState.LOBBY,
            since=now - timedelta(seconds=31),
            advice="Ask the host to let “Marco” in.",
            provider_status="in_waiting_room",
        )
        recorder = desk.add_recorder(launch)
        desk.prove(recorder, Evidence.ACCEPTED, Evidence.ADMITTED, at=now)
        desk.move(recorder, BotState.IN_CALL, is_recording_paused=True)
        lines = (
            ("Priya", "Thanks for joining, Ada. Could you walk us through the plan?", False),
            ("Ada", "Happy to. We start with two teams for four weeks.", True),
            ("Jonas", "And who signs off on the budget?", False),
        )
        for number, (who, text, is_bot) in enumerate(lines):
            desk.line(ada, f"l{number}", who, text, is_bot)
        self.page.bot_list.choose(ada)

    def ends(self) -> None:
        """Scheduled, failed, lost, ended."""
        self._clear()
        desk, now = self.desk, utc_now()
        launch = self._launch("ada")
        at = (now + timedelta(minutes=75)).replace(minute=0)
        sora = desk.add_bot(
            "sora",
            launch,
            join_at=at,
            advice="SpeakDesk must be running then; the provider sends the bot.",
        )
        lena = desk.add_bot("lena", launch)
        desk.prove(lena, Evidence.ACCEPTED, at=now)
        desk.fail(lena, REFUSED)
        ada = desk.add_bot("ada", launch)
        desk.prove(ada, *Evidence, at=now)
        desk.move(ada, BotState.IN_CALL, troubles=(LOST,))
        otto = desk.add_bot("otto", launch)
        desk.prove(otto, *Evidence, at=now - timedelta(minutes=12))
        desk.move(otto, BotState.ENDED, cause="the call ended", ended=now)
        self.page.bot_list.choose(sora)

    def details(self) -> None:
        """The Details tab of a failed bot."""
        self.ends()
        failed = next(v for v in self.desk.bots.values() if v.state is BotState.FAILED)
        self.page.bot_list.choose(failed.bot_id)
        self.page.tabs.setCurrentIndex(3)

    def fold(self, group: str) -> None:
        """More options, open at one of its tabs."""
        self._clear()
        self.page.persona_list.model.choose(["ada", "marco"])
        card = self.page.launch_card
        zoom = "https://acme.zoom.us/j/12345678901?pwd=secret"
        card.link.setText({"Account": zoom, "Practice": "practice://room"}.get(group, LINK))
        card.options.joining.timeouts["waiting_room_s"].setText("1 min")
        card.options.joining.timeouts["silence_s"].setText("20")
        card.options.joining.when.setCurrentIndex(4)
        card.options.technical.extra_text.setPlainText('{"team": "sales",}')
        if not card._more.isChecked():
            card._more.click()
        card.options.show_group(group)

    def closed_fold(self) -> None:
        """Closed again, it tells that something was changed."""
        self.fold("Joining")
        card = self.page.launch_card
        card.options.reset()
        card.options.joining.timeouts["silence_s"].setText("20")
        card.options.bot.message.setText("Hello from Ada and Marco.")
        card.recorder.setChecked(True)
        card._more.click()

    def agent(self) -> None:
        """The question for ngrok's program."""
        self._clear()
        self.page.launch_card.options.reset()
        assert self.desk.agent_asker is not None
        offer = AgentOffer(
            "https://bin.equinox.io/c/bNyj1mQVY4c/ngrok-v3-stable-linux-amd64.tgz",
            "/home/ada/.config/ngrok/ngrok",
            10_400_000,
        )
        self.session.tasks.start(self._ask(offer), "ask for the agent")

    async def _ask(self, offer: AgentOffer) -> None:
        assert self.desk.agent_asker is not None
        await self.desk.agent_asker(offer)

    def fetching(self) -> None:
        """ngrok's program on its way."""
        self.session.agent_dialog.fetch.click()
        self.desk.publish(TunnelState(state="fetching", fraction=0.42))

    def settings(self) -> None:
        """The Settings page from its top."""
        self.desk.publish(TunnelState(state="open", public_url="https://ada.ngrok.app"))
        self.session.window.show_page("Settings")

    def keys(self) -> None:
        """The keys."""
        self.session.window.show_page("Settings")
        self.session.settings_page.show_keys()

    def joining(self) -> None:
        """The ways of joining and the way in."""
        self.session.window.show_page("Settings")
        page = self.session.settings_page
        page.join.times["silence_s"].setText("2 min")
        page.area.ensureWidgetVisible(page.checks, 0, 0)


def staged_desk() -> FakeDesk:
    """A Desk with every provider."""
    desk = FakeDesk()
    desk.provider_rows = (FakeProvider(), MEETINGBAAS, MEETINGBAAS_V1)
    desk.settings.current = desk.settings.current.with_changes(theme="light")
    return desk


def _script(stages: Stages) -> list[tuple[str, Callable[[], None]]]:
    groups = ("Voice", "Bots", "Joining", "Recording", "Account", "For programmers", "Practice")
    return [
        ("bots", stages.bots),
        ("ends", stages.ends),
        ("details", stages.details),
        *((f"fold-{g.split()[-1].lower()}", lambda g=g: stages.fold(g)) for g in groups),  # type: ignore[misc]
        ("fold-closed", stages.closed_fold),
        ("agent", stages.agent),
        ("agent-fetching", stages.fetching),
        ("settings", stages.settings),
        ("keys", stages.keys),
        ("joining", stages.joining),
    ]


async def take(
    session: Session, desk: FakeDesk, folder: Path, size: tuple[int, int], only: list[str]
) -> None:
    """Go through the stages and save what is seen."""
    while session.page is None or session.window.voices.text != "Voices ready":  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    session.shell.resize(*size)
    stages = Stages(session, desk)
    for name, act in _script(stages):
        if only and not any(name.startswith(one) for one in only):
            continue
        act()
        for theme in ("light", "dark"):
            session._look.choose(theme)
            await asyncio.sleep(0.25)
            path = folder / f"{name}-{theme}-{size[0]}.png"
            screen = QApplication.primaryScreen()
            top = session.shell.frameGeometry()
            picture = screen.grabWindow(0, top.x(), top.y(), top.width(), top.height())
            picture.save(str(path))
    session.close_now()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    width, height = (int(part) for part in given.size.split("x"))
    desk = staged_desk()
    live = Session.live

    async def live_and_take(self: Session) -> int:
        taking = asyncio.ensure_future(take(self, desk, given.folder, (width, height), given.only))
        status = await live(self)
        taking.cancel()
        await asyncio.wait([taking])
        if not taking.cancelled() and (error := taking.exception()) is not None:
            raise error
        return status

    Session.live = live_and_take  # type: ignore[method-assign]
    from speakdesk.ui.main import main as window

    return window(["speakdesk"], lambda: desk)  # type: ignore[arg-type, return-value]


if __name__ == "__main__":
    sys.exit(main())
