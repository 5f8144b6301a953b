"""The calendars a provider watches: signing in, connecting, renewing, disconnecting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from speakdesk.app.calendar.agenda import calendar_title
from speakdesk.app.calendar.login import LoginGuide, filled_in, guide_for, kept_login, missing_in
from speakdesk.app.calendar.sources import CalendarSource
from speakdesk.domain.calendar import CalendarChoice, CalendarConnection, CalendarLogin
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.speech import Keys


class CalendarAccounts:
    """`source` gives the provider's calendars; every coroutine raises SpeakDeskError."""

    def __init__(
        self,
        source: Callable[[], Awaitable[CalendarSource]],
        keys: Callable[[], Keys],
        set_key: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._source = source
        self._keys = keys
        self._set_key = set_key

    def kept_fields(self, platform: str) -> frozenset[str]:
        """Which values of a sign-in are at hand, by the names of CalendarLogin's fields."""
        guide = _guide(platform)
        kept = kept_login(guide, self._keys())
        return frozenset(f.field for f in guide.fields if getattr(kept, f.field))

    def is_kept(self, platform: str) -> bool:
        """True where a whole sign-in is kept, so that nothing needs to be typed."""
        guide = _guide(platform)
        return not missing_in(kept_login(guide, self._keys()), guide)

    def login(self, platform: str, given: Mapping[str, str]) -> CalendarLogin:
        """A sign-in of what was `given`, completed with what is kept; refused where one is empty.

        The fields are those of `guide_for(platform)`. Raises ProviderError.
        """
        guide = _guide(platform)
        kept = kept_login(guide, self._keys())
        known = {field.field for field in guide.fields}
        values = {name: value.strip() for name, value in given.items() if name in known}
        blank = CalendarLogin(guide.platform, "", "", "")
        login = filled_in(replace(blank, **values), kept)
        if missing := missing_in(login, guide):
            words = " and ".join(field.title.lower() for field in missing)
            names = ", ".join(field.key_name for field in missing)
            verb, it = ("is", "it") if len(missing) == 1 else ("are", "them")
            raise ProviderError(
                Problem(
                    Stage.SETTINGS,
                    Reason.MISSING,
                    f"To sign in with {guide.name}, the {words} {verb} missing.",
                    f"Fill {it} in, or set {names} in the environment or in .env.",
                )
            )
        return login

    async def keep(self, login: CalendarLogin) -> None:
        """Keep a sign-in in the computer's key store for the next time."""
        for field in _guide(login.platform).fields:
            value = getattr(login, field.field)
            if value != self._keys().get(field.key_name):
                await self._set_key(field.key_name, value)

    async def forget_login(self, platform: str) -> None:
        """Remove a kept sign-in from the key store."""
        for field in _guide(platform).fields:
            await self._set_key(field.key_name, "")

    async def choices(self, login: CalendarLogin) -> tuple[CalendarChoice, ...]:
        """The calendars of an account, the main one first."""
        found = await (await self._source()).choices(login)
        return tuple(sorted(found, key=lambda c: (not c.is_primary, c.name or c.email)))

    async def connect(self, login: CalendarLogin, choice: CalendarChoice) -> CalendarConnection:
        """Let the provider watch a calendar; its events come within minutes."""
        return await (await self._source()).connect(login, choice.id)

    async def connections(self) -> tuple[CalendarConnection, ...]:
        """The calendars the provider watches."""
        found = await (await self._source()).connections()
        return tuple(sorted(found, key=lambda c: calendar_title(c).casefold()))

    async def renew(self, calendar_id: str, login: CalendarLogin) -> CalendarConnection:
        """Give the provider a new sign-in for a calendar it lost."""
        return await (await self._source()).renew(calendar_id, login)

    async def disconnect(self, calendar_id: str) -> None:
        """Stop watching a calendar; the bots the provider would send to its events go with it."""
        await (await self._source()).disconnect(calendar_id)

    async def sync(self, calendar_id: str) -> None:
        """Read a calendar's events again; the new ones come within a minute or so."""
        await (await self._source()).sync(calendar_id)


def _guide(platform: str) -> LoginGuide:
    guide = guide_for(platform)
    if guide is None:
        raise ProviderError(
            Problem(
                Stage.SETTINGS,
                Reason.BAD_INPUT,
                f"There are no calendars of {platform!r}.",
                "Choose google or microsoft.",
            )
        )
    return guide
