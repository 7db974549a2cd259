"""The one WebSocket of a zone's pages and clients, at /ws."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import page_sessions
from accounts.api.permissions import OPEN, SIGNED_IN, allowed
from accounts.backends import EmailBackend
from accounts.people import Person, TokenBearer
from accounts.sessions import SessionStore
from accounts.tokens import read_access
from audit.context import Actor, acting
from audit.middleware import address_of
from audit.refusals import record_refusal
from zones.context import zone_context
from zones.limits import Bucket
from zones.problems import Problem

UNAUTHENTICATED = 4401
TOO_MANY = 4429
# As HTTP's 413. Not 1009: the server (autobahn) lets applications close with 1000 and 3000 to 4999 alone.
TOO_LONG = 4413
LONGEST_MESSAGE = 64 * 1024
# How old the knowledge may be that a connection's token or session has not been ended since.
SURE_SECONDS = 10.0

Message = dict[str, Any]


@dataclass(frozen=True)
class Command:
    """What a message of one type does, and the permission that it needs: as a view of the API names its own."""

    permission: str | tuple[str, ...]
    run: Callable[["CityConsumer", Message], Awaitable[None]]


async def _authenticate(consumer: "CityConsumer", message: Message) -> None:
    await consumer.authenticate(str(message.get("token", "")))


async def _time(consumer: "CityConsumer", message: Message) -> None:
    await consumer.send_json({"type": "time", "server_time": timezone.now().isoformat()})


# The one table of what may be sent; tests/security holds every line of it to the permission table.
COMMANDS: dict[str, Command] = {
    "authenticate": Command(OPEN, _authenticate),
    "time": Command(SIGNED_IN, _time),
}


class CityConsumer(AsyncJsonWebsocketConsumer):
    """Authenticates by the page's session cookie, or by a first message {"type": "authenticate", "token": …}.

    Afterwards {"type": …} runs the line of COMMANDS: {"type": "time"} is answered with the server's clock, which exams'
    timers follow. A token or session that ends closes the connection at its next message.
    """

    async def connect(self) -> None:
        self.messages = Bucket(*settings.MESSAGES_RATE_LIMIT)
        self.over = False
        self.person: Person | None = None
        self.who: Callable[[], Person | None] = lambda: None
        self.sure_until = 0.0
        self.lacks_factor = False
        await self.accept()
        if self._same_origin():
            await self._enter(partial(self._from_session))
        if self.person:
            await self._welcome()

    def _same_origin(self) -> bool:
        # A cookie is sent by any page of the web; only our own may use it.
        origin = dict(self.scope["headers"]).get(b"origin", b"").decode("latin-1")
        host = dict(self.scope["headers"]).get(b"host", b"").decode("latin-1")
        return origin.partition("://")[2] == host

    async def authenticate(self, token: str) -> None:
        if self.person is not None:
            await self.send_json({"type": "error", "code": "unknown_type"})
            return
        await self._enter(partial(self._from_token, token))
        if self.person is None:
            await self._close_unknown()
        else:
            await self._welcome()

    async def _enter(self, who: Callable[[], Person | None]) -> None:
        self.who = who
        self.person = await self._in_zone(who)
        self.sure_until = time.monotonic() + SURE_SECONDS

    async def _is_known(self) -> bool:
        if self.person is not None and time.monotonic() > self.sure_until:
            await self._enter(self.who)
        return self.person is not None

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        message = content if isinstance(content, dict) else {}
        kind = message.get("type")
        command = COMMANDS.get(kind) if isinstance(kind, str) else None
        if (command is None or command.permission != OPEN) and not await self._is_known():
            await self._close_unknown()
        elif command is None:
            await self.send_json({"type": "error", "code": "unknown_type"})
        elif command.permission != OPEN and not allowed(self.person, command.permission):
            await self._in_zone(partial(self._note, "permission_denied", 403))
            await self.send_json({"type": "error", "code": "permission_denied"})
        else:
            await command.run(self, message)

    async def _close_unknown(self) -> None:
        code, status = ("mfa_enrolment_required", 403) if self.lacks_factor else ("not_authenticated", 401)
        await self._in_zone(partial(self._note, code, status))
        await self.send_json({"type": "error", "code": code})
        await self.close(UNAUTHENTICATED)

    def _note(self, code: str, status: int) -> None:
        record_refusal(code=code, status=status, method="WEBSOCKET", path=self.scope["path"], resource_type="socket")

    @database_sync_to_async
    def _in_zone(self, call: Callable[[], Any]) -> Any:
        """Run a synchronous call in the zone, on behalf of whoever is connected. Each one enters the zone anew."""
        with zone_context(self.scope["zone"]), acting(self._actor()):
            return call()

    def _actor(self) -> Actor:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]}
        client = self.scope.get("client") or ("", 0)
        address = address_of(client[0], headers.get("x-forwarded-for", ""))
        unknown = Actor(ip=address, user_agent=headers.get("user-agent", ""))
        if self.person is None or self.person.pk is None:
            return unknown
        return replace(
            unknown,
            user_id=self.person.pk,
            label=str(getattr(self.person, "email", "")),
            organization_id=self.person.organization_id,
        )

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        self.over = True
        await super().close(code, reason)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        # What was sent before our close arrived still waits in line: each would be refused, and noted, once more.
        if self.over:
            return None
        if len(text_data or bytes_data or "") > LONGEST_MESSAGE:
            return await self.close(TOO_LONG)
        if settings.RATE_LIMITS_ENABLED and not self.messages.allows():
            await self.send_json({"type": "error", "code": "throttled"})
            return await self.close(TOO_MANY)
        # A binary frame is no message of ours; it is answered like one that is no JSON.
        await super().receive(text_data=text_data or "null", **kwargs)

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        try:
            return await super().decode_json(text_data)
        except (ValueError, RecursionError):
            return None

    async def _welcome(self) -> None:
        if self.person is not None:
            who = {"zone": self.scope["zone"].schema_name, "user": str(self.person.pk), "role": self.person.role}
            await self.send_json({"type": "welcome", **who, "server_time": timezone.now().isoformat()})

    def _from_session(self) -> Person | None:
        cookies = parse_cookie(dict(self.scope["headers"]).get(b"cookie", b"").decode("latin-1"))
        key = cookies.get(settings.SESSION_COOKIE_NAME)
        if not key:
            return None
        session = SessionStore(key)
        user = EmailBackend().get_user(session.get(SESSION_KEY))
        # A session from before a change of password is over, here as on the pages.
        if user is None or not constant_time_compare(session[HASH_SESSION_KEY], user.get_session_auth_hash()):
            return None
        if page_sessions.lacks_factor(session, user):
            self.lacks_factor = True
            return None
        return user if page_sessions.is_open(session) else None

    def _from_token(self, raw: str) -> Person | None:
        try:
            return TokenBearer(read_access(raw))
        except Problem as problem:
            self.lacks_factor = problem.code == "mfa_enrolment_required"
            return None
