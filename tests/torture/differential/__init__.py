"""Our verdict against that of the real kube-scheduler, on seeded random clusters.

scene         a cluster and the pods that ask, as plain trees
generator     random scenes
oracle        the real scheduler, asked about a scene
extender      which nodes passed every filter, as the scheduler tells an extender
hearing       its answers, and the scene as it was stored
judge         our verdict on what was stored
comparison    one against the other, for one pod
reachability  every reason, and whether it can be heard
shrink        a difference made small
cases         small cases kept for the unit tests
tally         figures, bars, the table
run           scene after scene
__main__      python -m tests.torture.differential
"""
