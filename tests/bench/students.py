"""The load: students who start, answer and hand in over HTTP/1.1 with keep-alive, in a process of their own.

    python -m tests.bench.students <port> <host> <exam> <answers> <at once>   (tokens on the first line of stdin)

It does one phase for each further line of stdin ("start", "answer", "submit") and prints one line of JSON after it, so
that whoever started it can read the server's clock in between. Each student waits for his reply before he goes on, and
never thinks: this is the heaviest load that so many students can make.
"""

import asyncio
import json
import random
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Student:
    token: str
    attempt: str = ""
    item: dict[str, Any] = field(default_factory=dict)
    # (attempt, position, item, option) of every answer for which a 200 has come back.
    acknowledged: list[tuple[str, int, str, int]] = field(default_factory=list)


class Connection:
    """One keep-alive connection; what it does not need of HTTP it does not read."""

    def __init__(self, port: int, host: str) -> None:
        self.port, self.host = port, host

    async def open(self) -> "Connection":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def post(self, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        sent = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        self.writer.write(head.encode() + sent)
        status, *headers = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        names = dict(line.lower().split(": ", 1) for line in headers if line)
        reply = json.loads(await self._body(names))
        if status.split()[1] not in ("200", "201"):
            raise RuntimeError(f"{path}: {status} {reply}")
        return reply

    async def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return await self.reader.readexactly(int(headers["content-length"]))
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)
        return body


class Load:
    def __init__(self, port: int, host: str, exam: str, answers: int, tokens: list[str]) -> None:
        self.port, self.host, self.exam, self.answers = port, host, exam, answers
        self.students = [Student(token) for token in tokens]
        self.random = random.Random(1)
        self.latencies: list[float] = []

    async def start(self, connection: Connection, student: Student) -> None:
        body = {"client_key": str(uuid.uuid4())}
        reply = await connection.post(student.token, f"/api/v1/exams/{self.exam}/start", body)
        student.attempt, student.item = reply["id"], reply["item"]

    async def answer(self, connection: Connection, student: Student) -> None:
        for _ in range(self.answers):
            given = student.item
            option = self.random.choice(given["options"])["id"]
            body = {"client_key": str(uuid.uuid4()), "position": given["position"], "item": given["id"]}
            body |= {"option": option, "elapsed_ms": 1000}
            began = time.perf_counter()
            reply = await connection.post(student.token, f"/api/v1/attempts/{student.attempt}/answer", body)
            self.latencies.append(time.perf_counter() - began)
            if reply["receipt"]["position"] != given["position"]:
                raise RuntimeError(f"acknowledged another answer: {reply['receipt']}")
            student.acknowledged.append((student.attempt, given["position"], given["id"], option))
            student.item = reply["item"]

    async def submit(self, connection: Connection, student: Student) -> None:
        body = {"client_key": str(uuid.uuid4())}
        reply = await connection.post(student.token, f"/api/v1/attempts/{student.attempt}/submit", body)
        if reply["status"] != "finished":
            raise RuntimeError(f"not handed in: {reply}")

    async def phase(self, name: str, connections: list[Connection]) -> dict[str, Any]:
        """All students do `name`, as many at a time as there are connections."""
        waiting = iter(self.students)
        self.latencies = []

        async def serve(connection: Connection) -> None:
            for student in waiting:
                await getattr(self, name)(connection, student)

        began = time.perf_counter()
        await asyncio.gather(*map(serve, connections))
        report: dict[str, Any] = {"seconds": time.perf_counter() - began, "latencies": self.latencies}
        if name == "submit":
            report["acknowledged"] = [row for student in self.students for row in student.acknowledged]
        return report


async def main(port: str, host: str, exam: str, answers: str, at_once: str) -> None:
    load = Load(int(port), host, exam, int(answers), json.loads(sys.stdin.readline()))
    connections = [await Connection(int(port), host).open() for _ in range(int(at_once))]
    for line in sys.stdin:
        print(json.dumps(await load.phase(line.strip(), connections)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
