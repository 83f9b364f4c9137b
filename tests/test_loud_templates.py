"""A variable that nobody set fails a test in our templates, and is as quiet as ever in those of others."""

import pytest
from django.template import Context, Origin, Template, engines

from portal.embedded.running import ROOT


def render(text: str, place: str, **context: object) -> str:
    engine = engines["django"].engine  # type: ignore[attr-defined]
    return Template(text, origin=Origin(name=place), engine=engine).render(Context(context))


@pytest.mark.parametrize("text", ["{{ nobody }}", "{{ somebody.surname }}", "{{ nobody|upper }}"])
def test_an_undefined_variable_in_our_template_fails_the_test(text):
    with pytest.raises(pytest.fail.Exception, match="Undefined variable .* in templates/page.html"):
        render(text, f"{ROOT}/templates/page.html", somebody={"name": "周启明"})


def test_asking_whether_it_is_there_is_no_mistake():
    assert render("{% if nobody %}x{% endif %}{{ name }}", f"{ROOT}/templates/page.html", name="周启明") == "周启明"


@pytest.mark.parametrize("place", ["/usr/lib/django/admin.html", f"{ROOT}/.venv/lib/django/admin.html", ""])
def test_templates_of_others_are_left_alone(place):
    assert render("[{{ nobody }}]", place) == "[]"
