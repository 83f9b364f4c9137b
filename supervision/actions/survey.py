"""现场踏勘: ordered for a day and a place; the applicant is told, the clock stands until the result is in."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from supervision.actions.deciding import note_decision
from supervision.actions.holding import locked_review
from supervision.actions.review import facts_of, masked, require_decider, tell_applicants
from supervision.actions.settle import settle
from supervision.clock import start_clock, stop_clock
from supervision.models import Review, Survey
from supervision.permissions import Seat, require_officer, require_untied

Status = Review.Status


@transaction.atomic
def order_survey(review: Review, *, day: date, place: str, note: str = "", version, by) -> Survey:
    """Order a survey, or set another day or place for the one that is ordered."""
    filing, review = locked_review(review.pk)
    seat = require_decider(review, version, by=by)
    if day < timezone.localdate():
        raise Refused(_("踏勘日期不能早于今天。"))
    if not place.strip():
        raise Refused(_("请填写踏勘地点。"))
    if review.status == Status.SURVEY:
        survey, move = review.surveys.get(ended_at=None), "move_survey"
    else:
        review.move("order_survey")
        stop_clock(review, timezone.now())
        review.save(update_fields=["status", "clock_started_at", "days_used"])
        survey, move = Survey(review=review, round=review.round, ordered_by=by), "order_survey"
    survey.day, survey.place, survey.note = day, place.strip(), note.strip()
    survey.save()
    behalf = seat.behalf(review)
    note_decision(review, move, f"{day:%Y-%m-%d} {survey.place}\n{survey.note}", by=by, behalf=behalf)
    record("review.survey_ordered", review, by=by, day=day, **facts_of(review, behalf))
    settle(filing, by=by)
    tell_applicants(review, "review.survey_ordered", survey=survey)
    return survey


@transaction.atomic
def finish_survey(review: Review, *, result: str, by) -> Survey:
    """Write down what was found, or that nobody went; the clock runs on with the days that are left."""
    filing, review = locked_review(review.pk)
    seat = require_surveyor(review, by)
    if not result.strip():
        raise Refused(_("请填写踏勘结果；没有踏勘的，请写明原因。"))
    review.move("finish_survey")
    survey = end_survey(review, result.strip(), by=by)
    review.assignee = review.assignee or by
    review.save(update_fields=["status", "assignee", "clock_started_at", "due_on"])
    behalf = seat.behalf(review)
    note_decision(review, "finish_survey", survey.result, by=by, behalf=behalf)
    record("review.survey_finished", review, by=by, **facts_of(review, behalf))
    settle(filing, by=by)
    tell_applicants(review, "review.survey_finished", survey=survey)
    return survey


def require_surveyor(review: Review, by) -> Seat:
    seat = require_officer(by, review)
    if not seat.decides(review):
        raise PermissionDenied(_("该申请由 %(name)s 办理，您不能代为填写。") % {"name": masked(review.assignee)})
    require_untied(by, review)
    return seat


def end_survey(review: Review, result: str, *, by) -> Survey:
    """Close the survey that is under way and let the clock run again."""
    survey = review.surveys.get(ended_at=None)
    survey.result, survey.ended_by, survey.ended_at = result, by, timezone.now()
    survey.save(update_fields=["result", "ended_by", "ended_at"])
    start_clock(review, survey.ended_at)
    return survey
