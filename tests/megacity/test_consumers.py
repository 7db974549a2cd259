"""The WebSocket: who gets in, what ends a connection, and clients that send what is no message."""

from unittest import mock

import pytest
from autobahn.websocket.protocol import WebSocketProtocol
from channels.db import database_sync_to_async

from accounts import tokens
from audit.models import Action, AuditEntry
from megacity import consumers
from tests.clients import host
from tests.sockets import converse, pour
from zones.redis import client as redis_client


@pytest.mark.parametrize("frame", [{"bytes_data": b"\x00\xff"}, "[" * 60_000, "{", '{"type": ["time"]}', '"time"'])
def test_what_is_no_message_is_refused_in_words(in_univ, frame):
    said, code = converse(frame)
    assert (said["code"], code) == ("not_authenticated", 4401)


def test_a_message_that_is_too_long_ends_the_connection(in_univ) -> None:
    assert converse("x" * (consumers.LONGEST_MESSAGE + 1)) == [consumers.TOO_LONG]


def test_a_token_opens_the_connection(in_univ, cast):
    token = tokens.issue(cast.bob).access
    welcome, clock, unknown, again = converse(
        {"type": "authenticate", "token": token},
        {"type": "time"},
        {"type": "nothing"},
        {"type": "authenticate", "token": token},
    )
    assert (welcome["type"], welcome["user"], welcome["role"]) == ("welcome", str(cast.bob.pk), "student")
    assert clock["type"] == "time"
    assert unknown["code"] == again["code"] == "unknown_type"


def test_a_page_of_ours_opens_it_by_its_session_and_no_other_page(in_univ, cast, client_for):
    cookie = f"sessionid={client_for(cast.bob).cookies['sessionid'].value}"
    ours = {"cookie": cookie, "origin": f"http://{host('univ', 'api')}"}
    assert converse(None, headers=ours)[0]["user"] == str(cast.bob.pk)
    for origin in ("https://evil.example", ""):
        said, code = converse({"type": "time"}, headers={"cookie": cookie, "origin": origin})
        assert (said["code"], code) == ("not_authenticated", 4401)


def test_a_refusal_is_noted_with_its_address(in_univ, cast):
    said = converse({"type": "authenticate", "token": "x.y.z"}, headers={"x-forwarded-for": "198.51.100.7"})
    assert said[-1] == 4401
    entry = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).get()
    assert (entry.resource_type, entry.details["code"], entry.details["path"]) == ("socket", "not_authenticated", "/ws")
    assert (entry.ip, entry.user_agent) == ("198.51.100.7", "test")


def test_a_log_out_ends_the_connection_at_its_next_message(in_univ, cast, monkeypatch):
    monkeypatch.setattr(consumers, "SURE_SECONDS", 0.0)
    token = tokens.issue(cast.bob).access

    async def nothing() -> None:
        return

    assert converse({"type": "authenticate", "token": token}, {"type": "time"}, between=nothing)[1]["type"] == "time"

    async def revoke() -> None:
        def end() -> None:
            tokens.revoke_access(tokens.read_access(token))
            redis_client().flushdb()

        await database_sync_to_async(end)()

    said = converse({"type": "authenticate", "token": token}, {"type": "time"}, between=revoke)
    assert (said[1]["code"], said[2]) == ("not_authenticated", 4401)


@pytest.mark.parametrize("code", [consumers.TOO_LONG, consumers.TOO_MANY, consumers.UNAUTHENTICATED])
def test_the_server_sends_each_code_that_closes_a_connection(code):
    """What autobahn, below daphne, refuses to send is an error of ours for every stranger's long message."""
    with mock.patch.object(WebSocketProtocol, "sendCloseFrame") as sent:
        WebSocketProtocol().sendClose(code)
    assert code in (*sent.call_args.args, *sent.call_args.kwargs.values())


def test_what_still_waits_behind_a_close_is_not_looked_at(in_univ):
    told = pour(*[{"type": "authenticate", "token": "x.y.z"}] * 30)
    assert [message["type"] for message in told] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).count() == 1


def test_who_leaves_in_the_middle_of_a_flood_is_told_nothing_more(in_univ, cast):
    enter = {"type": "authenticate", "token": tokens.issue(cast.bob).access}
    told = pour(enter, *[{"type": "time"}] * 30)
    assert len(told) == 32
    assert pour(enter, *[{"type": "time"}] * 30, leave=True) == told[:1]


@pytest.mark.parametrize("path", ["/ws/", "/ws/x", "/", "/wsx", "/ws\xff"])
def test_no_other_address_has_a_websocket(in_univ, path):
    assert pour(path=path) == [{"type": "websocket.close"}]


def test_no_header_moves_us_below_another_root(in_univ):
    """As daphne passes on Daphne-Root-Path."""
    assert pour(root_path="/x")[0]["type"] == "websocket.accept"
