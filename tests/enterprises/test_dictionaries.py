"""The dictionaries of posts and systems (decisions 25)."""

import pytest

from enterprises.models import BusinessSystem, Position
from portal.audit.models import AuditEntry
from tests import make

pytestmark = pytest.mark.django_db

POSTS, SYSTEMS = "/dictionaries/enterprises/position/", "/dictionaries/enterprises/businesssystem/"


@pytest.fixture
def operator(client):
    make.reference()
    client.force_login(make.operator())
    return client


def test_an_operator_adds_a_post_and_that_is_recorded(operator):
    operator.post(f"{POSTS}add/", {"code": "1040", "name": "BIM 工程师", "order": 99, "is_active": "on"})
    assert Position.objects.get(pk="1040").name == "BIM 工程师"
    assert AuditEntry.objects.get(event="dictionary.changed").subject_label == "BIM 工程师"


def test_the_code_of_a_post_stays(operator):
    operator.post(f"{POSTS}1018/change/", {"code": "9999", "name": "专职安全员", "order": 9, "is_active": "on"})
    assert Position.objects.get(pk="1018").name == "专职安全员" and not Position.objects.filter(pk="9999").exists()


def test_systems_are_renamed_but_neither_added_nor_deleted(operator):
    statuses = [operator.get(f"{SYSTEMS}{page}").status_code for page in ("add/", "filing/delete/", "filing/change/")]
    assert statuses == [403, 403, 200]
    assert BusinessSystem.objects.count() == 7


def test_nobody_else_gets_in(client):
    make.reference()
    for user in (make.auditor(), make.person(), make.administrator_of(make.enterprise())):
        client.force_login(user)
        assert client.get(POSTS).status_code in (302, 403)
