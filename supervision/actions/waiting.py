"""Telling those who wait for another filing to be decided."""

from django.urls import reverse

from portal.notifications import notify
from supervision.actions.people import applicants_of
from supervision.models import Filing

DRAFTS = (Filing.Status.PULLED, Filing.Status.DRAFT)
OVER = (
    Filing.Status.APPROVED,
    Filing.Status.FILED,
    Filing.Status.RETURNED,
    Filing.Status.REJECTED,
    Filing.Status.WITHDRAWN,
)


def tell_waiting(prior: Filing) -> None:
    """Once `prior` is decided or taken back, the people of each draft that named it in 存在 learn how."""
    if prior.status not in OVER:
        return
    for filing in Filing.objects.filter(prior=prior, status__in=DRAFTS):
        link = reverse("filing:submit", args=[filing.pk])
        notify(applicants_of(filing), "filing.prior_decided", about=filing, link=link, filing=filing, prior=prior)
