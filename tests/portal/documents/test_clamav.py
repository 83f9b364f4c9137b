"""The scanner: a stand-in speaks clamd's INSTREAM protocol over a real socket. Silence is never "clean"."""

import socket
import struct
from threading import Thread

import pytest
from django.core.management import CommandError, call_command

from portal.documents import clamav, storage
from portal.documents.models import Document
from portal.documents.tasks import INFECTED, check_documents
from tests.portal.documents import files

pytestmark = pytest.mark.django_db

BAD = b"THIS-IS-BAD"


class StandIn:
    """Takes streams and answers as clamd does; `says` answers anything else instead, None hangs up."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.seen, self.says = [], ...
        Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                data = b""
                while length := struct.unpack(">I", stream.read(4))[0]:
                    data += stream.read(length)
                self.seen.append(data)
                said = (b"stream: Test.Bad FOUND" if BAD in data else b"stream: OK") if self.says is ... else self.says
                if said is not None:
                    line.sendall(said + b"\0")


@pytest.fixture
def scanner(settings):
    standing_in = StandIn()
    settings.CLAMD = standing_in.address
    yield standing_in
    standing_in.listener.close()


def test_without_a_scanner_a_file_is_ready_and_called_unscanned(kept):
    document = kept(files.pdf(), "a.pdf")
    assert (document.state, document.get_scan_display()) == ("ready", "未扫描")


def test_a_clean_file_is_ready_and_called_scanned(kept, scanner):
    data = files.pdf() + bytes(600_000) + b"%%EOF"
    document = kept(data, "a.pdf")
    assert (document.state, document.scan, scanner.seen) == ("ready", "clean", [data])


def test_a_finding_refuses_the_file_with_a_sentence(kept, scanner, lying):
    document = kept(files.pdf() + BAD + b"\n%%EOF", "a.pdf")
    assert (document.state, document.scan, document.problem) == ("refused", "infected", INFECTED)


@pytest.mark.parametrize("says", [b"INSTREAM size limit exceeded. ERROR", b"", None])
def test_what_is_no_verdict_leaves_the_file_waiting_and_unshown(kept, scanner, says):
    scanner.says = says
    document = kept(files.pdf(), "a.pdf")
    assert (document.state, document.scan, document.attempts) == ("checking", "unscanned", 0)
    scanner.says = ...
    Document.objects.update(lease_until=None)
    check_documents()
    document.refresh_from_db()
    assert (document.state, document.scan) == ("ready", "clean")


def test_a_scanner_that_is_away_leaves_the_file_waiting(kept, settings):
    settings.CLAMD = "127.0.0.1:1"
    document = kept(files.pdf(), "a.pdf")
    assert (document.state, document.attempts) == ("checking", 0)


def test_a_scanner_in_the_file_system_is_asked_there(settings, tmp_path):
    settings.CLAMD = str(tmp_path / "clamd.sock")
    with pytest.raises(clamav.NoAnswer):
        clamav.scan(b"x")


def test_a_scanner_that_comes_later_looks_at_what_it_has_not_seen(kept, scanner, settings, capsys):
    settings.CLAMD = ""
    bad, good = kept(files.pdf() + BAD + b"\n%%EOF", "a.pdf"), kept(files.pdf(), "b.pdf")
    with pytest.raises(CommandError):
        call_command("documents", "scan")
    settings.CLAMD = scanner.address
    call_command("documents", "scan")
    bad.refresh_from_db(), good.refresh_from_db()
    assert ((bad.state, bad.scan), (good.state, good.scan)) == (("refused", "infected"), ("ready", "clean"))
    assert "2 scanned, 1 with a finding." in capsys.readouterr().out
    assert storage.read(good)
