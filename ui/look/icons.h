// Icons, drawn in code on a 16 x 16 grid: one set, one colour, sharp at every zoom, and they follow
// the theme because the colour is taken when they are painted.
#pragma once

#include "backend/core/look.h"

#include <QIcon>

class QColor;
class QPainter;
class QRectF;

namespace ringscope::ui {

struct Ink;

enum class Icon {
    Runs,
    NewRun,
    Compare,
    Timeline,
    Play,
    Stop,
    Copy,
    Report,
    Open,
    Save,
    Undo,
    Table,
    Check,
    Migrate,
    Plan,
    Question,
    Warning,
    Unknown,
    Drop,
    Convert,
    Rename
};

// On a filled button the icon has the colour of the button's text; beside a verdict, the verdict's.
enum class Tone { OnPage, OnAccent, Muted, Good, Caution, Bad };

QColor toneColour(const Ink& ink, Tone tone);

// Drawn at the left of the space it is given: a button asks for some more width than height, and
// so has room between icon and text.
QIcon icon(Icon which, Tone tone = Tone::OnPage);
QIcon applicationIcon();

// A mode's marker, filled, in the middle of `box`.
void paintMarker(QPainter& painter, Marker marker, const QRectF& box, const QColor& colour);

}  // namespace ringscope::ui
