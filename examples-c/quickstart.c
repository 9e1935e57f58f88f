/*
 * The quickstart: load real data, index it, ask, update, be killed, and find everything again.
 *
 *     quickstart DATA.jsonl [DATABASE]
 *
 * A child process does the work, tells its parent through a pipe of each write that the database has
 * acknowledged, and kills itself with SIGKILL, its database wide open. The parent then opens the same
 * database and compares.
 */
#include <ironbase.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COLLECTION "cities"
#define VIENNA "{\"_id\": 2761369}"
#define PORTUGAL "{\"country.code\": \"PT\"}"
#define VISITORS 100

/* What the database has acknowledged so far. */
struct ledger {
    int64_t documents; /* loaded */
    int64_t visited;   /* cities of Portugal that were marked */
    int64_t visitors;  /* of Vienna, counted one by one */
};

/* ---- small tools -------------------------------------------------------------------------- */

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Ends the program if `status` is an error, and says everything that is known of it. The error comes by its
   address: as arguments are evaluated in any order, its value could be read before the call that sets it. */
static void check(ironbase_status_t status, ironbase_error_t **error, const char *doing)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s: %s: %s\n%s\n", doing, ironbase_status_name(status), ironbase_error_message(*error),
            ironbase_error_details(*error));
    exit(EXIT_FAILURE);
}

/* The integer after "name": in a reply. A program of your own would use its JSON library. */
static int64_t number_in(const char *json, const char *name)
{
    char key[64];
    const char *at;
    snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(json, key);
    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

/* Copies the string after "name": in `json`; empty if there is none. */
static void string_in(const char *json, const char *name, char *out, size_t out_size)
{
    char key[64];
    const char *at;
    snprintf(key, sizeof key, "\"%s\":", name);
    *out = '\0';
    if ((at = strstr(json, key)) != NULL && (at = strchr(at + strlen(key), '"')) != NULL)
        snprintf(out, out_size, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
}

/* ---- loading ------------------------------------------------------------------------------ */

static int64_t insert_lines(ironbase_collection_t *c, const char *lines, size_t length)
{
    ironbase_error_t *error = NULL;
    char *reply;
    int64_t inserted;
    check(ironbase_collection_insert_many(c, lines, length, NULL, 0, &reply, NULL, &error), &error, "insert_many");
    inserted = number_in(reply, "insertedCount");
    ironbase_string_free(reply);
    return inserted;
}

/* Inserts a file of JSON lines in pieces of whole lines: the memory is one buffer, however large the file. */
static void load(ironbase_collection_t *c, const char *path, struct ledger *ledger)
{
    static char buffer[256 * 1024];
    size_t held = 0, got;
    int batches = 0;
    double started = now_ms();
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    while ((got = fread(buffer + held, 1, sizeof buffer - held, file)) > 0) {
        size_t whole;
        held += got;
        for (whole = held; whole > 0 && buffer[whole - 1] != '\n'; whole--)
            ;
        if (whole == 0)
            continue; /* a line not yet complete; one longer than the buffer ends the loop */
        ledger->documents += insert_lines(c, buffer, whole);
        batches++;
        memmove(buffer, buffer + whole, held - whole);
        held -= whole;
    }
    if (held == sizeof buffer || ferror(file)) {
        fprintf(stderr, "%s: cannot be read, or a line is too long\n", path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    if (held > 0) /* the last line may lack its newline */
        ledger->documents += insert_lines(c, buffer, held);
    printf("   %" PRId64 " documents in %d batches, each durable when it returned  (%.0f ms)\n", ledger->documents,
           batches, now_ms() - started);
}

static void create_indexes(ironbase_collection_t *c)
{
    static const char specs[] = "[{\"key\": {\"country.code\": 1}},"
                                " {\"key\": {\"population\": -1}},"
                                " {\"key\": {\"alternateNames\": 1}}]";
    ironbase_error_t *error = NULL;
    char *names;
    double started = now_ms();
    check(ironbase_collection_create_indexes(c, specs, IRONBASE_NUL, NULL, 0, &names, NULL, &error), &error,
          "create_indexes");
    printf("   %s  (%.0f ms)\n", names, now_ms() - started);
    ironbase_string_free(names);
}

/* ---- asking ------------------------------------------------------------------------------- */

/* Prints how the database finds the answer: the index, and how many documents it looks at. */
static void print_plan(ironbase_collection_t *c, const char *verb, const char *filter, const char *options)
{
    char command[512], index[64], stage[64];
    ironbase_error_t *error = NULL;
    char *plan, *winning, *rejected, *leaf;
    int64_t examined;
    /* options are an object, so what they say joins the command without its opening brace */
    snprintf(command, sizeof command, "{\"%s\": \"" COLLECTION "\", \"%s\": %s%s%s", verb,
             strcmp(verb, "count") == 0 ? "query" : "filter", filter, options ? ", " : "}", options ? options + 1 : "");
    check(ironbase_collection_explain(c, command, IRONBASE_NUL, "{\"verbosity\": \"executionStats\"}", IRONBASE_NUL,
                                      &plan, NULL, &error), &error, "explain");
    examined = number_in(plan, "totalDocsExamined");

    /* only the winning plan counts; its innermost stage, the last named, is where documents come from */
    winning = leaf = strstr(plan, "\"winningPlan\"");
    if (winning && (rejected = strstr(winning, "\"rejectedPlans\"")) != NULL)
        *rejected = '\0';
    while (leaf && (leaf = strstr(leaf + 1, "\"stage\"")) != NULL)
        winning = leaf;
    string_in(winning ? winning : "", "indexName", index, sizeof index);
    string_in(winning ? winning : "", "stage", stage, sizeof stage);
    printf("%s%s, %" PRId64 " documents examined\n", *index ? "index " : "", *index ? index : stage, examined);
    ironbase_string_free(plan);
}

/* Asks, prints the documents found, and returns how many there were. */
static int find(ironbase_collection_t *c, const char *question, const char *filter, const char *options)
{
    ironbase_error_t *error = NULL;
    ironbase_cursor_t *cursor;
    ironbase_status_t status;
    const char *document;
    size_t length;
    int found = 0;
    double spent = 0, started;

    printf("\n   %s\n   find %s %s\n", question, filter, options ? options : "");
    started = now_ms();
    check(ironbase_collection_find(c, filter, IRONBASE_NUL, options, options ? IRONBASE_NUL : 0, &cursor, &error),
          &error, "find");
    while ((status = ironbase_cursor_next(cursor, &document, &length, &error)) == IRONBASE_OK) {
        spent += now_ms() - started; /* printing is not the database's time */
        printf("     %.*s\n", (int)length, document);
        found++;
        started = now_ms();
    }
    spent += now_ms() - started;
    check(status, &error, "cursor_next");
    ironbase_cursor_free(cursor);
    printf("   -> %d found in %.3f ms; ", found, spent);
    print_plan(c, "find", filter, options);
    return found;
}

static int64_t count(ironbase_collection_t *c, const char *filter)
{
    ironbase_error_t *error = NULL;
    int64_t found;
    check(ironbase_collection_count_documents(c, filter, IRONBASE_NUL, NULL, 0, &found, &error), &error, "count");
    return found;
}

static void ask(ironbase_collection_t *c)
{
    static const char french[] = "{\"country.continent\": \"Africa\", \"country.languages\": {\"$regex\": \"^fr\"}}";
    double started;
    int64_t cities;

    find(c, "What is place 1850147?", "{\"_id\": 1850147}",
         "{\"projection\": {\"name\": 1, \"country.name\": 1, \"location.coordinates\": 1}}");
    find(c, "Which cities have 15 million people or more?", "{\"population\": {\"$gte\": 15000000}}",
         "{\"sort\": {\"population\": -1}, \"projection\": {\"_id\": 0, \"name\": 1, \"population\": 1}}");
    find(c, "Which are the first five of Portugal, by name?", PORTUGAL,
         "{\"sort\": {\"name\": 1}, \"limit\": 5, \"projection\": {\"_id\": 0, \"name\": 1, \"timezone\": 1}}");
    find(c, "Which city do the Greeks call \316\222\316\271\316\255\316\275\316\275\316\267?",
         "{\"alternateNames\": \"\316\222\316\271\316\255\316\275\316\275\316\267\"}",
         "{\"projection\": {\"name\": 1, \"country.name\": 1}}");

    printf("\n   How many African cities lie where French is spoken?\n   count %s\n", french);
    started = now_ms();
    cities = count(c, french);
    printf("   -> %" PRId64 " in %.3f ms; ", cities, now_ms() - started);
    print_plan(c, "count", french, NULL);
}

/* ---- updating, and the end of the child ---------------------------------------------------- */

/* Updates one or all that match, and returns how many it changed. */
static int64_t update(ironbase_collection_t *c, bool many, const char *filter, const char *change)
{
    ironbase_error_t *error = NULL;
    char *reply;
    int64_t modified;
    check((many ? ironbase_collection_update_many : ironbase_collection_update_one)(
              c, filter, IRONBASE_NUL, change, IRONBASE_NUL, NULL, 0, &reply, NULL, &error), &error, "update");
    modified = number_in(reply, "modifiedCount");
    ironbase_string_free(reply);
    return modified;
}

static void tell(int to_parent, const struct ledger *ledger)
{
    /* shorter than PIPE_BUF: written whole or not at all */
    if (write(to_parent, ledger, sizeof *ledger) != (ssize_t)sizeof *ledger)
        exit(EXIT_FAILURE);
}

static ironbase_db_t *open_cities(const char *path, ironbase_collection_t **cities)
{
    ironbase_error_t *error = NULL;
    ironbase_db_t *db;
    check(ironbase_open(path, NULL, 0, &db, &error), &error, "open");
    check(ironbase_db_collection(db, COLLECTION, IRONBASE_NUL, cities, &error), &error, "collection");
    return db;
}

/* The child: everything up to its violent death. */
static void work(const char *data, const char *path, int to_parent)
{
    struct ledger ledger = {0, 0, 0};
    ironbase_collection_t *cities;
    ironbase_error_t *error = NULL;
    double started;
    int i;

    open_cities(path, &cities);
    check(ironbase_collection_drop(cities, &error), &error, "drop what an earlier run left");

    puts("1. Load");
    load(cities, data, &ledger);
    tell(to_parent, &ledger);

    puts("\n2. Index");
    create_indexes(cities);

    puts("\n3. Ask");
    ask(cities);

    puts("\n4. Update");
    started = now_ms();
    ledger.visited = update(cities, true, PORTUGAL, "{\"$set\": {\"visited\": true}}");
    tell(to_parent, &ledger);
    printf("   %" PRId64 " cities of Portugal marked as visited  (%.1f ms)\n", ledger.visited, now_ms() - started);
    started = now_ms();
    for (i = 0; i < VISITORS; i++) {
        ledger.visitors += update(cities, false, VIENNA, "{\"$inc\": {\"visitors\": 1}}");
        tell(to_parent, &ledger);
    }
    printf("   %" PRId64 " visitors of Vienna counted, each update durable  (%.2f ms each)\n", ledger.visitors,
           (now_ms() - started) / VISITORS);

    puts("\n5. Crash: kill -9, nothing closed");
    fflush(stdout);
    raise(SIGKILL);
}

/* ---- the parent ---------------------------------------------------------------------------- */

static bool compare(const char *what, int64_t acknowledged, int64_t found)
{
    printf("   %-32s %7" PRId64 " acknowledged %7" PRId64 " found  %s\n", what, acknowledged, found,
           acknowledged == found ? "ok" : "LOST");
    return acknowledged == found;
}

/* Opens what the child left and compares it with what the child was promised. */
static bool verify(const char *path, const struct ledger *promised)
{
    ironbase_error_t *error = NULL;
    ironbase_collection_t *cities;
    ironbase_db_t *db;
    char *vienna;
    bool whole;
    double started = now_ms();

    puts("\n6. Open again");
    db = open_cities(path, &cities);
    printf("   open and recovered  (%.1f ms)\n", now_ms() - started);
    check(ironbase_collection_find_one(cities, VIENNA, IRONBASE_NUL, NULL, 0, &vienna, NULL, &error), &error,
          "find_one");

    whole = compare("cities", promised->documents, count(cities, "{}"));
    whole &= compare("of Portugal, marked", promised->visited, count(cities, "{\"visited\": true}"));
    whole &= compare("visitors of Vienna", promised->visitors, number_in(vienna ? vienna : "", "visitors"));
    find(cities, "And the indexes?", "{\"country.code\": \"PT\", \"visited\": true}",
         "{\"limit\": 1, \"projection\": {\"name\": 1, \"visited\": 1}}");

    ironbase_string_free(vienna);
    ironbase_collection_free(cities);
    check(ironbase_db_close(db, &error), &error, "close");
    ironbase_db_free(db);
    return whole;
}

int main(int argc, char **argv)
{
    const char *path = argc > 2 ? argv[2] : "quickstart.mlite";
    struct ledger promised = {0, 0, 0}, told;
    int pipe_ends[2], how;
    pid_t child;

    if (argc < 2) {
        fprintf(stderr, "usage: %s DATA.jsonl [DATABASE]\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("IronBase %s: %s into %s\n\n", ironbase_version(), argv[1], path);
    fflush(stdout);

    /* Fork before the database is opened: a handle must not cross a fork. */
    if (pipe(pipe_ends) != 0 || (child = fork()) < 0) {
        perror("fork");
        return EXIT_FAILURE;
    }
    if (child == 0) {
        close(pipe_ends[0]);
        work(argv[1], path, pipe_ends[1]);
        _exit(EXIT_FAILURE);
    }
    close(pipe_ends[1]);
    while (read(pipe_ends[0], &told, sizeof told) == (ssize_t)sizeof told)
        promised = told;
    if (waitpid(child, &how, 0) != child || !WIFSIGNALED(how) || WTERMSIG(how) != SIGKILL) {
        fputs("The child did not come to its planned end.\n", stderr);
        return EXIT_FAILURE;
    }
    printf("   the process is gone (signal %d)\n", WTERMSIG(how));

    if (!verify(path, &promised) || promised.visitors != VISITORS) {
        puts("\nAn acknowledged write is missing.");
        return EXIT_FAILURE;
    }
    puts("\nEvery acknowledged write is there.");
    return EXIT_SUCCESS;
}
