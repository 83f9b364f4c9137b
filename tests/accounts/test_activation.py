"""激活: a one-time link by SMS instead of the initial password, where the setting says so (feature B5)."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.activation import A_DAY, activate, forget_old_activations, send_activation
from accounts.models import Activation, User
from enterprises.actions import delete_member, import_members, keep_roster, reset_password
from enterprises.models import Member
from enterprises.roster import Row
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Delivery
from tests import make
from tests.accounts.steps import sign_in
from tests.enterprises.test_add_member import values

PASSWORD = "Chun-feng-2026"
OVER = "链接已失效"


@pytest.fixture(autouse=True)
def by_link(settings):
    settings.ACTIVATION_BY_LINK = True


@pytest.fixture
def person(db) -> User:
    """Added by an enterprise, and not yet here."""
    found = make.person("王小明", must_change_password=True, phone_verified_at=None)
    found.set_unusable_password()
    found.save()
    return found


def link_to(person: User) -> str:
    """The path in the newest text to the person's phone."""
    text = Delivery.objects.filter(event="account.activation").latest("pk").text
    return re.search(r"/activate/[\w-]+/", text)[0]


def sent(person: User) -> str:
    send_activation(person, sender="湖北楚天宏基建设集团有限公司", by=None)
    return link_to(person)


def set_password(client: Client, link: str, password: str = PASSWORD):
    return client.post(link, {"password": password, "password_again": password}, follow=True)


@pytest.mark.django_db
def test_the_person_sets_a_password_by_the_link_and_signs_in(client, person):
    link = sent(person)
    page = client.get(link).content.decode()
    assert "王**" in page and person.phone not in page

    assert "账号已激活" in set_password(client, link).content.decode()
    person.refresh_from_db()
    assert person.check_password(PASSWORD) and not person.must_change_password and person.phone_verified_at
    assert AuditEntry.objects.filter(event="account.activated").exists()
    assert sign_in(client, person.phone, PASSWORD).url == "/home/"


@pytest.mark.django_db
def test_looking_does_not_use_the_link_up_and_using_does(client, person):
    link = sent(person)
    assert client.get(link).status_code == client.get(link).status_code == 200
    set_password(client, link)
    for answer in (client.get(link), set_password(client, link, "Qiu-yue-20267")):
        assert answer.status_code == 404 and OVER in answer.content.decode()


@pytest.mark.django_db
def test_a_weak_password_leaves_the_link_as_it_was(client, person):
    link = sent(person)
    assert set_password(client, link, "12345678").status_code == 200
    assert client.get(link).status_code == 200 and Activation.objects.get().used_at is None


@pytest.mark.django_db
def test_the_old_link_is_dead_when_a_new_one_is_sent(client, person):
    first, second = sent(person), sent(person)
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200


@pytest.mark.django_db
def test_a_link_expires(client, person, settings):
    link = sent(person)
    Activation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(link).status_code == 404
    Activation.objects.update(expires_at=timezone.now() - timedelta(days=31))
    forget_old_activations()
    assert not Activation.objects.exists()


@pytest.mark.django_db
def test_a_link_opens_nothing_once_the_account_has_another_phone_or_its_phone_is_disputed(client, person):
    """Edge case 41: who holds a recycled number does not get the account of the person before."""
    link, number = sent(person), person.phone
    person.set_phone(make.phone())
    person.save()
    assert client.get(link).status_code == 404
    person.set_phone(number)
    person.phone_disputed_at = timezone.now()
    person.save()
    assert client.get(link).status_code == 404


@pytest.mark.django_db
def test_an_unknown_link_and_a_used_one_get_the_same_answer(client, person):
    link = sent(person)
    set_password(client, link)
    used, unknown = (client.get(url).content.decode().partition("<main")[2] for url in (link, "/activate/unknown/"))
    assert used == unknown and OVER in unknown


@pytest.mark.django_db
def test_only_a_hash_of_the_link_is_kept(person):
    token = sent(person).split("/")[2]
    kept = Activation.objects.get()
    assert token not in (kept.token_hash, kept.phone_index) and len(kept.token_hash) == 64
    assert Delivery.objects.get().wipe  # the text goes when it was sent


@pytest.mark.django_db
def test_a_person_is_sent_so_many_links_a_day_whoever_asks(person):
    for _turn in range(A_DAY):
        sent(person)
    with pytest.raises(Refused, match="明天再试"):
        sent(person)


@pytest.mark.django_db
def test_who_has_a_password_gets_no_link(person):
    sent(person)
    person.must_change_password = False
    person.save()
    with pytest.raises(Refused, match="不需要激活"):
        sent(person)


@pytest.mark.django_db
def test_somebody_elses_session_in_the_browser_ends(client, person):
    client.force_login(make.person())
    set_password(client, sent(person))
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_of_two_uses_at_one_moment_one_counts(person):
    make.reference()
    token = sent(person).split("/")[2]
    start, results = Barrier(2), []

    def use(password):
        start.wait()
        results.append(activate(token, password))
        connection.close()

    threads = [Thread(target=use, args=[password]) for password in (PASSWORD, "Qiu-yue-20267")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result is None for result in results) == [False, True]


# 用户管理


@pytest.fixture
def enterprise(db):
    return make.enterprise("湖北楚天宏基建设集团有限公司")


@pytest.fixture
def administrator(enterprise):
    return make.administrator_of(enterprise)


def listed(enterprise, administrator, **changed) -> Member:
    make.reference()
    given = {name: values()[name] for name in ("name", "id_number", "phone", "department")} | {"position": "1023"}
    draft = keep_roster(enterprise, [Row(number=2, typed=[], values=given | changed, faults={})], by=administrator)
    import_members(enterprise, draft, by=administrator)
    return Member.objects.get(enterprise=enterprise)


@pytest.mark.django_db
def test_a_new_member_gets_a_link_and_no_initial_password(client, enterprise, administrator, settings):
    member = listed(enterprise, administrator)
    assert not member.user.has_usable_password()
    assert [one.event for one in Delivery.objects.all()] == ["account.activation"]
    assert enterprise.name in Delivery.objects.get().text
    answer = sign_in(client, member.user.phone, settings.INITIAL_PASSWORD)
    assert "账号或密码错误" in answer.content.decode()

    client.force_login(administrator)
    page = client.get(f"/platform/enterprises/{enterprise.pk}/users/{member.pk}/reset/").content.decode()
    assert "重新发送" in page and settings.INITIAL_PASSWORD not in page


@pytest.mark.django_db
def test_the_administrator_sends_the_link_again(client, enterprise, administrator):
    member = listed(enterprise, administrator)
    first = link_to(member.user)
    reset_password(member, by=administrator)
    assert client.get(first).status_code == 404
    assert "账号已激活" in set_password(client, link_to(member.user)).content.decode()


@pytest.mark.django_db
def test_who_is_deleted_before_they_came_has_no_link_left(client, enterprise, administrator):
    member = listed(enterprise, administrator)
    link = link_to(member.user)
    delete_member(member, by=administrator)
    assert client.get(link).status_code == 404


@pytest.mark.django_db
def test_without_the_setting_the_initial_password_is_as_the_guide_says(enterprise, administrator, settings):
    settings.ACTIVATION_BY_LINK = False
    member = listed(enterprise, administrator)
    assert member.user.check_password(settings.INITIAL_PASSWORD)
    assert not Activation.objects.exists()
