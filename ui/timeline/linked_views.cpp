#include "ui/timeline/linked_views.h"

#include <algorithm>
#include <map>

namespace ringscope::ui {

std::vector<ViewTime> stepBegins(const OpenedTrace& trace) {
    std::map<int, std::int64_t> begins;
    for (const RankRow& row : trace.rows)
        for (const StepMark& mark : row.steps) {
            const auto [known, fresh] = begins.try_emplace(mark.step, mark.begin);
            if (!fresh) known->second = std::min(known->second, mark.begin);
        }
    std::vector<ViewTime> times;
    for (const auto& [step, begin] : begins) times.push_back(trace.inView({begin}));
    if (times.empty()) times.push_back({0});
    return times;
}

LinkedViews::LinkedViews(TimelineView& first, TimelineView& second, QObject* parent)
    : QObject(parent), first_(first), second_(second) {
    connect(&first_, &TimelineView::viewChanged, this, [this] { follow(first_, second_); });
    connect(&second_, &TimelineView::viewChanged, this, [this] { follow(second_, first_); });
}

void LinkedViews::link() {
    if (first_.trace() == nullptr || second_.trace() == nullptr) return;
    linked_ = true;
    const double longest = std::max(first_.timeView().duration(), second_.timeView().duration());
    for (TimelineView* view : {&first_, &second_}) {
        view->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);  // or one is narrower
        view->setReach(longest);
    }
    follow(first_, second_);
}

void LinkedViews::unlink() {
    linked_ = false;
    for (TimelineView* view : {&first_, &second_}) {
        view->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
        view->setReach(0);
    }
}

// By the step in the middle of what is shown.
void LinkedViews::follow(TimelineView& leader, TimelineView& follower) {
    if (!linked_ || following_ || leader.trace() == nullptr || follower.trace() == nullptr) return;
    const std::vector<ViewTime> mine = stepBegins(*leader.trace());
    const std::vector<ViewTime> other = stepBegins(*follower.trace());
    const TimeView& shown = leader.timeView();
    const ViewTime middle{shown.from().ns + shown.span() / 2};
    const auto behind =
        std::ranges::upper_bound(mine, middle.ns, {}, [](const ViewTime& time) { return time.ns; });
    auto step = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, behind - mine.begin() - 1));
    step = std::min({step, mine.size() - 1, other.size() - 1});
    const double moved = other[step].ns - mine[step].ns;
    following_ = true;
    follower.showStretch({shown.from().ns + moved}, {shown.to().ns + moved});
    following_ = false;
}

}  // namespace ringscope::ui
