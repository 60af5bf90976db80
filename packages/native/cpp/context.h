// What one JavaScript thread owns: its worker threads and their scratch memory. Nothing in the addon is global, so each
// worker_thread that loads it computes with a context of its own.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace jem {

/** Thrown where memory cannot be had; the binding turns it into a JavaScript RangeError. */
struct OutOfMemory {};

/** Memory aligned for vectors, on huge pages when large: page faults cost more than most kernels. */
void* allocate(size_t bytes);
void release(void* memory);

/** Scratch memory by purpose. Two that are alive at the same time must differ. */
enum class Slot { kPanels, kSource, kGradient, kTiles, kPartialSums, kTransformed, kTransposed, kRow, kCount };

class Context {
 public:
  static constexpr int kMaxThreads = 128;
  using Task = void (*)(void* closure, int item, int thread);

  explicit Context(int threads);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  int threads() const { return threads_; }
  void set_threads(int threads);

  /**
   * Calls `task(closure, item, thread)` for items 0..count-1 on all threads; the caller is thread 0. Which thread takes an item
   * depends on which is free.
   */
  void run(int count, Task task, void* closure);

  /** Scratch memory of one thread, valid until its next request for the same slot. Never shrinks. */
  float* scratch(int thread, Slot slot, size_t floats);

  /** Scratch memory that all threads of one kernel share; to be requested outside `run`. */
  float* shared(Slot slot, size_t floats) { return scratch(kMaxThreads, slot, floats); }

  /** How many floats a core's second cache holds. */
  size_t second_cache_floats() const { return second_cache_floats_; }

  /** Bytes of scratch memory held. */
  size_t scratch_bytes() const;

 private:
  struct Workers;
  struct Arena {
    float* memory = nullptr;
    size_t floats = 0;
  };
  int threads_;
  const size_t second_cache_floats_;
  Workers* workers_ = nullptr;
  Arena arenas_[kMaxThreads + 1][static_cast<int>(Slot::kCount)];
};

}  // namespace jem
