/* Assertions for the C tests. A failed one says where and what, and the test goes on, so that one run shows
 * all that is wrong; the program's exit code tells whether anything was. */
#ifndef CHECK_H
#define CHECK_H

#include <ironbase.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failures = 0;

/* The length of a text that ends at its NUL. */
#define NUL IRONBASE_NUL

static inline void check_fail(int line, const char *what, const char *found, const char *wanted) {
    check_failures++;
    fprintf(stderr, "line %d: %s\n  found:  %s\n  wanted: %s\n", line, what, found ? found : "(NULL)", wanted);
}

static inline void check_text(int line, const char *what, const char *found, const char *wanted) {
    if (found == NULL || strcmp(found, wanted) != 0) {
        check_fail(line, what, found, wanted);
    }
}

static inline void check_contains(int line, const char *what, const char *found, const char *fragment) {
    if (found == NULL || strstr(found, fragment) == NULL) {
        check_fail(line, what, found, fragment);
    }
}

static inline void check_status(int line, const char *what, ironbase_status_t found, ironbase_status_t wanted,
                                ironbase_error_t *error) {
    if (found != wanted) {
        check_fail(line, what, ironbase_status_name(found), ironbase_status_name(wanted));
        if (error != NULL) {
            fprintf(stderr, "  error:  %s %s\n", ironbase_error_message(error), ironbase_error_details(error));
        }
    }
}

/* Frees the text. */
static inline void check_result(int line, const char *what, char **found, const char *wanted) {
    check_text(line, what, *found, wanted);
    ironbase_string_free(*found);
    *found = NULL;
}

/* Checks an error from all sides and frees it. */
static inline void check_error(int line, const char *what, ironbase_status_t found, ironbase_error_t **error,
                               ironbase_status_t status, int32_t code, const char *message, const char *details) {
    check_status(line, what, found, status, *error);
    if (found >= IRONBASE_OK) {
        if (*error != NULL) {
            check_fail(line, what, "an error object", "none for an outcome");
        }
    } else if (*error == NULL) {
        check_fail(line, what, "no error object", message);
    } else {
        if (ironbase_error_status(*error) != found) {
            check_fail(line, what, "another status in the error", ironbase_status_name(found));
        }
        if (ironbase_error_code(*error) != code) {
            char text[128];
            snprintf(text, sizeof text, "%d %s", (int)ironbase_error_code(*error), ironbase_error_code_name(*error));
            check_fail(line, what, text, "another code");
        }
        if ((ironbase_error_code_name(*error)[0] == 0) != (code == 0)) {
            check_fail(line, what, ironbase_error_code_name(*error), "a name with a code, and none without");
        }
        check_contains(line, what, ironbase_error_message(*error), message);
        check_contains(line, what, ironbase_error_details(*error), details);
        check_contains(line, what, ironbase_error_details(*error), "{\"causes\":[");
        check_contains(line, what, ironbase_error_details(*error), "],\"labels\":[");
    }
    ironbase_error_free(*error);
    *error = NULL;
}

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            check_fail(__LINE__, #condition, "false", "true"); \
        } \
    } while (0)

#define CHECK_TEXT(found, wanted) check_text(__LINE__, #found, found, wanted)
#define CHECK_CONTAINS(found, fragment) check_contains(__LINE__, #found, found, fragment)

/* The call succeeds; it passes `&error`, which is declared where the macro is used. */
#define CHECK_OK(call) check_error(__LINE__, #call, (call), &error, IRONBASE_OK, 0, "", "")
#define CHECK_DONE(call) check_error(__LINE__, #call, (call), &error, IRONBASE_DONE, 0, "", "")

/* The call succeeds with this text in `out`, declared like `error`. */
#define CHECK_RESULT(call, wanted) \
    do { \
        CHECK_OK(call); \
        check_result(__LINE__, #call, &out, wanted); \
    } while (0)

/* The call fails with this status, MongoDB code, part of the message, part of the details. */
#define CHECK_ERROR(call, status, code, message, details) \
    check_error(__LINE__, #call, (call), &error, status, code, message, details)

/* The call is refused for a wrong argument that MongoDB has no code for. */
#define CHECK_ARGUMENT(call, message) CHECK_ERROR(call, IRONBASE_ERROR_ARGUMENT, 0, message, "{")

static inline int check_end(void) {
    if (check_failures > 0) {
        fprintf(stderr, "%d checks failed\n", check_failures);
        return 1;
    }
    return 0;
}

#endif
