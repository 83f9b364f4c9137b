"""版本对比: what differs between two versions of a filing, field by field, the same for applicant and station."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from supervision.catalogue import Section
from supervision.frozen import Change, changes_between, snapshot
from supervision.models import DeficiencyItem, Filing, FilingVersion
from supervision.permissions import can_prepare
from supervision.progress import name_for
from supervision.views.submit import visible_filing

NOW = "now"  # the applicant's own corrections that no station has yet


@require_safe
def filing_versions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Two versions beside each other; the latest with the one before it unless others are chosen."""
    filing = visible_filing(request, pk)
    versions = {str(version.number): version for version in filing.versions.select_related("submitted_by")}
    numbers = sorted(versions, key=int)
    if not numbers:
        return redirect(filing)
    sees_draft = filing.status == Filing.Status.RETURNED and can_prepare(request.user, filing)
    choices = [*numbers, NOW] if sees_draft else numbers
    later = chosen(request.GET.get("to", ""), choices, choices[-1])
    before = choices[max(choices.index(later) - 1, 0)]
    earlier = chosen(request.GET.get("from", ""), choices, before)
    if choices.index(earlier) > choices.index(later):
        earlier, later = later, earlier
    old, new = data_of(filing, versions.get(earlier)), data_of(filing, versions.get(later))
    context = {
        "filing": filing,
        "name": name_for(filing, request.user),
        "choices": [(choice, name_of(versions.get(choice))) for choice in choices],
        "earlier": earlier,
        "later": later,
        "names": (name_of(versions.get(earlier)), name_of(versions.get(later))),
        "parts": by_section(changes_between(old, new) if earlier != later else []),
        "answers": answers_to(filing, versions.get(earlier), versions.get(later)),
        "alone": len(choices) == 1,
    }
    return render(request, "supervision/versions.html", context)


def chosen(wanted: str, choices: list[str], otherwise: str) -> str:
    return wanted if wanted in choices else otherwise


def data_of(filing: Filing, version: FilingVersion | None) -> dict[str, Any]:
    return version.data if version else snapshot(filing)


def name_of(version: FilingVersion | None) -> str:
    return _("第 %(n)d 版") % {"n": version.number} if version else _("正在修改（未提交）")


def by_section(changes: list[Change]) -> list[tuple[Any, list[Change]]]:
    parts = ((section.label, [each for each in changes if each.section == section]) for section in Section)
    return [(label, found) for label, found in parts if found]


def answers_to(filing: Filing, earlier: FilingVersion | None, later: FilingVersion | None) -> list[DeficiencyItem]:
    """What the stations asked for between the two, with the answers, in the order it was sent."""
    if earlier is None:
        return []
    sent = DeficiencyItem.objects.filter(review__filing=filing, sent_at__gte=earlier.submitted_at)
    sent = sent.filter(sent_at__lte=later.submitted_at) if later else sent
    return list(sent.select_related("review", "material").order_by("sent_at", "created_at", "id"))
