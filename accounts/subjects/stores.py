"""What lies outside of PostgreSQL: Redis (cache, sessions, limits, messages of Celery), files, mails on disk."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from django.conf import settings

from accounts.subjects.subject import Subject, writings
from zones.redis import client

# Celery's queues: their messages are taken out one by one, never the queue.
QUEUES = (b"celery", b"runs", b"unacked")


def in_redis(subject: Subject) -> Iterator[tuple[bytes, bytes | None]]:
    """Keys that hold the person, with the element of a queue or None for the whole key. Raises redis.RedisError."""
    forms = writings(subject)
    store: Any = client()
    for key in store.scan_iter(count=1000):
        if _is_block_list(key, subject):
            continue
        if key in QUEUES:
            yield from ((key, part) for part in _parts(store, key) if _holds(_opened(part), forms))
        elif _holds(key, forms) or any(_holds(part, forms) for part in _parts(store, key)):
            yield key, None


def purge_redis(subject: Subject) -> int:
    """Delete what `in_redis` finds: all of it is a copy, or ends by itself. Raises redis.RedisError."""
    store: Any = client()
    found = list(in_redis(subject))
    for key, part in found:
        if part is None:
            store.delete(key)
        elif key == b"unacked":
            store.hdel(key, part.partition(b"\0")[0])
        else:
            store.lrem(key, 0, part)
    return len(found)


def _is_block_list(key: bytes, subject: Subject) -> bool:
    """That tokens of this id no longer count must be known until the last of them has expired."""
    return key == f"{subject.zone_id}:revoked:user:{subject.user_id}".encode()


def _parts(store: Any, key: bytes) -> list[bytes]:
    readers = {
        b"string": lambda: [store.get(key) or b""],
        b"list": lambda: store.lrange(key, 0, -1),
        b"set": lambda: list(store.smembers(key)),
        b"zset": lambda: store.zrange(key, 0, -1),
        b"hash": lambda: [name + b"\0" + value for name, value in store.hgetall(key).items()],
    }
    read = readers.get(store.type(key))
    return read() if read else []


def _opened(message: bytes) -> bytes:
    """A message of Celery with its body, which is base64 of JSON."""
    body = b""
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        body = base64.b64decode(json.loads(message.partition(b"\0")[2] or message)["body"])
    return message + b"\0" + body


def _holds(data: bytes, forms: list[bytes]) -> bool:
    return any(form in data for form in forms)


def folders(subject: Subject) -> list[Path]:
    """Where files of a person may lie on this machine: the zone's media, and the mails of a development machine."""
    return [Path(settings.MEDIA_ROOT) / subject.zone_id, Path(settings.MAIL_FOLDER)]


def in_files(subject: Subject) -> Iterator[Path]:
    """Files that hold the person in their name or their contents."""
    forms = writings(subject)
    for folder in folders(subject):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if not path.is_file():
                continue
            data = path.read_bytes()
            # Mails wrap their base64.
            if _holds(str(path).encode(), forms) or _holds(data, forms) or _holds(data.replace(b"\n", b""), forms):
                yield path


def purge_files(subject: Subject) -> int:
    """Delete them: a file of one person, or a mail to one or about one."""
    found = list(in_files(subject))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def redis_is_away(error: redis.RedisError) -> str:
    return f"Redis could not be looked at ({type(error).__name__}); run scan_person again when it is back."
