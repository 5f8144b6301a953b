"""A launch, checked as a whole before anything happens, and the bots it asks for."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from speakdesk.app.bots.launch_checks import check_launch, check_picture
from speakdesk.app.bots.order import BotOrder
from speakdesk.domain.errors import PersonaError, Problem, Reason, SpeechError, Stage
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import MeetingLink
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, SpeechPlan, SpeechWish
from speakdesk.gateway.addresses import public_base, websocket_base
from speakdesk.providers.base import CarefulProvider, MeetingProvider

DEFAULT_PERSONA = "interviewer"
RECORDER_NAME = "Recorder"
_NOT_YET = "wss://desk.example.com/ws"


@dataclass(frozen=True, slots=True)
class Surveyor:
    """What a launch is checked with: the desk as it is at that moment.

    `taken` are the names of the live bots in a meeting, `siblings` those of the others there, by
    the bot's id.
    """

    persona: Callable[[str], Persona]
    plan: Callable[[Persona, SpeechWish], SpeechPlan]
    keys: Keys
    options: JoinOptions
    tools: tuple[str, ...]
    now: datetime
    taken: Callable[[MeetingLink], Collection[str]]
    siblings: Callable[[MeetingLink, str], frozenset[str]]

    def orders(self, launch: Launch, provider: MeetingProvider) -> tuple[BotOrder, ...]:
        """The bots a launch asks for, in order, the record-only one last.

        Raises PersonaError, ProviderError, SpeechError or GatewayError; nothing has happened then.
        """
        given = _by_key(launch.given)
        personas = [given.get(key) or self.persona(key) for key in launch.personas]
        names = self._names(personas, launch)
        options = launch.options or self.options
        taken = self.taken(launch.meeting)
        check_launch(
            launch,
            options,
            provider,
            names,
            usual=self.options,
            are_others_there=bool(taken),
            now=self.now,
        )
        plans = [self.plan(persona, launch.speech) for persona in personas]
        for plan in plans:
            if plan.missing:
                raise SpeechError(Problem(Stage.SETTINGS, Reason.MISSING, " ".join(plan.missing)))
        meeting_id = uuid.uuid4().hex[:12]
        bots: list[tuple[Persona | None, SpeechPlan | None]] = [*zip(personas, plans, strict=True)]
        if launch.add_recorder:
            bots.append((None, None))
        unique = _unique(names, taken)
        orders = tuple(
            self._order(launch, provider, options, meeting_id, persona, plan, name, again)
            for (persona, plan), name, again in zip(bots, unique, names, strict=True)
        )
        self._refuse(launch, provider, orders)
        return orders

    def _order(
        self,
        launch: Launch,
        provider: MeetingProvider,
        options: JoinOptions,
        meeting_id: str,
        persona: Persona | None,
        plan: SpeechPlan | None,
        name: str,
        wished_name: str,
    ) -> BotOrder:
        bot_id = uuid.uuid4().hex[:12]
        greeting = launch.greeting
        if greeting is None:
            greeting = persona.greeting if persona else ""
        return BotOrder(
            bot_id=bot_id,
            name=name,
            persona=persona,
            meeting=launch.meeting,
            meeting_id=meeting_id,
            provider=provider,
            plan=plan,
            rate_hz=launch.rate_hz,
            greeting=greeting,
            tools=self._tools(launch, persona),
            keys=self.keys,
            siblings=partial(self.siblings, launch.meeting, bot_id),
            image_url=launch.picture_url or picture_of(persona),
            entry_message="" if persona is None and launch.personas else launch.entry_message,
            extra=dict(launch.extra),
            options=options,
            join_at=launch.join_at,
            again=send_again(launch, persona, wished_name),
            flight=launch.flight,
            flight_file=launch.flight_file,
        )

    def _tools(self, launch: Launch, persona: Persona | None) -> tuple[str, ...]:
        if launch.tools is not None:
            return launch.tools
        if persona is None or persona.tools is None:
            return self.tools
        return persona.tools

    def _names(self, personas: Sequence[Persona], launch: Launch) -> list[str]:
        own = [persona.name for persona in personas]
        if launch.add_recorder:
            own.append(RECORDER_NAME)
        given = [name.strip() for name in launch.names]
        return [name for number, usual in enumerate(own) for name in [_at(given, number) or usual]]

    def _refuse(
        self, launch: Launch, provider: MeetingProvider, orders: Sequence[BotOrder]
    ) -> None:
        base = _NOT_YET
        if launch.websocket_url.strip():
            base = websocket_base(public_base(launch.websocket_url))
        if not isinstance(provider, CarefulProvider):
            return
        for order in orders:
            provider.refuse(order.request("" if order.is_recorder else f"{base}/ws"))


def send_again(launch: Launch, persona: Persona | None, name: str) -> Launch:
    """The launch that sends one of its bots once more, now, as a fresh bot."""
    options = launch.options
    if options is not None and options.deduplication_key:
        options = replace(options, deduplication_key="")
    return replace(
        launch,
        personas=() if persona is None else (persona.key,),
        names=(name,),
        add_recorder=persona is None,
        join_at=None,
        options=options,
        given=() if persona is None else tuple(p for p in launch.given if p.key == persona.key),
    )


def first_known(wished: Sequence[str], library: Sequence[Persona]) -> tuple[str, ...]:
    """The first of the wished personas that there is, else the interviewer, else any; or none."""
    known = {persona.key for persona in library}
    for key in (*wished, DEFAULT_PERSONA):
        if key in known:
            return (key,)
    return tuple(sorted(known)[:1])


def picture_of(persona: Persona | None) -> str:
    """A persona's picture where it is a public address; a file of its folder is none."""
    if persona is None:
        return ""
    image = persona.meta("image")
    return image if image and check_picture(image) is None else ""


def _by_key(given: Sequence[Persona]) -> dict[str, Persona]:
    found = {persona.key: persona for persona in given}
    if len(found) < len(given):
        sentence = "Two personas of this launch that are in no library have the same key."
        step = "Give each of them a key of its own."
        raise PersonaError(Problem(Stage.PERSONA, Reason.BAD_INPUT, sentence, step))
    return found


def _at(names: Sequence[str], number: int) -> str:
    return names[number] if number < len(names) else ""


def _unique(names: Sequence[str], taken: Collection[str]) -> list[str]:
    """The names, each with a number where another bot of the meeting has it already."""
    there = set(taken)
    found: list[str] = []
    for wished in names:
        name, number = wished, 2
        while name in there:
            name, number = f"{wished} {number}", number + 1
        there.add(name)
        found.append(name)
    return found
