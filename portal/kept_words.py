"""What somebody searches people by stays out of addresses and logs: the session holds it, the address a mark."""

from string import ascii_lowercase

from django.http import HttpRequest
from django.utils.crypto import get_random_string

KEEP = 10  # searches of one list; the oldest go first


def keep_words(request: HttpRequest, box: str, words: str) -> str:
    """Keep the words of a search in this session; returns their mark, "" if there are none."""
    words = words.strip()
    if not words:
        return ""
    mark = get_random_string(11, ascii_lowercase)
    kept = list(request.session.get(box, {}).items())[1 - KEEP :]
    request.session[box] = dict([*kept, (mark, words)])
    return mark


def kept_words(request: HttpRequest, box: str, mark: str) -> str:
    """The words of a mark; "" for one of another session."""
    return request.session.get(box, {}).get(mark, "")
