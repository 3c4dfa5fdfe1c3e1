# Redis of Debian 12, for the cloud side's jobs and for those of a box.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
COPY deploy/images/finish.sh /
RUN STATE="cloud/redis redis" sh /finish.sh redis-server
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=20s --start-period=30s CMD ["sh", "-c", "redis-cli -p 6379 ping | grep -q PONG"]
