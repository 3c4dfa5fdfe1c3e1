# What stands in for AWS on one machine: the identity emulation (Cognito) and the runner of the trigger service's functions (Lambda, EventBridge).
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
COPY deploy/images/ca deploy/images/install.sh locks/local-aws.txt locks/identity.txt /build/
RUN sh /build/install.sh /opt/tbi /build/local-aws.txt
RUN sh /build/install.sh /opt/identity /build/identity.txt

FROM ${BASE_IMAGE}
COPY deploy/images/finish.sh /
RUN STATE="triggers identity" sh /finish.sh
COPY --from=build /opt/tbi /opt/tbi
COPY --from=build /opt/identity /opt/identity
COPY deploy/images/probe.py /app/
COPY market /app/market
COPY clients /app/clients
COPY lambdas /app/lambdas
COPY services/__init__.py /app/services/
COPY services/shared /app/services/shared
COPY deploy/__init__.py /app/deploy/
COPY deploy/aws /app/deploy/aws
COPY deploy/chain /app/deploy/chain
COPY deploy/local /app/deploy/local
RUN /opt/tbi/bin/python -m compileall -q /app
USER 10001:10001
WORKDIR /app
ENV PATH=/opt/tbi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TBI_IDENTITY_ENV=/opt/identity
HEALTHCHECK --interval=10s --timeout=20s --start-period=90s CMD ["sh", "-c", "exec python -I -S /app/probe.py ${TBI_PROBE}"]
