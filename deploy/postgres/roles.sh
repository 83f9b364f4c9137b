#!/bin/sh
# The role of web and workers, which may not alter the audit trail; manage.py prepare gives it its rights.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_APP_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE portal_app LOGIN PASSWORD :'password';
SQL
printf 'host replication %s samenet scram-sha-256\n' "$POSTGRES_USER" >>"$PGDATA/pg_hba.conf"
