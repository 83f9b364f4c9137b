"""How long personal data stay: rules that apps register, days that the settings give, a run that shows before it acts.

`manage.py purge` shows what is due, `manage.py purge --do` does it; nightly by setting (PURGE_NIGHTLY). A rule finds
rows by their dates, so after a restore of a backup the next run deletes again what had been deleted since (PIPL art. 47).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.audit.actions import record
from portal.ids import Identified
from portal.notifications.models import Delivery, Message

logger = logging.getLogger(__name__)

Text = str | Promise


class PurgeRun(Identified):
    """That a rule was carried out, when, and on how many rows: what the audit entry is about."""

    rule = models.CharField(_("规则"), max_length=40)
    cutoff = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(_("条数"), default=0)
    failed = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        app_label = "portal"
        verbose_name = _("清理记录")
        verbose_name_plural = _("清理记录")

    def __str__(self) -> str:
        return self.rule


@dataclass(frozen=True)
class Rule:
    """What is due so many days after something, and how one row of it is forgotten. Twice does no harm.

    `forget` runs outside of transactions, because files cannot be brought back.
    """

    code: str
    label: Text
    due: Callable[[datetime], QuerySet[Any]]
    forget: Callable[[Any], object]

    @property
    def days(self) -> int | None:
        """Of the setting; None: this rule is switched off."""
        return settings.RETENTION_DAYS.get(self.code)

    @property
    def cutoff(self) -> datetime:
        return timezone.now() - timedelta(days=self.days or 0)

    def rows(self) -> QuerySet[Any]:
        return self.due(self.cutoff)


_rules: dict[str, Rule] = {}


def register_rule(rule: Rule) -> None:
    _rules[rule.code] = rule


def rules() -> list[Rule]:
    """Those that are switched on."""
    return [rule for rule in _rules.values() if rule.days is not None]


def carry_out(rule: Rule) -> PurgeRun:
    """Forget what is due, one row after the other; a row that fails is logged and stays due."""
    run = PurgeRun(rule=rule.code, cutoff=rule.cutoff)
    for row in list(rule.rows()):
        try:
            rule.forget(row)
            run.count += 1
        except Exception:
            logger.exception("%s: %s %s was not purged.", rule.code, row._meta.label_lower, row.pk)
            run.failed += 1
    if run.count or run.failed:
        run.save(force_insert=True)
        record("retention.purged", run, by=None, rule=rule.code, days=rule.days, count=run.count, failed=run.failed)
    return run


# The kernel's own


def old_messages(cutoff: datetime) -> QuerySet[Message]:
    return Message.objects.filter(created_at__lt=cutoff)


def old_deliveries(cutoff: datetime) -> QuerySet[Delivery]:
    """Texts that were sent or given up: they hold a number and words."""
    over = Q(state__in=[Delivery.State.SENT, Delivery.State.DEAD, Delivery.State.UNKNOWN])
    return Delivery.objects.filter(over, created_at__lt=cutoff)


register_rule(Rule("messages", _("消息"), old_messages, lambda row: row.delete()))
register_rule(Rule("deliveries", _("短信发送记录"), old_deliveries, lambda row: row.delete()))
