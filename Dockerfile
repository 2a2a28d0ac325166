# One image for all roles: a web node (`serve`) by default; docker-compose.yml makes worker, beat and preparation of it
# by another entrypoint.

FROM python:3.11-slim AS packages
WORKDIR /app
RUN python -m venv .venv
COPY requirements.txt ./
RUN .venv/bin/pip install --no-cache-dir --no-input --require-hashes -r requirements.txt

FROM python:3.11-slim
# Letters of PDFs beyond those that Python packages bring: a better Arabic.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --create-home --uid 10001 colloquy \
    && install -d -o colloquy -g colloquy /data /recordings
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY manage.py ./
COPY config config
COPY meetings meetings
COPY streaming streaming
COPY templates templates
COPY static static
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data HOST=0.0.0.0
USER colloquy
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=180s \
    CMD python -c "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8000)}/healthz', timeout=4)"
ENTRYPOINT ["python", "manage.py"]
CMD ["serve"]
