from old.ring import RingDilatedAttentionV3, wrap_zigzag_attn_func

SEGMENTS = [512, 1024]
attention = RingDilatedAttentionV3(
    SEGMENTS,
    dilation_rates=[1, 2],  # RingDilatedAttentionV2(…) was here
    ring_size=4,
    use_hilbert=True,
    enable_profiling=False,
)
