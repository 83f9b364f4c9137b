"""A real Chromium against the live server; every page it sees must obey the CSP and raise no script error."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page

from portal.documents.tasks import check_documents
from portal.notifications.models import TrayEntry
from portal.notifications.tasks import deliver
from tests import make

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# only the violations come back: everything axe has to say of a sound page takes a second to carry over
RUN_AXE = """
async ([rules, whole]) => {
  const parts = whole ? document : {include: window.__unseen};
  const {violations} = await axe.run(parts, {runOnly: rules, resultTypes: ['violations'], preload: false});
  return violations.map(({id, nodes}) => ({id, places: nodes.map(node => node.target)}));
}
"""
REPORT_VIOLATIONS = """
window.__violations = [];
document.addEventListener('securitypolicyviolation', e => window.__violations.push(e.violatedDirective + ' ' + e.blockedURI));
"""
# What stays in view while the page scrolls is laid in its own place meanwhile, where it covers nothing by accident.
LAY_DOWN = """
window.__laid = [...document.querySelectorAll('*')].filter(e => getComputedStyle(e).position === 'sticky');
for (const e of window.__laid) e.style.position = 'static';
"""
TAKE_UP = "for (const e of window.__laid) e.style.position = ''"
# How each element of a page is built: its tag, attributes and classes, and those of all it stands in. Texts do not count.
# An element built like one that axe has seen at this width holds no news for it; what is new is looked at with all in it.
UNSEEN = """
seen => {
  const known = new Set(seen), fresh = new Set();
  window.__unseen = [];
  const leave = ['value', 'id', 'href', 'src', 'for', 'name', 'datetime', 'aria-describedby', 'aria-controls', 'action'];
  const look = (element, above, within) => {
    const names = element.getAttributeNames().filter(name => !leave.includes(name)).sort();
    const own = [element.tagName, ...names, element.getAttribute('class'), element.getAttribute('type')].join(' ');
    let mark = above;
    for (let i = 0; i < own.length; i++) mark = Math.imul(mark ^ own.charCodeAt(i), 0x01000193) >>> 0;
    const isNew = !known.has(mark);
    if (isNew) { fresh.add(mark); if (!within) window.__unseen.push(element); }
    for (const child of element.children) look(child, mark, within || isNew);
  };
  look(document.body, 0x811c9dc5, false);
  return [...fresh];
}
"""


class Seen:
    """The marks of what axe has looked at in this run, by width; the workers of one run share them through a file."""

    def __init__(self) -> None:
        self.marks: dict[int, set[int]] = {}

    def file(self, width: int) -> Path | None:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
        return settings.PORTAL_VAR / "tmp" / f"axe-{run}-{width}" if run else None

    def at(self, width: int) -> set[int]:
        marks = self.marks.setdefault(width, set())
        if (file := self.file(width)) and file.exists():
            marks.update(map(int, file.read_text().split()))
        return marks

    def add(self, width: int, fresh: list[int]) -> None:
        self.marks[width].update(fresh)
        if file := self.file(width):
            with file.open("a") as lines:
                lines.write("".join(f"{mark}\n" for mark in fresh))


SEEN = Seen()


def pytest_collection_modifyitems(items):
    for item in items:
        if "/e2e/" in str(item.fspath):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def reference(transactional_db):
    """The dictionaries that every database has."""
    make.reference()


class Person:
    """Somebody at a browser: an own context, so that several people act side by side."""

    def __init__(self, chromium, address: str, width: int = 1440, scripts: bool = True, phone: bool = False):
        self.scripts = scripts
        self.widths = (width, 390) if phone else (width,)
        self.context = chromium.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=address,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
        )
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("console", self._hear)

    def _hear(self, message):
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.complaints.append(message.text)

    def opens(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def sees(self, text: str) -> bool:
        self.page.get_by_text(text).first.wait_for()
        return True

    def axe(self, whole: bool = True) -> list:
        """What axe finds against WCAG 2.2 A and AA on the page as it is now, or on its unseen parts."""
        # evaluate() runs outside the page's policy, so the policy stays as strict as for everybody
        self.page.evaluate(LAY_DOWN)
        self.page.evaluate(AXE)
        found = self.page.evaluate(RUN_AXE, [AXE_RULES, whole])
        self.page.evaluate(TAKE_UP)
        return [(each["id"], each["places"]) for each in found]

    def looks(self) -> None:
        """Look at the page as it is now: what axe finds, or what sticks out at the side, is a complaint.

        Somebody made with `phone=True` looks at it as a phone shows it, too.
        """
        self.page.wait_for_load_state()  # a click may still be on its way to the next page
        where = self.page.url.split("/", 3)[-1]
        self.complaints += [f"{violation} at /{where}" for violation in self.page.evaluate("window.__violations")]
        if self.page.evaluate("!document.title || !document.documentElement.lang || !document.querySelector('main')"):
            self.complaints.append(f"has no title, language or main part at /{where}")
        for width in self.widths:
            self.sees_at(width, f"/{where} ({width} px)")
        self.has_width(self.widths[0])

    def has_width(self, width: int) -> None:
        if self.page.viewport_size["width"] != width:
            self.page.set_viewport_size({"width": width, "height": 900})

    def sees_at(self, width: int, where: str) -> None:
        self.has_width(width)
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.complaints.append(f"scrolls sideways at {where}")
        if fresh := self.page.evaluate(UNSEEN, list(SEEN.at(width))):
            SEEN.add(width, fresh)
            self.complaints += [f"{rule} at {where}: {places}" for rule, places in self.axe(whole=False)]

    def leaves(self) -> None:
        self.context.close()


@pytest.fixture
def people(chromium, live_server):
    """Make people; when the test ends none of them may have met a script error or a policy violation."""
    made: list[Person] = []

    def person(**options) -> Person:
        made.append(Person(chromium, live_server.url, **options))
        return made[-1]

    yield person
    complaints = [complaint for each in made for complaint in each.complaints]
    for each in made:
        each.leaves()
    assert not complaints, "\n".join(complaints)


def work() -> None:
    """What worker and relay do meanwhile: check what was uploaded, deliver what was written."""
    check_documents()
    deliver()


def last_text_to(phone: str, with_word: str = "") -> str:
    """The last text message (with this word) that the built-in provider would have sent to a phone; "" if none."""
    work()
    texts = (entry.text for entry in TrayEntry.objects.order_by("-created_at", "-pk") if entry.address == phone)
    return next((text for text in texts if with_word in text), "")
