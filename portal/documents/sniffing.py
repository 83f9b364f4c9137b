"""What the first bytes of an upload give away, before anything is stored."""

from portal.documents.kinds import GROUPS

NOT_AN_IMAGE = "文件内容不是有效的图片（可能是改了扩展名的网页或其他文件），请重新拍照或导出后上传"
NOT_A_PDF = "文件内容不是有效的PDF（可能是改了扩展名的其他文件），请重新导出后上传"
NOT_A_PACKAGE = "文件内容与扩展名 .%s 不符，请用办公软件打开后另存，再上传"
HEAD = 1024


def sniff(head: bytes) -> str:
    """The sort of content: "image", "pdf", "zip", or "" for everything that is not allowed anyway."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return "image"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    return "pdf" if b"%PDF-" in head[:HEAD] else ""


def disguise(head: bytes, extension: str) -> str:
    """The sentence that refuses content which does not belong to `extension`; "" if it may."""
    group = GROUPS[extension]
    if sniff(head) == (group if group in {"image", "pdf"} else "zip"):
        return ""
    return {"image": NOT_AN_IMAGE, "pdf": NOT_A_PDF}.get(group) or NOT_A_PACKAGE % extension
