/* Client requests of callgrind, for a Python process under valgrind; outside of valgrind they do nothing. */

#include <valgrind/callgrind.h>

void counts_begin(void) {
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

/* Write what was counted since the last call under a label. */
void counts_dump(const char *label) {
    CALLGRIND_DUMP_STATS_AT(label);
}

void counts_end(void) {
    CALLGRIND_STOP_INSTRUMENTATION;
}
