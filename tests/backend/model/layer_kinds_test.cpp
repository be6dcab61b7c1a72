#include "backend/model/layer_kinds.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr LayerKind plain{};
constexpr LayerKind window{.window = true};
constexpr LayerKind experts{.experts = true};
constexpr LayerKind both{.window = true, .experts = true};

struct Pattern {
    ModelConfig model{};
    AttentionConfig attention{};

    Pattern(std::int64_t layers, std::vector<std::string> pattern) {
        model.layers = layers;
        model.layerPattern = std::move(pattern);
    }
    Pattern withWindow() && {
        attention.window = 16;
        return std::move(*this);
    }
    Pattern withExperts() && {
        model.experts.count = 8;
        return std::move(*this);
    }
    std::vector<LayerKind> kinds() const { return layerKinds(model, attention).value(); }
    std::string refusal() const { return layerKinds(model, attention).error().message; }
};

TEST(LayerKinds, AreAllAlikeWithoutAPattern) {
    EXPECT_THAT(Pattern(2, {}).kinds(), ElementsAre(plain, plain));
    EXPECT_THAT(Pattern(2, {}).withWindow().kinds(), ElementsAre(window, window));
    EXPECT_THAT(Pattern(1, {}).withExperts().withWindow().kinds(), ElementsAre(both));
}

TEST(LayerKinds, RepeatThePattern) {
    EXPECT_THAT(Pattern(5, {"window", "full"}).withWindow().kinds(),
                ElementsAre(window, plain, window, plain, window));
    EXPECT_THAT(Pattern(4, {"dense", "experts*3"}).withExperts().kinds(),
                ElementsAre(plain, experts, experts, experts));
    EXPECT_THAT(Pattern(2, {"window+experts", "full+dense"}).withWindow().withExperts().kinds(),
                ElementsAre(both, plain));
}

TEST(LayerKinds, LeaveWhatIsNotNamedAsItUsuallyIs) {
    EXPECT_THAT(Pattern(2, {"full", "dense"}).withWindow().withExperts().kinds(),
                ElementsAre(experts, window));
}

TEST(LayerKinds, RefuseWhatIsNotSetAndWhatIsNoKind) {
    EXPECT_THAT(Pattern(2, {"window"}).refusal(), HasSubstr("'window' needs attention.window"));
    EXPECT_THAT(Pattern(2, {"experts"}).refusal(), HasSubstr("'experts' needs model.experts"));
    EXPECT_THAT(Pattern(2, {"sliding"}).refusal(), HasSubstr("'sliding' is no kind of layer"));
    for (const char* entry : {"full*0", "full*x", "full*3", "full*-1", "full*99999999999999999999"})
        EXPECT_THAT(Pattern(2, {entry}).refusal(), HasSubstr("no number of 1 to 2 layers"))
            << entry;
    EXPECT_THAT(Pattern(3, {"full*2", "full*2"}).refusal(), HasSubstr("names 4 layers"));
}

TEST(LayerKinds, AreWrittenAsTheShortestPattern) {
    const LayerKind usual = both;
    EXPECT_THAT(layerPattern({both, both}, usual), ElementsAre());
    EXPECT_THAT(layerPattern({both, experts, both, experts}, usual),
                ElementsAre("window+experts", "full"));
    EXPECT_THAT(layerPattern({window, both, both, both}, usual),
                ElementsAre("dense", "window+experts*3"));
}

TEST(LayerKinds, ReadBackWhatIsWritten) {
    const std::vector<LayerKind> all = {plain, window, experts, both};
    for (std::size_t code = 0; code < 256; ++code) {
        std::vector<LayerKind> kinds;
        for (std::size_t rest = code, layer = 0; layer < 4; ++layer, rest /= 4)
            kinds.push_back(all[rest % 4]);
        Pattern read = Pattern(4, layerPattern(kinds, both)).withWindow().withExperts();
        EXPECT_EQ(read.kinds(), kinds) << code;
    }
}

}  // namespace
}  // namespace ringscope
