"""The window's life with its Desk: open, warm up, batches of events, one question, close."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from types import TracebackType

from loguru import logger
from PySide6.QtWidgets import QApplication

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.events import Event, Notice, PersonaChanged, SettingsChanged, TunnelState
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Role
from speakdesk.domain.tunnel import AgentAnswer, AgentOffer
from speakdesk.ui.bridge import EventBridge
from speakdesk.ui.desk_port import DeskPort
from speakdesk.ui.dialogs.agent import AgentDialog
from speakdesk.ui.dialogs.ask import ask, ask_which
from speakdesk.ui.face import Face, words_of_error
from speakdesk.ui.interrupts import Interrupts
from speakdesk.ui.loop import DeskLoop
from speakdesk.ui.pages.desk import DeskPage
from speakdesk.ui.qt_messages import route_qt_messages, stop_routing
from speakdesk.ui.resources import resource_folder
from speakdesk.ui.shell import Shell
from speakdesk.ui.tasks import Tasks
from speakdesk.ui.theme import Look
from speakdesk.ui.watchdog import Watchdog
from speakdesk.ui.window import PAGES, Body
from speakdesk.ui.words import count

_TUNNEL_TONES = {
    "open": "good",
    "failed": "bad",
    "lost": "bad",
    "closed": "muted",
    "fetching": "accent",
    "checking": "accent",
}


class Session:
    """`live` runs until the window has been closed."""

    def __init__(self, shell: Shell, look: Look, make_desk: Callable[[], DeskPort] | None) -> None:
        self.shell = shell
        self.window = Body(shell, look)
        self._look = look
        self._make_desk = make_desk
        self._is_real = make_desk is None
        self._closing = asyncio.Event()
        self._early: list[Event] = []
        self._has_failed = False
        self._keeps_waiting = True
        self.desk: DeskPort | None = None
        self.page: DeskPage | None = None
        self.bridge = EventBridge(shell)
        self.tasks = Tasks(self._on_task_error)
        self.agent_dialog = AgentDialog(shell)
        self.agent_dialog.stopped.connect(self._on_fetch_stopped)
        self.bridge.arrived.connect(self._on_events)
        shell.seen_changed.connect(self._on_seen)
        shell.close_asked.connect(self._on_close_asked)

    async def live(self) -> int:
        """Open the Desk behind the painted window, and stay until the window is closed."""
        try:
            await self._open()
        except SpeakDeskError as e:
            self._has_failed = True
            self.window.notices.tell("bad", *words_of_error(e))
        except Exception as e:  # noqa: BLE001 - the window must say why nothing works
            logger.exception("the desk could not be opened")
            self._has_failed = True
            self.window.notices.tell("bad", *words_of_error(e))
        if self._has_failed:
            self.window.voices.set_status("Not ready", "bad")
        await self._closing.wait()
        await self._close()
        return 1 if self._has_failed else 0

    # -- opening ---------------------------------------------------------------------------------

    async def _open(self) -> None:
        if self._make_desk is not None:
            desk = self._make_desk()
        else:
            factory = await asyncio.to_thread(_import_desk)
            desk = factory()
        self.desk = desk
        desk.agent_asker = self._ask_agent
        self.bridge.attach(desk.bus)
        self._set_up_logs()
        await desk.open()
        self._set_up_logs()
        await self._furnish(desk)
        self.tasks.start(self._warm(desk), "warm up voices")
        self.tasks.start(desk.leftovers.look(), "look for bots of an earlier session")

    def _set_up_logs(self) -> None:
        if self._is_real and self.desk is not None:
            from speakdesk.app.start import open_logs

            open_logs(self.desk)  # type: ignore[arg-type]

    async def _furnish(self, desk: DeskPort) -> None:
        """Build the pages one by one, so that the window answers in between."""
        await asyncio.to_thread(_import_pages)
        from speakdesk.ui.models.personas import PersonasModel
        from speakdesk.ui.pages.calendar import CalendarPage
        from speakdesk.ui.pages.history import HistoryPage
        from speakdesk.ui.pages.personas import PersonasPage
        from speakdesk.ui.pages.settings import SettingsPage

        self._look.choose(str(desk.settings.current.theme))
        self._look.portraits.use(self.tasks)
        face = Face(desk, self._look, self.tasks, self.window.notices.tell)
        personas = PersonasModel(self.shell)
        page = DeskPage(face, personas)
        await asyncio.sleep(0)
        page.complete()
        page.load()
        await asyncio.sleep(0)
        self.window.furnish([page])
        page.launch_card.go.setFocus()
        await asyncio.sleep(0)
        self.personas_page = PersonasPage(face, personas)
        self.personas_page.used.connect(self._on_persona_used)
        self.personas_page.tried.connect(self._on_persona_tried)
        await asyncio.sleep(0)
        self.calendar_page = CalendarPage(face)
        await asyncio.sleep(0)
        self.calendar_page.complete()
        await asyncio.sleep(0)
        self.history_page = HistoryPage(face)
        await asyncio.sleep(0)
        self.settings_page = SettingsPage(face)
        self.settings_page.theme_chosen.connect(self._look.choose)
        self.window.furnish(
            [self.personas_page, self.calendar_page, self.history_page, self.settings_page]
        )
        self.window.bind_desk_keys(page)
        self.window.page_changed.connect(self._on_page)
        page.live_changed.connect(self._on_seen)
        page.settings_asked.connect(self._on_settings_asked)
        self.calendar_page.settings_asked.connect(self._on_settings_asked)
        self.page = page
        self.bridge.sampled.connect(page.sample)
        self.bridge.ticked.connect(page.tick)
        early, self._early = self._early, []
        if early:
            page.apply(early)

    async def _warm(self, desk: DeskPort) -> None:
        try:
            await desk.warm()
        except SpeakDeskError as e:
            self.window.voices.set_status("Voices not ready", "bad", str(e.problem))
            self.window.notices.tell("bad", *words_of_error(e))
            return
        ready = "A launch waits for nothing but the meeting."
        self.window.voices.set_status("Voices ready", "good", ready)
        if self.page is not None:
            self.page.launch_card.refresh()
        await asyncio.to_thread(_import_editor)

    # -- facts and signals -----------------------------------------------------------------------

    def _on_events(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Notice):
                self.window.notices.tell(event.level, event.sentence, event.next_step)
            elif isinstance(event, TunnelState):
                self._show_tunnel(event)
        if self.page is None:
            self._early.extend(events)
            return
        self.page.apply(events)
        self.history_page.apply(events)
        self.calendar_page.apply(events)
        self.personas_page.apply(events)
        if any(isinstance(e, SettingsChanged | PersonaChanged) for e in events):
            self.settings_page.load()
            if any(isinstance(e, SettingsChanged) and "log_level" in e.fields for e in events):
                self._set_up_logs()
            if self.desk is not None:
                self._look.choose(str(self.desk.settings.current.theme))

    def _show_tunnel(self, event: TunnelState) -> None:
        tone = _TUNNEL_TONES.get(event.state, "attention")
        tip = event.public_url or (str(event.problem) if event.problem is not None else "")
        words = f"Tunnel {event.state}"
        if event.state == "fetching":
            words = f"Fetching ngrok {round(100 * (event.fraction or 0.0))} %"
            tip = "ngrok's program is being fetched; the bots wait for it."
            self.agent_dialog.show_fraction(event.fraction or 0.0)
        else:
            self.agent_dialog.finish()
        self.window.tunnel.set_status(words, tone, tip)
        self.window.tunnel.setVisible(event.state != "closed")

    async def _ask_agent(self, offer: AgentOffer) -> AgentAnswer:
        return await self.agent_dialog.ask(offer)

    def _on_fetch_stopped(self) -> None:
        if self.desk is not None:
            self.desk.cancel_agent_fetch()

    def _on_settings_asked(self) -> None:
        self.window.show_page("Settings")
        self.settings_page.show_keys()

    def _on_seen(self, *_live: object) -> None:
        has_live = self.page is not None and self.page.live_count > 0
        if has_live and self.shell.is_seen:
            self.bridge.start_sampling()
        else:
            self.bridge.stop_sampling()

    def _on_page(self, place: int) -> None:
        if PAGES[place] == "Calendar":
            self.calendar_page.reload()
        if PAGES[place] == "History":
            self.history_page.reload()

    def _on_persona_used(self, key: str) -> None:
        if self.page is not None:
            self.page.persona_list.search.clear()
            self.page.persona_list.model.choose([key])
            self.window.show_page("Desk")
            self.page.launch_card.go.setFocus()

    def _on_persona_tried(self, persona: Persona) -> None:
        if self.page is not None:
            self.window.show_page("Desk")
            self.page.launch_card.given.meet(persona)

    def _on_task_error(self, name: str, error: BaseException) -> None:
        if isinstance(error, SpeakDeskError):
            logger.warning("{} did not work: {}", name, type(error).__name__)
        else:
            logger.opt(exception=error).error("{} failed", name)
        self.window.notices.tell("bad", *words_of_error(error))

    # -- closing ---------------------------------------------------------------------------------

    def _on_close_asked(self) -> None:
        if self._closing.is_set() or self.tasks.is_running("ask before closing"):
            return
        live = self.page.live_count if self.page is not None else 0
        if not live:
            self._closing.set()
            return
        self.tasks.start(self._ask_before_closing(live), "ask before closing")

    async def _ask_before_closing(self, live: int) -> None:
        views = self.desk.bots.values() if self.desk is not None else ()
        waiting = sum(1 for view in views if view.is_live and view.waits_at_provider)
        if there := live - waiting:
            is_one = there == 1
            sure = await ask(
                self.shell,
                "1 bot is in a meeting" if is_one else f"{there} bots are in meetings",
                "Closing SpeakDesk lets it leave."
                if is_one
                else "Closing SpeakDesk lets them leave.",
                "Leave" if is_one else "Leave all",
            )
            if not sure:
                return
        if waiting:
            is_one = waiting == 1
            keeps = await ask_which(
                self.shell,
                "1 bot waits for its time" if is_one else f"{waiting} bots wait for their time",
                "Kept, it joins by itself; with its voice if SpeakDesk is open again five minutes "
                "before."
                if is_one
                else "Kept, they join by themselves; with their voices if SpeakDesk is open again "
                "five minutes before.",
                "Keep it" if is_one else "Keep them",
                "Take it back" if is_one else "Take them back",
            )
            if keeps is None:
                return
            self._keeps_waiting = keeps
        self._closing.set()

    def close_now(self) -> None:
        """Close without a question: the terminal or the system asked. What waits is kept."""
        self._closing.set()

    def on_display_lost(self) -> None:
        """The window cannot be seen any more: let the bots leave, write everything down."""
        logger.error("the display went away; SpeakDesk closes and its bots leave")
        self._has_failed = True
        self._closing.set()

    async def _close(self) -> None:
        live = self.page.live_count if self.page is not None else 0
        self.window.pages.setEnabled(False)
        if live:
            words = f"SpeakDesk is closing: {count(live, 'bot')} leaving…"
            self.window.notices.tell("attention", words)
        desk = self.desk
        if desk is not None:
            if self.page is not None:
                self.page.audio.close()
                if (editor := self.personas_page.editor) is not None:
                    await editor.keep_aside()
                await self._keep_geometry(desk)
            await desk.close(keep_waiting=self._keeps_waiting)
        self._look.portraits.use(None)
        await self.tasks.aclose()
        self.agent_dialog.hide()
        self.bridge.detach()
        self.shell.allow_close()
        self.shell.close()

    async def _keep_geometry(self, desk: DeskPort) -> None:
        settings = desk.settings.current
        try:
            await desk.save_settings(settings.with_changes(window=self.shell.geometry_text()))
        except SpeakDeskError as e:
            logger.warning("the window's place was not kept: {}", e.problem.sentence)


def run(
    app: QApplication,
    shell: Shell,
    theme: str,
    make_desk: Callable[[], DeskPort] | None = None,
) -> int:
    """Run the session on a loop of its own; returns the exit status."""
    route_qt_messages()
    look = Look(app, resource_folder(), theme)
    loop = DeskLoop(app)
    asyncio.set_event_loop(loop)
    session = Session(shell, look, make_desk)
    watchdog = Watchdog(shell)
    hook = sys.excepthook

    def _on_uncaught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            hook(kind, error, trace)
            return
        logger.opt(exception=(kind, error, trace)).error("an error in the window")
        session.window.notices.tell("bad", *words_of_error(error))

    def _on_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        logger.opt(exception=error if isinstance(error, BaseException) else None).error(
            "{}", context.get("message", "an error in the loop")
        )

    sys.excepthook = _on_uncaught
    loop.set_exception_handler(_on_loop_error)
    try:
        interrupts = Interrupts(session.close_now, shell)
        watchdog.start()
        try:
            return int(loop.run_to_the_end(session.live(), session.on_display_lost))
        finally:
            watchdog.stop()
            interrupts.close()
    finally:
        sys.excepthook = hook
        stop_routing()
        loop.close()
        asyncio.set_event_loop(None)


def _import_desk() -> Callable[[], DeskPort]:
    import speakdesk.app.start  # noqa: F401
    from speakdesk.app.desk import Desk

    return Desk


def _import_editor() -> None:
    """Load the persona editor's modules before it is asked for."""
    import speakdesk.ui.personas.editor  # noqa: F401


def _import_pages() -> None:
    """Load the pages' modules and what they offer; no window is needed for that."""
    import speakdesk.ui.pages.calendar
    import speakdesk.ui.pages.history
    import speakdesk.ui.pages.personas
    import speakdesk.ui.pages.settings  # noqa: F401
    from speakdesk.app.offers import key_offers, service_offers

    key_offers()
    service_offers(Role.STT)
