"""责任主体信息: one form a party; the post of its head is fixed by the sort of party."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.forms import MobileField, PersonNameField, ResidentIdField, UsccField
from portal.masking import mask_id, mask_phone
from projects.models import PartyType
from supervision.catalogue import Section
from supervision.forms.fields import line
from supervision.forms.kept import KeptForm
from supervision.frozen import party_label
from supervision.gaps import PARTY_STARRED
from supervision.models import FilingParty

SHOWN = ("unit_name", "uscc", "legal_representative", "head_name", "certificate_no")
SECRETS = {"head_id_number": mask_id, "head_phone": mask_phone}  # never put on a page again


class PartyForm(KeptForm):
    """A party as typed, or picked from the enterprises known here."""

    section = Section.PARTIES

    id = forms.CharField(widget=forms.HiddenInput)
    unit_name = line(gettext_lazy("单位名称"))
    uscc = UsccField()
    legal_representative = line(gettext_lazy("法定代表人"), 100)
    head_name = PersonNameField(max_length=100)
    head_id_number = ResidentIdField()
    head_phone = MobileField()
    certificate_no = line(gettext_lazy("注册证书编号"), 60)

    def __init__(
        self, data: Any = None, *, party_type: str, party: FilingParty | None = None, is_required: bool, **more: Any
    ) -> None:
        self.party_type, self.party, self.is_required = PartyType(party_type), party, is_required
        self.starred = PARTY_STARRED if is_required else ("unit_name", "uscc")
        initial = {name: getattr(party, name) for name in SHOWN} | {"id": str(party.pk)} if party else {}
        super().__init__(data, initial=initial, **more)
        for name in (*SHOWN, *SECRETS):
            self.fields[name].label = party_label(party_type, name)
        for name, mask in SECRETS.items():
            self.fields[name].widget.attrs["autocomplete"] = "off"
            if kept := getattr(party, name) if party else None:
                self.fields[name].help_text = _("已填写 %(masked)s，留空则不修改。") % {"masked": mask(kept)}

    @property
    def title(self) -> str:
        return str(self.party_type.label)

    @property
    def lead_title(self) -> str:
        return party_label(self.party_type, "head_name").removesuffix("姓名")

    @property
    def is_blank(self) -> bool:
        """A card nobody has written on."""
        return self.party is None and not any(self.typed().values())

    def row(self) -> dict[str, Any]:
        """The party for the action; a number or phone left empty stays as it is."""
        values = {name: value or None if name in SECRETS else value for name, value in self.values().items()}
        facts = {"id": str(self.party.pk) if self.party else "", "party_type": self.party_type.value}
        return {"key": self.prefix} | facts | values
