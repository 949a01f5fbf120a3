/* Who calls, for what, and whom principal parts mean. */
#include "gatewright/hash.h"
#include "judge.h"

#define TYPED_BYTES 256u /* of an entry with its type; no name of a service or an identity provider is as long */

/* How many bytes of a text a name is, if the text begins with it; else more than it has. */
static size_t match_name(gw_text text, const char *name)
{
    size_t i = 0;
    for (; name[i]; i++)
        if (i == text.bytes || text.text[i] != (uint8_t)name[i])
            return text.bytes + 1;
    return i;
}

static int starts_with(gw_text text, const char *name)
{
    return match_name(text, name) <= text.bytes;
}

static int is_text(gw_text text, const char *name)
{
    return match_name(text, name) == text.bytes;
}

/* Where a byte stands first, or `bytes`. */
static size_t find_byte(gw_text text, uint8_t byte)
{
    size_t i = 0;
    while (i < text.bytes && text.text[i] != byte)
        i++;
    return i;
}

static gw_text skip(gw_text text, size_t bytes)
{
    gw_text rest = {text.text + bytes, text.bytes - bytes};
    return rest;
}

enum { ARN, PARTITION, SERVICE, REGION, ACCOUNT, NAME, FIELD_COUNT };

static int read_arn(gw_text text, gw_text fields[FIELD_COUNT])
{
    for (unsigned field = 0; field < NAME; field++) {
        size_t colon = find_byte(text, ':');
        if (colon == text.bytes)
            return 0;
        fields[field] = (gw_text){text.text, colon};
        text = skip(text, colon + 1);
    }
    fields[NAME] = text;
    return is_text(fields[ARN], "arn");
}

uint64_t gw_read_account(const uint8_t *text, size_t bytes)
{
    uint64_t account = 0;
    if (bytes != 12)
        return 0;
    for (size_t i = 0; i < 12; i++) {
        if ((uint8_t)(text[i] - '0') > 9)
            return 0;
        account = 10 * account + (uint64_t)(text[i] - '0');
    }
    return account;
}

/* ---- callers ---- */

static uint32_t find_entry(const gw_table *t, gw_text text)
{
    uint32_t row = gw_find(t, GW_CLASSIFIER_MAPS + GW_CLASSIFIER_CALLER, text.text, text.bytes);
    return row == GW_NONE ? 0 : row;
}

static uint32_t find_typed_entry(const gw_table *t, const char *type, gw_text text)
{
    uint8_t entry[TYPED_BYTES];
    size_t bytes = 0;
    for (; type[bytes]; bytes++)
        entry[bytes] = (uint8_t)type[bytes];
    if (text.bytes > TYPED_BYTES - bytes)
        return 0;
    memcpy(entry + bytes, text.text, text.bytes);
    return find_entry(t, (gw_text){entry, bytes + text.bytes});
}

static void read_principal(const gw_table *t, gw_text text, uint32_t number, gw_caller *out)
{
    const gw_principal *p = &t->principals[number];
    out->principal = number;
    out->cell_row = p->cell_row;
    out->shared_count = (uint8_t)p->shared_count;
    memcpy(out->shared_rows, p->shared_rows, sizeof out->shared_rows);
    out->kind = p->kind;
    out->flags = p->flags;
    out->account = p->account;
    out->is_plain = p->kind != GW_CALLER_FEDERATED && !gw_find_account(t, p->account);
    out->own_row = p->own_row;
    if (p->kind == GW_CALLER_ROLE) {
        const gw_symbol *name = &t->symbols[p->symbol];
        out->role_row = p->own_row;
        out->is_session = text.bytes != name->text_bytes || memcmp(text.text, t->text + name->text_offset, text.bytes) != 0;
        if (out->is_session)
            out->own_row = find_entry(t, text);
    }
}

static int is_web_provider(gw_text text) /* R18 */
{
    return is_text(text, "cognito-identity.amazonaws.com") || is_text(text, "www.amazon.com") ||
           is_text(text, "graph.facebook.com") || is_text(text, "accounts.google.com");
}

static void read_stranger(const gw_table *t, gw_text text, gw_caller *out)
{
    gw_text fields[FIELD_COUNT];
    if (is_text(text, "anonymous")) {
        out->kind = GW_CALLER_ANONYMOUS;
    } else if (is_web_provider(text)) {
        out->kind = GW_CALLER_WEB;
        out->own_row = find_typed_entry(t, "Federated ", text);
    } else if (read_arn(text, fields)) {
        int is_saml = is_text(fields[SERVICE], "iam") && starts_with(fields[NAME], "saml-provider/");
        if (is_saml || (is_text(fields[SERVICE], "iam") && starts_with(fields[NAME], "oidc-provider/"))) {
            out->kind = is_saml ? GW_CALLER_SAML : GW_CALLER_WEB;
            out->own_row = find_typed_entry(t, "Federated ", text);
        } else if (!gw_read_account(fields[ACCOUNT].text, fields[ACCOUNT].bytes)) {
            out->kind = GW_CALLER_OUTSIDE;
            out->own_row = find_entry(t, text);
        }
    } else if (!starts_with(text, "arn:") && find_byte(text, '.') < text.bytes) {
        out->kind = GW_CALLER_SERVICE;
        out->own_row = find_typed_entry(t, "Service ", text);
    }
}

void gw_read_caller(const gw_table *table, const uint8_t *text, size_t bytes, gw_caller *caller)
{
    gw_caller nobody = {.principal = GW_NONE, .role_row = GW_NO_ROW, .kind = GW_CALLER_NOBODY};
    uint32_t number = gw_find_principal(table, text, bytes);
    *caller = nobody;
    if (number != GW_NONE)
        read_principal(table, (gw_text){text, bytes}, number, caller);
    else
        read_stranger(table, (gw_text){text, bytes}, caller);
}

/* ---- targets ---- */

/* How many bytes of an ARN name the resource that has the policies: a bucket or an access point has those of its
 * objects, a table those of its indexes. */
static size_t holder_bytes(gw_text text, const gw_text fields[FIELD_COUNT])
{
    static const char access_point[] = "accesspoint/", dynamodb_table[] = "table/";
    gw_text name = fields[NAME];
    int is_s3 = is_text(fields[SERVICE], "s3");
    int is_table = is_text(fields[SERVICE], "dynamodb") && starts_with(name, dynamodb_table);
    if (!is_s3 && !is_table)
        return text.bytes;
    if (is_table)
        name = skip(name, sizeof dynamodb_table - 1);
    else if (starts_with(name, access_point))
        name = skip(name, sizeof access_point - 1);
    gw_text rest = skip(name, find_byte(name, '/'));
    if (is_table && !starts_with(rest, "/index/"))
        return text.bytes;
    return text.bytes - rest.bytes;
}

/* The entry of an image or a snapshot, `image/ami-1`, or of those that are not described, `image/`. */
static uint32_t find_shared(const gw_table *t, gw_text name)
{
    uint32_t resource = gw_find(t, GW_RESOURCE_MAP, name.text, name.bytes);
    if (resource == GW_NONE)
        resource = gw_find(t, GW_RESOURCE_MAP, name.text, find_byte(name, '/') + 1);
    return resource;
}

void gw_set_resource(const gw_table *table, uint32_t resource, gw_target *target)
{
    target->resource = resource;
    if (table->resources[resource].account)
        target->account = table->resources[resource].account;
}

void gw_read_target(const gw_table *table, const uint8_t *text, size_t bytes, gw_target *target)
{
    gw_text fields[FIELD_COUNT], whole = {text, bytes};
    int is_arn = text && read_arn(whole, fields);
    target->account = 0;
    target->resource = GW_NONE;
    target->is_unknown = !text;
    target->is_none = text && is_text(whole, "*");
    target->is_not_role = 0;
    target->is_shared = 0;
    target->endpoint_count = target->is_endpoint_unknown = target->reserved = 0;
    if (is_arn) {
        target->account = gw_read_account(fields[ACCOUNT].text, fields[ACCOUNT].bytes);
        target->is_not_role = !is_text(fields[SERVICE], "iam") || !starts_with(fields[NAME], "role/");
        target->is_shared = is_text(fields[SERVICE], "ec2") && !fields[ACCOUNT].bytes &&
                            (starts_with(fields[NAME], "image/") || starts_with(fields[NAME], "snapshot/"));
    }
    if (text && table->resource_count) {
        uint32_t resource = target->is_shared ? find_shared(table, fields[NAME]) : gw_find(table, GW_RESOURCE_MAP, text, bytes);
        size_t holder = resource == GW_NONE && is_arn ? holder_bytes(whole, fields) : bytes;
        if (holder < bytes)
            resource = gw_find(table, GW_RESOURCE_MAP, text, holder);
        if (resource != GW_NONE)
            gw_set_resource(table, resource, target);
    }
}

/* ---- principal parts ---- */

static unsigned names(const gw_table *t, uint32_t row, uint32_t column)
{
    const gw_classifier *c = &t->classifiers[GW_CLASSIFIER_CALLER];
    const uint64_t *words = t->rows + c->row_first + (size_t)row * c->row_words;
    return (unsigned)(words[column >> 6] >> (column & 63) & 1);
}

/* The row of the entries that name the account of a caller that has one: a principal of the table. */
static uint32_t account_row(const gw_table *t, const gw_caller *c)
{
    return t->principals[c->principal].account_row;
}

static uint32_t federating_row(const gw_table *t, const gw_caller *c)
{
    return c->principal == GW_NONE ? GW_NO_ROW : t->principals[c->principal].federating_row;
}

/* Does a Principal mean the caller, and by which class of entries (R53 to R63, R65)? */
static enum gw_grant means(const gw_table *t, const gw_request *request, uint32_t column, int is_gateway)
{
    const gw_caller *c = request->caller;
    unsigned is_account = HAS_ACCOUNT(c) && names(t, account_row(t, c), column);
    if (names(t, t->header->everyone_row, column) || (c->kind == GW_CALLER_ROOT && is_account))
        return GW_GRANT_DIRECT;
    if (is_gateway)
        return GW_GRANT_NONE;
    if (c->kind == GW_CALLER_SAML || c->kind == GW_CALLER_WEB) {
        enum gw_action_set fit = c->kind == GW_CALLER_SAML ? GW_SET_SAML : GW_SET_WEB;
        return names(t, c->own_row, column) && gw_is_in_set(t, request, fit) ? GW_GRANT_DIRECT : GW_GRANT_NONE;
    }
    if ((c->kind != GW_CALLER_ROLE || c->is_session) && names(t, c->own_row, column))
        return GW_GRANT_DIRECT;
    if (c->role_row != GW_NO_ROW && names(t, c->role_row, column))
        return GW_GRANT_ROLE;
    if (federating_row(t, c) != GW_NO_ROW && names(t, federating_row(t, c), column))
        return GW_GRANT_FEDERATING;
    return is_account ? GW_GRANT_ACCOUNT : GW_GRANT_NONE;
}

/* How many of the caller's identities are there, and how many are listed (R64)?  Of an unsigned caller none is. */
static unsigned listed_identities(const gw_table *t, const gw_caller *c, uint32_t column, unsigned *count)
{
    unsigned listed = 0;
    *count = 0;
    if (HAS_ACCOUNT(c)) {
        ++*count;
        listed += names(t, account_row(t, c), column);
    }
    if (c->role_row != GW_NO_ROW) {
        ++*count;
        listed += names(t, c->role_row, column);
    }
    if (federating_row(t, c) != GW_NO_ROW) {
        ++*count;
        listed += names(t, federating_row(t, c), column);
    }
    if (c->kind != GW_CALLER_ROOT) {
        ++*count;
        listed += names(t, c->own_row, column);
    }
    return listed;
}

enum gw_grant gw_caller_grant(const gw_table *t, const gw_request *request, const gw_test *test)
{
    const gw_caller *c = request->caller;
    unsigned count, listed;
    unsigned is_for_everyone;
    if (test->states == GW_MEANS || test->states == GW_MEANS_GATEWAY)
        return means(t, request, test->column, test->states == GW_MEANS_GATEWAY);
    is_for_everyone = names(t, t->header->everyone_row, test->column);
    listed = listed_identities(t, c, test->column, &count);
    if (test->states == GW_LEAVES_OUT)
        return listed || is_for_everyone ? GW_GRANT_NONE : GW_GRANT_DIRECT;
    if (c->flags & GW_PRINCIPAL_BOUNDARY || c->kind == GW_CALLER_ANONYMOUS)
        return GW_GRANT_DIRECT;
    return is_for_everyone || listed == count ? GW_GRANT_NONE : GW_GRANT_DIRECT;
}
