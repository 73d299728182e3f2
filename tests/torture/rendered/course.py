"""One VM from its first start to the target pod of its migration, with both predictions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.cluster.api import ApiError, Object
from tests.cluster.control_plane import ControlPlane
from tests.cluster.waiting import until
from tests.e2e.machines import VM, VMI, VMIM, Machines
from tests.torture.rendered import picture
from tests.torture.rendered.difference import Difference, differences
from tests.torture.rendered.shapes import Shape
from webhook.inventory import Inventory
from webhook.judge import Subject, judge
from webhook.objects import Features, PodInfo, VirtualMachine
from webhook.objects.virtual_machine import ROLLOUT
from webhook.parse import parse

SUBRESOURCES = "/apis/subresources.kubevirt.io/v1"
WAIT_SECONDS = 90
START, RESTART, MIGRATION = "start", "restart", "migration"
EVENTS = (START, RESTART, MIGRATION)
JOB = "kubevirt.io/migrationJobUID"


@dataclass
class Course:
    """What became of a shape."""

    shape: Shape
    cluster: ControlPlane
    births: picture.Births
    features: Features
    failure: str = ""
    predicted: dict[str, PodInfo] = field(default_factory=dict)
    actual: dict[str, PodInfo] = field(default_factory=dict)

    @property
    def machines(self) -> Machines:
        """The VMs of its namespace."""
        return Machines(self.cluster, self.shape.namespace)

    @property
    def found(self) -> Mapping[str, list[Difference]]:
        """The differences of each event that was reached."""
        return {event: self._found(event) for event in EVENTS if event in self.actual}

    def _found(self, event: str) -> list[Difference]:
        """What is unknown must be said to be, and then may differ."""
        found = differences(self.predicted[event], self.actual[event], event)
        if event not in self.shape.unknown:
            return found
        said = bool(self.predicted[event].unmodelled)
        unknown = {*self.shape.unknown[event], "unmodelled"} if said else set()
        missing = [] if said else [Difference("unmodelled", "nothing", "what is unknown")]
        return missing + [each for each in found if each.field not in unknown]

    @property
    def is_right(self) -> bool:
        """Whether all pods came and are as predicted."""
        return len(self.found) == len(EVENTS) and not any(self.found.values())

    # The steps, in their order; `world` is what the API server shows at the time.

    def create(self) -> None:
        """Create the VM, which does not run yet."""
        self.cluster.api.create(self.shape.tree())

    def predict_start(self, world: Inventory) -> None:
        """Predict the first pod, from the VM as the API server stored it."""
        tree = self._stored()
        if "instancetype" in tree["spec"]:
            tree = self._expanded()
        with world.reading() as now:
            self.predicted[START] = judge(Subject(self._value(tree)), now).pod

    def start(self) -> None:
        """Have KubeVirt start it."""
        self._patch({"spec": {"runStrategy": "Always"}})

    def see_start(self) -> None:
        """Wait for the first pod, and until the guest runs."""
        self.actual[START] = self._pod(self._launchers)
        until(f"{self.shape.name} runs", self._runs, WAIT_SECONDS)

    def predict_restart(self, world: Inventory) -> None:
        """Predict the pod of a restart, from the pod that runs."""
        old = self._stored()
        annotations = {ROLLOUT: "OnRestart"}
        new = self._patch({"metadata": {"annotations": annotations}}, dry_run=True)
        self._predict(RESTART, new, old, world)

    def restart(self) -> None:
        """Have KubeVirt restart it."""
        where = f"{SUBRESOURCES}/namespaces/{self.shape.namespace}/virtualmachines"
        self.cluster.api.request("PUT", f"{where}/{self.shape.name}/restart", {})

    def see_restart(self) -> None:
        """Wait for the pod of the restart, and until the guest runs again."""
        self.actual[RESTART] = self._pod(lambda: self._launchers()[1:])
        until(f"{self.shape.name} runs again", self._runs, WAIT_SECONDS)

    def prepare(self) -> None:
        """Migrate it once, plug in a disk, or change it before, where the shape says so."""
        name = self.shape.name
        if self.shape.before:
            self._patch(_in_template(self.shape.before))
            until(f"{name} is changed", lambda: self._took_over(self.shape.before), WAIT_SECONDS)
        if self.shape.migrated:
            self.machines.start_migration(name, f"{name}-before")
            self._wait_for_end(f"{name}-before")
        if self.shape.hotplug:
            self._plug(self.shape.hotplug)

    def predict_migration(self, world: Inventory) -> None:
        """Predict the target pod, from the change as an admission would show it."""
        old = self._stored()
        new = self._patch(_in_template(self.shape.change), dry_run=True)
        self._predict(MIGRATION, new, old, world)

    def change(self) -> None:
        """Make the change."""
        self._patch(_in_template(self.shape.change))

    def migrate(self) -> None:
        """Wait until KubeVirt took the change over, and start the migration."""
        change = self.shape.change
        until(f"{self.shape.name} is moving on", lambda: self._took_over(change), WAIT_SECONDS)
        self.machines.start_migration(self.shape.name, self.shape.name)

    def see_migration(self) -> None:
        """Wait for the target pod."""
        uid = self.machines.get(VMIM, self.shape.name)["metadata"]["uid"]
        self.actual[MIGRATION] = self._pod(lambda: self.births.of(**{JOB: uid}))

    # How.

    def _stored(self) -> Object:
        return self.machines.get(VM, self.shape.name)

    def _expanded(self) -> Object:
        where = f"{SUBRESOURCES}/namespaces/{self.shape.namespace}/virtualmachines"
        return self.cluster.api.request("GET", f"{where}/{self.shape.name}/expand-spec")

    def _value(self, tree: Object) -> VirtualMachine:
        found = parse({"apiVersion": "kubevirt.io/v1", "kind": VM, **tree}, self.features)
        assert isinstance(found, VirtualMachine)
        return found

    def _predict(self, event: str, new: Object, old: Object, world: Inventory) -> None:
        with world.reading() as now:
            findings = judge(Subject(self._value(new), self._value(old)), now)
            if (findings.question == "move") != (event == MIGRATION):
                self.failure = f"no {event} is predicted: {findings.at_restart or 'no source'}"
            self.predicted[event] = findings.pod

    def _patch(self, body: Object, *, dry_run: bool = False) -> Object:
        query = "?dryRun=All" if dry_run else ""
        where = f"/apis/kubevirt.io/v1/namespaces/{self.shape.namespace}/virtualmachines"
        return self.cluster.api.patch(f"{where}/{self.shape.name}{query}", body)

    def _launchers(self) -> list[Object]:
        labels = {"vm.kubevirt.io/name": self.shape.name, "kubevirt.io": "virt-launcher"}
        pods = self.births.of(**labels)
        return [pod for pod in pods if pod["metadata"]["namespace"] == self.shape.namespace]

    def _pod(self, probe: Callable[[], list[Object]]) -> PodInfo:
        pods = until(f"{self.shape.name} has its pod", probe, WAIT_SECONDS)
        return picture.value(pods[0], self.features)

    def _runs(self) -> bool:
        vmi = self.machines.find(VMI, self.shape.name) or {"metadata": {}}
        status = vmi.get("status") or {}
        if "deletionTimestamp" in vmi["metadata"]:
            return False
        return status.get("phase") == "Running" and bool(status.get("selinuxContext"))

    def _took_over(self, change: Object) -> bool:
        """Whether the VMI has what is changed, as far as the VM says it."""
        wanted = self._stored()["spec"]["template"]["spec"]
        actual = self.machines.get(VMI, self.shape.name)["spec"]
        return all(_same(wanted.get(key), actual.get(key), change[key]) for key in change)

    def _wait_for_end(self, migration: str) -> None:
        def ended() -> bool:
            status = self.machines.get(VMIM, migration).get("status") or {}
            vmi = self.machines.get(VMI, self.shape.name)
            source = (vmi["status"].get("migrationState") or {}).get("sourcePod")
            pods = self.cluster.api.list("Pod", self.shape.namespace)
            over = [p for p in pods if p["metadata"]["name"] == source]
            gone = all(p["status"]["phase"] in ("Succeeded", "Failed") for p in over)
            moving = "kubevirt.io/migrationTargetNodeName" in vmi["metadata"]["labels"]
            return status.get("phase") == "Succeeded" and gone and not moving

        until(f"{migration} is over", ended, WAIT_SECONDS)

    def _plug(self, claim: str) -> None:
        source = {"persistentVolumeClaim": {"claimName": claim, "hotpluggable": True}}
        disk = {"name": claim, "serial": claim, "disk": {"bus": "scsi"}}
        where = f"{SUBRESOURCES}/namespaces/{self.shape.namespace}/virtualmachines"
        body = {"name": claim, "disk": disk, "volumeSource": source}
        self.cluster.api.request("PUT", f"{where}/{self.shape.name}/addvolume", body)

        def is_there() -> bool:
            volumes = self.machines.get(VMI, self.shape.name)["spec"].get("volumes", [])
            return any(volume["name"] == claim for volume in volumes)

        until(f"{claim} is plugged into {self.shape.name}", is_there, WAIT_SECONDS)


def _in_template(change: Object) -> Object:
    return {"spec": {"template": {"spec": change}}}


def _same(wanted: Object, actual: Object, changed: Object) -> bool:
    """Whether two trees agree in what a patch touches."""
    if isinstance(changed, dict) and isinstance(wanted, dict) and isinstance(actual, dict):
        return all(_same(wanted.get(k), actual.get(k), v) for k, v in changed.items())
    return bool(wanted == actual) or (not wanted and not actual)


def attempt(course: Course, step: Callable[..., None], *more: Inventory) -> None:
    """Take a step, unless the course failed before; what fails is told, the others go on."""
    if course.failure:
        return
    try:
        step(course, *more)
    except (ApiError, TimeoutError, LookupError) as error:
        course.failure = f"{step.__name__}: {error}"
