/* Imports a file of JSON lines: in pieces, so that memory stays small however large it is; then an index, with its progress.
 *
 *     cc bulk_import.c -lironbase && ./a.out cities.jsonl [directory]
 *
 * A document that is refused (here: one whose _id is there already) does not stop the others: `ordered` is false, and the
 * error's details say which they were. Run it twice to see that. */
#include <ironbase.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 * 1024, WIDTH = 40 };

static void die(const char *what, ironbase_error_t *error) {
    fprintf(stderr, "%s: %s\n", what, error == NULL ? "?" : ironbase_error_message(error));
    exit(1);
}

static void show_bar(const char *what, double share) {
    const int full = (int)(share * WIDTH);
    printf("\r%-10s [", what);
    for (int i = 0; i < WIDTH; i++) {
        putchar(i < full ? '#' : '.');
    }
    printf("] %3d %%", (int)(share * 100));
    fflush(stdout);
}

/* The library calls this about ten times a second while it builds the index. */
static bool show_index(void *user, uint64_t done, uint64_t total) {
    (void)user;
    show_bar("index", total == 0 ? 1 : (double)done / (double)total);
    return true; /* false would stop it */
}

/* Inserts lines; returns how many the database refused. */
static long insert_lines(ironbase_collection_t *cities, const char *lines, size_t length) {
    ironbase_error_t *error = NULL;
    long refused = 0;
    ironbase_status_t status = ironbase_collection_insert_many(cities, lines, length, "{\"ordered\": false}", IRONBASE_NUL,
                                                               NULL, NULL, &error);
    if (status == IRONBASE_ERROR_DUPLICATE_KEY) {
        const char *at = ironbase_error_details(error);
        while ((at = strstr(at, "\"errmsg\"")) != NULL) { /* one in each of writeErrors */
            refused++;
            at++;
        }
    } else if (status != IRONBASE_OK) {
        die("insert", error);
    }
    ironbase_error_free(error);
    return refused;
}

static long import(ironbase_collection_t *cities, FILE *file) {
    char *piece = malloc(PIECE);
    size_t kept = 0, read;
    long refused = 0, total, done = 0;
    fseek(file, 0, SEEK_END);
    total = ftell(file);
    rewind(file);
    while ((read = fread(piece + kept, 1, PIECE - kept, file)) > 0) {
        /* Whole lines only; the rest of the last one waits for the next piece. */
        size_t length = kept + read, whole = length;
        while (whole > 0 && piece[whole - 1] != '\n') {
            whole--;
        }
        if (whole == 0) {
            die("a line is longer than a piece", NULL);
        }
        refused += insert_lines(cities, piece, whole);
        kept = length - whole;
        memmove(piece, piece + whole, kept);
        done += (long)read;
        show_bar("documents", (double)done / (double)total);
    }
    if (kept > 0) { /* a last line without its end */
        refused += insert_lines(cities, piece, kept);
    }
    putchar('\n');
    free(piece);
    return refused;
}

static void build_index(ironbase_db_t *db, ironbase_collection_t *cities) {
    ironbase_error_t *error = NULL;
    char options[64];
    const uint64_t op = ironbase_db_op_new(db);
    ironbase_db_op_set_progress(db, op, show_index, NULL, NULL);
    snprintf(options, sizeof options, "{\"opId\": %llu}", (unsigned long long)op);
    if (ironbase_collection_create_indexes(cities, "[{\"key\": {\"population\": -1}}]", IRONBASE_NUL, options, IRONBASE_NUL,
                                           NULL, NULL, &error) != IRONBASE_OK) {
        die("index", error);
    }
    putchar('\n');
    ironbase_db_op_free(db, op, NULL);
}

int main(int argc, char **argv) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *db = NULL;
    ironbase_collection_t *cities = NULL;
    char *largest = NULL;
    int64_t count = 0;
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: %s FILE.jsonl [DIRECTORY]\n", argv[0]);
        return 2;
    }
    if (ironbase_open(argc > 2 ? argv[2] : "import.mlite", NULL, 0, &db, &error) != IRONBASE_OK ||
        ironbase_db_collection(db, "cities", IRONBASE_NUL, &cities, &error) != IRONBASE_OK) {
        die("open", error);
    }
    const long refused = import(cities, file);
    fclose(file);
    build_index(db, cities);

    if (ironbase_collection_count_documents(cities, NULL, 0, NULL, 0, &count, &error) != IRONBASE_OK ||
        ironbase_collection_find_one(cities, NULL, 0, "{\"sort\": {\"population\": -1}, \"projection\": {\"name\": 1, \"_id\": 0}}",
                                     IRONBASE_NUL, &largest, NULL, &error) < IRONBASE_OK) {
        die("count", error);
    }
    printf("%lld cities, %ld were there already; the largest is %s\n", (long long)count, refused, largest ? largest : "none");
    ironbase_string_free(largest);
    ironbase_collection_free(cities);
    if (ironbase_db_close(db, &error) != IRONBASE_OK) {
        die("close", error);
    }
    ironbase_db_free(db);
    return 0;
}
