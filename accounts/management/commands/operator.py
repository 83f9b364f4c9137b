"""manage.py operator NAME: an operator, or other staff, with a one-time link to set the password."""

import re
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts.actions import create_staff
from accounts.models import User
from accounts.recovery import LINK_HOURS, one_time_token

DUTIES = {"operator": User.Duty.OPERATOR, "auditor": User.Duty.AUDITOR, "officer": User.Duty.NONE}


class Command(BaseCommand):
    help = "Makes a platform operator and prints the link, valid once and for a day, that sets the password."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", help="what the operator types at 管理端: letters, digits, dots and hyphens")
        parser.add_argument("--name", default="平台运营", help="the person's name")
        parser.add_argument("--duty", choices=DUTIES, default="operator", help="an officer's posts are given in 字典")

    def handle(self, username: str, name: str, duty: str, **options: Any) -> None:
        username = username.lower()
        if not re.fullmatch(r"[a-z][a-z0-9.-]{2,39}", username):
            raise CommandError("A user name has 3 to 40 letters, digits, dots and hyphens, and begins with a letter.")
        user = User.objects.filter(username=username).first()
        if user is None:
            user = create_staff(username=username, name=name, duty=DUTIES[duty])
        elif (user.kind, user.duty) != (User.Kind.STAFF, DUTIES[duty]):
            raise CommandError(f"{username} exists and is no {duty}.")
        link = settings.PUBLIC_URL + reverse("accounts:operator", args=[one_time_token(user, by=None)])
        self.stdout.write(f"{username}: set the password within {LINK_HOURS} hours, once:\n{link}")
