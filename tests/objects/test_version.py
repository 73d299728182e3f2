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


@pytest.mark.parametrize(
    ("version", "on"),
    [
        pytest.param((1, 30, 9), {"taint_values_in_reason"}, id="1.30"),
        pytest.param((1, 31), {"taint_values_in_reason", "merges_match_label_keys"}, id="1.31"),
        pytest.param(
            (1, 32, 9), {"taint_values_in_reason", "merges_match_label_keys"}, id="the last 1.32"
        ),
        pytest.param(
            (1, 33),
            {"taint_values_in_reason", "merges_match_label_keys", "resize_status_counts"},
            id="1.33",
        ),
        pytest.param(
            (1, 33, 9),
            {"taint_values_in_reason", "merges_match_label_keys", "resize_status_counts"},
            id="the last 1.33",
        ),
        pytest.param(
            (1, 34, 1),
            {
                "taint_values_in_reason",
                "merges_match_label_keys",
                "resize_status_counts",
                "unresolvable_if_over_allocatable",
                "empty_namespace_labels_match",
                "pod_level_resources",
            },
            id="1.34.1",
        ),
        pytest.param(
            (1, 34, 2),
            {
                "merges_match_label_keys",
                "resize_status_counts",
                "unresolvable_if_over_allocatable",
                "empty_namespace_labels_match",
                "pod_level_resources",
            },
            id="1.34.2 no longer prints a taint's key and value",
        ),
    ],
)
def test_a_version_has_its_features(version, on):
    features = Features.of(Version(*version))
    assert {name for name in Features.__slots__ if getattr(features, name)} == on
