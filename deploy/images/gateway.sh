#!/bin/sh
# The gateway's start. Its environment tells what its configuration leaves open: TBI_IDENTITY_ORIGIN, to which browsers may connect beside it;
# TBI_PORTAL_HOSTS, the names by which the portal is opened beside localhost, with commas between them; TBI_PORTAL_POOL, the portal's config.json
# where no file can be mounted.
# `gateway.sh door` lays out the door for boxes alone, when its certificates are there or have changed.
set -eu
door() {
  rm -f /tmp/boxes.conf
  if [ ! -r /etc/tbi/link/gateway.pem ]; then return 0; fi
  # nginx does not start while one of its upstreams has no address: a node that is away is left out until the door is laid out again.
  cp /etc/tbi/gateway/boxes.conf /tmp/boxes.new
  for node in $(sed -n 's/^    server \([a-z0-9-]*\):8888;$/\1/p' /etc/tbi/gateway/boxes.conf); do
    getent hosts "$node" >/dev/null || sed -i "/^    server $node:8888;\$/d" /tmp/boxes.new
  done
  if grep -q ':8888;$' /tmp/boxes.new; then mv /tmp/boxes.new /tmp/boxes.conf; fi
}
if [ "${1:-}" = door ]; then
  door
  exit
fi
origin=${TBI_IDENTITY_ORIGIN:?where browsers reach the identity provider, such as https://cognito-idp.eu-central-1.amazonaws.com}
case $origin in
  *[!A-Za-z0-9.:/_-]*) echo "TBI_IDENTITY_ORIGIN is no origin: $origin" >&2; exit 2 ;;
esac
hosts=$(echo "${TBI_PORTAL_HOSTS:-}" | tr ',' ' ')
case $hosts in
  *[!A-Za-z0-9.\ -]*) echo "TBI_PORTAL_HOSTS are no names of hosts: $hosts" >&2; exit 2 ;;
esac
sed -e "s#__IDENTITY_ORIGIN__#$origin#" -e "s#^    server_name localhost 127.0.0.1#& $hosts#" /etc/tbi/gateway/nginx.conf >/tmp/nginx.conf
if [ -n "${TBI_PORTAL_POOL:-}" ]; then
  printf '%s\n' "$TBI_PORTAL_POOL" >/tmp/config.json
  sed -i 's#"/etc/tbi/gateway/config.json"#"/tmp/config.json"#' /tmp/nginx.conf
fi
mkdir -p /tmp/gateway
door
sh /follow.sh /etc/tbi/link /tmp/gateway.pid 5 sh /gateway.sh door &
exec nginx -e stderr -c /tmp/nginx.conf
