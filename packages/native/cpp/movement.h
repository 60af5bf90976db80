// Kernels that move elements without computing: memory decides their speed, so one version serves all machines.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "context.h"

namespace jem {

constexpr int kMaxRank = 8;

/**
 * Copies a block of `rank` axes between two strided places: transposes, slices, pads, concatenations, tiles and
 * broadcasts. `axes` holds the sides, then the strides of `x`, then those of `y`, in elements; a stride may be 0 or
 * negative. Elements have 1 or 4 bytes.
 */
void move_strided(Context& context, int rank, const int* axes, int element_bytes, const void* x, size_t x_offset,
                  void* y, size_t y_offset);

/**
 * `y[batch, outer, i, inner] = x[batch, outer, indices[batch, i], inner]`, elements of 4 bytes. Returns false, with y
 * unfinished, when an index is outside `[0, axis)`.
 */
bool gather(Context& context, int batch, int outer, int axis, int count, int inner, const float* x,
            const int32_t* indices, float* y);

}  // namespace jem
