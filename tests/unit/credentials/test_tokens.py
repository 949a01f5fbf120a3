"""Session tokens: sealed, stateless, and good for nothing else."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_requests import NOW, sign_form, sign_header

from gatewright.credentials import (
    CredentialLookup,
    CredentialStore,
    ExpiredTokenError,
    InvalidTokenError,
    MasterKeys,
    Session,
    SessionKind,
    TokenSealer,
    UnknownTokenKeyError,
)
from gatewright.credentials.tokens import PACKED_LIMIT, TOKEN_LIMIT, PackedTooLargeError, write_sealed
from gatewright.signing import HttpRequest, SecretKey, SignatureError, verify_request

KEYS = MasterKeys({"k1": b"1" * 32})
SECRET = "temporary/secret+of/forty/characters/0123"
SESSION = Session(
    SessionKind.ASSUMED_ROLE,
    "ASIAEXAMPLE000000001",
    SecretKey(SECRET),
    "arn:aws:iam::111122223333:role/path/deployer",
    "arn:aws:sts::111122223333:assumed-role/deployer/alice",
    "AROAEXAMPLE:alice",
    NOW,
    NOW + timedelta(hours=1),
    policy='{"Version": "2012-10-17", "Statement": []}',
    policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
    tags={"Team": "büro", "Empty": ""},
    transitive_tags=("Team",),
    source_identity="alice",
    mfa_time=NOW - timedelta(minutes=5),
    is_chained=True,
)


def without_secret(session: Session) -> dict[str, object]:
    """Return all members but the secret, which equals itself only."""
    return {one.name: getattr(session, one.name) for one in dataclasses.fields(session) if one.name != "secret"}


def opened(token: str, **options: object) -> Session:
    """Open a token for its key, while the session lasts."""
    sealer = TokenSealer(options.get("keys", KEYS))  # type: ignore[arg-type]
    return sealer.open(token, SESSION.access_key_id, options.get("now", NOW))  # type: ignore[arg-type]


def test_a_token_carries_the_whole_session() -> None:
    """What is sealed is opened, every member of it."""
    found = opened(TokenSealer(KEYS).seal(SESSION))
    assert without_secret(found) == without_secret(SESSION)
    assert found.secret.reveal() == SECRET


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(
    st.sampled_from(SessionKind),
    st.none() | TEXT,
    st.lists(TEXT, max_size=3).map(tuple),
    st.dictionaries(TEXT, TEXT, max_size=5),
    st.none() | TEXT,
    st.integers(1, 129_600),
)
def test_opening_undoes_sealing(
    kind: SessionKind,
    policy: str | None,
    arns: tuple[str, ...],
    tags: dict[str, str],
    source: str | None,
    seconds: int,
) -> None:
    """Whatever text policies, tags and names hold."""
    session = Session(
        kind, SESSION.access_key_id, SESSION.secret, "p", "s", "i", NOW, NOW + timedelta(seconds=seconds), policy, arns,
        tags, tuple(tags), source,
    )  # fmt: skip
    token = TokenSealer(KEYS).seal(session)
    assert without_secret(opened(token)) == without_secret(session)
    assert len(token) <= TOKEN_LIMIT and SECRET not in token and SECRET.encode() not in base64.b64decode(token)


def test_a_token_ends_with_its_session() -> None:
    """It is good until the last second before, and says afterwards that it expired."""
    token = TokenSealer(KEYS).seal(SESSION)
    opened(token, now=SESSION.expires - timedelta(seconds=1))
    with pytest.raises(ExpiredTokenError, match="2011-07-15T13:00:00Z") as caught:
        opened(token, now=SESSION.expires)
    assert (caught.value.code, caught.value.ec2_code) == ("ExpiredToken", "RequestExpired")


def changed(token: str) -> Iterator[str]:
    """Yield the token with one character changed, missing, or added."""
    for i, character in enumerate(token):
        yield f"{token[:i]}{'A' if character != 'A' else 'B'}{token[i + 1 :]}"
        yield token[:i] + token[i + 1 :]
    yield f"{token}A"
    yield f"{token}="
    yield f"{token}\n"
    yield token.rstrip("=")[:-1] + chr(ord(token.rstrip("=")[-1]) + 1) + "=" * (len(token) - len(token.rstrip("=")))


def test_a_changed_token_opens_nothing() -> None:
    """One character is enough, wherever it stands."""
    token = TokenSealer(KEYS).seal(SESSION)
    count = 0
    for other in changed(token):
        with pytest.raises(InvalidTokenError) as caught:
            opened(other)
        assert caught.value.code == "InvalidToken" and SECRET not in str(caught.value)
        count += 1
    assert count > 1000


@pytest.mark.parametrize("token", ["", "A", "AQ==", "AQI=", "AQJrMQ==", "é", "\0", "A" * 8193, "=" * 100, "AQD/" * 20])
def test_no_token_is_no_token(token: str) -> None:
    """Texts that never were tokens are refused as such."""
    with pytest.raises(InvalidTokenError):
        opened(token)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.b64encode(b"\1\2k1" + raw).decode()))
def test_nothing_but_token_errors(token: str) -> None:
    """Whatever a token holds, it is refused by one of our errors."""
    with pytest.raises(InvalidTokenError):
        opened(token)


def test_master_keys_are_rotated_under_open_tokens() -> None:
    """Tokens of the old key open while it is kept; without it, the error says that the key is not known."""
    old = TokenSealer(KEYS).seal(SESSION)
    renewed = KEYS.with_new()
    new = TokenSealer(renewed).seal(SESSION)
    assert opened(old, keys=renewed) and opened(new, keys=renewed)
    with pytest.raises(UnknownTokenKeyError):
        opened(old, keys=renewed.only_first())
    with pytest.raises(UnknownTokenKeyError):
        opened(new)


def test_a_token_goes_with_its_key() -> None:
    """The token of one session cannot be presented with another key, nor what was sealed for another use."""
    token = TokenSealer(KEYS).seal(SESSION)
    with pytest.raises(InvalidTokenError, match="another access key"):
        TokenSealer(KEYS).open(token, "ASIAOTHER", NOW)
    with pytest.raises(InvalidTokenError, match="not sealed here"):
        opened(write_sealed(KEYS, b"\0\0\0\2{}", "authorization message"))


def test_policies_and_tags_have_a_limit() -> None:
    """A policy of the permitted length fits however it is written; too many tags say how much they take."""
    policy = json.dumps({"Statement": [{"Resource": base64.b85encode(bytes(range(256)) * 5).decode()}]})[:2048]
    session = dataclasses.replace(SESSION, policy=policy, tags={}, policy_arns=())
    assert 0 < session.packed_percent <= 100 and opened(TokenSealer(KEYS).seal(session)).policy == policy
    many = {f"{i:064x}": f"{i * 7919 % 10**9:0128x}{i * 104729 % 10**9:09}" for i in range(1_000)}
    large = dataclasses.replace(SESSION, tags=many)
    with pytest.raises(PackedTooLargeError, match=f"take {large.packed_percent} %"):
        TokenSealer(KEYS).seal(large)
    assert large.packed_percent > 100 and PACKED_LIMIT == 2048


def test_a_choice_of_tags_tells_nothing_about_the_secret() -> None:
    """Tags that repeat the secret make no shorter token: they are deflated apart."""
    lengths = {
        len(TokenSealer(KEYS).seal(dataclasses.replace(SESSION, secret=SecretKey(secret), tags={"guess": SECRET})))
        for secret in (SECRET, SECRET[::-1], "x" * len(SECRET))
    }
    assert len(lengths) == 1


def test_nothing_shows_the_secret() -> None:
    """Neither a session's representation nor the sealer's."""
    assert SECRET not in repr(SESSION) and repr(TokenSealer(KEYS)) == "TokenSealer(MasterKeys(k1))"


def test_signatures_are_verified_with_store_and_tokens(tmp_path: Path) -> None:
    """A long-term key verifies without a token, a temporary one with its own, and nothing else."""
    sealer = TokenSealer(KEYS)
    now = [NOW]
    with CredentialStore(tmp_path / "keys.db", KEYS, create=True) as store:
        lookup = CredentialLookup(store, sealer, lambda: now[0])
        alice = store.create("arn:aws:iam::111122223333:user/alice")
        own = {"AWSAccessKeyId": alice.key.access_key_id}
        long_term = sign_form({**own, "Action": "A"}, secret=alice.secret.reveal())
        assert verify_request(long_term, keys=lookup, now=NOW).access_key_id == alice.key.access_key_id

        def temporary(token: str | None) -> HttpRequest:
            more = [("X-Amz-Security-Token", token)] if token else []
            request = HttpRequest("POST", "/", [("Host", "sts.amazonaws.com"), *more])
            return sign_header(request, secret=SECRET, access_key=SESSION.access_key_id)

        token = sealer.seal(SESSION)
        assert verify_request(temporary(token), keys=lookup, now=NOW).token == token
        found = lookup.find(SESSION.access_key_id, token)
        assert found is not None and isinstance(found[0], Session) and found[0].session_arn == SESSION.session_arn

        with_token = sign_form({**own, "SecurityToken": token}, secret=alice.secret.reveal())
        for request, code in (
            (temporary(None), "InvalidClientTokenId"),
            (temporary(f"{token[:-4]}AAAA"), "InvalidToken"),
            (with_token, "InvalidToken"),
        ):
            with pytest.raises(SignatureError) as caught:
                verify_request(request, keys=lookup, now=NOW)
            assert caught.value.code == code
        now[0] = datetime(2011, 7, 15, 13, 0, tzinfo=UTC)
        with pytest.raises(SignatureError) as caught:
            verify_request(temporary(token), keys=lookup, now=NOW)
        assert caught.value.code == "ExpiredToken"
        store.deactivate(alice.key.access_key_id)
        with pytest.raises(SignatureError) as caught:
            verify_request(long_term, keys=lookup, now=NOW)
        assert caught.value.code == "InvalidClientTokenId"


def test_opened_sessions_are_bounded_and_checked_each_time(tmp_path: Path) -> None:
    """A session that is kept in memory ends like any other, and goes with its key only."""
    now = [NOW]
    with CredentialStore(tmp_path / "keys.db", KEYS, create=True) as store:
        lookup = CredentialLookup(store, TokenSealer(KEYS), lambda: now[0], capacity=2)
        tokens = [TokenSealer(KEYS).seal(SESSION) for _ in range(5)]
        for token in (*tokens, *tokens):
            assert lookup.find(SESSION.access_key_id, token)
            assert len(lookup._sessions) <= 2
        with pytest.raises(InvalidTokenError, match="another access key"):
            lookup.find("ASIAOTHER", tokens[-1])
        now[0] = SESSION.expires
        with pytest.raises(ExpiredTokenError):
            lookup.find(SESSION.access_key_id, tokens[-1])
