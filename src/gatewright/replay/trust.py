"""Calls that assume a role -> what they are judged on, and the condition keys that their parameters tell.

Sources: rule R141; IAM User Guide, "Logging IAM and AWS STS API calls" (how tags and SAML appear in a log) and "IAM and
AWS STS condition context keys".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .call import Call, Context, Target, as_text
from .cloudtrail import Event, Identity

_TEXTS = {"roleSessionName": "sts:RoleSessionName", "externalId": "sts:ExternalId"}
_TEXTS |= {"sourceIdentity": "sts:SourceIdentity"}
# The parts of a web identity's principal id, in order; other providers have `aud` and `sub`.
_WEB_KEYS = {"www.amazon.com": ("app_id", "user_id"), "graph.facebook.com": ("app_id", "id")}


def assume_targets(call: Call) -> list[Target]:
    """Return the authorizations of a call that assumes a role; those for tags and a source identity come last."""
    role = call.text("roleArn")
    if role is None or ":role/" not in role or not role.startswith("arn:"):
        return []
    context = assume_keys(call.parameters)
    names = [call.action]
    if context.get("aws:TagKeys"):
        names.append("sts:TagSession")
    if context.get("sts:SourceIdentity"):
        names.append("sts:SetSourceIdentity")
    return [Target(name, role, context) for name in names]


def assume_keys(parameters: dict[str, Any]) -> Context:
    """Return the keys that the parameters tell: STS logs all of them, so what is not there was not sent."""
    context: Context = {key: as_text(parameters.get(name)) for name, key in _TEXTS.items()}
    tags = list(_tags(parameters))
    context |= {f"aws:RequestTag/{key}": value for key, value in tags}
    context["aws:TagKeys"] = [key for key, _ in tags] or None
    transitive = parameters.get("transitiveTagKeys")
    if transitive is None:
        context["sts:TransitiveTagKeys"] = None
    elif isinstance(transitive, list) and all(isinstance(key, str) for key in transitive):
        context["sts:TransitiveTagKeys"] = list(transitive)
    return context


def _tags(parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Read tags: AssumeRole has them as a list, an assertion's or a token's are a mapping."""
    tags, principal_tags = parameters.get("tags"), parameters.get("principalTags")
    for entry in tags if isinstance(tags, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("key"), str) and isinstance(entry.get("value"), str):
            yield entry["key"], entry["value"]
    for key, value in principal_tags.items() if isinstance(principal_tags, dict) else ():
        if isinstance(key, str) and isinstance(value, str):
            yield key, value


def provider_keys(event: Event, provider: str) -> Context:
    """Return the keys that an identity provider's token or assertion brings, as far as the log tells."""
    identity = event.user_identity or Identity()
    context: Context = {"aws:FederatedProvider": provider}
    if ":saml-provider/" in provider:
        return context | _saml_keys(event, identity, provider)
    name = provider.partition(":oidc-provider/")[2] or provider
    whole, user = identity.principal_id or "", identity.user_name or ""
    if user and whole.startswith(f"{provider}:") and whole.endswith(f":{user}"):
        audience, subject = _WEB_KEYS.get(name, ("aud", "sub"))
        context[f"{name}:{subject}"] = user
        application = whole[len(provider) + 1 : len(whole) - len(user) - 1]
        if application:
            context[f"{name}:{audience}"] = application
    return context


def _saml_keys(event: Event, identity: Identity, provider: str) -> Context:
    account, _, name = provider.partition(":saml-provider/")
    context: Context = {"saml:doc": f"{account.rpartition(':')[2]}/{name}"}
    if identity.identity_provider:
        context["saml:namequalifier"] = identity.identity_provider
    if identity.user_name:
        context["saml:sub"] = identity.user_name
    response = event.saml
    if response is not None:
        told = {
            "saml:aud": response.audience,
            "saml:iss": response.issuer,
            "saml:namequalifier": response.name_qualifier,
            "saml:sub": response.subject,
            "saml:sub_type": response.subject_type,
        }
        context |= {key: text for key, text in told.items() if text}
    return context
