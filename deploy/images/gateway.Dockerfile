# nginx before the cloud side's services, with the portal that was built before (./tbi up builds it, so does python -m deploy.local.portal build)
# and the pages of the APIs. Its configuration is written from the plan (python -m deploy.containers).
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
COPY deploy/images/finish.sh deploy/images/probe.py deploy/images/gateway.sh deploy/images/follow.sh /
RUN STATE=gateway sh /finish.sh nginx-light
COPY deploy/images/gateway /etc/tbi/gateway
COPY deploy/local/gateway/headers.conf /etc/tbi/gateway/
COPY deploy/local/gateway/unbuilt.html /srv/pages/
COPY webportal/dist/portal/browser /srv/portal
COPY build/api-docs /srv/docs
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=20s --start-period=30s CMD ["sh", "-c", "exec python3 -I -S /probe.py ${TBI_PROBE}"]
CMD ["sh", "/gateway.sh"]
