/* Match templates.  Internal to the kernel. */
#ifndef GATEWRIGHT_KERNEL_TEMPLATE_H
#define GATEWRIGHT_KERNEL_TEMPLATE_H

#include "gatewright/decide.h"

/* Truth of a test with templates on a slot that has a readable value. */
unsigned gw_template_truth(const gw_table *table, const gw_request *request, const gw_test *test);

/* Mark the slots whose unknown values keep a test with templates from being decided. */
void gw_template_mark(const gw_table *table, const gw_request *request, const gw_test *test, uint8_t *marks);

#endif
