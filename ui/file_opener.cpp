#include "ui/file_opener.h"

#include "ui/widgets/parts.h"

#include <QApplication>
#include <QDropEvent>
#include <QFileInfo>
#include <QMenu>
#include <QMimeData>
#include <QUrl>
#include <QWidget>
#include <algorithm>

namespace ringscope::ui {
namespace {

// The files of this machine among what is dragged.
QStringList filesOf(const QMimeData& data) {
    QStringList files;
    for (const QUrl& url : data.urls())
        if (url.isLocalFile()) files << url.toLocalFile();
    return files;
}

}  // namespace

FileOpener::FileOpener(QWidget& window, std::filesystem::path store, QSettings* settings,
                       PlaceOpeners openers)
    : window_(window), store_(std::move(store)), recent_(settings), openers_(std::move(openers)) {
    window_.setAcceptDrops(true);
    qApp->installEventFilter(this);
}

QString FileOpener::open(const QString& path) {
    const Result<Place> place = placeOf(path.toStdString(), store_);
    if (!place.ok()) return text(place.error().message);
    const QString whole = text(place->path.string());
    switch (place->kind) {
        case PlaceKind::Experiment:
            return openers_.experiment(whole);
        case PlaceKind::Trace:
            return openers_.trace(whole);
        case PlaceKind::Store:
            return openers_.store(whole);
        case PlaceKind::Configuration:
            return openers_.configuration(whole);
    }
    return {};
}

void FileOpener::remember(const Place& place) {
    recent_.add({placeKindName(place.kind), text(place.path.string())});
}

void FileOpener::fillMenu(QMenu& menu) {
    menu.clear();
    for (const RecentFile& file : recent_.files()) {
        QString words = QStringLiteral("%1 · %2").arg(
            menu.fontMetrics().elidedText(file.path, Qt::ElideMiddle, 480), file.kind);
        words.replace(QLatin1Char('&'), QStringLiteral("&&"));
        QAction* action = menu.addAction(words, this, [this, file] { openRecent(file); });
        action->setToolTip(file.path);
    }
    if (recent_.files().empty()) {
        menu.addAction(tr("Nothing was opened yet"))->setEnabled(false);
        return;
    }
    menu.addSeparator();
    menu.addAction(tr("Forget these"), this, [this] { recent_.clear(); });
}

void FileOpener::openRecent(const RecentFile& file) {
    const bool there = QFileInfo::exists(file.path);
    const QString problem = open(file.path);
    if (problem.isEmpty()) return;
    if (!there) recent_.forget(file.path);
    Q_EMIT messageReady(there ? problem : tr("%1; it is off the list").arg(problem));
}

bool FileOpener::eventFilter(QObject* watched, QEvent* event) {
    const QEvent::Type type = event->type();
    if (type != QEvent::DragEnter && type != QEvent::DragMove && type != QEvent::Drop) return false;
    const auto* widget = qobject_cast<QWidget*>(watched);
    auto* dropped = static_cast<QDropEvent*>(event);
    if (widget == nullptr || widget->window() != &window_ || !dropped->mimeData()->hasUrls())
        return false;
    dropped->acceptProposedAction();
    if (type == QEvent::Drop) drop(*dropped);
    return true;
}

bool FileOpener::areConfigurations(const QStringList& paths) const {
    // One file is opened as what it is.
    if (paths.size() == 1 && !QFileInfo(paths.front()).isDir()) return false;
    bool some = false;
    for (const QString& path : paths) {
        const Result<Place> place = placeOf(path.toStdString(), store_);
        if (place.ok() && place->kind != PlaceKind::Configuration) return false;
        some = some || place.ok() || QFileInfo(path).isDir();
    }
    return some;
}

// The files of several ranks are one trace.
void FileOpener::drop(const QDropEvent& event) {
    const QStringList files = filesOf(*event.mimeData());
    if (files.isEmpty())
        return Q_EMIT messageReady(tr("'%1' is not on this machine; save it here and drop the file")
                                       .arg(event.mimeData()->urls().front().toString()));
    if (areConfigurations(files)) {
        if (const QString problem = openers_.configurations(files); !problem.isEmpty())
            Q_EMIT messageReady(problem);
        return;
    }
    if (files.size() > 1) {
        std::vector<std::filesystem::path> places;
        for (const QString& file : files)
            if (const Result<Place> place = placeOf(file.toStdString(), store_); place.ok())
                places.push_back(place->path);
        std::ranges::sort(places);
        const bool one = std::ssize(places) == files.size() && places.front() == places.back();
        if (!one)
            return Q_EMIT messageReady(tr("%1 files were dropped; drop one").arg(files.size()));
    }
    if (const QString problem = open(files.front()); !problem.isEmpty())
        Q_EMIT messageReady(problem);
}

}  // namespace ringscope::ui
