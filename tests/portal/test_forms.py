"""What all forms share: how they are bound, drawn, worded; and the fields of the trade."""

import re
from html.parser import HTMLParser

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import RequestFactory
from django.utils.translation import gettext_lazy as _

from portal.forms import (
    WRITTEN,
    MobileField,
    NameField,
    NewPasswordField,
    PersonNameField,
    PortalForm,
    PortalRenderer,
    ResidentIdField,
    SearchForm,
    SmsCodeField,
    UsccField,
    posted,
)


class Works(PortalForm):
    name = NameField(label=_("工程名称"), help_text=_("与施工许可证一致。"))
    area = forms.DecimalField(label=_("施工面积(m²)"))
    district = forms.ChoiceField(label=_("所属区域"), choices=[("", "请选择"), ("ja", "江岸区")])
    start = forms.DateField(label=_("计划开工日期"), required=False)
    prefab = forms.ChoiceField(label=_("是否装配式建筑"), choices=[("y", "是")], widget=forms.RadioSelect)
    scale = forms.CharField(label=_("建设规模"), widget=forms.Textarea, max_length=5, required=False)
    photo = forms.FileField(label=_("身份证照片"))
    agree = forms.BooleanField(label=_("同意用户协议"))


class Elements(HTMLParser):
    """Every start tag with its attributes, in order."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def one(self, tag, **wanted):
        [found] = [a for t, a in self.tags if t == tag and wanted.items() <= a.items()]
        return found


def sent(form, **data):
    query = QueryDict(mutable=True)
    query.update(data)
    return form(query, {})


def cleaned(field, value):
    form = type("One", (PortalForm,), {"value": field})({"value": value})
    return form.cleaned_data["value"] if form.is_valid() else form.errors["value"]


def test_a_post_without_fields_is_bound_and_a_visit_is_not():
    assert Works(**posted(RequestFactory().post("/"))).is_bound
    assert not Works(**posted(RequestFactory().get("/"))).is_bound


def test_what_is_missing_is_asked_for_by_its_name():
    assert [error for field in sent(Works) for error in field.errors] == [
        "请填写工程名称",
        "请填写施工面积(m²)",
        "请选择所属区域",
        "请选择是否装配式建筑",
        "请上传身份证照片",
        "请勾选“同意用户协议”",
    ]


def test_a_form_counts_its_errors_and_an_unsent_one_has_none():
    assert (sent(Works).error_count, Works().error_count) == (6, 0)


def test_the_words_of_a_field_win_over_the_usual_ones():
    field = forms.CharField(error_messages={"required": "没有章不行"})
    assert cleaned(field, "") == ["没有章不行"]


def test_a_line_break_counts_as_one_as_the_browser_counts_it():
    form = sent(Works, scale="一二\r\n三四")
    assert "scale" not in form.errors
    assert sent(Works, scale="一二\r\n三四五").errors["scale"] == ["最多 5 个字，现在是 6 个。"]


def test_a_field_group_ties_label_help_and_error_to_its_control():
    page = Elements(sent(Works)["name"].as_field_group())
    control = page.one("input")
    assert page.one("label")["for"] == control["id"] == "id_name"
    assert control["aria-invalid"] == "true"
    described = control["aria-describedby"].split()
    assert described == ["id_name_helptext", "id_name_error"]
    assert set(described) <= {attrs.get("id") for _tag, attrs in page.tags}


def test_a_required_field_says_so_to_eye_and_ear():
    html = Works()["name"].as_field_group()
    assert '<span class="star" aria-hidden="true">*</span>' in html
    assert '<span class="vh">（必填）</span>' in html
    assert "必填" not in Works()["start"].as_field_group()


def test_a_group_of_choices_is_a_fieldset_with_a_legend():
    page = Elements(sent(Works)["prefab"].as_field_group())
    assert page.one("fieldset")["aria-describedby"] == "id_prefab_error"
    assert page.one("legend") == {}


def test_dates_use_the_browsers_calendar_in_iso():
    html = str(Works(initial={"start": __import__("datetime").date(2026, 12, 1)})["start"])
    assert Elements(html).one("input") == {
        "type": "date",
        "name": "start",
        "value": "2026-12-01",
        "id": "id_start",
    }


def test_a_number_typed_wrongly_is_shown_again_for_correction():
    control = Elements(str(sent(Works, area="四万")["area"])).one("input")
    assert (control["type"], control["value"], control["inputmode"]) == ("text", "四万", "decimal")


def test_the_whole_form_draws_every_visible_field_once():
    names = [attrs["name"] for tag, attrs in Elements(str(Works())).tags if "name" in attrs]
    assert names == ["name", "area", "district", "start", "prefab", "scale", "photo", "agree"]


CONTROLS = [
    forms.TextInput(attrs={"maxlength": "9", "data-x": '"<&'}),
    forms.NumberInput(),
    forms.EmailInput(),
    forms.PasswordInput(render_value=True),
    forms.HiddenInput(),
    forms.DateInput(attrs={"disabled": True, "autofocus": False}),
    forms.CheckboxInput(),
    forms.Textarea(),
    forms.Select(choices=[("", "—"), ("乙", "第<乙>"), ("组", [("丙", "丙"), (1, "丁")])]),
    forms.SelectMultiple(choices=[("乙", "乙"), ("甲'", "甲")]),
]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: type(control).__name__)
@pytest.mark.parametrize("value", [None, "", "乙", "甲'", '<b>"&', 1])
def test_controls_written_in_python_are_those_of_django(control, value):
    def parts(renderer):
        html = control.render("field", value, {"id": "id_field"}, renderer)
        return re.sub(r">\s+<", "><", html.replace("&quot;", "&#34;")).strip()

    assert control.template_name in WRITTEN or isinstance(control, forms.SelectMultiple)
    assert parts(PortalRenderer()) == parts(forms.renderers.DjangoTemplates())


def test_whatever_people_type_is_only_text_in_a_control():
    form = sent(Works, name='"><script>alert(1)</script>')
    assert "<script" not in form["name"].as_field_group()


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (UsccField(), " 91420106maxc1b011k ", "91420106MAXC1B011K"),
        (UsccField(), "９１４２０１０６ MAXC1B011K", "91420106MAXC1B011K"),
        (ResidentIdField(), "11010519491231002x", ["请核对出生日期"]),
        (MobileField(), "+86 199-0000-0001", "19900000001"),
        (NameField(), "  湖北(武汉)  建设 ", "湖北（武汉） 建设"),
        (PersonNameField(), " 张 三丰 ", "张三丰"),
        (SmsCodeField(), "１２３ 456", "123456"),
        (SmsCodeField(), "12a456", ["短信验证码是 6 位数字。"]),
        (UsccField(required=False), "", ""),
        (MobileField(required=False), "", ""),
    ],
)
def test_fields_mend_what_people_paste(field, typed, kept):
    if isinstance(field, ResidentIdField):
        assert "岁" in cleaned(field, typed)[0]  # a good number, but its person would be too old
    else:
        assert cleaned(field, typed) == kept


@pytest.mark.parametrize("field", [UsccField, ResidentIdField, MobileField, SmsCodeField])
def test_fields_explain_what_is_wrong_in_chinese(field):
    [error] = cleaned(field(), "12")
    assert re.search("[\u4e00-\u9fff]", error)


def test_a_password_keeps_its_spaces_and_shows_its_rules(settings):
    settings.AUTH_PASSWORD_VALIDATORS = []
    assert cleaned(NewPasswordField(), " Ab1! 空格 ") == " Ab1! 空格 "
    form = type("One", (PortalForm,), {"password": NewPasswordField()})()
    html = form["password"].as_field_group()
    assert [attrs.get("data-rule") for tag, attrs in Elements(html).tags if tag == "li"] == ["length", "classes", None]
    assert Elements(html).one("input")["autocomplete"] == "new-password"


def test_the_settings_rules_for_passwords_are_asked(settings):
    settings.AUTH_PASSWORD_VALIDATORS = [
        {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}}
    ]
    assert "10" in cleaned(NewPasswordField(), "Ab1!")[0]


class Filter(SearchForm):
    shown = 2
    keyword = forms.CharField(label="关键字")
    status = forms.ChoiceField(label="状态", choices=[("", "全部"), ("r", "已退回")])
    since = forms.DateField(label="更新日期从")


@pytest.mark.parametrize("query", ["", "keyword=%22%3Cb%3E&status=r&since=2026-11-01", "status=nonsense&since=gestern"])
def test_a_search_row_is_written_as_django_writes_it(query):
    form = Filter(QueryDict(query))
    plain = Filter(QueryDict(query))
    plain.bound_field_class = forms.BoundField
    assert [str(field) for field in form] == [str(field) for field in plain]


def test_a_search_without_conditions_is_fine_and_has_no_chips():
    form = Filter(QueryDict(""))
    assert (form.is_valid(), form.given, form.chips, form.more_open) == (True, {}, [], False)


def test_each_condition_is_a_chip_that_leads_to_the_list_without_it():
    form = Filter(QueryDict("keyword=云栖&status=r&page=3&per_page=20"))
    assert form.chips == [
        {"label": "关键字", "text": "云栖", "url": "?status=r&per_page=20"},
        {"label": "状态", "text": "已退回", "url": "?keyword=%E4%BA%91%E6%A0%96&per_page=20"},
    ]


def test_a_wrong_condition_is_left_out_and_the_others_hold():
    form = Filter(QueryDict("keyword=云栖&status=nonsense&since=gestern"))
    assert form.given == {"keyword": "云栖"}


def test_conditions_under_the_fold_open_it_when_they_hold():
    form = Filter(QueryDict("since=2026-11-01"))
    assert ([field.name for field in form.first_fields], [field.name for field in form.more_fields]) == (
        ["keyword", "status"],
        ["since"],
    )
    assert form.more_open


def test_a_file_is_a_plain_control_without_a_clear_box():
    form = Works(QueryDict(""), {"photo": SimpleUploadedFile("a.jpg", b"x")})
    assert Elements(str(form["photo"])).one("input") == {"type": "file", "name": "photo", "id": "id_photo"}


class EverySort(PortalForm):
    name = forms.CharField(label="<名称>", help_text="<b>说明</b>", max_length=3)
    text = forms.CharField(required=False, widget=forms.Textarea, max_length=1200)
    note = forms.CharField(required=False, widget=forms.Textarea)
    kind = forms.ChoiceField(choices=[("1", "一")], required=False)
    way = forms.ChoiceField(choices=[("1", "一")], widget=forms.RadioSelect)
    start = forms.DateField(required=False)
    agreed = forms.BooleanField()
    paper = forms.FileField()


@pytest.mark.parametrize("data", [None, {"name": "<很长的名称>", "kind": "9", "start": "x"}], ids=["new", "wrong"])
@pytest.mark.parametrize("auto_id", ["id_%s", False])
def test_a_field_is_written_as_its_template_draws_it(data, auto_id):
    form = EverySort(data, auto_id=auto_id)
    template = form.renderer.get_template("django/forms/field.html")
    for field in form:
        assert field.as_field_group().strip() == template.render({"field": field}).strip(), field.name
