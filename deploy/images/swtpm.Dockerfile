# A software TPM 2.0, for boxes that are no more than an emulation: it keeps a key from nobody who can read its folder.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
COPY deploy/images/finish.sh deploy/images/probe.py /
RUN STATE=swtpm sh /finish.sh swtpm
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=20s --start-period=30s CMD ["sh", "-c", "exec python3 -I -S /probe.py ${TBI_PROBE}"]
