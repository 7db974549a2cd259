"""What somebody who owns the database might do to the log: each kind of tampering, drawn at random, and what must be
found. Everything happens within the caller's transaction, with the triggers switched off."""

import random
from collections.abc import Callable
from typing import Any

from django.db import connection

from audit import partitions
from audit.verifying import Report
from tests.audit.logs import TABLE, run

TEXTS = ("user_label", "resource_type", "resource_id", "user_agent", "zone_id", "action")
COLUMNS = "at, zone_id, organization_id, user_id, user_label, action, resource_type, resource_id, ip, user_agent"
COLUMNS += ", details, txid, stamp"
# What was done, and the ids (or numbers of seals) that must be named.
Done = tuple[str, set[int]]


class Hand:
    """Changes a log whose sealed rows have the ids `ids`; `seals` is how many seals there are."""

    def __init__(self, rng: random.Random, ids: list[int], seals: int) -> None:
        self.rng, self.ids, self.seals = rng, ids, seals

    def one(self) -> int:
        return self.rng.choice(self.ids)

    def two(self) -> tuple[int, int]:
        first, second = self.rng.sample(self.ids, 2)
        return first, second

    def change(self, what: str, row: int, *values: Any) -> bool:
        return run(f"UPDATE {TABLE} SET {what} WHERE id = %s", *values, row) == 1


def edit_text(hand: Hand) -> Done:
    """One character of a text."""
    row, column = hand.one(), hand.rng.choice(TEXTS)
    place, letter = hand.rng.randint(1, 4), hand.rng.choice("zㄱ\t\\'")
    size = {"zone_id": 31, "action": 20, "resource_type": 60, "resource_id": 64}.get(column, 200)
    hand.change(f"{column} = left(overlay(rpad({column}, 4, '.') placing %s from {place} for 1), {size})", row, letter)
    return f"{column}, one character", {row}


def edit_details(hand: Hand) -> Done:
    row = hand.one()
    path, value = hand.rng.choice(
        [("{n}", "-1"), ("{word}", '"x"'), ("{list,1}", "1"), ("{z,b}", "null"), ("{new}", "0")]
    )
    hand.change("details = jsonb_set(details, %s, %s)", row, path, value)
    return f"details {path}", {row}


def edit_value(hand: Hand) -> Done:
    """Another value of a column that is no text, also by the least that it can hold."""
    row = hand.one()
    what = hand.rng.choice(
        [
            "at = at + interval '1 microsecond'",
            "at = at - interval '40 days'",
            "organization_id = gen_random_uuid()",
            "user_id = gen_random_uuid()",
            "txid = txid + 1",
            "ip = '203.0.113.10'",
            "ip = '203.0.113.9/24'",
            "details = '{}'",
            "stamp = set_byte(stamp, 27, 255 - get_byte(stamp, 27))",
            "stamp = NULL",
            "at = 'infinity'",
        ]
    )
    hand.change(what, row)
    return what, {row}


def empty_or_null(hand: Hand) -> Done:
    """Null for a value, and the empty text for one."""
    row = hand.one()
    what = hand.rng.choice(["ip = NULL", "user_label = ''", "user_agent = ''", "resource_id = ''", "details = 'null'"])
    column = what.split(" ", 1)[0]
    if run(f"UPDATE {TABLE} SET {what} WHERE id = %s AND {column} IS DISTINCT FROM {what.split('= ')[1]}", row) == 0:
        hand.change("user_id = gen_random_uuid()", row)
    return what, {row}


def delete_rows(hand: Hand) -> Done:
    first = hand.rng.randrange(len(hand.ids))
    gone = hand.ids[first : first + hand.rng.choice([1, 1, 1, 2, 5])]
    run(f"DELETE FROM {TABLE} WHERE id = ANY(%s)", gone)
    return f"{len(gone)} rows deleted", set(gone)


def swap_contents(hand: Hand) -> Done:
    """Two rows take each other's values, whole, stamp and all."""
    first, second = hand.two()
    run(
        f"UPDATE {TABLE} a SET ({COLUMNS}) = (SELECT {COLUMNS} FROM {TABLE} b WHERE b.id = %s + %s - a.id)"
        " WHERE a.id IN (%s, %s)",
        first, second, first, second,
    )  # fmt: skip
    return "contents swapped", {first, second}


def swap_ids(hand: Hand) -> Done:
    first, second = hand.two()
    run(f"UPDATE {TABLE} SET id = %s + %s - id WHERE id IN (%s, %s)", first, second, first, second)
    return "ids swapped", {first, second}


def insert_copy(hand: Hand) -> Done:
    """A row that was really written, once more: under a new id, or beside another row under that one's id."""
    row, other = hand.two()
    new = hand.rng.choice([max(hand.ids) + 50, -7, other])
    run(f"INSERT INTO {TABLE} (id, {COLUMNS}) SELECT %s, {COLUMNS} FROM {TABLE} WHERE id = %s", new, row)
    return f"copied to {new}", {new}


def insert_backdated(hand: Hand) -> Done:
    """A new row with the numbers and times of old ones, or as if it were the newest."""
    like, new = hand.one(), hand.rng.choice([max(hand.ids) + 60, 0])
    txid = hand.rng.choice(["txid", "pg_current_xact_id()::text::bigint", "9000000000000000000"])
    stamp = hand.rng.choice(["NULL", "stamp", "sha224(stamp)"])
    columns = COLUMNS.replace("txid, stamp", "").replace("user_label", "'mallory'")
    chosen = f"SELECT %s, {columns} {txid}, {stamp} FROM {TABLE} WHERE id = %s"
    run(f"INSERT INTO {TABLE} (id, {COLUMNS}) {chosen}", new, like)
    return f"inserted as {new}, {txid}, {stamp}", {new}


def move_to_another_partition(hand: Hand) -> Done:
    row = hand.one()
    hand.change("at = '2019-01-01'", row)
    return "moved to another month", {row}


def cut_rows(hand: Hand) -> Done:
    """The newest rows."""
    number = hand.rng.randint(1, len(hand.ids) - 1)
    run(f"DELETE FROM {TABLE} WHERE id >= %s", hand.ids[-number])
    return f"{number} newest rows cut", set(hand.ids[-number:])


def cut_seals(hand: Hand) -> Done:
    """The newest seals, with the rows that they cover or without."""
    first = hand.rng.randint(1, hand.seals)
    both = hand.rng.random() < 0.5
    if both:
        run(f"DELETE FROM {TABLE} WHERE txid >= (SELECT since FROM audit_auditseal WHERE number = %s)", first)
    run("DELETE FROM audit_auditseal WHERE number >= %s", first)
    return f"seals from {first} cut{', and their rows' if both else ''}", set(range(first, hand.seals + 1))


def delete_seal(hand: Hand) -> Done:
    number = hand.rng.randint(1, hand.seals)
    run("DELETE FROM audit_auditseal WHERE number = %s", number)
    return "seal deleted", {number}


def edit_seal(hand: Hand) -> Done:
    number = hand.rng.randint(1, hand.seals)
    what = hand.rng.choice(
        [
            "rows = rows - 1",
            "until = until + 1",
            "since = since - 1",
            "first_id = first_id + 1",
            "unstamped = unstamped + 1",
            "ids = ids || ARRAY[9999, 9999]::bigint[]",
            "digests = set_byte(digests, 3, 255 - get_byte(digests, 3))",
            "digests = ''",
            "previous = hash",
            "hash = previous",
            "key_id = 'abcdef01'",
            "signature = set_byte(signature, 9, 255 - get_byte(signature, 9))",
            "made_at = made_at - interval '1 second'",
            "number = number + 1000",
        ]
    )
    run(f"UPDATE audit_auditseal SET {what} WHERE number = %s", number)
    return f"seal: {what}", {number}


def empty_partition(hand: Hand) -> Done:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {partitions.listed()[0].name}")
    return "a month emptied", set(hand.ids)


def empty_log(hand: Hand) -> Done:
    seals = hand.rng.random() < 0.5
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}{', audit_auditseal' if seals else ''}")
    return f"the log emptied{', with its seals' if seals else ''}", set() if seals else set(hand.ids)


def recompute(hand: Hand) -> Done:
    """A row and everything that can be computed about it without the keys: its digest and the seal's hash."""
    row = hand.one()
    hand.change("user_label = 'mallory'", row)
    run(
        "UPDATE audit_auditseal SET digests = sha256(digests) || substr(digests, 33), hash = sha256(digests)"
        " WHERE number = 1"
    )
    return "recomputed without the keys", {row}


def edit_origin(hand: Hand) -> Done:
    """Another name or address for whoever acted."""
    what = hand.rng.choice(["label = label || 'x'", "ip = '203.0.113.77'", "user_agent = 'none'", "salt = 'x'"])
    run(f"UPDATE audit_auditorigin SET {what} WHERE key = (SELECT min(key) FROM audit_auditorigin)")
    return f"origin: {what}", {0}


KINDS: list[Callable[[Hand], Done]] = [
    edit_text, edit_text, edit_details, edit_value, edit_value, empty_or_null, delete_rows, delete_rows, swap_contents,
    swap_ids, insert_copy, insert_backdated, insert_backdated, move_to_another_partition, cut_rows, cut_seals,
    delete_seal, edit_seal, edit_origin, empty_partition, empty_log, recompute,
]  # fmt: skip


def named(report: Report) -> set[int]:
    """Every id and number that the report names."""
    return {number for finding in report.findings for number in range(finding.first, finding.last + 1)}
