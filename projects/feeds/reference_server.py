"""A small source of permits and awards, for trying and testing: python -m projects.feeds.reference_server

It speaks the format of docs/feeds.md over numbered rows, and can be as bad as real ones: slow, broken, lying.

    --rows 1000        how many permits it has
    --port 8090        where it listens, on this machine only
    --token SECRET     what it asks for as "Authorization: Bearer SECRET"
    --mode MODE        sound | slow | drip | broken | cut | html | count | backwards | circle | again | huge | redirect
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(number: int) -> str:
    """A credit code with a right check character (GB 32100), of no real company."""
    body = f"91420102MA{number:06d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = sum(int(sign, 36) * weight for sign, weight in zip(body[8:16], weights, strict=True)) % 11
    code = body + "0123456789X0"[11 - rest]
    total = sum(ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(code))
    return code + ALPHABET[(31 - total % 31) % 31]


def permit(number: int, *, version: int = 1) -> dict[str, Any]:
    """The permit of a number, always the same."""
    day, serial = date(2024, 1, 1) + timedelta(days=number // 10_000), number % 10_000
    return {
        "permit_no": f"420102{day:%Y%m%d}{serial:04d}",
        "status": "valid",
        "issued_on": "2026-09-15",
        "version": str(version),
        "project_no": f"420102{day:%y%m%d}{serial:04d}",
        "project_name": f"示例住宅项目第{number}期",
        "works_name": f"示例住宅项目第{number}期（{number % 9 + 1}#楼及地下室）",
        "category": "01",
        "district": "420102",
        "address": f"江岸区解放大道{number}号",
        "longitude": 114.3 + number % 1000 / 10_000,
        "latitude": 30.6 + number % 1000 / 20_000,
        "construction_area_m2": 10_000 + number % 5000,
        "contract_amount_wan": 4000 + number % 3000,
        "planned_start_date": "2026-10-01",
        "planned_completion_date": "2028-09-30",
        "construction_scale": f"住宅{number % 9 + 1}栋及地下室。",
        "parties": [
            {"party_type": "owner", "unit_name": f"示例置业第{number % 500}有限公司", "uscc": uscc(number % 500)},
            {"party_type": "contractor", "unit_name": "示例建设集团", "uscc": uscc(500 + number % 300)},
            {"party_type": "supervisor", "unit_name": "示例监理", "uscc": uscc(800 + number % 100)},
        ],
    }


def award(number: int) -> dict[str, Any]:
    """The award of a number: the same project without a permit."""
    facts = permit(number)
    for name in ("permit_no", "status", "issued_on"):
        del facts[name]
    return facts | {"award_no": f"WHZB-2026-{number:06d}", "awarded_on": "2026-06-01"}


class Source(ThreadingHTTPServer):
    """A source that a test can change while it runs: `rows`, `mode`, `token`; `asked` is what it was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, rows: list[dict[str, Any]] | None = None, *, mode: str = "sound", token: str = "", port: int = 0
    ):
        super().__init__(("127.0.0.1", port), Answer)
        self.rows = [permit(number) for number in range(1, 4)] if rows is None else rows
        self.mode, self.token = mode, token
        self.asked: list[dict[str, str]] = []
        self.pause = 0.2  # seconds, for the modes slow and drip

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/permits"

    def __enter__(self) -> "Source":
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Source

    def do_GET(self) -> None:
        query = {
            name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()
        }
        asked = query | {"etag": self.headers.get("If-None-Match", "")}
        self.server.asked.append(asked)
        if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self.send(401, b"{}")
            return
        MODES.get(self.server.mode, Answer.sound)(self, asked)

    def log_message(self, format: str, *values: Any) -> None:
        """Nothing: the portal's run page tells the story."""

    def send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def page(self, asked: dict[str, str]) -> dict[str, Any]:
        """The rows after the cursor: their running numbers are the cursors."""
        start, limit = int(asked.get("cursor") or 0), int(asked.get("limit", 1000))
        rows = self.server.rows[start : start + limit]
        end = start + len(rows)
        return {"rows": rows, "count": len(rows), "next": str(end), "more": end < len(self.server.rows)}

    def say(self, page: dict[str, Any], asked: dict[str, str]) -> None:
        body = json.dumps(page).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if asked["etag"] == etag:
            self.send(304, b"", ETag=etag)
        else:
            self.send(200, body, ETag=etag)

    def sound(self, asked: dict[str, str]) -> None:
        self.say(self.page(asked), asked)

    def slow(self, asked: dict[str, str]) -> None:
        time.sleep(self.server.pause)
        self.sound(asked)

    def drip(self, asked: dict[str, str]) -> None:
        body = json.dumps(self.page(asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for place in range(len(body)):
            self.wfile.write(body[place : place + 1])
            self.wfile.flush()
            time.sleep(self.server.pause)

    def broken(self, asked: dict[str, str]) -> None:
        self.send(500, b"Internal Server Error", "text/plain")

    def busy(self, asked: dict[str, str]) -> None:
        self.send(503, b"", "text/plain", Retry_After="600")

    def cut(self, asked: dict[str, str]) -> None:
        body = json.dumps(self.page(asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def html(self, asked: dict[str, str]) -> None:
        self.send(200, "<!DOCTYPE html><title>登录</title>".encode(), "text/html; charset=utf-8")

    def count(self, asked: dict[str, str]) -> None:
        self.say(self.page(asked) | {"count": 1000}, asked)

    def backwards(self, asked: dict[str, str]) -> None:
        self.say(self.page(asked) | {"next": "1" if int(asked.get("cursor") or 0) > 1 else "2", "more": True}, asked)

    def circle(self, asked: dict[str, str]) -> None:
        self.say(self.page(asked | {"cursor": "0"}) | {"next": asked.get("cursor", ""), "more": True}, asked)

    def again(self, asked: dict[str, str]) -> None:
        following = str(int(asked.get("cursor") or 0) + 1)
        self.say(self.page(asked | {"cursor": "0"}) | {"next": following, "more": True}, asked)

    def huge(self, asked: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        for _piece in range(1024):
            self.wfile.write(b" " * 1024 * 1024)

    def redirect(self, asked: dict[str, str]) -> None:
        self.send(302, b"", "text/plain", Location="http://127.0.0.1:1/elsewhere")


MODES: dict[str, Callable[[Answer, dict[str, str]], None]] = {
    name: getattr(Answer, name)
    for name in (
        "sound", "slow", "drip", "broken", "busy", "cut", "html", "count", "backwards", "circle", "again", "huge", "redirect"
    )
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="A source of permits, for trying and testing.")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--token", default="")
    parser.add_argument("--mode", choices=sorted(MODES), default="sound")
    parser.add_argument("--feed", choices=["permits", "awards"], default="permits")
    options = parser.parse_args()
    make = permit if options.feed == "permits" else award
    rows = [make(number) for number in range(1, options.rows + 1)]
    source = Source(rows, mode=options.mode, token=options.token, port=options.port)
    print(f"{options.rows} rows at {source.url} ({options.mode})", flush=True)
    try:
        source.serve_forever()
    except KeyboardInterrupt:
        source.server_close()


if __name__ == "__main__":
    main()
