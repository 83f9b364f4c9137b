"""What the tests of accounts do again and again."""

import re

from django.test import Client

from portal.notifications.models import Delivery
from tests import make

NEW = "Qiu-tian-2027"


def sign_in(client: Client, account: str, password: str = make.PASSWORD, side: str = "enterprise", **more):
    """Post the card of the landing page; `address` is where it comes from."""
    address = more.pop("address", "127.0.0.1")
    posted = {"side": side, "account": account, "password": password} | more
    return client.post("/", posted, REMOTE_ADDR=address)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def texts() -> list[Delivery]:
    return list(Delivery.objects.filter(event="account.code").order_by("created_at"))


def last_code() -> str:
    """The code of the text that was queued last."""
    found = re.search(r"[0-9]{6}", texts()[-1].text)
    assert found
    return found[0]


def page(response) -> str:
    return response.content.decode()


def stripped(response) -> str:
    """A page without what differs each time: the CSRF token."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page(response))


def code_to(phone: str, event: str = "account.code") -> str:
    """The code of the last text to a phone."""
    deliveries = [each for each in Delivery.objects.filter(event=event).order_by("created_at") if each.address == phone]
    found = re.search(r"[0-9]{6}", deliveries[-1].text)
    assert found
    return found[0]


def told(phone: str) -> list[str]:
    """The events that were texted to a phone, codes left out."""
    rows = Delivery.objects.exclude(event="account.code").order_by("created_at")
    return [each.event for each in rows if each.address == phone]


def sure(browser: Client) -> Client:
    """Whoever is signed in types the password again, as before something delicate."""
    assert browser.post("/account/confirm/", {"password": make.PASSWORD}).status_code == 302
    return browser
