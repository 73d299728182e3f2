"""The result for people and for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.torture.rendered.course import EVENTS, MIGRATION, RESTART, START, Course
from tests.torture.rendered.difference import NOT_COMPARED, UNKNOWN_LABELS

FILE = Path("build", "torture", "rendered.json")


TITLES = {START: "first starts", RESTART: "restarts", MIGRATION: "migration targets"}


def table(name: str, courses: Sequence[Course]) -> str:
    """A line for each shape, and below it what differs."""
    titles = "".join(f"{TITLES[event]:<20}" for event in EVENTS)
    lines = [f"{name:<32}{titles}".rstrip()]
    for course in courses:
        words = "".join(f"{_word(course, event):<20}" for event in EVENTS)
        lines.append(f"  {course.shape.name:<30}{words}".rstrip())
        if course.failure:
            lines.append(f"      failed: {course.failure}")
        for event, found in course.found.items():
            lines += [f"      {event}: {difference}" for difference in found]
    return "\n".join(lines)


def _word(course: Course, event: str) -> str:
    if event not in course.found:
        return "not seen"
    if course.found[event]:
        return "differs"
    return "unknown" if event in course.shape.unknown else "equal"


def summary(rounds: Sequence[tuple[str, Sequence[Course]]]) -> str:
    """The figures of all rounds."""
    courses = [course for _, every in rounds for course in every]
    lines = []
    for event, title in TITLES.items():
        words = Counter(_word(course, event) for course in courses)
        total = len(courses) - words["unknown"]
        lines.append(f"{title} equal: {words['equal']}/{total}, unknown: {words['unknown']}")
    return "\n".join(lines)


def write(rounds: Sequence[tuple[str, Sequence[Course]]], versions: dict[str, str]) -> None:
    """Write the result to build/torture/rendered.json."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "versions": versions,
        "notCompared": {"fields": NOT_COMPARED, "labels": UNKNOWN_LABELS},
        "rounds": {name: [_entry(course) for course in every] for name, every in rounds},
    }
    FILE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def _entry(course: Course) -> dict[str, Any]:
    return {
        "shape": course.shape.name,
        "right": course.is_right,
        "failure": course.failure,
        **{event: [vars(each) for each in found] for event, found in course.found.items()},
    }
