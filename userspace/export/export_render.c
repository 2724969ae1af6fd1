// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "export/export_render_private.h"

static const char *const kinds[] = {
	[EXPORT_GAUGE] = "gauge",
	[EXPORT_COUNTER] = "counter",
	[EXPORT_HISTOGRAM] = "histogram",
};

static const char *const units[] = {
	[EXPORT_COUNT] = NULL,
	[EXPORT_SECONDS] = "seconds",
	[EXPORT_BYTES] = "bytes",
};

static void put_meta(struct export_render *render, const char *what,
		     const char *text)
{
	const struct export_family *family = render->family;

	export_text_put(render->out, "# ");
	export_text_put(render->out, what);
	export_text_put(render->out, " ");
	export_text_put(render->out, family->name);
	if (render->format == EXPORT_PROMETHEUS &&
	    family->kind == EXPORT_COUNTER)
		export_text_put(render->out, "_total");
	export_text_put(render->out, " ");
	export_text_put(render->out, text);
	export_text_put(render->out, "\n");
}

void export_each_vm(struct export_render *render,
		    void (*put)(struct export_render *render,
				const struct export_vm *vm))
{
	const struct export_book *book = render->sample->book;

	for (size_t i = 0; i < book->nr_vms; i++)
		put(render, book->vm[i].vm);
	if (book->other)
		put(render, book->other);
}

static void put_vm(struct export_render *render, const struct export_vm *vm)
{
	export_put_value(render, (struct export_labels){ { &vm->labels } },
			 render->family->of_vm(vm), vm->since_ns);
}

struct export_labels export_cell_labels(struct export_render *render,
					const struct export_vm *vm,
					const struct export_cell *cell)
{
	struct export_labels labels = { { &vm->labels,
					  &cell->reason->labels } };

	if (cell->vcpu != EXPORT_ALL_VCPUS) {
		render->vcpu.length = 0;
		export_text_label_number(&render->vcpu, "vcpu", cell->vcpu);
		labels.text[2] = &render->vcpu;
	}
	return labels;
}

static void put_cells(struct export_render *render, const struct export_vm *vm)
{
	const struct export_family *family = render->family;

	for (size_t i = 0; i < vm->nr_cells; i++) {
		const struct export_cell *cell = &vm->cell[i];
		uint64_t value = family->of_cell(cell);

		if (!value && family->sparse)
			continue;
		export_put_value(render, export_cell_labels(render, vm, cell),
				 value, cell->since_ns);
	}
}

/* Names of families with a unit end in the unit; a ratio has no unit. */
static bool has_unit(const struct export_family *family)
{
	const char *last = strrchr(family->name, '_');

	return units[family->unit] && last &&
	       !strcmp(last + 1, units[family->unit]);
}

static void put_family(struct export_render *render)
{
	const struct export_family *family = render->family;

	put_meta(render, "HELP", family->help);
	put_meta(render, "TYPE", kinds[family->kind]);
	if (render->format == EXPORT_OPENMETRICS && has_unit(family))
		put_meta(render, "UNIT", units[family->unit]);
	if (family->of_host)
		export_put_value(render, (struct export_labels){ { NULL } },
				 family->of_host(render->sample),
				 render->sample->book->since_ns);
	if (family->of_vm)
		export_each_vm(render, put_vm);
	if (family->of_cell)
		export_each_vm(render, put_cells);
	if (family->put)
		family->put(render);
}

void export_render(const struct export_sample *sample,
		   enum export_format format, struct export_text *out)
{
	struct export_render render = { .sample = sample,
					.format = format,
					.out = out };

	for (size_t i = 0; i < export_nr_families; i++) {
		render.family = &export_families[i];
		if ((render.family->needs & sample->has) ==
		    render.family->needs)
			put_family(&render);
	}
	if (format == EXPORT_OPENMETRICS)
		export_text_put(out, "# EOF\n");
	out->failed |= render.scratch.failed || render.vcpu.failed;
	export_text_free(&render.scratch);
	export_text_free(&render.vcpu);
}
