"""Server versions and what each of them does differently."""

import pytest

from webhook.objects import Features, Version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param("v1.34.1", Version(1, 34, 1), id="as a server reports it"),
        pytest.param("1.34.1", Version(1, 34, 1), id="without the v"),
        pytest.param("1.34", Version(1, 34), id="without a patch"),
        pytest.param(" v1.30.2\n", Version(1, 30, 2), id="with blanks around it"),
        pytest.param("v1.34.1-eks-0", Version(1, 34, 1), id="with a vendor's suffix"),
        pytest.param("v1.34.1+k3s1", Version(1, 34, 1), id="with build metadata"),
        pytest.param("v1.34.0-rc.1", Version(1, 34, 0), id="a release candidate"),
        pytest.param("v1.34+", Version(1, 34), id="a minor with a plus"),
        pytest.param("v1.34.1\n2", None, id="something on a second line"),
        pytest.param("v1", None, id="only a major"),
        pytest.param("", None, id="nothing"),
        pytest.param("latest", None, id="a word"),
        pytest.param("v1.34.1x", None, id="a letter behind the patch"),
        pytest.param("v1.34.1X", None, id="a capital behind the patch"),
        pytest.param("vv1.34.1", None, id="two letters in front"),
        pytest.param("v1.\u0663\u0664", None, id="digits of another script"),
        pytest.param("1." + "9" * 5000, None, id="more digits than Python converts"),
    ],
)
def test_a_version_is_read_from_text(text, version):
    assert Version.parse(text) == version


def test_a_version_is_printed_without_a_v():
    assert str(Version(1, 34, 1)) == "1.34.1"


def test_versions_are_ordered_by_number():
    assert Version(1, 9, 9) < Version(1, 10, 0) < Version(1, 10, 1) < Version(2, 0)


def test_there_is_one_server_version():
    assert Version(1, 34).key == Version(1, 36).key


#: The first version that behaves so, and the first that no longer does.
SINCE = {
    "merges_match_label_keys": (1, 31),
    "attachments_count": (1, 32),
    "resize_status_counts": (1, 33),
    "volume_affinity_reworded": (1, 33),
    "unresolvable_if_over_allocatable": (1, 34),
    "empty_namespace_labels_match": (1, 34),
    "pod_level_resources": (1, 34),
    "sidecar_host_ports": (1, 34),
    "volume_attributes_class": (1, 34),
    "claim_in_use_reworded": (1, 34),
    "pod_resize_status_counts": (1, 36),
    "declared_features": (1, 36),
    "devices_as_resources": (1, 36),
}
UNTIL = {"taint_values_in_reason": (1, 34, 2), "csi_migration_by_annotation": (1, 36)}


def before(major, minor, patch=0):
    """The last version before this one."""
    return Version(major, minor, patch - 1) if patch else Version(major, minor - 1, 99)


@pytest.mark.parametrize(
    ("feature", "version", "on"),
    [
        *((feature, version, True) for feature, version in SINCE.items()),
        *((feature, version, False) for feature, version in UNTIL.items()),
    ],
)
def test_a_version_has_its_features(feature, version, on):
    at = [before(*version), Version(*version), Version(version[0], version[1] + 9, 9)]
    assert [getattr(Features.of(each), feature) for each in at] == [not on, on, on]


def test_every_feature_has_a_version():
    assert sorted(Features.__slots__) == sorted([*SINCE, *UNTIL])
