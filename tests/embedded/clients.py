"""A browser's bare hands: cookies, forms and files by urllib, for tests in which the portal falls underneath."""

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import NamedTuple
from uuid import uuid4

LOST = (OSError, HTTPException)  # the server went away before or while it answered


class Reply(NamedTuple):
    status: int
    url: str
    text: str
    content: bytes


class Client:
    """Somebody at the portal on this machine."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Reply:
        return self.ask(urllib.request.Request(urllib.parse.urljoin(self.root, path)))

    def post(self, path: str, fields: list[tuple[str, str]], file: tuple[str, bytes] | None = None) -> Reply:
        """Post a form; one with a file as a script does, which asks for JSON."""
        request = urllib.request.Request(urllib.parse.urljoin(self.root, path), method="POST")
        if file is None:
            request.data = urllib.parse.urlencode(fields).encode()
        else:
            boundary = uuid4().hex
            request.data = multipart(fields, file, boundary)
            request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
            request.add_header("Accept", "application/json")
        request.add_header("Referer", self.root)
        return self.ask(request)

    def ask(self, request: urllib.request.Request) -> Reply:
        try:
            with self.opener.open(request, timeout=20) as reply:
                content = reply.read()
                return Reply(reply.status, reply.url, content.decode(errors="replace"), content)
        except urllib.error.HTTPError as error:
            content = error.read()
            return Reply(error.code, error.url, content.decode(errors="replace"), content)

    def sign_in(self, account: str, password: str) -> None:
        page = self.get("/")
        fields = [("csrfmiddlewaretoken", csrf(page)), ("side", "enterprise")]
        reply = self.post("/", [*fields, ("account", account), ("password", password)])
        assert reply.url.endswith("/home/"), reply.text


def multipart(fields: list[tuple[str, str]], file: tuple[str, bytes], boundary: str) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file[0]}"\r\n\r\n'
    return "".join([*parts, head]).encode() + file[1] + f"\r\n--{boundary}--\r\n".encode()


def values_of(page: Reply, name: str) -> list[str]:
    """The values of the page's controls of that name."""
    tags = re.findall(r"<(?:input|textarea)[^>]*>", page.text)
    mine = [tag for tag in tags if f' name="{name}"' in tag]
    return [html.unescape(found[1]) if (found := re.search(r' value="([^"]*)"', tag)) else "" for tag in mine]


def csrf(page: Reply) -> str:
    return values_of(page, "csrfmiddlewaretoken")[0]
