"""What a training run leaves behind every so many steps, from which it goes on as if it had never stopped.

No pickle: tensors are safetensors, all else is JSON.
"""
