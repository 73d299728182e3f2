"""python -m tests.torture.differential: our verdict against the real kube-scheduler's."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.go_build import NotBuilt
from tests.cluster.scheduling import SchedulingPlane
from tests.torture.differential import cases
from tests.torture.differential.extender import recording
from tests.torture.differential.oracle import RealScheduler
from tests.torture.differential.run import SHRINKS, Run
from tests.torture.differential.tally import VERDICTS, Tally

RESULTS = Path(__file__).parents[3] / "build" / "torture"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until enough was compared; 1 when a bar is missed, 2 when there is no scheduler."""
    chosen = _options().parse_args(arguments)
    file = RESULTS / "differential.json"
    tally = Tally.resumed(file, chosen.seed) if chosen.resume else Tally(chosen.seed)
    tally.rounds = tally.rounds if chosen.first is None else chosen.first
    try:
        with SchedulingPlane.start() as plane, recording(plane.ports["extender"]) as extender:
            real = RealScheduler(plane, extender)
            run = Run(real, tally, _say, cases.FOLDER, chosen.witnesses, chosen.shrinks)
            while tally.verdicts < chosen.verdicts and tally.rounds != chosen.last:
                run.round()
                tally.save(file, chosen.verdicts)
    except NotBuilt as error:
        print(error, file=sys.stderr)
        return 2
    missed = list(tally.missed(chosen.verdicts))
    print(f"\n{tally.table()}\n")
    for each in (*tally.differences, *missed):
        print(each)
    print(f"{'MISSED' if missed else 'ok'}; the figures are in {file}")
    return 1 if missed else 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.differential")
    parser.add_argument("--seed", type=int, default=1, help="of the scenes (1)")
    parser.add_argument(
        "--verdicts", type=int, default=3 * VERDICTS, help=f"to compare ({3 * VERDICTS})"
    )
    parser.add_argument("--resume", action="store_true", help="go on after the last round")
    parser.add_argument("--first", type=int, help="round to begin with (0)")
    parser.add_argument("--last", type=int, help="round to end before, whatever was compared")
    parser.add_argument(
        "--shrinks", type=int, default=SHRINKS, help=f"differences to make small ({SHRINKS})"
    )
    parser.add_argument(
        "--witnesses", action="store_true", help="keep a small case for each reason that has none"
    )
    return parser


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
