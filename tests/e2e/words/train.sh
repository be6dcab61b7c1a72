#!/bin/sh
torchrun --nproc_per_node 8 train.py --cp 4
