#!/bin/bash
# Starts Orthanc and stops it within the grace period. It is the container's PID 1: as PID 1 Orthanc itself would
# ignore TERM while it still waits for its database.
set -u

refuse() {
  echo "start.sh: $1" >&2
  exit 78
}

check_present() {
  [ -n "${!1:-}" ] || refuse "$1 is empty: its key in the Secret must hold a value"
}

# Orthanc puts a variable's text into its JSON as it is. Unset becomes "", which then logs in with no password; a
# quote breaks the JSON, a backslash changes the password silently.
check_substituted() {
  local name="$1"
  check_present "$name"
  case "${!name}" in
    *[\"\\]* | *[[:cntrl:]]*)
      refuse "$name holds a double quote, a backslash or a control character: use letters, digits and other marks"
      ;;
  esac
}

check_present PGPASSWORD
for name in $SUBSTITUTED_SECRETS; do check_substituted "$name"; done

"$ORTHANC_BINARY" /etc/orthanc-config &
orthanc=$!

# An idle association makes Orthanc wait for its peer without an end; a second TERM ends that wait. KILL is the last
# resort, still before the kubelet's own.
stop() {
  trap '' TERM INT
  echo "start.sh: stopping, serving for $DRAIN_SECONDS s more" >&2
  (
    sleep "$DRAIN_SECONDS"
    kill -TERM "$orthanc" || exit 0
    sleep "$STOP_SECONDS"
    echo "start.sh: still waiting for open associations: ending them" >&2
    kill -TERM "$orthanc" || exit 0
    sleep 2
    kill -KILL "$orthanc"
  ) &
}
trap stop TERM INT

# A signal that is trapped ends `wait` early: wait again until the process is really gone.
while :; do
  wait "$orthanc"
  code=$?
  kill -0 "$orthanc" 2>/dev/null || exit "$code"
done
