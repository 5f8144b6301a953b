"""Launch options about joining: when, how long to wait, and beside whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QDateTimeEdit, QHBoxLayout, QLineEdit, QWidget

from speakdesk.domain.clock import utc_now
from speakdesk.domain.join import TIMEOUT_RANGES_S, LeaveTimeouts
from speakdesk.ui.components.options.group import Choice, Option, OptionGroup
from speakdesk.ui.components.options.typed import timeout_problem
from speakdesk.ui.durations import duration_text, parse_duration, range_words
from speakdesk.ui.widgets.field import Field

AT_A_TIME = -1
_TIMEOUTS = (
    ("waiting_room_s", "Give up in the waiting room after"),
    ("no_one_joined_s", "Leave where nobody joins for"),
    ("silence_s", "Leave after silence of"),
)


class JoiningOptions(OptionGroup):
    """Times are typed in minutes; an empty one leaves it to the settings or the provider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Joining", parent)
        self._add_when()
        self.several = self.add_choice(
            "allow_multiple_bots",
            "Several bots in one meeting",
            0,
            2,
            (("Allowed", True), ("Refuse a second one", False)),
        )
        self.timeouts: dict[str, QLineEdit] = {}
        for place, (name, words) in enumerate(_TIMEOUTS):
            self.timeouts[name] = self.add_line(
                name,
                words,
                1,
                place,
                hint=range_words(*TIMEOUT_RANGES_S[name]),
                placeholder="the provider's own",
                problem=partial(timeout_problem, name),
            )

    def _add_when(self) -> None:
        self.when = Choice(
            (
                ("Now", 0),
                ("In 5 minutes", 5),
                ("In 15 minutes", 15),
                ("In an hour", 60),
                ("At a time…", AT_A_TIME),
            )
        )
        self.when.setAccessibleName("When to join")
        self.at = QDateTimeEdit()
        self.at.setAccessibleName("The time to join at")
        self.at.setCalendarPopup(True)
        self.at.setDisplayFormat("ddd d MMM yyyy, HH:mm")
        self.at.setVisible(False)
        holder = QWidget()
        holder.setObjectName("transparent")
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.when, 1)
        row.addWidget(self.at, 1)
        field = Field("Join", holder)
        self.add(
            Option(
                "join_at",
                field,
                is_changed=lambda: self.when.is_changed,
                reset=self.when.reset,
                problem=self._when_problem,
            ),
            0,
            0,
            2,
        )
        self.when.currentIndexChanged.connect(self._on_when)
        self.at.dateTimeChanged.connect(self._on_edit)

    def _on_when(self) -> None:
        is_free_time = self.when.currentData() == AT_A_TIME
        if is_free_time and not self.at.isVisibleTo(self):
            next_hour = datetime.now().astimezone() + timedelta(hours=1)
            self.set_time(next_hour.replace(minute=0, second=0, microsecond=0))
        self.at.setVisible(is_free_time)
        self._on_edit()

    def set_time(self, at: datetime) -> None:
        """Put this moment into the date and time editor."""
        self.at.setDateTime(QDateTime.fromSecsSinceEpoch(int(at.timestamp())))

    def check(self) -> None:
        hint = ""
        if self.when.currentData() != 0:
            hint = "The provider sends the bot then; SpeakDesk must be running at that time."
        self.options["join_at"].field.set_hint(hint)
        super().check()

    def _when_problem(self) -> str:
        at = self._time()
        return "That time is over." if at is not None and at <= utc_now() else ""

    def _time(self) -> datetime | None:
        minutes = int(self.when.currentData())
        if minutes == 0:
            return None
        if minutes == AT_A_TIME:
            return datetime.fromtimestamp(self.at.dateTime().toSecsSinceEpoch(), UTC)
        return (utc_now() + timedelta(minutes=minutes)).replace(microsecond=0)

    def set_defaults(self, timeouts: LeaveTimeouts) -> None:
        """Say what the settings ask for where nothing is typed."""
        for name, line in self.timeouts.items():
            seconds = getattr(timeouts, name)
            words = f"{duration_text(seconds)}, from the settings" if seconds else ""
            line.setPlaceholderText(words or "the provider's own")

    @property
    def join_at(self) -> datetime | None:
        """When the bots join, counted from now; None for at once."""
        return self._time() if self.is_free("join_at") else None

    @property
    def leave_timeouts(self) -> LeaveTimeouts:
        """The times that were typed; wrong ones are left out (`problems` tells of them)."""
        given: dict[str, int] = {}
        for name, line in self.timeouts.items():
            text = self.text_of(name, line)
            if text and not timeout_problem(name, text):
                given[name] = parse_duration(text)
        return LeaveTimeouts(**given)

    @property
    def allow_multiple_bots(self) -> bool:
        """Whether the meeting may have another bot of this account already."""
        return bool(self.several.currentData())
