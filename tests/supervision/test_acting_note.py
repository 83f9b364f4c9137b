"""The stations are told who stands in and add their note (domain §5.7 20)."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from portal.errors import Refused
from projects.actions import appoint_acting
from projects.models import ProjectParty
from supervision.actions import note_acting
from tests import make
from tests.projects.acts import told
from tests.supervision.changed import fresh, site

pytestmark = pytest.mark.django_db


@pytest.fixture
def acting():
    where = site()
    party = ProjectParty.objects.get(project=where.project, party_type="contractor")
    today = timezone.localdate()
    made = appoint_acting(
        party,
        user=where.successor,
        since=today,
        until=today + timedelta(days=9),
        reason="突发疾病。",
        by=make.administrator_of(where.contractor),
    )
    return where, made


def test_both_stations_are_told_and_one_note_stands(acting):
    """20: + station note."""
    where, made = acting
    assert len(told("acting.appointed")) == 2
    note_acting(made, note="已备案。", by=where.officers["safety"])
    assert (fresh(made).note, fresh(made).noted_by) == ("已备案。", where.officers["safety"])
    with pytest.raises(Refused, match="已备注"):
        note_acting(made, note="又", by=where.officers["quality"])


def test_other_stations_do_not_see_it(acting, client):
    where, made = acting
    with pytest.raises(Http404):
        note_acting(made, note="x", by=make.officer("safety", area="WC"))
    client.force_login(make.officer("safety", area="WC"))
    assert client.get(reverse("review:acting", args=[made.pk])).status_code == 404
    client.force_login(where.clerk)
    assert client.get(reverse("review:acting", args=[made.pk])).status_code == 404


def test_the_note_is_written_on_its_page(acting, client):
    where, made = acting
    client.force_login(where.officers["quality"])
    assert str(where.project) in client.get(reverse("review:changes") + "?state=acting").content.decode()
    url = reverse("review:acting", args=[made.pk])
    assert "请填写备注" in client.post(url, {"note": ""}).content.decode()
    assert client.post(url, {"note": "已备案。"}).status_code == 302
    assert "已备案。" in client.get(url).content.decode()
