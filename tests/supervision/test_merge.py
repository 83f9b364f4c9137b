"""合并重复项目 (domain §5.7 33)."""

import pytest
from django.http import Http404
from django.urls import reverse

from accounts.models import Target
from portal.errors import Refused
from projects.actions import with_number
from projects.models import ProjectParty, ProjectUser
from supervision.actions import answer_merge, ask_merge, cancel_merge
from supervision.catalogue import Module
from supervision.models import Filing, ProjectMerge, SupervisionNumber
from tests import make
from tests.projects.acts import applied, told
from tests.supervision.acts import submit, together
from tests.supervision.changed import fresh, site

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    return make.operator()


def two_filed_with_permits():
    """Two projects, each approved under its own permit."""
    author = make.site_officer()
    filings = [make.filed_filing(Module.JOINT, by=author) for _each in range(2)]
    assert filings[0].permit != filings[1].permit
    return author, *filings


def chiefs():
    return {role: make.officer(role, chief=True) for role in Target.values}


def test_duplicate_projects_merged_everything_is_repointed_and_old_numbers_resolve(operator):
    """33: survivor picked; filings, memberships re-pointed; old numbers resolve."""
    where = site()
    duplicate = make.project(name=where.project.name)
    draft = make.draft_filing(by=where.clerk, project=duplicate)
    number = duplicate.project_no
    merge = ask_merge(where.project, duplicate, reason="同一工程。", by=operator)
    assert (merge.status, merge.moved["filings"]) == (ProjectMerge.Status.DONE, 1)
    assert fresh(draft).project == where.project
    assert with_number(number) == where.project
    assert fresh(duplicate).merged_into == where.project
    assert told("merge.done") == ["吴倩"]


def test_the_survivor_may_be_the_one_without_a_filing(operator):
    where = site()
    waiting = applied(where.project, where.contractor)
    survivor, old = make.project(), where.project
    ask_merge(survivor, old, reason="同一工程。", by=operator)
    filing, survivor = fresh(where.filing), fresh(survivor)
    assert (filing.project, filing.live_key, filing.status) == (survivor, str(survivor.pk), Filing.Status.FILED)
    assert survivor.filed_at is not None
    assert fresh(waiting).project == survivor
    assert ProjectParty.objects.get(project=survivor, party_type="contractor", ended_at=None).lead == where.manager
    assert set(SupervisionNumber.objects.filter(ended_at=None).values_list("project", flat=True)) == {survivor.pk}


def test_a_person_on_both_stays_once_and_the_approval_outlives_the_application(operator):
    where = site()
    other = fresh(site().project)
    Filing.objects.filter(project=other).update(status="withdrawn", live_key=None)
    person = make.person("赵敏")
    here, there = applied(where.project, where.contractor, person), applied(other, where.contractor, person)
    ProjectUser.objects.filter(pk=there.pk).update(
        status="approved", decided_by=where.clerk, decided_at=here.applied_at
    )
    ask_merge(where.project, other, reason="同一工程。", by=operator)
    assert (fresh(here).status, fresh(there).status, fresh(there).project) == ("expired", "approved", where.project)


def test_two_approved_with_different_permits_need_both_stations_consent(operator):
    """33."""
    leads = chiefs()
    _author, first, second = two_filed_with_permits()
    merge = ask_merge(first.project, second.project, reason="同一工程。", by=operator)
    assert merge.status == ProjectMerge.Status.WAITING
    assert fresh(second).project == second.project
    consents = {consent.role: consent for consent in merge.consents.all()}
    assert set(consents) == {"safety", "quality"}
    answer_merge(consents["safety"], agreed=True, by=leads["safety"])
    assert fresh(merge).status == ProjectMerge.Status.WAITING
    answer_merge(consents["quality"], agreed=True, by=leads["quality"])
    assert fresh(merge).status == ProjectMerge.Status.DONE
    keys = {fresh(filing).live_key for filing in (first, second)}
    assert keys == {f"{first.project_id}:{filing.permit_id}" for filing in (first, second)}
    standing = SupervisionNumber.objects.filter(ended_at=None)
    assert standing.count() == 2
    ended = SupervisionNumber.objects.exclude(ended_at=None)
    assert {one.successor.number for one in ended} == {one.number for one in standing}


def test_one_station_that_does_not_agree_stops_it(operator):
    leads = chiefs()
    _author, first, second = two_filed_with_permits()
    merge = ask_merge(first.project, second.project, reason="同一工程。", by=operator)
    consent = merge.consents.get(role="quality")
    with pytest.raises(Refused, match="理由"):
        answer_merge(consent, agreed=False, by=leads["quality"])
    answer_merge(consent, agreed=False, opinion="两个地块。", by=leads["quality"])
    assert (fresh(merge).status, fresh(second).project) == (ProjectMerge.Status.DECLINED, second.project)
    assert told("merge.declined") == [operator.name]
    ask_merge(first.project, second.project, reason="再次核实。", by=operator)


def test_two_live_filings_that_cannot_stand_beside_each_other_are_named(operator):
    first, second = make.submitted_filing(), make.submitted_filing()
    with pytest.raises(Refused) as refusal:
        ask_merge(first.project, second.project, reason="同一工程。", by=operator)
    text = "".join(map(str, refusal.value.reasons))
    assert first.number in text and second.number in text
    assert fresh(second).project == second.project


def test_only_operators_merge_and_only_chiefs_of_the_asked_stations_answer(operator):
    _author, first, second = two_filed_with_permits()
    for who in (make.officer(chief=True), make.auditor(), make.site_officer()):
        with pytest.raises(Http404):
            ask_merge(first.project, second.project, reason="x", by=who)
    merge = ask_merge(first.project, second.project, reason="同一工程。", by=operator)
    consent = merge.consents.get(role="safety")
    for who in (
        make.officer("safety"),
        make.officer("quality", chief=True),
        make.officer(area="WC", chief=True),
        operator,
    ):
        with pytest.raises(Http404):
            answer_merge(consent, agreed=True, by=who)
    with pytest.raises(Refused, match="已在办理合并"):
        ask_merge(first.project, second.project, reason="x", by=operator)
    cancel_merge(merge, by=operator)
    assert fresh(merge).status == ProjectMerge.Status.CANCELLED


def test_a_merged_project_is_not_merged_again_and_its_number_files_under_the_survivor(operator):
    where = site()
    duplicate = make.project(name="别名")
    ask_merge(where.project, duplicate, reason="同一工程。", by=operator)
    with pytest.raises(Refused, match="已合并"):
        ask_merge(make.project(), duplicate, reason="x", by=operator)
    again = make.ready_filing(by=where.clerk, project_no=duplicate.project_no)
    with pytest.raises(Refused) as refusal:  # one project, one live filing, whatever number is typed
        submit(again, where.clerk)
    assert where.filing.number in str(refusal.value.heading)


@pytest.mark.django_db(transaction=True)
def test_two_last_consents_at_the_same_moment_merge_once(operator):
    leads = chiefs()
    _author, first, second = two_filed_with_permits()
    merge = ask_merge(first.project, second.project, reason="同一工程。", by=operator)
    acts = [
        lambda consent=consent: answer_merge(consent, agreed=True, by=leads[consent.role])
        for consent in merge.consents.all()
    ]
    assert together(*acts) == ["done", "done"]
    assert fresh(merge).status == ProjectMerge.Status.DONE
    assert fresh(second).project == first.project


def test_old_addresses_lead_to_the_survivor(client, operator):
    where = site()
    survivor, old = make.project(), where.project
    ask_merge(survivor, old, reason="同一工程。", by=operator)
    client.force_login(where.manager)
    assert client.get(reverse("projects:detail", args=[old.pk])).url == reverse("projects:detail", args=[survivor.pk])
    assert str(survivor.number) in client.get(reverse("projects:list"), {"q": old.number}).content.decode()
    client.force_login(make.site_officer())
    assert client.get(reverse("projects:detail", args=[old.pk])).status_code == 404
    client.force_login(operator)
    assert client.get(reverse("console:project", args=[old.pk])).url == reverse("console:project", args=[survivor.pk])
    assert client.get(reverse("console:projects"), {"q": old.number}).url.endswith(f"{survivor.pk}/")


def test_the_pages_show_both_side_by_side_and_a_chief_answers_there(client, operator):
    leads = chiefs()
    _author, first, second = two_filed_with_permits()
    client.force_login(operator)
    assert client.get(reverse("console:merge-find", args=[first.project_id]), {"q": "二七云栖府"}).status_code == 200
    new = reverse("console:merge-new", args=[first.project_id, second.project_id])
    page = client.get(new).content.decode()
    assert first.number in page and second.number in page
    assert "请填写合并理由" in client.post(new, {"survivor": str(first.project_id)}).content.decode()
    answer = client.post(new, {"survivor": str(second.project_id), "reason": "同一工程。"})
    merge = ProjectMerge.objects.get()
    assert (answer.url, merge.survivor) == (merge.get_absolute_url(), second.project)
    assert client.get(answer.url).status_code == 200
    assert client.get(reverse("console:merge-cancel", args=[merge.pk])).status_code == 200
    for _role, chief in leads.items():
        client.force_login(chief)
        assert str(merge.pk) in client.get(reverse("review:changes")).content.decode()
        assert "同意合并" in client.get(merge.get_absolute_url()).content.decode()
        assert client.post(merge.get_absolute_url(), {"agreed": "no"}).status_code == 200
        client.post(merge.get_absolute_url(), {"agreed": "yes"})
    assert fresh(merge).status == ProjectMerge.Status.DONE
    client.force_login(make.officer("safety", area="WC", chief=True))
    assert client.get(merge.get_absolute_url()).status_code == 404
