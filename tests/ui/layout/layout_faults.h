// What of a window's text cannot be read: cut, elided where it must not be, outside of its card, or
// beyond an edge that nothing scrolls to.
#pragma once

#include <QStringList>

class QWidget;

namespace ringscope::test {

// A sentence for each fault among the visible widgets of `root`; each names the text.
//
// Labels, buttons, tabs, boxes, legends and the headers of tables have to show their whole text,
// but for ElidedLabel, which is made for paths, commands and names of any length and has a tooltip;
// a title of a chart (role "section") is none of these. Cells may be cut, but not those of the
// table of runs; its column Name has to keep a width that tells runs apart.
QStringList layoutFaults(const QWidget& root);

}  // namespace ringscope::test
