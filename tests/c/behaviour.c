/* The behaviour suite (tests/behaviour/README.md) through the C functions.
 *
 * Nothing here knows JSON but for where a value ends: documents go from the file to the library as they stand there,
 * and what is equal, or matches, is asked of the library, in a database of its own. */
#include "check.h"

#include <dirent.h>

#ifndef BEHAVIOUR_DIR
#error "BEHAVIOUR_DIR is the directory of the suite"
#endif

enum { TRANSACTIONS = 8, NAME_SIZE = 64 };

/* A piece of JSON text; `text` is NULL if there is none. */
typedef struct {
    const char *text;
    size_t len;
} json_t;

static const json_t NONE = {NULL, 0};

/* --- cutting JSON ------------------------------------------------------------------------------ */

static const char *skip_space(const char *at) {
    return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at) {
    for (at++; *at != '"'; at++) {
        at += *at == '\\';
    }
    return at + 1;
}

/* Behind the value that starts here. The suite is well-formed: the library reads all of it. */
static const char *skip_value(const char *at) {
    int depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    } while (*at != 0 && (depth > 0 || strchr(",:]} \t\r\n", *at) == NULL));
    return at;
}

static json_t value_at(const char *at) {
    json_t value = {at, (size_t)(skip_value(at) - at)};
    return value;
}

/* The next item of an array or object from `*at` on, which starts as NULL; false behind the last. `key` is for objects. */
static bool next_item(json_t container, const char **at, json_t *key, json_t *item) {
    if (container.text == NULL) {
        return false;
    }
    *at = skip_space(*at == NULL ? container.text + 1 : *at);
    if (**at == ',') {
        *at = skip_space(*at + 1);
    }
    if (**at == ']' || **at == '}') {
        return false;
    }
    if (key != NULL) {
        *key = value_at(*at);
        *at = skip_space(skip_space(skip_value(*at)) + 1);
        key->text++;
        key->len -= 2;
    }
    *item = value_at(*at);
    *at = skip_value(*at);
    return true;
}

static bool is(json_t text, const char *word) {
    return text.text != NULL && text.len == strlen(word) && memcmp(text.text, word, text.len) == 0;
}

static json_t member(json_t object, const char *name) {
    const char *at = NULL;
    json_t key, item;
    while (next_item(object, &at, &key, &item)) {
        if (is(key, name)) {
            return item;
        }
    }
    return NONE;
}

/* What stands between a text's quotes. */
static json_t unquoted(json_t text) {
    if (text.text != NULL) {
        text.text++;
        text.len -= 2;
    }
    return text;
}

/* A text without its escapes \" and \\, the only ones that the suite's own texts have. */
static void unescape(json_t text, char *out, size_t size) {
    size_t length = 0;
    text = unquoted(text);
    for (size_t i = 0; i < text.len && length + 1 < size; i++) {
        i += text.text[i] == '\\';
        out[length++] = text.text[i];
    }
    out[length] = 0;
}

/* --- a test's state ---------------------------------------------------------------------------- */

static ironbase_db_t *db;
static struct {
    char name[NAME_SIZE];
    ironbase_txn_t *txn;
} transactions[TRANSACTIONS];

static json_t file_at, test_at, operation_at; /* for messages */
static int tests_run, operations_run;

static void wrong(const char *what, const char *found, json_t wanted) {
    json_t file = unquoted(member(file_at, "description")), test = unquoted(member(test_at, "description"));
    check_failures++;
    fprintf(stderr, "%.*s: %.*s\n  %s\n", (int)file.len, file.text, (int)test.len, test.text, what);
    if (operation_at.text != NULL) {
        fprintf(stderr, "  of:     %.*s\n", (int)operation_at.len, operation_at.text);
    }
    fprintf(stderr, "  found:  %s\n  wanted: %.*s\n", found, (int)wanted.len, wanted.text == NULL ? "" : wanted.text);
}

static ironbase_txn_t **transaction(json_t name) {
    char text[NAME_SIZE];
    int slot = 0;
    unescape(name, text, sizeof text);
    while (transactions[slot].name[0] != 0 && strcmp(transactions[slot].name, text) != 0) {
        slot++;
        if (slot == TRANSACTIONS) {
            fprintf(stderr, "more than %d transactions in one test\n", TRANSACTIONS);
            exit(1);
        }
    }
    strcpy(transactions[slot].name, text);
    return &transactions[slot].txn;
}

/* --- asking the library what is equal ------------------------------------------------------------ */

/* Whether the document {"_id": 1, FIELD: value} matches the filter, which has three parts. */
static bool matches(const char *field, const char *value, const char *before, json_t filter, const char *after) {
    ironbase_db_t *second = NULL;
    ironbase_collection_t *values = NULL;
    ironbase_error_t *error = NULL;
    size_t size = strlen(value) + filter.len + strlen(before) + strlen(after) + 64;
    char *text = malloc(size);
    int64_t count = 0;
    CHECK_OK(ironbase_open(":memory:", NULL, 0, &second, &error));
    CHECK_OK(ironbase_db_collection(second, "values", NUL, &values, &error));
    snprintf(text, size, "{\"_id\": 1, \"%s\": %s}", field, value);
    CHECK_OK(ironbase_collection_insert_one(values, text, NUL, NULL, 0, NULL, NULL, &error));
    snprintf(text, size, "%s%.*s%s", before, (int)filter.len, filter.text, after);
    CHECK_OK(ironbase_collection_count_documents(values, text, NUL, NULL, 0, &count, &error));
    free(text);
    ironbase_collection_free(values);
    ironbase_db_free(second);
    return count == 1;
}

static bool equal(const char *found, json_t wanted) {
    return matches("result", found, "{\"$expr\": {\"$eq\": [\"$result\", {\"$literal\": ", wanted, "}]}}");
}

/* --- operations ---------------------------------------------------------------------------------- */

/* What an operation returned: a status, and JSON or an error. */
typedef struct {
    ironbase_status_t status;
    char *out;
    ironbase_error_t *error;
} outcome_t;

typedef ironbase_status_t one_argument_fn(ironbase_collection_t *, const char *, size_t, const char *, size_t, char **,
                                          size_t *, ironbase_error_t **);
typedef ironbase_status_t two_arguments_fn(ironbase_collection_t *, const char *, size_t, const char *, size_t, const char *,
                                           size_t, char **, size_t *, ironbase_error_t **);

static const struct {
    const char *name;
    const char *argument;
    one_argument_fn *function;
} ONE_ARGUMENT[] = {
    {"insertOne", "document", ironbase_collection_insert_one},
    {"insertMany", "documents", ironbase_collection_insert_many},
    {"findOne", "filter", ironbase_collection_find_one},
    {"deleteOne", "filter", ironbase_collection_delete_one},
    {"deleteMany", "filter", ironbase_collection_delete_many},
    {"findOneAndDelete", "filter", ironbase_collection_find_one_and_delete},
    {"bulkWrite", "models", ironbase_collection_bulk_write},
    {"createIndexes", "indexes", ironbase_collection_create_indexes},
};

static const struct {
    const char *name;
    const char *arguments[2];
    two_arguments_fn *function;
} TWO_ARGUMENTS[] = {
    {"updateOne", {"filter", "update"}, ironbase_collection_update_one},
    {"updateMany", {"filter", "update"}, ironbase_collection_update_many},
    {"replaceOne", {"filter", "replacement"}, ironbase_collection_replace_one},
    {"findOneAndUpdate", {"filter", "update"}, ironbase_collection_find_one_and_update},
    {"findOneAndReplace", {"filter", "replacement"}, ironbase_collection_find_one_and_replace},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The id that cancelled operations run under; 0 for others. */
static uint64_t cancelled;

/* An operation's options, with the id of one that is cancelled. */
static json_t options_of(json_t arguments) {
    static char text[512];
    json_t options = member(arguments, "options");
    if (cancelled == 0) {
        return options;
    }
    snprintf(text, sizeof text, "{\"opId\": %llu%s%.*s", (unsigned long long)cancelled, options.text == NULL ? "" : ", ",
             options.text == NULL ? 1 : (int)options.len - 1, options.text == NULL ? "}" : options.text + 1);
    options.text = text;
    options.len = strlen(text);
    return options;
}

/* An argument as the two parameters that it is. */
#define ARGUMENT(value) (value).text, (value).len

/* All documents of a cursor as an array; frees the cursor. */
static void read_all(ironbase_cursor_t *cursor, outcome_t *result) {
    const char *document = NULL;
    size_t length = 0, used = 1;
    char *array = malloc(3);
    array[0] = '[';
    while ((result->status = ironbase_cursor_next(cursor, &document, &length, &result->error)) == IRONBASE_OK) {
        array = realloc(array, used + length + 3);
        if (used > 1) {
            array[used++] = ',';
        }
        memcpy(array + used, document, length);
        used += length;
    }
    memcpy(array + used, "]", 2);
    if (result->status == IRONBASE_DONE) {
        result->status = IRONBASE_OK;
        result->out = array;
    } else {
        free(array);
    }
    ironbase_cursor_free(cursor);
}

static void on_collection(ironbase_collection_t *collection, json_t name, json_t arguments, outcome_t *result) {
    json_t options = options_of(arguments), filter = member(arguments, "filter");
    ironbase_cursor_t *cursor = NULL;
    int64_t count = 0;
    for (size_t i = 0; i < LENGTH(ONE_ARGUMENT); i++) {
        if (is(name, ONE_ARGUMENT[i].name)) {
            json_t argument = member(arguments, ONE_ARGUMENT[i].argument);
            result->status = ONE_ARGUMENT[i].function(collection, ARGUMENT(argument), ARGUMENT(options), &result->out, NULL,
                                                      &result->error);
            return;
        }
    }
    for (size_t i = 0; i < LENGTH(TWO_ARGUMENTS); i++) {
        if (is(name, TWO_ARGUMENTS[i].name)) {
            json_t first = member(arguments, TWO_ARGUMENTS[i].arguments[0]);
            json_t second = member(arguments, TWO_ARGUMENTS[i].arguments[1]);
            result->status = TWO_ARGUMENTS[i].function(collection, ARGUMENT(first), ARGUMENT(second), ARGUMENT(options),
                                                       &result->out, NULL, &result->error);
            return;
        }
    }
    if (is(name, "find")) {
        result->status = ironbase_collection_find(collection, ARGUMENT(filter), ARGUMENT(options), &cursor, &result->error);
        if (result->status == IRONBASE_OK) {
            read_all(cursor, result);
        }
    } else if (is(name, "countDocuments")) {
        result->status = ironbase_collection_count_documents(collection, ARGUMENT(filter), ARGUMENT(options), &count,
                                                             &result->error);
        result->out = malloc(32);
        snprintf(result->out, 32, "%lld", (long long)count);
    } else if (is(name, "estimatedDocumentCount")) {
        result->status = ironbase_collection_estimated_document_count(collection, ARGUMENT(options), &count, &result->error);
        result->out = malloc(32);
        snprintf(result->out, 32, "%lld", (long long)count);
    } else if (is(name, "distinct")) {
        json_t field = unquoted(member(arguments, "field"));
        result->status = ironbase_collection_distinct(collection, ARGUMENT(field), ARGUMENT(filter), ARGUMENT(options), &result->out,
                                                      NULL, &result->error);
    } else if (is(name, "dropIndex")) {
        json_t index = unquoted(member(arguments, "name"));
        result->status = ironbase_collection_drop_index(collection, ARGUMENT(index), &result->error);
    } else if (is(name, "listIndexes")) {
        result->status = ironbase_collection_list_indexes(collection, &result->out, NULL, &result->error);
    } else if (is(name, "drop")) {
        result->status = ironbase_collection_drop(collection, &result->error);
    } else {
        wrong("an operation of this name is not known", "", name);
    }
}

/* Operations of databases and transactions; false if it is none of them. */
static bool on_database(json_t name, json_t arguments, json_t within, outcome_t *result) {
    json_t options = options_of(arguments);
    ironbase_error_t **error = &result->error;
    if (is(name, "createCollection")) {
        json_t collection = unquoted(member(arguments, "name"));
        result->status = ironbase_db_create_collection(db, ARGUMENT(collection), ARGUMENT(options), error);
    } else if (is(name, "renameCollection")) {
        json_t from = unquoted(member(arguments, "from")), to = unquoted(member(arguments, "to"));
        result->status = ironbase_db_rename_collection(db, ARGUMENT(from), ARGUMENT(to), ARGUMENT(options), error);
    } else if (is(name, "listCollections")) {
        json_t filter = member(arguments, "filter");
        result->status = ironbase_db_list_collections(db, ARGUMENT(filter), &result->out, NULL, error);
    } else if (is(name, "runCommand")) {
        json_t command = member(arguments, "command");
        ironbase_txn_t *txn = within.text == NULL ? NULL : *transaction(within);
        result->status = ironbase_db_run_command(db, txn, ARGUMENT(command), &result->out, NULL, error);
    } else if (is(name, "startTransaction")) {
        ironbase_txn_t **txn = transaction(within);
        ironbase_txn_free(*txn);
        result->status = ironbase_txn_begin(db, ARGUMENT(options), txn, error);
    } else if (is(name, "commitTransaction")) {
        result->status = ironbase_txn_commit(*transaction(within), error);
    } else if (is(name, "abortTransaction")) {
        result->status = ironbase_txn_abort(*transaction(within), error);
    } else if (is(name, "compact")) {
        result->status = ironbase_db_compact(db, ARGUMENT(options), &result->out, NULL, error);
    } else if (is(name, "verify")) {
        result->status = ironbase_db_verify(db, ARGUMENT(options), &result->out, NULL, error);
    } else if (is(name, "stats")) {
        result->status = ironbase_db_stats(db, ARGUMENT(options), &result->out, NULL, error);
    } else if (is(name, "checkpoint")) {
        result->status = ironbase_db_checkpoint(db, error);
    } else if (is(name, "close")) {
        result->status = ironbase_db_close(db, error);
    } else {
        return false;
    }
    return true;
}

static outcome_t run(json_t operation) {
    json_t name = unquoted(member(operation, "name")), arguments = member(operation, "arguments");
    json_t within = member(operation, "transaction"), where = unquoted(member(operation, "collection"));
    outcome_t result = {IRONBASE_OK, NULL, NULL};
    ironbase_collection_t *collection = NULL;
    if (on_database(name, arguments, within, &result)) {
        return result;
    }
    if (where.text == NULL) {
        where.text = "test";
        where.len = NUL;
    }
    result.status = within.text == NULL
                        ? ironbase_db_collection(db, ARGUMENT(where), &collection, &result.error)
                        : ironbase_txn_collection(*transaction(within), ARGUMENT(where), &collection, &result.error);
    if (result.status == IRONBASE_OK) {
        on_collection(collection, name, arguments, &result);
        ironbase_collection_free(collection);
    }
    return result;
}

static void check_failure(const outcome_t *result, json_t wanted) {
    json_t status = member(wanted, "status"), code = member(wanted, "code"), code_name = member(wanted, "codeName");
    json_t message = member(wanted, "message"), details = member(wanted, "details"), label;
    const char *at = NULL, *name = ironbase_status_name(result->status);
    char text[512];
    if (result->status >= IRONBASE_OK || result->error == NULL) {
        wrong("it did not fail", result->out == NULL ? name : result->out, wanted);
        return;
    }
    if (status.text != NULL && !is(unquoted(status), name + strlen("IRONBASE_ERROR_"))) {
        wrong(ironbase_error_message(result->error), name, status);
    }
    if (code.text != NULL && strtol(code.text, NULL, 10) != ironbase_error_code(result->error)) {
        snprintf(text, sizeof text, "%d", (int)ironbase_error_code(result->error));
        wrong(ironbase_error_message(result->error), text, code);
    }
    if (code_name.text != NULL && !is(unquoted(code_name), ironbase_error_code_name(result->error))) {
        wrong("its code's name", ironbase_error_code_name(result->error), code_name);
    }
    unescape(message, text, sizeof text);
    if (message.text != NULL && strstr(ironbase_error_message(result->error), text) == NULL) {
        wrong("its message", ironbase_error_message(result->error), message);
    }
    while (next_item(member(wanted, "labels"), &at, NULL, &label)) {
        unescape(label, text, sizeof text);
        if (!ironbase_error_has_label(result->error, text)) {
            wrong("it has not the label", ironbase_error_details(result->error), label);
        }
    }
    if (details.text != NULL && !matches("details", ironbase_error_details(result->error), "", details, "")) {
        wrong("its details", ironbase_error_details(result->error), details);
    }
}

/* A member that nobody reads is a misspelt one. */
static void check_members(json_t object, const char *known) {
    const char *at = NULL;
    json_t key, item;
    char word[NAME_SIZE];
    while (next_item(object, &at, &key, &item)) {
        snprintf(word, sizeof word, " %.*s ", (int)key.len, key.text);
        if (strstr(known, word) == NULL) {
            wrong("there is no such member", word, NONE);
        }
    }
}

static void check_operation(json_t operation) {
    json_t wanted = member(operation, "result"), filter = member(operation, "matches"), failure = member(operation, "error");
    outcome_t result;
    operation_at = operation;
    operations_run++;
    check_members(operation, " name collection transaction arguments cancelled result matches error ");
    check_members(failure, " status code codeName message labels details ");
    if (is(member(operation, "cancelled"), "true")) {
        ironbase_error_t *error = NULL;
        cancelled = ironbase_db_op_new(db);
        CHECK_OK(ironbase_db_op_kill(db, cancelled, &error));
    }
    result = run(operation);
    if (cancelled != 0) {
        ironbase_db_op_free(db, cancelled, NULL);
        cancelled = 0;
    }
    const char *found = result.out == NULL ? "null" : result.out;
    if (failure.text != NULL) {
        check_failure(&result, failure);
    } else if (result.status < IRONBASE_OK) {
        wrong("it failed", ironbase_error_message(result.error), NONE);
    } else if (wanted.text != NULL && !equal(found, wanted)) {
        wrong("its result", found, wanted);
    } else if (filter.text != NULL && !matches("result", found, "", filter, "")) {
        wrong("its result does not match", found, filter);
    }
    ironbase_string_free(result.out);
    ironbase_error_free(result.error);
    operation_at = NONE;
}

/* --- tests ---------------------------------------------------------------------------------------- */

static void check_outcome(json_t name, json_t wanted) {
    ironbase_error_t *error = NULL;
    ironbase_collection_t *collection = NULL;
    ironbase_cursor_t *cursor = NULL;
    outcome_t result = {IRONBASE_OK, NULL, NULL};
    CHECK_OK(ironbase_db_collection(db, ARGUMENT(name), &collection, &error));
    CHECK_OK(ironbase_collection_find(collection, NULL, 0, "{\"sort\": {\"_id\": 1}}", NUL, &cursor, &error));
    read_all(cursor, &result);
    if (result.out == NULL || !equal(result.out, wanted)) {
        wrong("what a collection has in the end", result.out, wanted);
    }
    ironbase_string_free(result.out);
    ironbase_error_free(result.error);
    ironbase_collection_free(collection);
}

static void prepare(json_t test) {
    const char *at = NULL;
    json_t name, items, options = member(test, "open");
    ironbase_error_t *error = NULL;
    ironbase_collection_t *collection = NULL;
    CHECK_OK(ironbase_open(":memory:", ARGUMENT(options), &db, &error));
    while (next_item(member(test, "data"), &at, &name, &items)) {
        CHECK_OK(ironbase_db_create_collection(db, ARGUMENT(name), NULL, 0, &error));
        CHECK_OK(ironbase_db_collection(db, ARGUMENT(name), &collection, &error));
        if (!is(items, "[]")) {
            CHECK_OK(ironbase_collection_insert_many(collection, ARGUMENT(items), NULL, 0, NULL, NULL, &error));
        }
        ironbase_collection_free(collection);
    }
    at = NULL;
    while (next_item(member(test, "indexes"), &at, &name, &items)) {
        CHECK_OK(ironbase_db_collection(db, ARGUMENT(name), &collection, &error));
        CHECK_OK(ironbase_collection_create_indexes(collection, ARGUMENT(items), NULL, 0, NULL, NULL, &error));
        ironbase_collection_free(collection);
    }
}

static void run_test(json_t test) {
    const char *at = NULL;
    json_t name, item;
    test_at = test;
    tests_run++;
    check_members(test, " description open data indexes operations outcome ");
    prepare(test);
    while (next_item(member(test, "operations"), &at, NULL, &item)) {
        check_operation(item);
    }
    at = NULL;
    while (next_item(member(test, "outcome"), &at, &name, &item)) {
        check_outcome(name, item);
    }
    for (int slot = 0; slot < TRANSACTIONS; slot++) {
        ironbase_txn_free(transactions[slot].txn);
    }
    memset(transactions, 0, sizeof transactions);
    ironbase_db_free(db);
    db = NULL;
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    if (file == NULL || text == NULL || fread(text, 1, (1 << 20) - 1, file) == 0 || !feof(file)) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return text;
}

static void run_file(const char *name) {
    char path[4096];
    const char *at = NULL;
    json_t test;
    snprintf(path, sizeof path, "%s/%s", BEHAVIOUR_DIR, name);
    char *text = read_file(path);
    if (!matches("file", text, "", value_at("{}"), "")) {
        fprintf(stderr, "%s is not Extended JSON\n", name);
    }
    file_at = value_at(skip_space(text));
    while (next_item(member(file_at, "tests"), &at, NULL, &test)) {
        run_test(test);
    }
    free(text);
}

/* Only files whose name begins with the argument, if there is one. */
int main(int argc, char **argv) {
    DIR *directory = opendir(BEHAVIOUR_DIR);
    struct dirent *entry;
    CHECK(directory != NULL);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        const char *suffix = strrchr(entry->d_name, '.');
        if (suffix != NULL && strcmp(suffix, ".json") == 0 &&
            (argc < 2 || strncmp(entry->d_name, argv[1], strlen(argv[1])) == 0)) {
            run_file(entry->d_name);
        }
    }
    closedir(directory);
    CHECK(tests_run > 0);
    printf("%d tests, %d operations\n", tests_run, operations_run);
    return check_end();
}
