"""更正, 删除 and 注销 as requests: written down by the person, answered by an operator, told either way."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.identity import correct_identity
from accounts.models import DataRequest, User
from accounts.models.personal_data import ANSWER_WITHIN
from accounts.privacy.closing import close_account, why_not_close
from accounts.privacy.sections import files_about
from portal.audit.actions import record
from portal.documents.actions import purge
from portal.documents.kinds import MB, SCANS, DocumentKind, register_kind
from portal.documents.models import Document
from portal.documents.permissions import register_reader
from portal.errors import Refused
from portal.notifications.actions import mark_handled, notify
from portal.reveals import note_look

PROOF = DocumentKind("identity_proof", _("证明材料"), SCANS, 10 * MB, personal=True, most=2, watermarked=True)
register_kind(PROOF)


def draft_request(kind: str, *, by: User, keep: bool = True) -> DataRequest:
    """The person's open request of this kind, or a new one, written only if it is to `keep`; 404 for other accounts."""
    if not by.is_personal:
        raise Http404
    open_ones = DataRequest.objects.filter(user=by, kind=kind, status__in=["draft", "submitted"])
    if (found := open_ones.first()) or not keep:
        return found or DataRequest(user=by, kind=kind)
    try:
        with transaction.atomic():
            return DataRequest.objects.create(user=by, kind=kind)
    except IntegrityError:  # begun in two windows at once
        return open_ones.get()


def drop_old_drafts() -> int:
    """Delete what nobody handed in within a day, with its files. Not to be undone; call it outside of transactions."""
    old = DataRequest.objects.filter(status=DataRequest.Status.DRAFT, asked_at__lt=timezone.now() - timedelta(days=1))
    for draft in old:
        purge(Document.objects.of(draft).kept())
        draft.delete()
    return len(old)


@transaction.atomic
def submit_request(request: DataRequest, *, values: dict[str, str] | None, reason: str, by: User) -> None:
    """Hand it to the operators, who answer within fifteen days. Refused where it waits already or cannot be granted."""
    request = own(request, by=by)
    if request.status == DataRequest.Status.SUBMITTED:
        raise Refused(_("您已提交过同样的申请，正在处理。"), action=my_data())
    if request.kind == DataRequest.Kind.CORRECT:
        require_change(request, values or {}, by)
    if request.kind == DataRequest.Kind.CLOSE and (reasons := why_not_close(by)):
        raise Refused(*reasons, heading=_("账号暂不能注销"), action=my_data())
    request.move("submit")
    request.values, request.reason, request.asked_at = values, reason, timezone.now()
    request.due_on = timezone.localdate() + ANSWER_WITHIN
    request.save()
    record("data_request.submitted", request, by=by, kind=request.kind)
    operators = User.objects.filter(duty=User.Duty.OPERATOR, is_active=True)
    link = reverse("accounts:data-request-page", args=[request.pk])
    notify(operators, "data_request.submitted", about=request, link=link, request=request)


def require_change(request: DataRequest, values: dict[str, str], by: User) -> None:
    if values == {"name": by.name, "id_number": by.id_number}:
        raise Refused(_("填写的姓名和身份证号与现在的一致，无需更正。"), action=my_data())
    if not Document.objects.held_by(request).exists():
        raise Refused(_("请上传证明材料，例如身份证照片或公安机关出具的证明。"))


def my_data() -> tuple[str, str]:
    return _("我的数据"), reverse("accounts:data")


@transaction.atomic
def withdraw_request(request: DataRequest, *, by: User) -> None:
    """The person takes it back while nobody has answered."""
    request = own(request, by=by)
    request.move("withdraw")
    request.save(update_fields=["status"])
    mark_handled(request)
    record("data_request.withdrawn", request, by=by, kind=request.kind)


def own(request: DataRequest, *, by: User) -> DataRequest:
    if request.user_id != by.pk:
        raise Http404
    return DataRequest.objects.locked(request.pk)


# The operator's answer


def grant_request(request: DataRequest, *, answer: str, by: User) -> None:
    """Do what was asked for and say so. Files go once the row says so, and cannot come back."""
    gone = decide_in_favour(request, answer=answer, by=by)
    purge(gone)


@transaction.atomic
def decide_in_favour(request: DataRequest, *, answer: str, by: User) -> list[Document]:
    request = waiting(request, by=by)
    user, gone = request.user, []
    answer = answer or str(_("已按您的申请办理。"))
    if request.kind == DataRequest.Kind.CORRECT:
        was = {"name_was": user.name, "id_number_was": user.id_number}
        wanted: dict[str, Any] = {name: (request.values or {})[name] for name in ("name", "id_number")}
        correct_identity(user, **wanted, by=by)
        request.values = {**wanted, **was}
        gone = list(Document.objects.of(request).kept())  # the proof was for this decision alone
    elif request.kind == DataRequest.Kind.DELETE:
        gone = [held.document for held in files_about(user) if not held.why_kept]
    conclude(request, "do", answer, by=by)
    if request.kind == DataRequest.Kind.CLOSE:
        close_account(user, by=by)
    return gone


@transaction.atomic
def decline_request(request: DataRequest, *, answer: str, by: User) -> None:
    """Say no, and why: the law names the cases, the person may complain."""
    conclude(waiting(request, by=by), "decline", answer, by=by)


def waiting(request: DataRequest, *, by: User) -> DataRequest:
    """The request, with a second decision waiting; 404 for everybody but operators."""
    if not by.is_operator:
        raise Http404
    return DataRequest.objects.locked(request.pk)


def conclude(request: DataRequest, move: str, answer: str, *, by: User) -> None:
    request.move(move)
    request.answer, request.decided_by, request.decided_at = answer, by, timezone.now()
    request.save()
    mark_handled(request)
    record(f"data_request.{request.status}", request, by=by, kind=request.kind)
    notify([request.user], "data_request.answered", about=request, link=reverse("accounts:data"), request=request)


REVEALED = ("name", "id_number")


@transaction.atomic
def reveal_wanted(request: DataRequest, field: str, *, reason: str, by: User) -> str:
    """What the person wants to stand there, in full, for the operator who compares it; each look is written down."""
    if not by.is_operator or field not in REVEALED:
        raise Http404
    note_look("identity.revealed", request, by=by, reason=reason, purpose=_("办理个人信息更正"), field=field)
    return (request.values or {}).get(field) or ""


def may_read(user: User | None, document: Document, request: Any) -> bool:
    """The person, and operators while they decide."""
    asked = DataRequest.objects.filter(pk=document.holder_id).first()
    if user is None or asked is None:
        return False
    return asked.user_id == user.pk or (user.is_operator and asked.status == DataRequest.Status.SUBMITTED)


def may_read_unready(user: User | None, document: Document, request: Any) -> bool:
    """Files under check or refused are shown to the person alone."""
    if user is None or document.state == Document.State.REMOVED:
        return False
    return DataRequest.objects.filter(pk=document.holder_id, user=user).exists()


register_reader("accounts.DataRequest", may_read, unready=may_read_unready)
