"""Files on their way in: written once to a temporary file and hashed meanwhile."""

import hashlib
import logging
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

logger = logging.getLogger(__name__)

BLOCK = 1024 * 1024  # bytes read at a time
TAKE_AT_MOST = 200 * 1024 * 1024  # bytes of one file that are written at all; what is longer is refused by any kind


def temporary_folder() -> str:
    folder = settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


class ArrivingFile(UploadedFile):
    """A file in the temporary folder whose SHA-256 grows with it; it vanishes when closed unless it was moved."""

    file: IO[bytes]
    size: int
    path: Path | None = None  # of a file that was not made here

    def __init__(self, name: str, content_type: str | None = None) -> None:
        file = tempfile.NamedTemporaryFile(suffix=".part", dir=temporary_folder())  # noqa: SIM115
        super().__init__(file, name, content_type, 0)
        self.digest = hashlib.sha256()

    @classmethod
    def at(cls, path: Path, name: str) -> "ArrivingFile":
        """A whole file that lies in our folders already, hashed in one pass; closing deletes it unless it was moved."""
        arriving = cls.__new__(cls)
        UploadedFile.__init__(arriving, open(path, "r+b"), name, None, path.stat().st_size)
        arriving.digest, arriving.path = hashlib.sha256(), path
        while block := arriving.file.read(BLOCK):
            arriving.digest.update(block)
        arriving.seek(0)
        return arriving

    def append(self, chunk: bytes) -> None:
        self.file.write(chunk)
        self.digest.update(chunk)
        self.size += len(chunk)

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()

    def temporary_file_path(self) -> str:
        """Its presence tells Django's storage to move the file instead of copying it."""
        return self.file.name

    def close(self) -> None:
        with suppress(OSError):  # it was moved, or its last bytes found no room
            self.file.close()
        if self.path:
            self.path.unlink(missing_ok=True)


class StoredFile(UploadedFile):
    """A file that a browser has put into the bucket itself; its hash is what the browser said."""

    size: int

    def __init__(self, key: str, name: str, size: int, sha256: str) -> None:
        super().__init__(default_storage.open(key), name, "", size)
        self.key, self.sha256 = key, sha256


class LostFile(UploadedFile):
    """What is left of an upload that found no room or no end: its name, its size and the reason."""

    def __init__(self, name: str, size: int, *, full: bool) -> None:
        super().__init__(open(os.devnull, "rb"), name, "", size)
        self.full = full


class Arrivals(FileUploadHandler):
    """Writes each upload once and hashes it meanwhile; a full disk ends in a LostFile, never in a crash."""

    chunk_size = (
        BLOCK  # of the 64 KB that Django asks for, gunicorn copies the rest of each megabyte it holds every time
    )
    arriving: ArrivingFile | None
    full: bool
    length: int

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.full, self.length, self.arriving = False, 0, None
        try:
            self.arriving = ArrivingFile(self.file_name or "", self.content_type)
        except OSError as error:
            self.give_up(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.length += len(raw_data)
        if not self.arriving:
            return
        if self.length > TAKE_AT_MOST:
            self.give_up()
            return
        try:
            self.arriving.append(raw_data)
        except OSError as error:
            self.give_up(error)

    def file_complete(self, file_size: int) -> UploadedFile:
        if self.arriving:
            try:
                self.arriving.seek(0)  # writes out what is still buffered
                return self.arriving
            except OSError as error:
                self.give_up(error)
        return LostFile(self.file_name or "", self.length, full=self.full)

    def give_up(self, error: OSError | None = None) -> None:
        """Free the room at once; the rest of the file is read and dropped, so that the form's other fields arrive."""
        if error:
            logger.error("An upload could not be written: %s", error.strerror)
        self.full = error is not None
        if self.arriving:
            self.arriving.close()
        self.arriving = None

    def upload_interrupted(self) -> None:
        if self.arriving:
            self.arriving.close()


def arrived(file: File) -> ArrivingFile:
    """`file` as an ArrivingFile; what did not come through Arrivals is copied and hashed in one pass."""
    if isinstance(file, ArrivingFile):
        return file
    arriving = ArrivingFile(os.path.basename(file.name or "file"))
    try:
        for chunk in file.chunks():
            arriving.append(chunk)
        arriving.seek(0)
    except BaseException:
        arriving.close()
        raise
    return arriving


def of_bytes(data: bytes, name: str = "file") -> ArrivingFile:
    """A temporary file that holds `data`."""
    arriving = ArrivingFile(name)
    try:
        arriving.append(data)
        arriving.seek(0)
    except BaseException:
        arriving.close()
        raise
    return arriving


def clear_temporary_folder(*, older_than: float = 3600) -> int:
    """Delete what killed processes left half received, `older_than` seconds ago or more; returns how many."""
    old = [
        place.path
        for place in os.scandir(temporary_folder())
        if place.name.endswith(".part") and time.time() - place.stat().st_mtime >= older_than
    ]
    for path in old:
        with suppress(FileNotFoundError):
            os.unlink(path)
    return len(old)
