// What a widget paints, counted.
#pragma once

#include <QColor>
#include <QImage>
#include <QWidget>

namespace ringscope::test {

// Pixels of exactly this colour in the widget's picture.
inline int pixelsOf(QWidget& widget, const QColor& colour) {
    const QImage image = widget.grab().toImage();
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixelColor(x, y).rgb() == colour.rgb()) ++count;
    return count;
}

}  // namespace ringscope::test
