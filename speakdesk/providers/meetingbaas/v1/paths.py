"""v1's two ways to write a collection's address: with a slash at the end, and without.

The specification has the slash, the documentation has none (contracts/meetingbaas.md §1). Whichever
one the service answers is kept; a redirect or "not found" for the other means nothing was done.
"""

from __future__ import annotations

from typing import Any

from speakdesk.providers.meetingbaas.errors import Refusal
from speakdesk.providers.meetingbaas.http import Body, Conversation, Query

_OTHER_FORM = frozenset({301, 302, 303, 307, 308, 404, 405})


class Collections:
    """Asks for collections such as `/bots` in whichever form the service takes."""

    def __init__(self, v1: Conversation) -> None:
        self._v1 = v1
        self._has_slash = True

    async def call(
        self,
        method: str,
        name: str,
        *,
        params: Query | None = None,
        body: Body | None = None,
        repeatable: bool = False,
        secrets: tuple[str, ...] = (),
        may_be_empty: bool = False,
    ) -> Any:
        """One request to a collection, `name` without a slash at its end."""

        async def ask(has_slash: bool) -> Any:
            path = f"{name}/" if has_slash else name
            return await self._v1.call(
                method,
                path,
                params=params,
                body=body,
                repeatable=repeatable,
                secrets=secrets,
                may_be_empty=may_be_empty,
            )

        form = self._has_slash
        try:
            return await ask(form)
        except Refusal as first:
            if first.http_status not in _OTHER_FORM:
                raise
            try:
                answer = await ask(not form)
            except Refusal as second:
                if second.http_status in _OTHER_FORM:
                    raise first from second
                self._has_slash = not form
                raise
            self._has_slash = not form
            return answer
