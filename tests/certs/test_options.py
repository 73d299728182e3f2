"""certs.options: what the command line takes, and the sentence when it does not."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs import options
from certs.values import Names


def refusal(parse, text):
    """Return the sentence with which a value is refused; nothing when it is taken."""
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return ""


def test_a_service_is_known_by_its_name_in_every_length():
    assert options.service_names("hook", "system") == (
        "hook.system.svc",
        "hook.system.svc.cluster.local",
        "hook.system",
        "hook",
    )


def test_names_that_were_asked_for_twice_appear_once():
    ip = ip_address("::1")
    names = options.all_names("hook", "system", ("localhost", "hook", "localhost"), (ip, ip))
    assert names == Names((*options.service_names("hook", "system"), "localhost"), (ip,))


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (options.parse_dns_name, "Webhook.Example.ORG", "webhook.example.org"),
        (options.parse_dns_name, "*.example.org", "*.example.org"),
        (options.parse_ip, "127.0.0.1", ip_address("127.0.0.1")),
        (options.parse_ip, "::1", ip_address("::1")),
        (options.parse_days, "1", timedelta(days=1)),
        (options.parse_days, "36500", timedelta(days=36_500)),
        (options.parse_label, "vm-affinity-webhook", "vm-affinity-webhook"),
        (options.parse_path, "certs", Path("certs")),
    ],
)
def test_a_good_value_is_read(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "sentence"),
    [
        (
            options.parse_dns_name,
            "a b",
            "'a b' is no DNS name: give one such as webhook.example.org",
        ),
        (options.parse_dns_name, "127.0.0.1", "'127.0.0.1' is an IP address: give it with --ip"),
        (options.parse_ip, "256.1.1.1", "'256.1.1.1' is no IP address"),
        (options.parse_ip, "fe80::1%eth0", "'fe80::1%eth0' is no IP address"),
        (options.parse_ip, "10.0.0.0/8", "'10.0.0.0/8' is no IP address"),
        (options.parse_label, "a.b", "'a.b' is no name of a Kubernetes object"),
        (options.parse_path, "", "the path is empty: give one"),
    ],
)
def test_a_bad_value_is_named_with_what_to_give(parse, text, sentence):
    assert refusal(parse, text).startswith(sentence)


@pytest.mark.parametrize(
    "text",
    ["", "ü.org", "a..b", ".a", "a.", "-a", "a-", "a_b", "*", "a.*.b", "a" * 64, "a." * 127 + "a"],
)
def test_what_is_no_dns_name_is_refused(text):
    with pytest.raises(ValueError, match="is no DNS name"):
        options.parse_dns_name(text)


@pytest.mark.parametrize("text", ["0", "-1", "", "1.5", "ten", "36501", "9" * 5000, "²", "٣", " 1"])
def test_what_is_no_number_of_days_is_refused(text):
    with pytest.raises(ValueError, match="is no number of days: give one from 1 to 36500"):
        options.parse_days(text)


@given(st.text())
def test_any_text_is_read_or_refused_and_nothing_else_happens(text):
    for parse in (options.parse_dns_name, options.parse_ip, options.parse_days):
        assert repr(text) in refusal(parse, text) or parse(text)
