// SPDX-License-Identifier: GPL-2.0-only
#include "sample/column_json.h"

void column_json_put(struct json_writer *json, enum column_id id,
		     const struct row *row)
{
	const struct column *column = &columns[id];
	struct value value = { 0 };

	if (!column->get(row, &value))
		return;
	switch (column->unit) {
	case UNIT_COUNT:
	case UNIT_NS:
		json_put_uint(json, column->field, value.count);
		break;
	case UNIT_PER_SECOND:
	case UNIT_SHARE:
		json_put_real(json, column->field, value.real);
		break;
	case UNIT_NAME:
		json_put_text(json, column->field, value.name);
		break;
	}
}
