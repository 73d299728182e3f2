"""What counts as the same survivor, and that the list of known ones can be read."""

from tests.torture.mutants import EXPLAINED, Survivor, explained, survivor

DIFF = """\
# webhook.placement.x_evaluate__mutmut_11: survived
--- webhook/placement/__init__.py
+++ webhook/placement/__init__.py
@@ -9,7 +9,7 @@
     for plugin in PLUGINS:
-        return first(plugin)
+        return first(None)
"""


def test_a_survivor_is_known_by_its_function_and_its_lines():
    found = survivor("webhook.placement.x_evaluate__mutmut_11", DIFF)
    assert found == Survivor(
        "webhook.placement.x_evaluate", "return first(plugin)", "return first(None)"
    )
    assert survivor("webhook.placement.x_evaluate__mutmut_12", DIFF) == found


def test_every_known_survivor_has_a_reason(tmp_path):
    assert all(explained(EXPLAINED).values())
    path = tmp_path / "survivors.toml"
    path.write_text(
        '[[survivor]]\nfunction = "f"\nwas = "a < b"\nbecomes = "a <= b"\nwhy = "equal"\n'
    )
    assert explained(path) == {Survivor("f", "a < b", "a <= b"): "equal"}
