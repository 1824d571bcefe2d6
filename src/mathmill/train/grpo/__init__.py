"""GRPO and its family: groups of rollouts are drawn, rewarded, and trained on by what they are above their like."""
