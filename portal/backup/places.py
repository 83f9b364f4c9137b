"""Where a backup goes to (a folder, or a tar to standard output) and where it is read from."""

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol, cast

BLOCK = 1024 * 1024
STAMP = re.compile(r"\d{8}T\d{6}Z")
# What a tar may hold; anything else in one is not ours.
NAME = re.compile(
    r"objects/[0-9a-f]{2}/[0-9a-f]{64}|\d{8}T\d{6}Z/(tables/\w+/\d{6}\.gz|files/\d{6}\.gz|[a-z]+\.(json|sha256))"
)


class NotDone(Exception):
    """A backup or a restore that does not begin or does not go on, in one sentence for whoever called it."""


class Damaged(NotDone):
    """A part of a backup is missing or is not what was written."""


class Part(NamedTuple):
    name: str
    size: int
    sha256: str


class Shelf(Protocol):
    """Takes parts and files."""

    def put(self, name: str, data: bytes) -> Part: ...

    def put_object(self, file: IO[bytes]) -> Part:
        """Store what is read from `file` under its own SHA-256."""

    def has_object(self, sha256: str) -> bool: ...


class Place(Shelf, Protocol):
    """Takes one backup, which counts once it is closed."""

    written: int  # bytes

    def close(self) -> None: ...


def object_name(sha256: str) -> str:
    return f"objects/{sha256[:2]}/{sha256}"


def spooled(file: IO[bytes], spool: IO[bytes]) -> Part:
    """Copy block by block, hashing; the name is that of the object."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(BLOCK):
        digest.update(block)
        size += len(block)
        spool.write(block)
    spool.flush()
    return Part(object_name(digest.hexdigest()), size, digest.hexdigest())


class Folder:
    """A backup below `root`, under an unfinished name until it is whole. Objects that lie there are not written again."""

    def __init__(self, root: Path, stamp: str) -> None:
        self.root, self.stamp, self.written = root, stamp, 0
        make_private(root)
        for leftover in (*root.glob("*.part"), root / "arriving"):
            shutil.rmtree(leftover, ignore_errors=True)
        if (root / stamp).exists():
            raise NotDone(f"A backup of this very second lies in {root} already; call again.")
        self.unfinished = root / f"{stamp}.part"
        self.unfinished.mkdir(mode=0o700)
        (root / "arriving").mkdir(mode=0o700)

    def put(self, name: str, data: bytes) -> Part:
        path = self.unfinished / name
        make_private(path.parent)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            make_durable(file)
        self.written += len(data)
        return Part(name, len(data), hashlib.sha256(data).hexdigest())

    def put_object(self, file: IO[bytes]) -> Part:
        arriving = self.root / "arriving" / "object"
        with open(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as spool:
            part = spooled(file, spool)
            target = self.root / part.name
            if is_there := target.exists() and target.stat().st_size == part.size:
                pass
            else:
                make_durable(spool)
        if is_there:
            arriving.unlink()
            return part
        make_private(target.parent)
        arriving.rename(target)
        self.written += part.size
        return part

    def has_object(self, sha256: str) -> bool:
        return (self.root / object_name(sha256)).exists()

    def close(self) -> None:
        """The backup counts from here on."""
        shutil.rmtree(self.root / "arriving")
        self.unfinished.rename(self.root / self.stamp)
        for folder in (self.root / self.stamp, self.root):
            handle = os.open(folder, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


def make_private(folder: Path) -> None:
    """Make it, and what is missing above it, for its owner alone."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def make_durable(file: IO[bytes]) -> None:
    file.flush()
    os.fdatasync(file.fileno())


class Tar:
    """The same as a tar, into a stream that cannot be wound back."""

    def __init__(self, stream: IO[bytes], stamp: str) -> None:
        self.stamp, self.written = stamp, 0
        self.tar = tarfile.open(fileobj=cast(Any, stream), mode="w|", format=tarfile.PAX_FORMAT, bufsize=BLOCK)

    def put(self, name: str, data: bytes) -> Part:
        with tempfile.SpooledTemporaryFile(max_size=len(data) + 1) as spool:
            spool.write(data)
            self.add(f"{self.stamp}/{name}", len(data), spool)
        return Part(name, len(data), hashlib.sha256(data).hexdigest())

    def put_object(self, file: IO[bytes]) -> Part:
        with tempfile.SpooledTemporaryFile(max_size=8 * BLOCK) as spool:  # its size stands before it in a tar
            part = spooled(file, spool)
            self.add(part.name, part.size, spool)
        return part

    def add(self, name: str, size: int, spool: Any) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        spool.seek(0)
        self.tar.addfile(member, spool)
        self.written += size

    def has_object(self, sha256: str) -> bool:
        return True  # asked only about what this very tar took before

    def close(self) -> None:
        self.tar.close()


class Kept:
    """One whole backup in a folder, to be read."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder.parent

    def read(self, part: Part) -> bytes:
        """The bytes of a part. Raises Damaged."""
        try:
            data = (self.folder / part.name).read_bytes()
        except OSError:
            raise Damaged(f"Part {part.name} of the backup is missing.") from None
        if len(data) != part.size or hashlib.sha256(data).hexdigest() != part.sha256:
            raise Damaged(f"Part {part.name} of the backup is damaged.")
        return data

    def object(self, sha256: str) -> Path:
        return self.root / object_name(sha256)

    def check_object(self, sha256: str) -> None:
        """Read one file of the backup whole. Raises Damaged."""
        try:
            with self.object(sha256).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise Damaged(f"The file {object_name(sha256)} of the backup is missing.") from None
        if found != sha256:
            raise Damaged(f"The file {object_name(sha256)} of the backup is damaged.")


def backups_in(root: Path) -> list[Path]:
    """The whole backups of a folder, oldest first."""
    return sorted(path for path in root.glob("*Z") if STAMP.fullmatch(path.name) and path.is_dir())


def find(path: Path) -> Kept:
    """The backup at this place, or the newest one in this folder. Raises NotDone."""
    if STAMP.fullmatch(path.name) and path.is_dir():
        return Kept(path)
    if found := backups_in(path):
        return Kept(found[-1])
    raise NotDone(f"There is no whole backup in {path}.")


def unpack(stream: IO[bytes], folder: Path) -> Kept:
    """Write a tar that `manage.py backup -` made into an empty folder. Raises Damaged."""
    try:
        with tarfile.open(fileobj=cast(Any, stream), mode="r|", bufsize=BLOCK) as tar:
            for member in tar:
                if not member.isfile() or not NAME.fullmatch(member.name):
                    raise Damaged("The input is no backup of the portal.")
                path = folder / member.name
                make_private(path.parent)
                with path.open("wb") as file:
                    shutil.copyfileobj(cast(IO[bytes], tar.extractfile(member)), file, BLOCK)
    except (tarfile.TarError, EOFError) as fault:
        raise Damaged("The input is no whole backup of the portal.") from fault
    return find(folder)


def objects_in(root: Path) -> Iterator[Path]:
    for folder in sorted((root / "objects").glob("??")):
        yield from folder.iterdir()
