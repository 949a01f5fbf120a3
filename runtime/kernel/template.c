/* Match templates: patterns whose variables take their text from the request (R100-R111, R192). */
#include "judge.h"
#include "text.h"

/* Bytes that one match may look at, beyond a multiple of those that it must: a piece is searched behind a star byte by
 * byte, which hostile texts could make quadratic.  A match that would take longer is unsure, and no gateway lets an
 * unsure request pass. */
#define STEPS_SPARE 65536u
#define STEPS_PER_BYTE 16u

/* A template while it is matched against one subject. */
typedef struct {
    const gw_table *table;
    const gw_part *parts;
    uint32_t count;
    const gw_request *request;
    gw_text subject;
    int folds; /* compare without case (R82) */
    uint64_t steps_left;
} matcher;

static const gw_value *variable_value(const matcher *m, const gw_part *p)
{
    return gw_value_of(m->request, GW_FIRST_KEY_SLOT + p->key);
}

static int is_unknown(const matcher *m, const gw_part *p)
{
    return p->kind == GW_PART_VARIABLE && variable_value(m, p)->state == GW_VALUE_UNKNOWN;
}

/* A star; also a variable of an unknown key, for it may stand for any text. */
static int is_star(const matcher *m, const gw_part *p)
{
    return p->kind == GW_PART_ANY || p->kind == GW_PART_FIELD_ANY || is_unknown(m, p);
}

static int stays_in_field(const gw_part *p)
{
    return p->kind == GW_PART_FIELD_ANY || p->kind == GW_PART_FIELD_ONE || p->is_in_field;
}

/* The text that a part stands for: written, or a variable's value or default. */
static gw_text part_text(const matcher *m, const gw_part *p)
{
    if (p->kind == GW_PART_VARIABLE && variable_value(m, p)->state == GW_VALUE_ONE)
        return variable_value(m, p)->texts[0];
    gw_text text = {m->table->text + p->text_offset, p->text_bytes};
    return text;
}

/* A variable without a value and without a default matches nothing (R103, R104), and neither does one whose value would
 * make a new field of an ARN (R102).  Otherwise how many bytes the template itself has. */
static int is_matchable(const matcher *m, uint64_t *bytes)
{
    *bytes = m->count;
    for (uint32_t i = 0; i < m->count; i++) {
        const gw_part *p = &m->parts[i];
        if (is_star(m, p) || p->kind == GW_PART_ONE || p->kind == GW_PART_FIELD_ONE)
            continue;
        if (p->kind == GW_PART_VARIABLE && variable_value(m, p)->state != GW_VALUE_ONE && !p->has_default)
            return 0;
        gw_text text = part_text(m, p);
        if (p->is_in_field)
            for (size_t k = 0; k < text.bytes; k++)
                if (text.text[k] == ':')
                    return 0;
        *bytes += text.bytes;
    }
    return 1;
}

/* Bytes of the character at i; a byte that begins none is one by itself. */
static size_t character_bytes(const gw_text *text, size_t i)
{
    size_t next;
    gw_read_code_point(text->text, text->bytes, i, &next);
    return next - i;
}

/* Match one part that is no star at `at`: the place behind it, or SIZE_MAX. */
static size_t match_part(matcher *m, const gw_part *p, size_t at)
{
    const gw_text *subject = &m->subject;
    if (p->kind == GW_PART_ONE || p->kind == GW_PART_FIELD_ONE) {
        if (at == subject->bytes || (stays_in_field(p) && subject->text[at] == ':'))
            return SIZE_MAX;
        return at + character_bytes(subject, at);
    }
    gw_text text = part_text(m, p);
    size_t i = 0;
    while (i < text.bytes && at < subject->bytes) {
        m->steps_left -= m->steps_left > 0;
        if (m->folds) {
            size_t i_next, at_next;
            uint32_t wanted = gw_read_code_point(text.text, text.bytes, i, &i_next);
            uint32_t found = gw_read_code_point(subject->text, subject->bytes, at, &at_next);
            if (gw_fold_code_point(m->table, wanted) != gw_fold_code_point(m->table, found))
                return SIZE_MAX;
            i = i_next;
            at = at_next;
        } else if (text.text[i++] != subject->text[at++]) {
            return SIZE_MAX;
        }
    }
    return i == text.bytes ? at : SIZE_MAX;
}

/* Greedy with one place to come back to.  INVARIANT (order of stars): those that stay in a field stand before all
 * others, so that a piece found early behind the last star never spoils an earlier one. */
static unsigned match(matcher *m)
{
    uint64_t bytes;
    if (!is_matchable(m, &bytes))
        return GW_FALSE;
    m->steps_left = STEPS_SPARE + STEPS_PER_BYTE * (bytes + m->subject.bytes);
    const gw_part *p = m->parts, *end = m->parts + m->count, *star = NULL;
    size_t at = 0, star_at = 0;
    for (;;) {
        if (!m->steps_left--)
            return GW_UNSURE;
        size_t next = SIZE_MAX;
        if (p == end) {
            if (at == m->subject.bytes)
                break;
        } else if (is_star(m, p)) {
            star = p++;
            star_at = at;
            continue;
        } else {
            next = match_part(m, p, at);
        }
        if (next != SIZE_MAX) {
            at = next;
            p++;
            continue;
        }
        if (!star || star_at == m->subject.bytes || (stays_in_field(star) && m->subject.text[star_at] == ':'))
            return GW_FALSE;
        star_at += character_bytes(&m->subject, star_at);
        at = star_at;
        p = star + 1;
    }
    for (p = m->parts; p < end; p++)
        if (is_unknown(m, p))
            return GW_UNSURE;
    return GW_TRUE;
}

static matcher make_matcher(const gw_table *t, const gw_request *request, const gw_template *template_, gw_text subject,
                            int folds)
{
    matcher m = {t, t->parts + template_->part_first, template_->part_count, request, subject, folds, 0};
    return m;
}

/* OR over the templates of a test, turned round where the test is negated; an ill-formed value holds neither way. */
static unsigned subject_truth(const gw_table *t, const gw_request *request, const gw_test *test, gw_text subject)
{
    const gw_alternative *list = &t->alternatives[test->column];
    uint8_t kind = t->classifiers[test->classifier].kind;
    if (kind == GW_KIND_ARN && !gw_is_arn(subject.text, subject.bytes))
        return GW_FALSE;
    unsigned any = GW_FALSE;
    for (uint32_t i = 0; i < list->template_count && any != GW_TRUE; i++) {
        matcher m = make_matcher(t, request, &t->templates[list->template_first + i], subject, kind == GW_KIND_FOLD);
        any |= match(&m);
    }
    return test->flags & GW_TEST_NEGATED ? GW_NOT(any) : any;
}

unsigned gw_template_truth(const gw_table *table, const gw_request *request, const gw_test *test)
{
    const gw_classifier *c = &table->classifiers[test->classifier];
    const gw_value *value = gw_value_of(request, c->slot);
    int is_any = c->view == GW_VIEW_SOME || c->view == GW_VIEW_EACH_OR_ILL;
    unsigned all = is_any ? GW_FALSE : GW_TRUE;
    for (uint32_t i = 0; i < value->count; i++) {
        unsigned one = subject_truth(table, request, test, value->texts[i]);
        all = is_any ? all | one : all & one;
    }
    return all;
}

void gw_template_mark(const gw_table *table, const gw_request *request, const gw_test *test, uint8_t *marks)
{
    const gw_alternative *list = &table->alternatives[test->column];
    const gw_classifier *c = &table->classifiers[test->classifier];
    const gw_value *value = gw_value_of(request, c->slot);
    int is_unknown_subject = gw_row_of(request, test->classifier) == GW_ROW_UNKNOWN;
    if (is_unknown_subject)
        marks[c->slot] = 1;
    if (is_unknown_subject && c->slot == GW_RESOURCE_SLOT)
        return;
    for (uint32_t i = 0; i < list->template_count; i++) {
        const gw_template *template_ = &table->templates[list->template_first + i];
        gw_text nothing = {table->text, 0};
        matcher m = make_matcher(table, request, template_, nothing, c->kind == GW_KIND_FOLD);
        uint64_t bytes;
        int matters = is_unknown_subject && is_matchable(&m, &bytes);
        for (uint32_t k = 0; !is_unknown_subject && !matters && k < value->count; k++) {
            m.subject = value->texts[k];
            matters = match(&m) == GW_UNSURE;
        }
        for (uint32_t k = 0; matters && k < m.count; k++)
            if (is_unknown(&m, &m.parts[k]))
                marks[GW_FIRST_KEY_SLOT + m.parts[k].key] = 1;
    }
}
