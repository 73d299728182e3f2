"""Where the programs come from, without building any."""

import shutil
from pathlib import Path

import pytest

from tests.cluster import assets, go_build
from tests.cluster.go_build import NotBuilt


@pytest.fixture
def builds(monkeypatch):
    """Record what would be built; nothing is on PATH, and Go is 1.26.8."""
    made: list[Path] = []

    def build(module, target: Path, tell) -> None:
        made.append(target)
        target.mkdir(parents=True)

    monkeypatch.setattr(assets, "build", build)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(go_build, "toolchain", lambda module: "go version go1.26.8 linux/amd64")
    return made


def folder(path: Path, *names: str) -> str:
    """Make a folder with empty files."""
    path.mkdir()
    for name in names:
        (path / name).touch()
    return str(path)


def ensure(**environ: str) -> assets.Assets:
    """Look with this environment."""
    return assets.ensure(environ, lambda text: None)


def test_what_is_missing_is_built_once_into_the_cache(builds, tmp_path):
    found = ensure(XDG_CACHE_HOME=str(tmp_path))
    assert [target.name.split("-")[0] for target in builds] == ["kubernetes", "kubevirt"]
    assert Path(found["etcd"]) == builds[0] / "server"
    assert ensure(XDG_CACHE_HOME=str(tmp_path)) == found
    assert len(builds) == 2


def test_another_toolchain_is_another_build(builds, tmp_path, monkeypatch):
    ensure(XDG_CACHE_HOME=str(tmp_path))
    monkeypatch.setattr(go_build, "toolchain", lambda module: "go version go1.27.0 linux/amd64")
    ensure(XDG_CACHE_HOME=str(tmp_path))
    assert len(set(builds)) == 4


def test_without_go_a_finished_build_will_do_and_none_is_an_error(builds, tmp_path, monkeypatch):
    found = ensure(XDG_CACHE_HOME=str(tmp_path))
    monkeypatch.setattr(go_build, "toolchain", lambda module: None)
    assert ensure(XDG_CACHE_HOME=str(tmp_path)) == found
    with pytest.raises(NotBuilt, match=r"no Go to build them: install Go 1\.26"):
        ensure(XDG_CACHE_HOME=str(tmp_path / "empty"))


def test_the_environment_wins_program_by_program(builds, tmp_path):
    given = folder(tmp_path / "given", "etcd", "kube-apiserver", "kubectl")
    kubevirt = folder(tmp_path / "kubevirt", *assets.KUBEVIRT_FILES)
    found = ensure(
        KUBEBUILDER_ASSETS=given, KUBEVIRT_ASSETS=kubevirt, XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    assert found["etcd"] == f"{given}/etcd"
    assert found["virt-api"] == f"{kubevirt}/virt-api"
    assert [target.name.split("-")[0] for target in builds] == ["kubernetes"]
    assert found["kube-scheduler"] == str(builds[0] / "kube-scheduler")


def test_a_kubevirt_folder_must_be_whole(builds, tmp_path):
    kubevirt = folder(tmp_path / "kubevirt", "virt-api")
    with pytest.raises(NotBuilt, match=r"has no manifests\.json, virt-controller"):
        ensure(KUBEVIRT_ASSETS=kubevirt, XDG_CACHE_HOME=str(tmp_path))


def test_a_folder_that_is_none_is_an_error(builds, tmp_path):
    with pytest.raises(NotBuilt, match="which is no folder"):
        ensure(KUBEBUILDER_ASSETS=str(tmp_path / "nowhere"), XDG_CACHE_HOME=str(tmp_path))


@pytest.mark.parametrize(("told", "taken"), [("v1.36.0", True), ("v1.35.4", False)])
def test_from_path_only_the_pinned_minor_is_taken(builds, tmp_path, monkeypatch, told, taken):
    program = tmp_path / "kube-apiserver"
    program.write_text(f"#!/bin/sh\necho Kubernetes {told}\n")
    program.chmod(0o755)
    on_path = {"kube-apiserver": str(program)}
    monkeypatch.setattr(shutil, "which", on_path.get)
    found = ensure(XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (found["kube-apiserver"] == str(program)) is taken
