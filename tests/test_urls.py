"""Every address of the portal, walked: what a visitor may open is listed here by hand, everything else asks to sign in."""

import uuid

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

PUBLIC = {
    "landing",
    "register",
    "notice",
    "text-size",
    "healthz",
    "readyz",  # says only yes or no to visitors
    "metrics",  # for this machine or with the token; tests/console/test_operations.py
    "receipt-verify",
    "accounts:send-code",
    "accounts:operator",
    "accounts:activate",  # the link is the key; tests/accounts/test_activation.py
    "accounts:agreements",  # read before one agrees
    "accounts:agreement",
    "documents:file",  # a draft's own browser may have its files; everybody else gets 404
    "documents:view",
    "documents:preview",
    "documents:thumbnail",
    "documents:status",
    "notices",
    "accounts:code-question",
    "mfa_authenticate",  # the second step of signing in
    "mfa_login_webauthn",  # the first one, with a passkey
    "projects:status",  # 申请进度查询: phone and code
    "projects:status-result",
    "projects:letter",  # the blank letter
    "tray",  # what would have been sent; tests/portal/test_tray.py says to whom it opens
}
PUBLIC_PREFIXES = (
    "accounts:recover",
    "enterprises:register",
    "projects:user-register",
    "enterprises:find",
    "projects:find",
)
FOREIGN = ("admin:",)  # Django's own pages: accounts/admin.py has their test
SAMPLES = {"uuid": uuid.UUID(int=7), "int": 1, "slug": "joint", "date": "2027-01-04", "str": "x", "path": "x"}


def addresses(patterns=None, prefix="", space=""):
    """(name, path) of every pattern, with made-up values in the place of variables."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, prefix + route, inner)
        elif isinstance(pattern, URLPattern) and pattern.name and not route.startswith("^"):
            path = prefix + route
            for name, converter in pattern.pattern.converters.items():
                kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
                value = SAMPLES.get(kind, "x")
                for form in (f"<{kind}:{name}>", f"<{name}>"):
                    path = path.replace(form, str(value))
            yield space + pattern.name, "/" + path


def is_public(name: str) -> bool:
    return name in PUBLIC or name.startswith(PUBLIC_PREFIXES)


ALL = sorted(set(addresses())) if get_resolver() else []
CLOSED = [each for each in ALL if not is_public(each[0]) and not each[0].startswith(FOREIGN)]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "path"), CLOSED, ids=[name for name, _path in CLOSED])
def test_a_visitor_is_asked_to_sign_in(client, name, path):
    for ask in (client.get, client.post):
        response = ask(path)
        assert response.status_code in {302, 403, 404, 405}, (name, path, response.status_code)
        if response.status_code == 302:
            assert response["Location"].split("?")[0] in {"/", "/signout/"}, (name, response["Location"])


def test_the_walk_finds_the_addresses():
    names = {name for name, _path in ALL}
    assert {"home", "filing:list", "review:list", "enterprises:list", "projects:approvals"} <= names
