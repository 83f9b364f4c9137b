import os
import subprocess
import sys

import pytest
from django.db import connection

from portal.checks import check_production
from portal.demo import MARKER
from portal.embedded.running import ROOT
from portal.env import need
from portal.fit import TIMEOUTS, refuse_unfit
from portal.numbers import NumberSeries


@pytest.fixture
def production(settings, monkeypatch, tmp_path):
    """Settings that a production server may start with."""
    settings.PRODUCTION = True
    settings.PORTAL_VAR = tmp_path
    settings.SMS_PROVIDER = settings.EMAIL_PROVIDER = "city.gateway.Gateway"
    settings.SECRET_KEY = "q8Zt5vB2nM7kL4pW9xC3rY6sD1fG0hJaEuIoTzQwRbNmVcXyk2"
    settings.FIELD_KEYS = {"k1": "0123456789abcdef0123456789abcdef"}
    settings.INDEX_KEY = "0123456789abcdef" * 4
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.internal")
    settings.CELERY_BROKER_URL = "redis://redis.internal:6379/0"
    settings.ALLOWED_HOSTS = ["portal.example"]
    settings.DEBUG = False
    return settings


def faults():
    return [fault.id for fault in check_production()]


def test_a_proper_production_server_may_start(production):
    assert faults() == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SMS_PROVIDER", "portal.notifications.providers.Tray", "portal.P001"),
        ("EMAIL_PROVIDER", "portal.notifications.providers.Tray", "portal.P001"),
        ("SECRET_KEY", "short", "portal.P002"),
        ("SECRET_KEY", "django-insecure-q8Zt5vB2nM7kL4pW9xC3rY6sD1fG0hJaEuIoTz", "portal.P002"),
        ("SECRET_KEY", "x" * 60, "portal.P002"),
        ("FIELD_KEYS", {}, "portal.P003"),
        ("FIELD_KEYS", {"k1": "0" * 32}, "portal.P003"),
        ("FIELD_KEYS", {"k1": "0123456789abcdef"}, "portal.P003"),
        ("INDEX_KEY", "0" * 64, "portal.P004"),
        ("ALLOWED_HOSTS", ["*"], "portal.P006"),
        ("DEBUG", True, "portal.P007"),
        ("INITIAL_PASSWORD", "", "portal.P008"),
        ("INITIAL_PASSWORD", "123456", "portal.P008"),
        ("INITIAL_PASSWORD_DAYS", 3650, "portal.P008"),
        ("INITIAL_PASSWORD_DAYS", 0, "portal.P008"),
    ],
)
def test_production_refuses_what_only_serves_for_trying_out(production, name, value, fault):
    setattr(production, name, value)
    assert faults() == [fault]


def test_the_printed_initial_password_may_stand_and_with_links_there_is_none(production):
    production.INITIAL_PASSWORD = "Zjwh@123!"
    assert faults() == []
    production.INITIAL_PASSWORD, production.ACTIVATION_BY_LINK = "", True
    assert faults() == []


def test_production_refuses_the_embedded_servers(production, monkeypatch, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "sockets").write_text("/tmp/portal-1a2b3c4d")
    monkeypatch.setitem(production.DATABASES["default"], "HOST", "/tmp/portal-1a2b3c4d/pg")
    assert faults() == ["portal.P005"]


def test_elsewhere_nothing_is_demanded(production):
    production.PRODUCTION, production.SECRET_KEY = False, "x"
    assert faults() == []


def test_a_server_that_is_not_fit_names_every_fault_and_ends(production):
    production.DEBUG, production.ALLOWED_HOSTS = True, ["*"]
    with pytest.raises(SystemExit, match=r"ALLOWED_HOSTS must name the server\.\n.*DEBUG must be off"):
        refuse_unfit()


@pytest.mark.django_db
def test_a_pooler_that_gives_no_timeouts_is_refused(production, monkeypatch):
    monkeypatch.setattr("portal.fit.connection.close", lambda: None)
    production.POOLED = True
    with pytest.raises(SystemExit, match="POOL_URL have no timeouts"):
        refuse_unfit()
    with connection.cursor() as cursor:
        for name in TIMEOUTS:
            cursor.execute(f"SET LOCAL {name} = 9000")
    refuse_unfit()


@pytest.mark.django_db
def test_a_database_with_demo_data_is_refused(production, monkeypatch):
    monkeypatch.setattr("portal.fit.connection.close", lambda: None)
    refuse_unfit()
    NumberSeries.objects.create(series=MARKER)
    with pytest.raises(SystemExit, match="holds demo data"):
        refuse_unfit()


def test_what_is_missing_is_named_all_at_once(monkeypatch):
    monkeypatch.setenv("THERE", "yes")
    with pytest.raises(SystemExit, match=r"Set HERE, ELSEWHERE \("):
        need("HERE", "THERE", "ELSEWHERE")


def test_djangos_own_check_of_a_deployment_has_nothing_to_say(tmp_path):
    (tmp_path / "tmp").mkdir()
    names = [
        line.split("=")[0] for line in (ROOT / "deploy" / "portal.env").read_text().splitlines() if line[:1].isupper()
    ]
    given = {
        "PORTAL_ENV": "production",
        "PORTAL_VAR": str(tmp_path),
        "SECRET_KEY": "q8Zt5vB2nM7kL4pW9xC3rY6sD1fG0hJaEuIoTzQwRbNmVcXyk2",
        "FIELD_KEYS": "k1:0123456789abcdef0123456789abcdef",
        "INDEX_KEY": "0123456789abcdef" * 4,
        "PUBLIC_URL": "https://portal.example",
        "ALLOWED_HOSTS": "portal.example",
        "DATABASE_URL": "postgresql://portal_app@db.internal/portal",
        "POOL_URL": "postgresql://portal_app@pool.internal:6432/portal",
        "REPLICA_URL": "postgresql://portal_app@copy.internal/portal",
        "REDIS_URL": "redis://redis.internal:6379/0",
        "SMS_PROVIDER": "portal.notifications.sms.Aliyun",
        "EMAIL_PROVIDER": "portal.notifications.providers.Smtp",
        "PORTAL_PROCESS": "web",
    }
    assert set(names) - set(given) == {"ACCEL_LOCATION"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env={"PATH": os.environ["PATH"]} | given, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), done.stderr
