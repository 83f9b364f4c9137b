"""What was handed in, place by place, as the officer reads it: value, mark of change, remarks, and the way to note one.

Everything comes from the frozen version under review, nothing from the filing that the applicant may be editing.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.documents.models import Document
from portal.masking import mask_id
from projects.models import PartyType
from supervision.catalogue import Need, Section
from supervision.frozen import (
    BASICS,
    MASKS,
    OFFICERS,
    PARTY_FIELDS,
    RARE_PARTY_FIELDS,
    UNIT_WORK_FIELDS,
    Change,
    label_of,
    officer_text,
    party_label,
    value_at,
    work_text,
)
from supervision.models import DeficiencyItem, FilingVersion, MaterialRule, Review

Place = tuple[str, str]


@dataclass(frozen=True)
class File:
    """A document of the version; `document` tells what can be shown of it."""

    pk: str
    name: str
    size: int
    document: Document | None
    url: str

    @property
    def pages(self) -> int:
        """How many pages can be looked at here."""
        if self.document is None or not self.document.was_sound:
            return 0
        return max(self.document.previews, 1 if self.document.is_image else 0)


@dataclass(frozen=True)
class Line:
    """One place of the filing: a field, or a material with its files."""

    section: str
    place: str
    label: str
    value: str = ""
    change: Change | None = None
    items: list[DeficiencyItem] = field(default_factory=list)
    note_url: str = ""
    reveal_url: str = ""
    secret: str = ""  # masked, and shown after the value; else the value itself is what `reveal_url` shows
    files: list[File] = field(default_factory=list)
    need: str = ""
    is_missing: bool = False

    @property
    def anchor(self) -> str:
        return anchor_of(self.section, self.place)


@dataclass(frozen=True)
class Group:
    """A part of a section under its own heading: a party, a unit work; without one the whole section."""

    head: Line
    lines: list[Line]
    is_open: bool = True


@dataclass(frozen=True)
class Part:
    """A section of the filing."""

    head: Line
    groups: list[Group]

    @property
    def changed(self) -> int:
        lines = [line for group in self.groups for line in (group.head, *group.lines)]
        return sum(1 for line in lines if line.change and line is not self.head)


@dataclass(frozen=True)
class Sheet:
    """The pen that draws lines: what changed, what was noted where, and whether notes may be added."""

    review: Review
    data: dict[str, Any]
    changes: dict[Place, Change]
    items: dict[Place, list[DeficiencyItem]]
    may_note: bool
    back: str
    marks: dict[str, str] = field(default_factory=dict)  # by credit code, how the platform verified the enterprise

    def line(self, section: str, place: str, label: Any, value: str = "", **more: Any) -> Line:
        key = (str(section), place)
        url = note_url(self.review, *key, self.back) if self.may_note else ""
        found = {"change": self.changes.get(key), "items": self.items.get(key, []), "note_url": url}
        return Line(*key, str(label), value, **found | more)

    def parts(self, documents: dict[str, Document], rules: Iterable[MaterialRule]) -> list[Part]:
        return [
            self.part(Section.BASICS, [self.basics()]),
            self.part(Section.PARTIES, [*(self.party(party) for party in self.data["parties"]), *self.officers()]),
            self.part(Section.UNIT_WORKS, list(self.unit_works())),
            self.part(Section.ATTACHMENTS, self.materials(documents, list(rules))),
        ]

    def part(self, section: Section, groups: list[Group]) -> Part:
        return Part(self.line(section, "", section.label), groups)

    def basics(self) -> Group:
        labels = self.data["labels"]
        lines = [self.line(Section.BASICS, name, label_of("basics", name), labels.get(name, "")) for name in BASICS]
        return Group(untitled(Section.BASICS), lines)

    def party(self, party: dict[str, Any]) -> Group:
        place, party_type = party["place"], party["party_type"]
        names = [name for name in PARTY_FIELDS if name not in RARE_PARTY_FIELDS or party.get(name)]
        lines = [self.party_field(place, party_type, name, bool(party.get(name))) for name in names]
        return Group(self.line(Section.PARTIES, place, PartyType(party_type).label, party["unit_name"]), lines)

    def party_field(self, place: str, party_type: str, name: str, is_given: bool) -> Line:
        """A field of a party; the head's numbers are masked, with the way to see them in full."""
        whole = f"{place}.{name}"
        is_secret = is_given and name in MASKS
        url = reverse("review:reveal", args=[self.review.pk, place, name]) if is_secret else ""
        value = value_at(self.data, Section.PARTIES, whole)
        if name == "uscc" and value:
            value = f"{value}（{self.marks.get(value) or _('未在平台注册')}）"
        return self.line(Section.PARTIES, whole, party_label(party_type, name), value, reveal_url=url)

    def officers(self) -> Iterable[Group]:
        """专职安全员 as one place; versions of earlier days know none."""
        named = self.data.get("officers", [])
        head = self.line(Section.PARTIES, OFFICERS, label_of(Section.PARTIES, OFFICERS))
        label = _("第 %(nth)d 名")
        if named or head.change or head.items:
            lines = [self.officer(nth, label % {"nth": nth}, officer) for nth, officer in enumerate(named, 1)]
            yield Group(head, lines)

    def officer(self, nth: int, label: str, officer: dict[str, Any]) -> Line:
        """Name and certificate; the ID number is masked, with the way to see it in full."""
        text, secret = officer_text(officer | {"id_number": ""}), mask_id(officer.get("id_number") or "")
        url = reverse("review:reveal-officer", args=[self.review.pk, nth]) if secret else ""
        return Line(str(Section.PARTIES), f"officer-{nth}", label, text, secret=secret, reveal_url=url)

    def unit_works(self) -> Iterable[Group]:
        for place, work in enumerate(self.data["unit_works"]):
            lines = [self.unit_work_field(work, name) for name in UNIT_WORK_FIELDS if name != "name"]
            told = [line for line in lines if line.value or line.change or line.items]
            head = self.line(Section.UNIT_WORKS, work["id"], work["name"] or _("未命名"))
            is_marked = bool(head.change) or any(line.change or line.items for line in told)
            yield Group(head, told, place == 0 or is_marked)

    def unit_work_field(self, work: dict[str, Any], name: str) -> Line:
        label = label_of(Section.UNIT_WORKS, f"x.{name}")
        return self.line(Section.UNIT_WORKS, f"{work['id']}.{name}", label, work_text(work, name))

    def materials(self, documents: dict[str, Document], rules: list[MaterialRule]) -> list[Group]:
        """First what this role reads, then the rest; materials that are asked for and missing are named too."""
        files: dict[str, list[File]] = {}
        for attached in self.data["attachments"]:
            files.setdefault(attached["material"], []).append(self.file(attached, documents))
        names = {attached["material"]: attached["material_name"] for attached in self.data["attachments"]}
        readers = {attached["material"]: attached.get("read_by", []) for attached in self.data["attachments"]}
        needs = {rule.material_id: rule for rule in rules}
        for rule in rules:
            names.setdefault(rule.material_id, rule.material.name)
            readers.setdefault(rule.material_id, readers_of(rule))
        lines = [
            self.material(code, names[code], files.get(code, []), needs.get(code))
            for code in sorted(names)
            if code in files or is_worth_naming(needs[code]) or (str(Section.ATTACHMENTS), code) in self.items
        ]
        mine = [line for line in lines if self.review.role in readers[line.place]]
        others = [line for line in lines if line not in mine]
        groups = [Group(untitled(Section.ATTACHMENTS), mine)]
        title = _("不在%(role)s查看范围的材料") % {"role": self.review.get_role_display()}
        head = Line(Section.ATTACHMENTS, "others", title)
        return [*groups, Group(head, others, any(line.change or line.items for line in others))] if others else groups

    def file(self, attached: dict[str, Any], documents: dict[str, Document]) -> File:
        url = view_url(self.review, attached["document"], self.back)
        return File(attached["document"], attached["name"], attached["size"], documents.get(attached["document"]), url)

    def material(self, code: str, name: str, files: list[File], rule: MaterialRule | None) -> Line:
        is_missing = not files and rule is not None and rule.need == Need.REQUIRED
        need = str(rule.get_need_display()) if rule else ""
        return self.line(Section.ATTACHMENTS, code, name, files=files, need=need, is_missing=is_missing)


def untitled(section: str) -> Line:
    return Line(str(section), "", "")


def is_worth_naming(rule: MaterialRule) -> bool:
    """Whether a material that nobody handed in is named: those that are left to the applicant are not."""
    return rule.need not in {Need.OPTIONAL, Need.RECOMMENDED}


def readers_of(rule: MaterialRule) -> list[str]:
    pairs = [("safety", rule.material.read_by_safety), ("quality", rule.material.read_by_quality)]
    return [role for role, reads in pairs if reads]


def anchor_of(section: str, place: str) -> str:
    """The id of a place on the page."""
    return re.sub(r"[^\w-]", "-", f"at-{section}-{place}" if place else f"at-{section}")


def note_url(review: Review, section: str, place: str, back: str) -> str:
    query = {"section": section, "place": place} | ({"return": back} if back else {})
    return f"{reverse('review:item-add', args=[review.pk])}?{urlencode(query)}"


def view_url(review: Review, document: Any, back: str, *, page: int = 1) -> str:
    """The review's page with this page of this document in the viewer."""
    query = {"doc": document} | ({"page": page} if page > 1 else {}) | ({"return": back} if back else {})
    return f"{reverse('review:detail', args=[review.pk])}?{urlencode(query)}#viewer"


# The viewer


@dataclass(frozen=True)
class Viewer:
    """The document beside the data, one page at a time; every address works without script."""

    file: File
    label: str
    page: int
    previous_url: str
    next_url: str
    previous_file: str
    next_file: str


def viewer_of(parts: list[Part], url_of: Callable[..., str], document: str, page: str) -> Viewer | None:
    """The document that was asked for, else the first that can be shown; None if nothing was attached."""
    groups = parts[-1].groups
    pairs = [(line, file) for group in groups for line in group.lines for file in line.files]
    if not pairs:
        return None
    shown = next((at for at, (_line, file) in enumerate(pairs) if file.pages), 0)
    index = next((at for at, (_line, file) in enumerate(pairs) if file.pk == document), shown)
    line, file = pairs[index]
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
    number = min(max(number, 1), max(file.pages, 1))
    return Viewer(
        file=file,
        label=line.label,
        page=number,
        previous_url=url_of(file.pk, page=number - 1) if number > 1 else "",
        next_url=url_of(file.pk, page=number + 1) if number < file.pages else "",
        previous_file=url_of(pairs[index - 1][1].pk) if index > 0 else "",
        next_file=url_of(pairs[index + 1][1].pk) if index + 1 < len(pairs) else "",
    )


def documents_of(version: FilingVersion) -> dict[str, Document]:
    """The documents of a version by id, replaced ones too, in one query."""
    pks = [attached["document"] for attached in version.data["attachments"]]
    return {str(document.pk): document for document in Document.objects.filter(pk__in=pks)}
