"""Everything that changes what a person made of a list. It is theirs alone, so nothing is told or recorded."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.errors import Refused
from portal.lists.kinds import ListKind
from portal.lists.models import SavedView

MOST = 20  # views of one list


def views_of(user: Any, kind: ListKind) -> QuerySet[SavedView]:
    return SavedView.objects.filter(user=user, kind=kind.code).exclude(name="").order_by("created_at", "pk")


@transaction.atomic
def choose_columns(kind: ListKind, codes: Iterable[str], *, by: Any) -> None:
    """Remember which columns this person wants; unknown ones are left out, none means as at first."""
    wanted = set(codes)
    chosen = [column.code for column in kind.columns if column.code in wanted and not column.is_fixed]
    SavedView.objects.update_or_create(user=by, kind=kind.code, name="", defaults={"columns": chosen})


@transaction.atomic
def save_view(kind: ListKind, *, name: str, query: str, is_default: bool = False, by: Any) -> SavedView:
    """Keep the conditions of `query` under a name; the same name again takes the new conditions.

    Refused where nothing is in force, or where the person has MOST views of the list.
    """
    views = locked(by, kind)
    conditions = kind.conditions(query)
    if not conditions:
        raise Refused(_("当前没有任何条件。请先在列表中设置条件，再保存为视图。"), heading=_("没有可保存的条件"))
    if len(views) >= MOST and not any(view.name == name for view in views):
        raise Refused(
            _("每个列表最多保存 %(most)d 个视图，请先删除不再使用的视图。") % {"most": MOST},
            heading=_("视图没有保存"),
            safe=_("已有的视图没有变化。"),
        )
    if is_default:
        without_default(views)
    values = {"query": conditions} | ({"is_default": True} if is_default else {})
    return SavedView.objects.update_or_create(user=by, kind=kind.code, name=name, defaults=values)[0]


@transaction.atomic
def rename_view(view: SavedView, name: str, *, kind: ListKind, by: Any) -> None:
    """Refused if another view of the list has the name."""
    if any(other.name == name for other in locked(by, kind) if other.pk != view.pk):
        raise Refused(
            _("您已有名为“%(name)s”的视图，请换一个名称。") % {"name": name},
            heading=_("名称没有修改"),
            safe=_("已有的视图没有变化。"),
        )
    SavedView.objects.filter(pk=view.pk, user=by).update(name=name)


@transaction.atomic
def make_default(view: SavedView, is_default: bool, *, kind: ListKind, by: Any) -> None:
    """The view that stands there when the list is opened, or none."""
    without_default(locked(by, kind))
    SavedView.objects.filter(pk=view.pk, user=by).update(is_default=is_default)


def delete_view(view: SavedView, *, by: Any) -> None:
    SavedView.objects.filter(pk=view.pk, user=by).exclude(name="").delete()


def locked(user: Any, kind: ListKind) -> list[SavedView]:
    """The person's views of the list, with everybody else who changes them waiting until the transaction ends."""
    with connection.cursor() as cursor:
        place = f"saved_view:{user.pk}:{kind.code}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [place])
    return list(views_of(user, kind))


def without_default(views: list[SavedView]) -> None:
    SavedView.objects.filter(pk__in=[view.pk for view in views], is_default=True).update(is_default=False)
