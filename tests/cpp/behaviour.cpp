// The behaviour suite (tests/behaviour/README.md) through ironbase.hpp, with nlohmann::ordered_json for the files.
//
// What is equal, or matches, is asked of the library, in a database of its own.
#include <nlohmann/json.hpp>

#include <ironbase.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

using json = nlohmann::ordered_json;

namespace {

int failures = 0, tests_run = 0, operations_run = 0;

/// JSON that is passed on if the suite has it.
struct given {
    std::string text;
    bool is_given;
    given(const json &object, const char *name)
        : text(object.contains(name) ? object[name].dump() : ""), is_given(object.contains(name)) {}
    explicit given(const json &value) : text(value.dump()), is_given(!value.empty()) {}
    ironbase::json_in operator*() const { return is_given ? ironbase::json_in(text) : ironbase::json_in(); }
};

/// A member that may be missing.
const json &part(const json &object, const char *name) {
    static const json nothing = json::object();
    return object.contains(name) ? object[name] : nothing;
}

bool matches(const char *field, const std::string &value, const json &filter) {
    ironbase::database second(":memory:");
    ironbase::collection values = second["values"];
    values.insert_one("{\"_id\": 1, \"" + std::string(field) + "\": " + value + "}");
    return values.count_documents(filter) == 1;
}

bool equal(const std::string &found, const json &wanted) {
    return matches("result", found, {{"$expr", {{"$eq", json::array({"$result", {{"$literal", wanted}}})}}}});
}

std::string all(ironbase::cursor cursor) {
    std::string array = "[";
    for (std::string_view document : cursor) {
        array.append(array.size() > 1 ? "," : "").append(document);
    }
    return array + "]";
}

std::string or_null(const std::optional<ironbase::text> &found) { return found ? found->str() : "null"; }

/// A test's database, and the transactions that are open in it.
class test_run {
  public:
    explicit test_run(const json &test) : test_(test), db_(":memory:", *given(test, "open")) {}

    void run();

  private:
    void operation(const json &operation);
    std::string call(const json &operation);
    std::string on_collection(ironbase::collection collection, const std::string &name, const json &arguments, const given &options);
    void check_error(const json &operation, const ironbase::error &error);
    void wrong(const json &operation, const std::string &what, std::string_view found) const {
        failures++;
        std::cerr << test_["description"] << "\n  " << what << "\n  of:    " << operation << "\n  found: " << found << "\n";
    }

    const json &test_;
    ironbase::database db_;
    std::map<std::string, ironbase::transaction> transactions_;
};

std::string test_run::on_collection(ironbase::collection collection, const std::string &name, const json &arguments,
                                    const given &options) {
    const given filter(arguments, "filter"), update(arguments, "update"),
        replacement(arguments, "replacement");
    if (name == "insertOne") return collection.insert_one(*given(arguments, "document"), *options).str();
    if (name == "insertMany") return collection.insert_many(*given(arguments, "documents"), *options).str();
    if (name == "find") return all(collection.find(*filter, *options));
    if (name == "findOne") return or_null(collection.find_one(*filter, *options));
    if (name == "countDocuments") return std::to_string(collection.count_documents(*filter, *options));
    if (name == "estimatedDocumentCount") return std::to_string(collection.estimated_document_count(*options));
    if (name == "distinct") return collection.distinct(arguments["field"].get<std::string>(), *filter, *options).str();
    if (name == "updateOne") return collection.update_one(*filter, *update, *options).str();
    if (name == "updateMany") return collection.update_many(*filter, *update, *options).str();
    if (name == "replaceOne") return collection.replace_one(*filter, *replacement, *options).str();
    if (name == "deleteOne") return collection.delete_one(*filter, *options).str();
    if (name == "deleteMany") return collection.delete_many(*filter, *options).str();
    if (name == "findOneAndUpdate") return or_null(collection.find_one_and_update(*filter, *update, *options));
    if (name == "findOneAndReplace") return or_null(collection.find_one_and_replace(*filter, *replacement, *options));
    if (name == "findOneAndDelete") return or_null(collection.find_one_and_delete(*filter, *options));
    if (name == "bulkWrite") return collection.bulk_write(*given(arguments, "models"), *options).str();
    if (name == "createIndexes") return collection.create_indexes(*given(arguments, "indexes"), *options).str();
    if (name == "listIndexes") return collection.list_indexes().str();
    if (name == "dropIndex") return collection.drop_index(arguments["name"].get<std::string>()), "null";
    if (name == "drop") return collection.drop(), "null";
    throw std::runtime_error("no operation is called " + name);
}

std::string test_run::call(const json &operation) {
    const std::string name = operation["name"], within = operation.value("transaction", "");
    const json &arguments = part(operation, "arguments");
    json with_id = part(arguments, "options");
    ironbase::operation cancelled = db_.operation();
    if (operation.value("cancelled", false)) {
        cancelled.kill();
        with_id["opId"] = cancelled.id();
    }
    const given options(with_id);
    if (name == "createCollection") return db_.create_collection(arguments["name"].get<std::string>(), *options), "null";
    if (name == "renameCollection") {
        db_.rename_collection(arguments["from"].get<std::string>(), arguments["to"].get<std::string>(), *options);
        return "null";
    }
    if (name == "listCollections") return db_.list_collections(*given(arguments, "filter")).str();
    if (name == "runCommand") {
        const given command(arguments, "command");
        return (within.empty() ? db_.run_command(*command) : db_.run_command(transactions_.at(within), *command)).str();
    }
    if (name == "startTransaction") return transactions_.insert_or_assign(within, db_.begin(*options)), "null";
    if (name == "commitTransaction") return transactions_.at(within).commit(), "null";
    if (name == "abortTransaction") return transactions_.at(within).abort(), "null";
    if (name == "compact") return db_.compact(*options).str();
    if (name == "verify") return db_.verify(*options).str();
    if (name == "stats") return db_.stats(*options).str();
    if (name == "checkpoint") return db_.checkpoint(), "null";
    if (name == "close") return db_.close(), "null";
    const std::string collection = operation.value("collection", "test");
    return on_collection(within.empty() ? db_[collection] : transactions_.at(within)[collection], name, arguments, options);
}

void test_run::check_error(const json &operation, const ironbase::error &error) {
    if (!operation.contains("error")) {
        return wrong(operation, "it failed", error.what());
    }
    const json &wanted = operation["error"];
    const std::string status = "IRONBASE_ERROR_" + wanted.value("status", "");
    if (wanted.contains("status") && status != ironbase_status_name(error.status())) {
        wrong(operation, "its status", ironbase_status_name(error.status()));
    }
    if (wanted.value("code", error.code()) != error.code()) {
        wrong(operation, "its code", std::to_string(error.code()));
    }
    if (wanted.value("codeName", std::string(error.code_name())) != error.code_name()) {
        wrong(operation, "its code's name", error.code_name());
    }
    if (error.message().find(wanted.value("message", "")) == std::string_view::npos) {
        wrong(operation, "its message", error.message());
    }
    for (const json &label : part(wanted, "labels")) {
        if (!error.has_label(label.get<std::string>().c_str())) {
            wrong(operation, "its labels", error.details());
        }
    }
    if (wanted.contains("details") && !matches("details", std::string(error.details()), wanted["details"])) {
        wrong(operation, "its details", error.details());
    }
}

void test_run::operation(const json &operation) {
    operations_run++;
    std::string found;
    try {
        found = call(operation);
    } catch (const ironbase::error &error) {
        return check_error(operation, error);
    }
    if (operation.contains("error")) {
        wrong(operation, "it did not fail", found);
    } else if (operation.contains("result") && !equal(found, operation["result"])) {
        wrong(operation, "its result", found);
    } else if (operation.contains("matches") && !matches("result", found, operation["matches"])) {
        wrong(operation, "its result does not match", found);
    }
}

void test_run::run() {
    tests_run++;
    for (const auto &[name, documents] : part(test_, "data").items()) {
        db_.create_collection(name);
        if (!documents.empty()) {
            db_[name].insert_many(documents);
        }
    }
    for (const auto &[name, specs] : part(test_, "indexes").items()) {
        db_[name].create_indexes(specs);
    }
    for (const json &each : test_["operations"]) {
        operation(each);
    }
    for (const auto &[name, documents] : part(test_, "outcome").items()) {
        const std::string found = all(db_[name].find("{}", R"({"sort": {"_id": 1}})"));
        if (!equal(found, documents)) {
            wrong(documents, "what " + name + " has in the end", found);
        }
    }
}

} // namespace

int main() {
    for (const auto &entry : std::filesystem::directory_iterator(BEHAVIOUR_DIR)) {
        if (entry.path().extension() == ".json") {
            std::ifstream stream(entry.path());
            const json file = json::parse(stream);
            for (const json &test : file["tests"]) {
                test_run(test).run();
            }
        }
    }
    std::cout << tests_run << " tests, " << operations_run << " operations\n";
    if (ironbase_live_handles() != 0) {
        std::cerr << ironbase_live_handles() << " handles were not freed\n";
        failures++;
    }
    return failures > 0 || tests_run == 0;
}
