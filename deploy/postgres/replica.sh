#!/bin/sh
# A copy of the database that follows the first and answers reads.
set -eu
PGDATA=${PGDATA:-/var/lib/postgresql/18/docker}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA" && chmod 0700 "$PGDATA"
    pg_basebackup -h postgres -U portal_owner -D "$PGDATA" -R -X stream
fi
exec postgres -D "$PGDATA" -c hot_standby=on
