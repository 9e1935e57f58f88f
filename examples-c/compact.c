/* Gives the space of deleted documents back, with a bar that shows how far it is.
 *
 *     cc compact.c -lironbase && ./a.out
 *
 * Other threads could read and write meanwhile. Interrupting it loses nothing: the next one goes on. */
#include <ironbase.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENTS = 20000, BATCH = 1000, WIDTH = 40 };

static ironbase_db_t *db;

static void die(const char *what, ironbase_error_t *error) {
    fprintf(stderr, "%s: %s\n", what, error == NULL ? "?" : ironbase_error_message(error));
    exit(1);
}

/* Called about ten times a second. Returning false would stop the compaction. */
static bool show(void *user, uint64_t done, uint64_t total) {
    int filled = total == 0 ? 0 : (int)(done * WIDTH / total);
    (void)user;
    printf("\r[");
    for (int i = 0; i < WIDTH; i++) {
        putchar(i < filled ? '#' : '.');
    }
    printf("] %3d %%", filled * 100 / WIDTH);
    fflush(stdout);
    return true;
}

/* Fills a collection and deletes every second document. */
static void prepare(ironbase_collection_t *logs) {
    static char batch[BATCH * 256];
    ironbase_error_t *error = NULL;
    for (int first = 0; first < DOCUMENTS; first += BATCH) {
        size_t length = 0;
        for (int id = first; id < first + BATCH; id++) {
            length += (size_t)snprintf(batch + length, sizeof batch - length, "{\"_id\": %d, \"line\": \"%0200d\"}\n", id, id);
        }
        if (ironbase_collection_insert_many(logs, batch, length, NULL, 0, NULL, NULL, &error) != IRONBASE_OK) {
            die("insert_many", error);
        }
    }
    if (ironbase_collection_delete_many(logs, "{\"_id\": {\"$mod\": [2, 1]}}", IRONBASE_NUL, NULL, 0, NULL, NULL, &error) !=
        IRONBASE_OK) {
        die("delete_many", error);
    }
}

/* A number in the result. */
static long long figure(const char *result, const char *name) {
    const char *at = strstr(result, name);
    return at == NULL ? -1 : strtoll(at + strlen(name) + 2, NULL, 10);
}

int main(void) {
    ironbase_error_t *error = NULL;
    ironbase_collection_t *logs = NULL;
    char options[64], *result = NULL;

    if (ironbase_open("logs.mlite", "{\"durability\": \"interval\"}", IRONBASE_NUL, &db, &error) != IRONBASE_OK ||
        ironbase_db_collection(db, "logs", IRONBASE_NUL, &logs, &error) != IRONBASE_OK) {
        die("open", error);
    }
    prepare(logs);

    uint64_t op = ironbase_db_op_new(db);
    snprintf(options, sizeof options, "{\"opId\": %llu}", (unsigned long long)op);
    if (ironbase_db_op_set_progress(db, op, show, NULL, &error) != IRONBASE_OK ||
        ironbase_db_compact(db, options, IRONBASE_NUL, &result, NULL, &error) != IRONBASE_OK) {
        die("compact", error);
    }
    long long before = figure(result, "bytesBefore"), after = figure(result, "bytesAfter");
    printf("\n%lld documents: %lld KiB before, %lld KiB after\n", figure(result, "documentsKept"), before / 1024,
           after / 1024);
    ironbase_string_free(result);
    ironbase_db_op_free(db, op, NULL);
    ironbase_collection_free(logs);
    ironbase_db_free(db);
    return after > 0 && after < before ? 0 : 1;
}
