// A panic inside the engine is thrown as an internal_error. See panic.c.
#include "../cpp/check.hpp"

#include <ironbase.hpp>

namespace {

void arm(ironbase::database &db, const std::string &point) {
    db.run_command("{\"configureFailPoint\": \"" + point + "\", \"mode\": {\"times\": 1}}");
}

template <class Call> void panics(int line, Call call) {
    try {
        call();
    } catch (const ironbase::internal_error &error) {
        if (error.code() == 1 && error.code_name() == "InternalError" && error.status() == IRONBASE_ERROR_INTERNAL &&
            error.message().find("a bug in IronBase: failpoint") == 0) {
            return;
        }
        std::cerr << error.what() << "\n";
    } catch (const std::exception &error) {
        std::cerr << "of another class: " << error.what() << "\n";
    }
    check_failures++;
    std::cerr << "line " << line << ": no internal_error, or a wrong one\n";
}
#define PANICS(call) panics(__LINE__, [&] { (void)(call); })

} // namespace

int main() {
    {
        ironbase::database db("panic-cpp.mlite");
        ironbase::collection things = db["things"];
        things.insert_many(R"({"_id": 1} {"_id": 2})");
        things.create_indexes(R"([{"key": {"n": 1}}])");
        arm(db, "panicWhileReading");
        PANICS(things.find_one(R"({"_id": 1})"));
        ironbase::cursor cursor = things.find();
        arm(db, "panicWhileReading");
        PANICS(cursor.next());
        arm(db, "panicWhileReading");
        PANICS([&] {
            for (std::string_view each : things.find()) {
                CHECK(each.empty() && false);
            }
            return 0;
        }());
        CHECK(things.count_documents() == 2);
        arm(db, "panicWhileWriting");
        PANICS(db.with_transaction([](ironbase::transaction &txn) { txn["things"].insert_one(R"({"_id": 3})"); }));
        CHECK(things.count_documents() == 2);
    }
    ironbase::database db("panic-cpp.mlite");
    CHECK(db["things"].count_documents() == 2);
    db["things"].insert_one(R"({"_id": 3})");
    arm(db, "panicWhileWriting");
    PANICS(db["things"].insert_one(R"({"_id": 4})"));
    CHECK(db["things"].count_documents() == 3);
    db = ironbase::database(":memory:");
    CHECK(db.verify().view().find("\"valid\":true") == 1);
    return check_failures > 0;
}
