"""Calendars from connecting to taking a bot back, at the wire against the stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from speakdesk.app.calendar.agenda import AgendaEvent
from speakdesk.app.calendar.desk import CalendarDesk
from speakdesk.app.calendar.login import GUIDES
from speakdesk.app.calendar.scheduled import Sender
from speakdesk.app.calendar.sending import EventWish, SendingWay
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import Problem, ProviderError, Reason, SpeakDeskError, Stage
from speakdesk.domain.launch import BotView, Launch
from speakdesk.domain.meeting import parse_link
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys
from speakdesk.providers.base import JoinRequest, MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from speakdesk.store.redaction import KNOWN_SECRETS
from tests.standins.meetingbaas import MeetingBaasCloud, Trouble
from tests.standins.meetingbaas_calendar import GOOD_TOKEN

URL = "https://meet.google.com/abc-defg-hij"
OTHER_URL = "https://zoom.us/j/123456789?pwd=hush-hush"
SECRET = "the-client-secret"
ADA = EventWish(persona="ada")
RECORD = EventWish()


class Shelf:
    def get(self, key: str) -> Persona:
        return Persona(key, key.capitalize(), prompt="You listen.")


class Host:
    """A desk that only notes what it is asked, over a real client."""

    def __init__(self, cloud: MeetingBaasCloud) -> None:
        self.personas = Shelf()
        self.bots: dict[str, BotView] = {}
        self.launches: dict[str, Launch] = {}
        self.left: list[str] = []
        self.kept = {"NGROK_AUTHTOKEN": "token"}
        self.refuse: SpeakDeskError | None = None
        self.provider_key = "meetingbaas"
        self.clients: dict[str, MeetingProvider] = {
            "meetingbaas": MeetingBaasV2Provider("key", cloud.url, sleep=_at_once),
            "meetingbaas-v1": MeetingBaasV1Provider("key", cloud.url, sleep=_at_once),
        }

    async def provider(self, key: str) -> MeetingProvider:
        return self.clients[key]

    async def launch(self, launch: Launch) -> tuple[str, ...]:
        if self.refuse is not None:
            raise self.refuse
        bot_id = f"b{len(self.launches) + 1}"
        self.launches[bot_id] = launch
        at = datetime.now(UTC)
        self.bots[bot_id] = BotView(
            bot_id=bot_id,
            name=next(iter((*launch.names, *launch.personas)), "recorder").capitalize(),
            persona=launch.personas[0] if launch.personas else "",
            meeting=launch.meeting,
            meeting_id="m",
            provider=launch.provider,
            state=BotState.PREPARING,
            since=at,
            created=at,
            plan=None,
            join_at=launch.join_at,
            is_recorder=launch.add_recorder,
        )
        return (bot_id,)

    async def leave(self, bot_id: str) -> None:
        self.left.append(bot_id)
        self.bots[bot_id] = replace(self.bots[bot_id], state=BotState.ENDED)

    def launch_of(self, bot_id: str) -> Launch:
        return self.launches[bot_id]

    async def set_key(self, name: str, value: str) -> None:
        self.kept[name] = value


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


class Office:
    def __init__(self, cloud: MeetingBaasCloud, home: Path) -> None:
        self.cloud = cloud
        self.host = Host(cloud)
        self.home = home
        self.desk = self.make()

    def make(self) -> CalendarDesk:
        return CalendarDesk(
            self.host,
            lambda: Keys(self.host.kept),
            lambda: self.host.provider_key,
            self.home / "event-bots.json",
        )

    async def connect(self, name: str = "Work") -> str:
        accounts = self.desk.accounts
        login = accounts.login("google", values())
        choice = next(c for c in await accounts.choices(login) if c.name == name)
        return (await accounts.connect(login, choice)).calendar_id

    async def event(self, title: str) -> AgendaEvent:
        agenda = await self.desk.agenda()
        return next(e for e in agenda.events if e.event.title == title)


def values(token: str = GOOD_TOKEN) -> dict[str, str]:
    return {"client_id": "the-id", "client_secret": SECRET, "refresh_token": token}


def in_minutes(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with MeetingBaasCloud() as cloud:
        made = Office(cloud, tmp_path)
        yield made
        for client in made.host.clients.values():
            await client.aclose()


# -- signing in ----------------------------------------------------------------------------------


async def test_a_calendar_is_connected_and_its_sign_in_kept_where_secrets_belong(
    office: Office,
) -> None:
    accounts = office.desk.accounts
    login = accounts.login("google", values())
    choices = await accounts.choices(login)
    assert [(c.name, c.is_primary) for c in choices] == [("Work", True)]
    connection = await accounts.connect(login, choices[0])
    assert connection.email == "me@example.com"
    assert not accounts.is_kept("google")
    await accounts.keep(login)
    assert office.host.kept["GOOGLE_CALENDAR_CLIENT_SECRET"] == SECRET
    assert office.host.kept["GOOGLE_CALENDAR_REFRESH_TOKEN"] == GOOD_TOKEN
    assert accounts.is_kept("google")
    assert accounts.login("google", {}).client_secret == SECRET
    assert SECRET not in repr(login)
    assert SECRET not in KNOWN_SECRETS.redact(f"it sent {SECRET}")
    assert GOOD_TOKEN not in repr(login)
    await accounts.forget_login("google")
    assert not accounts.is_kept("google")


def test_what_is_missing_for_a_sign_in_is_named_with_where_to_get_it(office: Office) -> None:
    with pytest.raises(ProviderError) as caught:
        office.desk.accounts.login("microsoft", {"client_id": "x", "client_secret": "  "})
    problem = caught.value.problem
    assert "client secret and refresh token" in problem.sentence
    assert "MICROSOFT_CALENDAR_CLIENT_SECRET" in problem.next_step
    with pytest.raises(ProviderError, match="google or microsoft"):
        office.desk.accounts.login("apple", {})


async def test_a_withdrawn_token_is_no_matter_of_our_key(office: Office) -> None:
    accounts = office.desk.accounts
    login = accounts.login("google", values("withdrawn"))
    with pytest.raises(ProviderError) as caught:
        await accounts.choices(login)
    problem = caught.value.problem
    assert problem.sentence.startswith("Google did not accept the sign-in")
    assert problem.vendor_words.endswith("invalid_grant")
    assert SECRET not in str(problem)


async def test_the_same_calendar_twice_is_told(office: Office) -> None:
    await office.connect()
    with pytest.raises(ProviderError, match="connected already"):
        await office.connect()


async def test_a_revoked_calendar_hides_no_other_and_can_be_renewed(office: Office) -> None:
    office.cloud.calendars.names = ("Work", "Home")
    work, home = await office.connect("Work"), await office.connect("Home")
    shelf = office.cloud.calendars
    shelf.add_event(work, "Stand-up", URL)
    shelf.add_event(home, "Choir", OTHER_URL)
    shelf.revoke(home)
    agenda = await office.desk.agenda()
    assert [e.event.title for e in agenda.events] == ["Stand-up"]
    (trouble,) = agenda.troubles
    assert "withdrawn" in trouble.sentence
    assert "Sign in again" in trouble.next_step
    lost = next(c for c in await office.desk.accounts.connections() if c.calendar_id == home)
    assert lost.problem is not None

    login = office.desk.accounts.login("google", values())
    renewed = await office.desk.accounts.renew(home, login)
    assert renewed.problem is None
    assert len((await office.desk.agenda()).events) == 2
    await office.desk.accounts.sync(home)
    await office.desk.accounts.disconnect(home)
    assert [c.calendar_id for c in await office.desk.accounts.connections()] == [work]


# -- events --------------------------------------------------------------------------------------


async def test_events_of_all_calendars_stand_in_one_list(office: Office) -> None:
    office.cloud.calendars.names = ("Work", "Home")
    work, home = await office.connect("Work"), await office.connect("Home")
    shelf = office.cloud.calendars
    at = in_minutes(120)
    shelf.add_event(work, "Review", URL, start=at)
    shelf.add_event(home, "Review", URL, start=at)
    shelf.add_event(home, "Dentist", None, start=in_minutes(60))
    shelf.add_event(home, "Odd", "https://example.com/room", start=in_minutes(90))
    shelf.add_event(work, "Over", URL, start=in_minutes(-90))
    shelf.add_event(work, "Running", OTHER_URL, start=in_minutes(-10))
    events = (await office.desk.agenda()).events

    assert [e.event.title for e in events] == ["Running", "Dentist", "Odd", "Review"]
    running, dentist, odd, review = events
    assert running.is_running(datetime.now(UTC))
    assert running.link is not None
    assert running.link.display == "zoom 123456789"
    assert "hush" not in repr(running)
    assert dentist.no_link == "The event has no meeting link."
    assert odd.link is None
    assert "example.com" in odd.no_link
    assert review.calendar_name
    only = await office.desk.agenda((work,))
    assert {e.event.title for e in only.events} == {"Running", "Review"}
    with pytest.raises(ProviderError, match="watches no calendar"):
        await office.desk.agenda(("nowhere",))


async def test_an_event_is_found_by_the_beginning_of_its_id(office: Office) -> None:
    calendar = await office.connect()
    made = office.cloud.calendars.add_event(calendar, "Review", URL)
    found = await office.desk.find(made["event_id"][:12])
    assert found.event.title == "Review"
    for wrong in ("nothing", ""):
        with pytest.raises(ProviderError, match="no coming event"):
            await office.desk.find(wrong)


@pytest.mark.parametrize(
    ("trouble", "reason", "words"),
    [
        (Trouble.REFUSED_KEY, Reason.AUTHENTICATION, "API key"),
        (Trouble.SENDING_ONLY, Reason.AUTHENTICATION, "Sending key"),
        (Trouble.TOO_FAST, Reason.RATE_LIMIT, "requests in a second"),
        (Trouble.SERVER_ERROR, Reason.UNAVAILABLE, "trouble of its own"),
        (Trouble.NOT_JSON, Reason.PROTOCOL, "answered"),
        (Trouble.TRUNCATED, Reason.PROTOCOL, "answered"),
        (Trouble.DROP, Reason.CONNECTIVITY, "broke off"),
    ],
)
async def test_a_bad_day_is_told_in_words(
    office: Office, trouble: Trouble, reason: Reason, words: str
) -> None:
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL)
    entry = await office.event("Review")
    office.cloud.trouble = trouble
    questions = (
        office.desk.agenda(),
        office.desk.accounts.connections(),
        office.desk.accounts.sync(calendar),
        office.desk.waiting.rows(),
        office.desk.send(entry, RECORD),
    )
    for question in questions:
        with pytest.raises(ProviderError) as caught:
            await question
        problem = caught.value.problem
        assert problem.reason is reason
        assert words in problem.sentence
        assert problem.next_step
    assert office.cloud.calendars.bots == {}


async def test_one_calendar_in_trouble_is_told_beside_the_others(office: Office) -> None:
    office.cloud.calendars.names = ("Work", "Home")
    await office.connect("Work")
    home = await office.connect("Home")
    office.cloud.trouble, office.cloud.troubled_path = Trouble.SERVER_ERROR, f"{home}/events"
    agenda = await office.desk.agenda()
    (trouble,) = agenda.troubles
    assert "trouble of its own" in trouble.sentence


# -- sending -------------------------------------------------------------------------------------


async def test_a_voice_goes_as_a_launch_of_this_desk_at_the_start(office: Office) -> None:
    calendar = await office.connect()
    at = in_minutes(60).replace(microsecond=0)
    office.cloud.calendars.add_event(calendar, "Review", URL, start=at)
    entry = await office.event("Review")
    plan = office.desk.plan(entry, ADA)
    assert plan.way is SendingWay.DESK
    assert plan.problem is None
    assert f"{at.astimezone():%H:%M}" in plan.sentence
    assert "tunnel open" in plan.must[0]
    sent = await office.desk.send(entry, ADA)
    launch = office.host.launches[sent.bot_ids[0]]
    assert launch.join_at == at
    assert launch.personas == ("ada",)
    assert launch.meeting == parse_link(URL)
    assert office.cloud.calendars.bots == {}

    again = await office.event("Review")
    assert [b.name for b in again.bots] == ["Ada"]
    with pytest.raises(ProviderError, match="going to this event already"):
        await office.desk.send(again, ADA)
    await office.desk.send(again, EventWish(persona="marco"))
    taken = await office.desk.unsend(await office.event("Review"))
    assert sorted(taken.bot_ids) == sorted(office.host.left) == ["b1", "b2"]
    with pytest.raises(ProviderError, match="No bot is set"):
        await office.desk.unsend(await office.event("Review"))


async def test_an_own_address_is_named_instead_of_the_tunnel(office: Office) -> None:
    office.host.kept = {"BASE_URL": "https://desk.example:8443/x"}
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL)
    plan = office.desk.plan(await office.event("Review"), ADA)
    assert "reachable at desk.example" in plan.must[0]


async def test_without_a_public_address_only_recording_is_offered(office: Office) -> None:
    office.host.kept = {}
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL)
    entry = await office.event("Review")
    with pytest.raises(ProviderError, match="record-only"):
        await office.desk.send(entry, ADA)
    sent = await office.desk.send(entry, RECORD)
    assert sent.event_ids == (entry.event.event_id,)


async def test_a_record_only_bot_is_the_providers_and_known_as_ours_after_a_restart(
    office: Office,
) -> None:
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL)
    office.cloud.calendars.add_event(calendar, "Other", OTHER_URL)
    entry = await office.event("Review")
    plan = office.desk.plan(entry, RECORD)
    assert plan.way is SendingWay.PROVIDER
    assert "no voice" in plan.sentence
    assert "need not be running" in plan.must[0]
    await office.desk.send(entry, replace(RECORD, name="Notes"))
    body = office.cloud.calendars.bots[entry.event.event_id]
    assert body["bot_name"] == "Notes"
    assert body["streaming_enabled"] is False
    assert body["all_occurrences"] is False
    other = await office.event("Other")
    office.cloud.calendars.bots[other.event.event_id] = {"bot_name": "Somebody's"}

    office.desk = office.make()
    ours, theirs = await office.event("Review"), await office.event("Other")
    assert (ours.sent_name, ours.has_other_bot) == ("Notes", False)
    assert (theirs.sent_name, theirs.has_other_bot) == ("", True)
    with pytest.raises(ProviderError, match="already set"):
        await office.desk.send(ours, RECORD)
    await office.desk.change(ours, replace(RECORD, name="Minutes"))
    assert (await office.event("Review")).sent_name == "Minutes"
    await office.desk.unsend(await office.event("Review"))
    assert list(office.cloud.calendars.bots) == [other.event.event_id]
    assert not (await office.event("Review")).has_any_bot
    kept = (office.home / "event-bots.json").read_text()
    assert "Review" not in kept
    assert URL not in kept


async def test_a_damaged_note_file_takes_nothing_down(office: Office) -> None:
    (office.home / "event-bots.json").write_text('{"what": [')
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL)
    entry = await office.event("Review")
    await office.desk.send(entry, RECORD)
    assert (await office.event("Review")).sent_name == "Recorder"


async def test_a_running_meeting_gets_its_bot_at_once(office: Office) -> None:
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Running", URL, start=in_minutes(-5))
    entry = await office.event("Running")
    for wish in (ADA, RECORD):
        assert office.desk.plan(entry, wish).way is SendingWay.NOW
        (bot,) = (await office.desk.send(entry, wish)).bot_ids
        assert office.host.launches[bot].join_at is None
    assert office.host.launches["b2"].add_recorder
    assert office.host.launches["b2"].personas == ()


async def test_a_voice_goes_to_each_event_of_a_series_once(office: Office) -> None:
    calendar = await office.connect()
    series = "11111111-1111-4111-8111-111111111111"
    shelf = office.cloud.calendars
    for day in (1, 2, 3, 45):
        shelf.add_event(calendar, "Stand-up", URL, series, start=in_minutes(day * 1440))
    shelf.add_event(calendar, "Stand-up", None, series, start=in_minutes(4 * 1440))
    entry = await office.event("Stand-up")
    wish = replace(ADA, whole_series=True)
    assert "30 days" in office.desk.plan(entry, wish).sentence
    await office.desk.send(entry, ADA)
    sent = await office.desk.send(await office.event("Stand-up"), wish)
    assert len(sent.bot_ids) == 2
    times = [launch.join_at for launch in office.host.launches.values()]
    assert len(set(times)) == 3
    with pytest.raises(ProviderError, match="no such bot is going yet"):
        await office.desk.send(await office.event("Stand-up"), wish)
    taken = await office.desk.unsend(await office.event("Stand-up"), whole_series=True)
    assert len(taken.bot_ids) == 3


async def test_a_recorder_for_a_series_says_which_events_did_not_take(office: Office) -> None:
    calendar = await office.connect()
    series = "11111111-1111-4111-8111-111111111111"
    shelf = office.cloud.calendars
    shelf.add_event(calendar, "Stand-up", URL, series)
    without = shelf.add_event(calendar, "Stand-up", None, series)
    entry = await office.event("Stand-up")
    sent = await office.desk.send(entry, EventWish(whole_series=True))
    assert sent.event_ids == (entry.event.event_id,)
    ((failed, problem),) = sent.failures
    assert failed == without["event_id"]
    assert "NO_MEETING_URL" in problem.vendor_words
    taken = await office.desk.unsend(await office.event("Stand-up"), whole_series=True)
    assert taken.event_ids == (entry.event.event_id,)
    assert shelf.bots == {}


async def test_what_cannot_be_done_is_said_before(office: Office) -> None:
    calendar = await office.connect()
    shelf = office.cloud.calendars
    shelf.add_event(calendar, "Dentist", None)
    shelf.add_event(calendar, "Once", URL)
    with pytest.raises(ProviderError, match="no meeting link"):
        await office.desk.send(await office.event("Dentist"), ADA)
    once = await office.event("Once")
    with pytest.raises(ProviderError, match="does not repeat"):
        await office.desk.send(once, replace(ADA, whole_series=True))
    far = replace(once, start=once.start + timedelta(days=91))
    with pytest.raises(ProviderError, match="90 days"):
        await office.desk.send(far, ADA)
    assert office.host.launches == {}


async def test_a_double_click_sends_one_bot(office: Office) -> None:
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL)
    entry = await office.event("Review")
    results = await asyncio.gather(
        office.desk.send(entry, RECORD), office.desk.send(entry, RECORD), return_exceptions=True
    )
    assert sum(isinstance(r, ProviderError) for r in results) == 1
    sends = [r for r in office.cloud.requests if r.path.endswith("/bots") and r.method == "POST"]
    assert len(sends) == 1


async def test_a_locked_event_bot_cannot_be_changed(office: Office) -> None:
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Soon", URL, start=in_minutes(3))
    entry = await office.event("Soon")
    await office.desk.send(entry, RECORD)
    with pytest.raises(ProviderError, match="four minutes"):
        await office.desk.change(entry, replace(RECORD, name="Late"))
    # The service may see it earlier than this computer's clock.
    office.cloud.calendars.lock_s = 7200.0
    office.cloud.calendars.add_event(calendar, "Later", OTHER_URL, start=in_minutes(30))
    later = await office.event("Later")
    await office.desk.send(later, RECORD)
    with pytest.raises(ProviderError, match="too close"):
        await office.desk.change(later, replace(RECORD, name="Late"))


# -- scheduled bots ------------------------------------------------------------------------------


async def scheduled(office: Office, name: str, minutes: float) -> str:
    client = office.host.clients["meetingbaas"]
    assert isinstance(client, MeetingBaasV2Provider)
    request = JoinRequest(name, parse_link(URL), "")
    return await client.schedule(request, in_minutes(minutes))


async def test_scheduled_bots_are_told_apart_by_who_sent_them(office: Office) -> None:
    earlier = await scheduled(office, "Earlier", 90)
    other = await scheduled(office, "Other", 120)
    office.cloud.scheduled[other]["extra"] = {"made": "elsewhere"}
    gone = await scheduled(office, "Gone", 130)
    office.cloud.scheduled[gone]["status"] = "completed"
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL, start=in_minutes(60))
    await office.desk.send(await office.event("Review"), ADA)
    mine = await scheduled(office, "Ada", 60)
    office.host.bots["b1"] = replace(office.host.bots["b1"], provider_bot_id=mine)
    rows = await office.desk.waiting.rows()
    assert [(r.name, r.sender, r.provider_bot_id) for r in rows] == [
        ("Ada", Sender.HERE, mine),
        ("Earlier", Sender.SPEAKDESK, earlier),
        ("Other", Sender.OTHER, other),
    ]
    assert rows[0].bot_id == "b1"
    assert rows[0].locks_at == rows[0].join_at - timedelta(minutes=4)
    with pytest.raises(ProviderError, match="no scheduled bot"):
        await office.desk.waiting.find("nothing")
    assert (await office.desk.waiting.find(other[:13])).name == "Other"


async def test_a_scheduled_bot_gets_another_time_and_name(office: Office) -> None:
    bot = await scheduled(office, "Ada", 60)
    (row,) = await office.desk.waiting.rows()
    at = in_minutes(75)
    await office.desk.waiting.reschedule(row, join_at=at, name="Ada the second")
    entry = office.cloud.scheduled[bot]
    assert (entry["bot_name"], entry["join_at"]) == ("Ada the second", to_iso(at))
    assert set(office.cloud.requests[-1].body) == {"join_at", "bot_name"}
    with pytest.raises(ProviderError, match="a minute from now"):
        await office.desk.waiting.reschedule(row, join_at=in_minutes(-5))
    await office.desk.waiting.cancel(row)
    assert await office.desk.waiting.rows() == ()


async def test_the_lock_is_explained_before_and_by_the_service(office: Office) -> None:
    await scheduled(office, "Soon", 3)
    (row,) = await office.desk.waiting.rows()
    asked = len(office.cloud.requests)
    with pytest.raises(ProviderError, match="less than four minutes"):
        await office.desk.waiting.reschedule(row, name="X")
    assert len(office.cloud.requests) == asked
    office.cloud.lock_s = 7200.0
    await scheduled(office, "Later", 30)
    later = (await office.desk.waiting.rows())[1]
    with pytest.raises(ProviderError, match="four minutes"):
        await office.desk.waiting.reschedule(later, name="X")
    await office.desk.waiting.cancel(row)
    assert [r.name for r in await office.desk.waiting.rows()] == ["Later"]


async def test_a_waiting_bot_of_this_desk_is_sent_anew(office: Office) -> None:
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL)
    await office.desk.send(await office.event("Review"), ADA)
    (row,) = await office.desk.waiting.rows()
    at = in_minutes(200)
    await office.desk.waiting.reschedule(row, join_at=at)
    assert office.host.left == ["b1"]
    assert office.host.launches["b2"].join_at == at
    assert office.host.launches["b2"].names == ("Ada",)
    (row,) = await office.desk.waiting.rows()
    words = Problem(Stage.PROVIDER, Reason.UNAVAILABLE, "It is down.", "Wait.")
    office.host.refuse = ProviderError(words)
    with pytest.raises(ProviderError, match="taken back, but could not be sent again: It is down"):
        await office.desk.waiting.reschedule(row, name="Eve")


async def test_a_waiting_bot_of_this_desk_is_moved_where_it_waits(office: Office) -> None:
    mine = await scheduled(office, "Ada", 60)
    calendar = await office.connect()
    office.cloud.calendars.add_event(calendar, "Review", URL)
    await office.desk.send(await office.event("Review"), ADA)
    office.host.bots["b1"] = replace(office.host.bots["b1"], provider_bot_id=mine)
    (row,) = await office.desk.waiting.rows()
    at = in_minutes(200)
    await office.desk.waiting.reschedule(row, join_at=at)
    assert office.host.left == []
    assert office.cloud.scheduled[mine]["join_at"] == to_iso(at)
    await office.desk.waiting.reschedule(row, name="Eve")
    assert office.host.left == ["b1"]
    assert office.host.launches["b2"].names == ("Eve",)


# -- v1 ------------------------------------------------------------------------------------------


async def test_v1_is_used_where_it_is_selected(office: Office) -> None:
    calendar = await office.connect()
    series = "11111111-1111-4111-8111-111111111111"
    office.cloud.calendars.add_event(calendar, "Review", URL, series)
    office.host.provider_key = "meetingbaas-v1"
    entry = await office.event("Review")
    assert entry.event.is_recurring
    assert entry.event.series_id == series
    assert office.desk.plan(entry, RECORD).sentence.startswith("MeetingBaas v1 sends Recorder")
    await office.desk.send(entry, RECORD)
    assert (await office.event("Review")).sent_name == "Recorder"
    await office.desk.unsend(await office.event("Review"))
    assert office.cloud.calendars.bots == {}
    assert not office.desk.knows_all_scheduled
    assert await office.desk.waiting.rows() == ()
    office.desk.choose_provider("meetingbaas")
    assert office.desk.provider_key == "meetingbaas"


async def test_a_provider_without_calendars_says_so(office: Office) -> None:
    class Plain:
        name = "Practice room"

    plain: Any = Plain()
    office.host.clients["meetingbaas"] = plain
    with pytest.raises(ProviderError, match="Practice room has no calendars"):
        await office.desk.accounts.connections()
    office.host.clients.clear()


def test_every_vendor_has_its_values_in_the_key_store() -> None:
    from speakdesk.app.offers import key_offers
    from speakdesk.store.secrets import KEY_NAMES

    known = {key.name: key for key in KEY_NAMES}
    for guide in GUIDES:
        for field in guide.fields:
            assert known[field.key_name].is_secret == field.is_secret
    listed = {offer.name for offer in key_offers()}
    assert not any("_CALENDAR_" in name for name in listed)
