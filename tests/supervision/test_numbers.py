"""Supervision numbers, of projects and of unit works (domain §5.4 Numbers, §5.7 57)."""

import re

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Target
from projects.models import ConstructionPermit
from supervision.actions import approve_review
from supervision.actions.numbers import number_for, numbers_of_works
from supervision.catalogue import Module
from supervision.models import Filing, Review, SupervisionNumber, UnitWork
from tests import make
from tests.supervision.acts import review_of, submit, together

pytestmark = pytest.mark.django_db
WORK = {"area_above_m2": 1, "area_below_m2": 0, "floors_above": 1, "floors_below": 0, "height_m": 3, "cost_wan": 1}


def two_permits(*, accepted=True):
    """Two live filings of one project under two permits, both accepted by the safety station."""
    author = make.site_officer()
    unit, project = make.employer_of(author), make.project()
    officer, filings = make.officer("safety"), []
    permits = [make.permit(contractor=unit, project=project, project_no=project.project_no) for _each in range(2)]
    for permit in permits:
        filing = make.ready_filing(
            Module.JOINT, by=author, permit=permit, project=project, project_no=project.project_no
        )
        filings.append(filing)
    assert ConstructionPermit.objects.filter(project=project).count() == 2
    for filing in filings:
        submit(filing, author)
    return project, [Filing.objects.get(pk=filing.pk) for filing in filings], officer


def accepted(filing, officer):
    review = review_of(filing, "safety")
    Review.objects.filter(pk=review.pk).update(status="accepted", assignee=officer)
    return Review.objects.get(pk=review.pk)


def test_each_station_gives_a_number_and_each_unit_work_one_below_it():
    filing = make.ready_filing()
    UnitWork.objects.create(filing=filing, name="2#楼", order=1, structure_type="005", **WORK)
    UnitWork.objects.filter(filing=filing, name="1#楼").update(order=0)
    submit(filing, filing.created_by)
    filing = Filing.objects.get(pk=filing.pk)
    for review in filing.reviews.all():
        make.approved(review)
    numbers = {one.role: one.number for one in SupervisionNumber.objects.filter(project=filing.project)}
    assert re.fullmatch(r"鄂武安监-420102-\d{4}-\d{4}", numbers["safety"])
    assert re.fullmatch(r"鄂武质监-420102-\d{4}-\d{4}", numbers["quality"])
    works = numbers_of_works(filing.project_id)
    assert works["safety", "1#楼"] == f"{numbers['safety']}-001"
    assert works["quality", "2#楼"] == f"{numbers['quality']}-002"
    assert filing.receipt.facts["stations"][0]["works"] == "-001 至 -002"


def test_two_stations_number_the_same_project_twice_and_one_number_stands():
    """57: unique (project, role) active supervision number."""
    project, filings, officer = two_permits()
    reviews = [accepted(filing, officer) for filing in filings]
    for review in reviews:
        approve_review(review, version=review.version, by=officer)
    numbers = {review_of(filing, "safety").supervision_no for filing in filings}
    assert numbers == set(SupervisionNumber.objects.filter(project=project).values_list("number", flat=True))
    assert len(numbers) == 1
    sequences = SupervisionNumber.objects.get(project=project).works.values_list("sequence", flat=True)
    assert list(sequences) == [1, 2]  # a building of each permit


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_the_same_moment_give_one_number():
    """57, with real threads."""
    project, filings, officer = two_permits()
    reviews = [accepted(filing, officer) for filing in filings]
    acts = [lambda review=review: approve_review(review, version=review.version, by=officer) for review in reviews]
    assert together(*acts) == ["done", "done"]
    assert SupervisionNumber.objects.filter(project=project, role="safety", ended_at=None).count() == 1
    assert len({review_of(filing, "safety").supervision_no for filing in filings}) == 1


@pytest.mark.django_db(transaction=True)
def test_even_without_the_lock_the_database_keeps_it_to_one():
    """57: the constraint itself; both transactions ask at once and the loser takes the winner's number."""
    project, filings, officer = two_permits()
    reviews = [accepted(filing, officer) for filing in filings]

    def give(review):
        with transaction.atomic():
            number_for(Review.objects.select_related("filing", "version", "station").get(pk=review.pk))

    assert together(*[lambda review=review: give(review) for review in reviews]) == ["done", "done"]
    assert SupervisionNumber.objects.filter(project=project, ended_at=None).count() == 1


def test_the_database_refuses_a_second_number():
    filing = make.filed_filing()
    first = SupervisionNumber.objects.get(project=filing.project, role=Target.SAFETY)
    with pytest.raises(IntegrityError), transaction.atomic():
        SupervisionNumber.objects.create(
            project=filing.project, role="safety", station=first.station, filing=filing, number="x"
        )


def test_a_conversion_keeps_the_numbers_of_project_and_works():
    author = make.site_officer()
    prior = make.filed_filing(by=author)
    before = dict(numbers_of_works(prior.project_id))
    filing = submit(make.ready_filing(Module.JOINT, by=author), author, prior_exists=True, prior=prior)
    for role in ("safety", "quality"):
        make.approved(review_of(filing, role))
    after = numbers_of_works(Filing.objects.get(pk=filing.pk).project_id)
    assert {number for number in after.values()} == {number for number in before.values()}
    assert after["safety", "1#楼"] == before["safety", "1#楼"]


def test_the_detail_page_names_the_number_of_each_work(client):
    filing = make.filed_filing()
    client.force_login(filing.created_by)
    page = client.get(filing.get_absolute_url()).content.decode()
    assert numbers_of_works(filing.project_id)["safety", "1#楼"] in page
