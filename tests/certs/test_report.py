"""certs.report: what a person and a program see of a set."""

import json
from dataclasses import replace
from datetime import timedelta

from certs import pki, report
from certs.values import Trouble
from tests.certs.samples import CA, DAY, NOW, OTHER_CA, SERVING, foreign

PATHS = ("ca.crt", "tls.crt")


def of_set(serving=SERVING, ca_key=CA.key, now=NOW):
    """Report on a set that is good unless something is said."""
    return report.report_set(PATHS, CA.certificate, serving, ca_key, now)


def test_a_person_sees_what_a_good_certificate_is_for_and_until_when():
    text = report.as_text(report.report_certificate("tls.crt", SERVING.certificate, NOW))
    assert text.splitlines() == [
        "tls.crt",
        "  subject    CN=vm-affinity-webhook",
        "  names      webhook.example.svc, localhost, 127.0.0.1",
        "  issuer     CN=an authority",
        "  valid      2026-03-01T11:55:00Z to 2027-03-01T12:00:00Z",
        "  days left  365",
        f"  sha256     {pki.describe(SERVING.certificate).sha256}",
        "  renewal    due from 2026-10-30T19:58:20Z",
        "no problems",
    ]


def test_a_person_sees_both_certificates_of_a_set_and_each_problem():
    lines = report.as_text(of_set(now=NOW + 366 * DAY)).splitlines()
    assert lines[0] == "ca.crt"
    assert lines[8] == "tls.crt"
    assert "  days left  -1" in lines
    assert "  renewal    due now" in lines
    assert lines[-1] == "problem      the certificate expired on 2027-03-01 [expired]"


def test_a_program_reads_the_same_as_json():
    read = json.loads(report.as_json(of_set(now=NOW + 366 * DAY)))
    leaf = read["certificates"][1]
    assert read["problems"] == [
        {"code": "expired", "text": "the certificate expired on 2027-03-01"}
    ]
    assert leaf == {
        "file": "tls.crt",
        "subject": "CN=vm-affinity-webhook",
        "issuer": "CN=an authority",
        "dns_names": ["webhook.example.svc", "localhost"],
        "ip_addresses": ["127.0.0.1"],
        "not_before": "2026-03-01T11:55:00Z",
        "not_after": "2027-03-01T12:00:00Z",
        "days_left": -1,
        "sha256": pki.describe(SERVING.certificate).sha256,
        "renewal_due": True,
    }


def test_the_authoritys_key_need_not_be_there_but_must_fit_if_it_is():
    assert of_set(ca_key=None).problems == ()
    codes = [problem.code for problem in of_set(ca_key=OTHER_CA.key).problems]
    assert codes == [Trouble.CA_KEY_MISMATCH]


def test_a_problem_of_the_authority_is_told_once():
    problems = of_set(now=NOW + 11 * 365 * DAY).problems
    assert len(problems) == len(set(problems)) == 2


def test_no_key_is_shown():
    found = of_set(replace(SERVING, key=OTHER_CA.key))
    for shown in (report.as_text(found), report.as_json(found), repr(found)):
        assert "PRIVATE" not in shown
        assert OTHER_CA.key.decode().splitlines()[1] not in shown


def test_a_foreign_certificate_cannot_steer_the_terminal():
    hostile = foreign(subject="\x1b[2J\nno problems")
    text = report.as_text(report.report_certificate("a", hostile.certificate, NOW))
    assert "\x1b" not in text
    assert "\nno problems\n" not in text


def test_the_last_day_counts_as_none_left():
    almost = NOW + 365 * DAY - timedelta(seconds=1)
    read = json.loads(report.as_json(of_set(now=almost)))
    assert read["certificates"][1]["days_left"] == 0
