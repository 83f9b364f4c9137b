import time
from io import StringIO
from threading import Event, Thread
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, InternalError, connection, transaction

from portal.audit import entries_about, masked, record
from portal.audit.models import AuditEntry, AuditSeal
from portal.audit.seals import GENESIS, seal
from portal.audit.sql import APPEND_ONLY
from portal.audit.tasks import seal_audit
from portal.facts import serving
from portal.numbers import NumberSeries


@pytest.fixture
def series(db):
    return NumberSeries.objects.create(series="filing")


@pytest.fixture
def append_only(db):
    """The triggers of the migration, where the tables were made without migrations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'audit_is_append_only'")
        missing = cursor.fetchone()[0] == 0
        if missing:
            cursor.execute(APPEND_ONLY)


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_an_entry_tells_who_did_what_to_which_thing_from_where(series, person, rf):
    by, enterprise = person("张三丰"), uuid4()

    with serving(rf.get("/", REMOTE_ADDR="1.2.3.4")) as known:
        record("filing.submitted", series, by=by, enterprise_id=enterprise, round=2, targets=["safety"])

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_label, entry.event) == (by, "张**", "filing.submitted")
    assert (entry.subject_type, entry.subject_id, entry.subject_label) == ("portal.numberseries", "filing", str(series))
    assert (entry.address, entry.request_id, entry.enterprise_id) == ("1.2.3.4", known.request_id, enterprise)
    assert entry.details == {"round": 2, "targets": ["safety"]}
    assert entry.at is not None and entry.txid > 0


def test_a_visitor_and_the_system_have_names(series, rf):
    with serving(rf.get("/")):
        record("code.asked", series, by=None)
    record("permit.pulled", series, by=None)
    assert [entry.actor_label for entry in entries_about(series)] == ["访客", "系统"]


def test_a_person_as_subject_is_masked(person):
    user = person("张三丰")
    record("user.suspended", user, by=None)
    assert AuditEntry.objects.get().subject_label == "张**"


def test_a_thing_may_say_how_the_trail_calls_it(series):
    series.audit_label = "编号序列"
    record("series.used", series, by=None)
    assert AuditEntry.objects.get().subject_label == "编号序列"


def test_the_enterprise_of_the_subject_is_taken_where_none_is_given(series):
    series.enterprise_id = uuid4()
    record("member.added", series, by=None)
    assert AuditEntry.objects.get().enterprise_id == series.enterprise_id


@pytest.mark.parametrize(
    "details",
    [
        {"phone": "13800138000"},
        {"note": "电话 13800138000。"},
        {"deep": [{"id": "420102198503129010"}]},
        {"42010619840615907X": 1},
        {"number": 13800138000},
        {"phone": "+8613800138000"},
    ],
)
def test_an_unmasked_number_does_not_get_into_the_trail(series, details):
    with pytest.raises(ValueError, match="mask it"):
        record("user.changed", series, by=None, **details)
    assert AuditEntry.objects.count() == 0


def test_a_number_in_the_name_of_the_subject_is_masked(db):
    record("document.opened", NumberSeries(series="身份证13800138000.jpg"), by=None)
    assert AuditEntry.objects.get().subject_label == "身份证138****8000.jpg: 0"


def test_what_somebody_typed_can_be_masked_for_the_trail(series):
    record("filing.returned", series, by=None, reason=masked("请打 13800138000 或 420102198503129010"))
    assert AuditEntry.objects.get().details == {"reason": "请打 138****8000 或 420****9010"}


@pytest.mark.parametrize(
    "harmless",
    [
        "138****8000",
        "420***********9010",
        "420106202411010101",  # a permit number
        "91420106MAXC1A0270",
        "914201067071234567",  # a credit code of digits only
        "13800138000aab0c1d2e3f" + "0" * 42,  # a digest
        "0193a4c0-1234-7890-8abc-138001380001",
        "2026-11-22T14:00:00.123456+08:00",
    ],
)
def test_masked_and_public_numbers_may_stand_in_the_trail(series, harmless):
    record("thing.changed", series, by=None, value=harmless)
    assert AuditEntry.objects.get().details == {"value": harmless}


@pytest.mark.django_db(transaction=True)
def test_an_act_that_cannot_be_recorded_does_not_happen():
    with pytest.raises(DataError), transaction.atomic():
        series = NumberSeries.objects.create(series="filing")
        record("e" * 61, series, by=None)
    assert NumberSeries.objects.count() == 0


def test_entries_about_a_thing_come_in_order_and_are_its_own(series):
    other = NumberSeries.objects.create(series="other")
    for event, subject in [("a", series), ("b", other), ("c", series)]:
        record(event, subject, by=None)
    assert [entry.event for entry in entries_about(series)] == ["a", "c"]


@pytest.mark.parametrize("table", ["portal_auditentry", "portal_auditseal"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_trail(series, append_only, table, change):
    entry = record("a", series, by=None)
    AuditSeal.objects.create(number=1, entry=entry, previous=GENESIS, hash="h", horizon=1)
    column = "event" if table == "portal_auditentry" else "hash"
    with pytest.raises(InternalError, match="append-only"), transaction.atomic():
        run(change.format(table, column, column))


def seal_all(expected):
    """Seal until `expected` entries are; a transaction elsewhere on the server may hold it up for a while."""
    for _ in range(900):
        seal_audit()
        if AuditSeal.objects.count() >= expected:
            return
        time.sleep(0.1)
    raise AssertionError(f"Only {AuditSeal.objects.count()} of {expected} entries were sealed in 90 s.")


def verify(*args):
    out = StringIO()
    call_command("audit_verify", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def sealed(transactional_db):
    """Five sealed entries."""
    series = NumberSeries.objects.create(series="filing")
    entries = [record("filing.saved", series, by=None, round=n, price="1.10", text="中文") for n in range(5)]
    seal_all(5)
    return entries


def test_the_chain_links_every_entry_once(sealed):
    seals = list(AuditSeal.objects.order_by("number"))
    assert [row.number for row in seals] == [1, 2, 3, 4, 5]
    assert [row.entry_id for row in seals] == [entry.pk for entry in sealed]
    assert [row.previous for row in seals] == [GENESIS, *[row.hash for row in seals[:-1]]]
    assert seal() == 0
    assert "5 seals, 0 entries not sealed yet" in verify()


def test_sealing_goes_on_from_the_last_seal(sealed):
    record("filing.saved", NumberSeries.objects.get(), by=None)
    seal_all(6)
    assert AuditSeal.objects.get(number=6).previous == AuditSeal.objects.get(number=5).hash
    assert "6 seals" in verify()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE portal_auditentry SET details = jsonb_set(details, '{round}', '9') WHERE id = %s",
        "UPDATE portal_auditentry SET actor_label = '李*' WHERE id = %s",
        "UPDATE portal_auditentry SET at = at + interval '1 microsecond' WHERE id = %s",
        "UPDATE portal_auditseal SET hash = overlay(hash placing 'x' from 1) WHERE entry_id = %s",
    ],
)
def test_a_flipped_byte_is_found_and_the_row_is_named(sealed, append_only, change):
    run("ALTER TABLE portal_auditentry DISABLE TRIGGER audit_is_append_only")
    run("ALTER TABLE portal_auditseal DISABLE TRIGGER audit_is_append_only")
    run(change, sealed[2].pk)
    run("ALTER TABLE portal_auditentry ENABLE TRIGGER audit_is_append_only")
    run("ALTER TABLE portal_auditseal ENABLE TRIGGER audit_is_append_only")

    with pytest.raises(CommandError, match=rf"entry {sealed[2].pk} \(seal 3\)") as fault:
        verify()
    assert fault.value.returncode == 1


def test_a_removed_row_is_found(sealed):
    run("ALTER TABLE portal_auditseal DISABLE TRIGGER USER")
    run("ALTER TABLE portal_auditentry DISABLE TRIGGER USER")
    run("DELETE FROM portal_auditseal WHERE number = 3")
    run("DELETE FROM portal_auditentry WHERE id = %s", sealed[2].pk)
    run("ALTER TABLE portal_auditseal ENABLE TRIGGER USER")
    run("ALTER TABLE portal_auditentry ENABLE TRIGGER USER")
    with pytest.raises(CommandError, match="Seal 3 is missing"):
        verify()


def test_a_trail_cut_off_is_found_with_a_seal_noted_elsewhere(sealed):
    last = AuditSeal.objects.get(number=5)
    note = f"5:{last.hash}"
    assert "sound" in verify("--expect", note)
    run("ALTER TABLE portal_auditseal DISABLE TRIGGER USER")
    run("DELETE FROM portal_auditseal WHERE number = 5")
    run("ALTER TABLE portal_auditseal ENABLE TRIGGER USER")
    with pytest.raises(CommandError, match="not in the trail"):
        verify("--expect", note)


def test_a_transaction_that_commits_late_is_not_skipped(transactional_db):
    series = NumberSeries.objects.create(series="filing")
    written, may_commit, entries = Event(), Event(), {}

    def write_and_dawdle():
        with transaction.atomic():
            entries["late"] = record("late", series, by=None)
            written.set()
            may_commit.wait(20)
        connection.close()

    slow = Thread(target=write_and_dawdle)
    slow.start()
    written.wait(20)
    entries["quick"] = record("quick", series, by=None)
    seal_audit()
    early = list(AuditSeal.objects.values_list("entry__event", flat=True))
    may_commit.set()
    slow.join()
    seal_all(2)

    assert entries["late"].pk < entries["quick"].pk
    assert early == []
    assert list(AuditSeal.objects.order_by("number").values_list("entry__event", flat=True)) == ["late", "quick"]
    assert "sound" in verify()


def test_an_act_that_was_rolled_back_leaves_no_gap_in_the_chain(transactional_db):
    series = NumberSeries.objects.create(series="filing")
    record("a", series, by=None)
    with pytest.raises(RuntimeError), transaction.atomic():
        record("b", series, by=None)
        raise RuntimeError
    record("c", series, by=None)
    seal_all(2)
    assert "2 seals" in verify()


def test_several_sealers_make_one_chain(transactional_db):
    series = NumberSeries.objects.create(series="filing")
    for n in range(30):
        record("saved", series, by=None, n=n)

    def work():
        for _ in range(5):
            seal()
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_all(30)
    assert AuditSeal.objects.count() == 30
    assert "30 seals, 0 entries" in verify()


def test_entries_restored_from_a_server_whose_count_was_further_are_sealed(sealed):
    far = 2**52
    AuditEntry.objects.create(actor_label="系统", event="restored", subject_type="x", subject_id="1", txid=far)
    seal_all(6)
    AuditSeal.objects.order_by("number").last()
    AuditEntry.objects.create(actor_label="系统", event="new", subject_type="x", subject_id="1")
    seal_all(7)
    assert "7 seals, 0 entries" in verify()
