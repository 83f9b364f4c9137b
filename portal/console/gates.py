"""Who may enter. Operators and auditors are never one account (product §1); to anybody else the pages do not exist."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def for_operators(view: View) -> View:
    """Only platform operators; 404 for everybody else."""
    return only(view, "is_operator")


def for_auditors(view: View) -> View:
    """Only auditors; 404 for everybody else."""
    return only(view, "is_auditor")


def only(view: View, duty: str) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        if not getattr(request.user, duty, False):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
