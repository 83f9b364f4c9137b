"""What allauth does our way: no sign-up, our sign-in page, our audit, sealed second-factor secrets."""

from base64 import b64decode, b64encode
from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.devices import note_device
from accounts.models import User
from portal.audit.actions import record
from portal.crypto import open_bytes, seal_bytes

UNSAID = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}  # the page says it by itself


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the actions of our apps; passwords are asked for on the landing page only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)  # with a new session key
        device = note_device(request, user)
        record("account.signed_in", user, by=user, enterprise_id=enterprise_id_of(user), device=device.name)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return redirect("landing")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args, **kwargs
    ) -> None:
        if message_template not in UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nobody has an e-mail address here."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """The secrets of authenticator apps are sealed at rest."""

    PLACE = "mfa.authenticator"

    def encrypt(self, text: str) -> str:
        return b64encode(seal_bytes(text.encode(), self.PLACE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return open_bytes(b64decode(encrypted_text), self.PLACE).decode()


def enterprise_id_of(user: User | None) -> Any:
    """In whose 操作日志 the sign-ins of an enterprise's account stand. One question, also where there is no account."""
    found = User.objects.filter(pk=user.pk if user else UUID(int=0))
    return found.values_list("administrator__enterprise_id", flat=True).first()
