// One event of a Chrome trace, taken apart: views into its text, numbers where they are wanted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

// What Kineto says of a collective, beside its kernel.
struct ChromeCollective {
    std::string_view name{};   // "allreduce"; all of these are JSON, quotes included
    std::string_view dtype{};  // "Float"
    std::string_view ranks{};  // "[0, 1]"
    std::string_view group{};  // the process group's name: "0"
    std::optional<std::int64_t> inElements{};
    std::optional<std::int64_t> outElements{};
    std::optional<std::int64_t> groupSize{};
    std::optional<std::int64_t> source{};
    std::optional<std::int64_t> destination{};
    std::optional<std::int64_t> sequence{};
};

// What our own export says of a span.
struct ChromeTag {
    std::string_view kind{};
    std::string_view operation{};
    std::string_view pass{};
    std::optional<std::int64_t> step{};
    std::optional<std::int64_t> layer{};
    std::optional<std::int64_t> ringStep{};
    std::optional<std::int64_t> peer{};
    std::optional<std::int64_t> message{};
    std::optional<std::int64_t> launched{};  // ns, without the file's base
};

struct ChromeEvent {
    char phase = 0;
    std::string_view category{};  // JSON: with its quotes
    std::string_view name{};
    std::string_view id{};
    std::string_view pid{};
    std::string_view tid{};
    std::optional<std::int64_t> begin{};  // ns, without the file's base
    std::optional<std::int64_t> duration{};
    std::optional<std::int64_t> stream{};
    std::optional<std::int64_t> device{};
    std::optional<std::int64_t> context{};
    std::optional<std::int64_t> correlation{};
    std::optional<std::int64_t> externalId{};  // of the host's operation that asked for it
    std::optional<std::int64_t> bytes{};
    std::string_view argName{};      // of metadata: args.name
    std::string_view allocations{};  // of metadata of ours: a list
    ChromeCollective collective{};
    ChromeTag tag{};
};

// A parser and its memory, for one thread.
class ChromeEventParser {
public:
    ChromeEventParser();
    ~ChromeEventParser();
    ChromeEventParser(ChromeEventParser&&) noexcept;
    ChromeEventParser& operator=(ChromeEventParser&&) noexcept;

    // `text` has EventReader::padding readable bytes behind it. False: this is no JSON object.
    bool parse(std::string_view text, ChromeEvent& event);

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

// "12.345" microseconds as 12345 ns, exactly; also "12", "1.2e3", and any of them as a string.
std::optional<std::int64_t> nanosecondsFrom(std::string_view microseconds);
std::optional<std::int64_t> integerFrom(std::string_view json);
// The text a JSON string stands for; anything else as it is written.
std::string textFrom(std::string_view json);
// The same without its escapes resolved and without a copy.
std::string_view withoutQuotes(std::string_view json);

}  // namespace ringscope
