"""The filings of an enterprise that was merged or split go over; their versions stay as they were handed in."""

from accounts.models import User
from portal.audit import record
from projects.actions.handover import also_seen_by, of_handover, register_mover
from projects.models import EnterpriseHandover
from supervision.models import Filing


def move_filings(handover: EnterpriseHandover, *, by: User) -> dict[str, int]:
    """Whoever works for the enterprise that goes on may carry on with them; stations notice nothing but the name."""
    rows = Filing.objects.filter(of_handover(handover))
    own = list(rows.filter(enterprise=handover.source).order_by("pk").values_list("pk", flat=True))
    for pk in own:
        filing = Filing.objects.locked(pk)
        filing.enterprise = handover.target
        filing.save(update_fields=["enterprise"])
        record("filing.handed_over", filing, by=by, target=handover.target.uscc)
    return {"filings": len(own), "seen": also_seen_by(rows, handover.source, handover.target)}


register_mover(move_filings)
