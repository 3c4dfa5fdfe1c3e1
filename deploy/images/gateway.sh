#!/bin/sh
# The gateway's start: what browsers may connect to beside it is the one thing that its configuration is told by the environment.
set -eu
origin=${TBI_IDENTITY_ORIGIN:?where browsers reach the identity provider, such as https://cognito-idp.eu-central-1.amazonaws.com}
case $origin in
  *[!A-Za-z0-9.:/_-]*) echo "TBI_IDENTITY_ORIGIN is no origin: $origin" >&2; exit 2 ;;
esac
sed "s#__IDENTITY_ORIGIN__#$origin#" /etc/tbi/gateway/nginx.conf >/tmp/nginx.conf
mkdir -p /tmp/gateway
rm -f /tmp/boxes.conf
if [ -r /etc/tbi/link/gateway.pem ]; then
  # nginx does not start while one of its upstreams has no address: a node that is away is left out until the next start.
  cp /etc/tbi/gateway/boxes.conf /tmp/boxes.new
  for node in $(sed -n 's/^    server \([a-z0-9-]*\):8888;$/\1/p' /etc/tbi/gateway/boxes.conf); do
    getent hosts "$node" >/dev/null || sed -i "/^    server $node:8888;\$/d" /tmp/boxes.new
  done
  if grep -q ':8888;$' /tmp/boxes.new; then mv /tmp/boxes.new /tmp/boxes.conf; fi
fi
exec nginx -e stderr -c /tmp/nginx.conf
