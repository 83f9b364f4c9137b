"""All documents of something as one ZIP, streamed while it is made, under names that any system unpacks."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from portal.documents import storage
from portal.documents.kinds import extension_of
from portal.documents.models import Document
from portal.documents.names import clean_file_name, shortened

LONGEST = 80  # bytes of UTF-8 of a name, with its folder (pain 64)
BLOCK = 256 * 1024
LIST = "文件清单.csv"


@dataclass(frozen=True)
class Entry:
    """A document, and what it is handed in as."""

    label: str
    document: Document


def named(entries: Iterable[Entry]) -> list[tuple[str, Entry]]:
    """序号_材料名.扩展名: what the file is says more than what somebody called it; the list has the original names."""
    return [(name_of(number, entry), entry) for number, entry in enumerate(entries, 1)]


def name_of(number: int, entry: Entry) -> str:
    extension = f".{extension_of(entry.document.name)}"
    label = clean_file_name(f"{entry.label}.x").removesuffix(".x")
    head = f"{number:02d}_"
    return head + shortened(label, LONGEST - len(head) - len(extension)).strip(" .") + extension


class Outlet:
    """What zipfile writes to: hands on what has come and forgets it."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        data, self.waiting = b"".join(self.waiting), []
        return data


def zipped(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The archive in blocks, with a list of names, sizes and hashes at its end. A file that is lost is named as lost."""
    outlet, lines = Outlet(), []
    with zipfile.ZipFile(cast(IO[bytes], outlet), "w", zipfile.ZIP_STORED) as archive:
        for name, entry in named(entries):
            lost = ""
            try:
                with storage.opened(entry.document) as file, archive.open(name, "w", force_zip64=True) as member:
                    while block := file.read(BLOCK):
                        member.write(block)
                        yield outlet.taken()
            except FileNotFoundError:
                lost = "文件丢失"
            lines.append(line_of(name, entry, lost))
        head = "文件,材料,原文件名,字节,SHA-256,备注\r\n"
        archive.writestr(LIST, "\ufeff" + head + "".join(lines))
    yield outlet.taken()


def line_of(name: str, entry: Entry, remark: str) -> str:
    document = entry.document
    cells = [name, entry.label, document.name, str(document.size), document.sha256, remark]
    return ",".join(cell_of(cell) for cell in cells) + "\r\n"


def cell_of(text: str) -> str:
    """Quoted; a leading sign that spreadsheets take for a formula is kept from being one."""
    safe = f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
    return '"' + safe.replace('"', '""') + '"'
