/* Eight threads on one database handle and one collection handle: no increment is lost, no document is seen half
 * changed, and closing in the midst of it all is an orderly error for the others. */
#include "check.h"

#include <pthread.h>

#define THREADS 8
#define ROUNDS 100

static ironbase_db_t *db;
static ironbase_collection_t *users;

/* Counts as one failure, whichever thread it happens in. */
static int failures;

static void expect(int condition, const char *what, ironbase_error_t *error) {
    if (!condition) {
        __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
        fprintf(stderr, "%s: %s\n", what, ironbase_error_message(error));
    }
    ironbase_error_free(error);
}

static void *work(void *argument) {
    int number = (int)(size_t)argument;
    for (int round = 0; round < ROUNDS; round++) {
        ironbase_error_t *error = NULL;
        ironbase_cursor_t *cursor = NULL;
        const char *document = NULL;
        char *out = NULL;
        char text[128];

        ironbase_status_t status = ironbase_collection_update_one(
            users, "{\"_id\": \"counter\"}", NUL, "{\"$inc\": {\"n\": 1, \"m\": 1}}", NUL, NULL, 0, NULL, NULL, &error);
        expect(status == IRONBASE_OK, "update", error);

        snprintf(text, sizeof text, "{\"_id\": %d, \"thread\": %d}", number * ROUNDS + round, number);
        status = ironbase_collection_insert_one(users, text, NUL, NULL, 0, NULL, NULL, &error);
        expect(status == IRONBASE_OK, "insert", error);

        status = ironbase_collection_find_one(users, "{\"_id\": \"counter\"}", NUL, NULL, 0, &out, NULL, &error);
        expect(status == IRONBASE_OK, "find_one", error);
        int n = -1, m = -2;
        expect(out != NULL && sscanf(out, "{\"_id\":\"counter\",\"n\":%d,\"m\":%d}", &n, &m) == 2 && n == m && n > 0, out, NULL);
        ironbase_string_free(out);

        if (round % 20 == 0) {
            snprintf(text, sizeof text, "{\"thread\": %d}", number);
            status = ironbase_collection_find(users, text, NUL, NULL, 0, &cursor, &error);
            expect(status == IRONBASE_OK, "find", error);
            int seen = 0;
            while ((status = ironbase_cursor_next(cursor, &document, NULL, &error)) == IRONBASE_OK) {
                seen++;
            }
            expect(status == IRONBASE_DONE, "next", error);
            expect(seen == round + 1, "a thread sees its own writes", NULL);
            ironbase_cursor_free(cursor);
        }
    }
    return NULL;
}

/* Reads until the database is closed under it. */
static void *read_until_closed(void *argument) {
    (void)argument;
    ironbase_status_t status;
    ironbase_error_t *error = NULL;
    do {
        char *out = NULL;
        status = ironbase_collection_find_one(users, "{\"_id\": 7}", NUL, NULL, 0, &out, NULL, &error);
        ironbase_string_free(out);
    } while (status == IRONBASE_OK);
    expect(status == IRONBASE_ERROR_CLOSED, "reading while closing", error);
    return NULL;
}

static void run(void *(*function)(void *), int close) {
    pthread_t threads[THREADS];
    ironbase_error_t *error = NULL;
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, function, (void *)i) == 0);
    }
    if (close) {
        CHECK_OK(ironbase_db_close(db, &error));
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* A thread's own calls on one cursor are refused while another's is under way, or served one after the other. */
static void *share_a_cursor(void *argument) {
    ironbase_cursor_t *cursor = argument;
    ironbase_status_t status;
    do {
        ironbase_error_t *error = NULL;
        char *out = NULL;
        status = ironbase_cursor_next_batch(cursor, 10, 0, IRONBASE_FORMAT_ARRAY, &out, NULL, NULL, &error);
        if (status == IRONBASE_ERROR_ARGUMENT) {
            expect(strstr(ironbase_error_message(error), "in use by another thread") != NULL, "shared cursor", error);
        } else {
            expect(status >= IRONBASE_OK, "shared cursor", error);
        }
        ironbase_string_free(out);
    } while (status != IRONBASE_DONE);
    return NULL;
}

int main(void) {
    ironbase_error_t *error = NULL;
    ironbase_cursor_t *cursor = NULL;
    int64_t count = 0;
    char *out = NULL;
    CHECK_OK(ironbase_open("threads.mlite", "{\"durability\": \"none\"}", NUL, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_collection_insert_one(users, "{\"_id\": \"counter\", \"n\": 0, \"m\": 0}", NUL, NULL, 0, NULL, NULL, &error));

    run(work, 0);
    CHECK_OK(ironbase_collection_count_documents(users, NULL, 0, NULL, 0, &count, &error));
    CHECK(count == THREADS * ROUNDS + 1);
    CHECK_RESULT(ironbase_collection_find_one(users, "{\"_id\": \"counter\"}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"_id\":\"counter\",\"n\":800,\"m\":800}");

    CHECK_OK(ironbase_collection_find(users, NULL, 0, NULL, 0, &cursor, &error));
    pthread_t other;
    CHECK(pthread_create(&other, NULL, share_a_cursor, cursor) == 0);
    share_a_cursor(cursor);
    pthread_join(other, NULL);
    ironbase_cursor_free(cursor);

    run(read_until_closed, 1);
    ironbase_collection_free(users);
    ironbase_db_free(db);
    check_failures += failures;
    return check_end();
}
