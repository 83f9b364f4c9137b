"""What hangs on the filings and says nothing of its own: written by the database from the rows that are there.

Every key is computed from the filing's, begins with its time as a UUIDv7 does, and is the same in each run.
"""

KEY = """CREATE OR REPLACE FUNCTION pg_temp.key_of(of uuid, what text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (left(of::text, 8) || substr(of::text, 10, 4) || '7' || substr(md5(of::text || what), 1, 3) || '8'
          || substr(md5(of::text || what), 4, 15))::uuid $$"""

UNIT_WORKS = """
INSERT INTO supervision_unitwork (id, filing_id, "order", code, name, structure_type, area_above_m2, area_below_m2,
  floors_above, floors_below, height_m, cost_wan, foundation_type, seismic_grade, fire_class, drawing_review_cert_no,
  quality_supervision_no)
SELECT pg_temp.key_of(f.id, 'work' || n), f.id, n - 1, lpad(n::text, 3, '0'), n || '#楼', '005',
  round(f.construction_area_m2 / 2, 2), 0, 6 + n * 10, 1, 24 + n * 30, round(f.contract_amount_wan / 2, 4),
  '', '', '', '', ''
FROM supervision_filing f CROSS JOIN generate_series(1, 2) n
"""

OFFICERS = """
INSERT INTO supervision_safetyofficer (id, filing_id, "order", name, certificate_no)
SELECT pg_temp.key_of(f.id, 'officer' || n), f.id, n - 1, (ARRAY['赵敏', '孙立'])[n],
  '鄂建安C' || left(md5(f.id::text || n), 7)
FROM supervision_filing f CROSS JOIN generate_series(1, 2) n
"""

DOCUMENTS = """
INSERT INTO portal_document (id, kind, holder_type, holder_id, name, size, sha256, sent_sha256, shared, media_type,
  state, problem, scan, key, sealed, thumbnail, previews, pages, uploaded_by_id, uploaded_at, checked_at, attempts)
SELECT pg_temp.key_of(f.id, 'document' || m.place), 'material', 'supervision.filing', f.id, m.name || '.pdf',
  40000 + 1000 * length(f.works_name), md5(f.id::text || m.place) || md5(m.place || f.id::text), '', false,
  'application/pdf', 'ready', '', 'unscanned', 'bench/' || f.id || '/' || m.place, false, false, 0, 3, f.created_by_id,
  f.created_at, f.created_at, 1
FROM supervision_filing f CROSS JOIN {materials} m
"""

ATTACHMENTS = """
INSERT INTO supervision_attachment (id, filing_id, material_id, document_id, added_by_id, added_at, "order", note, removed_because)
SELECT pg_temp.key_of(f.id, 'attachment' || m.place), f.id, m.code, pg_temp.key_of(f.id, 'document' || m.place),
  f.created_by_id, f.created_at, 0, '', ''
FROM supervision_filing f CROSS JOIN {materials} m
"""

DECISIONS = """
INSERT INTO supervision_reviewdecision (id, review_id, round, version_id, move, opinion, by_id, station_id, at)
SELECT pg_temp.key_of(r.id, m.move), r.id, 1, r.version_id, m.move, CASE WHEN m.last THEN r.opinion ELSE '' END,
  coalesce(r.decided_by_id, r.assignee_id), r.station_id, CASE WHEN m.last THEN r.decided_at ELSE r.accepted_at END
FROM supervision_review r CROSS JOIN LATERAL (
  SELECT 'accept' AS move, false AS last UNION ALL
  SELECT CASE r.status WHEN 'approved' THEN 'approve' WHEN 'returned' THEN 'return' ELSE 'reject' END, true
  WHERE r.decided_at IS NOT NULL) m
WHERE r.accepted_at IS NOT NULL
"""

ITEMS = """
INSERT INTO supervision_deficiencyitem (id, review_id, round, section, place, reason_code, text, basis, old_value,
  missed_in_first_round, created_by_id, created_at, sent_at, reply_kind, reply)
SELECT pg_temp.key_of(r.id, 'item' || n), r.id, 1, 'basics', (ARRAY['works_name', 'address'])[n], '',
  (ARRAY['工程名称与合同不一致，请核对。', '工程地址请写到门牌号。'])[n], '', '', false, r.decided_by_id, r.decided_at,
  r.decided_at, '', ''
FROM supervision_review r CROSS JOIN generate_series(1, 2) n WHERE r.status = 'returned'
"""

MESSAGES = """
INSERT INTO portal_message (id, user_id, event, subject, body, link, about_type, about_id, created_at, handled_at, area)
SELECT pg_temp.key_of(f.id, m.event), f.submitted_by_id, m.event, left(m.title || f.works_name, 200), '',
  '/filing/' || f.id || '/', 'supervision.filing', f.id::text, f.submitted_at + m.later,
  CASE WHEN f.status IN ('filed', 'rejected', 'withdrawn', 'superseded', 'voided') THEN f.changed_at END,
  CASE WHEN m.event = 'review.returned' THEN 'home' ELSE '' END
FROM supervision_filing f CROSS JOIN LATERAL (
  SELECT 'filing.received' AS event, '报监已提交：' AS title, interval '1 second' AS later UNION ALL
  SELECT 'review.accepted', '安监已受理：', interval '1 day' WHERE f.status NOT IN ('submitted', 'withdrawn') UNION ALL
  SELECT 'review.returned', '安监退回补正：', interval '3 days' WHERE f.status = 'returned' UNION ALL
  SELECT 'filing.filed', '报监完毕：', interval '3 days' WHERE f.status IN ('filed', 'superseded', 'voided')) m
WHERE f.submitted_at IS NOT NULL
"""

ACTS = """
INSERT INTO portal_auditentry (at, actor_id, actor_label, event, subject_type, subject_id, subject_label, enterprise_id,
  request_id, details)
SELECT f.submitted_at, f.submitted_by_id, '吴*', 'filing.submitted', 'supervision.filing', f.id::text,
  left(f.works_name, 200), f.enterprise_id, '', jsonb_build_object('number', f.number, 'targets', f.targets, 'overruled', false)
FROM supervision_filing f WHERE f.submitted_at IS NOT NULL
"""

DECIDED = """
INSERT INTO portal_auditentry (at, actor_id, actor_label, event, subject_type, subject_id, subject_label, request_id, details)
SELECT r.decided_at, r.decided_by_id, '李**', 'review.' || r.status, 'supervision.review', r.id::text,
  left(v.works_name, 190) || ' · ' || CASE r.role WHEN 'safety' THEN '安监' ELSE '质监' END, '',
  jsonb_build_object('role', r.role, 'round', 1, 'version', 1)
FROM supervision_review r JOIN supervision_filingversion v ON v.id = r.version_id WHERE r.decided_at IS NOT NULL
"""

FILES = [DOCUMENTS, ATTACHMENTS]  # of the filings that were made, not of their copies
BELOW = [UNIT_WORKS, OFFICERS, DECISIONS, ITEMS, MESSAGES, ACTS, DECIDED]
