import time
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Lock, Thread

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.template import engines
from django.utils import timezone

from portal.notifications import Kind, delivery, kinds, mark_handled, notify, register, send_text
from portal.notifications.delivery import LEASE, claim, deliver_due, empty_tray
from portal.notifications.models import Delivery, Message, TrayEntry
from portal.notifications.providers import NotSent
from portal.numbers import NumberSeries
from tests.conftest import Undefined

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def test_kinds(settings, monkeypatch):
    """Three kinds of message of our own, with their texts."""
    monkeypatch.setattr(kinds, "_kinds", {})
    register(Kind("test.happened", "办理结果", sms=True), Kind("test.code", "验证码", sms=True, security=True))
    register(Kind("test.sloppy", "未完成"))
    folder = Path(__file__).parent / "templates"
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder, *settings.TEMPLATES[0]["DIRS"]]}]
    engines["django"].engine.string_if_invalid = Undefined()
    Gateway.calls, Gateway.outcomes, Gateway.honours_keys = [], [], False


class Gateway:
    """An outside provider that answers as the test says, then well."""

    calls: list = []
    outcomes: list = []
    honours_keys = False
    lock = Lock()

    def send(self, *, key, channel, address, text, **more):
        with self.lock:
            self.calls.append((key, address, text))
            outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome:
            raise outcome


@pytest.fixture
def gateway(settings):
    settings.SMS_PROVIDER = f"{__name__}.Gateway"
    return Gateway


def thing():
    return NumberSeries.objects.get_or_create(series="filing")[0]


def tell(*users, **context):
    return notify(users, "test.happened", about=thing(), link="/filings/7/", **{"number": 7} | context)


def later(**span):
    """Let the time of every delivery pass."""
    for row in Delivery.objects.all():
        row.due_at -= timedelta(**span)
        row.lease_until = row.lease_until and row.lease_until - timedelta(**span)
        row.expires_at = row.expires_at and row.expires_at - timedelta(**span)
        row.save()


def states():
    return list(Delivery.objects.order_by("created_at").values_list("state", flat=True))


def test_everybody_is_told_once_in_the_words_of_the_template(person):
    zhou, chen = person("周启明", "19900000001"), person("陈建桥")

    tell(zhou, chen, zhou)

    assert {message.user for message in Message.objects.all()} == {zhou, chen}
    message = Message.objects.get(user=zhou)
    assert (message.subject, message.body) == ("filing: 0 已受理", "周启明，编号 7。<请> 点击查看。")
    assert (message.event, message.link, message.about_id) == ("test.happened", "/filings/7/", "filing")


def test_a_text_goes_to_those_who_have_a_phone(person, settings):
    tell(person("周启明", "19900000001"), person("陈建桥"))

    sent = Delivery.objects.get()
    assert (sent.address, sent.channel, sent.state) == ("19900000001", "sms", "queued")
    assert sent.text == (
        f"【{settings.PLATFORM_SHORT_NAME}】filing: 0 已受理\n周启明，编号 7。<请> 点击查看。\n{settings.PUBLIC_URL}/filings/7/"
    )
    assert sent.key == f"{sent.message_id}:sms"


def test_an_account_without_a_phone_of_its_own_is_reached_where_it_says(person):
    user = person("湖北楚天宏基")
    user.contact_phone = lambda: "19900000009"
    tell(user)
    assert Delivery.objects.get().address == "19900000009"


def test_people_of_the_demo_get_no_real_text(person, gateway):
    user = person("周启明", "19900000001")
    user.is_sample = True
    tell(user)
    assert (Message.objects.count(), Delivery.objects.count()) == (1, 0)


@pytest.mark.parametrize("people", [1, 3])
def test_telling_many_costs_as_much_as_telling_one(person, django_assert_num_queries, people):
    users, about = [person("周启明", f"1990000000{n}") for n in range(people)], thing()
    with django_assert_num_queries(6):  # savepoint, messages, wishes, deliveries, nudge, savepoint
        notify(users, "test.happened", about=about, number=1)


def test_nobody_is_told_of_what_did_not_happen(person):
    user = person("周启明", "19900000001")
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(user)
        raise RuntimeError
    assert (Message.objects.count(), Delivery.objects.count()) == (0, 0)


def test_a_message_that_no_app_registered_is_a_mistake(person):
    with pytest.raises(LookupError, match=r"notices\.py"):
        notify([person()], "test.unknown")


def test_two_kinds_of_the_same_name_are_a_mistake():
    register(Kind("test.happened", "办理结果", sms=True))
    with pytest.raises(ImproperlyConfigured):
        register(Kind("test.happened", "别的"))


def test_a_variable_that_nobody_set_fails_here(person):
    with pytest.raises(pytest.fail.Exception, match="nobody_set_this"):
        notify([person()], "test.sloppy")


def test_texts_and_addresses_are_sealed_in_the_database(person):
    tell(person("周启明", "19900000001"))
    deliver_due()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT body FROM portal_message UNION ALL SELECT address || text FROM portal_delivery "
            "UNION ALL SELECT address || text FROM portal_trayentry"
        )
        stored = "".join(row[0] for row in cursor.fetchall())
    assert "周启明" not in stored and "19900000001" not in stored and len(stored) > 200


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_nudged_when_the_transaction_commits(person, settings):
    user = person("周启明", "19900000001")
    listener = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    listener.autocommit = True
    listener.cursor().execute("LISTEN portal_work")
    with transaction.atomic():
        tell(user)
        listener.poll()
        assert listener.notifies == []
    for _ in range(50):
        listener.poll()
        if listener.notifies:
            break
        time.sleep(0.05)
    payloads = [note.payload for note in listener.notifies]
    listener.close()
    assert payloads == ["portal.deliver"]


def test_the_tray_keeps_what_would_have_been_sent(person):
    tell(person("周启明", "19900000001"))
    deliver_due()
    entry = TrayEntry.objects.get()
    assert (entry.address, entry.channel) == ("19900000001", "sms")
    assert "编号 7" in entry.text
    assert states() == ["sent"] and Delivery.objects.get().sent_at is not None


def test_what_was_sent_is_not_sent_again(person, gateway):
    tell(person("周启明", "19900000001"))
    assert (deliver_due(), deliver_due()) == (1, 0)
    assert len(gateway.calls) == 1


def test_a_text_with_a_key_is_queued_once():
    for _ in range(2):
        send_text("19900000001", "test.code", key="code:1", wipe=True, code="482913")
    assert Delivery.objects.count() == 1


def test_a_code_is_wiped_when_it_is_sent(gateway):
    send_text("19900000001", "test.code", key="code:1", wipe=True, code="482913")
    assert "482913" in Delivery.objects.get().text
    deliver_due()
    assert "482913" in gateway.calls[0][2]
    assert (states(), Delivery.objects.get().text) == (["sent"], "")


def test_a_code_that_expired_is_wiped_and_not_sent(gateway):
    send_text("19900000001", "test.code", key="code:1", wipe=True, code="482913")
    later(minutes=6)
    assert deliver_due() == 0
    assert (states(), Delivery.objects.get().text, gateway.calls) == (["dead"], "", [])


def test_an_ordinary_text_keeps_its_words(person, gateway):
    tell(person("周启明", "19900000001"))
    deliver_due()
    assert "编号 7" in Delivery.objects.get().text


def test_a_definite_failure_is_tried_three_times_more_and_then_given_up(person, gateway):
    gateway.outcomes = [NotSent("余额不足")] * 9
    tell(person("周启明", "19900000001"))
    seen = []
    for _ in range(6):
        deliver_due()
        seen += states()
        assert deliver_due() == 0  # not before its time
        later(minutes=16)
    assert seen == ["failed", "failed", "failed", "dead", "dead", "dead"]
    assert len(gateway.calls) == 4
    assert Delivery.objects.get().error == "余额不足"
    assert len({key for key, _, _ in gateway.calls}) == 1


def test_a_failure_that_passes_is_made_good(person, gateway):
    gateway.outcomes = [NotSent("忙")]
    tell(person("周启明", "19900000001"))
    deliver_due()
    later(minutes=1)
    deliver_due()
    assert (states(), Delivery.objects.get().error) == (["sent"], "")


def test_an_unclear_outcome_is_shown_and_not_repeated(person, gateway):
    gateway.outcomes = [TimeoutError()]
    tell(person("周启明", "19900000001"))
    deliver_due()
    later(hours=1)
    deliver_due()
    assert (states(), len(gateway.calls), Delivery.objects.get().error) == (["unknown"], 1, "TimeoutError")


def test_an_unclear_outcome_is_repeated_where_the_provider_knows_the_key(person, gateway):
    gateway.honours_keys, gateway.outcomes = True, [TimeoutError()]
    tell(person("周启明", "19900000001"))
    deliver_due()
    later(minutes=1)
    deliver_due()
    assert (states(), len(gateway.calls)) == (["sent"], 2)


def test_a_code_of_unclear_outcome_is_never_repeated(gateway):
    gateway.honours_keys, gateway.outcomes = True, [TimeoutError()]
    send_text("19900000001", "test.code", key="code:1", wipe=True, code="482913")
    deliver_due()
    later(minutes=2)
    deliver_due()
    assert (states(), len(gateway.calls), Delivery.objects.get().text) == (["unknown"], 1, "")


@pytest.mark.parametrize(("honours_keys", "state", "calls"), [(True, "sent", 1), (False, "unknown", 0)])
def test_a_worker_that_died_leaves_a_lease_that_runs_out(person, gateway, honours_keys, state, calls):
    gateway.honours_keys = honours_keys
    tell(person("周启明", "19900000001"))
    assert claim().state == "sending"
    assert deliver_due() == 0
    later(seconds=LEASE.total_seconds() + 1)
    deliver_due()
    assert (states(), len(gateway.calls)) == ([state], calls)


def test_a_worker_that_comes_back_late_does_not_overwrite_the_outcome(person, gateway):
    tell(person("周启明", "19900000001"))
    slow = claim()
    later(seconds=LEASE.total_seconds() + 1)
    deliver_due()
    delivery.settle(slow, sent=True)
    assert states() == ["unknown"]


def test_one_bad_row_does_not_hold_up_the_others(person, gateway):
    tell(person("周启明", "19900000001"), person("陈建桥", "19900000002"))
    bad, good = Delivery.objects.order_by("created_at")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portal_delivery SET address = (SELECT address FROM portal_delivery WHERE id = %s) WHERE id = %s",
            [good.pk, bad.pk],
        )
    deliver_due()
    assert [address for _, address, _ in gateway.calls] == ["19900000002"]
    assert Delivery.objects.get(pk=good.pk).state == "sent"
    assert Delivery.objects.get(pk=bad.pk).error == "Undecipherable"


def test_a_provider_that_does_not_exist_fails_each_text_and_loses_none(person, settings):
    settings.SMS_PROVIDER = "no.such.Provider"
    tell(person("周启明", "19900000001"))
    deliver_due()
    settings.SMS_PROVIDER = settings.TRAY
    later(minutes=1)
    deliver_due()
    assert states() == ["sent"]


@pytest.mark.django_db(transaction=True)
def test_several_workers_send_each_text_once(person, gateway):
    tell(*[person("周启明", f"199000000{n:02}") for n in range(30)])
    start = Barrier(4, timeout=20)

    def work():
        start.wait()
        deliver_due()
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    keys = [key for key, _, _ in gateway.calls]
    assert (len(keys), len(set(keys)), set(states())) == (30, 30, {"sent"})


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_called_outside_of_any_transaction(person, settings):
    settings.SMS_PROVIDER = f"{__name__}.Watcher"
    tell(person("周启明", "19900000001"))
    deliver_due()
    assert Watcher.seen == [False]


class Watcher:
    honours_keys = False
    seen: list = []

    def send(self, **text):
        self.seen.append(connection.in_atomic_block)


def test_what_somebody_did_is_off_everybody_s_count(person):
    zhou, chen = person("周启明"), person("陈建桥")
    tell(zhou, chen)
    notify([zhou], "test.happened", about=NumberSeries.objects.create(series="other"), number=8)

    assert mark_handled(thing(), "test.other") == 0
    assert mark_handled(thing(), "test.happened") == 2
    assert mark_handled(thing()) == 0
    assert [Message.objects.of(user).unread().count() for user in [zhou, chen]] == [1, 0]


def test_the_tray_is_emptied_of_old_texts(person):
    for n in range(2):
        TrayEntry.objects.create(key=f"k{n}", channel="sms", address="1", text="t")
    TrayEntry.objects.filter(key="k0").update(created_at=timezone.now() - timedelta(days=8))
    empty_tray()
    assert [entry.key for entry in TrayEntry.objects.all()] == ["k1"]
