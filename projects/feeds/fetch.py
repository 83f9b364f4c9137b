"""One page from an HTTP source, or the sentence that says why not.

The address comes from the settings alone, is asked as it stands, and no redirect is followed. Nothing that a source
sends may cost more than the limits below; what it says about itself is not believed (security 1.3.6, S12).
The standard library does this: one request after another needs no pool, and no library retries on its own.
"""

import hashlib
import http.client
import json
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Event, Timer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

ROWS_ASKED = 1000  # rows a page that we ask for
MOST_ROWS = 5000  # rows a page that we take
MOST_BYTES = 20 * 1024 * 1024  # of one page
PAGE_SECONDS = 90  # for one page, however it drips
LONGEST_WAIT = 3600  # seconds that a source may ask us to stay away


class SourceFault(Exception):
    """The source did something wrong; the text is for the run page. `wait`: seconds it asked us to stay away."""

    def __init__(self, text: str, wait: int = 0) -> None:
        super().__init__(text)
        self.wait = wait


@dataclass(frozen=True)
class Source:
    """Where a feed comes from."""

    address: str
    token: str = ""

    @property
    def shown(self) -> str:
        """The address as pages show it: neither its query nor a password, either may be a secret."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


@dataclass(frozen=True)
class Page:
    """What a source answered; `fresh` is False when it said that nothing is new."""

    rows: list[Any]
    next: str
    more: bool
    etag: str = ""
    digest: str = ""
    fresh: bool = True


def source_of(feed: str) -> Source | None:
    """The source that the settings name for a feed, or None: 未配置."""
    address, token = settings.FEED_SOURCES.get(feed, ("", ""))
    return Source(address, token) if address else None


def fetch_page(source: Source, cursor: str, etag: str = "") -> Page:
    """Ask for the rows after `cursor`. Raises SourceFault for every answer but a sound page or "nothing new"."""
    try:
        status, headers, body = ask(source, cursor, etag)
    except TimeoutError:
        raise SourceFault(_("来源没有在规定时间内应答")) from None
    except ssl.SSLError as error:
        raise SourceFault(_("来源的证书或加密连接有误（%(why)s）") % {"why": error.reason or "SSL"}) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceFault(_("连接来源失败或中途断开（%(why)s）") % {"why": type(error).__name__}) from None
    if status == 304 and etag:
        return Page([], cursor, False, etag, fresh=False)
    require_sound(status, headers)
    return page_of(body, headers, cursor)


def ask(source: Source, cursor: str, etag: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send one request and read the answer within the limits."""
    parts = urlsplit(source.address)
    query = urlencode([*parse_qsl(parts.query), ("cursor", cursor), ("limit", str(ROWS_ASKED))])
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "construction-portal-feed"}
    headers |= {"Authorization": f"Bearer {source.token}"} if source.token else {}
    headers |= {"If-None-Match": etag} if etag else {}
    with closing(connected(parts)) as line:
        is_late = Event()
        timer = Timer(PAGE_SECONDS, hang_up, [line.sock, is_late])
        timer.start()
        try:
            line.request("GET", f"{parts.path or '/'}?{query}", headers=headers)
            answer = line.getresponse()
            body = read(answer)
        except (OSError, http.client.HTTPException):
            if is_late.is_set():  # it was we who hung up
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
        if is_late.is_set():
            raise TimeoutError
        return answer.status, answer.headers, body


def connected(parts: Any) -> http.client.HTTPConnection:
    """A connection whose other end is where it may be; checked before anything is said."""
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise SourceFault(_("来源地址不是 http 或 https 地址"))
    if parts.scheme == "http" and settings.PRODUCTION:
        raise SourceFault(_("正式环境只允许 https 来源"))
    line: http.client.HTTPConnection
    if parts.scheme == "https":
        line = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=settings.FEED_TIMEOUT, context=ssl.create_default_context()
        )
    else:
        line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=settings.FEED_TIMEOUT)
    line.connect()
    if not may_talk_to(line.sock.getpeername()[0]):
        line.close()
        raise SourceFault(_("来源解析到不允许访问的地址"))
    return line


def may_talk_to(address: str) -> bool:
    """Whether a source may live there: never link-local (a cloud's metadata); inside our network only by setting."""
    place = ip_address(address.partition("%")[0])
    place = getattr(place, "ipv4_mapped", None) or place
    if place.is_link_local or place.is_multicast or place.is_unspecified:
        return False
    return place.is_global or settings.FEED_PRIVATE_NETWORK


def hang_up(sock: socket.socket | None, is_late: Event) -> None:
    is_late.set()
    try:
        if sock:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def read(answer: http.client.HTTPResponse) -> bytes:
    body = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise SourceFault(_("来源一页的数据超过 %(most)d MB") % {"most": MOST_BYTES // 1024 // 1024})
    if answer.length:
        raise http.client.IncompleteRead(body)
    return body


def require_sound(status: int, headers: http.client.HTTPMessage) -> None:
    """Raise SourceFault unless the head of the answer is that of a page."""
    wait = headers.get("Retry-After", "")
    seconds = min(int(wait), LONGEST_WAIT) if wait.isascii() and wait.isdigit() else 0
    if 300 <= status < 400:
        raise SourceFault(_("来源要求跳转到其他地址（%(status)d），已拒绝") % {"status": status})
    if status in (401, 403):
        raise SourceFault(_("来源拒绝访问（%(status)d），请检查访问令牌") % {"status": status})
    if status != 200:
        raise SourceFault(_("来源返回错误（%(status)d）") % {"status": status}, seconds)
    kind = headers.get_content_type()
    if kind != "application/json" and not kind.endswith("+json"):
        raise SourceFault(_("来源返回的不是 JSON（%(kind)s）") % {"kind": kind[:60]})


def page_of(body: bytes, headers: http.client.HTTPMessage, cursor: str) -> Page:
    """The page in an answer. Raises SourceFault where it contradicts itself or what was asked."""
    try:
        said = json.loads(body, parse_float=str)
    except (ValueError, RecursionError):
        raise SourceFault(_("来源返回的 JSON 不完整或无法读取")) from None
    rows, following, more = (
        (said.get(name) for name in ("rows", "next", "more")) if isinstance(said, dict) else [None] * 3
    )
    if not isinstance(rows, list) or not isinstance(more, bool) or not isinstance(following, str | int | None):
        raise SourceFault(_("来源返回的内容不符合接口格式（rows、next、more）"))
    count = said.get("count", len(rows))
    if count != len(rows):
        facts = {"count": str(count)[:20], "rows": len(rows)}
        raise SourceFault(_("来源声称本页 %(count)s 行，实际 %(rows)d 行，本页未采用") % facts)
    if len(rows) > MOST_ROWS:
        raise SourceFault(_("来源一页超过 %(most)d 行") % {"most": MOST_ROWS})
    following = cursor if following is None else str(following)
    if len(following) > 200 or not following.isprintable():
        raise SourceFault(_("来源给出的游标不符合接口格式"))
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest() if rows else ""
    return Page(rows, following, more, headers.get("ETag", "")[:200], digest)
