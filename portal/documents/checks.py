"""Whether the bytes of a file are what its name says, and harmless. Pure functions on bytes.

Run as a script (`python -I checks.py EXTENSION PAGES < file`) it is the inspector: a process of its own with
bounded memory and time and none of our secrets, because decoders of foreign files crash and hang. It imports
nothing of the portal; what it finds goes to standard output as one line of JSON, followed by the files it made.
"""

import ctypes
import io
import json
import resource
import signal
import sys
import time
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field

import pikepdf
import pypdfium2
from PIL import Image, ImageOps

MB = 1024 * 1024
MAX_PIXELS = 40_000_000
THUMBNAIL = (320, 320)
MAX_PAGES = 500
PAGE_DPI = 110
MAX_PAGE_PIXELS = 8_000_000  # large drawings are shown coarser; the original is there to be downloaded
RENDER_SECONDS = 30
MAX_OBJECTS = 500_000
MAX_DEPTH = 60
MAX_ENTRIES = 1000
MAX_UNPACKED = 200 * MB
MAX_RATIO = 100
ADDRESSES = 2048 * MB
MEMORY = 352 * MB  # of its own; with the code of decoders and the worker that waits for it below 512 MB
SECONDS = 60

ACTIVE = {
    "/JavaScript": "脚本",
    "/JS": "脚本",
    "/Launch": "启动程序的动作",
    "/EmbeddedFile": "嵌入的文件",
    "/EmbeddedFiles": "嵌入的文件",
    "/EF": "嵌入的文件",
    "/RichMedia": "多媒体",
    "/XFA": "动态表单",
    "/SubmitForm": "提交数据的动作",
    "/ImportData": "导入数据的动作",
}
PACKAGES = {  # the members that make a zip archive this sort of document
    "docx": ("[Content_Types].xml", "word/document.xml"),
    "xlsx": ("[Content_Types].xml", "xl/workbook.xml"),
    "ofd": ("OFD.xml",),
}
FOREIGN = (".zip", ".rar", ".7z", ".gz", ".tar", ".jar", ".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".ps1", ".scr")

NOT_A_PACKAGE = "文件内容与扩展名 .%s 不符，请用办公软件打开后另存，再上传"
BROKEN_IMAGE = "图片不完整或已损坏，请重新拍照或导出后上传"
TOO_MANY_PIXELS = "图片为 %d×%d 像素，超过4000万像素的上限，请缩小后上传"
BROKEN_PDF = "PDF文件不完整或已损坏，请重新导出后上传"
LOCKED_PDF = "PDF文件已加密或设置了密码，请取消密码保护后上传"
ACTIVE_PDF = "PDF文件含有%s，不能接收，请用“打印为PDF”重新生成后上传"
LONG_PDF = f"PDF文件超过{MAX_PAGES}页，请拆分后上传"
EMPTY_PDF = "PDF文件没有页面，请重新导出后上传"
BROKEN_PACKAGE = "文件不完整或已损坏，请用办公软件打开后另存，再上传"
LOCKED_PACKAGE = "文件已加密或设置了密码，请取消密码保护后上传"
MACROS = "文件含有宏，不能接收，请另存为不含宏的 .%s 文件后上传"
BLOATED = "文件解压后过大，不能接收，请删减内容后上传"
TOO_HEAVY = "文件过于复杂，检查时超出了内存上限，不能接收；请缩小尺寸、降低分辨率或拆分后上传"
NESTED = "文件里嵌入了其他文件，不能接收，请删除嵌入的对象后另存，再上传"


class Unsound(Exception):
    """The file cannot be accepted; the text is the sentence for the person who uploaded it."""


@dataclass
class Findings:
    """What was learned about a sound file, and what was made from it: parts by name ("clean", "thumb", "1"…)."""

    media_type: str = ""
    pages: int | None = None
    width: int | None = None
    height: int | None = None
    parts: dict[str, bytes] = field(default_factory=dict)


def inspect(data: bytes, extension: str, *, pages: int) -> Findings:
    """Read the whole file; raises Unsound. Up to `pages` page images are made of a PDF."""
    if extension in PACKAGES:
        check_package(data, extension)
        return Findings()
    return inspect_pdf(data, pages=pages) if extension == "pdf" else inspect_image(data, extension)


# Photos


def inspect_image(data: bytes, extension: str) -> Findings:
    """Decode the picture and write it anew, so that nothing but pixels is left of what was sent."""
    image = flat(upright(decoded(data)), keep_alpha=extension == "png")
    findings = Findings(media_type="image/jpeg", width=image.width, height=image.height)
    if extension == "png":
        findings.media_type = "image/png"
        findings.parts["clean"] = png(image)
    else:
        findings.parts["clean"] = jpeg(image, quality=90)
    findings.parts["thumb"] = thumbnail(image)  # last, for it shrinks the picture in place
    return findings


def decoded(data: bytes) -> Image.Image:
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # ours is lower and explains itself
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
        if image.width * image.height > MAX_PIXELS:
            raise Unsound(TOO_MANY_PIXELS % image.size)
        image.verify()  # checksums of PNG chunks; leaves the image unusable
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
        image.load()
    except (OSError, SyntaxError, ValueError, IndexError) as error:
        raise Unsound(TOO_HEAVY if is_memory_used_up() else BROKEN_IMAGE) from error
    return image


def upright(image: Image.Image) -> Image.Image:
    with suppress(Exception):  # where the note about the orientation is damaged, the picture is not
        ImageOps.exif_transpose(image, in_place=True)
    return image


def flat(image: Image.Image, *, keep_alpha: bool = False) -> Image.Image:
    """The bare pixels in a mode that every browser shows, without profile, comment or note."""
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits a pixel: convert() would turn grey into white
        image = image.point(lambda level: level * (1 / 256)).convert("L")
    transparent = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    wanted = "RGBA" if transparent else "L" if image.mode == "L" else "RGB"
    if image.mode != wanted:
        image = image.convert(wanted)
    if transparent and not keep_alpha:
        image = on_white(image)
    image.info = {}
    return image


def on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page


def thumbnail(image: Image.Image) -> bytes:
    image.thumbnail(THUMBNAIL)
    return jpeg(flat(image), quality=80)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def jpeg(image: Image.Image, *, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


# PDF


def inspect_pdf(data: bytes, *, pages: int) -> Findings:
    """Look for everything in a PDF that acts on its own, count its pages, picture the first ones."""
    findings = Findings(media_type="application/pdf", pages=check_pdf(data))
    for number, image in enumerate(page_images(data, pages), start=1):
        findings.parts[str(number)] = jpeg(image, quality=82)
        if number == 1:
            findings.parts["thumb"] = thumbnail(image)
    return findings


def check_pdf(data: bytes) -> int:
    """How many pages the PDF has; raises Unsound if it is damaged, locked, too long or active."""
    if b"%%EOF" not in data[-1024:]:  # readers repair a truncated file silently
        raise Unsound(BROKEN_PDF)
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise Unsound(LOCKED_PDF)
            pages = len(pdf.pages)
            found = active_parts(pdf)
    except pikepdf.PasswordError as error:
        raise Unsound(LOCKED_PDF) from error
    except (pikepdf.PdfError, ValueError, RecursionError) as error:
        raise Unsound(TOO_HEAVY if is_memory_used_up() else BROKEN_PDF) from error
    if found:
        raise Unsound(ACTIVE_PDF % "、".join(sorted({ACTIVE[name] for name in found})))
    if not 0 < pages <= MAX_PAGES:
        raise Unsound(LONG_PDF if pages else EMPTY_PDF)
    return pages


def active_parts(pdf: pikepdf.Pdf) -> set[str]:
    """The names of active things anywhere in the file, in objects that no page refers to as well."""
    found: set[str] = set()
    for count, obj in enumerate(pdf.objects):
        if count > MAX_OBJECTS:
            raise Unsound(BROKEN_PDF)
        for node in dictionaries_in(obj):
            found |= ACTIVE.keys() & set(node.keys())
            found |= {str(node.get(key)) for key in ("/S", "/Type", "/Subtype")} & ACTIVE.keys()
    return found


def dictionaries_in(obj) -> Iterator:
    """The dictionaries within one numbered object, with those written inside of them; each other one comes by itself."""
    waiting = [(obj, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Unsound(BROKEN_PDF)
        if isinstance(node, pikepdf.Array):
            if len(node) > MAX_OBJECTS:
                raise Unsound(TOO_HEAVY)
            inner = list(node)
        elif isinstance(node, pikepdf.Dictionary | pikepdf.Stream):
            yield node
            inner = [value for _key, value in node.items()]
        else:
            continue
        compound = (pikepdf.Dictionary, pikepdf.Array)
        waiting += [(value, depth + 1) for value in inner if isinstance(value, compound) and not value.is_indirect]


def page_images(data: bytes, most: int) -> Iterator[Image.Image]:
    """Pictures of the first `most` pages, as many as half a minute allows; a page that cannot be drawn ends it."""
    if not most:
        return
    until = time.monotonic() + RENDER_SECONDS
    try:
        pdf = pypdfium2.PdfDocument(data)
        for number in range(min(most, len(pdf))):
            page = pdf[number]
            yield page.render(scale=scale_of(*page.get_size())).to_pil().convert("RGB")
            page.close()
            if time.monotonic() > until:
                return
    except pypdfium2.PdfiumError:
        return


def scale_of(width: float, height: float) -> float:
    """How much to enlarge a page of so many points (1/72 inch)."""
    return min(PAGE_DPI / 72, (MAX_PAGE_PIXELS / max(width * height, 1)) ** 0.5)


# Office documents and OFD: zip archives


def check_package(data: bytes, extension: str) -> None:
    """Raises Unsound unless the archive is a whole, harmless document of that sort and of bearable size."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_size(archive.infolist(), len(data))
            check_members(archive, extension)
            for entry in archive.infolist():  # lengths in the headers may lie: reading compares them and the checksum
                with archive.open(entry) as member:
                    while member.read(MB):
                        pass
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError, zlib.error) as error:
        raise Unsound(BROKEN_PACKAGE) from error


def check_size(entries: list[zipfile.ZipInfo], packed: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * packed:
        raise Unsound(BLOATED)


def check_members(archive: zipfile.ZipFile, extension: str) -> None:
    names = {entry.filename.replace("\\", "/").lower() for entry in archive.infolist()}
    if any(entry.flag_bits & 1 for entry in archive.infolist()):
        raise Unsound(LOCKED_PACKAGE)
    if not names.issuperset(name.lower() for name in PACKAGES[extension]):
        raise Unsound(NOT_A_PACKAGE % extension)
    if any(name.endswith("vbaproject.bin") for name in names) or is_macro_package(archive):
        raise Unsound(MACROS % extension)
    if any("/embeddings/" in name or name.endswith(FOREIGN) for name in names):
        raise Unsound(NESTED)


def is_macro_package(archive: zipfile.ZipFile) -> bool:
    types = next((name for name in archive.namelist() if name.lower() == "[content_types].xml"), "")
    if not types:
        return False
    with archive.open(types) as member:
        return b"macroenabled" in member.read(MB).lower()


# The process

_at_start = 0  # bytes; 0 where memory is not bounded


def main() -> None:
    """Inspect standard input; answer one line of JSON with the lengths of the parts, then the parts."""
    confine()
    extension, pages = sys.argv[1], int(sys.argv[2])
    try:
        findings = inspect(sys.stdin.buffer.read(), extension, pages=pages)
    except Unsound as problem:
        answer({"problem": str(problem)}, [])
        return
    except MemoryError:
        answer({"problem": TOO_HEAVY}, [])
        return
    facts = asdict(findings)
    facts["parts"] = {name: len(part) for name, part in findings.parts.items()}
    answer(facts, list(findings.parts.values()))


def confine() -> None:
    """Bound memory and time, leave no core dump, and die with the worker."""
    global _at_start
    _at_start = most_memory()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def most_memory() -> int:
    """The most bytes of addresses that this process has had; what was refused to it does not count."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmPeak:"))


def is_memory_used_up() -> bool:
    """Whether a decoder failed for want of memory, although it says that the file is broken: libjpeg and QPDF do."""
    return bool(_at_start) and most_memory() - _at_start > MEMORY * 0.6


def answer(facts: dict, parts: list[bytes]) -> None:
    out = sys.stdout.buffer
    out.write(json.dumps(facts).encode() + b"\n")
    for part in parts:
        out.write(part)
    out.flush()


if __name__ == "__main__":
    main()
