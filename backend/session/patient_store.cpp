#include "backend/session/patient_store.h"

#include "backend/core/files.h"
#include "backend/core/shell.h"
#include "backend/core/units.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::size_t mostLinesWaiting = 10'000;

Result<std::unique_ptr<Store>> openWithin(const fs::path& path, const PatientStore::Tell& tell,
                                          const std::stop_token& stop,
                                          const StorePatience& patience) {
    const auto end = steady_clock::now() + patience.toOpen;
    for (bool told = false;;) {
        Result<std::unique_ptr<Store>> store =
            Store::open(path, Store::Access::ReadWrite, patience.ofACall);
        if (store.ok() || store.error().code != ErrorCode::Locked) return store;
        if (stop.stop_requested() || steady_clock::now() > end) return store;
        if (!std::exchange(told, true) && tell)
            tell("waiting for the store: " + store.error().message);
        std::this_thread::sleep_for(patience.betweenTries);
    }
}

// What another store needs to hold this run.
Result<void> putInto(Store& store, const RunRecord& run) {
    RINGSCOPE_CHECK(store.created(run));
    return store.ended(run);
}

RunRecord withoutSteps(const RunRecord& run) {
    RunRecord brief = run;
    brief.steps.clear();
    brief.routing.clear();
    brief.validations.clear();
    return brief;
}

}  // namespace

Result<std::unique_ptr<PatientStore>> PatientStore::open(const fs::path& path, Tell tell,
                                                         const std::stop_token& stop,
                                                         StorePatience patience) {
    RINGSCOPE_TRY(std::unique_ptr<Store> store, openWithin(path, tell, stop, patience));
    return std::unique_ptr<PatientStore>(
        new PatientStore(std::move(store), std::move(tell), patience));
}

PatientStore::PatientStore(std::unique_ptr<Store> store, Tell tell, StorePatience patience)
    : tell_(std::move(tell)),
      patience_(patience),
      store_(std::move(store)),
      worker_([this](const std::stop_token& stop) { work(stop); }) {
    add({.run = {}, .apply = [](Store& store) -> Result<void> {
             RINGSCOPE_CHECK(store.markLostRuns());
             return {};
         }});
}

PatientStore::~PatientStore() = default;

// --- what happens --------------------------------------------------------------------------------

void PatientStore::add(Write write) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(write));
    }
    changed_.notify_all();
    tellTrouble();
}

void PatientStore::remember(const RunRecord& run) {
    const std::lock_guard lock(mutex_);
    unfinished_.insert_or_assign(run.id, run);
}

// On the caller's thread, which is the one that prints.
void PatientStore::tellTrouble() {
    std::string sentence;
    {
        const std::lock_guard lock(mutex_);
        if (!trouble_ || std::exchange(told_, true)) return;
        sentence = trouble_->message;
    }
    if (tell_) tell_("the run goes on, its results wait for the store: " + sentence);
}

Result<void> PatientStore::created(const RunRecord& run) {
    remember(run);
    add({.run = run.id, .apply = [run](Store& store) { return store.created(run); }});
    settle();
    return {};
}

Result<void> PatientStore::changed(const RunRecord& run) {
    add({.run = run.id,
         .apply = [run = withoutSteps(run)](Store& store) { return store.changed(run); }});
    return {};
}

Result<void> PatientStore::step(const RunRecord& run, const StepRecord& step) {
    add({.run = run.id, .apply = [id = run.id, step](Store& store) {
             RunRecord named;
             named.id = id;
             return store.step(named, step);
         }});
    return {};
}

Result<void> PatientStore::routing(const RunRecord& run, const RoutingRecord& routing) {
    add({.run = run.id, .apply = [id = run.id, routing](Store& store) {
             RunRecord named;
             named.id = id;
             return store.routing(named, routing);
         }});
    return {};
}

Result<void> PatientStore::validation(const RunRecord& run, const ValidationRecord& validation) {
    add({.run = run.id, .apply = [id = run.id, validation](Store& store) {
             RunRecord named;
             named.id = id;
             return store.validation(named, validation);
         }});
    return {};
}

Result<void> PatientStore::ended(const RunRecord& run) {
    remember(run);
    add({.run = run.id, .apply = [run](Store& store) { return store.ended(run); }});
    settle();
    return {};
}

Result<void> PatientStore::logLine(const RunRecord& run, int rank, std::string_view line) {
    {
        const std::lock_guard lock(mutex_);
        if (linesWaiting_ == mostLinesWaiting) {
            ++linesDropped_;
            return {};
        }
        ++linesWaiting_;
    }
    add({.run = run.id,
         .isLine = true,
         .apply = [this, id = run.id, rank, line = std::string(line)](Store& store) {
             return writeLine(store, id, rank, line);
         }});
    return {};
}

Result<void> PatientStore::writeLine(Store& store, const RunId& run, int rank,
                                     const std::string& line) {
    RunRecord named;
    named.id = run;
    RINGSCOPE_CHECK(store.logLine(named, rank, line));
    std::int64_t dropped = 0;
    {
        const std::lock_guard lock(mutex_);
        --linesWaiting_;
        if (linesWaiting_ == 0) dropped = std::exchange(linesDropped_, 0);
    }
    if (dropped == 0) return {};
    return store.logLine(
        named, -1, formatCount(dropped) + " lines were dropped while the store was not written");
}

// Whoever is told of the event after this sink finds it in the store, as long as that is well.
void PatientStore::settle() {
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience_.toSettle,
                          [this] { return trouble_ || waiting_.empty(); });
    }
    tellTrouble();
}

void PatientStore::saveParity(const RunRecord& run) {
    remember(run);
    add({.run = run.id,
         .apply = [run = withoutSteps(run)](Store& store) { return store.saveParity(run); }});
    settle();
}

std::optional<RunRecord> PatientStore::newestReference(const std::string& computation) {
    if (!waitUntilWritten(patience_.ofACall, {})) return std::nullopt;
    const std::lock_guard lock(storeMutex_);
    return store_->newestReference(computation);
}

// --- into the store ------------------------------------------------------------------------------

void PatientStore::work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    auto nextSign = steady_clock::now() + patience_.betweenSigns;
    for (;;) {
        changed_.wait_until(lock, stop, nextSign, [this] { return !waiting_.empty(); });
        if (stop.stop_requested()) return;
        if (steady_clock::now() >= nextSign) {
            giveSign(lock);
            nextSign = steady_clock::now() + patience_.betweenSigns;
        }
        if (!waiting_.empty()) writeFirst(lock, stop);
    }
}

void PatientStore::writeFirst(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
    const Write& first = waiting_.front();  // stays where it is: only this thread removes it
    lock.unlock();
    Result<void> written;
    {
        const std::lock_guard inUse(storeMutex_);
        written = first.apply(*store_);
    }
    lock.lock();
    if (written.ok()) {
        takeWritten();
        changed_.notify_all();
    } else {
        trouble_ = std::move(written).error();
        changed_.notify_all();
        changed_.wait_for(lock, stop, patience_.betweenTries, [] { return false; });
    }
}

// One that cannot be written is left out: the next one is as good.
void PatientStore::giveSign(std::unique_lock<std::mutex>& lock) {
    std::vector<RunId> runs;
    for (const auto& [id, run] : unfinished_)
        if (!isFinal(run.status)) runs.push_back(id);
    if (runs.empty() || trouble_) return;
    lock.unlock();
    {
        const std::lock_guard inUse(storeMutex_);
        const Result<void> written = store_->signOfLife(runs);
        static_cast<void>(written);
    }
    lock.lock();
}

// The first of `waiting_` is in the store; a run that has ended is forgotten with its last one.
void PatientStore::takeWritten() {
    const RunId run = waiting_.front().run;
    waiting_.pop_front();
    trouble_.reset();
    told_ = false;
    const auto known = unfinished_.find(run);
    if (known != unfinished_.end() && isFinal(known->second.status) &&
        std::ranges::find(waiting_, run, &Write::run) == waiting_.end())
        unfinished_.erase(known);
}

bool PatientStore::waitUntilWritten(std::chrono::milliseconds limit, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, limit, [this] { return waiting_.empty(); });
    return waiting_.empty();
}

Result<void> PatientStore::finish(const std::stop_token& stop) {
    if (!waitUntilWritten(patience_.ofACall, {})) {
        tellTrouble();
        if (stop.stop_requested())
            waitUntilWritten(patience_.afterCancel, {});
        else
            waitUntilWritten(patience_.atEnd, stop);
    }
    worker_.request_stop();
    worker_.join();
    if (waiting_.empty()) return {};
    const std::string why = trouble_ ? trouble_->message : "the store was too slow";
    RINGSCOPE_TRY(const fs::path beside, writeBeside());
    return Error{ErrorCode::Locked, why + ". What was measured is kept in '" + beside.string() +
                                        "'; take it into the store with: ringscope db recover " +
                                        shellWord(beside.string())};
}

// Beside the store, or where there is room: its disk may be the one that is full.
Result<fs::path> PatientStore::writeBeside() {
    const std::string name =
        store_->path().filename().string() + ".unsaved-" + RunId::random().text.substr(0, 8);
    std::error_code failed;
    const std::array<fs::path, 3> folders = {store_->path().parent_path(), dataDirectory(),
                                             fs::temp_directory_path(failed)};
    std::optional<Error> first;
    for (const fs::path& folder : folders) {
        const Result<void> written = writeUnsaved(folder / name);
        if (written.ok()) return folder / name;
        fs::remove(folder / name, failed);
        if (!first) first = written.error();
    }
    return *first;
}

Result<void> PatientStore::writeUnsaved(const fs::path& path) {
    RINGSCOPE_TRY(const std::unique_ptr<Store> beside,
                  Store::open(path, Store::Access::ReadWrite, patience_.ofACall));
    for (const auto& [id, run] : unfinished_) RINGSCOPE_CHECK(putInto(*beside, run));
    for (const Write& write : waiting_)
        if (write.isLine && unfinished_.contains(write.run)) RINGSCOPE_CHECK(write.apply(*beside));
    return {};
}

}  // namespace ringscope
