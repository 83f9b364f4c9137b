"""A form's field for documents. The files are stored before the form is checked; the field only knows of them."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.functional import lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.documents.kinds import DocumentKind, kind_of
from portal.documents.models import Document


class Upload(forms.FileInput):
    """The upload component as a widget: what the server has, and a plain file control that a script enhances."""

    kind: DocumentKind
    url = ""
    template = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.documents: list[Document] = []

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        context = {
            "name": name,
            "attrs": attrs or {},
            "kind": self.kind,
            "documents": self.documents,
            "url": self.url,
            "template": self.template,
        }
        return render_to_string("components/upload.html", context)


class DocumentField(forms.Field):
    """What is held of one kind. `take_uploads` gives it the documents; its value is the list of them.

    `url` is the page that takes a single file by script (see `receive`), `template` that of the blank form to fill.
    """

    widget: Upload

    def __init__(self, kind: str | DocumentKind, *, url: str = "", template: str = "", **kwargs: Any) -> None:
        self.kind = kind_of(kind)
        kwargs.setdefault("label", self.kind.label)
        kwargs.setdefault("help_text", lazy(lambda: self.kind.rule, str)())
        super().__init__(widget=Upload(), **kwargs)
        self.widget.kind, self.widget.url, self.widget.template = self.kind, url, template
        self.problems: Iterable[Any] = ()

    def know(self, documents: list[Document], problems: Iterable[Any] = ()) -> None:
        """Take note of what is held, and of why the file that came along was not taken."""
        self.widget.documents, self.problems = documents, problems

    def clean(self, value: Any) -> list[Document]:
        """What is there, refused files not counted; a file that is still being checked is there."""
        if self.problems:
            raise ValidationError([str(problem) for problem in self.problems])
        held = [document for document in self.widget.documents if not document.is_refused]
        if self.required and not held:
            raise ValidationError(_("请上传%(label)s"), code="required", params={"label": self.label})
        return held

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False
