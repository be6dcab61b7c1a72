create_ring_attention("standard", config=RingAttentionConfig([1,2], (1, [2, "x
