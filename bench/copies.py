"""A large city from a smaller one: each filing again under other names, copied by the database.

In names the signs that stand in no other word change places, one with another, so a copy has as many pairs as its
original and other keywords. Numbers get an end of one digit, which adds no token. What is sealed belongs to its row and is left out:
the version of a copy holds nothing, so a copy stands in lists and searches but its reviews cannot be opened.
"""

from typing import Any

from bench.names import KINDS, PARTS, SIGNS, TAILS, TRADES
from projects.models import Project
from supervision.models import Filing, FilingParty, FilingVersion, Review

WORDS = (
    "".join([*KINDS, *PARTS, *TAILS, *TRADES])
    + "湖北武汉中建中铁有限公司详见施工图区号江岸汉阳硚口昌青山洪东西湖南蔡甸夏黄陂新洲开发高技术经济风景化学工业区街道长"
)
FREE = "".join(sign for sign in dict.fromkeys(SIGNS) if sign not in WORDS)
ID = "pg_temp.key_of({column}, 'copy{nth}')"
TEXT = "translate({column}, '{signs}', '{others}')"
NUMBER = "{column} || '-{nth}'"
ROWS: list[tuple[Any, dict[str, str]]] = [
    (Project, {"id": ID, "name": TEXT, "works_name": TEXT, "address": TEXT, "project_no": NUMBER, "temporary_no": NUMBER}),
    (Filing, {
        "id": ID, "project_id": ID, "works_name": TEXT, "project_name": TEXT, "address": TEXT, "construction_scale": TEXT,
        "number": NUMBER, "live_key": "pg_temp.key_of({column}::uuid, 'copy{nth}')::text",
        "project_no": "CASE WHEN project_no = '' THEN '' ELSE project_no || '-{nth}' END",
        "permit_no": "CASE WHEN permit_no = '' THEN '' ELSE permit_no || '-{nth}' END",
        "changed_at": "changed_at - interval '{nth} minutes'",
    }),
    (FilingParty, {"id": ID, "filing_id": ID, "unit_name": TEXT, "head_id_number": "NULL", "head_phone": "NULL"}),
    (FilingVersion, {"id": ID, "filing_id": ID, "works_name": TEXT, "data": "''"}),
    (Review, {"id": ID, "filing_id": ID, "version_id": ID}),
]  # fmt: skip
SEARCH = {
    "search_tokens": "string_to_array(translate(array_to_string(search_tokens, '|'), '{signs}', '{others}'), '|')",
    "search_text": {
        Project: "translate(replace(search_text, lower(coalesce(project_no, temporary_no)), lower(coalesce(project_no, temporary_no)) || '-{nth}'), '{signs}', '{others}')",
        Filing: "array_to_string(ARRAY(SELECT CASE WHEN line IN (lower(number), project_no, permit_no) AND line <> '' "
        "THEN line || '-{nth}' ELSE translate(line, '{signs}', '{others}') END FROM unnest(string_to_array(search_text, E'\\n')) WITH ORDINALITY l(line, place) ORDER BY place), E'\\n')",
    },
}


def statements(copies: int) -> list[list[str]]:
    """For each table, in the order of its foreign keys, what makes the copies number 1, 2 …"""
    found = []
    for model, changes in ROWS:
        if model in (Project, Filing):
            texts: dict[Any, str] = SEARCH["search_text"]  # type: ignore[assignment]
            changes = changes | {"search_tokens": SEARCH["search_tokens"], "search_text": texts[model]}  # type: ignore[dict-item]
        found.append([copy_of(model, changes, nth) for nth in range(1, copies)])
    return found


def copy_of(model: Any, changes: dict[str, str], nth: int) -> str:
    columns = [field.column for field in model._meta.concrete_fields if not field.generated]
    turned = FREE[nth * 5 % len(FREE) :] + FREE[: nth * 5 % len(FREE)]
    said = [
        changes.get(column, '"{column}"').replace("{column}", column)
        .replace("{nth}", str(nth)).replace("{signs}", FREE).replace("{others}", turned)
        for column in columns
    ]  # fmt: skip
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(said)} FROM "{model._meta.db_table}" WHERE {ORIGINAL[model]}'


REMEMBER = "CREATE TABLE bench_original AS SELECT id FROM supervision_filing"
FORGET = "DROP TABLE bench_original"
# Which rows are originals, while copies are being written beside them.
ORIGINAL = {
    Project: "coalesce(project_no, temporary_no) !~ '-'",
    Filing: "id IN (SELECT id FROM bench_original)",
    FilingParty: "filing_id IN (SELECT id FROM bench_original)",
    FilingVersion: "filing_id IN (SELECT id FROM bench_original)",
    Review: "filing_id IN (SELECT id FROM bench_original)",
}
