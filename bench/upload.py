"""5 MB files through the portal, beside writing the same bytes to the same disk: python -m bench.upload

Needs an empty database (python -m portal.embedded.throwaway -- python -m bench.upload). It starts gunicorn as
`manage.py up` does, signs a person in, and sends files whole and in pieces in rounds that take turns with plain
writes (with fsync, as the portal does) and with hashing alone. Last it checks the heaviest files that are let in.
"""

import argparse
import hashlib
import http.client
import io
import json
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from PIL import Image  # noqa: E402

from portal.documents import checks  # noqa: E402
from portal.documents.transfers import PIECE  # noqa: E402
from tests import make  # noqa: E402

MB = 1024 * 1024
SIZE = 5 * MB
LIMIT = 512  # MB of memory for whatever is uploaded


def made(count: int) -> list[bytes]:
    """Files of 5 MB that look like PDFs, each another."""
    return [b"%PDF-1.7\n" + os.urandom(SIZE - 15) + b"\n%%EOF" for _ in range(count)]


def written(data: bytes) -> None:
    """The floor: the bytes on the disk of the documents, durable."""
    path = Path(settings.PORTAL_VAR) / "documents" / f"bench-{uuid.uuid4().hex}"
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


class Sender:
    """A signed-in person at the attachments of a filing of their own."""

    def __init__(self, port: int) -> None:
        author = make.site_officer()
        filing = make.draft_filing("early_intervention", by=author)
        client = Client()
        client.force_login(author)
        jar = {name: morsel.value for name, morsel in client.cookies.items()}
        self.token = jar.setdefault(settings.CSRF_COOKIE_NAME, "a" * 32)
        cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
        self.headers = {"Cookie": cookies, "X-CSRFToken": self.token, "Accept": "application/json"}
        self.port, self.path = port, f"/filing/{filing.pk}/edit/attachments/?material=M29"

    def post(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request("POST", self.path, body, self.headers | headers)
        answer = line.getresponse()
        said = answer.read()
        line.close()
        if answer.status not in {200, 201}:
            raise SystemExit(f"{answer.status}: {said.decode(errors='replace')[:300]}")
        return json.loads(said)

    def ask(self, **facts: Any) -> dict[str, Any]:
        body = "&".join(f"{name}={value}" for name, value in facts.items()).encode()
        return self.post(body, {"Content-Type": "application/x-www-form-urlencoded"})

    def whole(self, data: bytes) -> None:
        head = b'--between-the-parts-there-is-this\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        self.post(
            head + data + b"\r\n--between-the-parts-there-is-this--\r\n",
            {"Content-Type": "multipart/form-data; boundary=between-the-parts-there-is-this"},
        )

    def pieces(self, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        transfer = self.ask(transfer="begin", name="a.pdf", size=len(data), sha256=sha256)["transfer"]
        for offset in range(0, len(data), PIECE):
            piece = data[offset : offset + PIECE]
            headers = {"Upload-Transfer": transfer, "Upload-Offset": str(offset)}
            headers |= {"Upload-Checksum": hashlib.sha256(piece).hexdigest()}
            self.post(piece, headers | {"Content-Type": "application/octet-stream"})
        self.ask(transfer="finish", id=transfer)


def speed(act: Callable[[bytes], Any], files: list[bytes], at_once: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(act, files))
    return len(files) * SIZE / MB / (time.perf_counter() - began)


def throughput(port: int, count: int, rounds: int) -> None:
    """MB/s of each way, the median of the rounds; the ways take turns."""
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for at_once in (1, 4):
            sender = Sender(port)
            ways = {
                "write and fsync": written,
                "SHA-256 alone": lambda data: hashlib.sha256(data).digest(),
                "portal, one request": sender.whole,
                "portal, in pieces": Sender(port).pieces,
            }
            for name, act in ways.items():
                found.setdefault((name, at_once), []).append(speed(act, made(count), at_once))
    print("| way | MB/s, one at a time | MB/s, four at once | of writing |\n|---|---|---|---|")
    floor = statistics.median(found["write and fsync", 1])
    for name in dict.fromkeys(name for name, _ in found):
        one, four = (statistics.median(found[name, at_once]) for at_once in (1, 4))
        print(f"| {name} | {one:.0f} | {four:.0f} | {one / floor:.2f} |")


def heavy() -> dict[str, tuple[bytes, str]]:
    """The heaviest files that the rules let in, and some that they do not."""

    def picture(form: str, mode: str, size: tuple[int, int], **options: Any) -> bytes:
        out = io.BytesIO()
        Image.new(mode, size, 0).save(out, form, **options)
        return out.getvalue()

    exif = Image.Exif()
    exif[0x0112] = 6
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", os.urandom(48 * MB))
    lying_down = picture("JPEG", "RGB", (8000, 5000), exif=exif)
    return {
        "JPEG of 40 megapixels, to be turned": (lying_down, "jpg"),
        "PNG of 40 megapixels with transparency": (picture("PNG", "RGBA", (8000, 5000)), "png"),
        "PNG of 40 megapixels, 16 bits": (picture("PNG", "I;16", (8000, 5000)), "png"),
        "PNG bomb, 30000 × 30000": (picture("PNG", "1", (30000, 30000)), "png"),
        "docx of 48 MB": (packed.getvalue(), "docx"),
        "PDF of 48 MB that is none": (b"%PDF-1.7\n" + os.urandom(48 * MB) + b"%%EOF", "pdf"),
    }


def memory() -> None:
    """Peak memory of the inspector for each, in a process of its own so that the peaks do not hide each other."""
    print("\n| heaviest files | peak of the inspector, MB | s | answer |\n|---|---|---|---|")
    for name, (data, extension) in heavy().items():
        code = (
            "import resource, subprocess, sys\n"
            f"run = subprocess.run([sys.executable, '-I', {checks.__file__!r}, {extension!r}, '20'],"
            " stdin=sys.stdin, capture_output=True)\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, run.returncode)\n"
            "print(run.stdout.partition(b'\\n')[0][:300].decode())"
        )
        began = time.perf_counter()
        said = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True).stdout.decode()
        (peak, code_of), facts = said.splitlines()[0].split(), json.loads(said.splitlines()[1] or "{}")
        answer = facts.get("problem") or "taken"
        mark = "" if int(peak) <= LIMIT else " (!)"
        print(
            f"| {name} | {peak}{mark} | {time.perf_counter() - began:.1f} | {answer} {code_of if code_of != '0' else ''} |"
        )


def served(port: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--workers=2", "--threads=4"]
    command += [f"--bind=127.0.0.1:{port}", "--log-level=error", "--no-control-socket"]
    server = subprocess.Popen(command)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("gunicorn does not answer")


def resident(server: subprocess.Popen) -> list[int]:
    """MB of each web process now."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in children]
    return [count * resource.getpagesize() // MB for count in pages]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=8098)
    given = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("reference", verbosity=0)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    server = served(given.port)
    try:
        speed(Sender(given.port).whole, made(4), 4)
        before = resident(server)
        throughput(given.port, given.files, given.rounds)
        print(f"\nWeb processes: {before} MB before, {resident(server)} MB after.")
    finally:
        server.terminate()
        server.wait()
    memory()


if __name__ == "__main__":
    main()
