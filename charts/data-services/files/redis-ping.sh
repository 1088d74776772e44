#!/bin/sh
# Asks Redis over TLS, as a client does. redis-cli reads the password from its environment.
set -eu
REDISCLI_AUTH=$(cat /run/secrets/redis/password)
export REDISCLI_AUTH
answer=$(redis-cli --tls --cacert /etc/redis-tls/ca.crt --sni "$SERVER_NAME" -h 127.0.0.1 -p 6379 ping)
[ "$answer" = PONG ] || { echo "Redis answered: $answer" >&2; exit 1; }
