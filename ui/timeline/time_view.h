// Which stretch of time a width of pixels shows. Times are nanoseconds since the trace began.
#pragma once

#include <QString>
#include <vector>

namespace ringscope::ui {

class TimeView {
public:
    TimeView() = default;
    TimeView(double duration, double width) : duration_(duration), width_(width) { fit(); }

    double from() const { return from_; }
    double to() const { return from_ + span_; }
    double span() const { return span_; }
    double duration() const { return duration_; }
    double width() const { return width_; }
    double nsPerPixel() const { return span_ / width_; }
    double x(double time) const { return (time - from_) / nsPerPixel(); }
    double timeAt(double x) const { return from_ + x * nsPerPixel(); }

    void setWidth(double width);
    void fit();
    void show(double from, double to);
    void zoom(double factor, double x);  // the moment at x stays there
    void pan(double pixels);
    void centre(double time);

private:
    void clamp();

    double duration_ = 1;
    double width_ = 1;
    double from_ = 0;
    double span_ = 1;
};

struct Tick {
    double at = 0;
    QString label;  // milliseconds, with as many decimals as tell neighbours apart
};

// Round moments inside the view, at least `gap` pixels apart.
std::vector<Tick> ticksOf(const TimeView& view, double gap);

}  // namespace ringscope::ui
