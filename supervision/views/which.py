"""该选哪个模块？: one question at a time, all of it in the address, so that the way back is the browser's own."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from enterprises.permissions import enterprises_granted
from projects.models import AwardRecord
from supervision.actions.create import begun_from
from supervision.catalogue import LEAD_TITLES, SPECS, SYSTEM, Module, Need
from supervision.clock import LIMIT
from supervision.models import Filing, MaterialRule
from supervision.permissions import preparable_by, require_entry
from supervision.triage import GUIDE, ONCE, PERMIT_FIRST, QUESTIONS, Way, next_question, read_answers, way_of

MOST = 5  # of the person's own rows


@require_safe
def which_module(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated and request.user.kind == request.user.Kind.STAFF:
        return redirect("review:list")
    require_entry(request.user)
    answers = read_answers(request.GET)
    way, question = way_of(answers), next_question(answers)
    context = {
        "question": question,
        "number": len(answers) + 1,
        "total": len(QUESTIONS),
        "answers": answers,
        "answered": said(answers),
        "once": ONCE,
        "permit_first": PERMIT_FIRST,
    }
    if way:
        return render(request, "supervision/which_result.html", context | result_of(way, request.user))
    return render(request, "supervision/which.html", context | {"pulled": pulled_for(request.user)})


def said(answers: dict[str, str]) -> list[dict[str, Any]]:
    """The questions that were answered, each with the address where it is answered anew."""
    rows = []
    for place, question in enumerate(QUESTIONS[: len(answers)]):
        before = {each.code: answers[each.code] for each in QUESTIONS[:place]}
        text = dict(question.choices)[answers[question.code]]
        rows.append({"question": question.text, "answer": text, "url": f"?{urlencode(before)}" if before else "?"})
    return rows


def result_of(way: Way, user: Any) -> dict[str, Any]:
    """The module, what to have at hand, and the person's own rows to begin from."""
    spec = SPECS[way.module]
    materials = list(MaterialRule.objects.filter(module=way.module).in_force(timezone.localdate()))
    return {
        "way": way,
        "guide": GUIDE[way.module],
        "spec": spec,
        "list_url": reverse("filing:list", args=[spec.slug]),
        "new_url": reverse("filing:new", args=[spec.slug]) if spec.created_by_hand else "",
        "required": [rule.material for rule in materials if rule.need == Need.REQUIRED],
        "from_permit": [rule.material for rule in materials if rule.need == Need.FROM_PERMIT],
        "optional": [rule.material for rule in materials if rule.need == Need.OPTIONAL],
        "people": [(party.label, LEAD_TITLES[party]) for party in spec.parties],
        "limit": LIMIT,
        "pulled": pulled_for(user) if way.module == Module.JOINT else [],
        "awards": awards_for(user) if spec.from_awards else [],
    }


def pulled_for(user: Any) -> list[Filing]:
    """The rows of 联合报监 that this person's enterprises have a permit for and have not handed in yet."""
    waiting = preparable_by(user).filter(module=Module.JOINT, status__in=[Filing.Status.PULLED, Filing.Status.DRAFT])
    return list(waiting.order_by("-changed_at", "-pk")[:MOST])


def awards_for(user: Any) -> list[tuple[AwardRecord, Filing | None]]:
    """The finished tenders that name this person's enterprises, each with what was begun from it."""
    own = list(enterprises_granted(user, SYSTEM))
    found = AwardRecord.objects.filter(uscc_codes__overlap=[one.uscc for one in own])
    awards = list(found.order_by("-awarded_on", "-id")[:MOST])
    begun = {filing.award_id: filing for filing in begun_from(awards, own)}
    return [(award, begun.get(award.pk)) for award in awards]
