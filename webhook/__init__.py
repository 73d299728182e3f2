"""The admission webhook and the rollout of KubeVirt VM placement changes.

The listing is the architecture, in data-flow order; imports point upwards only.

objects             frozen values of everything the rest thinks about            pure
parse               bytes -> values; the home of Kubernetes field paths          pure
changes             detect(old, new): which placement and restart fields differ  pure
launcher            source pod (or VM) + new placement -> the pod to schedule    pure
placement           the verdict of kube-scheduler's Filter phase                 pure
quota               room for the second pod of a migration in its namespace      pure
judge               judge(subject, world) -> Findings                            pure
inventory           Inventory: stores, index, one lock                           state, no I/O
policy              decide(changes, findings) -> Decision; the message catalogue pure
review              AdmissionReview v1 codec and the stamp's JSON patch          pure
admission           admit(request, world): the request path on one page          pure
rollout             decide(state, now) -> Plan                                   pure
config              Settings.from_env                                            I/O
files               the inventory fed from files                                 I/O
kube                the Kubernetes API; the kubernetes client lives here         I/O
app                 create_app: the HTTP surface; flask lives here               I/O
controller          the reconciler's loop: look, decide, act                        I/O
cli, wsgi, __main__, gunicorn_conf                                 composition roots
"""
