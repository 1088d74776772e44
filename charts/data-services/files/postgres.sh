#!/bin/bash
# Makes the data folder at the first start, then runs PostgreSQL. Root certificates, key and password are files.
set -eu
export PATH="$PATH:/usr/lib/postgresql/15/bin"

password_file=/run/secrets/postgres-admin/password
[ -s "$password_file" ] || { echo "postgres.sh: the admin password is empty" >&2; exit 78; }

# An `initdb` that was broken off leaves a folder that looks made: so it is made aside, and renamed when whole.
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  fresh="$PGDATA.new"
  rm -rf "$fresh"
  initdb --pgdata="$fresh" --username=postgres --pwfile="$password_file" --auth-host=scram-sha-256 --auth-local=peer \
    --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-instructions
  # Without this every account of the server could look into these two.
  postgres --single -j -D "$fresh" postgres >/dev/null <<'SQL'
revoke connect, temporary on database postgres, template1 from public;
SQL
  mv "$fresh" "$PGDATA"
fi

# The Secret is the truth: a changed password takes effect with the restart that follows it. Single-user mode reads
# standard input and logs no statement. Quotes are doubled as SQL wants; a line break would end the statement.
password=$(<"$password_file")
case "$password" in
  *$'\n'*) echo "postgres.sh: the admin password holds a line break" >&2; exit 78 ;;
esac
printf "alter role postgres password '%s';\n" "${password//\'/\'\'}" |
  postgres --single -D "$PGDATA" -c password_encryption=scram-sha-256 -c log_min_error_statement=panic postgres >/dev/null
unset password

postgres -D "$PGDATA" \
  -c config_file=/etc/postgres/postgresql.conf -c hba_file=/etc/postgres/pg_hba.conf &
server=$!
# TERM would wait for every client to go; INT ends their sessions, and writes the last checkpoint.
trap 'kill -INT "$server"' TERM INT
while :; do
  code=0
  wait "$server" || code=$?
  kill -0 "$server" 2>/dev/null || exit "$code"
done
