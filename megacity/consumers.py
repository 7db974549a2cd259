"""The one WebSocket of a zone's pages and clients, at /ws."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.http import parse_cookie
from django.utils import timezone

from accounts.backends import EmailBackend
from accounts.tokens import read_access
from zones.context import zone_context
from zones.problems import Problem

UNAUTHENTICATED = 4401


class CityConsumer(AsyncJsonWebsocketConsumer):
    """Authenticates by the page's session cookie, or by a first message {"type": "authenticate", "token": …}.

    Afterwards {"type": "time"} is answered with the server's clock, which exams' timers follow.
    """

    async def connect(self) -> None:
        self.person: dict[str, Any] | None = None
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

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        try:
            return await super().decode_json(text_data)
        except ValueError:
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
            user = EmailBackend().get_user(SessionStore(key).get(SESSION_KEY))
            return _described(self.scope["zone"].schema_name, user.pk, user.role) if user else None

    @database_sync_to_async
    def _from_token(self, raw: str) -> dict[str, Any] | None:
        with zone_context(self.scope["zone"]):
            try:
                claims = read_access(raw)
            except Problem:
                return None
            return _described(claims["zone_id"], claims["sub"], claims["role"])


def _described(zone_id: str, user_id: object, role: str) -> dict[str, Any]:
    return {"zone": zone_id, "user": str(user_id), "role": role}
