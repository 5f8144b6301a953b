"""The published MeetingBaas v2 specification, as something to hold requests and replies against."""

from __future__ import annotations

from tests.conformance.openapi import V2

assert_request_conforms = V2.assert_request_conforms
assert_reply_conforms = V2.assert_reply_conforms
operation_of = V2.operation_of
