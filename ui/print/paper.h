// A PDF that is filled from above: what does not fit goes onto the next page.
//
//     Paper paper(&buffer, "demo");
//     paper.write("What ran", {.size = 12, .bold = true});
//     paper.need(80);                     // a new page where less is left
//     paper.outline({Paper::margin, paper.y(), 200, 80}, look.line);
//     paper.skip(80);
//
// Lengths are points, 72 an inch. Pages are A4, colours those of the light look.
#pragma once

#include "backend/core/look.h"
#include "backend/plan/block_shape.h"

#include <QFont>
#include <QPainter>
#include <QPdfWriter>
#include <QRectF>
#include <QString>
#include <memory>
#include <vector>

namespace ringscope::ui {

struct TextStyle {
    double size = 9;
    bool bold = false;
    bool fixed = false;  // every character as wide as the others
    ColourPair colour = look.text;
    Qt::Alignment align = Qt::AlignLeft;
};

class Paper {
public:
    static constexpr double margin = 40;
    static constexpr double width = 595 - 2 * margin;  // between the margins
    static constexpr double bottom = 842 - margin;     // where the footer begins

    // `pages`: how many there will be, for the footer; 0: not known.
    Paper(QIODevice* device, const QString& title, int pages = 0);
    ~Paper();
    Paper(const Paper&) = delete;
    Paper& operator=(const Paper&) = delete;

    double y() const { return y_; }
    int page() const { return page_; }  // from 1

    // Begins a page where less than `height` is left; whether it did.
    bool need(double height);
    void skip(double height) { y_ += height; }

    // How high the words are, broken into lines of this width; and how wide on one line.
    double heightOf(const QString& words, const TextStyle& style, double within) const;
    double widthOf(const QString& words, const TextStyle& style) const;

    // Within the rectangle, from its top; it is high enough where heightOf() says so.
    void draw(const QRectF& at, const QString& words, const TextStyle& style);
    // The same on one line, cut at its end where it is wider.
    void drawLine(const QRectF& at, const QString& words, const TextStyle& style);
    void fill(const QRectF& at, const ColourPair& colour);
    void hatch(const QRectF& at);  // over a colour
    // Shares of the rectangle, as an outline.
    void fillShape(const QRectF& at, const std::vector<ShapePoint>& shape,
                   const ColourPair& colour);
    void outline(const QRectF& at, const ColourPair& colour);
    void line(QPointF from, QPointF to, const ColourPair& colour, double thick = 0.5,
              Qt::PenStyle style = Qt::SolidLine);

    void mark(std::string_view mode, const QRectF& box);  // the mode's own

    // At y(), over the whole width; moves below it.
    void write(const QString& words, const TextStyle& style);

    // What was drawn as text, for tests.
    struct Placed {
        int page = 0;
        QRectF at;
        QString words;
        TextStyle style;
    };
    const std::vector<Placed>& placed() const { return placed_; }

private:
    QFont fontOf(const TextStyle& style) const;
    void finishPage();

    QPdfWriter writer_;
    QPainter painter_;
    QString title_;
    int pages_ = 0;
    int page_ = 1;
    double y_ = margin;
    std::vector<Placed> placed_;
};

}  // namespace ringscope::ui
