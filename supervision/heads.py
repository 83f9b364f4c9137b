"""The people behind the parties of a filing: colleagues to choose from, and who has an account already.

Nobody's people can be listed by strangers: colleagues are offered to their own; of everybody else it is only said
whether somebody of exactly this name and phone (or ID number) is registered, a limited number of times a day.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.models import Member
from enterprises.permissions import enterprises_granted
from portal.crypto import blind_index
from portal.limits import hit, hits
from portal.masking import mask_phone
from supervision.catalogue import LEAD_TITLES, SYSTEM
from supervision.models import FilingParty

MOST = 200  # colleagues that are offered
ASKED_A_DAY = 100  # saves that name people, after which nothing is said of strangers until tomorrow
DAY = 24 * 3600
NAMING = (".head_phone", ".head_id_number")


@dataclass
class Head:
    """What a card says about who leads: `state` is "" while nothing is known or may be told."""

    state: str = ""
    tone: str = "grey"
    follows: str = ""
    colleagues: list[tuple[str, str]] = field(default_factory=list)  # (member, as shown)


def heads_of(user, parties: list[FilingParty]) -> dict[UUID, Head]:
    """By party; three questions, however many parties."""
    members, may_tell = colleagues(user), hits(asking(user), DAY) < ASKED_A_DAY
    registered = registered_among(parties) if may_tell else set()
    heads = {}
    for party in parties:
        own = [member for member in members if party.uscc and member.enterprise.uscc == party.uscc]
        head = heads[party.pk] = Head(colleagues=[(str(member.pk), shown(member)) for member in own])
        known = party.pk in registered or any(is_same(member.user, party) for member in own)
        if is_named(party) and (known or may_tell):
            head.state, head.tone = (_("已注册"), "green") if known else (_("尚未注册"), "orange")
            head.follows = "" if known else what_follows(party)
    return heads


def colleagues(user) -> list[Member]:
    """The people of the enterprises that this person files for."""
    own = enterprises_granted(user, SYSTEM)
    active = Member.objects.filter(enterprise__in=own, status=Member.Status.ACTIVE, user__is_active=True)
    return list(active.select_related("user", "enterprise", "position").order_by("user__name", "pk")[:MOST])


def shown(member: Member) -> str:
    """One of several people of one name is known by the last digits of the ID number (edge case 37)."""
    phone, tail = mask_phone(member.user.phone or ""), (member.user.id_number or "")[-4:]
    return _("%(name)s %(phone)s · 身份证尾号 %(tail)s · %(position)s") % {
        "name": member.user.name,
        "phone": phone,
        "tail": tail,
        "position": member.position,
    }


def is_named(party: FilingParty) -> bool:
    """Enough of a person to be found: a name with a phone or an ID number; members of a consortium lead nothing."""
    numbered = party.head_phone or party.head_id_index
    return bool(party.head_name and numbered) and not party.exempt and not party.is_member


def what_follows(party: FilingParty) -> str:
    title = LEAD_TITLES[party.party_type]  # type: ignore[index]
    return _("报监完毕后凭手机号注册，经所在企业确认即成为%(title)s。") % {"title": title}


def registered_among(parties: list[FilingParty]) -> set[UUID]:
    """The parties whose head has an account under exactly this name, with this phone or this ID number."""
    keys = [(party, blind_index(party.head_phone, purpose="phone")) for party in parties if party.head_phone]
    keys += [(party, party.head_id_index) for party in parties if party.head_id_index]
    indexes = [index for _party, index in keys]
    people = User.objects.filter(kind=User.Kind.PERSONAL, is_active=True)
    people = people.filter(Q(phone_index__in=indexes) | Q(id_index__in=indexes))
    found = {(name, index) for name, *both in people.values_list("name", "phone_index", "id_index") for index in both}
    return {party.pk for party, index in keys if (party.head_name, index) in found}


def is_same(user: User, party: FilingParty) -> bool:
    return bool(party.head_id_index) and user.id_index == party.head_id_index and user.name == party.head_name


# What may be asked, and taken over


def asking(user) -> str:
    return f"heads:{user.pk}"


def count_naming(user, data: QueryDict) -> None:
    """A save that names somebody by a number counts; call it outside of the transaction."""
    if any(name.endswith(NAMING) and data[name] for name in data):
        hit(asking(user), limit=ASKED_A_DAY, seconds=DAY)


def typed_of_colleague(user, data: QueryDict, key: str) -> dict[str, Any]:
    """The head's fields of a card from a colleague that was chosen; nothing for somebody else's people."""
    chosen, code = data.get(f"{key}.person", ""), data.get(f"{key}.uscc", "")
    found = [member for member in colleagues(user) if str(member.pk) == chosen and member.enterprise.uscc == code]
    person = found[0].user if found else None
    if person is None:
        return {}
    values = {"head_name": person.name, "head_id_number": person.id_number, "head_phone": person.phone}
    return {f"{key}.{name}": value or "" for name, value in values.items()}
