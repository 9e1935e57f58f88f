/* Compaction: watched, killed, done, and everything still there. */
#include "check.h"

#include <sys/stat.h>

enum { DOCUMENTS = 6000 };

static ironbase_db_t *db;
static ironbase_collection_t *things;
static ironbase_error_t *error;
static char *out;

typedef struct {
    uint64_t calls;
    uint64_t done;
    uint64_t total;
    uint64_t stop_after;
} seen_t;

static bool watch(void *user, uint64_t done, uint64_t total) {
    seen_t *seen = user;
    CHECK(done <= total && done >= seen->done);
    seen->calls++;
    seen->done = done;
    seen->total = total;
    return seen->stop_after == 0 || seen->calls < seen->stop_after;
}

static long size_of(const char *path) {
    struct stat found;
    CHECK(stat(path, &found) == 0);
    return (long)found.st_size;
}

static void fill(void) {
    static char lines[DOCUMENTS * 480];
    size_t length = 0;
    for (int i = 0; i < DOCUMENTS; i++) {
        length += (size_t)snprintf(lines + length, sizeof lines - length, "{\"_id\": %d, \"n\": %d, \"text\": \"%0420d\"}\n", i,
                                   i % 100, i);
    }
    CHECK_OK(ironbase_collection_insert_many(things, lines, length, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_create_indexes(things, "[{\"key\": {\"n\": 1}}]", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_delete_many(things, "{\"_id\": {\"$mod\": [2, 1]}}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_db_checkpoint(db, &error));
}

static void count(void) {
    int64_t found = 0;
    CHECK_OK(ironbase_collection_count_documents(things, NULL, 0, NULL, 0, &found, &error));
    CHECK(found == DOCUMENTS / 2);
    CHECK_OK(ironbase_collection_count_documents(things, "{\"n\": 42}", NUL, NULL, 0, &found, &error));
    CHECK(found == DOCUMENTS / 100);
}

int main(void) {
    CHECK_OK(ironbase_open("compact.mlite", "{\"durability\": \"none\"}", NUL, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    fill();
    long before = size_of("compact.mlite/things.mlite");

    /* Killed by its callback. */
    seen_t seen = {0};
    seen.stop_after = 1;
    uint64_t op = ironbase_db_op_new(db);
    char options[64];
    snprintf(options, sizeof options, "{\"opId\": %llu}", (unsigned long long)op);
    CHECK_OK(ironbase_db_op_set_progress(db, op, watch, &seen, &error));
    CHECK_ERROR(ironbase_db_compact(db, options, NUL, &out, NULL, &error), IRONBASE_ERROR_INTERRUPTED, 11601, "interrupted", "");
    CHECK(out == NULL && seen.calls == 1);
    CHECK_OK(ironbase_db_op_free(db, op, &error));
    count();

    /* To its end. */
    memset(&seen, 0, sizeof seen);
    op = ironbase_db_op_new(db);
    snprintf(options, sizeof options, "{\"opId\": %llu, \"collection\": \"things\"}", (unsigned long long)op);
    CHECK_OK(ironbase_db_op_set_progress(db, op, watch, &seen, &error));
    CHECK_OK(ironbase_db_compact(db, options, NUL, &out, NULL, &error));
    CHECK(seen.calls >= 2 && seen.done == seen.total && seen.total > 0);
    CHECK(strstr(out, "\"documentsKept\":3000") != NULL && strstr(out, "\"heldBack\":false") != NULL);
    CHECK(strstr(out, "\"collections\":[{") != NULL);
    ironbase_string_free(out);
    CHECK_OK(ironbase_db_op_free(db, op, &error));
    CHECK(size_of("compact.mlite/things.mlite") < before * 6 / 10);
    count();

    /* Without a result, only an estimate, and what is refused. */
    CHECK_OK(ironbase_db_compact(db, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_db_compact(db, "{\"dryRun\": true}", NUL, &out, NULL, &error));
    CHECK(strstr(out, "estimatedBytesFreed") != NULL);
    ironbase_string_free(out);
    CHECK_ERROR(ironbase_db_compact(db, "{\"collection\": \"nothing\"}", NUL, &out, NULL, &error), IRONBASE_ERROR_NOT_FOUND, 26,
                "nothing", "");
    CHECK_ERROR(ironbase_db_compact(db, "{\"colection\": \"things\"}", NUL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 40415,
                "colection", "");
    CHECK_ERROR(ironbase_db_compact(NULL, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "db", "");
    CHECK_OK(ironbase_db_close(db, &error));
    CHECK_ERROR(ironbase_db_compact(db, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_CLOSED, 0, "closed", "");
    ironbase_db_free(db);

    CHECK_OK(ironbase_open("compact.mlite", NULL, 0, &db, &error));
    ironbase_collection_free(things);
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    count();
    ironbase_collection_free(things);
    ironbase_db_free(db);
    return 0;
}
