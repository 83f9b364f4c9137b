"""What the portal holds about a person, told by the apps that hold it; they register here, this app imports none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import DataRequest, User
from portal.audit.models import AuditEntry
from portal.audit.names import event_name
from portal.documents.models import Document
from portal.notifications.models import Message

Text = str | Promise
Line = dict[Any, Any]  # words by their label
MOST_ROWS = 5000  # of one section in a copy; the newest count


@dataclass(frozen=True)
class Section:
    """One sort of data: its rows for a person, each as words by label, and what it is for and how long it stays."""

    code: str
    label: Text
    purpose: Text
    kept: Text
    rows: Callable[[User], QuerySet[Any]]
    line: Callable[[Any], Line]


@dataclass(frozen=True)
class Held:
    """A file of a person: whether it may go when they ask, and why not."""

    document: Document
    why_kept: Text = ""


_sections: dict[str, Section] = {}
_files: list[Callable[[User], Iterable[Held]]] = []


def register_section(section: Section) -> None:
    _sections[section.code] = section


def register_files(fn: Callable[[User], Iterable[Held]]) -> None:
    """`fn(user)` tells the files about a person that the app keeps."""
    _files.append(fn)


def sections() -> list[Section]:
    return list(_sections.values())


def files_about(user: User) -> list[Held]:
    return [held for fn in _files for held in fn(user)]


def shown_time(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def lines_of(section: Section, user: User) -> list[dict[str, str]]:
    """The rows in words, labels as keys."""
    rows = section.rows(user)[:MOST_ROWS]
    return [{str(label): str(value or "") for label, value in section.line(row).items()} for row in rows]


def account_line(user: User) -> Line:
    return {
        _("姓名"): user.name,
        _("手机号"): user.phone,
        _("身份证号"): user.id_number,
        _("账号"): user.username,
        _("创建时间"): shown_time(user.created_at),
        _("上次登录"): shown_time(user.last_login),
    }


def consent_line(acceptance: Any) -> Line:
    return {
        _("文本"): acceptance.agreement.title,
        _("版本"): acceptance.agreement.version,
        _("同意时间"): shown_time(acceptance.accepted_at),
        _("网络地址"): acceptance.address,
        _("文本摘要（SHA-256）"): acceptance.text_hash,
    }


def entry_line(entry: AuditEntry) -> Line:
    return {
        _("时间"): shown_time(entry.at),
        _("事项"): event_name(entry.event),
        _("对象"): entry.subject_label,
        _("网络地址"): entry.address,
    }


def message_line(message: Message) -> Line:
    return {_("时间"): shown_time(message.created_at), _("标题"): message.subject, _("内容"): message.body}


def request_line(request: DataRequest) -> Line:
    return {
        _("事项"): request.get_kind_display(),
        _("申请时间"): shown_time(request.asked_at),
        _("状态"): request.get_status_display(),
        _("答复"): request.answer,
    }


ACCOUNT_LIFE = _("账号存续期间；注销后 30 日内删除")
register_section(
    Section(
        "account",
        _("账号信息"),
        _("核实身份、登录、接收通知"),
        ACCOUNT_LIFE,
        lambda user: User.objects.filter(pk=user.pk),
        account_line,
    )
)
register_section(
    Section(
        "consents",
        _("同意记录"),
        _("证明您何时同意了哪个版本"),
        _("账号存续期间及注销后三年"),
        lambda user: user.acceptances.select_related("agreement").order_by("-accepted_at"),
        consent_line,
    )
)
register_section(
    Section(
        "messages",
        _("消息"),
        _("通知办理进展"),
        ACCOUNT_LIFE,
        lambda user: Message.objects.filter(user=user).order_by("-created_at"),
        message_line,
    )
)
register_section(
    Section(
        "requests",
        _("个人信息申请"),
        _("办理更正、删除和注销"),
        _("办结后三年"),
        lambda user: user.data_requests.exclude(status="draft").order_by("-asked_at"),
        request_line,
    )
)
register_section(
    Section(
        "acts",
        _("登录和操作记录"),
        _("网络安全法、工程质量安全责任追溯"),
        _("依法留存，不随注销删除，号码均已遮盖"),
        lambda user: AuditEntry.objects.filter(actor=user).order_by("-pk"),
        entry_line,
    )
)
