"""Names in an archive: a number, the material and the extension, short enough for old systems."""

import io
import zipfile

import pytest

from portal.documents import archive
from portal.documents.archive import Entry, zipped
from tests.portal.documents import files

pytestmark = pytest.mark.django_db


def unpacked(entries):
    return zipfile.ZipFile(io.BytesIO(b"".join(zipped(entries))))


def test_files_are_named_after_what_they_are_and_the_list_has_their_own_names(kept, folder):
    papers, photo = kept(files.pdf(), "=扫描 最终版(2).pdf"), kept(files.image(), "身份证.JPG", kind="test_photo")
    lost = kept(files.pdf(), "没了.pdf")
    (folder / lost.key).unlink()
    entries = [
        Entry("施工许可证/副本:..", papers),
        Entry("证" * 100, photo),
        Entry("施工许可证", papers),
        Entry("丢", lost),
    ]
    with unpacked(entries) as archived:
        assert archived.testzip() is None
        names = archived.namelist()
        assert names[:3] == ["01_副本_.pdf", "02_" + "证" * 24 + ".jpg", "03_施工许可证.pdf"]
        assert all(len(name.encode()) <= archive.LONGEST for name in names)
        assert archived.read(names[1]).startswith(b"\xff\xd8\xff"), "a sealed file is opened"
        lines = archived.read(archive.LIST).decode("utf-8-sig").splitlines()
    assert lines[1].startswith('"01_副本_.pdf","施工许可证/副本:..","\'=扫描') or "=扫描" in lines[1]
    assert papers.sha256 in lines[1] and "文件丢失" in lines[4]
