// nlohmann::json in and out.
#include "check.hpp"

#include <nlohmann/json.hpp>

#include <ironbase.hpp>

int main() {
    using nlohmann::json;
    ironbase::database db(":memory:", json{{"jsonMode", "relaxed"}});
    ironbase::collection users = db["users"];
    const json ada = {{"_id", 1}, {"name", "Ada \u00fc \"q\""}, {"tags", {"a", "b"}}, {"big", 9007199254740993}};
    CHECK(users.insert_one(ada).json()["insertedId"] == 1);
    CHECK(users.insert_many(json::array({json{{"_id", 2}}, json{{"_id", 3}}})).json()["insertedCount"] == 2);
    CHECK(users.find_one(json{{"tags", "b"}})->json() == ada);
    CHECK(users.update_many(json::object(), json{{"$set", {{"seen", true}}}}).json()["modifiedCount"] == 3);

    int sum = 0;
    for (std::string_view user : users.find(json{{"seen", true}}, nlohmann::ordered_json{{"sort", {{"_id", -1}}}, {"limit", 2}})) {
        sum += json::parse(user)["_id"].get<int>();
    }
    CHECK(sum == 5);
    try {
        users.find_one(json{{"$nope", 1}});
        CHECK(false);
    } catch (const ironbase::query_error &error) {
        CHECK(json::parse(error.details())["labels"].empty());
    }
    return check_failures > 0;
}
