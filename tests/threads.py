"""Calls that run at the same time, each on a database connection of its own. Use with the `committed` fixture."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from zones.context import zone_context
from zones.models import Zone


def together(zone: Zone, *calls: Callable[[], Any]) -> list[Any]:
    """Run all calls at once in `zone`; each one's result, or the exception that it raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            with zone_context(zone):
                connection.ensure_connection()
                barrier.wait(timeout=30)
                return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
