"""The data folder, the folder for sockets, and the account that the database runs under."""

import fcntl
import os
import pwd
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import IO, NamedTuple

from portal.embedded.faults import CannotStart, say

LEAST_FREE = 300 * 1024 * 1024  # bytes
LONGEST_SOCKET = 100  # characters; the system's own limit is 107
LARGEST_LOG = 5 * 1024 * 1024
OLD_LOGS = 3
OURS = ".portal"  # marks a folder that may be arranged as a data folder
PRIVATE = ("keys", "documents", "log", "tmp", "static")


class Account(NamedTuple):
    name: str
    uid: int
    gid: int


def account_of(uid: int) -> Account:
    """The named account; PostgreSQL refuses to run under a number without a name."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise CannotStart(
            f"User number {uid} has no name in /etc/passwd, and PostgreSQL needs one. Use a named account.",
            f"用户编号 {uid} 在 /etc/passwd 中没有名称，PostgreSQL 无法启动，请改用有名称的账户。",
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def server_account(database: Path) -> Account | None:
    """Whom the servers run as when we are root: the owner of an existing database, else nobody. None: ourselves."""
    if os.geteuid() != 0:
        account_of(os.geteuid())
        return None
    owner = database.stat().st_uid if database.exists() else 0
    try:
        return account_of(owner or pwd.getpwnam("nobody").pw_uid)
    except KeyError:
        raise CannotStart(
            "PostgreSQL does not run as root and there is no account “nobody”. Start ./run as an ordinary user.",
            "PostgreSQL 不能以 root 身份运行，且系统没有 nobody 账户。请用普通用户运行 ./run。",
        ) from None


def can(account: Account | None, path: Path, mode: int = os.R_OK | os.X_OK) -> bool:
    """Whether the account reaches the path; asked of the system itself, so ACLs and mounts count."""
    if account is None or account.uid == os.geteuid():
        return os.access(path, mode)
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            os._exit(0 if os.access(path, mode) else 1)
        except OSError:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def open_data_folder(var: Path) -> None:
    """Make the data folder and its parts, or say why not."""
    try:
        fresh = not var.exists()
        var.mkdir(parents=True, exist_ok=True)
        if fresh or not any(var.iterdir()):
            (var / OURS).touch(mode=0o600)
        for name in PRIVATE:
            (var / name).mkdir(mode=0o700, exist_ok=True)
        (var / "run").mkdir(mode=0o755, exist_ok=True)
        if (var / OURS).exists():
            var.chmod(0o711)  # the database's account passes through; what is inside is closed one by one
        probe = var / "run" / "probe"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as fault:
        raise CannotStart(
            f"The data folder {var} cannot be written ({fault.strerror}). Choose another: PORTAL_VAR=/path ./run",
            f"数据目录 {var} 无法写入（{fault.strerror}）。请另选目录：PORTAL_VAR=/path ./run",
        ) from fault


def check_space(var: Path, least: int = LEAST_FREE) -> None:
    """Refuse to start on a disk that is nearly full."""
    disk = os.statvfs(var)
    free = disk.f_bavail * disk.f_frsize
    if free < least:
        raise CannotStart(
            f"The disk of {var} is nearly full: {free >> 20} MB free, {least >> 20} MB needed. Nothing was changed.",
            f"{var} 所在磁盘空间不足：剩余 {free >> 20} MB，至少需要 {least >> 20} MB。未做任何改动。",
        )


def check_reach(var: Path, account: Account | None) -> None:
    """Refuse a data folder that the database's account cannot enter; parents' modes are never changed."""
    if account is None:
        return
    way = [path for path in [*reversed(var.parents), var] if path.exists()]
    closed = next((path for path in way if not can(account, path, os.X_OK)), None)
    if closed is None:
        return
    better = next(
        (p for p in map(Path, ("/var/lib", "/srv", "/var/tmp")) if can(account, p, os.X_OK)), Path("/var/tmp")
    )
    raise CannotStart(
        f"The database runs as “{account.name}”, which cannot enter {closed}. "
        f"Choose a folder it can reach: PORTAL_VAR={better}/portal ./run",
        f"数据库以 {account.name} 身份运行，无法进入 {closed}。请换一个它能访问的目录：PORTAL_VAR={better}/portal ./run",
    )


def take_lock(var: Path) -> IO[str]:
    """The right to be the one run of this data folder; held until the file is closed or the process ends."""
    lock = (var / "run" / "lock").open("a+")
    if not flocked(lock, seconds=0.5):
        lock.seek(0)
        where = lock.read().strip()
        raise CannotStart(
            f"The portal is already running on {var}{where and ' at ' + where}. This second start changed nothing.",
            f"平台已在使用数据目录 {var} 运行{where and '：' + where}。本次启动未做任何改动。",
        )
    lock.truncate(0)
    return lock


def take_children_lock(var: Path, seconds: float = 20) -> IO[str]:
    """A lock that every child inherits: free only when the last process of an earlier run is gone."""
    lock = (var / "run" / "children.lock").open("a")
    if flocked(lock, seconds=0.2):
        return lock
    say("Waiting for the processes of an earlier run to end. 正在等待上次运行的进程结束……")
    if not flocked(lock, seconds):
        raise CannotStart(
            f"Processes of an earlier run still use {var}. Nothing was changed; end them and start again.",
            f"上次运行的进程仍在使用 {var}。未做任何改动，请结束这些进程后重试。",
        )
    return lock


def flocked(file: IO, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)


def open_socket_folder(var: Path, account: Account | None) -> Path:
    """A fresh folder with a short path; `pg` and `kv` in it belong to the servers' account and to nobody else."""
    remove_socket_folder(var)
    base = next(base for base in socket_places() if is_safe_place(base, account))
    folder = Path(tempfile.mkdtemp(prefix="portal-", dir=base))
    folder.chmod(0o711)
    (var / "run" / "sockets").write_text(str(folder))
    uid, gid = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    for name in ("pg", "kv"):
        path = folder / name
        path.mkdir(mode=0o700)
        os.chown(path, uid, gid, follow_symlinks=False)
        verify_owned(path, uid, 0o700)
    return folder


def socket_places() -> list[Path]:
    return [Path(place) for place in dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp"])] + [Path("/")]


def is_safe_place(base: Path, account: Account | None) -> bool:
    """Whether others cannot exchange what we make there, the account reaches it and the name stays short."""
    if base == Path("/"):
        raise CannotStart(
            "There is no safe folder for sockets: /tmp must exist, be sticky (mode 1777) and be open to all.",
            "没有可安全存放套接字的目录：/tmp 必须存在、带粘滞位（1777）并对所有账户开放。",
        )
    if not base.is_dir() or len(str(base)) + len("/portal-12345678/pg/.s.PGSQL.5432") > LONGEST_SOCKET:
        return False
    info = base.stat()
    closed = not info.st_mode & 0o022 and info.st_uid in {0, os.geteuid()}
    return bool((closed or info.st_mode & stat.S_ISVTX) and os.access(base, os.W_OK) and can(account, base, os.X_OK))


def verify_owned(path: Path, uid: int, mode: int) -> None:
    """Refuse a folder that is a link, another's, or opened wider than we made it."""
    info = path.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != uid or stat.S_IMODE(info.st_mode) != mode:
        raise CannotStart(
            f"{path} is not the private folder that was just made there. Somebody interferes; the start ends.",
            f"{path} 不是刚创建的专用目录，可能有人干扰，启动中止。",
        )


def remove_socket_folder(var: Path) -> None:
    """Remove the socket folder that this or an earlier run noted, if it is still ours."""
    note = var / "run" / "sockets"
    try:
        folder = Path(note.read_text().strip())
        if folder.name.startswith("portal-") and not folder.is_symlink() and folder.lstat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)
        note.unlink()
    except OSError:
        pass


def rotate_logs(folder: Path) -> None:
    """Put large logs aside, keeping a few: web.log, web.log.1, web.log.2 …"""
    for log in folder.glob("*.log"):
        if log.stat().st_size > LARGEST_LOG:
            for number in range(OLD_LOGS - 1, 0, -1):
                older = Path(f"{log}.{number}")
                if older.exists():
                    older.rename(f"{log}.{number + 1}")
            log.rename(f"{log}.1")


def empty_folder(folder: Path) -> None:
    """Remove what an interrupted upload left behind."""
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink():
            path.unlink(missing_ok=True)
