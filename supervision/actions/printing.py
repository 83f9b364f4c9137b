"""Taking a copy of a filing along is a fact that is kept, and with full numbers a right (PIPL)."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from portal.audit import record, record_each
from portal.documents.models import Document
from supervision.models import Filing
from supervision.permissions import may_print_in_full


@transaction.atomic
def note_print(filing: Filing, *, form: str, full: bool, by) -> None:
    """Write down who printed what; PermissionDenied where full numbers are not theirs to have."""
    if full and not may_print_in_full(by, filing):
        raise PermissionDenied(
            _("完整的身份证号和手机号只向报监单位和办理的监督站显示，您可以打印隐去个人信息的版本。")
        )
    unit = filing.enterprise_id
    record("filing.printed", filing, by=by, enterprise_id=unit, form=form, full=full, number=filing.number)


@transaction.atomic
def note_zip(filing: Filing, documents: list[Document], *, by) -> None:
    """Write down who took all files of a filing, and each personal one among them."""
    record("filing.documents_taken", filing, by=by, enterprise_id=filing.enterprise_id, files=len(documents))
    record_each("document.opened", [document for document in documents if document.sealed], by=by)
