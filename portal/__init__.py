"""Settings, addresses and the kernel below all apps: audit, notifications, documents, workflow."""

import os

if os.environ.get("PORTAL_PROCESS") != "web":  # which hands nothing to Celery and holds nothing of it
    from portal.celery import app as celery_app

    __all__ = ["celery_app"]
