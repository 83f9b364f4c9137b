"""The filings of an enterprise that was merged or split go over; their versions stay as they were handed in.

What nobody handed in yet names who goes on; what a station sent back is the applicant's to mend, place by place.
"""

from accounts.models import User
from portal.audit import record
from portal.search import SEARCH_FIELDS
from projects.actions.handover import also_seen_by, of_handover, register_mover
from projects.models import EnterpriseHandover
from supervision.models import Filing, FilingParty

UNSEEN = (Filing.Status.DRAFT, Filing.Status.PULLED)


def move_filings(handover: EnterpriseHandover, *, by: User) -> dict[str, int]:
    """Whoever works for the enterprise that goes on may carry on with them; stations notice nothing but the name."""
    rows = Filing.objects.filter(of_handover(handover))
    own = list(rows.filter(enterprise=handover.source).order_by("pk").values_list("pk", flat=True))
    for pk in own:
        filing = Filing.objects.locked(pk)
        filing.enterprise = handover.target
        filing.save(update_fields=["enterprise"])
        record("filing.handed_over", filing, by=by, target=handover.target.uscc)
    if handover.kind == EnterpriseHandover.Kind.MERGE:
        rename_in_drafts(handover, by=by)
    return {"filings": len(own), "seen": also_seen_by(rows, handover.source, handover.target)}


def rename_in_drafts(handover: EnterpriseHandover, *, by: User) -> None:
    """The written parties of every draft, whoever prepares it: a merged enterprise builds nothing any more.

    Whoever has the page open is told that it changed, instead of writing the old name back.
    """
    source, target = handover.source, handover.target
    named = FilingParty.objects.filter(uscc=source.uscc, filing__status__in=UNSEEN)
    for pk in sorted(set(named.values_list("filing", flat=True))):
        filing = Filing.objects.locked(pk)
        if filing.status not in UNSEEN:
            continue  # handed in a moment ago, with the name of its time
        now = {"unit_name": target.name, "uscc": target.uscc, "enterprise": target}
        now["legal_representative"] = target.legal_representative
        filing.parties.filter(uscc=source.uscc).update(**now)
        filing.parties_version += 1
        filing.index_search()
        filing.save(update_fields=["parties_version", *SEARCH_FIELDS])
        record("filing.unit_renamed", filing, by=by, source=source.uscc, target=target.uscc)


register_mover(move_filings)
