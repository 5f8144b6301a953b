"""The terminal's question about ngrok's program, where it is missing."""

from __future__ import annotations

import sys

from speakdesk.cli.terminal import TerminalLines
from speakdesk.domain.events import Event, TunnelState
from speakdesk.domain.tunnel import AgentAnswer, AgentOffer

_YES = ("y", "yes")
_NO = ("", "n", "no")
_EACH_PERCENT = 10


def asker(lines: TerminalLines) -> AgentQuestion | None:
    """Who asks, None where nobody sits at the terminal: the launch then says what else to do."""
    return AgentQuestion(lines) if lines.is_person else None


class AgentQuestion:
    """Asks for yes, no or a path; the end of input is a no."""

    def __init__(self, lines: TerminalLines) -> None:
        self._lines = lines
        self._has_explained = False

    async def __call__(self, offer: AgentOffer) -> AgentAnswer:
        """What the person wants done about the missing program."""
        if offer.problem is not None:
            print(str(offer.problem), file=sys.stderr)
        if not self._has_explained:
            self._has_explained = True
            size = f", {offer.size_bytes / 1e6:.0f} MB" if offer.size_bytes else ""
            print(
                "The ngrok agent, which opens the way in from meetings, is not on this computer.\n"
                f"It would be fetched from {offer.source}{size}\nto {offer.target}.",
                file=sys.stderr,
            )
        answer = await self._lines.ask("Fetch it? y, n, or the path of one you have:")
        words = (answer or "").strip()
        if words.lower() in _YES:
            return AgentAnswer.fetch()
        if words.lower() in _NO:
            return AgentAnswer.no()
        return AgentAnswer.use(words)


class FetchProgress:
    """Shows on stderr how much of the program is there: a line for each tenth of it."""

    def __init__(self) -> None:
        self._shown = -1

    def __call__(self, event: Event) -> None:
        """Hears every event; tells of the fetching only."""
        if not isinstance(event, TunnelState):
            return
        if event.fraction is None:
            self._shown = -1
            return
        tenth = int(event.fraction * 100) // _EACH_PERCENT
        if tenth > self._shown:
            self._shown = tenth
            print(f"Fetching the ngrok agent: {tenth * _EACH_PERCENT} %", file=sys.stderr)
