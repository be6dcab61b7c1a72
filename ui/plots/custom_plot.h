// qcustomplot.h, the one way in. Everything of ours is compiled with QT_NO_KEYWORDS, because
// backend uses words like `slots` as names; QCustomPlot's header needs Qt's words, here alone.
#pragma once

#include <QtGlobal>

#define signals Q_SIGNALS
#define slots Q_SLOTS
#define emit
#define foreach Q_FOREACH
#include <qcustomplot.h>
#undef signals
#undef slots
#undef emit
#undef foreach
