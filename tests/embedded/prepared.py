"""Works in the database of the run in PORTAL_VAR, as a command beside it: `people N FILINGS`, or `telling PHONE`."""

import json
import os
import sys

import django

from portal.embedded.running import enter


def prepare(people: int, filings: int) -> None:
    """Print people as JSON; each may file and has `filings` that miss nothing, and a draft to attach files to."""
    from tests import make

    made = []
    for _person in range(people):
        user = make.site_officer()
        ready = [make.ready_filing(by=user) for _filing in range(filings)]
        draft = make.draft_filing(by=user)
        made.append({"phone": user.phone, "ready": [str(filing.pk) for filing in ready], "draft": str(draft.pk)})
    print(json.dumps(made))


def tell_on(phone: str) -> None:
    """Tell somebody something by text again and again, until the database is gone; print what was committed."""
    from django.utils import timezone

    from accounts.models import User
    from portal.notifications.actions import notify

    user = User.objects.by_phone(phone)
    while True:
        for message in notify([user], "account.password_changed", at=timezone.now()):
            print(message.pk, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    enter([])
    django.setup()
    match sys.argv[1:]:
        case ["people", people, filings]:
            prepare(int(people), int(filings))
        case ["telling", phone]:
            tell_on(phone)
