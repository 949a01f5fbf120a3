"""One request and its answer: authenticate, read, decide, forward; whatever fails is an error, never a pass."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gatewright.credentials import CredentialError
from gatewright.ec2 import Ec2Call, Ec2Error, Ec2Settings, TrustedProxies, parse_request
from gatewright.ec2.addresses import read_address
from gatewright.ec2.parse import is_region, read_context
from gatewright.ec2.query import read_parameters
from gatewright.ec2.sharing_changes import ATTRIBUTES, Kind, read_change, read_question
from gatewright.ec2.sharing_state import SharingError
from gatewright.signing import HttpRequest, SignatureError, Verified
from gatewright.sts import Caller, encode_message

from .callers import caller_keys
from .changes import CREATES
from .decide import check_sharing, explain_refusal, may_see
from .incoming import STS_VERSION, read_request, seems_sts
from .policies import Policies
from .profiles import ProfileInventory
from .reply import Message, Receive, RefusedError, Reply, Scope, Send, internal, send_reply, unavailable
from .sts_service import answer_sts
from .templates import LAUNCH, TemplateInventory, pin_template, read_template
from .upstream import UpstreamError
from .xml import AnswerError, cut_items, write_attribute

if TYPE_CHECKING:
    from .app import Gateway

# Answers that list images and snapshots: only those that the caller may see go through.
_LISTS = {
    "DescribeImages": ("image", "imagesSet/item", "imageId"),
    "DescribeSnapshots": ("snapshot", "snapshotSet/item", "snapshotId"),
}
# Bytes of an answer that is gone through beside the event loop: a mebibyte takes 50 ms.
_LONG = 1 << 17
# Actions that change nothing; the same twice does no harm, and clients that poll sign the same within a second.
_READING = ("Describe", "Get", "List", "Search")
_CREDENTIALS_MESSAGE = "AWS was not able to validate the provided access credentials"
_EXPIRED_MESSAGE = "Request has expired."
_UNAUTHORIZED = "You are not authorized to perform this operation. Encoded authorization failure message: "


class Exchange:
    """One request and its answer."""

    def __init__(self, gateway: Gateway, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self.gateway = gateway
        self.scope = scope
        self.receive = receive
        self._send = send
        self.request_id = request_id
        self.policies: Policies = gateway.policies  # one state for the whole request
        self.now: datetime = gateway.clock()
        self.is_sts: bool = False
        self.is_started: bool = False
        self.began: float = time.perf_counter()
        self.waited: float = 0.0
        self.entry: dict[str, Any] = {
            "time": self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestId": request_id,
            "peer": scope["client"][0] if scope.get("client") else None,
        }

    async def send(self, message: Message) -> None:
        """Send a part of the answer; who does not take it holds a place that others need."""
        async with asyncio.timeout(self.gateway.settings.client_seconds):
            await self._send(message)

    async def run(self) -> None:
        """Answer, whatever happens."""
        with contextlib.ExitStack() as place:
            await self._run(place)

    async def _run(self, place: contextlib.ExitStack) -> None:
        settings = self.gateway.settings
        reply: Reply | None
        try:
            request = await read_request(
                self.scope, self.receive, settings.ec2.limits.bytes, settings.client_seconds, self.gateway.readers
            )
            self.is_sts = seems_sts(request)
            place.enter_context(self.gateway.take_place())
            reply = await self._answer(request)
        except RefusedError as refused:
            self.entry |= {"outcome": refused.outcome, "code": refused.code, "reason": refused.reason}
            reply = refused.reply(self.request_id, self.is_sts)
        except Exception as error:  # a bug, which must neither pass a request nor show a traceback
            self.entry |= {"outcome": "unavailable", "code": "InternalError", "reason": type(error).__name__}
            reply = internal(type(error).__name__).reply(self.request_id, self.is_sts)
        if reply is not None and not self.is_started:
            self.entry["status"] = reply.status
        is_told = self._account()
        if reply is None or self.is_started:
            return
        if not is_told:  # what nobody can look up later is not done, or at least not said to be
            reply = internal("the log").reply(self.request_id, self.is_sts)
        is_broken = reply.status in (408, 413) or self.entry.get("outcome") == "overload"
        with contextlib.suppress(TimeoutError):  # uvicorn ends the connection
            await send_reply(reply, self.send, self.request_id, close=is_broken)

    def _account(self) -> bool:
        """Write the log and count; tell whether it could be written."""
        whole = time.perf_counter() - self.began
        service = "sts" if self.is_sts else "ec2"
        self.entry["ownMs"] = round((whole - self.waited) * 1000, 3)
        self.gateway.metrics.own_seconds.observe(whole - self.waited)
        self.gateway.metrics.requests.labels(service, self.entry.get("outcome", "unavailable")).inc()
        is_told = self.gateway.log.write(self.entry)
        if not is_told:
            self.gateway.metrics.unlogged.inc()
        return is_told

    async def _answer(self, request: HttpRequest) -> Reply | None:
        settings = self.gateway.settings
        try:
            verified, caller = self.gateway.verify(request, self.now)
        except SignatureError as error:
            raise self._unauthenticated(error) from None
        except CredentialError as error:
            raise internal(f"credentials: {error}") from None
        self.entry |= {"accessKeyId": verified.access_key_id, "principal": caller.arn, "account": caller.account}
        try:
            if verified.service is None:
                parameters = read_parameters(request, settings.ec2.limits, has_members=True)
                self.is_sts = parameters.get("Version") == STS_VERSION
            else:
                self.is_sts = verified.service == "sts"
            if self.is_sts:
                return await self._answer_sts(request, caller, verified)
            return await self._answer_ec2(request, caller, verified)
        except SignatureError as error:
            raise self._unauthenticated(error) from None
        except Ec2Error as error:
            raise RefusedError(error.status, error.code, _sentence(error.reason), "invalid") from None
        except SharingError as error:
            raise internal(f"sharing: {error}") from None
        except UpstreamError as error:
            raise unavailable(str(error)) from None
        except AnswerError as error:
            raise unavailable(f"the cloud: {error}") from None

    def _unauthenticated(self, error: SignatureError) -> RefusedError:
        if error.code == "RequestReplayed":
            # A client that changes the same twice within a second signs the same; it tries again with a new time.
            return RefusedError(503, "RequestLimitExceeded", "Request limit exceeded.", "unauthenticated", str(error))
        code, status = (error.code, error.status) if self.is_sts else (error.ec2_code, error.ec2_status)
        if code in ("AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidToken"):
            message = _CREDENTIALS_MESSAGE
        elif code in ("RequestExpired", "ExpiredToken"):
            message = _EXPIRED_MESSAGE
        else:
            message = _sentence(error.reason)
        return RefusedError(status, code, message, "unauthenticated", str(error))

    # --- STS

    async def _answer_sts(self, request: HttpRequest, caller: Caller, verified: Verified) -> Reply:
        settings = self.gateway.settings
        parameters = read_parameters(request, settings.ec2.limits, has_members=True)
        if parameters.get("Action") != "GetCallerIdentity":  # all others give out credentials, or open a seal
            self.gateway.admit(verified, self.now)
        region = settings.ec2.region or verified.region
        keys, _ = read_context(request, region=region, settings=settings.ec2, **self._surroundings(request))
        reply, decided = await asyncio.to_thread(
            answer_sts,
            parameters,
            caller,
            self.policies,
            self.gateway.master_keys,
            keys,
            self.now,
            self.request_id,
        )
        self.entry["action"] = f"sts:{parameters.get('Action', '')[:80]}"
        self.entry["decisions"] = [{"action": one[0], "resource": one[1], "decision": one[2]} for one in decided]
        self.entry["outcome"] = "answered" if reply.status == 200 else "denied" if reply.status == 403 else "invalid"
        return reply

    def _is_secure(self, request: HttpRequest) -> bool:
        """Tell whether the client came over TLS: to the gateway, or to a trusted proxy that says so."""
        client = self.scope.get("client")
        if client is not None and _trusts(self.gateway.settings.ec2.proxies, client[0]):
            told = [value for name, value in request.headers if name.lower() == "x-forwarded-proto"]
            return told == ["https"]
        return self.scope.get("scheme") == "https"

    # --- EC2

    async def _answer_ec2(self, request: HttpRequest, caller: Caller, verified: Verified) -> Reply | None:
        call, items = await self._read_call(request, caller, verified)
        self.entry["action"] = call.action
        self.entry["resources"] = [item.resource for item in call.authorizations[:20]]
        name = call.action.removeprefix("ec2:")
        change = read_change(name, call.parameters, caller.account)
        question = read_question(name, call.parameters)
        await self._authorize(call, caller)
        refusal = check_sharing(
            call,
            caller.account,
            change,
            self.gateway.sharing,
            self.policies,
            is_question=question is not None,
            further=items,
        )
        if refusal is not None:
            self.entry["layer"] = refusal.layer
            raise RefusedError(403, refusal.code, refusal.message, "denied", refusal.reason)
        if call.is_dry_run:
            message = "Request would have succeeded, but DryRun flag is set."
            raise RefusedError(412, "DryRunOperation", message, "dry-run")
        if question is not None:
            return self._describe(call, *question)
        if not name.startswith(_READING):
            self.gateway.admit(verified, self.now)
        self.entry["outcome"] = "forwarded"
        changes = self.gateway.changes
        if change is not None:
            return self._whole(await self._wait(changes.forward(call, change, caller.account, self.request_id)))
        if name in CREATES:
            return self._whole(await self._wait(changes.forward_creation(call, caller.account)))
        if name in _LISTS:
            return await self._list(call, caller.account)
        await self._stream(call, caller.account)
        return None

    async def _read_call(
        self, request: HttpRequest, caller: Caller, verified: Verified
    ) -> tuple[Ec2Call, tuple[tuple[Kind, str], ...]]:
        """Return what is asked for, and the images and snapshots that it uses by a launch template."""
        settings = self._settings_of(caller, verified.region)
        about: dict[str, Any] = {"account": caller.account, **self._surroundings(request)}
        call = parse_request(request, settings=settings, **about)
        template = None
        if call.action == LAUNCH and "launch-template" in call.kinds:
            template = await self._wait(read_template(call, caller.account, self.gateway.upstream, settings.inventory))
            if template is not None:
                settings = replace(settings, inventory=TemplateInventory(settings.inventory, template))
                call = pin_template(parse_request(request, settings=settings, **about), template)
        if any(item.resource is None for item in call.authorizations):
            stand_ins = self.policies.find_stand_ins(caller.session)
            is_known = template is not None and not template.has_interface
            call = stand_ins.name_unknown(call, caller.account, is_template_known=is_known)
        return call, () if template is None else template.items

    def _settings_of(self, caller: Caller, region: str | None) -> Ec2Settings:
        """Return what a request is read with: the Region that was signed, and the profiles of the store."""
        settings = self.gateway.settings.ec2
        if region is not None:
            # Without a Region of its own, a gateway takes the one that is signed; Host says less.  One that no policy
            # could mean would pass by them all, and a cloud of one Region may not mind.
            if region != settings.region and (settings.region is not None or not is_region(region)):
                raise SignatureError("SignatureDoesNotMatch", f"the signature is for the Region {region[:80]}")
            settings = replace(settings, region=region)
        if self.policies.profiles:
            inventory = ProfileInventory(settings.inventory, self.policies.profiles, caller.account)
            settings = replace(settings, inventory=inventory)
        return settings

    def _surroundings(self, request: HttpRequest) -> dict[str, Any]:
        """Return when and from where a request came, for those who read it."""
        client = self.scope.get("client")
        return {"now": self.now, "peer": client[0] if client else None, "is_secure": self._is_secure(request)}

    async def _authorize(self, call: Ec2Call, caller: Caller) -> None:
        authorizer = await self.gateway.find_authorizer(self.policies, caller.session)
        asked = tuple(authorizer.table.keys)
        keys = caller_keys(caller, self.policies, asked, self.now)
        answer = call.authorize(authorizer, caller.arn, keys)
        self.entry["decision"] = answer.decision.name
        if answer.allowed:
            return
        deciding = answer.answers[answer.deciding]
        self.entry["layer"] = "policies"
        self.entry["statements"] = [f"{one.policy}#{one.sid or one.position}" for one in deciding.statements] or None
        if answer.unknown_keys:
            self.entry["unknownKeys"] = list(answer.unknown_keys)
        explained = explain_refusal(call, caller, answer, {**keys, **call.context})
        encoded = encode_message(self.gateway.master_keys, explained, caller.account)
        resource = call.authorizations[answer.deciding].resource
        raise RefusedError(403, "UnauthorizedOperation", _UNAUTHORIZED + encoded, "denied", f"on {resource}")

    async def _wait(self, doing: Any) -> Any:
        """Wait for the cloud; this time is not the gateway's own."""
        began = time.perf_counter()
        try:
            return await doing
        finally:
            self.waited += time.perf_counter() - began
            self.gateway.metrics.upstream_seconds.observe(time.perf_counter() - began)

    def _whole(self, answer: Any) -> Reply:
        self.entry["upstreamStatus"] = answer.status
        _check_failure(answer.status, answer.content_type)
        return Reply(answer.status, answer.body, answer.content_type)

    async def _list(self, call: Ec2Call, account: str) -> Reply:
        """Forward a call that lists images or snapshots, and take out those that the caller may not see."""
        kind, item, name = _LISTS[call.action.removeprefix("ec2:")]
        state, policies = self.gateway.sharing, self.policies
        owners = {value for key, value in call.parameters.items() if key.partition(".")[0] == "Owner" and value}
        owners = {account if owner == "self" else owner for owner in owners}
        is_by_account = bool(owners) and all(owner.isdigit() for owner in owners)

        def keeps(found: str) -> bool:
            known = state.find(kind, found)
            if known is None or not may_see(known, account, policies):
                return False
            return not is_by_account or known.item.owner in owners

        answer = await self._wait(self.gateway.upstream.fetch(call.parameters, account, call.region))
        reply = self._whole(answer)
        if answer.status != 200:
            return reply
        if len(answer.body) > _LONG:
            body = await asyncio.to_thread(cut_items, answer.body, item, name, keeps)
        else:
            body = cut_items(answer.body, item, name, keeps)
        return Reply(200, body, answer.content_type)

    def _describe(self, call: Ec2Call, kind: Kind, name: str) -> Reply:
        """Say whom an image or a snapshot is shared with: what decides is told, whatever the cloud has."""
        known = self.gateway.sharing.find(kind, name)
        assert known is not None  # `check_sharing` has asked
        self.entry["outcome"] = "answered"
        action = call.action.removeprefix("ec2:")
        body = write_attribute(action, call.version, self.request_id, kind, name, ATTRIBUTES[kind], known.seen)
        return Reply(200, body)

    async def _stream(self, call: Ec2Call, account: str) -> None:
        """Forward a call and pass the answer on as it comes."""
        began = time.perf_counter()
        async with self.gateway.upstream.open(call.parameters, account, call.region) as response:
            waited = time.perf_counter() - began
            self.waited += waited
            self.gateway.metrics.upstream_seconds.observe(waited)
            self.entry["upstreamStatus"] = self.entry["status"] = response.status
            _check_failure(response.status, response.headers.get("content-type", ""))
            headers = [
                (b"content-type", response.headers.get("content-type", "text/xml").encode("latin-1")),
                (b"x-amzn-requestid", self.request_id.encode()),
            ]
            if response.length is not None:
                headers.append((b"content-length", str(response.length).encode()))
            self.is_started = True
            await self.send({"type": "http.response.start", "status": response.status, "headers": headers})
            async for part in self.gateway.upstream.read(response):
                await self.send({"type": "http.response.body", "body": part, "more_body": True})
            await self.send({"type": "http.response.body", "body": b""})
        self.waited += time.perf_counter() - began - waited


@lru_cache(maxsize=4096)
def _trusts(proxies: TrustedProxies, peer: str) -> bool:
    return proxies.trusts(read_address(peer))


def _check_failure(status: int, content_type: str) -> None:
    """Refuse what no client of EC2 can read, such as the page of a server that failed."""
    if status >= 500 and "xml" not in content_type:
        raise unavailable(f"the cloud answered {status} as `{content_type[:80]}`")


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
