/* Looking for damage, online and offline, with progress and cancel. */
#include "check.h"

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

/* Turns over the bits of one byte. */
static void spoil(const char *path, long offset) {
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL);
    CHECK(fseek(file, offset, SEEK_SET) == 0);
    int byte = fgetc(file);
    CHECK(byte != EOF);
    CHECK(fseek(file, offset, SEEK_SET) == 0);
    CHECK(fputc(byte ^ 0xff, file) != EOF);
    CHECK(fclose(file) == 0);
}

static void contains(const char *fragment) {
    check_contains(__LINE__, "the report", out, fragment);
}

int main(void) {
    ironbase_db_t *db = NULL;
    ironbase_collection_t *things = NULL;
    char document[128], options[64];

    CHECK_OK(ironbase_open("verify.mlite", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    CHECK_OK(ironbase_collection_create_indexes(things, "[{\"key\": {\"n\": 1}}]", NUL, NULL, 0, &out, NULL, &error));
    ironbase_string_free(out);
    for (int n = 0; n < 500; n++) {
        snprintf(document, sizeof document, "{\"_id\": %d, \"n\": %d, \"text\": \"some text to fill the pages\"}", n, n % 10);
        CHECK_OK(ironbase_collection_insert_one(things, document, NUL, "{\"durability\": \"none\"}", NUL, NULL, NULL, &error));
    }

    /* Online. */
    CHECK_OK(ironbase_db_verify(db, NULL, 0, &out, NULL, &error));
    contains("{\"valid\":true,\"collections\":1,\"documents\":500,\"indexEntries\":500,");
    contains("\"leakedPages\":0,\"errorCount\":0,\"errors\":[],\"warnings\":[],\"durationMs\":");
    ironbase_string_free(out);
    CHECK_OK(ironbase_db_run_command(db, NULL, "{\"validate\": \"things\"}", NUL, &out, NULL, &error));
    contains("\"nrecords\":500,\"nIndexes\":2,\"keysPerIndex\":{\"_id_\":500,\"n_1\":500},");
    ironbase_string_free(out);

    seen_t seen = {0, 0, true};
    uint64_t op = ironbase_db_op_new(db);
    snprintf(options, sizeof options, "{\"opId\": %llu}", (unsigned long long)op);
    CHECK_OK(ironbase_db_op_set_progress(db, op, watch, &seen, &error));
    CHECK_OK(ironbase_db_verify(db, options, NUL, &out, NULL, &error));
    ironbase_string_free(out);
    CHECK(seen.calls >= 2 && seen.done == 1000);
    seen.go_on = false;
    CHECK_ERROR(ironbase_db_verify(db, options, NUL, &out, NULL, &error), IRONBASE_ERROR_INTERRUPTED, 11601, "interrupted", "");
    CHECK(out == NULL);
    CHECK_OK(ironbase_db_op_free(db, op, &error));
    CHECK_ERROR(ironbase_db_verify(db, "{\"deep\": true}", NUL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 40415, "deep", "");
    CHECK_ERROR(ironbase_db_verify(db, NULL, 0, NULL, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "out", "");

    /* Offline: not while a writer has it open. */
    CHECK_ERROR(ironbase_verify("verify.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_LOCKED, 0, "lock", "");
    ironbase_collection_free(things);
    CHECK_OK(ironbase_db_close(db, &error));
    CHECK_ERROR(ironbase_db_verify(db, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_CLOSED, 0, "closed", "");
    ironbase_db_free(db);
    seen = (seen_t){0, 0, true};
    CHECK_OK(ironbase_verify("verify.mlite", NULL, 0, watch, &seen, &out, NULL, &error));
    contains("{\"valid\":true,\"collections\":1,\"documents\":500,");
    ironbase_string_free(out);
    CHECK(seen.calls >= 2 && seen.done == 1000);
    seen.go_on = false;
    CHECK_ERROR(ironbase_verify("verify.mlite", NULL, 0, watch, &seen, &out, NULL, &error), IRONBASE_ERROR_INTERRUPTED, 11601,
                "interrupted", "");
    CHECK_ERROR(ironbase_verify("nowhere.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_NOT_FOUND, 0, "nowhere", "");
    CHECK_ERROR(ironbase_verify(NULL, NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "path", "");

    /* A page gone bad is named; so is a file's header, and the superblock. */
    for (long page = 1; page < 5; page++) {
        spoil("verify.mlite/things.mlite", page * 8192 + 500);
    }
    CHECK_OK(ironbase_verify("verify.mlite", "{\"maxErrors\": 1}", NUL, NULL, NULL, &out, NULL, &error));
    contains("{\"valid\":false,");
    contains("things.mlite\",\"page\":");
    contains(",\"collection\":\"things\",\"key\":\"");
    contains("checksum");
    ironbase_string_free(out);
    spoil("verify.mlite/things_n_1.idx", 40);
    CHECK_OK(ironbase_verify("verify.mlite", NULL, 0, NULL, NULL, &out, NULL, &error));
    contains("things_n_1.idx\",\"page\":0,\"collection\":\"things\",\"index\":\"n_1\",");
    ironbase_string_free(out);
    spoil("verify.mlite/metadata.mlite", 100);
    spoil("verify.mlite/metadata.mlite", 32768 + 100);
    CHECK_OK(ironbase_verify("verify.mlite", NULL, 0, NULL, NULL, &out, NULL, &error));
    contains("{\"valid\":false,\"collections\":0,");
    contains("metadata.mlite is damaged");
    ironbase_string_free(out);
    return check_end();
}
