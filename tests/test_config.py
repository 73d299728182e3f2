"""Settings: from the environment and back."""

import pytest

from webhook.config import DEFAULT_BIND, DEFAULT_THREADS, BadSetting, Settings, address
from webhook.objects import Version

ALL = Settings(
    ("a.yaml", "b"),
    "[::1]:9443",
    "tls.crt",
    "tls.key",
    8,
    Version(1, 34, 1),
    scheduler_config="scheduler.yaml",
)


@pytest.mark.parametrize("settings", [Settings(), ALL])
def test_settings_survive_the_environment(settings):
    assert Settings.from_env(settings.to_env()) == settings


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_env({}) == Settings()
    assert Settings().bind == DEFAULT_BIND
    assert Settings().threads == DEFAULT_THREADS == 16


def test_the_process_environment_is_the_default(monkeypatch):
    for name, value in ALL.to_env().items():
        monkeypatch.setenv(name, value)
    assert Settings.from_env() == ALL


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("THREADS", "0", "give a number from 1 to 64"),
        ("THREADS", "65", "give a number from 1 to 64"),
        ("THREADS", "9" * 5000, "give a number from 1 to 64"),
        ("THREADS", "", "give a number from 1 to 64"),
        ("THREADS", "٤", "give a number from 1 to 64"),
        ("BIND", "8443", "give ADDRESS:PORT such as 127.0.0.1:8443"),
        ("KUBERNETES_VERSION", "new", "write it as 1.36.2"),
    ],
)
def test_a_bad_setting_is_named_with_its_value_and_the_remedy(name, value, remedy):
    with pytest.raises(BadSetting) as refusal:
        Settings.from_env({f"VM_AFFINITY_{name}": value})
    assert str(refusal.value) == f"VM_AFFINITY_{name} is {value!r}; {remedy}"


@pytest.mark.parametrize(
    ("bind", "expected"),
    [
        ("127.0.0.1:8443", ("127.0.0.1", 8443)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:8443", ("::1", 8443)),
        (":8443", ("0.0.0.0", 8443)),  # noqa: S104 - as gunicorn reads it
        ("::1:8443", None),
        ("127.0.0.1:65536", None),
        ("127.0.0.1", None),
        ("127.0.0.1:", None),
        ("unix:/run/x", None),
        ("a b:1", None),
        ("", None),
    ],
)
def test_an_address_is_host_and_port(bind, expected):
    assert address(bind) == expected
