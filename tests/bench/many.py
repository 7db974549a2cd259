"""Very many rows of one zone, made by PostgreSQL from one row of each kind."""

from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from zones.owner import refresh_statistics


def cloned(row: Model, number: int, **instead: str) -> None:
    """Insert `number` copies of a stored row; `instead` gives columns by SQL, in which `n` counts from 1."""
    meta = row._meta
    names = [field.column for field in meta.local_concrete_fields if instead.get(field.column) != "DEFAULT"]
    values = [instead.get(name, f"one.{connection.ops.quote_name(name)}").replace("%", "%%") for name in names]
    columns = ", ".join(connection.ops.quote_name(name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {meta.db_table} ({columns}) SELECT {', '.join(values)}"
            f" FROM (SELECT * FROM {meta.db_table} WHERE {meta.pk.column} = %s) one, generate_series(1, {number}) n",
            [row.pk],
        )


def make_many(number: int, schools: list[Any]) -> None:
    """`number` each of students, attempts, items and rows of the log, shared by the schools in turn."""
    from audit.models import AuditEntry
    from exams.models import Attempt, Item
    from tests.cast import make_person
    from tests.sample_exam import make_exam

    keys = ", ".join(f"'{school.pk}'" for school in schools)
    school = f"(ARRAY[{keys}]::uuid[])[1 + n % {len(schools)}]"
    exam = make_exam("many", size=40)
    person = make_person("Many", organization=schools[0])
    user = "md5('user' || n)::uuid"
    cloned(person, number, id=user, email="'many' || n || '@example.com'", organization_id=school,
           display_name="'Many ' || n", created_at="now() - n * interval '1 minute'")  # fmt: skip
    pool = exam.pools.create(digest="many", versions=[], rules={})
    now = timezone.now()
    attempt = Attempt.objects.create(
        exam=exam, pool=pool, user=person, organization=schools[0], language="ko", seed=1, state={}, started_at=now,
        last_activity_at=now,
    )  # fmt: skip
    ago = "now() - n * interval '5 minutes'"
    cloned(attempt, number, id="gen_random_uuid()", user_id=user, organization_id=school, status="'finished'",
           finish_reason="'length'", started_at=ago, finished_at=ago, last_activity_at=ago, score="300 + n % 400",
           theta="(n % 400) / 100.0 - 2", se="0.3")  # fmt: skip
    item = Item.objects.select_related("current").get(code="many-0")
    version, key = item.current, "md5('item' || n)::uuid"
    cloned(item, number, id=key, code="'item-' || n", organization_id=school, current_id="NULL", created_at=ago)
    cloned(version, number, id="DEFAULT", item_id=key)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exams_item SET current_id = v.id FROM exams_itemversion v"
            " WHERE v.item_id = exams_item.id AND exams_item.current_id IS NULL"
        )
        cursor.execute(
            "INSERT INTO exams_itemtext (version_id, language, stem, explanation)"
            " SELECT v.id, 'ko', 'Question ' || v.id, '' FROM exams_itemversion v"
            " JOIN exams_item i ON i.current_id = v.id"
            " WHERE i.code LIKE 'item-%'"
        )
    entry = AuditEntry.objects.order_by("id").first()
    if entry is None:
        from audit.models import Action
        from audit.services import record

        record(Action.READ, "exam", exam.pk, organization_id=schools[0].pk)
        entry = AuditEntry.objects.get()
    cloned(entry, number, id="DEFAULT", at="now() - n * interval '1 second'", organization_id=school, txid="DEFAULT",
           user_id=user)  # fmt: skip
    refresh_statistics()
