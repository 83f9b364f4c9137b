"""撤回: free until a station has passed it."""

import pytest
from django.http import Http404
from django.urls import reverse

from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import accept_review, withdraw_filing
from supervision.models import Filing
from tests import make
from tests.supervision.acts import review_of, states, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def filing(author):
    return submit(make.ready_filing(by=author), author)


def test_withdrawing_ends_the_reviews_and_tells_the_officer_who_had_it(author, filing):
    officer = make.officer("safety")
    accept_review(review_of(filing, "safety"), by=officer)
    withdraw_filing(filing, by=author)
    assert states(filing) == ("withdrawn", "cancelled", "cancelled")
    assert Message.objects.get(event="filing.withdrawn").user == officer


def test_after_one_approval_it_is_refused_with_whom_to_ask(author, filing):
    make.approved(review_of(filing, "safety"))
    with pytest.raises(Refused, match=r"（安监）已审核通过，不能自行撤回"):
        withdraw_filing(filing, by=author)
    assert states(filing) == ("under_review", "approved", "waiting")


def test_a_returned_filing_may_be_withdrawn(author, filing):
    make.returned(review_of(filing, "safety"))
    withdraw_filing(filing, by=author)
    assert states(filing) == ("withdrawn", "cancelled", "cancelled")


def test_a_draft_has_nothing_to_withdraw(author):
    with pytest.raises(Refused):
        withdraw_filing(make.ready_filing(by=author), by=author)


def test_a_stranger_does_not_withdraw(filing):
    with pytest.raises(Http404):
        withdraw_filing(filing, by=make.site_officer())


def test_the_project_may_be_filed_anew(author):
    number = {"project_no": "4201022603150001"}
    first = submit(make.ready_filing(by=author, **number), author)
    withdraw_filing(first, by=author)
    again = submit(make.ready_filing("early_intervention", by=author, **number), author)
    assert Filing.objects.live().get() == again


def test_the_page_asks_first(client, author, filing):
    client.force_login(author)
    url = reverse("filing:withdraw", args=[filing.pk])
    assert "撤回报监？" in client.get(url).content.decode()
    assert states(filing)[0] == "submitted"
    assert client.post(url)["Location"] == filing.get_absolute_url()
    assert states(filing)[0] == "withdrawn"
