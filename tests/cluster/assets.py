"""Finds the programs of the control plane: in the environment, on PATH, in the cache; else builds.

KUBEBUILDER_ASSETS and KUBEVIRT_ASSETS name folders and win, program by program (the usual download
of the first holds no controller-manager and no scheduler). From PATH only a program of the pinned
Kubernetes minor is taken: what happens to be installed should not decide what a test means.
KubeVirt's programs do not tell their version and are not looked for on PATH. A KUBEVIRT_ASSETS
folder holds, beside virt-api and virt-controller, the manifests.json that a build writes.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.cluster import go_build
from tests.cluster.go_build import MANIFESTS, NotBuilt, Say, ToolModule, build, say

HERE = Path(__file__).resolve().parent
KUBERNETES = ToolModule(
    HERE / "kubernetes", "k8s.io/kubernetes", "k8s.io/component-base/version", programs=5
)
KUBEVIRT = ToolModule(
    HERE / "kubevirt", "kubevirt.io/kubevirt", "kubevirt.io/client-go/version", programs=4
)
KUBERNETES_PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
)
KUBEVIRT_FILES = ("virt-api", "virt-controller", MANIFESTS)
BUILT_AS = {"etcd": "server"}
"""Go names a program by the last element of its import path."""

VERSION_COMMANDS = {"kubectl": ("version", "--client")}
_MINOR = re.compile(r"(?:Kubernetes|Client Version:) v(\d+\.\d+)\.")
_PINNED = re.compile(r"\bk8s\.io/kubernetes v(\d+\.\d+)\.")


@dataclass(frozen=True)
class Assets:
    """Where each program is."""

    files: Mapping[str, Path]

    def __getitem__(self, name: str) -> str:
        return str(self.files[name])

    @cached_property
    def _manifests(self) -> Any:
        return json.loads(self.files[MANIFESTS].read_bytes())

    @property
    def kubevirt_version(self) -> str:
        """The release of virt-api and virt-controller."""
        return str(self._manifests["version"])

    @property
    def kubevirt_objects(self) -> Any:
        """The list of what KubeVirt's operator would install."""
        return self._manifests["objects"]


def ensure(environ: Mapping[str, str] = os.environ, tell: Say = say) -> Assets:
    """Find every program, and build what is missing; NotBuilt says in a sentence why not."""
    kubernetes = dict(_given(environ, "KUBEBUILDER_ASSETS", KUBERNETES_PROGRAMS))
    kubernetes |= dict(_on_path(set(KUBERNETES_PROGRAMS) - set(kubernetes)))
    kubevirt = dict(_given(environ, "KUBEVIRT_ASSETS", KUBEVIRT_FILES))
    if kubevirt and (missing := set(KUBEVIRT_FILES) - set(kubevirt)):
        raise NotBuilt(f"KUBEVIRT_ASSETS has no {', '.join(sorted(missing))}.")
    wanted = ((KUBERNETES, KUBERNETES_PROGRAMS, kubernetes), (KUBEVIRT, KUBEVIRT_FILES, kubevirt))
    files: dict[str, Path] = {}
    for module, names, found in wanted:
        files |= found
        if missing := set(names) - set(found):
            folder = _built(module, environ, tell)
            files |= {name: folder / BUILT_AS.get(name, name) for name in missing}
    return Assets(files)


def cache(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this project in the user's cache."""
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "vm-affinity-webhook"


def _given(
    environ: Mapping[str, str], variable: str, names: tuple[str, ...]
) -> Iterator[tuple[str, Path]]:
    if not (folder := environ.get(variable)):
        return
    if not Path(folder).is_dir():
        raise NotBuilt(f"{variable} is {folder}, which is no folder.")
    for name in names:
        for file in (Path(folder, name), Path(folder, BUILT_AS.get(name, name))):
            if file.is_file():
                yield name, file.resolve()
                break


def _on_path(names: set[str]) -> Iterator[tuple[str, Path]]:
    pinned = _PINNED.search((KUBERNETES.folder / "go.mod").read_text("utf-8"))
    for name in sorted(names):
        found = shutil.which(name)
        if found and pinned and (name == "etcd" or _minor(name, found) == pinned[1]):
            yield name, Path(found)


def _minor(name: str, program: str) -> str | None:
    command = [program, *VERSION_COMMANDS.get(name, ("--version",))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = _MINOR.search(done.stdout)
    return told[1] if told else None


def _built(module: ToolModule, environ: Mapping[str, str], tell: Say) -> Path:
    """Return the module's folder in the cache, built if need be.

    Its name holds what it was built from. Without Go, what another toolchain built will do.
    """
    content = b"".join((module.folder / name).read_bytes() for name in ("go.mod", "go.sum"))
    start = f"{module.name}-{hashlib.sha256(content).hexdigest()[:12]}"
    version = go_build.toolchain(module)
    if version is None:
        others = [each for each in cache(environ).glob(f"{start}-*") if each.is_dir()]
        if others:
            return others[0]
        raise NotBuilt(
            f"The programs of {module.name} are not built and there is no Go to build them: "
            "install Go 1.26 or newer, or set KUBEBUILDER_ASSETS and KUBEVIRT_ASSETS."
        )
    target = cache(environ) / f"{start}-{hashlib.sha256(version.encode()).hexdigest()[:8]}"
    if not target.is_dir():
        build(module, target, tell)
    return target
