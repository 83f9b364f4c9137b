"""更名 (domain §5.7 25) and 暂停 (58)."""

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from enterprises.actions import rename_enterprise, restore_enterprise, suspend_enterprise, verify_enterprise
from enterprises.catalogue import LETTER, LICENCE, RENAMED
from enterprises.permissions import may_read_of_enterprise
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import create_filing, save_basics
from supervision.models import Filing
from tests import make
from tests.supervision.acts import resubmit, submit

pytestmark = pytest.mark.django_db
NEW = "武汉新名建设有限公司"


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def renamed(unit, name=NEW):
    make.ready_document(RENAMED.code, unit, make.pdf())
    return rename_enterprise(unit, name=name, by=make.administrator_of(unit))


def test_enterprise_renamed_keeps_its_code_and_its_former_name():
    """25: USCC same; EnterpriseNameHistory."""
    unit = make.enterprise()
    was, code = unit.name, unit.uscc
    renamed(unit)
    unit = fresh(unit)
    assert (unit.name, unit.uscc, unit.verification) == (NEW, code, "unverified")
    assert unit.names.get().name == was
    assert make.administrator_of(unit).name == NEW


def test_a_new_licence_is_asked_for_each_time():
    unit = make.enterprise()
    with pytest.raises(Refused, match="营业执照"):
        rename_enterprise(unit, name=NEW, by=make.administrator_of(unit))
    renamed(unit)
    with pytest.raises(Refused, match="营业执照"):
        rename_enterprise(unit, name="又一个名称有限公司", by=make.administrator_of(unit))


def test_strangers_do_not_rename():
    unit = make.enterprise()
    for who in (make.administrator_of(make.enterprise()), make.site_officer(at=unit), make.operator()):
        with pytest.raises(Http404):
            rename_enterprise(unit, name=NEW, by=who)


def test_the_page_of_the_new_name(client):
    unit = make.enterprise()
    client.force_login(make.administrator_of(unit))
    url = reverse("enterprises:rename", args=[unit.pk])
    assert url in client.get(reverse("enterprises:detail", args=[unit.pk])).content.decode()
    assert "请上传更名后的营业执照" in client.post(url, {"name": NEW}).content.decode()
    assert client.post(url, {"name": NEW, "licence": make.pdf()}).status_code == 302
    assert "曾用名" in client.get(url).content.decode()
    client.force_login(make.administrator_of(make.enterprise()))
    assert client.get(url).status_code == 404
    assert client.post(reverse("enterprises:rename-file", args=[unit.pk])).status_code == 404


def test_enterprise_suspended_with_live_projects_reads_and_replies_but_files_nothing_new(client):
    """58: read + reply still allowed; no new filings."""
    author = make.site_officer()
    unit = make.employer_of(author)
    returned, draft = make.submitted_filing(by=author), make.ready_filing(by=author)
    make.returned(returned.reviews.get(role="safety"))
    suspend_enterprise(unit, reason="欠缴罚款。", by=make.operator())

    client.force_login(author)
    assert client.get(returned.get_absolute_url()).status_code == 200
    assert str(draft) in client.get(reverse("filing:list", args=["advance"])).content.decode()
    assert resubmit(Filing.objects.get(pk=returned.pk), author).status != Filing.Status.RETURNED
    save_basics(draft, {"remarks": "继续填写"}, version=draft.basics_version, by=author)
    with pytest.raises(Refused) as refusal:
        submit(fresh(draft), author)
    assert "欠缴罚款。" in "".join(map(str, refusal.value.reasons))
    with pytest.raises(Refused, match="暂停期间"):
        create_filing(module="advance_service", enterprise=unit, by=author)
    restore_enterprise(unit, by=make.operator())
    assert submit(fresh(draft), author).status == Filing.Status.SUBMITTED


def test_only_operators_suspend_and_say_why(client):
    unit = make.enterprise()
    for who in (make.administrator_of(unit), make.officer(chief=True), make.auditor()):
        with pytest.raises(Http404):
            suspend_enterprise(unit, reason="x", by=who)
    with pytest.raises(Refused, match="原因"):
        suspend_enterprise(unit, reason=" ", by=make.operator())
    client.force_login(make.operator())
    assert unit.name in client.get(reverse("enterprises:console")).content.decode()
    page = reverse("enterprises:suspend", args=[unit.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": "欠缴罚款。"}).status_code == 302
    assert fresh(unit).status == "suspended"
    back = reverse("enterprises:restore", args=[unit.pk])
    assert client.get(back).status_code == 200
    assert client.post(back).status_code == 302
    assert (fresh(unit).status, fresh(unit).suspended_reason) == ("active", "")
    client.force_login(make.site_officer())
    for address in (reverse("enterprises:console"), page, back):
        assert client.get(address).status_code == 404


# 核验


def verified(unit, agrees=True, by=None):
    return verify_enterprise(unit, agrees=agrees, note="公示系统 2026-11-22 查询", by=by or make.operator())


def test_an_operator_verifies_and_the_enterprise_is_told(client):
    unit, operator = make.enterprise(), make.operator()
    make.ready_document(LICENCE.code, unit, make.pdf())
    client.force_login(operator)
    url = reverse("enterprises:verify", args=[unit.pk])
    assert url in client.get(reverse("enterprises:console")).content.decode()
    page = client.get(url).content.decode()
    assert unit.uscc in page and "营业执照" in page and unit.legal_representative in page

    client.post(url, {"agrees": "yes", "note": "公示系统 2026-11-22 查询"})

    unit = fresh(unit)
    assert (unit.verification, unit.verified_by) == ("verified", operator) and unit.verified_at
    assert Message.objects.filter(user=make.administrator_of(unit), event="enterprise.verified").exists()
    assert AuditEntry.objects.filter(event="enterprise.verified", enterprise_id=unit.pk).exists()
    assert operator.name in client.get(reverse("enterprises:console")).content.decode()


def test_a_difference_is_said_with_its_reason_and_stops_nothing(client):
    unit = make.enterprise()
    verified(unit, agrees=False)
    client.force_login(make.administrator_of(unit))
    page = client.get(reverse("enterprises:detail", args=[unit.pk])).content.decode()
    assert "核验不一致" in page and "公示系统 2026-11-22 查询" in page and "正常" in page


def test_a_conclusion_needs_its_ground_and_an_operator(client):
    unit = make.enterprise()
    with pytest.raises(Refused, match="核验依据"):
        verify_enterprise(unit, agrees=True, note=" ", by=make.operator())
    for who in (make.administrator_of(unit), make.auditor(), make.officer()):
        with pytest.raises(Http404):
            verified(unit, by=who)
        client.force_login(who)
        assert client.get(reverse("enterprises:verify", args=[unit.pk])).status_code == 404


def test_another_name_is_not_verified():
    unit = make.enterprise()
    verified(unit)
    renamed(unit)
    unit = fresh(unit)
    assert (unit.verification, unit.verified_by, unit.verified_at) == ("unverified", None, None)


def test_the_mark_stands_where_an_enterprise_is_chosen_and_reviewed(client):
    unit = make.enterprise("武汉标记建筑有限公司")
    day = f"已核验 {timezone.localdate():%Y-%m-%d}"
    person = make.site_officer(at=make.granted(verified(unit)))
    client.force_login(person)
    assert (
        client.get("/enterprises/find/", {"q": "标记"}, headers={"accept": "application/json"}).json()["rows"][0][
            "verification"
        ]
        == day
    )
    for address in (f"/enterprises/join/?q={unit.uscc}", "/projects/join/"):
        assert day in client.get(address).content.decode(), address
    filing = make.submitted_filing(by=person)
    client.force_login(make.officer("safety"))
    review = filing.reviews.get(role="safety")
    page = client.get(reverse("review:detail", args=[review.pk])).content.decode()
    assert f"{unit.uscc}（{day}）" in page


def test_operators_read_the_licence_and_nothing_personal():
    unit, operator = make.enterprise(), make.operator()
    licence, letter = (make.ready_document(kind.code, unit, make.pdf()) for kind in (LICENCE, LETTER))
    assert may_read_of_enterprise(operator, licence, None)
    assert not may_read_of_enterprise(operator, letter, None)
