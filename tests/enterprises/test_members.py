"""用户管理: the list, editing, disabling, leaving, deleting, passwords and systems of people."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from enterprises.actions import delete_member, move_member, reset_password, set_member_systems
from enterprises.models import BusinessSystem, Member
from enterprises.permissions import enterprises_granted
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Delivery, Message
from tests import make

pytestmark = pytest.mark.django_db


def url(name, member, *more):
    return reverse(f"enterprises:member-{name}", args=[member.enterprise_id, member.pk, *more])


def list_url(enterprise):
    return reverse("enterprises:members", args=[enterprise.pk])


@pytest.fixture
def member(enterprise):
    """Somebody who works here and has signed in."""
    return make.member(enterprise, make.person("张三丰", last_login=timezone.now()))


@pytest.fixture
def unused(enterprise):
    """An account that was made here and never used."""
    person = make.person("王小明", must_change_password=True)
    return make.member(enterprise, person, created_account=True)


@pytest.fixture
def invited(enterprise):
    return make.member(enterprise, make.person("李四"), status="invited")


def state(member) -> str:
    return Member.objects.get(pk=member.pk).status


# The list


def test_the_columns_stand_in_order_and_numbers_are_masked(desk, enterprise, member):
    page = desk.get(list_url(enterprise)).content.decode()

    heads = page.partition("<thead>")[2].partition("</thead>")[0]
    columns = ["姓名", "手机号", "身份证号", "职务", "部门", "状态", "最近登录", "操作"]
    assert [column for column in columns if column in heads] == columns
    assert "张三丰" in page and "资料员" in page and "在职" in page
    assert member.user.phone not in page and member.user.id_number not in page
    assert f"{member.user.phone[:3]}****{member.user.phone[-4:]}" in page


def find(desk, enterprise, **conditions) -> str:
    response = desk.post(list_url(enterprise), conditions, follow=True)
    for value in conditions.values():
        assert value not in response.redirect_chain[-1][0] or value in ("1023", "disabled", "left", "1009")
    return response.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]


def test_people_are_found_by_name_phone_and_last_four_digits(desk, enterprise, member):
    other = make.member(enterprise, make.person("赵敏"))
    for keyword in ("三丰", member.user.phone, member.user.phone[-4:]):
        rows = find(desk, enterprise, keyword=keyword)
        assert "张三丰" in rows and "赵敏" not in rows
    assert "赵敏" in find(desk, enterprise, keyword=f"+86 {other.user.phone}")


def test_a_part_of_a_phone_or_an_id_number_finds_nobody(desk, enterprise, member):
    for keyword in (member.user.phone[:7], member.user.id_number, "%", "_"):
        assert "张三丰" not in find(desk, enterprise, keyword=keyword)


def test_the_keyword_stands_in_no_address(desk, enterprise, member):
    response = desk.post(list_url(enterprise), {"keyword": "张三丰", "status": "active"}, follow=True)
    page = response.content.decode()
    assert "张三丰" not in response.redirect_chain[-1][0]
    assert "%E5%BC%A0" not in page and "keyword=" not in page
    assert "q=" in response.redirect_chain[-1][0] and "status=active" in response.redirect_chain[-1][0]


def test_post_and_state_restrict_the_list(desk, enterprise, member):
    manager = make.member(enterprise, make.person("陈建桥"), position="1009")
    gone = make.member(enterprise, make.person("孙国安"), status="left")

    everybody = find(desk, enterprise)
    assert "张三丰" in everybody and "陈建桥" in everybody and "孙国安" not in everybody
    assert "张三丰" not in find(desk, enterprise, position="1009")
    assert manager.user.name in find(desk, enterprise, position="1009")
    assert gone.user.name in find(desk, enterprise, status="left")


def test_the_list_has_pages(desk, enterprise):
    for _ in range(11):
        make.member(enterprise)
    page = desk.get(list_url(enterprise) + "?page=2").content.decode()
    assert "共 11 条" in page and "10条/页" in page and page.count("<tr>") == 2


def test_people_of_another_enterprise_are_not_found(desk, enterprise):
    make.member(make.enterprise(), make.person("外单位人"))
    assert "外单位人" not in find(desk, enterprise, keyword="外单位人")


# 编辑


def test_post_and_department_are_changed_and_nothing_else(desk, enterprise, member):
    before = User.objects.get(pk=member.user_id).__dict__["phone_index"]
    given = {"position": "1018", "department": " 安全  部 ", "phone": "13900000000", "id_number": "1", "status": "left"}

    desk.post(url("edit", member), given)

    changed = Member.objects.get(pk=member.pk)
    assert (changed.position_id, changed.department, changed.status) == ("1018", "安全 部", "active")
    assert changed.user.phone_index == before
    assert AuditEntry.objects.get(event="member.changed").subject_label == "张**"


def test_somebody_who_left_is_not_edited(desk, enterprise):
    gone = make.member(enterprise, status="left")
    assert desk.post(url("edit", gone), {"position": "1018"}).status_code == 409


@pytest.mark.parametrize("page", ["edit", "systems", "delete", "reset", "added"])
def test_a_person_of_another_enterprise_does_not_exist_here(desk, enterprise, page):
    theirs = make.member(make.enterprise())
    for pk in (enterprise.pk, theirs.enterprise_id):
        address = reverse(f"enterprises:member-{page}", args=[pk, theirs.pk])
        assert (desk.get(address).status_code, desk.post(address).status_code) == (404, 404)


# 停用, 启用, 离职


def signed_in(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_disabling_ends_the_sessions_and_the_right_at_once(desk, enterprise, member):
    make.granted(enterprise)
    browser = signed_in(member.user)
    assert "立即退出登录" in desk.get(url("state", member, "disable")).content.decode()

    desk.post(url("state", member, "disable"))

    assert state(member) == "disabled"
    assert browser.get(reverse("enterprises:invitations")).status_code == 302
    assert not enterprises_granted(member.user, "filing").exists()
    assert Message.objects.get(event="member.disabled").user == member.user
    assert User.objects.get(pk=member.user_id).is_active


def test_enabling_gives_the_right_back(desk, enterprise, member):
    make.granted(enterprise)
    for move in ("disable", "enable"):
        desk.post(url("state", member, move))
    assert enterprises_granted(member.user, "filing").get() == enterprise


def test_leaving_ends_the_membership_for_good(desk, member):
    desk.post(url("state", member, "leave"))

    left = Member.objects.get(pk=member.pk)
    assert (left.status, left.ended_at is None) == ("left", False)
    assert desk.post(url("state", member, "enable")).status_code == 409
    events = list(AuditEntry.objects.filter(subject_id=str(member.pk)).values_list("event", "subject_label"))
    assert events == [("member.left", "张**")]


def test_somebody_who_left_can_be_added_again(enterprise, administrator, member):
    move_member(member, "leave", by=administrator)
    assert make.member(enterprise, member.user, status="invited").pk


def test_consequences_known_to_other_apps_are_said_before(desk, enterprise, member, monkeypatch):
    monkeypatch.setattr(
        "enterprises.permissions._consequences", [lambda enterprise, *, system, user: [f"{user} 是 1 个项目的项目经理"]]
    )
    assert "张三丰 是 1 个项目的项目经理" in desk.get(url("state", member, "leave")).content.decode()


def test_an_unknown_move_does_not_exist(desk, member):
    for move in ("accept", "decline", "vanish"):
        assert desk.post(url("state", member, move)).status_code == 404


@pytest.mark.parametrize("who", ["invited", "unused"])
@pytest.mark.parametrize("move", ["disable", "leave"])
def test_who_has_not_confirmed_is_only_deleted(desk, request, who, move):
    waiting = request.getfixturevalue(who)

    assert desk.post(url("state", waiting, move)).status_code == 409

    assert state(waiting) in ("invited", "active")


def test_nobody_is_signed_out_by_an_enterprise_that_only_invited_them(desk, invited):
    browser = signed_in(invited.user)
    for name in ("delete", "reset"):
        desk.post(url(name, invited))
    assert browser.get(reverse("enterprises:invitations")).status_code == 200


@pytest.mark.parametrize("action", [move_member, delete_member, reset_password])
def test_only_the_own_administrator_acts(member, action):
    other = make.administrator_of(make.enterprise())
    for stranger in (other, member.user, make.operator()):
        with pytest.raises(Exception) as caught:
            action(member, *(["disable"] if action is move_member else []), by=stranger)
        assert type(caught.value).__name__ == "Http404"
    assert state(member) == "active"


# 删除


def test_an_unused_account_is_deleted_with_its_files_so_that_the_numbers_are_free(
    desk, enterprise, administrator, unused, django_capture_on_commit_callbacks
):
    photo = make.ready_document("id_photo", unused, by=administrator)
    number, phone = unused.user.id_number, unused.user.phone

    with django_capture_on_commit_callbacks(execute=True):
        desk.post(url("delete", unused))

    assert not Member.objects.exists() and User.objects.by_id_number(number) is None
    assert make.person(phone=phone, id_number=number).pk
    photo.refresh_from_db()
    assert (photo.state, photo.key) == ("removed", "")
    assert AuditEntry.objects.get(event="member.deleted").subject_label == "王**"


def test_deleting_an_invitation_leaves_the_account_alone(desk, invited):
    desk.post(url("delete", invited))
    assert not Member.objects.exists() and User.objects.filter(pk=invited.user_id).exists()


def test_an_unused_account_that_somebody_else_invited_stays(desk, unused):
    make.member(make.enterprise(), unused.user, status="invited")
    desk.post(url("delete", unused))
    assert Member.objects.count() == 1 and User.objects.filter(pk=unused.user_id).exists()


def test_who_has_acted_is_not_deleted(desk, member):
    response = desk.post(url("delete", member))
    assert response.status_code == 409 and "请办理离职" in response.content.decode()
    assert state(member) == "active"


# 重置密码


def test_an_account_made_here_gets_the_initial_password_and_is_signed_out(desk, enterprise):
    ours = make.member(enterprise, make.person(last_login=timezone.now()), created_account=True)
    browser = signed_in(ours.user)
    assert "恢复为初始密码" in desk.get(url("reset", ours)).content.decode()

    desk.post(url("reset", ours))

    user = User.objects.get(pk=ours.user_id)
    assert user.check_password("Zjwh@123!") and user.must_change_password
    assert browser.get(reverse("enterprises:invitations")).url.startswith("/?next=")
    assert Delivery.objects.get(event="member.password_reset").address == user.phone


@pytest.mark.parametrize("made_here", [True, False])
def test_an_account_that_belongs_elsewhere_too_keeps_its_password(desk, enterprise, made_here):
    shared = make.member(enterprise, make.person(last_login=timezone.now()), created_account=made_here)
    if made_here:
        make.member(make.enterprise(), shared.user)
    assert "找回密码的链接" in desk.get(url("reset", shared)).content.decode()

    desk.post(url("reset", shared))

    assert User.objects.get(pk=shared.user_id).password == shared.user.password
    assert reverse("accounts:recover") in Delivery.objects.get(event="member.recovery_sent").text


def test_a_tie_to_another_app_counts_as_belonging_elsewhere(enterprise, administrator, monkeypatch):
    ours = make.member(enterprise, make.person(last_login=timezone.now()), created_account=True)
    monkeypatch.setattr("enterprises.permissions._ties", [lambda user: user == ours.user])
    reset_password(ours, by=administrator)
    assert User.objects.get(pk=ours.user_id).password == ours.user.password


def test_who_has_not_confirmed_is_told_again(desk, invited, unused):
    for waiting, event in ((invited, "member.invited"), (unused, "member.password_reset")):
        desk.post(url("reset", waiting))
        assert Message.objects.get(event=event).user == waiting.user
    assert User.objects.get(pk=invited.user_id).password == invited.user.password
    assert set(AuditEntry.objects.filter(subject_type="enterprises.member").values_list("event", flat=True)) == {
        "member.password_reset"
    }


def test_an_account_that_closed_unused_is_open_again(desk, unused):
    User.objects.filter(pk=unused.user_id).update(is_active=False)
    desk.post(url("reset", unused))
    assert User.objects.get(pk=unused.user_id).is_active


def test_nobody_is_texted_without_end(enterprise, administrator, member):
    for _ in range(3):
        reset_password(member, by=administrator)
    with pytest.raises(Refused):
        reset_password(member, by=administrator)


# Systems of one person


def test_a_system_is_switched_off_for_one_person_only(desk, enterprise, member):
    colleague = make.member(enterprise)
    make.granted(enterprise), make.granted(enterprise, "credit")
    page = desk.get(url("systems", member)).content.decode()
    assert page.count('name="systems"') == 2 + 0 and page.count(" checked") == 2

    desk.post(url("systems", member), {"systems": ["credit"], "confirmed": "1"})

    assert not enterprises_granted(member.user, "filing").exists()
    assert enterprises_granted(member.user, "credit").get() == enterprise
    assert enterprises_granted(colleague.user, "filing").get() == enterprise
    assert AuditEntry.objects.get(event="member.systems_changed").details == {"on": ["credit"], "off": ["filing"]}


def test_a_system_that_the_enterprise_does_not_have_cannot_be_ticked(desk, enterprise, member):
    make.granted(enterprise)
    desk.post(url("systems", member), {"systems": ["patrol"]})
    assert not member.exclusions.exists() and not enterprises_granted(member.user, "patrol").exists()


def test_switching_on_again_forgets_the_exclusion(enterprise, administrator, member):
    make.granted(enterprise)
    for left_on in ([], ["filing"]):
        set_member_systems(member, systems=BusinessSystem.objects.filter(pk__in=left_on), by=administrator)
    assert enterprises_granted(member.user, "filing").get() == enterprise
