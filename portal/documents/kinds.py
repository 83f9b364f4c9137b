"""What may be uploaded for what. Each app registers its own kinds in its catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MB = 1024 * 1024

GROUPS = {"jpg": "image", "jpeg": "image", "png": "image", "pdf": "pdf", "docx": "docx", "xlsx": "xlsx", "ofd": "ofd"}
IMAGES = ("jpg", "jpeg", "png")
SCANS = ("pdf", *IMAGES)
MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
}


@dataclass(frozen=True)
class DocumentKind:
    """A sort of document: `extensions` in lower case and without dot, `max_bytes` still allowed.

    A personal kind (ID photo, letter) is sealed at rest and each look at it is recorded. Where `most` is 1 a new
    file replaces the earlier one; 0 sets no limit on the number a holder may have. Photos of a `watermarked` kind are
    shown to everybody but who uploaded them with the looker's name and the time across.
    """

    code: str
    label: str | Promise
    extensions: tuple[str, ...] = SCANS
    max_bytes: int = 50 * MB
    personal: bool = False
    most: int = 0
    hint: str | Promise = ""
    watermarked: bool = False

    @property
    def rule(self) -> str:
        """The sentence that stands at the control and in the refusals."""
        listed, size = "/".join(self.extensions), size_text(self.max_bytes).replace(" ", "").removesuffix("B")
        return str(self.hint) or str(_("只能上传%(listed)s文件，且不超过%(size)s") % {"listed": listed, "size": size})

    @property
    def accept(self) -> str:
        """The value of the file control's `accept` attribute."""
        return ",".join(f".{extension}" for extension in self.extensions)

    @property
    def groups(self) -> set[str]:
        return {GROUPS[extension] for extension in self.extensions}


ID_PHOTO_HINT = _("只能上传jpg/jpeg/png/PNG/JPG/JPEG文件，且不超过5M")  # verbatim from the guide

_kinds: dict[str, DocumentKind] = {}


def register_kind(*kinds: DocumentKind) -> None:
    """Make kinds known; the same code twice with other rules is a mistake of the programmer (ValueError)."""
    for kind in kinds:
        if unknown := set(kind.extensions) - GROUPS.keys():
            raise ValueError(f"Nothing can check files of these types: {sorted(unknown)}")
        if _kinds.setdefault(kind.code, kind) != kind:
            raise ValueError(f"Document kind {kind.code} is registered twice.")


def kind_of(code: "str | DocumentKind") -> DocumentKind:
    """The registered kind of that code; KeyError if there is none."""
    return code if isinstance(code, DocumentKind) else _kinds[code]


def all_kinds() -> Iterable[DocumentKind]:
    return _kinds.values()


def extension_of(name: str) -> str:
    """The part after the last dot, in lower case: "IMG.Jpg" -> "jpg"."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def size_text(size: int) -> str:
    """Bytes as people read them: "820 KB", "5 MB", "1.4 MB"."""
    if size < MB:
        return f"{max(1, round(size / 1024))} KB" if size else "0 KB"
    return f"{size / MB:.1f}".removesuffix(".0") + " MB"
