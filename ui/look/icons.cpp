#include "ui/look/icons.h"

#include "ui/look/theme.h"

#include <QApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>
#include <QPolygonF>
#include <cmath>
#include <numbers>

namespace ringscope::ui {
namespace {

QPainterPath lines(std::initializer_list<std::initializer_list<QPointF>> strokes) {
    QPainterPath path;
    for (const auto& stroke : strokes) {
        const QPointF* at = stroke.begin();
        path.moveTo(*at);
        while (++at != stroke.end()) path.lineTo(*at);
    }
    return path;
}

// Strokes of 1.5 on the 16 x 16 grid.
QPainterPath outline(Icon which) {
    QPainterPath path;
    switch (which) {
        case Icon::Runs:  // a list, a dot before each line
            path = lines({{{5.5, 4}, {14, 4}}, {{5.5, 8}, {14, 8}}, {{5.5, 12}, {14, 12}}});
            for (double y : {4.0, 8.0, 12.0}) path.addEllipse(QPointF(2.5, y), 0.6, 0.6);
            return path;
        case Icon::NewRun:
            path.addEllipse(QPointF(8, 8), 6, 6);
            path.addPath(lines({{{8, 5}, {8, 11}}, {{5, 8}, {11, 8}}}));
            return path;
        case Icon::Compare:  // bars of different length
            return lines({{{2, 2}, {2, 14}},
                          {{2.5, 4}, {13, 4}},
                          {{2.5, 8}, {8, 8}},
                          {{2.5, 12}, {10.5, 12}}});
        case Icon::Timeline:  // spans on two lanes, a moment through both
            for (const QRectF& span :
                 {QRectF(1.8, 3, 5, 3.6), QRectF(10, 3, 4.2, 3.6), QRectF(3.8, 9.4, 7.6, 3.6)})
                path.addRoundedRect(span, 0.8, 0.8);
            path.addPath(lines({{{8.4, 1.2}, {8.4, 7.6}}}));
            return path;
        case Icon::Play:
            return lines({{{4.5, 3}, {12.5, 8}, {4.5, 13}, {4.5, 3}}});
        case Icon::Stop:
            path.addRoundedRect(QRectF(4, 4, 8, 8), 1, 1);
            return path;
        case Icon::Copy:
            path.addRoundedRect(QRectF(5.5, 5.5, 8, 8), 1, 1);
            path.addPath(lines({{{3.5, 10.5}, {2.5, 10.5}, {2.5, 2.5}, {10.5, 2.5}, {10.5, 3.5}}}));
            return path;
        case Icon::Report:
            path = lines({{{9.5, 1.8}, {3, 1.8}, {3, 14.2}, {13, 14.2}, {13, 5.3}, {9.5, 1.8}},
                          {{5.5, 11.5}, {5.5, 9}},
                          {{8, 11.5}, {8, 7}},
                          {{10.5, 11.5}, {10.5, 8}}});
            return path;
        case Icon::Open:
            return lines({{{1.8, 13}, {1.8, 3}, {6, 3}, {7.5, 5}, {13, 5}, {13, 7}},
                          {{1.8, 13}, {4, 7}, {15, 7}, {12.8, 13}, {1.8, 13}}});
        case Icon::Save:
            return lines({{{8, 2}, {8, 10}},
                          {{4.8, 7}, {8, 10.2}, {11.2, 7}},
                          {{2.5, 10.5}, {2.5, 13.5}, {13.5, 13.5}, {13.5, 10.5}}});
        case Icon::Undo:
            path.moveTo(3.2, 6.5);
            path.arcTo(QRectF(3, 3, 10.5, 10.5), 160, -300);
            path.addPath(lines({{{2.6, 2.6}, {3.2, 6.6}, {7.2, 5.8}}}));
            return path;
        case Icon::Table:
            path.addRoundedRect(QRectF(2, 3, 12, 10), 1, 1);
            path.addPath(
                lines({{{2, 6.5}, {14, 6.5}}, {{2, 9.8}, {14, 9.8}}, {{6.5, 3}, {6.5, 13}}}));
            return path;
        case Icon::Check:
            return lines({{{3, 8.5}, {6.5, 12}, {13, 4.5}}});
        case Icon::Migrate:  // out of an old sheet
            return lines({{{9, 2}, {2.5, 2}, {2.5, 14}, {9, 14}},
                          {{5.5, 8}, {14, 8}},
                          {{10.8, 4.8}, {14, 8}, {10.8, 11.2}}});
        case Icon::Plan:  // two curves that cross
            path = lines({{{2, 2}, {2, 14}, {14, 14}}});
            path.moveTo(4, 11);
            path.cubicTo({8, 10.5}, {11, 8}, {13, 3});
            path.moveTo(4, 5.5);
            path.cubicTo({8, 6}, {11, 8}, {13, 9.5});
            return path;
        case Icon::Question:
            path.addEllipse(QPointF(8, 8), 6.2, 6.2);
            path.moveTo(6, 6.6);
            path.cubicTo({6, 3.6}, {10.2, 3.8}, {10, 6.6});
            path.cubicTo({9.8, 7.8}, {8, 7.8}, {8, 9.4});
            path.addEllipse(QPointF(8, 11.6), 0.3, 0.3);
            return path;
        case Icon::Warning:
            path = lines({{{8, 2}, {14.5, 13.5}, {1.5, 13.5}, {8, 2}}, {{8, 6.4}, {8, 9.6}}});
            path.addEllipse(QPointF(8, 11.6), 0.3, 0.3);
            return path;
        case Icon::Unknown:
            return lines({{{8, 1.8}, {14.2, 8}, {8, 14.2}, {1.8, 8}, {8, 1.8}},
                          {{6, 6}, {10, 10}},
                          {{10, 6}, {6, 10}}});
        case Icon::Drop:
            path.addEllipse(QPointF(8, 8), 6.2, 6.2);
            path.addPath(lines({{{5, 8}, {11, 8}}}));
            return path;
        case Icon::Convert:
            return lines({{{2, 5.5}, {13, 5.5}},
                          {{10.5, 3}, {13, 5.5}, {10.5, 8}},
                          {{14, 10.5}, {3, 10.5}},
                          {{5.5, 8}, {3, 10.5}, {5.5, 13}}});
        case Icon::Rename:
            return lines({{{2, 8}, {14, 8}}, {{10.5, 4.5}, {14, 8}, {10.5, 11.5}}});
    }
    return path;
}

class LookIconEngine : public QIconEngine {
public:
    LookIconEngine(Icon which, Tone tone) : which_(which), tone_(tone) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode,
               QIcon::State state) override {
        const Ink ink = inkFor(isDark(QApplication::palette()));
        const QColor colour = mode == QIcon::Disabled ? ink.muted
                              : tone_ != Tone::OnPage ? toneColour(ink, tone_)
                              : state == QIcon::On    ? ink.accent
                                                      : ink.text;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->translate(rect.topLeft());
        painter->scale(rect.height() / 16.0, rect.height() / 16.0);
        painter->setPen(QPen(colour, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter->drawPath(outline(which_));
        painter->restore();
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixels(size);
        pixels.fill(Qt::transparent);
        QPainter painter(&pixels);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return pixels;
    }
    QIconEngine* clone() const override { return new LookIconEngine(which_, tone_); }

private:
    Icon which_;
    Tone tone_;
};

QPolygonF regularPolygon(QPointF centre, double radius, int corners, double firstAngle) {
    QPolygonF polygon;
    for (int i = 0; i < corners; ++i) {
        const double angle = firstAngle + 2 * std::numbers::pi * i / corners;
        polygon << centre + radius * QPointF(std::cos(angle), std::sin(angle));
    }
    return polygon;
}

QPolygonF star(QPointF centre, double radius) {
    QPolygonF polygon;
    for (int i = 0; i < 10; ++i) {
        const double angle = std::numbers::pi * (i / 5.0 - 0.5);
        polygon << centre + (i % 2 == 0 ? radius : radius * 0.45) *
                                QPointF(std::cos(angle), std::sin(angle));
    }
    return polygon;
}

}  // namespace

QColor toneColour(const Ink& ink, Tone tone) {
    switch (tone) {
        case Tone::OnPage:
            return ink.text;
        case Tone::OnAccent:
            return ink.background;
        case Tone::Muted:
            return ink.muted;
        case Tone::Good:
            return ink.good;
        case Tone::Caution:
            return ink.caution;
        case Tone::Bad:
            return ink.bad;
    }
    return ink.text;
}

QIcon icon(Icon which, Tone tone) { return QIcon(new LookIconEngine(which, tone)); }

QIcon applicationIcon() {
    // Three ranks on a ring, the keys on their way between them.
    QPixmap pixels(256, 256);
    pixels.fill(Qt::transparent);
    QPainter painter(&pixels);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(inkFor(false).accent);
    painter.setPen(Qt::NoPen);
    painter.drawRoundedRect(QRectF(8, 8, 240, 240), 48, 48);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::white, 16));
    painter.drawEllipse(QPointF(128, 128), 68, 68);
    painter.setPen(QPen(inkFor(false).accent, 14));
    painter.setBrush(Qt::white);
    for (const QPointF& rank : regularPolygon({128, 128}, 68, 3, -std::numbers::pi / 2))
        painter.drawEllipse(rank, 33, 33);
    painter.end();
    return QIcon(pixels);
}

void paintMarker(QPainter& painter, Marker marker, const QRectF& box, const QColor& colour) {
    const QPointF centre = box.center();
    const double radius = std::min(box.width(), box.height()) / 2;
    const double up = -std::numbers::pi / 2;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    switch (marker) {
        case Marker::Circle:
            painter.drawEllipse(centre, radius * 0.9, radius * 0.9);
            break;
        case Marker::Square:
            painter.drawPolygon(regularPolygon(centre, radius * 1.1, 4, std::numbers::pi / 4));
            break;
        case Marker::Diamond:
            painter.drawPolygon(regularPolygon(centre, radius * 1.1, 4, up));
            break;
        case Marker::Triangle:
            painter.drawPolygon(
                regularPolygon(centre + QPointF(0, radius * 0.2), radius * 1.1, 3, up));
            break;
        case Marker::TriangleInverted:
            painter.drawPolygon(
                regularPolygon(centre - QPointF(0, radius * 0.2), radius * 1.1, 3, -up));
            break;
        case Marker::Star:
            painter.drawPolygon(star(centre, radius * 1.1));
            break;
        case Marker::Cross:
        case Marker::Plus: {
            const double arm = radius * (marker == Marker::Cross ? 0.7 : 0.95);
            painter.setPen(QPen(colour, radius * 0.5, Qt::SolidLine, Qt::FlatCap));
            if (marker == Marker::Cross) {
                painter.drawLine(centre + QPointF(-arm, -arm), centre + QPointF(arm, arm));
                painter.drawLine(centre + QPointF(-arm, arm), centre + QPointF(arm, -arm));
            } else {
                painter.drawLine(centre + QPointF(-arm, 0), centre + QPointF(arm, 0));
                painter.drawLine(centre + QPointF(0, -arm), centre + QPointF(0, arm));
            }
            break;
        }
    }
    painter.restore();
}

}  // namespace ringscope::ui
