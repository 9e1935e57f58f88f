/* BSON in and out: the twins of the JSON functions, batches, and what is refused. */
#include "check.h"

/* {"_id": N, "x": N} */
#define DOCUMENT(n) 21, 0, 0, 0, 16, '_', 'i', 'd', 0, n, 0, 0, 0, 16, 'x', 0, n, 0, 0, 0, 0

static const uint8_t ONE[] = {DOCUMENT(1)};
static const uint8_t TWO[] = {DOCUMENT(2)};
static const uint8_t THREE[] = {DOCUMENT(3)};
static const uint8_t THREE_AND_FOUR[] = {DOCUMENT(3), DOCUMENT(4)};
static const uint8_t X_IS_2[] = {12, 0, 0, 0, 16, 'x', 0, 2, 0, 0, 0, 0};
static const uint8_t UNORDERED[] = {15, 0, 0, 0, 8, 'o', 'r', 'd', 'e', 'r', 'e', 'd', 0, 0, 0};
static const uint8_t EMPTY[] = {5, 0, 0, 0, 0};

#define BYTES(array) array, sizeof array

static ironbase_error_t *error;
static ironbase_db_t *db;
static ironbase_collection_t *numbers;

static void inserts(void) {
    static const uint8_t inserted_id[] = {21, 0, 0, 0, 16, 'i', 'n', 's', 'e', 'r', 't', 'e', 'd', 'I', 'd', 0, 1, 0, 0, 0, 0};
    uint8_t *out = NULL;
    char *text = NULL;
    size_t length = 0;
    uint64_t count = 99;
    CHECK_OK(ironbase_collection_insert_one_bson(numbers, BYTES(ONE), NULL, 0, &out, &length, &error));
    CHECK(length == sizeof inserted_id && memcmp(out, inserted_id, length) == 0);
    ironbase_bson_free(out);
    CHECK_OK(ironbase_collection_insert_one_bson(numbers, BYTES(TWO), BYTES(EMPTY), NULL, NULL, &error));
    CHECK_ERROR(ironbase_collection_insert_one_bson(numbers, BYTES(ONE), NULL, 0, &out, &length, &error),
                IRONBASE_ERROR_DUPLICATE_KEY, 11000, "_id: 1", "\"keyValue\":{\"_id\":1}");
    CHECK(out == NULL && length == 0);

    CHECK_OK(ironbase_collection_insert_many_bson(numbers, BYTES(THREE_AND_FOUR), NULL, 0, &count, &error));
    CHECK(count == 2);
    CHECK_ERROR(ironbase_collection_insert_many_bson(numbers, (const uint8_t *)"", 0, NULL, 0, &count, &error), IRONBASE_ERROR_QUERY, 16,
                "at least one document", "{");
    CHECK(count == 0);
    static const uint8_t again[] = {DOCUMENT(3), DOCUMENT(5)};
    CHECK_ERROR(ironbase_collection_insert_many_bson(numbers, BYTES(again), BYTES(UNORDERED), &count, &error),
                IRONBASE_ERROR_DUPLICATE_KEY, 11000, "_id: 3", "\"insertedCount\":1");
    CHECK(ironbase_collection_find_one(numbers, "{\"x\": 5}", NUL, NULL, 0, &text, NULL, &error) == IRONBASE_OK);
    check_result(__LINE__, "the document behind", &text, "{\"_id\":5,\"x\":5}");
}

static void reads(void) {
    uint8_t *out = NULL;
    const uint8_t *document = NULL;
    const char *text = NULL;
    char *batch = NULL;
    size_t length = 0;
    uint32_t count = 0;
    ironbase_cursor_t *cursor = NULL;
    CHECK_OK(ironbase_collection_find_one_bson(numbers, BYTES(X_IS_2), NULL, 0, &out, &length, &error));
    CHECK(length == sizeof TWO && memcmp(out, TWO, length) == 0);
    ironbase_bson_free(out);
    static const uint8_t x_is_9[] = {12, 0, 0, 0, 16, 'x', 0, 9, 0, 0, 0, 0};
    CHECK_DONE(ironbase_collection_find_one_bson(numbers, BYTES(x_is_9), NULL, 0, &out, &length, &error));
    CHECK(out == NULL && length == 0);

    /* All ways of reading a cursor, mixed: the third document does not fit the batch and is held back. */
    CHECK_OK(ironbase_collection_find_bson(numbers, NULL, 0, NULL, 0, &cursor, &error));
    CHECK_OK(ironbase_cursor_next_bson(cursor, &document, &length, &error));
    CHECK(length == sizeof ONE && memcmp(document, ONE, length) == 0);
    CHECK_OK(ironbase_cursor_next_batch(cursor, 0, 30, IRONBASE_FORMAT_BSON, &batch, &length, &count, &error));
    CHECK(count == 1 && length == sizeof TWO && memcmp(batch, TWO, length) == 0);
    ironbase_string_free(batch);
    CHECK_OK(ironbase_cursor_next_bson(cursor, &document, &length, &error));
    CHECK(length == sizeof THREE && memcmp(document, THREE, length) == 0);
    CHECK_OK(ironbase_cursor_next_batch(cursor, 0, 20, IRONBASE_FORMAT_LINES, &batch, &length, &count, &error));
    CHECK_TEXT(batch, "{\"_id\":4,\"x\":4}\n");
    ironbase_string_free(batch);
    CHECK_OK(ironbase_cursor_next(cursor, &text, NULL, &error));
    CHECK_TEXT(text, "{\"_id\":5,\"x\":5}");
    CHECK_DONE(ironbase_cursor_next_bson(cursor, &document, &length, &error));
    CHECK(document == NULL && length == 0);
    CHECK_DONE(ironbase_cursor_next_batch(cursor, 0, 0, IRONBASE_FORMAT_BSON, &batch, &length, &count, &error));
    ironbase_cursor_free(cursor);

    CHECK_OK(ironbase_collection_find(numbers, NULL, 0, NULL, 0, &cursor, &error));
    CHECK_OK(ironbase_cursor_next_batch(cursor, 0, 0, IRONBASE_FORMAT_BSON, &batch, &length, &count, &error));
    CHECK(count == 5 && length == 5 * sizeof ONE && memcmp(batch + 2 * sizeof ONE, THREE_AND_FOUR, sizeof THREE_AND_FOUR) == 0);
    ironbase_string_free(batch);
    ironbase_cursor_free(cursor);
}

static void commands(void) {
    static const uint8_t ping[] = {15, 0, 0, 0, 16, 'p', 'i', 'n', 'g', 0, 1, 0, 0, 0, 0};
    static const uint8_t pong[] = {15, 0, 0, 0, 16, 'p', 'o', 'n', 'g', 0, 1, 0, 0, 0, 0};
    static const uint8_t ok[] = {17, 0, 0, 0, 1, 'o', 'k', 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0};
    uint8_t *out = NULL;
    size_t length = 0;
    CHECK_OK(ironbase_db_run_command_bson(db, NULL, BYTES(ping), &out, &length, &error));
    CHECK(length == sizeof ok && memcmp(out, ok, length) == 0);
    ironbase_bson_free(out);
    CHECK_OK(ironbase_db_run_command_bson(db, NULL, BYTES(ping), NULL, NULL, &error));
    CHECK_ERROR(ironbase_db_run_command_bson(db, NULL, BYTES(pong), &out, &length, &error), IRONBASE_ERROR_QUERY, 59, "pong", "{");
}

static void refusals(void) {
    uint8_t broken[sizeof ONE];
    uint8_t *out = NULL;
    size_t length = 0;
    uint64_t count = 0;
    ironbase_cursor_t *cursor = NULL;
    const uint8_t *document = NULL;
    CHECK_ARGUMENT(ironbase_collection_insert_one_bson(numbers, NULL, 0, NULL, 0, &out, &length, &error), "document is NULL");
    CHECK_ARGUMENT(ironbase_collection_insert_one_bson(numbers, ONE, NUL, NULL, 0, &out, &length, &error), "needs its length");
    CHECK_ARGUMENT(ironbase_collection_insert_one_bson(NULL, BYTES(ONE), NULL, 0, &out, &length, &error), "collection is NULL");
    CHECK_ARGUMENT(ironbase_collection_insert_many_bson(numbers, NULL, 0, NULL, 0, &count, &error), "documents is NULL");
    CHECK_ARGUMENT(ironbase_collection_find_one_bson(numbers, NULL, 0, NULL, 0, NULL, &length, &error), "out is NULL");
    CHECK_ARGUMENT(ironbase_cursor_next_bson(NULL, &document, &length, &error), "cursor is NULL");
    CHECK_ERROR(ironbase_collection_find_bson(numbers, NULL, 0, BYTES(X_IS_2), &cursor, &error), IRONBASE_ERROR_ARGUMENT, 40415, "x", "{");
    CHECK_ERROR(ironbase_collection_insert_one_bson(numbers, ONE, 4, NULL, 0, &out, &length, &error), IRONBASE_ERROR_JSON, 22,
                "document: invalid BSON", "\"parameter\":\"document\"");
    /* Every byte of a document turned: it is refused or it is another document, and nothing is read beyond it. */
    for (size_t at = 0; at < sizeof ONE; at++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(broken, ONE, sizeof ONE);
            broken[at] = (uint8_t)(broken[at] ^ (1 << bit));
            ironbase_status_t status = ironbase_collection_find_bson(numbers, BYTES(broken), NULL, 0, &cursor, &error);
            CHECK(status == IRONBASE_OK || status == IRONBASE_ERROR_JSON);
            ironbase_error_free(error);
            ironbase_cursor_free(cursor);
        }
    }
    /* The documents before a broken one stay. */
    uint8_t many[2 * sizeof ONE] = {DOCUMENT(20), DOCUMENT(21)};
    many[sizeof ONE + 4] = 0x7E;
    CHECK_ERROR(ironbase_collection_insert_many_bson(numbers, BYTES(many), NULL, 0, &count, &error), IRONBASE_ERROR_JSON, 22,
                "documents: invalid BSON", "\"index\":1");
    many[0] = 0xFF;
    CHECK_ERROR(ironbase_collection_insert_many_bson(numbers, BYTES(many), NULL, 0, &count, &error), IRONBASE_ERROR_JSON, 22,
                "documents: invalid BSON", "\"index\":0");
}

int main(void) {
    CHECK(ironbase_live_handles() == 0);
    CHECK_OK(ironbase_open(":memory:", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "numbers", NUL, &numbers, &error));
    inserts();
    reads();
    commands();
    refusals();
    CHECK(ironbase_live_handles() == 2);
    ironbase_collection_free(numbers);
    ironbase_db_free(db);
    CHECK(ironbase_live_handles() == 0);
    return check_end();
}
