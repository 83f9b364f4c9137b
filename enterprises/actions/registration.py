"""企业注册: from a draft to an enterprise with its administrator account (product §3)."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actions import create_enterprise_account, hand_over_acceptances, has_accepted
from accounts.codes import check_code
from accounts.drafts import close_draft, save_draft
from accounts.models import Agreement, Registration
from enterprises.models import Administrator, Enterprise
from portal.audit.actions import record
from portal.documents.actions import purge, rehold
from portal.documents.models import Document
from portal.errors import Refused
from portal.facts import facts
from portal.limits import hit
from portal.notifications.actions import notify

PURPOSE = "enterprise_registration"  # of the codes sent here
EXISTS_AN_HOUR = 10  # answers "exists" for one network (security S2)
AGENTS_A_DAY = 20  # times the agent of one enterprise is shown


class AlreadyRegistered(Exception):
    """The credit code has an enterprise already, perhaps since a moment ago."""


@transaction.atomic
def register_enterprise(
    draft: Registration,
    *,
    enterprise: dict[str, Any],
    agent: dict[str, Any],
    password: str,
    code: str,
    request: HttpRequest,
) -> Enterprise:
    """Make the enterprise, its administrator account and all that belongs to them, or nothing.

    Takes what the forms cleaned. AlreadyRegistered if the credit code is taken, ValidationError if the code is wrong.
    """
    draft = locked_draft(draft)
    require_consent(draft)
    if Enterprise.objects.filter(uscc=enterprise["uscc"]).exists():
        raise AlreadyRegistered
    check_code(agent["agent_phone"], code, purpose=PURPOSE, request=request)
    made = new_enterprise(enterprise, agent)
    account = create_enterprise_account(uscc=made.uscc, name=made.name, password=password)
    Administrator.objects.create(user=account, enterprise=made)
    hand_over_acceptances(draft, account)
    rehold(draft, made)
    close_draft(draft)
    record("enterprise.registered", made, by=account, enterprise_id=made.pk)
    notify([account], "enterprise.registered", about=made, link=reverse("enterprises:list"), enterprise=made)
    return made


def locked_draft(draft: Registration) -> Registration:
    """The draft, with a second submission waiting; Refused if the first one has taken effect."""
    rows = Registration.objects.select_for_update(of=("self",), no_key=True)
    kept = rows.filter(pk=draft.pk, completed_at=None).first()
    if kept is None:
        raise Refused(_("这份表单已经提交过，请不要重复提交。"))
    return kept


@transaction.atomic
def keep_values(draft: Registration, values: dict[str, Any], *, step: int = 1) -> None:
    """Put what somebody types into a draft that has not taken effect; nothing is left behind in one that has."""
    locked_draft(draft)
    save_draft(draft, values, step=step)


def require_consent(draft: Registration) -> None:
    agreement = Agreement.objects.current(Agreement.Kind.ENTERPRISE)
    if agreement is None or not has_accepted(agreement, registration=draft):
        raise Refused(
            _("注册协议已更新，请重新阅读并同意后继续。"),
            safe=_("已填写的内容都还在。"),
            action=(_("阅读注册协议"), reverse("enterprises:register")),
        )


def new_enterprise(enterprise: dict[str, Any], agent: dict[str, Any]) -> Enterprise:
    """The row. Of two at the same moment the database lets one in."""
    made = Enterprise(**enterprise)
    made.set_agent(name=agent["agent_name"], id_number=agent["agent_id_number"], phone=agent["agent_phone"])
    made.index_search()
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        if Enterprise.objects.filter(uscc=made.uscc).exists():
            raise AlreadyRegistered
        raise
    return made


def note_duplicate(draft: Registration, uscc: str) -> bool:
    """Keep in the draft that its credit code exists; returns whether the agent may be shown, masked.

    Each new code is counted: an address gets ten such answers an hour, an enterprise's agent is shown twenty times
    a day. Call it outside of transactions.
    """
    if draft.data.get("exists") != uscc:
        calm = hit(f"uscc-exists:{facts().network}", limit=EXISTS_AN_HOUR, seconds=3600)
        shown = calm and hit(f"uscc-agent:{uscc}", limit=AGENTS_A_DAY, seconds=24 * 3600)
        keep_values(draft, {"exists": uscc, "agent_shown": shown})
    return draft.data["agent_shown"]


def abandon_registration(draft: Registration) -> None:
    """取消注册: what was typed and uploaded is deleted at once. Not to be undone; call it outside of transactions."""
    purge(Document.objects.of(draft).kept())
    draft.delete()
