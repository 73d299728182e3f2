"""python -m certs: what a person does with it, and what each mistake reads like."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from certs import checks, pki
from certs.__main__ import main
from certs.folder import FILES
from tests.certs.samples import DAY, ED25519_KEY, OTHER_CA, PASSPHRASE_KEY
from tests.kube import api_server
from tests.kube.api_server import TOKEN, ca_bundles, webhook_configuration

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path):
    """Return where the set goes; not there yet."""
    return tmp_path / "certs"


@pytest.fixture
def run(directory):
    """Run a subcommand on the folder at a given time; no answer may hold a key."""

    def invoke(command, *arguments, now=NOW):
        given = [command, "--dir", str(directory), *arguments]
        result = CliRunner().invoke(main, given, obj=lambda: now)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert "PRIVATE" not in result.output.replace("BEGIN PRIVATE KEY line", "")
        return result

    return invoke


@pytest.fixture
def made(run, directory):
    """Return the folder with a fresh set."""
    assert run("init", "--dns", "localhost", "--ip", "127.0.0.1").exit_code == 0
    return directory


def contents(directory):
    """Read all that is in the folder."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def names_of(directory):
    """Return the names in the serving certificate."""
    return pki.describe((directory / "tls.crt").read_bytes()).names


def mistake(result):
    """Return the sentence of a run that refused: on stderr, alone, exit 2."""
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line.removeprefix("Error: ")


# init


def test_init_makes_a_set_for_the_service_and_says_so(run, directory):
    result = run("init")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{directory / 'ca.crt'}: made (there was none), valid until 2036-02-27.",
        f"{directory / 'tls.crt'}: made (there was none), valid until 2027-03-01.",
        "It names vm-affinity-webhook.vm-affinity-system.svc,"
        " vm-affinity-webhook.vm-affinity-system.svc.cluster.local,"
        " vm-affinity-webhook.vm-affinity-system, vm-affinity-webhook.",
    ]
    files = contents(directory)
    assert sorted(files) == sorted(FILES)
    names = names_of(directory)
    assert checks.check(files["ca.crt"], files["tls.crt"], files["tls.key"], names, NOW) == ()


def test_init_again_keeps_everything(run, made):
    before = contents(made)
    result = run("init", "--dns", "localhost", now=NOW + 100 * DAY)
    assert result.stdout.splitlines()[:2] == [
        f"{made / 'ca.crt'}: kept, valid until 2036-02-27.",
        f"{made / 'tls.crt'}: kept, valid until 2027-03-01.",
    ]
    assert contents(made) == before


def test_init_renews_only_the_serving_certificate_when_due(run, made):
    before = contents(made)
    result = run("init", now=NOW + 250 * DAY)
    changed = {name for name, content in contents(made).items() if before[name] != content}
    assert "tls.crt: renewed for its key (two thirds of its lifetime are over)" in result.stdout
    assert changed == {"tls.crt"}


def test_init_with_another_service_renews_for_its_names(run, made):
    result = run("init", "--service", "other", "--namespace", "system", "--days", "10")
    assert "(the certificate does not name other.system.svc)" in result.stdout
    assert "valid until 2026-03-11" in result.stdout
    assert names_of(made).dns[0] == "other.system.svc"


def test_init_eleven_years_later_renews_both_for_their_keys(run, made):
    before = contents(made)
    later = NOW + 11 * 365 * DAY
    assert "CA certificate expired" in run("init", now=later).stdout
    after = contents(made)
    assert [after[name] == before[name] for name in FILES] == [True, False, True, False]
    assert run("inspect", now=later).exit_code == 0


def test_init_warns_when_the_authority_nears_its_end(run, made):
    result = run("init", "--dns", "localhost", now=NOW + 3000 * DAY)
    assert result.exit_code == 0
    assert result.stderr == ("The CA ends on 2036-02-27: plan to replace it with `init --force`.\n")


def test_init_with_force_replaces_every_file_even_broken_ones(run, made):
    before = contents(made)
    (made / "ca.key").write_bytes(b"noise")
    (made / "tls.crt").unlink()
    assert "made (--force was given)" in run("init", "--force").stdout
    after = contents(made)
    assert all(after[name] != before[name] for name in FILES)
    assert run("inspect").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--ip", "nope"], "--ip: 'nope' is no IP address: give one such as 127.0.0.1 or ::1."),
        (["--days", "0"], "--days: '0' is no number of days: give one from 1 to 36500."),
        (["--ca-days", "x"], "--ca-days: 'x' is no number of days: give one from 1 to 36500."),
        (
            ["--days", "20", "--ca-days", "10"],
            "--days 20 is longer than --ca-days 10: a certificate cannot outlive its authority.",
        ),
        (
            ["--dns", "a b"],
            "--dns: 'a b' is no DNS name: give one such as webhook.example.org.",
        ),
        (
            ["--apply-to", "pod/a"],
            "--apply-to: 'pod/a' is no webhook configuration: write"
            " validatingwebhookconfiguration/NAME or mutatingwebhookconfiguration/NAME.",
        ),
        (["--dir", ""], "--dir: the path is empty: give one."),
    ],
)
def test_a_bad_option_is_one_sentence_and_nothing_is_written(run, directory, arguments, sentence):
    assert mistake(run("init", *arguments)) == sentence
    assert not directory.exists()


@pytest.mark.parametrize("command", ["init", "inspect"])
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("ca.crt", b"noise", "holds no certificate in PEM"),
        ("tls.crt", b"", "holds no certificate in PEM"),
        ("ca.key", b"noise", "holds no private key in PEM"),
        ("tls.key", PASSPHRASE_KEY, "holds a private key under a passphrase"),
        ("tls.key", ED25519_KEY, "holds a private key that is neither EC nor RSA"),
        (
            "tls.crt",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "is not readable as a certificate",
        ),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named(run, made, command, name, content, words):
    (made / name).write_bytes(content)
    sentence = mistake(run(command))
    assert sentence.startswith(f"{made / name} {words}")
    assert sentence.endswith("restore it, or replace the whole set with `init --force`.")


@pytest.mark.parametrize("command", ["init", "inspect"])
def test_half_a_set_is_one_sentence(run, made, command):
    (made / "tls.key").unlink()
    assert mistake(run(command)).startswith(f"{made} lacks tls.key (it holds only ca.crt")


def test_an_authority_with_anothers_key_is_not_replaced_unasked(run, made):
    (made / "ca.key").write_bytes(OTHER_CA.key)
    before = contents(made)
    assert mistake(run("init")).startswith(
        f"Cannot use the CA in {made}: the CA key does not belong to the CA certificate; "
    )
    assert contents(made) == before


def test_a_folder_that_cannot_be_made_is_one_sentence(run, directory):
    directory.write_text("a file")
    assert "Not a directory" in mistake(run("init"))
    assert "Not a directory" in mistake(run("init", "--force"))


# init --apply-to


@pytest.fixture
def cluster():
    """Serve an API with both configurations, and no proxy or pod in the way."""
    with api_server.running() as server:
        for kind in ("Validating", "Mutating"):
            path = f"/apis/admissionregistration.k8s.io/v1/{kind.lower()}webhookconfigurations/vma"
            kind = f"{kind}WebhookConfiguration"
            server.objects[path] = webhook_configuration(kind, "vma", f"{kind.lower()}.io", "b.io")
        yield server


@pytest.mark.edge
def test_apply_to_publishes_the_authority_to_every_webhook(run, directory, cluster, tmp_path):
    result = run(
        "init",
        *("--apply-to", "validatingwebhookconfiguration/vma"),
        *("--apply-to", "mutatingwebhookconfiguration/vma"),
        *("--kubeconfig", cluster.kubeconfig(tmp_path), "--context", "here"),
    )
    assert result.exit_code == 0
    assert result.stdout.splitlines()[3:] == [
        "validatingwebhookconfiguration/vma: caBundle written for"
        " validatingwebhookconfiguration.io, b.io.",
        "mutatingwebhookconfiguration/vma: caBundle written for"
        " mutatingwebhookconfiguration.io, b.io.",
    ]
    ca = (directory / "ca.crt").read_bytes()
    patches = [request for request in cluster.requests if request.method == "PATCH"]
    assert [set(ca_bundles(patch).values()) for patch in patches] == [{ca}, {ca}]
    assert {patch.query["fieldManager"] for patch in patches} == {"vm-affinity-certs"}


@pytest.mark.edge
def test_a_configuration_that_is_not_there_is_one_sentence(run, directory, cluster, tmp_path):
    target = "validatingwebhookconfiguration/other"
    kubeconfig = cluster.kubeconfig(tmp_path)
    result = run("init", "--apply-to", target, "--kubeconfig", kubeconfig)
    assert result.exit_code == 2
    assert result.stderr == f"Error: There is no {target} in this cluster: apply it first.\n"
    assert sorted(contents(directory)) == sorted(FILES)


@pytest.mark.edge
def test_a_cluster_that_does_not_answer_is_one_sentence(run, cluster, tmp_path):
    target = "validatingwebhookconfiguration/vma"
    options = ("--kubeconfig", cluster.kubeconfig(tmp_path), "--context", "away")
    result = run("init", "--apply-to", target, *options)
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 2
    assert line.startswith("Error: Cannot reach the API server http://127.0.0.1:1 (")
    assert TOKEN not in result.output


# inspect


def test_inspect_shows_a_good_set_and_exits_with_0(run, made):
    result = run("inspect")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "no problems"


def test_inspect_shows_problems_and_exits_with_1(run, made):
    (made / "tls.key").write_bytes(OTHER_CA.key)
    result = run("inspect", "-o", "json", now=NOW + 366 * DAY)
    assert result.exit_code == 1
    codes = [problem["code"] for problem in json.loads(result.stdout)["problems"]]
    assert codes == ["expired", "key-mismatch"]


def test_inspect_needs_no_authority_key_where_the_server_runs(run, made):
    (made / "ca.key").unlink()
    assert run("inspect").exit_code == 0


def test_inspect_takes_a_single_certificate(made):
    path = str(made / "ca.crt")
    result = CliRunner().invoke(main, ["inspect", "--file", path], obj=lambda: NOW)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--file", "{made}/tls.key"], "{made}/tls.key holds no certificate in PEM"),
        (["--file", "{made}/absent"], "Cannot read {made}/absent (No such file or directory)"),
        (["--dir", "{made}/absent"], "Cannot read {made}/absent (No such file or directory)"),
        (["--dir", "{made}/.."], "{made}/.. lacks ca.crt and tls.crt and tls.key (it holds none"),
        ([], "inspect takes --dir FOLDER or --file CERTIFICATE: give one of the two."),
        (["--dir", "{made}", "--file", "x"], "inspect takes --dir FOLDER or --file CERTIFICATE"),
    ],
)
def test_inspect_of_what_cannot_be_read_is_one_sentence(made, arguments, words):
    given = [each.format(made=made) for each in arguments]
    result = CliRunner().invoke(main, ["inspect", *given], obj=lambda: NOW)
    assert mistake(result).startswith(words.format(made=made))


# The real thing


@pytest.mark.edge
def test_as_a_process_it_makes_a_set_that_it_finds_good(directory):
    def certs(*arguments):
        command = [sys.executable, "-m", "certs", *arguments, "--dir", str(directory)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    started = datetime.now(UTC)
    assert (certs("init").returncode, certs("init").returncode) == (0, 0)
    looked = certs("inspect", "-o", "json")
    assert (looked.returncode, looked.stderr) == (0, "")
    until = datetime.fromisoformat(json.loads(looked.stdout)["certificates"][1]["not_after"])
    assert timedelta(0) <= until - started - 365 * DAY + timedelta(seconds=1) < timedelta(minutes=2)
    refused = certs("init", "--ip", "nope")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Traceback" not in refused.stderr
