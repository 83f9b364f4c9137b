"""通过 and 驳回 of project users, and the end of what was agreed (domain §5.3, security S5)."""

from collections.abc import Iterable

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.permissions import administrators_of
from portal.audit.actions import record
from portal.documents.models import Document
from portal.errors import Refused
from portal.masking import mask_name
from portal.notifications.actions import mark_handled, notify
from portal.reveals import note_look
from projects.actions.completion import appoint_named
from projects.catalogue import FILES
from projects.models import ProjectUser
from projects.permissions import may_approve

REVEALED = {"phone": "phone", "id-number": "id_number"}


@transaction.atomic
def approve_application(application: ProjectUser, *, by: User) -> None:
    """Let the person work on the project. `by` has checked photo and letter; a named lead takes the post by it."""
    application = undecided(application, by=by)
    require_files(application)
    decide(application, "approve", by=by)
    notify(
        [application.user],
        "project_user.approved",
        about=application,
        link=page_of(application),
        application=application,
    )
    told = [account for account in administrators_of(application.enterprise) if account != by]
    notify(told, "project_user.joined", about=application, application=application)
    if application.position.leads:
        appoint_named(application, by=by)


@transaction.atomic
def reject_application(application: ProjectUser, *, reason: str, marked: Iterable[str] = (), by: User) -> None:
    """Say no, and why. What is `marked` (ProjectUser.Part) the person may mend and hand in again; nothing: a final no."""
    application = undecided(application, by=by)
    chosen = set(marked)
    application.reason, application.marked = reason, [part for part in ProjectUser.Part.values if part in chosen]
    decide(application, "reject", by=by)
    link = reverse("projects:application", args=[application.pk])
    notify([application.user], "project_user.rejected", about=application, link=link, application=application)


def undecided(application: ProjectUser, *, by: User) -> ProjectUser:
    """The application, with a second decision waiting. Http404 for strangers, Refused where it was decided before."""
    application = ProjectUser.objects.locked(application.pk)
    if not may_approve(by, application):
        raise Http404
    if earlier := decided_text(application):
        raise Refused(earlier)
    return application


def decided_text(application: ProjectUser) -> str:
    """该申请已由 陈** 于 10:32 处理, or "" while nobody has decided. An enterprise is named in full."""
    by, at = application.decided_by, application.decided_at
    if by is None or at is None:
        return ""
    local = timezone.localtime(at)
    shape = "H:i" if local.date() == timezone.localdate() else "Y-m-d H:i"
    who = by.name if by.is_enterprise_account else mask_name(by.name)
    return _("该申请已由 %(who)s 于 %(at)s 处理") % {"who": who, "at": formats.date_format(local, shape)}


def require_files(application: ProjectUser) -> None:
    """Photo and letter are there and sound: nothing unchecked is agreed to."""
    ready = set(Document.objects.held_by(application).ready().values_list("kind", flat=True))
    if missing := set(FILES.values()) - ready:
        raise Refused(files_text(missing), safe=_("申请仍在“待审核”中，没有变化。"))


def files_text(missing: set[str]) -> str:
    if missing == set(FILES.values()):
        return _("身份证照片和办理承诺函还没有通过检查，暂时不能通过。请稍后再试，或驳回并请申请人重新上传。")
    if FILES["letter"] in missing:
        return _("办理承诺函还没有通过检查，暂时不能通过。请稍后再试，或驳回并请申请人重新上传。")
    return _("身份证照片还没有通过检查，暂时不能通过。请稍后再试，或驳回并请申请人重新上传。")


def decide(application: ProjectUser, move: str, *, by: User) -> None:
    application.move(move)
    application.decided_by, application.decided_at = by, timezone.now()
    application.index_search()
    application.save()
    mark_handled(application)
    place = {"project": str(application.project_id), "position": application.position_id}
    record(f"project_user.{application.status}", application, by=by, place=place, marked=application.marked)


def page_of(application: ProjectUser) -> str:
    return reverse("projects:detail", args=[application.project_id])


@transaction.atomic
def end_membership(application: ProjectUser, *, by: User) -> None:
    """Somebody no longer works on the project: they leave, or who let people in sends them away. At once."""
    application = ProjectUser.objects.locked(application.pk)
    if by.pk != application.user_id and not may_approve(by, application):
        raise Http404
    application.move("end")
    application.ended_at = timezone.now()
    application.index_search()
    application.save()
    end_post(application)
    record("project_user.ended", application, by=by, own=by.pk == application.user_id)
    if by.pk != application.user_id:
        link = reverse("projects:application", args=[application.pk])
        notify([application.user], "project_user.ended", about=application, link=link, application=application)


def end_post(application: ProjectUser) -> None:
    """A lead who was let in by this membership leads no more."""
    posts = application.project.parties.filter(lead=application.user, ended_at=None)
    own_unit = [party for party in posts if application.enterprise_id == party.enterprise_id]
    for party in own_unit if application.position.leads else []:
        party.lead = party.lead_since = None
        party.save(update_fields=["lead", "lead_since"])


@transaction.atomic
def reveal(application: ProjectUser, field: str, *, reason: str, by: User) -> str:
    """The full phone or ID number, for who checks the application; each look is written down."""
    if field not in REVEALED or not may_approve(by, application):
        raise Http404
    note_look("identity.revealed", application, by=by, reason=reason, purpose=_("审核项目用户"), field=field)
    return getattr(application.user, REVEALED[field]) or ""
