"""A page as a browser without script has it: the values its form would send."""

import re
from html.parser import HTMLParser

from django.http import QueryDict


class Screen(HTMLParser):
    """The controls of the forms of a page, by the address they are sent to."""

    def __init__(self, html: str):
        super().__init__()
        self.inert = 0  # within a template nothing is sent
        self.forms, self.form, self.select, self.text = [], None, None, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.inert += tag == "template"
        if self.inert:
            return
        if tag == "form":
            self.form = {"action": given.get("action", ""), "method": given.get("method", "get"), "fields": []}
            self.forms.append(self.form)
        if self.form is None or "disabled" in given:
            return
        name, value = given.get("name"), given.get("value", "")
        if tag == "select":
            self.select = (name, None)
        elif tag == "option" and self.select:
            if self.select[1] is None or "selected" in given:
                self.select = (self.select[0], value)
        elif tag == "textarea":
            self.text = (name, "")
        elif tag == "input" and name and given.get("type") not in {"file", "submit"}:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.form["fields"].append((name, value))

    def handle_data(self, data):
        if self.text:
            self.text = (self.text[0], self.text[1] + data)

    def handle_endtag(self, tag):
        self.inert -= tag == "template"
        if self.inert:
            return
        if tag == "form":
            self.form = None
        elif tag == "select" and self.select:
            if self.select[0]:
                self.form["fields"].append((self.select[0], self.select[1] or ""))
            self.select = None
        elif tag == "textarea" and self.text:
            self.form["fields"].append((self.text[0], self.text[1].removeprefix("\n")))
            self.text = None


def form_on(answer, holding: str = "version") -> dict:
    """The values of the one form on the page that has a field of this name."""
    found = [form for form in Screen(answer.content.decode()).forms if holding in dict(form["fields"])]
    assert len(found) == 1, f"{len(found)} forms with {holding}"
    values: dict = {}
    for name, value in found[0]["fields"]:
        if name != "csrfmiddlewaretoken":
            values.setdefault(name, []).append(value)
    return values


def words(answer) -> str:
    """What a person reads on the page."""
    body = re.sub(r"<(script|style|template)\b.*?</\1>", "", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def encoded(values: dict) -> str:
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query.urlencode()
