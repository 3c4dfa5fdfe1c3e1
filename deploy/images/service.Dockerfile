# A service of the cloud side, with its workers. SERVICE is its name, such as mastr-connector; PACKAGE the same as Python writes it.
# The auditor is a program that background-manager-logic starts; it shares no code with the services. The backup is one that the operator starts there.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ARG SERVICE
COPY deploy/images/ca deploy/images/install.sh locks/${SERVICE}.txt /build/
RUN sh /build/install.sh /opt/tbi "/build/${SERVICE}.txt"

FROM ${BASE_IMAGE}
ARG SERVICE
ARG PACKAGE
ARG STATE=
COPY deploy/images/finish.sh /
RUN STATE="${STATE}" sh /finish.sh
COPY --from=build /opt/tbi /opt/tbi
COPY deploy/images/probe.py /app/
COPY market /app/market
COPY clients /app/clients
COPY auditor /app/auditor
COPY services/__init__.py /app/services/
COPY services/shared /app/services/shared
COPY services/${PACKAGE} /app/services/${PACKAGE}
COPY deploy/__init__.py /app/deploy/
COPY deploy/backup /app/deploy/backup
RUN /opt/tbi/bin/python -m compileall -q /app
USER 10001:10001
WORKDIR /app
ENV PATH=/opt/tbi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s CMD ["sh", "-c", "exec python -I -S /app/probe.py ${TBI_PROBE}"]
