"""The audit trail and the inbox in parts: nothing is lost, nothing works otherwise, and the trail still cannot be changed."""

import io
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from portal.audit.actions import entries_about, record
from portal.audit.models import AuditEntry
from portal.audit.seals import first_fault, seal
from portal.backup import rows
from portal.backup.actions import restore
from portal.ids import uuid7
from portal.notifications.models import Message
from portal.partitions import ENTRIES, SPLITS, Part, add_part, first_id, make_ready, next_month
from portal.tasks import make_parts
from tests import make

pytestmark = pytest.mark.django_db


def partition(how):
    with connection.cursor() as cursor:  # the tests' own rows wait for the end of the test
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    out = io.StringIO()
    call_command("partition", how, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def parts(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        return {name for (name,) in cursor.fetchall()}


def lying_in(model, pk):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {model._meta.db_table} WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def message(user, pk=None):
    return Message.objects.create(id=pk or uuid7(), user=user, event="x", subject="已受理")


def test_the_plan_changes_nothing():
    told = partition("--plan")
    assert "portal_auditentry: whole" in told and "to be made: portal_message_history" in told
    assert parts("portal_message") == set()


def test_what_is_there_stays_and_what_comes_is_found_in_its_part():
    person = make.person()
    old, told = record("drill.noted", person, by=person), message(person)
    partition("--apply")
    assert (lying_in(AuditEntry, old.pk), lying_in(Message, told.pk)) == (
        "portal_auditentry_history",
        "portal_message_history",
    )
    later = record("drill.noted", person, by=person)
    assert later.pk > old.pk and list(entries_about(person).values_list("pk", flat=True).order_by("pk")) == [
        old.pk,
        later.pk,
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('portal_auditentry_id_seq', %s)", [ENTRIES + 5])
    assert lying_in(AuditEntry, record("drill.noted", person, by=person).pk) == "portal_auditentry_000010m"
    now = datetime.now(UTC)
    soon = next_month(datetime(now.year, now.month, 1, tzinfo=UTC))
    assert lying_in(Message, message(person, first_id(soon).strip("'")).pk) == f"portal_message_{soon:%Y_%m}"
    assert Message.objects.filter(user=person).count() == 2
    seal(everything=True)
    assert first_fault()[0] == ""


def test_each_part_of_the_trail_refuses_changes_from_the_owner_and_from_the_web():
    person = make.person()
    entry = record("drill.noted", person, by=person)
    partition("--apply")
    for table in ("portal_auditentry", "portal_auditentry_history"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", [entry.pk])
    with connection.cursor() as cursor:
        for table in ("portal_auditentry", *parts("portal_auditentry")):
            cursor.execute(
                "SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) privilege "
                "WHERE has_table_privilege(%s, %s, privilege)",
                [settings.APP_ROLE, table],
            )
            assert [name for (name,) in cursor.fetchall()] == ["SELECT", "INSERT"], table


def test_foreign_keys_hold_on_both_sides():
    person = make.person()
    partition("--apply")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "INSERT INTO portal_auditseal (number, entry_id, previous, hash, horizon) VALUES (1, 99, 'a', 'b', 1)"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        message(person, None).__class__.objects.create(user_id=uuid7(), event="x", subject="x")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_names_of_indexes_and_keys_are_those_that_migrations_know():
    with connection.cursor() as cursor:
        cursor.execute(rows.INDEXES)
        before = {name for name, _definition in cursor.fetchall()}
        cursor.execute(rows.FOREIGN_KEYS)
        keys = cursor.fetchall()
    partition("--apply")
    with connection.cursor() as cursor:
        cursor.execute(rows.INDEXES)
        assert {name for name, _definition in cursor.fetchall()} == before
        cursor.execute(rows.FOREIGN_KEYS)
        assert cursor.fetchall() == keys


def test_a_second_call_makes_only_what_comes_next():
    partition("--apply")
    stood = {split.table: parts(split.table) for split in SPLITS}
    assert all(len(names) == 5 for names in stood.values())
    assert partition("--apply").count("nothing is to be made") == 2
    assert {split.table: parts(split.table) for split in SPLITS} == stood
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('portal_auditentry_id_seq', %s)", [ENTRIES + 5])
    person = make.person()
    record("drill.noted", person, by=person)
    partition("--apply")
    assert parts("portal_auditentry") - stood["portal_auditentry"] == {"portal_auditentry_000040m"}


def test_the_clock_makes_the_parts_that_come_next_and_none_of_a_whole_table():
    make_parts()
    assert parts("portal_message") == set()
    partition("--apply")
    stood = parts("portal_auditentry")
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('portal_auditentry_id_seq', %s)", [ENTRIES + 5])
    person = make.person()
    record("drill.noted", person, by=person)
    assert make_ready() == ["portal_auditentry_000040m"] and make_ready() == []
    assert parts("portal_auditentry") - stood == {"portal_auditentry_000040m"}


def test_the_role_of_the_workers_may_have_parts_made_and_nothing_else():
    partition("--apply")
    [auditing, _inbox] = SPLITS
    with connection.cursor() as cursor:
        for right, may in (("EXECUTE", True), ("EXECUTE WITH GRANT OPTION", False)):
            asked = "SELECT has_function_privilege(%s, 'portal_add_part(text, text, text, text)', %s)"
            cursor.execute(asked, [settings.APP_ROLE, right])
            assert cursor.fetchone() == (may,)
        cursor.execute("SELECT prosecdef, proconfig FROM pg_proc WHERE proname = 'portal_add_part'")
        as_owner, config = cursor.fetchone()
        assert as_owner and "search_path=pg_catalog, public, pg_temp" in config
        add_part(cursor, auditing, Part("portal_auditentry_000040m", "40000000", "50000000"))
        for whole, part in (("portal_auditentry", "x"), ("accounts_user", "accounts_user_2026_12")):
            with pytest.raises(DatabaseError, match="is no part"), transaction.atomic():
                cursor.execute("SELECT portal_add_part(%s, %s, '1', '2')", [whole, part])
    assert "portal_auditentry_000040m" in parts("portal_auditentry")


def test_two_that_make_a_part_at_once_make_it_once():
    partition("--apply")
    [auditing, _inbox] = SPLITS
    part = Part("portal_auditentry_000010m", "10000000", "20000000")
    with connection.cursor() as cursor:
        add_part(cursor, auditing, part)
        cursor.execute("SELECT portal_add_part(%s, %s, %s, %s)", [auditing.table, *part])
        assert cursor.fetchone() == (False,)


def test_a_key_out_of_all_order_is_refused_with_a_sentence():
    message(make.person(), "ffffffff-0000-7000-8000-000000000000")
    with pytest.raises(CommandError, match="has a key beyond"):
        partition("--apply")
    assert parts("portal_message") == set()


def test_a_backup_is_restored_into_parts_and_every_index_reaches_them(empty):
    partition("--apply")
    restore(empty)
    assert len(parts("portal_auditentry")) == 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT tablename, count(*) FROM pg_indexes WHERE tablename LIKE 'portal_auditentry%%' GROUP BY tablename"
        )
        counts = dict(cursor.fetchall())
    assert len(counts) == 6 and len(set(counts.values())) == 1, "each part has all that the table has"
