"""NodeName."""

import pytest

from tests import builders
from tests.placement.cases import answers, asking
from webhook.placement.node_name import node_name

REASON = "node(s) didn't match the requested node name"
UU = "UnschedulableAndUnresolvable"


@pytest.mark.parametrize(
    ("wanted", "refusals"),
    [
        pytest.param("", [], id="a pod that names no node may go anywhere"),
        pytest.param("n1", [(["n2", "n3"], REASON, UU, ["n2", "n3"])], id="all others, for good"),
        pytest.param(
            "n9", [(["n1", "n2", "n3"], REASON, UU, ["n1", "n2", "n3"])], id="no such node"
        ),
    ],
)
def test_a_pod_fits_only_the_node_that_it_names(wanted, refusals):
    index = builders.index(*map(builders.node, ("n1", "n2", "n3")))
    assert answers(node_name(asking(nodeName=wanted), index), index) == refusals
