#!/bin/bash
# Asks Orthanc for a path on the loopback address and exits 0 on the expected answer. A probe of kind httpGet could
# not: the password would have to stand in the pod's spec. The image has no curl; bash opens the connection.
#   check.sh alive   any HTTP answer: the server's threads still work (no database involved)
#   check.sh ready   200 from /system with the credentials: the database answers too
set -u
exec 3<>/dev/tcp/127.0.0.1/8042 || exit 1
case "$1" in
  alive)
    printf 'GET /tools/now HTTP/1.0\r\n\r\n' >&3
    want='HTTP/*'
    ;;
  ready)
    token=$(printf '%s:%s' "$ORTHANC_USERNAME" "$ORTHANC_PASSWORD" | base64 -w 0)
    printf 'GET /system HTTP/1.0\r\nAuthorization: Basic %s\r\n\r\n' "$token" >&3
    want='HTTP/1.? 200 *'
    ;;
  *) exit 2 ;;
esac
IFS= read -r -t "$CHECK_SECONDS" line <&3 || exit 1
# The rest is read too: Orthanc logs an error for an answer that nobody waits for.
cat <&3 >/dev/null
# shellcheck disable=SC2254 # a pattern on purpose
case "$line" in
  $want) exit 0 ;;
esac
echo "Orthanc answered: ${line%$'\r'}" >&2
exit 1
