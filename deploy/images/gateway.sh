#!/bin/sh
# The gateway's start: what browsers may connect to beside it is the one thing that its configuration is told by the environment.
set -eu
origin=${TBI_IDENTITY_ORIGIN:?where browsers reach the identity provider, such as https://cognito-idp.eu-central-1.amazonaws.com}
case $origin in
  *[!A-Za-z0-9.:/_-]*) echo "TBI_IDENTITY_ORIGIN is no origin: $origin" >&2; exit 2 ;;
esac
sed "s#__IDENTITY_ORIGIN__#$origin#" /etc/tbi/gateway/nginx.conf >/tmp/nginx.conf
mkdir -p /tmp/gateway
exec nginx -e stderr -c /tmp/nginx.conf
