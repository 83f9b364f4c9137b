"""The paper that goes with a return or a refusal: what it says is fixed when it is decided (features G24)."""

import secrets

from django.utils import timezone

from supervision.frozen import place_label
from supervision.models import DecisionNotice, Filing, ReviewDecision


def issue_notice(decision: ReviewDecision, filing: Filing) -> DecisionNotice:
    """With a code nobody can guess; it names bodies and places, no person."""
    review, version = decision.review, decision.version
    labels = version.data["labels"]
    sent = review.items.filter(round=decision.round, sent_at__isnull=False) if decision.move == "return" else []
    facts = {
        "kind": decision.move,
        "number": filing.number,
        "module": str(filing.get_module_display()),
        "works_name": labels.get("works_name") or labels.get("project_name") or str(filing),
        "enterprise": filing.enterprise.name if filing.enterprise else "",
        "role": review.role,
        "station": review.station.name,
        "phone": review.station.phone,
        "round": decision.round,
        "version": version.number,
        "digest": version.digest,
        "decided_on": timezone.localdate(decision.at).isoformat(),
        "opinion": review.opinion,
        "items": [
            {"where": place_label(version.data, item.section, item.place), "text": item.text, "basis": item.basis}
            for item in sent
        ],
    }
    return DecisionNotice.objects.create(
        decision=decision, filing=filing, code=secrets.token_urlsafe(18), facts=facts, issued_at=decision.at
    )


def revoke_notices(review_pk, *, round: int) -> None:
    """The chief took the decision of this round back: its paper says so wherever it is checked."""
    notices = DecisionNotice.objects.filter(decision__review=review_pk, decision__round=round, revoked_at=None)
    notices.update(revoked_at=timezone.now())
