"""The Kubernetes API: the only home of its client, and raw bytes in both directions.

client       one API server: connect, request, stream; every failure is one sentence   I/O
apply        server-side apply, the only way in which we write configurations          I/O
ca_bundle    the caBundle of a webhook configuration                                   I/O
watched      WATCHED: the kinds that we read                                           data
watch_state  what to ask for next, and what the answers mean                           pure
reflector    Reflector: one kind, kept in the inventory                                I/O
watching     all reflectors as threads                                                 I/O
lease        leader election                                                           I/O
bodies       the objects and patches that we send                                      pure
executor     Executor: performs the actions of a rollout                               I/O
expansion    Expander: what an instancetype and a preference make of a VM              I/O
permissions  PERMISSIONS: what RBAC must grant for all of this                         data
"""
