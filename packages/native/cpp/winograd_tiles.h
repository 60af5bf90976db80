// Which tile of Winograd's algorithm covers which pixels.
#pragma once
#include "winograd_transforms.h"

namespace jem {
namespace JEM_ISA {
namespace {

/**
 * The tiles of 4x4 results that cover a batch of images. Images whose sides are no multiples of 4 are laid side by side
 * on a sheet, with one row or column of zeros between them that serves both as padding: 14x14 images then take 15x15
 * pixels each instead of 16x16.
 */
class TileGrid {
 public:
  /** `may_join`: the convolution pads by one on all sides, so that source and result have the same places. */
  TileGrid(int batch, int out_height, int out_width, bool may_join)
      : batch_(batch), out_height_(out_height), out_width_(out_width) {
    constexpr int kMostJoined = 8;
    int best = 0;
    const int most = may_join ? kMostJoined : 1;
    for (int down = 1; down <= most; down++) {
      for (int across = 1; across <= most; across++) {
        const int rows = ceil_div(down * (out_height + 1) - 1, kOut), columns = ceil_div(across * (out_width + 1) - 1, kOut);
        const int tiles = ceil_div(batch, down * across) * rows * columns;
        if (best != 0 && tiles >= best) continue;
        best = tiles;
        down_ = down, across_ = across, tile_rows_ = rows, tile_columns_ = columns;
      }
    }
    count_ = best;
  }

  int count() const { return count_; }

  /**
   * Lists the pixels of a patch of `Size` x `Size` of a tile, from `pad` before its corner, in images `[height, width,
   * channels]`; `outside` for those that are in no image.
   */
  template <int Size, class Float>
  void locate(int tile, int pad_top, int pad_left, Float* images, int height, int width, int channels, Float* outside,
              Float** pixels) const {
    const int sheet = tile / (tile_rows_ * tile_columns_), in_sheet = tile % (tile_rows_ * tile_columns_);
    const int top = in_sheet / tile_columns_ * kOut - pad_top, left = in_sheet % tile_columns_ * kOut - pad_left;
    int row_image[Size], row[Size], column_image[Size], column[Size];
    for (int i = 0; i < Size; i++) {
      split(top + i, down_, height, &row_image[i], &row[i]);
      split(left + i, across_, width, &column_image[i], &column[i]);
    }
    for (int i = 0; i < Size; i++) {
      for (int j = 0; j < Size; j++) {
        const int image = (sheet * down_ + row_image[i]) * across_ + column_image[j];
        const bool inside = row[i] >= 0 && column[j] >= 0 && image < batch_;
        const size_t at = (static_cast<size_t>(image) * height + row[i]) * width + column[j];
        pixels[i * Size + j] = inside ? images + at * channels : outside;
      }
    }
  }

  /** The results of a tile; null for those that are in no image. */
  void locate_results(int tile, float* y, int channels, float** pixels) const {
    locate<kOut, float>(tile, 0, 0, y, out_height_, out_width_, channels, nullptr, pixels);
  }

 private:
  /** The image along one axis of the sheet, and the place in it; -1 between and outside the images. */
  static void split(int position, int images, int side, int* image, int* place) {
    *image = 0;
    *place = position >= 0 && position < side ? position : -1;
    if (images == 1 || position < 0) return;
    *image = position / (side + 1);
    *place = position % (side + 1);
    if (*place == side || *image >= images) *image = 0, *place = -1;
  }

  int batch_, out_height_, out_width_;
  int down_ = 1, across_ = 1, tile_rows_ = 0, tile_columns_ = 0, count_ = 0;
};

/** Tiles for one item: their transformed inputs and products together fill the second cache. */
static int tiles_per_block(Context& context, int channels, int columns, int tiles, int least) {
  constexpr int kFloats = 448 * 1024, kMost = 224;
  const int fitting = max_of(kFloats / (kPositions * (channels + columns)), least);
  const int shared = ceil_div(tiles, 2 * context.threads());
  const int wanted = max_of(1, min_of(min_of(fitting, shared), kMost));
  // As many blocks as a multiple of the threads, so that nobody waits at the end.
  const int blocks = ceil_div(ceil_div(tiles, wanted), context.threads()) * context.threads();
  return ceil_div(tiles, blocks);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
