"""Alive, ready, measured, in maintenance: what those who run the platform see, and nobody else."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from portal import maintenance
from portal.console.operations import LATE
from portal.documents.models import Document
from tests import make
from tests.home.steps import signed_in, text

pytestmark = pytest.mark.django_db
FAR = {"REMOTE_ADDR": "203.0.113.9"}
TOKEN = "a-token-of-thirty-two-characters!"


@pytest.fixture
def closed(settings, tmp_path):
    settings.PORTAL_VAR = tmp_path  # its own switch: the other tests of this run stay open
    call_command("maintenance", "on")
    yield
    call_command("maintenance", "off")


def late_file():
    document = make.document_row("material", make.draft_filing())
    document.state, document.checked_at = Document.State.CHECKING, None
    document.uploaded_at = timezone.now() - timedelta(seconds=LATE + 60)
    document.save()


def test_a_stranger_learns_only_whether_the_platform_is_ready(client):
    answer = client.get("/readyz", **FAR)
    assert (answer.status_code, answer.content) == (200, b"ready")


def test_whoever_runs_it_sees_each_part(client):
    answer = client.get("/readyz").json()
    assert answer["checks"] == dict.fromkeys(["database", "migrations", "broker", "storage", "queues"], "ok")
    assert answer["queues"]["deliveries"] == {"depth": 0, "oldest_seconds": 0}


def test_work_that_waits_too_long_makes_it_unready(client):
    late_file()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["queues"]) == (503, "documents")
    assert client.get("/readyz", **FAR).content == b"not ready"


def test_a_broker_that_is_away_makes_it_unready_and_is_no_fault(client, monkeypatch):
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["checks"]["broker"] != "ok"


def test_metrics_open_on_this_machine_or_with_the_token_alone(client, monkeypatch):
    assert client.get("/metrics", **FAR).status_code == 404
    assert signed_in(make.operator()).get("/metrics", **FAR).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}, **FAR).status_code == 404
    monkeypatch.setattr(settings, "OPERATIONS_TOKEN", TOKEN)
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, **FAR).status_code == 200


def test_metrics_count_requests_queries_queues_and_overdue_reviews(client):
    client.get("/notices/")
    late_file()
    seen = client.get("/metrics").content.decode()
    for name in (
        'portal_requests_total{method="GET",status="2xx"',
        "portal_queries_total{",
        'le="+Inf"',
        'portal_queue_depth{queue="documents"} 1',
        "portal_clock_breaches 0",
        "portal_database_up 1",
    ):
        assert name in seen, name


def test_operators_see_queues_feeds_and_storage_and_others_do_not(client):
    late_file()
    page = text(signed_in(make.operator()).get("/console/operations/"))
    assert "文件检查" in page and "延迟" in page and "磁盘剩余" in page and "还没有读取过数据来源" in page
    for user in (make.auditor(), make.officer(chief=True), make.site_officer()):
        assert signed_in(user).get("/console/operations/").status_code == 404


def test_during_maintenance_everybody_reads_a_kind_page(client, closed):
    answer = client.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "600")
    assert "系统正在维护" in text(answer) and "不受影响" in text(answer)
    assert signed_in(make.site_officer()).post("/text-size/").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_during_maintenance_operators_sign_in_and_work(client, closed):
    assert "管理端" in text(client.get("/?side=staff"))
    assert signed_in(make.operator()).get("/console/").status_code == 200
    assert signed_in(make.officer()).get("/review/").status_code == 503


def test_after_maintenance_all_is_as_before(closed):
    call_command("maintenance", "off")
    assert not maintenance.is_on()
    assert Client().get("/").status_code == 200


def test_a_statement_of_a_web_request_that_hangs_becomes_the_page_for_a_busy_platform(monkeypatch):
    """The web process' timeouts end it; people are told what is safe."""
    browser = signed_in(make.operator())
    browser.raise_request_exception = False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        monkeypatch.setattr(
            "portal.console.operations.checks", lambda: connection.cursor().execute("SELECT pg_sleep(1)")
        )
        answer = browser.get("/console/operations/")
        transaction.set_rollback(True)
    assert answer.status_code == 503
