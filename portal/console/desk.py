"""运营管理: the operator's first page, with what waits and the way to everything operators keep."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import (
    Agreement,
    DataRequest,
    RecoveryTicket,
    SignInLock,
    Station,
    StationPost,
    StationRole,
    User,
)
from enterprises.models import BusinessSystem, Enterprise, Position
from portal.calendar import WorkDay
from portal.console.documents import stuck_count
from portal.console.gates import for_operators
from portal.console.operations import queues
from portal.home.models import Notice
from portal.notifications.models import Delivery
from projects.models import Project, QuarantinedRow
from supervision.models import Material, MaterialFile, ReturnReason

Text = str | Promise


@dataclass(frozen=True)
class Card:
    """A page that operators work in: what it is called, what it is for, and how many rows it holds or waits for."""

    label: Text
    purpose: Text
    page: str
    count: Callable[[], int]


def waiting_tickets() -> int:
    """Applications that wait for the first or the second operator."""
    states = [RecoveryTicket.Status.SUBMITTED, RecoveryTicket.Status.PROPOSED]
    return RecoveryTicket.objects.filter(status__in=states).count()


def locks_in_force() -> int:
    return SignInLock.objects.in_force().exclude(user=None).count()


def late() -> int:
    """Queues whose oldest work has waited too long."""
    return sum(queue.is_late for queue in queues())


def undelivered() -> int:
    """Texts and e-mails that were given up; whoever they were for sees them in 消息."""
    return Delivery.objects.filter(state=Delivery.State.DEAD).count()


WORK = [
    Card(_("找回与变更"), _("核验和复核手机号更换、经办人变更"), "accounts:tickets", waiting_tickets),
    Card(_("登录锁定"), _("输错密码被锁定的账号，可以解除"), "accounts:locks", locks_in_force),
    Card(_("企业维护"), _("核验、暂停、恢复、合并和分立企业"), "enterprises:console", Enterprise.objects.count),
    Card(_("项目维护"), _("关闭、合并重复的项目，作废报监"), "console:projects", Project.objects.count),
    Card(
        _("个人信息申请"),
        _("更正、删除和注销，15 日内答复"),
        "accounts:data-requests",
        DataRequest.objects.filter(status=DataRequest.Status.SUBMITTED).count,
    ),
    Card(_("文件检查"), _("检查队列、未完成的检查和病毒扫描"), "console-documents", stuck_count),
    Card(_("数据接入"), _("许可证和中标数据的来源、运行和隔离的数据"), "projects:feeds", QuarantinedRow.objects.count),
    Card(_("运行状况"), _("数据库、任务队列、文件存储和数据接入是否正常"), "operations", late),
    Card(_("发送记录"), _("短信和邮件的去向，没有送达的重发"), "deliveries", undelivered),
]
DICTIONARIES = [
    Card(_("监督站"), _("名称、电话和地址"), "admin:accounts_station_changelist", Station.objects.count),
    Card(
        _("管辖"), _("哪个站从哪天起负责哪个区域"), "admin:accounts_stationrole_changelist", StationRole.objects.count
    ),
    Card(
        _("审核人员"),
        _("管理端账号：新建、任命、调岗、结束岗位"),
        "officers",
        User.objects.filter(kind=User.Kind.STAFF, duty="").count,
    ),
    Card(
        _("岗位"), _("所有岗位的清单，设定谁是站长"), "admin:accounts_stationpost_changelist", StationPost.objects.count
    ),
    Card(
        _("附件材料"), _("每个模块要交什么，是否必需"), "admin:supervision_material_changelist", Material.objects.count
    ),
    Card(
        _("材料模板与样例"),
        _("申请单位可下载的空白表格和样例"),
        "admin:supervision_materialfile_changelist",
        MaterialFile.objects.count,
    ),
    Card(
        _("退回原因"),
        _("审核人员选用的原因和依据"),
        "admin:supervision_returnreason_changelist",
        ReturnReason.objects.count,
    ),
    Card(
        _("业务系统"),
        _("企业可以授权使用的系统"),
        "admin:enterprises_businesssystem_changelist",
        BusinessSystem.objects.count,
    ),
    Card(_("工作日历"), _("节假日和调休，办理期限据此计算"), "calendar", WorkDay.objects.count),
    Card(_("职务"), _("新建用户和项目用户注册时可选"), "admin:enterprises_position_changelist", Position.objects.count),
    Card(_("协议"), _("发布新版本，看有多少人同意"), "accounts:agreements-console", Agreement.objects.count),
    Card(_("通知公告"), _("首页和登录页上的公告：对象、日期、置顶"), "console-notices", Notice.objects.count),
]


@require_safe
@for_operators
def console(request: HttpRequest) -> HttpResponse:
    """What waits, and what is kept here."""
    groups = [(_("日常业务"), linked(WORK)), (_("字典维护"), linked(DICTIONARIES))]
    return render(request, "console/console.html", {"groups": groups, "undelivered": undelivered()})


def linked(cards: list[Card]) -> list[tuple[Card, str, int]]:
    return [(card, reverse(card.page), card.count()) for card in cards]
