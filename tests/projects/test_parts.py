"""分期与标段: a project split into phases or lots (domain §5.7 34)."""

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse

from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from projects.actions import split_project
from projects.models import Project
from supervision.actions.identity import identified
from supervision.actions.merge import require_mergeable
from supervision.actions.permits import pull_permit
from tests import make
from tests.projects.acts import together

LOT = "云栖府（一标段）"


@pytest.fixture
def place(db):
    """A filed project and somebody of its 建设单位."""
    filing = make.filed_filing()
    owner = filing.parties.get(party_type="owner").enterprise
    Project.objects.filter(pk=filing.project_id).update(project_no=make.project_no())
    filing.refresh_from_db()
    return Project.objects.get(pk=filing.project_id), make.member(owner, make.person("周启明")).user, filing


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def test_34_project_split_into_lots_has_children_and_new_permits_attach_to_the_child(place):
    """Edge case 34: project split into phases/lots: parent/child projects; new permits attach to child."""
    parent, by, filing = place
    earlier = make.permit(project_no=parent.project_no, project=parent)
    first = split_project(parent, works_name=LOT, by=by)
    assert (first.parent, first.name, first.filed_at, bool(first.temporary_no)) == (parent, parent.name, None, True)
    permit = make.permit(project_no=parent.project_no, works_name=LOT)
    pulled = pull_permit(permit)
    permit.refresh_from_db()
    assert (pulled.project, permit.project) == (first, first)
    other = pull_permit(make.permit(project_no=parent.project_no, works_name="云栖府（二标段）")).project
    assert (other.parent, other.works_name) == (parent, "云栖府（二标段）")
    assert pull_permit(earlier).project == parent
    filing.refresh_from_db()
    assert filing.project == parent
    assert AuditEntry.objects.filter(event="project.part_added").count() == 2


def test_a_lot_with_a_number_of_its_own_gets_the_permits_of_that_number(place):
    parent, by, _filing = place
    part = split_project(parent, works_name=LOT, project_no=(number := make.project_no()), by=by)
    assert pull_permit(make.permit(project_no=number, works_name="另一名称")).project == part


def test_a_permit_of_a_project_that_is_not_split_goes_to_it(place):
    parent, _by, _filing = place
    assert pull_permit(make.permit(project_no=parent.project_no)).project == parent


def test_the_filing_of_a_lot_stays_with_it_though_it_carries_the_number_of_the_project(place):
    parent, by, _filing = place
    part = split_project(parent, works_name=LOT, by=by)
    filing = pull_permit(make.permit(project_no=parent.project_no, works_name=LOT))
    assert identified(filing, {one.pk: one for one in (part, parent)}) == part


def test_those_who_lead_and_filed_are_told(place):
    parent, by, filing = place
    split_project(parent, works_name=LOT, by=by)
    told = {message.user for message in Message.objects.filter(event="project.part_added")}
    assert filing.submitted_by in told and by not in told


def test_it_is_split_from_the_page_and_shown_on_the_project(place):
    parent, by, filing = place
    client = signed_in(by)
    url, detail = (reverse(name, args=[parent.pk]) for name in ("projects:parts", "projects:detail"))
    assert url in client.get(detail).content.decode()
    assert client.post(url, {"works_name": "", "project_no": "12"}).status_code == 200
    assert client.post(url, {"works_name": LOT, "project_no": ""}).status_code == 302
    for address in (url, detail):
        page = client.get(address).content.decode()
        assert LOT in page and "尚未报监完毕" in page
    seen = signed_in(filing.submitted_by).get(detail)
    assert LOT in seen.content.decode() and url not in seen.content.decode()


def test_a_lot_names_the_project_it_is_of(place):
    parent, by, filing = place
    part = make.filed_filing(by=filing.submitted_by).project
    Project.objects.filter(pk=part.pk).update(parent=parent)
    page = signed_in(filing.submitted_by).get(reverse("projects:detail", args=[part.pk])).content.decode()
    assert "所属项目" in page and parent.number in page


def test_only_the_owner_splits(place):
    parent, _by, filing = place
    for stranger in (make.site_officer(), filing.submitted_by, make.officer(), make.operator()):
        url, client = reverse("projects:parts", args=[parent.pk]), signed_in(stranger)
        assert (client.get(url).status_code, client.post(url, {"works_name": LOT}).status_code) == (404, 404)
        with pytest.raises(Http404):
            split_project(parent, works_name=LOT, by=stranger)
    assert not parent.parts.exists()


def test_names_and_numbers_stand_once_and_closed_projects_are_not_split(place):
    parent, by, _filing = place
    split_project(parent, works_name=LOT, by=by)
    for given in ({"works_name": LOT}, {"works_name": " "}, {"works_name": "乙", "project_no": parent.project_no}):
        with pytest.raises(Refused):
            split_project(parent, **given, by=by)
    Project.objects.filter(pk=parent.pk).update(closed_at="2026-11-01T00:00Z", closed_reason="已竣工")
    with pytest.raises(Refused, match="已关闭"):
        split_project(parent, works_name="丙", by=by)
    assert parent.parts.count() == 1


def test_a_lot_is_not_split_again_and_no_project_is_its_own(place):
    parent, by, _filing = place
    Project.objects.filter(pk=parent.pk).update(parent=make.project())
    with pytest.raises(Refused, match="所属项目"):
        split_project(parent, works_name=LOT, by=by)
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=parent.pk).update(parent=parent)


def test_a_lot_is_not_merged_with_its_own_project(place):
    parent, by, _filing = place
    part = split_project(parent, works_name=LOT, by=by)
    for pair in ((parent, part), (part, parent)):
        with pytest.raises(Refused, match="分期或标段"):
            require_mergeable(*pair)


def test_the_page_asks_the_same_for_one_lot_and_for_three(place, django_assert_num_queries):
    parent, by, _filing = place
    client, url = signed_in(by), reverse("projects:parts", args=[parent.pk])
    split_project(parent, works_name="第1标段", by=by)
    client.get(url)
    with django_assert_num_queries(7):
        client.get(url)
    for number in (2, 3):
        split_project(parent, works_name=f"第{number}标段", by=by)
    with django_assert_num_queries(7):
        client.get(url)


@pytest.mark.django_db(transaction=True)
def test_two_who_split_at_once_make_one_lot_of_a_name(transactional_db):
    make.reference()
    filing = make.filed_filing()
    owner = filing.parties.get(party_type="owner").enterprise
    people = [make.member(owner, make.person(name)).user for name in ("周启明", "李晓楠")]
    together(*(lambda by=by: split_project(filing.project, works_name=LOT, by=by) for by in people))
    assert Project.objects.filter(parent=filing.project).count() == 1
