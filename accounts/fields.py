"""Model fields that are encrypted in the database, and the blind index that finds a row by such a value.

A value is bound to its place (zone, model, field, row): a ciphertext copied to another row or zone is refused when it
is read. Reading is lazy: a row that is loaded costs no decryption until the attribute is looked at, and neither
`values()` nor `repr` ever holds the plain text. Encryption is done by `save()`, which knows the row; `update()` refuses
text.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import In
from django.db.models.query_utils import DeferredAttribute
from django.utils.dateparse import parse_date

from accounts import crypto
from zones.context import current_zone_id


@dataclass(frozen=True)
class Sealed:
    """An encrypted value as it lies in the database, and the zone that it was read in."""

    token: str = field(repr=False)
    zone_id: str

    def __str__(self) -> str:
        return "•••"


class EncryptedAttribute(DeferredAttribute):
    """Decrypts when it is looked at. Raises crypto.Undecipherable for a value that belongs to another place."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is None or not isinstance(value, Sealed):
            return value
        place = self.field.place(value.zone_id, instance.pk)
        return self.field.from_text(crypto.decrypt(value.token, context=place))

    def __set__(self, instance: Any, value: Any) -> None:
        # Without it the instance's own dictionary would be read first, and `__get__` never asked.
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """Text that only the application can read. Empty text is stored as such: that there is none is no secret.

    The model's primary key must be known before the row is inserted (a UUID with a default).
    """

    descriptor_class = EncryptedAttribute

    def place(self, zone_id: str, pk: Any) -> str:
        """What a token is bound to. Part of the data: another spelling could not read what was written."""
        return f"{zone_id}|{self.model._meta.label_lower}.{self.name}|{pk}"

    def to_text(self, value: Any) -> str:
        return str(value)

    def from_text(self, text: str) -> Any:
        return text

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return Sealed(value, current_zone_id()) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname)
        if value in (None, "") or isinstance(value, Sealed):
            return value
        zone_id = current_zone_id()
        token = crypto.encrypt(self.to_text(value), context=self.place(zone_id, model_instance.pk))
        sealed = Sealed(token, zone_id)
        setattr(model_instance, self.attname, sealed)
        return sealed

    def get_prep_value(self, value: Any) -> str | None:
        if isinstance(value, Sealed):
            return value.token
        if value is None or value == "":
            return value
        raise TypeError(f"{self.model.__name__}.{self.name} is encrypted: it is written by save(), row by row.")

    def value_to_string(self, obj: models.Model) -> str:
        # `dumpdata` writes what lies in the database.
        return str(getattr(obj.__dict__.get(self.attname), "token", ""))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self.model.__name__}.{self.name} is encrypted and cannot be searched; "
            f"where it has a blind index, ask that: {self.name}_index__seals=value."
        )

    def get_transform(self, lookup_name: str) -> Any:
        return self.get_lookup(lookup_name)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        found = super().check(**kwargs)
        key = self.model._meta.pk
        if key is not None and not key.has_default() and not key.remote_field:
            hint = "Give the model a UUID primary key with a default."
            found.append(
                checks.Error(
                    f"{self.model.__name__}.{self.name} is bound to its row, whose key is unknown before it is stored.",
                    hint=hint,
                    obj=self,
                    id="accounts.E011",
                )
            )
        return found


class EncryptedDateField(EncryptedTextField):
    """A date, encrypted; None where there is none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"null": True, "blank": True, **kwargs})

    def to_text(self, value: date) -> str:
        return value.isoformat()

    def from_text(self, text: str) -> date:
        return date.fromisoformat(text)

    def to_python(self, value: Any) -> Any:
        return parse_date(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(self, **{"form_class": forms.DateField, **kwargs})


class BlindIndexField(models.CharField):
    """HMAC-SHA256 of another field's value, normalised, under INDEX_KEYS: finds rows by the value without holding it.

    Equal values of one zone have equal entries, so it tells that two rows are the same; it is 128 bits long. Ask it
    with the lookup `seals`, which looks under every key of the ring: `filter(phone_index__seals="010-1234-5678")`.
    Whoever saves with `update_fields` names the index beside its source.
    """

    def __init__(self, *args: Any, source: str, normalise: Callable[[str], str], **kwargs: Any) -> None:
        self.source, self.normalise = source, normalise
        fixed = {"max_length": 48, "blank": True, "default": "", "db_default": "", "editable": False, "db_index": True}
        super().__init__(*args, **{**kwargs, **fixed})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "source": self.source, "normalise": self.normalise}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = getattr(model_instance, self.source)
        entry = self.entry(value) if value else ""
        setattr(model_instance, self.attname, entry)
        return entry

    def entry(self, value: str) -> str:
        """What is stored for `value` in the current zone under the newest key."""
        return self.entries(value)[0]

    def entries(self, value: str) -> list[str]:
        """What may be stored for `value` in the current zone, newest key first."""
        place = f"{current_zone_id()}|{self.model._meta.label_lower}.{self.name}|{self.normalise(value)}"
        return [
            f"{key.id}:{hmac.new(key.secret, place.encode(), hashlib.sha256).hexdigest()[:32]}"
            for key in crypto.index_keys()
        ]


@BlindIndexField.register_lookup
class Seals(In):
    """Rows whose source holds this value, whichever key of the ring they are indexed under."""

    lookup_name = "seals"

    def get_prep_lookup(self) -> Any:
        return self.rhs

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        # Here and not earlier: the entries depend on the zone that the query runs in.
        # mypy knows a lookup's left side as an expression; this one is always a column of ours.
        index: Any = self.lhs.output_field
        entries = index.entries(self.rhs)
        return f"({', '.join(['%s'] * len(entries))})", entries

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} IN {right}", [*left_params, *right_params]
