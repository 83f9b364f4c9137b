"""How long what accounts hold stays, and what of it is sealed elsewhere than in a column."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.adapter import SecondFactorAdapter
from accounts.models import Acceptance, DataCopy, DataRequest, User
from accounts.privacy.closing import forget_account
from accounts.privacy.copies import new_key
from portal.crypto import Undecipherable, is_current, reseal
from portal.documents.actions import purge
from portal.documents.models import Document
from portal.retention import Rule, register_rule
from portal.rotation import HEAD, Place, register_place


def closed_accounts(cutoff: datetime) -> QuerySet[User]:
    return User.objects.filter(closed_at__lt=cutoff, forgotten_at=None)


def old_requests(cutoff: datetime) -> QuerySet[DataRequest]:
    return DataRequest.objects.filter(asked_at__lt=cutoff).exclude(status__in=["draft", "submitted"])


def old_consents(cutoff: datetime) -> QuerySet[Acceptance]:
    """Of accounts that closed so long ago, and of registrations that came to nothing."""
    nobodys = Q(user=None, registration=None, accepted_at__lt=cutoff)
    return Acceptance.objects.filter(Q(user__closed_at__lt=cutoff) | nobodys)


def forget_request(request: DataRequest) -> None:
    purge(Document.objects.of(request).kept())
    request.delete()


register_rule(Rule("closed_accounts", _("已注销账号的个人信息"), closed_accounts, forget_account))
register_rule(Rule("consents", _("已注销账号的同意记录"), old_consents, lambda acceptance: acceptance.delete()))
register_rule(Rule("data_requests", _("已办结的个人信息申请"), old_requests, forget_request))


# Secrets of second factors, sealed inside a JSON value


def older(text: Any) -> bool:
    """Whether an older key sealed this text; what is not sealed is not."""
    try:
        return not is_current(b64decode(text, validate=True))
    except (ValueError, TypeError, Undecipherable):
        return False


def stale_factors() -> Iterator[Authenticator]:
    for factor in Authenticator.objects.order_by("pk").iterator():
        if any(older(value) for value in factor.data.values()):
            yield factor


def renew_factor(factor: Authenticator) -> bool:
    place = SecondFactorAdapter.PLACE
    data = {name: renewed(value, place) if older(value) else value for name, value in factor.data.items()}
    unchanged = Authenticator.objects.filter(pk=factor.pk, data=factor.data)
    return bool(unchanged.update(data=data))


def renewed(text: str, place: str) -> str:
    return b64encode(reseal(b64decode(text), place)).decode()


# Archives of 我的数据


def stale_copies() -> Iterator[DataCopy]:
    for copy in DataCopy.objects.exclude(key="").order_by("pk").iterator():
        with default_storage.open(copy.key) as file:
            if not is_current(file.read(HEAD) + bytes(HEAD)):
                yield copy


def renew_copy(copy: DataCopy) -> bool:
    with default_storage.open(copy.key) as file:
        key = default_storage.save(new_key(), ContentFile(reseal(file.read(), copy.place)))
    taken = DataCopy.objects.filter(pk=copy.pk, key=copy.key).update(key=key)
    default_storage.delete(copy.key if taken else key)
    return bool(taken)


register_place(Place("mfa.authenticator.data", stale_factors, renew_factor))
register_place(Place("data copies", stale_copies, renew_copy))
