# MongoDB under its parent (deploy/local/mongod.py: replica set, user, orderly end). MONGO_IMAGE is where mongod is taken from: MongoDB's own image,
# or the stand-in of mongo-package.Dockerfile where that cannot be had.
ARG BASE_IMAGE=python:3.11-slim-bookworm
ARG MONGO_IMAGE=mongo:7.0-jammy

FROM ${MONGO_IMAGE} AS binary

FROM ${BASE_IMAGE} AS build
COPY deploy/images/ca deploy/images/install.sh locks/mongod.txt /build/
RUN sh /build/install.sh /opt/tbi /build/mongod.txt

FROM ${BASE_IMAGE}
COPY deploy/images/finish.sh /
RUN STATE=mongo sh /finish.sh libcurl4
COPY --from=build /opt/tbi /opt/tbi
COPY --from=binary /usr/bin/mongod /opt/mongo/lib/python3.11/site-packages/fiftyone/db/bin/mongod
COPY deploy/images/probe.py /app/
COPY deploy/__init__.py deploy/orphans.py /app/deploy/
COPY deploy/local/__init__.py deploy/local/mongod.py /app/deploy/local/
RUN /opt/tbi/bin/python -m compileall -q /app
USER 10001:10001
WORKDIR /app
ENV PATH=/opt/tbi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TBI_MONGO_ENV=/opt/mongo
HEALTHCHECK --interval=10s --timeout=20s --start-period=60s CMD ["sh", "-c", "exec python -I -S /app/probe.py ${TBI_PROBE}"]
