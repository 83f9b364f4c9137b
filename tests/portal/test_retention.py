"""manage.py purge: it shows what is due, does it only when told, and each rule forgets what it names and no more."""

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from accounts.privacy.closing import close_account
from portal.audit.models import AuditEntry
from portal.env import retention_days
from portal.notifications.models import Delivery, Message
from portal.retention import PurgeRun, Rule, carry_out, rules
from portal.tasks import purge as purge_nightly
from projects.actions import reject_application
from projects.models import ProjectParty, ProjectUser
from tests import make
from tests.projects.acts import applied, fresh, site

pytestmark = pytest.mark.django_db


def purge(*arguments):
    out = io.StringIO()
    call_command("purge", *arguments, stdout=out)
    return out.getvalue()


def days_ago(count):
    return timezone.now() - timedelta(days=count, minutes=1)


def refused(days):
    """Somebody who registered for a project and was refused so long ago: (person, photo)."""
    project, contractor, manager = site()
    person = make.person("赵敏")
    application = applied(project, contractor, person, files=False)
    photo = make.ready_document("id_photo", application, by=person)
    reject_application(application, reason="不是本项目人员。", by=manager)
    ProjectUser.objects.filter(pk=application.pk).update(decided_at=days_ago(days))
    return person, photo


def test_it_shows_what_it_would_do_and_does_nothing():
    person, photo = refused(30)
    shown = purge()
    assert "refused_newcomers" in shown and "1 due" in shown and "Nothing was deleted" in shown
    assert default_storage.exists(photo.key) and fresh(person).name == "赵敏" and not PurgeRun.objects.exists()


def test_told_to_it_does_it_and_says_so_in_the_trail():
    """PIPL art. 47: rejected - photo, letter, ID number gone in 30 days."""
    person, photo = refused(30)
    purge("--do")
    assert not default_storage.exists(photo.key)
    assert (fresh(person).name, fresh(person).id_number, fresh(person).is_active) == ("已注销用户", None, False)
    entries = AuditEntry.objects.filter(event="retention.purged").values_list("details", flat=True)
    assert {entry["rule"]: entry["count"] for entry in entries} == {"refused_files": 1, "refused_newcomers": 1}
    assert "1 due" not in purge()


def test_before_its_day_nothing_is_due():
    refused(28)
    assert "1 due" not in purge()


@pytest.mark.parametrize("tie", ["member", "applies again", "leads", "made by an enterprise", "asks"])
def test_whoever_belongs_somewhere_keeps_the_account(tie):
    person, _photo = refused(30)
    if tie == "member":
        make.member(make.enterprise(), person)
    if tie == "applies again":
        applied(*site("别的工程")[:2], person)
    if tie == "leads":
        ProjectParty.objects.filter(project=site("自己的工程")[0]).update(lead=person)
    if tie == "made by an enterprise":
        User.objects.filter(pk=person.pk).update(created_by=make.operator())
    if tie == "asks":
        person.data_requests.create(kind="correct", status="submitted")
    purge("--do", "--rule", "refused_newcomers")
    assert fresh(person).name == "赵敏"


def test_a_closed_account_is_forgotten_by_its_day():
    person = make.person("赵敏")
    close_account(person, by=None)
    User.objects.filter(pk=person.pk).update(closed_at=days_ago(29))
    assert "1 purged" in purge("--do", "--rule", "closed_accounts")
    assert fresh(person).name == "已注销用户"
    assert "0 purged" in purge("--do", "--rule", "closed_accounts")


def test_files_of_those_who_left_go_and_those_at_work_stay():
    contractor = make.enterprise()
    left, at_work = make.member(contractor), make.member(contractor)
    gone, kept = (make.ready_document("id_photo", one) for one in (left, at_work))
    type(left).objects.filter(pk=left.pk).update(status="left", ended_at=days_ago(180))
    purge("--do", "--rule", "left_member_files")
    assert not default_storage.exists(gone.key) and default_storage.exists(kept.key)


def test_old_messages_and_texts_go():
    person = make.person()
    message = Message.objects.create(user=person, event="project_user.applied", subject="x", body="y")
    Delivery.objects.create(
        message=message,
        event="x",
        channel="sms",
        address="1",
        text="y",
        key="k",
        state="sent",
        created_at=days_ago(180),
    )
    purge("--do")
    assert not Delivery.objects.exists() and Message.objects.exists()
    Message.objects.update(created_at=days_ago(1095))
    purge("--do")
    assert not Message.objects.exists()


def test_a_row_that_fails_hinders_no_other_and_stays_due():
    people = [make.person("赵敏"), make.person("吴倩")]

    def forget(row):
        if row == people[0]:
            raise OSError("the storage is away")
        User.objects.filter(pk=row.pk).update(name="x")

    rule = Rule("messages", "试", lambda cutoff: User.objects.filter(kind="personal").order_by("pk"), forget)
    run = carry_out(rule)
    assert (run.count, run.failed) == (1, 1)
    assert AuditEntry.objects.get(event="retention.purged").details["failed"] == 1


def test_a_rule_is_switched_off_by_the_setting_and_unknown_ones_are_refused(settings):
    settings.RETENTION_DAYS = {"messages": 10}
    assert [rule.code for rule in rules()] == ["messages"]
    with pytest.raises(CommandError):
        purge("--rule", "closed_accounts")


def test_the_nightly_run_obeys_its_setting(settings):
    person, _photo = refused(30)
    settings.PURGE_NIGHTLY = False
    purge_nightly()
    assert fresh(person).name == "赵敏"
    settings.PURGE_NIGHTLY = True
    purge_nightly()
    assert fresh(person).name == "已注销用户"


def test_the_setting_is_read_or_the_start_ends():
    defaults = {"messages": 1095, "deliveries": 180}
    assert retention_days(["messages:30", "deliveries:never"], defaults) == {"messages": 30}
    for wrong in ("letters:30", "messages", "messages:-1"):
        with pytest.raises(SystemExit):
            retention_days([wrong], defaults)
