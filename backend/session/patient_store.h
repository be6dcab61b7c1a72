// The store of a session, for a training that outlives it.
//
// A thread of its own writes, so that a store that is locked, full or slow holds up nothing: what
// happens in the runs waits in memory, in its order, and is tried again until it is kept. What
// cannot be kept at the end is written into a store beside it, which `ringscope db recover` takes
// in. While runs go on, the thread also gives their signs of life.
//
//     RINGSCOPE_TRY(auto store, PatientStore::open(path, tell, stop));
//     ... run, with *store as a sink ...
//     RINGSCOPE_CHECK(store->finish(stop));
//
// All calls come from one thread. As a sink it never fails. The beginning and the end of a run are
// in the store when the call returns, unless it is in trouble.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_sink.h"
#include "backend/store/store.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace ringscope {

struct StorePatience {
    std::chrono::milliseconds ofACall = std::chrono::seconds(5);  // SQLite's own
    // Longer than a call: by then what was told is in the store, or the trouble is known.
    std::chrono::milliseconds toSettle = std::chrono::seconds(10);
    std::chrono::milliseconds betweenTries{200};
    std::chrono::milliseconds toOpen = std::chrono::minutes(5);
    std::chrono::milliseconds atEnd = std::chrono::minutes(5);
    std::chrono::milliseconds afterCancel = std::chrono::seconds(10);
    std::chrono::milliseconds betweenSigns = betweenSignsOfLife;
};

class PatientStore final : public RunSink {
public:
    // Told once each time the store begins to keep the session waiting: "the store … is locked".
    using Tell = std::function<void(const std::string& sentence)>;

    // Fails as Store::open does, but waits for a lock, until `stop`. Marks the runs whose program
    // is gone as lost.
    static Result<std::unique_ptr<PatientStore>> open(const std::filesystem::path& path, Tell tell,
                                                      const std::stop_token& stop,
                                                      StorePatience patience = {});
    ~PatientStore() override;

    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> routing(const RunRecord& run, const RoutingRecord& routing) override;
    Result<void> validation(const RunRecord& run, const ValidationRecord& validation) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;
    void saveParity(const RunRecord& run);

    std::string caution() const { return store_->caution(); }

    // Of what is in the store by now; nothing where it cannot be read in the time of a call.
    std::optional<RunRecord> newestReference(const std::string& computation);

    // Returns when everything is in the store. Otherwise fails with Unavailable and names the store
    // beside it that has the rest.
    Result<void> finish(const std::stop_token& stop);

private:
    struct Write {
        RunId run;
        bool isLine = false;
        std::function<Result<void>(Store&)> apply;
    };

    PatientStore(std::unique_ptr<Store> store, Tell tell, StorePatience patience);
    void add(Write write);
    void remember(const RunRecord& run);
    void tellTrouble();
    Result<void> writeLine(Store& store, const RunId& run, int rank, const std::string& line);
    void work(const std::stop_token& stop);
    void writeFirst(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
    void giveSign(std::unique_lock<std::mutex>& lock);
    void takeWritten();
    void settle();
    bool waitUntilWritten(std::chrono::milliseconds limit, const std::stop_token& stop);
    Result<std::filesystem::path> writeBeside();
    Result<void> writeUnsaved(const std::filesystem::path& path);

    Tell tell_;
    StorePatience patience_;
    std::mutex storeMutex_;  // held while store_ is used
    std::unique_ptr<Store> store_;

    std::mutex mutex_;  // of everything below
    std::condition_variable_any changed_;
    std::deque<Write> waiting_;
    std::size_t linesWaiting_ = 0;
    std::int64_t linesDropped_ = 0;
    std::optional<Error> trouble_;           // why the first of `waiting_` is not in the store yet
    bool told_ = false;                      // of this trouble
    std::map<RunId, RunRecord> unfinished_;  // the latest of runs that are not in the store whole

    std::jthread worker_;  // last: stopped before the rest goes
};

}  // namespace ringscope
