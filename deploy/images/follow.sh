#!/bin/sh
# follow.sh FOLDER PIDFILE EVERY_S [COMMAND...]: has nginx read its configuration anew when what lies in FOLDER is another, after COMMAND.
# Looked at twice, so that nobody reads what is still being copied. What nginx cannot read it leaves aside, keeps what it has, and says so in its log.
set -eu
folder=$1 pid_file=$2 every=$3
shift 3
look() { cat "$folder"/* 2>/dev/null | cksum; }
known=$(look)
while sleep "$every"; do
  now=$(look)
  if [ "$now" = "$known" ]; then continue; fi
  sleep "$every"
  if [ "$(look)" != "$now" ]; then continue; fi
  known=$now
  if "$@" && kill -HUP "$(cat "$pid_file")"; then
    echo "gateway: $folder is another; read anew" >&2
  else
    echo "gateway: $folder is another and could not be taken over; start the gateway anew" >&2
  fi
done
