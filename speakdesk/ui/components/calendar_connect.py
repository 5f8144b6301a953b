"""Connecting a calendar: the vendor's values first, then which of the account's calendars."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.calendar.login import GUIDES, LoginGuide
from speakdesk.domain.calendar import CalendarChoice, CalendarConnection, CalendarLogin
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import button, card, label
from speakdesk.ui.widgets.problem_note import ProblemNote


class CalendarConnect(QWidget):
    """Emits `connected` with the calendar, or `cancelled`. What is typed is never shown again."""

    connected = Signal(object)
    cancelled = Signal()

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._login: CalendarLogin | None = None
        self._renewed: CalendarConnection | None = None
        self._is_busy = False
        self._is_choosing = False
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame = card()
        outer.addWidget(frame)
        outer.addStretch(1)
        column = QVBoxLayout(frame)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        self._title = label("Connect a calendar", size="title")
        column.addWidget(self._title)
        column.addWidget(
            label(
                "MeetingBaas then watches the calendar, and its coming meetings appear here.",
                tone="muted",
                wrap=True,
            )
        )
        column.addSpacing(8)
        self._sign_in_step = self._make_sign_in()
        self._choice_step = self._make_choice()
        column.addWidget(self._sign_in_step)
        column.addWidget(self._choice_step)
        self.trouble = ProblemNote("Why the calendar could not be connected")
        column.addWidget(self.trouble)
        column.addSpacing(4)
        column.addLayout(self._make_buttons())
        self._show_vendor()

    def _make_sign_in(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, 120)
        grid.setColumnStretch(1, 1)
        vendors = QHBoxLayout()
        vendors.setSpacing(8)
        self.vendors = QButtonGroup(self)
        for place, guide in enumerate(GUIDES):
            choice = button(guide.name, name=f"A calendar of {guide.name}")
            choice.setCheckable(True)
            choice.setChecked(place == 0)
            self.vendors.addButton(choice, place)
            vendors.addWidget(choice)
        vendors.addStretch(1)
        self.vendors.idClicked.connect(lambda _place: self._show_vendor())
        grid.addLayout(vendors, 0, 0, 1, 2)
        self._where = label(tone="muted", wrap=True, selectable=True)
        self._where.setMinimumHeight(58)
        self._where.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._where, 1, 0, 1, 2)
        self.fields: dict[str, QLineEdit] = {}
        self._captions: dict[str, QLabel] = {}
        for row, field in enumerate(GUIDES[-1].fields, start=2):
            line = QLineEdit()
            line.setAccessibleName(field.title)
            if field.is_secret:
                line.setEchoMode(QLineEdit.EchoMode.Password)
                line.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
            line.returnPressed.connect(self._on_next)
            caption = label(field.title, tone="muted")
            caption.setBuddy(line)
            grid.addWidget(caption, row, 0)
            grid.addWidget(line, row, 1)
            self.fields[field.field] = line
            self._captions[field.field] = caption
        self.keep = QCheckBox("Keep these values in this computer's key store for the next time")
        self.keep.setChecked(True)
        grid.addWidget(self.keep, len(self.fields) + 2, 1)
        return holder

    def _make_choice(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Which of the account's calendars?", strong=True))
        self.choices = QComboBox()
        self.choices.setAccessibleName("Which of the account's calendars")
        column.addWidget(self.choices)
        return holder

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.back = button("Back")
        self.cancel = button("Cancel")
        self.go: QPushButton = button("Continue", kind="primary")
        self.back.clicked.connect(self._on_back)
        self.cancel.clicked.connect(self._on_cancel)
        self.go.clicked.connect(self._on_next)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.back)
        row.addWidget(self.go)
        return row

    @property
    def guide(self) -> LoginGuide:
        """The chosen vendor."""
        return GUIDES[max(0, self.vendors.checkedId())]

    def start(self, renewed: CalendarConnection | None = None, *, can_cancel: bool) -> None:
        """Begin anew; with a calendar, to sign in for that one again."""
        self._renewed = renewed
        self._login = None
        for line in self.fields.values():
            line.clear()
        if renewed is not None:
            for place, guide in enumerate(GUIDES):
                if guide.platform == renewed.platform.lower():
                    self.vendors.button(place).setChecked(True)
        for choice in self.vendors.buttons():
            choice.setEnabled(renewed is None or not renewed.platform)
        name = (renewed.name or renewed.email) if renewed is not None else ""
        self._title.setText(f"Sign in for {name} again" if renewed else "Connect a calendar")
        self.cancel.setVisible(can_cancel)
        self.trouble.show_problems()
        self._is_choosing = False
        self._show_vendor()

    def _show_vendor(self) -> None:
        guide = self.guide
        self._where.setText(guide.where)
        kept = self._face.desk.calendar.accounts.kept_fields(guide.platform)
        known = {field.field: field for field in guide.fields}
        for name, line in self.fields.items():
            field = known.get(name)
            line.setVisible(field is not None)
            self._captions[name].setVisible(field is not None)
            if field is None:
                continue
            hint = "only for an application of one organisation" if field.is_optional else ""
            known_already = "known already; type to replace it"
            line.setPlaceholderText(known_already if name in kept else hint)
        self._refresh()

    def _refresh(self) -> None:
        is_first = not self._is_choosing
        self._sign_in_step.setVisible(is_first)
        self._choice_step.setVisible(not is_first)
        self.back.setVisible(not is_first)
        words = "Sign in" if self._renewed is not None else "Continue"
        self.go.setText("One moment…" if self._is_busy else words if is_first else "Connect")
        self.go.setAccessibleName(self.go.text())
        for widget in (self.go, self.back, self._sign_in_step, self._choice_step):
            widget.setEnabled(not self._is_busy)

    def _on_cancel(self) -> None:
        for line in self.fields.values():
            line.clear()
        self.cancelled.emit()

    def _on_back(self) -> None:
        self._is_choosing = False
        self.trouble.show_problems()
        self._refresh()

    def _on_next(self) -> None:
        if not self._is_busy:
            self._face.tasks.start(self._next(), "connect calendar")

    async def _next(self) -> None:
        self._is_busy = True
        self.trouble.show_problems()
        self._refresh()
        try:
            if self._is_choosing:
                await self._connect(self.choices.currentData())
            else:
                await self._sign_in()
        except SpeakDeskError as e:
            self.trouble.show_problems(e.problem)
        finally:
            self._is_busy = False
            self._refresh()
        if self._is_choosing:
            self.choices.setFocus()

    async def _sign_in(self) -> None:
        accounts = self._face.desk.calendar.accounts
        given = {name: line.text() for name, line in self.fields.items()}
        self._login = accounts.login(self.guide.platform, given)
        if self._renewed is not None:
            found = await accounts.renew(self._renewed.calendar_id, self._login)
            await self._finish(found)
            return
        choices: tuple[CalendarChoice, ...] = await accounts.choices(self._login)
        self.choices.clear()
        for choice in choices:
            main = " (main)" if choice.is_primary else ""
            self.choices.addItem(f"{choice.name or choice.email or choice.id}{main}", choice)
        self._is_choosing = True

    async def _connect(self, choice: CalendarChoice | None) -> None:
        if choice is None or self._login is None:
            return
        await self._finish(await self._face.desk.calendar.accounts.connect(self._login, choice))

    async def _finish(self, connection: CalendarConnection) -> None:
        login, self._login = self._login, None
        for line in self.fields.values():
            line.clear()
        if self.keep.isChecked() and login is not None:
            try:
                await self._face.desk.calendar.accounts.keep(login)
            except SpeakDeskError as e:
                words = f"The calendar is connected, but its sign-in was not kept. {e}"
                self._face.tell("attention", words, "")
        self.connected.emit(connection)
