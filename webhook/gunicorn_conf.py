"""gunicorn's settings: one gthread worker, TLS, long keep-alive.

One worker, because the inventory lives in it; scale by replicas. The API server keeps
idle connections and does not replay a POST, so the keep-alive outlives its pool. gthread
makes a TLS context per connection, so a rotated certificate is picked up by itself.
A new connection holds a thread until its first byte, for five seconds at most; no setting
shortens that (do_handshake_on_connect comes after it), so there are threads to spare.
"""

from webhook.config import Settings

_settings = Settings.from_env()

bind = _settings.bind
workers = 1
worker_class = "gthread"
threads = _settings.threads
keepalive = 120
timeout = 60
graceful_timeout = 10
certfile = _settings.tls_cert or None
keyfile = _settings.tls_key or None
# a socket for gunicornc, made in the home directory: one more door that nobody asked for
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"
