"""Where every check has to run (CI=true or --no-skips), a test that was skipped is a failed one.

A skip that is right even there stands in ALLOWED_SKIPS, by node id and with its reason.
"""

import os

import pytest
from hypothesis import settings

# pytest-timeout bounds a test; the time of a single example says more about the machine.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

ALLOWED_SKIPS: frozenset[str] = frozenset()


def pytest_addoption(parser):
    """Add --no-skips, which CI=true implies."""
    parser.addoption(
        "--no-skips",
        action="store_true",
        default=os.environ.get("CI") == "true",
        help="fail every test that is skipped or expected to fail",
    )


# tryfirst: outside pytest's own skip and xfail handling, so that its verdict is seen here.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item):
    """Fail a test that was skipped or that was allowed to fail."""
    report = yield
    _fail_if_skipped(report, item.config)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector):
    """Fail a module that was skipped as a whole."""
    report = yield
    _fail_if_skipped(report, collector.config)
    return report


def _fail_if_skipped(report, config):
    if not (report.skipped or hasattr(report, "wasxfail")):
        return
    if not config.getoption("no_skips") or report.nodeid in ALLOWED_SKIPS:
        return
    reason = report.__dict__.pop("wasxfail", None)
    if reason is None:
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} may be neither skipped nor allowed to fail here: {reason}"
