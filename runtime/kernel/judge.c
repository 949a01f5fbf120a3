/* Policies of all kinds become a decision (R130 to R150). */
#include "judge.h"

/* ---- the policies that apply ---- */

/* The statements of one layer of a program, or its denies. */
typedef struct {
    const uint32_t *statements;
    uint32_t count;
    unsigned kind; /* enum gw_layer_kind, of a layer */
    int is_deny;
    int is_weak; /* whether these statements count is itself unknown */
    unsigned skipped;
} run;

typedef void take_run(void *state, const gw_table *table, const gw_request *request, const run *r);

typedef struct {
    const gw_table *table;
    const gw_request *request;
    take_run *take;
    void *state;
    int is_generic; /* visit what applies to any action */
} visitor;

static void visit_program(const visitor *v, uint32_t place, int is_weak)
{
    const gw_table *t = v->table;
    if (place < GW_PROGRAM_FIRST)
        return;
    gw_program p = gw_read_program(t, place);
    run denies = {p.denies, p.deny_count, 0, 1, is_weak, !p.asked};
    v->take(v->state, t, v->request, &denies);
    const uint32_t *next = p.denies + p.deny_count;
    for (uint32_t layer = 0; layer < p.layer_count; layer++) {
        run allows = {next, GW_LAYER_COUNT(p.layers[layer]), GW_LAYER_KIND(p.layers[layer]), 0, is_weak, !p.asked};
        v->take(v->state, t, v->request, &allows);
        next += allows.count;
    }
}

static uint32_t find_program(const visitor *v, uint32_t row)
{
    uint32_t place = gw_find_cell(v->table, row, v->is_generic ? 0 : v->request->action_column);
    return place == GW_PROGRAM_SPECIAL ? gw_find_cell(v->table, row, 0) : place;
}

static void visit_row(const visitor *v, uint32_t row, int is_weak)
{
    uint32_t place = find_program(v, row);
    if (place == GW_PROGRAM_NONE) {
        /* Nothing can allow; which layers there are is not told. */
        run nothing = {NULL, 0, GW_LAYER_SCP, 0, 0, 1};
        v->take(v->state, v->table, v->request, &nothing);
    }
    visit_program(v, place, is_weak);
}

static void visit_principal(const visitor *v, const gw_principal *p)
{
    if (!p->shared_count) {
        visit_row(v, p->cell_row, 0);
        return;
    }
    /* Where one of several rows says nothing, another may. */
    run nothing = {NULL, 0, GW_LAYER_IDENTITY, 0, 0, 1};
    v->take(v->state, v->table, v->request, &nothing);
    visit_program(v, find_program(v, p->cell_row), 0);
    for (uint32_t k = 0; k < p->shared_count; k++) {
        uint32_t shared = p->shared_rows[k];
        visit_program(v, shared & GW_SHARED_PROGRAM ? shared & ~GW_SHARED_PROGRAM : find_program(v, shared), 0);
    }
}

static uint64_t account_of(const gw_request *request)
{
    return request->target->account ? request->target->account : request->caller->account;
}

static int is_same_account(const gw_request *request)
{
    const gw_target *target = request->target;
    return target->is_shared || !target->account || target->account == request->caller->account;
}

const gw_account *gw_find_account(const gw_table *table, uint64_t id)
{
    const gw_table *t = table;
    uint32_t lo = 0, hi = t->account_count;
    while (lo < hi) {
        uint32_t middle = lo + (hi - lo) / 2;
        if (t->accounts[middle].id < id)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo < t->account_count && t->accounts[lo].id == id ? &t->accounts[lo] : NULL;
}

/* The table's entry for the resource, or NULL; a role's is there for its trust policy. */
static const gw_resource *resource_of(const gw_table *t, const gw_request *request)
{
    uint32_t number = request->target->resource;
    if (number == GW_NONE)
        return NULL;
    if (t->resources[number].kind == GW_RESOURCE_ROLE && !gw_is_in_set(t, request, GW_SET_TRUST))
        return NULL;
    return &t->resources[number];
}

static int is_of_kind(const gw_table *t, const gw_request *request, enum gw_resource_kind kind)
{
    const gw_resource *resource = resource_of(t, request);
    if (!resource || resource->kind != kind)
        return 0;
    return kind != GW_RESOURCE_KEY || !gw_is_in_set(t, request, GW_SET_KEYLESS);
}

/* Does nobody know the resource, nor which entry's policy decides? */
static int is_untold(const gw_target *target)
{
    return target->is_unknown && target->resource == GW_NONE;
}

/* What is said beside assuming a role (tags, source identity, context); other calls say it of what is no role. */
static int is_beside_assuming(const gw_table *t, const gw_request *request)
{
    return gw_is_in_set(t, request, GW_SET_SAML) && gw_is_in_set(t, request, GW_SET_WEB);
}

/* Is it for a role, and so for its trust policy (R141)?  An action that assumes one is, whatever is told of the resource: a
 * role that the table does not have, or `*`, trusts nobody. */
static int is_for_role(const gw_table *t, const gw_request *request)
{
    if (is_of_kind(t, request, GW_RESOURCE_ROLE))
        return 1;
    if (is_beside_assuming(t, request))
        return !request->target->is_not_role && !request->target->is_unknown;
    return gw_is_in_set(t, request, GW_SET_ASSUME_ROLE) || gw_is_in_set(t, request, GW_SET_SAML) ||
           gw_is_in_set(t, request, GW_SET_WEB);
}

/* Does the owner's root user repair the resource's policy, which is then left out altogether (R143)? */
static int is_kept_by_root(const gw_table *t, const gw_request *request)
{
    return request->caller->kind == GW_CALLER_ROOT && is_same_account(request) && gw_is_in_set(t, request, GW_SET_ROOT_KEEPS);
}

static int is_under_rcps(const gw_table *t, const gw_request *request) /* R133 */
{
    const gw_resource *resource = resource_of(t, request);
    if (request->target->is_none || request->caller->flags & GW_PRINCIPAL_SERVICE_LINKED || (resource && !resource->is_under_rcps))
        return 0;
    return gw_is_in_set(t, request, GW_SET_UNDER_RCPS) && !gw_is_in_set(t, request, GW_SET_NOT_UNDER_RCPS);
}

static void visit_runs(const gw_table *t, const gw_request *request, int is_generic, take_run *take, void *state)
{
    const gw_caller *caller = request->caller;
    const gw_target *target = request->target;
    const gw_resource *resource = resource_of(t, request);
    visitor v = {t, request, take, state, is_generic};
    if (HAS_ACCOUNT(caller))
        visit_principal(&v, &t->principals[caller->principal]);
    if (!is_kept_by_root(t, request)) {
        if (resource && resource->policy_row != GW_NO_ROW)
            visit_row(&v, resource->policy_row, 0);
        if (is_untold(target) && t->header->unknown_row != GW_NO_ROW)
            visit_row(&v, t->header->unknown_row, 1);
    }
    if (is_under_rcps(t, request)) {
        const gw_account *account = gw_find_account(t, account_of(request));
        if (account)
            visit_row(&v, account->rcp_row, target->is_unknown);
    }
    for (uint32_t i = 0; i < target->endpoint_count; i++) {
        run nothing = {NULL, 0, GW_LAYER_VPC_ENDPOINT, 0, 0, 1};
        if (target->endpoints[i] == GW_NONE)
            take(state, t, request, &nothing);
        else
            visit_row(&v, t->endpoints[target->endpoints[i]].cell_row, 0);
    }
    if (resource && resource->attribute_row != GW_NO_ROW)
        visit_row(&v, resource->attribute_row, 0);
}

static enum gw_grant grant_of(const gw_table *t, const gw_request *request, uint32_t statement)
{
    const gw_statement *s = &t->statements[statement];
    /* No compiler writes one without the test here; a damaged table's means nobody (R32), and reads no test behind its own. */
    const gw_test *test = &t->tests[s->test_first + (s->test_count > 1)];
    return test->flags & GW_TEST_CALLER ? gw_caller_grant(t, request, test) : GW_GRANT_NONE;
}

/* ---- what they say ---- */

#define GRANT(grant) (1u << (grant))
#define ANY_GRANT (GRANT(GW_GRANT_ACCOUNT) | GRANT(GW_GRANT_FEDERATING) | GRANT(GW_GRANT_ROLE) | GRANT(GW_GRANT_DIRECT))

typedef struct {
    unsigned deny;
    uint32_t first_deny;              /* the applying one with the lowest number, or GW_NONE */
    unsigned layers[GW_LAYER_KIND_COUNT]; /* AND over the layers of a kind, OR over those of identity policies */
    int has_identity;
    uint32_t first_identity;
    unsigned grants[GW_GRANT_COUNT];  /* what the resource's policy grants, by class */
    uint32_t first_grants[GW_GRANT_COUNT];
} findings;

static void take_findings(void *state, const gw_table *t, const gw_request *request, const run *r)
{
    findings *f = state;
    int is_granting = r->kind == GW_LAYER_RESOURCE || r->kind == GW_LAYER_TRUST;
    unsigned any = GW_FALSE;
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t statement = r->statements[i];
        unsigned truth = gw_statement_truth(t, request, statement, r->skipped);
        if (truth != GW_FALSE && r->is_weak)
            truth = GW_UNSURE;
        if (truth == GW_FALSE)
            continue;
        any |= truth;
        if (r->is_deny) {
            f->deny |= truth;
            if (truth == GW_TRUE && statement < f->first_deny)
                f->first_deny = statement;
        } else if (is_granting) {
            enum gw_grant grant = grant_of(t, request, statement);
            f->grants[grant] |= truth;
            if (truth == GW_TRUE && statement < f->first_grants[grant])
                f->first_grants[grant] = statement;
        } else if (truth == GW_TRUE) {
            if (r->kind == GW_LAYER_IDENTITY && statement < f->first_identity)
                f->first_identity = statement;
            break;
        }
        if (r->is_deny && truth == GW_TRUE)
            break;
    }
    if (r->is_deny)
        return;
    if (r->kind == GW_LAYER_IDENTITY && f->has_identity)
        f->layers[r->kind] |= any;
    else
        f->layers[r->kind] &= any;
    f->has_identity |= r->kind == GW_LAYER_IDENTITY;
}

static findings find_nothing(void)
{
    findings f = {.deny = GW_FALSE, .first_deny = GW_NONE, .first_identity = GW_NONE};
    for (unsigned kind = 0; kind < GW_LAYER_KIND_COUNT; kind++)
        f.layers[kind] = GW_TRUE;
    for (unsigned grant = 0; grant < GW_GRANT_COUNT; grant++)
        f.first_grants[grant] = GW_NONE;
    return f;
}

static findings find_all(const gw_table *t, const gw_request *request, int is_generic)
{
    findings f = find_nothing();
    visit_runs(t, request, is_generic, take_findings, &f);
    if (request->target->is_endpoint_unknown)
        f.layers[GW_LAYER_VPC_ENDPOINT] &= GW_UNSURE;
    return f;
}

static unsigned granted(const findings *f, unsigned grants)
{
    unsigned any = GW_FALSE;
    for (unsigned grant = 0; grant < GW_GRANT_COUNT; grant++)
        if (grants & GRANT(grant))
            any |= f->grants[grant];
    return any;
}

static uint32_t first_granted(const findings *f, unsigned grants)
{
    uint32_t first = GW_NONE;
    for (unsigned grant = 0; grant < GW_GRANT_COUNT; grant++)
        if (grants & GRANT(grant) && f->first_grants[grant] < first)
            first = f->first_grants[grant];
    return first;
}

/* ---- what must allow ---- */

/* A request is allowed when every gate allows, and either a grant of the resource's policy that nothing on the caller's
 * side limits, or, below the ceilings, a weaker grant or the identity policies, these perhaps only by leave of a grant. */
typedef struct {
    unsigned alone;     /* classes of grants that suffice */
    unsigned below;     /* ... that suffice below the ceilings */
    unsigned leave;     /* ... one of which the identity policies need, unless they are spared it */
    unsigned is_spared; /* the truth of that: an unknown resource may turn out to be a role or a key, or neither */
    int uses_identity;
    int is_free;        /* nothing needs to grant: the owner's root user */
    unsigned asked;     /* classes one of which is missed first when nothing grants, or 0 */
} needs;

static int may_be_key(const gw_table *t, const gw_request *request)
{
    return is_untold(request->target) && gw_is_in_set(t, request, GW_SET_KEYS) && !gw_is_in_set(t, request, GW_SET_KEYLESS);
}

/* Does the key's policy let the caller in, by a grant of any class? */
static unsigned key_grants(const gw_table *t, const gw_request *request, const gw_resource *key)
{
    findings f = find_nothing();
    visitor v = {t, request, take_findings, &f, 0};
    if (key->policy_row != GW_NO_ROW)
        visit_row(&v, key->policy_row, 0);
    return granted(&f, ANY_GRANT);
}

/* Does no key that the caller's account has here stand against it?  With the caller's own policies, which are judged apart,
 * any grant will do (R135, R142): of the account as leave, of others below the ceilings or alone. */
static int is_let_in_by_keys(const gw_table *t, const gw_request *request)
{
    for (uint32_t i = t->kms_first; i < t->kms_end; i++) {
        const gw_resource *key = &t->resources[i];
        int is_own = key->kind == GW_RESOURCE_KEY && (!key->account || key->account == request->caller->account);
        if (is_own && key_grants(t, request, key) != GW_TRUE)
            return 0;
    }
    return 1;
}

/* Is nobody's leave needed at the side of a resource that is told to be neither role nor key?  An unknown one may turn out
 * to be a role or a key, and so at best perhaps (R190); but it may be any key where all of them let the caller in. */
static unsigned spared_of(const gw_table *t, const gw_request *request)
{
    if (request->target->is_unknown && is_beside_assuming(t, request))
        return GW_UNSURE;
    return may_be_key(t, request) && !is_let_in_by_keys(t, request) ? GW_UNSURE : GW_TRUE;
}

static needs needs_of(const gw_table *t, const gw_request *request)
{
    const gw_caller *caller = request->caller;
    int is_trust = is_for_role(t, request), is_key = is_of_kind(t, request, GW_RESOURCE_KEY);
    int is_same = is_same_account(request);
    unsigned owner = is_key && !is_same && !gw_is_in_set(t, request, GW_SET_KEY_ABROAD) ? 0 : ANY_GRANT; /* R142 */
    needs n = {0};
    if (!HAS_ACCOUNT(caller)) { /* R60, R144, R145: only a direct grant, in every account alike */
        n.alone = n.asked = GRANT(GW_GRANT_DIRECT);
    } else if (caller->kind == GW_CALLER_ROOT) { /* R143, R140, R142 */
        int assumes = gw_is_in_set(t, request, GW_SET_ASSUME_ROLE);
        n.is_free = !assumes && is_same && !is_trust && !is_key;
        n.is_spared = n.is_free ? spared_of(t, request) : GW_FALSE;
        n.below = n.is_free || assumes ? 0 : owner;
        n.asked = n.is_free ? 0 : n.below | GRANT(GW_GRANT_NONE);
    } else if (!is_same || (caller->kind == GW_CALLER_ROLE && gw_is_in_set(t, request, GW_SET_SOURCE_IDENTITY))) {
        n.uses_identity = 1; /* R140, R141: both sides */
        n.leave = owner;
        n.asked = owner | GRANT(GW_GRANT_NONE);
    } else { /* R135, R136 */
        n.alone = GRANT(GW_GRANT_DIRECT);
        n.below = GRANT(GW_GRANT_ROLE) | GRANT(GW_GRANT_FEDERATING);
        n.uses_identity = 1;
        n.leave = GRANT(GW_GRANT_ACCOUNT); /* R141, R142: identity policies count by leave of the account's entry */
        n.is_spared = is_trust || is_key ? GW_FALSE : spared_of(t, request);
        n.asked = is_trust || is_key ? ANY_GRANT : 0;
    }
    return n;
}

static unsigned gates_of(const findings *f)
{
    return f->layers[GW_LAYER_SCP] & f->layers[GW_LAYER_VPC_ENDPOINT] & f->layers[GW_LAYER_EC2_ATTRIBUTE];
}

static unsigned ceilings_of(const findings *f)
{
    return f->layers[GW_LAYER_BOUNDARY] & f->layers[GW_LAYER_SESSION];
}

static unsigned identity_of(const needs *n, const findings *f)
{
    if (!n->uses_identity)
        return GW_FALSE;
    return f->layers[GW_LAYER_IDENTITY] & (n->is_spared | granted(f, n->leave));
}

static unsigned pool_of(const needs *n, const findings *f)
{
    return n->is_free ? n->is_spared : identity_of(n, f) | granted(f, n->below);
}

/* ---- decisions ---- */

/* Limits outside of policies: unsigned calls (R144), temporary credentials at STS and IAM (R139, R149). */
static int is_refused_unread(const gw_table *t, const gw_request *request)
{
    switch (request->caller->kind) {
    case GW_CALLER_ANONYMOUS:
        return !gw_is_in_set(t, request, GW_SET_UNSIGNED) || is_of_kind(t, request, GW_RESOURCE_KEY);
    case GW_CALLER_ROLE:
        return gw_is_in_set(t, request, GW_SET_NOT_FOR_ROLES);
    case GW_CALLER_FEDERATED:
        return gw_is_in_set(t, request, GW_SET_NOT_FEDERATED) &&
               (!gw_is_in_set(t, request, GW_SET_FREE) || gw_is_in_set(t, request, GW_SET_NOT_FOR_ROLES));
    default:
        return 0;
    }
}

uint8_t gw_decide_special(const gw_table *table, const gw_request *request, int32_t *statement)
{
    const gw_table *t = table;
    *statement = -1;
    if (request->caller->kind == GW_CALLER_NOBODY || is_refused_unread(t, request))
        return GW_IMPLICIT_DENY;
    if (gw_is_in_set(t, request, GW_SET_FREE))
        return GW_ALLOW;
    findings f = find_all(t, request, 0);
    if (f.deny == GW_TRUE) {
        *statement = (int32_t)f.first_deny;
        return GW_EXPLICIT_DENY;
    }
    needs n = needs_of(t, request);
    unsigned pooled = pool_of(&n, &f) & ceilings_of(&f);
    unsigned allowed = gates_of(&f) & (granted(&f, n.alone) | pooled);
    if (allowed == GW_FALSE)
        return GW_IMPLICIT_DENY;
    if (allowed != GW_TRUE || f.deny != GW_FALSE)
        return GW_UNKNOWN;
    if (pooled != GW_TRUE)
        *statement = (int32_t)first_granted(&f, n.alone);
    else if (identity_of(&n, &f) == GW_TRUE)
        *statement = (int32_t)f.first_identity;
    else
        *statement = (int32_t)first_granted(&f, n.below);
    return GW_ALLOW;
}

uint32_t gw_missing_layer(const gw_table *table, const gw_request *request)
{
    const gw_table *t = table;
    if (request->caller->kind == GW_CALLER_NOBODY)
        return GW_LAYER_IDENTITY;
    if (is_refused_unread(t, request))
        return GW_LAYER_AUTHENTICATION;
    findings f = find_all(t, request, 1);
    needs n = needs_of(t, request);
    if (f.layers[GW_LAYER_SCP] == GW_FALSE)
        return GW_LAYER_SCP;
    if (f.layers[GW_LAYER_VPC_ENDPOINT] == GW_FALSE)
        return GW_LAYER_VPC_ENDPOINT;
    if (n.asked && granted(&f, n.asked) == GW_FALSE)
        return is_for_role(t, request) ? GW_LAYER_TRUST : GW_LAYER_RESOURCE;
    /* A grant that suffices spares the caller's own side, but none of the gates. */
    if ((granted(&f, n.alone) | (pool_of(&n, &f) & ceilings_of(&f))) == GW_FALSE) {
        if (n.uses_identity && pool_of(&n, &f) == GW_FALSE)
            return GW_LAYER_IDENTITY;
        if (f.layers[GW_LAYER_BOUNDARY] == GW_FALSE)
            return GW_LAYER_BOUNDARY;
        if (f.layers[GW_LAYER_SESSION] == GW_FALSE)
            return GW_LAYER_SESSION;
    }
    return f.layers[GW_LAYER_EC2_ATTRIBUTE] == GW_FALSE ? GW_LAYER_EC2_ATTRIBUTE : GW_NONE;
}

/* ---- what is unknown ---- */

typedef struct {
    uint8_t *marks;
    int denies, ceilings, gates, identity;
    unsigned grants;
} wanted;

static void mark_statement(const gw_table *t, const gw_request *request, uint32_t statement, const run *r, uint8_t *marks)
{
    const gw_statement *s = &t->statements[statement];
    unsigned whole = gw_statement_truth(t, request, statement, r->skipped);
    if (whole != GW_FALSE && r->is_weak)
        marks[GW_RESOURCE_SLOT] = 1;
    if (whole != GW_UNSURE)
        return;
    for (uint32_t i = r->skipped; i < s->test_count; i++) {
        const gw_test *test = &t->tests[s->test_first + i];
        if (gw_truth(t, request, test) != GW_UNSURE)
            continue;
        if (test->flags & GW_TEST_TEMPLATES)
            gw_template_mark(t, request, test, marks);
        else
            marks[t->classifiers[test->classifier].slot] = 1;
    }
}

/* The key that tells the endpoint; a table of endpoints has a number for it. */
static void mark_endpoint(const gw_table *t, uint8_t *marks)
{
    static const uint8_t name[] = "aws:sourcevpce";
    uint32_t key = gw_find_key(t, name, sizeof name - 1);
    if (key != GW_NONE)
        marks[GW_FIRST_KEY_SLOT + key] = 1;
}

static int is_wanted(const wanted *w, const gw_table *t, const gw_request *request, const run *r)
{
    unsigned any = GW_FALSE;
    if (r->is_deny)
        return w->denies;
    switch (r->kind) {
    case GW_LAYER_RESOURCE:
    case GW_LAYER_TRUST:
        return w->grants != 0;
    case GW_LAYER_IDENTITY:
        return w->identity;
    case GW_LAYER_BOUNDARY:
    case GW_LAYER_SESSION:
        if (!w->ceilings)
            return 0;
        break;
    default:
        if (!w->gates)
            return 0;
    }
    for (uint32_t i = 0; i < r->count && any != GW_TRUE; i++)
        any |= gw_statement_truth(t, request, r->statements[i], r->skipped);
    return any == GW_UNSURE;
}

static void take_marks(void *state, const gw_table *t, const gw_request *request, const run *r)
{
    const wanted *w = state;
    int is_granting = !r->is_deny && (r->kind == GW_LAYER_RESOURCE || r->kind == GW_LAYER_TRUST);
    if (!is_wanted(w, t, request, r))
        return;
    for (uint32_t i = 0; i < r->count; i++)
        if (!is_granting || w->grants & GRANT(grant_of(t, request, r->statements[i])))
            mark_statement(t, request, r->statements[i], r, w->marks);
}

void gw_mark_unknown(const gw_table *table, const gw_request *request, uint8_t *marks)
{
    const gw_table *t = table;
    if (request->caller->kind == GW_CALLER_NOBODY || is_refused_unread(t, request) || gw_is_in_set(t, request, GW_SET_FREE))
        return;
    findings f = find_all(t, request, 0);
    needs n = needs_of(t, request);
    unsigned alone = granted(&f, n.alone), pooled = pool_of(&n, &f) & ceilings_of(&f);
    wanted w = {.marks = marks, .denies = f.deny == GW_UNSURE};
    if ((gates_of(&f) & (alone | pooled)) == GW_UNSURE) {
        w.gates = 1;
        if (request->target->is_endpoint_unknown)
            mark_endpoint(t, marks);
        if ((alone | pooled) == GW_UNSURE) {
            if (alone == GW_UNSURE)
                w.grants |= n.alone;
            if (pooled == GW_UNSURE) {
                w.ceilings = 1;
                if (pool_of(&n, &f) == GW_UNSURE) {
                    if (granted(&f, n.below) == GW_UNSURE)
                        w.grants |= n.below;
                    if (identity_of(&n, &f) == GW_UNSURE) {
                        w.identity = f.layers[GW_LAYER_IDENTITY] == GW_UNSURE;
                        if (n.is_spared != GW_TRUE && granted(&f, n.leave) == GW_UNSURE)
                            w.grants |= n.leave;
                    }
                    if (n.is_spared == GW_UNSURE)
                        marks[GW_RESOURCE_SLOT] = 1;
                }
            }
        }
    }
    visit_runs(t, request, 0, take_marks, &w);
}

/* ---- everything that was considered ---- */

typedef struct {
    gw_visit *visit;
    void *state;
} statement_visitor;

static void take_statements(void *state, const gw_table *t, const gw_request *request, const run *r)
{
    const statement_visitor *v = state;
    (void)t, (void)request;
    for (uint32_t i = 0; i < r->count; i++)
        v->visit(v->state, r->statements[i]);
}

void gw_visit_statements(const gw_table *table, const gw_request *request, gw_visit *visit, void *state)
{
    statement_visitor v = {visit, state};
    if (request->caller->kind != GW_CALLER_NOBODY)
        visit_runs(table, request, 1, take_statements, &v);
}
