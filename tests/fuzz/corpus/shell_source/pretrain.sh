#!/bin/bash
# two machines
NODES=${NODES:-2}
GPUS=4
CP=2
SIZES=(--num-layers 4 --hidden-size 256 --num-attention-heads 8
       --group-query-attention --num-query-groups 4   # half of the heads
       --ffn-hidden-size 688 --swiglu --normalization RMSNorm)
export CUDA_DEVICE_MAX_CONNECTIONS=1
torchrun --nproc_per_node $GPUS --nnodes $NODES --master_port 6000 \
    pretrain_gpt.py "${SIZES[@]}" \
    --seq-length 4096 --micro-batch-size 1 --global-batch-size $((GPUS*NODES)) \
    --train-iters 50 --lr 3e-4 --min-lr 3e-5 --lr-decay-style cosine \
    --tensor-model-parallel-size 1 --context-parallel-size $CP --cp-comm-type p2p \
    --sequence-parallel --bf16 --use-distributed-optimizer \
    --data-path /data/corpus.jsonl --save out "$@" 2>&1 | tee log.txt
