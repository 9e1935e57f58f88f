/* A panic inside the engine comes out as an error, the process lives on, and nothing is lost or leaks.
 *
 * Needs the library with the feature `failpoints` (src/failpoint.rs). */
#include "../c/check.h"

#include <pthread.h>

static ironbase_db_t *db = NULL;
static ironbase_collection_t *things = NULL;

static void arm(const char *point, const char *mode) {
    char command[128];
    ironbase_error_t *error = NULL;
    snprintf(command, sizeof command, "{\"configureFailPoint\": \"%s\", \"mode\": %s}", point, mode);
    CHECK_OK(ironbase_db_run_command(db, NULL, command, NUL, NULL, NULL, &error));
}

/* The call meets a panic; it passes `&error`, which is declared where the macro is used. */
#define PANICS(call, point) CHECK_ERROR(call, IRONBASE_ERROR_INTERNAL, 1, "a bug in IronBase: failpoint " point, "{")

static void open_things(const char *path) {
    ironbase_error_t *error = NULL;
    CHECK_OK(ironbase_open(path, NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
}

static int64_t count(void) {
    ironbase_error_t *error = NULL;
    int64_t found = -1;
    CHECK_OK(ironbase_collection_count_documents(things, "{\"n\": {\"$gte\": 0}}", NUL, NULL, 0, &found, &error));
    return found;
}

static void reading(void) {
    const char *document = NULL;
    char *text = NULL;
    int64_t number = 7;
    ironbase_cursor_t *cursor = NULL;
    ironbase_error_t *error = NULL;

    arm("panicWhileReading", "{\"times\": 1}");
    PANICS(ironbase_collection_count_documents(things, "{\"n\": 1}", NUL, NULL, 0, &number, &error), "Reading");
    CHECK(number == 0);
    arm("panicWhileReading", "{\"times\": 1}");
    PANICS(ironbase_collection_find_one(things, "{\"_id\": 1}", NUL, NULL, 0, &text, NULL, &error), "Reading");
    CHECK(text == NULL);
    CHECK_OK(ironbase_collection_find(things, NULL, 0, NULL, 0, &cursor, &error));
    arm("panicWhileReading", "{\"times\": 1}");
    PANICS(ironbase_cursor_next(cursor, &document, NULL, &error), "Reading");
    CHECK(document == NULL);
    ironbase_cursor_free(cursor);

    /* A panic of a reader is nobody else's: all goes on. */
    CHECK(count() == 10);
    CHECK_OK(ironbase_collection_insert_one(things, "{\"_id\": 10, \"n\": 10}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK(count() == 11);
}

static void *read_many(void *unused) {
    (void)unused;
    for (int i = 0; i < 50; i++) {
        char *text = NULL;
        ironbase_error_t *error = NULL;
        PANICS(ironbase_collection_find_one(things, "{\"_id\": 1}", NUL, NULL, 0, &text, NULL, &error), "Reading");
    }
    return NULL;
}

static void many_threads(void) {
    pthread_t threads[4];
    arm("panicWhileReading", "\"alwaysOn\"");
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, read_many, NULL) == 0);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    arm("panicWhileReading", "\"off\"");
    CHECK(count() == 11);
}

/* A panic in the middle of a write, with the commit lock held, between a document and its index entries. */
static void writing(void) {
    ironbase_error_t *error = NULL;
    char *report = NULL;
    arm("panicWhileWriting", "{\"times\": 1}");
    PANICS(ironbase_collection_insert_one(things, "{\"_id\": 11, \"n\": 11}", NUL, NULL, 0, NULL, NULL, &error), "Writing");

    /* Reads go on at what was committed. What the write left in memory cannot be trusted: no more writes. */
    CHECK(count() == 11);
    CHECK(ironbase_collection_insert_one(things, "{\"_id\": 12}", NUL, NULL, 0, NULL, NULL, &error) < IRONBASE_OK);
    check_contains(__LINE__, "the refusal", ironbase_error_message(error), "panic");
    ironbase_error_free(error);
    error = NULL;
    ironbase_db_close(db, &error); /* reports that it could not write, or not: it is closed */
    ironbase_error_free(error);
    error = NULL;
    ironbase_collection_free(things);
    ironbase_db_free(db);

    /* Opening anew recovers: what was committed is there, the write that panicked is not, all is sound. */
    open_things("panic.mlite");
    CHECK(count() == 11);
    CHECK_OK(ironbase_db_verify(db, NULL, 0, &report, NULL, &error));
    check_contains(__LINE__, "the report", report, "{\"valid\":true,");
    ironbase_string_free(report);
    CHECK_OK(ironbase_collection_insert_one(things, "{\"_id\": 11, \"n\": 11}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK(count() == 12);
}

static void in_a_transaction(void) {
    ironbase_error_t *error = NULL;
    ironbase_txn_t *txn = NULL;
    ironbase_collection_t *within = NULL;
    CHECK_OK(ironbase_txn_begin(db, NULL, 0, &txn, &error));
    CHECK_OK(ironbase_txn_collection(txn, "things", NUL, &within, &error));
    CHECK_OK(ironbase_collection_insert_one(within, "{\"_id\": 20, \"n\": 20}", NUL, NULL, 0, NULL, NULL, &error));
    arm("panicWhileWriting", "{\"times\": 1}");
    PANICS(ironbase_collection_update_one(within, "{\"_id\": 1}", NUL, "{\"$inc\": {\"n\": 1}}", NUL, NULL, 0, NULL, NULL, &error),
           "Writing");
    CHECK(ironbase_txn_commit(txn, &error) < IRONBASE_OK);
    ironbase_error_free(error);
    ironbase_collection_free(within);
    ironbase_txn_free(txn);
    CHECK(count() == 12);
}

int main(void) {
    ironbase_error_t *error = NULL;
    open_things("panic.mlite");
    for (int i = 0; i < 10; i++) {
        char document[64];
        snprintf(document, sizeof document, "{\"_id\": %d, \"n\": %d}", i, i);
        CHECK_OK(ironbase_collection_insert_one(things, document, NUL, NULL, 0, NULL, NULL, &error));
    }
    CHECK_OK(ironbase_collection_create_indexes(things, "[{\"key\": {\"n\": 1}}]", NUL, NULL, 0, NULL, NULL, &error));
    reading();
    many_threads();
    writing();
    in_a_transaction();
    ironbase_collection_free(things);
    ironbase_db_free(db);
    CHECK(ironbase_live_handles() == 0);
    return check_end();
}
