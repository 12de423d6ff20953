#include <jansson.h>
#include <stdlib.h>

#include "base/str.h"
#include "json/decode.h"
#include "json/read.h"
#include "spec/check.h"
#include "spec/spec.h"
#include "spec/tables.h"

struct spec_document {
	struct spec spec;
	struct arena arena; /* its arrays */
	json_t *json;	    /* its strings */
};

/* What a text can be the whole of. */
struct form {
	const struct field *fields;
	const char *place;  /* where it stands in the document, for messages */
	size_t offset;	    /* of its struct in struct spec */
	int (*check)(struct spec *spec, struct err *err);
};

static int check_lone_process(struct spec *spec, struct err *err)
{
	spec->process.is_set = true;
	return check_process(&spec->process, err);
}

static int check_lone_resources(struct spec *spec, struct err *err)
{
	spec->linux_.is_set = true;
	spec->linux_.resources.is_set = true;
	return check_resources(&spec->linux_.resources, err);
}

static int accept(struct spec *spec, struct err *err)
{
	(void)spec;
	(void)err;
	return 0;
}

static const struct form mounts = { spec_mounts_fields, "", 0, accept };
static const struct form whole = { spec_document_fields, "", 0, check_document };
static const struct form process = {
	spec_process_fields,
	"process",
	offsetof(struct spec, process),
	check_lone_process,
};
static const struct form resources = {
	spec_resources_fields,
	"linux.resources",
	offsetof(struct spec, linux_.resources),
	check_lone_resources,
};

/* An array has no place of its own in struct spec: the object around it has. */
static int wrap(struct spec_document *document, const char *name, struct err *err)
{
	json_t *object;

	if (!json_is_array(document->json))
		return err_user(err, "%s: expected array, got %s", name, json_type_name(document->json));
	object = json_pack("{s:O}", "mounts", document->json);
	if (!object)
		return err_memory(err);
	json_decref(document->json);
	document->json = object;
	return 0;
}

static int fill(struct spec_document *document, const struct form *form, const char *name, struct err *err)
{
	char *object = (char *)&document->spec + form->offset;
	int r;

	if (!json_is_object(document->json))
		return err_user(err, "%s: expected object, got %s", name, json_type_name(document->json));
	r = json_decode(document->json, form->fields, object, &document->arena, form->place, err);
	return r < 0 ? r : form->check(&document->spec, err);
}

static int parse(const char *text, size_t size, const char *name, const struct form *form, struct spec_document **ret,
		 struct err *err)
{
	struct spec_document *document;
	int r;

	if (size > SPEC_SIZE_MAX)
		return err_user(err, "%s: larger than %u MiB", name, SPEC_SIZE_MAX >> 20);
	document = calloc(1, sizeof(*document));
	if (!document)
		return err_memory(err);
	r = json_read(text, size, name, &document->json, err);
	if (r == 0 && form == &mounts)
		r = wrap(document, name, err);
	if (r == 0)
		r = fill(document, form, name, err);
	if (r < 0) {
		spec_free(document);
		return r;
	}
	*ret = document;
	return 0;
}

int spec_parse(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err)
{
	return parse(text, size, name, &whole, ret, err);
}

int spec_parse_process(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err)
{
	return parse(text, size, name, &process, ret, err);
}

int spec_parse_mounts(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err)
{
	return parse(text, size, name, &mounts, ret, err);
}

int spec_parse_resources(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err)
{
	return parse(text, size, name, &resources, ret, err);
}

void spec_visit_unknown_resources(const struct spec_document *document, void (*visit)(void *data, const char *path),
				  void *data)
{
	json_visit_unknown(document->json, spec_resources_fields, "linux.resources", visit, data);
}

const struct spec *spec_of(const struct spec_document *document)
{
	return &document->spec;
}

void spec_free(struct spec_document *document)
{
	if (!document)
		return;
	json_decref(document->json);
	arena_free(&document->arena);
	free(document);
}

const char *spec_annotation(const struct spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->annotations.count; i++)
		if (str_eq(spec->annotations.items[i].key, key))
			return spec->annotations.items[i].value;
	return NULL;
}

const struct spec_namespace *spec_find_namespace(const struct spec *spec, enum spec_namespace_type type)
{
	for (size_t i = 0; i < spec->linux_.namespaces.count; i++)
		if (spec->linux_.namespaces.items[i].type == type)
			return &spec->linux_.namespaces.items[i];
	return NULL;
}

const char *const *spec_names(const char *path)
{
	const struct field *field = json_fields_find(spec_document_fields, path);

	return field && field->names ? field->names->names : NULL;
}

void spec_visit_properties(void (*visit)(void *data, const char *path, bool required), void *data)
{
	json_fields_visit(spec_document_fields, "", visit, data);
}
