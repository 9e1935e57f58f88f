/*
 * How errors look and what to do with them.
 *
 * Every function returns a status: 0 is success, above 0 an answer that is no failure (no more
 * documents), below 0 an error. The optional last argument takes an error object with the whole
 * story; it is freed with ironbase_error_free, and everything it returns is freed with it.
 */
#include <ironbase.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define DB_PATH "errors.mlite"

/* Prints the error, if there is one, frees it, and says whether it was of the expected status. */
static bool show(const char *asked, ironbase_status_t expected, ironbase_status_t status, ironbase_error_t *error)
{
    printf("%s\n  status  %s\n", asked, ironbase_status_name(status));
    if (error) {
        int code = (int)ironbase_error_code(error);
        if (code)
            printf("  code    %d %s\n", code, ironbase_error_code_name(error));
        printf("  message %s\n", ironbase_error_message(error));
        printf("  details %s\n", ironbase_error_details(error));
    }
    ironbase_error_free(error);
    puts("");
    return status == expected;
}

static ironbase_status_t insert(ironbase_collection_t *c, const char *document, ironbase_error_t **error)
{
    return ironbase_collection_insert_one(c, document, IRONBASE_NUL, NULL, 0, NULL, NULL, error);
}

/* The same document twice: the details say which key collided. */
static bool duplicate_key(ironbase_collection_t *users)
{
    ironbase_error_t *error = NULL;
    ironbase_status_t status;
    insert(users, "{\"_id\": 1, \"email\": \"ada@example.org\"}", NULL);
    status = insert(users, "{\"_id\": 1}", &error);
    return show("Insert the _id 1 twice", IRONBASE_ERROR_DUPLICATE_KEY, status, error);
}

/* Text that is not JSON: the details give the position. */
static bool malformed_json(ironbase_collection_t *users)
{
    ironbase_error_t *error = NULL;
    ironbase_status_t status = insert(users, "{\"_id\": 2, \"email\": }", &error);
    return show("Insert text that is not JSON", IRONBASE_ERROR_JSON, status, error);
}

/* A query that MongoDB refuses is refused here, with MongoDB's code. */
static bool unknown_operator(ironbase_collection_t *users)
{
    ironbase_error_t *error = NULL;
    char *found;
    ironbase_status_t status = ironbase_collection_find_one(users, "{\"age\": {\"$above\": 40}}", IRONBASE_NUL,
                                                            NULL, 0, &found, NULL, &error);
    ironbase_string_free(found);
    return show("Ask with an operator that does not exist", IRONBASE_ERROR_QUERY, status, error);
}

/* Unordered: the good documents go in, each bad one is in details.writeErrors with its index. */
static bool some_of_many(ironbase_collection_t *users)
{
    ironbase_error_t *error = NULL;
    ironbase_status_t status = ironbase_collection_insert_many(
        users, "[{\"_id\": 3}, {\"_id\": 1}, {\"_id\": 4}]", IRONBASE_NUL, "{\"ordered\": false}", IRONBASE_NUL,
        NULL, NULL, &error);
    return show("Insert three, one of them known", IRONBASE_ERROR_DUPLICATE_KEY, status, error);
}

/* One process opens a database at a time; the second is told so at once. */
static bool opened_twice(void)
{
    ironbase_error_t *error = NULL;
    ironbase_db_t *second;
    ironbase_status_t status = ironbase_open(DB_PATH, NULL, 0, &second, &error);
    ironbase_db_free(second);
    return show("Open an open database", IRONBASE_ERROR_LOCKED, status, error);
}

/* Handles outlive their database: they answer "closed" and are freed in any order. */
static bool closed(ironbase_db_t *db, ironbase_collection_t *users)
{
    ironbase_error_t *error = NULL;
    ironbase_status_t status;
    ironbase_db_close(db, NULL);
    status = insert(users, "{\"_id\": 5}", &error);
    return show("Use a collection of a closed database", IRONBASE_ERROR_CLOSED, status, error);
}

/* Finding nothing is no error: the status is DONE and the document NULL. */
static bool nothing_found(ironbase_collection_t *users)
{
    ironbase_error_t *error = NULL;
    char *found;
    ironbase_status_t status = ironbase_collection_find_one(users, "{\"_id\": 99}", IRONBASE_NUL, NULL, 0,
                                                            &found, NULL, &error);
    return show("Look for what is not there", IRONBASE_DONE, status, error) && found == NULL;
}

int main(void)
{
    ironbase_db_t *db;
    ironbase_collection_t *users;
    ironbase_error_t *error = NULL;
    bool as_expected = true;

    if (ironbase_open(DB_PATH, NULL, 0, &db, &error) != IRONBASE_OK ||
        ironbase_db_collection(db, "users", IRONBASE_NUL, &users, &error) != IRONBASE_OK) {
        show("Open the database", IRONBASE_OK, ironbase_error_status(error), error);
        return EXIT_FAILURE;
    }
    as_expected &= duplicate_key(users);
    as_expected &= malformed_json(users);
    as_expected &= unknown_operator(users);
    as_expected &= some_of_many(users);
    as_expected &= opened_twice();
    as_expected &= nothing_found(users);
    as_expected &= closed(db, users);

    ironbase_collection_free(users);
    ironbase_db_free(db);
    if (!as_expected)
        fputs("Some status was not the expected one.\n", stderr);
    return as_expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
