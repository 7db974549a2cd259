"""The application: `uvicorn tests.bench.fastapi_baseline.app:app`."""

import json
import os
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
import redis.asyncio as redis
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from exams.cat import session as cat
from exams.cat.session import CatState
from tests.bench.fastapi_baseline.bank import Bank, bank_of, item_shown
from tests.bench.fastapi_baseline.tables import Attempt, AuditEntry, Exam, ItemPool, Response
from zones.registry import BY_ID

ZONE = "univ"
ISSUER, AUDIENCE = f"https://api.{BY_ID[ZONE].domains[0].name}", f"{ZONE}:access"
engine = create_async_engine(
    os.environ["DATABASE_OWNER_URL"].replace("postgresql://", "postgresql+asyncpg://"),
    # As many connections as the threads of the other side.
    pool_size=8,
    max_overflow=0,
    connect_args={"server_settings": {"search_path": f"{ZONE},public"}},
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
store = redis.Redis.from_url(os.environ["REDIS_URL"])
app = FastAPI()


class StartBody(BaseModel):
    client_key: UUID


class AnswerBody(BaseModel):
    client_key: UUID
    position: int = Field(ge=1, le=1000)
    item: str = Field(pattern=r"^\d{1,18}$")
    option: int = Field(ge=1, le=100)
    elapsed_ms: int | None = Field(default=None, ge=0)


class Option(BaseModel):
    id: int
    html: str


class ItemOut(BaseModel):
    id: str
    position: int
    stem_html: str
    options: list[Option]
    language: str


class ExamOut(BaseModel):
    id: str
    title: str
    kind: str


class Progress(BaseModel):
    answered: int
    minimum: int
    maximum: int


class Result(BaseModel):
    theta: float | None
    se: float | None
    score: float | None
    correct: int
    answered: int


class Receipt(BaseModel):
    position: int
    answered_at: datetime


class AttemptState(BaseModel):
    id: UUID
    exam: ExamOut
    status: str
    started_at: datetime
    deadline_at: datetime | None
    server_time: datetime
    progress: Progress
    item: ItemOut | None
    finish_reason: str | None
    result: Result | None
    receipt: Receipt | None = None


async def database() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


async def person(authorization: Annotated[str, Header()]) -> dict[str, Any]:
    token = authorization.removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, os.environ["SECRET_KEY"], ["HS256"], audience=AUDIENCE, issuer=ISSUER)
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "not_authenticated") from error
    if claims["zone_id"] != ZONE or "attempt:create" not in claims["permissions"]:
        raise HTTPException(403, "permission_denied")
    revocable = {"jti": "jti", "family": "sid", "user": "sub", "org": "org_id", "role": "role"}
    if any(await store.mget([f"{ZONE}:revoked:{kind}:{claims.get(name)}" for kind, name in revocable.items()])):
        raise HTTPException(401, "not_authenticated")
    return claims


Person = Annotated[dict[str, Any], Depends(person)]
Database = Annotated[AsyncSession, Depends(database)]


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/api/v1/exams/{exam_id}/start", status_code=201)
async def start(exam_id: UUID, body: StartBody, who: Person, session: Database, request: Request) -> AttemptState:
    exam = await session.get_one(Exam, exam_id)
    pools = select(ItemPool).filter_by(exam_id=exam_id).order_by(ItemPool.id.desc()).limit(1)
    pool_id = (await session.scalars(pools)).one().id
    bank = await bank_of(session, pool_id)
    now, seed = datetime.now(UTC), secrets.randbits(48)
    step = cat.start(bank.pool, bank.config, cat.rng_for(seed, 0))
    attempt = Attempt(id=uuid4(), exam_id=exam_id, user_id=UUID(who["sub"]), organization_id=UUID(who["org_id"]))
    attempt.pool_id, attempt.language, attempt.seed = pool_id, exam.languages[0], seed
    attempt.status, attempt.finish_reason, attempt.state = "in_progress", "", step.state.to_json()
    attempt.started_at = attempt.presented_at = attempt.last_activity_at = now
    attempt.deadline_at = now + timedelta(minutes=exam.time_limit_minutes or 60)
    attempt.answered = attempt.correct = attempt.ungraded = attempt.extra_time_percent = attempt.pause_seconds_left = 0
    attempt.report, attempt.large_print = {}, False
    session.add(attempt)
    session.add(_log(who, request, attempt, "create", {"event": "start"}))
    await session.commit()
    return await _state(session, attempt, bank)


@app.post("/api/v1/attempts/{attempt_id}/answer")
async def answer(attempt_id: UUID, body: AnswerBody, who: Person, session: Database, request: Request) -> AttemptState:
    attempt = await _locked(session, attempt_id, who)
    bank = await bank_of(session, attempt.pool_id)
    earlier = await session.scalar(select(Response).filter_by(attempt_id=attempt_id, client_key=body.client_key))
    if earlier is not None:
        if (earlier.position, str(earlier.version_id), earlier.option) != (body.position, body.item, body.option):
            raise HTTPException(409, "key_reused")
        return await _state(session, attempt, bank, earlier)
    now, state = datetime.now(UTC), CatState.from_json(attempt.state)
    if attempt.status != "in_progress" or (attempt.deadline_at and now > attempt.deadline_at):
        raise HTTPException(409, "deadline_passed")
    if state.item is None or body.position != attempt.answered + 1 or body.item != str(bank.versions[state.item]):
        raise HTTPException(409, "not_current_item")
    given = _score(attempt, bank, state, body, now)
    session.add(given)
    session.add(_log(who, request, attempt, "update", {"event": "answer", "position": body.position}))
    await session.commit()
    await store.set(f"{ZONE}:cat:{attempt.id}:state", json.dumps(attempt.state), ex=24 * 3600)
    return await _state(session, attempt, bank, given)


def _score(attempt: Attempt, bank: Bank, state: CatState, body: AnswerBody, now: datetime) -> Response:
    index = state.item
    correct = body.option == bank.keys[index]
    step = cat.answer(bank.pool, bank.config, state, int(correct), cat.rng_for(attempt.seed, body.position))
    items = bank.pool.items
    given = Response(
        attempt_id=attempt.id,
        position=body.position,
        version_id=bank.versions[index],
        option=body.option,
        score=int(correct),
        is_scored=True,
        is_correct=correct,
        discrimination=float(items.a[index]),
        difficulty=float(items.b[index]),
        guessing=float(items.c[index]),
        theta=step.state.theta,
        se=step.state.se,
        presented_at=attempt.presented_at,
        answered_at=now,
        elapsed_ms=body.elapsed_ms,
        client_key=body.client_key,
    )
    attempt.state, attempt.theta, attempt.se = step.state.to_json(), step.state.theta, step.state.se
    attempt.answered, attempt.correct = body.position, attempt.correct + correct
    attempt.presented_at = attempt.last_activity_at = now
    if step.reason:
        _finish(attempt, step.reason, now)
    return given


def _finish(attempt: Attempt, reason: str, now: datetime) -> None:
    attempt.status, attempt.finish_reason, attempt.finished_at = "finished", reason, now
    attempt.state = {**attempt.state, "item": None}
    attempt.score = 500 + 100 * attempt.state["theta"]


@app.post("/api/v1/attempts/{attempt_id}/submit")
async def submit(attempt_id: UUID, body: StartBody, who: Person, session: Database, request: Request) -> AttemptState:
    attempt = await _locked(session, attempt_id, who)
    _finish(attempt, "submitted", datetime.now(UTC))
    session.add(_log(who, request, attempt, "update", {"event": "finish"}))
    await session.commit()
    return await _state(session, attempt, await bank_of(session, attempt.pool_id))


async def _locked(session: AsyncSession, attempt_id: UUID, who: dict[str, Any]) -> Attempt:
    attempt = await session.scalar(select(Attempt).filter_by(id=attempt_id).with_for_update())
    if attempt is None or str(attempt.user_id) != who["sub"]:
        raise HTTPException(404, "not_found")
    return attempt


def _log(who: dict[str, Any], request: Request, attempt: Attempt, action: str, details: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=datetime.now(UTC),
        zone_id=ZONE,
        organization_id=attempt.organization_id,
        user_id=attempt.user_id,
        user_label=who["email"],
        action=action,
        resource_type="attempt",
        resource_id=str(attempt.id),
        ip=request.client.host if request.client else None,
        user_agent=request.headers.get("user-agent", ""),
        details=details,
    )


async def _state(session: AsyncSession, attempt: Attempt, bank: Bank, given: Response | None = None) -> AttemptState:
    finished, answered, index = attempt.status == "finished", attempt.answered, attempt.state["item"]
    item = None
    if index is not None:
        item = await item_shown(session, bank.versions[index], answered + 1, attempt.language)
    result = None
    if finished:
        result = Result(
            theta=attempt.theta, se=attempt.se, score=attempt.score, correct=attempt.correct, answered=answered
        )
    return AttemptState(
        id=attempt.id,
        exam=ExamOut(id=str(attempt.exam_id), title=bank.title, kind="adaptive"),
        status=attempt.status,
        started_at=attempt.started_at,
        deadline_at=attempt.deadline_at,
        server_time=datetime.now(UTC),
        progress=Progress(answered=answered, minimum=bank.config.min_items, maximum=bank.config.max_items),
        item=item,
        finish_reason=attempt.finish_reason or None,
        result=result,
        receipt=Receipt(position=given.position, answered_at=given.answered_at) if given else None,
    )
