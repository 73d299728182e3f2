"""Expander: what KubeVirt makes of the instancetype and preference that a VM refers to.

An admission waits for it, so there is a deadline for all of it: whatever holds up the answer
(a name to resolve, a handshake, single bytes), the caller gets a reason instead, and one of a
few threads waits on.
"""

import re
from concurrent.futures import Future, ThreadPoolExecutor, wait

import msgspec

from webhook.admission import Expansion
from webhook.kube import bodies
from webhook.kube.client import Api, ApiFailure, KubeError
from webhook.kube.watched import namespaced
from webhook.parse import Tree

DEADLINE = 0.5
"""Seconds from the question to all of its answers."""

THREADS = 8
SUBRESOURCES_GROUP = "subresources.kubevirt.io"
SUBRESOURCES_API = f"{SUBRESOURCES_GROUP}/v1"
EXPAND_VM_SPEC = "expand-vm-spec"

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
#: Answers of KubeVirt and of RBAC, which say by themselves what is wrong.
_PLAIN = (400, 403)


class Expander:
    """Asks KubeVirt, one request for each VM; safe to share between threads."""

    def __init__(self, api: Api, deadline: float = DEADLINE) -> None:
        self._api = api
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(THREADS, "expansion")

    def __call__(self, written: Expansion) -> Expansion:
        """The same VMs expanded; or why that cannot be had, in a few words."""
        new, old = (self._asked(tree) for tree in (written.new, written.old))
        calls = [call for call in (new, old) if call is not None]
        late = wait(calls, self._deadline).not_done
        for call in late:
            call.cancel()
        if late:
            return Expansion(failure=f"no answer within {self._deadline * 1000:.0f} ms")
        try:
            return Expansion(_answer(new), _answer(old))
        except ApiFailure as failure:
            plain = failure.status in _PLAIN and failure.message
            return Expansion(failure=plain or str(failure))
        except KubeError as failure:
            return Expansion(failure=str(failure))

    def _asked(self, tree: Tree | None) -> "Future[Tree] | None":
        return None if tree is None else self._threads.submit(self._expanded, tree)

    def _expanded(self, tree: Tree) -> Tree:
        body = bodies.to_expand(tree)
        namespace = body["metadata"].get("namespace", "default")
        if not _NAMESPACE.fullmatch(namespace):
            # whoever reaches our port could otherwise have us write to another path
            raise KubeError("the VM is in no namespace that can exist")
        path = namespaced(SUBRESOURCES_API, namespace, EXPAND_VM_SPEC)
        # the caller is gone by then, and a socket's words would not be the same every time
        timeout = (2 * self._deadline, 2 * self._deadline)
        content = self._api.request("PUT", path, body=body, timeout=timeout)
        try:
            return msgspec.json.decode(content, type=dict[str, object])
        except _UNREADABLE as error:
            raise KubeError(f"its answer is not the JSON of an object ({error})") from error


def _answer(call: "Future[Tree] | None") -> Tree | None:
    return None if call is None else call.result()
