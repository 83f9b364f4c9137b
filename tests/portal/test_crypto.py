"""What is sealed stays sealed: in the database, on another row, without its key."""

import copy
import pickle

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from portal.crypto import (
    EncryptedJSONField,
    EncryptedTextField,
    Sealed,
    Undecipherable,
    blind_index,
    open_bytes,
    reencrypt,
    seal_bytes,
)
from portal.ids import Identified, uuid7

ID_NUMBER = "420102198503129010"
OLD_KEY, NEW_KEY = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"

with isolate_apps("portal"):

    class Person(Identified):
        name = models.CharField(max_length=20, default="周启明")
        id_number = EncryptedTextField(null=True, blank=True)
        phone = EncryptedTextField(blank=True, default="")
        answers = EncryptedJSONField(default=dict)

        class Meta:
            app_label = "portal"
            db_table = "test_crypto_person"

    class Numbered(models.Model):
        secret = EncryptedTextField()

        class Meta:
            app_label = "portal"


@pytest.fixture
def people(db):
    with connection.schema_editor() as editor:
        editor.create_model(Person)
    yield Person.objects


@pytest.fixture
def keys(settings):
    settings.FIELD_KEYS = {"old": OLD_KEY}
    return settings


def stored(person, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM test_crypto_person WHERE id = %s", [person.pk])
        return cursor.fetchone()[0]


# bytes


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_was_sealed_is_opened_at_its_place(data, place):
    place = place.encode(errors="replace").decode()
    assert open_bytes(seal_bytes(data, place), place) == data


def test_what_was_sealed_is_not_opened_at_another_place():
    with pytest.raises(Undecipherable):
        open_bytes(seal_bytes(b"photo", "document:1"), "document:2")


@given(st.integers(min_value=0), st.integers(1, 255))
def test_any_changed_byte_is_noticed(position, difference):
    blob = bytearray(seal_bytes(ID_NUMBER.encode(), "here"))
    blob[position % len(blob)] ^= difference
    with pytest.raises(Undecipherable):
        open_bytes(bytes(blob), "here")


@pytest.mark.parametrize("length", range(50))
def test_a_cut_value_is_refused(length):
    blob = seal_bytes(ID_NUMBER.encode(), "here")
    with pytest.raises(Undecipherable):
        open_bytes(blob[:length] if length < len(blob) else b"", "here")


def test_the_same_value_never_looks_the_same():
    assert len({seal_bytes(b"420102", "here") for _ in range(100)}) == 100


def test_a_value_of_an_older_key_is_opened_and_the_first_key_seals(keys):
    old = seal_bytes(b"secret", "here")
    keys.FIELD_KEYS = {"new": NEW_KEY, "old": OLD_KEY}
    new = seal_bytes(b"secret", "here")
    assert (open_bytes(old, "here"), open_bytes(new, "here")) == (b"secret", b"secret")
    assert (b"old" in old, b"new" in new) == (True, True)


def test_a_value_whose_key_is_gone_says_so(keys):
    old = seal_bytes(b"secret", "here")
    keys.FIELD_KEYS = {"new": NEW_KEY}
    with pytest.raises(Undecipherable, match="no key 'old'"):
        open_bytes(old, "here")


def test_a_value_does_not_open_with_another_key_of_the_same_id(keys):
    old = seal_bytes(b"secret", "here")
    keys.FIELD_KEYS = {"old": NEW_KEY}
    with pytest.raises(Undecipherable):
        open_bytes(old, "here")


# index


def test_an_index_is_the_same_each_time_and_another_for_each_purpose(settings):
    settings.INDEX_KEY = "11" * 32
    index = blind_index("19900000001", purpose="phone")
    assert index == blind_index("19900000001", purpose="phone")
    assert len(index) == 64 and int(index, 16)
    assert index != blind_index("19900000001", purpose="id_number")
    assert index != blind_index("19900000002", purpose="phone")
    settings.INDEX_KEY = "22" * 32
    assert index != blind_index("19900000001", purpose="phone")


# fields


def test_a_row_comes_back_as_it_was_saved(people):
    saved = people.create(id_number=ID_NUMBER, phone="19900000001", answers={"步骤": [1, None, "二"]})
    found = people.get(pk=saved.pk)
    assert (found.id_number, found.phone, found.answers) == (ID_NUMBER, "19900000001", {"步骤": [1, None, "二"]})
    assert (saved.id_number, saved.answers["步骤"]) == (ID_NUMBER, [1, None, "二"])


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=100))
def test_any_text_survives_sealing_for_a_row(text):
    person = Person()
    field = Person._meta.get_field("id_number")
    assert field.unseal(field.seal(text, person), person) == text


def test_the_database_holds_no_plain_text(people):
    person = people.create(id_number=ID_NUMBER, answers={"phone": "19900000001"})
    assert ID_NUMBER not in stored(person, "id_number")
    assert "1990000" not in stored(person, "answers")


def test_nothing_and_empty_text_are_stored_as_they_are(people):
    person = people.create(id_number=None, phone="")
    assert (stored(person, "id_number"), stored(person, "phone")) == (None, "")
    assert people.filter(id_number=None, phone="").count() == 1
    assert people.filter(id_number__isnull=False).count() == 0


def test_an_empty_answer_sheet_is_sealed_and_comes_back(people):
    person = people.create()
    assert stored(person, "answers") not in ("{}", None)
    assert people.get(pk=person.pk).answers == {}


def test_a_value_is_opened_only_when_it_is_read(people):
    people.create(id_number=ID_NUMBER)
    person = people.get()
    assert isinstance(person.__dict__["id_number"], Sealed)
    assert person.id_number == ID_NUMBER
    assert person.__dict__["id_number"] == ID_NUMBER


def test_a_value_moved_to_another_row_is_refused(people):
    mine, theirs = people.create(id_number=ID_NUMBER), people.create(id_number="420106197908259033")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE test_crypto_person SET id_number = %s WHERE id = %s", [stored(theirs, "id_number"), mine.pk]
        )
    moved = people.get(pk=mine.pk)
    with pytest.raises(Undecipherable, match="portal.person.id_number"):
        moved.id_number  # noqa: B018


def test_a_value_moved_to_another_field_is_refused(people):
    person = people.create(id_number=ID_NUMBER, phone="19900000001")
    people.update(phone=models.F("id_number"))
    with pytest.raises(Undecipherable):
        people.get(pk=person.pk).phone  # noqa: B018


def test_plain_text_put_in_from_outside_is_refused(people):
    person = people.create(id_number=ID_NUMBER)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_crypto_person SET id_number = %s", [ID_NUMBER])
    with pytest.raises(Undecipherable):
        people.get(pk=person.pk).id_number  # noqa: B018


def test_saving_another_field_leaves_an_unread_value_as_it_is(people):
    person = people.create(id_number=ID_NUMBER)
    before = stored(person, "id_number")
    unread = people.get()
    unread.name = "陈建桥"
    unread.save()
    assert stored(person, "id_number") == before
    assert people.get().name == "陈建桥"


def test_a_changed_value_is_sealed_anew(people):
    person = people.create(id_number=ID_NUMBER, answers={"step": 1})
    person = people.get()
    person.id_number = "420106197908259033"
    person.answers["step"] = 2
    person.save(update_fields=["id_number", "answers"])
    assert (people.get().id_number, people.get().answers) == ("420106197908259033", {"step": 2})


def test_a_copy_of_a_row_gets_its_own_seal_or_fails_loudly(people):
    people.create(id_number=ID_NUMBER)
    read, unread = people.defer("answers").get(), people.defer("answers").get()
    read.id_number, read.phone, read.answers  # noqa: B018
    for twin in (read, unread):
        twin.pk, twin._state.adding = uuid7(), True
    read.save()
    assert people.get(pk=read.pk).id_number == ID_NUMBER
    with pytest.raises(Undecipherable):
        unread.save()


def test_rows_are_written_in_bulk(people):
    made = people.bulk_create([Person(id_number=ID_NUMBER), Person(id_number=None)])
    assert [people.get(pk=one.pk).id_number for one in made] == [ID_NUMBER, None]


def test_plain_text_never_reaches_an_update_or_a_filter(people):
    person = people.create(id_number=ID_NUMBER)
    for attempt in (
        lambda: people.update(id_number="420106197908259033"),
        lambda: people.update(answers={"step": 2}),
        lambda: people.bulk_update([person], ["id_number"]),
        lambda: people.filter(id_number=ID_NUMBER).exists(),
        lambda: people.filter(id_number__in=[ID_NUMBER]).exists(),
    ):
        with pytest.raises(TypeError, match="sealed"), transaction.atomic():
            attempt()
    people.update(id_number=None)
    assert people.get().id_number is None


def test_deferred_values_are_fetched_and_opened(people):
    people.create(id_number=ID_NUMBER, phone="19900000001")
    assert people.only("name").get().id_number == ID_NUMBER
    assert people.defer("phone").get().phone == "19900000001"
    fresh = people.only("name").get()
    fresh.refresh_from_db()
    assert fresh.id_number == ID_NUMBER


def test_values_without_a_row_stay_sealed(people):
    people.create(id_number=ID_NUMBER)
    assert repr(people.values_list("id_number", flat=True).get()) == "<sealed>"


def test_a_person_survives_pickle_and_copy():
    user = User(username="p-1", name="周启明")
    user.set_id_number(ID_NUMBER)
    sealed = User._meta.get_field("id_number").seal(ID_NUMBER, user)
    user.__dict__["id_number"] = sealed
    data = pickle.dumps(user)
    assert ID_NUMBER.encode() not in data
    assert (pickle.loads(data).id_number, copy.copy(user).id_number) == (ID_NUMBER, ID_NUMBER)


def test_a_model_whose_key_comes_from_the_database_is_refused():
    errors = Numbered._meta.get_field("secret").check()
    assert [error.id for error in errors] == ["portal.E001"]
    assert Person._meta.get_field("id_number").check() == []


def test_values_of_an_older_key_are_sealed_anew(people, keys):
    old = people.create(id_number=ID_NUMBER, phone="19900000001")
    keys.FIELD_KEYS = {"new": NEW_KEY, "old": OLD_KEY}
    people.create(id_number="420106197908259033")
    people.create(id_number=None)

    assert list(reencrypt(Person, "id_number")) == [old.pk]
    assert list(reencrypt(Person, "id_number")) == []

    keys.FIELD_KEYS = {"new": NEW_KEY}
    assert people.get(pk=old.pk).id_number == ID_NUMBER
    with pytest.raises(Undecipherable):
        people.get(pk=old.pk).phone  # noqa: B018


def test_a_value_written_meanwhile_is_left_alone_by_reencryption(people, keys):
    person = people.create(id_number=ID_NUMBER)
    people.create(id_number=ID_NUMBER)
    keys.FIELD_KEYS = {"new": NEW_KEY, "old": OLD_KEY}
    renewed = reencrypt(Person, "id_number")
    first = next(renewed)
    other = people.exclude(pk=first).get()
    other.id_number = "420106197908259033"
    other.save()
    assert list(renewed) == []
    assert {one.id_number for one in people.all()} == {ID_NUMBER, "420106197908259033"}
    assert person.pk in (first, other.pk)


def test_system_checks_accept_the_models_of_the_portal():
    call_command("check", "--tag=models", verbosity=0)
