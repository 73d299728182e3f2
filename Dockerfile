# One image, two processes: `serve` and `reconcile`.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock setup.cfg pyproject.toml README.md ./
COPY webhook webhook
COPY certs certs
RUN python -m venv /opt/vm-affinity \
    && /opt/vm-affinity/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /opt/vm-affinity/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
COPY --from=build /opt/vm-affinity /opt/vm-affinity
USER 65532:65532
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# as webhook.config.ALLOCATOR, for both
ENV MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072
ENTRYPOINT ["/opt/vm-affinity/bin/vm-affinity"]
