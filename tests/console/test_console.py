"""运营管理: operators find what they keep; to everybody else the page does not exist."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.audit.models import AuditEntry
from portal.documents.actions import store
from portal.documents.models import Document
from portal.documents.tasks import check_documents
from tests import make
from tests.home.steps import menu, signed_in, text

pytestmark = pytest.mark.django_db

QUEUE = 7  # questions of the page 文件检查


def test_an_operator_finds_every_dictionary_behind_a_link_that_opens():
    operator = signed_in(make.operator())
    page = operator.get("/console/")
    assert menu(page) == ["首页", "运营管理", "字典维护"]
    assert "监督站" in text(page) and "退回原因" in text(page)
    for _heading, cards in page.context["groups"]:
        for _card, url, _count in cards:
            assert operator.get(url).status_code == 200


def test_to_everybody_else_the_console_does_not_exist():
    for user in (make.auditor(), make.officer(), make.site_officer(), make.administrator_of(make.enterprise())):
        assert signed_in(user).get("/console/").status_code == 404


# 文件检查


def stuck_document():
    holder = make.site_officer()
    document = store(make.pdf("张三的合同.pdf"), kind="material", holder=holder, by=holder)
    Document.objects.filter(pk=document.pk).update(state="stuck", problem="x", attempts=3, checked_at=timezone.now())
    document.refresh_from_db()
    return document


def test_an_operator_sees_the_queue_and_has_a_stuck_check_done_again():
    operator, document = signed_in(make.operator()), stuck_document()
    page = text(operator.get("/console/documents/"))
    assert "重新处理" in page and "没有文件在等待" in page and "没有配置病毒扫描" in page and "张三" not in page
    again = f"/console/documents/{document.pk}/again/"
    assert operator.post(again).status_code == 302
    document.refresh_from_db()
    assert (document.state, document.attempts, document.problem) == ("checking", 0, "")
    assert AuditEntry.objects.filter(event="document.requeued", subject_id=str(document.pk)).count() == 1
    assert operator.post(again).status_code == 409
    check_documents()
    document.refresh_from_db()
    assert document.state == "ready"


def test_a_queue_that_does_not_move_is_said_with_its_age():
    operator = signed_in(make.operator())
    stuck_document()
    long_ago = timezone.now() - timedelta(hours=3)
    Document.objects.update(state="checking", problem="", checked_at=None, uploaded_at=long_ago)
    assert "最早的文件已等待 3" in text(operator.get("/console/documents/"))
    assert text(signed_in(make.operator()).get("/console/")).count("文件检查") == 1


def test_to_everybody_else_the_queue_does_not_exist():
    document = stuck_document()
    for user in (make.auditor(), make.officer(), make.site_officer()):
        stranger = signed_in(user)
        assert stranger.get("/console/documents/").status_code == 404
        assert stranger.post(f"/console/documents/{document.pk}/again/").status_code == 404


def test_the_queue_asks_as_much_for_three_stuck_files_as_for_one(django_assert_num_queries):
    operator = signed_in(make.operator())
    for number in (1, 2):
        for _ in range(number):
            stuck_document()
        with django_assert_num_queries(QUEUE):
            operator.get("/console/documents/")
