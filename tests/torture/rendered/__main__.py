"""python -m tests.torture.rendered: predicted launcher pods against those of virt-controller."""

import argparse
import sys
from collections.abc import Callable, Sequence

from tests.cluster import assets
from tests.cluster.control_plane import ControlPlane
from tests.cluster.go_build import NotBuilt
from tests.torture.rendered import picture, report, scene
from tests.torture.rendered.course import Course, attempt
from tests.torture.rendered.shapes import Round, rounds
from webhook.inventory import Inventory
from webhook.objects import Features


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every round; 0 only if every pod is as predicted."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.rendered", description=__doc__)
    parser.add_argument("--only", action="append", metavar="SHAPE", help="run only these shapes")
    parser.add_argument("--round", action="append", metavar="ROUND", help="run only these rounds")
    chosen = parser.parse_args(arguments)
    try:
        programs = assets.ensure()
    except NotBuilt as error:
        print(error, file=sys.stderr)
        return 1
    results: list[tuple[str, Sequence[Course]]] = []
    for each in rounds():
        shapes = [s for s in each.shapes if not chosen.only or s.name in chosen.only]
        if shapes and (not chosen.round or each.name in chosen.round):
            courses = _run(Round(each.name, each.configuration, shapes), programs)
            print(report.table(each.name, courses), flush=True)
            results.append((each.name, courses))
    print(report.summary(results))
    report.write(results, {"KubeVirt": programs.kubevirt_version})
    courses = [course for _, every in results for course in every]
    return 0 if courses and all(course.is_right for course in courses) else 1


def _run(chosen: Round, programs: assets.Assets) -> list[Course]:
    start = ControlPlane.start(
        scene.nodes(), configuration=chosen.configuration, assets=programs, say=_say
    )
    with start as cluster:
        scene.build(cluster)
        births = picture.Births(cluster.api)
        features = Features.of(picture.version(cluster.api))
        courses = [Course(shape, cluster, births, features) for shape in chosen.shapes]
        try:
            _go(courses, cluster)
        finally:
            births.stop()
    return courses


def _go(courses: Sequence[Course], cluster: ControlPlane) -> None:
    """Take each step with all VMs before the next."""
    _each(courses, Course.create)
    _predict(courses, cluster, Course.predict_start)
    _each(courses, Course.start, Course.see_start)
    _predict(courses, cluster, Course.predict_restart)
    _each(courses, Course.restart, Course.see_restart, Course.prepare)
    _predict(courses, cluster, Course.predict_migration)
    _each(courses, Course.change, Course.migrate, Course.see_migration)


def _each(courses: Sequence[Course], *steps: Callable[[Course], None]) -> None:
    for step in steps:
        for course in courses:
            attempt(course, step)


def _predict(
    courses: Sequence[Course],
    cluster: ControlPlane,
    prediction: Callable[[Course, Inventory], None],
) -> None:
    """Predict with what the API server shows now."""
    world = picture.inventory(cluster.api)
    for course in courses:
        attempt(course, prediction, world)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
