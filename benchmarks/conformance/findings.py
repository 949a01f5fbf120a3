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
        ("a role whose trust policy names nobody can be assumed by who has the permission", "R141"),
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
        ("calls that need no permission need one", "R149"),
    ),
    "moto": (
        ("short ARNs are not completed", "R13 R50"),
        ("patterns become regular expressions: dots and dollars unescaped, `?` for \"zero or one\", a star over "
         "anything",
         "R14 R41 R43 R45 R46 R47 R100 R111"),
        ("a condition that fails makes any statement a denial, an Allow as well as a Deny",
         "R22 R24 R40 R70 R80 R81 R91 R120 R127 R128 R131 R163 R190 R191"),
        ("a missing key does not keep an Allow from applying",
         "R70 R71 R74 R79 R120 R126 R127 R128 R129 R161 R164 R165 R167 R191 R194"),
        ("values without quotes equal no text", "R25"),
        ("actions and keys are compared with case", "R27 R42 R44 R74 R160"),
        ("an empty list covers everything", "R30"),
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
        ("calls that need no permission need one, and a role session may call `GetSessionToken`", "R149"),
    ),
}  # fmt: skip

LOOKED_UP: Mapping[str, str] = {
    "R3 R101": "the page on `Version` says that without 2012-10-17 variables are literal text, for an absent Version "
    "too; "
    "iam-simulate and principalmapper expand them",
    "R38": "the page on endpoint policies knows one policy for each endpoint and does not speak of two on the way. "
    "It also "
    "has limits on wildcards in endpoint policies, which we do not check",
    "R64": "the page on `NotPrincipal` tells to list account, role and session, since services may check them one "
    "after the "
    "other, and says that a principal with a boundary is always denied: rivals that let an account stand for its "
    "users are on "
    "the lax side",
    "R73 R80": "that empty text counts as null rests on an older page; today's page on multivalued keys speaks of "
    "missing "
    "keys alone, and iam-simulate follows it. Open; who relies on `Null` should not send empty values",
    "R75": "the page on single-valued and multivalued keys says that multivalued ones require a qualifier, and "
    "nothing of "
    "what happens without one. Rivals compare; ours never holds",
    "R104": "the page on variables warns that one which cannot be resolved may make the whole statement invalid; "
    "iam-simulate lets a negated operator fail too, so that a Deny is lost. The table of the operators' page, which "
    "we follow, "
    "does not",
    "R108": "neither the page on variables nor anything else found tells whether inserted wildcards act; the escapes "
    "`${*}` "
    "make sense only if values are literal",
    "R133": "nine services were under resource control policies in January 2026, Amazon Cognito and CloudWatch Logs "
    "the "
    "latest; neither SNS nor EC2 was on a list that we found",
    "R144": "the SQS guide of 2009 gave anonymous users access without a signature; today's guide says that all "
    "calls must "
    "be signed. We refuse, iam-simulate follows the policy",
}
"""What another look into AWS's pages gave, by the uncertain rules on which rivals differ."""
