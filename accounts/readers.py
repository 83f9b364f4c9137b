"""Who may have the materials of a recovery ticket: operators, while it waits for them and as long as they are kept."""

from django.http import HttpRequest

from accounts.models import User
from portal.documents.models import Document
from portal.documents.permissions import register_reader


def may_read_materials(user: User | None, document: Document, request: HttpRequest) -> bool:
    return user is not None and user.is_operator and document.state != Document.State.REMOVED


register_reader("accounts.RecoveryTicket", may_read_materials, unready=may_read_materials)
