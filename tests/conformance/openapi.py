"""A published OpenAPI specification, as something to hold requests and replies against."""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SPECS = Path(__file__).parents[2] / "../shared/specs"
UUID = "123e4567-e89b-42d3-a456-426614174000"
MOMENT = "2026-01-02T03:04:05Z"


class Specification:
    """One file of `../shared/specs`."""

    def __init__(self, name: str) -> None:
        self.path = SPECS / name
        self._root = f"urn:{name}"

    @cached_property
    def content(self) -> dict[str, Any]:
        return json.loads(self.path.read_text(encoding="utf-8"))

    @cached_property
    def _registry(self) -> Registry:
        # Each schema names itself with an `$id` that is a fragment, which no resolver takes.
        plain = self._without_ids(self.content)
        return Registry().with_resource(
            self._root, Resource(contents=plain, specification=DRAFT202012)
        )

    def _without_ids(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: f"{self._root}{item}" if key == "$ref" else self._without_ids(item)
                for key, item in value.items()
                if key not in ("$id", "$schema") or not isinstance(item, str)
            }
        return [self._without_ids(item) for item in value] if isinstance(value, list) else value

    def validate(self, schema: dict[str, Any], value: Any) -> None:
        Draft202012Validator(
            self._without_ids(schema), registry=self._registry, format_checker=FormatChecker()
        ).validate(value)

    def operations(self) -> list[tuple[str, str]]:
        """Every (method, path template)."""
        methods = ("get", "post", "put", "patch", "delete")
        return [
            (method.upper(), path)
            for path, operations in self.content["paths"].items()
            for method in operations
            if method in methods
        ]

    def template_of(self, method: str, path: str) -> str:
        """The path template a request falls under; AssertionError where there is none."""
        for template in sorted(self.content["paths"], key=lambda t: t.count("{")):
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", template.rstrip("/"))
            if (
                re.fullmatch(pattern, path.rstrip("/"))
                and method.lower() in self.content["paths"][template]
            ):
                return template
        raise AssertionError(f"the specification has no {method} {path}")

    def operation_of(self, method: str, path: str) -> dict[str, Any]:
        """The operation a request is; AssertionError where the specification has none."""
        return self.content["paths"][self.template_of(method, path)][method.lower()]

    def assert_request_conforms(self, request: httpx.Request) -> None:
        """The method, path, key header, query and body are what the specification asks for."""
        operation = self.operation_of(request.method, request.url.path)
        wanted = operation.get("requestBody", {})
        schema = wanted.get("content", {}).get("application/json", {})
        if schema and (request.content or wanted.get("required")):
            assert request.headers["content-type"] == "application/json"
            self.validate(schema["schema"], json.loads(request.content))
        else:
            assert request.content == b""
        parameters = [self._resolved(p) for p in operation.get("parameters", [])]
        known = {p["name"]: p for p in parameters if p["in"] == "query"}
        for name, value in request.url.params.items():
            assert name in known, f"no query parameter {name}"
            self.validate(known[name]["schema"], self._typed(known[name]["schema"], value))
        for name, parameter in known.items():
            if parameter.get("required"):
                assert name in request.url.params, f"query parameter {name} is missing"

    def assert_reply_conforms(self, response: httpx.Response) -> None:
        """The status and the body are among those the specification lists for this operation."""
        operation = self.operation_of(response.request.method, response.request.url.path)
        replies = operation["responses"]
        assert str(response.status_code) in replies, f"{response.status_code} is not in the spec"
        content = self._resolved(replies[str(response.status_code)]).get("content")
        if not content:
            return
        assert response.headers["content-type"].startswith("application/json")
        self.validate(content["application/json"]["schema"], response.json())

    def replies_of(self, method: str, template: str) -> list[tuple[int, dict[str, Any] | None]]:
        """Each status an operation answers with, and the schema of its body."""
        found: list[tuple[int, dict[str, Any] | None]] = []
        for status, reply in self.content["paths"][template][method.lower()]["responses"].items():
            content = self._resolved(reply).get("content", {}).get("application/json", {})
            found.append((int(status), content.get("schema")))
        return found

    def example(self, schema: dict[str, Any], *, is_full: bool = False) -> Any:
        """A value the schema allows: only what is required (null where it may be), or all of it."""
        schema = self._resolved(schema)
        for name in ("anyOf", "oneOf"):
            if name in schema:
                choices = [self._resolved(choice) for choice in schema[name]]
                nulls = [c for c in choices if c.get("type") == "null"]
                others = [c for c in choices if c.get("type") != "null"]
                first = (others or nulls)[0] if is_full else (nulls or others)[0]
                return self.example(first, is_full=is_full)
        if "allOf" in schema:
            merged: dict[str, Any] = {}
            for part in schema["allOf"]:
                merged |= self.example(part, is_full=is_full) or {}
            return merged
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        kinds = schema.get("type", "object" if "properties" in schema else None)
        if isinstance(kinds, list):
            if "null" in kinds and not is_full:
                return None
            kinds = next(kind for kind in kinds if kind != "null")
        return self._example_of(kinds, schema, is_full)

    def _example_of(self, kind: str | None, schema: dict[str, Any], is_full: bool) -> Any:
        if kind == "object":
            required = schema.get("required", [])
            return {
                name: self.example(part, is_full=is_full)
                for name, part in schema.get("properties", {}).items()
                if (is_full or name in required) and part is not True
            }
        if kind == "array":
            items = schema.get("items")
            if isinstance(items, list):
                return [self.example(item, is_full=is_full) for item in items]
            return [self.example(items, is_full=is_full)] if is_full and items else []
        if kind == "string":
            return _TEXTS.get(schema.get("format", ""), "text")
        if kind == "integer":
            return max(1, schema.get("minimum", 1))
        if kind == "number":
            return min(1.5, schema.get("maximum", 1.5))
        return {"boolean": True, "null": None}.get(kind or "", {"any": "thing"})

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self.content
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def _typed(self, schema: dict[str, Any], value: str) -> Any:
        schema = self._resolved(schema)
        kinds = schema.get("type") or [part.get("type") for part in schema.get("anyOf", [])]
        if "integer" in kinds:
            return int(value)
        if "boolean" in kinds:
            return {"true": True, "false": False}[value]
        return value


_TEXTS = {
    "uuid": UUID,
    "date-time": MOMENT,
    "partial-date-time": "2026-01-02T03:04:05.678",
    "uri": "https://meet.google.com/abc-defg-hij",
}
V1 = Specification("meetingbaas-v1.openapi.json")
V2 = Specification("meetingbaas-v2.openapi.json")
