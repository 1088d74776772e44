#!/bin/sh
# Writes the part of the configuration that holds the password to memory, from its file, and runs Redis: a password
# among the arguments could be read by everyone who may list processes.
set -eu
umask 077
password_file=/run/secrets/redis/password
[ -s "$password_file" ] || { echo "redis.sh: the password is empty" >&2; exit 78; }
[ "$(wc -l <"$password_file")" -eq 0 ] || { echo "redis.sh: the password holds a line break" >&2; exit 78; }
{
  echo 'include /etc/redis-config/redis.conf'
  printf 'requirepass "%s"\n' "$(sed 's/[\\"]/\\&/g' "$password_file")"
} >/run/redis/redis.conf
exec redis-server /run/redis/redis.conf
