"""What the first bytes of an upload give away, before anything is stored."""

from portal.documents.kinds import GROUPS

NOT_AN_IMAGE = "文件内容不是有效的图片（可能是改了扩展名的网页或其他文件），请重新拍照或导出后上传"
NOT_A_PDF = "文件内容不是有效的PDF（可能是改了扩展名的其他文件），请重新导出后上传"
REALLY = "文件扩展名是 .%s，但内容是%s。请把扩展名改为 .%s，或直接选择原来的文件后重新上传"
HEIC = "这是苹果手机的 HEIC 照片，平台不能接收。请在手机“设置 → 相机 → 格式”里选“兼容性最佳”后重新拍摄，或把照片导出为 JPG 后上传"
SORTS = {"image": ("图片", "jpg"), "pdf": ("PDF", "pdf")}
PHOTOS_OF_PHONES = {"heic", "heif"}
NOT_A_PACKAGE = "文件内容与扩展名 .%s 不符，请用办公软件打开后另存，再上传"
HEAD = 1024


def sniff(head: bytes) -> str:
    """The sort of content: "image", "pdf", "zip", "heic", or "" for everything that is not allowed anyway."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return "image"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"}:
        return "heic"
    return "pdf" if b"%PDF-" in head[:HEAD] else ""


def disguise(head: bytes, extension: str) -> str:
    """The sentence that refuses content which does not belong to `extension`; "" if it may."""
    group, found = GROUPS[extension], sniff(head)
    if found == (group if group in {"image", "pdf"} else "zip"):
        return ""
    if found == "heic":
        return HEIC
    if found in SORTS:
        return REALLY % (extension, SORTS[found][0], real_extension(head, found))
    return {"image": NOT_AN_IMAGE, "pdf": NOT_A_PDF}.get(group) or NOT_A_PACKAGE % extension


def real_extension(head: bytes, sort: str) -> str:
    """The extension that content of this sort should bear."""
    return "png" if head.startswith(b"\x89PNG") else SORTS[sort][1]
