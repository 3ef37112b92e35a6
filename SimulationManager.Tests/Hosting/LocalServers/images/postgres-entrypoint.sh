#!/bin/sh
# What the official image's entry point does, as far as the AppHost relies on it.
set -e
export PATH=@BIN@:/usr/local/bin:/usr/bin:/bin
mkdir -p "$PGDATA" /run/postgresql
chown -R postgres:postgres "$PGDATA" /run/postgresql
chmod 700 "$PGDATA"
as_postgres="setpriv --reuid=999 --regid=999 --clear-groups"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    [ -n "$POSTGRES_PASSWORD" ] || { echo "Error: POSTGRES_PASSWORD is not set" >&2; exit 1; }
    umask 077
    printf '%s\n' "$POSTGRES_PASSWORD" > /tmp/password
    chown postgres /tmp/password
    # shellcheck disable=SC2086
    $as_postgres initdb -D "$PGDATA" --username="${POSTGRES_USER:-postgres}" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 $POSTGRES_INITDB_ARGS
    rm /tmp/password
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
[ "$1" = postgres ] || exec "$@"
shift
exec $as_postgres postgres -D "$PGDATA" -c listen_addresses='*' "$@"
