from threading import Event, Thread

import pytest
from django.db import connection, models, transaction

from portal.errors import Refused
from portal.notifications.models import Delivery
from portal.workflow import Workflow


class Paper(Workflow):
    """A row with two moves; it is never stored."""

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        FILED = "filed", "已报监"

    MOVES = {"submit": ({"draft"}, "filed"), "withdraw": ({"filed"}, "draft")}
    status = models.CharField(choices=Status, default="draft")

    class Meta:
        app_label = "portal"
        managed = False


def test_a_move_leads_from_its_sources_to_its_target():
    paper = Paper()
    assert (paper.can("submit"), paper.can("withdraw")) == (True, False)
    paper.move("submit")
    assert (paper.status, paper.can("submit"), paper.can("withdraw")) == ("filed", False, True)


def test_a_move_from_elsewhere_is_refused_with_the_state_as_people_know_it():
    paper = Paper(status="filed")
    with pytest.raises(Refused) as refusal:
        paper.move("submit")
    assert "“已报监”" in str(refusal.value.reasons[0])
    assert paper.status == "filed"


def test_an_unknown_move_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        Paper().move("fly")


@pytest.mark.django_db(transaction=True)
def test_a_locked_row_makes_the_next_one_wait():
    row = Delivery.objects.create(event="x", channel="sms", address="1", text="t", key="k")
    order, held = [], Event()

    def change():
        held.wait(10)
        with transaction.atomic():
            Delivery.objects.locked(row.pk)
            order.append("second")
        connection.close()

    other = Thread(target=change)
    other.start()
    with transaction.atomic():
        Delivery.objects.locked(row.pk)
        held.set()
        other.join(0.5)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
