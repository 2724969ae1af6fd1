// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json_get.h"

json_t *json_load_path(const char *path, struct why *why)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	json_error_t error;
	json_t *json;

	if (!file) {
		why_set(why, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	errno = 0;
	json = json_loadf(file, 0, &error);
	if (!json && ferror(file))
		why_set(why, EIO, "%s: cannot be read: %s", path,
			strerror(errno ? errno : EIO));
	else if (!json)
		why_set(why, EINVAL, "%s: line %d: %s", path, error.line,
			error.text);
	if (file != stdin)
		fclose(file);
	return json;
}

int json_get_u64(const json_t *object, const char *name, uint64_t max,
		 uint64_t *value, struct why *why)
{
	const json_t *member = json_object_get(object, name);
	json_int_t number;

	if (!json_is_integer(member))
		return why_set(why, EINVAL, "\"%s\" is %s", name,
			       member ? "no integer" : "missing");
	number = json_integer_value(member);
	if (number < 0 || (uint64_t)number > max)
		return why_set(why, EINVAL,
			       "\"%s\" is %lld, out of its range (0 to %llu)",
			       name, (long long)number,
			       (unsigned long long)max);
	*value = number;
	return 0;
}

int json_get_u32(const json_t *object, const char *name, uint32_t *value,
		 struct why *why)
{
	uint64_t wide = 0;
	int r;

	r = json_get_u64(object, name, UINT32_MAX, &wide, why);
	if (!r)
		*value = wide;
	return r;
}

int json_get_bool(const json_t *object, const char *name, bool *value,
		  struct why *why)
{
	const json_t *member = json_object_get(object, name);

	if (!json_is_boolean(member))
		return why_set(why, EINVAL, "\"%s\" is %s", name,
			       member ? "no boolean" : "missing");
	*value = json_is_true(member);
	return 0;
}

int json_get_string(const json_t *object, const char *name, char *value,
		    size_t size, struct why *why)
{
	const json_t *member = json_object_get(object, name);

	if (!json_is_string(member))
		return why_set(why, EINVAL, "\"%s\" is %s", name,
			       member ? "no string" : "missing");
	if (json_string_length(member) >= size)
		return why_set(why, EINVAL, "\"%s\" is too long", name);
	memcpy(value, json_string_value(member),
	       json_string_length(member) + 1);
	return 0;
}

int json_get_array(const json_t *object, const char *name, json_t **array,
		   struct why *why)
{
	*array = json_object_get(object, name);
	if (!json_is_array(*array))
		return why_set(why, EINVAL, "\"%s\" is %s", name,
			       *array ? "no array" : "missing");
	return 0;
}

int json_get_format(const json_t *object, const char *format, uint32_t version,
		    struct why *why)
{
	char is[64];
	uint32_t has;
	int r;

	r = json_get_string(object, "format", is, sizeof(is), why);
	if (r)
		return r;
	if (strcmp(is, format))
		return why_set(why, EINVAL, "its format is \"%s\", not \"%s\"",
			       is, format);
	r = json_get_u32(object, "version", &has, why);
	if (r)
		return r;
	if (has != version)
		return why_set(why, EINVAL,
			       "its version is %u; this program knows %u", has,
			       version);
	return 0;
}
