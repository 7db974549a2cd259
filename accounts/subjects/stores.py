"""What lies outside of PostgreSQL: Redis (cache, sessions, limits, messages of Celery), files, mails on disk."""

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import redis
from django.conf import settings

from accounts.subjects.subject import Subject, writings
from zones.redis import client
from zones.storage import Kept, StoreAway, StoredFile, ZoneStore, zone_store

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
    if found:
        # Its append-only file tells what was set until it is written anew; a managed Redis may not let us ask.
        with suppress(redis.ResponseError):
            store.bgrewriteaof()
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


def in_files(subject: Subject) -> Iterator[StoredFile | Path]:
    """What holds the person in its name or its contents: files of the zone, and mails of a development machine.

    Where the store keeps versions, each is looked at. A file that holds the person today goes with its history, of
    another only those versions that do. Raises OSError for a store or disk that does not answer.
    """
    forms = writings(subject)
    store = zone_store()
    for name, versions in groupby(store.every_file(), key=attrgetter("name")):
        yield from _found(store, name, list(versions), forms)
    folder = Path(settings.MAIL_FOLDER)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and (_holds(path.name.encode(), forms) or _any_holds([path.read_bytes()], forms)):
            yield path


def _found(store: ZoneStore, name: str, versions: list[StoredFile], forms: list[bytes]) -> list[StoredFile]:
    if _holds(name.encode(), forms):
        return versions
    found = []
    for version in versions:
        if version.is_readable and _any_holds(store.chunks(version), forms):
            if version.kept == Kept.CURRENT:
                return versions
            found.append(version)
    return found


def _any_holds(chunks: Iterable[bytes], forms: list[bytes]) -> bool:
    """Whether one of `forms` is in the contents, also across two chunks, and where base64 is wrapped into lines."""
    most = max(map(len, forms))
    plain = unwrapped = b""
    for chunk in chunks:
        plain = plain[-most:] + chunk
        unwrapped = unwrapped[-most:] + chunk.translate(None, b"\r\n")
        if _holds(plain, forms) or _holds(unwrapped, forms):
            return True
    return False


def purge_files(subject: Subject) -> int:
    """Delete them: a file of one person, or a mail to one or about one. Raises OSError."""
    found = list(in_files(subject))
    store = zone_store()
    for each in found:
        if isinstance(each, Path):
            each.unlink(missing_ok=True)
        else:
            store.erase(each)
    return len(found)


def files_are_away(error: OSError) -> str:
    said = str(error) if isinstance(error, StoreAway) else type(error).__name__
    return f"Files could not be looked at ({said}); run erase_person or scan_person again when they can."


def redis_is_away(error: redis.RedisError) -> str:
    return f"Redis could not be looked at ({type(error).__name__}); run scan_person again when it is back."
