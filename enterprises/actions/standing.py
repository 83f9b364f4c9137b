"""What becomes of an enterprise later: another name, suspension, and back (domain §5.7 25, 58)."""

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.catalogue import RENAMED
from enterprises.models import Enterprise, EnterpriseName
from enterprises.permissions import administrators_of, require_administrator
from portal.audit import masked, record
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications import notify

VERIFIED = ["verification", "verified_by", "verified_at", "verification_note"]


@transaction.atomic
def rename_enterprise(enterprise: Enterprise, *, name: str, by) -> Enterprise:
    """Another name under the same credit code, with the new licence uploaded; the old one is kept with its last day.

    What was handed in under the old name keeps it. Raises Http404 for strangers.
    """
    require_administrator(by, enterprise)
    enterprise = Enterprise.objects.locked(enterprise.pk)
    if enterprise.status != Enterprise.Status.ACTIVE:
        raise Refused(_("当前状态为“%(state)s”，不能更名。") % {"state": enterprise.get_status_display()})
    if name == enterprise.name:
        raise Refused(_("新名称与现在的名称相同。"))
    require_new_licence(enterprise)
    former = EnterpriseName.objects.create(enterprise=enterprise, name=enterprise.name)
    enterprise.name, enterprise.verification = name, Enterprise.Verification.UNVERIFIED
    enterprise.verified_by = enterprise.verified_at = None  # it was another name that was compared
    enterprise.verification_note = ""
    enterprise.index_search()
    enterprise.save(update_fields=["name", *VERIFIED, "search_tokens", "search_text"])
    for seat in enterprise.administrators.select_related("user"):
        seat.user.name = name
        seat.user.save(update_fields=["name"])
    record("enterprise.renamed", enterprise, by=by, enterprise_id=enterprise.pk, was=former.name, now=name)
    notify(administrators_of(enterprise), "enterprise.renamed", about=enterprise, enterprise=enterprise, former=former)
    return enterprise


def require_new_licence(enterprise: Enterprise) -> None:
    """The licence with the new name, uploaded since the last change."""
    last = enterprise.names.order_by("-used_until").first()
    since = last.used_until if last else enterprise.registered_at
    licences = Document.objects.held_by(enterprise, RENAMED.code).filter(uploaded_at__gte=since)
    if not licences.exclude(state__in=[Document.State.REFUSED, Document.State.STUCK]).exists():
        raise Refused(_("请上传更名后的营业执照。"), safe=_("企业名称没有变化。"))


@transaction.atomic
def suspend_enterprise(enterprise: Enterprise, *, reason: str, by) -> Enterprise:
    """No new filings from now on; its people still read and reply. An operator's act, with its reason."""
    enterprise = locked_by_operator(enterprise, by)
    if not reason.strip():
        raise Refused(_("请填写暂停原因，企业会看到。"))
    return stand(enterprise, "suspend", reason.strip(), by=by)


@transaction.atomic
def restore_enterprise(enterprise: Enterprise, *, by) -> Enterprise:
    """Take a suspension back."""
    return stand(locked_by_operator(enterprise, by), "restore", "", by=by)


@transaction.atomic
def verify_enterprise(enterprise: Enterprise, *, agrees: bool, note: str, by) -> Enterprise:
    """核验: an operator compared name, code and legal representative with the register; `note` says with what.

    A mark beside the name, which stops nothing by itself (domain §5.1).
    """
    enterprise = locked_by_operator(enterprise, by)
    if enterprise.status not in Enterprise.READING:
        raise Refused(_("当前状态为“%(state)s”，无需核验。") % {"state": enterprise.get_status_display()})
    if not note.strip():
        raise Refused(_("请填写核验依据，如登记信息的来源和查询日期。"))
    verdict = Enterprise.Verification.VERIFIED if agrees else Enterprise.Verification.MISMATCH
    enterprise.verification, enterprise.verification_note = verdict, note.strip()
    enterprise.verified_by, enterprise.verified_at = by, timezone.now()
    enterprise.save(update_fields=VERIFIED)
    event = "enterprise.verified" if agrees else "enterprise.mismatched"
    record(event, enterprise, by=by, enterprise_id=enterprise.pk, note=enterprise.verification_note)
    link = reverse("enterprises:detail", args=[enterprise.pk])
    notify(administrators_of(enterprise), event, about=enterprise, link=link, enterprise=enterprise)
    return enterprise


def stand(enterprise: Enterprise, move: str, reason: str, *, by) -> Enterprise:
    enterprise.move(move)
    enterprise.suspended_reason = reason
    enterprise.index_search()
    enterprise.save(update_fields=["status", "suspended_reason", "search_tokens", "search_text"])
    event = {"suspend": "enterprise.suspended", "restore": "enterprise.restored"}[move]
    why = {"reason": masked(reason)} if reason else {}  # the enterprise keeps it only while it is suspended
    record(event, enterprise, by=by, enterprise_id=enterprise.pk, **why)
    notify(administrators_of(enterprise), event, about=enterprise, enterprise=enterprise)
    return enterprise


def locked_by_operator(enterprise: Enterprise, by) -> Enterprise:
    if not by.is_operator:
        raise Http404
    return Enterprise.objects.locked(enterprise.pk)
