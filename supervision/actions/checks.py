"""审核要点 as an officer goes through them, and his own 常用语 (features G9, G21)."""

from collections.abc import Mapping

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from supervision.actions.holding import locked_review
from supervision.actions.review import require_current, require_noting
from supervision.catalogue import MOST_PHRASES
from supervision.models import CheckMark, CheckPoint, Phrase, Review


@transaction.atomic
def mark_points(review: Review, found: Mapping[str, tuple[str, str]], *, version, by) -> int:
    """Keep what was found at each point, {code: (outcome, note)}, about the version that was looked at.

    The last word about a version counts. Who notes items may mark; returns how many points were marked.
    """
    _filing, review = locked_review(review.pk)
    require_noting(review, by=by)
    require_current(review, version, by=by)
    points = {point.pk: point for point in CheckPoint.objects.for_review(review).filter(pk__in=found)}
    if unknown := set(found) - set(points):
        raise Refused(_("审核要点 %(codes)s 已停用，请刷新页面。") % {"codes": "、".join(sorted(unknown))})
    for code, (outcome, note) in found.items():
        if outcome not in CheckMark.Outcome.values:
            raise Refused(_("请选择“符合”“不符合”或“不适用”。"))
        values = {"outcome": outcome, "note": note.strip(), "text": points[code].text, "by": by, "at": timezone.now()}
        CheckMark.objects.update_or_create(
            review=review, point=points[code], version_id=review.version_id, defaults=values
        )
    bad = sorted(code for code, (outcome, _note) in found.items() if outcome == CheckMark.Outcome.BAD)
    record("review.points_marked", review, by=by, filing=review.filing.number, points=len(found), bad=bad)
    return len(found)


@transaction.atomic
def keep_phrase(*, text: str, basis: str = "", phrase: Phrase | None = None, by) -> Phrase:
    """Add a sentence of one's own, or word one differently; the same sentence is kept once."""
    if not text.strip():
        raise Refused(_("请填写内容。"))
    mine = Phrase.objects.select_for_update().filter(officer=by)
    same = mine.filter(text=text.strip()).exclude(pk__in=[phrase.pk] if phrase else []).first()
    if phrase is None:
        if same:
            return same
        if mine.count() >= MOST_PHRASES:
            raise Refused(_("常用语最多 %(most)d 条，请先删除不用的。") % {"most": MOST_PHRASES})
        return Phrase.objects.create(officer=by, text=text.strip(), basis=basis.strip())
    found = mine.filter(pk=phrase.pk).first()
    if found is None:
        raise Http404
    if same:
        raise Refused(_("已有相同内容的常用语。"))
    found.text, found.basis = text.strip(), basis.strip()
    found.save(update_fields=["text", "basis"])
    return found


@transaction.atomic
def drop_phrase(phrase: Phrase, *, by) -> None:
    """Http404 for everybody but its owner."""
    if not Phrase.objects.filter(pk=phrase.pk, officer=by).delete()[0]:
        raise Http404
