"""Pace: when a reader of a watch rests, so that it takes in many changes at a time.

A change that is taken in alone costs a review that is under way as much again in hand-overs
between the threads. With 1,000 changes a second nearly every review meets two; taken in twenty at a
time, they meet one review in six.
"""

AWAKE = 0.005
"""Seconds that a reader may read before it rests."""

NAP = 0.02
"""Seconds of a rest: nobody notices that the cluster is known so much later."""

BREATH = 0.001
"""Seconds of the rest of a reader that did not have to wait for changes: it is behind."""

_IDLE = 0.1
"""The part of its time that a reader which keeps up has to wait for changes."""


class Pace:
    """The rests of one reader; times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._awake = now
        self._waited = 0.0

    def waited(self, seconds: float) -> None:
        """So long nothing came."""
        self._waited += seconds

    def rest(self, now: float) -> float:
        """Seconds to rest now; 0 as long as it may stay awake."""
        read = now - self._awake
        if read < AWAKE:
            return 0.0
        rest = NAP if self._waited > _IDLE * read else BREATH
        self._awake, self._waited = now + rest, 0.0
        return rest
