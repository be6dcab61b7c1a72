#include "backend/generate/serving.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace ringscope {
namespace {

using Json = nlohmann::json;

std::string lineOf(const Json& object) {
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// `read` of the line's object; nothing where a member is missing or has another type.
template <typename Value>
std::optional<Value> readFrom(std::string_view line,
                              std::optional<Value> (*read)(const Json& object)) {
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) return std::nullopt;
    try {
        return read(object);
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

std::optional<ServingCommand> commandFrom(const Json& object) {
    const std::string type = object.at("type");
    if (type == "leave") return ServingLeave{object.at("id")};
    if (type != "begin") return std::nullopt;
    const std::optional<GenerationRequest> request =
        generationFromText(object.at("request").dump());
    if (!request) return std::nullopt;
    return ServingBegin{object.at("id"), object.at("number"), *request};
}

std::optional<ServingEvent> eventFrom(const Json& object) {
    const std::string type = object.at("type");
    if (type == "ready")
        return ServingReady{object.at("secret"),
                            object.at("longest"),
                            object.at("capacity"),
                            {object.at("cache").get<std::int64_t>()}};
    if (type != "step") return std::nullopt;
    ServingStep step{.duration = Nanos(object.at("duration_ns").get<std::int64_t>()),
                     .read = object.at("read"),
                     .found = object.at("found"),
                     .running = object.at("running"),
                     .waiting = object.at("waiting"),
                     .reserved = object.at("reserved"),
                     .kept = object.at("kept")};
    for (const Json& growth : object.at("growths"))
        step.growths.push_back({growth.at("id"),
                                growth.at("tokens").get<std::vector<std::int64_t>>(),
                                growth.at("text"), growth.at("ended"), growth.at("problem")});
    return step;
}

Json objectOf(const ServingBegin& begin) {
    return {{"type", "begin"},
            {"id", begin.id},
            {"number", begin.number},
            {"request", Json::parse(generationText(begin.request))}};
}

Json objectOf(const ServingLeave& leave) { return {{"type", "leave"}, {"id", leave.id}}; }

Json objectOf(const ServingReady& ready) {
    return {{"type", "ready"},
            {"secret", ready.secret},
            {"longest", ready.longest},
            {"capacity", ready.capacity},
            {"cache", ready.cache.count}};
}

Json objectOf(const ServingStep& step) {
    Json growths = Json::array();
    for (const ServingGrowth& growth : step.growths)
        growths.push_back({{"id", growth.id},
                           {"tokens", growth.tokens},
                           {"text", growth.text},
                           {"ended", growth.ended},
                           {"problem", growth.problem}});
    return {{"type", "step"},
            {"growths", std::move(growths)},
            {"duration_ns", static_cast<std::int64_t>(step.duration.count())},
            {"read", step.read},
            {"found", step.found},
            {"running", step.running},
            {"waiting", step.waiting},
            {"reserved", step.reserved},
            {"kept", step.kept}};
}

}  // namespace

std::string servingJobText(const ServingJob& job) {
    return lineOf({{"serving",
                    {{"socket", job.socket},
                     {"secret", job.secret},
                     {"tokenizer", job.tokenizer},
                     {"cache", job.cache.count},
                     {"texts", job.texts},
                     {"prompt_tokens", job.promptTokens},
                     {"longest", job.longest}}}});
}

std::optional<ServingJob> servingJobFromText(std::string_view text) {
    return readFrom<ServingJob>(text, [](const Json& object) -> std::optional<ServingJob> {
        const Json& job = object.at("serving");
        return ServingJob{job.at("socket"),    job.at("secret"),
                          job.at("tokenizer"), {job.at("cache").get<std::int64_t>()},
                          job.at("texts"),     job.at("prompt_tokens"),
                          job.at("longest")};
    });
}

std::string toLine(const ServingCommand& command) {
    return std::visit([](const auto& each) { return lineOf(objectOf(each)); }, command);
}

std::string toLine(const ServingEvent& event) {
    return std::visit([](const auto& each) { return lineOf(objectOf(each)); }, event);
}

std::optional<ServingCommand> parseServingCommand(std::string_view line) {
    return readFrom<ServingCommand>(line, commandFrom);
}

std::optional<ServingEvent> parseServingEvent(std::string_view line) {
    return readFrom<ServingEvent>(line, eventFrom);
}

}  // namespace ringscope
