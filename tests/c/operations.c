/* Operations by id: killed from another thread, watched through a callback, limited in time. */
#include "check.h"

#include <pthread.h>
#include <time.h>

static ironbase_db_t *db;
static ironbase_collection_t *things;
static ironbase_error_t *error;
static char *out;

typedef struct {
    uint64_t calls;
    uint64_t done;
    uint64_t total;
    uint64_t stop_at;
} seen_t;

static bool watch(void *user, uint64_t done, uint64_t total) {
    seen_t *seen = user;
    seen->calls++;
    seen->done = done;
    seen->total = total;
    return seen->stop_at == 0 || done < seen->stop_at;
}

static const char *with_op(uint64_t op) {
    static char options[64];
    snprintf(options, sizeof options, "{\"opId\": %llu}", (unsigned long long)op);
    return options;
}

static void progress(void) {
    int64_t count = 0;
    seen_t seen = {0};
    uint64_t op = ironbase_db_op_new(db);
    CHECK(op != 0);
    CHECK_OK(ironbase_db_op_set_progress(db, op, watch, &seen, &error));
    CHECK_OK(ironbase_collection_count_documents(things, "{\"n\": 1}", NUL, with_op(op), NUL, &count, &error));
    CHECK(seen.calls >= 2 && seen.done == 3000 && seen.total == 3000);

    /* Without the callback it is not called, and the id still serves. */
    seen.calls = 0;
    CHECK_OK(ironbase_db_op_set_progress(db, op, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_count_documents(things, "{\"n\": 1}", NUL, with_op(op), NUL, &count, &error));
    CHECK(seen.calls == 0);

    /* A callback that returns false kills. */
    seen.stop_at = 1;
    CHECK_OK(ironbase_db_op_set_progress(db, op, watch, &seen, &error));
    CHECK_ERROR(ironbase_collection_count_documents(things, "{\"n\": 1}", NUL, with_op(op), NUL, &count, &error),
                IRONBASE_ERROR_INTERRUPTED, 11601, "interrupted", "");
    CHECK_OK(ironbase_db_op_free(db, op, &error));
    CHECK_ERROR(ironbase_db_op_free(db, op, &error), IRONBASE_ERROR_ARGUMENT, 2, "operation id", "");
    CHECK_ERROR(ironbase_db_op_kill(db, op, &error), IRONBASE_ERROR_ARGUMENT, 2, "operation id", "");
    CHECK_ERROR(ironbase_collection_count_documents(things, NULL, 0, with_op(op), NUL, &count, &error),
                IRONBASE_ERROR_ARGUMENT, 2, "operation id", "");
    CHECK(ironbase_db_op_new(NULL) == 0);
}

static void *kill_soon(void *op) {
    struct timespec soon = {0, 5000000};
    nanosleep(&soon, NULL);
    ironbase_db_op_kill(db, *(uint64_t *)op, NULL);
    return NULL;
}

static void killing(void) {
    uint64_t op = ironbase_db_op_new(db);
    ironbase_cursor_t *cursor = NULL;
    const char *document = NULL;
    pthread_t thread;
    ironbase_status_t status;
    CHECK(pthread_create(&thread, NULL, kill_soon, &op) == 0);
    /* Reads the collection over and over until it is killed. */
    do {
        status = ironbase_collection_find(things, NULL, 0, with_op(op), NUL, &cursor, &error);
        while (status == IRONBASE_OK) {
            status = ironbase_cursor_next(cursor, &document, NULL, &error);
        }
        ironbase_cursor_free(cursor);
    } while (status == IRONBASE_DONE);
    CHECK_ERROR(status, IRONBASE_ERROR_INTERRUPTED, 11601, "interrupted", "");
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_ERROR(ironbase_collection_insert_one(things, "{}", NUL, with_op(op), NUL, &out, NULL, &error),
                IRONBASE_ERROR_INTERRUPTED, 11601, "interrupted", "");
    CHECK_OK(ironbase_db_op_free(db, op, &error));
}

static void time_limits(void) {
    int64_t count = 0;
    CHECK_ERROR(ironbase_collection_count_documents(things, "{\"text\": {\"$regex\": \"b$\"}}", NUL, "{\"maxTimeMS\": 1}", NUL,
                &count, &error), IRONBASE_ERROR_INTERRUPTED, 50, "time limit", "");
    CHECK_OK(ironbase_collection_count_documents(things, "{\"n\": 1}", NUL, "{\"maxTimeMS\": 600000}", NUL, &count, &error));
}

static void tailing(void) {
    ironbase_collection_t *log = NULL;
    ironbase_cursor_t *cursor = NULL;
    ironbase_cursor_t *waiting = NULL;
    const char *document = NULL;
    uint32_t count = 0;
    CHECK_ERROR(ironbase_db_create_collection(db, "log", NUL, "{\"capped\": true}", NUL, &error),
                IRONBASE_ERROR_QUERY, 72, "'size' field is required", "");
    CHECK_OK(ironbase_db_create_collection(db, "log", NUL, "{\"capped\": true, \"size\": 4096, \"max\": 2}", NUL, &error));
    CHECK_OK(ironbase_db_create_collection(db, "log", NUL, "{\"max\": 2, \"size\": 4096, \"capped\": true}", NUL, &error));
    CHECK_ERROR(ironbase_db_create_collection(db, "log", NUL, NULL, 0, &error), IRONBASE_ERROR_QUERY, 48, "different options", "");
    CHECK_OK(ironbase_db_collection(db, "log", NUL, &log, &error));
    CHECK_OK(ironbase_collection_find(log, NULL, 0, "{\"tailable\": true}", NUL, &cursor, &error));
    CHECK_OK(ironbase_collection_find(log, NULL, 0, "{\"tailable\": true, \"awaitData\": true, \"maxAwaitTimeMS\": 5}", NUL,
                                      &waiting, &error));
    CHECK_DONE(ironbase_cursor_next(cursor, &document, NULL, &error));
    CHECK(ironbase_cursor_next(waiting, &document, NULL, &error) == IRONBASE_TIMEOUT && error == NULL);
    CHECK(ironbase_cursor_next_batch(waiting, 0, 0, 0, &out, NULL, &count, &error) == IRONBASE_TIMEOUT && error == NULL);
    CHECK_OK(ironbase_collection_insert_one(log, "{\"_id\": 1}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_cursor_next(cursor, &document, NULL, &error));
    CHECK_TEXT(document, "{\"_id\":1}");
    CHECK_DONE(ironbase_cursor_next(cursor, &document, NULL, &error));
    /* A batch that has a document does not wait for more. */
    ironbase_cursor_t *patient = NULL;
    CHECK_OK(ironbase_collection_find(log, NULL, 0, "{\"tailable\": true, \"awaitData\": true, \"maxAwaitTimeMS\": 3600000}", NUL,
                                      &patient, &error));
    CHECK_RESULT(ironbase_cursor_next_batch(patient, 0, 0, IRONBASE_FORMAT_ARRAY, &out, NULL, NULL, &error), "[{\"_id\":1}]");
    ironbase_cursor_free(patient);
    CHECK_RESULT(ironbase_cursor_next_batch(waiting, 0, 0, IRONBASE_FORMAT_ARRAY, &out, NULL, NULL, &error), "[{\"_id\":1}]");
    CHECK_OK(ironbase_collection_insert_many(log, "{\"_id\": 2}{\"_id\": 3}{\"_id\": 4}", NUL, "{\"writeConcern\": {\"j\": false}}",
                                             NUL, NULL, NULL, &error));
    CHECK_ERROR(ironbase_cursor_next(cursor, &document, NULL, &error), IRONBASE_ERROR_QUERY, 136, "position", "");
    ironbase_cursor_free(cursor);
    ironbase_cursor_free(waiting);
    ironbase_collection_free(log);
}

int main(void) {
    char text[10001];
    char document[10100];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    CHECK_OK(ironbase_open(":memory:", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    for (int n = 0; n < 3000; n++) {
        snprintf(document, sizeof document, "{\"_id\": %d, \"n\": %d, \"text\": \"%s\"}", n, n, text);
        CHECK_OK(ironbase_collection_insert_one(things, document, NUL, NULL, 0, NULL, NULL, &error));
    }
    progress();
    killing();
    time_limits();
    tailing();
    ironbase_collection_free(things);
    CHECK_OK(ironbase_db_close(db, &error));
    CHECK(ironbase_db_op_new(db) != 0);
    ironbase_db_free(db);
    return check_end();
}
