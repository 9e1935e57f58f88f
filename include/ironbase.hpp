/* IronBase for C++17 and later: handles that free themselves, errors as exceptions, cursors in range-for.
 *
 * A thin skin over ironbase.h, in this one file. Each function does what its namesake in C does and takes the same
 * JSON; ironbase.h is the reference for options, statuses and caveats.
 *
 *     ironbase::database db("app.mlite");
 *     ironbase::collection users = db["users"];
 *     users.insert_one(R"({"name": "Ada", "age": 36})");
 *     for (std::string_view user : users.find(R"({"age": {"$gt": 30}})")) { ... }
 *
 * Errors are thrown (ironbase::error and its kinds). Compiled with -fno-exceptions, or with IRONBASE_NO_EXCEPTIONS defined,
 * every function that can fail returns an ironbase::result<T> in place of T.
 *
 * Where nlohmann/json.hpp can be included, nlohmann::json is taken wherever JSON is, and text::json() gives one.
 *
 * Objects are moved, not copied. One that was moved from answers "is NULL". Threads: as in ironbase.h.
 *
 * MIT licence; see LICENSE. */

#ifndef IRONBASE_HPP
#define IRONBASE_HPP

#include "ironbase.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#define IRONBASE_HAS_NLOHMANN 1
#endif

#if !defined(IRONBASE_NO_EXCEPTIONS) && !defined(__cpp_exceptions)
#define IRONBASE_NO_EXCEPTIONS 1
#endif

namespace ironbase {

// The two modes have different types, so that files compiled in either can be linked into one program.
#ifdef IRONBASE_NO_EXCEPTIONS
inline namespace returning {
#else
inline namespace throwing {
#endif

/// What went wrong, and everything known of it. Cheap to copy.
class error : public std::exception {
  public:
    explicit error(ironbase_error_t *handle) : handle_(handle, ironbase_error_free) {}

    /// One of `IRONBASE_ERROR_...`.
    ironbase_status_t status() const noexcept { return ironbase_error_status(handle_.get()); }
    /// MongoDB's number, such as 11000; 0 where it has none.
    int code() const noexcept { return ironbase_error_code(handle_.get()); }
    std::string_view code_name() const noexcept { return ironbase_error_code_name(handle_.get()); }
    std::string_view message() const noexcept { return ironbase_error_message(handle_.get()); }
    const char *what() const noexcept override { return ironbase_error_message(handle_.get()); }
    /// A JSON document: causes, labels, keyValue, writeErrors ...
    std::string_view details() const noexcept { return ironbase_error_details(handle_.get()); }
    bool has_label(const char *label) const noexcept { return ironbase_error_has_label(handle_.get(), label); }
    /// Whether the whole transaction may be tried again from its beginning.
    bool is_transient() const noexcept { return has_label("TransientTransactionError"); }

  private:
    std::shared_ptr<ironbase_error_t> handle_;
};

#ifndef IRONBASE_NO_EXCEPTIONS
/// A NULL, an unknown option, bad UTF-8: an error of the program that calls.
class argument_error : public error { using error::error; };
/// A text that is no JSON, or bytes that are no BSON.
class json_error : public error { using error::error; };
/// What MongoDB refuses too: filters, updates, specifications.
class query_error : public error { using error::error; };
class duplicate_key_error : public error { using error::error; };
class not_found_error : public error { using error::error; };
/// Another transaction was first; see error::is_transient().
class conflict_error : public error { using error::error; };
class validation_error : public error { using error::error; };
/// Someone else has the database open.
class locked_error : public error { using error::error; };
class closed_error : public error { using error::error; };
/// Killed, or out of time.
class interrupted_error : public error { using error::error; };
class read_only_error : public error { using error::error; };
/// What the system refused; details() have its errno.
class io_error : public error { using error::error; };
/// A disk, or a limit, that is full.
class full_error : public error { using error::error; };
/// Damaged files: see verify() and salvage().
class corrupt_error : public error { using error::error; };
class unsupported_error : public error { using error::error; };
/// A bug in IronBase.
class internal_error : public error { using error::error; };

namespace detail {
[[noreturn]] inline void raise(ironbase_error_t *handle) {
    switch (ironbase_error_status(handle)) {
    case IRONBASE_ERROR_ARGUMENT: throw argument_error(handle);
    case IRONBASE_ERROR_JSON: throw json_error(handle);
    case IRONBASE_ERROR_QUERY: throw query_error(handle);
    case IRONBASE_ERROR_DUPLICATE_KEY: throw duplicate_key_error(handle);
    case IRONBASE_ERROR_NOT_FOUND: throw not_found_error(handle);
    case IRONBASE_ERROR_CONFLICT: throw conflict_error(handle);
    case IRONBASE_ERROR_VALIDATION: throw validation_error(handle);
    case IRONBASE_ERROR_LOCKED: throw locked_error(handle);
    case IRONBASE_ERROR_CLOSED: throw closed_error(handle);
    case IRONBASE_ERROR_INTERRUPTED: throw interrupted_error(handle);
    case IRONBASE_ERROR_READ_ONLY: throw read_only_error(handle);
    case IRONBASE_ERROR_IO: throw io_error(handle);
    case IRONBASE_ERROR_FULL: throw full_error(handle);
    case IRONBASE_ERROR_CORRUPT: throw corrupt_error(handle);
    case IRONBASE_ERROR_UNSUPPORTED: throw unsupported_error(handle);
    case IRONBASE_ERROR_INTERNAL: throw internal_error(handle);
    default: throw error(handle);
    }
}
} // namespace detail

/// What a function that can fail returns: the thing itself.
template <class T> using result = T;

#else

/// What a function that can fail returns: the thing, or an error. Asking for the one that is not there ends the program.
template <class T> class [[nodiscard]] result {
  public:
    result(T value) : value_(std::move(value)) {}
    result(ironbase::error error) : error_(std::move(error)) {}

    explicit operator bool() const noexcept { return value_.has_value(); }
    T &value() & { return value_ ? *value_ : (std::terminate(), *value_); }
    T &&value() && { return std::move(value()); }
    T &operator*() & { return value(); }
    T &&operator*() && { return std::move(value()); }
    T *operator->() { return &value(); }
    const ironbase::error &error() const { return error_ ? *error_ : (std::terminate(), *error_); }

  private:
    std::optional<T> value_;
    std::optional<ironbase::error> error_;
};

template <> class [[nodiscard]] result<void> {
  public:
    result() = default;
    result(ironbase::error error) : error_(std::move(error)) {}

    explicit operator bool() const noexcept { return !error_.has_value(); }
    const ironbase::error &error() const { return error_ ? *error_ : (std::terminate(), *error_); }

  private:
    std::optional<ironbase::error> error_;
};

#endif

/// JSON that is passed to a call: a literal, a string, a nlohmann::json. Made where it is needed and not kept; without
/// anything it stands for "not given".
class json_in {
  public:
    json_in() = default;
    json_in(const char *text) : view_(text) {}
    json_in(std::string_view text) : view_(text) {}
    json_in(const std::string &text) : view_(text) {}
#ifdef IRONBASE_HAS_NLOHMANN
    template <class Json, class = std::enable_if_t<nlohmann::detail::is_basic_json<Json>::value>>
    json_in(const Json &value) : own_(value.dump()), view_(own_) {}
#endif
    json_in(const json_in &) = delete;
    json_in &operator=(const json_in &) = delete;

    const char *data() const noexcept { return view_.data(); }
    std::size_t size() const noexcept { return view_.size(); }

  private:
    std::string own_;
    std::string_view view_;
};

/// BSON that is passed to a call, or lent by one.
struct bson_view {
    const std::uint8_t *bytes = nullptr;
    std::size_t length = 0;

    bson_view() = default;
    bson_view(const std::uint8_t *bytes, std::size_t length) : bytes(bytes), length(length) {}
    const std::uint8_t *data() const noexcept { return bytes; }
    std::size_t size() const noexcept { return length; }
};

/// A text that a call returned, JSON mostly.
class text {
  public:
    using unit = char;
    text(char *owned, std::size_t length) : owned_(owned), length_(length) {}

    const char *c_str() const noexcept { return owned_ ? owned_.get() : ""; }
    std::size_t size() const noexcept { return length_; }
    std::string_view view() const noexcept { return {c_str(), length_}; }
    operator std::string_view() const noexcept { return view(); }
    std::string str() const { return std::string(view()); }
#ifdef IRONBASE_HAS_NLOHMANN
    nlohmann::json json() const { return nlohmann::json::parse(view()); }
#endif

  private:
    struct free {
        void operator()(char *owned) const noexcept { ironbase_string_free(owned); }
    };
    std::unique_ptr<char, free> owned_;
    std::size_t length_;
};

/// A BSON document that a call returned.
class bson {
  public:
    using unit = std::uint8_t;
    bson(std::uint8_t *owned, std::size_t length) : owned_(owned), length_(length) {}

    const std::uint8_t *data() const noexcept { return owned_.get(); }
    std::size_t size() const noexcept { return length_; }
    bson_view view() const noexcept { return {data(), length_}; }

  private:
    struct free {
        void operator()(std::uint8_t *owned) const noexcept { ironbase_bson_free(owned); }
    };
    std::unique_ptr<std::uint8_t, free> owned_;
    std::size_t length_;
};

namespace detail {

/// A handle and the function that frees it.
template <class T, void (*Free)(T *)> struct freeing {
    void operator()(T *handle) const noexcept { Free(handle); }
};
template <class T, void (*Free)(T *)> using owned = std::unique_ptr<T, freeing<T, Free>>;

/// The end of every call: the value, unless there is an error.
#ifndef IRONBASE_NO_EXCEPTIONS
inline void finish(ironbase_error_t *failure) {
    if (failure != nullptr) {
        raise(failure);
    }
}
template <class T> T finish(ironbase_error_t *failure, T value) {
    finish(failure);
    return value;
}
#else
inline result<void> finish(ironbase_error_t *failure) {
    return failure != nullptr ? result<void>(error(failure)) : result<void>();
}
template <class T> result<T> finish(ironbase_error_t *failure, T value) {
    return failure != nullptr ? result<T>(error(failure)) : result<T>(std::move(value));
}
#endif

/// Calls a function that has nothing to return.
template <class Function, class... Arguments> result<void> call(Function function, Arguments... arguments) {
    ironbase_error_t *failure = nullptr;
    function(arguments..., &failure);
    return finish(failure);
}

/// Calls a function that returns a text or BSON.
template <class Out, class Function, class... Arguments> result<Out> call_for(Function function, Arguments... arguments) {
    typename Out::unit *out = nullptr;
    std::size_t length = 0;
    ironbase_error_t *failure = nullptr;
    function(arguments..., &out, &length, &failure);
    return finish(failure, Out(out, length));
}

/// The same, if there may be nothing.
template <class Out, class Function, class... Arguments>
result<std::optional<Out>> call_for_one(Function function, Arguments... arguments) {
    typename Out::unit *out = nullptr;
    std::size_t length = 0;
    ironbase_error_t *failure = nullptr;
    function(arguments..., &out, &length, &failure);
    return finish(failure, out == nullptr ? std::nullopt : std::optional<Out>(Out(out, length)));
}

/// Calls a function that returns a handle, and wraps it.
template <class Wrapper, class Handle, class Function, class... Arguments>
result<Wrapper> call_for_handle(Function function, Arguments... arguments) {
    Handle *handle = nullptr;
    ironbase_error_t *failure = nullptr;
    function(arguments..., &handle, &failure);
    return finish(failure, Wrapper(handle));
}

} // namespace detail

/// The forms of a batch.
enum class format : std::int32_t { array = IRONBASE_FORMAT_ARRAY, lines = IRONBASE_FORMAT_LINES, bson = IRONBASE_FORMAT_BSON };

/// The results of a query, in a range-for or one by one.
///
/// Documents are lent: a string_view is good until the next one is asked for. Where errors are not thrown, a range-for ends at one,
/// and failure() has it.
class cursor {
  public:
    explicit cursor(ironbase_cursor_t *handle) : handle_(handle) {}

    /// The next document; nothing at the end.
    result<std::optional<std::string_view>> next() {
        const char *document = nullptr;
        std::size_t length = 0;
        ironbase_error_t *failure = nullptr;
        ironbase_cursor_next(handle_.get(), &document, &length, &failure);
        return detail::finish(failure, document == nullptr ? std::nullopt
                                                           : std::optional<std::string_view>({document, length}));
    }

    /// The next document as it is stored; nothing at the end.
    result<std::optional<bson_view>> next_bson() {
        const std::uint8_t *document = nullptr;
        std::size_t length = 0;
        ironbase_error_t *failure = nullptr;
        ironbase_cursor_next_bson(handle_.get(), &document, &length, &failure);
        return detail::finish(failure, document == nullptr ? std::nullopt
                                                           : std::optional<bson_view>(bson_view(document, length)));
    }

    /// Many documents in one text; nothing at the end.
    result<std::optional<text>> next_batch(std::uint32_t max_docs = 0, std::size_t max_bytes = 0, format as = format::array) {
        char *out = nullptr;
        std::size_t length = 0;
        ironbase_error_t *failure = nullptr;
        ironbase_cursor_next_batch(handle_.get(), max_docs, max_bytes, static_cast<std::int32_t>(as), &out, &length, nullptr,
                                   &failure);
        return detail::finish(failure, out == nullptr ? std::nullopt : std::optional<text>(text(out, length)));
    }

    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = const std::string_view *;
        using reference = std::string_view;

        iterator() = default;
        explicit iterator(cursor *of) : of_(of) { ++*this; }
        reference operator*() const noexcept { return document_; }
        pointer operator->() const noexcept { return &document_; }
        iterator &operator++() {
#ifndef IRONBASE_NO_EXCEPTIONS
            const std::optional<std::string_view> next = of_->next();
#else
            result<std::optional<std::string_view>> found = of_->next();
            if (!found) {
                of_->failure_ = found.error();
            }
            const std::optional<std::string_view> next = found ? *found : std::nullopt;
#endif
            document_ = next.value_or(std::string_view());
            of_ = next ? of_ : nullptr;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.of_ == b.of_; }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.of_ != b.of_; }

      private:
        cursor *of_ = nullptr;
        std::string_view document_;
    };

    iterator begin() { return iterator(this); }
    iterator end() noexcept { return iterator(); }

#ifdef IRONBASE_NO_EXCEPTIONS
    /// The error that ended a range-for, if one did.
    const std::optional<error> &failure() const noexcept { return failure_; }
#endif

    ironbase_cursor_t *get() const noexcept { return handle_.get(); }

  private:
    detail::owned<ironbase_cursor_t, ironbase_cursor_free> handle_;
#ifdef IRONBASE_NO_EXCEPTIONS
    std::optional<error> failure_;
#endif
};

/// A collection, of a database or within a transaction.
class collection {
  public:
    explicit collection(ironbase_collection_t *handle) : handle_(handle) {}

    result<text> insert_one(const json_in &document, const json_in &options = {}) {
        return one_argument(ironbase_collection_insert_one, document, options);
    }
    /// `documents`: an array, or one after another.
    result<text> insert_many(const json_in &documents, const json_in &options = {}) {
        return one_argument(ironbase_collection_insert_many, documents, options);
    }
    result<bson> insert_one(bson_view document, bson_view options = {}) {
        return detail::call_for<bson>(ironbase_collection_insert_one_bson, get(), document.data(), document.size(),
                                      options.data(), options.size());
    }
    /// `documents`: one after another. The number of those inserted.
    result<std::uint64_t> insert_many(bson_view documents, bson_view options = {}) {
        std::uint64_t inserted = 0;
        ironbase_error_t *failure = nullptr;
        ironbase_collection_insert_many_bson(get(), documents.data(), documents.size(), options.data(), options.size(), &inserted,
                                             &failure);
        return detail::finish(failure, inserted);
    }

    result<cursor> find(const json_in &filter = {}, const json_in &options = {}) {
        return detail::call_for_handle<cursor, ironbase_cursor_t>(ironbase_collection_find, get(), filter.data(), filter.size(),
                                                                  options.data(), options.size());
    }
    result<cursor> find(bson_view filter, bson_view options = {}) {
        return detail::call_for_handle<cursor, ironbase_cursor_t>(ironbase_collection_find_bson, get(), filter.data(),
                                                                  filter.size(), options.data(), options.size());
    }
    result<std::optional<text>> find_one(const json_in &filter = {}, const json_in &options = {}) {
        return detail::call_for_one<text>(ironbase_collection_find_one, get(), filter.data(), filter.size(), options.data(),
                                          options.size());
    }
    result<std::optional<bson>> find_one(bson_view filter, bson_view options = {}) {
        return detail::call_for_one<bson>(ironbase_collection_find_one_bson, get(), filter.data(), filter.size(), options.data(),
                                          options.size());
    }
    result<std::int64_t> count_documents(const json_in &filter = {}, const json_in &options = {}) {
        std::int64_t count = 0;
        ironbase_error_t *failure = nullptr;
        ironbase_collection_count_documents(get(), filter.data(), filter.size(), options.data(), options.size(), &count, &failure);
        return detail::finish(failure, count);
    }
    result<std::int64_t> estimated_document_count(const json_in &options = {}) {
        std::int64_t count = 0;
        ironbase_error_t *failure = nullptr;
        ironbase_collection_estimated_document_count(get(), options.data(), options.size(), &count, &failure);
        return detail::finish(failure, count);
    }
    result<text> distinct(std::string_view field, const json_in &filter = {}, const json_in &options = {}) {
        return detail::call_for<text>(ironbase_collection_distinct, get(), field.data(), field.size(), filter.data(), filter.size(),
                                      options.data(), options.size());
    }

    result<text> update_one(const json_in &filter, const json_in &update, const json_in &options = {}) {
        return two_arguments<text>(ironbase_collection_update_one, filter, update, options);
    }
    result<text> update_many(const json_in &filter, const json_in &update, const json_in &options = {}) {
        return two_arguments<text>(ironbase_collection_update_many, filter, update, options);
    }
    result<text> replace_one(const json_in &filter, const json_in &replacement, const json_in &options = {}) {
        return two_arguments<text>(ironbase_collection_replace_one, filter, replacement, options);
    }
    result<text> delete_one(const json_in &filter, const json_in &options = {}) {
        return one_argument(ironbase_collection_delete_one, filter, options);
    }
    result<text> delete_many(const json_in &filter, const json_in &options = {}) {
        return one_argument(ironbase_collection_delete_many, filter, options);
    }
    /// The document before, or after with `{"returnDocument": "after"}`; nothing if there is none.
    result<std::optional<text>> find_one_and_update(const json_in &filter, const json_in &update, const json_in &options = {}) {
        return detail::call_for_one<text>(ironbase_collection_find_one_and_update, get(), filter.data(), filter.size(),
                                          update.data(), update.size(), options.data(), options.size());
    }
    result<std::optional<text>> find_one_and_replace(const json_in &filter, const json_in &replacement,
                                                     const json_in &options = {}) {
        return detail::call_for_one<text>(ironbase_collection_find_one_and_replace, get(), filter.data(), filter.size(),
                                          replacement.data(), replacement.size(), options.data(), options.size());
    }
    result<std::optional<text>> find_one_and_delete(const json_in &filter, const json_in &options = {}) {
        return detail::call_for_one<text>(ironbase_collection_find_one_and_delete, get(), filter.data(), filter.size(),
                                          options.data(), options.size());
    }
    /// `models`: an array, or one after another.
    result<text> bulk_write(const json_in &models, const json_in &options = {}) {
        return one_argument(ironbase_collection_bulk_write, models, options);
    }

    result<void> drop() { return detail::call(ironbase_collection_drop, get()); }
    /// An array of `{"key": {"age": 1}}`; gives their names.
    result<text> create_indexes(const json_in &specs, const json_in &options = {}) {
        return one_argument(ironbase_collection_create_indexes, specs, options);
    }
    result<void> drop_index(std::string_view name) {
        return detail::call(ironbase_collection_drop_index, get(), name.data(), name.size());
    }
    result<text> list_indexes() { return detail::call_for<text>(ironbase_collection_list_indexes, get()); }
    result<text> explain(const json_in &command, const json_in &options = {}) {
        return one_argument(ironbase_collection_explain, command, options);
    }

    ironbase_collection_t *get() const noexcept { return handle_.get(); }

  private:
    template <class Function> result<text> one_argument(Function function, const json_in &argument, const json_in &options) {
        return detail::call_for<text>(function, get(), argument.data(), argument.size(), options.data(), options.size());
    }
    template <class Out, class Function>
    result<Out> two_arguments(Function function, const json_in &first, const json_in &second, const json_in &options) {
        return detail::call_for<Out>(function, get(), first.data(), first.size(), second.data(), second.size(), options.data(),
                                     options.size());
    }

    detail::owned<ironbase_collection_t, ironbase_collection_free> handle_;
};

/// A transaction; aborted at its end of life unless it was committed.
class transaction {
  public:
    explicit transaction(ironbase_txn_t *handle) : handle_(handle) {}

    /// A collection within it.
    result<ironbase::collection> collection(std::string_view name) {
        return detail::call_for_handle<ironbase::collection, ironbase_collection_t>(ironbase_txn_collection, get(), name.data(),
                                                                                    name.size());
    }
    result<ironbase::collection> operator[](std::string_view name) { return collection(name); }
    result<void> commit() { return detail::call(ironbase_txn_commit, get()); }
    result<void> abort() {
        is_aborted_ = true;
        return detail::call(ironbase_txn_abort, get());
    }
    /// Whether abort() was called.
    bool is_aborted() const noexcept { return is_aborted_; }

    ironbase_txn_t *get() const noexcept { return handle_.get(); }

  private:
    detail::owned<ironbase_txn_t, ironbase_txn_free> handle_;
    bool is_aborted_ = false;
};

/// Learns how far a call is, on the call's thread; false stops it. `total` is 0 where it is not known.
using progress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

namespace detail {

/// A progress function while a call runs, with what it threw: that must not cross the library.
class watcher {
  public:
    explicit watcher(progress function) : function_(std::move(function)) {}

    static bool report(void *user, std::uint64_t done, std::uint64_t total) {
        watcher &self = *static_cast<watcher *>(user);
#ifndef IRONBASE_NO_EXCEPTIONS
        try {
            return self.function_(done, total);
        } catch (...) {
            self.thrown_ = std::current_exception();
            return false;
        }
#else
        return self.function_(done, total);
#endif
    }
    /// NULL if there is nothing to tell.
    ironbase_progress_fn callback() const noexcept { return function_ ? report : nullptr; }
    /// Throws what the function has thrown.
    void rethrow() const {
#ifndef IRONBASE_NO_EXCEPTIONS
        if (thrown_) {
            std::rethrow_exception(thrown_);
        }
#endif
    }

  private:
    progress function_;
#ifndef IRONBASE_NO_EXCEPTIONS
    std::exception_ptr thrown_;
#endif
};

/// Calls a function that watches a directory and returns a text.
template <class Function, class... Arguments>
result<text> call_watched(progress function, Function call, Arguments... arguments) {
    watcher watch(std::move(function));
    char *out = nullptr;
    std::size_t length = 0;
    ironbase_error_t *failure = nullptr;
    call(arguments..., watch.callback(), &watch, &out, &length, &failure);
    text made(out, length);
    owned<ironbase_error_t, ironbase_error_free> kept(failure);
    watch.rethrow();
    return finish(kept.release(), std::move(made));
}

} // namespace detail

/// An id under which calls can be killed and watched: its number is the calls' option `opId`. Must not outlive its database.
class operation {
  public:
    /// False kills the call, as does an exception.
    using progress = ironbase::progress;

    explicit operation(ironbase_db_t *db) : db_(db), id_(ironbase_db_op_new(db)) {}
    operation(operation &&other) noexcept
        : db_(std::exchange(other.db_, nullptr)), id_(std::exchange(other.id_, 0)), progress_(std::move(other.progress_)) {}
    operation &operator=(operation &&) = delete;
    ~operation() {
        if (db_ != nullptr) {
            ironbase_db_op_free(db_, id_, nullptr);
        }
    }

    std::uint64_t id() const noexcept { return id_; }
    /// `{"opId": id}`, with more options behind it if there are any: `options(R"("maxTimeMS": 100)")`.
    std::string options(std::string_view more = {}) const {
        std::string text = "{\"opId\": " + std::to_string(id_);
        if (!more.empty()) {
            text.append(", ").append(more);
        }
        return text + "}";
    }
    /// Ends the calls that run under the id, from any thread, and those to come.
    result<void> kill() { return detail::call(ironbase_db_op_kill, db_, id_); }
    /// Called on the thread of the call that is watched.
    result<void> on_progress(progress function) {
        auto next = function ? std::make_unique<progress>(std::move(function)) : nullptr;
        ironbase_error_t *failure = nullptr;
        ironbase_db_op_set_progress(db_, id_, next ? report : nullptr, next.get(), &failure);
        if (failure == nullptr) {
            progress_ = std::move(next); // the one before is not running any more
        }
        return detail::finish(failure);
    }

  private:
    static bool report(void *user, std::uint64_t done, std::uint64_t total) {
#ifndef IRONBASE_NO_EXCEPTIONS
        try {
            return (*static_cast<progress *>(user))(done, total);
        } catch (...) {
            return false;
        }
#else
        return (*static_cast<progress *>(user))(done, total);
#endif
    }

    ironbase_db_t *db_;
    std::uint64_t id_;
    std::unique_ptr<progress> progress_;
};

/// An open database.
class database {
  public:
    explicit database(ironbase_db_t *handle) : handle_(handle) {}
#ifndef IRONBASE_NO_EXCEPTIONS
    explicit database(const std::string &path, const json_in &options = {}) : database(open(path, options)) {}
#endif
    static result<database> open(const std::string &path, const json_in &options = {}) {
        return detail::call_for_handle<database, ironbase_db_t>(ironbase_open, path.c_str(), options.data(), options.size());
    }
    /// What closing meets is only known to those who call this; the destructor closes too.
    result<void> close() { return detail::call(ironbase_db_close, get()); }

    result<ironbase::collection> collection(std::string_view name) {
        return detail::call_for_handle<ironbase::collection, ironbase_collection_t>(ironbase_db_collection, get(), name.data(),
                                                                                    name.size());
    }
    result<ironbase::collection> operator[](std::string_view name) { return collection(name); }
    result<void> create_collection(std::string_view name, const json_in &options = {}) {
        return detail::call(ironbase_db_create_collection, get(), name.data(), name.size(), options.data(), options.size());
    }
    result<void> rename_collection(std::string_view from, std::string_view to, const json_in &options = {}) {
        return detail::call(ironbase_db_rename_collection, get(), from.data(), from.size(), to.data(), to.size(), options.data(),
                            options.size());
    }
    result<text> list_collections(const json_in &filter = {}) {
        return detail::call_for<text>(ironbase_db_list_collections, get(), filter.data(), filter.size());
    }
    result<text> run_command(const json_in &command) { return run_command(nullptr, command); }
    result<text> run_command(const transaction &within, const json_in &command) { return run_command(within.get(), command); }
    result<bson> run_command(bson_view command) {
        return detail::call_for<bson>(ironbase_db_run_command_bson, get(), static_cast<ironbase_txn_t *>(nullptr), command.data(),
                                      command.size());
    }
    result<void> checkpoint() { return detail::call(ironbase_db_checkpoint, get()); }
    result<text> compact(const json_in &options = {}) {
        return detail::call_for<text>(ironbase_db_compact, get(), options.data(), options.size());
    }
    /// Looks for damage while others read and write; see ironbase::verify() for a database that is not open.
    result<text> verify(const json_in &options = {}) {
        return detail::call_for<text>(ironbase_db_verify, get(), options.data(), options.size());
    }
    /// Makes a backup in another directory, or continues one, while others read and write.
    result<text> backup(const std::string &destination, const json_in &options = {}) {
        return detail::call_for<text>(ironbase_db_backup, get(), destination.c_str(), options.data(), options.size());
    }
    result<text> stats(const json_in &options = {}) {
        return detail::call_for<text>(ironbase_db_stats, get(), options.data(), options.size());
    }

    result<transaction> begin(const json_in &options = {}) {
        return detail::call_for_handle<transaction, ironbase_txn_t>(ironbase_txn_begin, get(), options.data(), options.size());
    }

    /// Runs `body(transaction &)` in a transaction and commits it. When either is refused with an error that is_transient(),
    /// begins again, for two minutes at most. Returns what `body` returned, which is a result where errors are not thrown.
    /// A body that calls abort() ends it without a commit.
    template <class Body> auto with_transaction(Body &&body, const json_in &options = {}) {
        using returned = std::invoke_result_t<Body &, transaction &>;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
        for (;;) {
#ifndef IRONBASE_NO_EXCEPTIONS
            transaction within = begin(options);
            try {
                if constexpr (std::is_void_v<returned>) {
                    body(within);
                    return commit_unless_aborted(within);
                } else {
                    returned value = body(within);
                    commit_unless_aborted(within);
                    return value;
                }
            } catch (const error &failure) {
                if (!failure.is_transient() || std::chrono::steady_clock::now() >= deadline) {
                    throw;
                }
            }
#else
            result<transaction> within = begin(options);
            if (!within) {
                return returned(within.error());
            }
            returned value = body(*within);
            if (value) {
                result<void> committed = commit_unless_aborted(*within);
                if (committed) {
                    return value;
                }
                value = returned(committed.error());
            }
            if (!value.error().is_transient() || std::chrono::steady_clock::now() >= deadline) {
                return value;
            }
#endif
        }
    }

    ironbase::operation operation() { return ironbase::operation(get()); }

    ironbase_db_t *get() const noexcept { return handle_.get(); }

  private:
    result<text> run_command(ironbase_txn_t *within, const json_in &command) {
        return detail::call_for<text>(ironbase_db_run_command, get(), within, command.data(), command.size());
    }
    static result<void> commit_unless_aborted(transaction &within) {
        return within.is_aborted() ? detail::finish(nullptr) : within.commit();
    }

    detail::owned<ironbase_db_t, ironbase_db_free> handle_;
};

/// Looks for damage in a database that nobody has open for writing. What the progress function throws stops it and is passed on.
inline result<text> verify(const std::string &path, const json_in &options = {}, progress function = {}) {
    return detail::call_watched(std::move(function), ironbase_verify, path.c_str(), options.data(), options.size());
}

/// Saves what can be read of a damaged database into a new one. What the progress function throws stops it and is passed on.
inline result<text> salvage(const std::string &damaged, const std::string &into, const json_in &options = {}, progress function = {}) {
    return detail::call_watched(std::move(function), ironbase_salvage, damaged.c_str(), into.c_str(), options.data(), options.size());
}

/// Makes a new database of a backup. What the progress function throws stops it and is passed on.
inline result<text> restore(const std::string &backup, const std::string &destination, const json_in &options = {},
                            progress function = {}) {
    return detail::call_watched(std::move(function), ironbase_restore, backup.c_str(), destination.c_str(), options.data(),
                                options.size());
}

/// The version of the library that is running.
inline std::string_view version() { return ironbase_version(); }

/// Sends the log to a function, which several threads may call at once; an empty one ends it. Lines above `level` are left out
/// (`IRONBASE_LOG_...`).
inline void set_log(std::function<void(int level, std::string_view line)> function, int level) {
    using receiver = std::function<void(int, std::string_view)>;
    static std::mutex mutex;
    static std::unique_ptr<receiver> current;
    const std::lock_guard<std::mutex> lock(mutex);
    auto next = function ? std::make_unique<receiver>(std::move(function)) : nullptr;
    const auto pass_on = [](void *user, std::int32_t line_level, const char *line) noexcept {
        (*static_cast<receiver *>(user))(line_level, line);
    };
    ironbase_set_log_callback(next ? static_cast<ironbase_log_fn>(pass_on) : nullptr, next.get(), level);
    current = std::move(next); // the one before is not running any more
}

} // namespace throwing, or returning
} // namespace ironbase

#endif
