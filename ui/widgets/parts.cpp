#include "ui/widgets/parts.h"

#include "backend/core/units.h"
#include "ui/look/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QFileInfo>
#include <QFontDatabase>
#include <QFrame>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStyle>
#include <QStyleOptionComboBox>
#include <QStylePainter>
#include <QToolTip>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <algorithm>
#include <utility>

namespace ringscope::ui {

QString fileNameOf(const std::string& path) { return QFileInfo(text(path)).fileName(); }

QString countText(std::int64_t count, const char* singular) {
    return text(formatCount(count)) + QLatin1Char(' ') + QString::fromLatin1(singular) +
           (count == 1 ? QString() : QStringLiteral("s"));
}

QLabel* makeLabel(const QString& text, const char* role, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    if (role != nullptr) label->setProperty("role", role);
    return label;
}

QScrollArea* scrolling(QWidget* inside) {
    auto* scroll = new QScrollArea;
    scroll->setWidget(inside);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    return scroll;
}

QLabel* makeSelectableLabel(const char* role) {
    QLabel* label = makeLabel({}, role);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

void setRole(QWidget& widget, const char* role) {
    widget.setProperty("role", role);
    widget.style()->unpolish(&widget);
    widget.style()->polish(&widget);
}

QPushButton* makeSegment(const QString& text, bool last) {
    auto* button = new QPushButton(text);
    button->setCheckable(true);
    button->setProperty("segment", true);
    button->setProperty("last", last);
    return button;
}

QPushButton* makeButton(const QString& text, QWidget* parent) {
    auto* button = new QPushButton(text, parent);
    button->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    return button;
}

QPushButton* makeButton(Icon which, const QString& text, QWidget* parent) {
    QPushButton* button = makeButton(text, parent);
    button->setIcon(icon(which));
    whenZoomed(*button, [button] { button->setIconSize(QSize(scaled(20), scaled(16))); });
    return button;
}

QPushButton* makePrimaryButton(Icon which, const QString& text, QWidget* parent) {
    QPushButton* button = makeButton(which, text, parent);
    button->setIcon(icon(which, Tone::OnAccent));
    button->setProperty("primary", true);
    return button;
}

QFrame* makeCard(QWidget* parent) {
    auto* card = new QFrame(parent);
    card->setObjectName(QStringLiteral("card"));
    return card;
}

QVBoxLayout* column(QWidget* owner, int margin, int spacing) {
    auto* layout = new QVBoxLayout(owner);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->setSpacing(spacing);
    return layout;
}

QHBoxLayout* row(QWidget* owner, int margin, int spacing) {
    auto* layout = owner == nullptr ? new QHBoxLayout : new QHBoxLayout(owner);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->setSpacing(spacing);
    return layout;
}

namespace {

// A style sheet scales with the font, so one event tells of both.
class ZoomWatch : public QObject {
public:
    ZoomWatch(QWidget& widget, std::function<void()> fit)
        : QObject(&widget), fit_(std::move(fit)), zoom_(scaled(1000)) {
        widget.installEventFilter(this);
    }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        const bool styled = event->type() == QEvent::FontChange ||
                            event->type() == QEvent::ApplicationFontChange ||
                            event->type() == QEvent::StyleChange;
        const int now = scaled(1000);
        if (styled && now != zoom_) {
            zoom_ = now;
            fit_();
        }
        return QObject::eventFilter(watched, event);
    }

private:
    std::function<void()> fit_;
    int zoom_;
};

}  // namespace

void whenZoomed(QWidget& widget, std::function<void()> fit) {
    fit();
    new ZoomWatch(widget, std::move(fit));
}

ElidedLabel::ElidedLabel(Qt::TextElideMode mode, QWidget* parent) : QLabel(parent), mode_(mode) {
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void ElidedLabel::setFullText(const QString& full) {
    full_ = full;
    setAccessibleName(full);
    updateGeometry();
    elide();
}

QSize ElidedLabel::minimumSizeHint() const {
    return {fontMetrics().horizontalAdvance(QStringLiteral("…")) * 2, fontMetrics().height()};
}

QSize ElidedLabel::sizeHint() const {
    return {fontMetrics().horizontalAdvance(full_) + 2, fontMetrics().height()};
}

void ElidedLabel::resizeEvent(QResizeEvent* event) {
    QLabel::resizeEvent(event);
    elide();
}

void ElidedLabel::changeEvent(QEvent* event) {
    QLabel::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) elide();
}

void ElidedLabel::elide() {
    const QString shown = fontMetrics().elidedText(full_, mode_, contentsRect().width());
    setText(shown);
    setToolTip(shown == full_ ? QString() : full_);
}

ChoiceBox::ChoiceBox(QWidget* parent) : QComboBox(parent) { setFocusPolicy(Qt::StrongFocus); }

void ChoiceBox::setShortest(int letters) {
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(letters);
}

// The whole of what is elided is the tooltip.
bool ChoiceBox::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && toolTip().isEmpty()) {
        const bool cut = fontMetrics().horizontalAdvance(currentText()) > width() - scaled(36);
        QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(),
                           cut ? currentText() : QString(), this);
        return true;
    }
    return QComboBox::event(event);
}

void ChoiceBox::wheelEvent(QWheelEvent* event) {
    if (hasFocus()) return QComboBox::wheelEvent(event);
    event->ignore();
}

void ChoiceBox::setChoices(const std::vector<std::pair<QString, QString>>& choices) {
    const QSignalBlocker quiet(this);
    const QString current = currentData().toString();
    while (count() > static_cast<int>(choices.size())) removeItem(count() - 1);
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const int at = static_cast<int>(i);
        if (at == count()) addItem(QString());
        if (itemText(at) != choices[i].second) setItemText(at, choices[i].second);
        if (itemData(at) != choices[i].first) setItemData(at, choices[i].first);
    }
    setCurrentIndex(std::max(0, findData(current)));
}

// Qt keeps its own, also of choices that there are no more.
QSize ChoiceBox::minimumSizeHint() const {
    return sizeAdjustPolicy() == AdjustToContents ? sizeHint() : QComboBox::minimumSizeHint();
}

void ChoiceBox::paintEvent(QPaintEvent* /*event*/) {
    QStylePainter painter(this);
    QStyleOptionComboBox option;
    initStyleOption(&option);
    if (currentIndex() < 0 && !placeholderText().isEmpty()) option.currentText = placeholderText();
    option.currentText =
        fontMetrics().elidedText(option.currentText, Qt::ElideRight, width() - scaled(36));
    painter.drawComplexControl(QStyle::CC_ComboBox, option);
    painter.drawControl(QStyle::CE_ComboBoxLabel, option);
    painter.setRenderHint(QPainter::Antialiasing);
    const Ink ink = inkOf(*this);
    painter.setPen(
        QPen(isEnabled() ? ink.muted : ink.line, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const QPointF tip(width() - scaled(13), height() / 2.0 + scaled(2));
    const double arm = scaled(4);
    painter.drawPolyline(QPolygonF({tip + QPointF(-arm, -arm), tip, tip + QPointF(arm, -arm)}));
}

EmptyState::EmptyState(const QString& headline, const QString& sentence, const QString& action,
                       QWidget* parent)
    : QWidget(parent),
      headline_(makeLabel(headline, "title")),
      sentence_(makeLabel(sentence, "muted")),
      button_(makePrimaryButton(Icon::Play, action)) {
    sentence_->setWordWrap(true);
    sentence_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    QVBoxLayout* layout = column(this, 24, 12);
    layout->addStretch();
    layout->addWidget(headline_, 0, Qt::AlignHCenter);
    layout->addWidget(sentence_, 0, Qt::AlignHCenter);
    layout->addSpacing(4);
    layout->addWidget(button_, 0, Qt::AlignHCenter);
    layout->addStretch();
    setTexts(headline, sentence, action);
    whenZoomed(*sentence_, [this] { fitSentence(); });
}

void EmptyState::setTexts(const QString& headline, const QString& sentence, const QString& action) {
    headline_->setText(headline);
    sentence_->setText(sentence);
    fitSentence();
    button_->setText(action);
    button_->setVisible(!action.isEmpty());
}

// A wrapped label in the middle of a page has no width to wrap at but the one it is given.
void EmptyState::fitSentence() {
    const int width = scaled(480);
    sentence_->setMinimumSize(0, 0);
    sentence_->setFixedSize(width, std::max(0, sentence_->heightForWidth(width)));
}

CommandLine::CommandLine(QWidget* parent)
    : QWidget(parent), label_(new ElidedLabel(Qt::ElideMiddle)) {
    label_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    label_->setProperty("role", "small");
    auto* copy = makeButton(Icon::Copy, tr("Copy as command"));
    copy->setObjectName(QStringLiteral("copyCommand"));
    connect(copy, &QPushButton::clicked, this, [this] { copyToClipboard(command()); });
    QHBoxLayout* layout = row(this);
    layout->addWidget(label_, 1);
    layout->addWidget(copy);
}

// Lines of a here-document stand behind each other.
void CommandLine::setCommand(const QString& command) {
    command_ = command;
    QString shown = command;
    label_->setFullText(shown.replace(QLatin1Char('\n'), QStringLiteral(" ↵ ")));
}

void copyToClipboard(const QString& text) { QApplication::clipboard()->setText(text); }

}  // namespace ringscope::ui
