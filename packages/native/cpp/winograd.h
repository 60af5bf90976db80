// Winograd convolution with filters 3x3 of stride 1 or 2: forward pass and input gradient.
#pragma once
#include "epilogue.h"
#include "winograd_tiles.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** Floats between positions, beyond the tiles' own: planes at a power of two would share lines of the first cache. */
constexpr int kPlanePad = 48;

static bool is_strided(const Window& w) { return w.stride_height == 2; }

static size_t winograd_size(const Window& w, bool for_gradient) {
  const size_t panels = for_gradient ? Panels(w.in_channels).size(w.out_channels) : Panels(w.out_channels).size(w.in_channels);
  return panels * (is_strided(w) ? positions<Strided>() : positions<Dense>());
}

/** Transforms a filter `[3, 3, depth, columns]` to panels for each position. */
template <class Algorithm>
static void transform_filter(Context& context, const float* filter, int depth, int columns, float* transformed) {
  constexpr int kPoints = Algorithm::kPoints;
  const Panels panels(columns);
  const size_t position = panels.size(depth);
  const int chunk = max_of(1, min_of(16, depth / 4));
  parallel(context, ceil_div(depth, chunk), [&](int item, int) {
    for (int k = item * chunk; k < min_of(depth, (item + 1) * chunk); k++) {
      for (int column = 0; column < columns; column += kLanes) {
        const int panel = column / kPanel;
        Vec taps[9], half[kPoints * 3];
        JEM_UNROLL for (int tap = 0; tap < 9; tap++) {
          taps[tap] = load_part(filter + (static_cast<size_t>(tap) * depth + k) * columns + column, columns - column);
        }
        JEM_UNROLL for (int j = 0; j < 3; j++) Algorithm::filter(taps + j, 3, half + j, 3);
        float* to = transformed + panels.offset(panel, depth) + static_cast<size_t>(k) * panels.packed_width(panel) +
                    (column - panel * kPanel);
        JEM_UNROLL for (int i = 0; i < kPoints; i++) {
          Vec row[kPoints];
          Algorithm::filter(half + i * 3, 1, row, 1);
          JEM_UNROLL for (int j = 0; j < kPoints; j++) store(to + (i * kPoints + j) * position, row[j]);
        }
      }
    }
  });
}

/** Swaps the channels of a filter, for the input gradient; `turn` also turns it around. */
static const float* transpose_filter(Context& context, const Window& w, const float* filter, bool turn) {
  constexpr int kChunk = 32;
  const int inputs = w.in_channels, outputs = w.out_channels, chunks = ceil_div(inputs, kChunk);
  float* transposed = context.shared(Slot::kTransposed, static_cast<size_t>(9) * inputs * outputs);
  parallel(context, 9 * chunks, [&](int item, int) {
    const int tap = item / chunks, first = item % chunks * kChunk, last = min_of(inputs, first + kChunk);
    const float* from = filter + static_cast<size_t>(tap) * inputs * outputs;
    float* to = transposed + static_cast<size_t>(turn ? 8 - tap : tap) * inputs * outputs;
    for (int k = 0; k < outputs; k++) {
      for (int c = first; c < last; c++) to[static_cast<size_t>(k) * inputs + c] = from[static_cast<size_t>(c) * outputs + k];
    }
  });
  return transposed;
}

/** Brings a filter into the form that the forward pass or the input gradient multiplies with. */
static void winograd_transform(Context& context, const Window& w, bool for_gradient, const float* filter,
                               float* transformed) {
  const int inputs = w.in_channels, outputs = w.out_channels;
  if (!for_gradient) {
    const auto transform = is_strided(w) ? transform_filter<Strided> : transform_filter<Dense>;
    return transform(context, filter, inputs, outputs, transformed);
  }
  const auto transform = is_strided(w) ? transform_filter<StridedInputGradient<false>> : transform_filter<Dense>;
  transform(context, transpose_filter(context, w, filter, !is_strided(w)), outputs, inputs, transformed);
}

/** Writes the results of one tile, with the epilogue, to the pixels that are in an image. */
template <class Algorithm>
static void write_tile(const float* products, size_t position_stride, const float* y, float* const* pixels, int channels,
                       const Epilogue& e) {
  constexpr int kPoints = Algorithm::kPoints, kOut = Algorithm::kOut;
  const bool finish = e.any();
  for (int c = 0; c < channels; c += kLanes) {
    const int lanes = min_of(kLanes, channels - c);
    Vec half[kOut * kPoints];
    JEM_UNROLL for (int j = 0; j < kPoints; j++) {
      Vec column[kPoints];
      JEM_UNROLL for (int i = 0; i < kPoints; i++) column[i] = load(products + (i * kPoints + j) * position_stride + c);
      Algorithm::output(column, 1, half + j, kPoints);
    }
    JEM_UNROLL for (int i = 0; i < kOut; i++) {
      Vec row[kOut];
      Algorithm::output(half + i * kPoints, 1, row, 1);
      JEM_UNROLL for (int j = 0; j < kOut; j++) {
        float* pixel = pixels[i * kOut + j];
        if (pixel == nullptr) continue;
        Vec r = row[j];
        if (finish) {
          const size_t at = pixel - y + c;
          if (e.bias) r += load_part(e.bias + c, lanes);
          if (e.addend) r += load_part(e.addend + at, lanes);
          if (e.activate) r = activate(r, e);
          if (e.mask) r = apply_mask(r, load_part(e.mask + at, lanes), e);
        }
        store_part(pixel + c, r, lanes);
      }
    }
  }
}

/**
 * The tiles of a block in the order in which they are multiplied: beyond the right edge by half, inside, beyond the lower edge, beyond
 * both. At stride 2 the points that half a tile has no use for are then those of neighbours, and are left out.
 */
template <class Algorithm>
class TileOrder {
 public:
  TileOrder(const TileGrid& grid, int first, int count) : count_(count) {
    int found = 0;
    for (int group = 0; group < 4; group++) {
      const bool right = group == 0 || group == 3, below = group >= 2;
      for (int t = first; t < first + count; t++) {
        if ((kSkips && grid.is_cut_right(t)) == right && (kSkips && grid.is_cut_below(t)) == below) tiles_[found++] = t;
      }
      ends_[group] = found;
    }
  }

  int operator[](int at) const { return tiles_[at]; }

  /** The places of the tiles that need the product at a position. */
  void needed(int position, int* begin, int* end) const {
    const bool skips_below = skips(position / Algorithm::kPoints), skips_right = skips(position % Algorithm::kPoints);
    *begin = skips_right ? ends_[0] : 0;
    *end = skips_below ? ends_[1] : skips_right ? ends_[2] : count_;
  }

 private:
  static constexpr bool kSkips = Algorithm::kSecond[0] >= 0;
  static bool skips(int point) { return point == Algorithm::kSecond[0] || point == Algorithm::kSecond[1]; }
  int tiles_[kMostTiles], ends_[4], count_;
};

/** Transforms blocks of tiles, multiplies them at each position, and transforms back: all per thread, in its cache. */
template <class Algorithm>
static void winograd_core(Context& context, const Images& source, const Images& result, bool may_join, const float* x,
                          const float* transformed, float* y, const Epilogue& epilogue) {
  constexpr int kIn = Algorithm::kIn, kOut = Algorithm::kOut, kPositions = positions<Algorithm>();
  const TileGrid grid(result, kOut, may_join);
  const Panels panels(result.channels);
  const int depth = source.channels, input_width = round_up_to_lanes(depth);
  const int output_width = round_up_to_lanes(result.channels);
  const size_t weight_position = panels.size(depth);
  const int high = tile_rows(panels.vectors(0));
  // Weights that stay in the second cache are used twice by each block; others for as many tiles as possible.
  const bool stay = weight_position * kPositions <= context.second_cache_floats() / 2;
  const int wanted = stay ? 2 * high : tiles_per_block(context, kPositions * (input_width + output_width), grid.count(), 4 * high);
  const int blocks = round_up(ceil_div(grid.count(), wanted), context.threads()), block = ceil_div(grid.count(), blocks);
  const size_t input_position = static_cast<size_t>(block) * input_width + kPlanePad;
  const size_t output_position = static_cast<size_t>(block) * output_width + kPlanePad;
  const float* zeros = zero_pixel(context, depth);
  parallel(context, blocks, [&](int item, int thread) {
    const int first = share(grid.count(), item, blocks), count = share(grid.count(), item + 1, blocks) - first;
    const TileOrder<Algorithm> order(grid, first, count);
    float* inputs = context.scratch(thread, Slot::kTiles, (input_position + output_position) * kPositions);
    float* products = inputs + input_position * kPositions;
    for (int t = 0; t < count; t++) {
      const float* pixels[kIn * kIn];
      grid.locate<kIn, const float>(order[t], Algorithm::kStep, source, x, zeros, pixels);
      transform_patch<kIn, Algorithm::kPoints>(pixels, depth, inputs + static_cast<size_t>(t) * input_width,
                                               input_position, Algorithm::input);
    }
    for (int position = 0; position < kPositions; position++) {
      int begin, end;
      order.needed(position, &begin, &end);
      for (int panel = 0; panel < panels.count; panel++) {
        const int vectors = panels.vectors(panel), parts = ceil_div(end - begin, tile_rows(vectors));
        for (int part = 0; part < parts; part++) {
          const int from = begin + share(end - begin, part, parts);
          const int rows = begin + share(end - begin, part + 1, parts) - from;
          StridedTile tile;
          tile.x = inputs + position * input_position + static_cast<size_t>(from) * input_width;
          tile.x_stride = input_width;
          tile.weights = transformed + position * weight_position + panels.offset(panel, depth);
          tile.depth = depth;
          tile.y = products + position * output_position + static_cast<size_t>(from) * output_width + panel * kPanel;
          tile.y_stride = output_width;
          kTiles.strided[vectors][rows](&tile);
        }
      }
    }
    for (int t = 0; t < count; t++) {
      float* pixels[kOut * kOut];
      grid.locate<kOut, float>(order[t], kOut, result, y, nullptr, pixels);
      write_tile<Algorithm>(products + static_cast<size_t>(t) * output_width, output_position, y, pixels,
                            result.channels, epilogue);
    }
  });
}

static Images input_images(const Window& w, int pad_top, int pad_left) {
  return {w.batch, w.in_height, w.in_width, w.in_channels, pad_top, pad_left};
}
static Images output_images(const Window& w, int pad_top, int pad_left) {
  return {w.batch, w.out_height, w.out_width, w.out_channels, pad_top, pad_left};
}
/** Whether sources and results are at the same places, with one pixel of padding. */
static bool may_join(const Window& w) {
  return !is_strided(w) && w.pad_top == 1 && w.pad_left == 1 && w.in_height == w.out_height && w.in_width == w.out_width;
}

static void winograd(Context& context, const Window& w, const float* x, const float* transformed, float* y,
                     const Epilogue& epilogue) {
  const auto run = is_strided(w) ? winograd_core<Strided> : winograd_core<Dense>;
  run(context, input_images(w, w.pad_top, w.pad_left), output_images(w, 0, 0), may_join(w), x, transformed, y, epilogue);
}

static void winograd_input_gradient(Context& context, const Window& w, const float* dy, const float* transformed,
                                    float* dx, const Epilogue& epilogue) {
  if (!is_strided(w)) {
    return winograd_core<Dense>(context, output_images(w, 2 - w.pad_top, 2 - w.pad_left), input_images(w, 0, 0),
                                may_join(w), dy, transformed, dx, epilogue);
  }
  // Tiles begin at pixel 0 of dx; with an even padding the first pixel also meets the result before its own.
  const bool odd = w.pad_top % 2 == 1;
  const auto before = [&](int pad) { return odd ? -(pad - 1) / 2 : 1 - pad / 2; };
  const auto run = odd ? winograd_core<StridedInputGradient<true>> : winograd_core<StridedInputGradient<false>>;
  run(context, output_images(w, before(w.pad_top), before(w.pad_left)), input_images(w, 0, 0), false, dy, transformed,
      dx, epilogue);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
