"""The name a file is shown and downloaded under. It never becomes a path on our side."""

import re
import unicodedata

MAX_BYTES = 150  # of UTF-8: leaves room for "01_材料名_" in an archive that old Windows unpacks
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")  # devices on Windows


def clean_file_name(raw: str) -> str:
    """The last part of a client's file name without controls, direction marks and what file systems refuse."""
    name = unicodedata.normalize("NFC", raw.replace("\\", "/").rpartition("/")[2])
    name = "".join(" " if sign.isspace() else sign for sign in name if sign.isspace() or is_plain(sign))
    name = re.sub(r'[<>:"/\\|?*]', "_", name)
    name = re.sub(r" +", " ", name).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    stem = shortened(stem.strip(" ."), MAX_BYTES) or "未命名"
    if RESERVED.match(stem):
        stem = f"_{stem}"
    return f"{stem}.{extension[:10]}" if extension else stem


def is_plain(sign: str) -> bool:
    """Whether a character shows as itself: controls, format and direction marks, surrogates do not.

    Unassigned and private ones stay: rare characters of people's names are newer than Python's tables.
    """
    return unicodedata.category(sign) not in {"Cc", "Cf", "Cs"}


def shortened(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
