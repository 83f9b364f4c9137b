"""The look and its parts: no page breaks the content policy, every part that is named exists and draws."""

import gzip
import re
from pathlib import Path
from types import SimpleNamespace as Thing

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.http import QueryDict
from django.template import Context, engines
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from portal.forms import PortalForm, SearchForm, SmsCodeField, UsccField
from portal.icons import STROKES
from portal.pages import Page

ROOT = Path(settings.BASE_DIR)
PAGES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
CSS = (ROOT / "static/portal.css").read_text()


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_carries_script_style_or_handlers_of_its_own(page):
    html = page.read_text()
    assert re.findall(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\bsrc=)", html) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_loads_nothing_from_elsewhere(page):
    assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//[^\"]*", page.read_text()) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_part_that_a_page_names_exists(page):
    for part in re.findall(r"{%\s*(?:include|extends)\s+\"([^\"]+)\"", page.read_text()):
        assert get_template(part)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_image_and_style_that_a_page_names_exists(page):
    for part in re.findall(r"{%\s*static\s+\"([^\"]+[^/\"])\"", page.read_text()):
        assert finders.find(part), part


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_icon_that_a_page_names_is_drawn(page):
    drawn = set(STROKES)
    asked = re.findall(r"components/icon.html\" with name=\"(\w+)\"", page.read_text())
    assert set(asked) <= drawn


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_scripts_do_nothing_that_the_content_policy_forbids(script):
    text = script.read_text()
    assert (
        re.findall(r"\beval\(|new Function|insertAdjacentHTML|document\.write|setAttribute\(\"style|https?://", text)
        == []
    )


def test_every_module_that_the_loader_names_exists():
    loader = (ROOT / "static/js/portal.js").read_text()
    named = set(re.findall(r"import\(\"\./(\w+\.js)\"\)", loader))
    assert named and named <= {path.name for path in SCRIPTS}


def test_the_style_sheet_stays_small():
    assert len(CSS.encode()) <= 40 * 1024
    assert len(gzip.compress(CSS.encode())) <= 10 * 1024  # a first view of a list stays far below 80 KB


def test_every_variable_of_the_style_sheet_is_defined():
    assert {name for name in re.findall(r"var\((--[\w-]+)\)", CSS) if f"{name}:" not in CSS} == set()


def test_every_image_of_the_style_sheet_exists():
    assert [path for path in re.findall(r"url\(([^)]+)\)", CSS) if not (ROOT / "static" / path).exists()] == []


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def token(name):
    return re.search(rf"--{name}:(#[0-9a-f]{{6}})", CSS)[1]


@pytest.mark.parametrize("tone", ["green", "orange", "red", "grey"])
def test_the_word_of_a_status_can_be_read_on_its_ground(tone):
    assert contrast(token(tone), token(f"{tone}-pale")) >= 4.5


def test_text_links_and_buttons_can_be_read():
    assert contrast(token("blue-text"), token("blue-pale")) >= 4.5
    for name in ("blue", "text", "soft", "red", "green"):
        assert contrast(token(name), "#ffffff") >= 4.5
        assert contrast(token(name), token("ground")) >= 4.5
    assert contrast(token("edge"), "#ffffff") >= 3


# Parts, drawn with what docs/interface.md says they need and nothing else: an undefined variable fails.


class Filter(SearchForm):
    status = SmsCodeField(label="状态")


class Registration(PortalForm):
    uscc = UsccField()
    code = SmsCodeField()


def part(part_name, **context):
    request = RequestFactory().get("/filing/joint/7/")
    request.user = AnonymousUser()
    return (
        engines["django"]
        .engine.get_template(f"components/{part_name}.html")
        .render(Context(context | {"request": request}))
    )


SENT = Registration(QueryDict("code=12"))
ROWS = [("工程名称", "二七云栖府"), ("备注", "")]
PARTS = [
    ("icon", {"name": "bell"}, "<svg"),
    ("tag", {"text": "待安监审核", "tone": "blue"}, 'class="tag tag-blue">待安监审核'),
    ("notice", {"text": "已保存。", "tone": "good"}, "notice-good"),
    ("notice", {"text": "已保存。"}, 'class="notice"'),
    ("empty", {"text": "退回的事项会出现在这里。"}, "暂无数据"),
    ("empty", {"text": "换个条件。", "heading": "没有符合的项目", "url": "?", "label": "清除条件"}, "清除条件"),
    ("tabs", {"name": "状态", "tabs": [{"label": "待审核", "url": "?s=1", "current": True, "badge": 0}]}, ">0</span>"),
    ("tabs", {"name": "状态", "tabs": [{"label": "待审核", "url": "?s=1"}]}, "待审核"),
    ("step_bar", {"steps": ["协议", "信息", "完成"], "at": 2}, 'aria-current="step"'),
    ("side_link", {"url": "/filing/joint/", "label": "联合报监"}, 'aria-current="page"'),
    ("description_list", {"rows": ROWS}, "未填写"),
    ("timeline", {"entries": [{"title": "提交报监"}, {"title": "退回", "by": "张*", "text": "一\n二"}]}, "一<br>二"),
    ("stat", {"value": 3, "label": "待我处理", "url": "/review/"}, "待我处理"),
    ("system_tile", {"name": "项目报监", "code": "filing", "url": "/filing/"}, "img/systems/filing.svg"),
    ("system_tile", {"name": "信用监管", "code": "credit", "note": "建设中"}, "is-closed"),
    ("result", {"heading": "报监成功"}, "<h1>报监成功</h1>"),
    (
        "result",
        {"heading": "完成", "facts": ROWS, "next": ["等待审核"], "actions": [{"label": "首页", "url": "/"}]},
        "接下来",
    ),
    ("masked", {"masked": "420***", "label": "身份证号", "url": "/reveal/"}, "显示完整身份证号"),
    ("chips", {"chips": Filter(QueryDict("status=123456")).chips}, "状态：123456"),
    ("search_row", {"form": Filter(QueryDict(""))}, 'role="search"'),
    ("error_summary", {"form": SENT}, 'href="#id_uscc"'),
    ("form_fields", {"form": SENT}, "form-grid"),
    ("form_fields", {"form": SENT, "columns": 1}, "form-column"),
    ("sms_code", {"field": SENT["code"], "phone": SENT["uscc"], "url": "/codes/"}, 'data-sms="/codes/"'),
    ("signin_card", {"form": SENT, "side": "staff", "enterprise_url": "?", "staff_url": "?side=staff"}, "管理端"),
    ("text_size", {}, ""),
    ("footer", {}, "<footer"),
    ("messages", {}, ""),
]


@pytest.mark.parametrize(("name", "context", "shown"), PARTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_part_draws_with_what_it_says_it_needs(name, context, shown):
    assert shown in part(name, **context)


def test_an_unsent_form_has_no_summary():
    assert part("error_summary", form=Registration()).strip() == ""


def test_the_summary_names_the_field_where_the_sentence_does_not():
    form = type("Works", (PortalForm,), {"area": __import__("django").forms.DecimalField(label="施工面积")})
    assert "施工面积：" in part("error_summary", form=form(QueryDict("area=x")))


def test_the_summary_counts_the_rows_of_a_formset():
    from django.forms import formset_factory

    data = {
        "form-TOTAL_FORMS": "2",
        "form-INITIAL_FORMS": "2",
        "form-0-uscc": "91420106MAXC1B011K",
        "form-0-code": "123456",
    }
    html = part("error_summary", formset=formset_factory(Registration)(data))
    assert 'href="#id_form-1-uscc">第 2 行：请填写统一社会信用代码' in html
    assert "第 1 行" not in html


def test_the_pager_keeps_the_conditions_and_says_how_many_there_are():
    page = Page([], 128, 3, 13, 10, (10, 20, 50), QueryDict("status=r&per_page=10"))
    html = part("pager", page=page)
    assert "共 128 条" in html
    assert 'href="?status=r&amp;per_page=10&amp;page=2" rel="prev"' in html
    assert 'href="?status=r&amp;per_page=10&amp;page=4" rel="next"' in html
    assert '<option value="10" selected>10条/页</option>' in html
    assert '<input type="hidden" name="status" value="r">' in html
    assert 'name="per_page" value' not in html  # the select is its only one


def test_a_list_of_one_page_has_no_way_on():
    html = part("pager", page=Page([], 0, 1, 1, 10, (10,), QueryDict("")))
    assert "rel=" not in html and "共 0 条" in html


@pytest.mark.parametrize("name", ["400", "403", "404", "csrf", "refused"])
@pytest.mark.parametrize("frame", [{}, {"platform": {"name": "平台", "short_name": "平台"}, "text_size": "large"}])
def test_an_error_page_tells_what_happened_and_what_next(name, frame):
    facts = {"heading": "现在不能报监", "reasons": ["请填写工程名称。", "缺少附件。"], "safe": "已填写的内容都已保存。"}
    context = facts | frame | {"action": ("返回修改", "/filing/"), "request_id": "r-1", "user": AnonymousUser()}
    html = render_to_string(f"{name}.html", context)
    for said in ("<h1>现在不能报监</h1>", "<li>缺少附件。</li>", "已保存", 'href="/filing/">返回修改', "r-1"):
        assert said in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize("name", ["500", "503"])
def test_the_page_of_a_failure_needs_nothing_but_its_words(name):
    facts = {"heading": "系统出现错误", "reasons": ["请稍后重试。"], "safe": "", "action": None, "request_id": "r-1"}
    html = render_to_string(f"{name}.html", facts)
    assert "系统出现错误" in html and "/static/portal.css" in html and "{%" not in html


@pytest.mark.parametrize("frame", ["base.html", "base_side.html", "public.html"])
def test_the_frames_hold_for_visitors_and_without_a_platform_name(frame):
    html = render_to_string(frame, {"user": AnonymousUser()})
    assert '<a class="skip" href="#main">' in html and 'id="main"' in html
    assert "退出登录" not in html


def test_the_frame_of_somebody_signed_in_has_menu_bell_and_way_out():
    entry = {"label": "工作台", "url": "/workbench/", "current": True, "badge": 3}
    person = {"name": "吴倩", "sub": "湖北楚天宏基建设集团有限公司", "url": "/account/"}
    user = Thing(is_authenticated=True, pk="someone")
    context = {
        "user": user,
        "menu": [entry],
        "unread": 120,
        "person": person,
        "demo_banner": True,
        "text_size": "xlarge",
    }
    html = render_to_string("base.html", context)
    assert '<a href="/workbench/" aria-current="page">工作台' in html
    assert "演示环境" in html and "吴倩" in html and 'class="text-xlarge"' in html


def test_the_title_of_a_page_with_errors_begins_with_them():
    page = engines["django"].from_string('{% extends "public.html" %}{% block title %}注册{% endblock %}')
    context = {"user": AnonymousUser(), "platform": {"name": "平台", "short_name": "平"}}
    assert "<title>错误：注册 - 平台</title>" in page.render(context | {"form": SENT})
    assert "<title>注册 - 平台</title>" in page.render(context | {"form": Registration()})


def test_every_part_is_described_in_the_catalogue():
    described = (ROOT / "docs/interface.md").read_text()
    parts = [path.name for path in (ROOT / "templates/components").glob("[!_]*.html")]
    assert [name for name in parts if name not in described] == []


def test_every_part_says_in_its_first_line_what_it_needs():
    parts = [path for path in (ROOT / "templates/components").glob("[!_]*.html")]
    assert [path.name for path in parts if not path.read_text().startswith("{#")] == []
