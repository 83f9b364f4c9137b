"""What every move at a desk writes down, and who may not review both roles of one filing."""

from django.db.models import Q
from django.utils.translation import gettext as _

from portal.errors import Refused
from supervision.models import FilingVersion, Look, Review, ReviewDecision


def keep_look(review: Review, version: FilingVersion | None = None, *, by) -> None:
    """Remember that the officer has seen a version, by default the one under review: the next is compared with it."""
    look = Look(review=review, officer=by, version_id=version.pk if version else review.version_id)
    Look.objects.bulk_create([look], ignore_conflicts=True)


def note_decision(review: Review, move: str, opinion: str = "", *, by, behalf=None) -> ReviewDecision:
    """Keep for ever what was done in which round about which version, where, and for whom (代办)."""
    return ReviewDecision.objects.create(
        review=review,
        round=review.round,
        version=review.version,
        station_id=review.station_id,
        move=move,
        opinion=opinion.strip(),
        by=by,
        on_behalf_of_id=behalf,
    )


def require_separate(review: Review, officer) -> None:
    """Refuse one officer for both roles of a filing where the station asks for two people (edge case 17).

    Where it does not, the audit entries say reviews_both.
    """
    if not review.station.separate_reviewers:
        return
    others = Review.objects.filter(filing=review.filing_id).exclude(pk=review.pk)
    others = others.exclude(status=Review.Status.CANCELLED).filter(Q(assignee=officer) | Q(decided_by=officer))
    if other := others.first():
        raise Refused(
            _("安监、质监须由不同人员审核。该报监的%(other)s已由同一人办理，请由其他审核员办理，或由站长改派。")
            % {"other": other.get_role_display()}
        )
