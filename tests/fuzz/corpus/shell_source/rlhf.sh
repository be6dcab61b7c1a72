read -r -d '' words <<EOF
openrlhf.cli.train_sft \
  --pretrain Qwen/Qwen2.5-0.5B --dataset notes --max_len 4096 \
  --train_batch_size 16 --micro_train_batch_size 1 --zero_stage 2 \
  --ring_attn_size 2 --ring_head_stride 1 --bf16 --adam_offload --save_path out
EOF
deepspeed --num_gpus 4 --module $words
