"""What rivals do otherwise, by rule: read from disagreements, at least one of every rule; and what the sources say
where the rule is not certain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Findings = Sequence[tuple[str, str]]
"""What a rival does, and the rules under which it shows; a rule may stand at several places."""

_OWN: Findings = (
    ("`ForAnyValue` with `IfExists` does not hold for an absent key, and a value with a variable that has none leaves "
     "the rest of its list as it is, against three of our older vectors", "R72 R104"),
)  # fmt: skip

FINDINGS: Mapping[str, Findings] = {
    "gatewright": _OWN,
    "reference": _OWN,
    "iam-simulate": (
        ("variables are expanded in documents without Version 2012-10-17", "R3 R101"),
        ("in an ARN without a slash, the text behind the fifth colon is taken in pieces, so that patterns and "
         "variables "
         "in it are missed", "R14 R46 R47 R50 R100"),
        ("CloudFront's origin access identities and the built-in identity providers are no callers", "R16 R18 R60"),
        ("a trust policy lets a SAML provider use the call for web identity, and the other way round", "R60"),
        ("`**` means everyone", "R20"),
        ("`NotPrincipal` with an account in its list spares all principals of the account", "R21 R64"),
        ("a statement of a resource policy needs no Resource", "R32"),
        ("an empty list in NotAction or NotResource covers everything", "R30"),
        ("the root user is asked for a policy like anybody else, even for repairing a policy that locks all out",
         "R36 R37 R38 R54 R62 R132 R134 R143 R146"),
        ("of several endpoint policies one is enough", "R38"),
        ("an ARN with a star in place of the name covers an action without resources", "R45"),
        ("NotResource never covers a request for `*`", "R49"),
        ("`ForAnyValue` with `IfExists` does not hold for an absent key; we follow it, against the text of our vectors",
         "R72"),
        ("empty text is no null, under `Null` and under `ForAllValues`", "R73 R80"),
        ("a multivalued key without a qualifier is compared as if it had one value", "R75"),
        ("of several dates, and of values that are no date, not all are judged", "R76 R77 R90"),
        ("a negated operator with an empty list holds", "R79"),
        ("a star does not cover line breaks, and `?` does not cover characters outside the first 65,536", "R83"),
        ("numbers with an exponent are not read", "R84"),
        ("epoch seconds are not read as dates, nor dates in the shorter forms", "R85 R122"),
        ("a request value that is neither true nor false satisfies nothing", "R86"),
        ("`0.0.0.0/0` and bare IPv6 addresses are not read", "R88"),
        ("the first field of an ARN is compared without case, and ARNs with an empty last field match nothing", "R89"),
        ("the year is read from a date as if it were a number", "R91"),
        ("a variable without a value matches a star in the resource's own name", "R103"),
        ("a negated operator whose variable has no value does not hold, so that a Deny is lost", "R104"),
        ("in NotResource, a variable without a value makes the statement not apply", "R105"),
        ("an empty default, several escapes in a row, and wildcards in values that are inserted are taken for errors "
         "or "
         "patterns", "R106 R107 R108"),
        ("blanks in a variable's name are skipped", "R111"),
        ("the key of a tag on creation is not known for the call that creates", "R128"),
        ("a boundary limits a service principal", "R130 R132 R190"),
        ("resource control policies reach services that have none, and `kms:RetireGrant`", "R133 R146"),
        ("a KMS key without a policy in the request refuses everybody", "R133"),
        ("a session that a resource policy names itself is still limited by its session policy, and so is one that "
         "`*` names", "R132 R135 R139 R140 R141 R142"),
        ("a federated user without a session policy keeps the permissions of the user", "R139 R140"),
        ("a role whose trust policy names nobody, or is not told, can be assumed by who has the permission", "R141"),
        ("an ARN pattern is split at the colon in a variable's name too, and matches nothing", "R102"),
        ("unsigned calls follow the resource's policy at every service, KMS and STS included", "R144"),
        ("calls of STS that need no permission need one, and a role session may call `GetSessionToken`", "R149"),
    ),
    "principalmapper": (
        ("variables are expanded in documents without Version 2012-10-17", "R3 R101"),
        ("short ARNs are not completed", "R13 R50"),
        ("`{\"AWS\": \"*\"}` names nobody in particular, and so does `NotPrincipal` with a star", "R15 R20 R53 R64"),
        ("`NotPrincipal` with an account in its list spares all principals of the account", "R21 R64"),
        ("values without quotes equal no text", "R25 R81 R86"),
        ("resources and ARNs are compared without case", "R27 R48 R49 R89 R140"),
        ("a statement of a resource policy needs no Resource; an empty list in NotAction or NotResource covers "
         "everything", "R30 R32"),
        ("brackets in patterns are classes of characters, and a star does not cover line breaks",
         "R41 R42 R46 R83 R125"),
        ("wildcards in the vendor of an action act; a star of an ARN crosses fields, under `ArnLike` too",
         "R43 R47 R89"),
        ("variables are expanded before the fifth colon as well, and not in conditions; defaults, escapes and names in "
         "another case are not known", "R36 R51 R91 R100 R102 R104 R106 R107 R110 R127 R167"),
        ("a variable without a value stays as text", "R101 R103 R104 R105"),
        ("wildcards in values that are inserted act, and multivalued keys are inserted", "R108 R109"),
        ("a role that a resource policy grants is not limited by boundary and session policy", "R65 R135 R193"),
        ("dates without a time of day are not read", "R70 R72 R78 R85"),
        ("negated patterns on an absent key do not hold", "R71 R79 R120 R128"),
        ("`IfExists` goes wrong with addresses and binary values, and compares numbers and dates as text, as "
         "`ForAllValues` and `ForAnyValue` do", "R72 R76 R77 R78 R79 R164"),
        ("`Null` compares its own value with the key's", "R73"),
        ("a multivalued key without a qualifier is compared value by value; an empty list is as good as one empty text",
         "R73 R75 R80"),
        ("`ForAnyValue` with a negated operator holds only if all values differ", "R77"),
        ("numbers are read with the precision of floats", "R84"),
        ("ill-formed values are compared as text where they raise no exception", "R90"),
        ("a number is compared with a number even by `StringEquals`", "R91"),
        ("a role without a trust policy can be assumed by who has the permission", "R141"),
        ("calls that need no permission need one", "R149"),
    ),
    "moto": (
        ("short ARNs are not completed", "R13 R50"),
        ("patterns become regular expressions: dots and dollars unescaped, `?` for \"zero or one\", a star over "
         "anything",
         "R14 R41 R43 R45 R46 R47 R100 R111"),
        ("a condition that fails makes any statement a denial, an Allow as well as a Deny",
         "R22 R24 R40 R70 R80 R81 R91 R120 R127 R128 R131 R163 R190 R191 R193"),
        ("a missing key does not keep an Allow from applying",
         "R70 R71 R74 R79 R120 R126 R127 R128 R129 R161 R164 R165 R167 R191 R194"),
        ("values without quotes equal no text", "R25"),
        ("actions and keys are compared with case", "R27 R42 R44 R74 R160"),
        ("an empty list covers everything", "R30"),
        ("a role without a trust policy can be assumed by who has the permission", "R141"),
        ("calls that need no permission need one, and a role session may call `GetSessionToken`", "R149"),
    ),
    "pbac": (
        ("variables are expanded in documents without Version 2012-10-17, and not in conditions; in resources, "
         "defaults, "
         "escapes, multivalued keys and names in another case go wrong",
         "R3 R51 R89 R91 R100 R101 R102 R104 R106 R107 R108 R109 R110 R127 R167"),
        ("short ARNs are not completed", "R13 R50"),
        ("an absent key stands for its own name, so that `Null` and `IfExists` fail, and negated operators on it",
         "R24 R71 R72 R73 R76 R77 R78 R79 R120 R126 R127 R128 R164 R194"),
        ("values without quotes equal no text", "R25 R81"),
        ("actions and keys are compared with case", "R27 R42 R44 R74 R125 R128 R160 R165"),
        ("an empty list in NotAction or NotResource covers everything", "R30"),
        ("wildcards in the vendor of an action act; a star of an ARN crosses fields", "R43 R47"),
        ("a negated operator holds if one of several values differs", "R70 R77 R82 R88 R104 R124"),
        ("of several keys under one operator the first alone counts", "R70 R128 R165 R191"),
        ("a multivalued key without a qualifier is compared as a whole; lists that are empty or hold empty text go "
         "wrong",
         "R75 R76 R79 R80 R81 R83"),
        ("a star does not cover line breaks, and `?` does not cover characters outside the first 65,536", "R83"),
        ("zero, negative numbers and leading zeros are not read", "R84"),
        ("epoch seconds are not read as dates", "R85 R122"),
        ("true and false in another case are not read", "R86"),
        ("an IPv4 address lies in every range of IPv6 that begins with zeros, and a mapped one in those of IPv4",
         "R88"),
        ("an ill-formed value satisfies a negated operator", "R89 R90 R148"),
        ("a role without a trust policy can be assumed by who has the permission", "R141"),
        ("calls that need no permission need one, and a role session may call `GetSessionToken`", "R149"),
    ),
}  # fmt: skip

LOOKED_UP: Mapping[str, str] = {
    "R3 R101": (
        "the page on `Version` says that without 2012-10-17 variables are literal text, for an absent Version too; "
        "iam-simulate and principalmapper expand them"
    ),
    "R14 R46 R47": (
        "the page on `Resource` (March 2026): wildcards in each segment; a star that ends a segment may run past "
        "colons, a slash is like any character. Whether six fields are then still asked for it does not say. The "
        "page on ARNs calls a wildcard in a resource type not allowed; AWS's managed policies have some. Ours is "
        "one glob over the whole text; moto's regular expressions are neither"
    ),
    "R16": (
        "bucket policies name the identity as a principal, in AWS's examples and in public use, and no page asks "
        "for a policy on its side: it belongs to no account. iam-simulate does not know it"
    ),
    "R25": (
        "no page found that says what a text operator makes of a number or a boolean without quotes; the grammar "
        "has them. principalmapper, moto and pbac compare by type"
    ),
    "R30 R32": (
        "Access Analyzer says of an empty list of resources that the statement includes none and does not affect "
        "the policy, and the like of actions; of NotAction and NotResource nothing apart. The rivals let an empty "
        "NotAction cover everything, which grants more"
    ),
    "R38": (
        "the page on endpoint policies knows one policy for each endpoint and does not speak of two on the way. Its "
        "limits on wildcards, numbers and account fields are warnings of ours now (GW360 to GW362): it does not say "
        "who refuses such policies"
    ),
    "R43": (
        "no page says what an action with a second colon, blanks or a wildcard in the service matches; Access "
        "Analyzer calls them invalid. principalmapper and pbac let a wildcard in the service act, which grants more"
    ),
    "R48": (
        "the operators' page compares ARNs with case, and Access Analyzer asks for services in lower case; nothing "
        "found that AWS folds case there. principalmapper does"
    ),
    "R50": (
        "the pages on ARNs and identifiers complete an incomplete ARN of an identity policy with stars in all "
        "missing fields; of NotResource they give no example. Rivals other than iam-simulate complete nothing"
    ),
    "R51 R102": (
        "the page on variables: none before the fifth colon; it does not say what comes of one. It and Access "
        "Analyzer let operators on texts and ARNs have them alone, the operators' page `Bool` too: we refuse a "
        "variable there"
    ),
    "R64": (
        "the page on `NotPrincipal` tells to list account, role and session, since services may check them one "
        "after the other, and says that a principal with a boundary is always denied: rivals that let an account "
        "stand for its users are on the lax side"
    ),
    "R72": (
        "the operators' page lets `IfExists` make any operator true for an absent key, without a word on "
        "qualifiers. Cloud Copilot's pages, written by users of AWS, warn that under `ForAnyValue` the suffix does "
        "nothing; principalmapper agrees. We follow them"
    ),
    "R73 R80": (
        "settled further: today's page on condition operators says that `ForAllValues` is true for a null dataset "
        "such as an empty string, and that `Null` with `false` keeps empty values out; so did the pages of 2020 and "
        "2023. The page on multivalued keys dropped the first half. We keep to it; iam-simulate does not. A user's "
        "policy of 2020 that was published as working tests `Null` and an empty text side by side, which proves "
        "nothing"
    ),
    "R75": (
        "the page on single-valued and multivalued keys says that multivalued ones require a qualifier, and nothing "
        "of what happens without one. Rivals compare; ours never holds"
    ),
    "R76 R77": (
        "the operators' page defines the negated forms (no value matches; some value does not) and prints a table "
        "for organization paths that says the opposite of it; numbers under a qualifier it does not tabulate. We "
        "follow the definitions"
    ),
    "R79": (
        "Access Analyzer's reference, read for the rules: an empty list of values matches under `ForAllValues` and "
        "`IfExists` only where the key is absent, under `ForAnyValue` never. Nothing newer was found, and nothing "
        "of negated operators"
    ),
    "R83": (
        "the operators' page: a star is any run of characters. Nothing found on line breaks; ours covers them, "
        "rivals stop there, so that a Deny by pattern is escaped"
    ),
    "R84": (
        "the operators' page says integer or decimal, and no more; exponents, leading zeros and precision are told "
        "nowhere"
    ),
    "R85": (
        "the operators' page: the forms of the W3C's note on ISO 8601, or epoch time. The note has year, month and "
        "day alone, always a zone beside a time, and no fraction of an epoch second"
    ),
    "R86": ("no page says what another word than true or false means in a request; rivals let it satisfy nothing"),
    "R88": (
        "the operators' page gives an address without prefix `/32`, which fits IPv4 alone; IPv6 addresses it shows "
        "as ranges. Mapped addresses are told nowhere. iam-simulate reads no bare IPv6 address, pbac finds IPv4 in "
        "ranges of IPv6"
    ),
    "R89": (
        "the operators' page checks six fields one by one, with case; of a value that is no ARN it says nothing. "
        "Under a negated operator ours does not hold, that of iam-simulate does"
    ),
    "R90 R148": (
        "no page says what an ill-formed value does. Ours satisfies neither an operator nor its negation, but the "
        "checker refuses such values in policies"
    ),
    "R104": (
        "the page on variables, in its part on those without a value: positive operators do not match, inverted "
        "ones do, and its example denies by one. So do we; its note that a variable may make the statement invalid "
        "is what iam-simulate follows, and a Deny is lost. Beside other values in the list nothing is told"
    ),
    "R105": (
        "the same part: a resource that holds a variable without a value matches no resource, in `Resource` or "
        "`NotResource`. So the statement covers the resource, as ours does; iam-simulate drops the statement"
    ),
    "R106 R109": (
        "the page on variables shows a default in quotes and no empty one; a multivalued key cannot be a variable, "
        "says the page on such keys. That the default then stands in follows from the wording only"
    ),
    "R108": (
        "neither the page on variables nor anything else found tells whether inserted wildcards act; the escapes "
        "`${*}` make sense only if values are literal"
    ),
    "R111": ("Access Analyzer calls a malformed variable an error; what comes of one is told nowhere. We refuse it"),
    "R132 R135 R139 R141 R142": (
        "the page on principals: boundaries and session policies do not limit what is granted to a star with a "
        "condition on `aws:PrincipalArn`, and the page on evaluation frees a session that is named from them. So "
        "for us a star is a direct grant, for roles and keys too; iam-simulate limits it. The same page says that "
        "roles' trust policies and key policies must allow explicitly: a role without one in the table is now "
        "assumed by nobody"
    ),
    "R133": (
        "the Organizations guide of September 2026 lists 62 services under resource control policies, where "
        "thirteen were known to us; a public Terraform module counts the same 62 in October. Followed: the list is "
        "the guide's. SNS, EC2, IAM and Lambda are not on it"
    ),
    "R140": (
        "the page on evaluation across accounts asks both sides; of a federated session without a session policy "
        "that the other account names, nothing found. We deny, iam-simulate allows"
    ),
    "R143": (
        "the pages on tasks of the root user name the policies of buckets and queues that deny everybody; the "
        "action on the queue is inferred. iam-simulate lets the Deny stand"
    ),
    "R144": (
        "the table of principals on the page on variables names anonymous callers of S3, SQS and SNS; the SQS guide "
        "of 2009 had them, today's says that all calls must be signed. We refuse but at S3, iam-simulate follows "
        "the policy"
    ),
    "R146": (
        "the Organizations guide exempts `kms:RetireGrant`, service-linked roles and AWS's own keys; iam-simulate "
        "does not"
    ),
    "R149": (
        "the STS reference: `GetCallerIdentity` needs no permission and works though a policy denies it; which "
        "kinds of policy it means it does not say, and of endpoints nothing. For `GetSessionToken` it sends role "
        "sessions away"
    ),
    "R160": ("moto refuses documents without a Version; the language has them, today's interface does not take them"),
}
"""What another look into AWS's pages gave, by the uncertain rules on which rivals differ."""
