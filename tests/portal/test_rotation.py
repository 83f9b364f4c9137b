"""manage.py rotate_keys: everything sealed comes under the current key, nothing is lost, the frozen stays frozen."""

import io
import os

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.adapter import SecondFactorAdapter
from accounts.models import User
from accounts.privacy.copies import ask_for_copy, open_copy
from accounts.tasks import make_data_copies
from portal.audit.models import AuditEntry
from portal.crypto import Undecipherable
from portal.documents import storage
from portal.env import local_field_keys, make_field_key
from portal.rotation import ROTATING, columns, places, resealing, rotate
from supervision.actions.sections import kept_text, typed_text
from supervision.models import Filing, FilingVersion
from tests import make
from tests.projects.acts import fresh

pytestmark = pytest.mark.django_db
NEW_KEY = "ffeeddccbbaa99887766554433221100"


@pytest.fixture
def turned(settings):
    """Call it to put another key in front, and again to take the old one away."""
    old = dict(settings.FIELD_KEYS)

    def turn(*, keep_old=True):
        settings.FIELD_KEYS = {"k9": NEW_KEY} | (old if keep_old else {})

    return turn


def rotate_keys(*arguments):
    out = io.StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue()


def test_every_encrypted_column_of_every_model_is_found():
    labels = {place.label for place in places()}
    assert {"accounts.user.phone", "supervision.filingversion.data", "portal.message.body"} <= labels
    assert {"documents", "mfa.authenticator.data", "data copies", "supervision.filing.malformed"} <= labels


def test_after_a_rotation_the_old_key_is_needed_nowhere(turned):
    person = make.person("赵敏")
    number = person.id_number
    filing = make.submitted_filing()
    version = filing.versions.get()
    data = version.data
    photo = make.ready_document("id_photo", make.member(make.enterprise(), person), by=person)
    bytes_before = storage.read(photo)
    secret = SecondFactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
    factor = Authenticator.objects.create(user=person, type="totp", data={"secret": secret})
    copy = ask_for_copy(by=person)
    make_data_copies()
    copy = fresh(copy)
    kept = {"parties": {"owner.head_phone": [kept_text(filing, "owner.head_phone", "1380013"), "号码不对"]}}
    Filing.objects.filter(pk=filing.pk).update(malformed=kept)
    turned()
    assert "not under the current key k9" in rotate_keys("--check")
    said = rotate_keys()
    assert "Everything is under the current key k9" in said and "supervision.filingversion.data: 1 sealed anew" in said
    turned(keep_old=False)
    assert fresh(person).id_number == number
    assert FilingVersion.objects.get(pk=version.pk).data == data
    renewed = fresh(photo)
    assert renewed.key != photo.key and storage.read(renewed) == bytes_before
    assert not default_storage.exists(photo.key)
    assert SecondFactorAdapter().decrypt(fresh(factor).data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert open_copy(copy, by=person)[:2] == b"PK"
    text, why = fresh(filing).malformed["parties"]["owner.head_phone"]
    assert (typed_text(filing, "owner.head_phone", text), why) == ("1380013", "号码不对")
    assert AuditEntry.objects.filter(event="keys.rotated").count() == 1


def test_a_run_that_was_stopped_goes_on_where_it_was(turned):
    for _each in range(3):
        make.person()
    turned()
    place = next(place for place in columns() if place.label == "accounts.user.id_number")
    rows = list(place.stale())
    assert place.renew(rows[0])
    outcome = rotate(place)
    assert (outcome.renewed, outcome.left, outcome.broken) == (len(rows) - 1, 0, 0)
    assert list(place.stale()) == []


def test_a_value_that_is_written_meanwhile_wins(turned):
    person = make.person()
    turned()
    place = next(place for place in columns() if place.label == "accounts.user.phone")
    row = next(row for row in place.stale() if row.pk == person.pk)
    newer = fresh(person)
    newer.set_phone("13900001111")
    newer.save()
    assert not place.renew(row)
    assert fresh(person).phone == "13900001111"


def test_what_cannot_be_read_is_left_and_said(turned, settings):
    person = make.person()
    settings.FIELD_KEYS = {"k9": NEW_KEY}
    with pytest.raises(CommandError, match="cannot be read"):
        rotate_keys()
    with pytest.raises(Undecipherable):
        _ = User.objects.get(pk=person.pk).phone


def frozen(statement, *values):
    """Whether the database refuses it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except DatabaseError as error:
        return "not rewritten" in str(error)
    return False


def test_a_version_is_sealed_anew_only_where_the_session_says_so_and_nothing_else_of_it():
    version = make.submitted_filing().versions.get()
    reseal = "UPDATE supervision_filingversion SET data = data || '' WHERE id = %s"
    assert frozen(reseal, version.pk)
    with resealing():
        assert not frozen(reseal, version.pk)
        for change in (
            "works_name = 'x'",
            "number = 9",
            "digest = 'x'",
            "acknowledged = '[1]'",
            "submitted_at = now()",
        ):
            assert frozen(f"UPDATE supervision_filingversion SET {change}, data = data WHERE id = %s", version.pk)
        assert frozen("DELETE FROM supervision_filingversion WHERE id = %s", version.pk)
    assert frozen(reseal, version.pk)


def test_whoever_does_not_own_the_tables_cannot_say_so():
    """The setting itself is anybody's; the web's role owns no table."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE supervision_filingversion OWNER TO pg_database_owner")
    version = make.submitted_filing().versions.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'on', true)", [ROTATING])
    assert frozen("UPDATE supervision_filingversion SET data = data || '' WHERE id = %s", version.pk)


def test_the_next_local_key_becomes_current_and_the_older_one_stays(tmp_path):
    tmp_path.joinpath("field_key_k1").write_text("0123456789abcdef0123456789abcdef")
    assert make_field_key(tmp_path) == "field_key_k2"
    assert list(local_field_keys(tmp_path)) == ["k2", "k1"]


def test_processes_that_do_not_know_the_key_stop_the_run(settings, tmp_path):
    settings.PORTAL_VAR, settings.KEYS_DIR = tmp_path, tmp_path / "keys"
    settings.FIELD_KEYS = {"k2": NEW_KEY}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "environment").write_text("{}")
    os.utime(tmp_path / "run" / "environment", (1, 1))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "field_key_k2").write_text(NEW_KEY)
    with pytest.raises(CommandError, match="Restart it first"):
        rotate_keys()
