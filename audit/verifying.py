"""Verifying a zone's log: every row against its stamp and its seal, every seal against the one before it and its key.

One pass over the seals and one over the rows, in the order of ids and without keeping them: memory is one byte a row,
and the digests lie in a temporary file. It takes no lock. Rows are read after the seals, so that whatever is written or
sealed meanwhile looks like rows that no seal covers yet.
"""

import hashlib
import mmap
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import merge
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from audit import archiving, heads, intervals, origins
from audit.lines import id_of, is_genuine, lines, txid_of
from audit.models import AuditArchive, AuditSeal
from audit.sealing import DIGEST_BYTES, hash_of
from zones.context import current_zone_id

# In words for the console of an operator; not for people of a zone, hence not translated.
KINDS = {
    "changed": "rows are not as they were sealed",
    "missing": "rows that were sealed are gone",
    "added": "rows that no seal covers where everything was sealed",
    "twice": "rows have an id that another row has",
    "forged": "rows that the application did not write, or not with these values",
    "copied": "rows carry the stamp of another row",
    "seal": "the seal is not as it was made",
    "cut": "seals that are on record outside of the database are gone or others",
    "heads": "the file of heads was changed",
    "archive": "the archive is not as it was made",
    "origin": "who acted, or from where, was changed",
}


@dataclass(frozen=True)
class Finding:
    """What is wrong: a word of KINDS, and the ids of rows, or the numbers of seals, from `first` to `last`."""

    kind: str
    first: int
    last: int
    detail: str = ""

    def __str__(self) -> str:
        what = f"{self.first}" if self.first == self.last else f"{self.first}–{self.last}"
        return f"{self.kind} {what}: {KINDS[self.kind]}{f' ({self.detail})' if self.detail else ''}"


@dataclass
class Report:
    """What was read and what was found. `unstamped` rows are older than stamps; `archived` ones were not looked at."""

    zone: str
    rows: int = 0
    seals: int = 0
    unsealed: int = 0
    unstamped: int = 0
    archived: int = 0
    heads: int = 0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.findings


class _Ids:
    """Ids that something is wrong with, kept as intervals while they come in ascending order."""

    def __init__(self) -> None:
        self.packed: dict[str, list[int]] = {}

    def add(self, kind: str, number: int) -> None:
        packed = self.packed.setdefault(kind, [])
        if packed and number == packed[-1] + 1:
            packed[-1] = number
        elif not packed or number != packed[-1]:
            packed += [number, number]

    def findings(self) -> Iterator[Finding]:
        for kind, packed in self.packed.items():
            for first, last in intervals.pairs(packed):
                yield Finding(kind, first, last)


class _Chain:
    """The seals: their bounds, which ids they cover, and where the digest of each covered row lies."""

    def __init__(self, report: Report, digests: Any) -> None:
        self.report, self.digests = report, digests
        self.until, self.first_id, self.hash = 0, 0, bytes(DIGEST_BYTES)
        self.hashes: dict[int, str] = {}
        # (first id, last id, place of the first one's digest), sorted later.
        self.covered: list[tuple[int, int, int]] = []
        self.size = 0
        self.may_lack_stamps: list[int] = []

    def read(self) -> None:
        for expected, seal in enumerate(AuditSeal.objects.order_by("number").iterator(chunk_size=200), 1):
            number = expected if not self.hashes else max(self.hashes) + 1
            if seal.number != number:
                self._wrong(number, seal.number - 1, "missing")
            self._check(seal)
            self.until, self.first_id, self.hash = seal.until, seal.first_id, bytes(seal.hash)
            self.hashes[seal.number] = self.hash.hex()
            self.report.seals += 1
        self.covered.sort()

    def _check(self, seal: AuditSeal) -> None:
        zone, digest = self.report.zone, bytes(seal.hash)
        wrong = []
        if bytes(seal.previous) != self.hash:
            wrong.append("it does not follow the seal before it")
        if seal.since != self.until:
            wrong.append("it does not begin where the seal before it ends")
        if hash_of(seal, zone) != digest:
            wrong.append("its contents were changed")
        if not heads.is_head(zone, seal.number, digest, seal.key_id, bytes(seal.signature)):
            wrong.append(f"no known key signed it (key {seal.key_id})")
        if wrong:
            self._wrong(seal.number, seal.number, ", ".join(wrong))
        self._take(seal)

    def _take(self, seal: AuditSeal) -> None:
        ids, digests = list(seal.ids), bytes(seal.digests)
        ordered = len(ids) % 2 == 0 and ids == sorted(ids)
        if not ordered or intervals.size(ids) * DIGEST_BYTES != len(digests):
            # Only a changed seal is like this, which was reported; its rows cannot be told apart.
            return
        for first, last in intervals.pairs(ids):
            self.covered.append((first, last, self.size))
            self.size += last - first + 1
        if seal.number == 1:
            self.may_lack_stamps = ids
        self.digests.write(digests)

    def _wrong(self, first: int, last: int, detail: str) -> None:
        self.report.findings.append(Finding("seal", first, last, detail))


class _Rows:
    """The pass over the rows, in the order of their ids."""

    def __init__(self, chain: _Chain, digests: Any) -> None:
        self.chain, self.digests, self.report = chain, digests, chain.report
        self.seen = bytearray(chain.size)
        self.ids, self.place, self.before = _Ids(), 0, -1
        self.xmax = _xmax()
        self.newer: list[tuple[int, int]] = []

    def check(self, line: bytes) -> None:
        number = id_of(line)
        self.report.rows += 1
        if number == self.before:
            self.ids.add("twice", number)
        self.before = number
        where = self._digest_of(number)
        if where is None:
            self._check_uncovered(number, txid_of(line))
        else:
            self.seen[where] = 1
            begin = where * DIGEST_BYTES
            if hashlib.sha256(line).digest() != self.digests[begin : begin + DIGEST_BYTES]:
                self.ids.add("changed", number)
        genuine = is_genuine(line, self.report.zone)
        if genuine is None and intervals.contains(self.chain.may_lack_stamps, number):
            self.report.unstamped += 1
        elif not genuine:
            self.ids.add("forged", number)

    def _check_uncovered(self, number: int, txid: int) -> None:
        if number < self.chain.first_id or txid < self.chain.until:
            self.ids.add("added", number)
            return
        self.report.unsealed += 1
        if txid >= self.xmax:
            # Of a transaction that began after the pass did, or of none that ever was; told apart at the end.
            self.newer.append((number, txid))

    def _digest_of(self, number: int) -> int | None:
        covered = self.chain.covered
        while self.place < len(covered) and covered[self.place][1] < number:
            self.place += 1
        if self.place == len(covered) or number < covered[self.place][0]:
            return None
        first, _last, base = covered[self.place]
        return base + number - first

    def leave_out(self, archived: list[int]) -> None:
        """Rows that lie in archives which are not at hand."""
        for first, last, base in self.chain.covered:
            for number in range(first, last + 1):
                if intervals.contains(archived, number):
                    self.seen[base + number - first] = 1
                    self.report.archived += 1

    def close(self) -> None:
        """What can be told once every row was seen."""
        xmax = _xmax()
        for number, txid in self.newer:
            if txid >= xmax:
                self.ids.add("added", number)
        for first, last, base in self.chain.covered:
            if self.seen.find(0, base, base + last - first + 1) >= 0:
                for number in range(first, last + 1):
                    if not self.seen[base + number - first]:
                        self.ids.add("missing", number)
        self.report.findings += self.ids.findings()


def verify(*, heads_file: Path | None = None, archives: Path | None = None) -> Report:
    """Verify the current zone's log.

    `heads_file` holds heads written outside of the database (default: this machine's own, where there is one);
    `archives` is a folder with the files of archived partitions, whose rows are then verified with the others.
    Raises OSError and BrokenHeads for a file of heads that cannot be read.
    """
    report, began = Report(current_zone_id()), time.perf_counter()
    own = heads.path_of(report.zone)
    path = heads_file or (own if own.exists() else None)
    # Read first: the seal of every head is committed by now.
    outside = heads.read(path) if path else []
    with transaction.atomic(), tempfile.TemporaryFile() as file:
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                # One moment for seals and rows, where the transaction is ours to choose.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        chain = _Chain(report, file)
        chain.read()
        file.flush()
        with _mapped(file, chain.size) as digests:
            _read_rows(_Rows(chain, digests), archives)
        _find_copies(report)
        report.findings += [Finding("origin", 0, 0, key) for key in origins.forged()]
        # Those of people who were erased are gone, and rightly so; what is there must be what the log's rows name.
    _check_heads(report, chain, outside)
    report.seconds = time.perf_counter() - began
    return report


def _read_rows(rows: _Rows, archives: Path | None) -> None:
    sources: list[Iterable[bytes]] = []
    away: list[list[int]] = []
    for archive in AuditArchive.objects.order_by("partition"):
        if problem := archiving.problem_of(archive, archives):
            rows.report.findings.append(Finding("archive", archive.pk, archive.pk, f"{archive.partition}: {problem}"))
        elif archives is None:
            away.append(list(archive.ids))
        else:
            sources.append(archiving.lines_of(archives / archive.file))
    if away:
        rows.leave_out(intervals.merged(away))
    for line in merge(lines(), *sources, key=id_of) if sources else lines():
        rows.check(line)
    rows.close()


def _check_heads(report: Report, chain: _Chain, outside: list[heads.Head]) -> None:
    lost = _Ids()
    for line, head in enumerate(outside, 1):
        if head.zone != report.zone or not head.is_genuine():
            report.findings.append(Finding("heads", line, line))
            continue
        report.heads += 1
        if chain.hashes.get(head.number) != head.hash:
            lost.add("cut", head.number)
    report.findings += lost.findings()


def _find_copies(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(id), max(id) FROM audit_auditentry WHERE stamp IS NOT NULL GROUP BY stamp HAVING count(*) > 1"
        )
        for first, last in cursor.fetchall():
            report.findings.append(Finding("copied", last, last, f"of row {first}"))


def _xmax() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


@contextmanager
def _mapped(file: Any, size: int) -> Iterator[Any]:
    if not size:
        yield b""
        return
    with mmap.mmap(file.fileno(), size * DIGEST_BYTES, access=mmap.ACCESS_READ) as digests:
        yield digests
