"""A service that answers every operation of a specification with examples of its own schemas."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from tests.conformance.openapi import Specification


@dataclass
class ExampleService:
    """`status` None answers with the operation's first success; `is_full` fills every field.

    `only` names the template that `status` is for; all others succeed. Requests are held against
    the specification as they come.
    """

    spec: Specification
    only: str = ""
    method: str = ""
    status: int | None = None
    is_full: bool = False
    requests: list[httpx.Request] = field(default_factory=list)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.spec.assert_request_conforms(request)
        template = self.spec.template_of(request.method, request.url.path)
        replies = dict(self.spec.replies_of(request.method, template))
        status = min(replies)
        if self.status is not None and (request.method, template) == (self.method, self.only):
            status = self.status
        schema = replies[status]
        if schema is None:
            return httpx.Response(status)
        return httpx.Response(status, json=self.spec.example(schema, is_full=self.is_full))
