// ironbase.hpp without exceptions: what can fail returns a result. Compiled with -fno-exceptions.
#include "check.hpp"

#include <ironbase.hpp>

namespace {

void documents() {
    auto opened = ironbase::database::open(":memory:");
    CHECK(opened);
    ironbase::database db = *std::move(opened);
    ironbase::collection users = *db["users"];
    auto inserted = users.insert_one(R"({"_id": 1})");
    CHECK(inserted && inserted->view() == R"({"insertedId":1})");
    CHECK(users.insert_many(R"({"_id": 2} {"_id": 3})"));

    auto again = users.insert_one(R"({"_id": 1})");
    CHECK(!again && again.error().code() == 11000 && again.error().status() == IRONBASE_ERROR_DUPLICATE_KEY);
    CHECK(!ironbase::database::open("no/such/place/at/all"));

    int count = 0;
    ironbase::cursor cursor = *users.find();
    for (std::string_view user : cursor) {
        count += user.size() == 9;
    }
    CHECK(count == 3 && !cursor.failure());

    auto found = users.find_one(R"({"_id": 2})");
    CHECK(found && *found && (*found)->view() == R"({"_id":2})");
    auto missing = users.find_one(R"({"_id": 9})");
    CHECK(missing && !*missing);
    CHECK(*users.count_documents() == 3);

    // A range-for that meets an error ends, and the cursor has it.
    ironbase::cursor cut = *users.find();
    CHECK(db.close());
    for (std::string_view user : cut) {
        CHECK(user.empty() && false);
    }
    CHECK(cut.failure() && cut.failure()->status() == IRONBASE_ERROR_CLOSED);
    CHECK(!users.drop());
}

void transactions() {
    ironbase::database db = *ironbase::database::open(":memory:");
    ironbase::collection accounts = *db["accounts"];
    CHECK(accounts.insert_one(R"({"_id": "a", "n": 100})"));
    int attempts = 0;
    auto returned = db.with_transaction([&](ironbase::transaction &txn) -> ironbase::result<int> {
        ironbase::collection within = *txn["accounts"];
        auto updated = within.update_one(R"({"_id": "a"})", R"({"$inc": {"n": -10}})");
        if (!updated) {
            return updated.error();
        }
        if (++attempts < 3) {
            CHECK(accounts.update_one(R"({"_id": "a"})", R"({"$inc": {"others": 1}})"));
        }
        return 42;
    });
    CHECK(returned && *returned == 42 && attempts == 3);
    CHECK((*accounts.find_one())->view() == R"({"_id":"a","n":90,"others":2})");

    auto refused = db.with_transaction([](ironbase::transaction &txn) -> ironbase::result<void> {
        auto inserted = txn.collection("accounts")->insert_one(R"({"_id": "a"})");
        return inserted ? ironbase::result<void>() : inserted.error();
    });
    CHECK(!refused && refused.error().code() == 11000);
    auto aborted = db.with_transaction([](ironbase::transaction &txn) -> ironbase::result<void> {
        CHECK(txn.collection("accounts")->delete_many("{}"));
        return txn.abort();
    });
    CHECK(aborted && *accounts.count_documents() == 1);
}

void maintenance() {
    {
        ironbase::database db = *ironbase::database::open("kept.mlite");
        CHECK(db.collection("things")->insert_one(R"({"_id": 1})"));
        CHECK(db.compact() && db.checkpoint() && db.stats());
        const auto report = db.verify();
        CHECK(report);
    }
    int calls = 0;
    auto report = ironbase::verify("kept.mlite", {}, [&](std::uint64_t, std::uint64_t) { return ++calls > 0; });
    CHECK(report && report->view().rfind(R"({"valid":true,)", 0) == 0 && calls > 0);
    CHECK(ironbase::salvage("kept.mlite", "saved.mlite"));
    auto stopped = ironbase::verify("kept.mlite", {}, [](std::uint64_t, std::uint64_t) { return false; });
    CHECK(!stopped && stopped.error().code() == 11601);
}

} // namespace

int main() {
    documents();
    transactions();
    maintenance();
    CHECK(ironbase_live_handles() == 0);
    return check_failures > 0;
}
