/* The decision table: its layout in memory and on disk, and what an opened table is.
 *
 * docs/table-format.md explains every section with a dump of an example.  All numbers are little-endian; every
 * section starts at a multiple of 64 bytes, so that the records below can be read in place.
 */
#ifndef GATEWRIGHT_TABLE_H
#define GATEWRIGHT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GW_TABLE_MAGIC 0x31454c4241545747ull /* "GWTABLE1" */
#define GW_TABLE_VERSION_OLDEST 7u           /* versions this runtime opens: oldest .. newest */
#define GW_TABLE_VERSION 7u
#define GW_SECTION_ALIGNMENT 64u
#define GW_NO_ROW 0xffffffffu
#define GW_IPV4_INDEX_COUNT 65537u

/* Bounds that every table keeps, so that no lookup and no scratch grows beyond reason. */
#define GW_PROBE_LIMIT 16u              /* gw_map.probe_limit */
#define GW_LAYER_LIMIT 64u              /* gw_header.layer_limit */
#define GW_SIMULATION_WORDS_LIMIT 65536u /* gw_header.simulation_words */
#define GW_SHARED_LIMIT 4u              /* gw_principal.shared_count */
#define GW_NUMBER_BYTES_LIMIT 255u      /* texts of numbers; compiler/values.py, MAX_NUMBER_LENGTH */

/* Truth values are two bits: bit 0 "may hold", bit 1 "must hold".  AND and OR of Kleene's strong logic are & and |. */
enum { GW_FALSE = 0, GW_UNSURE = 1, GW_TRUE = 3 };
#define GW_NOT(truth) ((~(truth) & 1u) << 1 | ((~(truth) >> 1) & 1u))

/* A zeroed result denies. */
enum { GW_IMPLICIT_DENY = 0, GW_ALLOW = 1, GW_EXPLICIT_DENY = 2, GW_UNKNOWN = 3 };

enum gw_section {
    GW_SECTION_TEXT,        /* uint8_t: all texts, UTF-8, without terminators */
    GW_SECTION_MAPS,        /* gw_map */
    GW_SECTION_SLOTS,       /* uint32_t: hash slots; symbol index + 1, or 0 */
    GW_SECTION_SYMBOLS,     /* gw_symbol */
    GW_SECTION_PRINCIPALS,  /* gw_principal */
    GW_SECTION_RESOURCES,   /* gw_resource */
    GW_SECTION_ACCOUNTS,    /* gw_account, ascending */
    GW_SECTION_ENDPOINTS,   /* gw_endpoint */
    GW_SECTION_KEYS,        /* gw_key */
    GW_SECTION_CLASSIFIERS, /* gw_classifier; the first four are enum gw_fixed_classifier */
    GW_SECTION_GROUPS,      /* gw_group */
    GW_SECTION_BYTE_MAPS,   /* uint8_t[256] each: byte -> byte class */
    GW_SECTION_TRANSITIONS, /* uint16_t: state x byte class -> place of the state's row */
    GW_SECTION_MASKS,       /* uint64_t: bit masks of the groups that simulate their patterns */
    GW_SECTION_ACCEPTS,     /* uint32_t: state -> row of its classifier; or as gw_group has it */
    GW_SECTION_RELAY_SETS,  /* gw_relay_set: one for each group of relays */
    GW_SECTION_RELAYS,      /* gw_relay */
    GW_SECTION_LEGS,        /* uint32_t: pieces, relay by relay */
    GW_SECTION_PIECES,      /* uint32_t: characters of the pieces that an automaton finds */
    GW_SECTION_NODES,       /* gw_node: trees of how patterns begin and end */
    GW_SECTION_ANCHORS,     /* gw_anchor: beginnings and endings of patterns */
    GW_SECTION_IPV4,        /* uint32_t: first addresses of ranges, ascending, the first 0 */
    GW_SECTION_IPV6,        /* gw_ipv6: likewise */
    GW_SECTION_IPV4_INDEX,  /* uint32_t[65537] each: upper 16 bits of an address -> last range that begins at or below */
    GW_SECTION_INSTANTS,    /* gw_instant: bounds, ascending */
    GW_SECTION_NUMBERS,     /* gw_number: bounds, ascending */
    GW_SECTION_RANGE_ROWS,  /* uint32_t: range -> row of its classifier */
    GW_SECTION_ROWS,        /* uint64_t: dense rows, one bit a column */
    GW_SECTION_LISTS,       /* uint32_t: sparse rows: count, then the columns that hold, ascending */
    GW_SECTION_LIST_STARTS, /* uint32_t: row of a sparse classifier -> its place in the lists */
    GW_SECTION_FOLDS,       /* gw_fold: code points and what they fold to, ascending */
    GW_SECTION_PARTS,       /* gw_part */
    GW_SECTION_TEMPLATES,   /* gw_template */
    GW_SECTION_ALTERNATIVES, /* gw_alternative */
    GW_SECTION_TESTS,       /* gw_test */
    GW_SECTION_STATEMENTS,  /* gw_statement */
    GW_SECTION_PROGRAMS,    /* uint32_t: see decide.h */
    GW_SECTION_CELLS,       /* uint32_t: cell row x action column -> program */
    GW_SECTION_NOTES,       /* uint8_t: JSON, UTF-8: where statements and tests come from; the kernel never reads it */
    GW_SECTION_COUNT
};

typedef struct {
    uint64_t offset; /* bytes from the start of the table */
    uint64_t count;  /* elements */
} gw_extent;

typedef struct {
    uint64_t magic;
    uint32_t version;
    uint32_t section_count;
    uint64_t total_bytes;
    uint64_t checksum; /* gw_checksum of everything behind this member, seed GW_TABLE_MAGIC */
    uint32_t action_column_count; /* columns of the cells: 1 + rows of the action classifier, or fewer: its first ones */
    uint32_t layer_limit;         /* no program has more layers */
    uint32_t simulation_words;    /* the largest word_count of a group, or 0 */
    uint32_t row_words;           /* the largest row_words of a classifier */
    uint32_t everyone_row;        /* of the caller classifier: entries for everyone (R53) */
    uint32_t unknown_row;         /* cell row of all policies of resources, for an unknown one; GW_NO_ROW: no policy, no key */
    gw_extent sections[GW_SECTION_COUNT];
} gw_header;

/* A map from texts to numbers.  INVARIANT (bounded probes): every symbol stands at most probe_limit - 1 slots behind
 * its home slot, so that no lookup, hit or miss, reads more than probe_limit slots. */
typedef struct {
    uint32_t first_slot;
    uint32_t slot_count; /* a power of two, or 0: an empty map */
    uint32_t probe_limit;
    uint32_t longest_bytes; /* a longer text is not in the map */
    uint64_t seed;
} gw_map;

typedef struct {
    uint32_t text_offset;
    uint32_t text_bytes;
    uint32_t value; /* principal, key, or row of the map's classifier */
    uint32_t reserved;
} gw_symbol;

/* Classifier c has map GW_CLASSIFIER_MAPS + c. */
enum { GW_PRINCIPAL_MAP = 0, GW_KEY_MAP = 1, GW_RESOURCE_MAP = 2, GW_ENDPOINT_MAP = 3, GW_CLASSIFIER_MAPS = 4 };

/* Kinds of caller.  The first four have an account with policies of its own, and are the principals of a table. */
enum gw_caller_kind {
    GW_CALLER_USER,
    GW_CALLER_ROLE,      /* a role, or a session of it */
    GW_CALLER_FEDERATED, /* a federated user (R139) */
    GW_CALLER_ROOT,
    GW_CALLER_SERVICE,   /* an AWS service (R59) */
    GW_CALLER_SAML,      /* of an identity provider (R60) */
    GW_CALLER_WEB,
    GW_CALLER_ANONYMOUS, /* unsigned (R144) */
    GW_CALLER_OUTSIDE,   /* outside all accounts, such as an origin access identity (R16) */
    GW_CALLER_NOBODY,    /* none of these, or not in the table */
    GW_CALLER_KIND_COUNT
};
#define GW_PRINCIPAL_KIND_COUNT GW_CALLER_SERVICE

enum {
    GW_PRINCIPAL_BOUNDARY = 1, /* has a permissions boundary (R64) */
    GW_PRINCIPAL_SERVICE_LINKED = 2,
    GW_PRINCIPAL_FLAGS = 3
};

/* The policies of a principal are those of its cell row and of all that it shares: each of these is a row of the cells,
 * or with GW_SHARED_PROGRAM the place of a program.  The program of the first row tells what is always allowed, and what
 * is special.  The other rows are of the caller classifier: what entries of principal parts name it. */
#define GW_SHARED_PROGRAM 0x80000000u
typedef struct {
    uint64_t account;
    uint32_t cell_row;
    uint32_t symbol;         /* its ARN */
    uint32_t account_row;    /* entries for its account (R54, R61) */
    uint32_t own_row;        /* entries for its ARN */
    uint32_t federating_row; /* entries for the IAM user who federated it (R58) */
    uint8_t kind;
    uint8_t flags;
    uint16_t shared_count;
    uint32_t shared_rows[GW_SHARED_LIMIT];
} gw_principal;

/* Kinds of resource, by how their policies decide. */
enum gw_resource_kind {
    GW_RESOURCE_OTHER,
    GW_RESOURCE_ROLE, /* a trust policy (R141) */
    GW_RESOURCE_KEY,  /* a key policy (R142) */
    GW_RESOURCE_KIND_COUNT
};

typedef struct {
    uint64_t account;       /* 0: the ARN's, or the caller's */
    uint32_t symbol;        /* its name */
    uint32_t policy_row;    /* cell row of its policy, or GW_NO_ROW */
    uint32_t attribute_row; /* cell row of what its EC2 attributes permit, or GW_NO_ROW */
    uint8_t kind;
    uint8_t is_under_rcps;
    uint16_t reserved;
} gw_resource;

typedef struct {
    uint64_t id;
    uint32_t rcp_row; /* cell row of its resource control policies */
    uint32_t reserved;
} gw_account;

typedef struct {
    uint32_t symbol; /* its id */
    uint32_t cell_row;
} gw_endpoint;

/* Classifiers that every table has.  INVARIANT (partition, see kernel/open.c): those from GW_KEY_CLASSIFIERS on belong
 * to the keys, key by key. */
enum gw_fixed_classifier {
    GW_CLASSIFIER_ACTION,
    GW_CLASSIFIER_RESOURCE,
    GW_CLASSIFIER_SETS,   /* of actions: column s holds for those of enum gw_action_set s */
    GW_CLASSIFIER_CALLER, /* entries of principal parts: texts of type AWS as they are, others as `Type text` */
    GW_KEY_CLASSIFIERS
};

/* Sets of actions that are decided in ways of their own; compiler/action_sets.py has the actions and the rules. */
enum gw_action_set {
    GW_SET_FREE,            /* needs no permission (R149) */
    GW_SET_NOT_FOR_ROLES,   /* takes no temporary credentials of a role */
    GW_SET_NOT_FEDERATED,   /* takes no federated users, but for GetCallerIdentity (R139) */
    GW_SET_ASSUME_ROLE,     /* takes no root user (R143) */
    GW_SET_SOURCE_IDENTITY, /* needs both sides when a role calls (R141) */
    GW_SET_TRUST,           /* asks a role's trust policy (R141) */
    GW_SET_UNSIGNED,        /* of a service that takes unsigned requests (R144) */
    GW_SET_ROOT_KEEPS,      /* what the owner's root user may do whatever the resource's policy denies (R143) */
    GW_SET_UNDER_RCPS,      /* of a service under resource control policies (R133) */
    GW_SET_NOT_UNDER_RCPS,  /* ... and all the same not under them */
    GW_SET_KEYLESS,         /* on no key, so that no key policy counts (R142) */
    GW_SET_KEY_ABROAD,      /* what a key's owner can permit to other accounts (R142) */
    GW_SET_SAML,            /* what callers of a SAML provider make (R60) */
    GW_SET_WEB,             /* ... of a web identity provider */
    GW_SET_KEYS,            /* of the service of keys (R142) */
    GW_SET_COUNT
};

typedef struct {
    uint32_t symbol; /* its name in lower case */
    uint32_t classifier_first;
    uint32_t classifier_count;
    uint32_t reserved;
} gw_key;

/* How the text of a value is read. */
enum gw_kind {
    GW_KIND_TEXT,        /* as it is */
    GW_KIND_ASCII_FOLD,  /* without the case of ASCII letters: actions, booleans */
    GW_KIND_FOLD,        /* without case, code point by code point (R82) */
    GW_KIND_ARN,         /* as it is; ill-formed with fewer than six fields (R89) */
    GW_KIND_NUMBER,      /* exact decimal (R84) */
    GW_KIND_INSTANT,     /* date or epoch seconds (R85) */
    GW_KIND_ADDRESS,     /* IPv4 or IPv6 (R88) */
    GW_KIND_BINARY,      /* canonical base64 (R87) */
    GW_KIND_COUNT
};

/* What a classifier makes of several values (R75-R77); the views of negated operators count ill-formed values as
 * matches, so that no negation can hold through them (R90). */
enum gw_view {
    GW_VIEW_ONE,          /* one value; several are the state GW_ROW_SEVERAL */
    GW_VIEW_SOME,         /* column holds when some value matches */
    GW_VIEW_EACH,         /* ... when each value matches */
    GW_VIEW_SOME_OR_ILL,  /* ... when some value matches or is ill-formed */
    GW_VIEW_EACH_OR_ILL,  /* ... when each value matches or is ill-formed */
    GW_VIEW_COUNT
};

/* Slots: what a request has values for.  0 is the action, 1 the resource, 2 + k the key k. */
enum { GW_ACTION_SLOT = 0, GW_RESOURCE_SLOT = 1, GW_FIRST_KEY_SLOT = 2 };

/* A classifier turns a value into a row: one bit for each of its columns, a column being one distinct list of patterns
 * or ranges that statements ask for.
 *
 * Text kinds: the map knows the rows of all literal texts; any other text runs through the groups, whose rows are
 * united.  Typed kinds: binary search in the bounds. */
typedef struct {
    uint8_t kind;
    uint8_t view;
    uint8_t is_sparse; /* rows are lists */
    uint8_t reserved;
    uint32_t column_count;
    uint32_t row_words; /* 64-bit words of a dense row: column_count / 64, rounded up */
    uint32_t row_count;
    uint32_t row_first; /* into rows, or into list_starts where is_sparse */
    uint32_t group_first;
    uint32_t group_count;
    uint32_t bound_first; /* instants, numbers, ipv4 */
    uint32_t bound_count;
    uint32_t ipv6_first;
    uint32_t ipv6_count;
    uint32_t has_ipv4_index; /* 1: an index of its own; without one the search takes all bounds */
    uint32_t ipv4_index_first;
    uint32_t slot;        /* whose values it reads */
    uint32_t range_first; /* into range_rows: 2n + 1 for instants and numbers; bound_count + ipv6_count for addresses */
} gw_classifier;

/* Patterns matched together. */
enum gw_group_kind {
    GW_GROUP_AUTOMATON,  /* deterministic: the row of the state that a text ends in */
    GW_GROUP_GATHERING,  /* ... the rows of all states on the way that accept, united */
    GW_GROUP_SIMULATION, /* positions of the patterns as bits, where an automaton would outgrow its budget */
    GW_GROUP_RELAYS,     /* patterns as runs of pieces, which an automaton finds: see gw_relay_set */
    GW_GROUP_KIND_COUNT
};

/* A row of the transitions: | state: 16 a byte class | pieces: 32, of relays only | 0 up to a unit |.  It stands
 * state x GW_ROW_UNITS units of 2^shift entries behind the first; a state in a row is such a place, so that 16 bits reach
 * all rows. */
#define GW_ROW_UNITS(group) \
    (((group)->class_count + ((group)->kind == GW_GROUP_RELAYS ? 2u : 0u) + (1u << (group)->shift) - 1) >> (group)->shift)

typedef struct {
    uint8_t kind;
    uint8_t shift;
    uint16_t reserved;
    uint32_t relay_set; /* of relays */
    uint32_t byte_map;  /* index of the 256 bytes */
    uint32_t class_count;
    uint32_t state_count; /* 0: no automaton, in a simulation, or in relays without pieces to be found */
    uint32_t transition_first;
    uint32_t accept_first; /* automaton: state -> row.  Simulation: accept_count pairs (position, row).  Relays: for each
                            * state that accepts and the one behind these where its pieces begin, then the pieces */
    uint32_t accept_count; /* gathering: 1 where the state behind those that accept is dead: it leads to itself */
    uint32_t start;
    uint32_t absorbing_count; /* states 0 .. absorbing_count - 1 lead to themselves on every byte; where it gathers, and
                               * of relays, they are those that accept */
    uint32_t word_count;      /* simulation: of a mask.  Relays: half of GW_RELAY_WORDS, rounded up */
    uint32_t mask_first; /* word_count words each: start; then per byte class: advance by 1, and stay */
} gw_group;

/* Relays.  A pattern of literals, `?` and `*` is cut at its stars: a beginning, pieces, an ending.  Where a piece ends the
 * automaton tells; a relay waits for one piece at a time, the one that follows the one found last.  Beginnings and endings
 * are compared in place, by way of two trees.
 *
 * Pieces 0 .. piece_count - 1 are found by the automaton, piece piece_count + e is ending e.  A relay whose pattern ends
 * with a star has no ending. */
typedef struct {
    uint32_t relay_first;
    uint32_t relay_count;
    uint32_t piece_first; /* into pieces */
    uint32_t piece_count;
    uint32_t anchor_first; /* beginnings, then endings */
    uint32_t beginning_count;
    uint32_t ending_count;
    uint32_t node_first; /* nodes of beginnings, then those of endings, each from its root on */
    uint32_t beginning_node_count;
    uint32_t ending_node_count;
} gw_relay_set;

/* Scratch of a set: | since, bytes: 64 a relay | since, characters: 64 a relay | next: 32 a relay | leg: 32 a relay |
 * peers: 32 a relay | waiting: 32 a piece or ending |. */
#define GW_RELAY_WORDS(relays, pieces, endings) \
    ((7 * (uint64_t)(relays) + (uint64_t)(pieces) + (uint64_t)(endings) + 1) / 2)

/* The bit of a piece in the rows of states.  Pieces ascend by their characters: short ones come up all the time, but
 * nobody waits for them for long, so they share a few bits. */
#define GW_PIECE_BIT(piece) ((piece) < 48 ? (piece) % 8 : 8 + (piece) % 24)

typedef struct {
    uint32_t leg_first; /* its pieces; none: the beginning is all, a star follows */
    uint32_t leg_count;
    uint32_t row;
    uint32_t peer; /* the first relay of the set with the same row */
} gw_relay;

/* A node of a tree of texts: what stands between its parent and it, its children, and the beginnings or endings whose
 * text ends here.  A text of a tree of endings is read from its end.  INVARIANT (ascending): children differ in the
 * first byte read of them, and ascend by it; only the root's text is empty. */
typedef struct {
    uint32_t text_offset;
    uint32_t text_bytes;
    uint32_t child_first; /* counted from the root */
    uint32_t child_count;
    uint32_t anchor_first; /* counted from the first beginning, or ending, of the set */
    uint32_t anchor_count;
} gw_node;

/* A beginning or an ending: what follows the text of its node, or stands in front of it: literals and `?`. */
typedef struct {
    uint32_t part_first;
    uint32_t part_count;
    uint32_t relay_first; /* of a beginning: the relays that have it, counted from the first of the set */
    uint32_t relay_count;
} gw_anchor;

typedef struct { uint64_t high, low; } gw_ipv6;
typedef struct { int64_t seconds; uint32_t nanoseconds, reserved; } gw_instant;

/* +-0.DIGITS x 10^exponent, the first and the last digit not 0; zero has no digits. */
typedef struct {
    int64_t exponent;
    uint32_t text_offset;
    uint32_t text_bytes;
    uint32_t is_negative;
    uint32_t reserved;
} gw_number;

typedef struct { uint32_t from, to; } gw_fold;

/* Templates are patterns with policy variables (R100): matched part by part, with the request's own texts put in.
 * INVARIANT (order of stars): parts that stay in a field of an ARN stand before all stars that do not. */
enum gw_part_kind {
    GW_PART_TEXT,
    GW_PART_ANY,       /* any run of characters */
    GW_PART_ONE,       /* one character */
    GW_PART_FIELD_ANY, /* likewise, without colons */
    GW_PART_FIELD_ONE,
    GW_PART_VARIABLE,  /* the value of a key, taken literally */
    GW_PART_KIND_COUNT
};

typedef struct {
    uint8_t kind;
    uint8_t is_in_field; /* a variable in one of the first five fields of an ARN: its value has no colon */
    uint8_t has_default; /* the text is a variable's default */
    uint8_t reserved;
    uint32_t key; /* of a variable */
    uint32_t text_offset;
    uint32_t text_bytes;
} gw_part;

typedef struct { uint32_t part_first, part_count; } gw_template;

/* The templates of one test: alternatives, as the values of a list are. */
typedef struct { uint32_t template_first, template_count; } gw_alternative;

enum { GW_TEST_NEGATED = 1, GW_TEST_TEMPLATES = 2, GW_TEST_CALLER = 4, GW_TEST_FLAGS = 7 };

/* Forms of a principal part. */
enum gw_caller_test {
    GW_MEANS,         /* Principal */
    GW_MEANS_GATEWAY, /* Principal in the policy of a gateway endpoint, which knows but everyone and root users (R38) */
    GW_SPARES,        /* NotPrincipal of a Deny (R64) */
    GW_LEAVES_OUT,    /* NotPrincipal of an Allow (R21) */
    GW_CALLER_TEST_COUNT
};

/* A test asks one column of one classifier.  For a value that has no row, `states` gives the truth: two bits each for
 * the row states absent, unknown, ill-formed and several, low bits first; what must hold may hold.
 * With GW_TEST_TEMPLATES it asks its templates: `column` is then their place.
 * With GW_TEST_CALLER, the only ones on the caller classifier, it asks who calls: `states` is an enum gw_caller_test. */
typedef struct {
    uint32_t column;
    uint16_t classifier;
    uint8_t flags;
    uint8_t states;
} gw_test;

/* What is left to ask of a statement when its action's test is settled, and the `sample` has been asked. */
enum {
    GW_LEFT_NOTHING = 1, /* the sample says nothing: it need not hold */
    GW_LEFT_MORE = 2     /* there are more tests */
};

/* A statement applies when all its tests hold.  The first one is always the action's, and where there is one for the
 * caller it is the second.
 * The sample repeats the second, so that it is read with the statement: most have no other.  Where there is none, or it
 * asks templates or who calls, the sample is that of nothing, column 0 of the actions, and need not hold. */
typedef struct {
    gw_test sample;
    uint32_t test_first;
    uint16_t test_count;
    uint8_t is_deny;
    uint8_t left;
} gw_statement;

/* An opened table: pointers into bytes that somebody else keeps alive.  Never written after gw_table_open. */
typedef struct {
    const uint8_t *bytes;
    const gw_header *header;
    const uint8_t *text;
    const gw_map *maps;
    const uint32_t *slots;
    const gw_symbol *symbols;
    const gw_principal *principals;
    const gw_resource *resources;
    const gw_account *accounts;
    const gw_endpoint *endpoints;
    const gw_key *keys;
    const gw_classifier *classifiers;
    const gw_group *groups;
    const uint8_t *byte_maps;
    const uint16_t *transitions;
    const uint64_t *masks;
    const uint32_t *accepts;
    const gw_relay_set *relay_sets;
    const gw_relay *relays;
    const uint32_t *legs;
    const uint32_t *pieces;
    const gw_node *nodes;
    const gw_anchor *anchors;
    const uint32_t *ipv4;
    const gw_ipv6 *ipv6;
    const uint32_t *ipv4_index;
    const gw_instant *instants;
    const gw_number *numbers;
    const uint32_t *range_rows;
    const uint64_t *rows;
    const uint32_t *lists;
    const uint32_t *list_starts;
    const gw_fold *folds;
    const gw_part *parts;
    const gw_template *templates;
    const gw_alternative *alternatives;
    const gw_test *tests;
    const gw_statement *statements;
    const uint32_t *programs;
    const uint32_t *cells;
    const uint8_t *notes;
    uint32_t action_column_count;
    uint32_t principal_count;
    uint32_t resource_count;
    uint32_t account_count;
    uint32_t endpoint_count;
    uint32_t key_count;
    uint32_t classifier_count;
    uint32_t statement_count;
    uint32_t fold_count;
    uint32_t template_count;
    uint32_t has_shares; /* whether a principal shares rows */
    uint32_t kms_first;  /* all resources of kind key stand from this one on, and in front of the next */
    uint32_t kms_end;
} gw_table;

/* What is wrong with bytes that are no table, in the order of checking. */
enum gw_open_error {
    GW_OPEN_OK,
    GW_OPEN_TOO_SHORT,
    GW_OPEN_MISALIGNED, /* the bytes do not start at a multiple of 8 */
    GW_OPEN_NOT_A_TABLE,
    GW_OPEN_VERSION, /* outside GW_TABLE_VERSION_OLDEST .. GW_TABLE_VERSION */
    GW_OPEN_SIZE,
    GW_OPEN_CHECKSUM,
    GW_OPEN_STRUCTURE
};

/* Verify `size` bytes and fill `table`, which borrows them.
 *
 * After GW_OPEN_OK every index that the kernel follows is known to be in bounds; after anything else `table` is zeroed.
 * `section` receives the section at fault, or GW_SECTION_COUNT. */
enum gw_open_error gw_table_open(gw_table *table, const void *bytes, size_t size, uint32_t *section);

/* The same for bytes whose checksum has just been written: all is verified but that. */
enum gw_open_error gw_table_open_sealed(gw_table *table, const void *bytes, size_t size, uint32_t *section);

/* Size of one element of a section, in bytes. */
size_t gw_element_bytes(uint32_t section);

#ifdef __cplusplus
}
#endif
#endif
