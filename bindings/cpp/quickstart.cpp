#include <ironbase.hpp>
#include <iostream>

int main() {
    ironbase::database db("app.mlite");
    ironbase::collection users = db["users"];
    users.insert_many(R"([{"name": "Ada", "age": 36}, {"name": "Bob", "age": 20}])");
    for (std::string_view user : users.find(R"({"age": {"$gte": 21}})", R"({"projection": {"_id": 0}})")) {
        std::cout << user << "\n"; // {"name":"Ada","age":36}
    }
}
