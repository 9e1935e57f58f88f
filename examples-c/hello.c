/* The shortest program: write a document, read it back. README.md shows this text. */
#include <ironbase.h>
#include <stdio.h>

int main(void)
{
    ironbase_db_t *db;
    ironbase_collection_t *people;
    char *ada;

    ironbase_open("hello.mlite", NULL, 0, &db, NULL);
    ironbase_db_collection(db, "people", IRONBASE_NUL, &people, NULL);
    ironbase_collection_insert_one(people, "{\"name\": \"Ada\", \"born\": 1815}", IRONBASE_NUL,
                                   NULL, 0, NULL, NULL, NULL);
    ironbase_collection_find_one(people, "{\"born\": {\"$lt\": 1900}}", IRONBASE_NUL,
                                 NULL, 0, &ada, NULL, NULL);
    printf("%s\n", ada ? ada : "nobody");

    ironbase_string_free(ada);
    ironbase_collection_free(people);
    ironbase_db_free(db);
    return 0;
}
