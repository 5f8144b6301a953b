"""Launch options for programmers: where reports go, what is sent along, where bots dial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from speakdesk.domain.join import CallbackOptions
from speakdesk.ui.components.options.group import Option, OptionGroup
from speakdesk.ui.components.options.typed import (
    address_problem,
    extra_problem,
    parse_extra,
    socket_address_problem,
)
from speakdesk.ui.widgets.field import Field


class TechnicalOptions(OptionGroup):
    """The extra JSON is checked while it is typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("For programmers", parent)
        self.callback = self.add_line(
            "callback_url",
            "Report the end to",
            0,
            0,
            placeholder="https://…",
            hint="Your own server, beside SpeakDesk",
            problem=address_problem,
        )
        self.callback_secret = self.add_line(
            "callback_secret",
            "Secret of that report",
            0,
            1,
            hint="Comes with it in the header x-mb-secret",
            is_secret=True,
        )
        self.websocket = self.add_line(
            "websocket_url",
            "Public address of this desk",
            0,
            2,
            placeholder="wss://…",
            hint="Instead of BASE_URL and the tunnel",
            problem=socket_address_problem,
        )
        self.extra_text = QPlainTextEdit()
        self.extra_text.setPlaceholderText('{"team": "sales"}')
        self.extra_text.setTabChangesFocus(True)
        self.extra_text.setFixedHeight(64)
        text = self.extra_text
        self.add(
            Option(
                "extra",
                Field("Extra values (JSON)", text, "Come back with every report of the provider"),
                is_changed=lambda: bool(text.toPlainText().strip()),
                reset=text.clear,
                problem=lambda: extra_problem(text.toPlainText()),
            ),
            1,
            0,
            2,
        )
        text.textChanged.connect(self._on_edit)
        self.deduplication_key = self.add_line(
            "deduplication_key",
            "Deduplication key",
            1,
            2,
            placeholder="a fresh one",
            hint="One bot per key and meeting within five minutes",
        )

    @property
    def callback_options(self) -> CallbackOptions | None:
        """Where the provider reports besides; None for nowhere."""
        url = self.text_of("callback_url", self.callback)
        if not url:
            return None
        return CallbackOptions(url, self.text_of("callback_secret", self.callback_secret))

    @property
    def extra(self) -> Mapping[str, Any]:
        """The values sent along; none where what was typed is wrong (`problems` tells)."""
        if not self.is_free("extra"):
            return {}
        try:
            return parse_extra(self.extra_text.toPlainText())
        except ValueError:
            return {}

    @property
    def chosen_deduplication_key(self) -> str:
        """The key, empty for a fresh one."""
        return self.text_of("deduplication_key", self.deduplication_key)

    @property
    def websocket_url(self) -> str:
        """This desk's public address for this launch, or nothing."""
        return self.text_of("websocket_url", self.websocket)
