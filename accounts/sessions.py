"""Pages' sessions: in the cache, and in the database for when the cache has lost them."""

from typing import Any

from django.contrib.sessions.backends import cached_db

from zones.context import zone_wide


class SessionStore(cached_db.SessionStore):
    """Django's own, which reads and writes its table with the eyes of the zone: a session says who somebody is, and so
    is opened before that is known.
    """

    @zone_wide()
    def _get_session_from_db(self) -> Any:
        return super()._get_session_from_db()  # type: ignore[misc]  # the stubs leave out what is Django's own

    @zone_wide()
    def exists(self, session_key: str) -> bool:
        return super().exists(session_key)

    @zone_wide()
    def save(self, must_create: bool = False) -> None:
        super().save(must_create)

    @zone_wide()
    def delete(self, session_key: str | None = None) -> None:
        super().delete(session_key)

    @classmethod
    @zone_wide()
    def clear_expired(cls) -> None:
        super().clear_expired()
