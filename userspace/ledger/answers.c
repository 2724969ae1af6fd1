// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exit_leaves.h"
#include "ledger/answers.h"
#include "lib/array.h"

static uint64_t join(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

uint64_t leaf_exits(const struct leaf_read *read)
{
	return join(read->ebx, read->eax);
}

uint64_t leaf_cycles(const struct leaf_read *read)
{
	return join(read->ebx, read->ecx);
}

bool leaf_has_gap(const struct leaf_read *read)
{
	if (read->leaf == EXIT_LEAF_INFO || leaf_undefined(read))
		return false;
	return leaf_is_count(read->leaf) ? read->edx & EXIT_LEAF_UNCOUNTED :
					   read->edx & EXIT_LEAF_GAPS;
}

bool leaf_is_count(uint32_t leaf)
{
	return leaf == EXIT_LEAF_EXITS || leaf == EXIT_LEAF_REASON_EXITS;
}

bool leaf_takes_index(uint32_t leaf)
{
	return leaf != EXIT_LEAF_EXITS && leaf != EXIT_LEAF_CYCLES;
}

bool leaf_undefined(const struct leaf_read *read)
{
	return (read->leaf == EXIT_LEAF_REASON_EXITS ||
		read->leaf == EXIT_LEAF_REASON_CYCLES) &&
	       read->edx == EXIT_LEAF_UNDEFINED;
}

bool leaf_read_same_question(const struct leaf_read *a,
			     const struct leaf_read *b)
{
	return a->leaf == b->leaf &&
	       (!leaf_takes_index(a->leaf) || a->index == b->index);
}

bool leaf_read_same_answer(const struct leaf_read *a, const struct leaf_read *b)
{
	return a->eax == b->eax && a->ebx == b->ebx && a->ecx == b->ecx &&
	       a->edx == b->edx;
}

int answers_add(struct answers *answers, const struct answer *answer)
{
	struct answer *added;

	if (answers->nr == ANSWERS_MAX) {
		answers->dropped++;
		return 0;
	}
	added = array_append(answers->answer, answers->nr, answers->room);
	if (!added)
		return -ENOMEM;
	*added = *answer;
	return 0;
}

void answers_free(struct answers *answers)
{
	free(answers->answer);
	memset(answers, 0, sizeof(*answers));
}
