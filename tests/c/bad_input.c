/* Wrong arguments: every function refuses every one of them, names the parameter, sets its results to nothing and
 * goes on working. */
#include "check.h"

#define FILTER "{\"a\": 1}"
#define UPDATE "{\"$set\": {\"a\": 2}}"
/* Not UTF-8, and not at the beginning. */
#define BAD_UTF8 "{\"a\": \"\xC3\x28\"}"
/* Lengths that no text can have. */
#define HUGE_LENGTH (IRONBASE_NUL - 1)
#define LARGE_LENGTH (IRONBASE_NUL / 2 + 1)

static ironbase_db_t *db;
static ironbase_collection_t *users;

static void null_handles(void) {
    ironbase_error_t *error = NULL;
    ironbase_collection_t *collection = NULL;
    ironbase_cursor_t *cursor = NULL;
    const char *document = NULL;
    char *out = NULL;
    size_t len = 0;
    uint32_t count = 0;
    int64_t number = 0;

    CHECK_ARGUMENT(ironbase_db_close(NULL, &error), "db is NULL");
    CHECK_ARGUMENT(ironbase_db_collection(NULL, "users", NUL, &collection, &error), "db is NULL");
    CHECK_ARGUMENT(ironbase_db_create_collection(NULL, "users", NUL, NULL, 0, &error), "db is NULL");
    CHECK_ARGUMENT(ironbase_db_rename_collection(NULL, "a", NUL, "b", NUL, NULL, 0, &error), "db is NULL");
    CHECK_ARGUMENT(ironbase_db_list_collections(NULL, NULL, 0, &out, &len, &error), "db is NULL");
    CHECK_ARGUMENT(ironbase_db_checkpoint(NULL, &error), "db is NULL");
    CHECK_ARGUMENT(ironbase_db_stats(NULL, NULL, 0, &out, &len, &error), "db is NULL");

    const char *none = "collection is NULL";
    CHECK_ARGUMENT(ironbase_collection_insert_one(NULL, FILTER, NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_insert_many(NULL, FILTER, NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_find(NULL, FILTER, NUL, NULL, 0, &cursor, &error), none);
    CHECK_ARGUMENT(ironbase_collection_find_one(NULL, FILTER, NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_count_documents(NULL, FILTER, NUL, NULL, 0, &number, &error), none);
    CHECK_ARGUMENT(ironbase_collection_estimated_document_count(NULL, NULL, 0, &number, &error), none);
    CHECK_ARGUMENT(ironbase_collection_distinct(NULL, "a", NUL, FILTER, NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_update_one(NULL, FILTER, NUL, UPDATE, NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_update_many(NULL, FILTER, NUL, UPDATE, NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_replace_one(NULL, FILTER, NUL, "{}", NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_delete_one(NULL, FILTER, NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_delete_many(NULL, FILTER, NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_drop(NULL, &error), none);
    CHECK_ARGUMENT(ironbase_collection_create_indexes(NULL, "[]", NUL, NULL, 0, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_drop_index(NULL, "a_1", NUL, &error), none);
    CHECK_ARGUMENT(ironbase_collection_list_indexes(NULL, &out, &len, &error), none);
    CHECK_ARGUMENT(ironbase_collection_explain(NULL, "{\"find\": \"\"}", NUL, NULL, 0, &out, &len, &error), none);

    CHECK_ARGUMENT(ironbase_cursor_next(NULL, &document, &len, &error), "cursor is NULL");
    CHECK_ARGUMENT(ironbase_cursor_next_batch(NULL, 0, 0, 0, &out, &len, &count, &error), "cursor is NULL");

    ironbase_db_free(NULL);
    ironbase_collection_free(NULL);
    ironbase_cursor_free(NULL);
    ironbase_error_free(NULL);
    ironbase_string_free(NULL);
    ironbase_set_log_callback(NULL, NULL, IRONBASE_LOG_TRACE);
    CHECK(ironbase_error_status(NULL) == IRONBASE_OK);
    CHECK(ironbase_error_code(NULL) == 0);
    CHECK_TEXT(ironbase_error_code_name(NULL), "");
    CHECK_TEXT(ironbase_error_message(NULL), "");
    CHECK_TEXT(ironbase_error_details(NULL), "{}");
    CHECK(!ironbase_error_has_label(NULL, NULL));
}

/* Where the result is the point of the call, it cannot be declined. */
static void null_results(void) {
    ironbase_error_t *error = NULL;
    ironbase_cursor_t *cursor = NULL;
    size_t len = 7;
    uint32_t count = 7;

    CHECK_ARGUMENT(ironbase_open("x", NULL, 0, NULL, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_db_collection(db, "users", NUL, NULL, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_db_list_collections(db, NULL, 0, NULL, &len, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_db_stats(db, NULL, 0, NULL, &len, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_collection_find(users, NULL, 0, NULL, 0, NULL, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_collection_find_one(users, NULL, 0, NULL, 0, NULL, &len, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_collection_count_documents(users, NULL, 0, NULL, 0, NULL, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_collection_estimated_document_count(users, NULL, 0, NULL, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_collection_distinct(users, "a", NUL, NULL, 0, NULL, 0, NULL, &len, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_collection_list_indexes(users, NULL, &len, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_collection_explain(users, "{}", NUL, NULL, 0, NULL, &len, &error), "out is NULL");
    CHECK(len == 0);

    CHECK_OK(ironbase_collection_find(users, NULL, 0, NULL, 0, &cursor, &error));
    len = 7;
    CHECK_ARGUMENT(ironbase_cursor_next(cursor, NULL, &len, &error), "document is NULL");
    CHECK(len == 0);
    len = 7;
    CHECK_ARGUMENT(ironbase_cursor_next_batch(cursor, 0, 0, 0, NULL, &len, &count, &error), "out is NULL");
    CHECK(len == 0 && count == 0);
    ironbase_cursor_free(cursor);

    /* The result of a write can be declined, and so can the error. */
    CHECK_OK(ironbase_collection_insert_one(users, FILTER, NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_insert_one(users, FILTER, NUL, NULL, 0, NULL, &len, &error));
    CHECK(len == strlen("{\"insertedId\":{\"$oid\":\"000000000000000000000000\"}}"));
    CHECK(ironbase_collection_delete_many(users, FILTER, NUL, NULL, 0, NULL, NULL, NULL) == IRONBASE_OK);
    CHECK(ironbase_collection_drop(NULL, NULL) == IRONBASE_ERROR_ARGUMENT);
}

/* A call that is refused leaves nothing of what was in its results before. */
static void results_are_cleared(void) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *other = db;
    ironbase_collection_t *collection = users;
    ironbase_cursor_t *cursor = (ironbase_cursor_t *)users;
    const char *document = "left over";
    char *out = (char *)"left over";
    size_t len = 7;
    uint32_t count = 7;
    int64_t number = 7;

    CHECK_ARGUMENT(ironbase_open(NULL, NULL, 0, &other, &error), "path is NULL");
    CHECK(other == NULL);
    CHECK_ARGUMENT(ironbase_db_collection(db, NULL, 0, &collection, &error), "name is NULL");
    CHECK(collection == NULL);
    CHECK_ARGUMENT(ironbase_collection_find(users, NULL, 5, NULL, 0, &cursor, &error), "filter is NULL, its length is 5");
    CHECK(cursor == NULL);
    CHECK_ARGUMENT(ironbase_collection_find_one(users, NULL, 5, NULL, 0, &out, &len, &error), "filter is NULL");
    CHECK(out == NULL && len == 0);
    CHECK_ARGUMENT(ironbase_collection_count_documents(users, NULL, 5, NULL, 0, &number, &error), "filter is NULL");
    CHECK(number == 0);
    CHECK_ARGUMENT(ironbase_cursor_next(NULL, &document, NULL, &error), "cursor is NULL");
    CHECK(document == NULL);
    out = (char *)"left over";
    CHECK_ARGUMENT(ironbase_cursor_next_batch(NULL, 0, 0, 0, &out, NULL, &count, &error), "cursor is NULL");
    CHECK(out == NULL && count == 0);
}

/* Each text of each function, tried with all that is wrong with texts. `TEXT, LENGTH` in the call are the text's. */
#define EACH_BAD_TEXT(parameter, call, required) \
    do { \
        const char *text = NULL; \
        size_t text_len = 0; \
        if (required) { \
            CHECK_ARGUMENT(call, parameter " is NULL"); \
        } \
        text_len = 1; \
        CHECK_ARGUMENT(call, parameter " is NULL, its length is 1"); \
        text_len = NUL; \
        CHECK_ARGUMENT(call, parameter " is NULL with the length IRONBASE_NUL"); \
        text = FILTER; \
        text_len = HUGE_LENGTH; \
        CHECK_ARGUMENT(call, parameter " cannot be 18446744073709551614 bytes long"); \
        text_len = LARGE_LENGTH; \
        CHECK_ARGUMENT(call, parameter " cannot be 9223372036854775808 bytes long"); \
    } while (0)

/* The same for names. */
#define EACH_BAD_NAME(parameter, call) \
    do { \
        EACH_BAD_TEXT(parameter, call, 1); \
        const char *text = "us\xFF" "ers"; \
        size_t text_len = NUL; \
        CHECK_ERROR(call, IRONBASE_ERROR_ARGUMENT, 0, parameter " is not UTF-8: byte 0xFF at offset 2", \
                    "\"position\":{\"offset\":2}"); \
    } while (0)

/* The same for JSON documents: the error tells the parameter and the place. */
#define EACH_BAD_DOCUMENT(parameter, call, required) \
    do { \
        EACH_BAD_TEXT(parameter, call, required); \
        const char *text = "{\"a\" 1}"; \
        size_t text_len = NUL; \
        CHECK_ERROR(call, IRONBASE_ERROR_JSON, 9, parameter ": invalid JSON at line 1, column 6, in \"a\": expected ':'", \
                    "\"position\":{\"offset\":5,\"line\":1,\"column\":6},\"path\":\"a\",\"parameter\":\"" parameter "\"}"); \
        text = ""; \
        text_len = 0; \
        CHECK_ERROR(call, IRONBASE_ERROR_JSON, 9, parameter ": invalid JSON at line 1, column 1", "\"offset\":0"); \
        text = FILTER; \
        text_len = 5; \
        CHECK_ERROR(call, IRONBASE_ERROR_JSON, 9, "found the end of the input", "\"offset\":5"); \
        text = BAD_UTF8; \
        text_len = NUL; \
        CHECK_ERROR(call, IRONBASE_ERROR_JSON, 9, parameter ": invalid JSON at line 1", "\"path\":\"a\""); \
        text = "{\"a\": 1}\n{"; \
        CHECK_ERROR(call, IRONBASE_ERROR_JSON, 9, "expected the end of the input", "\"line\":2,\"column\":1"); \
        text = "{\"a\": 1, \"a\": 2}"; \
        CHECK_ERROR(call, IRONBASE_ERROR_JSON, 9, "\"a\"", "\"line\":1"); \
    } while (0)

static void bad_texts(void) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *other = NULL;
    ironbase_collection_t *collection = NULL;
    ironbase_cursor_t *cursor = NULL;
    char *out = NULL;
    int64_t number = 0;

    EACH_BAD_NAME("name", ironbase_db_collection(db, text, text_len, &collection, &error));
    EACH_BAD_NAME("name", ironbase_db_create_collection(db, text, text_len, NULL, 0, &error));
    EACH_BAD_NAME("from", ironbase_db_rename_collection(db, text, text_len, "b", NUL, NULL, 0, &error));
    EACH_BAD_NAME("to", ironbase_db_rename_collection(db, "a", NUL, text, text_len, NULL, 0, &error));
    EACH_BAD_NAME("field", ironbase_collection_distinct(users, text, text_len, NULL, 0, NULL, 0, &out, NULL, &error));
    EACH_BAD_NAME("name", ironbase_collection_drop_index(users, text, text_len, &error));
    CHECK_ARGUMENT(ironbase_open("\xFF", NULL, 0, &other, &error), "path is not UTF-8: byte 0xFF at offset 0");

    EACH_BAD_DOCUMENT("filter", ironbase_db_list_collections(db, text, text_len, &out, NULL, &error), 0);
    EACH_BAD_DOCUMENT("document", ironbase_collection_insert_one(users, text, text_len, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_find(users, text, text_len, NULL, 0, &cursor, &error), 0);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_find_one(users, text, text_len, NULL, 0, &out, NULL, &error), 0);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_count_documents(users, text, text_len, NULL, 0, &number, &error), 0);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_distinct(users, "a", NUL, text, text_len, NULL, 0, &out, NULL, &error), 0);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_update_one(users, text, text_len, UPDATE, NUL, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("update", ironbase_collection_update_one(users, "{}", NUL, text, text_len, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_update_many(users, text, text_len, UPDATE, NUL, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("update", ironbase_collection_update_many(users, "{}", NUL, text, text_len, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_replace_one(users, text, text_len, "{}", NUL, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("replacement", ironbase_collection_replace_one(users, "{}", NUL, text, text_len, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_delete_one(users, text, text_len, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("filter", ironbase_collection_delete_many(users, text, text_len, NULL, 0, &out, NULL, &error), 1);
    EACH_BAD_DOCUMENT("command", ironbase_collection_explain(users, text, text_len, NULL, 0, &out, NULL, &error), 1);

    EACH_BAD_TEXT("documents", ironbase_collection_insert_many(users, text, text_len, NULL, 0, &out, NULL, &error), 1);
    CHECK_ERROR(ironbase_collection_insert_many(users, "{\"b\": 1}\n{\"b\" 2}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_JSON, 9, "documents: invalid JSON at line 2, column 6", "\"result\":{\"insertedCount\":1}");
    CHECK_ERROR(ironbase_collection_insert_many(users, "[{\"b\": 1}, 2]", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_JSON, 9, "expected a document: '{'", "\"index\":1");
    /* What was in front of the malformed documents stays. */
    CHECK_RESULT(ironbase_collection_delete_many(users, "{\"b\": 1}", NUL, NULL, 0, &out, NULL, &error), "{\"deletedCount\":2}");

    EACH_BAD_TEXT("specs", ironbase_collection_create_indexes(users, text, text_len, NULL, 0, &out, NULL, &error), 1);
    CHECK_ERROR(ironbase_collection_create_indexes(users, "{}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_JSON, 9, "specs: invalid JSON at line 1, column 1: expected an array", "\"parameter\":\"specs\"");
}

/* The `options` of each function: as a text, and what no function takes. */
#define EACH_BAD_OPTION(call, operation) \
    do { \
        EACH_BAD_DOCUMENT("options", call, 0); \
        const char *text = "{\"wrong\": 1}"; \
        size_t text_len = NUL; \
        CHECK_ERROR(call, IRONBASE_ERROR_ARGUMENT, 40415, operation " has no option \"wrong\"; it takes ", "{"); \
    } while (0)

static void bad_options(void) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *other = NULL;
    ironbase_cursor_t *cursor = NULL;
    char *out = NULL;
    int64_t number = 0;

    EACH_BAD_OPTION(ironbase_open("other", text, text_len, &other, &error), "open");
    EACH_BAD_OPTION(ironbase_db_rename_collection(db, "a", NUL, "b", NUL, text, text_len, &error), "renameCollection");
    EACH_BAD_OPTION(ironbase_db_stats(db, text, text_len, &out, NULL, &error), "stats");
    EACH_BAD_OPTION(ironbase_collection_insert_one(users, "{}", NUL, text, text_len, &out, NULL, &error), "insert");
    EACH_BAD_OPTION(ironbase_collection_insert_many(users, "{}", NUL, text, text_len, &out, NULL, &error), "insert");
    EACH_BAD_OPTION(ironbase_collection_find(users, "{}", NUL, text, text_len, &cursor, &error), "find");
    EACH_BAD_OPTION(ironbase_collection_find_one(users, "{}", NUL, text, text_len, &out, NULL, &error), "find");
    EACH_BAD_OPTION(ironbase_collection_count_documents(users, "{}", NUL, text, text_len, &number, &error), "count");
    EACH_BAD_OPTION(ironbase_collection_estimated_document_count(users, text, text_len, &number, &error), "count");
    EACH_BAD_OPTION(ironbase_collection_distinct(users, "a", NUL, "{}", NUL, text, text_len, &out, NULL, &error), "distinct");
    EACH_BAD_OPTION(ironbase_collection_update_one(users, "{}", NUL, UPDATE, NUL, text, text_len, &out, NULL, &error), "update");
    EACH_BAD_OPTION(ironbase_collection_update_many(users, "{}", NUL, UPDATE, NUL, text, text_len, &out, NULL, &error), "update");
    EACH_BAD_OPTION(ironbase_collection_replace_one(users, "{}", NUL, "{}", NUL, text, text_len, &out, NULL, &error), "update");
    EACH_BAD_OPTION(ironbase_collection_delete_one(users, "{}", NUL, text, text_len, &out, NULL, &error), "delete");
    EACH_BAD_OPTION(ironbase_collection_delete_many(users, "{}", NUL, text, text_len, &out, NULL, &error), "delete");
    EACH_BAD_OPTION(ironbase_collection_create_indexes(users, "[]", NUL, text, text_len, &out, NULL, &error), "createIndexes");
    EACH_BAD_OPTION(ironbase_collection_explain(users, "{\"find\": \"\"}", NUL, text, text_len, &out, NULL, &error), "explain");
    EACH_BAD_OPTION(ironbase_db_create_collection(db, "c", NUL, text, text_len, &error), "create");

    CHECK_ERROR(ironbase_collection_find(users, NULL, 0, "{\"limit\": \"3\"}", NUL, &cursor, &error),
                IRONBASE_ERROR_ARGUMENT, 14, "option \"limit\" of find needs a whole number from 0 up, found a string (\"3\")", "{");
    CHECK_ERROR(ironbase_collection_find(users, NULL, 0, "{\"skip\": -1}", NUL, &cursor, &error),
                IRONBASE_ERROR_ARGUMENT, 51024, "found -1", "{");
    CHECK_ERROR(ironbase_collection_find(users, NULL, 0, "{\"session\": 1}", NUL, &cursor, &error),
                IRONBASE_ERROR_UNSUPPORTED, 2, "option \"session\" of find is not supported yet", "{");
    CHECK_ERROR(ironbase_open("other", "{\"pageSize\": 5000}", NUL, &other, &error),
                IRONBASE_ERROR_ARGUMENT, 2, "needs a power of two from 4096 to 32768, found 5000", "{");
    CHECK_ERROR(ironbase_open("other", "{\"durability\": \"ful\"}", NUL, &other, &error),
                IRONBASE_ERROR_ARGUMENT, 2, "one of \"full\", \"interval\", \"none\"", "{");
}

static void bad_queries(void) {
    ironbase_error_t *error = NULL;
    ironbase_cursor_t *cursor = NULL;
    char *out = NULL;
    int64_t number = 0;
    const ironbase_status_t query = IRONBASE_ERROR_QUERY;

    CHECK_ERROR(ironbase_collection_find(users, "{\"a\": {\"$foo\": 1}}", NUL, NULL, 0, &cursor, &error),
                query, 2, "unknown operator: $foo", "{");
    CHECK_ERROR(ironbase_collection_find_one(users, "{\"$foo\": 1}", NUL, NULL, 0, &out, NULL, &error),
                query, 2, "unknown top level operator: $foo", "{");
    CHECK_ERROR(ironbase_collection_count_documents(users, "{\"a\": {\"$in\": 1}}", NUL, NULL, 0, &number, &error),
                query, 2, "$in", "{");
    CHECK_ERROR(ironbase_collection_delete_many(users, "{\"a\": {\"$regex\": \"(\"}}", NUL, NULL, 0, &out, NULL, &error),
                query, 51091, "egular expression", "{");
    CHECK_ERROR(ironbase_collection_find(users, NULL, 0, "{\"sort\": {\"a\": 2}}", NUL, &cursor, &error),
                query, 15975, "sort", "{");
    CHECK_ERROR(ironbase_collection_find(users, NULL, 0, "{\"projection\": {\"a\": 1, \"b\": 0}}", NUL, &cursor, &error),
                query, 31254, "", "{");
    CHECK_ERROR(ironbase_collection_find(users, NULL, 0, "{\"hint\": \"nothing\"}", NUL, &cursor, &error), query, 2, "hint", "{");

    CHECK_ERROR(ironbase_collection_update_one(users, "{}", NUL, "{\"$foo\": {\"a\": 1}}", NUL, NULL, 0, &out, NULL, &error),
                query, 9, "$foo", "{");
    CHECK_ERROR(ironbase_collection_update_many(users, "{}", NUL, "{\"$set\": {\"a\": 1}, \"$inc\": {\"a\": 1}}", NUL, NULL, 0, &out, NULL, &error),
                query, 40, "a", "{");
    CHECK_ERROR(ironbase_collection_update_one(users, "{}", NUL, "[{\"$group\": {\"_id\": 1}}]", NUL, NULL, 0, &out, NULL, &error),
                query, 72, "$group", "{");
    CHECK_ERROR(ironbase_collection_replace_one(users, "{}", NUL, UPDATE, NUL, NULL, 0, &out, NULL, &error), query, 52, "$set", "{");

    CHECK_ERROR(ironbase_collection_create_indexes(users, "[{\"key\": {\"a\": 2}, \"wrong\": 1}]", NUL, NULL, 0, &out, NULL, &error),
                query, 197, "wrong", "{");
    CHECK_ERROR(ironbase_collection_create_indexes(users, "[1]", NUL, NULL, 0, &out, NULL, &error), query, 14, "", "{");
    CHECK_ERROR(ironbase_collection_drop_index(users, "_id_", NUL, &error), query, 72, "_id", "{");
    CHECK_ERROR(ironbase_collection_explain(users, "{\"findd\": \"\"}", NUL, NULL, 0, &out, NULL, &error), query, 59, "findd", "{");

    CHECK_ERROR(ironbase_db_create_collection(db, "", NUL, NULL, 0, &error), query, 73, "", "{");
    CHECK_ERROR(ironbase_db_create_collection(db, "a\0b", 3, NULL, 0, &error), query, 73, "", "{");
    CHECK_ERROR(ironbase_db_create_collection(db, "a$b", NUL, NULL, 0, &error), query, 73, "a$b", "{");
    CHECK_ERROR(ironbase_db_rename_collection(db, "nobody", NUL, "b", NUL, NULL, 0, &error),
                IRONBASE_ERROR_NOT_FOUND, 26, "nobody", "{");

    CHECK_OK(ironbase_collection_find(users, NULL, 0, NULL, 0, &cursor, &error));
    CHECK_ARGUMENT(ironbase_cursor_next_batch(cursor, 0, 0, 3, &out, NULL, NULL, &error), "format needs IRONBASE_FORMAT_ARRAY (0)");
    ironbase_cursor_free(cursor);
}

/* Documents that no collection can hold. */
static void bad_documents(void) {
    ironbase_error_t *error = NULL;
    char *out = NULL;

    CHECK_ERROR(ironbase_collection_insert_one(users, "{\"_id\": [1]}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 53, "_id", "{");
    CHECK_ERROR(ironbase_collection_insert_one(users, "{\"_id\": {\"$oid\": \"12\"}}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_JSON, 9, "$oid", "\"path\":\"_id");

    /* Nested too deep, and too large. */
    size_t size = 18u << 20;
    char *text = malloc(size);
    size_t len = 0;
    for (int level = 0; level < 200; level++) {
        len += (size_t)snprintf(text + len, size - len, "{\"a\":");
    }
    len += (size_t)snprintf(text + len, size - len, "1");
    memset(text + len, '}', 200);
    CHECK_ERROR(ironbase_collection_insert_one(users, text, len + 200, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_JSON, 15, "100", "\"path\":\"a.a.a.");
    memset(text, 'x', size);
    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + size - 2, "\"}", 2);
    CHECK_ERROR(ironbase_collection_insert_one(users, text, size, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_JSON, 10334, "16777216", "{");
    free(text);
}

int main(void) {
    ironbase_error_t *error = NULL;
    CHECK_OK(ironbase_open("bad_input.mlite", "{\"durability\": \"none\"}", NUL, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_db_create_collection(db, "users", NUL, NULL, 0, &error));

    null_handles();
    null_results();
    results_are_cleared();
    bad_texts();
    bad_options();
    bad_queries();
    bad_documents();

    /* After all of this nothing has been changed. */
    int64_t count = -1;
    CHECK_OK(ironbase_collection_count_documents(users, NULL, 0, NULL, 0, &count, &error));
    CHECK(count == 0);
    ironbase_collection_free(users);
    ironbase_db_free(db);
    return check_end();
}
