"""What every form of a section does: nothing is required to save, and what cannot be read is kept as typed."""

from typing import Any

from portal.forms import PortalForm
from supervision.actions import may_change
from supervision.forms.fields import as_typed

LONGEST = 2000  # characters of what cannot be read that are kept

Places = set[tuple[str, str]] | None
Remarks = dict[str, list]  # the reviewers' items by place


class KeptForm(PortalForm):
    """A form whose controls are named as links, gaps and deficiency items name places: `works_name`, `owner.uscc`.

    Stars are for the check before 报监. `places` closes what a return does not open; `remarks` stand at the fields.
    """

    section = ""
    starred: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *, places: Places = None, remarks: Remarks | None = None, **more: Any) -> None:
        super().__init__(data, auto_id="%s", **more)
        for name, field in self.fields.items():
            place = self.place_of(name)
            field.required = False
            field.disabled = field.disabled or not (name == "id" or may_change(places, self.section, place))
            field.starred = name in self.starred  # type: ignore[attr-defined]
            field.remarks = (remarks or {}).get(place, [])  # type: ignore[attr-defined]

    def add_prefix(self, field_name: str) -> str:
        return f"{self.prefix}.{field_name}" if self.prefix else field_name

    def place_of(self, name: str) -> str:
        """How corrections name what this control belongs to."""
        return self.add_prefix(name)

    def full_clean(self) -> None:
        super().full_clean()
        errors: dict = self._errors or {}  # type: ignore[attr-defined]
        for name in [name for name in errors if name in self.fields and self.fields[name].disabled]:
            del errors[name]  # nobody can mend it here

    @property
    def is_closed(self) -> bool:
        return all(field.disabled for name, field in self.fields.items() if name != "id")

    def typed(self) -> dict[str, str]:
        """Every control with its text: as typed, or as what is stored would be typed."""
        return {field.html_name: as_typed(field.value()) for field in self}

    def values(self) -> dict[str, Any]:
        """What could be read, of the fields that are open."""
        self.is_valid()
        return {
            name: value for name, value in self.cleaned_data.items() if name != "id" and not self.fields[name].disabled
        }

    def unreadable(self) -> dict[str, tuple[str, str]]:
        """{control: (as typed, why it cannot be read)}."""
        typed = self.typed()
        return {
            self.add_prefix(name): (clipped(typed[self.add_prefix(name)]), str(messages[0]))
            for name, messages in self.errors.items()
            if name in self.fields
        }


def clipped(text: str) -> str:
    """Typed text as the database can keep it."""
    return text.replace("\x00", "")[:LONGEST]
