"""复制为新的报监: what was refused or taken back begins again as a draft with everything that was typed (#10)."""

from django.db import transaction
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from supervision.actions.holding import locked_filing
from supervision.frozen import BASICS, attachments_in_force
from supervision.models import Attachment, Filing
from supervision.permissions import enterprise_of, require_preparer

COPYABLE = (Filing.Status.REJECTED, Filing.Status.WITHDRAWN)
ALSO_COPIED = ("project", "module", "permit", "award", "malformed", "is_sample")
SECTIONS = ("basics_version", "parties_version", "unit_works_version", "attachments_version")


def live_copies(filing: Filing):
    """The copies that are still of use."""
    return filing.copies.filter(status__in=[*Filing.OPEN, *Filing.LIVE]).order_by("created_at")


@transaction.atomic
def copy_filing(filing: Filing, *, by) -> Filing:
    """Begin a draft with the data and the documents of a refused or withdrawn filing; one at a time.

    What the other station had passed is kept when the copy is handed in within 90 days without material changes.
    """
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    if filing.status not in COPYABLE:
        raise Refused(_("只有不予通过或已撤回的报监可以复制。"))
    if first := live_copies(filing).first():
        raise Refused(_("该报监已复制过，请继续填写复制出的报监。"), action=(_("打开该报监"), first.get_absolute_url()))
    copy = Filing(copied_from=filing, enterprise=enterprise_of(by, filing), created_by=by, changed_by=by)
    for name in (*BASICS, *ALSO_COPIED):
        setattr(copy, name, getattr(filing, name))
    for name in SECTIONS:
        setattr(copy, name, 1 if getattr(filing, name) else 0)
    named = [copy.enterprise.uscc] if copy.enterprise else []
    copy.uscc_codes = sorted({*named, *(filing.permit.uscc_codes if filing.permit else ())})
    copy.index_search()
    copy.save()
    copy_rows(filing, copy, by=by)
    copy.index_search()
    copy.save(update_fields=["search_tokens", "search_text"])
    record("filing.copied", copy, by=by, original=filing.number)
    return copy


def copy_rows(filing: Filing, copy: Filing, *, by) -> None:
    """The parties, the unit works, and the documents, which both filings then share."""
    for row in [*filing.parties.all(), *filing.unit_works.all()]:
        fields = [field for field in row._meta.concrete_fields if field.name not in ("id", "filing")]
        values = {field.name: getattr(row, field.name) for field in fields}
        type(row)(**values | {"filing": copy}).save(force_insert=True)
    Attachment.objects.bulk_create(
        Attachment(filing=copy, material=attached.material, document=attached.document, added_by=by)
        for attached in attachments_in_force(filing)
    )
