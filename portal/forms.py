"""What every form has in common: how it is bound, drawn and worded, and the fields of the trade."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import django.forms
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms.renderers import BaseRenderer
from django.forms.utils import pretty_name
from django.http import HttpRequest, QueryDict
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal import validators


def posted(request: HttpRequest) -> dict[str, Any]:
    """What a form is bound to: the posted data, or nothing on a plain visit."""
    return {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}


# Drawing. Django draws one widget with three nested templates; the common ones are written
# here instead, letter for letter the same, which takes two thirds off a page of sixty fields.


def _attributes(attrs: dict[str, Any]) -> str:
    given = ((name, value) for name, value in attrs.items() if value is not False)
    return "".join(f" {name}" if value is True else f' {name}="{conditional_escape(value)}"' for name, value in given)


def _input(widget: dict[str, Any]) -> str:
    value = "" if widget["value"] is None else f' value="{conditional_escape(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{widget["name"]}"{value}{_attributes(widget["attrs"])}>'


def _textarea(widget: dict[str, Any]) -> str:
    text = conditional_escape(widget["value"] or "")
    return f'<textarea name="{widget["name"]}"{_attributes(widget["attrs"])}>\n{text}</textarea>'


def _options(groups: list[tuple[Any, list[dict[str, Any]], int]]) -> Iterator[str]:
    for group, options, _index in groups:
        yield f'<optgroup label="{conditional_escape(group)}">' if group else ""
        for option in options:
            value, label = conditional_escape(option["value"]), conditional_escape(option["label"])
            yield f'<option value="{value}"{_attributes(option["attrs"])}>{label}</option>'
        yield "</optgroup>" if group else ""


def _select(widget: dict[str, Any]) -> str:
    options = "".join(_options(widget["optgroups"]))
    return f'<select name="{widget["name"]}"{_attributes(widget["attrs"])}>{options}</select>'


_INPUTS = (
    "text",
    "number",
    "email",
    "url",
    "password",
    "hidden",
    "date",
    "datetime",
    "time",
    "tel",
    "search",
    "checkbox",
)
WRITTEN = {f"django/forms/widgets/{kind}.html": _input for kind in _INPUTS} | {
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
}


FIELD = "django/forms/field.html"


def _group(field: forms.BoundField) -> str | None:
    """What FIELD makes of a field with its label, help and errors; None for the rarer sorts, which the template draws."""
    kind, given = field.widget_type, field.field
    if field.use_fieldset or kind in ("checkbox", "file") or getattr(given, "rules", None):
        return None
    errors, help_text, place = field.errors, field.help_text, conditional_escape(field.auto_id)
    star = vh = counter = ""
    if given.required or getattr(given, "starred", False):
        star = '<span class="star" aria-hidden="true">*</span>'
        vh = f'<span class="vh">{conditional_escape(gettext("（必填）"))}</span>'
    if kind == "textarea" and (most := getattr(given, "max_length", None)):
        text = conditional_escape(gettext("最多 %(n)s 字") % {"n": most})
        counter = f'<span class="counter" data-counter="{place}" data-max="{most}">{text}</span>'
    help_ = f'<p class="help" id="{place}_helptext">{conditional_escape(help_text)}</p>' if help_text else ""
    wrong = ""
    if errors:
        said = f'<span class="vh">{conditional_escape(gettext("错误："))}</span>'
        said += "<br>".join(conditional_escape(str(error)) for error in errors)
        wrong = f'<p class="error" id="{place}_error">{said}</p>'
    return (
        f'\n<div class="field field-{kind}{" is-wrong" if errors else ""}">\n'
        f'<label for="{conditional_escape(field.id_for_label)}">{star}{conditional_escape(field.label)}{vh}</label>\n'
        f"{field}\n{counter}\n\n{help_}{wrong}\n</div>\n"
    )


class PortalRenderer(BaseRenderer):
    """Draws fields with our templates, then Django's own; the common widgets without any."""

    form_template_name = "components/form_fields.html"

    @cached_property
    def engine(self) -> DjangoTemplates:
        own = Path(django.forms.__file__).parent / "templates"
        words = ["django.templatetags.i18n", "django.templatetags.static"]
        folders = [settings.BASE_DIR / "templates", own]
        options = {"builtins": words, "loaders": [("portal.quick.Loader", settings.TEMPLATE_LOADERS)]}
        return DjangoTemplates({"NAME": "forms", "DIRS": folders, "APP_DIRS": False, "OPTIONS": options})

    def get_template(self, template_name: str) -> Any:
        return self.engine.get_template(template_name)

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> SafeString:
        if write := WRITTEN.get(template_name):
            return mark_safe(write(context["widget"]))  # every value went through conditional_escape
        if template_name == FIELD and (group := _group(context["field"])) is not None:
            return mark_safe(group)
        return mark_safe(super().render(template_name, context, request))


class AtOnce(forms.models.ModelChoiceIterator):
    """The choices in one answer: Django opens a cursor and fetches them portion by portion, four questions for a dozen rows."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        rows = self.field.rows  # type: ignore[attr-defined]
        yield from map(self.choice, rows() if rows else self.queryset)


class FewRowsField(forms.ModelChoiceField):
    """One row of a short table, such as the districts. `rows` gives all of it by a question that is written once."""

    iterator = AtOnce

    def __init__(self, queryset: Any, *, rows: Callable[[], Iterable[Any]] | None = None, **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(queryset, **kwargs)


# Widgets. The names are Django's, because `field.widget_type` is made from them.


class DateInput(forms.DateInput):
    """The browser's own calendar; it only understands ISO dates."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class NumberInput(forms.NumberInput):
    """A number as text with a number keyboard: the browser's own number box throws wrong input away unseen."""

    input_type = "text"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        kept = {name: value for name, value in (attrs or {}).items() if name not in ("min", "max", "step")}
        super().__init__({"inputmode": "decimal", "autocomplete": "off"} | kept)


class Textarea(forms.Textarea):
    """Browsers send two characters for a line break and count one: the limit must count as they do."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


NATIVE: dict[type[forms.Widget], type[forms.Widget]] = {
    forms.DateInput: DateInput,
    forms.NumberInput: NumberInput,
    forms.Textarea: Textarea,
    forms.ClearableFileInput: forms.FileInput,  # a file is replaced or removed by its own action, never by a tick box
}
PLAIN_WORDS: dict[str, Any] = {
    "max_length": _("最多 %(limit_value)d 个字，现在是 %(show_value)d 个。"),
    "min_length": _("至少 %(limit_value)d 个字，现在是 %(show_value)d 个。"),
    "max_value": _("不能大于 %(limit_value)s。"),
    "min_value": _("不能小于 %(limit_value)s。"),
}


def _use_native_control(field: forms.Field) -> None:
    if better := NATIVE.get(type(field.widget)):
        field.widget = better(field.widget.attrs)
        field.widget.is_required = field.required


def _ask_for(field: forms.Field) -> Any:
    if isinstance(field, forms.FileField):
        return _("请上传%(label)s")
    if isinstance(field, forms.BooleanField):
        return _("请勾选“%(label)s”")
    if hasattr(field, "choices") or isinstance(field, forms.DateField):
        return _("请选择%(label)s")
    return _("请填写%(label)s")


def _speak_plainly(field: forms.Field, label: Any) -> None:
    field.error_messages = PLAIN_WORDS | field.error_messages
    if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
        field.error_messages["required"] = _ask_for(field) % {"label": label}


class Habits:
    """What all our forms share: no colon after labels, native controls, errors in plain words.

    Browsers' own bubbles are left out (no `required` attribute): the server explains every error at once,
    at the top and at the field.
    """

    use_required_attribute = False
    explains_errors = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            _use_native_control(field)
            # not self[name]: a field that is bound keeps its first label, and subclasses may set another
            if self.explains_errors:
                _speak_plainly(field, pretty_name(name) if field.label is None else field.label)

    @property
    def error_count(self) -> int:
        """How many things the summary at the top will name; 0 for a form that was not sent."""
        return sum(len(errors) for errors in self.errors.values())  # type: ignore[attr-defined, misc]


class PortalForm(Habits, forms.Form):
    """A form of the portal."""


class PortalModelForm(Habits, forms.ModelForm):
    """A form of the portal that fills a model's row; an action saves it, not the form."""


class SearchField(forms.BoundField):
    """A field of a search row, written without the steps between: the same as Django writes, for what stands there."""

    def as_widget(self, widget: Any = None, attrs: Any = None, only_initial: bool = False) -> SafeString:
        own = self.field.widget
        if widget or attrs or only_initial or type(own) not in IN_A_ROW or own.is_localized:
            return super().as_widget(widget, attrs, only_initial)
        given = own.attrs | self.build_widget_attrs({}, own)
        if self.auto_id and "id" not in own.attrs:
            given |= {"id": self.auto_id}
        if type(own) is forms.Select:
            return mark_safe(self._select(given))
        value = own.format_value(self.value())
        return mark_safe(_input({"type": own.input_type, "name": self.html_name, "value": value, "attrs": given}))

    def _select(self, given: dict[str, Any]) -> str:
        value = self.value()
        now = "" if value is None else str(value)
        options, found = [], False  # no search has groups of choices
        for key, label in self.field.choices:  # type: ignore[attr-defined]
            code = "" if key is None else str(key)
            chosen = not found and code == now
            found = found or chosen
            words = conditional_escape(label)
            options.append(f'<option value="{escape(code)}"{" selected" if chosen else ""}>{words}</option>')
        return f'<select name="{self.html_name}"{_attributes(given)}>{"".join(options)}</select>'


IN_A_ROW = {forms.TextInput, forms.HiddenInput, forms.Select, DateInput}


class SearchForm(PortalForm):
    """The GET form above a list. The first fields stand in the row, the others fold under 更多条件.

    Nothing is required; wrong input is ignored rather than refused, as a list should always show.
    """

    bound_field_class = SearchField
    explains_errors = False  # what is wrong is not said, so its words need not be made
    shown = 4
    no_chip: tuple[str, ...] = ("sort",)  # fields that order the list rather than restrict it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "q_%s")  # a list page may hold another form with the same names
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False

    @property
    def given(self) -> dict[str, Any]:
        """The valid conditions that were filled in, by field name: `{"status": "returned"}`."""
        if not self.is_bound or self.errors is None:
            return {}
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [], ())}

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return self.visible_fields()[: self.shown]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return self.visible_fields()[self.shown :]

    @property
    def more_open(self) -> bool:
        return any(field.name in self.given for field in self.more_fields)

    @property
    def chips(self) -> list[dict[str, Any]]:
        """One entry per condition in force: label, text, and the address of the list without it."""
        return [
            {"label": field.label, "text": shown_value(field, self.given[field.name]), "url": self._without(field)}
            for field in self.visible_fields()
            if field.name in self.given and field.name not in self.no_chip
        ]

    def _without(self, field: forms.BoundField) -> str:
        query = self.data.copy() if isinstance(self.data, QueryDict) else QueryDict(mutable=True)
        query.pop(field.html_name, None)
        query.pop("page", None)
        return f"?{query.urlencode()}"


def shown_value(field: forms.BoundField, value: Any) -> str:
    """What was chosen or typed, in the words of the field."""
    if value is True:
        return str(_("是"))
    if name_of := getattr(field.field, "name_of", None):
        return name_of(value)
    choices = getattr(field.field, "choices", None)
    if choices is None or hasattr(value, "pk"):
        return str(value)
    labels = {str(key): label for key, label in field.field.widget.choices if not isinstance(label, list | tuple)}  # type: ignore[attr-defined]
    chosen = value if isinstance(value, list | tuple) else [value]
    return "、".join(str(labels.get(str(key), key)) for key in chosen)


# Fields of the trade: they mend what people paste (spaces, full width, lower case), then check and explain.


class UsccField(forms.CharField):
    """统一社会信用代码: 18 characters with a check character (GB 32100)."""

    default_validators = [validators.check_uscc]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("统一社会信用代码")} | kwargs)
        self.widget.attrs |= {
            "maxlength": "60",
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "characters",
        }

    def to_python(self, value: Any) -> str:
        return validators.normalise_uscc(super().to_python(value) or "")


class ResidentIdField(forms.CharField):
    """身份证号: 18 characters with a check character (GB 11643)."""

    default_validators = [validators.check_resident_id]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("身份证号")} | kwargs)
        self.widget.attrs |= {"maxlength": "60", "autocomplete": "off", "spellcheck": "false"}

    def to_python(self, value: Any) -> str:
        return validators.normalise_resident_id(super().to_python(value) or "")


class MobileField(forms.CharField):
    """手机号: eleven digits of the mainland, with or without +86."""

    default_validators = [validators.check_mobile]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("手机号")} | kwargs)
        self.widget.input_type = "tel"
        self.widget.attrs |= {"maxlength": "30", "autocomplete": "tel", "inputmode": "tel"}

    def to_python(self, value: Any) -> str:
        return validators.normalise_mobile(super().to_python(value) or "")


class NameField(forms.CharField):
    """The name of an enterprise, a project or works: one line, brackets and spaces made uniform."""

    def __init__(self, *, max_length: int = 200, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value: Any) -> str:
        return validators.clean_name(super().to_python(value) or "")


class PersonNameField(NameField):
    """姓名 of a person."""

    default_validators = [validators.check_person_name]

    def __init__(self, *, max_length: int = 50, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **{"label": _("姓名")} | kwargs)
        self.widget.attrs |= {"autocomplete": "name"}

    def to_python(self, value: Any) -> str:
        return validators.clean_person_name(forms.CharField.to_python(self, value) or "")


class SmsCodeField(forms.CharField):
    """短信验证码: six digits. Whether it is the right one is asked by the action."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("短信验证码")} | kwargs)
        self.widget.attrs |= {"maxlength": "12", "autocomplete": "one-time-code", "inputmode": "numeric"}

    def to_python(self, value: Any) -> str:
        code = re.sub(r"\s", "", unicodedata.normalize("NFKC", super().to_python(value) or ""))
        if code and not re.fullmatch(r"[0-9]{6}", code):
            raise ValidationError(_("短信验证码是 6 位数字。"), code="invalid")
        return code


class NewPasswordField(forms.CharField):
    """A password that somebody chooses; the rules stand below it and tick themselves.

    What depends on the person (name, phone) is checked again by the form that knows the person.
    """

    widget = forms.PasswordInput
    default_validators = [validate_password]
    rules = [
        ("length", _("10 位以上")),
        ("classes", _("大写字母、小写字母、数字、符号中至少三类；15 位以上不限")),
        ("", _("不是常见密码或初始密码，不含姓名、手机号、证件号")),
    ]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **{"label": _("设置密码")} | kwargs)
        self.widget.attrs |= {"autocomplete": "new-password", "data-password": ""}
