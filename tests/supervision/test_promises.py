"""51: around the day an early filing promised its permit by, people are reminded in neutral words; nothing else happens."""

from datetime import timedelta

import pytest
from django.http import Http404

from portal.audit.models import AuditEntry
from portal.calendar import today
from portal.errors import Refused
from portal.notifications.models import Message
from projects.models import ConstructionPermit
from supervision.actions import change_promise, withdraw_filing
from supervision.actions.promises import send_promise_alerts
from supervision.catalogue import SPECS, Module
from supervision.models import Filing
from tests import make
from tests.supervision.acts import review_of, together

NEAR, PASSED, STATION = "filing.promise_near", "filing.promise_passed", "review.promise_passed"
PROMISED = today() + timedelta(days=60)


def before(days):
    return PROMISED - timedelta(days=days)


def early(module=Module.ADVANCE, **fields):
    return make.submitted_filing(module, **{"permit_promised_by": PROMISED} | fields)


def told(event):
    return [message.user for message in Message.objects.filter(event=event).order_by("created_at", "pk")]


@pytest.mark.django_db
@pytest.mark.parametrize("module", [Module.EARLY, Module.ADVANCE])
def test_the_applicant_is_reminded_30_and_7_days_before_and_told_on_the_day_after(module):
    """§5.7 51."""
    filing = early(module)
    author = filing.submitted_by
    sent = [send_promise_alerts(before(days)) for days in (31, 30, 29, 8, 7, 6, 1, 0)]
    assert sent == [0, 1, 0, 0, 1, 0, 0, 0]
    assert (told(NEAR), told(PASSED)) == ([author, author], [])
    assert [send_promise_alerts(before(days)) for days in (-1, -2, -90)] == [1, 0, 0]
    assert told(PASSED) == [author]


@pytest.mark.django_db
def test_the_stations_are_told_when_it_has_passed_and_not_before():
    """§5.7 51: the officer who decided, else everybody in the post."""
    filing = early()
    safety, quality, other = make.officer("safety"), make.officer("quality"), make.officer("safety")
    make.approved(review_of(filing, "safety"), by=safety)
    send_promise_alerts(before(7))
    assert told(STATION) == []
    send_promise_alerts(before(-1))
    assert set(told(STATION)) == {safety, quality} and other not in told(STATION)


@pytest.mark.django_db
def test_a_passed_promise_is_no_penalty():
    """§5.7 51: alert; no automatic penalty, and words that accuse nobody."""
    filing = make.filed_filing(permit_promised_by=PROMISED)
    was = Filing.objects.filter(pk=filing.pk).values().get()
    reviews = list(filing.reviews.order_by("pk").values())
    send_promise_alerts(before(-30))
    assert Filing.objects.filter(pk=filing.pk).values().get() == was
    assert list(filing.reviews.order_by("pk").values()) == reviews
    texts = "".join(message.subject + message.body for message in Message.objects.filter(event__in=[PASSED, STATION]))
    assert texts and not any(word in texts for word in ("违", "罚", "未批先建", "逾期"))


@pytest.mark.django_db
def test_a_task_that_comes_late_says_only_what_is_true_now():
    early()
    send_promise_alerts(before(3))
    assert (len(told(NEAR)), len(told(PASSED))) == (1, 0)
    send_promise_alerts(before(-40))
    assert (len(told(NEAR)), len(told(PASSED))) == (1, 1)


@pytest.mark.django_db
def test_nothing_is_said_once_the_project_has_its_permit():
    filing = early()
    permit = make.permit()
    ConstructionPermit.objects.filter(pk=permit.pk).update(project=filing.project)
    assert send_promise_alerts(before(-1)) == 0
    ConstructionPermit.objects.filter(pk=permit.pk).update(status="revoked")
    assert send_promise_alerts(before(-1)) == 1


@pytest.mark.django_db
def test_drafts_withdrawn_and_joint_filings_are_not_reminded():
    make.ready_filing(Module.ADVANCE, permit_promised_by=PROMISED)
    gone = early()
    withdraw_filing(gone, by=gone.submitted_by)
    make.submitted_filing(Module.JOINT, permit_promised_by=PROMISED)
    assert send_promise_alerts(before(-1)) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("module", [Module.EARLY, Module.ADVANCE])
def test_without_a_promise_the_modules_usual_time_counts(module):
    """§2.5: an early filing does not stay silent because its date was left empty."""
    early(module, permit_promised_by=None)
    end = today() + timedelta(days=SPECS[module].permit_promise_days)
    assert send_promise_alerts(end - timedelta(days=31)) == 0
    assert send_promise_alerts(end - timedelta(days=30)) == 1
    assert "一般期限" in Message.objects.get(event=NEAR).body


@pytest.mark.django_db(transaction=True)
def test_two_tasks_at_once_remind_once():
    early()
    assert together(*[lambda: send_promise_alerts(before(-1))] * 4) == ["done"] * 4
    assert len(told(PASSED)) == 1


# Another date


@pytest.mark.django_db
def test_another_date_is_told_to_the_stations_with_the_reason_and_reminds_anew():
    filing, officer = early(), make.officer("safety")
    send_promise_alerts(before(-1))
    later = PROMISED + timedelta(days=90)
    change_promise(filing, promised_by=later, reason="规划许可证补件", by=filing.submitted_by)
    filing.refresh_from_db()
    assert filing.permit_promised_by == later
    message = Message.objects.get(user=officer, event="review.promise_changed")
    assert "规划许可证补件" in message.body
    entry = AuditEntry.objects.get(event="filing.promise_changed")
    assert (entry.details["old"], entry.details["new"]) == (str(PROMISED), str(later))
    assert not Message.objects.filter(event=PASSED, handled_at=None).exists()
    assert send_promise_alerts(before(-1)) == 0
    assert send_promise_alerts(later - timedelta(days=30)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("promised_by", "reason", "sentence"), [(today(), "好", "应晚于今天"), (PROMISED, "  ", "请填写调整原因")]
)
def test_a_past_date_or_no_reason_is_refused(promised_by, reason, sentence):
    filing = early()
    with pytest.raises(Refused, match=sentence):
        change_promise(filing, promised_by=promised_by, reason=reason, by=filing.submitted_by)


@pytest.mark.django_db
def test_what_is_not_in_force_or_not_early_has_no_promise_to_change():
    draft = make.ready_filing(Module.ADVANCE)
    joint = make.submitted_filing(Module.JOINT)
    for filing, by in ((draft, draft.created_by), (joint, joint.submitted_by)):
        with pytest.raises(Refused, match="不能调整承诺日期"):
            change_promise(filing, promised_by=PROMISED, reason="好", by=by)


@pytest.mark.django_db
def test_strangers_and_stations_cannot_change_it(client):
    filing = early()
    for person in (make.site_officer(), make.officer()):
        with pytest.raises(Http404):
            change_promise(filing, promised_by=PROMISED, reason="好", by=person)
        client.force_login(person)
        assert client.get(f"/filing/{filing.pk}/promise/").status_code == 404


@pytest.mark.django_db
def test_the_page_leads_from_the_filing_to_a_new_date_and_back(client):
    filing = early()
    client.force_login(filing.submitted_by)
    page = client.get(filing.get_absolute_url()).content.decode()
    assert f"承诺 {PROMISED:%Y-%m-%d} 前取得施工许可证（还有 60 天）" in page
    assert f"/filing/{filing.pk}/promise/" in page
    later = PROMISED + timedelta(days=9)
    answer = {"promised_by": str(later), "reason": "材料补正中"}
    page = client.post(f"/filing/{filing.pk}/promise/", answer, follow=True).content.decode()
    assert f"{PROMISED:%Y-%m-%d} → {later:%Y-%m-%d}，材料补正中" in page


@pytest.mark.django_db
def test_the_home_pages_of_both_sides_show_it_while_it_lasts(client):
    filing, officer = early(permit_promised_by=today() + timedelta(days=5)), make.officer()
    client.force_login(filing.submitted_by)
    assert "还有 5 天" in client.get("/home/").content.decode()
    client.force_login(officer)
    assert "前取得施工许可证" not in client.get("/home/").content.decode()
    Filing.objects.filter(pk=filing.pk).update(permit_promised_by=today() - timedelta(days=2))
    assert "已过 2 天" in client.get("/home/").content.decode()
