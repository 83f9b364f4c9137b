"""Real files, sound and unsound, made for the tests."""

import io
import secrets
import struct
import zipfile
import zlib

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

MARK = b"<script>alert(1)</script>"
WORD = (
    '<?xml version="1.0"?><Types><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def upload(data, name):
    return SimpleUploadedFile(name, data)


def image(form="JPEG", size=(640, 400), mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, options.pop("colour", None) or "steelblue").save(out, form, **options)
    return out.getvalue()


def noise(size, quality=90):
    """A picture that does not shrink."""
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def phone_photo():
    """A photo as phones make it: lying on its side, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker of phones"
    exif[0x8825] = {1: "N", 2: (30.0, 35.0, 0.0), 3: "E", 4: (114.0, 18.0, 0.0)}
    return image(size=(640, 400), exif=exif, comment=b"secret comment")


def png_bomb(width, height):
    """A few kilobytes that unpack to width x height pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def pdf(pages=1, change=None, size=(595, 842), **options):
    out = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page(page_size=size)
        made.docinfo["/Title"] = secrets.token_hex(8)  # each one another file, or they would share their bytes
        if change:
            change(made)
        made.save(out, **options)
    return out.getvalue()


def run_javascript(made):
    made.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def run_javascript_from_a_nested_array(made):
    made.pages[0].Annots = Array(
        [Dictionary(A=Array([Dictionary(AA=Dictionary(O=Dictionary(S=Name("/JavaScript"))))]))]
    )


def launch(made):
    made.Root.OpenAction = Dictionary(S=Name.Launch, F=String("calc.exe"))


def attach(made):
    made.attachments["a.exe"] = pikepdf.AttachedFileSpec(made, b"MZ")


def add_xfa(made):
    made.Root.AcroForm = Dictionary(XFA=String("<xdp/>"), Fields=Array([]))


def package(members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def docx(extra=None, types=WORD):
    return package({"[Content_Types].xml": types, "_rels/.rels": "<r/>", "word/document.xml": "<w/>"} | (extra or {}))


def docm():
    """A document with macros, as Word saves it."""
    types = WORD.replace(
        "openxmlformats-officedocument.wordprocessingml.document.main", "ms-word.document.macroEnabled.main"
    )
    return docx({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}, types)


def xlsx():
    return package({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"})


def ofd():
    return package({"OFD.xml": '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"/>'})
