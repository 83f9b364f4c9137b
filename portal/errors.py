"""What people read when something is refused or fails. Handlers are named in portal/urls.py."""

import logging
import re
import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from portal.facts import facts

logger = logging.getLogger(__name__)

Text = str | Promise
CHINESE = re.compile("[\u4e00-\u9fff]")


class Refused(Exception):
    """A rule forbids this now. The reasons are sentences for the person who asked.

    `heading` says what was refused, `safe` what happened to their data, `action` is (label, url) of the way on.
    """

    def __init__(
        self, *reasons: Text, heading: Text = "", safe: Text = "", action: tuple[Text, str] | None = None
    ) -> None:
        super().__init__(*reasons)
        self.reasons = reasons
        self.heading = heading
        self.safe = safe
        self.action = action


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The 409 page of a refusal; scripts that ask for JSON get the same words as JSON."""
    heading = refusal.heading or _("现在不能执行此操作")
    if wants_json(request):
        reasons = [str(reason) for reason in refusal.reasons]
        return JsonResponse({"heading": str(heading), "reasons": reasons, "safe": str(refusal.safe)}, status=409)
    facts_of_page = said(heading, *refusal.reasons, safe=refusal.safe, action=refusal.action)
    return render(request, "refused.html", facts_of_page, status=409)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    reason = _("提交的内容含有无法识别的字符或不完整，请返回检查后重试。")
    return render(request, "400.html", said(_("无法识别这次请求"), reason), status=400)


def too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = _("提交的内容超过了允许的大小，没有保存。请减少文字或逐个上传文件后重试。")
    return render(request, "400.html", said(_("提交的内容过大"), reason), status=413)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The 403 page. It repeats the sentence given to PermissionDenied, but not the words of a library."""
    reason = own_words(exception) or _("您的账号没有权限查看此页面或执行此操作。")
    return render(request, "403.html", said(_("没有权限"), reason), status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = _("页面不存在，或您的账号看不到它。请检查网址，或返回首页重新进入。")
    return render(request, "404.html", said(_("没有找到这个页面"), reason), status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page of a form that is too old or came from elsewhere: nothing was read from it."""
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = request.get_full_path()
    page = said(
        _("页面已过期，请刷新页面重试"),
        _("这个页面打开得太久，或者您已在别处登录、退出。"),
        safe=_("刚才填写的内容没有发送，也没有保存。用浏览器的“后退”可以回到填写的内容，复制后再刷新。"),
        action=(_("返回并刷新页面"), back),
    )
    return render(request, "csrf.html", page, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """The 500 page; 503 where it was the database that could not be reached or could not write."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    page = said(
        _("系统出现错误"),
        _("这次操作没有完成。请稍后重试；如果反复出现，请把页面上的请求编号告诉技术支持。"),
    )
    return standalone("500.html", page, status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    page = said(
        _("系统暂时无法使用"),
        _("系统正在恢复，请一分钟后刷新页面重试。"),
        safe=_("已经提示成功的内容不会丢失；刚才这次操作没有完成。"),
    )
    response = standalone("503.html", page, status=503)
    response["Retry-After"] = "30"
    return response


def standalone(template: str, page: dict, *, status: int) -> HttpResponse:
    """A page without context processors, for when little works; in plain text when not even templates do."""
    try:
        return HttpResponse(render_to_string(template, page), status=status)
    except Exception:
        logger.exception("The error page could not be rendered.")
        lines = [page["heading"], *page["reasons"], page["request_id"]]
        return HttpResponse("\n".join(map(str, lines)), content_type="text/plain; charset=utf-8", status=status)


def said(heading: Text, *reasons: Text, safe: Text = "", action: tuple[Text, str] | None = None) -> dict:
    """The context that every error template takes."""
    return {
        "heading": heading,
        "reasons": reasons,
        "safe": safe,
        "action": action,
        "request_id": facts().request_id,
    }


def own_words(exception: Exception | None) -> Text:
    """The exception's text if we wrote it for people: a translatable or a Chinese one."""
    text = exception.args[0] if exception and exception.args else ""
    return text if isinstance(text, Promise) or (isinstance(text, str) and CHINESE.search(text)) else ""


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
