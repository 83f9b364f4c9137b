"""项目用户注册 and 加入项目: from a draft to an application that waits for the project's manager (domain §5.3)."""

from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import accept_photo_consent, create_person, hand_over_acceptances, has_accepted
from accounts.codes import check_code
from accounts.drafts import close_draft
from accounts.identity import correct_identity
from accounts.models import Agreement, Registration, User
from accounts.tickets import dispute_phone
from enterprises.models import Enterprise, Position
from portal.audit.actions import record
from portal.documents.actions import copy_to, purge, rehold
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications.actions import mark_handled, notify
from projects.actions.ending import why_not_open
from projects.catalogue import FILES
from projects.models import Project, ProjectUser
from projects.permissions import approvers_of, is_party, led_by, may_rewrite_identity

PURPOSE = "project_user_registration"  # of the codes sent here
AGREEMENTS = (Agreement.Kind.PROJECT_USER, Agreement.Kind.ID_PHOTO)
KEPT = _("已填写的内容和上传的文件都还在。")


class Known(StrEnum):
    """Why nobody was registered: the phone has an account, or the ID number has another one than the phone."""

    PHONE = "phone"
    IDENTITY = "identity"


@transaction.atomic
def register_project_user(
    draft: Registration,
    *,
    person: dict[str, str],
    place: dict[str, Any],
    password: str,
    code: str,
    request: HttpRequest,
) -> ProjectUser | Known:
    """Make the account and its application, or nothing; `Known` once the code proved whose the phone is.

    `person`: name, id_number, phone; `place`: project, enterprise, position. ValidationError if the code is wrong.
    """
    draft = locked_draft(draft)
    require_consent(draft)
    require_open(**place)
    check_code(person["phone"], code, purpose=PURPOSE, request=request)
    if known := known_already(person, place["project"]):
        return known
    try:
        with transaction.atomic():
            account = create_person(
                name=person["name"], phone=person["phone"], id_number=person["id_number"], password=password, by=None
            )
    except IntegrityError:  # the same person, at this moment, in another window
        return Known.IDENTITY
    hand_over_acceptances(draft, account)
    application = new_application(account, place)
    rehold(draft, application)
    close_draft(draft)
    announce(application, "project_user.applied", by=account)
    return application


def locked_draft(draft: Registration) -> Registration:
    """The draft, with a second submission waiting; Refused if the first one has taken effect."""
    rows = Registration.objects.select_for_update(of=("self",), no_key=True)
    kept = rows.filter(pk=draft.pk, completed_at=None).first()
    if kept is None:
        raise Refused(_("这份表单已经提交过，请不要重复提交。"))
    return kept


def require_consent(draft: Registration) -> None:
    """Both texts as they are now: the agreement, and the separate one about the photo (PIPL art. 29)."""
    for kind in AGREEMENTS:
        agreement = Agreement.objects.current(kind)
        if agreement is None or not has_accepted(agreement, registration=draft):
            way_on = (_("阅读注册协议"), reverse("projects:user-register"))
            raise Refused(_("注册协议已更新，请重新阅读并同意后继续。"), safe=KEPT, action=way_on)


def require_open(*, project: Project, enterprise: Enterprise, position: Position) -> None:
    """The project is filed, goes on, and the enterprise is one of its parties."""
    project = Project.objects.locked(project.pk)  # it may be closed, or its filing voided, at this moment
    if sentence := why_not_open(project):
        raise Refused(sentence, safe=KEPT)
    if enterprise.status != Enterprise.Status.ACTIVE or not is_party(enterprise, project):
        raise Refused(_("未搜索到项目，代表该项目尚未在平台报监，请先完成项目报监"), safe=KEPT)
    if not position.is_active:
        raise Refused(_("该职务已停用，请重新选择。"), safe=KEPT)


def known_already(person: dict[str, str], project: Project) -> Known | None:
    """Whether phone or ID number have an account. If not the same one, operators find a note of it (domain §5.7 41)."""
    by_phone = User.objects.by_phone(person["phone"])
    by_number = User.objects.by_id_number(person["id_number"])
    if by_phone != by_number:
        record("identity.disputed", by_phone or by_number, by=None, project=str(project.pk))
    if by_phone and by_phone != by_number:
        dispute_phone(by_phone, phone=person["phone"])
    if by_phone:
        return Known.PHONE
    return Known.IDENTITY if by_number else None


def new_application(account: User, place: dict[str, Any]) -> ProjectUser:
    """The row. Refused if the person is, or asks to be, on the project already; also of two at one moment."""
    application = ProjectUser(user=account, is_party=is_party(place["enterprise"], place["project"]), **place)
    application.index_search()
    try:
        with transaction.atomic():
            application.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("您已是该项目用户，或已提交过申请，无需重复申请。")) from None
    return application


def announce(application: ProjectUser, event: str, *, by: User, **more: Any) -> None:
    """Write it down and tell those who may decide."""
    place = {"project": str(application.project_id), "position": application.position_id}
    record(event, application, by=by, place=place, **more)
    link = reverse("projects:approval", args=[application.pk])
    notify(approvers_of(application), "project_user.applied", about=application, link=link, application=application)


@transaction.atomic
def join_project(draft: Registration, *, place: dict[str, Any], reuse: dict[str, Document], by: User) -> ProjectUser:
    """Somebody with an account asks to work on one more project; `reuse` are files of theirs by kind, to be copied."""
    draft = locked_draft(draft)
    if draft.owner_id != by.pk:
        raise Http404
    require_open(**place)
    if led_by(by).filter(project=place["project"]).exists():
        raise Refused(_("您是该项目的负责人，无需再加入。"))
    accept_photo_consent(by)
    application = new_application(by, place)
    rehold(draft, application)
    for kind, document in reuse.items():
        if not Document.objects.held_by(application, kind).exists():  # a new one came along
            copy_to(application, document, by=by)
    close_draft(draft)
    announce(application, "project_user.applied", by=by)
    return application


@transaction.atomic
def resubmit_application(
    application: ProjectUser, *, position: Position | None = None, person: dict[str, str] | None = None, by: User
) -> None:
    """After 驳回 the person mends what was marked, and nothing else, and hands it in again; the clock starts anew.

    `position` and `person` (name, id_number) count where they were marked; files were uploaded before.
    """
    application = own(application, by=by)
    require_mendable(application)
    application.move("resubmit")
    if position and "position" in application.marked:
        application.position = position
    require_open(project=application.project, enterprise=application.enterprise, position=application.position)
    if person and "person" in application.marked and may_rewrite_identity(application.user):
        correct_identity(application.user, **person, by=by)
    mended, application.marked = application.marked, []
    application.applied_at = timezone.now()
    application.decided_by = application.decided_at = application.reminded_at = application.escalated_at = None
    application.nudged_at, application.reason = None, ""
    application.index_search()
    try:
        with transaction.atomic():
            application.save()
    except IntegrityError:
        raise Refused(_("您已是该项目用户，或已提交过申请，无需重复申请。")) from None
    mark_handled(application)
    announce(application, "project_user.reapplied", by=by, mended=mended)


def require_mendable(application: ProjectUser) -> None:
    """Sent back, and every marked file is a new one. Refused."""
    if application.status == ProjectUser.Status.REJECTED and not application.marked:
        way_on = (_("加入项目"), reverse("projects:join"))
        raise Refused(_("审核人没有要求修改，这份申请已经结束。情况有变化的，请重新申请加入项目。"), action=way_on)
    if old := unchanged_files(application):
        raise Refused(_("请重新上传：%(files)s。审核人指出需要修改。") % {"files": "、".join(old)})


def unchanged_files(application: ProjectUser) -> list[str]:
    """Marked files that are still those the approver saw, by their labels."""
    asked = {part: FILES[part] for part in application.marked if part in FILES}
    newer = Document.objects.held_by(application).filter(
        uploaded_at__gt=application.decided_at or application.applied_at
    )
    fresh = set(newer.values_list("kind", flat=True))
    return [str(ProjectUser.Part(part).label) for part, kind in asked.items() if kind not in fresh]


@transaction.atomic
def withdraw_application(application: ProjectUser, *, by: User) -> None:
    """The person no longer asks; nobody needs to decide."""
    application = own(application, by=by)
    application.move("withdraw")
    application.ended_at = timezone.now()
    application.index_search()
    application.save()
    mark_handled(application)
    record("project_user.withdrawn", application, by=by)


def own(application: ProjectUser, *, by: User) -> ProjectUser:
    if application.user_id != by.pk:
        raise Http404
    return ProjectUser.objects.locked(application.pk)


def abandon_registration(draft: Registration) -> None:
    """取消注册: what was typed and uploaded is deleted at once. Not to be undone; call it outside of transactions."""
    purge(Document.objects.of(draft).kept())
    draft.delete()
