/* Validators and the filters' larger operators, through text. */
#include "check.h"

static ironbase_error_t *error;
static ironbase_db_t *db;
static ironbase_collection_t *people;
static char *out;

static void validators(void) {
    CHECK_OK(ironbase_db_create_collection(db, "people", NUL,
             "{\"validator\": {\"$jsonSchema\": {\"required\": [\"name\"], "
             "\"properties\": {\"age\": {\"bsonType\": \"int\", \"minimum\": 0}}}}}", NUL, &error));
    CHECK_OK(ironbase_db_collection(db, "people", NUL, &people, &error));
    CHECK_OK(ironbase_collection_insert_one(people, "{\"_id\": 1, \"name\": \"Ada\", \"age\": 36}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_ERROR(ironbase_collection_insert_one(people, "{\"_id\": 2, \"age\": -1}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_VALIDATION, 121, "Document failed validation",
                "\"errInfo\":{\"failingDocumentId\":2,\"details\":{\"operatorName\":\"$jsonSchema\",\"schemaRulesNotSatisfied\":[");
    CHECK_ERROR(ironbase_collection_update_one(people, "{\"_id\": 1}", NUL, "{\"$unset\": {\"name\": 1}}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_VALIDATION, 121, "Document failed validation", "\"missingProperties\":[\"name\"]");
    CHECK_ERROR(ironbase_collection_insert_many(people, "[{\"_id\": 3, \"name\": \"Bob\"}, {\"_id\": 4}]", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_VALIDATION, 121, "Document failed validation", "\"writeErrors\":[{\"index\":1,\"code\":121,");
    CHECK_OK(ironbase_collection_insert_one(people, "{\"_id\": 5}", NUL, "{\"bypassDocumentValidation\": true}", NUL, NULL, NULL, &error));
    CHECK_ERROR(ironbase_db_create_collection(db, "bad", NUL, "{\"validator\": {\"$jsonSchema\": {\"foo\": 1}}}", NUL, &error),
                IRONBASE_ERROR_QUERY, 9, "Unknown $jsonSchema keyword: foo", "{");
}

#define REFUSED(call, details) CHECK_ERROR(call, IRONBASE_ERROR_VALIDATION, 121, "Document failed validation", details)

/* Through every other way in, with the document named. */
static void other_writes(void) {
    const char *unset = "{\"$unset\": {\"name\": 1}}";
    const char *failing = "\"errInfo\":{\"failingDocumentId\":1,";
    REFUSED(ironbase_collection_find_one_and_update(people, "{\"_id\": 1}", NUL, unset, NUL, NULL, 0, &out, NULL, &error), failing);
    REFUSED(ironbase_collection_find_one_and_update(people, "{\"_id\": 1}", NUL, "[{\"$unset\": \"name\"}]", NUL, NULL, 0, &out, NULL, &error), failing);
    REFUSED(ironbase_collection_find_one_and_replace(people, "{\"_id\": 1}", NUL, "{\"age\": 1}", NUL, NULL, 0, &out, NULL, &error), failing);
    REFUSED(ironbase_collection_update_one(people, "{\"_id\": 8}", NUL, "{\"$set\": {\"age\": 1}}", NUL, "{\"upsert\": true}", NUL, &out, NULL, &error),
            "\"failingDocumentId\":8");
    REFUSED(ironbase_collection_find_one_and_update(people, "{\"_id\": 8}", NUL, unset, NUL, "{\"upsert\": true}", NUL, &out, NULL, &error),
            "\"failingDocumentId\":8");
    CHECK(out == NULL);
    REFUSED(ironbase_collection_bulk_write(people, "{\"insertOne\": {\"document\": {\"_id\": 6, \"name\": \"Fay\"}}} "
            "{\"updateOne\": {\"filter\": {\"_id\": 6}, \"update\": {\"$unset\": {\"name\": 1}}}}", NUL, NULL, 0, &out, NULL, &error),
            "\"writeErrors\":[{\"index\":1,\"code\":121,");
    CHECK_RESULT(ironbase_collection_find_one_and_delete(people, "{\"_id\": 6}", NUL, NULL, 0, &out, NULL, &error), "{\"_id\":6,\"name\":\"Fay\"}");
    /* In a transaction, which ends. */
    ironbase_txn_t *txn = NULL;
    ironbase_collection_t *inside = NULL;
    CHECK_OK(ironbase_txn_begin(db, NULL, 0, &txn, &error));
    CHECK_OK(ironbase_txn_collection(txn, "people", NUL, &inside, &error));
    CHECK_OK(ironbase_collection_insert_one(inside, "{\"_id\": 7, \"name\": \"Guy\"}", NUL, NULL, 0, NULL, NULL, &error));
    REFUSED(ironbase_collection_update_one(inside, "{\"_id\": 7}", NUL, unset, NUL, NULL, 0, &out, NULL, &error), "\"failingDocumentId\":7");
    CHECK_ERROR(ironbase_txn_commit(txn, &error), IRONBASE_ERROR_NOT_FOUND, 251, "aborted", "{");
    ironbase_collection_free(inside);
    ironbase_txn_free(txn);
    CHECK_DONE(ironbase_collection_find_one(people, "{\"_id\": 7}", NUL, NULL, 0, &out, NULL, &error));
}

static void operators(void) {
    static const struct { const char *filter; int64_t count; } cases[] = {
        {"{\"age\": {\"$type\": \"int\"}}", 1},
        {"{\"age\": {\"$type\": [\"string\", \"number\"]}}", 1},
        {"{\"age\": {\"$mod\": [10, 6]}}", 1},
        {"{\"age\": {\"$bitsAllSet\": [2, 5]}}", 1},
        {"{\"age\": {\"$bitsAnySet\": 1}}", 0},
        {"{\"name\": {\"$all\": [\"Ada\"]}}", 1},
        {"{\"name\": {\"$size\": 1}}", 0},
        {"{\"name\": {\"$elemMatch\": {\"$eq\": \"Ada\"}}}", 0},
        {"{\"name\": {\"$regex\": \"^A(?=d)\"}}", 1},
        {"{\"$nor\": [{\"$jsonSchema\": {\"required\": [\"name\"]}}]}", 1},
        {"{\"$alwaysFalse\": 1}", 0},
        {"{\"$sampleRate\": 1.0}", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t count = -1;
        CHECK_OK(ironbase_collection_count_documents(people, cases[i].filter, NUL, NULL, 0, &count, &error));
        CHECK(count == cases[i].count);
    }
    CHECK_ERROR(ironbase_collection_find_one(people, "{\"a\": {\"$near\": [1, 2]}}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 2, "the query operator $near is not supported yet", "{");
    CHECK_ERROR(ironbase_collection_find_one(people, "{\"$where\": \"1\"}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 2, "$where is not supported", "{");
}

int main(void) {
    CHECK_OK(ironbase_open(":memory:", NULL, 0, &db, &error));
    validators();
    other_writes();
    operators();
    ironbase_collection_free(people);
    ironbase_db_free(db);
    return check_end();
}
