"""Launch options about how a bot proves itself to Zoom, Google Meet and Teams."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from speakdesk.domain.join import SignInOptions, ZoomOptions
from speakdesk.domain.meeting import Platform
from speakdesk.ui.components.options.group import OptionGroup
from speakdesk.ui.components.options.typed import address_problem

_ZOOM_LINES = (
    ("zoom_credential_id", "Zoom credential's id", "kept by the provider", "", False),
    ("zoom_credential_user_id", "Zoom credential's user", "kept by the provider", "", False),
    ("zoom_obf_token", "OBF token", "on behalf of a Zoom user", "", True),
    ("zoom_obf_token_url", "OBF token's address", "asked for a fresh token", "https", False),
    ("zoom_zak_token_url", "ZAK token's address", "asked for a fresh token", "https", False),
    ("zoom_sdk_id", "Zoom application's id", "MeetingBaas v1", "", False),
    ("zoom_sdk_password", "Zoom application's secret", "MeetingBaas v1", "", True),
    ("zoom_obf_user_id", "OBF token's user", "MeetingBaas v1", "", False),
)


class AccountOptions(OptionGroup):
    """Shows the lines of the meeting's own platform only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Account", parent)
        self.zoom: dict[str, QLineEdit] = {}
        for number, (name, words, hint, scheme, is_secret) in enumerate(_ZOOM_LINES):
            self.zoom[name] = self.add_line(
                name,
                words,
                number // 3,
                number % 3,
                hint=hint,
                problem=address_problem if scheme else lambda text: "",
                is_secret=is_secret,
            )
        self.credential = self.add_line(
            "sign_in_credential_id",
            "Account's id",
            3,
            0,
            hint="of an account kept by the provider; empty: as a guest",
        )
        self.group = self.add_line(
            "sign_in_email_group", "Or group of accounts", 3, 1, hint="one of them is taken"
        )
        self.fallback = self.add_choice(
            "sign_in_fallback",
            "Where signing in fails",
            3,
            2,
            (("Do not join", "fail"), ("Join as a guest", "anonymous")),
        )

    def set_platform(self, platform: Platform | None) -> None:
        """Show what concerns this platform."""
        for name, option in self.options.items():
            is_zoom = name.startswith("zoom_")
            fits = platform is Platform.ZOOM if is_zoom else platform is not Platform.ZOOM
            option.field.setVisible(fits)

    @property
    def problems(self) -> tuple[str, ...]:
        found = super().problems
        texts = {name: self.text_of(name, line) for name, line in self.zoom.items()}
        if bool(texts["zoom_sdk_id"]) != bool(texts["zoom_sdk_password"]):
            found += ("The Zoom application's id and secret belong together.",)
        return found

    @property
    def zoom_options(self) -> ZoomOptions | None:
        """How to join a Zoom meeting; None for as a guest."""
        given = {
            name.removeprefix("zoom_"): text
            for name, line in self.zoom.items()
            if (text := self.text_of(name, line))
        }
        return ZoomOptions(**given) if given else None

    @property
    def sign_in(self) -> SignInOptions | None:
        """The account to sign in with; None for as a guest."""
        credential = self.text_of("sign_in_credential_id", self.credential)
        group = self.text_of("sign_in_email_group", self.group)
        if not credential and not group:
            return None
        return SignInOptions(credential, group, str(self.fallback.currentData()))
