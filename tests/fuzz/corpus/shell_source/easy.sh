accelerate launch --num_processes 4 train.py --batch-size 1 \
  --gradient-accumulate-every 2 --max-train-steps 8 --learning-rate 1e-5 \
  --model Qwen/Qwen2.5-0.5B --seq-length 8192 --parallel_mode zigzag_ring_attn \
  --output-dir out --seed 7
