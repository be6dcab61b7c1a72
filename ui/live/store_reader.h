// The store as the window sees it: read in a thread of its own, looked at twice a second, so that a
// run started by the command line shows as live as one started here.
//
// Used from the thread it was made in; signals and answers arrive there. Nothing is created or
// written: a store that is not there yet is looked for again until it is. The exceptions are runs
// whose program has vanished, which are marked lost in the file where live runs are listed, and
// what ask() is told to write. A store that is damaged when it is opened fails with a sentence.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/store/store.h"

#include <QObject>
#include <QThread>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace ringscope::ui {

class StoreReader : public QObject {
    Q_OBJECT

public:
    enum class State { Loading, Missing, Ready, Failed };
    using Loaded = std::function<void(Result<std::vector<RunRecord>>)>;

    explicit StoreReader(std::filesystem::path path, QObject* parent = nullptr);
    ~StoreReader() override;

    const std::filesystem::path& path() const { return path_; }
    State state() const { return state_; }
    const QString& problem() const { return problem_; }  // where Failed: the sentence to show
    // Newest first; those that are not archived, and all.
    const std::vector<RunRecord>& runs() const { return runs_; }
    const std::vector<RunRecord>& allRuns() const { return allRuns_; }

    // Nothing that was asked for is still on its way.
    bool idle() const { return state_ != State::Loading && waiting_ == 0; }

    // Looks now instead of at the next beat.
    void refresh();

    // Runs with their steps and ranks, in the order asked. `done` is called once, or never where
    // `receiver` or this object is gone by then.
    void load(std::vector<RunId> ids, QObject* receiver, Loaded done);

    // Does the work in the reader's thread, and hands what it returned to `done`, under the same
    // conditions as load(). For ReadWrite a connection is opened that lasts as long as the work.
    using Work = std::function<Result<void>(Store&)>;
    using Done = std::function<void(Result<void>)>;
    void ask(Store::Access access, Work work, QObject* receiver, Done done);

Q_SIGNALS:
    void changed();  // state, problem or runs
    void idled();    // the last thing asked for was answered

private:
    class Worker;
    template <typename Answer, typename Call>
    void inWorker(Call call, QObject* receiver, std::function<void(Answer)> done);
    void take(State state, QString problem, std::vector<RunRecord> runs);

    std::filesystem::path path_;
    State state_ = State::Loading;
    QString problem_;
    std::vector<RunRecord> runs_;
    std::vector<RunRecord> allRuns_;
    int waiting_ = 0;  // load() calls without their answer
    QThread thread_;
    Worker* worker_;  // lives in thread_, deleted when the thread ends
};

}  // namespace ringscope::ui
