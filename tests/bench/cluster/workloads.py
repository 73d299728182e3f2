"""Pods of Deployments, StatefulSets, Jobs and DaemonSets: about 5 KiB each."""

from tests.bench.cluster.chance import Chance
from tests.bench.cluster.nodes import EXAMPLE, HOSTNAME, ZONE, node_name
from tests.bench.cluster.plan import DAEMON, DAEMONS, PlacedPod, Plan, Workload
from tests.bench.cluster.wire import TIME, Tree, condition, container, managed, owner, raw, uid

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
TOLERATIONS = [
    {"effect": "NoExecute", "key": f"node.kubernetes.io/{key}", "operator": "Exists"}
    | {"tolerationSeconds": 300}
    for key in ("not-ready", "unreachable")
]


def app(workload: Workload) -> str:
    """The `app` label of a workload: unique in the cluster."""
    return f"{workload.tier}-{workload.number}"


def namespace(number: int) -> str:
    """The name of a namespace."""
    return f"ns-{number:04d}"


def service_pod(plan: Plan, number: int, pod: PlacedPod) -> Tree:
    """The number-th pod that is neither a daemon nor a guest."""
    workload = pod.workload
    chance = Chance(plan.seed, 5, workload.number)
    hash_ = f"{chance.bits() & 0xFFFFFFFFFF:010x}"
    name, owned = _identity(plan, pod, hash_)
    uid_ = uid(plan.seed, 6, number)
    spec = _spec(pod, app(workload), chance)
    if pod.node >= 0:
        spec["nodeName"] = node_name(pod.node)
    claim = claimed(pod)
    if claim:
        spec["volumes"] = [_TOKEN, {"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "annotations": _ANNOTATIONS,
            "creationTimestamp": TIME,
            "generateName": f"{app(workload)}-",
            "generation": 1,
            "labels": _labels(pod, hash_, name),
            "managedFields": _MANAGED,
            "name": name,
            "namespace": namespace(workload.namespace),
            "ownerReferences": owned,
            "resourceVersion": str(2_000_000 + number),
            "uid": uid_,
        },
        "spec": spec,
        "status": _status(number) if pod.node >= 0 else _WAITING,
    }


def claimed(pod: PlacedPod) -> str:
    """The claim of a stateful pod: every other StatefulSet has some."""
    workload = pod.workload
    if workload.sort != "StatefulSet" or workload.number % 3 or pod.node < 0:
        return ""
    return f"data-{app(workload)}-{pod.ordinal}"


def _identity(plan: Plan, pod: PlacedPod, hash_: str) -> tuple[str, list[Tree]]:
    workload, own = pod.workload, app(pod.workload)
    uid_ = uid(plan.seed, 7, workload.number)
    if workload.sort == "StatefulSet":
        return f"{own}-{pod.ordinal}", owner("apps/v1", "StatefulSet", own, uid_)
    suffix = f"{Chance(workload.number, pod.ordinal).bits() & 0xFFFFF:05x}"
    if workload.sort == "Job":
        return f"{own}-{suffix}", owner("batch/v1", "Job", own, uid_)
    return f"{own}-{hash_}-{suffix}", owner("apps/v1", "ReplicaSet", f"{own}-{hash_}", uid_)


def _labels(pod: PlacedPod, hash_: str, name: str) -> dict[str, str]:
    workload = pod.workload
    own = {"app": app(workload), "tier": workload.tier, "team": f"team-{workload.namespace % 20}"}
    if workload.sort == "StatefulSet":
        own["apps.kubernetes.io/pod-index"] = str(pod.ordinal)
        own["controller-revision-hash"] = f"{app(workload)}-{hash_}"
        own["statefulset.kubernetes.io/pod-name"] = name
    elif workload.sort == "Job":
        own["batch.kubernetes.io/job-name"] = app(workload)
    else:
        own["pod-template-hash"] = hash_
    return own


def _spec(pod: PlacedPod, own: str, chance: Chance) -> Tree:
    shape = pod.shape
    requests = {"cpu": f"{shape.cpu}m", "memory": f"{shape.memory}Mi"}
    if shape.gpu:
        requests[f"{EXAMPLE}/gpu"] = str(shape.gpu)
    limits = {key: value for key, value in requests.items() if key != "cpu"}
    main = _CONTAINER | {
        "name": own,
        "image": f"registry.example.com/{own}:v2",
        "resources": {"limits": limits, "requests": requests},
    }
    spec = _SPEC | {"containers": [main, _SIDECAR] if chance.happens(0.3) else [main]}
    if rules := affinity(pod.workload, own, chance):
        spec["affinity"] = rules
    if pod.workload.size > 2 and chance.happens(0.3):
        spec["topologySpreadConstraints"] = [
            {
                "labelSelector": {"matchLabels": {"app": own}},
                "maxSkew": 1,
                "topologyKey": ZONE,
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ]
    if shape.gpu:
        gpu = {"effect": "NoSchedule", "key": f"{EXAMPLE}/gpu", "operator": "Exists"}
        spec["tolerations"] = [gpu, *TOLERATIONS]
    return spec


def affinity(workload: Workload, own: str, chance: Chance) -> Tree:
    """Apart where the plan placed them so; some would rather be, and some have more wishes."""
    term = {"labelSelector": {"matchLabels": {"app": own}}, "topologyKey": HOSTNAME}
    rules: Tree = {}
    if workload.apart:
        rules["podAntiAffinity"] = {REQUIRED: [term]}
    elif chance.happens(0.2):
        rules["podAntiAffinity"] = {PREFERRED: [{"podAffinityTerm": term, "weight": 100}]}
    if chance.happens(0.05):
        near = {"labelSelector": {"matchLabels": {"tier": workload.tier}}, "topologyKey": ZONE}
        rules["podAffinity"] = {REQUIRED: [near]}
    if chance.happens(0.1):
        disk = {"key": f"{EXAMPLE}/disk", "operator": "In", "values": ["ssd", "nvme"]}
        wish = {"preference": {"matchExpressions": [disk]}, "weight": 10}
        rules["nodeAffinity"] = {PREFERRED: [wish]}
    return rules


def daemon_pod(plan: Plan, number: int) -> Tree:
    """The number-th pod of a DaemonSet: all of one node, then those of the next."""
    node, which = divmod(number, len(DAEMONS))
    own = DAEMONS[which]
    pinned = {"key": "metadata.name", "operator": "In", "values": [node_name(node)]}
    rules = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchFields": [pinned]}]}}}
    requests = {"cpu": f"{DAEMON.cpu}m", "memory": f"{DAEMON.memory}Mi"}
    main = _CONTAINER | {
        "image": f"registry.example.com/system/{own}:v1.36.2",
        "name": own,
        "resources": {"requests": requests},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "annotations": _ANNOTATIONS,
            "creationTimestamp": TIME,
            "generateName": f"{own}-",
            "generation": 1,
            "labels": {
                "app": own,
                "controller-revision-hash": "7d9c5b8f64",
                "pod-template-generation": "1",
            },
            "managedFields": _MANAGED,
            "name": f"{own}-{Chance(plan.seed, 8, number).bits() & 0xFFFFF:05x}{node % 997:03d}",
            "namespace": "kubevirt" if own == "virt-handler" else "kube-system",
            "ownerReferences": owner("apps/v1", "DaemonSet", own, uid(plan.seed, 9, which)),
            "resourceVersion": str(3_000_000 + number),
            "uid": uid(plan.seed, 10, number),
        },
        "spec": _SPEC
        | {
            "affinity": rules,
            "containers": [main],
            "nodeName": node_name(node),
            "tolerations": [{"operator": "Exists"}],
        },
        "status": _status(number),
    }


_ANNOTATIONS = raw(
    {
        "kubectl.kubernetes.io/default-container": "app",
        "prometheus.io/port": "8080",
        "prometheus.io/scrape": "true",
        "sidecar.example.com/status": '{"initContainers":null,"containers":["proxy"]}',
    }
)
_PROBE = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10}
_CONTAINER = container(
    {
        "name": "app",
        "image": "",
        "resources": {},
        "args": ["--config=/etc/app/config.yaml", "--listen=:8080", "--log-level=info"],
        "env": [{"name": f"SETTING_{each}", "value": f"value-of-{each}"} for each in range(2)],
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": {**_PROBE, "failureThreshold": 3, "successThreshold": 1},
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "readinessProbe": {**_PROBE, "failureThreshold": 3, "successThreshold": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            {
                "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                "name": "token",
                "readOnly": True,
            }
        ],
    }
)
_SIDECAR = _CONTAINER | {
    "name": "proxy",
    "image": "registry.example.com/platform/proxy:v3",
    "ports": [],
    "env": [],
}
_TOKEN: Tree = {
    "name": "token",
    "projected": {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "root-ca"}},
        ],
    },
}
_SPEC: Tree = {
    "dnsPolicy": "ClusterFirst",
    "enableServiceLinks": True,
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "securityContext": {"runAsNonRoot": True},
    "serviceAccount": "default",
    "serviceAccountName": "default",
    "terminationGracePeriodSeconds": 30,
    "tolerations": TOLERATIONS,
    "volumes": [_TOKEN],
}
_MANAGED = raw(
    [
        managed(
            "kube-controller-manager",
            {
                "metadata": {"generateName": "", "labels": {"app": "", "tier": ""}},
                "spec": {key: {} for key in _SPEC} | {"containers": [_CONTAINER]},
            },
        ),
        managed(
            "kubelet",
            {"status": {"conditions": {}, "containerStatuses": {}, "phase": "", "podIPs": {}}},
            "status",
        ),
    ]
)
_WAITING = raw(
    {
        "conditions": [condition("PodScheduled", "False", reason="Unschedulable")],
        "phase": "Pending",
        "qosClass": "Burstable",
    }
)
_CONDITIONS = raw(
    [condition(type_) for type_ in ("Initialized", "PodScheduled", "ContainersReady", "Ready")]
)
_STATUSES = raw(
    [
        {
            "containerID": f"containerd://{uid(at).replace('-', '') * 2}",
            "image": f"registry.example.com/{name}:v2",
            "imageID": f"registry.example.com/{name}@sha256:{uid(at + 9).replace('-', '') * 2}",
            "lastState": {},
            "name": name,
            "ready": True,
            "restartCount": 0,
            "started": True,
            "state": {"running": {"startedAt": TIME}},
        }
        for at, name in enumerate(("app", "proxy"))
    ]
)


def _status(number: int) -> Tree:
    ip = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
    return {
        "conditions": _CONDITIONS,
        "containerStatuses": _STATUSES,
        "hostIP": "192.168.1.1",
        "phase": "Running",
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "qosClass": "Burstable",
        "startTime": TIME,
    }
