/* A program from outside: it knows only the installed header and library. Leaves app.mlite behind. */
#include <ironbase.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    ironbase_db_t *db = NULL;
    ironbase_collection_t *notes = NULL;
    int64_t count = 0;
    ironbase_status_t status;

    if (argc != 2 || strcmp(ironbase_version(), argv[1]) != 0) {
        fprintf(stderr, "expected version %s, the library is %s\n", argc > 1 ? argv[1] : "?",
                ironbase_version());
        return 1;
    }
    status = ironbase_open("app.mlite", NULL, 0, &db, NULL);
    if (status == IRONBASE_OK)
        status = ironbase_db_collection(db, "notes", IRONBASE_NUL, &notes, NULL);
    if (status == IRONBASE_OK)
        status = ironbase_collection_insert_one(notes, "{\"text\": \"packed\"}", IRONBASE_NUL, NULL, 0, NULL, NULL,
                                                NULL);
    if (status == IRONBASE_OK)
        status = ironbase_collection_count_documents(notes, "{}", IRONBASE_NUL, NULL, 0, &count, NULL);
    ironbase_collection_free(notes);
    ironbase_db_free(db);
    printf("ironbase %s: %s, %d document\n", ironbase_version(), ironbase_status_name(status), (int)count);
    return status == IRONBASE_OK && count == 1 ? 0 : 1;
}
