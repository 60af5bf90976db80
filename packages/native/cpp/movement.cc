#include "movement.h"

#include <string.h>

namespace jem {
namespace {

struct Axis {
  int side, x_stride, y_stride;
};

/** Drops axes of side 1 and joins neighbours that are contiguous in both places. */
int simplify(int rank, const int* axes, Axis* out) {
  int count = 0;
  for (int i = 0; i < rank; i++) {
    const Axis axis{axes[i], axes[rank + i], axes[2 * rank + i]};
    if (axis.side == 1) continue;
    Axis* last = count > 0 ? &out[count - 1] : nullptr;
    if (last && last->x_stride == axis.x_stride * axis.side && last->y_stride == axis.y_stride * axis.side) {
      *last = {last->side * axis.side, axis.x_stride, axis.y_stride};
    } else {
      out[count++] = axis;
    }
  }
  if (count == 0) out[count++] = {1, 1, 1};
  return count;
}

/** Copies the two innermost axes; in tiles when they are transposed, so that both sides use whole cache lines. */
template <class Element>
void move_plane(const Axis& row, const Axis& column, const Element* x, Element* y) {
  constexpr int kTile = 16;
  if (column.x_stride == 1 && column.y_stride == 1) {
    for (int i = 0; i < row.side; i++) {
      memcpy(y + static_cast<ptrdiff_t>(i) * row.y_stride, x + static_cast<ptrdiff_t>(i) * row.x_stride,
             column.side * sizeof(Element));
    }
    return;
  }
  for (int first = 0; first < row.side; first += kTile) {
    const int last = first + kTile < row.side ? first + kTile : row.side;
    for (int j = 0; j < column.side; j++) {
      const Element* from = x + static_cast<ptrdiff_t>(j) * column.x_stride;
      Element* to = y + static_cast<ptrdiff_t>(j) * column.y_stride;
      for (int i = first; i < last; i++) {
        to[static_cast<ptrdiff_t>(i) * row.y_stride] = from[static_cast<ptrdiff_t>(i) * row.x_stride];
      }
    }
  }
}

template <class Body>
void parallel(Context& context, int count, const Body& body) {
  context.run(
      count, [](void* closure, int item, int thread) { (*static_cast<const Body*>(closure))(item, thread); },
      const_cast<Body*>(&body));
}

template <class Element>
void move_as(Context& context, int rank, const Axis* axes, const Element* x, Element* y) {
  constexpr int kSerial = 16384, kBlock = 32768;
  Axis row{1, 0, 0};
  const Axis column = axes[rank - 1];
  int outer = rank - 1;
  if (outer > 0) row = axes[--outer];
  if (outer == 0 && row.side > 1) {  // the only outer axis is shared out by rows instead
    const int rows = row.side, share = kBlock / column.side > 1 ? kBlock / column.side : 1;
    if (static_cast<int64_t>(rows) * column.side <= kSerial) return move_plane(row, column, x, y);
    return parallel(context, (rows + share - 1) / share, [&](int item, int) {
      const int first = item * share, count = first + share < rows ? share : rows - first;
      move_plane(Axis{count, row.x_stride, row.y_stride}, column, x + static_cast<ptrdiff_t>(first) * row.x_stride,
                 y + static_cast<ptrdiff_t>(first) * row.y_stride);
    });
  }
  int64_t planes = 1;
  for (int i = 0; i < outer; i++) planes *= axes[i].side;
  const int64_t plane = static_cast<int64_t>(row.side) * column.side;
  const int64_t share = planes * plane <= kSerial ? planes : kBlock / plane > 1 ? kBlock / plane : 1;
  parallel(context, static_cast<int>((planes + share - 1) / share), [&](int item, int) {
    const int64_t end = (item + 1) * share < planes ? (item + 1) * share : planes;
    for (int64_t p = item * share; p < end; p++) {
      ptrdiff_t from = 0, to = 0;
      int64_t rest = p;
      for (int i = outer - 1; i >= 0; i--) {
        const ptrdiff_t at = rest % axes[i].side;
        rest /= axes[i].side;
        from += at * axes[i].x_stride;
        to += at * axes[i].y_stride;
      }
      move_plane(row, column, x + from, y + to);
    }
  });
}

}  // namespace

void move_strided(Context& context, int rank, const int* axes, int element_bytes, const void* x, size_t x_offset,
                  void* y, size_t y_offset) {
  Axis simple[kMaxRank];
  const int count = simplify(rank, axes, simple);
  if (element_bytes == 1) {
    move_as(context, count, simple, static_cast<const uint8_t*>(x) + x_offset, static_cast<uint8_t*>(y) + y_offset);
  } else {
    move_as(context, count, simple, static_cast<const uint32_t*>(x) + x_offset, static_cast<uint32_t*>(y) + y_offset);
  }
}

bool gather(Context& context, int batch, int outer, int axis, int count, int inner, const float* x,
            const int32_t* indices, float* y) {
  const size_t total = static_cast<size_t>(batch) * count;
  for (size_t i = 0; i < total; i++) {
    if (indices[i] < 0 || indices[i] >= axis) return false;
  }
  const auto one = [&](int item, int) {
    const int32_t* rows = indices + static_cast<size_t>(item / outer) * count;
    const float* from = x + static_cast<size_t>(item) * axis * inner;
    float* to = y + static_cast<size_t>(item) * count * inner;
    for (int i = 0; i < count; i++) {
      memcpy(to + static_cast<size_t>(i) * inner, from + static_cast<size_t>(rows[i]) * inner, inner * sizeof(float));
    }
  };
  if (total * outer * inner <= 16384) {
    for (int item = 0; item < batch * outer; item++) one(item, 0);
  } else {
    parallel(context, batch * outer, one);
  }
  return true;
}

}  // namespace jem
