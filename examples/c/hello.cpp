// The same in C++, where what goes out of scope is let go of.
#include <boxlite/boxlite.h>

#include <iostream>
#include <memory>
#include <stdexcept>

// #region cpp
template <auto release>
struct Release {
  template <typename T>
  void operator()(T *pointer) const {
    release(pointer);
  }
};
template <typename T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

/** Where a call writes its error, which is thrown when the call's expression is over. */
class Throw {
 public:
  ~Throw() noexcept(false) {
    Owned<boxlite_error, boxlite_error_free> owned(error_);
    if (error_) throw std::runtime_error(boxlite_error_get_message(error_));
  }
  operator boxlite_error **() { return &error_; }

 private:
  boxlite_error *error_ = nullptr;
};

int main() {
  Owned<boxlite_runtime, boxlite_runtime_free> runtime(boxlite_runtime_open(nullptr, Throw()));
  Owned<boxlite_box, boxlite_box_free> box(boxlite_runtime_create(runtime.get(), nullptr, Throw()));
  const char *args[] = {"hello from a VM", nullptr};
  Owned<boxlite_run_result, boxlite_run_result_free> result(boxlite_box_run(box.get(), "echo", args, nullptr, Throw()));
  std::cout << boxlite_run_result_get_stdout(result.get());
}
// #endregion
