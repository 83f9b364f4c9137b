import re
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.template import Context, Template
from django.test import Client

from portal.numbers import NumberSeries
from portal.once import Once, OnceToken, forget_old_tokens, new_token, repeated, settle_once
from tests.portal.kernel_site import runs

pytestmark = pytest.mark.django_db


def filed():
    return NumberSeries.objects.filter(pk="filing").values_list("last", flat=True).first() or 0


def test_the_tag_makes_another_token_each_time_a_form_is_rendered():
    page = Template("{% once_token %}{% once_token %}").render(Context())
    first, second = re.findall(r'<input type="hidden" name="once" value="([A-Za-z0-9_-]{22})">', page)
    assert first != second


@pytest.mark.parametrize("path", ["/file/", "/once/"])
def test_the_second_post_of_a_form_leads_to_the_result_of_the_first(site, person, path):
    site.force_login(person("周启明"))
    form = {"once": new_token(), "name": "工程"}

    first, second = site.post(path, form), site.post(path, form)

    assert (first.status_code, first["Location"]) == (302, "/filed/1/")
    assert (second.status_code, second["Location"]) == (302, "/filed/1/")
    assert filed() == 1


@pytest.mark.parametrize("path", ["/file/", "/once/"])
def test_another_rendering_of_the_form_counts_anew(site, person, path):
    site.force_login(person("周启明"))
    for _ in range(2):
        site.post(path, {"once": new_token(), "name": "工程"})
    assert filed() == 2


@pytest.mark.parametrize("token", ["", "short", "x" * 23, "../../../../../../etc/p"])
def test_a_form_without_a_proper_token_works_as_it_always_did(site, person, token):
    site.force_login(person("周启明"))
    replies = [site.post("/file/", {"once": token})["Location"] for _ in range(2)]
    assert replies == ["/filed/1/", "/filed/2/"]
    assert OnceToken.objects.count() == 0


@pytest.mark.parametrize("path", ["/file/", "/once/"])
def test_a_changed_form_sent_again_is_not_taken_for_saved(site, person, path):
    site.force_login(person("周启明"))
    token = new_token()
    site.post(path, {"once": token, "name": "工程"})

    response = site.post(path, {"once": token, "name": "改过的工程"})

    page = response.content.decode()
    assert response.status_code == 409
    assert "您修改后的内容没有保存" in page and 'href="/filed/1/"' in page
    assert filed() == 1


def test_a_page_shown_again_because_of_an_error_settles_nothing(site, person):
    site.force_login(person("周启明"))
    token = new_token()
    assert site.post("/once/", {"once": token, "name": "bad"}).content == b"wrong"
    assert site.post("/once/", {"once": token, "name": "good"})["Location"] == "/filed/1/"


def test_a_token_serves_nobody_else_and_no_other_form(site, person):
    form = {"once": new_token()}
    for name in ["周启明", "陈建桥"]:
        site.force_login(person(name))
        site.post("/file/", form)
    site.post("/once/", form)
    assert filed() == 3


def test_it_works_before_anybody_has_signed_in(rf):
    request = rf.post("/register/", {"once": new_token()})
    with transaction.atomic():
        assert repeated(request) is None
        settle_once(request, "/register/done/")
    assert repeated(request) == "/register/done/"


def test_the_stored_digest_does_not_tell_a_password(rf):
    request = rf.post("/register/", {"once": new_token(), "password": "Demo@2026!"})
    with transaction.atomic():
        settle_once(request, "/done/")
    row = OnceToken.objects.get()
    assert "Demo" not in f"{row.key}{row.digest}" and len(row.digest) == 64
    assert request.POST["once"] not in row.key


def test_whoever_settles_second_is_undone_and_led_to_the_first(rf):
    request = rf.post("/file/", {"once": new_token()})
    with transaction.atomic():
        settle_once(request, "/first/")
    with pytest.raises(Once) as met, transaction.atomic():
        NumberSeries.objects.create(series="second")
        settle_once(request, "/second/")
    assert met.value.url == "/first/"
    assert not NumberSeries.objects.filter(pk="second").exists()


@pytest.mark.django_db(transaction=True)
def test_settling_outside_of_the_action_s_transaction_is_a_mistake(rf):
    with pytest.raises(TransactionManagementError):
        settle_once(rf.post("/file/", {"once": new_token()}), "/x/")


def test_old_tokens_are_dropped(rf):
    for url in ["/old/", "/new/"]:
        with transaction.atomic():
            settle_once(rf.post("/file/", {"once": new_token()}), url)
    OnceToken.objects.filter(url="/old/").update(created_at="2026-01-01T00:00Z")
    forget_old_tokens()
    assert [row.url for row in OnceToken.objects.all()] == ["/new/"]


@pytest.mark.django_db(transaction=True)
def test_a_twin_waits_for_the_first_and_does_nothing(site, person):
    site.force_login(person("周启明"))
    runs.clear()
    assert posted_together(site, "/file/") == [(302, "/filed/1/")] * 6
    assert len(runs) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/file/", "/once/", "/unique/"])
@pytest.mark.parametrize("attempt", range(5))
def test_posts_at_the_same_moment_take_effect_once_and_all_see_the_result(site, person, path, attempt):
    site.force_login(person("周启明"))
    result = "/only/" if path == "/unique/" else "/filed/1/"
    assert posted_together(site, path) == [(302, result)] * 6
    assert NumberSeries.objects.filter(last__gt=1).count() == 0


def posted_together(site, path):
    """(status, where to) of six posts of one form, sent at the same moment by one person."""
    form, replies, start = {"once": new_token(), "name": "工程"}, [], Barrier(6, timeout=20)

    def post():
        browser = Client(raise_request_exception=False)
        browser.cookies = site.cookies
        connection.ensure_connection()
        start.wait()
        response = browser.post(path, form)
        replies.append((response.status_code, response.headers.get("Location")))
        connection.close()

    threads = [Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies
