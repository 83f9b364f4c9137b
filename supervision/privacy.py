"""What this app holds about a person. It is part of the works' file, so it stays as the law says (PIPL 44–47, 13)."""

from base64 import b64decode, b64encode
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from accounts.privacy.sections import Line, Section, register_section, shown_time
from portal.crypto import is_current, reseal
from portal.rotation import Place, register_place
from supervision.actions.sections import SEALED, aad_of
from supervision.models import Filing, FilingParty, SafetyOfficer

ARCHIVE = _("依法随工程档案留存")
PURPOSE = _("工程质量安全责任追溯")


def filing_line(filing: Filing) -> Line:
    return {
        _("工程名称"): filing.works_name,
        _("报监编号"): filing.number,
        _("状态"): filing.get_status_display(),
        _("创建时间"): shown_time(filing.created_at),
    }


def head_line(party: FilingParty) -> Line:
    return {
        _("工程名称"): party.filing.works_name,
        _("责任主体"): party.get_party_type_display(),
        _("姓名"): party.head_name,
        _("身份证号"): party.head_id_number,
        _("手机号"): party.head_phone,
        _("证书编号"): party.certificate_no,
    }


def officer_line(officer: SafetyOfficer) -> Line:
    return {
        _("工程名称"): officer.filing.works_name,
        _("姓名"): officer.name,
        _("身份证号"): officer.id_number,
        _("证书编号"): officer.certificate_no,
    }


register_section(
    Section(
        "filings",
        _("办理的报监"),
        PURPOSE,
        ARCHIVE,
        lambda user: Filing.objects.filter(created_by=user).order_by("pk"),
        filing_line,
    )
)
register_section(
    Section(
        "heads",
        _("报监中登记的负责人"),
        PURPOSE,
        ARCHIVE,
        lambda user: FilingParty.objects.filter(head_id_index=user.id_index).select_related("filing").order_by("pk"),
        head_line,
    )
)
register_section(
    Section(
        "officers",
        _("报监中登记的安全员"),
        PURPOSE,
        ARCHIVE,
        lambda user: SafetyOfficer.objects.filter(id_index=user.id_index).select_related("filing").order_by("pk"),
        officer_line,
    )
)


# Mistyped numbers that a section keeps as they were typed, sealed inside a JSON value


def stale_filings() -> Iterator[Filing]:
    for filing in Filing.objects.exclude(malformed={}).only("pk", "malformed").order_by("pk").iterator():
        texts = [text for kept in filing.malformed.values() for text, _why in kept.values()]
        if any(text.startswith(SEALED) and not is_current(b64decode(text.removeprefix(SEALED))) for text in texts):
            yield filing


def renew_filing(filing: Filing) -> bool:
    renewed = {
        section: {place: [renewed_text(filing, place, text), why] for place, (text, why) in kept.items()}
        for section, kept in filing.malformed.items()
    }
    unchanged = Filing.objects.filter(pk=filing.pk, malformed=filing.malformed)
    return bool(unchanged.update(malformed=renewed))


def renewed_text(filing: Filing, place: str, text: str) -> str:
    if not text.startswith(SEALED):
        return text
    return SEALED + b64encode(reseal(b64decode(text.removeprefix(SEALED)), aad_of(filing, place))).decode()


register_place(Place("supervision.filing.malformed", stale_filings, renew_filing))
