#include "core/engine/timers.hpp"

namespace ferry {

void Timers::set(Timer& timer, Time due) {
    timer.due = due;
    if (due == Timer::never) {
        return;
    }
    if (timer.position == Timer::not_queued) {
        heap_.push_back({due, &timer});
        timer.position = static_cast<std::uint32_t>(heap_.size() - 1);
        sift_up(heap_.size() - 1);
    } else if (due < heap_[timer.position].key) {
        heap_[timer.position].key = due;
        sift_up(timer.position);
    }
}

void Timers::forget(Timer& timer) noexcept {
    timer.due = Timer::never;
    if (timer.position != Timer::not_queued) {
        remove(timer.position);
    }
}

std::optional<Time> Timers::earliest() {
    while (!heap_.empty() && !heap_.front().timer->armed()) {
        remove(0);
    }
    if (heap_.empty()) {
        return std::nullopt;
    }
    return heap_.front().key;
}

Timer* Timers::pop_due(Time now) {
    while (!heap_.empty() && heap_.front().key <= now) {
        Timer& timer = *heap_.front().timer;
        if (!timer.armed()) {
            remove(0);
        } else if (heap_.front().key < timer.due) {
            heap_.front().key = timer.due;  // Others may be due before it.
            sift_down(0);
        } else {
            remove(0);
            timer.due = Timer::never;
            return &timer;
        }
    }
    return nullptr;
}

void Timers::place(std::size_t index, Entry entry) noexcept {
    heap_[index] = entry;
    entry.timer->position = static_cast<std::uint32_t>(index);
}

void Timers::sift_up(std::size_t index) noexcept {
    const Entry moving = heap_[index];
    while (index > 0) {
        const std::size_t parent = (index - 1) / arity;
        if (heap_[parent].key <= moving.key) {
            break;
        }
        place(index, heap_[parent]);
        index = parent;
    }
    place(index, moving);
}

void Timers::sift_down(std::size_t index) noexcept {
    const Entry moving = heap_[index];
    for (;;) {
        const std::size_t first = index * arity + 1;
        if (first >= heap_.size()) {
            break;
        }
        std::size_t least = first;
        for (std::size_t child = first + 1; child < first + arity && child < heap_.size(); ++child) {
            if (heap_[child].key < heap_[least].key) {
                least = child;
            }
        }
        if (moving.key <= heap_[least].key) {
            break;
        }
        place(index, heap_[least]);
        index = least;
    }
    place(index, moving);
}

void Timers::remove(std::size_t index) noexcept {
    heap_[index].timer->position = Timer::not_queued;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (index == heap_.size()) {
        return;
    }
    place(index, last);
    sift_up(index);
    sift_down(last.timer->position);
}

}  // namespace ferry
