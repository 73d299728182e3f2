"""create_app: the HTTP surface of the webhook; flask lives here and nowhere else."""

from collections.abc import Callable
from contextlib import suppress

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from webhook import admission, review
from webhook.inventory import Inventory

#: The API server sends at most two objects of 3 MiB each; more is noise.
MAX_BODY_BYTES = 7 * 1024 * 1024
#: So much of a larger body is read and thrown away: many clients look for an answer only
#: once all was sent, and a connection closed on them before is an error without a reason.
DRAINED_BYTES = 32 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
#: An answer in words quotes what was sent; it need not repeat all of it.
_SENTENCE_CHARACTERS = 500
_JSON = "application/json"


Expand = Callable[[admission.Expansion], admission.Expansion]


def create_app(
    inventory: Inventory,
    monotonic: Callable[[], float] | None = None,
    expand: Expand | None = None,
) -> Flask:
    """The application over this inventory; it starts nothing.

    `monotonic` (seconds) is given where the inventory is watched and can become stale, and
    `expand` where there is a KubeVirt to ask.
    """
    clock: Callable[[], float | None] = monotonic or (lambda: None)
    app = Flask("vm-affinity-webhook", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.post("/validate")
    def validate() -> Response:
        asked = review.decode(_body())
        expansion = _expansion(asked, inventory, clock(), expand)
        with inventory.reading(clock()) as world:
            decision = admission.admit(asked, world, expansion)
        return Response(review.validated(asked.uid, decision), mimetype=_JSON)

    @app.post("/mutate")
    def mutate() -> Response:
        asked = review.decode(_body())
        patch = admission.stamp(asked, inventory.features)
        return Response(review.mutated(asked.uid, patch), mimetype=_JSON)

    @app.get("/healthz")
    def healthz() -> Response:
        return _sentence(200, "ok")

    @app.get("/readyz")
    def readyz() -> Response:
        now = clock()
        missing = inventory.unknown or ("" if now is None else inventory.stale(now))
        return _sentence(503, missing) if missing else _sentence(200, "ok")

    _handle_errors(app)
    return app


def _handle_errors(app: Flask) -> None:
    """Every failure is one sentence."""
    app.register_error_handler(review.BadReview, _bad_review)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RequestEntityTooLarge, _too_large)

    @app.errorhandler(Exception)
    def our_bug(error: Exception) -> Response:
        app.logger.exception("a request failed", exc_info=error)
        return _sentence(500, "the webhook failed on this request; its log says why")


def _expansion(
    asked: review.Request, inventory: Inventory, now: float | None, expand: Expand | None
) -> admission.Expansion | None:
    """What KubeVirt was asked to expand; nobody waits for its answer while we wait for it."""
    if expand is None or not asked.refers:
        return None
    with inventory.reading(now) as world:
        written = admission.to_expand(asked, world)
    return None if written is None else expand(written)


def _sentence(status: int, text: str) -> Response:
    line = " ".join(text.split())
    if len(line) > _SENTENCE_CHARACTERS:
        line = f"{line[: _SENTENCE_CHARACTERS - 1]}…"
    body = f"{line}\n".encode(errors="replace")
    return Response(body, status=status, mimetype="text/plain")


def _bad_review(error: review.BadReview) -> Response:
    return _sentence(400, str(error))


def _too_deep(error: RecursionError) -> Response:
    """The body was just shallow enough for its decoder; no object of ours is."""
    return _sentence(400, "an object in the AdmissionReview is nested too deeply to be read")


def _body() -> bytes:
    """All of the body; what exceeds a chunked one's limit is cut off without a word."""
    body = request.get_data()
    if request.content_length is None and len(body) >= MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    return body


def _too_large(error: RequestEntityTooLarge) -> Response:
    """Answered after the body, if that comes to an end within bounds."""
    stream, left = request.environ["wsgi.input"], DRAINED_BYTES
    if not request.environ.get("wsgi.input_terminated"):
        left = min(left, request.content_length or 0)
    with suppress(OSError):
        while left > 0 and (chunk := stream.read(min(_CHUNK_BYTES, left))):
            left -= len(chunk)
    return _http_error(error)


def _http_error(error: HTTPException) -> Response:
    return _sentence(error.code or 500, f"{error.name}: {error.description}")
