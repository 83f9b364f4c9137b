"""Settings, addresses and the kernel below all apps: audit, notifications, documents, workflow."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
