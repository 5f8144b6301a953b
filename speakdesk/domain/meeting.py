"""Meeting links: Google Meet, Zoom, Teams, the practice room; forgiven for how they were pasted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from speakdesk.domain.errors import LinkError, Problem, Reason, Stage

SECRET_PARAMETERS = frozenset({"pwd", "p", "passcode", "password", "tk", "zak", "token"})


class Platform(StrEnum):
    """Where a meeting takes place."""

    MEET = "meet"
    ZOOM = "zoom"
    TEAMS = "teams"
    PRACTICE = "practice"

    @property
    def label(self) -> str:
        """The platform's own name."""
        return _LABELS[self]


_LABELS = {
    Platform.MEET: "Google Meet",
    Platform.ZOOM: "Zoom",
    Platform.TEAMS: "Microsoft Teams",
    Platform.PRACTICE: "Practice room",
}


@dataclass(frozen=True, slots=True)
class MeetingLink:
    """A parsed link. `url` is what a provider gets, passcode included; `display` never holds it."""

    platform: Platform
    url: str = field(repr=False)
    meeting_id: str
    passcode: str = field(default="", repr=False)

    @property
    def display(self) -> str:
        """A short name without secrets, for screens, history and logs: `meet abc-defg-hij`."""
        if self.platform is Platform.PRACTICE:
            return "Practice room"
        return f"{self.platform} {self.meeting_id}"

    @property
    def safe_url(self) -> str:
        """The link with every passcode parameter removed."""
        parts = urlsplit(self.url)
        kept = [(k, v) for k, v in parse_qsl(parts.query) if k.lower() not in SECRET_PARAMETERS]
        return urlunsplit(parts._replace(query=urlencode(kept), fragment=""))

    def __str__(self) -> str:
        return self.display


PRACTICE_LINK = MeetingLink(Platform.PRACTICE, "practice://room", "room")

_URL = re.compile(r"(?:(?:https?|practice)://)[^\s<>\"'\u201c\u201d\u00ab\u00bb]+", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w.@/-])(?:meet\.google\.com|(?:[\w-]+\.)*zoom\.us|(?:[\w-]+\.)*zoomgov\.com"
    r"|teams\.microsoft\.com|teams\.live\.com)/[^\s<>\"'\u201c\u201d\u00ab\u00bb]+",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}>\u2026"
_MEET_CODE = re.compile(r"^[a-z]{3}-?[a-z]{4}-?[a-z]{3}$", re.IGNORECASE)
_ZOOM_ID = re.compile(r"^\d{9,12}$")


def parse_link(text: str) -> MeetingLink:
    """Find the one meeting link in what a person pasted.

    White space, angle brackets and an invitation's text around the link are forgiven, and so is a
    missing `https://`. Raises LinkError with a sentence that says what is wrong.
    """
    cleaned = text.replace("\u200b", "").replace("\ufeff", "").strip()
    if not cleaned:
        raise _wrong("There is no meeting link yet.", "Paste a Google Meet, Zoom or Teams link.")
    candidates = [c.rstrip(_TRAILING) for c in _URL.findall(cleaned)]
    if not candidates:
        candidates = [f"https://{c.rstrip(_TRAILING)}" for c in _BARE.findall(cleaned)]
    if not candidates:
        if _MEET_CODE.match(cleaned):
            return _meet(urlsplit(f"https://meet.google.com/{cleaned}"))
        raise _wrong(
            "This text holds no meeting link.",
            "Paste the whole link, for example https://meet.google.com/abc-defg-hij.",
        )
    failure: LinkError | None = None
    for candidate in candidates:
        try:
            return _parse_url(candidate)
        except LinkError as e:
            failure = failure or e
    assert failure is not None
    raise failure


def _parse_url(url: str) -> MeetingLink:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError as e:
        raise _wrong("This link is broken.", "Copy it again from the invitation.") from e
    scheme = parts.scheme.lower()
    if scheme == "practice":
        if host != "room" or parts.path.strip("/"):
            raise _wrong("The practice room's link is practice://room.", "Use exactly that.")
        return PRACTICE_LINK
    if scheme != "https":
        raise _wrong(
            "A meeting link starts with https://, this one with http://.", "Copy it again."
        )
    if parts.username or parts.password or port not in (None, 443):
        raise _wrong(
            "This link carries a user name or a port, which no meeting link does.",
            "Copy it again from the invitation.",
        )
    parts = parts._replace(scheme="https", netloc=host)
    if host == "meet.google.com":
        return _meet(parts)
    if host in ("zoom.us", "zoomgov.com") or host.endswith((".zoom.us", ".zoomgov.com")):
        return _zoom(parts)
    if host in ("teams.microsoft.com", "teams.live.com"):
        return _teams(parts)
    if host == "teams.cloud.microsoft":
        return _teams(parts)
    raise _wrong(
        f"{host or 'This'} is not Google Meet, Zoom or Teams.",
        "Paste a link from one of these three, or use practice://room.",
    )


def _meet(parts: SplitResult) -> MeetingLink:
    steps = [s for s in parts.path.split("/") if s]
    if steps and steps[0] == "lookup" and len(steps) == 2:
        return MeetingLink(Platform.MEET, urlunsplit(parts._replace(fragment="")), steps[1])
    code = steps[0].lower() if len(steps) == 1 else ""
    if not _MEET_CODE.match(code):
        raise _wrong(
            "This Google Meet link has no meeting code.",
            "It ends with three groups of letters, like abc-defg-hij.",
        )
    letters = code.replace("-", "")
    code = f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"
    return MeetingLink(Platform.MEET, f"https://meet.google.com/{code}", code)


def _zoom(parts: SplitResult) -> MeetingLink:
    steps = [s for s in parts.path.split("/") if s]
    query = parse_qs(parts.query)
    passcode = (query.get("pwd") or [""])[0]
    url = urlunsplit(parts._replace(fragment=""))
    if steps and steps[0] in ("my", "s") and len(steps) >= 2:
        if steps[0] == "s" and not _ZOOM_ID.match(steps[1]):
            raise _zoom_number()
        return MeetingLink(Platform.ZOOM, url, steps[1], passcode)
    if steps and steps[0] == "wc":
        number = next((s for s in steps[1:] if _ZOOM_ID.match(s)), "")
        if not number and len(steps) >= 3 and steps[1] == "my":
            return MeetingLink(Platform.ZOOM, url, steps[2], passcode)
    elif len(steps) == 2 and steps[0] in ("j", "w"):
        number = steps[1].replace("-", "").replace("%20", "")
    else:
        raise _wrong(
            "This Zoom link does not lead to a meeting.",
            "A Zoom meeting link holds /j/ and a number, or /my/ and a name.",
        )
    if not _ZOOM_ID.match(number):
        raise _zoom_number()
    return MeetingLink(Platform.ZOOM, url, number, passcode)


def _zoom_number() -> LinkError:
    return _wrong("This Zoom link has no meeting number.", "The number has 9 to 12 digits.")


def _teams(parts: SplitResult) -> MeetingLink:
    steps = [s for s in parts.path.split("/") if s]
    query = parse_qs(parts.query)
    url = urlunsplit(parts._replace(fragment=""))
    if len(steps) >= 3 and steps[:2] == ["l", "meetup-join"]:
        thread = steps[2]
        short = re.sub(r"^19(?:%3a|:)(?:meeting_)?", "", thread, flags=re.IGNORECASE)
        return MeetingLink(Platform.TEAMS, url, re.split(r"[@%]", short)[0][:24] or "meeting")
    if len(steps) >= 2 and steps[0] == "meet" and re.match(r"^[\w-]{6,}$", steps[1]):
        return MeetingLink(Platform.TEAMS, url, steps[1], (query.get("p") or [""])[0])
    raise _wrong(
        "This Teams link does not lead to a meeting.",
        "A Teams meeting link holds /l/meetup-join/ or /meet/ and a number.",
    )


def _wrong(sentence: str, next_step: str) -> LinkError:
    return LinkError(Problem(Stage.LINK, Reason.BAD_INPUT, sentence, next_step))
