// Which stretch of time a width of pixels shows. Lengths are nanoseconds.
#pragma once

#include "ui/timeline/times.h"

#include <QString>
#include <vector>

namespace ringscope::ui {

class TimeView {
public:
    TimeView() = default;
    TimeView(double duration, double width) : duration_(duration), width_(width) { fit(); }

    ViewTime from() const { return {from_}; }
    ViewTime to() const { return {from_ + span_}; }
    double span() const { return span_; }          // of what is shown
    double duration() const { return duration_; }  // of the trace
    double width() const { return width_; }        // pixels
    double nsPerPixel() const { return span_ / width_; }
    double x(ViewTime time) const { return (time.ns - from_) / nsPerPixel(); }
    ViewTime timeAt(double x) const { return {from_ + x * nsPerPixel()}; }

    // At most this much is shown at once, from which on the trace's ends are passed: for a view
    // beside a longer one. Less than the trace's duration means that.
    void setReach(double span);

    void setWidth(double width);
    void fit();
    void show(ViewTime from, ViewTime to);
    void zoom(double factor, double x);  // the moment at x stays there
    void pan(double pixels);
    void centre(ViewTime time);

private:
    void clamp();

    double duration_ = 1;
    double reach_ = 0;
    double width_ = 1;
    double from_ = 0;
    double span_ = 1;
};

struct Tick {
    ViewTime at;
    QString label;  // milliseconds, with as many decimals as tell neighbours apart
};

// Round moments inside the view, at least `gap` pixels apart.
std::vector<Tick> ticksOf(const TimeView& view, double gap);

}  // namespace ringscope::ui
