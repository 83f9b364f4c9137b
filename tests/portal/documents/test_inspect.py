"""What the inspector says about bytes; it needs no database."""

import io
import zipfile

import pytest
from pikepdf import Array
from PIL import Image

from portal.documents import checks
from portal.documents.checks import Unsound, inspect
from tests.portal.documents import files


def refusal(data, extension):
    with pytest.raises(Unsound) as caught:
        inspect(data, extension, pages=20)
    return str(caught.value)


def opened(data):
    return Image.open(io.BytesIO(data))


def test_a_photo_is_turned_upright_and_loses_place_maker_and_comment():
    found = inspect(files.phone_photo(), "jpg", pages=0)

    clean, thumb = opened(found.parts["clean"]), opened(found.parts["thumb"])
    assert (found.width, found.height) == clean.size == (400, 640)
    assert thumb.size == (200, 320)
    assert len(clean.getexif()) == 0
    for part in found.parts.values():
        assert b"secret" not in part and b"Maker" not in part and b"Exif" not in part


@pytest.mark.parametrize(("form", "extension"), [("JPEG", "jpg"), ("PNG", "png")])
def test_what_was_hung_onto_a_picture_is_gone(form, extension):
    found = inspect(files.image(form) + files.MARK, extension, pages=0)
    assert files.MARK not in found.parts["clean"]
    assert opened(found.parts["clean"]).format == form


def test_a_picture_is_written_as_its_name_says():
    assert inspect(files.image("PNG"), "jpg", pages=0).media_type == "image/jpeg"
    assert inspect(files.image("JPEG"), "png", pages=0).media_type == "image/png"


def test_transparent_parts_stay_in_png_and_become_white_in_jpeg():
    see_through = files.image("PNG", mode="RGBA", colour=(0, 0, 0, 0))
    kept = inspect(see_through, "png", pages=0).parts
    assert opened(kept["clean"]).getpixel((0, 0)) == (0, 0, 0, 0)
    assert min(opened(kept["thumb"]).getpixel((0, 0))) > 250
    assert min(opened(inspect(see_through, "jpg", pages=0).parts["clean"]).getpixel((0, 0))) > 250


def test_a_scan_of_16_bits_stays_grey():
    out = io.BytesIO()
    Image.new("I;16", (400, 300), 0x8000).save(out, "PNG")
    assert opened(inspect(out.getvalue(), "png", pages=0).parts["clean"]).getpixel((5, 5)) == 0x80


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_print_colours_are_pictures_too(mode):
    out = io.BytesIO()
    Image.new(mode, (400, 300)).save(out, "JPEG")
    assert opened(inspect(out.getvalue(), "jpg", pages=0).parts["clean"]).mode == {"L": "L", "CMYK": "RGB"}[mode]


def test_a_picture_of_40_megapixels_is_taken_and_a_larger_one_is_not():
    assert inspect(files.png_bomb(8000, 5000), "png", pages=0).width == 8000
    assert refusal(files.png_bomb(8000, 5001), "png") == checks.TOO_MANY_PIXELS % (8000, 5001)
    assert refusal(files.png_bomb(30000, 30000), "png") == checks.TOO_MANY_PIXELS % (30000, 30000)


def test_a_damaged_picture_is_refused():
    photo = files.noise((800, 600))
    spoilt = bytearray(files.png_bomb(100, 100))
    spoilt[60] ^= 0xFF
    assert refusal(photo[: len(photo) // 2], "jpg") == checks.BROKEN_IMAGE
    assert refusal(bytes(spoilt), "png") == checks.BROKEN_IMAGE
    assert refusal(b"\xff\xd8\xff<html>", "jpg") == checks.BROKEN_IMAGE


def test_a_pdf_is_counted_and_its_first_pages_are_pictured():
    found = inspect(files.pdf(pages=25), "pdf", pages=20)
    assert found.pages == 25
    assert sorted(found.parts) == sorted(["thumb", *map(str, range(1, 21))])
    assert opened(found.parts["20"]).size == (910, 1287)
    assert max(opened(found.parts["thumb"]).size) == 320


def test_a_huge_page_is_drawn_coarser():
    found = inspect(files.pdf(size=(14400, 14400)), "pdf", pages=1)
    width, height = opened(found.parts["1"]).size
    assert 7_900_000 < width * height < 8_100_000


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (files.run_javascript, "脚本"),
        (files.run_javascript_from_a_nested_array, "脚本"),
        (files.launch, "启动程序的动作"),
        (files.attach, "嵌入的文件"),
        (files.add_xfa, "动态表单"),
    ],
)
def test_a_pdf_that_acts_is_refused(change, what):
    assert refusal(files.pdf(change=change), "pdf") == checks.ACTIVE_PDF % what


def test_a_pdf_that_acts_is_refused_when_its_objects_are_packed():
    packed = files.pdf(change=files.run_javascript, object_stream_mode=files.pikepdf.ObjectStreamMode.generate)
    assert refusal(packed, "pdf") == checks.ACTIVE_PDF % "脚本"


@pytest.mark.parametrize("user", ["x", ""])
def test_a_locked_pdf_is_refused(user):
    locked = files.pdf(encryption=files.pikepdf.Encryption(user=user, owner="y"))
    assert refusal(locked, "pdf") == checks.LOCKED_PDF


def test_a_pdf_that_is_cut_off_or_empty_or_endless_is_refused():
    whole = files.pdf(pages=30)
    assert refusal(whole[: len(whole) // 2], "pdf") == checks.BROKEN_PDF
    assert refusal(whole + bytes(5000), "pdf") == checks.BROKEN_PDF
    assert refusal(b"%PDF-1.7 hello\n%%EOF", "pdf") == checks.BROKEN_PDF
    assert refusal(files.pdf(pages=0), "pdf") == checks.EMPTY_PDF
    assert refusal(files.pdf(pages=501), "pdf") == checks.LONG_PDF
    assert inspect(files.pdf(pages=500), "pdf", pages=0).pages == 500


def test_a_pdf_with_an_endless_list_is_refused_before_the_list_is_read(monkeypatch):
    monkeypatch.setattr(checks, "MAX_OBJECTS", 1000)

    def fill(made):
        made.Root.Extra = Array(range(1001))

    assert refusal(files.pdf(change=fill), "pdf") == checks.TOO_HEAVY


def test_office_documents_are_told_apart():
    made = {"docx": files.docx(), "xlsx": files.xlsx(), "ofd": files.ofd()}
    for extension, data in made.items():
        assert inspect(data, extension, pages=0).parts == {}
        for other in made.keys() - {extension}:
            assert refusal(data, other) == checks.NOT_A_PACKAGE % other


def test_macros_are_refused_whatever_the_name():
    assert refusal(files.docm(), "docx") == checks.MACROS % "docx"
    assert refusal(files.docx({"word/VBAProject.bin": b"x"}), "docx") == checks.MACROS % "docx"
    assert (
        refusal(files.docx(types=files.WORD.replace(".main", ".macroEnabled.main")), "docx") == checks.MACROS % "docx"
    )


def test_bombs_are_refused_before_they_are_unpacked():
    assert refusal(files.docx({"word/media/a.bin": bytes(50_000_000)}), "docx") == checks.BLOATED
    assert refusal(files.docx({f"word/{n}.xml": "x" for n in range(1000)}), "docx") == checks.BLOATED
    stored = files.package({"OFD.xml": "<o/>", "a.bin": bytes(210 * 1024 * 1024)}, zipfile.ZIP_STORED)
    assert refusal(stored, "ofd") == checks.BLOATED


def test_a_length_that_lies_is_noticed():
    data = bytearray(files.docx({"word/media/a.bin": bytes(100_000) + b"end"}))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (5).to_bytes(4, "little")
    assert refusal(bytes(data), "docx") == checks.BROKEN_PACKAGE


def test_archives_within_and_damaged_archives_are_refused():
    assert refusal(files.docx({"word/embeddings/a.bin": "x"}), "docx") == checks.NESTED
    assert refusal(files.docx({"word/media/a.zip": "x"}), "docx") == checks.NESTED
    assert refusal(files.docx()[:-40], "docx") == checks.BROKEN_PACKAGE
