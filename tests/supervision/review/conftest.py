"""An officer at the desk, and a filing that lies on it."""

import pytest

from supervision.actions import accept_review
from supervision.models import Review
from tests import make
from tests.supervision.acts import review_of, submit


@pytest.fixture
def author():
    return make.site_officer("吴倩")


@pytest.fixture
def filing(author):
    return submit(make.ready_filing(by=author), author)


@pytest.fixture
def review(filing):
    return review_of(filing, "safety")


@pytest.fixture
def officer(filing):
    return make.officer("safety")


@pytest.fixture
def desk(client, officer):
    """The officer's browser."""
    client.force_login(officer)
    return client


@pytest.fixture
def taken(review, officer):
    """The review after this officer took it on."""
    accept_review(review, by=officer)
    return Review.objects.get(pk=review.pk)
