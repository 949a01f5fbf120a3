"""What fails is an error, never a pass; policies are replaced without losing a request."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import gateway_world
import pytest
from botocore.exceptions import ClientError
from gateway_world import LAUNCH, ONCE, PUBLIC, World, allow, write_store


@pytest.fixture
def own(moto_port: int, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.moto_port = moto_port
    world.prepare()
    yield world


def code_of(call: object, **arguments: object) -> str:
    """Return the code of a call, or `passed`."""
    try:
        call(**arguments)  # type: ignore[operator]
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "passed"


def test_a_cloud_that_is_down_is_unavailable(own: World) -> None:
    """Nothing is answered in the place of a cloud that does not answer, and a change that was not sent is dropped."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with own.serving("--region", gateway_world.REGION, upstream=f"http://127.0.0.1:{port}"):
        assert code_of(own.client("dev", retries=ONCE).describe_instances) == "Unavailable"
        share = {"ImageId": gateway_world.SHARED, "LaunchPermission": {"Add": [{"Group": "all"}]}}
        assert code_of(own.client("pat", retries=ONCE).modify_image_attribute, **share) == "Unavailable"
        assert json.loads(own.run("sharing", "pending", "--store", str(own.database), "--json")) == []


def test_a_database_that_is_locked_is_an_error(own: World) -> None:
    """While another process holds the database, changes fail; afterwards they work."""
    with own.serving("--region", gateway_world.REGION):
        pat = own.client("pat", retries=ONCE)
        share = {"ImageId": gateway_world.SHARED, "LaunchPermission": {"Add": [{"Group": "all"}]}, "DryRun": False}
        locker = sqlite3.connect(own.database, isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        assert code_of(pat.modify_image_attribute, **share) == "InternalError"
        locker.execute("ROLLBACK")
        locker.close()
        assert code_of(pat.describe_image_attribute, ImageId=gateway_world.SHARED, Attribute="launchPermission") == (
            "passed"
        )


def test_a_bad_policy_keeps_the_old_ones(own: World) -> None:
    """A store that is refused is said so and changes nothing; the next sound one takes effect."""
    with own.serving("--region", gateway_world.REGION):
        dev = own.client("dev")
        assert code_of(dev.describe_instances) == "passed"
        write_store(
            own.store,
            [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*", "Condition": {"Nonsense": {"aws:a": "b"}}}],
        )
        own.wait_for("the policies on disk are refused")
        assert code_of(dev.describe_instances) == "passed"
        assert "refused" in own.admin("/readyz")[1]
        assert "gatewright_policies_stale 1.0" in own.admin("/metrics")[1]
        write_store(own.store, [allow("ec2:RunInstances")])
        own.wait_for("reloaded the policies")
        assert code_of(dev.describe_instances) == "UnauthorizedOperation"
        assert own.admin("/readyz") == (200, "ready\n")


def test_reloads_lose_no_request(own: World) -> None:
    """Policies are replaced ten times under load, by signal and by file, and each request gets its answer."""
    with own.serving("--region", gateway_world.REGION):
        assert own.process is not None
        clients = [own.client("manager") for _ in range(3)]
        answers: list[str] = []
        stop = threading.Event()

        def ask(client: object) -> None:
            while not stop.is_set():
                answers.append(code_of(client.describe_instances))  # type: ignore[attr-defined]

        threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for number in range(10):
            if number % 2:
                write_store(own.store, [LAUNCH, allow(f"ec2:Describe{number}*")])
            else:
                own.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
        stop.set()
        for thread in threads:
            thread.join()
        assert set(answers) == {"passed"}
        assert len(answers) > 30
        assert (own.folder / "said").read_text().count("reloaded the policies") >= 5


def test_a_gateway_without_its_files_does_not_start(tmp_path: Path) -> None:
    """A missing store, key file or database ends it in one line."""
    world = World(tmp_path)
    with pytest.raises(AssertionError, match="error: "):
        world.run(
            "serve", "ec2", "--store", "none", "--credentials", "none.db", "--key-file", "none.keys",
            "--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin", "-",
        )  # fmt: skip


def test_a_gateway_with_a_bad_store_says_nothing_of_serving(own: World) -> None:
    """That it serves is said once it does."""
    (own.store / "accounts" / "ours.json").write_text("{")
    with pytest.raises(AssertionError, match=r"ours\.json") as caught:
        own.run(
            "serve", "ec2", "--store", str(own.store), "--credentials", str(own.database), "--key-file",
            str(own.key_file), "--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin", "-",
        )  # fmt: skip
    assert "serving" not in str(caught.value)


def test_an_endless_head_is_ended(own: World) -> None:
    """A request whose head goes on and on is cut off, and the gateway serves on."""
    with own.serving("--region", gateway_world.REGION):
        with socket.create_connection(("127.0.0.1", own.port), timeout=10) as client:
            with pytest.raises(OSError):  # nobody reads it any more
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
                for _ in range(100):
                    client.sendall(b"a" * 100_000)
        assert own.admin("/healthz")[0] == 200
        assert code_of(own.client("dev").run_instances, ImageId=PUBLIC, MinCount=1, MaxCount=1) == "passed"


def test_a_new_master_key_stops_nobody(own: World) -> None:
    """While the gateway serves, the master key is replaced; access keys and sessions work on, and old ones leave."""
    with own.serving("--region", gateway_world.REGION):
        session = own.session_client(own.client("dev", "sts").get_session_token()["Credentials"])
        assert code_of(session.describe_instances) == "passed"
        own.run("credentials", "rotate-master", "--store", str(own.database), "--key-file", str(own.key_file))
        assert code_of(own.client("dev").describe_instances) == "passed"
        assert code_of(session.describe_instances) == "passed"
        newer = own.session_client(own.client("dev", "sts").get_session_token()["Credentials"])
        assert code_of(newer.describe_instances) == "passed"
        key = own.keys["dev"].key.access_key_id
        own.run("credentials", "deactivate", key, "--store", str(own.database), "--key-file", str(own.key_file))
        assert code_of(own.client("dev").describe_instances) == "AuthFailure"
