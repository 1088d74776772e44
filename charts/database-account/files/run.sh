#!/bin/bash
# Runs one SQL script as the server's admin, over verified TLS. Secrets come by environment and file, and are never
# among the arguments.
set -u
script="$1"
deadline=$((SECONDS + CONNECT_SECONDS))
while :; do
  message=$(psql --no-psqlrc --quiet --no-align --tuples-only --command 'select 1' 2>&1 >/dev/null) && break
  # A wrong password or a certificate that does not fit will not become right by waiting.
  case "$message" in
    *'authentication failed'* | *'certificate verify failed'* | *'does not match host name'* | *'no pg_hba.conf entry'*)
      echo "The server refuses: $message" >&2
      exit 1
      ;;
  esac
  if [ "$SECONDS" -ge "$deadline" ]; then
    echo "No connection within $CONNECT_SECONDS s: $message" >&2
    # Only disposable accounts are dropped at all; one whose server is gone must not keep its release from going.
    if [ "$script" = drop.sql ]; then
      echo "Nothing was dropped: if the server still exists, role $ACCOUNT_ROLE and database $ACCOUNT_DATABASE are left on it" >&2
      exit 0
    fi
    exit 1
  fi
  sleep 1
done
exec psql --no-psqlrc --quiet --no-align --tuples-only --file "/etc/database-account/$script"
