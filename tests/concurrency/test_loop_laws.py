"""Laws of the exam loop: whatever a student, a retrying client, a clock and a lost cache do, and in whatever order."""

import uuid
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from audit import clock
from audit.models import AuditEntry
from exams.cat import session
from exams.models import Attempt, Exam, Response
from exams.pools import load_pool
from exams.presentation import authored_answer, shown_answer
from exams.problems import AttemptFinished, DeadlinePassed, KeyReused, NotCurrentItem, Reply
from exams.scoring import AnswerSpec, score
from exams.services import answering, delivery
from tests.cast import make_person
from tests.concurrency.sitting import begin, call, timeless
from tests.exams.sitting import make_form
from tests.sample_exam import OPTIONS, make_exam
from zones.problems import Invalid
from zones.redis import client as redis_client

MINUTES = 60
options = st.integers(1, OPTIONS)
pick = st.integers(0, 10_000)


class Sitting(RuleBasedStateMachine):
    """One student's attempt. `sent` holds every acknowledged answer with the reply that it got."""

    exam: Exam

    def call(self, number: int = 1, **changes: Any) -> dict[str, Any]:
        """An answer to the item on the screen, of which there are OPTIONS different ones."""
        return call(self.state, number, **changes)

    def another(self, arguments: dict[str, Any], number: int) -> dict[str, Any]:
        """The same call with another answer."""
        option = arguments["option"]
        return {**arguments, "option": number % OPTIONS + 1 if number == option else number}

    def no_answer(self, which: int) -> dict[str, Any]:
        """What the item on the screen does not take."""
        return {"option": [-1, 0, OPTIONS + 1, 30_000][which % 4]}

    def stored(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The answer as the table has it."""
        return {"option": arguments["option"], "answer": None}

    @initialize(first=st.lists(options, max_size=3))
    def start(self, first: list[int]) -> None:
        self.person = make_person(f"Student {uuid.uuid4()}")
        self.moment = timezone.now()
        with clock.at(self.moment):
            self.state: Reply = begin(self.person, self.exam)
        self.attempt_id = uuid.UUID(self.state["id"])
        self.sent: list[tuple[dict[str, Any], Reply]] = []
        self.end: tuple[Any, ...] | None = None
        for option in first:
            self.answer_the_item(option)

    @property
    def running(self) -> bool:
        return self.state["status"] == "in_progress"

    @property
    def overdue(self) -> bool:
        return self.moment > Attempt.objects.get(pk=self.attempt_id).deadline_at

    def answer(self, arguments: dict[str, Any]) -> Reply:
        self.moment += timedelta(seconds=7)
        with clock.at(self.moment):
            return answering.answer(person=self.person, **arguments)

    @contextmanager
    def refused(self, problem: type[Exception]):
        """Nothing is written but the attempt's end, when time is what it failed on."""
        before = self.written()
        with pytest.raises(problem):
            yield
        if problem is DeadlinePassed:
            self.look()
            assert self.state["finish_reason"] == "time"
        else:
            assert self.written() == before

    def written(self) -> tuple[Any, ...]:
        row = Attempt.objects.filter(pk=self.attempt_id).values_list().get()
        log = AuditEntry.objects.filter(resource_id=str(self.attempt_id)).count()
        return row, log, list(Response.objects.filter(attempt=self.attempt_id).order_by("position").values_list())

    def look(self) -> None:
        with clock.at(self.moment):
            self.state = delivery.resume(person=self.person, attempt_id=self.attempt_id)

    @precondition(lambda self: self.running)
    @rule(option=options)
    def answer_the_item(self, option: int) -> None:
        arguments = self.call(option, elapsed_ms=option * 1000)
        if self.overdue:
            with self.refused(DeadlinePassed):
                self.answer(arguments)
            return
        self.state = self.answer(arguments)
        assert self.state["receipt"]["position"] == arguments["position"]
        self.sent.append((arguments, self.state))

    @precondition(lambda self: self.sent)
    @rule(which=pick)
    def send_an_acknowledged_answer_again(self, which: int) -> None:
        arguments, reply = self.sent[which % len(self.sent)]
        before = self.written()
        again = self.answer(arguments)
        assert self.written() == before
        if arguments is self.sent[-1][0] and not self.running and reply["status"] == "in_progress":
            # The item that it had brought was withdrawn when the attempt ended.
            assert (again["status"], again["item"], again["receipt"]) == ("finished", None, reply["receipt"])
        else:
            assert timeless(again) == timeless(reply)

    @precondition(lambda self: self.sent)
    @rule(which=pick, option=options)
    def change_an_acknowledged_answer(self, which: int, option: int) -> None:
        arguments, _reply = self.sent[which % len(self.sent)]
        changed = self.another(arguments, option)
        with self.refused(KeyReused):
            self.answer(changed)
        with self.refused(NotCurrentItem):
            self.answer({**changed, "client_key": uuid.uuid4()})

    @precondition(lambda self: self.running)
    @rule(fault=st.sampled_from(["old key", "other item", "unknown item", "position", "option"]), which=pick)
    def send_what_is_wrong(self, fault: str, which: int) -> None:
        loaded = load_pool(Attempt.objects.get(pk=self.attempt_id).pool_id)
        position, current = self.state["item"]["position"], int(self.state["item"]["id"])
        others = [version for version in loaded.versions if version != current]
        old_key = self.sent[which % len(self.sent)][0]["client_key"] if self.sent else None
        changes, problem = {
            "old key": ({"client_key": old_key}, KeyReused),
            "other item": ({"item": others[which % len(others)]}, NotCurrentItem),
            "unknown item": ({"item": max(loaded.versions) + 1 + which}, NotCurrentItem),
            "position": ({"position": position + 1 + which}, NotCurrentItem),
            "option": (self.no_answer(which), Invalid),
        }[fault]
        if fault == "old key" and not self.sent:
            return
        with self.refused(DeadlinePassed if self.overdue else problem):
            self.answer({**self.call(), **changes})

    @rule(redis_lost=st.booleans())
    def resume(self, redis_lost: bool) -> None:
        if redis_lost:
            redis_client().flushdb()
        before, overdue = self.state, self.overdue
        self.look()
        if before["status"] == "in_progress" and not overdue:
            assert self.state["item"] == before["item"]
            assert self.state["progress"] == before["progress"]
            with clock.at(self.moment):
                # On another device, by the exam's page.
                assert begin(self.person, self.exam)["item"] == before["item"]
        else:
            assert (self.state["status"], self.state["item"]) == ("finished", None)

    @rule(really=st.integers(0, 4))
    def submit(self, really: int) -> None:
        if really and self.running:
            # Most attempts should come to their own end.
            return
        arguments = {"person": self.person, "attempt_id": self.attempt_id, "client_key": uuid.uuid4()}
        overdue, running = self.overdue, self.running
        with clock.at(self.moment):
            self.state = delivery.submit(**arguments)
            assert delivery.submit(**arguments) == self.state
        assert self.state["status"] == "finished"
        if running:
            assert self.state["finish_reason"] == ("time" if overdue else "submitted")

    @rule(minutes=st.sampled_from([1, 5, MINUTES + 1]))
    def let_time_pass(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)

    @precondition(lambda self: not self.running)
    @rule(option=options)
    def answer_after_the_end(self, option: int) -> None:
        versions = load_pool(Attempt.objects.get(pk=self.attempt_id).pool_id).versions
        with self.refused(AttemptFinished):
            self.answer({**call_after(self.attempt_id, len(self.sent) + 1, versions[0]), "option": option})

    @invariant()
    def every_acknowledged_answer_is_in_the_table_as_given_and_nothing_else(self) -> None:
        rows = Response.objects.filter(attempt=self.attempt_id).order_by("position")
        told = ("position", "version_id", "client_key", "elapsed_ms")
        assert list(rows.values_list(*told)) == [
            tuple(said[name] for name in ("position", "item", "client_key", "elapsed_ms")) for said, _reply in self.sent
        ]
        assert list(rows.values("option", "answer")) == [self.stored(said) for said, _reply in self.sent]

    @invariant()
    def positions_count_from_one_and_no_item_comes_twice(self) -> None:
        rows = list(Response.objects.filter(attempt=self.attempt_id).order_by("position"))
        attempt = Attempt.objects.get(pk=self.attempt_id)
        assert [row.position for row in rows] == list(range(1, attempt.answered + 1))
        seen = [row.version_id for row in rows] + ([int(self.state["item"]["id"])] if self.state["item"] else [])
        assert len(set(seen)) == len(seen)
        assert attempt.correct == sum(row.is_correct for row in rows)

    @invariant()
    def the_state_is_what_the_responses_say(self) -> None:
        attempt = Attempt.objects.get(pk=self.attempt_id)
        loaded = load_pool(attempt.pool_id)
        rows = list(Response.objects.filter(attempt=attempt).order_by("position"))
        given = [loaded.versions.index(row.version_id) for row in rows]
        scores = [
            score(loaded.answers[index], row.answer or {"option": row.option}, attempt.language).score
            for row, index in zip(rows, given, strict=True)
        ]
        assert [row.score for row in rows] == scores
        assert attempt.ungraded == scores.count(None)
        rebuilt = session.state_from_history(loaded.pool, loaded.config, given, scores, attempt.state["item"])
        assert session.CatState.from_json(attempt.state) == rebuilt
        if rows:
            assert (attempt.theta, attempt.se) == (rows[-1].theta, rows[-1].se) == (rebuilt.theta, rebuilt.se)

    @invariant()
    def what_has_ended_stays_as_it_was(self) -> None:
        attempt = Attempt.objects.get(pk=self.attempt_id)
        if attempt.is_finished:
            self.end = self.end or self.written()
            assert self.written() == self.end
            assert attempt.state["item"] is None


class MixedSitting(Sitting):
    """The same over a form with a question of every kind."""

    CHOICES = {
        "single": [1, 2, 3, 1],
        "multiple": [{"options": chosen} for chosen in ([1, 3], [1], [2, 4], [1, 2, 3, 4])],
        "ordering": [{"order": order} for order in ([1, 2, 3], [2, 1, 3], [3, 2, 1], [2, 3, 1])],
        "matching": [{"pairs": pairs} for pairs in ([[1, 2], [2, 1]], [[1, 2]], [[1, 3], [3, 3]], [[2, 2]])],
        "numeric": [{"text": text} for text in ("3.14", "3", "-1/2", "50 %")],
        "text": [{"text": text} for text in ("서울", "seoul", "부산", "?")],
        "cloze": [{"gaps": gaps} for gaps in ({"1": "100", "2": "H2O", "3": 2}, {"3": 1}, {"2": "HO"}, {"1": "0"})],
        "essay": [{"text": text} for text in ("하나", "둘", "셋", "넷")],
    }

    @property
    def spec(self) -> AnswerSpec:
        loaded = load_pool(Attempt.objects.get(pk=self.attempt_id).pool_id)
        return loaded.answers[loaded.versions.index(int(self.state["item"]["id"]))]

    def call(self, number: int = 1, **changes: Any) -> dict[str, Any]:
        attempt, version = Attempt.objects.get(pk=self.attempt_id), int(self.state["item"]["id"])
        chosen = self.CHOICES[self.spec.kind][number - 1]
        if self.spec.kind == "single":
            return call(self.state, chosen, **changes)
        answer = shown_answer(self.spec, chosen, version, attempt.seed)
        return call(self.state, answer=answer, **changes) | {"option": None}

    def another(self, arguments: dict[str, Any], number: int) -> dict[str, Any]:
        if arguments["option"] is not None:
            return {**arguments, "option": arguments["option"] % 3 + 1}
        chosen = arguments["answer"]
        if "order" in chosen:
            return {**arguments, "answer": {"order": chosen["order"][::-1]}}
        if "pairs" in chosen:
            return {**arguments, "answer": {"pairs": [[o, t % 3 + 1] for o, t in chosen["pairs"]]}}
        if "options" in chosen:
            return {**arguments, "answer": {"options": [4] if chosen["options"] != [4] else [1]}}
        if "gaps" in chosen:
            return {**arguments, "answer": {"gaps": {"2": "other"}}}
        return {**arguments, "answer": {"text": "17"}}

    def no_answer(self, which: int) -> dict[str, Any]:
        if self.spec.kind == "single":
            return {"option": [-1, 0, OPTIONS + 1, 30_000][which % 4]}
        return {"answer": [{}, {"options": [9]}, {"text": ""}, {"gaps": {"9": "x"}}][which % 4]}

    def stored(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments["option"] is not None:
            return {"option": arguments["option"], "answer": None}
        attempt = Attempt.objects.get(pk=self.attempt_id)
        loaded = load_pool(attempt.pool_id)
        spec = loaded.answers[loaded.versions.index(arguments["item"])]
        meant = authored_answer(spec, arguments["answer"], arguments["item"], attempt.seed)
        return {"option": None, "answer": score(spec, meant, attempt.language).answer}


def call_after(attempt_id: uuid.UUID, position: int, item: int) -> dict[str, Any]:
    return {"attempt_id": attempt_id, "client_key": uuid.uuid4(), "position": position, "item": item}


def test_the_loop_keeps_its_laws(in_univ, cast):
    Sitting.exam = make_exam(size=10, min_items=5, max_items=5, time_limit_minutes=MINUTES, randomesque=3)
    run(Sitting)


def test_the_loop_keeps_its_laws_whatever_the_kind_of_question(in_univ, cast):
    MixedSitting.exam = make_form(cast.zoe, time_limit_minutes=MINUTES)
    run(MixedSitting)


def run(machine: type[Sitting]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
