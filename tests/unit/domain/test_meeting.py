"""Meeting links: found in whatever was pasted, passcodes never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speakdesk.domain.errors import LinkError
from speakdesk.domain.meeting import PRACTICE_LINK, MeetingLink, Platform, parse_link

MEET = "https://meet.google.com/abc-defg-hij"
TEAMS_LONG = (
    "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NzA5ZjM2%40thread.v2/0"
    "?context=%7b%22Tid%22%3a%2272f9%22%2c%22Oid%22%3a%229c4e%22%7d"
)

LINKS = [
    (MEET, Platform.MEET, "abc-defg-hij", ""),
    ("https://meet.google.com/ABC-DEFG-HIJ?authuser=1&hs=122", Platform.MEET, "abc-defg-hij", ""),
    ("HTTPS://MEET.GOOGLE.COM/abcdefghij", Platform.MEET, "abc-defg-hij", ""),
    ("meet.google.com/abc-defg-hij", Platform.MEET, "abc-defg-hij", ""),
    ("abc-defg-hij", Platform.MEET, "abc-defg-hij", ""),
    ("https://meet.google.com/lookup/team-daily", Platform.MEET, "team-daily", ""),
    ("https://zoom.us/j/81234567890", Platform.ZOOM, "81234567890", ""),
    ("https://us02web.zoom.us/j/81234567890?pwd=Ab.1", Platform.ZOOM, "81234567890", "Ab.1"),
    ("https://acme.zoom.us/j/812345678?pwd=x#success", Platform.ZOOM, "812345678", "x"),
    ("https://acme-gov.zoomgov.com/j/1612345678", Platform.ZOOM, "1612345678", ""),
    ("https://acme.zoom.us/wc/81234567890/join?pwd=x", Platform.ZOOM, "81234567890", "x"),
    ("https://app.zoom.us/wc/join/81234567890?pwd=x", Platform.ZOOM, "81234567890", "x"),
    ("https://zoom.us/wc/81234567890/start", Platform.ZOOM, "81234567890", ""),
    ("https://acme.zoom.us/my/ada.lovelace?pwd=x", Platform.ZOOM, "ada.lovelace", "x"),
    ("https://zoom.us/w/81234567890?tk=abc", Platform.ZOOM, "81234567890", ""),
    ("acme.zoom.us/j/81234567890", Platform.ZOOM, "81234567890", ""),
    (TEAMS_LONG, Platform.TEAMS, "NzA5ZjM2", ""),
    (
        "https://teams.microsoft.com/meet/2345678901234?p=Xy12",
        Platform.TEAMS,
        "2345678901234",
        "Xy12",
    ),
    ("https://teams.live.com/meet/9312345678901?p=Xy12", Platform.TEAMS, "9312345678901", "Xy12"),
    ("https://teams.cloud.microsoft/meet/2345678901234", Platform.TEAMS, "2345678901234", ""),
    ("practice://room", Platform.PRACTICE, "room", ""),
    (" practice://room/ \n", Platform.PRACTICE, "room", ""),
]


@pytest.mark.parametrize(("text", "platform", "meeting_id", "passcode"), LINKS)
def test_reads_every_shape(text: str, platform: Platform, meeting_id: str, passcode: str) -> None:
    link = parse_link(text)
    assert (link.platform, link.meeting_id, link.passcode) == (platform, meeting_id, passcode)
    assert link.url.startswith(("https://", "practice://"))


@pytest.mark.parametrize(("text", "platform", "meeting_id", "passcode"), LINKS)
@pytest.mark.parametrize("around", ["<{}>", "  {}\n", "({}).", "“{}”", "Join: {} !", "\u200b{}"])
def test_forgives_what_is_around_a_link(
    text: str, platform: Platform, meeting_id: str, passcode: str, around: str
) -> None:
    if text == "abc-defg-hij" and around.strip("\u200b \n") != "{}":
        return
    link = parse_link(around.format(text.strip()))
    assert (link.platform, link.meeting_id, link.passcode) == (platform, meeting_id, passcode)


INVITATIONS = {
    "zoom": (
        """Ada Lovelace is inviting you to a scheduled Zoom meeting.

Topic: Weekly
Time: Jul 3, 2026 10:00 AM Amsterdam

Join Zoom Meeting
https://us02web.zoom.us/j/81234567890?pwd=Q2hlY2tNZQ.1

Meeting ID: 812 3456 7890
Passcode: 428131
---
Find your local number: https://us02web.zoom.us/u/kbTq4Y3qM
""",
        "zoom 81234567890",
    ),
    "teams": (
        """________________________________________________________________
Microsoft Teams  Need help?<https://aka.ms/JoinTeamsMeeting?omkt=en-US>
Join the meeting now<https://teams.microsoft.com/l/meetup-join/19%3ameeting_NzA5ZjM2%40thread.v2/0?context=%7b%7d>
Meeting ID: 345 678 901 23
Passcode: aB3dE5
""",
        "teams NzA5ZjM2",
    ),
    "meet": (
        """Weekly
Friday, July 3 · 10:00 \u2013 10:30am
Video call link: https://meet.google.com/abc-defg-hij
Or dial: +31 20 257 3889 PIN: 123 456 789#
More phone numbers: https://tel.meet/abc-defg-hij?pin=1234567890
""",
        "meet abc-defg-hij",
    ),
    "signature first": (
        "https://www.example.com/ada\nCall me, or join https://meet.google.com/abc-defg-hij.",
        "meet abc-defg-hij",
    ),
    "html": ('<a href="https://meet.google.com/abc-defg-hij">join</a>', "meet abc-defg-hij"),
}


@pytest.mark.parametrize("name", INVITATIONS)
def test_finds_the_link_in_a_pasted_invitation(name: str) -> None:
    text, display = INVITATIONS[name]
    assert parse_link(text).display == display


WRONG = {
    "": "no meeting link yet",
    "   \n ": "no meeting link yet",
    "see you at ten": "holds no meeting link",
    "http://meet.google.com/abc-defg-hij": "starts with https://",
    "https://meet.google.com/": "no meeting code",
    "https://meet.google.com/new": "no meeting code",
    "https://meet.google.com.evil.example/abc-defg-hij": "is not Google Meet",
    "https://evilzoom.us/j/81234567890": "is not Google Meet",
    "https://example.com/meet.google.com/abc-defg-hij": "is not Google Meet",
    "https://zoom.us/j/12345": "no meeting number",
    "https://zoom.us/pricing": "does not lead to a meeting",
    "https://user:pw@zoom.us/j/81234567890": "user name or a port",
    "https://zoom.us:8443/j/81234567890": "user name or a port",
    "https://teams.microsoft.com/v2/": "does not lead to a meeting",
    "practice://garden": "practice://room",
    "https://[broken": "broken",
}


@pytest.mark.parametrize("text", WRONG)
def test_says_what_is_wrong_and_what_to_do(text: str) -> None:
    with pytest.raises(LinkError, match=WRONG[text]) as raised:
        parse_link(text)
    assert raised.value.problem.next_step
    assert "pw" not in str(raised.value).replace("pwd", "")


@pytest.mark.parametrize(
    "text",
    [
        "https://us02web.zoom.us/j/81234567890?pwd=hushhush&uname=Ada",
        "https://us02web.zoom.us/wc/81234567890/join?PWD=hushhush",
        "https://acme.zoom.us/my/ada?pwd=hushhush",
        "https://zoom.us/w/81234567890?tk=hushhush&pwd=hushhush",
        "https://teams.microsoft.com/meet/2345678901234?p=hushhush",
        "https://teams.live.com/meet/9312345678901?p=hushhush#hushhush",
    ],
)
def test_a_passcode_is_in_nothing_that_is_shown(text: str) -> None:
    link = parse_link(text)
    for shown in (link.display, str(link), repr(link), link.safe_url):
        assert "hushhush" not in shown
    assert "hushhush" in link.url


def test_the_providers_get_the_whole_link() -> None:
    link = parse_link("https://acme.zoom.us/j/81234567890?pwd=a%2Bb&uname=Ada#frag")
    assert link.url == "https://acme.zoom.us/j/81234567890?pwd=a%2Bb&uname=Ada"
    assert link.safe_url == "https://acme.zoom.us/j/81234567890?uname=Ada"


@given(st.text(max_size=120))
def test_any_text_is_a_link_or_a_sentence(text: str) -> None:
    try:
        link = parse_link(text)
    except LinkError as e:
        assert e.problem.sentence.endswith(".")  # noqa: PT017
    else:
        assert isinstance(link, MeetingLink)


_url_text = st.text(st.sampled_from("abz019-./:?&=#%@<>[]pwd "), max_size=40)


@given(
    st.sampled_from(
        ["https://zoom.us/", "https://teams.live.com/meet/", MEET, "https://a.zoom.us/j/"]
    ),
    _url_text,
)
def test_a_found_link_is_found_again_in_itself(host: str, rest: str) -> None:
    try:
        link = parse_link(host + rest)
    except LinkError:
        return
    again = parse_link(link.url)
    assert (again.platform, again.meeting_id) == (link.platform, link.meeting_id)
    if link.passcode and len(link.passcode) > 3:
        assert f"={link.passcode}" not in link.safe_url


def test_the_practice_room_is_itself() -> None:
    assert parse_link("practice://room") == PRACTICE_LINK
    assert PRACTICE_LINK.display == "Practice room"
    assert [p.label for p in Platform]
