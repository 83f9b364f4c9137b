"""停工 and 恢复施工 (domain §5.7 53)."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.audit.models import AuditEntry
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications.models import Message
from projects.actions import resume_works, suspend_works
from projects.models import Standstill
from tests import make
from tests.projects.acts import together

YEAR = timedelta(days=366)


@pytest.fixture
def place(db):
    """A filed project and somebody of its 建设单位."""
    filing = make.filed_filing()
    owner = filing.parties.get(party_type="owner").enterprise
    return filing.project, make.member(owner, make.person("周启明")).user, filing


def stopped(place, days=30):
    project, by, _filing = place
    return suspend_works(project, since=timezone.localdate() - timedelta(days=days), reason="资金未到位", by=by)


def test_53_suspended_for_a_year_resume_asks_for_permit_re_verification_proof(place):
    """Edge case 53: suspended ≥ 1 year, resume asks for permit re-verification proof."""
    _project, by, _filing = place
    still = stopped(place, YEAR.days)
    with pytest.raises(Refused, match="核验"):
        resume_works(still, on=timezone.localdate(), by=by)
    assert Standstill.objects.get().resumed_on is None
    resume_works(still, on=timezone.localdate(), proof=make.pdf(), by=by)
    assert Document.objects.get(holder_id=still.pk).kind == "permit_recheck"
    assert [entry.event for entry in AuditEntry.objects.filter(event__startswith="project.works_").order_by("pk")] == [
        "project.works_suspended",
        "project.works_resumed",
    ]


def test_a_shorter_standstill_needs_no_proof_and_those_concerned_are_told(place):
    _project, by, filing = place
    resume_works(stopped(place), on=timezone.localdate(), by=by)
    told = {message.user for message in Message.objects.filter(event="project.works_resumed")}
    assert filing.submitted_by in told and by not in told
    officers = {review.assignee for review in filing.reviews.all() if review.assignee}
    assert officers <= told


@pytest.mark.parametrize(("days", "asks"), [(0, True), (1, False)])
def test_a_year_is_counted_to_the_day(place, days, asks):
    still = Standstill(since=timezone.localdate().replace(year=2024, month=3, day=1))
    assert still.needs_recheck(still.since.replace(year=2025) - timedelta(days=days)) is asks


def test_it_is_reported_and_resumed_from_the_page(place):
    project, by, _filing = place
    client = Client()
    client.force_login(by)
    url, detail = (reverse(name, args=[project.pk]) for name in ("projects:standstill", "projects:detail"))
    assert "登记停工" in client.get(detail).content.decode()
    since = timezone.localdate() - YEAR
    assert client.post(url, {"since": since.isoformat(), "reason": "资金未到位"}).status_code == 302
    assert "项目停工" in client.get(detail).content.decode()
    assert "停工已满一年" in client.get(url).content.decode()
    today = timezone.localdate().isoformat()
    assert "请上传发证机关的核验证明" in client.post(url, {"on": today}).content.decode()
    assert client.post(url, {"on": today, "proof": make.pdf()}).status_code == 302
    assert "项目停工" not in client.get(detail).content.decode()
    assert "资金未到位" in client.get(url).content.decode()


def test_only_the_owner_reports_it(place):
    project, _by, filing = place
    colleague = filing.submitted_by
    for stranger in (make.site_officer(), colleague, make.officer()):
        client = Client()
        client.force_login(stranger)
        url = reverse("projects:standstill", args=[project.pk])
        assert (client.get(url).status_code, client.post(url, {}).status_code) == (404, 404)
        with pytest.raises(Http404):
            suspend_works(project, since=timezone.localdate(), reason="x", by=stranger)


def test_a_project_stands_still_once(place):
    stopped(place)
    with pytest.raises(Refused):
        stopped(place)


@pytest.mark.django_db(transaction=True)
def test_two_who_report_at_once_make_one_standstill(transactional_db):
    make.reference()
    filing = make.filed_filing()
    owner = filing.parties.get(party_type="owner").enterprise
    people = [make.member(owner, make.person(name)).user for name in ("周启明", "李晓楠")]
    facts = {"since": timezone.localdate(), "reason": "资金未到位"}
    together(*(lambda by=by: suspend_works(filing.project, **facts, by=by) for by in people))
    assert Standstill.objects.count() == 1
