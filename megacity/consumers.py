"""The one WebSocket of a zone's pages and clients, at /ws."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.backends import EmailBackend
from accounts.sessions import SessionStore
from accounts.tokens import read_access
from zones.context import zone_context
from zones.limits import Bucket
from zones.problems import Problem

UNAUTHENTICATED = 4401
TOO_MANY = 4429
# RFC 6455, section 7.4.1.
TOO_LONG = 1009
LONGEST_MESSAGE = 64 * 1024


class CityConsumer(AsyncJsonWebsocketConsumer):
    """Authenticates by the page's session cookie, or by a first message {"type": "authenticate", "token": …}.

    Afterwards {"type": "time"} is answered with the server's clock, which exams' timers follow.
    """

    async def connect(self) -> None:
        self.person: dict[str, Any] | None = None
        self.messages = Bucket(*settings.MESSAGES_RATE_LIMIT)
        await self.accept()
        if self._same_origin():
            self.person = await self._from_session()
        if self.person:
            await self._welcome()

    def _same_origin(self) -> bool:
        # A cookie is sent by any page of the web; only our own may use it.
        origin = dict(self.scope["headers"]).get(b"origin", b"").decode("latin-1")
        host = dict(self.scope["headers"]).get(b"host", b"").decode("latin-1")
        return origin.partition("://")[2] == host

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "authenticate" and self.person is None:
            self.person = await self._from_token(str(content.get("token", "")))
            if self.person is None:
                await self.send_json({"type": "error", "code": "not_authenticated"})
                await self.close(UNAUTHENTICATED)
            else:
                await self._welcome()
        elif self.person is None:
            await self.send_json({"type": "error", "code": "not_authenticated"})
            await self.close(UNAUTHENTICATED)
        elif kind == "time":
            await self.send_json({"type": "time", "server_time": timezone.now().isoformat()})
        else:
            await self.send_json({"type": "error", "code": "unknown_type"})

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
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
        await self.send_json({"type": "welcome", **(self.person or {}), "server_time": timezone.now().isoformat()})

    @database_sync_to_async
    def _from_session(self) -> dict[str, Any] | None:
        cookies = parse_cookie(dict(self.scope["headers"]).get(b"cookie", b"").decode("latin-1"))
        key = cookies.get(settings.SESSION_COOKIE_NAME)
        if not key:
            return None
        with zone_context(self.scope["zone"]):
            session = SessionStore(key)
            user = EmailBackend().get_user(session.get(SESSION_KEY))
            # A session from before a change of password is over, here as on the pages.
            if user is None or not constant_time_compare(session[HASH_SESSION_KEY], user.get_session_auth_hash()):
                return None
            return _described(self.scope["zone"].schema_name, user.pk, user.role)

    @database_sync_to_async
    def _from_token(self, raw: str) -> dict[str, Any] | None:
        with zone_context(self.scope["zone"]):
            try:
                claims = read_access(raw)
            except (Problem, UnicodeError):
                return None
            return _described(claims["zone_id"], claims["sub"], claims["role"])


def _described(zone_id: str, user_id: object, role: str) -> dict[str, Any]:
    return {"zone": zone_id, "user": str(user_id), "role": role}
