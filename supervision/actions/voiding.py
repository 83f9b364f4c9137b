"""作废 of what was approved: by the operator, with a reason that all concerned read (domain §5.4, §5.7 43, 44)."""

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from projects.actions import unfile_project
from supervision.actions.changes import end_changes
from supervision.actions.holding import locked_filing
from supervision.actions.identity import SEARCH
from supervision.actions.numbers import end_numbers
from supervision.actions.people import concerned_by
from supervision.models import Filing


@transaction.atomic
def void_filing(filing: Filing, *, reason: str, by) -> Filing:
    """Its receipt counts no more, its numbers end; without another filing the project is closed to project users.

    Http404 for everybody but operators. What was decided stays to be read.
    """
    if not by.is_operator:
        raise Http404
    filing = locked_filing(filing.pk)
    if not reason.strip():
        raise Refused(_("请填写作废原因，申请单位和监督站会看到。"))
    filing.move("void")
    filing.live_key, filing.void_reason, filing.changed_at = None, reason.strip(), timezone.now()
    filing.index_search()
    filing.save(update_fields=["status", "live_key", "void_reason", "changed_at", *SEARCH])
    end_changes(filing)
    if not filing.project.filings.filter(status=Filing.Status.FILED).exists():
        end_numbers(filing.project_id)
        sentence = _("该项目的报监（%(number)s）已作废。") % {"number": filing.number}
        unfile_project(filing.project, reason=sentence, by=by)
    mark_handled(filing)
    record("filing.voided", filing, by=by, number=filing.number)
    link = filing.get_absolute_url()
    notify(concerned_by(filing), "filing.voided", about=filing, link=link, filing=filing)
    return filing
