cat <<EOF > ds.json
{"zero_optimization": {"stage": 3, "offload_param": {"device": "cpu"}}, "bf16": {"enabled": true}}
EOF
CUDA_VISIBLE_DEVICES=0,1,2,3 swift sft --model Qwen/Qwen2.5-0.5B \
  --train_type full --dataset notes.jsonl --torch_dtype bfloat16 \
  --per_device_train_batch_size 1 --learning_rate $RATE \
  --max_length 8192 --sequence_parallel_size 2 --deepspeed ds.json --output_dir out
