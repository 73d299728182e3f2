"""Our launcher pods held against those that KubeVirt's virt-controller renders.

    python -m tests.torture.rendered [--only SHAPE]

For each shape of VM the first pod and the target pod of a migration are predicted from what the
API server shows before, by the path that an admission takes, and compared with what
virt-controller then creates.
"""
