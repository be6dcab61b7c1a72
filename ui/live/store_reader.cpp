#include "ui/live/store_reader.h"

#include "ui/widgets/parts.h"

#include <QPointer>
#include <QTimer>
#include <algorithm>
#include <iterator>
#include <optional>

namespace ringscope::ui {
namespace {

using std::chrono_literals::operator""ms;
constexpr auto beat = 500ms;
constexpr int beatsBetweenLostChecks = 10;

}  // namespace

// Everything here happens in the reader's thread.
class StoreReader::Worker : public QObject {
public:
    Worker(std::filesystem::path path, StoreReader* owner)
        : path_(std::move(path)), owner_(owner), timer_(this) {
        timer_.setInterval(beat);
        connect(&timer_, &QTimer::timeout, this, [this] { look(false); });
    }

    void start() {
        look(true);
        timer_.start();
    }

    void look(bool always) {
        if (!store_ && !open()) return;
        const Result<std::int64_t> version = store_->dataVersion();
        if (!version.ok()) return lose(version.error());
        if (++beatsSinceLostCheck_ >= beatsBetweenLostChecks) markLost();
        if (!always && version_ == *version) return;
        Result<std::vector<RunRecord>> runs = store_->list({.archived = true});
        if (!runs.ok()) return lose(runs.error());
        version_ = *version;
        anyLive_ =
            std::ranges::any_of(*runs, [](const RunRecord& r) { return !isFinal(r.status); });
        tell(State::Ready, {}, std::move(runs).value());
    }

    Result<std::vector<RunRecord>> load(const std::vector<RunId>& ids) {
        if (!store_ && !open())
            return Error{ErrorCode::NotFound, "there is no store at " + path_.string() + " yet"};
        std::vector<RunRecord> runs;
        for (const RunId& id : ids) {
            RINGSCOPE_TRY(RunRecord run, store_->load(id));
            runs.push_back(std::move(run));
        }
        return runs;
    }

    Result<void> perform(Store::Access access, const Work& work) {
        if (access == Store::Access::ReadWrite) {
            RINGSCOPE_TRY(const std::unique_ptr<Store> writer, Store::open(path_, access));
            Result<void> done = work(*writer);
            look(true);
            return done;
        }
        if (!store_ && !open())
            return Error{ErrorCode::NotFound, "there is no store at " + path_.string() + " yet"};
        return work(*store_);
    }

private:
    bool open() {
        std::error_code unknown;
        const auto written = std::filesystem::last_write_time(path_, unknown);
        if (damagedAt_ && *damagedAt_ == written) return false;  // as it was
        damagedAt_.reset();
        Result<std::unique_ptr<Store>> opened = Store::open(path_, Store::Access::ReadOnly);
        if (opened.ok()) {
            if (isDamaged(**opened)) {
                damagedAt_ = written;
                return false;
            }
            store_ = std::move(opened).value();
            version_.reset();
            return true;
        }
        const Error& error = opened.error();
        if (error.code == ErrorCode::NotFound)
            tell(State::Missing, {}, {});
        else
            tell(State::Failed, text(error.message), {});
        return false;
    }

    // Figures of a damaged store may be anything, so none are shown.
    bool isDamaged(Store& store) {
        const Result<bool> damaged = store.isDamaged();
        if (!damaged.ok() || !*damaged) return false;
        tell(
            State::Failed,
            StoreReader::tr("'%1' is damaged, and what it holds may be wrong; `ringscope db check` "
                            "says where")
                .arg(QString::fromStdString(path_.string())),
            {});
        return true;
    }

    void lose(const Error& error) {
        store_.reset();
        tell(State::Failed, text(error.message), {});
    }

    // A writer of its own, only as long as it takes: the reader itself never writes.
    void markLost() {
        beatsSinceLostCheck_ = 0;
        if (!anyLive_) return;
        Result<std::unique_ptr<Store>> writer = Store::open(path_, Store::Access::ReadWrite);
        if (!writer.ok()) return;  // a store that cannot be written to is still worth showing
        const Result<int> marked = (*writer)->markLostRuns();
        static_cast<void>(marked);
    }

    void tell(State state, const QString& problem, std::vector<RunRecord> runs) {
        QMetaObject::invokeMethod(
            owner_,
            [owner = owner_, state, problem, runs = std::move(runs)]() mutable {
                owner->take(state, problem, std::move(runs));
            },
            Qt::QueuedConnection);
    }

    std::filesystem::path path_;
    StoreReader* owner_;
    QTimer timer_;
    std::unique_ptr<Store> store_;
    std::optional<std::int64_t> version_;
    std::optional<std::filesystem::file_time_type> damagedAt_;  // the file was written last
    bool anyLive_ = false;
    int beatsSinceLostCheck_ = beatsBetweenLostChecks - 1;
};

StoreReader::StoreReader(std::filesystem::path path, QObject* parent)
    : QObject(parent), path_(std::move(path)), worker_(new Worker(path_, this)) {
    worker_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
    thread_.setObjectName(QStringLiteral("store reader"));
    thread_.start();
    QMetaObject::invokeMethod(worker_, [worker = worker_] { worker->start(); });
}

StoreReader::~StoreReader() {
    thread_.quit();
    thread_.wait();
}

void StoreReader::refresh() {
    QMetaObject::invokeMethod(worker_, [worker = worker_] { worker->look(true); });
}

template <typename Answer, typename Call>
void StoreReader::inWorker(Call call, QObject* receiver, std::function<void(Answer)> done) {
    ++waiting_;
    QMetaObject::invokeMethod(
        worker_, [this, worker = worker_, call = std::move(call),
                  receiver = QPointer<QObject>(receiver), done = std::move(done)]() mutable {
            auto answer = std::make_shared<Answer>(call(*worker));
            QMetaObject::invokeMethod(
                this,
                [this, receiver = std::move(receiver), done = std::move(done), answer] {
                    --waiting_;
                    if (receiver) done(std::move(*answer));
                    if (idle()) Q_EMIT idled();
                },
                Qt::QueuedConnection);
        });
}

void StoreReader::load(std::vector<RunId> ids, QObject* receiver, Loaded done) {
    inWorker<Result<std::vector<RunRecord>>>(
        [ids = std::move(ids)](Worker& worker) { return worker.load(ids); }, receiver,
        std::move(done));
}

void StoreReader::ask(Store::Access access, Work work, QObject* receiver, Done done) {
    inWorker<Result<void>>(
        [access, work = std::move(work)](Worker& worker) { return worker.perform(access, work); },
        receiver, std::move(done));
}

void StoreReader::take(State state, QString problem, std::vector<RunRecord> runs) {
    if (state == state_ && state != State::Ready && problem == problem_) return;
    state_ = state;
    problem_ = std::move(problem);
    if (state == State::Ready || state == State::Missing) {
        allRuns_ = std::move(runs);
        runs_.clear();
        std::ranges::copy_if(allRuns_, std::back_inserter(runs_),
                             [](const RunRecord& run) { return run.archivedUs == 0; });
    }
    Q_EMIT changed();
    if (idle()) Q_EMIT idled();
}

}  // namespace ringscope::ui
