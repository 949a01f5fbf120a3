"""Calls that share, with a cloud that fails at will."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from gateway_front import NOW, Cloud, Front
from gateway_world import OURS, PARTNERS, PUBLIC
from signed_requests import sign_form

from gatewright.gateway.upstream import Answer, UpstreamError
from gatewright.sharing import SharedItem


def seen(front: Front) -> frozenset[str]:
    known = front.gateway.sharing.find("image", PUBLIC)
    assert known is not None
    return known.seen


def test_success_changes_and_refusal_does_not(front: Front, ask: Any) -> None:
    """The state follows the cloud's answer."""
    share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "LaunchPermission__Add__1__UserId": PARTNERS}
    front.cloud.answers = [Answer(400, "text/xml", b"<no/>")]
    assert ask(**share)[0] == 400
    assert seen(front) == frozenset()
    assert ask(**share)[0] == 200
    assert seen(front) == {PARTNERS}
    assert ask(Action="ResetImageAttribute", ImageId=PUBLIC, Attribute="launchPermission")[0] == 200
    assert seen(front) == frozenset()
    assert front.gateway.sharing.pending() == []


def test_no_answer_leaves_doubt_until_the_cloud_tells(front: Front, ask: Any) -> None:
    """A lost answer permits nothing; the cloud's own word ends the doubt."""
    share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "LaunchPermission__Add__1__UserId": PARTNERS}
    front.cloud.answers = [UpstreamError("gone", True)]
    assert ask(**share) == (503, "Unavailable")
    assert len(front.gateway.sharing.pending()) == 1
    assert seen(front) == frozenset()
    assert ask(**share) == (503, "Unavailable")  # one change at a time
    front.gateway.changes._doubt_seconds = 0.0
    shared_with = f"<launchPermission><item><userId>{PARTNERS}</userId></item></launchPermission>"
    told = f"<r><imageId>{PUBLIC}</imageId>{shared_with}</r>"
    front.cloud.answers = [Answer(200, "text/html", b"<html>"), Answer(200, "text/xml", told.encode())]
    assert asyncio.run(front.gateway.changes.settle_old()) == 1
    assert asyncio.run(front.gateway.changes.settle_old()) == 0
    assert seen(front) == {PARTNERS}


def test_an_answer_after_the_settlement_is_asked_again(front: Front, ask: Any) -> None:
    """A success whose intent was settled meanwhile is settled anew, by what the cloud says then."""
    told = f"<r><imageId>{PUBLIC}</imageId><launchPermission><item><group>all</group></item></launchPermission></r>"

    class Slow(Cloud):
        async def fetch(self, parameters: Mapping[str, str], account: str, region: str) -> Answer:
            if parameters["Action"] == "ModifyImageAttribute":
                (intent,) = front.gateway.sharing.pending()
                front.gateway.sharing.settle(intent, [], True)
                return Answer(200, "text/xml", b"<ok/>")
            return Answer(200, "text/xml", told.encode())

    front.gateway.upstream = front.gateway.changes._upstream = Slow()
    share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "OperationType": "add", "UserGroup__1": "all"}
    assert ask(**share)[0] == 200
    assert seen(front) == {"all"}
    assert front.gateway.sharing.pending() == []


def test_a_deregistered_image_is_gone(front: Front, ask: Any) -> None:
    """In doubt or done, nobody launches it; where the cloud still has it, it is back."""
    launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
    assert ask(**launch)[0] == 200
    front.cloud.answers = [Answer(500, "text/xml", b"<oh/>")]
    ask(Action="DeregisterImage", ImageId=PUBLIC)
    assert ask(**launch) == (403, "AuthFailure")
    front.gateway.changes._doubt_seconds = 0.0
    told = f"<r><imagesSet><item><imageId>{PUBLIC}</imageId><imageState>available</imageState></item></imagesSet></r>"
    front.cloud.answers = [Answer(200, "text/xml", told.encode())]
    assert asyncio.run(front.gateway.changes.settle_old()) == 0
    assert ask(**launch)[0] == 200
    assert ask(Action="DeregisterImage", ImageId=PUBLIC)[0] == 200
    assert ask(**launch) == (403, "AuthFailure")


def test_what_is_restored_is_usable_again(front: Front, ask: Any) -> None:
    """An image from the recycle bin is launched as before; one from a file is its maker's alone."""
    launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
    assert ask(Action="DeregisterImage", ImageId=PUBLIC)[0] == 200
    assert ask(**launch) == (403, "AuthFailure")
    assert ask(Action="RestoreImageFromRecycleBin", ImageId=PUBLIC)[0] == 200
    assert ask(**launch)[0] == 200
    made = b"<CreateRestoreImageTaskResponse><imageId>ami-0123abcd</imageId></CreateRestoreImageTaskResponse>"
    front.cloud.answers = [Answer(200, "text/xml", made)]
    assert ask(Action="CreateRestoreImageTask", Bucket="b", ObjectKey="k")[0] == 200
    known = front.gateway.sharing.find("image", "ami-0123abcd")
    assert known is not None and known.item.owner == OURS and known.seen == frozenset()


def test_what_is_made_once_more_stays_as_it_is(front: Front, ask: Any) -> None:
    """A call that is repeated with its ClientToken names what it made before, disabled and shared as it is now."""
    launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
    share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "LaunchPermission__Add__1__UserId": PARTNERS}
    assert ask(**share)[0] == 200 and ask(Action="DisableImage", ImageId=PUBLIC)[0] == 200
    front.cloud.answers = [Answer(200, "text/xml", f"<r><imageId>{PUBLIC}</imageId></r>".encode())]
    assert ask(Action="CopyImage", SourceImageId=PUBLIC, SourceRegion="us-east-1", Name="n")[0] == 403
    front.gateway.sharing.register(SharedItem("image", "ami-0123abcd", OURS))
    copy = {"Action": "CopyImage", "SourceImageId": "ami-0123abcd", "SourceRegion": "us-east-1", "Name": "n"}
    assert ask(**copy, ClientToken="t")[0] == 200
    assert ask(**launch) == (403, "AuthFailure")
    assert seen(front) == {PARTNERS}


def test_a_settlement_of_permissions_makes_nothing_usable(front: Front, ask: Any) -> None:
    """A doubt about whom a disabled image is shared with ends, and the image is disabled still."""
    assert ask(Action="DisableImage", ImageId=PUBLIC)[0] == 200
    share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "LaunchPermission__Add__1__UserId": PARTNERS}
    front.cloud.answers = [UpstreamError("gone", True)]
    assert ask(**share) == (503, "Unavailable")
    front.gateway.changes._doubt_seconds = 0.0
    front.cloud.answers = [Answer(200, "text/xml", f"<r><imageId>{PUBLIC}</imageId></r>".encode())]
    assert asyncio.run(front.gateway.changes.settle_old()) == 0
    launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
    assert ask(**launch) == (403, "AuthFailure")


def test_a_doubt_is_settled_where_it_arose(front: Front, ask: Any) -> None:
    """A gateway of several Regions asks the one of the call what became of the change."""
    stamp = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    change = {"Version": "2016-11-15", "Action": "DisableImage", "ImageId": PUBLIC}
    front.cloud.answers = [UpstreamError("gone", True)]
    front.ask(sign_form(change, host="ec2.eu-west-1.amazonaws.com", timestamp=stamp))
    front.gateway.changes._doubt_seconds = 0.0
    front.cloud.answers = [
        Answer(400, "text/xml", b"<r><Errors><Error><Code>InvalidAMIID.NotFound</Code></Error></Errors></r>")
    ]
    assert asyncio.run(front.gateway.changes.settle_old()) == 0
    assert front.cloud.regions == ["eu-west-1", "eu-west-1"]


def test_nobody_waits_for_a_change_that_waits(front: Front, ask: Any) -> None:
    """While a change waits for the disk, or for another process, all others are answered."""
    lock, held, done = front.gateway.changes._state._lock, threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        assert ask(Action="RunInstances", ImageId=PUBLIC, MinCount="1", MaxCount="1")[0] == 200
        assert thread.is_alive()
    finally:
        done.set()
        thread.join()


def test_names_that_clients_choose_fill_no_memory(front: Front, ask: Any) -> None:
    """What is asked of items that nobody knows is not kept where it is long."""
    for number in range(5):
        name = f"snap-{number}" + "a" * 100_000
        assert ask(Action="CreateVolume", SnapshotId=name, AvailabilityZone="a") == (403, "AuthFailure")
    assert sum(len(name) for _, name in front.gateway.sharing._cache) < 1_000


def test_a_damaged_database_passes_nothing(front: Front, ask: Any) -> None:
    """A state of sharing that cannot be read is an error."""
    front.gateway.sharing._connection.close()
    launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
    assert ask(**launch) == (500, "InternalError")
    assert front.cloud.asked == []


def test_who_it_is_shared_with_is_the_owners_to_know(front: Front, ask: Any) -> None:
    """The question is known in every form that a cloud might answer."""
    mine, public = PUBLIC, "ami-0123abcd"
    front.gateway.sharing.register(SharedItem("image", public, PARTNERS), ["all"])
    asks = {"Action": "DescribeImageAttribute"}
    for form in ("ImageId", "ImageId__1"):
        assert ask(**asks, Attribute="launchPermission", **{form: mine})[0] == 200
        assert ask(**asks, Attribute="launchPermission", **{form: public}) == (403, "AuthFailure")
        assert ask(**asks, Attribute__1="launchPermission", **{form: public}) == (403, "AuthFailure")
    assert front.cloud.asked == []
    assert ask(**asks, Attribute="description", ImageId=public)[0] == 200
    for attribute in ("LaunchPermission", "launchpermission", "launchPermission "):
        assert ask(**asks, Attribute=attribute, ImageId=public) == (400, "InvalidParameterValue")
    assert ask(**asks, Attribute="launchPermission", ImageId__1=mine, ImageId__2=public)[0] == 400
    assert len(front.cloud.asked) == 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"launchPermission__Add__1__UserId": PARTNERS},
        {"Launch_Permission__Add__1__UserId": PARTNERS},
        {"LaunchPermission__Add__1__UserId__x": PARTNERS},
        {"UserId__1__x": PARTNERS},
        {"user_group__1": "all", "operation_type": "add"},
    ],
)
def test_no_other_spelling_shares(front: Front, ask: Any, parameters: dict[str, str]) -> None:
    """A permission that a lenient cloud would change, and the gateway not see, is refused."""
    assert ask(Action="ModifyImageAttribute", ImageId=PUBLIC, **parameters)[0] == 400
    assert front.cloud.asked == []
