"""What a migration runs after the tables exist: the trail refuses to be changed, whoever asks.

The role of web and workers lacks these rights anyway; this stops the owner's slips too. TRUNCATE is left to the
rights, because emptying the tables is how test databases are cleaned.
"""

APPEND_ONLY = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'The audit trail is append-only.'; END
$$ LANGUAGE plpgsql;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON portal_auditentry
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON portal_auditseal
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
"""

CHANGEABLE_AGAIN = """
DROP TRIGGER audit_is_append_only ON portal_auditseal;
DROP TRIGGER audit_is_append_only ON portal_auditentry;
DROP FUNCTION audit_is_append_only();
"""
