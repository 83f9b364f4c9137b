"""补充材料: after approval nothing is edited; what comes later stands beside it with its reason (domain §5.7, 45)."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.documents.actions import remove
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications import notify
from supervision.actions.attachments import last_place, one_of
from supervision.actions.holding import locked_filing
from supervision.frozen import attachments_in_force
from supervision.models import Addendum, Attachment, Filing, Material, MaterialRule
from supervision.permissions import officers_of, require_preparer

STANDS = (Filing.Status.APPROVED, Filing.Status.FILED)  # what was approved and may be added to
MOST_DRAFTS = 10


def addable(filing: Filing) -> bool:
    return filing.status in STANDS


@transaction.atomic
def open_addendum(filing: Filing, *, material: Material, replaces: Any = None, reason: str, by) -> Addendum:
    """Begin to add files for a material, perhaps as a later version of one that was handed in."""
    filing = opened_for_addenda(filing, by)
    if not reason.strip():
        raise Refused(_("请填写补充原因，监督站据此了解为什么补充。"))
    if not MaterialRule.objects.for_filing(filing).filter(material=material).exists():
        raise Refused(_("本模块没有这项材料，请选择“其他”。"))
    if filing.addenda.filter(handed_in_at=None).count() >= MOST_DRAFTS:
        raise Refused(_("有 %(count)d 份补充材料还没有提交，请先提交或删除。") % {"count": MOST_DRAFTS})
    earlier = one_of(attachments_in_force(filing).filter(material=material), replaces) if replaces else None
    addendum = Addendum.objects.create(
        filing=filing, material=material, replaces=earlier, reason=reason.strip()[:300], opened_by=by
    )
    record("filing.addendum_opened", filing, by=by, material=material.pk)
    return addendum


@transaction.atomic
def hand_in_addendum(addendum: Addendum, *, by) -> Addendum:
    """Hand the files in: the stations are told, they count from now on, and no frozen version changes."""
    filing, addendum = locked_draft(addendum, by)
    documents = list(Document.objects.held_by(addendum))
    require_sound(documents)
    if addendum.replaces is not None:
        put_aside(addendum, addendum.replaces, by=by)
    place = last_place(filing.attachments.filter(material=addendum.material))
    for nth, document in enumerate(documents):
        earlier = addendum.replaces if nth == 0 else None
        Attachment.objects.create(
            filing=filing,
            material=addendum.material,
            document=document,
            added_by=by,
            replaces=earlier,
            order=earlier.order if earlier else place + nth + 1,
        )
    addendum.number = (filing.addenda.aggregate(last=Max("number"))["last"] or 0) + 1
    addendum.handed_in_by, addendum.handed_in_at = by, timezone.now()
    addendum.save(update_fields=["number", "handed_in_by", "handed_in_at"])
    record("filing.addendum", filing, by=by, material=addendum.material_id, number=addendum.number)
    tell_stations(filing, addendum)
    return addendum


@transaction.atomic
def drop_addendum(addendum: Addendum, *, by) -> None:
    """Throw a draft away with its files."""
    filing, addendum = locked_draft(addendum, by)
    for document in Document.objects.held_by(addendum):
        remove(document, by=by)
    record("filing.addendum_dropped", filing, by=by, material=addendum.material_id)
    addendum.delete()


def opened_for_addenda(filing: Filing, by) -> Filing:
    """The locked filing, if this person may add to it now."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    if not addable(filing):
        raise Refused(
            _("当前状态为“%(status)s”，审核通过或报监完毕后才能补充材料。") % {"status": filing.get_status_display()},
            safe=_("已提交的内容没有变化。"),
        )
    return filing


def locked_draft(addendum: Addendum, by) -> tuple[Filing, Addendum]:
    filing = opened_for_addenda(addendum.filing, by)
    found = Addendum.objects.select_for_update(of=("self",), no_key=True).filter(pk=addendum.pk).first()
    if found is None or found.handed_in_at:
        raise Refused(_("这份补充材料已经提交或删除，请刷新页面查看最新状态。"))
    return filing, found


def require_sound(documents: list[Document]) -> None:
    """Nothing unchecked goes to a station (product §10)."""
    if not documents:
        raise Refused(_("请先上传要补充的文件。"))
    if checking := [document for document in documents if document.is_checking]:
        raise Refused(_("“%(name)s”正在检查，请稍候再提交。") % {"name": checking[0]}, safe=_("已上传的文件都在。"))
    if refused := [document for document in documents if document.is_refused]:
        facts = {"name": refused[0], "why": refused[0].problem}
        raise Refused(_("“%(name)s”未通过检查：%(why)s") % facts, safe=_("已上传的文件都在，请更换或删除这一个。"))


def put_aside(addendum: Addendum, earlier: Attachment, *, by) -> None:
    """Mark the earlier file replaced; it stays readable in the version that holds it."""
    earlier = one_of(attachments_in_force(addendum.filing), earlier.document_id)
    earlier.removed_by, earlier.removed_at = by, timezone.now()
    earlier.removed_because = addendum.reason[:200]
    earlier.save(update_fields=["removed_by", "removed_at", "removed_because"])


def tell_stations(filing: Filing, addendum: Addendum) -> None:
    """Those of the filing's stations that read this material: who decided it, else everybody with the post."""
    reads = {"safety": addendum.material.read_by_safety, "quality": addendum.material.read_by_quality}
    for review in filing.reviews.select_related("station"):
        if not reads[review.role]:
            continue
        officers = officers_of(review.station, review.role)
        mine = [officer for officer in officers if officer.pk == review.assignee_id]
        link = reverse("review:detail", args=[review.pk]) + "#addenda"
        notify(mine or officers, "filing.addendum", about=review, link=link, filing=filing, addendum=addendum)
