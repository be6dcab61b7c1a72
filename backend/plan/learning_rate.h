// The learning rate of a step: train.lr times a share that train.lr_schedule gives.
//
//     share   1          _________          wsd: falls in the last lr_decay steps
//                       /         `.         linear, cosine: fall behind the warm-up
//             lr_final /            `.
//             0    ___/
//                   lr_warmup        steps
//
// Step i of lr_warmup steps has the share i / lr_warmup, so the first step changes nothing. What
// falls does so towards lr_final, which the step after the last one would have. These are the
// schedules of transformers (tests/peers/lr_schedules.py), with one difference: its wsd with a
// final share begins the warm-up there, not at 0.
#pragma once

#include "backend/config/run_config.h"

#include <cstdint>

namespace ringscope {

// Of step `step` of train.steps, counted from 0; 1 is train.lr.
double learningRateShare(const TrainConfig& train, std::int64_t step);

// Steps in which lr falls with lr_schedule wsd.
std::int64_t decaySteps(const TrainConfig& train);

}  // namespace ringscope
