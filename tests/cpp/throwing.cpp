// ironbase.hpp as it is by default: errors are thrown.
#include "check.hpp"

#include <ironbase.hpp>

#include <thread>
#include <vector>

namespace {

static_assert(!std::is_copy_constructible_v<ironbase::database> && std::is_nothrow_move_constructible_v<ironbase::database>);
static_assert(!std::is_copy_constructible_v<ironbase::cursor> && std::is_nothrow_move_constructible_v<ironbase::cursor>);
static_assert(std::is_copy_constructible_v<ironbase::error>);

template <class Error, class Call> void throws(int line, Call call, int code, std::string_view message) {
    try {
        call();
    } catch (const Error &error) {
        if (error.code() != code || error.message().find(message) == std::string_view::npos || error.what() != error.message()) {
            check_failures++;
            std::cerr << "line " << line << ": " << error.code() << " " << error.what() << "\n";
        }
        return;
    } catch (const std::exception &error) {
        std::cerr << "of another class: " << error.what() << "\n";
    }
    check_failures++;
    std::cerr << "line " << line << ": nothing of the class was thrown\n";
}
#define THROWS(Error, call, code, message) throws<ironbase::Error>(__LINE__, [&] { (void)(call); }, code, message)

void documents_and_cursors() {
    ironbase::database db("documents.mlite");
    ironbase::collection users = db["users"];
    CHECK_TEXT(users.insert_one(R"({"_id": 1, "name": "Ada"})"), R"({"insertedId":1})");
    const std::string more = R"({"_id": 2, "name": "Bob"} {"_id": 3, "name": "Cy"})";
    CHECK_TEXT(users.insert_many(more), R"({"insertedIds":{"0":2,"1":3},"insertedCount":2})");

    std::vector<std::string> names;
    for (std::string_view user : users.find(R"({"_id": {"$gt": 1}})", R"({"projection": {"_id": 0}})")) {
        names.emplace_back(user);
    }
    CHECK(names == (std::vector<std::string>{R"({"name":"Bob"})", R"({"name":"Cy"})"}));
    for (std::string_view user : users.find(R"({"_id": 99})")) {
        CHECK(user.empty() && false);
    }

    ironbase::cursor cursor = users.find();
    CHECK_TEXT(cursor.next_batch(2, 0, ironbase::format::lines)->view(), "{\"_id\":1,\"name\":\"Ada\"}\n{\"_id\":2,\"name\":\"Bob\"}\n");
    const std::optional<ironbase::bson_view> last = cursor.next_bson();
    CHECK(last && last->size() == 27);
    CHECK(!cursor.next());

    CHECK(users.count_documents() == 3);
    CHECK(users.estimated_document_count() == 3);
    CHECK_TEXT(users.distinct("name", R"({"_id": {"$gt": 2}})"), R"(["Cy"])");
    CHECK_TEXT(users.find_one(R"({"_id": 3})")->view(), R"({"_id":3,"name":"Cy"})");
    CHECK(!users.find_one(R"({"_id": 4})"));
    CHECK_TEXT(users.update_one(R"({"_id": 3})", R"({"$set": {"x": 1}})"), R"({"matchedCount":1,"modifiedCount":1,"upsertedCount":0})");
    CHECK_TEXT(users.find_one_and_update(R"({"_id": 3})", R"({"$inc": {"x": 1}})", R"({"returnDocument": "after"})")->view(),
               R"({"_id":3,"name":"Cy","x":2})");
    CHECK(!users.find_one_and_delete(R"({"_id": 9})"));
    CHECK_TEXT(users.create_indexes(R"([{"key": {"name": 1}}])"), R"(["name_1"])");
    CHECK(users.explain(R"({"find": "", "filter": {"name": "Ada"}})").view().find("name_1") != std::string_view::npos);
    users.drop_index("name_1");
    db.rename_collection("users", "people");
    CHECK(db["people"].count_documents() == 3);
    CHECK_TEXT(db.run_command(R"({"ping": 1})"), R"({"ok":1.0})");
    CHECK(db.stats().size() > 10);
    db.checkpoint();
}

void bytes() {
    static const std::uint8_t five[] = {12, 0, 0, 0, 16, 'x', 0, 5, 0, 0, 0, 0};
    ironbase::database db(":memory:");
    ironbase::collection numbers = db["numbers"];
    const ironbase::bson_view document(five, sizeof five);
    CHECK(numbers.insert_one(document).size() > 0);
    CHECK(numbers.insert_many(document) == 1);
    CHECK(numbers.find_one(document)->size() == sizeof five + 17);
    int count = 0;
    for (std::string_view each : numbers.find(document)) {
        count += each.find("\"x\":5") != std::string_view::npos;
    }
    CHECK(count == 2);
    static const std::uint8_t ping[] = {15, 0, 0, 0, 16, 'p', 'i', 'n', 'g', 0, 1, 0, 0, 0, 0};
    CHECK(db.run_command(ironbase::bson_view(ping, sizeof ping)).size() == 17);
    THROWS(json_error, numbers.insert_one(ironbase::bson_view(five, 7)), 22, "invalid BSON");
}

void errors() {
    ironbase::database db(":memory:");
    ironbase::collection users = db["users"];
    users.insert_one(R"({"_id": 1})");
    THROWS(duplicate_key_error, users.insert_one(R"({"_id": 1})"), 11000, "E11000");
    THROWS(json_error, users.insert_one(R"({"_id": )"), 9, "invalid JSON");
    THROWS(query_error, users.find(R"({"$nope": 1})"), 2, "$nope");
    THROWS(argument_error, users.count_documents("{}", R"({"limt": 1})"), 40415, "limt");
    THROWS(argument_error, users.delete_many({}), 0, "filter is NULL");
    THROWS(not_found_error, users.drop_index("x_1"), 27, "x_1");
    THROWS(not_found_error, ironbase::database("no/such/place/at/all"), 0, "no/such/place");

    ironbase::database moved = std::move(db);
    THROWS(argument_error, db["users"], 0, "db is NULL"); // NOLINT: what a moved-from object answers
    ironbase::cursor cursor = users.find();
    moved.close();
    THROWS(closed_error, users.find_one(), 0, "closed");
    THROWS(closed_error, cursor.begin(), 0, "closed");

    // An error outlives everything it came from, in copies.
    std::optional<ironbase::error> kept;
    try {
        ironbase::database gone(":memory:");
        gone.run_command(R"({"pong": 1})");
    } catch (const ironbase::error &error) {
        kept = error;
    }
    CHECK(kept && kept->code_name() == "CommandNotFound" && kept->status() == IRONBASE_ERROR_QUERY);
    CHECK(kept && kept->details().find("\"labels\":[]") != std::string_view::npos);
}

void transactions() {
    ironbase::database db(":memory:");
    ironbase::collection accounts = db["accounts"];
    accounts.insert_many(R"({"_id": "a", "n": 100} {"_id": "b", "n": 0})");

    // Refused twice by what others do meanwhile, then through.
    int attempts = 0;
    const int returned = db.with_transaction([&](ironbase::transaction &txn) {
        ironbase::collection within = txn["accounts"];
        within.update_one(R"({"_id": "a"})", R"({"$inc": {"n": -10}})");
        if (++attempts < 3) {
            accounts.update_one(R"({"_id": "a"})", R"({"$inc": {"others": 1}})");
        }
        within.update_one(R"({"_id": "b"})", R"({"$inc": {"n": 10}})");
        return 42;
    });
    CHECK(returned == 42 && attempts == 3);
    CHECK_TEXT(accounts.find_one(R"({"_id": "a"})")->view(), R"({"_id":"a","n":90,"others":2})");
    CHECK_TEXT(accounts.find_one(R"({"_id": "b"})")->view(), R"({"_id":"b","n":10})");

    // What is thrown in it undoes it; abort() too, without an error.
    struct of_my_own {};
    try {
        db.with_transaction([](ironbase::transaction &txn) {
            txn["accounts"].delete_many("{}");
            throw of_my_own();
        });
        CHECK(false);
    } catch (const of_my_own &) {
    }
    db.with_transaction([](ironbase::transaction &txn) {
        txn["accounts"].delete_many("{}");
        txn.abort();
    });
    THROWS(duplicate_key_error, db.with_transaction([](ironbase::transaction &txn) { txn["accounts"].insert_one(R"({"_id": "a"})"); }),
           11000, "E11000");
    CHECK(accounts.count_documents() == 2);

    ironbase::transaction txn = db.begin();
    CHECK_TEXT(db.run_command(txn, R"({"insert": "accounts", "documents": [{"_id": "c"}]})"), R"({"n":1,"ok":1.0})");
    CHECK(accounts.count_documents() == 2);
    txn.commit();
    CHECK(accounts.count_documents() == 3);
}

void operations() {
    ironbase::database db(":memory:");
    ironbase::collection numbers = db["numbers"];
    std::string documents;
    for (int i = 0; i < 3000; i++) {
        documents += "{\"x\": " + std::to_string(i) + "}\n";
    }
    numbers.insert_many(documents);

    ironbase::operation op = db.operation();
    int calls = 0;
    op.on_progress([&](std::uint64_t, std::uint64_t) { return ++calls > 0; });
    CHECK(numbers.count_documents(R"({"x": {"$gt": 5}})", op.options()) == 2994);
    CHECK(calls > 0);
    op.on_progress([](std::uint64_t, std::uint64_t) -> bool { throw 5; });
    THROWS(interrupted_error, numbers.count_documents(R"({"x": {"$gt": 5}})", op.options()), 11601, "");

    ironbase::operation killed = db.operation();
    std::thread([&] { killed.kill(); }).join();
    THROWS(interrupted_error, numbers.count_documents("{}", killed.options(R"("maxTimeMS": 60000)")), 11601, "");
}

void maintenance() {
    std::string documents;
    for (int i = 0; i < 3000; i++) {
        documents += "{\"_id\": " + std::to_string(i) + ", \"text\": \"" + std::string(200, 'x') + "\"}\n";
    }
    {
        ironbase::database db("kept.mlite");
        ironbase::collection things = db["things"];
        things.insert_many(documents);
        db.checkpoint();
        things.delete_many(R"({"_id": {"$gte": 100}})");

        ironbase::operation op = db.operation();
        int calls = 0;
        op.on_progress([&](std::uint64_t, std::uint64_t) { return ++calls > 0; });
        const ironbase::text compacted = db.compact(op.options(R"("collection": "things")"));
        CHECK(compacted.view().find("\"bytesFreed\":") != std::string_view::npos && calls > 0);
        calls = 0;
        CHECK(db.verify(op.options()).view().rfind(R"({"valid":true,"collections":1,"documents":100,)", 0) == 0);
        CHECK(calls > 0);
        op.kill();
        THROWS(interrupted_error, db.verify(op.options()), 11601, "");
        THROWS(interrupted_error, db.compact(op.options()), 11601, "");
        THROWS(not_found_error, db.compact(R"({"collection": "nothing"})"), 26, "nothing");
        THROWS(locked_error, ironbase::verify("kept.mlite"), 0, "kept.mlite");
    }

    int calls = 0;
    const auto count = [&](std::uint64_t, std::uint64_t) { return ++calls > 0; };
    {
        ironbase::database db("kept.mlite", R"({"logRetentionBytes": 1048576})");
        ironbase::operation op = db.operation();
        op.on_progress(count);
        CHECK(db.backup("backup.mlite", op.options()).view().find("\"incremental\":false") != std::string_view::npos);
        CHECK(calls > 0);
        db["things"].insert_one(R"({"_id": -1})");
        CHECK(db.backup("backup.mlite", R"({"incremental": true})").view().find("\"incremental\":true") != std::string_view::npos);
        db["things"].delete_one(R"({"_id": -1})");
        THROWS(argument_error, db.backup("backup.mlite"), 0, "backup.mlite");
        op.kill();
        THROWS(interrupted_error, db.backup("other.mlite", op.options()), 11601, "");
    }
    calls = 0;
    CHECK(ironbase::restore("backup.mlite", "restored.mlite", {}, count).view().find("\"documents\":101") != std::string_view::npos);
    CHECK(calls > 0);
    CHECK(ironbase::database("restored.mlite")["things"].count_documents() == 101);
    THROWS(argument_error, ironbase::restore("backup.mlite", "restored.mlite"), 0, "restored.mlite");
    THROWS(not_found_error, ironbase::restore("nothing.mlite", "new.mlite"), 0, "nothing.mlite");
    THROWS(interrupted_error, ironbase::restore("backup.mlite", "new.mlite", {}, [](std::uint64_t, std::uint64_t) { return false; }), 11601, "");
    calls = 0;
    CHECK(ironbase::verify("kept.mlite", {}, count).view().rfind(R"({"valid":true,)", 0) == 0);
    CHECK(calls > 0);
    calls = 0;
    CHECK(ironbase::salvage("kept.mlite", "saved.mlite", R"({"pageSize": 4096})", count).view().rfind(R"({"documents":100,)", 0) == 0);
    CHECK(calls > 0);
    CHECK(ironbase::database("saved.mlite")["things"].count_documents() == 100);

    // Stopped, or what the function throws.
    const auto stop = [](std::uint64_t, std::uint64_t) { return false; };
    THROWS(interrupted_error, ironbase::verify("kept.mlite", {}, stop), 11601, "");
    THROWS(interrupted_error, ironbase::salvage("kept.mlite", "not.mlite", {}, stop), 11601, "");
    struct of_my_own {};
    try {
        ironbase::verify("kept.mlite", {}, [](std::uint64_t, std::uint64_t) -> bool { throw of_my_own(); });
        CHECK(false);
    } catch (const of_my_own &) {
    }
    THROWS(argument_error, ironbase::salvage("kept.mlite", "saved.mlite"), 0, "saved.mlite");
    THROWS(not_found_error, ironbase::verify("nothing.mlite"), 0, "nothing.mlite");
}

void log() {
    std::vector<std::string> lines;
    ironbase::set_log([&](int level, std::string_view line) { lines.push_back(std::to_string(level) + std::string(line)); },
                      IRONBASE_LOG_INFO);
    { ironbase::database db(":memory:"); }
    ironbase::set_log(nullptr, IRONBASE_LOG_OFF);
    const std::size_t count = lines.size();
    { ironbase::database db(":memory:"); }
    CHECK(count > 0 && lines.size() == count);
    bool is_told = false;
    for (const std::string &line : lines) {
        is_told = is_told || line == "3opened :memory:";
    }
    CHECK(is_told);
}

} // namespace

int main() {
    documents_and_cursors();
    bytes();
    errors();
    transactions();
    operations();
    maintenance();
    log();
    CHECK(ironbase_live_handles() == 0);
    CHECK(!ironbase::version().empty());
    return check_failures > 0;
}
