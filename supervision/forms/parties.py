"""责任主体信息: one form a party; the post of its head is fixed by the sort of party. And one a safety officer."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.forms import MobileField, PersonNameField, ResidentIdField
from portal.masking import mask_id, mask_phone
from projects.models import PartyType
from supervision.catalogue import ConcurrentCase, Section
from supervision.forms.fields import PartyCodeField, ProseField, choice, line
from supervision.forms.kept import KeptForm
from supervision.frozen import OFFICERS, party_label
from supervision.gaps import PARTY_STARRED
from supervision.models import FilingParty, SafetyOfficer

SHOWN = ("unit_name", "uscc", "legal_representative", "head_name", "certificate_no", "exempt", "exception_case", "note")
SECRETS = {"head_id_number": mask_id, "head_phone": mask_phone, "id_number": mask_id}  # never put on a page again
ROLES = [role for role in FilingParty.Consortium.choices if role[0]]
CASES_HELP = gettext_lazy("项目经理在其他在建项目任职时填写；同时任职仅限所列例外，由监督站核定。")
NOTE_HELP = {
    PartyType.CONTRACTOR: gettext_lazy("项目经理同时任职的，说明原项目名称、现状和依据。"),
    PartyType.SUPERVISOR: gettext_lazy("不实行监理、自行监理或总监同时任职的，说明理由和依据。"),
}
EXEMPT_HELP = gettext_lazy(
    "仅限不属于《建设工程监理范围和规模标准规定》所列必须实行监理的工程；质监站、安监站会看到并核定。"
)


class PartyForm(KeptForm):
    """A party as typed, or picked from the enterprises known here."""

    section = Section.PARTIES
    head: Any = None  # what the page knows of who leads
    sources: Sequence[Any] = ()  # the units that the permit or the award names instead

    id = forms.CharField(widget=forms.HiddenInput)
    unit_name = line(gettext_lazy("单位名称"))
    uscc = PartyCodeField()
    legal_representative = line(gettext_lazy("法定代表人"), 100)
    head_name = PersonNameField(max_length=100)
    head_id_number = ResidentIdField()
    head_phone = MobileField()
    certificate_no = line(gettext_lazy("注册证书编号"), 60)
    consortium_role = forms.TypedChoiceField(
        label=gettext_lazy("联合体"), choices=ROLES, coerce=int, empty_value=None, widget=forms.Select
    )
    exempt = forms.BooleanField(label=gettext_lazy("依法不实行监理"), help_text=EXEMPT_HELP)
    exception_case = choice(
        gettext_lazy("同时任职的情形"), [(case.value, case.label) for case in ConcurrentCase], help_text=CASES_HELP
    )
    note = ProseField(gettext_lazy("情况说明"), rows=2)

    def __init__(
        self,
        data: Any = None,
        *,
        party_type: str,
        party: FilingParty | None = None,
        is_required: bool,
        in_consortium: bool = False,
        is_member: bool = False,
        **more: Any,
    ) -> None:
        self.is_member = is_member
        self.party_type, self.party, self.is_required = PartyType(party_type), party, is_required
        self.starred = PARTY_STARRED if is_required else ("unit_name", "uscc")
        initial = {name: getattr(party, name) for name in SHOWN} | {"id": str(party.pk)} if party else {}
        lead, member = FilingParty.Consortium.LEAD, FilingParty.Consortium.MEMBER
        initial["consortium_role"] = int(member if party and party.is_member else lead)
        super().__init__(data, initial=initial, **more)
        for name in absent(self.party_type, is_required=is_required, in_consortium=in_consortium):
            del self.fields[name]
        for name in self.fields:
            if name != "id":
                self.fields[name].label = party_label(party_type, name)
        if "note" in self.fields:
            self.fields["note"].help_text = NOTE_HELP.get(self.party_type, "")
        mask_kept(self, party)

    @property
    def title(self) -> str:
        return str(self.party_type.label)

    @property
    def lead_title(self) -> str:
        return party_label(self.party_type, "head_name").removesuffix("姓名")

    def typed(self) -> dict[str, str]:
        """A box that is not ticked is no text."""
        return {name: "" if text == "False" else text for name, text in super().typed().items()}

    @property
    def is_blank(self) -> bool:
        """A card nobody has written on."""
        role = self.add_prefix("consortium_role")
        return self.party is None and not any(text for name, text in self.typed().items() if name != role)

    @property
    def plain(self) -> list:
        """The fields below the unit's name, in the order of the card."""
        names = ("uscc", "legal_representative", "head_name", "head_id_number", "head_phone", "certificate_no")
        return [self[name] for name in names]

    @property
    def special(self) -> list:
        """What only few have to say: shown folded, unless something is said."""
        return [self[name] for name in ("exempt", "exception_case", "note") if name in self.fields]

    @property
    def special_open(self) -> bool:
        return any(field.errors or field.field.remarks or field.value() for field in self.special)

    def row(self) -> dict[str, Any]:
        """The party for the action; a number or phone left empty stays as it is."""
        values = {name: value or None if name in SECRETS else value for name, value in self.values().items()}
        if values.get("consortium_role") is None:
            values.pop("consortium_role", None)
        facts = {"id": str(self.party.pk) if self.party else "", "party_type": self.party_type.value}
        return {"key": self.prefix} | facts | values


def absent(party_type: PartyType, *, is_required: bool, in_consortium: bool) -> list[str]:
    """The fields that a card of this sort does not have."""
    found = [] if in_consortium else ["consortium_role"]
    if not is_required or party_type != PartyType.SUPERVISOR:
        found.append("exempt")
    if not is_required or party_type != PartyType.CONTRACTOR:
        found.append("exception_case")
    return found if is_required and party_type in NOTE_HELP else [*found, "note"]


def mask_kept(form: KeptForm, kept: FilingParty | SafetyOfficer | None) -> None:
    """Say masked what is stored of a person's numbers, and that an empty field leaves it."""
    for name in SECRETS.keys() & form.fields.keys():
        form.fields[name].widget.attrs["autocomplete"] = "off"
        if number := getattr(kept, name) if kept else None:
            form.fields[name].help_text = _("已填写 %(masked)s，留空则不修改。") % {"masked": SECRETS[name](number)}


class OfficerForm(KeptForm):
    """One of 专职安全员; all of them are one place."""

    section = Section.PARTIES
    starred = ("name", "id_number")

    id = forms.CharField(widget=forms.HiddenInput)
    name = PersonNameField(max_length=100)
    id_number = ResidentIdField()
    certificate_no = line(gettext_lazy("安全生产考核合格证编号（C证）"), 60)

    def __init__(self, data: Any = None, *, party: SafetyOfficer | None = None, **more: Any) -> None:
        self.party = party
        initial = {"id": str(party.pk), "name": party.name, "certificate_no": party.certificate_no} if party else {}
        super().__init__(data, initial=initial, **more)
        for each in self.fields.values():
            each.remarks = []  # type: ignore[attr-defined] # they stand once, above the table
        mask_kept(self, party)

    def place_of(self, name: str) -> str:
        return OFFICERS

    @property
    def title(self) -> str:
        return _("专职安全员 %(nth)s") % {"nth": str(self.prefix).rpartition("#")[2]}

    @property
    def is_blank(self) -> bool:
        return self.party is None and not any(self.typed().values())

    def row(self) -> dict[str, Any]:
        """The row for the action; a number left empty stays as it is."""
        values = {name: value or None if name in SECRETS else value for name, value in self.values().items()}
        return {"key": self.prefix, "id": str(self.party.pk) if self.party else ""} | values
