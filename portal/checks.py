"""Production refuses to start on what only serves to try the portal out."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

SHORTEST_INITIAL = 8  # signs; shorter ones are guessed without the guide
LONGEST_WAIT = 90  # days in which an account may wait for its owner


def check_production(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """What is wrong with the settings of a production server; nothing elsewhere."""
    if not settings.PRODUCTION:
        return []
    faults = {
        "portal.P001": (
            uses_tray(),
            "SMS_PROVIDER and EMAIL_PROVIDER must name real providers; the tray sends nothing.",
        ),
        "portal.P002": (weak(settings.SECRET_KEY, 50), "SECRET_KEY must be 50 or more random characters of its own."),
        "portal.P003": (not sound_field_keys(), "FIELD_KEYS must be a list of id:key with 32 random hex digits each."),
        "portal.P004": (weak_hex(settings.INDEX_KEY, 64), "INDEX_KEY must be 64 random hex digits."),
        "portal.P005": (
            uses_embedded_servers(),
            "DATABASE_URL and REDIS_URL must name real servers; the embedded ones are for trying out.",
        ),
        "portal.P006": ("*" in settings.ALLOWED_HOSTS, "ALLOWED_HOSTS must name the server."),
        "portal.P007": (settings.DEBUG, "DEBUG must be off."),
        "portal.P008": (
            unsafe_initial_password(),
            f"INITIAL_PASSWORD must have {SHORTEST_INITIAL} or more signs and INITIAL_PASSWORD_DAYS be 1 to "
            f"{LONGEST_WAIT}, or ACTIVATION_BY_LINK=yes (deploy/environment.md).",
        ),
    }
    return [Error(sentence, id=code) for code, (wrong, sentence) in faults.items() if wrong]


def uses_tray() -> bool:
    return settings.TRAY in {settings.SMS_PROVIDER, settings.EMAIL_PROVIDER}


def weak(secret: str, length: int) -> bool:
    """Too short, of few different signs, or a sample's value."""
    sample = re.search(r"insecure|change.?me|secret.?key|example|default|development", secret, re.IGNORECASE)
    return len(secret) < length or len(set(secret)) < 10 or bool(sample)


def weak_hex(key: str, digits: int) -> bool:
    return not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", key) or len(set(key)) < 8


def sound_field_keys() -> bool:
    return bool(settings.FIELD_KEYS) and not any(weak_hex(key, 32) for key in settings.FIELD_KEYS.values())


def unsafe_initial_password() -> bool:
    """The printed one is known to all and safe, as it opens only a code to the owner's phone; not for ever, though."""
    if settings.ACTIVATION_BY_LINK:
        return False
    return len(settings.INITIAL_PASSWORD) < SHORTEST_INITIAL or not 1 <= settings.INITIAL_PASSWORD_DAYS <= LONGEST_WAIT


def uses_embedded_servers() -> bool:
    """Whether the launcher started them: their sockets lie in the data folder, or where it noted (portal.embedded)."""
    note = settings.PORTAL_VAR / "run" / "sockets"
    folders = [str(settings.PORTAL_VAR), *([note.read_text().strip()] if note.is_file() else [])]
    servers = [settings.DATABASES["default"]["HOST"], settings.CELERY_BROKER_URL]
    return any(folder in server for folder in folders for server in servers)
