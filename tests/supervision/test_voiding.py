"""作废, and what a receipt says of a filing that no longer counts (domain §5.7 43, 44)."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import Registration
from enterprises.actions import rename_enterprise
from enterprises.catalogue import RENAMED
from portal.errors import Refused
from projects.actions import join_project
from projects.models import ProjectUser
from projects.permissions import projects_open_to
from supervision.actions import void_filing
from supervision.models import Filing, SupervisionNumber
from supervision.receipt_pdf import lines
from tests import make
from tests.projects.acts import applied, told
from tests.supervision.acts import submit
from tests.supervision.changed import at_the_stations, fresh, site

pytestmark = pytest.mark.django_db


def verified(client, filing):
    return client.get(reverse("receipt-verify", args=[filing.receipt.code])).content.decode()


def test_an_application_for_a_project_whose_filing_got_voided_is_blocked_and_explained():
    """44, and 43 for those that wait."""
    where = site()
    waiting = applied(where.project, where.contractor)
    void_filing(where.filing, reason="材料造假。", by=make.operator())
    application = fresh(waiting)
    assert (application.status, "已作废" in application.reason) == (ProjectUser.Status.EXPIRED, True)
    assert told("project_user.expired") == ["赵敏"]
    assert not projects_open_to(where.contractor).exists()
    newcomer = make.person("新人")
    draft = Registration.objects.create(
        kind="project_user", owner=newcomer, expires_at=timezone.now() + timedelta(hours=1)
    )
    place = {"project": where.project, "enterprise": where.contractor, "position": waiting.position}
    with pytest.raises(Refused, match="已作废，暂不能申请加入"):
        join_project(draft, place=place, reuse={}, by=newcomer)


def test_it_ends_numbers_changes_and_the_hold_on_the_project():
    where = site()
    change = at_the_stations(where)
    void_filing(where.filing, reason="重复。", by=make.operator())
    filing = fresh(where.filing)
    assert (filing.status, filing.live_key, filing.void_reason) == (Filing.Status.VOIDED, None, "重复。")
    assert not SupervisionNumber.objects.filter(project=filing.project, ended_at=None).exists()
    assert fresh(change).status == "withdrawn"
    assert set(filing.reviews.values_list("status", flat=True)) == {"approved"}  # what was decided stays
    again = make.ready_filing(by=where.clerk, project=filing.project)
    assert submit(again, where.clerk).status == Filing.Status.SUBMITTED


def test_only_an_operator_voids_and_says_why():
    filing = make.filed_filing()
    for who in (filing.created_by, make.officer(chief=True), make.auditor()):
        with pytest.raises(Http404):
            void_filing(filing, reason="x", by=who)
    with pytest.raises(Refused, match="原因"):
        void_filing(filing, reason=" ", by=make.operator())
    with pytest.raises(Refused):
        void_filing(make.submitted_filing(), reason="x", by=make.operator())


def test_the_receipt_of_a_voided_filing_says_so(client):
    filing = make.filed_filing()
    assert "该回执真实有效。" in verified(client, filing)
    void_filing(filing, reason="x", by=make.operator())
    assert "已作废，回执失效" in verified(client, filing)
    assert "真实有效" not in verified(client, filing)


@pytest.mark.parametrize(
    ("status", "words"), [("superseded", "已转入后续报监"), ("under_review", "暂不具效力"), ("returned", "暂不具效力")]
)
def test_the_receipt_says_what_became_of_the_filing(client, status, words):
    filing = make.filed_filing()
    Filing.objects.filter(pk=filing.pk).update(status=status)
    page = verified(client, filing)
    assert words in page and "真实有效。" not in page


def test_the_timeline_tells_both_sides_why(client):
    filing = make.filed_filing()
    officer = make.officer("safety")
    void_filing(filing, reason="材料造假。", by=make.operator())
    for who in (filing.created_by, officer):
        client.force_login(who)
        page = client.get(filing.get_absolute_url()).content.decode()
        assert "报监作废" in page and "材料造假。" in page


def test_enterprise_renamed_documents_show_the_name_of_their_time_and_the_present_one(client):
    """25: USCC same; EnterpriseNameHistory; name at that time + (现名…)."""
    filing = make.filed_filing()
    party = filing.parties.get(party_type="contractor")
    unit, was = party.enterprise, party.unit_name
    make.ready_document(RENAMED.code, unit, make.pdf())
    rename_enterprise(unit, name="武汉新名建设有限公司", by=make.administrator_of(unit))
    shown = f"{was}（现名武汉新名建设有限公司）"
    assert shown in dict(lines(filing.receipt)).values()
    assert filing.receipt.facts["units"][1]["name"] == was  # what was issued is not rewritten
    assert shown in verified(client, filing)
    client.force_login(filing.created_by)
    for address in (filing.get_absolute_url(), reverse("filing:print", args=[filing.pk])):
        assert shown in client.get(address).content.decode()


def test_the_operators_pages(client):
    where = site()
    applied(where.project, where.contractor)
    operator = make.operator()
    client.force_login(operator)
    assert str(where.project) in client.get(reverse("console:projects")).content.decode()
    number = where.project.number
    assert client.get(reverse("console:projects"), {"q": number}).url == reverse(
        "console:project", args=[where.project.pk]
    )
    page = client.get(reverse("console:project", args=[where.project.pk])).content.decode()
    assert "待审核 1 人" in page and where.filing.number in page
    close = reverse("console:project-close", args=[where.project.pk])
    assert "1 个申请" in client.get(close).content.decode()
    assert client.post(close, {"reason": "已竣工。"}).status_code == 302
    assert "已关闭：已竣工。" in client.get(reverse("console:project", args=[where.project.pk])).content.decode()
    reopen = reverse("console:project-reopen", args=[where.project.pk])
    assert client.get(reopen).status_code == 200
    assert client.post(reopen).status_code == 302
    void = reverse("console:filing-void", args=[where.filing.pk])
    assert "作废不能撤销" in client.get(void).content.decode()
    assert client.post(void, {"reason": "重复。"}).status_code == 302
    assert fresh(where.filing).status == Filing.Status.VOIDED
    for who in (where.clerk, where.officers["safety"], make.auditor()):
        client.force_login(who)
        for address in (reverse("console:projects"), close, void):
            assert client.get(address).status_code == 404
