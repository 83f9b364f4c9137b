"""新建用户 (guide §三.4, decisions 2, 3)."""

import re
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Registration, User
from enterprises.actions import add_member, answer_invitation, delete_member
from enterprises.models import Member, Position
from enterprises.shown import shown_of, state_of
from portal.audit.models import AuditEntry
from portal.documents.models import Document
from portal.notifications.models import Delivery, Message
from tests import make

pytestmark = pytest.mark.django_db


def new_url(enterprise):
    return reverse("enterprises:member-add", args=[enterprise.pk])


def list_url(enterprise):
    return reverse("enterprises:members", args=[enterprise.pk])


def values(**changed) -> dict:
    return {
        "name": "吴倩",
        "id_number": make.id_number(),
        "phone": make.phone(),
        "position": "1023",
        "department": "工程部",
        "photo": make.jpeg("正面.jpg"),
        "appointment": make.pdf("任职.pdf"),
        "consent": "on",
    } | changed


def add(desk, enterprise, **changed):
    return desk.post(new_url(enterprise), values(**changed))


def test_a_new_person_gets_an_account_with_the_initial_password(desk, enterprise, administrator):
    number, phone = make.id_number(), make.phone()

    response = add(desk, enterprise, id_number=number, phone=phone)

    member = Member.objects.get()
    user = member.user
    assert response.url == reverse("enterprises:member-added", args=[enterprise.pk, member.pk])
    assert (user.name, user.phone, user.id_number, user.kind) == ("吴倩", phone, number, "personal")
    assert user.check_password("Zjwh@123!") and user.must_change_password and user.phone_verified_at is None
    assert (member.status, member.position_id, member.department) == ("active", "1023", "工程部")
    assert (member.created_account, member.created_by) == (True, administrator)
    kinds = Document.objects.held_by(member).values_list("kind", flat=True)
    assert sorted(kinds) == ["appointment", "id_photo"]
    draft = Registration.objects.get()
    assert (draft.data, draft.completed_at is None) == ({}, False)


def test_the_person_is_texted_and_the_entry_names_them_masked(desk, enterprise):
    add(desk, enterprise)

    entry = AuditEntry.objects.get(event="member.added")
    assert (entry.subject_label, entry.enterprise_id, entry.details["consent"]) == ("吴*", enterprise.pk, True)
    delivery = Delivery.objects.get(event="member.created")
    assert enterprise.name in delivery.text and "Zjwh" not in delivery.text
    assert delivery.address == Member.objects.get().user.phone


def test_the_result_page_says_account_password_and_what_comes_first(desk, enterprise):
    phone = make.phone()
    page = desk.get(add(desk, enterprise, phone=phone).url).content.decode()
    for text in ("Zjwh@123!", "含感叹号", "首次登录", "验证码修改密码", f"{phone[:3]}****{phone[-4:]}"):
        assert text in page
    assert phone not in page


def test_the_new_account_opens_only_its_own_first_password(desk, client, enterprise):
    phone = make.phone()
    add(desk, enterprise, phone=phone)
    desk.logout()

    client.post("/", {"side": "enterprise", "account": phone, "password": settings.INITIAL_PASSWORD})

    assert client.get(reverse("enterprises:invitations")).url == reverse("accounts:first-password")


@pytest.mark.parametrize("missing", ["name", "id_number", "phone", "position", "photo", "consent"])
def test_what_is_required_is_asked_for_and_the_rest_stays(desk, enterprise, missing):
    given = values()
    del given[missing]

    page = desk.post(new_url(enterprise), given).content.decode()
    again = desk.get(new_url(enterprise)).content.decode()

    assert 'role="alert"' in page and not Member.objects.exists()
    for text in {"工程部", "任职.pdf"} | ({"正面.jpg"} - ({"正面.jpg"} if missing == "photo" else set())):
        assert text in page and text in again


def test_a_file_is_kept_when_another_field_is_wrong_and_sent_only_once(desk, enterprise):
    add(desk, enterprise, id_number="420102199001011111")
    second = values()
    del second["photo"], second["appointment"]

    desk.post(new_url(enterprise), second)

    assert Document.objects.held_by(Member.objects.get()).count() == 2


def test_a_photo_of_six_megabytes_is_refused_with_the_sentence_of_the_guide(desk, enterprise):
    big = make.jpeg("大.jpg")
    big.write(b"\0" * 6 * 1024 * 1024)
    big.size = len(big.file.getvalue())
    big.seek(0)
    page = add(desk, enterprise, photo=big).content.decode()
    assert "只能上传jpg/jpeg/png/PNG/JPG/JPEG文件，且不超过5M" in page and not Member.objects.exists()


def test_leaving_the_form_deletes_what_was_typed_about_somebody(desk, enterprise):
    add(desk, enterprise, name="")
    assert desk.post(new_url(enterprise), {"cancel": "1"}).url == list_url(enterprise)
    assert not Registration.objects.exists()
    assert set(Document.objects.values_list("key", flat=True)) == {""}


def test_sending_the_form_twice_makes_one_person(desk, enterprise):
    given = values(once="A" * 22)
    first = desk.post(new_url(enterprise), given)
    for name in ("photo", "appointment"):
        given[name].seek(0)
    second = desk.post(new_url(enterprise), given)
    assert first.url == second.url and Member.objects.count() == 1


def test_the_same_person_is_not_added_twice(desk, enterprise):
    number, phone = make.id_number(), make.phone()
    add(desk, enterprise, id_number=number, phone=phone)

    response = add(desk, enterprise, id_number=number, phone=phone)

    assert response.status_code == 409 and "已在本企业的用户列表中" in response.content.decode()
    assert Member.objects.count() == User.objects.filter(kind="personal").count() == 1


def test_another_enterprise_cannot_use_this_draft(enterprise, administrator):
    other = make.enterprise()
    draft = Registration.objects.create(kind="member", owner=administrator, expires_at=timezone.now())
    given = {"name": "吴倩", "id_number": make.id_number(), "phone": make.phone(), "department": ""}
    given["position"] = Position.objects.get(pk="1023")
    from_other = make.administrator_of(other)

    with pytest.raises(Exception) as caught:
        add_member(other, draft=draft, values=given, by=from_other)
    assert type(caught.value).__name__ == "Http404" and not Member.objects.exists()


# Who has an account already


@pytest.mark.parametrize("known_by", ["id_number", "phone", "both"])
def test_who_has_an_account_is_asked_and_keeps_it(desk, enterprise, known_by):
    person = make.person("李晓楠")
    before = (person.name, person.phone, person.id_number, person.password)
    number = person.id_number if known_by != "phone" else make.id_number()
    phone = person.phone if known_by != "id_number" else make.phone()

    add(desk, enterprise, name="李晓楠", id_number=number, phone=phone)

    member, person = Member.objects.get(), User.objects.get(pk=person.pk)
    assert (member.user, member.status, member.created_account) == (person, "invited", False)
    assert (person.name, person.phone, person.id_number, person.password) == before
    assert person.must_change_password is False
    assert Message.objects.get(event="member.invited").user == person
    disputed = AuditEntry.objects.filter(event="identity.disputed").exists()
    assert disputed is (known_by != "both")


def test_every_page_reads_the_same_for_a_known_and_an_unknown_person(desk, enterprise, administrator):
    known = make.person("李晓楠")
    pages = [pages_about(desk, enterprise, number) for number in (make.id_number(), known.id_number)]
    assert pages[0] == pages[1]
    assert not any("李" in page for page in pages[1])


def pages_about(desk, enterprise, number) -> list[str]:
    """All pages about 王五 with this ID number, without what is different each time; then 王五 is deleted."""
    done = add(desk, enterprise, name="王五", id_number=number)
    member = Member.objects.get()
    names = ["edit", "delete", "reset"]
    urls = [reverse(f"enterprises:member-{name}", args=[enterprise.pk, member.pk]) for name in names]
    urls += [done.url, list_url(enterprise), f"{list_url(enterprise)}?status=waiting"]
    texts = [desk.get(url).content.decode() for url in urls]
    delete_member(member, by=make.administrator_of(enterprise))
    return [re.sub(f"{UUID}|{TOKEN}|{TIME}|{TAIL}", "", text) for text in texts]


UUID, TOKEN = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r'(?<=name=")(csrfmiddlewaretoken|once)" value="[^"]*'
TIME, TAIL = r"\d\d:\d\d(:\d\d)?(\.\d+)?", r"(?<=\*{4})[0-9X]{4}"


def test_the_log_does_not_tell_that_a_number_is_somebody_elses(desk, enterprise):
    known = make.person("李晓楠")
    add(desk, enterprise, name="王五", phone=known.phone)
    page = desk.get(reverse("enterprises:log", args=[enterprise.pk])).content.decode()
    assert "新建用户" in page and "王*" in page
    assert "李" not in page and page.count("<tr>") == 2
    assert AuditEntry.objects.get(event="identity.disputed").enterprise_id is None


def test_until_they_agree_the_list_shows_what_was_typed_and_finds_by_it(desk, enterprise):
    known = make.person("李晓楠")
    add(desk, enterprise, name="王五", id_number=make.id_number(), phone=known.phone)

    page = desk.get(list_url(enterprise)).content.decode()
    assert "王五" in page and "李" not in page and "待本人确认" in page
    found = desk.post(list_url(enterprise), {"keyword": "王五"}, follow=True).content.decode()
    assert found.count("<tr>") == 2
    lost = desk.post(list_url(enterprise), {"keyword": "晓楠"}, follow=True).content.decode()
    assert "没有符合条件的用户" in lost


@pytest.mark.django_db(transaction=True)
def test_two_enterprises_that_add_the_same_new_person_at_once_share_one_account():
    make.reference()
    number, phone, start = make.id_number(), make.phone(), Barrier(2, timeout=10)
    position = Position.objects.get(pk="1023")
    firms = [make.enterprise(), make.enterprise()]
    jobs = []
    for firm in firms:
        by = make.administrator_of(firm)
        jobs.append((firm, by, Registration.objects.create(kind="member", owner=by, expires_at=timezone.now())))

    def add_at_once(firm, by, draft):
        given = {"name": "吴倩", "id_number": number, "phone": phone, "department": "", "position": position}
        start.wait()
        try:
            add_member(firm, draft=draft, values=given, by=by)
        finally:
            connection.close()

    threads = [Thread(target=add_at_once, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert User.objects.filter(kind="personal").count() == 1
    assert sorted(Member.objects.values_list("status", flat=True)) == ["active", "invited"]


# The person answers


@pytest.fixture
def invited(desk, enterprise):
    person = make.person("李晓楠")
    add(desk, enterprise, name="李晓楠", id_number=person.id_number, phone=person.phone)
    desk.force_login(person)
    return Member.objects.get()


def answer_url(member, move):
    return reverse("enterprises:invitation-answer", args=[member.pk, move])


def test_the_person_reads_who_asks_and_agrees(desk, enterprise, invited):
    page = desk.get(reverse("enterprises:invitations")).content.decode()
    assert enterprise.name in page and enterprise.uscc in page and "资料员" in page

    desk.post(answer_url(invited, "accept"))

    invited.refresh_from_db()
    assert (invited.status, shown_of(invited).name) == ("active", "李晓楠")
    assert Registration.objects.get(pk=invited.pk).data == {}
    assert Message.objects.get(event="member.accepted").user == make.administrator_of(enterprise)
    assert Message.objects.get(event="member.invited").handled_at is not None
    assert AuditEntry.objects.get(event="member.accepted").enterprise_id == enterprise.pk


def test_the_person_declines_and_their_files_and_numbers_go(
    desk, enterprise, invited, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(answer_url(invited, "decline"))

    invited.refresh_from_db()
    assert (invited.status, shown_of(invited)) == ("declined", ("李晓楠", "", ""))
    assert set(Document.objects.values_list("key", flat=True)) == {""}
    assert Message.objects.get(event="member.declined").user == make.administrator_of(enterprise)


def test_nobody_answers_for_somebody_else(desk, enterprise, invited):
    for stranger in (make.person(), make.administrator_of(enterprise)):
        desk.force_login(stranger)
        assert desk.post(answer_url(invited, "accept")).status_code == 404
    invited.refresh_from_db()
    assert invited.status == "invited"


def test_an_invitation_is_answered_once(desk, invited):
    desk.post(answer_url(invited, "decline"))
    assert desk.post(answer_url(invited, "accept")).status_code == 409


def test_after_declining_somebody_can_be_asked_again(desk, enterprise, administrator, invited):
    answer_invitation(invited, "decline", by=invited.user)
    desk.force_login(administrator)

    add(desk, enterprise, id_number=invited.user.id_number, phone=invited.user.phone)

    assert sorted(Member.objects.values_list("status", flat=True)) == ["declined", "invited"]


def test_the_other_apps_hear_when_somebody_becomes_a_member(desk, enterprise, invited, monkeypatch):
    heard = []
    monkeypatch.setattr("enterprises.permissions._arrivals", [lambda member, by: heard.append((member.pk, by.pk))])
    desk.post(answer_url(invited, "accept"))
    assert heard == [(invited.pk, invited.user_id)]


def test_an_account_that_closed_unused_is_opened_again_for_the_same_person(desk, enterprise):
    number, phone = make.id_number(), make.phone()
    first = make.enterprise()
    closed = User(kind="personal", username="p-closed", name="吴倩", is_active=False, must_change_password=True)
    closed.set_id_number(number)
    closed.set_phone(phone)
    closed.save()
    make.member(first, closed, created_account=True)

    add(desk, enterprise, id_number=number, phone=phone)

    closed.refresh_from_db()
    assert closed.is_active and closed.check_password("Zjwh@123!")
    assert state_of(Member.objects.get(enterprise=enterprise)) == "waiting"


# Files


def test_the_administrator_and_the_person_may_read_the_files_others_not(client, enterprise, administrator):
    member = make.member(enterprise)
    photo = make.ready_document("id_photo", member, by=administrator)
    url = reverse("documents:file", args=[photo.pk])

    for user, status in [
        (administrator, 200),
        (member.user, 200),
        (make.member(enterprise).user, 404),
        (make.administrator_of(make.enterprise()), 404),
    ]:
        client.force_login(user)
        assert client.get(url).status_code == status
    client.logout()
    assert client.get(url).status_code == 404


def test_the_licence_is_for_the_own_administrator(client, enterprise, administrator):
    licence = make.ready_document("business_licence", enterprise, by=administrator)
    url = reverse("documents:file", args=[licence.pk])
    for user, status in [(administrator, 200), (make.member(enterprise).user, 404)]:
        client.force_login(user)
        assert client.get(url).status_code == status


def test_a_file_by_script_goes_into_the_draft_of_this_administrator(desk, enterprise, administrator):
    url = reverse("enterprises:member-file", args=[enterprise.pk, "photo"])
    assert desk.post(url, {"file": make.jpeg()}, HTTP_ACCEPT="application/json").status_code == 201
    draft = Registration.objects.get(kind="member")
    assert (draft.owner, Document.objects.held_by(draft).count()) == (administrator, 1)
    desk.force_login(make.administrator_of(make.enterprise()))
    assert desk.post(url, {"file": make.jpeg()}, HTTP_ACCEPT="application/json").status_code == 404


def test_what_a_script_keeps_is_there_after_a_reload(desk, enterprise):
    keep = reverse("enterprises:member-keep", args=[enterprise.pk])
    assert desk.post(keep, {"name": "吴倩", "position": "1018"}).status_code == 204
    page = desk.get(new_url(enterprise)).content.decode()
    assert 'value="吴倩"' in page and '<option value="1018" selected>' in page
    assert desk.post(reverse("enterprises:member-keep", args=[make.enterprise().pk]), {}).status_code == 404
