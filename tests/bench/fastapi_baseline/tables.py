"""The tables of the zone, as the ORM of the baseline sees them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, SmallInteger, String
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}


class Exam(Base):
    __tablename__ = "exams_exam"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    kind: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(String))
    time_limit_minutes: Mapped[int | None]


class ItemPool(Base):
    __tablename__ = "exams_itempool"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    exam_id: Mapped[UUID]
    versions: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    rules: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Item(Base):
    __tablename__ = "exams_item"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(BigInteger)


class ItemVersion(Base):
    __tablename__ = "exams_itemversion"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("exams_item.id"))
    key: Mapped[int]
    discrimination: Mapped[float]
    difficulty: Mapped[float]
    guessing: Mapped[float]
    item: Mapped[Item] = relationship()


class ItemText(Base):
    __tablename__ = "exams_itemtext"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version_id: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str]
    stem: Mapped[str]


class ItemOption(Base):
    __tablename__ = "exams_itemoption"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    text_of_id: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int]
    text: Mapped[str]


class Attempt(Base):
    __tablename__ = "exams_attempt"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    exam_id: Mapped[UUID]
    user_id: Mapped[UUID]
    organization_id: Mapped[UUID | None]
    pool_id: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str]
    status: Mapped[str]
    finish_reason: Mapped[str]
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_activity_at: Mapped[datetime]
    seed: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[dict[str, Any]]
    presented_at: Mapped[datetime | None]
    answered: Mapped[int] = mapped_column(SmallInteger)
    correct: Mapped[int] = mapped_column(SmallInteger)
    theta: Mapped[float | None]
    se: Mapped[float | None]
    score: Mapped[float | None]
    report: Mapped[dict[str, Any]]
    ungraded: Mapped[int] = mapped_column(SmallInteger)
    extra_time_percent: Mapped[int] = mapped_column(SmallInteger)
    large_print: Mapped[bool]
    pause_seconds_left: Mapped[int]


class Response(Base):
    __tablename__ = "exams_response"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    attempt_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(SmallInteger)
    version_id: Mapped[int] = mapped_column(BigInteger)
    option: Mapped[int] = mapped_column(SmallInteger)
    score: Mapped[int] = mapped_column(SmallInteger)
    is_scored: Mapped[bool]
    is_correct: Mapped[bool]
    discrimination: Mapped[float]
    difficulty: Mapped[float]
    guessing: Mapped[float]
    theta: Mapped[float]
    se: Mapped[float]
    presented_at: Mapped[datetime]
    answered_at: Mapped[datetime]
    elapsed_ms: Mapped[int | None]
    client_key: Mapped[UUID]


class AuditEntry(Base):
    __tablename__ = "audit_auditentry"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    zone_id: Mapped[str]
    organization_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    user_label: Mapped[str]
    action: Mapped[str]
    resource_type: Mapped[str]
    resource_id: Mapped[str]
    ip: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str]
    details: Mapped[dict[str, Any]]
