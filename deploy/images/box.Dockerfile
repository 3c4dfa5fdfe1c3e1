# The Python services of a box, in one image: TPM API, CLS-Box-Logic with its worker, Blockchain-Connector. No pydantic, no clients.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
    gcc libc6-dev libffi-dev libtss2-dev pkg-config python3-dev >/dev/null
COPY deploy/images/ca deploy/images/install.sh locks/build.txt locks/box.txt /build/
RUN sh /build/install.sh /opt/tbi /build/box.txt

FROM ${BASE_IMAGE}
ARG STATE="tpm-api blockchain-connector cls-box-logic"
COPY deploy/images/finish.sh /
RUN STATE="${STATE}" sh /finish.sh libtss2-esys-3.0.2-0 libtss2-fapi1 libtss2-tctildr0 libtss2-rc0 libtss2-mu0 \
    libtss2-tcti-swtpm0 libtss2-tcti-device0
COPY --from=build /opt/tbi /opt/tbi
COPY deploy/images/probe.py /app/
COPY market /app/market
COPY services/__init__.py /app/services/
COPY services/shared /app/services/shared
COPY services/tpm_api /app/services/tpm_api
COPY services/cls_box_logic /app/services/cls_box_logic
COPY services/blockchain_connector /app/services/blockchain_connector
RUN /opt/tbi/bin/python -m compileall -q /app
USER 10001:10001
WORKDIR /app
ENV PATH=/opt/tbi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TSS2_LOG=all+NONE
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s CMD ["sh", "-c", "exec python -I -S /app/probe.py ${TBI_PROBE}"]
