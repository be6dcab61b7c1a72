#include "ui/timeline/time_view.h"

#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

constexpr double shortest = 200;  // ns over the whole width

}  // namespace

void TimeView::setWidth(double width) {
    width_ = std::max(1.0, width);
    clamp();
}

void TimeView::setReach(double span) {
    reach_ = span;
    clamp();
}

void TimeView::fit() {
    from_ = 0;
    span_ = std::max(duration_, reach_);
    clamp();
}

void TimeView::show(ViewTime from, ViewTime to) {
    from_ = from.ns;
    span_ = to.ns - from.ns;
    clamp();
}

void TimeView::zoom(double factor, double x) {
    const double fixed = timeAt(x).ns;
    span_ = std::clamp(span_ / factor, std::min(shortest, duration_), std::max(duration_, reach_));
    from_ = fixed - x * nsPerPixel();
    clamp();
}

void TimeView::pan(double pixels) {
    from_ += pixels * nsPerPixel();
    clamp();
}

void TimeView::centre(ViewTime time) {
    from_ = time.ns - span_ / 2;
    clamp();
}

void TimeView::clamp() {
    duration_ = std::max(1.0, duration_);
    width_ = std::max(1.0, width_);
    const double middle = from_ + span_ / 2;
    const double most = std::max(duration_, reach_);
    const double wanted = std::clamp(span_, std::min(shortest, duration_), most);
    if (wanted != span_) from_ = middle - wanted / 2;
    span_ = wanted;
    const double past = reach_ > 0 ? most : 0;  // of the ends
    from_ = std::clamp(from_, -past, duration_ + past - span_);
}

std::vector<Tick> ticksOf(const TimeView& view, double gap) {
    const double least = view.nsPerPixel() * gap;
    double step = std::pow(10, std::floor(std::log10(least)));
    for (double factor : {1.0, 2.0, 5.0, 10.0}) {
        if (step * factor < least) continue;
        step *= factor;
        break;
    }
    // 1e6 ns are one millisecond; a tenth of it needs one decimal.
    const int decimals = std::clamp(static_cast<int>(std::ceil(6 - std::log10(step) - 1e-9)), 0, 6);
    std::vector<Tick> ticks;
    for (double n = std::ceil(view.from().ns / step); n * step <= view.to().ns; ++n)
        ticks.push_back({{n * step}, QString::number(n * step / 1e6, 'f', decimals)});
    return ticks;
}

}  // namespace ringscope::ui
