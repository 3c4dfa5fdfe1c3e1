# A node of the chain with its parent (deploy/chain/node.py), and what the founding partner boots it with.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
COPY deploy/images/ca deploy/images/install.sh locks/node.txt locks/chain.txt /build/
RUN sh /build/install.sh /opt/tbi /build/node.txt
RUN sh /build/install.sh /opt/chain /build/chain.txt

FROM ${BASE_IMAGE}
COPY deploy/images/finish.sh /
# the node loads Python's own library
RUN STATE=chain sh /finish.sh libpython3.11
COPY --from=build /opt/tbi /opt/tbi
COPY --from=build /opt/chain /opt/chain
COPY deploy/images/probe.py /app/
COPY market /app/market
COPY contracts/build /app/contracts/build
COPY services/__init__.py /app/services/
COPY services/shared /app/services/shared
COPY deploy/__init__.py deploy/orphans.py /app/deploy/
COPY deploy/chain /app/deploy/chain
RUN /opt/tbi/bin/python -m compileall -q /app
USER 10001:10001
WORKDIR /app
ENV PATH=/opt/tbi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TBI_CHAIN_ENV=/opt/chain
HEALTHCHECK --interval=10s --timeout=20s --start-period=120s CMD ["sh", "-c", "exec python -I -S /app/probe.py ${TBI_PROBE}"]
