"""Turns the weights of a PyTorch checkpoint into a file that JavaScript can read: .npz or .safetensors.

    python convert_checkpoint.py ckpt.pt weights.safetensors
    python convert_checkpoint.py ckpt.pt weights.npz --buffer buffer.npy

The checkpoint is a state dict, or a dict with one under --key (JEM's code: model_state_dict). --buffer also writes JEM's replay
buffer, as an array [size, height, width, channels] of float32. Tensors keep their names, shapes and types; what has no counterpart in
NumPy (bfloat16) becomes float32. Needs torch and numpy. The file is loaded with weights_only=True: it cannot run code.
"""

import argparse
import json
import struct

import numpy as np
import torch

TYPES = {"bool": "BOOL", "uint8": "U8", "int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64",
         "float16": "F16", "float32": "F32", "float64": "F64"}


def to_numpy(tensor):
    tensor = tensor.detach().cpu().contiguous()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def write_safetensors(path, arrays):
    header, start = {"__metadata__": {"format": "pt"}}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": TYPES[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [start, start + array.nbytes]}
        start += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("output", help="ends in .npz or .safetensors")
    parser.add_argument("--key", default="model_state_dict", help="where the state dict is, if not at the top")
    parser.add_argument("--buffer", metavar="NPY", help="also write the replay buffer")
    args = parser.parse_args()
    if not args.output.endswith((".npz", ".safetensors")):
        parser.error(f"output must end in .npz or .safetensors but is {args.output}")
    checkpoint = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
    state = checkpoint.get(args.key, checkpoint)
    other = [name for name, value in state.items() if not torch.is_tensor(value)]
    if other:
        parser.error(f"no state dict at {args.key}: {other[0]!r} is no tensor")
    arrays = {name: to_numpy(value) for name, value in state.items()}
    if args.output.endswith(".npz"):
        np.savez(args.output, **arrays)
    else:
        write_safetensors(args.output, arrays)
    print(f"{args.output}: {len(arrays)} arrays, {sum(a.size for a in arrays.values()):,} values")
    if args.buffer:
        buffer = checkpoint["replay_buffer"]
        np.save(args.buffer, np.ascontiguousarray(to_numpy(buffer).transpose(0, 2, 3, 1), dtype=np.float32))
        print(f"{args.buffer}: {len(buffer)} images")


if __name__ == "__main__":
    main()
