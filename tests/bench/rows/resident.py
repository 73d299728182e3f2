"""The row of the memory of the webhook's process."""

from tests.bench.measure import Samples
from tests.bench.processes import usage
from tests.bench.processes.asked import fleet, warmed
from tests.bench.rows import Result, Row, Setting


def resident(setting: Setting) -> Result:
    """MiB of the process that answers, once it has read the cluster; later ones as notes."""
    processes = fleet(setting)
    loaded, notes = processes.loaded, warmed(setting)
    now = usage.memory(processes.webhook.worker)
    return Result(
        Samples((loaded.resident,)),
        unit="MiB",
        notes=(
            *notes,
            f"the first list took {processes.seconds:.1f} s, with {loaded.peak:.0f} MiB at most "
            f"and {loaded.proportional:.0f} MiB at its end as its share (Pss)",
            f"now, after all rows before this one: {now.resident:.0f} MiB (at most {now.peak:.0f})",
        ),
    )


ROWS = (Row("rss", "resident memory of the webhook's process", resident, 400.0, 300.0),)
