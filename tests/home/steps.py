"""Ways to look at a page as somebody, and at the database as a whole."""

import hashlib
import re

from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from enterprises.models import Enterprise
from portal.notifications.models import Message
from projects.models import PartyType, Project, ProjectParty, ProjectUser
from tests import make

PASSIVE = {"django_session"}  # the session notes that it is in use, whatever is looked at


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    browser.get("/healthz")  # the session's own bookkeeping is done by now
    return browser


def text(response) -> str:
    """What the page says, without its tags."""
    page = re.sub(r"<(script|style).*?</\1>", "", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def menu(response) -> list[str]:
    nav = re.search(r'<nav class="top__menu".*?</nav>', response.content.decode(), re.S)
    return [re.sub(r"<[^>]+>", "", entry) for entry in re.findall(r"<a .*?</a>", nav[0])] if nav else []


def stats(response) -> dict[str, int]:
    """The numbers of 首页 by their labels."""
    pair = r'stat__label">(.*?)</span><span class="stat__value">(\d+)<'
    return {label: int(number) for label, number in re.findall(pair, response.content.decode())}


def tabs(response) -> dict[str, int]:
    """The numbers on the tabs by their labels."""
    nav = re.search(r'<nav class="tabs".*?</nav>', response.content.decode(), re.S)
    pair = r"<a [^>]*>([^<]+)<span class=\"badge[^\"]*\">(\d+)</span>"
    return {label: int(number) for label, number in re.findall(pair, nav[0])} if nav else {}


def rows(response) -> int:
    """How many rows the list of the page has."""
    body = re.search(r"<tbody>(.*?)</tbody>", response.content.decode(), re.S)
    return body[1].count("<tr>") if body else 0


def digest() -> str:
    """One number for everything that stands in our tables."""
    seen = hashlib.sha256()
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))  # tests declare models that have none
        for model in apps.get_models():
            table = model._meta.db_table
            if table in tables and table not in PASSIVE:
                cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
                seen.update(f"{table} {cursor.fetchone()[0]}".encode())
    return seen.hexdigest()


def told(user: User, subject: str = "报监已提交", *, event: str = "filing.received", **fields) -> Message:
    return Message.objects.create(user=user, event=event, subject=subject, body="请留意办理进度。", **fields)


def applied(user: User, project: Project, enterprise: Enterprise, **fields) -> ProjectUser:
    """An application to work on a project, as 项目用户注册 leaves it."""
    application = ProjectUser(user=user, project=project, enterprise=enterprise, **{"position_id": "1023"} | fields)
    application.index_search()
    application.save()
    return application


def managed_project(manager: User | None, enterprise: Enterprise) -> Project:
    """A filed project whose 施工单位 is `enterprise`, led by `manager` if there is one."""
    project = make.project(filed_at=timezone.now())
    ProjectParty.objects.create(
        project=project,
        party_type=PartyType.CONTRACTOR,
        enterprise=enterprise,
        unit_name=enterprise.name,
        uscc=enterprise.uscc,
        lead=manager,
        lead_name=manager.name if manager else "陈建桥",
    )
    return project
