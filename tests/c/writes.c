/* Update operators, findAndModify and bulk writes, their results compared as text. */
#include "check.h"

static ironbase_error_t *error;
static ironbase_db_t *db;
static ironbase_collection_t *things;
static char *out;

static void reset(const char *documents) {
    CHECK_OK(ironbase_collection_delete_many(things, "{}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_insert_many(things, documents, NUL, NULL, 0, NULL, NULL, &error));
}

static void find_one_and_update(void) {
    size_t len = 7;
    reset("{\"_id\": 1, \"n\": 1, \"a\": [1, 2]} {\"_id\": 2, \"n\": 5}");
    CHECK_OK(ironbase_collection_find_one_and_update(things, "{\"_id\": 1}", NUL, "{\"$inc\": {\"n\": 1}}", NUL, NULL, 0, &out, &len, &error));
    CHECK(len == strlen(out));
    check_result(__LINE__, "as it was", &out, "{\"_id\":1,\"n\":1,\"a\":[1,2]}");
    CHECK_RESULT(ironbase_collection_find_one_and_update(things, "{\"a\": 2}", NUL, "{\"$set\": {\"a.$\": 9}}", NUL,
                 "{\"returnDocument\": \"after\", \"projection\": {\"a\": 1, \"_id\": 0}}", NUL, &out, NULL, &error), "{\"a\":[1,9]}");
    CHECK_RESULT(ironbase_collection_find_one_and_update(things, "{}", NUL, "{\"$set\": {\"m\": 1}}", NUL,
                 "{\"sort\": {\"n\": -1}}", NUL, &out, NULL, &error), "{\"_id\":2,\"n\":5}");
    CHECK_RESULT(ironbase_collection_find_one_and_update(things, "{\"_id\": 1}", NUL, "{\"$set\": {\"a.$[big]\": 5}}", NUL,
                 "{\"returnDocument\": \"after\", \"arrayFilters\": [{\"big\": {\"$gt\": 5}}]}", NUL, &out, NULL, &error),
                 "{\"_id\":1,\"n\":2,\"a\":[1,5]}");
    CHECK_DONE(ironbase_collection_find_one_and_update(things, "{\"_id\": 7}", NUL, "{\"$inc\": {\"n\": 1}}", NUL, NULL, 0, &out, &len, &error));
    CHECK(out == NULL && len == 0);
    CHECK_DONE(ironbase_collection_find_one_and_update(things, "{\"_id\": 7}", NUL, "{\"$inc\": {\"n\": 1}}", NUL,
               "{\"upsert\": true}", NUL, &out, NULL, &error));
    CHECK_RESULT(ironbase_collection_find_one_and_update(things, "{\"_id\": 8}", NUL, "{\"$inc\": {\"n\": 1}}", NUL,
                 "{\"upsert\": true, \"returnDocument\": \"after\"}", NUL, &out, NULL, &error), "{\"_id\":8,\"n\":1}");
    CHECK_OK(ironbase_collection_find_one_and_update(things, "{\"_id\": 8}", NUL, "{\"$inc\": {\"n\": 1}}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_ERROR(ironbase_collection_find_one_and_update(things, "{\"_id\": 1}", NUL, "{\"$push\": {\"n\": 1}}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 2, "must be an array", "{");
    CHECK_ERROR(ironbase_collection_find_one_and_update(things, "{\"_id\": 1}", NUL, "{\"$inc\": {\"n\": 1}}", NUL,
                "{\"returnDocument\": \"now\"}", NUL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 2, "\"before\", \"after\"", "{");
}

static void find_one_and_replace_and_delete(void) {
    reset("{\"_id\": 1, \"n\": 1} {\"_id\": 2, \"n\": 5}");
    CHECK_RESULT(ironbase_collection_find_one_and_replace(things, "{\"n\": 1}", NUL, "{\"m\": 2}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"_id\":1,\"n\":1}");
    CHECK_RESULT(ironbase_collection_find_one_and_replace(things, "{\"_id\": 1}", NUL, "{\"k\": 3}", NUL,
                 "{\"returnDocument\": \"after\"}", NUL, &out, NULL, &error), "{\"_id\":1,\"k\":3}");
    CHECK_ERROR(ironbase_collection_find_one_and_replace(things, "{\"_id\": 1}", NUL, "{\"$set\": {\"k\": 3}}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 52, "$set", "{");
    CHECK_RESULT(ironbase_collection_find_one_and_delete(things, "{}", NUL, "{\"sort\": {\"_id\": -1}, \"projection\": {\"n\": 1, \"_id\": 0}}", NUL,
                 &out, NULL, &error), "{\"n\":5}");
    CHECK_OK(ironbase_collection_find_one_and_delete(things, "{}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_DONE(ironbase_collection_find_one_and_delete(things, "{}", NUL, NULL, 0, &out, NULL, &error));
    CHECK(out == NULL);
}

static void bulk_write(void) {
    reset("{\"_id\": 1, \"n\": 1} {\"_id\": 2, \"n\": 5}");
    CHECK_RESULT(ironbase_collection_bulk_write(things,
                 "[{\"insertOne\": {\"document\": {\"_id\": 3, \"n\": 3}}},"
                 " {\"updateOne\": {\"filter\": {\"_id\": 3}, \"update\": {\"$inc\": {\"n\": 1}}}},"
                 " {\"updateMany\": {\"filter\": {\"n\": {\"$gte\": 4}}, \"update\": {\"$set\": {\"big\": true}}}},"
                 " {\"replaceOne\": {\"filter\": {\"_id\": 9}, \"replacement\": {\"n\": 9}, \"upsert\": true}},"
                 " {\"deleteOne\": {\"filter\": {\"_id\": 1}}},"
                 " {\"deleteMany\": {\"filter\": {\"big\": true}}}]", NUL, NULL, 0, &out, NULL, &error),
                 "{\"insertedCount\":1,\"matchedCount\":3,\"modifiedCount\":3,\"deletedCount\":3,\"upsertedCount\":1,"
                 "\"insertedIds\":{\"0\":3},\"upsertedIds\":{\"3\":9}}");
    CHECK_RESULT(ironbase_collection_find_one(things, "{}", NUL, NULL, 0, &out, NULL, &error), "{\"_id\":9,\"n\":9}");

    /* One a line; what is refused stops an ordered one, and is passed over by another. */
    const char *lines = "{\"insertOne\": {\"document\": {\"_id\": 1}}}\n{\"insertOne\": {\"document\": {\"_id\": 9}}}\n"
                        "{\"updateOne\": {\"filter\": {\"_id\": 9}, \"update\": {\"$foo\": {}}}}\n{\"deleteOne\": {\"filter\": {\"_id\": 9}}}\n";
    CHECK_ERROR(ironbase_collection_bulk_write(things, lines, NUL, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_DUPLICATE_KEY, 11000,
                "duplicate key", "\"writeErrors\":[{\"index\":1,\"code\":11000,\"errmsg\":");
    CHECK(out == NULL);
    CHECK_ERROR(ironbase_collection_bulk_write(things, lines + strlen("{\"insertOne\": {\"document\": {\"_id\": 1}}}\n"), NUL,
                "{\"ordered\": false}", NUL, &out, NULL, &error), IRONBASE_ERROR_DUPLICATE_KEY, 11000,
                "(and 1 more write errors)", "\"deletedCount\":1");
    CHECK_ERROR(ironbase_collection_bulk_write(things, "[]", NUL, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_QUERY, 16, "at least one model", "{");
    CHECK_ERROR(ironbase_collection_bulk_write(things, "{\"insertOne\": {\"document\": {\"_id\": 5}}} {\"insert\": {}}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_ARGUMENT, 9, "models[1]", "\"insertedCount\":1");
    CHECK_ERROR(ironbase_collection_bulk_write(things, "{\"deleteOne\": {}}", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_ARGUMENT, 40414, "needs \"filter\"", "{");
    CHECK_ERROR(ironbase_collection_bulk_write(things, "{\"insertOne\": ", NUL, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_JSON, 9, "models", "position");
    CHECK_ARGUMENT(ironbase_collection_bulk_write(things, NULL, 0, NULL, 0, &out, NULL, &error), "models is NULL");
}

/* An array of stages instead of operators, with the variables of `let`. */
static void pipelines(void) {
    const char *double_n = "[{\"$set\": {\"n\": {\"$multiply\": [\"$n\", \"$$by\"]}}}, {\"$unset\": \"m\"}]";
    reset("{\"_id\": 1, \"n\": 1, \"m\": 0} {\"_id\": 2, \"n\": 5}");
    CHECK_RESULT(ironbase_collection_update_one(things, "{\"_id\": 1}", NUL, double_n, NUL, "{\"let\": {\"by\": {\"$add\": [1, 1]}}}", NUL,
                 &out, NULL, &error), "{\"matchedCount\":1,\"modifiedCount\":1,\"upsertedCount\":0}");
    CHECK_RESULT(ironbase_collection_find_one(things, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error), "{\"_id\":1,\"n\":2}");
    CHECK_RESULT(ironbase_collection_update_many(things, "{\"$expr\": {\"$lt\": [\"$n\", \"$$by\"]}}", NUL, double_n, NUL,
                 "{\"let\": {\"by\": 3}}", NUL, &out, NULL, &error), "{\"matchedCount\":1,\"modifiedCount\":1,\"upsertedCount\":0}");
    CHECK_RESULT(ironbase_collection_update_many(things, "{}", NUL, double_n, NUL, "{\"constants\": {\"by\": 10}}", NUL, &out, NULL, &error),
                 "{\"matchedCount\":2,\"modifiedCount\":2,\"upsertedCount\":0}");
    CHECK_RESULT(ironbase_collection_find_one_and_update(things, "{\"n\": 50}", NUL, double_n, NUL,
                 "{\"let\": {\"by\": 2}, \"returnDocument\": \"after\"}", NUL, &out, NULL, &error), "{\"_id\":2,\"n\":100}");
    CHECK_RESULT(ironbase_collection_bulk_write(things,
                 "[{\"updateOne\": {\"filter\": {\"_id\": 1}, \"update\": [{\"$set\": {\"n\": \"$$by\"}}]}},"
                 " {\"updateMany\": {\"filter\": {}, \"update\": [{\"$set\": {\"m\": \"$n\"}}]}},"
                 " {\"updateOne\": {\"filter\": {\"_id\": 3}, \"update\": [{\"$replaceWith\": {\"k\": \"$$c\"}}], \"upsert\": true,"
                 " \"constants\": {\"c\": 7}}}]", NUL, "{\"let\": {\"by\": 4}}", NUL, &out, NULL, &error),
                 "{\"insertedCount\":0,\"matchedCount\":3,\"modifiedCount\":3,\"deletedCount\":0,\"upsertedCount\":1,"
                 "\"insertedIds\":{},\"upsertedIds\":{\"2\":3}}");
    CHECK_RESULT(ironbase_collection_distinct(things, "m", NUL, NULL, 0, NULL, 0, &out, NULL, &error), "[4,100]");
    CHECK_RESULT(ironbase_collection_find_one(things, "{\"_id\": 3}", NUL, NULL, 0, &out, NULL, &error), "{\"_id\":3,\"k\":7}");
    CHECK_ERROR(ironbase_collection_update_one(things, "{}", NUL, "[{\"$set\": {\"n\": \"$$by\"}}]", NUL, NULL, 0, &out, NULL, &error),
                IRONBASE_ERROR_QUERY, 17276, "Use of undefined variable: by", "{");
    CHECK_ERROR(ironbase_collection_update_one(things, "{}", NUL, "{\"$set\": {\"n\": 1}}", NUL, "{\"constants\": {\"by\": 1}}", NUL, &out,
                NULL, &error), IRONBASE_ERROR_QUERY, 51198, "only be specified for pipeline updates", "{");
    CHECK_ERROR(ironbase_collection_bulk_write(things, "{\"updateOne\": {\"filter\": {}, \"update\": [{\"$match\": {}}]}}", NUL, NULL, 0, &out,
                NULL, &error), IRONBASE_ERROR_QUERY, 72, "$match", "\"index\":0");
}

int main(void) {
    CHECK_OK(ironbase_open(":memory:", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    find_one_and_update();
    find_one_and_replace_and_delete();
    bulk_write();
    pipelines();
    ironbase_collection_free(things);
    ironbase_db_free(db);
    return check_end();
}
