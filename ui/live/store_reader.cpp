#include "ui/live/store_reader.h"

#include "backend/store/store.h"
#include "ui/widgets/parts.h"

#include <QPointer>
#include <QTimer>
#include <algorithm>
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
        Result<std::vector<RunRecord>> runs = store_->list({});
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

private:
    bool open() {
        Result<std::unique_ptr<Store>> opened = Store::open(path_, Store::Access::ReadOnly);
        if (opened.ok()) {
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

void StoreReader::load(std::vector<RunId> ids, QObject* receiver, Loaded done) {
    ++waiting_;
    QMetaObject::invokeMethod(
        worker_, [this, worker = worker_, ids = std::move(ids),
                  receiver = QPointer<QObject>(receiver), done = std::move(done)]() mutable {
            auto loaded = std::make_shared<Result<std::vector<RunRecord>>>(worker->load(ids));
            QMetaObject::invokeMethod(
                this,
                [this, receiver = std::move(receiver), done = std::move(done), loaded] {
                    --waiting_;
                    if (receiver) done(std::move(*loaded));
                    if (idle()) Q_EMIT idled();
                },
                Qt::QueuedConnection);
        });
}

void StoreReader::take(State state, QString problem, std::vector<RunRecord> runs) {
    if (state == state_ && state != State::Ready && problem == problem_) return;
    state_ = state;
    problem_ = std::move(problem);
    if (state == State::Ready || state == State::Missing) runs_ = std::move(runs);
    Q_EMIT changed();
    if (idle()) Q_EMIT idled();
}

}  // namespace ringscope::ui
