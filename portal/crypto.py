"""Personal data at rest: sealed with SM4-GCM, found again through a blind index (HMAC-SM3).

A sealed value is: version (1 byte), length of the key's id (1 byte), key id, nonce (12 bytes), cipher text, tag
(16 bytes). Header and place ("app.model.field:pk") are authenticated, so a value that is copied to another row,
field or key is refused. Keys: settings.FIELD_KEYS, {id: hex}, the first seals, all open; settings.INDEX_KEY.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.core import checks
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models.query_utils import DeferredAttribute

VERSION = 1
NONCE, TAG = 12, 16


class Undecipherable(Exception):
    """A sealed value does not belong here: another row or field, a damaged text, or a key that is gone."""


def seal_bytes(data: bytes, aad: str) -> bytes:
    """`data` sealed with the current key for the place that `aad` names, such as "document:<id>"."""
    key_id = _current_key()
    header, nonce = _header(key_id), os.urandom(NONCE)
    encryptor = Cipher(algorithms.SM4(_key(key_id)), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(header + aad.encode())
    return b"".join([header, nonce, encryptor.update(data), encryptor.finalize(), encryptor.tag])


def open_bytes(blob: bytes, aad: str) -> bytes:
    """What `seal_bytes` sealed for the same place. Raises Undecipherable."""
    key_id, start = _read_header(blob)
    nonce, body, tag = blob[start : start + NONCE], blob[start + NONCE : -TAG], blob[-TAG:]
    decryptor = Cipher(algorithms.SM4(_key(key_id)), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(blob[:start] + aad.encode())
    try:
        return decryptor.update(body) + decryptor.finalize()
    except InvalidTag:
        raise Undecipherable(f"The value was not sealed for {aad}, or it is damaged.") from None


def blind_index(value: str, *, purpose: str) -> str:
    """64 hex digits by which a sealed value is found again; equal values of two purposes do not look equal."""
    mac = hmac.HMAC(bytes.fromhex(settings.INDEX_KEY), hashes.SM3())
    mac.update(f"{purpose}\0{value}".encode())
    return mac.finalize().hex()


def _current_key() -> str:
    return next(iter(settings.FIELD_KEYS))


def _key(key_id: str) -> bytes:
    try:
        return bytes.fromhex(settings.FIELD_KEYS[key_id])
    except KeyError:
        raise Undecipherable(f"FIELD_KEYS has no key {key_id!r}.") from None


def _header(key_id: str) -> bytes:
    return bytes([VERSION, len(key_id.encode())]) + key_id.encode()


def _read_header(blob: bytes) -> tuple[str, int]:
    """The id of the key that sealed the blob, and where its nonce begins."""
    start = 2 + blob[1] if len(blob) > 1 else 0
    if len(blob) < start + NONCE + TAG or blob[0] != VERSION:
        raise Undecipherable("This is no sealed value.")
    return blob[2:start].decode(errors="replace"), start


class Sealed:
    """The sealed text of a field as it lies in the database, until somebody asks for the value."""

    __slots__ = ("text",)

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return "<sealed>"

    @property
    def key_id(self) -> str:
        return _read_header(self.blob)[0]

    @property
    def blob(self) -> bytes:
        try:
            return b64decode(self.text, validate=True)
        except ValueError:
            raise Undecipherable("This is no sealed value.") from None


class OpenedOnAccess(DeferredAttribute):
    """Opens a sealed value when the attribute is read, so that a list of people costs nothing it does not show."""

    field: Any

    def __get__(self, instance, cls=None):
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = self.field.unseal(value, instance)
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """Text that the database never sees. Written by save() and bulk_create(); found only by a blind index.

    None and "" are stored as they are. Renaming the model or the field strands its values: open them first.
    """

    descriptor_class = OpenedOnAccess

    def check(self, **kwargs):
        return [*super().check(**kwargs), *self._check_key()]

    def _check_key(self):
        if self.model._meta.pk.has_default():
            return []
        return [
            checks.Error(
                "An encrypted field needs a primary key that exists before saving.", obj=self, id="portal.E001"
            )
        ]

    def seal(self, value: Any, instance: models.Model) -> Sealed:
        return Sealed(b64encode(seal_bytes(self.encode(value), self.place(instance))).decode())

    def unseal(self, sealed: Sealed, instance: models.Model) -> Any:
        return self.decode(open_bytes(sealed.blob, self.place(instance)))

    def place(self, instance: models.Model) -> str:
        return f"{self.model._meta.label_lower}.{self.name}:{instance.pk}"

    def encode(self, value: Any) -> bytes:
        return str(value).encode()

    def decode(self, data: bytes) -> Any:
        return data.decode()

    def is_plain(self, value: Any) -> bool:
        """Whether the value is stored as it is, for it says nothing."""
        return value is None or value == ""

    def from_db_value(self, value, expression, connection):
        return value if self.is_plain(value) else Sealed(value)

    def pre_save(self, instance, add):
        value = instance.__dict__.get(self.attname)
        if isinstance(value, Sealed) and not add:
            return value  # nobody opened it, so nothing changed
        value = getattr(instance, self.attname)
        return value if self.is_plain(value) or hasattr(value, "resolve_expression") else self.seal(value, instance)

    def get_prep_value(self, value):
        if isinstance(value, Sealed):
            return value.text
        if self.is_plain(value):
            return value
        raise TypeError(f"{self} is sealed: write it with save() or bulk_create(), find it by its blind index.")


class EncryptedJSONField(EncryptedTextField):
    """Any JSON value, sealed like EncryptedTextField. Only None is stored as it is."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def to_python(self, value):
        return value

    def encode(self, value):
        return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder).encode()

    def decode(self, data):
        return json.loads(data)

    def is_plain(self, value):
        return value is None


# Another key. Every value says which key sealed it, so old and new ones stand side by side until all are renewed.


def is_current(blob: bytes) -> bool:
    """Whether the current key sealed it. Raises Undecipherable."""
    return _read_header(blob)[0] == _current_key()


def reseal(blob: bytes, aad: str) -> bytes:
    """The same content of the same place under the current key. Raises Undecipherable."""
    return seal_bytes(open_bytes(blob, aad), aad)


def under_older_keys(model: type[models.Model], name: str) -> models.QuerySet:
    """The rows of which an older key sealed the field; the database compares the headers."""
    header = _header(_current_key())
    table, column = (connection.ops.quote_name(part) for part in (model._meta.db_table, column_of(model, name)))
    place, letters = f"{table}.{column}", -(-len(header) // 3) * 4
    where = f"{place} <> '' AND substring(decode(left({place}, {letters}), 'base64') FOR {len(header)}) <> %s"
    return model._base_manager.filter(**{f"{name}__isnull": False}).extra(where=[where], params=[header])


def column_of(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return field.column


def renew(row: models.Model, name: str) -> bool:
    """Seal one value anew with the current key, unless somebody wrote a newer one meanwhile. Raises Undecipherable."""
    field: Any = row._meta.get_field(name)
    sealed = row.__dict__[name]
    unchanged = type(row)._base_manager.filter(**{"pk": row.pk, name: sealed})
    return bool(unchanged.update(**{name: field.seal(field.unseal(sealed, row), row)}))


def reencrypt(model: type[models.Model], name: str) -> Iterator[Any]:
    """Seal anew, with the current key, each value of a field that an older key sealed; yields the rows' keys."""
    for row in under_older_keys(model, name).only("pk", name).iterator():
        if renew(row, name):
            yield row.pk
