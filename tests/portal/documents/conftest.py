"""A storage folder per test, two kinds of documents, and a holder: a person who may read their own papers."""

import copy

import pytest

from portal.documents import permissions
from portal.documents.actions import store
from portal.documents.kinds import ID_PHOTO_HINT, IMAGES, MB, SCANS, DocumentKind, register_kind
from portal.documents.tasks import check_documents
from tests.portal.documents import files

register_kind(
    DocumentKind(
        "test_photo", "身份证照片", IMAGES, 5 * MB, personal=True, most=1, hint=ID_PHOTO_HINT, watermarked=True
    ),
    DocumentKind("test_papers", "附件", (*SCANS, "docx", "xlsx", "ofd"), 20 * MB),
)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Where the documents of this test lie."""
    options = {"location": tmp_path / "documents"}
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "tmp")
    settings.TRANSFERS = str(tmp_path / "transfers")
    return options["location"]


@pytest.fixture(autouse=True)
def readers(monkeypatch):
    """Persons hold documents here; each reads their own, and a person called 审核员 reads everybody's."""
    monkeypatch.setattr(permissions, "_readers", {})

    def may_read(user, document, request):
        return user is not None and (user.pk == document.holder_id or user.name == "审核员")

    permissions.register_reader("accounts.User", may_read)


@pytest.fixture
def owner(person):
    return person("陈建桥")


@pytest.fixture
def kept(owner):
    """Stores bytes under a name, and checks them unless told otherwise: kept(data, "a.jpg", checked=False)."""

    def keep(data, name, *, kind="test_papers", checked=True, **options):
        document = store(files.upload(data, name), kind=kind, holder=owner, by=owner, **options)
        if checked:
            check_documents()
            document.refresh_from_db()
        return document

    return keep


@pytest.fixture
def web(site, settings):
    """The pages of site.py in the kernel's own frame, without the menus of the apps."""
    templates = copy.deepcopy(settings.TEMPLATES)
    processors = templates[0]["OPTIONS"]["context_processors"]
    processors[processors.index("portal.home.context.frame")] = "tests.portal.documents.site.frame"
    settings.TEMPLATES = templates
    settings.ROOT_URLCONF = "tests.portal.documents.site"
    return site


def stored_files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def lying(folder):
    """The names of all files in the storage: lying()."""
    return lambda: stored_files(folder)
