"""What an address answers to somebody, in one word; whatever it did is undone."""

import time
from http.cookies import SimpleCookie
from unittest import mock

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from accounts.middleware import BEGAN, SEEN
from tests.authorisation.roles import ROLES
from tests.authorisation.walk import Address, has_sides, path_of
from tests.authorisation.world import World

SIGN_IN = ("/", "/signout/")


class Eyes:
    """One browser for each role, signed in once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.browsers, self.cookies = {}, {}
        for role in ROLES:
            browser = self.browsers[role] = Client(raise_request_exception=False)
            if role != "visitor":
                browser.force_login(world.people[role])
                session = browser.session
                session[BEGAN] = session[SEEN] = int(time.time()) + 3600  # its own bookkeeping is done for the walk
                session.save()
            self.cookies[role] = browser.cookies.output(header="")

    def see(self, address: Address, role: str, method: str, whose: str, *, read_only: bool = False) -> str:
        """200, 404 and so on; 登录 where the answer is to sign in."""
        side = self.world.own if whose == "own" else self.world.foreign
        path = path_of(address, self.world, side, role)
        assert path, f"{address.name}: say in tests/authorisation/walk.py what belongs into it"
        browser = self.browsers[role]
        browser.cookies = SimpleCookie(self.cookies[role])
        with transaction.atomic():
            if read_only:
                connection.cursor().execute("SET LOCAL transaction_read_only = on")
            answer = getattr(browser, method.lower())(path)
            transaction.set_rollback(True)
        return word(answer)


def word(answer: HttpResponse) -> str:
    if answer.status_code == 302 and answer["Location"].split("?")[0] in SIGN_IN:
        return "登录"
    return str(answer.status_code)


def rows_of(address: Address) -> list[tuple[str, str]]:
    """(method, whose) of each row of the table."""
    sides = ("own", "foreign") if has_sides(address) else ("-",)
    return [(method, whose) for whose in sides for method in ("GET", "POST")]


def bare_pages():
    """Error pages without their frame: what is asked here is their number, thousands of times."""
    return mock.patch("portal.errors.render", lambda request, template, page, status: HttpResponse(status=status))
