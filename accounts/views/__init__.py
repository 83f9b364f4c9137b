"""Pages of accounts: one's own, recovery, signed-in devices, and what operators do for people who cannot sign in."""

from typing import cast

from django.http import HttpRequest

from accounts.models import User


def me(request: HttpRequest) -> User:
    """Whoever is signed in: LoginRequiredMiddleware lets nobody else come here."""
    return cast(User, request.user)
