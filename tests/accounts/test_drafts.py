"""Drafts belong to the browser that holds the cookie, or to their owner."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.test import override_settings
from django.utils import timezone

from accounts.actions import accept_agreement, hand_over_acceptances, has_accepted
from accounts.drafts import close_draft, draft_of, may_read_draft, open_draft, remember, save_draft
from accounts.models import Acceptance, Agreement, Registration
from accounts.tasks import tidy
from portal.documents.models import Document
from tests import make
from tests.supervision.acts import together

KIND = Registration.Kind.PROJECT_USER
pytestmark = pytest.mark.django_db


def visit(rf, cookies=None, user=None):
    request = rf.get("/")
    request.user = user or AnonymousUser()
    request.COOKIES = cookies or {}
    return request


def opened(rf) -> tuple[Registration, dict[str, str]]:
    """A draft, and the cookies of the browser that opened it."""
    response = HttpResponse()
    draft = open_draft(visit(rf), KIND)
    remember(response, draft)
    return draft, {name: morsel.value for name, morsel in response.cookies.items()}


def test_the_cookie_finds_the_draft_again(rf):
    draft, cookies = opened(rf)
    assert draft_of(visit(rf, cookies), KIND) == draft
    assert open_draft(visit(rf, cookies), KIND) == draft
    assert Registration.objects.count() == 1


def test_nobody_else_finds_it(rf):
    draft, cookies = opened(rf)
    assert draft_of(visit(rf), KIND) is None
    assert draft_of(visit(rf, {"draft_project_user": "guess"}), KIND) is None
    assert draft_of(visit(rf, {"draft_project_user": draft.key_index}), KIND) is None
    assert draft_of(visit(rf, {"draft_enterprise": cookies["draft_project_user"]}), "enterprise") is None
    assert draft_of(visit(rf, user=make.person()), KIND) is None


def test_the_cookie_is_random_shut_to_scripts_and_lasts_a_day(rf):
    response, other = HttpResponse(), HttpResponse()
    remember(response, open_draft(visit(rf), KIND))
    remember(other, open_draft(visit(rf), KIND))
    cookie = response.cookies["draft_project_user"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 86400)
    assert len(cookie.value) == 43 and cookie.value != other.cookies["draft_project_user"].value
    with override_settings(SESSION_COOKIE_SECURE=True):
        secure = HttpResponse()
        remember(secure, open_draft(visit(rf), KIND))
        assert secure.cookies["draft_project_user"]["secure"] is True


def test_the_key_is_not_in_the_database(rf):
    _draft, cookies = opened(rf)
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM accounts_registration r")
        assert cookies["draft_project_user"] not in cursor.fetchone()[0]


def test_a_draft_found_again_sets_no_cookie(rf):
    _draft, cookies = opened(rf)
    response = HttpResponse()
    remember(response, open_draft(visit(rf, cookies), KIND))
    assert response.cookies == {}


def test_steps_add_up_and_secrets_stay_out(rf):
    draft, cookies = opened(rf)
    save_draft(draft, {"name": "王小明", "phone": "13800138000"}, step=2)
    save_draft(draft, {"position": "1023", "password": "x", "password_again": "x", "code": "123456"}, step=1)
    again = draft_of(visit(rf, cookies), KIND)
    assert (again.data, again.step) == ({"name": "王小明", "phone": "13800138000", "position": "1023"}, 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM accounts_registration r")
        assert "13800138000" not in cursor.fetchone()[0]


def test_a_finished_or_old_draft_is_gone(rf):
    draft, cookies = opened(rf)
    Registration.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert draft_of(visit(rf, cookies), KIND) is None
    draft, cookies = opened(rf)
    save_draft(draft, {"name": "王小明"}, step=2)
    close_draft(draft)
    assert draft_of(visit(rf, cookies), KIND) is None
    draft.refresh_from_db()
    assert (draft.data, draft.key_index) == ({}, None)


def test_an_owner_finds_the_own_draft_without_a_cookie(rf):
    owner = make.person()
    draft = open_draft(visit(rf, user=owner), "member", owner=owner)
    response = HttpResponse()
    remember(response, draft)
    assert (response.cookies, draft_of(visit(rf, user=owner), "member")) == ({}, draft)
    assert draft_of(visit(rf, user=make.person()), "member") is None


@pytest.mark.parametrize("state", ["checking", "ready", "refused"])
def test_documents_of_a_draft_are_for_its_browser(rf, state):
    draft, cookies = opened(rf)
    document = Document(holder_type="accounts.registration", holder_id=draft.pk, state=state)
    _other, strange = opened(rf)
    assert may_read_draft(None, document, visit(rf, cookies))
    assert not may_read_draft(None, document, visit(rf))
    assert not may_read_draft(None, document, visit(rf, strange))
    assert not may_read_draft(make.operator(), document, visit(rf))
    document.state = "removed"
    assert not may_read_draft(None, document, visit(rf, cookies))


def test_documents_of_an_owned_draft_are_for_the_owner(rf):
    owner = make.person()
    draft = open_draft(visit(rf, user=owner), "member", owner=owner)
    document = Document(holder_type="accounts.registration", holder_id=draft.pk, state="ready")
    assert may_read_draft(owner, document, visit(rf, user=owner))
    assert not may_read_draft(make.person(), document, visit(rf))
    assert not may_read_draft(None, document, visit(rf))


def test_agreements_are_kept_with_version_time_address_and_text(rf):
    agreement = Agreement.objects.create(kind="project_user", version="9", title="协议", body="正文")
    draft, _cookies = opened(rf)
    first = accept_agreement(agreement, registration=draft, address="10.0.0.1")
    assert accept_agreement(agreement, registration=draft, address="10.0.0.2") == first
    assert (first.address, len(first.text_hash)) == ("10.0.0.1", 64)
    assert has_accepted(agreement, registration=draft)
    person = make.person()
    hand_over_acceptances(draft, person)
    assert has_accepted(agreement, user=person)
    assert not has_accepted(agreement, user=make.person())
    hand_over_acceptances(draft, person)
    assert Acceptance.objects.count() == 1


def test_old_drafts_go_with_their_files(rf):
    old, _cookies = opened(rf)
    fresh, _cookies = opened(rf)
    Registration.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    tidy()
    assert list(Registration.objects.all()) == [fresh]


@pytest.mark.django_db(transaction=True)
def test_what_is_typed_and_the_first_file_at_the_same_moment_share_one_draft(rf):
    owner = make.person()
    asked = [visit(rf, user=owner) for _each in range(4)]
    acts = [lambda request=request: open_draft(request, KIND, owner=owner) for request in asked]
    assert together(*acts) == ["done"] * 4
    assert Registration.objects.filter(owner=owner).count() == 1
