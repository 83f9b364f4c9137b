"""Puts people with filings ready to be handed in into the database of the run in PORTAL_VAR; prints them as JSON."""

import json
import os
import sys

import django

from portal.embedded.running import enter


def prepare(people: int, filings: int, texts: int) -> list[dict]:
    """Each person may file: `filings` that miss nothing, a draft to attach files to, `texts` that wait to be sent."""
    from django.utils import timezone

    from portal.notifications.actions import notify
    from tests import make

    made = []
    for _person in range(people):
        user = make.site_officer()
        ready = [make.ready_filing(by=user) for _filing in range(filings)]
        draft = make.draft_filing(by=user)
        for _text in range(texts):
            notify([user], "account.password_changed", at=timezone.now())
        made.append({"phone": user.phone, "ready": [str(filing.pk) for filing in ready], "draft": str(draft.pk)})
    return made


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    enter([])
    django.setup()
    print(json.dumps(prepare(*map(int, sys.argv[1:]))))
