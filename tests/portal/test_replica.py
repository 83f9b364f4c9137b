"""When the replica is asked, without one; a real one: tests/embedded/test_replica.py."""

import pytest
from django.db import DatabaseError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from portal import replica
from portal.env import database, follower


@pytest.fixture
def there(settings, monkeypatch):
    """A replica that says it is fresh, and what was said about connections to it."""
    monkeypatch.setattr(replica, "is_there", lambda: True)
    monkeypatch.setattr(replica, "has_come_to", lambda place: place != replica.NEVER)
    monkeypatch.setattr(replica, "_rests_until", 0.0)
    monkeypatch.setattr(replica, "connections", {replica.ALIAS: type("Closed", (), {"close": lambda self: None})()})


@replica.may_read_replica
def page(request):
    return HttpResponse(replica.reading_alias())


def asked(method="get", **cookies):
    request = getattr(RequestFactory(), method)("/")
    request.COOKIES = cookies
    return page(request).content.decode()


def test_a_list_is_read_from_the_replica_and_a_post_never_is(there):
    assert asked() == "replica"
    assert asked("post") == "default"


def test_without_a_replica_nothing_is_asked_of_one():
    assert asked() == "default"


def test_a_mark_that_is_no_place_in_the_log_keeps_its_reader_with_the_first(there):
    assert asked(wrote="0/1A2B") == "replica"
    assert asked(wrote="0/1A2B'; DROP TABLE x") == "default"


def test_what_follows_a_write_is_read_from_the_first(there):
    router = replica.Router()
    with replica.reading():
        assert router.db_for_read(None) == "replica"
        assert router.db_for_write(None) == "default"
        assert router.db_for_read(None) == "default"
    assert router.db_for_read(None) == "default"


def failing(fault):
    """A view that fails on the replica, and how often it was called."""
    calls = []

    @replica.may_read_replica
    def view(request):
        calls.append(replica.reading_alias())
        if replica.reading_alias() == "replica":
            raise fault
        return HttpResponse("whole")

    return view, calls


def test_a_replica_that_fails_in_the_middle_is_no_error_for_the_visitor_and_rests(there):
    view, calls = failing(OperationalError("terminating connection"))
    assert view(RequestFactory().get("/")).content == b"whole"
    assert calls == ["replica", "default"]
    assert replica._rests_until > 0


def test_a_statement_that_took_too_long_is_not_tried_again_on_the_first(there):
    slow = OperationalError("canceling statement due to statement timeout")
    slow.__cause__ = type("QueryCanceled", (Exception,), {"pgcode": "57014"})()
    view, calls = failing(slow)
    with pytest.raises(OperationalError):
        view(RequestFactory().get("/"))
    assert calls == ["replica"]


def test_an_export_is_made_again_from_the_first_where_the_replica_fails(there, monkeypatch):
    monkeypatch.setattr(replica, "caught_up", lambda: True)
    tried = []

    def make(alias):
        tried.append(alias)
        if alias == "replica":
            raise DatabaseError("a table that the replica does not have yet")
        return 7

    assert replica.from_replica(make) == 7
    assert tried == ["replica", "default"]


def test_a_replica_is_only_read_has_the_timeouts_of_the_first_and_keeps_nobody_waiting():
    first = database("postgresql://portal_app@first/portal")
    first |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    copy = follower("postgresql://portal_app@second/portal", first, "-c statement_timeout=20000")
    assert copy["HOST"] == "second"
    assert copy["OPTIONS"]["options"] == "-c statement_timeout=20000 -c default_transaction_read_only=on"
    assert copy["OPTIONS"]["connect_timeout"] == 2
