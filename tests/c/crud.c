/* The main path of every function, its results compared as text. */
#include "check.h"

static ironbase_error_t *error;
static ironbase_db_t *db;
static ironbase_collection_t *users;
static char *out;

static void library(void) {
    CHECK_TEXT(ironbase_version(), IRONBASE_VERSION_STRING);
    CHECK(ironbase_abi_version() == IRONBASE_ABI_VERSION);
    CHECK_TEXT(ironbase_status_name(IRONBASE_OK), "IRONBASE_OK");
    CHECK_TEXT(ironbase_status_name(IRONBASE_ERROR_INTERNAL), "IRONBASE_ERROR_INTERNAL");
}

static void insert(void) {
    CHECK_RESULT(ironbase_collection_insert_one(users, "{\"_id\": 1, \"name\": \"Ada\", \"age\": 36}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"insertedId\":1}");
    CHECK_RESULT(ironbase_collection_insert_many(users,
                 "[{\"_id\": 2, \"name\": \"Bob\", \"age\": 20}, {\"_id\": \"three\", \"name\": \"Cyd\", \"age\": 52}]",
                 NUL, NULL, 0, &out, NULL, &error),
                 "{\"insertedIds\":{\"0\":2,\"1\":\"three\"},\"insertedCount\":2}");
    CHECK_RESULT(ironbase_collection_insert_many(users, "{\"_id\": 4, \"age\": 36}\n{\"_id\": 5, \"age\": null}\n", NUL,
                 "{\"ordered\": false}", NUL, &out, NULL, &error),
                 "{\"insertedIds\":{\"0\":4,\"1\":5},\"insertedCount\":2}");

    /* An _id made by the database, and its length. */
    size_t len = 0;
    CHECK_OK(ironbase_collection_insert_one(users, "{\"age\": 1}", NUL, NULL, 0, &out, &len, &error));
    CHECK_CONTAINS(out, "{\"insertedId\":{\"$oid\":\"");
    CHECK(len == strlen(out));
    ironbase_string_free(out);
    CHECK_RESULT(ironbase_collection_delete_one(users, "{\"age\": 1}", NUL, NULL, 0, &out, NULL, &error), "{\"deletedCount\":1}");

    CHECK_ERROR(ironbase_collection_insert_one(users, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_DUPLICATE_KEY, 11000, "duplicate key", "\"keyPattern\":{\"_id\":1},\"keyValue\":{\"_id\":1}");
    CHECK(out == NULL);
    /* Unordered: the others are inserted, and the details say which. */
    CHECK_ERROR(ironbase_collection_insert_many(users, "{\"_id\": 1} {\"_id\": 6} {\"_id\": 2} {\"_id\": 7}", NUL,
                "{\"ordered\": false}", NUL, &out, NULL, &error),
                IRONBASE_ERROR_DUPLICATE_KEY, 11000, "duplicate key", "\"writeErrors\":[{\"index\":0,\"code\":11000,");
    CHECK_RESULT(ironbase_collection_delete_many(users, "{\"_id\": {\"$in\": [6, 7]}}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"deletedCount\":2}");
    /* Ordered: nothing behind the first refused. */
    CHECK_ERROR(ironbase_collection_insert_many(users, "{\"_id\": 6} {\"_id\": 1} {\"_id\": 7}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_DUPLICATE_KEY, 11000, "duplicate key", "\"index\":1");
    CHECK_RESULT(ironbase_collection_delete_many(users, "{\"_id\": {\"$in\": [6, 7]}}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"deletedCount\":1}");
}

static void find(void) {
    CHECK_RESULT(ironbase_collection_find_one(users, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"_id\":1,\"name\":\"Ada\",\"age\":36}");
    /* The length counts, not the NUL. */
    CHECK_RESULT(ironbase_collection_find_one(users, "{\"_id\": 1}, and more", 10, NULL, 0, &out, NULL, &error),
                 "{\"_id\":1,\"name\":\"Ada\",\"age\":36}");
    CHECK_RESULT(ironbase_collection_find_one(users, NULL, 0, "{\"sort\": {\"age\": -1}, \"projection\": {\"name\": 1, \"_id\": 0}}", NUL,
                 &out, NULL, &error), "{\"name\":\"Cyd\"}");
    CHECK_DONE(ironbase_collection_find_one(users, "{\"_id\": 99}", NUL, NULL, 0, &out, NULL, &error));
    CHECK(out == NULL);

    int64_t count = 0;
    CHECK_OK(ironbase_collection_count_documents(users, NULL, 0, NULL, 0, &count, &error));
    CHECK(count == 5);
    CHECK_OK(ironbase_collection_estimated_document_count(users, "{\"maxTimeMS\": 1000}", NUL, &count, &error));
    CHECK(count == 5);
    CHECK_OK(ironbase_collection_count_documents(users, "{\"age\": {\"$gte\": 36}}", NUL, "{\"skip\": 1}", NUL, &count, &error));
    CHECK(count == 2);
}

static void distinct(void) {
    CHECK_RESULT(ironbase_collection_distinct(users, "age", NUL, NULL, 0, "{\"hint\": {\"_id\": 1}}", NUL, &out, NULL, &error),
                 "[36,20,null,52]");
    size_t len = 0;
    CHECK_OK(ironbase_collection_distinct(users, "agent", 3, "{\"age\": {\"$gte\": 1000}}", NUL, NULL, 0, &out, &len, &error));
    CHECK(len == 2);
    check_result(__LINE__, "no values", &out, "[]");
    CHECK_ERROR(ironbase_collection_distinct(users, "age.", NUL, NULL, 0, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 40353, "must not end with a '.'", "{");
    CHECK(out == NULL);
}

static void cursor(void) {
    ironbase_cursor_t *cursor = NULL;
    const char *document = NULL;
    size_t len = 0;
    uint32_t count = 0;
    const char *options = "{\"sort\": {\"_id\": 1}, \"projection\": {\"_id\": 1}}";

    CHECK_OK(ironbase_collection_find(users, NULL, 0, "{\"sort\": {\"_id\": 1}, \"skip\": 1, \"limit\": 2, \"projection\": {\"name\": 1}}",
                                      NUL, &cursor, &error));
    CHECK_OK(ironbase_cursor_next(cursor, &document, &len, &error));
    CHECK_TEXT(document, "{\"_id\":2,\"name\":\"Bob\"}");
    CHECK(len == strlen(document));
    CHECK_OK(ironbase_cursor_next(cursor, &document, NULL, &error));
    CHECK_TEXT(document, "{\"_id\":4}");
    CHECK_DONE(ironbase_cursor_next(cursor, &document, &len, &error));
    CHECK(document == NULL && len == 0);
    CHECK_DONE(ironbase_cursor_next(cursor, &document, &len, &error));
    CHECK_DONE(ironbase_cursor_next_batch(cursor, 0, 0, IRONBASE_FORMAT_ARRAY, &out, &len, &count, &error));
    CHECK(out == NULL && len == 0 && count == 0);
    ironbase_cursor_free(cursor);

    /* Batches limited by number, then by size, then by nothing; and single documents between. */
    CHECK_OK(ironbase_collection_find(users, NULL, 0, options, NUL, &cursor, &error));
    CHECK_OK(ironbase_cursor_next_batch(cursor, 2, 0, IRONBASE_FORMAT_ARRAY, &out, &len, &count, &error));
    CHECK(count == 2 && len == strlen(out));
    check_result(__LINE__, "array", &out, "[{\"_id\":1},{\"_id\":2}]");
    CHECK_OK(ironbase_cursor_next_batch(cursor, 0, 1, IRONBASE_FORMAT_LINES, &out, &len, &count, &error));
    CHECK(count == 1);
    check_result(__LINE__, "one is always returned", &out, "{\"_id\":4}\n");
    CHECK_OK(ironbase_cursor_next(cursor, &document, NULL, &error));
    CHECK_TEXT(document, "{\"_id\":5}");
    CHECK_OK(ironbase_cursor_next_batch(cursor, 0, 0, IRONBASE_FORMAT_LINES, &out, NULL, &count, &error));
    CHECK(count == 1);
    check_result(__LINE__, "the rest", &out, "{\"_id\":\"three\"}\n");
    CHECK_DONE(ironbase_cursor_next_batch(cursor, 0, 0, IRONBASE_FORMAT_LINES, &out, NULL, &count, &error));
    ironbase_cursor_free(cursor);

    /* `{"_id":1}` has 9 bytes: two of them with a line end each fit 20 bytes but not 19; as an array they take 21. */
    static const struct {
        size_t max_bytes;
        int32_t format;
        const char *first;
        const char *second;
    } cases[] = {
        {19, IRONBASE_FORMAT_LINES, "{\"_id\":1}\n", "{\"_id\":2}\n"},
        {20, IRONBASE_FORMAT_LINES, "{\"_id\":1}\n{\"_id\":2}\n", "{\"_id\":4}\n{\"_id\":5}\n"},
        {20, IRONBASE_FORMAT_ARRAY, "[{\"_id\":1}]", "[{\"_id\":2}]"},
        {21, IRONBASE_FORMAT_ARRAY, "[{\"_id\":1},{\"_id\":2}]", "[{\"_id\":4},{\"_id\":5}]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_OK(ironbase_collection_find(users, NULL, 0, options, NUL, &cursor, &error));
        CHECK_RESULT(ironbase_cursor_next_batch(cursor, 0, cases[i].max_bytes, cases[i].format, &out, NULL, NULL, &error), cases[i].first);
        CHECK_RESULT(ironbase_cursor_next_batch(cursor, 0, cases[i].max_bytes, cases[i].format, &out, NULL, NULL, &error), cases[i].second);
        ironbase_cursor_free(cursor);
    }

    /* Without limits, `batchSize` counts. */
    CHECK_OK(ironbase_collection_find(users, NULL, 0, "{\"batchSize\": 3}", NUL, &cursor, &error));
    CHECK_OK(ironbase_cursor_next_batch(cursor, 0, 0, IRONBASE_FORMAT_ARRAY, &out, NULL, &count, &error));
    CHECK(count == 3);
    ironbase_string_free(out);
    ironbase_cursor_free(cursor);
}

static void update(void) {
    CHECK_RESULT(ironbase_collection_update_one(users, "{\"_id\": 1}", NUL, "{\"$inc\": {\"age\": 1}}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"matchedCount\":1,\"modifiedCount\":1,\"upsertedCount\":0}");
    CHECK_RESULT(ironbase_collection_update_one(users, "{\"_id\": 1}", NUL, "{\"$set\": {\"age\": 37}}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"matchedCount\":1,\"modifiedCount\":0,\"upsertedCount\":0}");
    CHECK_RESULT(ironbase_collection_update_many(users, "{\"name\": {\"$exists\": false}}", NUL, "{\"$set\": {\"name\": \"?\"}}", NUL,
                 NULL, 0, &out, NULL, &error), "{\"matchedCount\":2,\"modifiedCount\":2,\"upsertedCount\":0}");
    CHECK_RESULT(ironbase_collection_update_one(users, "{\"_id\": 8}", NUL, "{\"$set\": {\"name\": \"Eve\"}}", NUL, "{\"upsert\": true}", NUL,
                 &out, NULL, &error), "{\"matchedCount\":0,\"modifiedCount\":0,\"upsertedCount\":1,\"upsertedId\":8}");
    CHECK_RESULT(ironbase_collection_replace_one(users, "{\"_id\": 8}", NUL, "{\"name\": \"Eva\"}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"matchedCount\":1,\"modifiedCount\":1,\"upsertedCount\":0}");
    CHECK_RESULT(ironbase_collection_find_one(users, "{\"_id\": 8}", NUL, NULL, 0, &out, NULL, &error), "{\"_id\":8,\"name\":\"Eva\"}");
    CHECK_ERROR(ironbase_collection_replace_one(users, "{\"_id\": 8}", NUL, "{\"_id\": 9}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 66, "_id", "{");
    CHECK_ERROR(ironbase_collection_update_one(users, "{\"_id\": 8}", NUL, "{\"$inc\": {\"name\": 1}}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 14, "name", "{");
    CHECK_RESULT(ironbase_collection_delete_many(users, "{\"_id\": 8}", NUL, NULL, 0, &out, NULL, &error), "{\"deletedCount\":1}");
    CHECK_RESULT(ironbase_collection_delete_one(users, "{\"_id\": 8}", NUL, NULL, 0, &out, NULL, &error), "{\"deletedCount\":0}");
}

static void indexes(void) {
    CHECK_RESULT(ironbase_collection_create_indexes(users, "[{\"key\": {\"age\": 1}}, {\"key\": {\"email\": 1}, \"name\": \"mail\"}]", NUL,
                 NULL, 0, &out, NULL, &error), "[\"age_1\",\"mail\"]");
    CHECK_OK(ironbase_collection_create_indexes(users, "[{\"key\": {\"age\": 1}}]", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_list_indexes(users, &out, NULL, &error));
    CHECK_CONTAINS(out, "[{\"v\":2,\"key\":{\"_id\":1},\"name\":\"_id_\"}");
    CHECK_CONTAINS(out, "{\"v\":2,\"key\":{\"age\":1},\"name\":\"age_1\"}");
    ironbase_string_free(out);

    CHECK_OK(ironbase_collection_explain(users, "{\"find\": \"users\", \"filter\": {\"age\": {\"$gt\": 30}}}", NUL,
                                         "{\"verbosity\": \"executionStats\"}", NUL, &out, NULL, &error));
    CHECK_CONTAINS(out, "\"stage\":\"IXSCAN\"");
    CHECK_CONTAINS(out, "\"indexName\":\"age_1\"");
    CHECK_CONTAINS(out, "\"nReturned\":3");
    ironbase_string_free(out);

    CHECK_OK(ironbase_collection_drop_index(users, "mail", NUL, &error));
    CHECK_ERROR(ironbase_collection_drop_index(users, "mail", NUL, &error), IRONBASE_ERROR_NOT_FOUND, 27, "mail", "{");
    /* Documents 1 and 4 have both been given the age 36, then 1 became 37: unique holds. */
    CHECK_OK(ironbase_collection_create_indexes(users, "[{\"key\": {\"name\": 1}, \"name\": \"once\"}]", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_ERROR(ironbase_collection_create_indexes(users, "[{\"key\": {\"name\": 1}, \"name\": \"twice\", \"unique\": true}]", NUL,
                NULL, 0, NULL, NULL, &error), IRONBASE_ERROR_QUERY, 85, "once", "{");
    CHECK_OK(ironbase_collection_drop_index(users, "once", NUL, &error));
    CHECK_ERROR(ironbase_collection_create_indexes(users, "[{\"key\": {\"name\": 1}, \"unique\": true}]", NUL, NULL, 0, NULL, NULL, &error),
                IRONBASE_ERROR_DUPLICATE_KEY, 11000, "duplicate key", "\"keyValue\":{\"name\":\"?\"}");
}

static void collections(void) {
    CHECK_OK(ironbase_db_create_collection(db, "orders", NUL, NULL, 0, &error));
    CHECK_OK(ironbase_db_rename_collection(db, "orders", NUL, "archive", NUL, NULL, 0, &error));
    CHECK_OK(ironbase_db_list_collections(db, "{\"name\": \"archive\"}", NUL, &out, NULL, &error));
    CHECK_CONTAINS(out, "[{\"name\":\"archive\",\"type\":\"collection\",\"options\":{}");
    ironbase_string_free(out);
    CHECK_ERROR(ironbase_db_rename_collection(db, "archive", NUL, "users", NUL, NULL, 0, &error),
                IRONBASE_ERROR_QUERY, 48, "users", "{");

    ironbase_collection_t *archive = NULL;
    CHECK_OK(ironbase_db_collection(db, "archive", NUL, &archive, &error));
    CHECK_OK(ironbase_collection_drop(archive, &error));
    CHECK_OK(ironbase_collection_drop(archive, &error));
    CHECK_RESULT(ironbase_db_list_collections(db, "{\"name\": \"archive\"}", NUL, &out, NULL, &error), "[]");
    ironbase_collection_free(archive);

    CHECK_OK(ironbase_db_checkpoint(db, &error));
    CHECK_OK(ironbase_db_stats(db, NULL, 0, &out, NULL, &error));
    CHECK_CONTAINS(out, "\"collections\":1");
    ironbase_string_free(out);
}

/* What was written is there when the database is opened anew, here with canonical JSON. */
static void reopen(void) {
    ironbase_collection_free(users);
    CHECK_OK(ironbase_db_close(db, &error));
    ironbase_db_free(db);
    CHECK_OK(ironbase_open("crud.mlite", "{\"create\": false, \"jsonMode\": \"canonical\"}", NUL, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_RESULT(ironbase_collection_find_one(users, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"_id\":{\"$numberInt\":\"1\"},\"name\":\"Ada\",\"age\":{\"$numberInt\":\"37\"}}");
    CHECK_RESULT(ironbase_collection_insert_one(users, "{\"_id\": 10}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"insertedId\":{\"$numberInt\":\"10\"}}");
}

static void in_memory(void) {
    ironbase_db_t *memory = NULL;
    ironbase_collection_t *collection = NULL;
    CHECK_OK(ironbase_open(":memory:", NULL, 0, &memory, &error));
    CHECK_OK(ironbase_db_collection(memory, "c", NUL, &collection, &error));
    CHECK_RESULT(ironbase_collection_insert_one(collection, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error), "{\"insertedId\":1}");
    CHECK_RESULT(ironbase_collection_find_one(collection, NULL, 0, NULL, 0, &out, NULL, &error), "{\"_id\":1}");
    ironbase_collection_free(collection);
    ironbase_db_free(memory);
}

int main(void) {
    library();
    CHECK_OK(ironbase_open("crud.mlite", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    insert();
    find();
    distinct();
    cursor();
    update();
    indexes();
    collections();
    reopen();
    ironbase_collection_free(users);
    ironbase_db_free(db);
    in_memory();
    return check_end();
}
