"""Finding rows by a Chinese keyword: one array of tokens with one GIN index, filters included.

Tokens are pairs of neighbouring characters where one is Chinese, threes of letters and digits, and filters such
as "status:returned". A row matches when it has all tokens of the keyword and its text contains the keyword;
a keyword that is one token needs no second look. The concrete model declares the index:
`GinIndex(fields=["search_tokens"], name="…")`.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import QuerySet

from portal.validators import HAN

CAP = 10_000  # more rows than this are not counted
LONGEST_KEYWORD = 100  # characters
SEARCH_FIELDS = ["search_tokens", "search_text"]

# Found in most rows, so they cost much and tell little: left out where the keyword has anything better.
STOP_GRAMS = frozenset(["工程", "项目", "有限", "限公", "公司", "武汉", "建设", "420", "201"])

# Both look ahead, so that neighbours overlap; what is neither Chinese, letter nor digit parts them.
PAIRS = re.compile(f"(?=([{HAN}][a-z0-9{HAN}]|[a-z0-9][{HAN}]))")
THREES = re.compile("(?=([a-z0-9]{3}))")


class Searchable(models.Model):
    """A row that is found by keyword. Actions call `index_search()` before they save it."""

    search_tokens = ArrayField(models.TextField(), default=list, editable=False)
    search_text = models.TextField(default="", editable=False)

    class Meta:
        abstract = True

    def search_parts(self) -> tuple[list[str], dict[str, Any]]:
        """The texts to be found by, and the filters of the lists it stands in: ([name, number], {"status": …})."""
        raise NotImplementedError

    def index_search(self, *more: str) -> None:
        """Set both search fields from the row as it is now; saving them (SEARCH_FIELDS) is the caller's.

        `more`: texts of rows below it that are about to be saved.
        """
        texts, filters = self.search_parts()
        texts = [*texts, *more]
        self.search_tokens, self.search_text = indexed(*texts, **filters)


def fold(text: str) -> str:
    """The text as it is compared: small letters, half-width, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", str(text)).lower().split())


def grams(text: str) -> list[str]:
    """The distinct tokens of a text, sorted. A text of one character, or two Latin ones, has none."""
    return sorted(_grams_in(fold(text)))


def _grams_in(folded: str) -> set[str]:
    return {*PAIRS.findall(folded), *THREES.findall(folded)}


def indexed(*texts: str | None, **filters: Any) -> tuple[list[str], str]:
    """Both search fields of a row with these texts and filters: its tokens and its folded text."""
    text = "\n".join(fold(text) for text in texts if text)
    words = _grams_in(text).union(*(_filter_tokens(name, value) for name, value in filters.items()))
    return sorted(words), text


def tokens_of(*texts: str | None, **filters: Any) -> list[str]:
    """What a row is indexed under: the grams of its texts and one "name:value" per filter value; empty ones not."""
    return indexed(*texts, **filters)[0]


class Words(NamedTuple):
    """A keyword as the index takes it: tokens that a row has, and words that its text contains besides."""

    tokens: list[str]
    contained: list[str]


def words_of(keyword: str | None, *, tokens: Iterable[str] = ()) -> Words:
    """`tokens`: of filters that restrict the index too."""
    exact, contained = set(tokens), []
    for word in fold(keyword or "")[:LONGEST_KEYWORD].split():
        word_grams = grams(word)
        exact |= {gram for gram in word_grams if gram not in STOP_GRAMS} or set(word_grams)
        if word_grams != [word]:
            contained.append(word)
    return Words(sorted(exact), contained)


def find(queryset: QuerySet, keyword: str | None, **filters: Any) -> QuerySet:
    """The rows with every word of the keyword and every filter; of a filter's several values one is enough.

    Empty keywords and filters do not restrict. Not for a queryset of values().
    """
    exact: list[str] = []
    for name, value in filters.items():
        tokens = _filter_tokens(name, value)
        if len(tokens) == 1:
            exact += tokens
        elif tokens:
            queryset = queryset.filter(search_tokens__overlap=tokens)
    words = words_of(keyword, tokens=exact)
    for word in words.contained:
        queryset = queryset.filter(search_text__contains=word)
    queryset = queryset.defer(*SEARCH_FIELDS)  # a kilobyte a row that no list shows
    return queryset.filter(search_tokens__contains=words.tokens) if words.tokens else queryset


def capped_count(queryset: QuerySet, cap: int = CAP) -> int:
    """How many rows there are, counting no further than cap + 1."""
    return queryset.order_by().values("pk")[: cap + 1].count()


def reindex(queryset: QuerySet, batch: int = 500) -> int:
    """Set the search fields of many rows anew, as after a name they show has changed; how many were written."""
    rows: list[Any] = []
    count = 0
    for row in queryset.iterator(chunk_size=batch):
        row.index_search()
        rows.append(row)
        if len(rows) == batch:
            count += queryset.model._base_manager.bulk_update(rows, SEARCH_FIELDS)
            rows = []
    return count + (queryset.model._base_manager.bulk_update(rows, SEARCH_FIELDS) if rows else 0)


def filter_token(name: str, value: Any) -> str:
    """Under which token a row with this value of a filter stands in the index."""
    return f"{name}:{value}"


def _filter_tokens(name: str, value: Any) -> list[str]:
    values = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    return [filter_token(name, one) for one in values if one not in (None, "")]
