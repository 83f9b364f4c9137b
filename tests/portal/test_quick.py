"""Templates with less to do: they show what Django's own show."""

import pytest
from django.forms import CharField, Form
from django.template import Context, Engine, engines
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe

from portal.quick import QuickTemplate

OURS = engines["django"].engine  # type: ignore[attr-defined]
PLAIN = Engine(builtins=OURS.builtins, string_if_invalid="", dirs=OURS.dirs)


class Person:
    name = "周<启>明"
    _calls = 0

    def greet(self):
        return f"您好，{self.name}"

    def needs(self, more):
        return more

    def remove(self):
        raise AssertionError("called")

    remove.alters_data = True  # type: ignore[attr-defined]

    @property
    def broken(self):
        raise AttributeError("inside")


class Words(Form):
    q = CharField(label="关键字", initial="a&b")


def facts():
    return {
        "person": Person(),
        "lazy": SimpleLazyObject(Person),
        "row": {"name": "<b>", "items": [1, 2, 3], "empty": "", "none": None},
        "safe": mark_safe("<i>x</i>"),
        "number": 1234567.5,
        "ask": lambda: {"deep": {"er": 7}},
        "form": Words(),
        "pair": ("一", "二"),
        "yes": True,
    }


TEXTS = [
    "{{ person.name }} {{ lazy.name }} {{ person.greet }} {{ row.name }} {{ safe }} {{ number }}",
    "{{ ask.deep.er }} {{ pair.0 }} {{ pair.1|default:'x' }} {{ row.items|length }} {{ row.items.1 }}",
    "[{{ nobody }}][{{ row.nobody }}][{{ person.nobody }}][{{ person.needs }}][{{ person.remove }}]",
    "{% if nobody %}a{% elif row.nobody %}b{% elif person.nobody.deeper %}c{% else %}d{% endif %}",
    "{% if row.empty or row.none or not yes %}a{% else %}b{% endif %}{% if nobody|default:'x' == 'x' %}c{% endif %}",
    "{% for one in row.items %}{{ forloop.counter }}{{ one }}{% if not forloop.last %},{% endif %}{% endfor %}",
    "{% autoescape off %}{{ person.name }}{{ row.name|upper }}{% endautoescape %}{{ row.name|upper }}",
    "{{ form.q }} {{ form.q.label }} {{ form.q.name|upper }} {{ form.q.id_for_label }}",
    '{% translate "百分之 100%" %}{% translate "标题" as words %}{{ words }}{% translate "a" noop %}',
    '{% url "home" as home_url %}{{ home_url }} {% url "home" %}{% url "no-such-page" as none %}[{{ none }}]',
    '{% with a=person.name %}{{ a }}{% endwith %}{{ "<x>" }}{{ 5 }}{{ number|floatformat:1 }}',
    '{% include "components/icon.html" with name="bell" %}{% include "components/tag.html" with text=row.name tone="red" icon="" %}',
    '{% include "components/tag.html" with text="x" tone="red" icon="clock" only %}',
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_template_shows_what_djangos_shows(text, monkeypatch):
    monkeypatch.setattr(OURS, "string_if_invalid", "")
    quick = QuickTemplate(text, engine=OURS).render(Context(facts()))
    assert quick == PLAIN.from_string(text).render(Context(facts()))


def test_a_mistake_inside_a_property_is_not_swallowed():
    for template in (QuickTemplate("{{ person.broken }}", engine=OURS), PLAIN.from_string("{{ person.broken }}")):
        with pytest.raises(AttributeError, match="inside"):
            template.render(Context(facts()))


def test_what_never_changes_is_one_text():
    text = '<p>{% translate "标题" %}{% include "components/icon.html" with name="bell" %}</p>'
    (node,) = QuickTemplate(text, engine=OURS).nodelist
    assert node.s.startswith("<p>标题") and "<svg" in node.s and node.s.endswith("</p>")


def test_with_a_second_language_texts_wait_for_the_reader(settings):
    settings.LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
    (node,) = QuickTemplate('{% translate "标题" %}', engine=OURS).nodelist
    assert not hasattr(node, "s")
