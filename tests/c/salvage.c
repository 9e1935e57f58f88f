/* Saving what is left of a damaged database, with progress, cancel, and a disk that is full. */
#include "check.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static ironbase_error_t *error;
static char *out;

typedef struct {
    uint64_t calls;
    uint64_t done;
    bool go_on;
} seen_t;

static bool watch(void *user, uint64_t done, uint64_t total) {
    seen_t *seen = user;
    (void)total;
    seen->calls++;
    seen->done = done;
    return seen->go_on;
}

/* Fills bytes of a file with zeros. */
static void wipe(const char *path, long offset, size_t length) {
    static const char zeros[65536];
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL);
    CHECK(fseek(file, offset, SEEK_SET) == 0);
    CHECK(fwrite(zeros, 1, length, file) == length);
    CHECK(fclose(file) == 0);
}

static bool is_there(const char *path) {
    struct stat found;
    return stat(path, &found) == 0;
}

static void contains(const char *fragment) {
    check_contains(__LINE__, "the report", out, fragment);
}

static int64_t count(const char *path, const char *filter) {
    ironbase_db_t *db = NULL;
    ironbase_collection_t *things = NULL;
    int64_t found = -1;
    CHECK_OK(ironbase_open(path, NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    CHECK_OK(ironbase_collection_count_documents(things, filter, NUL, NULL, 0, &found, &error));
    CHECK_OK(ironbase_db_verify(db, NULL, 0, &out, NULL, &error));
    contains("{\"valid\":true,");
    ironbase_string_free(out);
    ironbase_collection_free(things);
    ironbase_db_free(db);
    return found;
}

int main(void) {
    ironbase_db_t *db = NULL;
    ironbase_collection_t *things = NULL;
    char document[256];
    seen_t seen = {0, 0, true};

    CHECK_OK(ironbase_open("app.mlite", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    CHECK_OK(ironbase_collection_create_indexes(things, "[{\"key\": {\"n\": 1}, \"unique\": true}]", NUL, NULL, 0, &out, NULL, &error));
    ironbase_string_free(out);
    for (int n = 0; n < 2000; n++) {
        snprintf(document, sizeof document, "{\"_id\": %d, \"n\": %d, \"text\": \"some text so that there are many pages\"}", n, n);
        CHECK_OK(ironbase_collection_insert_one(things, document, NUL, "{\"durability\": \"none\"}", NUL, NULL, NULL, &error));
    }
    /* Not while a writer has it open. */
    CHECK_ERROR(ironbase_salvage("app.mlite", "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_LOCKED, 0,
                "app.mlite", "");
    ironbase_collection_free(things);
    CHECK_OK(ironbase_db_close(db, &error));
    ironbase_db_free(db);

    /* Pages of documents are gone. */
    wipe("app.mlite/things.mlite", 3 * 8192, 4 * 8192);
    CHECK_OK(ironbase_salvage("app.mlite", "some.mlite", NULL, 0, watch, &seen, &out, NULL, &error));
    CHECK(seen.calls >= 2 && seen.done > 1500);
    contains("\"collections\":[{\"name\":\"things\",\"file\":\"things.mlite\",\"documents\":1");
    contains("\"uncertain\":0,\"invalid\":0,\"damagedPages\":");
    contains("\"lostRanges\":[{\"page\":");
    contains("\"indexes\":[{\"name\":\"n_1\",\"created\":true}]}]");
    ironbase_string_free(out);
    int64_t some = count("some.mlite", "{}");
    CHECK(some > 1500 && some < 2000);
    CHECK(count("some.mlite", "{\"n\": 1999}") == 1);

    /* And the superblock. */
    wipe("app.mlite/metadata.mlite", 0, 65536);
    CHECK_ERROR(ironbase_open("app.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_CORRUPT, 0, "metadata.mlite", "");
    CHECK_OK(ironbase_salvage("app.mlite", "again.mlite", "{\"pageSize\": 16384}", NUL, NULL, NULL, &out, NULL, &error));
    contains("the superblock cannot be read");
    contains("\"indexes\":[{\"name\":\"n_1\",\"created\":true}]}]");
    ironbase_string_free(out);
    /* The log reached back to the beginning, so that nothing is lost now. */
    CHECK(count("again.mlite", "{}") == 2000);

    /* Refused, stopped, full: nothing is left behind. */
    CHECK_ERROR(ironbase_salvage("app.mlite", "again.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0,
                "not empty", "");
    CHECK(count("again.mlite", "{}") == 2000);
    CHECK_ERROR(ironbase_salvage("nowhere", "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_NOT_FOUND, 0,
                "nowhere", "");
    CHECK_ERROR(ironbase_salvage(NULL, "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "damaged", "");
    CHECK_ERROR(ironbase_salvage("app.mlite", "new.mlite", "{\"opId\": 1}", NUL, NULL, NULL, &out, NULL, &error),
                IRONBASE_ERROR_ARGUMENT, 0, "opId", "");
    seen.go_on = false;
    CHECK_ERROR(ironbase_salvage("app.mlite", "new.mlite", NULL, 0, watch, &seen, &out, NULL, &error), IRONBASE_ERROR_INTERRUPTED,
                11601, "interrupted", "");
    CHECK(!is_there("new.mlite/metadata.mlite") && !is_there("new.mlite/things.mlite"));

    /* No file may be larger than this: to the program that is much like a full disk. */
    struct rlimit limit, small;
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small = limit;
    small.rlim_cur = 80 << 10;
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK(ironbase_salvage("app.mlite", "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error) == IRONBASE_ERROR_IO);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    check_contains(__LINE__, "the error", ironbase_error_message(error), "new.mlite");
    ironbase_error_free(error);
    error = NULL;
    CHECK(out == NULL && !is_there("new.mlite/metadata.mlite") && !is_there("new.mlite/things.mlite"));
    CHECK_OK(ironbase_salvage("app.mlite", "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error));
    ironbase_string_free(out);
    CHECK(count("new.mlite", "{}") == 2000);
    return check_end();
}
