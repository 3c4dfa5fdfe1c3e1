# What stands in for the register's web service and for OpenEMS where there is no real one.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
COPY deploy/images/ca deploy/images/install.sh locks/simulators.txt /build/
RUN sh /build/install.sh /opt/tbi /build/simulators.txt

FROM ${BASE_IMAGE}
COPY deploy/images/finish.sh /
RUN STATE=openems sh /finish.sh
COPY --from=build /opt/tbi /opt/tbi
COPY deploy/images/probe.py /app/
COPY simulators /app/simulators
RUN /opt/tbi/bin/python -m compileall -q /app
USER 10001:10001
WORKDIR /app
ENV PATH=/opt/tbi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
HEALTHCHECK --interval=10s --timeout=20s --start-period=30s CMD ["sh", "-c", "exec python -I -S /app/probe.py ${TBI_PROBE}"]
