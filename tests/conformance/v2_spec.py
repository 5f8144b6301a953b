"""The published MeetingBaas v2 specification, as something to hold requests and replies against."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SPEC = Path(__file__).parents[2] / "../shared/specs/meetingbaas-v2.openapi.json"
_ROOT = "urn:meetingbaas-v2"


@cache
def specification() -> dict[str, Any]:
    return json.loads(SPEC.read_text(encoding="utf-8"))


@cache
def _registry() -> Registry:
    # Each schema names itself with an `$id` that is a fragment, which no resolver takes.
    plain = _without_ids(specification())
    return Registry().with_resource(_ROOT, Resource(contents=plain, specification=DRAFT202012))


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: f"{_ROOT}{item}" if key == "$ref" else _without_ids(item)
            for key, item in value.items()
            if key not in ("$id", "$schema") or not isinstance(item, str)
        }
    return [_without_ids(item) for item in value] if isinstance(value, list) else value


def _validate(schema: dict[str, Any], value: Any) -> None:
    Draft202012Validator(
        _without_ids(schema), registry=_registry(), format_checker=FormatChecker()
    ).validate(value)


def operation_of(method: str, path: str) -> dict[str, Any]:
    """The operation a request is; AssertionError where the specification has none."""
    for template, operations in specification()["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, path.rstrip("/")) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"the specification has no {method} {path}")


def assert_request_conforms(request: httpx.Request) -> None:
    """The method, path, key header, query and body are what the specification asks for."""
    operation = operation_of(request.method, request.url.path)
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if schema:
        assert request.headers["content-type"] == "application/json"
        _validate(schema["schema"], json.loads(request.content))
    else:
        assert request.content == b""
    known = {p["name"]: p["schema"] for p in operation.get("parameters", []) if p["in"] == "query"}
    for name, value in request.url.params.items():
        assert name in known, f"no query parameter {name}"
        is_whole = known[name].get("type") == "integer"
        _validate(known[name], int(value) if is_whole else value)


def assert_reply_conforms(response: httpx.Response) -> None:
    """The status and the body are among those the specification lists for this operation."""
    operation = operation_of(response.request.method, response.request.url.path)
    replies = operation["responses"]
    assert str(response.status_code) in replies, f"{response.status_code} is not in the spec"
    schema = replies[str(response.status_code)]["content"]["application/json"]["schema"]
    assert response.headers["content-type"].startswith("application/json")
    _validate(schema, response.json())
