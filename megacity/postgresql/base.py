"""Django's PostgreSQL back end with Prometheus' counts, and a check of idle connections that costs no round trip."""

import select

from django_prometheus.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the connection still leads to a server.

        Django asks at the start of every request. A server that has gone has closed its end, which the socket shows at
        once; only when there is something to read is the server asked.
        """
        if self.connection is None or self.connection.closed:
            return False
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN | select.POLLPRI)
        return True if not socket.poll(0) else super().is_usable()
