"""What was handed in or decided stays as it was, whoever asks."""

import pytest
from django.db import DatabaseError, connection, transaction

from portal.rotation import resealing
from supervision.models import FilingVersion, ReviewDecision
from tests import make
from tests.supervision.acts import review_of, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided():
    author = make.site_officer()
    filing = make.ready_filing(by=author)
    submit(filing, author)
    make.approved(review_of(filing, "safety"))
    return filing


def refused(statement: str, *values) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except DatabaseError as error:
        return "not rewritten" in str(error)
    return False


def test_a_version_is_neither_changed_nor_deleted(decided):
    version = FilingVersion.objects.get()
    assert refused("UPDATE supervision_filingversion SET digest = 'x' WHERE id = %s", version.pk)
    assert refused("UPDATE supervision_filingversion SET number = 9 WHERE id = %s", version.pk)
    assert refused("DELETE FROM supervision_filingversion WHERE id = %s", version.pk)


def test_a_decision_is_neither_changed_nor_deleted(decided):
    decision = ReviewDecision.objects.first()
    assert refused("UPDATE supervision_reviewdecision SET opinion = 'x' WHERE id = %s", decision.pk)
    assert refused("DELETE FROM supervision_reviewdecision WHERE id = %s", decision.pk)


def test_the_keys_of_a_version_may_be_rotated_by_a_session_that_says_so(decided):
    version = FilingVersion.objects.get()
    before = version.data
    with resealing():
        version.save(update_fields=["data"])
    assert FilingVersion.objects.get().data == before
