"""The moves at a desk beside the decision: which are offered to whom, and one page for each (interface page 30)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from portal.forms import posted
from portal.once import once
from supervision.actions import (
    agree_late_item,
    answer_withdrawal,
    claim_review,
    confirm_approval,
    confirm_rejection,
    decline_approval,
    decline_rejection,
    finish_survey,
    order_survey,
    recuse,
    release_review,
    request_coordination,
    stations_to_take,
    transfer_review,
    undo_decision,
    why_not_undone,
    write_note,
)
from supervision.actions.assign import IN_HAND, UNTAKEN
from supervision.actions.confirming import proposal_of, proposers_of, speaks_for
from supervision.actions.undo import UNDOABLE
from supervision.forms.desk import (
    CONFIRM,
    ConfirmForm,
    NoteForm,
    RecuseForm,
    ReleaseForm,
    SurveyForm,
    SurveyResultForm,
    TransferForm,
    UndoForm,
    WithdrawalAnswerForm,
)
from supervision.models import Filing, Review, WithdrawalRequest
from supervision.permissions import Seat, seat_and_ties
from supervision.views.review.inbox import back_of, desk_url, name_of, visible_review

Status = Review.Status
Text = str | Promise


@dataclass(frozen=True)
class Desk:
    """What decides whether a move is offered: asked once for a page."""

    review: Review
    seat: Seat
    is_tied: bool
    request: WithdrawalRequest | None = None

    @property
    def decides(self) -> bool:
        return self.seat.decides(self.review) and not self.is_tied


def desk_of(user: Any, review: Review) -> Desk:
    requests = WithdrawalRequest.objects.filter(review=review, outcome=WithdrawalRequest.Outcome.OPEN)
    asked = requests.select_related("asked_by").first() if review.status == Status.APPROVED else None
    seat, tied = seat_and_ties(user, review)
    return Desk(review, seat, tied, asked)


@dataclass(frozen=True)
class Step:
    """One move: its words, its form, what it does, and to whom it is offered."""

    label: Text
    text: Text
    said: Text
    icon: str
    form: Callable[[HttpRequest, Desk], Any]
    act: Callable[[Desk, dict[str, Any], Any], Any]
    offered: Callable[[Desk], bool]
    confirm: Text = ""
    is_grave: bool = False


def plain(form: type) -> Callable[[HttpRequest, Desk], Any]:
    return lambda request, desk: form(**posted(request))


def survey_form(request: HttpRequest, desk: Desk) -> SurveyForm:
    """The one that is ordered, else the day of tomorrow at the works' address."""
    survey = desk.review.surveys.filter(ended_at=None).first()
    address = desk.review.version.data["labels"].get("address", "")
    known = {"day": survey.day, "place": survey.place, "note": survey.note} if survey else {"place": address}
    return SurveyForm(**posted(request), initial=known | {"version": desk.review.version.number})


PROPOSALS = {"rejection": "propose_rejection", "approval": "propose_approval"}


def lacks_its_proposal(code: str, review: Review) -> bool:
    """Nobody proposed what is to be confirmed here, so there is nothing to answer and nothing to show."""
    move = PROPOSALS.get(code)
    return move is not None and not review.decisions.filter(move=move).exists()


def confirm_form(kind: str) -> Callable[[HttpRequest, Desk], ConfirmForm]:
    def form(request: HttpRequest, desk: Desk) -> ConfirmForm:
        initial = {"version": desk.review.version.number}
        return ConfirmForm(**posted(request), initial=initial, kind=kind, may_confirm=may_confirm(desk))

    return form


def may_confirm(desk: Desk) -> bool:
    """Whether this officer is the other person whom a proposal needs."""
    if desk.review.status not in Review.PROPOSED or desk.is_tied:
        return False
    return speaks_for(desk.seat, proposers_of(proposal_of(desk.review))) is not None


def answer_proposal(confirm: Callable, decline: Callable) -> Callable[[Desk, dict[str, Any], Any], None]:
    def answer(desk: Desk, given: dict[str, Any], by: Any) -> None:
        if given["move"] == CONFIRM:
            confirm(desk.review, opinion=given["opinion"], version=given["version"], by=by)
        else:
            decline(desk.review, reason=given["opinion"], by=by)

    return answer


def has_a_say(status: str) -> Callable[[Desk], bool]:
    """The chief confirms or declines, who proposed takes it back."""
    return lambda desk: desk.review.status == status and (desk.seat.is_chief or desk.seat.has(desk.review))


def coordinate(desk: Desk, given: dict[str, Any], by: Any) -> None:
    request_coordination(desk.review.filing, **given, by=by)


def answer_request(desk: Desk, given: dict[str, Any], by: Any) -> None:
    if desk.request:
        answer_withdrawal(desk.request, **given, by=by)


def is_undoable(desk: Desk) -> bool:
    is_mine = desk.seat.is_chief and not desk.is_tied and desk.review.status in UNDOABLE
    return is_mine and not why_not_undone(desk.review.filing, desk.review)


def is_common(desk: Desk) -> bool:
    filing = desk.review.filing
    return len(filing.targets) > 1 and filing.status in Filing.LIVE and filing.status != Filing.Status.FILED


STEPS: dict[str, Step] = {
    "withdrawal": Step(
        _("答复撤回申请"),
        _("申请单位请求撤回。同意后，本站的通过意见和另一站的审核随之终止，项目可以重新报监。"),
        _("已答复，申请单位将收到通知。"),
        "left",
        plain(WithdrawalAnswerForm),
        answer_request,
        lambda desk: desk.request is not None and desk.decides,
        _("提交答复"),
    ),
    "rejection": Step(
        _("确认不予通过"),
        _("同意后本次报监终止，申请单位将收到短信；另一监督站已通过的意见为其保留 90 天。不能由提出人本人确认。"),
        _("已提交。"),
        "check",
        confirm_form("rejection"),
        answer_proposal(confirm_rejection, decline_rejection),
        has_a_say(Status.REJECTING),
        _("提交"),
    ),
    "approval": Step(
        _("确认通过"),
        _("本站设置了通过须站长确认。同意后通过意见生效，申请单位将收到通知。不能由提出人本人确认。"),
        _("已提交。"),
        "check",
        confirm_form("approval"),
        answer_proposal(confirm_approval, decline_approval),
        has_a_say(Status.APPROVING),
        _("提交"),
    ),
    "survey": Step(
        _("现场踏勘"),
        _("申请单位将收到短信和站内消息。踏勘期间暂停计时，填写踏勘结果后继续计时。"),
        _("已安排现场踏勘，申请单位将收到通知。"),
        "calendar",
        survey_form,
        lambda desk, given, by: order_survey(desk.review, **given, by=by),
        lambda desk: desk.review.status in (Status.ACCEPTED, Status.SURVEY) and desk.decides,
        _("确定安排"),
    ),
    "survey-result": Step(
        _("填写踏勘结果"),
        _("填写后继续审核，办理期限从今天起继续计算。"),
        _("踏勘结果已保存，请继续审核。"),
        "check",
        plain(SurveyResultForm),
        lambda desk, given, by: finish_survey(desk.review, **given, by=by),
        lambda desk: desk.review.status == Status.SURVEY and desk.decides,
        _("完成踏勘"),
    ),
    "release": Step(
        _("退回待领取"),
        _("退回后由本站其他审核员领取。办理期限和已添加的批注不变。"),
        _("已退回待领取。"),
        "left",
        plain(ReleaseForm),
        lambda desk, given, by: release_review(desk.review, **given, by=by),
        lambda desk: (
            bool(desk.review.assignee_id)
            and desk.review.status in (*UNTAKEN, Status.ACCEPTED)
            and desk.seat.decides(desk.review)
        ),
    ),
    "recuse": Step(
        _("申请回避"),
        _("与该项目或参建单位有利害关系的，应当回避。提交后您不能再办理本件，由站长改派其他审核员。"),
        _("已提交回避，站长将改派其他审核员。"),
        "people",
        plain(RecuseForm),
        lambda desk, given, by: recuse(desk.review, **given, by=by),
        lambda desk: desk.review.status in IN_HAND and not desk.is_tied,
        _("申请回避"),
        is_grave=True,
    ),
    "transfer": Step(
        _("移送其他监督站"),
        _("管辖区域有误时移送。接收的监督站重新领取，办理期限不变；未发出的批注不随案移送。"),
        _("已移送。"),
        "right",
        lambda request, desk: TransferForm(**posted(request), stations=stations_to_take(desk.review)),
        lambda desk, given, by: transfer_review(desk.review, **given, by=by),
        lambda desk: desk.seat.is_chief and desk.review.status in IN_HAND,
        _("移送"),
        is_grave=True,
    ),
    "undo": Step(
        _("撤销决定"),
        _("撤销后恢复为审核中，由原经办人继续办理；已发出的补正意见恢复为未发出的批注。申请单位将收到短信。"),
        _("决定已撤销，申请单位将收到通知。"),
        "left",
        plain(UndoForm),
        lambda desk, given, by: undo_decision(desk.review, **given, by=by),
        is_undoable,
        _("撤销决定"),
        is_grave=True,
    ),
    "coordinate": Step(
        _("请求站间协调"),
        _("两站要求不一致时使用。双方站长将收到通知，双方审核员都能看到说明，申请单位看不到。"),
        _("已通知双方站长。"),
        "people",
        plain(NoteForm),
        coordinate,
        is_common,
        _("发送"),
    ),
    "note": Step(
        _("添加内部备注"),
        _("仅本站同一职责的审核员可以看到，申请单位和另一站看不到。"),
        _("备注已保存。"),
        "edit",
        plain(NoteForm),
        lambda desk, given, by: write_note(desk.review, **given, by=by),
        lambda desk: True,
        _("保存"),
    ),
}


TAKE_BACK = {"rejection": _("收回不予通过"), "approval": _("收回通过")}


def offered(desk: Desk, query: str) -> list[dict[str, Any]]:
    """The moves that this officer has now, as links."""
    return [
        {"code": code, "label": label_of(code, desk), "icon": step.icon, "url": url_of(desk.review, code) + query}
        for code, step in STEPS.items()
        if step.offered(desk)
    ]


def label_of(code: str, desk: Desk) -> Text:
    """What a move is called; who proposed it takes it back, others confirm it."""
    return TAKE_BACK[code] if code in TAKE_BACK and not may_confirm(desk) else STEPS[code].label


def url_of(review: Review, code: str) -> str:
    return reverse(f"review:{code}", args=[review.pk])


@once
def review_step(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    """One move: a page that says what it does; what is not offered now leads back to the desk."""
    review, back, step = visible_review(request, pk), back_of(request), STEPS[code]
    desk = desk_of(request.user, review)
    if not step.offered(desk) and (request.method != "POST" or lacks_its_proposal(code, review)):
        return redirect(desk_url(review, back))
    form = step.form(request, desk)
    if form.is_valid():
        step.act(desk, form.cleaned_data, request.user)
        messages.success(request, str(step.said))
        is_still_mine = Review.objects.visible_to(request.user).filter(pk=review.pk).exists()
        return redirect(desk_url(review, back) if is_still_mine else f"{reverse('review:list')}?{back}")
    context = {
        "review": review,
        "filing": review.filing,
        "name": name_of(review),
        "step": step,
        "label": label_of(code, desk) if step.offered(desk) else step.label,
        "form": form,
        "proposal": proposal_of(review) if code in TAKE_BACK and review.status in Review.PROPOSED else None,
        "asked": desk.request if code == "withdrawal" else None,
        "today": timezone.localdate(),
        "desk_url": desk_url(review, back),
    }
    return render(request, "supervision/review/step.html", context)


@require_POST
def review_claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    review = visible_review(request, pk)
    claim_review(review, by=request.user)
    messages.success(request, str(_("已领取，请在办理期限内受理和审核。")))
    return redirect(desk_url(review, back_of(request)))


@require_POST
def item_agree(request: HttpRequest, pk: UUID, item: UUID) -> HttpResponse:
    """The chief's tick 首轮遗漏."""
    review = visible_review(request, pk)
    agree_late_item(get_object_or_404(review.items.all(), pk=item), by=request.user)
    messages.success(request, str(_("已同意发出该条首轮遗漏的意见。")))
    return redirect(desk_url(review, back_of(request), anchor="drafts"))
