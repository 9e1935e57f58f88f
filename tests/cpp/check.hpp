// Assertions for the C++ tests: a failed one says where and what, and the test goes on.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <iostream>
#include <string_view>

inline int check_failures = 0;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            check_failures++; \
            std::cerr << __FILE__ << ":" << __LINE__ << ": " << #condition << "\n"; \
        } \
    } while (0)

/// The text, and what it is if it is not that.
#define CHECK_TEXT(found, wanted) check_text(__FILE__, __LINE__, found, wanted)

inline void check_text(const char *file, int line, std::string_view found, std::string_view wanted) {
    if (found != wanted) {
        check_failures++;
        std::cerr << file << ":" << line << ":\n  found:  " << found << "\n  wanted: " << wanted << "\n";
    }
}

#endif
