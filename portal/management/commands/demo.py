"""`manage.py demo`: an invented city to try the portal with. Never in production, never beside real data."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password, reset_hashers
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from enterprises.models import Enterprise
from portal.demo import MARKER, holds_demo_data
from portal.management.commands.reference import load_reference
from portal.management.demo.data import PASSWORD, SIGN_INS, STAFF, UNITS
from portal.management.demo.story import tell_story
from portal.notifications.models import Delivery
from portal.numbers import NumberSeries

BANNER = """
╔══════════════════════════════════════════════════════════════════════╗
║  演示数据 · DEMO DATA                                                ║
║                                                                      ║
║  本库中的企业、人员、项目、许可证均为虚构，密码是公开的。            ║
║  请勿录入真实信息。                                                  ║
║                                                                      ║
║  Enterprises, people, projects and permits in this database are      ║
║  invented and their password is public. Do not enter real data.      ║
╚══════════════════════════════════════════════════════════════════════╝
"""


class Command(BaseCommand):
    help = "Fills an empty database with an invented city: enterprises, people, permits and filings in every state."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there is data already")
        parser.add_argument("--signins", action="store_true", help="print who signs in with what, if this is a demo")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["signins"]:
            self.stdout.write(sign_ins() if holds_demo_data() else "", ending="")
            return
        if settings.PRODUCTION:
            raise CommandError("Demo data is refused in production. 生产环境不允许装入演示数据。")
        if options["if_empty"] and (holds_demo_data() or why_not()):
            return
        if load_demo():
            self.stdout.write(BANNER + ("" if options["if_empty"] else sign_ins()))  # ./run prints them last
        else:
            self.stdout.write("The demo data is there already; nothing was changed. 演示数据已存在，未作改动。")


def why_not() -> str:
    """Why this database may not get the demo; empty if it may."""
    if Enterprise.objects.exists():
        return (
            "This database holds enterprises of its own; the demo is only for an empty one. "
            "本数据库已有企业数据，演示数据只能装入空库。"
        )
    if User.objects.filter(username__in=[username for username, *_rest in STAFF]).exists():
        return (
            "This database has accounts with the demo's names (such as “operator”); use an empty one. "
            "本数据库已有与演示账号同名的账号，请使用空库。"
        )
    return ""


@transaction.atomic
def load_demo() -> bool:
    """Make the city; False where it stands already. All or nothing, and a second run waits for the first."""
    _marker, is_new = NumberSeries.objects.get_or_create(series=MARKER)
    if not is_new:
        return False
    if reason := why_not():
        raise CommandError(reason)
    load_reference()
    with quick_passwords():
        tell_story()
    open_accounts()
    return True


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Thirty strong hashes take many seconds; while accounts are made a weak one stands in, and none of them stays."""
    usual = settings.PASSWORD_HASHERS
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    reset_hashers(setting="PASSWORD_HASHERS")
    try:
        yield
    finally:
        settings.PASSWORD_HASHERS = usual
        reset_hashers(setting="PASSWORD_HASHERS")


def open_accounts() -> None:
    """Give every account of the demo its published password, as if its owner had chosen it."""
    names = [username for username, *_rest in STAFF] + [unit.uscc for unit in UNITS]
    accounts = User.objects.filter(Q(is_sample=True) | Q(username__in=names))
    accounts.update(
        password=make_password(PASSWORD),
        must_change_password=False,
        initial_until=None,
        password_changed_at=timezone.now(),
        is_sample=True,
    )
    accounts.filter(kind=User.Kind.PERSONAL).update(phone_verified_at=timezone.now())
    if settings.SMS_PROVIDER != settings.TRAY:
        Delivery.objects.filter(message__user__in=accounts).delete()  # invented numbers may be somebody's


def sign_ins() -> str:
    """Who signs in with what (product §14), for the end of a start."""
    lines = [f"  {side}  {sign_in:<20}{who}" for who, side, sign_in in SIGN_INS]
    head = f"演示账号 · Demo sign-ins (密码 · password: {PASSWORD})"
    return "\n".join([head, *lines]) + "\n"
