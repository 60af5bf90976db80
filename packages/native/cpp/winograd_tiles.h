// Which tile of Winograd's algorithm covers which pixels.
#pragma once
#include "winograd_transforms.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** A batch of images, and where the first patch of a tiling begins in each: `pad` before the corner. */
struct Images {
  int batch, height, width, channels, pad_top, pad_left;
};

/**
 * The tiles of `side` x `side` results that cover a batch of images. Images whose sides are no multiples of `side` may
 * be laid on a sheet, with one row or column of zeros between them that serves both as padding: 14x14 images then take
 * 15x15 pixels each instead of 16x16. That needs sources and results at the same places.
 */
class TileGrid {
 public:
  TileGrid(const Images& results, int side, bool may_join) : batch_(results.batch), odd_height_(results.height % 2 == 1), odd_width_(results.width % 2 == 1) {
    constexpr int kMostJoined = 8;
    const int most = may_join ? kMostJoined : 1;
    for (int down = 1; down <= most; down++) {
      for (int across = 1; across <= most; across++) {
        const int rows = ceil_div(down * (results.height + 1) - 1, side);
        const int columns = ceil_div(across * (results.width + 1) - 1, side);
        const int tiles = ceil_div(batch_, down * across) * rows * columns;
        if (count_ != 0 && tiles >= count_) continue;
        count_ = tiles, down_ = down, across_ = across, rows_ = rows, columns_ = columns;
      }
    }
  }

  int count() const { return count_; }

  /** Whether a tile is at the right or lower edge of images of odd sides, which are not joined. */
  bool is_cut_right(int tile) const { return odd_width_ && tile % columns_ == columns_ - 1; }
  bool is_cut_below(int tile) const { return odd_height_ && tile / columns_ % rows_ == rows_ - 1; }

  /**
   * Lists the `Size` x `Size` pixels of a patch; patches are `step` apart. Pixels that are in no image are `outside`.
   */
  template <int Size, class Float>
  void locate(int tile, int step, const Images& images, Float* first, Float* outside, Float** pixels) const {
    const int sheet = tile / (rows_ * columns_), in_sheet = tile % (rows_ * columns_);
    const int top = in_sheet / columns_ * step - images.pad_top, left = in_sheet % columns_ * step - images.pad_left;
    int row_image[Size], row[Size], column_image[Size], column[Size];
    for (int i = 0; i < Size; i++) {
      split(top + i, down_, images.height, &row_image[i], &row[i]);
      split(left + i, across_, images.width, &column_image[i], &column[i]);
    }
    for (int i = 0; i < Size; i++) {
      for (int j = 0; j < Size; j++) {
        const int image = (sheet * down_ + row_image[i]) * across_ + column_image[j];
        const bool inside = row[i] >= 0 && column[j] >= 0 && image < batch_;
        const size_t at = (static_cast<size_t>(image) * images.height + row[i]) * images.width + column[j];
        pixels[i * Size + j] = inside ? first + at * images.channels : outside;
      }
    }
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

  int batch_;
  bool odd_height_, odd_width_;
  int down_ = 1, across_ = 1, rows_ = 0, columns_ = 0, count_ = 0;
};

/** The most tiles of one item. */
constexpr int kMostTiles = 320;

/** Tiles for one item: their transformed inputs and products together fill three quarters of the second cache. */
static int tiles_per_block(Context& context, int floats_per_tile, int tiles, int least) {
  const int floats = static_cast<int>(context.second_cache_floats() / 4 * 3);
  const int fitting = max_of(floats / floats_per_tile, least);
  const int shared = ceil_div(tiles, 2 * context.threads());
  const int wanted = max_of(1, min_of(min_of(fitting, shared), kMostTiles));
  // As many blocks as a multiple of the threads, so that nobody waits at the end.
  const int blocks = ceil_div(ceil_div(tiles, wanted), context.threads()) * context.threads();
  return ceil_div(tiles, blocks);
}

/** Zeros for pixels outside the images, as many as whole vectors of `channels` read. */
static const float* zero_pixel(Context& context, int channels) {
  float* zeros = context.shared(Slot::kRow, channels + kLanes);
  zero(zeros, channels + kLanes);
  return zeros;
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
