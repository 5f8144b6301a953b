"""The MeetingBaas stand-in's calendars: v2 connections, events, series, bots on them."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from aiohttp import web

from speakdesk.domain.clock import to_iso
from tests.standins.base import Seen

Answer = Callable[[web.Request, Seen], Awaitable[web.StreamResponse]]
GOOD_TOKEN = "good-refresh-token"


@dataclass
class CalendarShelf:
    """Every refresh token but `GOOD_TOKEN` is refused, as the vendor of the calendar would.

    `bots` holds the bodies of the bots that were sent, by event id.
    """

    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    bots: dict[str, dict[str, Any]] = field(default_factory=dict)
    raw_ids: dict[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ("Work",)
    lock_s: float = 240.0

    def routes(self) -> list[tuple[str, str, Answer]]:
        one = "/v2/calendars/{id}"
        return [
            ("POST", "/v2/calendars/list-raw", self._choices),
            ("POST", "/v2/calendars", self._connect),
            ("GET", "/v2/calendars", self._list),
            ("GET", one, self._get),
            ("PATCH", one, self._renew),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/sync", self._sync),
            ("GET", f"{one}/events", self._events),
            ("GET", f"{one}/events/{{event}}", self._event),
            ("GET", f"{one}/series", self._series),
            ("POST", f"{one}/bots", self._send),
            ("PATCH", f"{one}/bots", self._change),
            ("DELETE", f"{one}/bots", self._take_back),
            ("GET", "/calendars", self._v1_list),
            ("GET", "/calendar_events", self._v1_events),
            ("POST", "/calendar_events/{event}/bot", self._v1_bot),
            ("DELETE", "/calendar_events/{event}/bot", self._v1_bot),
        ]

    def revoke(self, calendar_id: str) -> None:
        """The person took the permission back; the events can be read no more."""
        self.connections[calendar_id]["status"] = "revoked"

    def add_event(
        self,
        calendar_id: str,
        title: str,
        url: str | None,
        series_id: str = "",
        start: datetime | None = None,
    ) -> dict[str, Any]:
        """A meeting, in an hour unless said; in a series where one is named."""
        start = start or datetime.now(UTC) + timedelta(hours=1 + len(self.events[calendar_id]))
        event = {
            "title": title,
            "event_id": str(uuid.uuid4()),
            "series_id": series_id or str(uuid.uuid4()),
            "event_type": "recurring" if series_id else "one_off",
            "start_time": to_iso(start),
            "end_time": to_iso(start + timedelta(minutes=30)),
            "meeting_url": url,
        }
        self.events[calendar_id].append(event)
        return event

    async def _choices(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        if seen.body["oauth_refresh_token"] != GOOD_TOKEN:
            return _refused()
        return _ok(
            [
                {
                    "id": "primary" if place == 0 else name,
                    "name": name,
                    "email": "me@example.com",
                    "is_primary": place == 0,
                }
                for place, name in enumerate(self.names)
            ]
        )

    async def _connect(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        if seen.body["oauth_refresh_token"] != GOOD_TOKEN:
            return _refused()
        now = to_iso(datetime.now(UTC))
        if seen.body["raw_calendar_id"] in self.raw_ids.values():
            return _error(409, "FST_ERR_CALENDAR_EXISTS", "Calendar already connected")
        calendar_id = str(uuid.uuid4())
        self.raw_ids[calendar_id] = seen.body["raw_calendar_id"]
        self.connections[calendar_id] = {
            "calendar_id": calendar_id,
            "calendar_platform": seen.body["calendar_platform"],
            "account_email": "me@example.com",
            "status": "active",
            "created_at": now,
        }
        self.events[calendar_id] = []
        return _ok(self.connections[calendar_id], 201)

    async def _list(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        found = [{**entry, "synced_at": None} for entry in self.connections.values()]
        return _ok(found, cursor=None, prev_cursor=None)

    async def _get(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        entry = self._known(request)
        empty = (
            "status_message", "subscription_id", "subscription_expires_at", "synced_at",
            "sync_status", "sync_error", "provider_metadata",
        )  # fmt: skip
        nothing = dict.fromkeys(empty)
        return _ok({**entry, **nothing, "updated_at": entry["created_at"]})

    async def _renew(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        if seen.body["oauth_refresh_token"] != GOOD_TOKEN:
            return _refused()
        self._known(request)["status"] = "active"
        return await self._get(request, seen)

    async def _delete(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        calendar_id = self._known(request)["calendar_id"]
        del self.connections[calendar_id]
        self.raw_ids.pop(calendar_id, None)
        return _ok({"message": "Calendar connection deleted."})

    async def _sync(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        self._known(request)
        return _ok({"message": "Sync started."})

    async def _events(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        connection = self._known(request)
        calendar_id = connection["calendar_id"]
        if connection["status"] == "revoked":
            return _error(403, "FST_ERR_CALENDAR_REVOKED", "The permission was withdrawn")
        since, until = seen.query.get("start_date", ""), seen.query.get("end_date", "~")
        found = [
            {
                "series_id": event["series_id"],
                "event_type": event["event_type"],
                **self._instance(calendar_id, event),
            }
            for event in self.events[calendar_id]
            if since <= event["start_time"] and event["end_time"] <= until
        ]
        return _ok(found, cursor=None, prev_cursor=None)

    async def _event(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        connection = self._known(request)
        calendar_id = connection["calendar_id"]
        wanted = request.match_info["event"]
        for event in self.events[calendar_id]:
            if event["event_id"] == wanted:
                instance = self._instance(calendar_id, event)
                del instance["is_exception"]
                details = {
                    "series_id": event["series_id"],
                    "event_type": event["event_type"],
                    "description": None,
                    "location": None,
                    "timezone": "UTC",
                    "is_all_day": False,
                    "organizer_email": "me@example.com",
                    "organizer_name": None,
                    "attendees": None,
                    "calendar_platform": connection["calendar_platform"],
                    "raw_payload": {"summary": event["title"]},
                    "updated_at": instance["created_at"],
                }
                return _ok({**instance, **details})
        raise web.HTTPNotFound

    async def _series(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        calendar_id = self._known(request)["calendar_id"]
        groups: dict[str, list[dict[str, Any]]] = {}
        for event in self.events[calendar_id]:
            groups.setdefault(event["series_id"], []).append(event)
        found = [
            {
                "series_id": series_id,
                "event_type": events[0]["event_type"],
                "calendar_id": calendar_id,
                "created_at": self.connections[calendar_id]["created_at"],
                "events": [self._instance(calendar_id, event) for event in events],
            }
            for series_id, events in groups.items()
        ]
        return _ok(found, cursor=None, prev_cursor=None)

    async def _send(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        data, errors = [], []
        for event in self._meant(request, seen):
            if event["meeting_url"] is None:
                item = {"event_id": event["event_id"], "code": "NO_MEETING_URL"}
                errors.append({**item, "message": "Event has no meeting URL", "details": None})
                continue
            self.bots[event["event_id"]] = seen.body
            data.append({"event_id": event["event_id"]})
        return _ok(data, 201 if request.method == "POST" else 200, errors=errors)

    async def _change(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        soon = to_iso(datetime.now(UTC) + timedelta(seconds=self.lock_s))
        meant = self._meant(request, seen)
        if any(event["start_time"] < soon for event in meant):
            return _error(409, "FST_ERR_BOT_STATUS", "The join time is too close")
        for event in meant:
            self.bots[event["event_id"]] |= seen.body
        return _ok([{"event_id": event["event_id"]} for event in meant], errors=[])

    async def _take_back(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        data = []
        for event in self._meant(request, seen):
            if self.bots.pop(event["event_id"], None) is not None:
                data.append({"event_id": event["event_id"]})
        return _ok(data, errors=[])

    async def _v1_list(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        found = [
            {
                "uuid": calendar_id,
                "name": "Work",
                "email": entry["account_email"],
                "google_id": "primary",
            }
            for calendar_id, entry in self.connections.items()
        ]
        return web.json_response(found)

    async def _v1_events(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        found = self.events[seen.query["calendar_id"]]
        return web.json_response({"data": [self._v1_event(e) for e in found], "next": None})

    async def _v1_bot(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        event = next(
            event
            for events in self.events.values()
            for event in events
            if event["event_id"] == request.match_info["event"]
        )
        if request.method == "DELETE":
            self.bots.pop(event["event_id"], None)
        else:
            self.bots[event["event_id"]] = seen.body
        return web.json_response([self._v1_event(event)])

    def _v1_event(self, event: dict[str, Any]) -> dict[str, Any]:
        (calendar_id,) = [key for key, events in self.events.items() if event in events]
        is_recurring = event["event_type"] == "recurring"
        return {
            "uuid": event["event_id"],
            "name": event["title"],
            "meeting_url": event["meeting_url"] or "",
            "start_time": event["start_time"],
            "end_time": event["end_time"],
            "is_organizer": True,
            "is_recurring": is_recurring,
            "recurring_event_id": event["series_id"] if is_recurring else None,
            "google_id": event["event_id"],
            "calendar_uuid": calendar_id,
            "deleted": False,
            "last_updated_at": event["start_time"],
            "raw": {},
            "attendees": [],
            "bot_param": self.bots.get(event["event_id"]),
        }

    def _meant(self, request: web.Request, seen: Seen) -> list[dict[str, Any]]:
        wanted = seen.body
        return [
            event
            for event in self.events[self._known(request)["calendar_id"]]
            if event["series_id"] == wanted["series_id"]
            and (wanted["all_occurrences"] or event["event_id"] == wanted.get("event_id"))
        ]

    def _instance(self, calendar_id: str, event: dict[str, Any]) -> dict[str, Any]:
        url = event["meeting_url"]
        return {
            "event_id": event["event_id"],
            "title": event["title"],
            "start_time": event["start_time"],
            "end_time": event["end_time"],
            "status": "confirmed",
            "is_exception": False,
            "meeting_url": url,
            "meeting_platform": None if url is None else "meet",
            "calendar_id": calendar_id,
            "bot_scheduled": event["event_id"] in self.bots,
            "created_at": self.connections[calendar_id]["created_at"],
        }

    def _known(self, request: web.Request) -> dict[str, Any]:
        entry = self.connections.get(request.match_info["id"])
        if entry is None:
            raise web.HTTPNotFound(
                text='{"success":false,"error":"Not Found","code":"FST_ERR_CALENDAR_NOT_FOUND",'
                '"statusCode":404,"message":"Calendar not found","details":null}',
                content_type="application/json",
            )
        return entry


def _ok(data: Any, status: int = 200, **beside: Any) -> web.Response:
    return web.json_response({"success": True, "data": data, **beside}, status=status)


def _refused() -> web.Response:
    return _error(401, "FST_ERR_OAUTH_REFRESH_FAILED", "invalid_grant")


def _error(status: int, code: str, message: str) -> web.Response:
    body = {
        "success": False,
        "error": HTTPStatus(status).phrase,
        "code": code,
        "statusCode": status,
        "message": message,
        "details": None,
    }
    return web.json_response(body, status=status)
