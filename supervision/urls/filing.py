"""/filing/: lists, the editor, and the life of a filing."""

from django.urls import include, path

from supervision.views import (
    addenda,
    attachments,
    changes,
    corrections,
    detail,
    edit,
    letters,
    lists,
    papers,
    printed,
    receipt,
    submit,
    versions,
    which,
    work_sheets,
)

change = [
    path("", changes.change_detail, name="change"),
    path("files/<slug:field>/", changes.change_file, name="change-file"),
    path("consent/", changes.change_consent, name="change-consent"),
    path("decline/", changes.change_decline, name="change-decline"),
    path("withdraw/", changes.change_withdraw, name="change-withdraw"),
    path("blank/<str:code>.docx", changes.change_blank, name="change-blank"),
]

life: list = [
    path("", detail.filing_detail, name="detail"),
    path("submit/", submit.filing_submit, name="submit"),
    path("done/", submit.filing_done, name="done"),
    path("withdraw/", submit.filing_withdraw, name="withdraw"),
    path("take-over/", submit.filing_take_over, name="take-over"),
    path("promise/", submit.filing_promise, name="promise"),
    path("copy/", submit.filing_copy, name="copy"),
    path("coordinate/", submit.filing_coordinate, name="coordinate"),
    path("supplement/", submit.filing_supplement, name="supplement"),
    path("corrections/", corrections.filing_correct, name="correct"),
    path("resubmit/", corrections.filing_resubmit, name="resubmit"),
    path("versions/", versions.filing_versions, name="versions"),
    path("papers/<uuid:document>/", papers.filing_paper, name="paper"),
    path("addenda/", addenda.filing_addenda, name="addenda"),
    path("addenda/<uuid:addendum>/", addenda.filing_addendum, name="addendum"),
    path("receipt.pdf", receipt.filing_receipt, name="receipt"),
    path("notices/<uuid:notice>.pdf", receipt.filing_notice, name="notice"),
    path("letters/", letters.filing_letters, name="letters"),
    path("documents.zip", attachments.filing_documents_zip, name="documents-zip"),
    path("print/", printed.filing_print, name="print"),
    path("copy.pdf", printed.filing_copy, name="copy-pdf"),
    path("changes/", changes.filing_changes, name="changes"),
    path("changes/new/<slug:party_type>/", changes.change_begin, name="change-begin"),
    path("changes/<uuid:change>/", include(change)),
]

editor: list = [
    path("", edit.filing_hub, name="hub"),
    path("basics/", edit.filing_basics, name="basics"),
    path("parties/", edit.filing_parties, name="parties"),
    path("unit-works/", edit.filing_unit_works, name="unit-works"),
    path("unit-works/import/", work_sheets.works_import, name="works-import"),
    path("unit-works/template.xlsx", work_sheets.works_template, name="works-template"),
    path("unit-works/export.xlsx", work_sheets.works_export, name="works-export"),
    path("attachments/", attachments.filing_attachments, name="attachments"),
    path("attachments/<uuid:document>/", papers.filing_attachment, name="attachment"),
    path("attachments/blank/<str:code>.docx", papers.filing_blank, name="blank"),
]

urlpatterns = [
    path("materials/", papers.material_list, name="materials"),
    path("materials/<str:code>.docx", papers.material_blank, name="material-blank"),
    path("<uuid:pk>/", include(life)),
    path("<uuid:pk>/edit/", include(editor)),
    path("which/", which.which_module, name="which"),
    path("<slug:slug>/", lists.filing_list, name="list"),
    path("<slug:slug>/new/", lists.filing_new, name="new"),
]
