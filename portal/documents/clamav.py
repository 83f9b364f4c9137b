"""Asking a ClamAV daemon about a file: its INSTREAM protocol over a socket, without trusting it to answer."""

import socket
import struct

from django.conf import settings

CONNECT_WITHIN = 3  # seconds
ANSWER_WITHIN = 60  # seconds for the whole file
BLOCK = 256 * 1024


class NoAnswer(OSError):
    """The scanner is away, hangs or would not look: nothing is known about the file."""


def is_configured() -> bool:
    return bool(settings.CLAMD)


def scan(data: bytes) -> str:
    """The name of what was found in `data`, "" if it is clean. Raises NoAnswer; silence is never "clean"."""
    try:
        with connected() as daemon:
            daemon.settimeout(ANSWER_WITHIN)
            daemon.sendall(b"zINSTREAM\0")
            for start in range(0, len(data), BLOCK):
                block = data[start : start + BLOCK]
                daemon.sendall(struct.pack(">I", len(block)) + block)
            daemon.sendall(struct.pack(">I", 0))
            return verdict(answer_of(daemon))
    except OSError as error:
        raise NoAnswer(f"the scanner does not answer: {error}") from error


def connected() -> socket.socket:
    """A connection to host:port, or to a socket in the file system where the address is a path."""
    if settings.CLAMD.startswith("/"):
        daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        daemon.settimeout(CONNECT_WITHIN)
        daemon.connect(settings.CLAMD)
        return daemon
    host, _, port = settings.CLAMD.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_WITHIN)


def answer_of(daemon: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < 4096 and (block := daemon.recv(1024)):
        said += block
    return said.rstrip(b"\0\n").decode(errors="replace")


def verdict(answer: str) -> str:
    """ "stream: OK" and "stream: Eicar-Test FOUND"; everything else, such as a size limit, is no verdict."""
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")[:100] or "?"
    raise NoAnswer(f"no verdict: {answer[:100]}")
