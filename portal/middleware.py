"""What every request passes through. The order is in settings.MIDDLEWARE."""

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from portal.errors import Refused, refused
from portal.facts import facts, serving
from portal.once import Once, repeated

__all__ = ["CleanInput", "ExplainRefusals", "RequestFacts", "SecurityHeaders", "facts"]

Respond = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
UNDECODED = re.compile("%[89A-Fa-f][0-9A-Fa-f]")  # how Django leaves bytes of a path that are no UTF-8


class RequestFacts:
    """Gives the request an id and finds the client's address; `facts()` tells both while it is served."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with serving(request) as known:
            response = self.get_response(request)
            response["X-Request-ID"] = known.request_id
            return response


class SecurityHeaders:
    """Sets the content security policy and keeps pages of known people out of every cache.

    A view that set one of these headers itself knows better, as the way out of documents does.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if is_personal(request, response):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def is_personal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the page may be about somebody. Cookies tell it without asking the database, which may be down.

    Any cookie that says who somebody is counts, so that a registration draft is kept out of caches too.
    """
    anonymous = {settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, "text_size"}
    return request.method not in {"GET", "HEAD"} or bool((request.COOKIES.keys() | response.cookies.keys()) - anonymous)


class CleanInput:
    """Answers 400 to NUL bytes, lone surrogates and bad UTF-8, which PostgreSQL cannot store.

    Path, query and cookies are checked at once. Posted text is checked only when the CSRF check has read it
    anyway: reading it earlier would take the choice of upload handlers from the views. So this stands after
    CsrfViewMiddleware, and views that are exempt from that check look at their input themselves. Names of
    uploaded files are cleaned by Django.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        require_storable([request.path_info])
        if UNDECODED.search(request.path_info):
            raise BadRequest("Not UTF-8")
        require_clean(unquote_to_bytes(request.META.get("QUERY_STRING", "").encode("latin-1", "replace")))
        require_storable(request.COOKIES.values())
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> None:
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return
        for name, texts in request.POST.lists():
            require_storable([name, *texts])
        if request.content_type == "application/x-www-form-urlencoded":
            require_clean(unquote_to_bytes(request.body))


def require_clean(data: bytes) -> None:
    try:
        require_storable([data.decode("utf-8")])
    except UnicodeDecodeError:
        raise BadRequest("Not UTF-8")


def require_storable(texts) -> None:
    for text in texts:
        if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
            raise BadRequest("NUL byte or lone surrogate")


class ExplainRefusals:
    """Turns a Refused into a page, and the second post of a form into a redirect to the first one's result.

    The twin of a post that went through usually fails for a reason that the first one made true (it is already
    submitted, the number is already taken). Its sender must see the result, not the reason.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Once):
            return HttpResponseRedirect(exception.url)
        if not isinstance(exception, Refused | IntegrityError):
            return None
        try:
            url = repeated(request)
        except Refused as changed:  # the same form, sent again with other words in it
            return refused(request, changed)
        if url:
            return HttpResponseRedirect(url)
        return refused(request, exception) if isinstance(exception, Refused) else None
