"""What migrations run after the tables exist: what was handed in and what was decided is never rewritten.

A version's cipher text may change when the keys are rotated (RESEALED): by the owner of the tables alone, in a session
that says so, and nothing else of the row. Its digest says that the content did not change.
"""

FROZEN = """
CREATE FUNCTION what_was_handed_in_stays() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'supervision_filingversion' THEN
    IF NEW.number = OLD.number AND NEW.digest = OLD.digest AND NEW.acknowledged = OLD.acknowledged
       AND NEW.submitted_by_id = OLD.submitted_by_id AND NEW.submitted_at = OLD.submitted_at THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'What was handed in or decided is not rewritten.';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER what_was_handed_in_stays BEFORE UPDATE OR DELETE ON supervision_filingversion
FOR EACH ROW EXECUTE FUNCTION what_was_handed_in_stays();
CREATE TRIGGER what_was_decided_stays BEFORE UPDATE OR DELETE ON supervision_reviewdecision
FOR EACH ROW EXECUTE FUNCTION what_was_handed_in_stays();
"""

REWRITABLE = """
DROP TRIGGER what_was_decided_stays ON supervision_reviewdecision;
DROP TRIGGER what_was_handed_in_stays ON supervision_filingversion;
DROP FUNCTION what_was_handed_in_stays();
"""

RESEALED = """
CREATE OR REPLACE FUNCTION what_was_handed_in_stays() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'supervision_filingversion'
     AND current_setting('portal.rotating_keys', true) = 'on'
     AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
     AND to_jsonb(NEW) - 'data' = to_jsonb(OLD) - 'data' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'What was handed in or decided is not rewritten.';
END
$$ LANGUAGE plpgsql;
"""

WRITTEN = """
CREATE FUNCTION what_was_written_stays() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'supervision_decisionnotice' THEN
    IF NEW.facts = OLD.facts AND NEW.code = OLD.code AND NEW.decision_id = OLD.decision_id
       AND NEW.filing_id = OLD.filing_id AND NEW.issued_at = OLD.issued_at THEN
      RETURN NEW;  -- a paper may be revoked
    END IF;
  END IF;
  RAISE EXCEPTION 'What was handed in or decided is not rewritten.';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER paper_of_a_decision_stays BEFORE UPDATE OR DELETE ON supervision_decisionnotice
FOR EACH ROW EXECUTE FUNCTION what_was_written_stays();
CREATE TRIGGER letter_stays BEFORE UPDATE OR DELETE ON supervision_letter
FOR EACH ROW EXECUTE FUNCTION what_was_written_stays();
"""

REWORDABLE = """
DROP TRIGGER letter_stays ON supervision_letter;
DROP TRIGGER paper_of_a_decision_stays ON supervision_decisionnotice;
DROP FUNCTION what_was_written_stays();
"""
