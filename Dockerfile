# The three programs of Penstock: `docker build --target runner|operator|gateway .`
#
# BASE is any image with Python 3.11 to 3.13 (as python3, with venv) and CA certificates; nothing of it but Python runs later.
# Dependencies lie in a layer of their own, below the code, so that a change of the code alone takes seconds.
# pip is there only while that layer is made. (A stage for it, mounted or copied from, makes rebuilds slow or fail in buildah.)
# What is installed and never run is trimmed away before it becomes a layer.
# Everything is byte-compiled here, as the root file system is read-only at run time.
# The base is named by its digest (docs/security.md says how it is renewed): a tag may be another image tomorrow.
# The secrets are optional: pip's configuration and the CA certificates of a network that needs them; neither stays in an image.
ARG BASE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${BASE} AS program
ENV PYTHONPATH=/opt/penstock/code:/opt/penstock/lib PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /

FROM program AS runner
ENTRYPOINT ["python3", "-P", "-s", "-m", "penstock_runner"]
COPY requirements/runner.txt images/trim.py /opt/penstock/installation/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    python3 -m venv /tmp/installer \
    && /tmp/installer/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile --no-deps \
        --require-hashes --only-binary :all: --target /opt/penstock/lib --requirement /opt/penstock/installation/*.txt \
    && rm -rf /tmp/installer \
    && python3 /opt/penstock/installation/trim.py /opt/penstock/lib \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/penstock/lib
COPY core/penstock_core /opt/penstock/code/penstock_core
COPY runner/penstock_runner /opt/penstock/code/penstock_runner
RUN ["python3", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "/opt/penstock/code"]
USER 65532:65532

FROM program AS operator
ENTRYPOINT ["python3", "-P", "-s", "-m", "penstock_operator"]
COPY requirements/operator.txt images/trim.py /opt/penstock/installation/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    python3 -m venv /tmp/installer \
    && /tmp/installer/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile --no-deps \
        --require-hashes --only-binary :all: --target /opt/penstock/lib --requirement /opt/penstock/installation/*.txt \
    && rm -rf /tmp/installer \
    && python3 /opt/penstock/installation/trim.py /opt/penstock/lib \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/penstock/lib
COPY crds /opt/penstock/crds
COPY core/penstock_core /opt/penstock/code/penstock_core
COPY operator/penstock_operator /opt/penstock/code/penstock_operator
RUN ["python3", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "/opt/penstock/code"]
USER 65532:65532

FROM program AS gateway
ENTRYPOINT ["python3", "-P", "-s", "-m", "penstock_gateway"]
COPY requirements/gateway.txt images/trim.py /opt/penstock/installation/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    python3 -m venv /tmp/installer \
    && /tmp/installer/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile --no-deps \
        --require-hashes --only-binary :all: --target /opt/penstock/lib --requirement /opt/penstock/installation/*.txt \
    && rm -rf /tmp/installer \
    && python3 /opt/penstock/installation/trim.py /opt/penstock/lib \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/penstock/lib
COPY core/penstock_core /opt/penstock/code/penstock_core
COPY gateway/penstock_gateway /opt/penstock/code/penstock_gateway
RUN ["python3", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "/opt/penstock/code"]
USER 65532:65532
