"""Name and ID number of a person: corrected with proof, and what stood there before is kept (domain §5.7 38)."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actions import locked
from accounts.models import User
from portal.audit.actions import record
from portal.errors import Refused
from portal.masking import mask_id, mask_name

TAKEN = _("填写的身份证号已有另一个账号。为避免两人混淆，系统不会合并，请联系平台运营人员核实。")


@transaction.atomic
def correct_identity(user: User, *, name: str, id_number: str, by: User) -> bool:
    """Write another name or ID number, checked and normalised; whether anything changed.

    Refused where the number has an account: two people are never made one (edge cases 37, 41).
    """
    user = locked(user)
    if (user.name, user.id_number) == (name, id_number):
        return False
    was: dict[str, Any] = {"name_was": mask_name(user.name), "id_number_was": mask_id(user.id_number)}
    user.name = name
    user.set_id_number(id_number)
    try:
        with transaction.atomic():
            user.save(update_fields=["name", "id_number", "id_index"])
    except IntegrityError:
        raise Refused(TAKEN) from None
    record("account.identity_corrected", user, by=by, name=mask_name(name), id_number=mask_id(id_number), **was)
    return True
