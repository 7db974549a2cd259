"""What PostgreSQL itself refuses, whatever the application asks: other zones, other organizations, nobody known."""

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import Organization, User
from tests.cast import make_person
from tests.clients import host
from zones import roles
from zones.context import confined_to, entered, public_context, zone_context, zone_wide
from zones.middleware import ZoneMiddleware
from zones.policies import declared, guarded_models, policies_by_table
from zones.provisioning import check_zone, create_zone
from zones.scope import NOBODY


def rows(statement: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def refused(statement: str) -> bool:
    try:
        with transaction.atomic():
            rows(statement)
    except ProgrammingError as error:
        return any(words in str(error) for words in ("permission denied", "does not exist", "must be owner"))
    return False


def tables(schema: str) -> set[str]:
    return {name for (name,) in rows("SELECT tablename::text FROM pg_tables WHERE schemaname = %s", schema)}


def test_nobody_in_particular_sees_no_row_of_any_table(univ, cast):
    owned_by_nobody = {"django_content_type"}
    with entered(univ, NOBODY):
        seen = {
            table: count
            for table in tables("univ") - owned_by_nobody
            if not refused(f"SELECT 1 FROM {table}") and (count := rows(f"SELECT count(*) FROM {table}")[0][0])
        }
        assert seen == {}
        assert rows("SELECT count(*) FROM accounts_user") == [(0,)]


def test_nobody_takes_themselves_into_another_organization(univ, cast):
    for person, organization in ((cast.bob, cast.duri), (cast.bob, None), (cast.paula, cast.hana)):
        with zone_context(univ), confined_to(person):
            mine = User.objects.filter(pk=person.pk)
            assert mine.update(display_name="Myself") == 1
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                mine.update(organization=organization)


def test_a_request_begins_as_nobody(univ, cast):
    seen = []

    def view(request) -> HttpResponse:
        seen.append((connection.schema_name, connection.scope, User.objects.count(), Organization.objects.count()))
        return HttpResponse()

    with zone_context(univ):
        ZoneMiddleware(view)(RequestFactory().get("/", headers={"host": host("univ")}))
    assert seen == [("univ", NOBODY, 0, 0)]


def test_each_sees_their_own_organization_and_the_zone_wide_all(univ, cast):
    with zone_context(univ):
        everybody = {user.display_name for user in User.objects.all()}
        with confined_to(cast.alice):
            assert {user.display_name for user in User.objects.all()} == {"Alice", "Bob", "Anna"}
            assert {room.name for room in Organization.objects.all()} == {"Hana Academy"}
        with confined_to(cast.oscar):
            assert {user.display_name for user in User.objects.all()} == {"Oscar", "Otto"}
        with confined_to(cast.guest):
            assert not User.objects.exists()
        with confined_to(cast.zoe):
            assert {user.display_name for user in User.objects.all()} == everybody


def test_a_parent_sees_the_child_that_approved_them_in_whatever_organization(univ, cast):
    with zone_context(univ), confined_to(cast.paula):
        assert {user.display_name for user in User.objects.all()} == {"Paula", "Bob"}
    with zone_context(univ), confined_to(cast.bob):
        assert "Paula" in {user.display_name for user in User.objects.all()}
    with zone_context(univ):
        cast.bob.parent_links.update(status="revoked")
        with confined_to(cast.paula):
            assert {user.display_name for user in User.objects.all()} == {"Paula"}


def test_nobody_writes_into_another_organization(univ, cast):
    with zone_context(univ), confined_to(cast.anna):
        assert User.objects.filter(pk=cast.otto.pk).update(display_name="Mine") == 0
        assert User.objects.filter(pk=cast.otto.pk).delete()[0] == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            make_person("Stranger", organization=cast.duri)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            User.objects.filter(pk=cast.bob.pk).update(organization=cast.duri)
        make_person("Newcomer", organization=cast.hana)


def test_a_zones_roles_have_no_rights_in_another_schema(univ, college, cast):
    with entered(univ, NOBODY):
        assert refused("SELECT 1 FROM college.accounts_user")
    with zone_context(univ):
        assert refused("SELECT 1 FROM college.accounts_user")
        assert refused("SELECT 1 FROM public.accounts_user")
        assert refused("INSERT INTO college.audit_auditentry DEFAULT VALUES")
        assert refused("CREATE TABLE univ.mine (x int)")
        assert refused("ALTER TABLE accounts_user DISABLE ROW LEVEL SECURITY")
    with public_context():
        assert refused("SELECT 1 FROM univ.accounts_user")


def test_a_table_that_a_zone_lacks_is_not_looked_for_in_the_control_plane(univ):
    rows("DROP TABLE univ.django_session")
    with zone_context(univ):
        assert refused("SELECT 1 FROM django_session")
        assert refused("SELECT 1 FROM zones_zone")


def test_what_is_written_once_is_granted_so(univ, cast):
    with zone_context(univ):
        assert refused("UPDATE audit_auditentry SET user_label = 'x'")
        assert refused("DELETE FROM audit_auditentry")
        assert refused("TRUNCATE exams_response")
        with confined_to(cast.anna):
            assert refused("UPDATE exams_response SET score = 1")
            assert refused("DELETE FROM exams_itemversion")
            assert refused("SELECT 1 FROM audit_auditentry")


def test_a_rollback_does_not_leave_another_scope_behind(univ, cast):
    def names() -> set[str]:
        return {user.display_name for user in User.objects.all()}

    with zone_context(univ), confined_to(cast.oscar):
        assert names() == {"Oscar", "Otto"}
        try:
            with transaction.atomic(), confined_to(cast.alice):
                assert "Alice" in names()
                raise RuntimeError
        except RuntimeError:
            pass
        assert names() == {"Oscar", "Otto"}
        with transaction.atomic():
            sid = transaction.savepoint()
            with zone_wide():
                assert "Zoe" in names()
            transaction.savepoint_rollback(sid)
            assert names() == {"Oscar", "Otto"}
            with pytest.raises(DatabaseError), transaction.atomic(), confined_to(cast.alice):
                rows("SELECT 1/0")
            assert names() == {"Oscar", "Otto"}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DROP POLICY confined_select ON univ.accounts_user", "accounts_user has not the policy confined_select"),
        ("ALTER POLICY confined_select ON univ.accounts_user USING (true)", "accounts_user has not the policy"),
        ("CREATE POLICY open ON univ.exams_exam USING (true)", "exams_exam has not the policy open"),
        ("ALTER TABLE univ.exams_item DISABLE ROW LEVEL SECURITY", "exams_item has no row-level security"),
        ("GRANT UPDATE ON univ.audit_auditentry TO {wide}", "audit_auditentry grants {wide} UPDATE"),
        ("GRANT SELECT ON univ.accounts_user TO PUBLIC", "accounts_user grants - SELECT"),
        ("REVOKE INSERT ON univ.accounts_user FROM {wide}", "accounts_user does not grant {wide} INSERT"),
        ("GRANT USAGE ON SCHEMA univ TO PUBLIC", "is open: - USAGE"),
        ("CREATE OR REPLACE FUNCTION univ.children_of_asker() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER"
         " AS 'SELECT ARRAY(SELECT id FROM univ.accounts_user)'", "function children_of_asker is not as declared"),
        ("CREATE TABLE univ.left_over (x int); GRANT SELECT ON univ.left_over TO {wide}", "left_over grants"),
    ],
)  # fmt: skip
def test_what_is_not_as_declared_is_found_and_mended(univ, damage, said):
    wide = '"megacity.univ.wide"'
    assert check_zone(univ) == []
    rows(damage.format(wide=wide))
    found = [finding.problem for finding in check_zone(univ)]
    assert any(said.format(wide=wide) in problem for problem in found), found
    assert roles.apply("univ")
    assert check_zone(univ) == []
    assert roles.apply("univ") == []


def test_a_new_zone_is_guarded_from_its_first_moment(database):
    zone = create_zone(zone_id="fresh", brand="FreshPrepAI", domains=["fresh.example"])
    assert check_zone(zone) == []
    with zone_context(zone):
        assert refused("SELECT 1 FROM univ.accounts_user")
        assert rows("SELECT current_user::text") == [("megacity.fresh.wide",)]


def test_every_table_has_its_line():
    assert {model._meta.label for model in guarded_models()} == set(declared())
    assert set(policies_by_table()) == {model._meta.db_table for model in guarded_models()}
