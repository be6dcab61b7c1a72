// A page of the window: a widget beside the rail. Pages do not know each other; what one wants of
// another, or of the window, it asks for by a signal, which the window answers for every page.
#pragma once

#include "ui/live/place_kind.h"
#include "ui/live/run_controller.h"
#include "ui/live/store_reader.h"
#include "ui/models/experiment_draft.h"

#include <QWidget>
#include <string>
#include <vector>

class QSettings;

namespace ringscope::ui {

// What the window hands to the pages it makes. The references outlive the pages.
struct PageContext {
    StoreReader& store;
    RunController& controller;
    const ExperimentDraft& sample;  // what New run starts with
    std::string storeForCommand;    // what commands give as --db; empty: they need none
    QSettings* settings = nullptr;  // what pages remember; nothing is without it
};

class Page : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    // Nothing is on its way that would change the page.
    virtual bool settled() const { return true; }
    // The user asked for the newest. The store is read again by the window; a page reads what else
    // it shows.
    virtual void refresh() {}
    // Ctrl+F. True where the page has a search of its own, and has opened it; else the window finds
    // words in what the page shows.
    virtual bool find() { return false; }

Q_SIGNALS:
    void idled();  // settled() may have become true

    void demoRequested();    // run the built-in sample
    void newRunRequested();  // go to New run
    void compareRequested(const std::vector<ringscope::RunId>& runs);
    void reportRequested(const std::vector<ringscope::RunId>& runs);
    // The same with another baseline than the experiment's.
    void reportOverRequested(const std::vector<ringscope::RunId>& runs,
                             const ringscope::RunId& baseline);
    void commandRequested(const std::vector<ringscope::RunId>& runs);  // copied
    void timelineRequested(const ringscope::RunId& run);
    void experimentReady(const std::string& name, const std::string& content);  // for New run
    void draftPlanned(const ringscope::ui::ExperimentDraft& draft);  // on New run: for Plan
    void experimentSaved(const QString& file);                       // for New run
    void placeOpened(const ringscope::ui::Place& place);  // by the user; to be remembered
    void messageReady(const QString& sentence);           // shown in the status bar for a while
};

}  // namespace ringscope::ui
