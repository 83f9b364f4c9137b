"""What leaves the portal: e-mail, wishes, digests, quiet hours, limits, and the operator's 重发."""

import re
import smtplib
import socketserver
import threading
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as ours
from django.template import engines
from django.utils import timezone

from portal.home.wishes import GROUPS
from portal.notifications import delivery, digests, notify, send_text
from portal.notifications.actions import by_day
from portal.notifications.catalogue import page_of_kinds
from portal.notifications.delivery import deliver_due, next_attempt
from portal.notifications.kinds import all_kinds
from portal.notifications.models import Delivery, Heartbeat, Message, MessageSettings, TrayEntry
from portal.notifications.providers import NotSent, Refusal, Smtp
from portal.notifications.told import told_about
from portal.notifications.wishes import change_wishes, kinds_for, switches
from tests import make
from tests.home.steps import signed_in, text
from tests.portal.test_notifications import Gateway

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def gateway(settings):
    settings.SMS_PROVIDER = "tests.portal.test_notifications.Gateway"
    Gateway.calls, Gateway.outcomes, Gateway.honours_keys = [], [], False
    return Gateway


def with_email(user, address="zhou@example.com", off=()):
    on = set(switches(kinds_for(user))) - set(off)
    return change_wishes(user, email=address, on=on, by=user)


def returned_to(user):
    """A message to an applicant that also goes by text: 退回补正."""
    review = make.returned(make.submitted_filing(by=user).reviews.get(role="safety"))
    return Message.objects.get(user=user, event="review.returned"), review


# The registry


def test_every_kind_has_a_text_and_every_text_a_kind():
    texts = {path.stem for path in (Path(ours.BASE_DIR) / "templates/messages").glob("*.txt")}
    assert {kind.event for kind in all_kinds()} == texts


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.event)
def test_a_kind_s_text_compiles_begins_with_a_subject_and_is_spoken_of_where_it_is_sent(kind):
    template = engines["django"].engine.get_template(f"messages/{kind.event}.txt")
    assert template.source.strip().splitlines()[0]
    apps = ("accounts", "enterprises", "portal", "projects", "supervision")
    code = "".join(path.read_text() for app in apps for path in (Path(ours.BASE_DIR) / app).rglob("*.py"))
    assert len(re.findall(rf"[\"']{re.escape(kind.event)}[\"']", code)) >= 2, "registered, but nobody sends it"


def test_the_page_about_messages_is_up_to_date():
    assert (Path(ours.BASE_DIR) / "docs/messages.md").read_text() == page_of_kinds(), (
        "manage.py kinds > docs/messages.md"
    )


# E-mail


def test_an_applicant_with_an_address_is_written_to_at_once():
    user = make.site_officer()
    with_email(user)
    message, _review = returned_to(user)
    mail = message.deliveries.get(channel="email")
    assert (mail.address, mail.subject, mail.state) == ("zhou@example.com", message.subject, "queued")
    assert message.body in mail.text and message.link in mail.text
    deliver_due()
    assert message.subject in TrayEntry.objects.get(key=f"{message.pk}:email").text


def test_what_is_off_is_not_sent_and_the_inbox_has_it_all_the_same():
    user = make.site_officer()
    with_email(user, off=["review.returned:email", "review.returned:sms"])
    message, _review = returned_to(user)
    assert not message.deliveries.exists()


def test_security_cannot_be_off():
    user = make.person()
    change_wishes(user, email="zhou@example.com", on=[], by=user)
    notify([user], "account.password_changed", at=timezone.now())
    assert sorted(Delivery.objects.values_list("channel", flat=True)) == ["email", "sms"]


class MailHost(socketserver.StreamRequestHandler):
    """The few words of SMTP that a mail takes; says no to whoever is called nobody."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        for raw in self.rfile:
            line = raw.decode().strip()
            if line.upper().startswith("EHLO"):
                self.wfile.write(b"250 here\r\n")
            elif line.upper() == "DATA":
                self.wfile.write(b"354 go on\r\n")
                self.server.mails.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                self.wfile.write(b"250 taken\r\n")
            elif "nobody" in line:
                self.wfile.write(b"550 no such user\r\n")
            elif "busy" in line:
                self.wfile.write(b"450 later\r\n")
            elif line.upper() == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 fine\r\n")


@pytest.fixture
def mail_host(settings):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailHost)
    server.mails = []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
    settings.DEFAULT_FROM_EMAIL = "portal@example.org"
    yield server
    server.shutdown()
    server.server_close()


def mail_to(address):
    Smtp().send(key="7:email", channel="email", address=address, subject="报监", text="正文", event="x", values=None)


def test_a_mail_server_takes_the_mail_with_the_key_as_its_id(mail_host):
    mail_to("zhou@example.com")
    assert "Message-ID: <7.email@example.org>" in mail_host.mails[0] and "Auto-Submitted" in mail_host.mails[0]


@pytest.mark.parametrize(("address", "fault"), [("nobody@example.com", Refusal), ("busy@example.com", NotSent)])
def test_a_mail_server_s_no_is_final_or_not(mail_host, address, fault):
    with pytest.raises(fault) as raised:
        mail_to(address)
    assert type(raised.value) is fault and not mail_host.mails


def test_where_no_mail_server_listens_nothing_was_sent(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(NotSent):
        mail_to("zhou@example.com")
    assert not issubclass(smtplib.SMTPServerDisconnected, NotSent)


# Digests


def test_officers_get_one_mail_with_what_still_waits_and_only_once(settings):
    settings.DIGEST_TIMES = [time(8, 30)]
    officer = make.officer("safety")
    row = with_email(officer, "officer@example.com")
    first, second = make.submitted_filing(), make.submitted_filing()
    assert not Delivery.objects.filter(channel="email").exists()
    Message.objects.filter(user=officer, about_id=str(second.reviews.get(role="safety").pk)).update(
        handled_at=timezone.now()
    )
    tomorrow = timezone.localtime().replace(hour=9, minute=0) + timedelta(days=1)
    assert row.gathered_until < tomorrow
    assert (digests.send_digests(tomorrow), digests.send_digests(tomorrow)) == (1, 0)
    mail = Delivery.objects.get(channel="email")
    assert mail.subject == "1 条消息待您处理" and str(first) in mail.text


def test_what_was_gathered_once_is_not_gathered_again_and_nothing_is_left_out(settings):
    settings.DIGEST_TIMES = [time(8, 30)]
    officer = make.officer("safety")
    with_email(officer, "officer@example.com")
    make.submitted_filing()
    day = timezone.localtime().replace(hour=9, minute=0)
    assert digests.send_digests(day + timedelta(days=5)) == 1  # the clock stood still for four days
    assert digests.send_digests(day + timedelta(days=6)) == 0


# Quiet hours


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 11, 20, 21, 59, tzinfo=HERE), datetime(2026, 11, 20, 21, 59, tzinfo=HERE)),
        (datetime(2026, 11, 20, 22, 0, tzinfo=HERE), datetime(2026, 11, 21, 7, 30, tzinfo=HERE)),
        (datetime(2026, 11, 21, 3, 0, tzinfo=HERE), datetime(2026, 11, 21, 7, 30, tzinfo=HERE)),
        (datetime(2026, 11, 21, 7, 30, tzinfo=HERE), datetime(2026, 11, 21, 7, 30, tzinfo=HERE)),
    ],
)
def test_texts_wait_until_the_morning(settings, at, due):
    settings.QUIET_HOURS = (time(22, 0), time(7, 30))
    assert by_day(at) == due


def test_codes_and_security_do_not_wait(settings):
    settings.QUIET_HOURS = (time(0, 0), time(23, 59, 59))
    user = make.person()
    send_text("19900000001", "account.code", key="code:1", wipe=True, code="482913", purpose="登录")
    notify([user], "account.password_changed", at=timezone.now())
    assert deliver_due() == 2


# Limits and pauses


def test_pauses_grow_and_never_fall_together():
    rows = [Delivery(event="x", channel="email", attempts=1) for _row in range(20)]
    spans = {(next_attempt(row) - timezone.now()).total_seconds() for row in rows}
    assert len(spans) == 20 and all(15.5 < span <= 20 for span in spans)


def test_a_final_no_is_not_asked_again(gateway):
    gateway.outcomes = [Refusal("isv.MOBILE_NUMBER_ILLEGAL")]
    notify([make.person()], "account.password_changed", at=timezone.now())
    deliver_due()
    assert Delivery.objects.get().state == "dead" and len(gateway.calls) == 1


def test_one_number_gets_so_many_texts_a_day_and_the_rest_tomorrow(gateway, settings):
    settings.SMS_A_DAY = 2
    user = make.person()
    for _time in range(3):
        notify([user], "account.password_changed", at=timezone.now())
    deliver_due()
    assert len(gateway.calls) == 2
    held = Delivery.objects.get(state="queued")
    assert held.due_at > timezone.now() and held.attempts == 0 and "SMS_A_DAY" in held.error


def test_near_the_day_s_budget_only_codes_and_security_go_out_and_then_nothing(gateway, settings):
    settings.SMS_BUDGET = 5
    user = make.site_officer()
    for number in range(4):
        send_text(f"1990000000{number}", "account.code", key=f"c{number}", wipe=True, code="1", purpose="x")
    deliver_due()
    returned_to(user)
    deliver_due()
    assert len(gateway.calls) == 4  # 退回补正 waits
    for number in (5, 6):
        send_text(f"1990000000{number}", "account.code", key=f"c{number}", wipe=True, code="1", purpose="x")
    deliver_due()
    assert len(gateway.calls) == 5
    assert Delivery.objects.get(key="c6").state == "dead" and Delivery.objects.get(key="c6").text == ""


def test_a_code_never_waits_behind_a_mailing(gateway):
    notify([make.person() for _one in range(3)], "account.password_changed", at=timezone.now())
    send_text("19900000001", "account.code", key="code:1", wipe=True, code="482913", purpose="登录")
    deliver_due()
    assert gateway.calls[0][0] == "code:1"


def test_a_task_hands_over_before_its_time_is_up(monkeypatch):
    monkeypatch.setattr(delivery, "SHIFT", -1)
    notify([make.person() for _one in range(3)], "account.password_changed", at=timezone.now())
    assert deliver_due() == 1


# 发送记录


def dead(**more):
    facts = {"event": "review.returned", "channel": "sms", "address": "19900000001", "text": "t", "state": "dead"}
    return Delivery.objects.create(key=f"k{Delivery.objects.count()}", error="余额不足", **facts | more)


def test_an_operator_sees_what_was_not_delivered_without_number_or_text_and_sends_it_again():
    row = dead(text="机密")
    Heartbeat.objects.create(name="worker")
    operator = signed_in(make.operator())
    page = operator.get("/console/deliveries/")
    assert (
        "退回补正" in text(page) and "199****0001" in text(page) and "余额不足" in text(page) and "正常" in text(page)
    )
    assert "19900000001" not in text(page) and "机密" not in text(page)
    operator.post(f"/console/deliveries/{row.pk}/resend/")
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("queued", 0)
    assert deliver_due() == 1


def test_a_code_and_what_was_sent_are_never_sent_again():
    rows = [dead(state="sent"), dead(wipe=True, expires_at=timezone.now(), event="account.code")]
    operator = signed_in(make.operator())
    for row in rows:
        assert operator.post(f"/console/deliveries/{row.pk}/resend/").status_code == 409
        assert Delivery.objects.get(pk=row.pk).state == row.state


def test_to_everybody_else_the_record_does_not_exist():
    row = dead()
    for user in (make.auditor(), make.officer(), make.site_officer()):
        browser = signed_in(user)
        assert browser.get("/console/deliveries/").status_code == 404
        assert browser.post(f"/console/deliveries/{row.pk}/resend/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_record_asks_as_often_for_three_as_for_one(django_assert_num_queries, count):
    for _row in range(count):
        dead()
    operator = signed_in(make.operator())
    operator.get("/console/deliveries/")
    with django_assert_num_queries(8):
        operator.get("/console/deliveries/")


# 消息设置, timeline


def test_somebody_chooses_an_address_and_what_comes():
    user = make.site_officer()
    browser = signed_in(user)
    page = browser.get("/messages/settings/")
    assert "退回补正" in text(page) and "始终发送" in text(page) and "短信验证码" not in text(page)
    browser.post("/messages/settings/", {"email": "zhou@example.com", "on": ["review.returned:sms"]})
    row = MessageSettings.objects.get(user=user)
    assert row.email == "zhou@example.com" and row.wants("review.returned", "sms")
    assert not row.wants("review.returned", "email") and not row.wants("filing.filed", "sms")
    refused = browser.post("/messages/settings/", {"email": "not an address"})
    assert refused.status_code == 200 and MessageSettings.objects.get(user=user).email == "zhou@example.com"


def test_the_timeline_says_how_far_a_telling_got():
    user = make.site_officer()
    message, review = returned_to(user)
    deliver_due()
    Message.objects.filter(pk=message.pk).update(read_at=timezone.now())
    told = {line.label: line.text for line in told_about(review.filing)}
    assert told["退回补正"] == "站内 1 人，已读 1 人；短信已发送 1"
    assert "通知送达情况" in text(signed_in(user).get(review.filing.get_absolute_url()))


def test_every_kind_that_can_be_set_has_its_place_on_the_page_once():
    words = [word for _label, words in GROUPS for word in words]
    assert len(words) == len(set(words))
    assert {kind.event.split(".")[0] for kind in all_kinds()} <= set(words)


def test_a_group_says_how_many_ways_of_it_are_off():
    user = make.site_officer()
    on = [switch for switch in switches(kinds_for(user)) if not switch.startswith("review.")]
    change_wishes(user, email="zhou@example.com", on=on, by=user)
    page = signed_in(user).get("/messages/settings/").content.decode()
    off = sum(len(kind.channels) for kind in kinds_for(user) if kind.event.startswith("review.") and not kind.security)
    assert f"已关闭 {off} 项" in page and page.count("已关闭") == 1
    assert page.count('<details class="fold">') == len([label for label, _words in GROUPS if str(label) in page])
