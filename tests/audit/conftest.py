"""The server of the tests is shared: a seal waits for transactions that began before its rows, in whatever database."""

import os
import time

import psycopg
import pytest
from django.db import connection

from audit import sealing

# Transactions of other databases that may have begun before now; those of ours are the test's own matter.
_OLDER = """
SELECT count(*) FROM pg_stat_activity
WHERE datname <> %s AND backend_xid IS NOT NULL AND backend_xid::text::bigint < %s
"""
PATIENCE = 300


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seals are made once nothing of other test processes is in their way."""
    seal_log = sealing.seal_log

    def settled_seal_log(*args, **kwargs):
        _settle(str(connection.settings_dict["NAME"]))
        return seal_log(*args, **kwargs)

    monkeypatch.setattr(sealing, "seal_log", settled_seal_log)


def _settle(database: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as control:
        (newest,) = control.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        until = time.monotonic() + PATIENCE
        while control.execute(_OLDER, [database, newest]).fetchone() != (0,):
            assert time.monotonic() < until, "another test's transaction does not end"
            time.sleep(0.05)
