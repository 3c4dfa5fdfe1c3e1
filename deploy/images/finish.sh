#!/bin/sh
# finish.sh [PACKAGE...]: Debian packages that run is in need of, a user of our own, and no installer left. STATE names the folders that the
# user writes to; a named volume that is mounted there takes over whose they are.
set -eu
if [ $# -gt 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
fi
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log /usr/share/doc/* /usr/share/man/*
for place in /usr/local /usr; do
  rm -rf "$place"/lib/python3*/site-packages/pip* "$place"/lib/python3*/site-packages/setuptools* "$place"/lib/python3*/site-packages/wheel* \
    "$place"/lib/python3*/ensurepip "$place"/bin/pip* "$place"/share/python-wheels
done
groupadd --gid 10001 tbi
useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/tbi --shell /usr/sbin/nologin tbi
mkdir -p /var/lib/tbi
for folder in ${STATE:-}; do
  mkdir -p "/var/lib/tbi/$folder"
done
chown -R 10001:10001 /var/lib/tbi
chmod 0700 /var/lib/tbi
rm -f /finish.sh
