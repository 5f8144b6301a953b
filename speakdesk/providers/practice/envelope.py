"""The v2 envelopes as the practice server sends them (contracts/meetingbaas.md §2.1)."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse


class V2Refusal(Exception):
    """A request that is answered with v2's error envelope."""

    def __init__(self, http_status: int, error: str, code: str, message: str) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.error = error
        self.code = code
        self.message = message

    def response(self) -> JSONResponse:
        """The answer. A 400 has no `details`: the spec's ValidationErrorResponse forbids it."""
        body: dict[str, Any] = {
            "success": False,
            "error": self.error,
            "message": self.message,
            "code": self.code,
            "statusCode": self.http_status,
        }
        if self.http_status != 400:
            body["details"] = None
        return JSONResponse(body, self.http_status)


def ok(data: Any, http_status: int = 200, **beside: Any) -> JSONResponse:
    """A success; `beside` stands next to `data`, as the cursors of a list do."""
    return JSONResponse({"success": True, "data": data, **beside}, http_status)


def invalid(message: str) -> V2Refusal:
    """400: something in the request is not valid."""
    return V2Refusal(400, "Bad Request", "FST_ERR_VALIDATION", message)


def forbidden() -> V2Refusal:
    """403: the key is wrong."""
    return V2Refusal(403, "Forbidden", "FST_ERR_FORBIDDEN", "Forbidden")


def unauthorized() -> V2Refusal:
    """401: there is no key."""
    return V2Refusal(401, "Unauthorized", "FST_ERR_FORBIDDEN", "Missing x-meeting-baas-api-key")


def no_such_bot(bot_id: str) -> V2Refusal:
    """404: nobody sent this bot."""
    return V2Refusal(
        404, "Not Found", "FST_ERR_BOT_NOT_FOUND_BY_ID", f"Bot with ID '{bot_id}' not found"
    )


def no_such_route(method: str, path: str) -> V2Refusal:
    """404: there is no such operation."""
    return V2Refusal(404, "Not Found", "FST_ERR_NOT_FOUND", f"Route {method}:{path} not found")


def wrong_state(status: str) -> V2Refusal:
    """409: not in this state of the bot."""
    return V2Refusal(
        409,
        "Conflict",
        "FST_ERR_BOT_STATUS",
        f"Bot status does not allow this operation (current status: {status})",
    )


def already_there() -> V2Refusal:
    """409: one bot is enough, said `allow_multiple_bots: false`."""
    return V2Refusal(
        409,
        "Conflict",
        "FST_ERR_BOT_ALREADY_EXISTS",
        "A bot was already sent to this meeting in the last 5 minutes",
    )


def chat_is_off() -> V2Refusal:
    """422: the host switched the chat off."""
    return V2Refusal(
        422,
        "Unprocessable Entity",
        "FST_ERR_CHAT_DISABLED",
        "Chat is disabled in this meeting",
    )


def broke_down() -> V2Refusal:
    """500: our own bug."""
    return V2Refusal(
        500, "Internal Server Error", "FST_ERR_INTERNAL", "The practice room broke down."
    )
