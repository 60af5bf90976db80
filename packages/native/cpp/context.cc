#include "context.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif
#ifdef _WIN32
#include <malloc.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace jem {
namespace {

constexpr size_t kHugePage = size_t{1} << 21;

/** How long an idle thread spins before it sleeps: longer than the gap between two kernels of a running program. */
constexpr std::chrono::microseconds kSpinTime{350};
constexpr int kSpinsBeforeYield = 20000;

inline void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/** What the system says of a core's second cache, within reason; a megabyte where it says nothing. */
size_t second_cache_bytes() {
  long bytes = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
  bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#elif defined(__APPLE__)
  // Apple's performance cores share theirs; a core's part is about 2 MB or more.
  bytes = 2 << 20;
#endif
  if (bytes <= 0) bytes = 1 << 20;
  return static_cast<size_t>(bytes < (256 << 10) ? 256 << 10 : bytes > (4 << 20) ? 4 << 20 : bytes);
}

}  // namespace

void* allocate(size_t bytes) {
  const size_t alignment = bytes >= kHugePage ? kHugePage : 64;
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
#ifdef _WIN32
  return _aligned_malloc(rounded, alignment);
#else
  void* memory = nullptr;
  if (rounded < bytes || posix_memalign(&memory, alignment, rounded) != 0) return nullptr;
#ifdef __linux__
  if (alignment == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
#endif
  return memory;
#endif
}

void release(void* memory) {
#ifdef _WIN32
  _aligned_free(memory);
#else
  free(memory);
#endif
}

/**
 * The threads beside the caller. Each has a part of the items of a run, the same one in every run, so that what one kernel left
 * in its cache is there for the next; who is done with its own part takes from those of the others, because the system may
 * have given a core to somebody else. A run is over when its items are: threads that did not come in time are not waited for.
 */
struct Context::Workers {
  struct alignas(64) Part {
    std::atomic<int> next{0};
    int end = 0;
  };
  std::vector<std::thread> threads;
  std::vector<Part> parts;
  /** Odd while a run can be joined. */
  alignas(64) std::atomic<uint64_t> epoch{0};
  /** Threads that are in a run, or find out that it is over. */
  alignas(64) std::atomic<int> active{0};
  Task task = nullptr;
  void* closure = nullptr;
  std::atomic<bool> out_of_memory{false};
  std::mutex mutex;
  std::condition_variable wake;
  int sleeping = 0;
  std::atomic<bool> stop{false};

  explicit Workers(int total) : parts(total) {
    try {
      for (int thread = 1; thread < total; thread++) threads.emplace_back([this, thread] { loop(thread); });
    } catch (const std::system_error&) {
      // The system gives no more threads: fewer do the same work.
    }
  }

  ~Workers() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      stop = true;
    }
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  void work(int thread) {
    const int count = static_cast<int>(parts.size());
    try {
      for (int i = 0; i < count; i++) {
        Part& part = parts[(thread + i) % count];
        for (;;) {
          const int item = part.next.fetch_add(1, std::memory_order_relaxed);
          if (item >= part.end) break;
          task(closure, item, thread);
        }
      }
    } catch (const OutOfMemory&) {
      out_of_memory.store(true, std::memory_order_relaxed);
    }
  }

  bool is_called(uint64_t seen) const {
    const uint64_t now = epoch.load(std::memory_order_acquire);
    return stop.load(std::memory_order_relaxed) || (now % 2 == 1 && now != seen);
  }

  void loop(int thread) {
    uint64_t seen = 0;
    for (;;) {
      // By the clock: a pause takes 40 cycles on one processor and 140 on another.
      const auto start = std::chrono::steady_clock::now();
      while (!is_called(seen)) {
        for (int i = 0; i < 32 && !is_called(seen); i++) relax();
        if (std::chrono::steady_clock::now() - start > kSpinTime) break;
      }
      if (!is_called(seen)) {
        std::unique_lock<std::mutex> lock(mutex);
        sleeping++;
        wake.wait(lock, [&] { return is_called(seen); });
        sleeping--;
      }
      if (stop) return;
      seen = epoch.load(std::memory_order_acquire);
      // Either the caller sees this thread among the active ones, or this thread sees that the run is over.
      active.fetch_add(1);
      if (seen % 2 == 1 && epoch.load() == seen) work(thread);
      active.fetch_sub(1);
    }
  }

  void run(int items, Task new_task, void* new_closure) {
    const int64_t count = items;
    const int total = static_cast<int>(parts.size());
    task = new_task;
    closure = new_closure;
    for (int i = 0; i < total; i++) {
      parts[i].next.store(static_cast<int>(count * i / total), std::memory_order_relaxed);
      parts[i].end = static_cast<int>(count * (i + 1) / total);
    }
    bool anyone_sleeps;
    {
      std::lock_guard<std::mutex> lock(mutex);
      epoch.fetch_add(1);
      anyone_sleeps = sleeping > 0;
    }
    if (anyone_sleeps) wake.notify_all();
    work(0);
    epoch.fetch_add(1);
    for (int spin = 0; active.load() != 0; spin++) {
      relax();
      if (spin > kSpinsBeforeYield) std::this_thread::yield();
    }
    if (out_of_memory.exchange(false)) throw OutOfMemory{};
  }
};

Context::Context(int threads)
    : threads_(threads < 1 ? 1 : threads > kMaxThreads ? kMaxThreads : threads),
      second_cache_floats_(second_cache_bytes() / sizeof(float)) {}

Context::~Context() {
  delete workers_;
  for (auto& thread : arenas_) {
    for (Arena& arena : thread) release(arena.memory);
  }
}

void Context::set_threads(int threads) {
  delete workers_;
  workers_ = nullptr;
  threads_ = threads < 1 ? 1 : threads > kMaxThreads ? kMaxThreads : threads;
}

void Context::run(int count, Task task, void* closure) {
  if (threads_ == 1 || count <= 1) {
    for (int item = 0; item < count; item++) task(closure, item, 0);
    return;
  }
  // Started at the first use: a program that only asks whether the backend is there starts no threads.
  if (workers_ == nullptr) workers_ = new Workers(threads_);
  workers_->run(count, task, closure);
}

float* Context::scratch(int thread, Slot slot, size_t floats) {
  Arena& arena = arenas_[thread][static_cast<int>(slot)];
  if (arena.floats < floats) {
    const size_t grown = floats + floats / 4 + 1024;
    release(arena.memory);
    arena.floats = 0;
    arena.memory = static_cast<float*>(allocate(grown * sizeof(float)));
    if (arena.memory == nullptr) throw OutOfMemory{};
    // Kernels read whole vectors past what they wrote; those lanes are dropped but must not trap or be denormal.
    memset(arena.memory, 0, grown * sizeof(float));
    arena.floats = grown;
  }
  return arena.memory;
}

size_t Context::scratch_bytes() const {
  size_t bytes = 0;
  for (const auto& thread : arenas_) {
    for (const Arena& arena : thread) bytes += arena.floats * sizeof(float);
  }
  return bytes;
}

}  // namespace jem
