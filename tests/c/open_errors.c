/* Databases that cannot be opened: each says why, with the system's reason among the causes. */
#include "check.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program;
static ironbase_error_t *error;
static ironbase_db_t *db;

static void write_file(const char *path, const void *bytes, size_t len) {
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(bytes, 1, len, file) == len);
    if (file != NULL) {
        fclose(file);
    }
}

/* Makes a database with a document in it. */
static void make(const char *path) {
    ironbase_collection_t *users = NULL;
    CHECK_OK(ironbase_open(path, NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_collection_insert_one(users, "{\"_id\": 1}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_db_close(db, &error));
    ironbase_collection_free(users);
    ironbase_db_free(db);
}

static void places_that_cannot_be(void) {
    write_file("a_file", "text", 4);
    CHECK_ERROR(ironbase_open("a_file", NULL, 0, &db, &error), IRONBASE_ERROR_IO, 39, "a_file", "\"errno\":");
    CHECK_ERROR(ironbase_open("a_file/below", NULL, 0, &db, &error), IRONBASE_ERROR_IO, 39, "a_file", "Not a directory");
    CHECK_ERROR(ironbase_open("/proc/app.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_NOT_FOUND, 0, "/proc/app.mlite", "\"errno\":2");
    CHECK_ERROR(ironbase_open("no/parent", NULL, 0, &db, &error), IRONBASE_ERROR_NOT_FOUND, 0, "no/parent", "\"errno\":2");
    CHECK_ERROR(ironbase_open("", NULL, 0, &db, &error), IRONBASE_ERROR_ARGUMENT, 0, "path is empty", "{");
    CHECK_ERROR(ironbase_open("missing", "{\"create\": false}", NUL, &db, &error), IRONBASE_ERROR_NOT_FOUND, 0, "missing", "{");
    CHECK_ERROR(ironbase_open("missing", "{\"readOnly\": true}", NUL, &db, &error), IRONBASE_ERROR_NOT_FOUND, 0, "missing", "{");
    CHECK(access("missing", F_OK) != 0);
    CHECK(db == NULL);

    /* A directory without a database in it. */
    CHECK(mkdir("empty", 0777) == 0);
    CHECK_ERROR(ironbase_open("empty", "{\"create\": false}", NUL, &db, &error), IRONBASE_ERROR_NOT_FOUND, 0, "empty", "{");

    char name[5000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    CHECK_ERROR(ironbase_open(name, NULL, 0, &db, &error), IRONBASE_ERROR_IO, 39, "xxx", "\"errno\":36");
}

static void a_directory_that_may_not_be_written(void) {
    if (geteuid() == 0) {
        printf("        a_directory_that_may_not_be_written: not tried, root may write everything\n");
        return;
    }
    CHECK(mkdir("locked_away", 0555) == 0);
    CHECK_ERROR(ironbase_open("locked_away/app.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_IO, 39, "locked_away", "\"errno\":13");
}

static void a_database_is_open_once(void) {
    ironbase_db_t *first = NULL;
    CHECK_OK(ironbase_open("once.mlite", NULL, 0, &first, &error));
    CHECK_ERROR(ironbase_open("once.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_LOCKED, 0, "once.mlite", "{");
    CHECK_ERROR(ironbase_open("./once.mlite/", NULL, 0, &db, &error), IRONBASE_ERROR_LOCKED, 0, "once.mlite", "{");

    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        /* A process of its own: what was inherited over a fork must not be used. */
        execl(program, program, "once.mlite", (char *)NULL);
        _exit(127);
    }
    int state = 0;
    CHECK(waitpid(child, &state, 0) == child);
    CHECK(WIFEXITED(state) && WEXITSTATUS(state) == 0);

    /* The child's end did not give up the lock; closing does, before the handle is freed. */
    CHECK_ERROR(ironbase_open("once.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_LOCKED, 0, "once.mlite", "{");
    CHECK_OK(ironbase_db_close(first, &error));
    CHECK_OK(ironbase_open("once.mlite", NULL, 0, &db, &error));
    ironbase_db_free(first);
    ironbase_db_free(db);
}

static void files_that_are_no_database(void) {
    static unsigned char bytes[65536];

    make("garbage.mlite");
    memset(bytes, 0x5A, sizeof bytes);
    write_file("garbage.mlite/metadata.mlite", bytes, sizeof bytes);
    CHECK_ERROR(ironbase_open("garbage.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_CORRUPT, 0, "metadata.mlite", "{");

    make("truncated.mlite");
    CHECK(truncate("truncated.mlite/metadata.mlite", 100) == 0);
    CHECK_ERROR(ironbase_open("truncated.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_CORRUPT, 0, "metadata.mlite", "{");

    make("emptied.mlite");
    CHECK(truncate("emptied.mlite/metadata.mlite", 0) == 0);
    CHECK_ERROR(ironbase_open("emptied.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_CORRUPT, 0, "metadata.mlite", "{");
}

/* CRC-32C, one bit at a time. */
static uint32_t crc32c(const unsigned char *bytes, size_t len) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

static void put32(unsigned char *bytes, uint32_t number) {
    for (int i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)(number >> (8 * i));
    }
}

/* Both superblock slots say that a later version wrote them (docs/format.md). */
static void a_format_of_the_future(void) {
    make("newer.mlite");
    FILE *file = fopen("newer.mlite/metadata.mlite", "r+b");
    CHECK(file != NULL);
    if (file == NULL) {
        return;
    }
    for (long slot = 0; slot <= 32768; slot += 32768) {
        unsigned char bytes[512];
        fseek(file, slot, SEEK_SET);
        if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes || memcmp(bytes, "IRONBASE", 8) != 0) {
            continue;
        }
        put32(bytes + 12, 999);
        put32(bytes + 8, crc32c(bytes + 12, sizeof bytes - 12));
        fseek(file, slot, SEEK_SET);
        CHECK(fwrite(bytes, 1, sizeof bytes, file) == sizeof bytes);
    }
    fclose(file);
    CHECK_ERROR(ironbase_open("newer.mlite", NULL, 0, &db, &error), IRONBASE_ERROR_UNSUPPORTED, 0, "999", "{");
}

static void a_database_for_reading_only(void) {
    ironbase_collection_t *users = NULL;
    int64_t count = 0;
    make("read_only.mlite");
    CHECK_OK(ironbase_open("read_only.mlite", "{\"readOnly\": true}", NUL, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_collection_count_documents(users, NULL, 0, NULL, 0, &count, &error));
    CHECK(count == 1);
    CHECK_ERROR(ironbase_collection_insert_one(users, "{}", NUL, NULL, 0, NULL, NULL, &error), IRONBASE_ERROR_READ_ONLY, 0, "read", "{");
    CHECK_ERROR(ironbase_collection_delete_many(users, "{}", NUL, NULL, 0, NULL, NULL, &error), IRONBASE_ERROR_READ_ONLY, 0, "read", "{");
    CHECK_ERROR(ironbase_db_create_collection(db, "more", NUL, NULL, 0, &error), IRONBASE_ERROR_READ_ONLY, 0, "read", "{");
    CHECK_ERROR(ironbase_collection_drop(users, &error), IRONBASE_ERROR_READ_ONLY, 0, "read", "{");
    ironbase_collection_free(users);
    ironbase_db_free(db);
}

int main(int argc, char **argv) {
    program = argv[0];
    if (argc > 1) {
        /* The child of a_database_is_open_once. */
        CHECK_ERROR(ironbase_open(argv[1], NULL, 0, &db, &error), IRONBASE_ERROR_LOCKED, 0, "once.mlite", "{");
        return check_end();
    }
    places_that_cannot_be();
    a_directory_that_may_not_be_written();
    a_database_is_open_once();
    files_that_are_no_database();
    a_format_of_the_future();
    a_database_for_reading_only();
    return check_end();
}
