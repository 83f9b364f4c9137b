"""Taking a filing back, and asking the target that was left out."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Target
from portal.audit import record
from portal.calendar import due_day
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from supervision.actions.ending import OPEN, close_request, end_review
from supervision.actions.holding import locked_filing, locked_review
from supervision.actions.identity import SEARCH
from supervision.actions.people import applicants_of
from supervision.actions.settle import settle
from supervision.actions.submit import new_review, stations_for, tell_station
from supervision.actions.waiting import tell_waiting
from supervision.catalogue import SILENCE_WORKDAYS
from supervision.clock import days_from
from supervision.models import Filing, Review, WithdrawalRequest
from supervision.permissions import chiefs_of, require_officer, require_preparer, require_untied


@transaction.atomic
def supplement_filing(filing: Filing, *, by) -> Filing:
    """补报另一监督对象: ask the target that was not chosen, about what the other one approved (edge case 7)."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    missing = [target for target in Target.values if target in filing.spec.targets - set(filing.targets)]
    if filing.status != Filing.Status.APPROVED or not missing:
        raise Refused(_("当前没有需要补报的监督对象。"))
    stations = stations_for(filing, missing)
    version = filing.versions.latest("number")
    filing.targets = [target for target in Target.values if target in {*filing.targets, *missing}]
    filing.submitted_by, filing.submitted_at = by, timezone.now()
    filing.save(update_fields=["targets", "submitted_by", "submitted_at"])
    days = days_from(filing.submitted_at)
    reviews = [new_review(filing, role, station, version, days) for role, station in stations.items()]
    Review.objects.bulk_create(reviews)
    record("filing.supplemented", filing, by=by, targets=missing)
    for review in reviews:
        tell_station(review, "filing.submitted")
    settle(filing, by=by)
    return filing


@transaction.atomic
def withdraw_filing(filing: Filing, *, by) -> Filing:
    """Take a filing back while no station has passed it; the project may then be filed anew."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    if passed := passed_by(filing):
        names = "、".join(f"{review.station}（{review.get_role_display()}）" for review in passed)
        raise Refused(
            _("%(names)s已审核通过，不能自行撤回。可以申请撤回，由该监督站确认。") % {"names": names},
            action=(_("申请撤回"), reverse("filing:withdraw", args=[filing.pk])),
        )
    take_back(filing, by=by)
    return filing


def passed_by(filing: Filing) -> list[Review]:
    """The reviews whose approval a withdrawal would undo."""
    return list(filing.reviews.filter(status=Review.Status.APPROVED).select_related("station").order_by("role"))


def take_back(filing: Filing, *, by, acting=None) -> None:
    """Withdraw a locked filing: `by` wished it, `acting` does it now (None: nobody answered in time)."""
    filing.move("withdraw")
    filing.live_key, filing.changed_by, filing.changed_at = None, by, timezone.now()
    filing.index_search()
    filing.save(update_fields=["status", "live_key", "changed_by", "changed_at", *SEARCH])
    reviews = filing.reviews.select_for_update(of=("self",), no_key=True).select_related("station")
    for review in reviews.order_by("role"):
        end_review(review, filing, "filing.withdrawn", by=acting)
    close_request(filing)
    tell_waiting(filing)
    mark_handled(filing)
    record("filing.withdrawn", filing, by=acting or by, round=filing.round)


# After an approval: a request, which that station confirms (edge case 14)


@transaction.atomic
def request_withdrawal(filing: Filing, *, reason: str, by) -> WithdrawalRequest:
    """Ask the station that has passed the filing to let it go; what the other one does goes on meanwhile."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    passed = passed_by(filing)
    if not filing.can("withdraw") or not passed:
        raise Refused(_("当前状态为“%(state)s”，不需要申请撤回。") % {"state": filing.get_status_display()})
    if not reason.strip():
        raise Refused(_("请填写撤回原因，监督站将据此确认。"))
    if filing.withdrawal_requests.filter(outcome=OPEN).exists():
        raise Refused(_("撤回申请已提交，正在等待监督站确认。"))
    review, now = passed[0], timezone.now()
    request = WithdrawalRequest(filing=filing, review=review, reason=reason.strip(), asked_by=by, asked_at=now)
    request.answer_by = due_day(now, SILENCE_WORKDAYS)
    request.save()
    record("filing.withdrawal_requested", filing, by=by, role=review.role)
    link = reverse("review:detail", args=[review.pk])
    told = {user.pk: user for user in (review.assignee, *chiefs_of(review.station, review.role)) if user}
    notify(told.values(), "filing.withdrawal_requested", about=review, link=link, filing=filing, request=request)
    return request


@transaction.atomic
def answer_withdrawal(request: WithdrawalRequest, *, agree: bool, answer: str = "", by) -> WithdrawalRequest:
    """The station that passed it agrees, and the filing is taken back, or says why it does not."""
    filing, review = locked_review(request.review_id)
    seat = require_officer(by, review)
    request = open_request(request)
    if not seat.decides(review):
        raise PermissionDenied(_("撤回申请由经办人或站长答复。"))
    require_untied(by, review)
    if not agree and not answer.strip():
        raise Refused(_("请填写不同意的原因，申请单位会看到。"))
    outcome = WithdrawalRequest.Outcome.AGREED if agree else WithdrawalRequest.Outcome.DECLINED
    close_request(filing, outcome, by=by, answer=answer.strip())
    event = "filing.withdrawal_agreed" if agree else "filing.withdrawal_declined"
    record(event, filing, by=by, role=review.role)
    mark_handled(review, "filing.withdrawal_requested")
    if agree:
        take_back(filing, by=request.asked_by, acting=by)
    tell_of_answer(filing, event, answer.strip())
    return request


def open_request(request: WithdrawalRequest) -> WithdrawalRequest:
    """The request, locked with its filing; Refused if it has been answered."""
    request = WithdrawalRequest.objects.select_related("asked_by").get(pk=request.pk)
    if request.outcome != OPEN:
        raise Refused(_("该撤回申请%(outcome)s，不需要再答复。") % {"outcome": request.get_outcome_display()})
    return request


@transaction.atomic
def let_go(request: WithdrawalRequest, *, today=None) -> bool:
    """Nobody answered in time: that counts as agreement, unless the filing came to its end meanwhile."""
    filing = locked_filing(request.filing_id)
    request = WithdrawalRequest.objects.select_related("asked_by").get(pk=request.pk)
    if request.outcome != OPEN or (today or timezone.localdate()) <= request.answer_by or not filing.can("withdraw"):
        return False
    close_request(filing, WithdrawalRequest.Outcome.SILENT)
    record("filing.withdrawal_agreed", filing, by=None, role=request.review.role, silent=True)
    mark_handled(request.review, "filing.withdrawal_requested")
    take_back(filing, by=request.asked_by)
    tell_of_answer(filing, "filing.withdrawal_agreed", "")
    return True


def let_go_of_unanswered() -> int:
    """Take back what no station answered about in time; how many filings that were."""
    late = WithdrawalRequest.objects.filter(outcome=OPEN, answer_by__lt=timezone.localdate())
    return sum(let_go(request) for request in late.order_by("asked_at"))


def tell_of_answer(filing: Filing, event: str, answer: str) -> None:
    link = filing.get_absolute_url()
    notify(applicants_of(filing), event, about=filing, link=link, filing=filing, answer=answer)
