"""New versions of the texts: an operator publishes one, everybody whom it concerns agrees at the next sign-in.

Consent must be asked anew where the purpose, the method or the kinds of data change (PIPL art. 14), and whoever
processes data says what changed (art. 17).
"""

from collections import defaultdict
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import accept_agreement
from accounts.models import Acceptance, Agreement, User
from portal.audit.actions import record
from portal.errors import Refused

Kind = Agreement.Kind
EVERYBODY = (Kind.TERMS, Kind.PRIVACY)  # concern every account; the others those who agreed to them when registering
# The separate consent about the photo (PIPL art. 29) is not tied to signing in: it is asked where a photo is handed in.
NOT_AT_SIGN_IN = (Kind.ID_PHOTO,)


def asked_of(user: User) -> list[Agreement]:
    """The texts in force that this account has yet to agree to, each with `agreed_from`: the day of its last version."""
    own = Acceptance.objects.filter(user=user, agreement__kind=OuterRef("kind"))
    latest = own.order_by().values("agreement__kind").annotate(day=Max("agreement__effective_from")).values("day")
    texts = Agreement.objects.in_force().annotate(
        is_accepted=Exists(Acceptance.objects.filter(user=user, agreement=OuterRef("pk"))),
        agreed_from=Subquery(latest),
    )
    return [text for text in texts if text.is_asked and not text.is_accepted and concerns(text)]


def for_everybody() -> list[Agreement]:
    """用户协议 and 隐私政策 as they are now, for the pages on which somebody registers."""
    return list(Agreement.objects.in_force().filter(kind__in=EVERYBODY))[::-1]


def concerns(text: Any) -> bool:
    return text.kind in EVERYBODY or text.agreed_from is not None


def changes_of(texts: list[Any]) -> dict[int, list[Agreement]]:
    """By text: the versions since the one that was agreed to, newest first; what they say has changed counts."""
    between = Agreement.objects.standing().filter(kind__in=[text.kind for text in texts]).exclude(changes="")
    versions = defaultdict(list)
    for version in between.defer("body").order_by("-effective_from"):
        for text in texts:
            since = text.agreed_from
            if version.kind == text.kind and version.effective_from <= text.effective_from:
                if version.pk == text.pk or (since is not None and version.effective_from > since):
                    versions[text.pk].append(version)
    return dict(versions)


@transaction.atomic
def agree_to(texts: list[Agreement], *, by: User) -> None:
    """Keep the consent to each of the texts that the page showed, with version and time."""
    for text in texts:
        accept_agreement(text, user=by)


@transaction.atomic
def refuse_agreements(texts: list[Agreement], *, by: User) -> None:
    """Keep that somebody read and did not agree; nothing else changes."""
    for text in texts:
        record("agreement.refused", text, by=by, version=text.version)


@transaction.atomic
def publish_agreement(
    kind: str, *, version: str, title: str, body: str, changes: str, effective_on: date, by: User
) -> Agreement:
    """A new version from the beginning of `effective_on`, at once if that is today. Never changed afterwards.

    Refused while a version waits for a later day, for a day that has passed, and for a version that there was.
    """
    require_operator(by)
    known = Agreement.objects.select_for_update(no_key=True).filter(kind=kind).order_by("-effective_from")
    standing = [text for text in known if text.withdrawn_at is None]
    refuse_to_publish(standing, changes, effective_on)
    try:
        with transaction.atomic():
            text = Agreement.objects.create(
                kind=kind,
                version=version,
                title=title,
                body=body,
                changes=changes,
                effective_from=max(timezone.now(), begin_of(effective_on)),
                is_asked=kind not in NOT_AT_SIGN_IN,
                published_at=timezone.now(),
                published_by=by,
            )
    except IntegrityError as error:
        raise Refused(_("这份协议已有版本 %(version)s，请换一个版本号。") % {"version": version}) from error
    record("agreement.published", text, by=by, kind=kind, version=version, effective_on=str(effective_on))
    return text


def refuse_to_publish(standing: list[Agreement], changes: str, effective_on: date) -> None:
    if effective_on < timezone.localdate():
        raise Refused(_("生效日期不能早于今天。"))
    if standing and standing[0].effective_from > timezone.now():
        waiting = {"version": standing[0].version, "day": f"{timezone.localtime(standing[0].effective_from):%Y-%m-%d}"}
        raise Refused(_("版本 %(version)s 将于 %(day)s 生效；如需改动，请先撤回它。") % waiting)
    if standing and not changes:
        raise Refused(_("请写明与上一版本相比改了什么，使用人登录时会看到。"))


def begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@transaction.atomic
def withdraw_agreement(text: Agreement, *, by: User) -> None:
    """Take a version back before its day; nobody can have agreed to it."""
    require_operator(by)
    text = Agreement.objects.select_for_update(no_key=True).get(pk=text.pk)
    if text.withdrawn_at is not None or text.effective_from <= timezone.now():
        raise Refused(_("只有尚未生效的版本可以撤回。已生效的，请发布一个新版本。"))
    text.withdrawn_at = timezone.now()
    text.save(update_fields=["withdrawn_at"])
    record("agreement.withdrawn", text, by=by, version=text.version)


def with_counts(texts: QuerySet) -> QuerySet:
    """With how many accounts agreed to each, and how many of them are people's."""
    people = Q(acceptances__user__kind=User.Kind.PERSONAL)
    return texts.annotate(
        accepted=Count("acceptances__user", distinct=True),
        accepted_by_people=Count("acceptances__user", filter=people, distinct=True),
    )


def concerned() -> dict[str, int]:
    """By kind of text: how many open accounts it concerns."""
    open_accounts = User.objects.filter(is_active=True)
    agreed = Acceptance.objects.filter(user__is_active=True).order_by().values("agreement__kind")
    counts = dict(agreed.annotate(people=Count("user", distinct=True)).values_list("agreement__kind", "people"))
    everybody = open_accounts.count()
    return {kind: everybody if kind in EVERYBODY else counts.get(kind, 0) for kind in Kind.values}


def require_operator(by: User) -> None:
    if not by.is_operator:
        raise Http404
