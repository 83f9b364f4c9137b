"""The files of deploy/ fit the code: what they name exists, and every variable is one that settings read."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
OF_THE_SERVER = {"WEB_BIND", "WEB_PROCESSES", "WEB_THREADS", "FORWARDED_ALLOW_IPS"}  # portal/gunicorn.py
OF_COMPOSE = {"PORTAL_HOST", "POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD"}  # filled in by compose.yaml itself
KNOWN = set(re.findall(r"^#([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M)) | OF_THE_SERVER
REQUIRED = {"PORTAL_ENV", "PORTAL_VAR", "SECRET_KEY", "FIELD_KEYS", "INDEX_KEY", "ALLOWED_HOSTS", "PUBLIC_URL"}
REQUIRED |= {"DATABASE_URL", "REDIS_URL", "SMS_PROVIDER", "EMAIL_PROVIDER"}


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def given_in(name: str) -> set[str]:
    return set(re.findall(r"^([A-Z][A-Z0-9_]+)=", (DEPLOY / name).read_text(), re.M))


def test_every_variable_of_the_portal_is_one_that_settings_read(compose):
    portal = {name: service for name, service in compose["services"].items() if service.get("image") == "portal:latest"}
    assert set(portal) == {"prepare", "web", "worker", "beat", "relay"}
    for name, service in portal.items():
        assert set(service["environment"]) <= KNOWN, name
    assert given_in("portal.env") <= KNOWN
    assert given_in("compose.env") <= KNOWN | OF_COMPOSE


def test_a_host_is_given_everything_without_which_it_does_not_start():
    assert given_in("portal.env") >= REQUIRED


def test_every_image_is_pinned_and_every_file_is_there(compose):
    for name, service in compose["services"].items():
        image = service["image"]
        assert image == "portal:latest" or re.search(r":(?!latest)[^:/]*\d", image), image
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source == "./tls":  # the operator's
                continue
            there = (DEPLOY / source).exists() if source.startswith(".") else source in compose["volumes"]
            assert there, f"{name}: {source}"
    assert (DEPLOY / "Containerfile").exists()


def test_two_of_each_run_and_no_container_of_the_portal_may_gain_rights(compose):
    services = compose["services"]
    assert services["web"]["deploy"]["replicas"] == services["worker"]["deploy"]["replicas"] == 2
    for name in ("web", "worker", "beat", "relay"):
        assert services[name]["cap_drop"] == ["ALL"] and services[name]["read_only"] is True


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_names_only_files_and_units_that_exist(unit):
    text = unit.read_text()
    for wanted in re.findall(r"portal-?[a-z]*(?:@[0-9%i]*)?\.(?:service|socket|target)", text):
        assert (DEPLOY / "systemd" / re.sub(r"@[^.]*", "@", wanted)).exists(), wanted
    for path in re.findall(r"(?<=\s)(portal/[a-z]+\.py|manage\.py)", text):
        assert (ROOT / path).exists(), path
    if unit.suffix == ".service":
        for line in ("User=portal", "NoNewPrivileges=yes", "ProtectSystem=strict", "Restart=always"):
            assert line in text, line


@pytest.mark.parametrize("name", ["portal.conf", "compose.conf"])
def test_no_instance_is_set_aside_after_a_fault(name):
    servers = re.findall(r"^\s+server [^;{]+;", (DEPLOY / "nginx" / name).read_text(), re.M)
    assert servers and all("max_fails=0" in server for server in servers)


@pytest.mark.parametrize("name", ["portal.conf", "compose.conf"])
def test_the_log_of_nginx_says_nothing_about_people(name):
    text = (DEPLOY / "nginx" / name).read_text()
    log_format = re.search(r"log_format portal (.*?);", text, re.S)[1]
    for personal in (
        "$remote_addr",
        "$request ",
        "$request_uri",
        "$args",
        "$http_referer",
        "$http_cookie",
        "user_agent",
    ):
        assert personal not in log_format


def test_the_reference_names_every_variable_with_the_default_of_the_example():
    rows = re.findall(
        r"^\| `([A-Z0-9_]+)` \| (.+?) \| (?:`(.*?)`)? \| (.*?) \|$", (DEPLOY / "environment.md").read_text(), re.M
    )
    told = {name: default for name, _meaning, default, _production in rows}
    example = dict(re.findall(r"^#([A-Z][A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.M))
    server = (ROOT / "portal" / "gunicorn.py").read_text()
    example |= dict(re.findall(r'os\.environ\.get\("([A-Z_]+)", "(.*?)"\)', server))
    assert told == example
    assert {name for name, _meaning, _default, production in rows if production == "**required**"} == REQUIRED


def test_every_variable_that_the_settings_read_is_in_the_reference():
    read = set(re.findall(r'\benv(?:_\w+)?\(\s*"([A-Z0-9_]+)"', (ROOT / "portal" / "settings.py").read_text()))
    told = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", (DEPLOY / "environment.md").read_text(), re.M))
    assert read - told == {"TEST_DATABASE"}


def test_the_pooler_gives_each_connection_what_the_settings_would():
    pooler = (DEPLOY / "pgbouncer" / "pgbouncer.ini").read_text()
    given = dict(re.findall(r"SET (\w+)=([\w.]+)", pooler))
    settings = (ROOT / "portal" / "settings.py").read_text()
    assert set(re.findall(r"-c (\w+)=", settings)) == set(given)
    assert dict(re.findall(r"-c (\w+)=([\d.]+|off)\b", settings)).items() <= given.items()
    assert [given[f"{name}_timeout"] for name in ("statement", "lock", "idle_in_transaction_session")] == [
        re.search(rf"'{name}_TIMEOUT', ([\d_]+)", settings)[1].replace("_", "")
        for name in ("STATEMENT", "LOCK", "IDLE")
    ]
    assert "pool_mode = transaction" in pooler
    container = (DEPLOY / "pgbouncer" / "compose.ini").read_text()
    said = lambda text: re.findall(r"^[^;\n]+$", text, re.M)  # noqa: E731
    assert said(container) == said(
        pooler.replace("host=127.0.0.1", "host=postgres").replace("listen_addr = 127.0.0.1", "listen_addr = 0.0.0.0")
    )


def test_a_web_process_holds_none_of_the_libraries_that_few_requests_need():
    program = "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns; print(*sys.modules)"
    env = os.environ | {"PORTAL_PROCESS": "web", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    heavy = {"celery", "kombu", "redis", "openpyxl", "reportlab", "PIL", "pikepdf", "pypdfium2"}
    assert heavy & set(done.stdout.split()) == set()


def test_whatever_starts_the_web_its_settings_are_those_of_the_web():
    program = "import portal; from django.conf import settings; assert not settings.configured; import portal.wsgi; assert settings.WEB"
    env = {name: value for name, value in os.environ.items() if name != "PORTAL_PROCESS"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
