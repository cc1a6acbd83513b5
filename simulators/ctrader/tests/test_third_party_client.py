"""The vendor's own client, in an environment of its own, speaks to the simulator as to a server.

It pins protobuf 3.20.1 and Twisted 24.3.0, so it cannot live beside our packages.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulators.ctrader import messages
from simulators.ctrader.tests.running import PASSWORD, Simulator

CLIENT = "ctrader-open-api==0.9.2"
OFFICIAL = Path(__file__).with_name("official.py")
EVER = {"fromTimestamp": 0, "toTimestamp": 4_000_000_000_000}


def _uv() -> str:
    """Where uv is: installed, or brought by `make`."""
    local = Path(__file__).parents[3] / ".uv" / "bin" / "uv"
    for found in (str(local), shutil.which("uv") or ""):
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            return found
    pytest.skip("The vendor's client is not proved against: there is no uv to install it with.")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("official") / "venv"
    uv = _uv()
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    interpreter = folder / "bin" / "python"
    made = subprocess.run(
        [uv, "pip", "install", "-q", "--python", interpreter, CLIENT],
        capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode:
        unreachable = ("dns", "connect", "network", "timed out", "lookup")
        if any(word in made.stderr.lower() for word in unreachable):
            pytest.skip("The vendor's client is not proved against: PyPI cannot be reached.")
        pytest.fail(made.stderr)
    return interpreter


def converse(python: Path, port: int, *asked: tuple[int, bytes]) -> list[dict[str, Any]]:
    """What the client received, in order; each request has its place as its number."""
    listed = [(f"n{at}", kind, payload.hex()) for at, (kind, payload) in enumerate(asked)]
    done = subprocess.run(
        [python, OFFICIAL, str(port), json.dumps(listed)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sign_in(hashed: str = PASSWORD) -> tuple[int, bytes]:
    fields = {"plantId": "simulated", "environmentName": "live", "login": 30001}
    return 301, messages.packed("Auth", payloadType=301, passwordHash=hashed, **fields)


def test_it_signs_in_and_reads_a_list_that_is_many_kilobytes_long(
    simulator: Simulator, python: Path
) -> None:
    login = simulator.add_trader()
    for number in range(300):
        simulator.pay_in(login, "1", externalId=f"N-{number}", comment="ü" * 40)
    asked = messages.packed("TraderWindow", **EVER)
    found = converse(python, simulator.ready["manager_port"], sign_in(), (417, asked))
    assert [row["kind"] for row in found if row["number"]] == [302, 418]
    assert found[0]["kind"] == messages.HELLO
    history = messages.unpacked("HistoryRes", bytes.fromhex(found[-1]["payload"]))
    assert len(found[-1]["payload"]) > 2 * 30_000
    assert {f"N-{number}" for number in range(300)} <= {
        row["externalId"]
        for row in history["depositWithdraw"]  # type: ignore[attr-defined]
    }


def test_its_protobuf_reads_our_errors(simulator: Simulator, python: Path) -> None:
    found = converse(python, simulator.ready["manager_port"], sign_in(), (9999, b""), (313, b""))
    assert [row.get("error") for row in found if row["number"]] == [
        None, "UNSUPPORTED_MESSAGE", None,
    ]  # fmt: skip
    stranger = converse(python, simulator.ready["manager_port"], sign_in("0" * 32))
    assert stranger[-1]["error"] == "AUTHENTICATION_FAILED"


def test_it_hears_heartbeats_and_answers_them(
    tmp_path_factory: pytest.TempPathFactory, python: Path
) -> None:
    folder = tmp_path_factory.mktemp("beats")
    (folder / "config.json").write_text('{"heartbeat_seconds": 0.2}')
    with Simulator(folder / "home", "--config", str(folder / "config.json")) as running:
        running.control("/misbehave", {"what": "slow", "command": "SERVER_TIME", "seconds": 1})
        found = converse(python, running.ready["manager_port"], sign_in(), (313, b""))
    assert any(row.get("heartbeat") for row in found)
    assert found[-1]["kind"] == 314
