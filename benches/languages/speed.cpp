/*
 * IronBase called from C and from C++, beside SQLite called from either: `make languages` builds and runs it.
 *
 * Point gets by _id, reads of 1,000 documents, inserts of 1,000; JSON text in and out. Nothing waits for the disk: durability "none",
 * synchronous = NORMAL. SQLite is set up as docs/performance.md says, with prepared statements; its caller sees the text in place.
 * Contenders take turns; the median of the rounds is shown, with the lowest and the highest.
 */
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "ironbase.h"
#include "ironbase.hpp"

namespace {

constexpr int documents = 100000, batch = 1000, rounds = 5, gets = 50000, reads = 50, inserts = 10;

[[noreturn]] void fail(const char *what) {
    std::fprintf(stderr, "%s failed\n", what);
    std::exit(1);
}

void check(bool good, const char *what) {
    if (!good) {
        fail(what);
    }
}

/* As the documents of benches/src/documents.rs in size and shape. */
std::string document(int id) {
    static const char *const words[] = {"amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "haven"};
    auto word = [id](int n) { return words[(static_cast<unsigned>(id) * 7u + static_cast<unsigned>(n) * 13u) % 8u]; };
    char text[800];
    std::snprintf(text, sizeof text,
                  "{\"_id\": %d, \"name\": \"%s %s\", \"email\": \"%s.%012x@%s.example\", \"age\": %d, \"company\": \"%s %s\", "
                  "\"phone\": \"+1 555 %07d\", \"score\": %d.25, \"active\": %s, \"address\": {\"street\": \"%d %s road\", "
                  "\"city\": \"%s\", \"zip\": \"%05d\", \"location\": {\"latitude\": %d.125, \"longitude\": %d.5}}, "
                  "\"tags\": [\"%s\", \"%s\", \"%s\", \"%s\"], \"createdAt\": \"2025-%02d-15T08:30:00Z\", \"visits\": %d, "
                  "\"balance\": %d.75, \"note\": \"%s %s %s %s %s %s %s %s\"}",
                  id, word(0), word(1), word(0), static_cast<unsigned>(id), word(1), 18 + id % 70, word(2), word(3), id, id % 100,
                  id % 2 ? "true" : "false", id % 500, word(4), word(5), id % 100000, id % 90, id % 180, word(0), word(2), word(4),
                  word(6), 1 + id % 12, id, id, word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7));
    return text;
}

class lite {
  public:
    explicit lite(const std::string &path) {
        check(sqlite3_open(path.c_str(), &db_) == SQLITE_OK, "sqlite3_open");
        run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -262144; PRAGMA mmap_size = 1073741824; "
            "PRAGMA temp_store = MEMORY; CREATE TABLE documents (id INTEGER PRIMARY KEY, body)");
        insert_ = prepare("INSERT INTO documents VALUES (?, ?)");
        get_ = prepare("SELECT body FROM documents WHERE id = ?");
        range_ = prepare("SELECT body FROM documents WHERE id >= ? AND id < ?");
    }
    lite(const lite &) = delete;
    lite &operator=(const lite &) = delete;
    ~lite() {
        sqlite3_finalize(insert_);
        sqlite3_finalize(get_);
        sqlite3_finalize(range_);
        sqlite3_close(db_);
    }

    void insert(int first) {
        run("BEGIN");
        for (int id = first; id < first + batch; id++) {
            const std::string body = document(id);
            sqlite3_bind_int(insert_, 1, id);
            sqlite3_bind_text(insert_, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
            check(sqlite3_step(insert_) == SQLITE_DONE, "INSERT");
            sqlite3_reset(insert_);
        }
        run("COMMIT");
    }
    void get(int id) {
        sqlite3_bind_int(get_, 1, id);
        check(sqlite3_step(get_) == SQLITE_ROW && sqlite3_column_text(get_, 0) != nullptr, "SELECT");
        sqlite3_reset(get_);
    }
    void read(int first) {
        sqlite3_bind_int(range_, 1, first);
        sqlite3_bind_int(range_, 2, first + batch);
        int found = 0;
        while (sqlite3_step(range_) == SQLITE_ROW && sqlite3_column_text(range_, 0) != nullptr) {
            found++;
        }
        sqlite3_reset(range_);
        check(found == batch, "SELECT");
    }

  private:
    sqlite3_stmt *prepare(const char *sql) {
        sqlite3_stmt *statement = nullptr;
        check(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) == SQLITE_OK, sql);
        return statement;
    }
    void run(const char *sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql); }

    sqlite3 *db_ = nullptr;
    sqlite3_stmt *insert_ = nullptr, *get_ = nullptr, *range_ = nullptr;
};

std::string lines(int first) {
    std::string all;
    for (int id = first; id < first + batch; id++) {
        all += document(id);
        all += '\n';
    }
    return all;
}

std::string between(int first) {
    return "{\"_id\": {\"$gte\": " + std::to_string(first) + ", \"$lt\": " + std::to_string(first + batch) + "}}";
}

/* As a C program calls it. */
namespace c {
void insert(ironbase_collection_t *collection, int first) {
    const std::string all = lines(first);
    check(ironbase_collection_insert_many(collection, all.data(), all.size(), nullptr, 0, nullptr, nullptr, nullptr) == IRONBASE_OK,
          "insert_many");
}
void get(ironbase_collection_t *collection, int id) {
    char filter[32], *found = nullptr;
    const int length = std::snprintf(filter, sizeof filter, "{\"_id\": %d}", id);
    check(ironbase_collection_find_one(collection, filter, static_cast<std::size_t>(length), nullptr, 0, &found, nullptr, nullptr) ==
              IRONBASE_OK && found != nullptr,
          "find_one");
    ironbase_string_free(found);
}
void read(ironbase_collection_t *collection, int first) {
    const std::string filter = between(first);
    ironbase_cursor_t *cursor = nullptr;
    check(ironbase_collection_find(collection, filter.data(), filter.size(), nullptr, 0, &cursor, nullptr) == IRONBASE_OK, "find");
    const char *found = nullptr;
    int count = 0;
    while (ironbase_cursor_next(cursor, &found, nullptr, nullptr) == IRONBASE_OK) {
        count++;
    }
    ironbase_cursor_free(cursor);
    check(count == batch, "next");
}
void get_bson(ironbase_collection_t *collection, int id) {
    std::uint8_t filter[14] = {14, 0, 0, 0, 16, '_', 'i', 'd', 0}, *found = nullptr;
    const auto little = static_cast<std::int32_t>(id);
    std::memcpy(filter + 9, &little, sizeof little);
    check(ironbase_collection_find_one_bson(collection, filter, sizeof filter, nullptr, 0, &found, nullptr, nullptr) == IRONBASE_OK &&
              found != nullptr,
          "find_one_bson");
    ironbase_bson_free(found);
}
void read_bson(ironbase_collection_t *collection, int first) {
    const std::string filter = between(first);
    ironbase_cursor_t *cursor = nullptr;
    check(ironbase_collection_find(collection, filter.data(), filter.size(), nullptr, 0, &cursor, nullptr) == IRONBASE_OK, "find");
    const std::uint8_t *found = nullptr;
    int count = 0;
    while (ironbase_cursor_next_bson(cursor, &found, nullptr, nullptr) == IRONBASE_OK) {
        count++;
    }
    ironbase_cursor_free(cursor);
    check(count == batch, "next_bson");
}
} // namespace c

/* As a C++ program does. */
namespace cpp {
void insert(ironbase::collection &collection, int first) { collection.insert_many(lines(first)); }
void get(ironbase::collection &collection, int id) {
    check(collection.find_one("{\"_id\": " + std::to_string(id) + "}").has_value(), "find_one");
}
void read(ironbase::collection &collection, int first) {
    int count = 0;
    for (auto &&found : collection.find(between(first))) {
        count += found.empty() ? 0 : 1;
    }
    check(count == batch, "find");
}
} // namespace cpp

struct contender {
    const char *name;
    std::function<void(int)> call;
};

/* Calls of one contender after the other, `calls` in a turn, each with a number that `argument` makes of the call's. */
void report(const char *title, int calls, const std::function<int(int)> &argument, const std::vector<contender> &contenders) {
    std::vector<std::vector<double>> rates(contenders.size());
    for (int round = 0; round <= rounds; round++) {
        for (std::size_t i = 0; i < contenders.size(); i++) {
            const std::size_t turn = (i + static_cast<std::size_t>(round)) % contenders.size();
            const auto began = std::chrono::steady_clock::now();
            for (int call = 0; call < calls; call++) {
                contenders[turn].call(argument(call));
            }
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
            if (round > 0) { // the first warms up
                rates[turn].push_back(calls / took.count());
            }
        }
    }
    for (auto &of_one : rates) {
        std::sort(of_one.begin(), of_one.end());
    }
    std::printf("\n| %s | a second | lowest | highest | times SQLite |\n|---|---:|---:|---:|---:|\n", title);
    for (std::size_t i = 0; i < contenders.size(); i++) {
        const double median = rates[i][rounds / 2];
        std::printf("| %s | %.0f | %.0f | %.0f | %.2f x |\n", contenders[i].name, median, rates[i].front(), rates[i].back(),
                    median / rates.back()[rounds / 2]);
    }
}

} // namespace

int main(int argc, char **argv) {
    const std::string directory = argc > 1 ? argv[1] : "speed";
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    {
        ironbase::database db(directory + "/db.mlite", R"({"durability": "none", "cacheSize": 268435456})");
        ironbase::collection own = db["documents"];
        ironbase_collection_t *const same = own.get();
        lite sqlite(directory + "/sqlite");
        for (int first = 0; first < documents; first += batch) {
            c::insert(same, first);
            sqlite.insert(first);
        }
        const auto any = [](int call) { return static_cast<int>(static_cast<unsigned>(call) * 2654435761u % documents); };
        const auto part = [](int call) { return call * batch; };
        report("point get by `_id`", gets, any,
               {{"IronBase from C", [&](int id) { c::get(same, id); }},
                {"IronBase from C, BSON", [&](int id) { c::get_bson(same, id); }},
                {"IronBase from C++", [&](int id) { cpp::get(own, id); }},
                {"SQLite from C or C++", [&](int id) { sqlite.get(id); }}});
        report("read of 1,000 documents", reads, part,
               {{"IronBase from C", [&](int first) { c::read(same, first); }},
                {"IronBase from C, BSON", [&](int first) { c::read_bson(same, first); }},
                {"IronBase from C++", [&](int first) { cpp::read(own, first); }},
                {"SQLite from C or C++", [&](int first) { sqlite.read(first); }}});
        int fresh_c = documents, fresh_cpp = 10 * documents, fresh_lite = documents;
        const auto next = [](int &fresh) { return (fresh += batch) - batch; };
        report("insert of 1,000 documents", inserts, part,
               {{"IronBase from C", [&](int) { c::insert(same, next(fresh_c)); }},
                {"IronBase from C++", [&](int) { cpp::insert(own, next(fresh_cpp)); }},
                {"SQLite from C or C++", [&](int) { sqlite.insert(next(fresh_lite)); }}});
    }
    std::filesystem::remove_all(directory);
    return 0;
}
