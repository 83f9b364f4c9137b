import pytest

from portal.checks import check_production
from portal.demo import MARKER
from portal.env import need
from portal.fit import refuse_unfit
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
    ],
)
def test_production_refuses_what_only_serves_for_trying_out(production, name, value, fault):
    setattr(production, name, value)
    assert faults() == [fault]


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
