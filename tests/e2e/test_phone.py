"""The main pages on a phone, 390 px wide: nothing sticks out at the side, axe finds nothing."""

import pytest
from django.urls import reverse

from supervision.models import Review
from tests import make
from tests.e2e import walk
from tests.projects.acts import applied, site

MODULES = ("joint", "early", "advance")


@pytest.fixture
def phone(reference, people):
    """Somebody with a phone in the hand."""
    return lambda: people(width=390)


def look_at(person, *pages: str | tuple) -> None:
    """Visit pages by their names, with arguments where they need some."""
    for page in pages:
        name, *args = page if isinstance(page, tuple) else (page,)
        walk.visit(person, reverse(name, args=args))


def test_a_visitor(phone):
    receipt = make.filed_filing().receipt
    visitor = phone()
    look_at(visitor, "landing", "register", "accounts:recover")
    walk.visit(visitor, "/?side=staff")
    look_at(visitor, ("receipt-verify", receipt.code))
    walk.register_enterprise(visitor, walk.company("武汉青山造船厂建设有限公司"))


def test_an_applicant(phone):
    clerk = make.site_officer("吴倩")
    draft, ready, waiting, returned = (
        make.draft_filing(by=clerk),
        make.ready_filing(by=clerk),
        make.submitted_filing(by=clerk),
        make.submitted_filing(by=clerk),
    )
    make.returned(returned.reviews.get(role="safety"))
    person = phone()
    walk.sign_in(person, clerk.phone)
    look_at(person, "workbench", "apps", "messages", "accounts:account", "projects:list")
    look_at(person, *[("filing:list", slug) for slug in MODULES])
    look_at(person, *[(f"filing:{tab}", ready.pk) for tab in walk.TABS], ("filing:hub", draft.pk))
    look_at(person, ("filing:submit", draft.pk), ("filing:submit", ready.pk))
    look_at(person, ("filing:detail", waiting.pk), ("filing:correct", returned.pk))


def test_an_officer(phone):
    filing = make.submitted_filing()
    review = filing.reviews.get(role="safety")
    reader = make.officer(at=review.station)
    person = phone()
    walk.sign_in(person, reader.username, side="管理端")
    look_at(person, "workbench", "review:list", ("review:detail", review.pk))
    walk.accept(person)
    look_at(person, ("review:decide", review.pk))
    assert Review.objects.get(pk=review.pk).assignee == reader


def test_a_manager_and_an_administrator(phone):
    project, unit, manager = site()
    application = applied(project, unit)
    person = phone()
    walk.sign_in(person, manager.phone)
    look_at(person, "projects:approvals", ("projects:approval", application.pk), ("projects:detail", project.pk))
    office = phone()
    walk.sign_in(office, unit.uscc)
    look_at(office, "workbench", "enterprises:list", "projects:approvals")
    pages = ("detail", "systems", "system-add", "members", "member-add", "log")
    look_at(office, *[(f"enterprises:{name}", unit.pk) for name in pages])
