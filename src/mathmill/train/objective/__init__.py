"""What is trained for: advantages out of rewards, and the loss of GRPO and its family, each part a setting."""
